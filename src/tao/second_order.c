/* SPDX-License-Identifier: BSD-2-Clause
   The curvature at a point where the convergence test is met, and the way on from a saddle point.

     theta, v: the smallest v'Hv that Lanczos finds, with a lower bound for all eigenvalues
     theta < 0:  x += t v with the first t = 1 + ||x||, a quarter of that, ..., and either sign
                 that makes f fall by more than the slope left over explains and by a fair share
                 of theta t^2 / 2; then all that was learned is forgotten, and the solve goes on,
                 to a smaller ||g||, as this one, unless it was 0, was no sign of a minimum
     theta = 0 to its accuracy: the same, in case a higher derivative leads down
     else the bound says how far the point is known to be a minimum

   Reference: C. W. Royer, M. O'Neill, S. J. Wright, A Newton-CG algorithm with complexity
   guarantees for smooth unconstrained optimization, Math. Programming 180 (2020), 451-488. */
#include "tao/trustncg_impl.h"
#include "rules/rules.h"
#include "subproblem/lanczos.h"

#define DELTA        1e-3  /* a bound is wrong with this probability */
#define NOISE_FD     1e-6  /* relative accuracy of products by differences */
#define NOISE_EXACT  1e-12 /* and of others */
#define STATIONARY   10.0  /* times ||g|| / (1 + ||x||): curvature that ||g|| = 0 might change */
#define ESCAPES_MOST 20    /* in a solve */
#define LENGTHS      12    /* tried along a direction, */
#define SHORTER      0.25  /* each so much shorter than the one before */
#define SHARE        0.25  /* of the decrease that theta promises */
#define TIGHTER      0.1   /* than the ||g|| of a saddle point that was left must be the next */

/*@
  TaoTrustNCGSetSecondOrder - Sets whether the curvature is checked where the convergence test is
  met, and saddle points are left.

  Logically Collective; both values must be equal on all ranks

  Input Parameters:
+ tao   - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
. check - whether to check; the default is not to
- flat  - curvature above -`flat` ||H|| counts as not negative, 0 < `flat` < 1; default 1e-4

  Options Database Keys:
+ -tao_trustncg_second_order <false>     - check, and go on from saddle points
- -tao_trustncg_second_order_flat <1e-4> - what counts as not negative, relative to ||H||

  Level: intermediate

  Notes:
  Lanczos with products of the Hessian alone, by differences of the gradient where there are no
  others, finds a small curvature v'Hv along a unit vector v, and a number below which, with
  probability 0.999 over the random start, no eigenvalue of the Hessian lies. It stops as soon as
  that number is above -`flat` ||H||, or a negative curvature is found, at the latest after as many
  products as `-tao_trustncg_ksp_max_it` says. A singular Hessian takes the longest: about
  log(1000 sqrt(n)) / (2 sqrt(`flat`)) products.

  Along negative curvature that is more than noise the solve goes on, from a lower f, at most 20
  times. It also does where the curvature is zero and f falls along it, as at a monkey saddle.

  A saddle point that was left has met the convergence test: the test was too loose to tell it from
  a minimum, unless the gradient was 0. For the rest of the solve it counts only where the gradient
  norm is a tenth of that tolerance, too, or where rounding or noise lets no step through.

  Three vectors are kept for it. A start at which the gradient is zero gives the tolerances no
  scale: the first point after it does.

  `TaoTrustNCGGetOutcome()` says `TAO_TRUSTNCG_SECOND_ORDER`, with the numbers, where the check is
  passed, and `TAO_TRUSTNCG_SADDLE_POINT`, with `TAO_DIVERGED_TR_REDUCTION`, where negative
  curvature was found but no lower f along it.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` for a `flat` outside (0, 1).

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetSecondOrder()`, `TaoTrustNCGGetCurvature()`,
          `TaoTrustNCGGetOutcome()`
@*/
PetscErrorCode TaoTrustNCGSetSecondOrder(Tao tao, PetscBool check, PetscReal flat)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, check, 2);
  PetscValidLogicalCollectiveReal(tao, flat, 3);
  PetscCheck(flat > 0.0 && flat < 1.0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "What counts as flat, -tao_trustncg_second_order_flat, must be in (0, 1), not %g",
             (double)flat);
  if (tn) {
    tn->secondorder = check;
    tn->flat        = flat;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetSecondOrder - Gets what `TaoTrustNCGSetSecondOrder()` has set.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameters:
+ check - whether the curvature is checked
- flat  - curvature above -`flat` ||H|| counts as not negative

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetSecondOrder()`
@*/
PetscErrorCode TaoTrustNCGGetSecondOrder(Tao tao, PetscBool *check, PetscReal *flat)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidBoolPointer(check, 2);
  PetscValidRealPointer(flat, 3);
  *check = tn->secondorder;
  *flat  = tn->flat;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetCurvature - Gets what the last check of `TaoTrustNCGSetSecondOrder()` has found.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameters:
+ theta - the smallest curvature v'Hv found along a unit vector v: the smallest eigenvalue of the
          Hessian is not above it; `PETSC_INFINITY` where no check was made
- bound - with probability 0.999 the smallest eigenvalue is not below it; `PETSC_NINFINITY` where
          no check was made

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetSecondOrder()`, `TaoTrustNCGGetOutcome()`
@*/
PetscErrorCode TaoTrustNCGGetCurvature(Tao tao, PetscReal *theta, PetscReal *bound)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidRealPointer(theta, 2);
  PetscValidRealPointer(bound, 3);
  *theta = tn->curvature;
  *bound = tn->curvaturebound;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSecondOrderOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  TAO_TrustNCG *tn    = (TAO_TrustNCG *)tao->data;
  PetscBool     check = tn->secondorder;
  PetscReal     flat  = tn->flat;

  PetscFunctionBegin;
  PetscCall(PetscOptionsBool("-tao_trustncg_second_order",
                             "Check the curvature at the end, and leave saddle points",
                             "TaoTrustNCGSetSecondOrder", check, &check, NULL));
  PetscCall(PetscOptionsReal("-tao_trustncg_second_order_flat",
                             "Curvature above minus this, relative to ||H||, is not negative",
                             "TaoTrustNCGSetSecondOrder", flat, &flat, NULL));
  PetscCall(TaoTrustNCGSetSecondOrder(tao, check, flat));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At the start of a solve */
PetscErrorCode TrustNCGSecondOrderStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->curvature      = PETSC_INFINITY;
  tn->curvaturebound = PETSC_NINFINITY;
  tn->escapes        = 0;
  tn->below          = PETSC_INFINITY;
  PetscCall(TrustNCGLanczosDestroy(&tn->lanczos));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSecondOrderGetCounts(Tao tao, PetscInt *vectors, PetscInt *reductions)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  *vectors = *reductions = 0;
  if (tn->lanczos) PetscCall(TrustNCGLanczosGetCounts(tn->lanczos, vectors, reductions));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountProducts(Tao tao, PetscInt products)
{
  PetscFunctionBegin;
  ((TAO_TrustNCG *)tao->data)->ledger.nhv_curvature += products;
  PetscCall(TrustNCGCountProducts(tao, products));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Estimate(Tao tao, Mat H, LanczosResult *result)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  LanczosGoal   goal;

  PetscFunctionBegin;
  goal.delta    = DELTA;
  goal.tol      = tn->flat;
  goal.relnoise = tn->kind == TRUSTNCG_HV_FD ? NOISE_FD : NOISE_EXACT;
  goal.error    = tn->kind == TRUSTNCG_HV_FD ? tn->noise.error : 0.0;
  goal.noise    = STATIONARY * tn->gnorm / (1.0 + tn->xnorm);
  goal.most     = PetscMax(1, tn->maxits);
  if (!tn->lanczos) PetscCall(TrustNCGLanczosCreate(tao->solution, &tn->lanczos));
  PetscCall(TrustNCGSetAlarmLanczos(tao));
  PetscCall(TrustNCGLanczosRun(tn->lanczos, H, goal, result));
  PetscCall(CountProducts(tao, result->products));
  if (result->verdict == LANCZOS_SPOILT) {
    PetscCall(TrustNCGAgree(tao, NULL, 0, NULL)); /* a NaN may stand for an error on some rank */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tn->curvature      = result->theta;
  tn->curvaturebound = result->bound;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The trial x - d: is f lower there by more than `least` and than the slope at x explains, as no
   convex f is, with a gradient to go on with? */
static PetscErrorCode Try(Tao tao, PetscReal least, PetscBool *lower)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGEvaluateTrial(tao));
  least += PetscMax(0.0, -tn->slope) + tn->dnorm2 * tn->noise.g;
  *lower = (PetscBool)(tn->f - tn->fplus > least && !PetscIsInfOrNanReal(tn->fplus));
  if (!*lower) {
    tn->ledger.rejected++;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGEvaluateTrialGradient(tao));
  *lower = (PetscBool)!PetscIsInfOrNanReal(tn->gplusnorm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Along d = v and d = -v, ever shorter; on return w is lower than x, or *lower is false. */
static PetscErrorCode Search(Tao tao, PetscReal theta, PetscBool *lower)
{
  TAO_TrustNCG   *tn        = (TAO_TrustNCG *)tao->data;
  const PetscReal curvature = PetscMax(0.0, -theta);
  const PetscReal roundoff  = 10.0 * PetscMax(TrustNCGRoundoff(tn->f, tn->f, tn->n), tn->noise.f);
  PetscReal       t = 1.0 + tn->xnorm, scale = t;
  PetscBool       stop = PETSC_FALSE;

  PetscFunctionBegin;
  *lower = PETSC_FALSE;
  for (int i = 0; i < 2 * LENGTHS && !*lower && !stop; i++) {
    PetscCall(VecScale(tao->stepdirection, scale));
    PetscCall(Try(tao, roundoff + SHARE * 0.5 * curvature * t * t, lower));
    scale = i % 2 ? SHORTER : -1.0;
    if (i % 2) t *= SHORTER;
    if (!*lower) PetscCall(TrustNCGAlarmed(tao, &stop));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Leaves x along the direction of theta, if f falls along it. */
static PetscErrorCode Leave(Tao tao, Mat H, const LanczosResult *result, PetscBool *left)
{
  TAO_TrustNCG   *tn        = (TAO_TrustNCG *)tao->data;
  const PetscReal tolerance = PetscMax(tn->gnorm, TrustNCGTarget(tao));
  const PetscBool atstart = (PetscBool)(tao->niter == 0), zero = (PetscBool)(tn->gnorm == 0.0);
  PetscBool       forgot, stop;

  PetscFunctionBegin;
  *left = PETSC_FALSE;
  if (tn->escapes >= ESCAPES_MOST) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGLanczosVector(tn->lanczos, H, tao->stepdirection));
  PetscCall(CountProducts(tao, result->products - 1));
  PetscCall(TrustNCGInterrupted(tao, &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGGetTrialGradientVec(tao));
  tn->tries = 0;
  PetscCall(Search(tao, result->theta, left));
  if (!*left) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscInfo(tao, "left a point of curvature %g: f - f+ = %g at ||d|| = %g\n",
                      (double)result->theta, (double)(tn->f - tn->fplus), (double)tn->dnorm2));
  tn->escapes++;
  PetscCall(TrustNCGMove(tao));
  if (atstart) tn->gnorm0 = tao->gnorm0 = tn->gnorm;
  if (!zero) tn->below = TIGHTER * tolerance; /* else there is no tighter one */
  PetscCall(TrustNCGPrecondForget(tao, &forgot));
  TrustNCGResetLoop(tao);
  tn->outcome = TAO_TRUSTNCG_RUNNING;
  tao->reason = TAO_CONTINUE_ITERATING;
  PetscCall(TrustNCGReport(tao, tn->dnorm2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The end at x, in words. */
static PetscErrorCode Conclude(Tao tao, const LanczosResult *r)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  const double  g = (double)tn->gnorm, theta = (double)r->theta, bound = (double)r->bound;
  const double  level = (double)r->level;

  PetscFunctionBegin;
  switch (r->verdict) {
  case LANCZOS_SPOILT:
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_FIRST_ORDER,
                           "||g|| = %g meets the tolerance; curvature could not be checked: a "
                           "product of the Hessian is not finite",
                           g));
    break;
  case LANCZOS_NEGATIVE:
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_TR_REDUCTION, TAO_TRUSTNCG_SADDLE_POINT,
                           "||g|| = %g meets the tolerance, but there is a curvature of %g; %s", g,
                           theta,
                           tn->escapes >= ESCAPES_MOST ? "such points were left too often"
                                                       : "f does not fall along it"));
    break;
  case LANCZOS_OPEN:
    PetscCall(TrustNCGStop(
      tao, tao->reason, TAO_TRUSTNCG_FIRST_ORDER,
      "||g|| = %g meets the tolerance; smallest curvature found %g +- %g, but %" PetscInt_FMT
      " products prove no more than that none is below %g (probability %g)",
      g, theta, level, r->products, bound, 1.0 - DELTA));
    break;
  case LANCZOS_POSITIVE:
    PetscCall(
      TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_SECOND_ORDER,
                   "||g|| = %g meets the tolerance; smallest curvature found %g +- %g, with "
                   "probability %g none is below %g (%" PetscInt_FMT
                   " products; saddle points left: %" PetscInt_FMT ")",
                   g, theta, level, 1.0 - DELTA, bound, r->products, tn->escapes));
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A limit that ends the check takes nothing from the convergence test that is met. */
static PetscErrorCode Interrupted(Tao tao, TaoConvergedReason reason, PetscBool *stop)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGInterrupted(tao, stop));
  if (*stop && tn->outcome != TAO_TRUSTNCG_SIGNAL) {
    PetscCall(TrustNCGStop(tao, reason, TAO_TRUSTNCG_FIRST_ORDER,
                           "||g|| = %g meets the tolerance; a limit on time or evaluations came "
                           "before the curvature was checked",
                           (double)tn->gnorm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where no step is left below the tolerance of the convergence test, that was tightened in vain. */
static PetscErrorCode Relax(Tao tao)
{
  TAO_TrustNCG            *tn     = (TAO_TrustNCG *)tao->data;
  const TaoConvergedReason reason = tao->reason;

  PetscFunctionBegin;
  if (reason != TAO_DIVERGED_TR_REDUCTION || tn->below >= PETSC_INFINITY) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tn->below   = PETSC_INFINITY;
  tao->reason = TAO_CONTINUE_ITERATING;
  PetscCall(TrustNCGTestConvergence(tao));
  if (tao->reason > 0) tn->outcome = TAO_TRUSTNCG_RUNNING;
  else tao->reason = reason;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the convergence test is met: checks the curvature, and moves on where it leads down. */
PetscErrorCode TrustNCGSecondOrder(Tao tao, PetscBool *left)
{
  TAO_TrustNCG      *tn = (TAO_TrustNCG *)tao->data;
  PetscBool          stop;
  TaoConvergedReason reason;
  LanczosResult      result;

  PetscFunctionBegin;
  *left = PETSC_FALSE;
  PetscCall(Relax(tao));
  reason = tao->reason;
  if (!tn->secondorder || tao->reason <= 0 || tao->reason == TAO_CONVERGED_MINF ||
      tao->reason == TAO_CONVERGED_USER) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGSetHessianPoint(tao, PETSC_FALSE));
  PetscCall(Estimate(tao, tn->shell, &result));
  PetscCall(Interrupted(tao, reason, &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  if (result.verdict != LANCZOS_SPOILT && result.theta <= result.level) {
    PetscCall(Leave(tao, tn->shell, &result, left));
  }
  if (*left) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Interrupted(tao, reason, &stop));
  if (!stop) PetscCall(Conclude(tao, &result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
