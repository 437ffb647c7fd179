/* SPDX-License-Identifier: BSD-2-Clause
   A norm of the user's for the gradient, which then is that of the whole solve: with one that suits
   the space of the unknowns, no iterations grow with the grid. */
#include "solve.h"
#include <petscdmda.h>

/* The discrete Laplacian of a grid of square cells, 0 on its boundary */
static PetscErrorCode CreateLaplacian(DM dm, Mat *A)
{
  DMDALocalInfo info;

  PetscFunctionBegin;
  PetscCall(DMCreateMatrix(dm, A));
  PetscCall(DMDAGetLocalInfo(dm, &info));
  for (PetscInt j = info.ys; j < info.ys + info.ym; j++) {
    for (PetscInt i = info.xs; i < info.xs + info.xm; i++) {
      const MatStencil  row       = {.i = i, .j = j};
      const MatStencil  column[5] = {row,
                                     {.i = i - (i > 0), .j = j},
                                     {.i = i + (i < info.mx - 1), .j = j},
                                     {.i = i, .j = j - (j > 0)},
                                     {.i = i, .j = j + (j < info.my - 1)}};
      const PetscScalar value[5]  = {4.0, -(PetscScalar)(i > 0), -(PetscScalar)(i < info.mx - 1),
                                     -(PetscScalar)(j > 0), -(PetscScalar)(j < info.my - 1)};

      PetscCall(MatSetValuesStencil(*A, 1, &row, 5, column, value, ADD_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(Mat shell, Vec r, Vec z)
{
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(shell, &ksp));
  PetscCall(KSPSolve(ksp, r, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r -> A^-1 r, the Riesz map of H^1_0, by a direct solver */
static PetscErrorCode CreateRiesz(Run *run, Mat *riesz)
{
  PetscInt n;
  DM       dm;
  Mat      A;
  KSP      ksp;
  PC       pc;

  PetscFunctionBegin;
  PetscCall(VecGetDM(run->x, &dm));
  PetscCall(VecGetLocalSize(run->x, &n));
  PetscCall(CreateLaplacian(dm, &A));
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
  PetscCall(KSPSetOperators(ksp, A, A));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCREDUNDANT));
  PetscCall(MatDestroy(&A));
  PetscCall(MatCreateShell(PETSC_COMM_WORLD, n, n, PETSC_DETERMINE, PETSC_DETERMINE, ksp, riesz));
  PetscCall(PetscObjectCompose((PetscObject)*riesz, "solver", (PetscObject)ksp));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(MatShellSetOperation(*riesz, MATOP_MULT, (void (*)(void))Solve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *const Names[] = {"combustion", "torsion"};
static const char *const Types[] = {"user", "auto"};

/* Solves to a dual norm of the gradient of 1e-6 of that at the start. */
static PetscErrorCode SolveWithNorm(const char name[], PetscInt side, const char type[], Run *run)
{
  Mat riesz;

  PetscFunctionBegin;
  PetscCall(RunCreateWith("-tao_trustncg_precond", type, name, side * side, HV_USER, run));
  PetscCall(TaoSetTolerances(run->tao, 0.0, 0.0, 1e-6));
  PetscCall(CreateRiesz(run, &riesz));
  PetscCall(TaoSetGradientNorm(run->tao, riesz));
  PetscCall(MatDestroy(&riesz));
  PetscCall(TaoSolve(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(iterations_do_not_grow_with_the_grid)
{
  TaoTrustNCGLedger ledger[2];
  Run               run;

  for (int k = 0; k < 2; k++) {
    ckm_ok(SolveWithNorm(Names[_i / 2], k ? 64 : 16, Types[_i % 2], &run));
    ckm_assert(RunReason(&run) > 0);
    ledger[k] = RunLedger(&run);
    ckm_ok(RunDestroy(&run));
  }
  ckm_assert(ledger[1].steps <= ledger[0].steps + 1);
  ckm_assert(ledger[1].cg <= ledger[0].cg + 2);
  ckm_assert(ledger[1].equivalents <= 15.0);
}
END_TEST

/* Without it as a preconditioner, the KSP and its PC are as before. */
START_TEST(the_norm_leaves_no_trace)
{
  KSP         ksp;
  PC          pc;
  PetscBool   same;
  KSPNormType norm;
  Run         run;

  ckm_ok(SolveWithNorm("combustion", 12, "auto", &run));
  ckm_ok(run.prob->start(run.prob, run.x));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PetscObjectTypeCompare((PetscObject)pc, PCNONE, &same));
  ckm_ok(KSPGetNormType(ksp, &norm));
  ckm_assert(same && norm == KSP_NORM_UNPRECONDITIONED);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "riesz");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, iterations_do_not_grow_with_the_grid, 0, 4);
  tcase_add_test(tcase, the_norm_leaves_no_trace);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "norm of the gradient", AddTests);
}
