/* SPDX-License-Identifier: BSD-2-Clause
   Coarser grids: of a DMDA by DMCoarsen(), of another DM the one it knows. */
#include "precond/levels.h"
#include "compat.h"
#include <petscdmda.h>
#include <petscdmshell.h>

#define COARSEST                                                                                   \
  5 /* nodes in a direction: with fewer there is nothing to be seen of the fine one */

/* The least number of nodes that a rank has in each direction */
static PetscErrorCode LeastShares(DM da, const PetscInt ranks[3], PetscInt least[3])
{
  const PetscInt *shares[3];

  PetscFunctionBegin;
  PetscCall(DMDAGetOwnershipRanges(da, &shares[0], &shares[1], &shares[2]));
  for (PetscInt k = 0; k < 3; k++) {
    least[k] = PETSC_MAX_INT;
    for (PetscInt r = 0; shares[k] && r < ranks[k]; r++) {
      least[k] = PetscMin(least[k], shares[k][r]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Can a DMDA be coarsened on these ranks? DMCoarsen() would be an error otherwise, or the ranks
   would wait for each other: it moves the ends of shares by up to the width of the stencil. */
static PetscErrorCode DMDACanCoarsen(DM da, const char **why)
{
  PetscInt              n[3], ranks[3], least[3], width, factor[3], dim;
  DMBoundaryType        boundary[3];
  DMDAInterpolationType type;
  Vec                   coordinates;

  PetscFunctionBegin;
  *why = "its refinement factors are 1: see DMDASetRefinementFactor()";
  PetscCall(DMDAGetInfo(da, &dim, &n[0], &n[1], &n[2], &ranks[0], &ranks[1], &ranks[2], NULL,
                        &width, &boundary[0], &boundary[1], &boundary[2], NULL));
  PetscCall(LeastShares(da, ranks, least));
  PetscCall(DMDAGetRefinementFactor(da, &factor[0], &factor[1], &factor[2]));
  PetscCall(DMDAGetInterpolationType(da, &type));
  PetscCall(DMGetCoordinates(da, &coordinates));
  for (PetscInt k = 0; k < dim; k++) {
    const PetscInt ends  = boundary[k] == DM_BOUNDARY_PERIODIC || type == DMDA_Q0 ? 0 : 1;
    const PetscInt after = (n[k] - ends) / factor[k] + ends;

    if (factor[k] == 1 || (n[k] == 1 && ends)) continue;
    *why = NULL;
    if (after < PetscMax(COARSEST, width)) {
      *why = "the grid is as coarse as it may be in one of its directions";
    } else if (ranks[k] > 1 && (!width || least[k] < factor[k] * (3 * width + 1))) {
      *why = "a coarser grid has too few nodes for the ranks";
    } else if (coordinates && (type == DMDA_Q0 || (n[k] - ends) % factor[k])) {
      *why = "the nodes of the grid have coordinates, and no coarser grid has some of these nodes: "
             "each direction needs a number of nodes, less 1 where it is not periodic, that the "
             "refinement factor divides";
    }
    if (*why) break;
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

/* Is x like the vectors of the DM? */
static PetscErrorCode HasLayout(DM dm, Vec x, PetscBool *has)
{
  PetscInt n, m;
  Vec      like;

  PetscFunctionBegin;
  PetscCall(DMGetGlobalVector(dm, &like));
  PetscCall(VecGetLocalSize(like, &m));
  PetscCall(DMRestoreGlobalVector(dm, &like));
  PetscCall(VecGetLocalSize(x, &n));
  *has = (PetscBool)(n == m);
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, has, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coarser DM that this one knows, or that it can make */
static PetscErrorCode GetCoarse(DM dm, DM *coarse, const char **why)
{
  PetscErrorCode (*coarsen)(DM, MPI_Comm, DM *) = NULL;
  PetscBool da, shell;

  PetscFunctionBegin;
  *why = NULL;
  PetscCall(DMGetCoarseDM(dm, coarse));
  PetscCall(PetscObjectReference((PetscObject)*coarse));
  if (*coarse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMSHELL, &shell));
  if (da) PetscCall(DMDACanCoarsen(dm, why));
  else {
    if (shell) PetscCall(DMShellGetCoarsen(dm, &coarsen));
    if (!coarsen) *why = "the DM of the solution vector knows no coarser one: see DMSetCoarseDM()";
  }
  if (*why) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMCoarsen(dm, PetscObjectComm((PetscObject)dm), coarse));
  PetscCall(DMSetCoarseDM(dm, *coarse)); /* the next solve has the same grids */
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
  if (good) PetscCall(TrustNCGTransferEdgeMatters(level->fine, &level->edge));
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
