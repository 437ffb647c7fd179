/* SPDX-License-Identifier: BSD-2-Clause
   The trust-region radius, and where a line meets the boundary. */
#include "rules/rules.h"

#define SHRINK_MIN   0.0625 /* a rejection divides the radius by 2 at least and by 16 at most */
#define SHRINK_MAX   0.5
#define SHRINK_NAN   0.25 /* where f+ is no number there is nothing to interpolate */
#define BACK_MAX     0.75 /* where the model tells how far, that may be as much */
#define RHO_BAD      0.25 /* Conn, Gould, Toint (2000), section 6.1: shrink below, */
#define RHO_GOOD     0.75 /* grow above when the boundary held the step back */
#define GROW         2.5
#define FIRST_LENGTH 1.0  /* of 1 + ||x||, where no curvature says how far to go */
#define STRAY_LIMIT  10.0 /* without a radius: the farthest beyond the last CG iterate */

/* The factor tau in [1/16, 1/2] at which the parabola through f, f+ = f(x+d) and the slope
   g'd < 0 at x has its minimum along x + tau d. */
PetscReal TrustNCGInterpolate(PetscReal f, PetscReal fplus, PetscReal slope)
{
  const PetscReal bend = fplus - f - slope;
  PetscReal       tau;

  if (PetscIsInfOrNanReal(bend)) return SHRINK_NAN;
  tau = bend > 0.0 ? -slope / (2.0 * bend) : SHRINK_MAX;
  return PetscMin(SHRINK_MAX, PetscMax(SHRINK_MIN, tau));
}

/* The same where the model at d is known, and with it the curvature c along d: f(x + tau d) is
   f + tau slope + tau^2 c/2 and what the model got wrong, which grows like tau^3. In [1/16, 3/4]. */
PetscReal TrustNCGInterpolateModel(PetscReal f, PetscReal fplus, PetscReal slope, PetscReal model)
{
  const PetscReal wrong = (fplus - f) - model, c = 2.0 * (model - slope);
  const PetscReal unit = PetscMax(PetscAbsReal(c), PetscMax(wrong, -slope));
  PetscReal       root, tau;

  if (PetscIsInfOrNanReal(wrong) || PetscIsInfOrNanReal(c)) return SHRINK_NAN;
  if (!(wrong > 0.0) || !(slope < 0.0)) return SHRINK_MAX;
  root = PetscSqrtReal((c / unit) * (c / unit) - 12.0 * (wrong / unit) * (slope / unit));
  tau  = -2.0 * (slope / unit) / (c / unit + root);
  return PetscMin(BACK_MAX, PetscMax(SHRINK_MIN, tau));
}

/* The share of a first step of length dnorm that is the scale of x, at most all. */
PetscReal TrustNCGFirstShare(PetscReal dnorm, PetscReal xnorm)
{
  const PetscReal most = FIRST_LENGTH * (1.0 + xnorm);

  return dnorm > most ? most / dnorm : 1.0;
}

/* After a rejection. The step may be far inside an infinite or stale radius: the new radius is
   shorter than the step that failed. */
PetscReal TrustNCGShrink(PetscReal radius, PetscReal dnorm, PetscReal factor)
{
  return factor * PetscMin(radius, dnorm);
}

/* After a step to the boundary, of length dnorm, that kept its promise */
PetscReal TrustNCGGrow(PetscReal radius, PetscReal dnorm)
{
  return PetscMax(radius, GROW * dnorm);
}

/* After an accepted step of length dnorm. */
PetscReal TrustNCGUpdateRadius(PetscReal radius, PetscReal dnorm, PetscReal rho, PetscReal factor,
                               PetscBool boundary)
{
  if (rho < RHO_BAD) return TrustNCGShrink(radius, dnorm, factor);
  if (rho > RHO_GOOD && boundary) return TrustNCGGrow(radius, dnorm);
  return radius;
}

/* The root tau >= 0 of ||d + tau p|| = radius, from dd = d'd, dp = d'p, pp = p'p, in the form
   that does not cancel, and in units of the radius and of ||p||, for no scale to overflow. d inside
   the region; 0 where it touches the boundary already. */
PetscReal TrustNCGToBoundary(PetscReal dd, PetscReal dp, PetscReal pp, PetscReal radius)
{
  const PetscReal pnorm = PetscSqrtReal(pp), share = PetscSqrtReal(dd) / radius;
  const PetscReal gap = (1.0 - share) * (1.0 + share);
  PetscReal       lean, root;

  if (gap <= 0.0 || pp <= 0.0) return 0.0;
  lean = dp / pnorm / radius;
  root = PetscSqrtReal(lean * lean + gap);
  return (lean > 0.0 ? gap / (lean + root) : root - lean) * radius / pnorm;
}

/* Negative curvature kappa = p'Hp <= 0 with no radius to stop at: the step that the curvature
   |kappa| would give, at most ten times as long as what CG has gone so far. A first direction
   (d = 0) without any curvature is taken as it is. */
PetscReal TrustNCGUnboundedStep(PetscReal rz, PetscReal kappa, PetscReal dd, PetscReal pp)
{
  const PetscReal limit =
    dd > 0.0 ? STRAY_LIMIT * PetscSqrtReal(dd) / PetscSqrtReal(pp) : PETSC_INFINITY;
  const PetscReal step = kappa < 0.0 ? PetscMin(limit, -rz / kappa) : limit;

  return step < PETSC_INFINITY ? step : 1.0;
}
