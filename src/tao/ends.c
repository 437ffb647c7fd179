/* SPDX-License-Identifier: BSD-2-Clause
   Ends that are no convergence: f unbounded below, progress lost in rounding, f and derivatives
   that do not fit, no step left. The rules are in src/rules/ends.c. */
#include "tao/trustncg_impl.h"

#define OVERFLOWS 1e-6 /* of the largest ||g|| of which there is a square */

void TrustNCGEndsStart(TAO_TrustNCG *tn)
{
  tn->f0           = tn->f;
  tn->flight.steps = 0;
  TrustNCGWindowStart(&tn->stall, tn->f, tn->gnorm);
  TrustNCGWindowStart(&tn->crawl, tn->f, tn->gnorm);
}

/* The convergence test. A gradient that is small beside f is no convergence while f falls ever
   further without bending: |f| grows of itself there. Nor is one that does not tell a minimum from
   a saddle point. */
PetscErrorCode TrustNCGTestConvergence(Tao tao)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode error;

  PetscFunctionBegin;
  error = (*tao->ops->convergencetest)(tao, tao->cnvP);
  PetscCall(TrustNCGGuardResult(tao, error, "the convergence test", tao->solution, NULL, NULL));
  PetscCall(TrustNCGGuardReason(tao));
  if ((tao->reason == TAO_CONVERGED_GRTOL && tn->flight.steps > 0) ||
      (tao->reason > 0 && tao->reason != TAO_CONVERGED_MINF && tn->gnorm > tn->below)) {
    /* the test looks at the limit after the tolerances */
    tao->reason = tao->niter >= tao->max_it ? TAO_DIVERGED_MAXITS : TAO_CONTINUE_ITERATING;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a step that was just taken brought. */
void TrustNCGEndsStep(TAO_TrustNCG *tn)
{
  TrustNCGFlightStep(&tn->flight, tn->xnorm, tn->dnorm2, tn->slope, tn->slopeplus);
  TrustNCGWindowStep(&tn->stall, tn->f, tn->gnorm, TrustNCGResolution(tn));
  TrustNCGWindowStep(&tn->crawl, tn->f, tn->gnorm, TrustNCGCrawlVisible(tn->f0 - tn->f));
}

/* f tells nothing more: rounding hides it, or what is known to be more, noise. */
static PetscErrorCode TrustNCGStopHidden(Tao tao, const char what[])
{
  TAO_TrustNCG   *tn = (TAO_TrustNCG *)tao->data;
  const PetscBool noisy =
    (PetscBool)(TrustNCGResolution(tn) > TrustNCGRoundoff(tn->f, tn->fplus, tn->n));

  PetscFunctionBegin;
  PetscCall(TrustNCGStop(
    tao, TAO_DIVERGED_TR_REDUCTION, noisy ? TAO_TRUSTNCG_NOISE_FLOOR : TAO_TRUSTNCG_STAGNATION,
    "%s is below the %s of f, %g, at ||g|| = %g", what, noisy ? "noise" : "rounding level",
    (double)TrustNCGResolution(tn), (double)tn->gnorm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step and its convergence test: is there any use in going on? */
PetscErrorCode TrustNCGEndsTest(Tao tao)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscBool stalls = TrustNCGStalls(&tn->stall), crawls = TrustNCGCrawls(&tn->crawl);

  PetscFunctionBegin;
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  if (TrustNCGFlightLost(&tn->flight, tn->xnorm)) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_USER, TAO_TRUSTNCG_UNBOUNDED,
                           "f falls without end: f = %g at ||x|| = %g, %" PetscInt_FMT
                           " steps along which it did not bend upwards",
                           (double)tn->f, (double)tn->xnorm, tn->flight.steps));
  } else if ((stalls || crawls) && TrustNCGConsistencyFails(tn)) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_TR_REDUCTION, TAO_TRUSTNCG_INCONSISTENT,
                           "%s; %" PetscInt_FMT " steps brought next to nothing, ||g|| = %g",
                           TrustNCGSuspectWords[tn->suspect],
                           PetscMax(tn->crawl.steps, tn->stall.steps), (double)tn->gnorm));
  } else if (stalls) {
    PetscCall(TrustNCGStopHidden(tao, "the decrease of f in many steps"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Has f fallen to where numbers end? There g'g overflows first. */
static PetscBool TrustNCGFlightOverflows(const TAO_TrustNCG *tn)
{
  const PetscReal most = OVERFLOWS * PetscSqrtReal(PETSC_MAX_REAL);

  return (PetscBool)(tn->fplus < -PETSC_MAX_REAL ||
                     (tn->flight.steps > 0 && (tn->gnorm > most || tn->gplusnorm > most)));
}

/* Where something is not finite */
static PetscErrorCode TrustNCGStopNotFinite(Tao tao, const char what[])
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (TrustNCGFlightOverflows(tn)) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_USER, TAO_TRUSTNCG_UNBOUNDED,
                           "f falls without end: f = %g, ||g|| = %g at ||x|| = %g, beyond %s is "
                           "not finite",
                           (double)tn->f, (double)tn->gnorm, (double)tn->xnorm, what));
  } else {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_NAN, TAO_TRUSTNCG_NOT_FINITE,
                           "%s is not finite, down to ||d|| = %g from ||x|| = %g, ||g|| = %g", what,
                           (double)tn->dnorm2, (double)tn->xnorm, (double)tn->gnorm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* CG has no step, as its very first product is not finite. */
PetscErrorCode TrustNCGGiveUpProduct(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->dnorm2 = 0.0;
  PetscCall(TrustNCGStopNotFinite(tao, "the product of the Hessian and the gradient"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No step is left to try: say why, with the iterate as it is. */
PetscErrorCode TrustNCGGiveUp(Tao tao)
{
  TAO_TrustNCG *tn        = (TAO_TrustNCG *)tao->data;
  PetscBool     explained = PETSC_FALSE;

  PetscFunctionBegin;
  if (!TrustNCGFlightOverflows(tn)) PetscCall(TrustNCGNoiseExplains(tao, &explained));
  if (explained) PetscFunctionReturn(PETSC_SUCCESS);
  if (PetscIsInfOrNanReal(tn->fplus)) PetscCall(TrustNCGStopNotFinite(tao, "f"));
  else if (PetscIsInfOrNanReal(tn->gplusnorm) || TrustNCGFlightOverflows(tn)) {
    PetscCall(TrustNCGStopNotFinite(tao, "the gradient"));
  } else if (TrustNCGProbeJudge(&tn->probe) == TRUSTNCG_FIT_WRONG) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_TR_REDUCTION, TAO_TRUSTNCG_INCONSISTENT,
                           "along ever shorter steps, down to ||d|| = %g, f changes by %.4g times "
                           "what its gradient says: one of them is wrong, or f is not smooth here",
                           (double)tn->dnorm2, (double)(1.0 + tn->probe.gap)));
  } else if (TrustNCGBelowRoundoff(0.0, tn->promise, TrustNCGResolution(tn))) {
    PetscCall(TrustNCGStopHidden(tao, "the decrease that the model promises"));
  } else {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_TR_REDUCTION, TAO_TRUSTNCG_NO_STEP,
                           "no acceptable step in %" PetscInt_FMT " tries down to ||d|| = %g at "
                           "||x|| = %g; last f+ - f = %g, model %g",
                           tn->tries, (double)tn->dnorm2, (double)tn->xnorm,
                           (double)(tn->fplus - tn->f), (double)tn->model));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
