/* SPDX-License-Identifier: BSD-2-Clause
   The forcing term and the difference step as functions of numbers: what must hold for every
   input. */
#include "sweep.h"

static const PetscReal EtaMax[]   = {1e-10, 1e-3, 0.3, 0.5, 0.999};
static const PetscReal Previous[] = {0.0, 1e-10, 0.01, 0.2, 0.3, 0.5, 0.9, 0.999};
static const PetscReal Misfit[]   = {0.0,  1e-17, 1e-8, 1e-3, 1.1e-3,   0.01,
                                     0.24, 0.5,   0.99, 1.0,  INFINITY, 1e9};
static const PetscReal Target[]   = {0.0, 1e-300, 1e-20, 1e-9, 1e-4, 0.1, 0.29, 0.4, 1.0, 1.2, 1e9};

enum { ETAS = 5, PREVIOUS = 8, MISFITS = 12, TARGETS = 11 };
enum { FORCINGS = ETAS * PREVIOUS * MISFITS * TARGETS };

typedef struct {
  PetscReal etamax, previous, gnorm, gnorm0, misfit, target;
} Stage;

/* The k-th of FORCINGS stages of a solve; targets are relative to ||g||. */
static Stage StageOf(int k, PetscReal gnorm, PetscReal gnorm0)
{
  const int   e = k % ETAS, p = k / ETAS % PREVIOUS, m = k / (ETAS * PREVIOUS) % MISFITS;
  const Stage s = {EtaMax[e], Previous[p], gnorm,
                   gnorm0,    Misfit[m],   Target[k / (ETAS * PREVIOUS * MISFITS)] * gnorm};

  return s;
}

static PetscReal Forcing(Stage s)
{
  return TrustNCGForcing(s.etamax, s.previous, s.gnorm, s.gnorm0, s.misfit, s.target);
}

#define holds_at(claim, s, eta)                                                                    \
  holds(claim, (s).etamax, (s).previous, (s).gnorm, (s).gnorm0, (s).misfit, (s).target, eta)

START_TEST(the_forcing_term_is_positive_and_at_most_its_largest)
{
  for (int k = 0; k < FORCINGS; k++) {
    for each (gnorm, POSITIVE) {
      for each (gnorm0, POSITIVE) {
        in(gnorm);
        in(gnorm0);
        const Stage     s   = StageOf(k, gnorm, gnorm0);
        const PetscReal eta = Forcing(s);

        holds_at(eta > 0.0 && eta <= s.etamax, s, eta);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(no_subproblem_is_solved_further_than_the_target_needs)
{
  for (int k = 0; k < FORCINGS; k++) {
    for each (gnorm, POSITIVE) {
      in(gnorm);
      const Stage     s   = StageOf(k, gnorm, 7.0);
      const PetscReal eta = Forcing(s);

      if (gnorm > 1e290) continue;
      holds_at(eta == s.etamax || eta * gnorm >= 0.49999 * s.target, s, eta);
    }
  }
  assert_all_held();
}
END_TEST

/* No residual is left just above the target, for one more outer step to take */
START_TEST(near_the_target_a_residual_is_taken_below_it)
{
  for (int k = 0; k < FORCINGS; k++) {
    const Stage     s   = StageOf(k, 1e-3, 7.0);
    const PetscReal eta = Forcing(s), share = eta * s.gnorm / s.target;

    if (s.target == 0.0 || s.target < 1e-13 * s.gnorm) continue;
    holds_at(share <= 0.9 * (1.0 + 1e-14) || share >= 3.0 * (1.0 - 1e-14), s, eta);
  }
  assert_all_held();
}
END_TEST

START_TEST(the_share_of_the_residual_follows_the_model)
{
  const PetscReal good = TrustNCGForcing(0.5, 0.0, 1.0, 1.0, 0.0, 1e-3) / 1e-3;
  const PetscReal bad  = TrustNCGForcing(0.5, 0.0, 1.0, 1.0, 2e-3, 1e-3) / 1e-3;
  const PetscReal fair = TrustNCGForcing(0.5, 0.0, 1.0, 1.0, 3e-4, 1e-3) / 1e-3;
  const PetscReal none = TrustNCGForcing(0.5, 0.0, 1e-6, 1.0, INFINITY, 5e-7) / 0.5;

  ckm_assert_near(good, 0.9, 1e-14);
  ckm_assert_near(bad, 0.5, 1e-14);
  ckm_assert_near(none, 0.5, 1e-14);
  ckm_assert(fair > 0.5 && fair < 0.9);
}
END_TEST

START_TEST(the_forcing_term_does_not_depend_on_the_scale)
{
  for (int k = 0; k < FORCINGS; k++) {
    for (PetscReal gnorm = 1e-10; gnorm < 1e4; gnorm *= 31.0) {
      const Stage s = StageOf(k, gnorm, 1.7);

      if (s.target < 1e-100) continue; /* of which some factor would leave nothing */
      for (int e = -500; e <= 500; e += 250) {
        Stage t = s;

        t.gnorm  = ldexp(s.gnorm, e);
        t.gnorm0 = ldexp(s.gnorm0, e);
        t.target = ldexp(s.target, e);
        holds_at(Forcing(t) == Forcing(s), t, Forcing(s));
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(far_from_the_target_the_forcing_term_is_monotone)
{
  for (int k = 0; k < ETAS * PREVIOUS * MISFITS; k++) { /* those without a target */
    for each (gnorm, POSITIVE) {
      in(gnorm);
      const Stage     s    = StageOf(k, gnorm, 7.0);
      const PetscReal eta  = Forcing(s);
      Stage           more = s;

      more.gnorm = 1.5 * gnorm;
      holds_at(Forcing(more) >= eta, s, eta);
      more          = s;
      more.previous = 0.5 * (1.0 + s.previous);
      holds_at(Forcing(more) >= eta, s, eta);
      more        = s;
      more.misfit = 0.5 * (1.0 + s.misfit);
      if (s.misfit < 0.999) holds_at(Forcing(more) >= eta, s, eta);
      more.misfit = 0.0;
      holds_at(Forcing(more) <= eta, s, eta);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(the_forcing_term_falls_with_the_gradient_and_with_the_mismatch)
{
  for (PetscReal small = 1e-2; small > 1e-14; small *= 0.1) {
    holds(TrustNCGForcing(0.5, 0.0, small, 1.0, INFINITY, 0.0) <= 1.1 * PetscSqrtReal(small),
          small);
    holds(TrustNCGForcing(0.5, 0.0, 1.0, 1.0, small, 0.0) <= small, small);
  }
  assert_all_held();
}
END_TEST

START_TEST(the_forcing_term_falls_slowly_unless_the_model_is_exact)
{
  const PetscReal exact = TrustNCGForcing(0.9, 0.8, 1.0, 1.0, 1e-4, 0.0);
  const PetscReal vague = TrustNCGForcing(0.9, 0.8, 1.0, 1.0, 1e-2, 0.0);
  const PetscReal low   = TrustNCGForcing(0.9, 0.1, 1.0, 1.0, 1e-2, 0.0);

  ckm_assert(exact <= 1e-4);
  ckm_assert(vague > 0.64 && vague < 0.8);
  ckm_assert(low <= 1e-2);
}
END_TEST

START_TEST(the_mismatch_is_relative)
{
  for each (g, POSITIVE) {
    for each (r, POSITIVE) {
      in(g);
      in(r);
      holds(TrustNCGMismatch(r, r, g) == 0.0, r, g);
      if (g < 1e-100 || g > 1e100 || r < 1e-100 || r > 1e100) continue;
      holds(TrustNCGMismatch(2.0 * r, r, g) == TrustNCGMismatch(0.0, r, g), r, g);
      holds(TrustNCGMismatch(3.0 * r, r, g) > 0.0, r, g);
      holds(TrustNCGMismatch(12.0 * r, 4.0 * r, 4.0 * g) == TrustNCGMismatch(3.0 * r, r, g), r, g);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(the_difference_step_moves_x_by_its_relative_step)
{
  for each (x, POSITIVE) {
    for each (v, POSITIVE) {
      in(x);
      in(v);
      const PetscReal rel = PETSC_SQRT_MACHINE_EPSILON, h = TrustNCGDifferenceStep(rel, x, v);
      const PetscReal moved = h * v / PetscMax(1.0, x);

      if (x / v > 1e290 || x / v < 1e-290 || v > 1e290) continue; /* beyond all numbers */
      holds(h > 0.0 && !PetscIsInfOrNanReal(h), x, v);
      holds(moved >= 0.999 * rel && moved <= 2.001 * rel, x, v, moved);
      holds(TrustNCGDifferenceStep(rel, x, 4.0 * v) == h / 4.0, x, v);
      holds(TrustNCGDifferenceStep(4.0 * rel, x, v) == 4.0 * h, x, v);
    }
  }
  assert_all_held();
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *forcing = SweepCase(suite, "forcing"), *difference = SweepCase(suite, "difference");

  tcase_add_test(forcing, the_forcing_term_is_positive_and_at_most_its_largest);
  tcase_add_test(forcing, no_subproblem_is_solved_further_than_the_target_needs);
  tcase_add_test(forcing, near_the_target_a_residual_is_taken_below_it);
  tcase_add_test(forcing, the_share_of_the_residual_follows_the_model);
  tcase_add_test(forcing, the_forcing_term_does_not_depend_on_the_scale);
  tcase_add_test(forcing, far_from_the_target_the_forcing_term_is_monotone);
  tcase_add_test(forcing, the_forcing_term_falls_with_the_gradient_and_with_the_mismatch);
  tcase_add_test(forcing, the_forcing_term_falls_slowly_unless_the_model_is_exact);
  tcase_add_test(forcing, the_mismatch_is_relative);
  tcase_add_test(difference, the_difference_step_moves_x_by_its_relative_step);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "forcing", AddTests);
}
