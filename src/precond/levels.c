/* SPDX-License-Identifier: BSD-2-Clause
   Coarser grids: of a DMDA by DMCoarsen(), of another DM the one it knows. */
#include "precond/levels.h"
#include "compat.h"
#include <petscdmda.h>
#include <petscdmshell.h>

#define COARSEST                                                                                   \
  5 /* nodes in a direction: with fewer there is nothing to be seen of the fine one */

/* Can a DMDA be coarsened on these ranks? What DMCoarsen() and DMSetUp() would refuse. */
static PetscErrorCode DMDACanCoarsen(DM da, const char **why)
{
  PetscInt              n[3], ranks[3], width, factor[3], dim;
  DMBoundaryType        boundary[3];
  DMDAInterpolationType type;
  Vec                   coordinates;

  PetscFunctionBegin;
  *why = NULL;
  PetscCall(DMDAGetInfo(da, &dim, &n[0], &n[1], &n[2], &ranks[0], &ranks[1], &ranks[2], NULL,
                        &width, &boundary[0], &boundary[1], &boundary[2], NULL));
  PetscCall(DMDAGetRefinementFactor(da, &factor[0], &factor[1], &factor[2]));
  PetscCall(DMDAGetInterpolationType(da, &type));
  PetscCall(DMGetCoordinates(da, &coordinates));
  for (PetscInt k = 0; k < dim; k++) {
    const PetscInt ends  = boundary[k] == DM_BOUNDARY_PERIODIC || type == DMDA_Q0 ? 0 : 1;
    const PetscInt after = (n[k] - ends) / factor[k] + ends;

    if (n[k] == 1) continue;
    if (after < COARSEST) *why = "the grid is as coarse as it may be";
    else if (after < ranks[k] * (width + 2)) {
      *why = "a coarser grid has too few nodes for the ranks";
    } else if (coordinates && (n[k] - ends) % factor[k]) {
      *why = "the nodes of the grid have coordinates, and no coarser grid has some of them: give "
             "each direction a number of nodes less 1 (periodic: of nodes) that is even";
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpTransfer(TrustNCGLevel *level)
{
  Vec fine;

  PetscFunctionBegin;
  PetscCall(DMCreateInterpolation(level->coarse, level->fine, &level->up, NULL));
  PetscCall(DMCreateGlobalVector(level->coarse, &level->shares));
  PetscCall(DMGetGlobalVector(level->fine, &fine));
  PetscCall(VecSet(fine, 1.0));
  PetscCall(MatRestrict(level->up, fine, level->shares));
  PetscCall(DMRestoreGlobalVector(level->fine, &fine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelCreate(Vec x, TrustNCGLevel *level, const char **why)
{
  PetscErrorCode (*coarsen)(DM, MPI_Comm, DM *) = NULL;
  PetscBool da, shell;
  DM        dm;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(level, sizeof(*level)));
  PetscCall(VecGetDM(x, &dm));
  *why = "the solution vector has no DM: create it by DMCreateGlobalVector()";
  if (!dm) PetscFunctionReturn(PETSC_SUCCESS);
  level->fine = dm;
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMSHELL, &shell));
  if (da) {
    PetscCall(DMDACanCoarsen(dm, why));
    if (*why) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(DMCoarsen(dm, PetscObjectComm((PetscObject)dm), &level->coarse));
    PetscCall(TrustNCGTransferEdgeMatters(dm, &level->edge));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (shell) PetscCall(DMShellGetCoarsen(dm, &coarsen));
  if (coarsen) PetscCall(DMCoarsen(dm, PetscObjectComm((PetscObject)dm), &level->coarse));
  else {
    PetscCall(DMGetCoarseDM(dm, &level->coarse));
    PetscCall(PetscObjectReference((PetscObject)level->coarse));
  }
  *why = "the DM of the solution vector knows no coarser one: see DMSetCoarseDM()";
  if (level->coarse) PetscCall(SetUpTransfer(level));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelDestroy(TrustNCGLevel *level)
{
  PetscFunctionBegin;
  PetscCall(DMDestroy(&level->coarse));
  PetscCall(MatDestroy(&level->up));
  PetscCall(VecDestroy(&level->shares));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelRestrict(TrustNCGLevel *level, Vec x, Vec coarse)
{
  PetscFunctionBegin;
  if (level->up) {
    PetscCall(MatRestrict(level->up, x, coarse));
    PetscCall(VecPointwiseDivide(coarse, coarse, level->shares));
  } else {
    PetscCall(TrustNCGTransfer(level->fine, x, level->coarse, TRUSTNCG_EDGE_ON, coarse));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelInterpolate(TrustNCGLevel *level, Vec coarse, TrustNCGEdge edge, Vec x)
{
  PetscFunctionBegin;
  if (level->up) PetscCall(MatInterpolate(level->up, coarse, x));
  else PetscCall(TrustNCGTransfer(level->coarse, coarse, level->fine, edge, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}
