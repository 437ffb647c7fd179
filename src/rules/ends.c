/* SPDX-License-Identifier: BSD-2-Clause
   Ends that are no convergence: f without a lower bound, progress below rounding or none to speak
   of, and f that does not change as its slope says. */
#include "rules/rules.h"

#define AS_STEEP    0.5 /* of the slope at the start of a flight */
#define STALL_STEPS 50  /* without a visible decrease of f, nor half the gradient */
#define STALL_DROP  0.5
#define CRAWL_STEPS 100  /* with less of f's decrease so far than */
#define CRAWL_SHARE 1e-2 /* this, nor half the gradient */
#define WIDER       2.0  /* gap of f and slope than on the longer trial before: it grows */
#define LEAPS       2    /* so often in a row */

/* After an accepted step of length dnorm to a point of norm xnorm, with slope g's before and
   slopeplus after it. A flight goes on while f bends nowhere upwards along the steps and falls at
   least half as steeply as where it began: where f has a minimum, or its slope dies away, as in
   e^-x, it ends. */
void TrustNCGFlightStep(TrustNCGFlight *flight, PetscReal xnorm, PetscReal dnorm, PetscReal slope,
                        PetscReal slopeplus)
{
  const PetscReal bend  = slopeplus - slope * (1.0 - PETSC_SQRT_MACHINE_EPSILON);
  const PetscReal steep = -slopeplus / dnorm;

  if (!(slope < 0.0 && bend <= 0.0)) {
    flight->steps = 0;
    return;
  }
  if (flight->steps == 0 || !(steep >= AS_STEEP * flight->steep)) {
    flight->steps = 0;
    flight->scale = xnorm + dnorm;
    flight->steep = -slope / dnorm;
  }
  flight->steps++;
}

/* So far that x no longer knows where the flight began: rounding has swallowed it. */
PetscBool TrustNCGFlightLost(const TrustNCGFlight *flight, PetscReal xnorm)
{
  return (PetscBool)(flight->steps > 0 && PETSC_MACHINE_EPSILON * xnorm > flight->scale);
}

void TrustNCGWindowStart(TrustNCGWindow *window, PetscReal f, PetscReal gnorm)
{
  window->steps = 0;
  window->f     = f;
  window->gnorm = gnorm;
}

/* After a step: counts those since f or the gradient last fell by what counts, f by more than
   `visible`, or ||g|| by half. */
void TrustNCGWindowStep(TrustNCGWindow *window, PetscReal f, PetscReal gnorm, PetscReal visible)
{
  if (window->f - f > visible || gnorm <= STALL_DROP * window->gnorm) {
    TrustNCGWindowStart(window, f, gnorm);
  } else window->steps++;
}

/* Where the visible is what rounding leaves of f: has it stopped the progress? */
PetscBool TrustNCGStalls(const TrustNCGWindow *window)
{
  return (PetscBool)(window->steps >= STALL_STEPS);
}

/* Of f's decrease so far, what is visible to TrustNCGCrawls() */
PetscReal TrustNCGCrawlVisible(PetscReal fallen)
{
  return CRAWL_SHARE * fallen;
}

/* Is there next to no progress? */
PetscBool TrustNCGCrawls(const TrustNCGWindow *window)
{
  return (PetscBool)(window->steps >= CRAWL_STEPS);
}

void TrustNCGProbeStart(TrustNCGProbe *probe)
{
  probe->rungs = 0;
  probe->leaps = 0;
  probe->gap   = 0.0;
  probe->doubt = PETSC_INFINITY;
}

/* A trial that is not accepted, of a row of ever shorter ones: (f+ - f)/slope tends to 1 where the
   gradient is that of f. The rung of least doubt is kept. */
void TrustNCGProbeTrial(TrustNCGProbe *probe, PetscReal df, PetscReal slope, PetscReal roundoff)
{
  const PetscReal gap = df / slope - 1.0;
  PetscReal       doubt;
  PetscBool       wider;

  if (PetscIsInfOrNanReal(gap)) {
    probe->rungs = probe->leaps = 0;
    return;
  }
  doubt = PetscAbsReal(gap - probe->last) + 2.0 * roundoff / PetscAbsReal(slope);
  if (probe->rungs > 0 && doubt < probe->doubt) {
    probe->gap   = gap;
    probe->doubt = doubt;
  }
  wider = PetscAbsReal(gap) >
          WIDER * PetscMax(1.0, PetscAbsReal(probe->last)) + 2.0 * roundoff / PetscAbsReal(slope);
  probe->leaps = probe->rungs > 0 && wider ? probe->leaps + 1 : 0;
  probe->last  = gap;
  probe->rungs++;
}

/* Does f leap? Where it is smooth, (f+ - f)/slope comes to rest as steps become short, at 1 or, with
   a wrong gradient, elsewhere; noise, which stays as it is, makes it grow without a bound. A plateau
   behind a wall does, too, as long as the steps end there. */
PetscBool TrustNCGProbeLeaps(const TrustNCGProbe *probe)
{
  return (PetscBool)(probe->leaps >= LEAPS);
}

/* Do f and its gradient fit along the shortest steps that tell? */
TrustNCGFit TrustNCGProbeJudge(const TrustNCGProbe *probe)
{
  const PetscReal gap = PetscAbsReal(probe->gap);

  return TrustNCGJudge(gap, probe->doubt, PetscMax(1.0, PetscAbsReal(1.0 + probe->gap)));
}
