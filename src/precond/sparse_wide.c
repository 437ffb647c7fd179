/* SPDX-License-Identifier: BSD-2-Clause
   The sparse approximate Hessian on a wider stencil than that of the DMDA. */
#include "precond/sparse_impl.h"
#include <petscdmda.h>

#define COLORS_FEW 10   /* with more, a product is worth knowing that they would be in vain: */
#define PROMISE    1e-2 /* largest share of a column outside the pattern */

/* May P grow to so large a box? The old one is there until the new one is. */
static PetscErrorCode HasRoom(TrustNCGSparse sparse, PetscInt box, PetscBool *has)
{
  PetscInt  dim, dof;
  PetscReal entries;
  DM        dm;

  PetscFunctionBegin;
  PetscCall(VecGetDM(sparse->work, &dm));
  PetscCall(
    DMDAGetInfo(dm, &dim, NULL, NULL, NULL, NULL, NULL, NULL, &dof, NULL, NULL, NULL, NULL, NULL));
  entries = dof * PetscPowRealInt(2.0 * box + 1.0, dim);
  *has    = (PetscBool)(1.0 + TrustNCGSparseRowVectors(entries, PETSC_TRUE) <= sparse->room);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseWiden(TrustNCGSparse sparse, PetscInt box, PetscBool *wider)
{
  const PetscInt room = sparse->room + sparse->vectors;
  Vec            grid = NULL;

  PetscFunctionBegin;
  PetscCall(HasRoom(sparse, box, wider));
  if (*wider) PetscCall(TrustNCGExtentCreateVec(sparse->work, box, &grid));
  *wider = (PetscBool)(grid != NULL);
  if (!*wider) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDestroy(&sparse->grid));
  sparse->grid = grid;
  sparse->box  = box;
  PetscCall(TrustNCGStencilDestroy(&sparse->stencil));
  PetscCall(TrustNCGStencilCreate(grid, &sparse->stencil));
  sparse->looked = sparse->all = sparse->direct = PETSC_FALSE;
  sparse->misfit                                = PETSC_INFINITY; /* of this pattern */
  PetscCall(TrustNCGSparseReshape(sparse, PETSC_FALSE, PETSC_MAX_INT));
  PetscCall(TrustNCGSparseSetRoom(sparse, PetscMax(0, room - sparse->vectors)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(TrustNCGSparse sparse, Mat H, PetscInt *products)
{
  PetscInt made;

  PetscFunctionBegin;
  if (sparse->measured) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGExtentLook(H, sparse->work, &made, &sparse->extent));
  sparse->measured = (PetscBool)(sparse->extent.known || !made);
  sparse->reductions += made;
  *products += made;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparsePromises(TrustNCGSparse sparse, Mat H, PetscInt *products,
                                      PetscBool *promises)
{
  PetscInt colors;

  PetscFunctionBegin;
  *products = 0;
  *promises = PETSC_TRUE;
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  if (!sparse->stencil || sparse->box || colors <= COLORS_FEW) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Measure(sparse, H, products));
  if (!sparse->extent.known || sparse->extent.outside <= PROMISE)
    PetscFunctionReturn(PETSC_SUCCESS);
  *promises = PETSC_FALSE;
  if (sparse->extent.box) PetscCall(TrustNCGSparseWiden(sparse, sparse->extent.box, promises));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseFollow(TrustNCGSparse sparse, Mat H, PetscInt *products,
                                    PetscBool *wider)
{
  PetscFunctionBegin;
  *wider = PETSC_FALSE;
  if (!sparse->stencil || sparse->box || sparse->misfit <= SPARSE_EXACT) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Measure(sparse, H, products));
  if (sparse->extent.box) PetscCall(TrustNCGSparseWiden(sparse, sparse->extent.box, wider));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetBox(TrustNCGSparse sparse, PetscInt *box)
{
  PetscFunctionBegin;
  *box = sparse->box;
  PetscFunctionReturn(PETSC_SUCCESS);
}
