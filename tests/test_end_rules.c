/* SPDX-License-Identifier: BSD-2-Clause
   The rules of ends that are no convergence, and of f, gradient and Hv along a step. */
#include "sweep.h"

static const PetscReal Scales[] = {1e-100, 1e-12, 1.0, 1e12, 1e100};
enum { SCALES = 5 };

/* Steps that double ||x|| from 1, on f with f' = -steep |x|^power; true where f is called
   unbounded. */
static PetscBool Flies(PetscReal power, PetscReal unit, PetscReal steep)
{
  TrustNCGFlight flight = {.steps = 0};
  PetscReal      x      = 1.0;

  for (int k = 0; k < 100; k++, x *= 2.0) {
    TrustNCGFlightStep(&flight, 2.0 * x * unit, x * unit, -steep * x * PetscPowReal(x, power),
                       -steep * x * PetscPowReal(2.0 * x, power));
    if (TrustNCGFlightLost(&flight, 2.0 * x * unit)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

START_TEST(a_fall_without_end_is_seen_at_any_scale)
{
  for each (unit, SCALES) {
    for each (steep, SCALES) {
      holds(Flies(0.0, Scales[unit_], Scales[steep_]), Scales[unit_], Scales[steep_]);
      holds(Flies(1.0, Scales[unit_], Scales[steep_]), Scales[unit_], Scales[steep_]);
      holds(Flies(2.0, Scales[unit_], Scales[steep_]), Scales[unit_], Scales[steep_]);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_slope_that_dies_away_is_no_fall_without_end)
{
  for each (unit, SCALES) {
    holds(!Flies(-0.1, Scales[unit_], 1.0), Scales[unit_]);
    holds(!Flies(-1.0, Scales[unit_], 1.0), Scales[unit_]);
  }
  assert_all_held();
}
END_TEST

START_TEST(what_is_not_finite_is_no_flight)
{
  for each (slope, ANY) {
    for each (slopeplus, ANY) {
      in(slope);
      in(slopeplus);
      TrustNCGFlight flight = {.steps = 0};

      TrustNCGFlightStep(&flight, 1.0, 1.0, slope, slopeplus);
      holds(flight.steps == 0 || slopeplus <= slope * 0.99, slope, slopeplus);
      holds(flight.steps == 0 || slope < 0.0, slope, slopeplus);
    }
  }
  assert_all_held();
}
END_TEST

/* f falls by `fall` a step and ||g|| by `factor`: the step at which it stalls, or 0 */
static PetscInt Stalls(PetscReal fall, PetscReal factor)
{
  TrustNCGWindow window;
  PetscReal      f = 0.0, gnorm = 1.0;

  TrustNCGWindowStart(&window, f, gnorm);
  for (PetscInt k = 1; k < 1000; k++) {
    f -= fall;
    gnorm *= factor;
    TrustNCGWindowStep(&window, f, gnorm, 1.0);
    if (TrustNCGStalls(&window)) return k;
  }
  return 0;
}

START_TEST(progress_below_rounding_stalls_and_other_progress_does_not)
{
  ckm_assert(Stalls(0.0, 1.0) == 50);
  ckm_assert(Stalls(0.01, 0.999) > 0); /* 50 steps of it are below rounding */
  ckm_assert(Stalls(0.03, 1.0) == 0);
  ckm_assert(Stalls(0.0, 0.98) == 0);
  ckm_assert(Stalls(-0.03, 1.0) == 50);
}
END_TEST

/* f, of which 1 has fallen, falls by `fall` a step: the step at which it crawls, or 0 */
static PetscInt Crawls(PetscReal fall)
{
  TrustNCGWindow window;

  TrustNCGWindowStart(&window, 1.0, 1.0);
  for (PetscInt k = 1; k < 1000; k++) {
    TrustNCGWindowStep(&window, 1.0 - fall * (PetscReal)k, 1.0, TrustNCGCrawlVisible(1.0));
    if (TrustNCGCrawls(&window)) return k;
  }
  return 0;
}

START_TEST(next_to_no_progress_crawls)
{
  ckm_assert(Crawls(1e-5) == 100);
  ckm_assert(Crawls(1e-3) == 0);
}
END_TEST

/* Trials along t = 1, 1/4, 1/16, ... of an f with slope -1, which changes by fault times what the
   gradient says, bent, with noise of which rounding is a share; how many of them leap? */
static PetscInt ProbeTrials(PetscReal fault, PetscReal bend, PetscReal level, PetscReal roundoff,
                            TrustNCGProbe *probe)
{
  PetscReal t     = 1.0;
  PetscInt  leaps = 0;

  TrustNCGProbeStart(probe);
  for (PetscInt k = 0; k < 30; k++, t *= 0.25) {
    const PetscReal noise = level * PetscSinReal(1e3 * (PetscReal)k);

    TrustNCGProbeTrial(probe, -fault * t + bend * t * t + noise, -t, roundoff);
    leaps += TrustNCGProbeLeaps(probe) ? 1 : 0;
  }
  return leaps;
}

static TrustNCGFit Probe(PetscReal fault, PetscReal bend, PetscReal roundoff)
{
  TrustNCGProbe probe;

  ProbeTrials(fault, bend, roundoff, roundoff, &probe);
  return TrustNCGProbeJudge(&probe);
}

START_TEST(noise_leaps_and_neither_bends_nor_faults_nor_rounding_do)
{
  TrustNCGProbe probe;

  for each (bend, SCALES - 1) {
    holds(ProbeTrials(1.0, Scales[bend_], 1e-3, 1e-15, &probe) > 5, Scales[bend_]);
    holds(ProbeTrials(0.01, Scales[bend_], 0.0, 1e-15, &probe) == 0, Scales[bend_]);
    holds(ProbeTrials(100.0, Scales[bend_], 0.0, 1e-15, &probe) == 0, Scales[bend_]);
    holds(ProbeTrials(-1.0, Scales[bend_], 1e-12, 1e-12, &probe) == 0, Scales[bend_]);
  }
  assert_all_held();
}
END_TEST

START_TEST(a_gradient_against_f_shows_on_ever_shorter_steps)
{
  for each (bend, SCALES - 1) {
    for each (roundoff, 3) {
      const PetscReal noise = 1e-4 * PetscPowReal(1e-5, (PetscReal)roundoff_);

      holds(Probe(-1.0, 1e-2 * Scales[bend_], 1e-9 * noise) == TRUSTNCG_FIT_WRONG || bend_ > 2,
            Scales[bend_], noise);
      holds(Probe(1.0, Scales[bend_], noise) != TRUSTNCG_FIT_WRONG, Scales[bend_], noise);
    }
  }
  holds(Probe(1.05, 1.0, 1e-12) == TRUSTNCG_FIT_WRONG, 1.05);
  assert_all_held();
}
END_TEST

/* A step from x to x + s on phi(x) = (x - low)^power + x^2/2, and what of it is multiplied by
   which factor */
static TrustNCGSuspect Step(PetscReal x, PetscReal s, PetscReal power, PetscReal ff, PetscReal fg,
                            PetscReal fH, PetscReal a)
{
  const PetscReal y = x + s;
  PetscReal       factor;
  TrustNCGStepFit step;

  step.df    = a * ff * (PetscPowReal(y, power) - PetscPowReal(x, power) + 0.5 * (y * y - x * x));
  step.slope = a * fg * s * (power * PetscPowReal(x, power - 1.0) + x);
  step.slopeplus = a * fg * s * (power * PetscPowReal(y, power - 1.0) + y);
  step.sHs       = a * fH * s * s * (power * (power - 1.0) * PetscPowReal(x, power - 2.0) + 1.0);
  step.roundoff  = 1e-15 * PetscAbsReal(a);
  return TrustNCGStepSuspect(&step, &factor);
}

START_TEST(curved_functions_raise_no_suspicion)
{
  for (PetscReal power = 2.0; power < 9.0; power += 0.5) {
    for (PetscReal x = 0.01; x < 100.0; x *= 1.7) {
      for (PetscReal s = -0.95 * x; s < 0.0; s *= 0.5) {
        if (s > -1e-6 * x) break;
        for each (a, SCALES) {
          const TrustNCGSuspect suspect = Step(x, s, power, 1.0, 1.0, 1.0, Scales[a_]);

          holds(suspect <= TRUSTNCG_SUSPECT_HIDDEN, power, x, s, Scales[a_]);
        }
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(the_odd_one_out_is_named)
{
  const PetscReal wrong[] = {-1.0, 0.0, 0.5, 1.05, 3.0};

  for each (w, 5) {
    for each (a, SCALES) {
      const PetscReal a = Scales[a_], w = wrong[w_];

      holds(Step(1.0, -1e-4, 4.0, 1.0, 1.0, w, a) == TRUSTNCG_SUSPECT_HV, w, a);
      holds(Step(1.0, -1e-4, 4.0, w, 1.0, 1.0, a) == TRUSTNCG_SUSPECT_F, w, a);
      if (w == 0.0) continue; /* a gradient of 0 has no factor */
      holds(Step(1.0, -1e-4, 4.0, 1.0, w, 1.0, a) == TRUSTNCG_SUSPECT_GRADIENT, w, a);
      holds(Step(1.0, -1e-4, 4.0, 1.0, w, w, a) == TRUSTNCG_SUSPECT_F, w, a);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(below_rounding_nothing_is_suspected)
{
  for each (df, ANY) {
    for each (slope, ANY) {
      in(df);
      in(slope);
      PetscReal             factor;
      const TrustNCGStepFit step = {.df        = df,
                                    .slope     = slope,
                                    .slopeplus = 0.5 * slope,
                                    .sHs       = 1.0,
                                    .roundoff  = PetscMax(PetscAbsReal(df), PetscAbsReal(slope))};

      holds(TrustNCGStepSuspect(&step, &factor) <= TRUSTNCG_SUSPECT_HIDDEN, df, slope);
    }
  }
  assert_all_held();
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *ends = SweepCase(suite, "ends"), *fit = SweepCase(suite, "fit");

  tcase_add_test(ends, a_fall_without_end_is_seen_at_any_scale);
  tcase_add_test(ends, a_slope_that_dies_away_is_no_fall_without_end);
  tcase_add_test(ends, what_is_not_finite_is_no_flight);
  tcase_add_test(ends, progress_below_rounding_stalls_and_other_progress_does_not);
  tcase_add_test(ends, next_to_no_progress_crawls);
  tcase_add_test(ends, noise_leaps_and_neither_bends_nor_faults_nor_rounding_do);
  tcase_add_test(ends, a_gradient_against_f_shows_on_ever_shorter_steps);
  tcase_add_test(fit, curved_functions_raise_no_suspicion);
  tcase_add_test(fit, the_odd_one_out_is_named);
  tcase_add_test(fit, below_rounding_nothing_is_suspected);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "end_rules", AddTests);
}
