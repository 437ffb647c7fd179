/* SPDX-License-Identifier: BSD-2-Clause
   DMDAs like another one, coarser or with a wider stencil. */
#include "precond/dmda.h"

static PetscErrorCode SetNodes(DM da, const PetscInt n[], DM like)
{
  const PetscInt *share[3];
  PetscInt        size[3], ranks[3];

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, NULL, &size[0], &size[1], &size[2], &ranks[0], &ranks[1], &ranks[2],
                        NULL, NULL, NULL, NULL, NULL, NULL));
  if (!n) PetscCall(DMDAGetOwnershipRanges(da, &share[0], &share[1], &share[2]));
  else PetscCall(PetscArraycpy(size, n, 3));
  PetscCall(DMDASetSizes(like, size[0], size[1], size[2]));
  PetscCall(DMDASetNumProcs(like, ranks[0], ranks[1], ranks[2]));
  if (!n) PetscCall(DMDASetOwnershipRanges(like, share[0], share[1], share[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDMDACreate(DM da, const PetscInt n[], PetscInt box, DM *like)
{
  PetscInt              dim, dof, width, factor[3];
  DMBoundaryType        boundary[3];
  DMDAStencilType       stencil;
  DMDAInterpolationType type;
  ISColoringType        coloring;
  VecType               vectype;
  MatType               mattype;
  const char           *prefix;
  void                 *ctx;

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, &dim, NULL, NULL, NULL, NULL, NULL, NULL, &dof, &width, &boundary[0],
                        &boundary[1], &boundary[2], &stencil));
  PetscCall(DMDAGetRefinementFactor(da, &factor[0], &factor[1], &factor[2]));
  PetscCall(DMDAGetInterpolationType(da, &type));
  PetscCall(DMGetISColoringType(da, &coloring));
  PetscCall(DMGetVecType(da, &vectype));
  PetscCall(DMGetMatType(da, &mattype));
  PetscCall(DMGetOptionsPrefix(da, &prefix));
  PetscCall(DMGetApplicationContext(da, &ctx));
  PetscCall(DMDACreate(PetscObjectComm((PetscObject)da), like));
  PetscCall(DMSetOptionsPrefix(*like, prefix));
  PetscCall(DMSetDimension(*like, dim));
  PetscCall(SetNodes(da, n, *like));
  PetscCall(DMDASetBoundaryType(*like, boundary[0], boundary[1], boundary[2]));
  PetscCall(DMDASetDof(*like, dof));
  PetscCall(DMDASetStencilType(*like, box ? DMDA_STENCIL_BOX : stencil));
  PetscCall(DMDASetStencilWidth(*like, box ? box : width));
  PetscCall(DMSetUp(*like));
  PetscCall(DMDASetInterpolationType(*like, type));
  PetscCall(DMDASetRefinementFactor(*like, factor[0], factor[1], factor[2]));
  PetscCall(DMSetISColoringType(*like, coloring));
  PetscCall(DMSetVecType(*like, vectype));
  PetscCall(DMSetMatType(*like, mattype));
  PetscCall(DMSetApplicationContext(*like, ctx));
  PetscFunctionReturn(PETSC_SUCCESS);
}
