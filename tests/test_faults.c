/* SPDX-License-Identifier: BSD-2-Clause
   TAOTRUSTNCG: what it does with bad values, bad options and bad set-ups. */
#include "solve.h"

#define NOT_A_NUMBER (0.0 / 0.0)
#define INFINITE     (1.0 / 0.0)

static const PetscReal bad[] = {NOT_A_NUMBER, INFINITE};

/* f(x) at what the solve left in the solution vector */
static PetscReal ValueAtSolution(const Run *run)
{
  PetscReal f;

  ckm_ok((*run->prob->objgrad)(run->prob, run->x, &f, NULL));
  return f;
}

/* fault 1: f = NaN at two trials: the radius shrinks */
/* fault 2: f = Inf at two trials: the radius shrinks */
START_TEST(a_bad_f_at_a_trial_shrinks_the_radius)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = bad[_i], .f = 3, .only = 2};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected >= 2);
  ckm_assert_near(ValueAtSolution(&run), 0.0, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 4: NaN or Inf in the gradient at a trial: it is rejected */
START_TEST(a_bad_gradient_at_a_trial_shrinks_the_radius)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)(_i / 2), &run));
  run.fault = (Fault){.value = bad[_i % 2], .g = _i / 2 ? 6 : 3, .only = 1};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected >= 1);
  ckm_assert_near(ValueAtSolution(&run), 0.0, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 1: f = NaN for ever: bounded tries, a NaN reason, the best point */
/* fault 2: f = Inf for ever: the same */
START_TEST(a_bad_f_for_ever_ends_at_the_best_point)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = bad[_i], .f = 8};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_DIVERGED_NAN);
  ckm_assert(run.nfg < 70);
  ckm_assert(ValueAtSolution(&run) == run.f[run.its - 1]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 5: NaN or Inf in Hv for ever: a NaN reason, f never rises */
START_TEST(a_bad_product_never_takes_f_uphill)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = bad[_i % 2], .hv = _i / 2 ? 1 : 9};
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE)); /* which take too few products */
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_DIVERGED_NAN);
  ckm_assert(ValueAtSolution(&run) <= run.f[0]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 6: NaN or Inf at x0: an error that names it, x unchanged */
START_TEST(a_bad_start_is_an_error_and_leaves_x_alone)
{
  Run run;
  Vec x0;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(VecDuplicate(run.x, &x0));
  ckm_ok(VecCopy(run.x, x0));
  run.fault.value = bad[_i % 2];
  if (_i / 2) run.fault.g = 1;
  else run.fault.f = 1;
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "At the start f = ");
  {
    PetscBool same;

    ckm_ok(VecEqual(run.x, x0, &same));
    ckm_assert(same);
  }
  ckm_ok(VecDestroy(&x0));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 25: an error, then a solve */
START_TEST(a_solve_after_an_error_works)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = NOT_A_NUMBER, .f = 1};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "At the start");
  run.fault = (Fault){.value = 0.0};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(an_unreachable_tolerance_ends_at_rounding)
{
  const PetscReal shifts[] = {0.0, 1e8};
  Run             run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  run.fault.shift = shifts[_i];
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-30));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.nfg < 300);
  ckm_assert_near(ValueAtSolution(&run), 0.0, 1e-8);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(limits_hold)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_FALSE, &run));
  if (_i) ckm_ok(TaoSetMaximumFunctionEvaluations(run.tao, 5));
  else ckm_ok(TaoSetMaximumIterations(run.tao, 3));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == (_i ? TAO_DIVERGED_MAXFCN : TAO_DIVERGED_MAXITS));
  ckm_assert(run.nfg <= 7 || !_i);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(setters_refuse_values_out_of_range)
{
  const PetscReal etas[]  = {0.0, -1.0, 0.25, 2.0, NOT_A_NUMBER};
  const PetscReal steps[] = {2.0, -1.0, 1.0, INFINITE, NOT_A_NUMBER};
  Run             run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_fails(TaoTrustNCGSetEta(run.tao, etas[_i]), PETSC_ERR_ARG_OUTOFRANGE, "(0, 0.25)");
  ckm_fails(TaoTrustNCGSetDifferenceStep(run.tao, steps[_i]), PETSC_ERR_ARG_OUTOFRANGE, "(0, 1)");
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(options_of_the_inner_solver_pass)
{
  Run run;

  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_pc_type", "none"));
  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_mg_levels_ksp_max_it", "2"));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_pc_type"));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_mg_levels_ksp_max_it"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(another_prefix_has_its_own_options)
{
  PetscReal eta;
  Tao       tao;

  ckm_ok(PetscOptionsSetValue(NULL, "-mine_tao_trustncg_eta", "0.01"));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetOptionsPrefix(tao, "mine_"));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoSetFromOptions(tao));
  ckm_ok(TaoTrustNCGGetEta(tao, &eta));
  ckm_assert(eta == 0.01);
  ckm_ok(PetscOptionsClearValue(NULL, "-mine_tao_trustncg_eta"));
  ckm_ok(TaoDestroy(&tao));
}
END_TEST

START_TEST(bounds_are_refused)
{
  Run run;
  Vec low, high;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(VecDuplicate(run.x, &low));
  ckm_ok(VecDuplicate(run.x, &high));
  ckm_ok(VecSet(low, PETSC_NINFINITY));
  ckm_ok(VecSet(high, 0.5));
  ckm_ok(TaoSetVariableBounds(run.tao, low, high));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_SUP, "without bounds");
  ckm_ok(VecDestroy(&low));
  ckm_ok(VecDestroy(&high));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_ksp_without_a_radius_is_refused)
{
  Run run;
  KSP ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPSetType(ksp, KSPGMRES));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_WRONG, "no trust-region radius");
  ckm_ok(KSPSetType(ksp, KSPGLTR)); /* which would end the job */
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_SUP, "gltr frees");
  ckm_ok(KSPSetType(ksp, KSPTRUSTCG));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_forcing_term_out_of_range_is_refused)
{
  Run run;
  KSP ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPSetTolerances(ksp, 0.0, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_OUTOFRANGE, "forcing term");
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_type_may_change_and_come_back)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoSetType(run.tao, TAOLMVM));
  ckm_ok(TaoSetType(run.tao, TAOTRUSTNCG));
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).nhv_user > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(setters_and_getters_agree)
{
  PetscReal value;
  void     *ctx;
  Tao       tao;

  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_fails(TaoTrustNCGGetEta(tao, &value), PETSC_ERR_ARG_WRONG, "TaoSetType()");
  ckm_ok(TaoTrustNCGSetEta(tao, 0.1)); /* another type: ignored */
  ckm_ok(TaoTrustNCGSetHessianVector(tao, NULL, &value));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoTrustNCGSetEta(tao, 0.1));
  ckm_ok(TaoTrustNCGGetEta(tao, &value));
  ckm_assert(value == 0.1);
  ckm_ok(TaoTrustNCGSetDifferenceStep(tao, 1e-5));
  ckm_ok(TaoTrustNCGGetDifferenceStep(tao, &value));
  ckm_assert(value == 1e-5);
  ckm_ok(TaoTrustNCGGetHessianVector(tao, NULL, &ctx));
  ckm_assert(ctx == NULL);
  ckm_ok(TaoDestroy(&tao));
}
END_TEST

START_TEST(the_ksp_type_may_change_between_solves)
{
  const char *const types[] = {KSPTRUSTCG, KSPSTCG, KSPTRUSTCG};
  Run               run;
  KSP               ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  for (int k = 0; k < 3; k++) {
    ckm_ok(KSPSetType(ksp, types[k]));
    ckm_ok((*run.prob->start)(run.prob, run.x));
    ckm_ok(TaoSolve(run.tao));
    ckm_assert(RunReason(&run) > 0);
  }
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 25: an error within CG, then a solve */
START_TEST(the_forcing_term_survives_a_solve_and_an_error)
{
  PetscReal rtol;
  Run       run;
  KSP       ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  run.fault.error = 12;
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "on purpose");
  run.fault.error = 0;
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(KSPGetTolerances(ksp, &rtol, NULL, NULL, NULL));
  ckm_assert(rtol == 0.25);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_prefix_set_late_reaches_the_ksp)
{
  PetscReal rtol;
  Tao       tao;
  KSP       ksp;

  ckm_ok(PetscOptionsSetValue(NULL, "-late_tao_trustncg_ksp_rtol", "0.01"));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoSetOptionsPrefix(tao, "late_"));
  ckm_ok(TaoSetFromOptions(tao));
  ckm_ok(TaoGetKSP(tao, &ksp));
  ckm_ok(KSPGetTolerances(ksp, &rtol, NULL, NULL, NULL));
  ckm_assert(rtol == 0.01);
  ckm_ok(PetscOptionsClearValue(NULL, "-late_tao_trustncg_ksp_rtol"));
  ckm_ok(TaoDestroy(&tao));
}
END_TEST

START_TEST(another_types_limits_do_not_stay)
{
  PetscInt most;
  Tao      tao;

  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetType(tao, TAOLMVM));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoGetMaximumFunctionEvaluations(tao, &most));
  ckm_assert(most < 0);
  ckm_ok(TaoGetMaximumIterations(tao, &most));
  ckm_assert(most == 10000);
  ckm_ok(TaoDestroy(&tao));
}
END_TEST

START_TEST(the_last_iteration_may_reject)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = NOT_A_NUMBER, .f = 2, .only = 1};
  ckm_ok(TaoSetMaximumIterations(run.tao, 1));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).rejected >= 1 && RunLedger(&run).steps == 1);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "values");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_bad_f_at_a_trial_shrinks_the_radius, 0, 2);
  tcase_add_loop_test(tc, a_bad_gradient_at_a_trial_shrinks_the_radius, 0, 4);
  tcase_add_loop_test(tc, a_bad_f_for_ever_ends_at_the_best_point, 0, 2);
  tcase_add_loop_test(tc, a_bad_product_never_takes_f_uphill, 0, 4);
  tcase_add_loop_test(tc, a_bad_start_is_an_error_and_leaves_x_alone, 0, 4);
  tcase_add_test(tc, a_solve_after_an_error_works);
  tcase_add_loop_test(tc, an_unreachable_tolerance_ends_at_rounding, 0, 2);
  tcase_add_loop_test(tc, limits_hold, 0, 2);
  tc = ckm_tcase(suite, "input");
  tcase_add_loop_test(tc, setters_refuse_values_out_of_range, 0, 5);
  tcase_add_test(tc, options_of_the_inner_solver_pass);
  tcase_add_test(tc, another_prefix_has_its_own_options);
  tcase_add_test(tc, bounds_are_refused);
  tcase_add_test(tc, a_ksp_without_a_radius_is_refused);
  tcase_add_test(tc, a_forcing_term_out_of_range_is_refused);
  tcase_add_test(tc, the_type_may_change_and_come_back);
  tcase_add_test(tc, the_ksp_type_may_change_between_solves);
  tcase_add_test(tc, the_forcing_term_survives_a_solve_and_an_error);
  tcase_add_test(tc, a_prefix_set_late_reaches_the_ksp);
  tcase_add_test(tc, another_types_limits_do_not_stay);
  tcase_add_test(tc, the_last_iteration_may_reject);
  tcase_add_test(tc, setters_and_getters_agree);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "faults", AddTests);
}
