/* SPDX-License-Identifier: BSD-2-Clause
   Acceptance and radius as functions of numbers: what must hold for every input. */
#include "sweep.h"

/* A repeatable number in [-1, 1) */
static PetscReal Random(void)
{
  static unsigned long long state = 20090501;

  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (PetscReal)(state >> 11) / 4503599627370496.0 - 1.0;
}

START_TEST(no_step_is_accepted_for_a_ratio_that_is_not_finite)
{
  for each (eta, POSITIVE) {
    in(eta);
    holds(!TrustNCGAccept(NAN, eta), eta);
    holds(!TrustNCGAccept(INFINITY, eta), eta);
    holds(!TrustNCGAccept(-INFINITY, eta), eta);
  }
  assert_all_held();
}
END_TEST

START_TEST(a_better_ratio_is_never_worse)
{
  for each (rho, ANY) {
    for each (better, ANY) {
      in(rho);
      in(better);
      if (!(better >= rho) || PetscIsInfReal(better)) continue;
      holds(!TrustNCGAccept(rho, 0.1) || TrustNCGAccept(better, 0.1), rho, better);
      holds(rho < 0.1 || TrustNCGAccept(better, 0.1), rho, better);
      holds(better > 0.0 || !TrustNCGAccept(rho, 1e-300), rho, better);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_model_without_promise_has_ratio_minus_one)
{
  for each (ared, ANY) {
    for each (pred, ANY) {
      in(ared);
      in(pred);
      if (!(pred > 0.0)) holds(TrustNCGRatio(ared, pred) == -1.0, ared, pred);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(the_ratio_is_one_where_the_model_is_exact)
{
  for each (pred, POSITIVE) {
    in(pred);
    holds(TrustNCGRatio(pred, pred) == 1.0, pred);
    holds(TrustNCGRatio(-pred, pred) == -1.0, pred);
    holds(TrustNCGRatio(0.0, pred) == 0.0, pred);
  }
  assert_all_held();
}
END_TEST

START_TEST(what_is_not_finite_is_never_a_good_step)
{
  for each (ared, ANY) {
    for each (pred, ANY) {
      in(ared);
      in(pred);
      if (!PetscIsInfOrNanReal(ared) && !PetscIsInfOrNanReal(pred)) continue;
      holds(!TrustNCGAccept(TrustNCGRatio(ared, pred), 1e-4), ared, pred);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(roundoff_scales_with_f)
{
  for each (f, POSITIVE) {
    for (int k = -3; k <= 3; k++) {
      in(f);
      const PetscReal fplus = k * f / 2.0, level = TrustNCGRoundoff(f, fplus, 1e6);

      if (f < 1e-200 || f > 1e200) continue;
      holds(TrustNCGRoundoff(1024.0 * f, 1024.0 * fplus, 1e6) == 1024.0 * level, f, fplus);
      holds(TrustNCGRoundoff(fplus, f, 1e6) == level, f, fplus);
      holds(TrustNCGRoundoff(-f, fplus, 1e6) == level, f, fplus);
      holds(level > PETSC_MACHINE_EPSILON * f && level < 1e-10 * PetscMax(f, 2.0 * f), f, fplus);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(roundoff_grows_with_the_number_of_terms)
{
  for (PetscReal n = 0.0; n < 1e12; n = 3.0 * n + 1.0) {
    const PetscReal level = TrustNCGRoundoff(1.0, 1.0, n);

    holds(level <= TrustNCGRoundoff(1.0, 1.0, 3.0 * n + 1.0), n);
    holds(level > PETSC_MACHINE_EPSILON, n);
  }
  holds(TrustNCGRoundoff(1.0, 1.0, 4e10) > TrustNCGRoundoff(1.0, 1.0, 1e10), 1e10);
  assert_all_held();
}
END_TEST

/* How the solver asks: the reduction and its rounding level both come from f and f+ */
static PetscBool Drowns(PetscReal f, PetscReal fplus, PetscReal pred)
{
  return TrustNCGBelowRoundoff(f - fplus, pred, TrustNCGRoundoff(f, fplus, 1e4));
}

START_TEST(no_value_that_is_not_finite_is_excused_as_rounding)
{
  for each (f, ANY) {
    for each (pred, ANY) {
      in(f);
      in(pred);
      holds(!TrustNCGBelowRoundoff(NAN, pred, 1e-9), pred);
      holds(!TrustNCGBelowRoundoff(f, NAN, 1e-9), f);
      if (f != 0.0) holds(!TrustNCGBelowRoundoff(f, pred, NAN), f, pred);
      if (f < 1e300) holds(!TrustNCGBelowRoundoff(INFINITY, pred, f), f, pred);
      if (PetscIsInfOrNanReal(f)) continue;
      holds(!Drowns(f, NAN, pred), f, pred);
      holds(!Drowns(f, INFINITY, pred), f, pred);
      holds(!Drowns(f, -INFINITY, pred), f, pred);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_visible_change_is_not_excused_as_rounding)
{
  for each (f, POSITIVE) {
    in(f);
    if (f > 1e299) continue;
    for (int k = 0; k < POSITIVE; k++) {
      const PetscReal pred = Any[k];

      holds(!Drowns(f, f * (1.0 + 1e-10), pred), f, pred);
      holds(!Drowns(f, f * (1.0 - 1e-10), pred), f, pred);
      holds(!Drowns(-f, -f * (1.0 - 1e-10), pred), f, pred);
      if (pred > 1e-10 * f) holds(!Drowns(f, f, pred), f, pred);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_change_in_the_last_places_is_rounding)
{
  for each (f, POSITIVE) {
    in(f);
    if (f < 1e-280) continue;
    holds(Drowns(f, f, 1e-16 * f), f);
    holds(Drowns(f, nextafter(f, INFINITY), 1e-16 * f), f);
    holds(Drowns(-f, nextafter(-f, INFINITY), 1e-16 * f), f);
  }
  assert_all_held();
}
END_TEST

START_TEST(interpolation_stays_within_its_bounds)
{
  for each (f, ANY) {
    for each (fplus, ANY) {
      for each (slope, ANY) {
        in(f);
        in(fplus);
        in(slope);
        const PetscReal tau = TrustNCGInterpolate(f, fplus, slope);

        holds(tau >= 0.0625 && tau <= 0.5, f, fplus, slope);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(without_a_value_to_interpolate_a_quarter_remains)
{
  ckm_assert(TrustNCGInterpolate(1.0, NAN, -1.0) == 0.25);
  ckm_assert(TrustNCGInterpolate(1.0, INFINITY, -1.0) == 0.25);
  ckm_assert(TrustNCGInterpolate(1.0, -INFINITY, -1.0) == 0.25);
}
END_TEST

START_TEST(interpolation_finds_the_minimum_of_a_parabola)
{
  for (int e = -250; e <= 250; e += 25) {
    for (PetscReal tau = 0.0626; tau < 0.5; tau += 0.001) {
      const PetscReal slope = -PetscPowReal(10.0, e), bend = -slope / (2.0 * tau);
      const PetscReal f = -0.3 * slope;

      holds(PetscAbsReal(TrustNCGInterpolate(f, f + slope + bend, slope) - tau) < 1e-13, slope,
            tau);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(interpolation_goes_less_far_the_higher_f_is)
{
  for each (rise, POSITIVE - 1) {
    in(rise);
    const PetscReal next = Any[rise_ + 1], tau = TrustNCGInterpolate(0.0, rise, -1.0);

    holds(TrustNCGInterpolate(0.0, next, -1.0) <= tau, rise);
    holds(TrustNCGInterpolate(0.0, -1.0 - rise, -1.0) == 0.5, rise); /* concave */
  }
  holds(TrustNCGInterpolate(0.0, 1e300, -1.0) == 0.0625, 1e300);
  assert_all_held();
}
END_TEST

START_TEST(interpolation_by_the_model_stays_within_its_bounds)
{
  for each (fplus, ANY) {
    for each (slope, ANY) {
      for each (model, ANY) {
        in(fplus);
        in(slope);
        in(model);
        const PetscReal tau = TrustNCGInterpolateModel(1.0, fplus, slope, model);

        holds(tau >= 0.0625 && tau <= 0.75, fplus, slope, model);
        if (PetscIsInfOrNanReal(fplus)) holds(tau == 0.25, fplus, slope, model);
      }
    }
  }
  assert_all_held();
}
END_TEST

/* f' = scale (t - tau)(t + more), of which the model is the first three terms */
START_TEST(interpolation_by_the_model_finds_the_minimum_of_a_cubic)
{
  for (int e = -250; e <= 250; e += 25) {
    for (PetscReal tau = 0.07; tau < 0.75; tau += 0.01) {
      const PetscReal scale = PetscPowReal(10.0, e), more = 1.0 + 4.0 * tau;
      const PetscReal slope = -scale * tau * more, model = slope + scale * (more - tau) / 2.0;
      const PetscReal df = model + scale / 3.0;

      holds(PetscAbsReal(TrustNCGInterpolateModel(0.0, df, slope, model) - tau) < 1e-12, tau,
            scale);
    }
  }
  assert_all_held();
}
END_TEST

/* f' = scale (t - tau)(t + more): with tau < 1 a step that ends where f rises again */
START_TEST(the_minimum_of_a_cubic_before_the_end_of_a_step_is_found)
{
  for (int e = -250; e <= 250; e += 25) {
    for (PetscReal tau = 0.07; tau < 1.0; tau += 0.01) {
      const PetscReal    scale = PetscPowReal(10.0, e), more = 0.5 + 4.0 * tau;
      const PetscReal    s = scale * (more - tau) / 2.0, p = scale * tau * more;
      const TrustNCGLine line = {0.0, -p, s - p + scale / 3.0, 2.0 * s - p + scale, 0.0, 0.0};
      const PetscReal    low  = tau * (-p + tau * (s + tau * scale / 3.0));
      PetscReal          gain, t = TrustNCGLineMinimum(&line, &gain);

      holds(PetscAbsReal(t - tau) < 1e-9, tau, scale);
      holds(PetscAbsReal(gain - (line.fplus - low)) <= 1e-9 * scale, tau, scale);
    }
  }
  assert_all_held();
}
END_TEST

/* f = scale (t - tau)^4, a quartic */
START_TEST(the_minimum_of_a_quartic_beyond_the_end_of_a_step_is_found)
{
  for (int e = -250; e <= 250; e += 25) {
    for (PetscReal tau = 1.1; tau < 3.0; tau += 0.1) {
      const PetscReal    scale = PetscPowReal(10.0, e), q = tau - 1.0, longer = 2.0 * tau;
      const TrustNCGLine line = {scale * PetscPowRealInt(tau, 4),
                                 -4.0 * scale * PetscPowRealInt(tau, 3),
                                 scale * PetscPowRealInt(q, 4),
                                 -4.0 * scale * PetscPowRealInt(q, 3),
                                 longer,
                                 scale * PetscPowRealInt(longer - tau, 4)};
      PetscReal          gain, t = TrustNCGLineMinimum(&line, &gain);

      holds(PetscAbsReal(t - tau) < 1e-3, tau, scale); /* a minimum of order four is flat */
      holds(PetscAbsReal(gain - line.fplus) <= 1e-9 * line.f, tau, scale);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(nothing_is_to_be_gained_along_a_step_of_which_nothing_is_known)
{
  for each (fplus, ANY) {
    for each (slope, ANY) {
      for each (slopeplus, ANY) {
        for each (flonger, ANY) {
          in(fplus);
          in(slope);
          in(slopeplus);
          in(flonger);
          const TrustNCGLine line = {1.0, slope, fplus, slopeplus, 2.0, flonger};
          PetscReal          gain, t = TrustNCGLineMinimum(&line, &gain);

          holds(gain >= 0.0 && t >= 0.0625 && t <= 2.0, fplus, slope, slopeplus, flonger);
          holds(gain > 0.0 || t == 1.0, fplus, slope, slopeplus, flonger);
          if (!(slope < 0.0)) holds(gain == 0.0, fplus, slope, slopeplus, flonger);
          if (PetscIsInfOrNanReal(fplus)) holds(gain == 0.0, fplus, slope, slopeplus, flonger);
        }
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(another_trial_pays_where_it_gains_more_than_two_evaluations_of_such_work_do)
{
  const TrustNCGLine line = {5.0, -8.0, 1.0, -1.0, 0.0, 0.0};

  ckm_assert(!TrustNCGLinePays(&line, 0.8, 10.0) && TrustNCGLinePays(&line, 0.81, 10.0));
}
END_TEST

/* f' = scale (t - tau)(t + more) again, between two points to the left and to the right of tau */
START_TEST(a_search_finds_the_minimum_of_a_cubic_between_two_points)
{
  for (int e = -100; e <= 100; e += 20) {
    for (PetscReal tau = 0.25; tau < 0.8; tau += 0.05) {
      const PetscReal     scale = PetscPowReal(10.0, e), more = 2.0, lo = 3.0;
      const PetscReal     s = scale * (more - tau) / 2.0, p = scale * tau * more;
      const TrustNCGPoint low  = {lo, 5.0 * scale, -p};
      const TrustNCGPoint high = {lo + 1.0, 5.0 * scale + s - p + scale / 3.0, 2.0 * s - p + scale};

      holds(PetscAbsReal(TrustNCGLineBetween(&low, &high) - (lo + tau)) < 1e-9, tau, scale);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_search_stays_inside_its_bracket)
{
  for each (f, ANY) {
    for each (slope, ANY) {
      for each (down, POSITIVE) {
        in(f);
        in(slope);
        in(down);
        const TrustNCGPoint low = {1.0, 1.0, -down}, high = {2.0, f, slope};
        const PetscReal     t = TrustNCGLineBetween(&low, &high);

        holds(t >= 1.0625 && t <= 1.8, f, slope, down);
        if (PetscIsInfOrNanReal(f)) holds(t == 1.25, f, slope, down);
      }
    }
  }
  assert_all_held();
}
END_TEST

/* f = t^6 - t/100: at t = 1 it is far above what the slopes of a cubic tell */
START_TEST(a_search_goes_back_far_from_a_step_that_was_far_too_long)
{
  const TrustNCGPoint low = {0.0, 0.0, -0.01}, high = {1.0, 0.99, 5.99};

  ckm_assert(TrustNCGLineBetween(&low, &high) == 0.0625);
}
END_TEST

/* f' = t - zero */
START_TEST(a_search_goes_on_to_where_the_slope_would_vanish)
{
  for (PetscReal zero = 0.5; zero < 20.0; zero += 0.5) {
    const TrustNCGPoint before = {0.0, 0.0, -zero}, low = {1.0, 0.5 - zero, 1.0 - zero};
    const PetscReal     t = TrustNCGLineBeyond(&before, &low);

    holds(PetscAbsReal(t - PetscMin(10.0, PetscMax(2.0, zero))) < 1e-12, zero);
  }
  assert_all_held();
}
END_TEST

START_TEST(a_search_goes_on_at_most_tenfold_where_the_slope_does_not_rise)
{
  for each (f, ANY) {
    for each (slope, ANY) {
      for each (down, POSITIVE) {
        in(f);
        in(slope);
        in(down);
        const TrustNCGPoint before = {0.0, 1.0, -down}, low = {1.0, f, slope};
        const PetscReal     t = TrustNCGLineBeyond(&before, &low);

        holds(t >= 2.0 && t <= 10.0, f, slope, down);
        if (slope <= -down) holds(t == 10.0, f, slope, down);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_rejection_leaves_a_radius_below_the_step_that_failed)
{
  for each (radius, ANY) {
    for each (dnorm, POSITIVE) {
      in(radius);
      in(dnorm);
      if (!(radius > 0.0)) continue;
      for (PetscReal factor = 0.0625; factor <= 0.5; factor += 0.0625) {
        const PetscReal less = TrustNCGShrink(radius, dnorm, factor);

        holds(less > 0.0 && less <= 0.5 * radius && less <= 0.5 * dnorm, radius, dnorm, factor);
        holds(less >= 0.06 * PetscMin(radius, dnorm), radius, dnorm, factor);
      }
    }
  }
  assert_all_held();
}
END_TEST

static const PetscReal Ratio[] = {-INFINITY, -1e300, -1.0, 0.0, 1e-4, 0.1,   0.2499, 0.25,
                                  0.5,       0.75,   0.76, 1.0, 1.5,  1e300, NAN};

enum { RATIOS = sizeof(Ratio) / sizeof(Ratio[0]) };

START_TEST(the_radius_moves_the_way_the_ratio_says)
{
  for each (radius, POSITIVE) {
    for each (dnorm, POSITIVE) {
      for (int k = 0; k < 2 * RATIOS; k++) {
        in(radius);
        in(dnorm);
        const PetscReal rho     = Ratio[k / 2];
        const PetscReal updated = TrustNCGUpdateRadius(radius, dnorm, rho, 0.5, (PetscBool)(k % 2));

        if (rho < 0.25) holds(updated < radius && updated < dnorm, radius, dnorm, rho);
        else holds(updated >= radius, radius, dnorm, rho);
        if (!(rho > 0.75) || k % 2 == 0) holds(updated <= radius, radius, dnorm, rho);
        else
          holds(updated >= 2.0 * dnorm && updated <= 3.0 * PetscMax(radius, dnorm), radius, dnorm);
        holds(updated > 0.0, radius, dnorm, rho);
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(an_infinite_radius_stays_or_becomes_finite)
{
  for each (dnorm, POSITIVE) {
    in(dnorm);
    const PetscReal none = PETSC_INFINITY;

    holds(TrustNCGUpdateRadius(none, dnorm, 1.0, 0.5, PETSC_TRUE) >= none, dnorm);
    holds(TrustNCGUpdateRadius(none, dnorm, 1.0, 0.5, PETSC_FALSE) == none, dnorm);
    holds(TrustNCGUpdateRadius(none, dnorm, 0.5, 0.5, PETSC_TRUE) == none, dnorm);
    holds(TrustNCGUpdateRadius(none, dnorm, 0.1, 0.5, PETSC_TRUE) < dnorm, dnorm);
  }
  assert_all_held();
}
END_TEST

enum { DIM = 3 };

static PetscReal Dot(const PetscReal x[], const PetscReal y[])
{
  return x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
}

/* d is `share` of the radius long; p leans towards d (lean 1), across (0) or against it (-1). */
static void AssertBoundaryIsReached(PetscReal radius, PetscReal psize, PetscReal share,
                                    PetscReal lean)
{
  PetscReal d[DIM], p[DIM], end[DIM], tau, length;

  for (int k = 0; k < DIM; k++) d[k] = Random();
  length = PetscSqrtReal(Dot(d, d));
  for (int k = 0; k < DIM; k++) {
    p[k] = psize * (lean * d[k] / length + (1.0 - PetscAbsReal(lean)) * Random());
    d[k] *= share * radius / length;
  }
  tau = TrustNCGToBoundary(Dot(d, d), Dot(d, p), Dot(p, p), radius);
  for (int k = 0; k < DIM; k++) end[k] = (d[k] + tau * p[k]) / radius;
  length = PetscSqrtReal(Dot(end, end));
  holds(tau >= 0.0, radius, psize, share, lean, tau);
  if (tau > 0.0 || share < 0.999) {
    holds(PetscAbsReal(length - 1.0) <= 20.0 * PETSC_MACHINE_EPSILON, radius, psize, share, lean,
          tau, length - 1.0);
  }
}

START_TEST(the_step_to_the_boundary_ends_there)
{
  static const PetscReal shares[] = {0.0, 1e-150, 1e-20, 1e-8, 0.1, 0.5, 0.9, 1.0 - 1e-9, 1.0};
  static const PetscReal leans[]  = {-1.0, 1e-9 - 1.0, -0.9, 0.0, 0.9, 1.0 - 1e-9, 1.0};

  for (int scales = 0; scales < 31 * 31; scales++) {
    const PetscReal radius = PetscPowReal(10.0, (scales % 31 - 15) * 9.0);
    const PetscReal psize  = PetscPowReal(10.0, (scales / 31 - 15) * 9.0);

    for (int s = 0; s < 9; s++) {
      for (int l = 0; l < 7; l++) AssertBoundaryIsReached(radius, psize, shares[s], leans[l]);
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(the_step_to_the_boundary_is_zero_on_it)
{
  for each (radius, POSITIVE) {
    in(radius);
    if (radius < 1e-150 || radius > 1e150) continue;
    holds(TrustNCGToBoundary(radius * radius, radius, 1.0, radius) == 0.0, radius);
    holds(TrustNCGToBoundary(radius * radius * (1.0 + 1e-15), radius, 1.0, radius) == 0.0, radius);
    holds(TrustNCGToBoundary(0.0, 0.0, 0.0, radius) == 0.0, radius);
  }
  assert_all_held();
}
END_TEST

START_TEST(a_step_without_a_radius_is_positive_and_finite)
{
  for each (rz, POSITIVE) {
    for each (curve, POSITIVE) {
      for each (dd, POSITIVE) {
        for each (pp, POSITIVE) {
          in(rz);
          in(curve);
          in(dd);
          in(pp);
          const PetscReal step = TrustNCGUnboundedStep(rz, -curve, dd, pp);
          const PetscReal far  = 10.0 * (1.0 + 1e-14) * PetscSqrtReal(dd) / PetscSqrtReal(pp);

          if (rz / curve == 0.0) continue; /* no number is small enough */
          holds(step > 0.0 && step < PETSC_INFINITY, rz, curve, dd, pp, step);
          holds(step <= far, rz, curve, dd, pp, step);
        }
      }
    }
  }
  assert_all_held();
}
END_TEST

START_TEST(a_first_step_without_a_radius_is_positive_and_finite)
{
  for each (rz, POSITIVE) {
    for each (curve, POSITIVE) {
      in(rz);
      in(curve);
      const PetscReal step = TrustNCGUnboundedStep(rz, -curve, 0.0, rz);

      if (rz / curve == 0.0) continue;
      holds(step > 0.0 && step < PETSC_INFINITY, rz, curve, step);
      holds(TrustNCGUnboundedStep(rz, 0.0, 0.0, rz) == 1.0, rz);
      holds(TrustNCGUnboundedStep(rz, -0.0, curve, rz) > 0.0, rz, curve);
    }
  }
  assert_all_held();
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *acceptance = SweepCase(suite, "acceptance"), *radius = SweepCase(suite, "radius");
  TCase *line = SweepCase(suite, "line");

  tcase_add_test(acceptance, no_step_is_accepted_for_a_ratio_that_is_not_finite);
  tcase_add_test(acceptance, a_better_ratio_is_never_worse);
  tcase_add_test(acceptance, a_model_without_promise_has_ratio_minus_one);
  tcase_add_test(acceptance, the_ratio_is_one_where_the_model_is_exact);
  tcase_add_test(acceptance, what_is_not_finite_is_never_a_good_step);
  tcase_add_test(acceptance, roundoff_scales_with_f);
  tcase_add_test(acceptance, roundoff_grows_with_the_number_of_terms);
  tcase_add_test(acceptance, no_value_that_is_not_finite_is_excused_as_rounding);
  tcase_add_test(acceptance, a_visible_change_is_not_excused_as_rounding);
  tcase_add_test(acceptance, a_change_in_the_last_places_is_rounding);
  tcase_add_test(radius, interpolation_stays_within_its_bounds);
  tcase_add_test(radius, without_a_value_to_interpolate_a_quarter_remains);
  tcase_add_test(radius, interpolation_finds_the_minimum_of_a_parabola);
  tcase_add_test(radius, interpolation_goes_less_far_the_higher_f_is);
  tcase_add_test(radius, interpolation_by_the_model_stays_within_its_bounds);
  tcase_add_test(radius, interpolation_by_the_model_finds_the_minimum_of_a_cubic);
  tcase_add_test(radius, a_rejection_leaves_a_radius_below_the_step_that_failed);
  tcase_add_test(radius, the_radius_moves_the_way_the_ratio_says);
  tcase_add_test(radius, an_infinite_radius_stays_or_becomes_finite);
  tcase_add_test(radius, the_step_to_the_boundary_ends_there);
  tcase_add_test(radius, the_step_to_the_boundary_is_zero_on_it);
  tcase_add_test(radius, a_step_without_a_radius_is_positive_and_finite);
  tcase_add_test(radius, a_first_step_without_a_radius_is_positive_and_finite);
  tcase_add_test(line, the_minimum_of_a_cubic_before_the_end_of_a_step_is_found);
  tcase_add_test(line, the_minimum_of_a_quartic_beyond_the_end_of_a_step_is_found);
  tcase_add_test(line, nothing_is_to_be_gained_along_a_step_of_which_nothing_is_known);
  tcase_add_test(line, a_search_finds_the_minimum_of_a_cubic_between_two_points);
  tcase_add_test(line, a_search_stays_inside_its_bracket);
  tcase_add_test(line, a_search_goes_back_far_from_a_step_that_was_far_too_long);
  tcase_add_test(line, a_search_goes_on_to_where_the_slope_would_vanish);
  tcase_add_test(line, a_search_goes_on_at_most_tenfold_where_the_slope_does_not_rise);
  tcase_add_test(line, another_trial_pays_where_it_gains_more_than_two_evaluations_of_such_work_do);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "rules", AddTests);
}
