/* SPDX-License-Identifier: BSD-2-Clause
   Noise in f and its gradient: how it is measured, what the differences and the loop make of it. */
#include "solve.h"
#include "hessvec/hessvec.h"
#include "rules/rules.h"
#include "subproblem/trustcg.h"

#define NOISE 1e-6

/* of a noisy Run: what the measurements call */
static PetscErrorCode Value(void *ctx, Vec x, PetscReal *f, Vec g)
{
  PetscReal unused;

  PetscFunctionBegin;
  PetscCall(TaoComputeObjectiveAndGradient(((Run *)ctx)->tao, x, f ? f : &unused, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||g|| at the start, without noise */
static PetscReal StartNorm(Run *run)
{
  PetscReal gnorm;
  Vec       g;

  ckm_ok(VecDuplicate(run->x, &g));
  ckm_ok((*run->prob->objgrad)(run->prob, run->x, NULL, g));
  ckm_ok(VecNorm(g, NORM_2, &gnorm));
  ckm_ok(VecDestroy(&g));
  return gnorm;
}

/* A Run with the options, noise of norm `noise` ||g(x0)|| on the gradient, and a tolerance. */
static void Noisy(const char name[], PetscInt n, HvWay way, PetscReal noise, PetscReal tol,
                  const char options[], Run *run)
{
  ckm_ok(PetscOptionsInsertString(NULL, options));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, name, n, way, PETSC_FALSE, run));
  ckm_ok(PetscOptionsClear(NULL));
  run->fault.noiseg = noise * StartNorm(run);
  ckm_ok(TaoSetTolerances(run->tao, 0.0, 0.0, tol));
}

static void Measure(Run *run, PetscReal step, TrustNCGNoiseLevel *level)
{
  PetscReal f;
  Vec       g, v, w;

  ckm_ok(VecDuplicate(run->x, &g));
  ckm_ok(VecDuplicate(run->x, &v));
  ckm_ok(VecDuplicate(run->x, &w));
  ckm_ok(Value(run, run->x, &f, g));
  ckm_ok(VecCopy(g, v));
  ckm_ok(TrustNCGMeasureNoise(Value, run, run->x, w, f, g, v, 1e-8, level));
  level->length = step;
  if (step > 0.0) ckm_ok(TrustNCGMeasureLength(Value, run, run->x, w, g, v, 1.0, level));
  ckm_ok(VecDestroy(&g));
  ckm_ok(VecDestroy(&v));
  ckm_ok(VecDestroy(&w));
}

static const PetscReal Levels[] = {1e-9, 1e-7, 1e-6, 1e-4};

START_TEST(four_points_tell_the_noise_of_the_gradient)
{
  TrustNCGNoiseLevel level = {0};
  Run                run;

  Noisy("minsurf", 900, HV_FD, Levels[_i], 0.1, "", &run);
  Measure(&run, 0.0, &level);
  ckm_assert(level.g > 0.5 * run.fault.noiseg && level.g < 2.0 * run.fault.noiseg);
  ckm_assert(level.evaluations == 3);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(four_points_tell_the_noise_of_f)
{
  TrustNCGNoiseLevel level = {0};
  Run                run;

  Noisy("minsurf", 900, HV_FD, 0.0, 0.1, "", &run);
  run.fault.noisef = Levels[_i];
  Measure(&run, 0.0, &level);
  ckm_assert(level.f > 0.2 * Levels[_i] && level.f < 4.0 * Levels[_i]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(without_noise_rounding_is_measured)
{
  TrustNCGNoiseLevel level = {0};
  Run                run;

  Noisy("minsurf", 900, HV_FD, 0.0, 0.1, "", &run);
  Measure(&run, 0.0, &level);
  ckm_assert(level.g < 1e-13 * StartNorm(&run));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* ||(g(x + l v) - g(x)) / l - Hv|| for ||v|| = 1 along the gradient */
static PetscReal DifferenceError(Run *run, PetscReal length)
{
  PetscReal f, vnorm, error;
  Vec       v, g, w, Hv;

  ckm_ok(VecDuplicate(run->x, &g));
  ckm_ok(VecDuplicate(run->x, &v));
  ckm_ok(VecDuplicate(run->x, &w));
  ckm_ok(VecDuplicate(run->x, &Hv));
  ckm_ok(Value(run, run->x, &f, v));
  ckm_ok(VecNormalize(v, &vnorm));
  ckm_ok(VecWAXPY(w, length, v, run->x));
  ckm_ok(Value(run, w, &f, Hv));
  ckm_ok(Value(run, run->x, &f, g));
  ckm_ok(VecAXPBY(Hv, -1.0 / length, 1.0 / length, g));
  ckm_ok((*run->prob->hessvec)(run->prob, run->x, v, w));
  ckm_ok(VecAXPY(Hv, -1.0, w));
  ckm_ok(VecNorm(Hv, NORM_2, &error));
  ckm_ok(VecDestroy(&g));
  ckm_ok(VecDestroy(&v));
  ckm_ok(VecDestroy(&w));
  ckm_ok(VecDestroy(&Hv));
  return error;
}

START_TEST(the_measured_length_is_as_good_as_the_best)
{
  TrustNCGNoiseLevel level = {0};
  Run                run;
  PetscReal          best = PETSC_MAX_REAL;

  Noisy("rosenbrock", 200, HV_FD, Levels[_i], 0.1, "", &run);
  Measure(&run, _i % 2 ? 1e-3 : 1e-6, &level);
  for (PetscReal length = 1e-7; length < 1.0; length *= 2.0) {
    best = PetscMin(best, DifferenceError(&run, length));
  }
  ckm_assert(DifferenceError(&run, level.length) <= 4.0 * best);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(where_the_gradient_is_not_finite_the_length_shrinks)
{
  PetscReal low = 0.0, high = PETSC_INFINITY, length = 1.0;

  ckm_assert(!TrustNCGNextLength(1e-6, NAN, 1.0, &low, &high, &length));
  ckm_assert(length < 0.1 && high == 1.0);
  ckm_assert(!TrustNCGNextLength(1e-6, INFINITY, 1.0, &low, &high, &length));
  ckm_assert(length < 0.01);
}
END_TEST

START_TEST(a_gradient_that_does_not_bend_gets_the_longest_step)
{
  PetscReal low = 0.0, high = PETSC_INFINITY, length = 1e-6;
  PetscInt  tries = 1;

  while (!TrustNCGNextLength(1e-6, 2e-6, 0.1, &low, &high, &length)) tries++;
  ckm_assert_near(length, 0.1, 1e-12);
  ckm_assert(tries <= 5);
}
END_TEST

static const char *const Names[] = {"torsion", "minsurf", "rosenbrock", "tridia", "broydn3d"};
#define NAMES  5
#define NEWTON "-tao_trustncg_precond none -tao_trustncg_learned_steps 0 "

START_TEST(without_noise_no_gradient_is_spent_on_it)
{
  TaoTrustNCGLedger fixed, adapted;
  Run               run;

  Noisy(Names[_i], 400, HV_FD, 0.0, 1e-6, NEWTON, &run);
  ckm_ok(TaoSolve(run.tao));
  adapted = RunLedger(&run);
  ckm_ok(RunDestroy(&run));
  Noisy(Names[_i], 400, HV_FD, 0.0, 1e-6, NEWTON "-tao_trustncg_fd_step 1.490116119384766e-08",
        &run);
  ckm_ok(TaoSolve(run.tao));
  fixed = RunLedger(&run);
  ckm_assert(adapted.ng_noise == 0);
  ckm_assert(adapted.equivalents == fixed.equivalents);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Solves a noisy Run, and compares the true gradient at the end with the noise. */
static void SolveToFloor(Run *run, PetscReal noise, PetscReal *share)
{
  TaoTrustNCGOutcome outcome;
  const char        *why;
  const PetscReal    gnorm0 = StartNorm(run);

  ckm_ok(TaoSolve(run->tao));
  ckm_ok(TaoTrustNCGGetOutcome(run->tao, &outcome, &why));
  ckm_assert(outcome == TAO_TRUSTNCG_NOISE_FLOOR);
  ckm_assert(strstr(why, "noise") != NULL);
  ckm_assert(RunReason(run) < 0);
  *share = StartNorm(run) / (noise * gnorm0); /* x has moved */
}

START_TEST(differences_reach_the_noise_floor_and_say_so)
{
  TaoTrustNCGLedger ledger;
  PetscReal         share;
  Run               run;

  Noisy(Names[_i % NAMES], 400, HV_FD, Levels[_i / NAMES], 1e-14, NEWTON, &run);
  SolveToFloor(&run, Levels[_i / NAMES], &share);
  ckm_assert(share < 10.0);
  ledger = RunLedger(&run);
  ckm_assert(ledger.ng_noise > 0 && ledger.ng_noise <= 20);
  ckm_assert(ledger.equivalents < 1500.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(auto_reaches_the_noise_floor_and_says_so)
{
  PetscReal share;
  Run       run;

  Noisy(Names[_i % NAMES], 400, HV_FD, Levels[_i / NAMES], 1e-14, "", &run);
  SolveToFloor(&run, Levels[_i / NAMES], &share);
  ckm_assert(share < 10.0);
  ckm_assert(RunLedger(&run).equivalents < 1000.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(an_exact_Hv_with_a_noisy_gradient_ends_at_its_floor)
{
  TaoTrustNCGOutcome outcome;
  Run                run;

  Noisy(Names[_i % NAMES], 400, HV_USER, _i < 2 * NAMES ? NOISE : 1e-4, 1e-14,
        _i / NAMES % 2 ? NEWTON : "", &run);
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  ckm_assert(outcome == TAO_TRUSTNCG_NOISE_FLOOR);
  ckm_assert(RunLedger(&run).equivalents < 1000.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(noise_in_f_alone_does_not_keep_from_the_solution)
{
  Run run;

  Noisy(Names[1 + _i % (NAMES - 1)], 400, HV_USER, 0.0, 1e-5, "", &run);
  run.fault.noisef = Levels[_i / (NAMES - 1)];
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(noise_that_falls_with_the_gradient_has_no_floor)
{
  Run run;

  Noisy(Names[_i], 400, HV_FD, 0.0, 1e-9, "", &run);
  run.fault.noiseg = -Levels[1];
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_users_step_is_not_changed)
{
  PetscReal step;
  Run       run;

  Noisy("torsion", 400, HV_FD, NOISE, 1e-5, NEWTON "-tao_trustncg_fd_step 1e-3", &run);
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).ng_noise == 0);
  ckm_ok(TaoTrustNCGGetDifferenceStep(run.tao, &step));
  ckm_assert(step == 1e-3);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_cost_is_in_the_ledger)
{
  TaoTrustNCGLedger ledger;
  Run               run;

  Noisy("torsion", 400, HV_FD, NOISE, 1e-5, NEWTON, &run);
  ckm_ok(TaoSolve(run.tao));
  ledger = RunLedger(&run);
  ckm_assert(ledger.ng_noise > 0);
  ckm_assert(ledger.equivalents == (PetscReal)(run.nf + run.ng + run.nfg));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_difference_that_is_not_finite_is_taken_backwards)
{
  Run run;

  Noisy("tridia", 400, HV_FD, 0.0, 1e-6, NEWTON, &run);
  run.fault.value = NAN;
  run.fault.g     = 5;
  run.fault.only  = 1;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected == 0);
  ckm_assert(RunLedger(&run).nhv_fd == RunLedger(&run).cg + 1);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(CG_does_not_iterate_on_noise)
{
  PetscReal gnorm, rnorm;
  KSP       ksp;
  Run       run;

  Noisy("tridia", 400, HV_FD, 1e-3, 1e-14, NEWTON "-tao_max_it 1 -tao_trustncg_ksp_rtol 1e-8",
        &run);
  gnorm = StartNorm(&run);
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetResidualNorm(ksp, &rnorm));
  ckm_assert(RunLedger(&run).cg < 100);
  ckm_assert(rnorm > 1e-5 * gnorm);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_first_product_of_noise_makes_no_radius)
{
  Run run;

  Noisy(_i ? "dixmaanl" : "broydn3d", 1000, HV_FD, 1e-4, 3e-4, NEWTON, &run);
  ckm_ok(TaoSolve(run.tao));
  RunHasConverged(&run, 60.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_length_measured_where_g_bends_most_does_not_stay)
{
  Run run;

  Noisy("sinquad", 500, HV_FD, NOISE, 3e-6, NEWTON, &run);
  ckm_ok(TaoSolve(run.tao));
  RunHasConverged(&run, 1500.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(noise_is_measured_where_f_and_gradient_come_apart)
{
  TaoTrustNCGOutcome outcome;
  Run                run;

  ckm_ok(PetscOptionsInsertString(NULL, NEWTON));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, Names[_i], 400, HV_FD, PETSC_TRUE, &run));
  ckm_ok(PetscOptionsClear(NULL));
  run.fault.noiseg = NOISE * StartNorm(&run);
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 3.0 * NOISE));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  ckm_assert(outcome == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(RunLedger(&run).equivalents == (PetscReal)(run.nf + run.ng + run.nfg));
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *test = ckm_tcase(suite, "measured");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());

  tcase_add_loop_test(test, four_points_tell_the_noise_of_the_gradient, 0, 4);
  tcase_add_loop_test(test, four_points_tell_the_noise_of_f, 0, 4);
  tcase_add_test(test, without_noise_rounding_is_measured);
  tcase_add_loop_test(test, the_measured_length_is_as_good_as_the_best, 0, 4);
  tcase_add_test(test, where_the_gradient_is_not_finite_the_length_shrinks);
  tcase_add_test(test, a_gradient_that_does_not_bend_gets_the_longest_step);

  test = ckm_tcase(suite, "in a solve");
  tcase_add_loop_test(test, without_noise_no_gradient_is_spent_on_it, 0, NAMES);
  tcase_add_loop_test(test, differences_reach_the_noise_floor_and_say_so, 0, 4 * NAMES);
  tcase_add_loop_test(test, auto_reaches_the_noise_floor_and_says_so, 0, 4 * NAMES);
  tcase_add_loop_test(test, an_exact_Hv_with_a_noisy_gradient_ends_at_its_floor, 0, 4 * NAMES);
  tcase_add_loop_test(test, noise_in_f_alone_does_not_keep_from_the_solution, 0, 4 * (NAMES - 1));
  tcase_add_loop_test(test, noise_that_falls_with_the_gradient_has_no_floor, 0, NAMES);
  tcase_add_loop_test(test, a_first_product_of_noise_makes_no_radius, 0, 2);
  tcase_add_test(test, a_length_measured_where_g_bends_most_does_not_stay);
  tcase_add_loop_test(test, noise_is_measured_where_f_and_gradient_come_apart, 0, NAMES);
  tcase_add_test(test, the_users_step_is_not_changed);
  tcase_add_test(test, the_cost_is_in_the_ledger);
  tcase_add_test(test, a_difference_that_is_not_finite_is_taken_backwards);
  tcase_add_test(test, CG_does_not_iterate_on_noise);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "noise", AddTests);
}
