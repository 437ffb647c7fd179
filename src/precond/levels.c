/* SPDX-License-Identifier: BSD-2-Clause
   Coarser grids: that of a DMDA, of another DM the one it knows. */
#include "precond/levels.h"
#include "compat.h"
#include "precond/dmda.h"
#include <petscdmshell.h>

#define COARSEST 5 /* nodes in a direction: fewer tell nothing of the finer grid */

/* The nodes of the next coarser grid in each direction. It is not that of DMCoarsen(), which wants
   shares of the ranks and coordinates that fit those of the finer one. */
static PetscErrorCode CoarseSizes(DM da, PetscInt after[3], const char **why)
{
  PetscInt              n[3], ranks[3], width, factor[3], dim;
  PetscBool             same = PETSC_TRUE;
  DMBoundaryType        boundary[3];
  DMDAInterpolationType type;

  PetscFunctionBegin;
  *why = NULL;
  PetscCall(DMDAGetInfo(da, &dim, &n[0], &n[1], &n[2], &ranks[0], &ranks[1], &ranks[2], NULL,
                        &width, &boundary[0], &boundary[1], &boundary[2], NULL));
  PetscCall(DMDAGetRefinementFactor(da, &factor[0], &factor[1], &factor[2]));
  PetscCall(DMDAGetInterpolationType(da, &type));
  for (PetscInt k = 0; k < dim; k++) {
    const PetscInt ends = boundary[k] == DM_BOUNDARY_PERIODIC || type == DMDA_Q0 ? 0 : 1;

    after[k] = n[k] == 1 ? 1 : (n[k] - ends) / factor[k] + ends;
    if (after[k] == n[k]) continue;
    same = PETSC_FALSE;
    if (after[k] < COARSEST) {
      *why = "the grid is as coarse as it may be in one direction; DMDASetRefinementFactor() by 1 "
             "leaves that as it is";
    } else if (after[k] < ranks[k] * PetscMax(1, width)) {
      *why = "a coarser grid has too few nodes for the ranks";
    }
  }
  if (same && !*why) *why = "the refinement factors of the grid, or its nodes, are 1";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coordinates of the nodes, if they have some */
static PetscErrorCode CopyCoordinates(DM da, DM coarse)
{
  PetscInt dim;
  DM       from, to;
  Vec      x, y;

  PetscFunctionBegin;
  PetscCall(DMGetCoordinates(da, &x));
  if (!x) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMGetCoordinateDim(da, &dim));
  PetscCall(DMSetCoordinateDim(coarse, dim));
  PetscCall(DMGetCoordinateDM(da, &from));
  PetscCall(DMGetCoordinateDM(coarse, &to));
  PetscCall(DMCreateGlobalVector(to, &y));
  PetscCall(TrustNCGTransfer(from, x, to, TRUSTNCG_EDGE_JUMP, y));
  PetscCall(DMSetCoordinates(coarse, y));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpTransfer(TrustNCGLevel *level)
{
  Vec fine;

  PetscFunctionBegin;
  PetscCall(DMCreateInterpolation(level->coarse, level->fine, &level->up, NULL));
  PetscCall(DMCreateGlobalVector(level->coarse, &level->shares));
  PetscCall(DMCreateGlobalVector(level->fine, &fine));
  PetscCall(VecSet(fine, 1.0));
  PetscCall(MatRestrict(level->up, fine, level->shares));
  PetscCall(VecDestroy(&fine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is x like the vectors of the DM? */
static PetscErrorCode HasLayout(DM dm, Vec x, PetscBool *has)
{
  PetscInt n, m;
  Vec      like;

  PetscFunctionBegin;
  PetscCall(DMCreateGlobalVector(dm, &like));
  PetscCall(VecGetLocalSize(like, &m));
  PetscCall(VecDestroy(&like));
  PetscCall(VecGetLocalSize(x, &n));
  *has = (PetscBool)(n == m);
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, has, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coarser DM that this one knows, or that can be made; then this one knows it. */
static PetscErrorCode GetCoarse(DM dm, DM *coarse, const char **why)
{
  PetscInt  n[3] = {1, 1, 1};
  PetscBool da, shell;
  PetscErrorCode (*coarsen)(DM, MPI_Comm, DM *) = NULL;

  PetscFunctionBegin;
  *why = NULL;
  PetscCall(DMGetCoarseDM(dm, coarse));
  PetscCall(PetscObjectReference((PetscObject)*coarse));
  if (*coarse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMSHELL, &shell));
  if (shell) PetscCall(DMShellGetCoarsen(dm, &coarsen));
  if (coarsen) PetscCall(DMCoarsen(dm, PetscObjectComm((PetscObject)dm), coarse));
  if (da) PetscCall(CoarseSizes(dm, n, why));
  if (da && !*why) PetscCall(TrustNCGDMDACreate(dm, n, 0, coarse));
  if (da && *coarse) PetscCall(CopyCoordinates(dm, *coarse));
  if (*coarse) PetscCall(DMSetCoarseDM(dm, *coarse));
  else if (!*why) *why = "the DM of the solution vector knows no coarser one: see DMSetCoarseDM()";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Are both grids of DMDAs with as many directions and unknowns at a node? */
static PetscErrorCode AreAlike(DM fine, DM coarse, PetscBool *alike)
{
  PetscInt  dim[2], dof[2];
  PetscBool da[2];
  const DM  dm[] = {fine, coarse};

  PetscFunctionBegin;
  *alike = PETSC_FALSE;
  for (int k = 0; k < 2; k++) {
    PetscCall(PetscObjectTypeCompare((PetscObject)dm[k], DMDA, &da[k]));
    if (!da[k]) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(DMDAGetInfo(dm[k], &dim[k], NULL, NULL, NULL, NULL, NULL, NULL, &dof[k], NULL, NULL,
                          NULL, NULL, NULL));
  }
  *alike = (PetscBool)(dim[0] == dim[1] && dof[0] == dof[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelCreate(Vec x, TrustNCGLevel *level, const char **why)
{
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(level, sizeof(*level)));
  PetscCall(VecGetDM(x, &level->fine));
  *why = "the solution vector has no DM: create it by DMCreateGlobalVector()";
  if (!level->fine) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(HasLayout(level->fine, x, &good));
  *why = "the solution vector is not like those of its DM: create it by DMCreateGlobalVector()";
  if (!good) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(GetCoarse(level->fine, &level->coarse, why));
  if (!level->coarse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AreAlike(level->fine, level->coarse, &good));
  if (good) PetscCall(TrustNCGTransferEdges(level->fine, &level->edges));
  else PetscCall(SetUpTransfer(level));
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
    PetscCall(TrustNCGTransfer(level->fine, x, level->coarse, 0, coarse));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLevelInterpolate(TrustNCGLevel *level, Vec coarse, PetscInt edges, Vec x)
{
  PetscFunctionBegin;
  if (level->up) PetscCall(MatInterpolate(level->up, coarse, x));
  else PetscCall(TrustNCGTransfer(level->coarse, coarse, level->fine, edges, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}
