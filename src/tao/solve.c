/* SPDX-License-Identifier: BSD-2-Clause
   TaoSolve_TrustNCG: the trust-region loop.

     x, f, g; radius = infinite unless -tao_trust0 says otherwise
     repeat until TAO's convergence test says stop
       d: truncated CG on min g'd + d'Hd/2 over ||d|| <= radius, to ||r|| <= eta ||g||
       f+ at x + d
       rho = (f - f+) / (-model), or with -(g + g+)'d/2 above where f is at its rounding level
       until rho >= eta: shrink the radius, d = step of the same CG path for it, f+ again
       x = x + d; the radius grows, stays or shrinks with rho

   References: A. R. Conn, N. I. M. Gould, Ph. L. Toint, Trust-Region Methods (2000), algorithms
   6.1.1 and 7.5.1; J. Nocedal, S. J. Wright, Numerical Optimization (2006), section 7.1. */
#include "tao/trustncg_impl.h"
#include "rules/rules.h"
#include "subproblem/trustcg.h"

#define MAX_TRIES 50 /* trial points in an iteration; each is at most half as long as the last */

/* History, monitors and the convergence test at the iterate. */
static PetscErrorCode TrustNCGReport(Tao tao, PetscReal step)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TaoLogConvergenceHistory(tao, tn->f, tn->gnorm, 0.0, tao->ksp_tot_its));
  PetscCall(TaoMonitor(tao, tao->niter, tn->f, tn->gnorm, 0.0, step));
  PetscUseTypeMethod(tao, convergencetest, tao->cnvP);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The KSP must know a radius. Ours lends a vector for the gradient at the trial point. */
static PetscErrorCode TrustNCGSetUpKSP(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     rtol;
  KSPType       type;
  void (*setradius)(void);

  PetscFunctionBegin;
  PetscCall(KSPGetType(tao->ksp, &type));
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPTRUSTCG, &tn->ours));
  PetscCall(PetscObjectQueryFunction((PetscObject)tao->ksp, "KSPCGSetRadius_C", &setradius));
  PetscCheck(setradius, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONG,
             "The KSP of type %s knows no trust-region radius: use -%stao_trustncg_ksp_type %s",
             type, TrustNCGPrefix(tao), KSPTRUSTCG);
  tn->reductions0 = 0;
  if (tn->ours) PetscCall(TrustCGGetCounts(tao->ksp, &tn->reductions0, NULL));
  PetscCall(KSPGetTolerances(tao->ksp, &rtol, NULL, NULL, NULL));
  if (rtol != tn->forcing) tn->etamax = rtol; /* else a solve cut short by an error left its own */
  PetscCheck(tn->etamax > 0.0 && tn->etamax < 1.0, PetscObjectComm((PetscObject)tao),
             PETSC_ERR_ARG_OUTOFRANGE,
             "The relative tolerance of the KSP is the largest forcing term, in (0, 1), not %g: "
             "set -%stao_trustncg_ksp_rtol",
             (double)tn->etamax, TrustNCGPrefix(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGCheckSetUp(Tao tao)
{
  MPI_Comm comm = PetscObjectComm((PetscObject)tao);
  PetscInt n, m;

  PetscFunctionBegin;
  PetscCheck(tao->trust0 > 0.0, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "The first radius -%stao_trust0 must be positive, not %g", TrustNCGPrefix(tao),
             (double)tao->trust0);
  PetscCall(VecGetSize(tao->solution, &n));
  PetscCall(VecGetSize(tao->gradient, &m));
  PetscCheck(n == m, comm, PETSC_ERR_ARG_SIZ,
             "The solution has %" PetscInt_FMT " entries, the Tao was set up for %" PetscInt_FMT
             ": use another Tao",
             n, m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGCheckSetUp(tao));
  PetscCall(PetscMemzero(&tn->ledger, sizeof(tn->ledger)));
  tn->reductions = 0;
  PetscCall(TrustNCGDoctor(tao));
  PetscCall(TrustNCGSetUpKSP(tao));
  PetscCall(TrustNCGSetUpEvaluation(tao));
  PetscCall(TrustNCGSetUpSparse(tao));
  PetscCall(TrustNCGEvaluateStart(tao));
  tn->mismatch = PETSC_INFINITY;
  tn->forcing  = 0.0;
  tao->trust   = tao->trust0;
  /* PETSc's own trust-region CGs take no step at negative curvature without a radius */
  if (!tn->ours && tao->trust >= PETSC_INFINITY) tao->trust = 1.0 + tn->xnorm;
  tao->reason = TAO_CONTINUE_ITERATING;
  PetscCall(TrustNCGReport(tao, tao->trust));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Solve within the present radius, and note what CG says of its step. */
static PetscErrorCode TrustNCGSolveKSP(Tao tao)
{
  TAO_TrustNCG      *tn = (TAO_TrustNCG *)tao->data;
  PetscInt           its;
  KSPConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Subproblem, tao, tao->ksp, NULL, NULL));
  PetscCall(KSPCGSetRadius(tao->ksp, tao->trust < PETSC_INFINITY ? tao->trust : 0.0));
  PetscCall(KSPSolve(tao->ksp, tao->gradient, tao->stepdirection));
  PetscCall(KSPGetConvergedReason(tao->ksp, &reason));
  PetscCall(KSPGetIterationNumber(tao->ksp, &its));
  PetscCall(KSPCGGetNormD(tao->ksp, &tn->dnorm));
  PetscCall(KSPCGGetObjFcn(tao->ksp, &tn->model));
  tn->boundary =
    (PetscBool)(reason == TRUSTNCG_KSP_BOUNDARY || reason == TRUSTNCG_KSP_NEGATIVE_CURVATURE);
  tao->ksp_its += its;
  tao->ksp_tot_its += its;
  PetscCall(TrustNCGCountHessVec(tao, its));
  PetscCall(PetscLogEventEnd(TRUSTNCG_Subproblem, tao, tao->ksp, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The step of the CG path for the present radius, which is shorter than the last step. */
static PetscErrorCode TrustNCGStepTo(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustCGStepTo(tao->ksp, tao->trust));
  PetscCall(KSPCGGetNormD(tao->ksp, &tn->dnorm));
  PetscCall(KSPCGGetObjFcn(tao->ksp, &tn->model));
  tn->boundary = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Curvature <= 0 and no radius: CG could not tell how far to go, and its step is now the radius,
   but no longer than the scale of x. */
static PetscErrorCode TrustNCGFirstRadius(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     dnorm2, share;

  PetscFunctionBegin;
  PetscCall(VecNorm(tao->stepdirection, NORM_2, &dnorm2));
  tn->reductions++;
  share      = TrustNCGFirstShare(dnorm2, tn->xnorm);
  tao->trust = share * tn->dnorm;
  if (share < 1.0) PetscCall(TrustNCGStepTo(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first solve at a new iterate, as accurate as it pays. */
static PetscErrorCode TrustNCGSubproblem(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     target;
  Mat           H, P;

  PetscFunctionBegin;
  target =
    PetscMax(tao->gatol, PetscMax(tao->grtol * PetscAbsReal(tn->f), tao->gttol * tn->gnorm0));
  tn->forcing =
    TrustNCGForcing(tn->etamax, tn->forcing, tn->gnorm, tn->gnorm0, tn->mismatch, target);
  PetscCall(KSPSetTolerances(tao->ksp, tn->forcing, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(TrustNCGUpdateHessian(tao, &H, &P));
  PetscCall(KSPSetOperators(tao->ksp, H, P));
  tao->ksp_its = 0;
  PetscCall(TrustNCGSolveKSP(tao));
  if (tn->ours && tn->boundary && tao->trust >= PETSC_INFINITY) {
    PetscCall(TrustNCGFirstRadius(tao));
  }
  if (!tn->ours && !tn->spare) PetscCall(VecDuplicate(tao->solution, &tn->spare));
  if (tn->ours) PetscCall(TrustCGGetFreeVec(tao->ksp, &tn->gplus));
  else tn->gplus = tn->spare;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Evaluate the trial point and judge it. */
static PetscErrorCode TrustNCGTrial(Tao tao, PetscBool *accept)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     ared;
  PetscBool     rounding;

  PetscFunctionBegin;
  PetscCall(TrustNCGEvaluateTrial(tao));
  ared     = tn->f - tn->fplus;
  rounding = TrustNCGBelowRoundoff(ared, tn->model, TrustNCGRoundoff(tn->f, tn->fplus, tn->n));
  if (rounding) { /* the trapezoidal rule on the slopes sees what the values no longer do */
    PetscCall(TrustNCGEvaluateTrialGradient(tao));
    ared = -0.5 * (tn->slope + tn->slopeplus);
  }
  tn->rho = TrustNCGRatio(ared, -tn->model);
  *accept = TrustNCGAccept(tn->rho, tn->eta);
  if (!*accept) PetscFunctionReturn(PETSC_SUCCESS);
  if (!rounding) PetscCall(TrustNCGEvaluateTrialGradient(tao));
  /* where f cannot tell, a step must at least bring the gradient down */
  *accept =
    (PetscBool)(!PetscIsInfOrNanReal(tn->gplusnorm) && (!rounding || tn->gplusnorm < tn->gnorm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No step is left to try: say so, with the iterate as it is. */
static PetscErrorCode TrustNCGGiveUp(Tao tao)
{
  TAO_TrustNCG   *tn = (TAO_TrustNCG *)tao->data;
  const PetscBool nan =
    (PetscBool)(PetscIsInfOrNanReal(tn->fplus) || PetscIsInfOrNanReal(tn->gplusnorm));

  PetscFunctionBegin;
  tao->reason = nan ? TAO_DIVERGED_NAN : TAO_DIVERGED_TR_REDUCTION;
  PetscCall(PetscInfo(tao,
                      "no acceptable step in %" PetscInt_FMT " tries down to ||d|| = %g at "
                      "||x|| = %g; last f+ - f = %g, model %g\n",
                      tn->tries, (double)tn->dnorm2, (double)tn->xnorm, (double)(tn->fplus - tn->f),
                      (double)tn->model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A smaller radius, and the step for it: off the CG path, or by a new solve where the KSP is not
   ours. */
static PetscErrorCode TrustNCGReject(Tao tao)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscReal factor = TrustNCGInterpolate(tn->f, tn->fplus, tn->slope);
  PetscInt        before = tao->ksp_its;

  PetscFunctionBegin;
  tn->ledger.rejected++;
  tao->trust = TrustNCGShrink(tao->trust, tn->dnorm, factor);
  if (tn->tries >= MAX_TRIES || tn->dnorm2 <= PETSC_MACHINE_EPSILON * tn->xnorm) {
    PetscCall(TrustNCGGiveUp(tao));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscUseTypeMethod(tao, convergencetest, tao->cnvP); /* limits hold here, too */
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->ours) PetscCall(TrustNCGStepTo(tao));
  else {
    PetscCall(TrustNCGSolveKSP(tao));
    tn->ledger.resolved_hv += tao->ksp_its - before;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x = w, g = g+, and the radius that rho deserves. */
static PetscErrorCode TrustNCGTakeStep(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     factor, rnorm;

  PetscFunctionBegin;
  PetscCall(KSPGetResidualNorm(tao->ksp, &rnorm)); /* of an interior step */
  tn->mismatch = tn->boundary ? PETSC_INFINITY : TrustNCGMismatch(tn->gplusnorm, rnorm, tn->gnorm);
  factor       = TrustNCGInterpolate(tn->f, tn->fplus, tn->slope);
  tao->trust   = TrustNCGUpdateRadius(tao->trust, tn->dnorm, tn->rho, factor, tn->boundary);
  PetscCall(TrustNCGNoteSparse(tao));
  PetscCall(VecCopy(tn->w, tao->solution));
  PetscCall(VecCopy(tn->gplus, tao->gradient));
  PetscCall(VecScale(tao->stepdirection, -1.0)); /* monitors see the step x+ - x */
  tn->f     = tn->fplus;
  tn->gnorm = tn->gplusnorm;
  tn->xnorm = tn->wnorm;
  tn->ledger.steps++;
  tao->niter++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One iteration: from an iterate to the next, or to a reason to stop. */
static PetscErrorCode TrustNCGIterate(Tao tao)
{
  TAO_TrustNCG *tn     = (TAO_TrustNCG *)tao->data;
  PetscBool     accept = PETSC_FALSE;

  PetscFunctionBegin;
  PetscTryTypeMethod(tao, update, tao->niter, tao->user_update);
  tn->tries = 0;
  PetscCall(TrustNCGSubproblem(tao));
  if (!(tn->dnorm > 0.0)) { /* a gradient of 0, or the very first product held a NaN */
    tao->reason = tn->gnorm == 0.0 ? TAO_CONVERGED_GATOL : TAO_DIVERGED_NAN;
    PetscCall(PetscInfo(tao, "no step: %s\n",
                        tn->gnorm == 0.0 ? "the gradient is 0" : "H g is not finite"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGTrial(tao, &accept));
  while (!accept) {
    PetscCall(TrustNCGReject(tao));
    if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(TrustNCGTrial(tao, &accept));
  }
  PetscCall(TrustNCGTakeStep(tao));
  PetscCall(TrustNCGReport(tao, tn->dnorm2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoSolve_TrustNCG(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGStart(tao));
  while (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGIterate(tao));
  tn->forcing = 0.0;
  PetscCall(KSPSetTolerances(tao->ksp, tn->etamax, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}
