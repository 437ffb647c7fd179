/* SPDX-License-Identifier: BSD-2-Clause
   The rules of learned steps: when they come and when those of CG, and how far they reach. */
#include "sweep.h"

enum { PATIENCE = 24 };

/* The rate of the block of learned steps that KnowsModel() remembers */
#define RATE 0.25

/* In the first block of learned steps, which began at ||g|| = gnorm after 3 gradient-equivalents */
static TrustNCGMode InModel(PetscReal gnorm)
{
  TrustNCGMode mode;

  TrustNCGModeStart(&mode);
  TrustNCGModeCG(&mode, PETSC_TRUE, 1, 1.0, 2.0 * gnorm, gnorm, 3.0, 3.0);
  return mode;
}

/* Back in CG after such a block, of 8 gradient-equivalents at RATE, which ended at ||g|| = gnorm */
static TrustNCGMode KnowsModel(PetscReal gnorm)
{
  TrustNCGMode mode = InModel(gnorm * PetscExpReal(8.0 * RATE));

  TrustNCGModeLeave(&mode, gnorm, 11.0);
  return mode;
}

/* Learned steps along which f looks quadratic, or not */
static void Steps(TrustNCGMode *mode, PetscInt steps, PetscBool quadratic)
{
  for (PetscInt k = 0; k < steps; k++) {
    TrustNCGModeLearned(mode, -1.0, quadratic ? -1.0 : -2.0, 1.0, 0.0, mode->spent + 1.0);
  }
}

/* A good step of CG from ||g|| = 1, at 4 gradient-equivalents, with a rate in parts of RATE */
static void StepOfCG(TrustNCGMode *mode, PetscReal share)
{
  TrustNCGModeCG(mode, PETSC_TRUE, 1, 1.0, 1.0, PetscExpReal(-4.0 * share * RATE), 4.0, 15.0);
}

START_TEST(it_starts_with_cg)
{
  TrustNCGMode mode;

  TrustNCGModeStart(&mode);
  ckm_assert(!mode.learned && !mode.known);
  mode = KnowsModel(1.0);
  TrustNCGModeStart(&mode);
  ckm_assert(!mode.learned && !mode.known);
}
END_TEST

START_TEST(after_the_first_step_of_cg_comes_the_model)
{
  for each (rho, ANY) {
    for each (gplusnorm, ANY) {
      in(rho);
      in(gplusnorm);
      for (int k = 0; k < 2; k++) {
        TrustNCGMode mode;

        TrustNCGModeStart(&mode);
        TrustNCGModeCG(&mode, (PetscBool)(k % 2), 1, rho, 1.0, gplusnorm, 3.0, 3.0);
        holds(mode.learned && mode.quad == 0, rho, gplusnorm, k);
        holds(mode.spent == 3.0, rho, gplusnorm, k);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(as_many_quadratic_steps_as_its_patience_lead_to_cg)
{
  TrustNCGMode mode = InModel(1.0);

  Steps(&mode, PATIENCE - 1, PETSC_TRUE);
  ckm_assert(mode.learned);
  Steps(&mode, 1, PETSC_TRUE);
  ckm_assert(!mode.learned && mode.known);
}
END_TEST

START_TEST(a_step_that_is_not_quadratic_takes_back_two)
{
  TrustNCGMode mode = InModel(1.0);

  Steps(&mode, 1, PETSC_FALSE);
  ckm_assert(mode.quad == 0);
  Steps(&mode, 1, PETSC_TRUE);
  Steps(&mode, 1, PETSC_FALSE);
  ckm_assert(mode.quad == 0);
  Steps(&mode, PATIENCE - 1, PETSC_TRUE);
  Steps(&mode, 1, PETSC_FALSE);
  ckm_assert(mode.quad == PATIENCE - 3);
  Steps(&mode, 2, PETSC_TRUE);
  ckm_assert(mode.learned);
  Steps(&mode, 1, PETSC_TRUE);
  ckm_assert(!mode.learned);
}
END_TEST

START_TEST(a_new_block_counts_from_zero)
{
  TrustNCGMode mode = InModel(1.0);

  Steps(&mode, PATIENCE, PETSC_TRUE);
  ckm_assert(!mode.learned);
  TrustNCGModeCG(&mode, PETSC_FALSE, 1, 1.0, 1.0, 1.0, 4.0, 15.0);
  ckm_assert(mode.learned && mode.quad == 0);
  Steps(&mode, PATIENCE - 1, PETSC_TRUE);
  ckm_assert(mode.learned);
  Steps(&mode, 1, PETSC_TRUE);
  ckm_assert(!mode.learned);
}
END_TEST

START_TEST(steps_that_are_not_quadratic_never_lead_to_cg)
{
  TrustNCGMode mode = InModel(1.0);

  for (int k = 0; k < 1000; k++) {
    Steps(&mode, 2, PETSC_TRUE);
    Steps(&mode, 1, PETSC_FALSE);
  }
  ckm_assert(mode.learned && mode.quad == 0);
}
END_TEST

START_TEST(quadratic_is_what_the_trapezoidal_rule_gives_to_a_tenth)
{
  for each (size, POSITIVE) {
    for (int sign = -1; sign <= 1; sign += 2) {
      for (PetscReal off = -0.3; off < 0.3; off += 0.0099) {
        in(size);
        const PetscReal df   = sign * size;
        TrustNCGMode    mode = InModel(1.0);

        TrustNCGModeLearned(&mode, df, df * (1.0 + off), 1.0, 0.0, 4.0);
        holds(mode.quad == (PetscAbsReal(off) < 0.1), df, off);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(what_is_not_finite_is_not_quadratic)
{
  for each (df, ANY) {
    for each (trapezoid, ANY) {
      in(df);
      in(trapezoid);
      TrustNCGMode mode = InModel(1.0);

      if (!isnan(df) && !isinf(df) && !isnan(trapezoid) && !isinf(trapezoid)) continue;
      TrustNCGModeLearned(&mode, df, trapezoid, 1.0, 0.0, 4.0);
      holds(mode.quad == 0, df, trapezoid);
    }
  }
  assert_all_held();
}
END_TEST

/* The block has brought ||g|| down to 1 from e^brought, and the solve ends at e^-left. */
START_TEST(with_the_end_in_sight_the_model_keeps_the_turn)
{
  for (PetscReal brought = -2.0; brought < 20.0; brought += 0.75) {
    for (PetscReal left = 0.01; left < 50.0; left *= 1.3) {
      TrustNCGMode mode = InModel(PetscExpReal(brought));

      mode.quad = PATIENCE;
      TrustNCGModeLearned(&mode, -1.0, -1.0, 1.0, PetscExpReal(-left), 30.0);
      holds(mode.learned == (left < 2.0 * brought), brought, left);
    }
  }
  assert_all_held();
}
END_TEST

/* Steps that brought much, and then as many that bring nothing */
START_TEST(the_end_is_out_of_sight_where_the_last_steps_bring_nothing)
{
  for (PetscReal brought = 1.0; brought < 1e6; brought *= 10.0) {
    const PetscReal target = 1.0 / brought;
    TrustNCGMode    mode   = InModel(brought);

    for (int k = 1; k <= 2 * PATIENCE; k++) {
      const PetscBool kept = mode.learned;

      TrustNCGModeLearned(&mode, -1.0, -1.0, 1.0, target, 3.0 + k);
      holds(kept, brought, k);
    }
    holds(mode.learned == (brought == 1.0), brought); /* at the target there is nothing to bring */
  }
  assert_all_held();
}
END_TEST

/* CG in `its` iterations at a rate in parts of RATE; then a block of learned steps at RATE */
static PetscBool KeepsTheTurn(PetscInt its, PetscBool inside, PetscReal rho, PetscReal share)
{
  TrustNCGMode    mode = InModel(1.0);
  const PetscReal cost = 100.0, spent = cost + PATIENCE;

  TrustNCGModeCG(&mode, inside, its, rho, 1.0, PetscExpReal(-cost * share * RATE), cost, cost);
  mode.gnorm = 1.0;
  mode.quad  = PATIENCE;
  TrustNCGModeLearned(&mode, -1.0, -1.0, PetscExpReal(-PATIENCE * RATE), 0.0, spent);
  return mode.learned;
}

START_TEST(the_model_keeps_the_turn_while_it_is_faster_than_a_long_cg_was)
{
  for (PetscReal share = 0.01; share < 100.0; share *= 1.3) {
    holds(KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.0, share) == (share < 1.0), share);
    holds(!KeepsTheTurn(PATIENCE - 1, PETSC_TRUE, 1.0, share), share);
    holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.0, -share),
          share); /* uphill: the rate says nothing */
  }
  holds(!KeepsTheTurn(PATIENCE, PETSC_FALSE, 1.0, 0.5), 0.5); /* what it did is no measure */
  holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 0.5, 0.5), 0.5);
  holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.5, 0.5), 0.5);
  holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.0, 0.0), 0.0);
  holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.0, NAN), NAN);
  holds(!KeepsTheTurn(PATIENCE, PETSC_TRUE, 1.0, INFINITY), INFINITY);
  assert_all_held();
}
END_TEST

START_TEST(leaving_remembers_the_rate_of_the_block)
{
  for (PetscReal gnorm = 1e-200; gnorm < 1e200; gnorm *= 1e25) {
    TrustNCGMode mode = KnowsModel(gnorm);

    holds(!mode.learned && mode.known, gnorm);
    holds(PetscAbsReal(mode.rate - RATE) < 1e-13, gnorm, mode.rate);
    mode = InModel(gnorm);
    TrustNCGModeLeave(&mode, gnorm * PetscExpReal(1.0), 11.0); /* uphill */
    holds(PetscAbsReal(mode.rate + 0.125) < 1e-13, gnorm, mode.rate);
    mode = InModel(gnorm);
    TrustNCGModeLeave(&mode, gnorm, mode.spent); /* at once */
    holds(mode.known && mode.rate == 0.0, gnorm);
    mode = InModel(gnorm);
    TrustNCGModeLeave(&mode, 0.0, 11.0);
    holds(mode.known && mode.rate == 0.0, gnorm);
  }
  assert_all_held();
}
END_TEST

START_TEST(cg_stays_while_its_model_holds_inside_at_half_the_rate)
{
  static const PetscReal rhos[]   = {-INFINITY, -1.0, 0.0,  0.5, 0.5000001, 1.0,
                                     1.4999999, 1.5,  1e10, NAN, INFINITY};
  static const PetscReal shares[] = {-1.0, 0.0, 0.49, 0.51, 1.0, 100.0};

  for (PetscReal gnorm = 1e-200; gnorm < 1e200; gnorm *= 1e25) {
    for (int k = 0; k < 11 * 6 * 2; k++) {
      const PetscReal rho = rhos[k / 12], share = shares[k / 2 % 6];
      const PetscReal gplusnorm = gnorm * PetscExpReal(-4.0 * share * RATE);
      const PetscBool holding = (PetscBool)(rho > 0.5 && rho < 1.5), inside = (PetscBool)(k % 2);
      TrustNCGMode    mode = KnowsModel(gnorm);

      TrustNCGModeCG(&mode, inside, 1, rho, gnorm, gplusnorm, 4.0, 15.0);
      holds(mode.learned == !(holding && inside && share > 0.5), gnorm, rho, share, inside);
      holds(!mode.learned || (mode.gnorm == gplusnorm && mode.spent == 15.0), gnorm, rho, share);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(cg_that_ends_at_no_gradient_stays)
{
  TrustNCGMode mode = KnowsModel(1.0);

  TrustNCGModeCG(&mode, PETSC_TRUE, 1, 1.0, 1.0, 0.0, 4.0, 15.0);
  ckm_assert(!mode.learned);
  TrustNCGModeCG(&mode, PETSC_TRUE, 1, NAN, 1.0, 0.0, 4.0, 15.0);
  ckm_assert(mode.learned);
}
END_TEST

START_TEST(a_rate_that_is_no_number_does_not_keep_cg)
{
  static const PetscReal bad[][3] = {{NAN, 1.0, 4.0}, {1.0, NAN, 4.0},      {1.0, 0.5, NAN},
                                     {1.0, 1.0, 0.0}, {1.0, INFINITY, 4.0}, {1.0, 2.0, 0.0}};
  TrustNCGMode           mode;

  for (int k = 0; k < 6; k++) {
    mode = KnowsModel(1.0);
    TrustNCGModeCG(&mode, PETSC_TRUE, 1, 1.0, bad[k][0], bad[k][1], bad[k][2], 15.0);
    holds(mode.learned, bad[k][0], bad[k][1], bad[k][2]);
  }
  for (int k = 0; k < 2; k++) { /* nor does one of the learned steps */
    mode      = KnowsModel(1.0);
    mode.rate = k ? NAN : INFINITY;
    StepOfCG(&mode, 1e3);
    holds(mode.learned, k);
  }
  assert_all_held();
}
END_TEST

/* The reach after two such steps */
static TrustNCGReach TwoSteps(PetscReal t, PetscReal df, PetscReal slope, PetscReal slopeplus)
{
  TrustNCGReach reach;

  TrustNCGReachStart(&reach);
  for (int k = 0; k < 2; k++) TrustNCGReachStep(&reach, t, df, slope, slopeplus);
  return reach;
}

START_TEST(a_learned_step_begins_with_that_of_the_model)
{
  TrustNCGReach reach;

  TrustNCGReachStart(&reach);
  ckm_assert(TrustNCGReachFirst(&reach) == 1.0);
}
END_TEST

/* f = (1 - t)^order, and steps that end at t = share */
START_TEST(where_the_curvature_keeps_falling_the_next_step_is_longer)
{
  for (PetscReal scale = 1e-200; scale < 1e200; scale *= 1e25) {
    for (int order = 2; order <= 8; order++) {
      const PetscReal rest = 0.7, slope = -scale * order * 0.3;
      const PetscReal slopeplus = slope * PetscPowReal(rest, order - 1.0);
      const PetscReal df        = scale * (PetscPowReal(rest, order) - 1.0);
      TrustNCGReach   reach     = TwoSteps(1.0, df, slope, slopeplus);
      const PetscReal first = TrustNCGReachFirst(&reach), chord = 1.0 / (1.0 - slopeplus / slope);

      if (order == 2) holds(first == 1.0, order, scale);
      if (order >= 4) {
        holds(PetscAbsReal(first - PetscMin(2.0, chord)) < 1e-13, order, scale);
      }
      TrustNCGReachStep(&reach, 1.0, df, slope, -slopeplus); /* one that ends beyond */
      holds(TrustNCGReachFirst(&reach) == 1.0, order, scale);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(one_step_alone_or_one_cut_back_makes_none_longer)
{
  const PetscReal df = -0.69, slope = -1.0, slopeplus = -0.43;
  TrustNCGReach   reach = TwoSteps(1.0, df, slope, slopeplus);

  ckm_assert(TrustNCGReachFirst(&reach) > 1.7);
  TrustNCGReachStart(&reach);
  TrustNCGReachStep(&reach, 1.0, df, slope, slopeplus);
  ckm_assert(TrustNCGReachFirst(&reach) == 1.0);
  reach = TwoSteps(0.9, df, slope, slopeplus);
  ckm_assert(TrustNCGReachFirst(&reach) == 1.0);
}
END_TEST

START_TEST(the_reach_is_one_to_two_whatever_the_step)
{
  for each (df, ANY) {
    for each (slope, ANY) {
      for each (slopeplus, ANY) {
        for (PetscReal t = 0.25; t <= 1024.0; t *= 2.0) {
          in(df);
          in(slope);
          in(slopeplus);
          TrustNCGReach   reach = TwoSteps(t, df, slope, slopeplus);
          const PetscReal first = TrustNCGReachFirst(&reach);

          holds(first >= 1.0 && first <= 2.0, df, slope, slopeplus);
        }
      }
    }
  }
  assert_all_held();
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = SweepCase(suite, "mode");

  tcase_add_test(tcase, it_starts_with_cg);
  tcase_add_test(tcase, after_the_first_step_of_cg_comes_the_model);
  tcase_add_test(tcase, as_many_quadratic_steps_as_its_patience_lead_to_cg);
  tcase_add_test(tcase, a_step_that_is_not_quadratic_takes_back_two);
  tcase_add_test(tcase, a_new_block_counts_from_zero);
  tcase_add_test(tcase, steps_that_are_not_quadratic_never_lead_to_cg);
  tcase_add_test(tcase, quadratic_is_what_the_trapezoidal_rule_gives_to_a_tenth);
  tcase_add_test(tcase, what_is_not_finite_is_not_quadratic);
  tcase_add_test(tcase, with_the_end_in_sight_the_model_keeps_the_turn);
  tcase_add_test(tcase, the_end_is_out_of_sight_where_the_last_steps_bring_nothing);
  tcase_add_test(tcase, the_model_keeps_the_turn_while_it_is_faster_than_a_long_cg_was);
  tcase_add_test(tcase, leaving_remembers_the_rate_of_the_block);
  tcase_add_test(tcase, cg_stays_while_its_model_holds_inside_at_half_the_rate);
  tcase_add_test(tcase, cg_that_ends_at_no_gradient_stays);
  tcase_add_test(tcase, a_rate_that_is_no_number_does_not_keep_cg);
  tcase_add_test(tcase, a_learned_step_begins_with_that_of_the_model);
  tcase_add_test(tcase, where_the_curvature_keeps_falling_the_next_step_is_longer);
  tcase_add_test(tcase, one_step_alone_or_one_cut_back_makes_none_longer);
  tcase_add_test(tcase, the_reach_is_one_to_two_whatever_the_step);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "mode", AddTests);
}
