/* SPDX-License-Identifier: BSD-2-Clause
   The trial points of an iteration along the CG path: shorter ones until f falls as it should, and
   then better ones where they pay. */
#include "tao/trustncg_impl.h"
#include "rules/rules.h"
#include "subproblem/trustcg.h"

#define MAX_TRIES 50 /* trial points in an iteration */

/* Is the trial that was just evaluated good, where f should fall by `pred` and must by eta times
   that? If it is, its gradient is known. */
PetscErrorCode TrustNCGJudgeTrial(Tao tao, PetscReal pred, PetscReal eta, PetscBool *accept)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  PetscReal     ared = tn->f - tn->fplus;

  PetscFunctionBegin;
  tn->rounding = TrustNCGBelowRoundoff(ared, pred, TrustNCGResolution(tn));
  if (tn->rounding) { /* the trapezoidal rule on the slopes sees what the values no longer do */
    PetscCall(TrustNCGEvaluateTrialGradient(tao));
    ared = -0.5 * (tn->slope + tn->slopeplus);
  }
  tn->rho = TrustNCGRatio(ared, pred);
  *accept = TrustNCGAccept(tn->rho, eta);
  if (!*accept) PetscFunctionReturn(PETSC_SUCCESS);
  if (!tn->rounding) PetscCall(TrustNCGEvaluateTrialGradient(tao));
  /* where f cannot tell, a step must at least bring the gradient down, and f not above the start */
  *accept = (PetscBool)(!PetscIsInfOrNanReal(tn->gplusnorm) &&
                        (!tn->rounding || (tn->gplusnorm < tn->gnorm && tn->fplus <= tn->f0)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Evaluate and judge the step of CG, unless a look on its way has evaluated it already. */
static PetscErrorCode TrustNCGTrial(Tao tao, PetscBool *accept)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!tn->checked) PetscCall(TrustNCGEvaluateTrial(tao));
  tn->checked = PETSC_FALSE;
  PetscCall(TrustNCGJudgeTrial(tao, -tn->model, tn->eta, accept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The radius of a shorter step, where f has its minimum along this one as far as is known. That
   needs no gradient there, so that it is the same whether f and gradient come together or apart. */
static void TrustNCGShorten(Tao tao)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscReal factor = TrustNCGInterpolateModel(tn->f, tn->fplus, tn->slope, tn->model);

  TrustNCGCountRejected(tn);
  tao->trust = TrustNCGShrink(tao->trust, tn->dnorm, factor);
}

static void TrustNCGRefuse(TAO_TrustNCG *tn, PetscReal dnorm, PetscReal fplus)
{
  tn->refused  = dnorm;
  tn->frefused = fplus;
}

/* The radius at which f seems to be lower than at the end of a good step, by enough to pay for
   another trial; or 0. */
static PetscReal TrustNCGBetterRadius(Tao tao, PetscReal before)
{
  const TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  const TrustNCGLine  line = {
     tn->f, tn->slope, tn->fplus, tn->slopeplus, tn->refused / tn->dnorm, tn->frefused};
  PetscReal       gain;
  const PetscReal t = TrustNCGLineMinimum(&line, &gain);

  if (!(gain > TrustNCGResolution(tn))) return 0.0;
  return TrustNCGLinePays(&line, gain, TrustNCGWork(tn) - before) ? t * tn->dnorm : 0.0;
}

/* The step as it was, of which all is known */
static PetscErrorCode TrustNCGUndo(Tao tao, const TAO_TrustNCG *was, PetscReal trust)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustCGKeepStep(tao->ksp, PETSC_TRUE));
  PetscCall(VecWAXPY(tn->w, -1.0, tao->stepdirection, tao->solution));
  tao->trust     = trust;
  tn->boundary   = was->boundary;
  tn->dnorm      = was->dnorm;
  tn->dnorm2     = was->dnorm2;
  tn->model      = was->model;
  tn->gplus      = was->gplus;
  tn->have_gplus = was->have_gplus;
  tn->fplus      = was->fplus;
  tn->gplusnorm  = was->gplusnorm;
  tn->wnorm      = was->wnorm;
  tn->gg         = was->gg;
  tn->slope      = was->slope;
  tn->slopeplus  = was->slopeplus;
  tn->rho        = was->rho;
  tn->rounding   = was->rounding;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A good step may end where f rises again, or, cut back from a longer one, where it still falls:
   then the gradient there is rough, or much is left to the solves that follow. Another step off the
   CG path costs one evaluation; where f is no lower there, it is undone, at no cost, as the KSP has
   room for both gradients. */
static PetscErrorCode TrustNCGImprove(Tao tao, PetscReal before, PetscBool *better)
{
  TAO_TrustNCG      *tn    = (TAO_TrustNCG *)tao->data;
  const TAO_TrustNCG was   = *tn;
  const PetscReal    trust = tao->trust;
  PetscReal          radius;
  PetscBool          stop;

  PetscFunctionBegin;
  *better = PETSC_FALSE;
  if (!tn->ours || tn->rounding || tn->tries >= MAX_TRIES) PetscFunctionReturn(PETSC_SUCCESS);
  radius = TrustNCGBetterRadius(tao, before);
  if (!(radius > 0.0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGAlarmed(tao, &stop));
  if (stop) { /* the step that there is will be the last, and would not have been taken */
    PetscCall(TrustNCGCheckpointHere(tao));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustCGKeepStep(tao->ksp, PETSC_FALSE));
  tao->trust = radius;
  PetscCall(TrustNCGStepTo(tao));
  if (tn->dnorm == was.dnorm) { /* the path is not straight any further */
    tao->trust   = trust;
    tn->boundary = was.boundary;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tao->trust = tn->dnorm;
  TrustNCGCountRejected(tn);
  PetscCall(TrustCGGetFreeVec(tao->ksp, was.gplus, &tn->gplus));
  PetscCall(TrustNCGTrial(tao, better));
  *better = (PetscBool)(*better && tn->fplus <= was.fplus);
  if (*better && radius < was.dnorm) TrustNCGRefuse(tn, was.dnorm, was.fplus);
  if (!*better) PetscCall(TrustNCGUndo(tao, &was, trust));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A smaller radius, and the step for it: off the CG path, or by a new solve where the KSP is not
   ours. */
static PetscErrorCode TrustNCGReject(Tao tao)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscReal before = TrustNCGWork(tn);

  PetscFunctionBegin;
  TrustNCGProbeTrial(&tn->probe, tn->fplus - tn->f, tn->slope, TrustNCGResolution(tn));
  TrustNCGRefuse(tn, tn->dnorm, tn->fplus);
  TrustNCGShorten(tao);
  if (tn->tries >= MAX_TRIES || tn->dnorm2 <= PETSC_MACHINE_EPSILON * tn->xnorm) {
    PetscCall(TrustNCGGiveUp(tao)); /* unless noise explains it */
  } else {
    PetscCall(TrustNCGTestLimits(tao)); /* limits hold here, too */
    if (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGNoiseFloor(tao));
  }
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->ours) PetscCall(TrustNCGStepTo(tao));
  else {
    PetscCall(TrustNCGSolveKSP(tao));
    tn->ledger.resolved_hv += (PetscInt)(TrustNCGWork(tn) - before);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the step of CG to one that may be taken, or to a reason to stop; `before` the iteration the
   work was so much. */
PetscErrorCode TrustNCGFindStep(Tao tao, PetscReal before)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     accept, better;

  PetscFunctionBegin;
  TrustNCGRefuse(tn, 0.0, 0.0); /* none yet */
  TrustNCGProbeStart(&tn->probe);
  PetscCall(TrustNCGTrial(tao, &accept));
  while (!accept) {
    PetscCall(TrustNCGReject(tao));
    if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(TrustNCGTrial(tao, &accept));
  }
  do PetscCall(TrustNCGImprove(tao, before, &better));
  while (better);
  PetscFunctionReturn(PETSC_SUCCESS);
}
