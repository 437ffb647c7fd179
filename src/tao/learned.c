/* SPDX-License-Identifier: BSD-2-Clause
   Steps of the learned model alone: d = -Bg and a weak Wolfe search along it, at one evaluation a
   trial point and no Hessian-vector product. J. Nocedal, S. J. Wright, Numerical Optimization
   (2006), sections 3.1 and 7.2. */
#include "tao/trustncg_impl.h"
#include "precond/pairs.h"
#include "rules/rules.h"

#define TRIALS 10   /* points of a search */
#define ARMIJO 1e-4 /* f falls by this share of what the slope at x promises, at least, */
#define WOLFE  0.9  /* and the slope rises to this share of it */

typedef enum { FAR = 1, NEAR = -1, GOOD = 0 } Verdict;

/* The trial at w = x - d: too far along the step, not far enough, or good. */
static PetscErrorCode Judge(Tao tao, Verdict *verdict)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     falls;

  PetscFunctionBegin;
  PetscCall(TrustNCGEvaluateTrial(tao));
  PetscCall(TrustNCGJudgeTrial(tao, -tn->slope, ARMIJO, &falls));
  if (!falls) *verdict = FAR;
  else *verdict = tn->slopeplus < WOLFE * tn->slope ? NEAR : GOOD;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f+ - f of the step that may be taken, by the slopes where the values no longer tell */
static PetscReal Fallen(const TAO_TrustNCG *tn)
{
  return tn->rounding ? 0.5 * (tn->slope + tn->slopeplus) : tn->fplus - tn->f;
}

/* The points of a search between which a step is to be found, with f less that at its start */
typedef struct {
  TrustNCGPoint before, low; /* not far enough, the last one and the one before it */
  TrustNCGPoint high;        /* too far; t is infinite where there was none */
} Bracket;

/* Takes in the trial at t; where to try next? */
static PetscReal Next(const TAO_TrustNCG *tn, Bracket *bracket, PetscReal t, Verdict verdict)
{
  /* where f and gradient come apart a trial that is too far has no gradient */
  const PetscReal     slope = tn->have_gplus ? tn->slopeplus / t : NAN;
  const TrustNCGPoint trial = {t, Fallen(tn), slope};

  if (verdict == NEAR) {
    bracket->before = bracket->low;
    bracket->low    = trial;
  } else bracket->high = trial;
  if (bracket->high.t < PETSC_INFINITY) return TrustNCGLineBetween(&bracket->low, &bracket->high);
  return TrustNCGLineBeyond(&bracket->before, &bracket->low);
}

/* From the step of the model. On return w, f+ and g+ are those of a step to take, or *accept is
   false. */
static PetscErrorCode Search(Tao tao, PetscBool *accept)
{
  TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  PetscReal     t       = TrustNCGReachFirst(&tn->reach), next;
  Bracket       bracket = {.low = {0.0, 0.0, 0.0}, .high = {PETSC_INFINITY, 0.0, 0.0}};
  Verdict       verdict = FAR;
  PetscBool     last;

  PetscFunctionBegin;
  *accept   = PETSC_FALSE;
  tn->tries = 0;
  if (t > 1.0) PetscCall(VecScale(tao->stepdirection, t));
  while (tn->tries < TRIALS) {
    PetscCall(Judge(tao, &verdict));
    if (!(tn->slope < 0.0)) { /* B is not positive along g, or holds a NaN */
      TrustNCGCountRejected(tn);
      break;
    }
    if (verdict != GOOD) PetscCall(TrustNCGTestLimits(tao)); /* limits hold here */
    last    = (PetscBool)(tn->tries >= TRIALS || tao->reason != TAO_CONTINUE_ITERATING);
    *accept = (PetscBool)(verdict == GOOD || (verdict == NEAR && last)); /* f has fallen */
    if (verdict == NEAR && tao->reason != TAO_CONTINUE_ITERATING) {
      PetscCall(TrustNCGCheckpointHere(tao)); /* the step would have been longer */
    }
    if (*accept) break;
    TrustNCGCountRejected(tn);
    if (last) break;
    if (bracket.low.t == 0.0) bracket.low.slope = tn->slope / t;
    next = Next(tn, &bracket, t, verdict);
    PetscCall(VecScale(tao->stepdirection, next / t));
    t = next;
  }
  if (!*accept) PetscFunctionReturn(PETSC_SUCCESS);
  tn->dnorm = PetscSqrtReal(-t * tn->slope); /* ||d||_M with M = B^-1 */
  TrustNCGReachStep(&tn->reach, t, Fallen(tn), tn->slope, tn->slopeplus);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A trial by the learned model, and which kind of step comes next. */
PetscErrorCode TrustNCGLearnedTrial(Tao tao, PetscBool *accept)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tao->ksp_its = 0;
  PetscCall(TrustNCGPairsUse(tn->pairs, TRUSTNCG_FOR_STEPS));
  PetscCall(TrustNCGPairsApply(tn->pairs, tao->gradient, tao->stepdirection));
  PetscCall(Search(tao, accept));
  if (*accept) {
    tao->trust = PetscMax(tao->trust, tn->dnorm);
    TrustNCGModeLearned(&tn->mode, Fallen(tn), 0.5 * (tn->slope + tn->slopeplus), tn->gplusnorm,
                        TrustNCGTarget(tao), TrustNCGWork(tn));
  }
  /* a step that met no curvature taught nothing */
  if (!*accept || tn->slopeplus < WOLFE * tn->slope) {
    TrustNCGModeLeave(&tn->mode, *accept ? tn->gplusnorm : tn->gnorm, TrustNCGWork(tn));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
