/* SPDX-License-Identifier: BSD-2-Clause
   The choice of a preconditioner, and the steps of the learned model, in whole solves. */
#include "solve.h"

static PetscErrorCode Make(const char name[], PetscInt n, TaoTrustNCGPrecondType type, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreate(PETSC_COMM_WORLD, name, n, HV_USER, PETSC_FALSE, run));
  PetscCall(TaoTrustNCGSetPrecondType(run->tao, type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  const char *name;
  PetscInt    n;
  const char *words;
} Choices[] = {
  {"minsurf", 900, "sparse (auto: a pattern of the Hessian is known)"},
  {"eigenals", 110, "pairs (auto: no pattern of the Hessian is known)"},
  {"genrose", 200, "sparse (auto: 3 diagonals of the Hessian were found by 3 products)"},
  {"inverse", 144, "pairs (auto: the Hessian does not have the pattern"}};

START_TEST(auto_says_what_it_chose_and_why)
{
  Run       run;
  PetscBool says;

  ckm_ok(Make(Choices[_i].name, Choices[_i].n, TAO_TRUSTNCG_PRECOND_AUTO, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunSays(&run, Choices[_i].words, &says));
  ckm_assert(says);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static const TaoTrustNCGPrecondType Types[] = {
  TAO_TRUSTNCG_PRECOND_NONE, TAO_TRUSTNCG_PRECOND_PAIRS, TAO_TRUSTNCG_PRECOND_DIAGONAL,
  TAO_TRUSTNCG_PRECOND_SPARSE, TAO_TRUSTNCG_PRECOND_AUTO};

START_TEST(every_type_finds_the_minimum)
{
  Run run, plain;

  ckm_ok(Make("combustion", 400, Types[_i], &run));
  ckm_ok(Make("combustion", 400, TAO_TRUSTNCG_PRECOND_NONE, &plain));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoSolve(plain.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert_near(run.f[run.its - 1], plain.f[plain.its - 1], 1e-6);
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_second_solve_repeats_the_first)
{
  Run      run;
  PetscInt its;

  ckm_ok(Make("minsurf", 400, Types[_i], &run));
  ckm_ok(TaoSolve(run.tao));
  its = run.its;
  ckm_ok(run.prob->start(run.prob, run.x));
  run.its = 0;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.its == its);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static PetscErrorCode Halve(PC pc, Vec v, Vec z)
{
  PetscFunctionBegin;
  PetscCall(VecAXPBY(z, 0.5, 0.0, v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_pc_of_the_ksp_is_the_users)
{
  Run       run;
  KSP       ksp;
  PC        pc;
  PetscBool same, says;

  ckm_ok(Make("minsurf", 400, TAO_TRUSTNCG_PRECOND_AUTO, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCSHELL));
  ckm_ok(PCShellSetApply(pc, Halve));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(PetscObjectTypeCompare((PetscObject)pc, PCSHELL, &same));
  ckm_assert(same);
  ckm_ok(RunSays(&run, "user (auto: the KSP has a PC)", &says));
  ckm_assert(says);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The products are those of a function. */
START_TEST(a_pc_that_needs_a_matrix_gets_the_sparse_hessian)
{
  Run       run;
  KSP       ksp;
  PC        pc;
  PetscBool same, says;

  ckm_ok(Make("minsurf", 400, TAO_TRUSTNCG_PRECOND_AUTO, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCBJACOBI));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(PetscObjectTypeCompare((PetscObject)pc, PCBJACOBI, &same));
  ckm_assert(same);
  ckm_ok(RunSays(&run, "sparse (auto: the KSP has a PC that needs a matrix", &says));
  ckm_assert(says);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_type_beside_the_users_pc_is_an_error)
{
  Run run;
  KSP ksp;
  PC  pc;

  ckm_ok(Make("minsurf", 100, Types[_i], &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCSHELL));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_INCOMP, "leaves no room");
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The pattern of a tridiagonal matrix, with the layout of x */
static PetscErrorCode CreateBand(Vec x, Mat *band)
{
  PetscInt n, N, lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetSize(x, &N));
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, n, n, N, N, 3, NULL, 2, NULL, band));
  PetscCall(MatGetOwnershipRange(*band, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    for (PetscInt j = PetscMax(0, i - 1); j <= PetscMin(N - 1, i + 1); j++) {
      PetscCall(MatSetValue(*band, i, j, 1.0, INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*band, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*band, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* on vectors without a DM */
START_TEST(a_pattern_of_the_users_makes_a_sparse_hessian)
{
  Run run;
  Mat band;

  ckm_ok(Make("tridia", 300, TAO_TRUSTNCG_PRECOND_AUTO, &run));
  ckm_ok(CreateBand(run.x, &band));
  ckm_ok(TaoTrustNCGSetPattern(run.tao, band));
  ckm_ok(MatDestroy(&band));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).nhv_precond > 0 && RunLedger(&run).equivalents < 60);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(learned_steps_may_be_forbidden)
{
  Run run;

  ckm_ok(Make("genrose", 100, TAO_TRUSTNCG_PRECOND_PAIRS, &run));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, (PetscBool)_i));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert((RunLedger(&run).learned > 0) == (_i == 1));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* What is gained: never more than it would cost without, by a tenth and a few */
static const struct {
  const char *name;
  PetscInt    n;
} Plain[] = {{"rosenbrock", 1000}, {"arwhead", 1000}, {"minsurf", 2500}, {"genrose", 300},
             {"tridia", 1000},     {"dixmaanf", 600}, {"woods", 400},    {"torsion", 2500}};

START_TEST(auto_costs_no_more_than_none)
{
  Run run, plain;

  ckm_ok(Make(Plain[_i].name, Plain[_i].n, TAO_TRUSTNCG_PRECOND_AUTO, &run));
  ckm_ok(Make(Plain[_i].name, Plain[_i].n, TAO_TRUSTNCG_PRECOND_NONE, &plain));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoSolve(plain.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).equivalents <= 1.1 * RunLedger(&plain).equivalents + 8.0);
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "precond");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, auto_says_what_it_chose_and_why, 0, 4);
  tcase_add_loop_test(tcase, every_type_finds_the_minimum, 0, 5);
  tcase_add_loop_test(tcase, a_second_solve_repeats_the_first, 0, 5);
  tcase_add_test(tcase, the_pc_of_the_ksp_is_the_users);
  tcase_add_test(tcase, a_pc_that_needs_a_matrix_gets_the_sparse_hessian);
  tcase_add_loop_test(tcase, a_type_beside_the_users_pc_is_an_error, 0, 3);
  tcase_add_test(tcase, a_pattern_of_the_users_makes_a_sparse_hessian);
  tcase_add_loop_test(tcase, learned_steps_may_be_forbidden, 0, 2);
  tcase_add_loop_test(tcase, auto_costs_no_more_than_none, 0, 8);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "preconditioners", AddTests);
}
