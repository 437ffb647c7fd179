/* SPDX-License-Identifier: BSD-2-Clause
   Multigrid on the grid of a DMDA of any sizes, for PETSc's PCMG (Briggs, Henson, McCormick, A
   Multigrid Tutorial (2000), chapters 3, 5 and 7).

     a coarser grid has about half of the nodes along the directions in which they are coupled most;
       both ends are nodes of all grids, so boundary conditions need not be known, and periodic ends
       are ends, too, as values may jump there
     the matrices of the coarser grids are Galerkin products
     smoothers: Chebyshev over Jacobi's, which knows nothing of ranks
     the coarsest grid: Cholesky factors, shifted where the matrix is not positive definite; and a
       little of its diagonal is added, as what it nearly has no entries for, such as the gauge of a
       field, would be all that is left of the others

   With these the preconditioner is positive definite where P is semidefinite, and where it is a
   little less than that: error propagation is (I - SP) (I - U C U'P) (I - SP) with C positive
   definite, and S, too, as long as the largest eigenvalues of SP in magnitude are positive. */
#include "precond/multigrid.h"
#include "precond/halve.h"
#include "rules/rules.h"
#include <petscdmda.h>

#define DIM      3
#define LEVELS   64   /* more than any grid has */
#define COARSEST 100  /* unknowns that need no coarser grid: they are factored, */
#define DAMPING  1e-3 /* with so much of their diagonal added */
#define SWEEPS   2    /* of a smoother */

/* Coarser grids, from the finest on, and the directions in which each has fewer nodes than the one
   before */
typedef struct {
  PetscInt  n;
  PetscBool halved[LEVELS][DIM];
} Plan;

struct _n_TrustNCGMultigrid {
  DM               da;
  Plan             plan;
  Mat              up[LEVELS]; /* interpolation from each */
  PetscObjectId    matrix;     /* of which the PC is made, or 0, */
  PetscObjectState state;      /* and its values */
};

/* 1 and -1 in turns along a direction, or 1 where that is none */
static PetscErrorCode SetRough(DM da, PetscInt direction, PetscInt dof, Vec x)
{
  PetscInt     first[DIM], n[DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(da, &first[0], &first[1], &first[2], &n[0], &n[1], &n[2]));
  PetscCall(VecGetArrayWrite(x, &a));
  for (PetscInt i = 0; i < n[0] * n[1] * n[2]; i++) {
    const PetscInt node[DIM + 1] = {first[0] + i % n[0], first[1] + i / n[0] % n[1],
                                    first[2] + i / n[0] / n[1], 0};

    for (PetscInt c = 0; c < dof; c++) a[i * dof + c] = node[direction] % 2 ? -1.0 : 1.0;
  }
  PetscCall(VecRestoreArrayWrite(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How strongly nodes are coupled in each direction: four times what P has between those of even and
   those of odd numbers along it, as x'Px for x rough along it is more than for x = 1 */
static PetscErrorCode GetCouplings(DM da, PetscInt dof, Mat P, PetscReal coupling[DIM])
{
  PetscScalar product[DIM + 1];
  Vec         x, y;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(P, &x, &y));
  for (PetscInt k = 0; k <= DIM; k++) {
    PetscCall(SetRough(da, k, dof, x));
    PetscCall(MatMult(P, x, y));
    PetscCall(VecDot(x, y, &product[k]));
  }
  for (PetscInt k = 0; k < DIM; k++) coupling[k] = PetscRealPart(product[k] - product[DIM]);
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The grids for P, as a function of it alone: so a restart has the same */
static PetscErrorCode MakePlan(DM da, Mat P, Plan *plan)
{
  PetscInt  n[DIM], dof;
  PetscReal coupling[DIM];

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, NULL, &n[0], &n[1], &n[2], NULL, NULL, NULL, &dof, NULL, NULL, NULL,
                        NULL, NULL));
  PetscCall(GetCouplings(da, dof, P, coupling));
  for (plan->n = 0; plan->n < LEVELS && n[0] * n[1] * n[2] * dof > COARSEST; plan->n++) {
    PetscBool *halved = plan->halved[plan->n];

    if (!TrustNCGGridHalve(n, coupling, halved)) break;
    for (PetscInt k = 0; k < DIM; k++) n[k] = halved[k] ? n[k] / 2 + 1 : n[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DestroyLevels(TrustNCGMultigrid mg)
{
  PetscFunctionBegin;
  for (PetscInt l = 0; l < mg->plan.n; l++) PetscCall(MatDestroy(&mg->up[l]));
  mg->plan.n = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGMultigridCreate(Vec x, TrustNCGMultigrid *mg)
{
  PetscReal alike[DIM] = {1.0, 1.0, 1.0};
  PetscBool halved[DIM], is = PETSC_FALSE;
  PetscInt  n[DIM], dof;
  DM        da;

  PetscFunctionBegin;
  *mg = NULL;
  PetscCall(VecGetDM(x, &da));
  if (da) PetscCall(PetscObjectTypeCompare((PetscObject)da, DMDA, &is));
  if (!is) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMDAGetInfo(da, NULL, &n[0], &n[1], &n[2], NULL, NULL, NULL, &dof, NULL, NULL, NULL,
                        NULL, NULL));
  if (n[0] * n[1] * n[2] * dof <= COARSEST || !TrustNCGGridHalve(n, alike, halved)) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscNew(mg));
  PetscCall(PetscObjectReference((PetscObject)da));
  (*mg)->da = da;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGMultigridDestroy(TrustNCGMultigrid *mg)
{
  PetscFunctionBegin;
  if (!*mg) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DestroyLevels(*mg));
  PetscCall(DMDestroy(&(*mg)->da));
  PetscCall(PetscFree(*mg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each rank factors all of it. */
static PetscErrorCode SetCoarsest(PC pc)
{
  KSP         ksp;
  PC          direct;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCall(PCMGGetCoarseSolve(pc, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &direct));
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)pc), &ranks));
  if (ranks > 1) {
    PetscCall(PCSetType(direct, PCREDUNDANT));
    PetscCall(PCRedundantGetKSP(direct, &ksp));
    PetscCall(KSPGetPC(ksp, &direct));
  }
  PetscCall(PCSetType(direct, PCCHOLESKY));
  PetscCall(PCFactorSetShiftType(direct, MAT_SHIFT_POSITIVE_DEFINITE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetSmoother(PC pc, PetscInt level)
{
  KSP ksp, estimate;
  PC  jacobi;

  PetscFunctionBegin;
  PetscCall(PCMGGetSmoother(pc, level, &ksp));
  PetscCall(KSPSetType(ksp, KSPCHEBYSHEV));
  PetscCall(KSPSetTolerances(ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, SWEEPS));
  /* its residual is as small as P is large: no number is small enough to stop at */
  PetscCall(KSPChebyshevEstEigSet(ksp, PETSC_DECIDE, PETSC_DECIDE, PETSC_DECIDE, PETSC_DECIDE));
  PetscCall(KSPChebyshevEstEigGetKSP(ksp, &estimate));
  PetscCall(KSPSetTolerances(estimate, PETSC_DEFAULT, 0.0, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPGetPC(ksp, &jacobi));
  PetscCall(PCSetType(jacobi, PCJACOBI));
  PetscCall(PCJacobiSetUseAbs(jacobi, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGMultigridStart(TrustNCGMultigrid mg, PC pc)
{
  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCMG));
  mg->matrix = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A PCMG keeps more of its first matrix than is changed with it; so each matrix has a new one. */
static PetscErrorCode SetUpPC(TrustNCGMultigrid mg, PC pc)
{
  const PetscInt most = mg->plan.n + 1;
  PetscInt       levels;

  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCNONE));
  PetscCall(PCSetType(pc, PCMG));
  PetscCall(PCMGSetLevels(pc, most, NULL));
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_BOTH));
  PetscCall(PCSetUseAmat(pc, PETSC_FALSE)); /* a PCMG begins with the other */
  PetscCall(PCSetFromOptions(pc));
  PetscCall(PCMGGetLevels(pc, &levels));
  if (levels > most) PetscCall(PCMGSetLevels(pc, most, NULL)); /* it depends on P */
  levels = PetscMin(levels, most);
  for (PetscInt l = 1; l < levels; l++) {
    PetscCall(PCMGSetInterpolation(pc, levels - l, mg->up[l - 1]));
    PetscCall(SetSmoother(pc, levels - l));
  }
  PetscCall(SetCoarsest(pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Smoothers of coarser grids estimate their eigenvalues anew only when they are told of new values. */
static PetscErrorCode TellSmoothers(PC pc)
{
  PetscInt  levels;
  PetscBool set;
  KSP       ksp;
  Mat       A, B;

  PetscFunctionBegin;
  PetscCall(PCMGGetLevels(pc, &levels));
  for (PetscInt l = 1; l < levels; l++) {
    PetscCall(PCMGGetSmoother(pc, l, &ksp));
    PetscCall(KSPGetOperatorsSet(ksp, NULL, &set));
    if (!set) continue;
    PetscCall(KSPGetOperators(ksp, &A, &B));
    PetscCall(KSPSetOperators(ksp, A, B));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With the values of P; the coarsest matrix is then that of its Galerkin product, and some more. */
static PetscErrorCode SetUpAndDamp(PC pc, Mat P)
{
  KSP ksp;
  Mat C;
  Vec diagonal;

  PetscFunctionBegin;
  PetscCall(TellSmoothers(pc));
  PetscCall(PCSetOperators(pc, P, P));
  PetscCall(PCSetUp(pc));
  PetscCall(PCMGGetCoarseSolve(pc, &ksp));
  PetscCall(KSPGetOperators(ksp, &C, NULL));
  if (C == P) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatCreateVecs(C, &diagonal, NULL));
  PetscCall(MatGetDiagonal(C, diagonal));
  PetscCall(VecAbs(diagonal));
  PetscCall(VecScale(diagonal, DAMPING));
  PetscCall(MatDiagonalSet(C, diagonal, ADD_VALUES));
  PetscCall(VecDestroy(&diagonal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGMultigridSetMatrix(TrustNCGMultigrid mg, Mat P, PC pc)
{
  PetscBool        mine, same;
  PetscObjectId    matrix;
  PetscObjectState state;
  Plan             plan;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCMG, &mine));
  PetscCall(PetscObjectGetId((PetscObject)P, &matrix));
  PetscCall(PetscObjectStateGet((PetscObject)P, &state));
  if (!mine || (matrix == mg->matrix && state == mg->state)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MakePlan(mg->da, P, &plan));
  PetscCall(PetscArraycmp(plan.halved, mg->plan.halved, plan.n, &same));
  same = (PetscBool)(same && plan.n == mg->plan.n);
  if (!same) {
    PetscCall(DestroyLevels(mg));
    PetscCall(TrustNCGHalve(mg->da, plan.n, plan.halved, mg->up));
    mg->plan = plan;
  }
  if (!same || matrix != mg->matrix) PetscCall(SetUpPC(mg, pc));
  mg->matrix = matrix;
  mg->state  = state;
  PetscCall(SetUpAndDamp(pc, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}
