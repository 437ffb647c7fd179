/* SPDX-License-Identifier: BSD-2-Clause
   The subproblem of the trust-region loop: truncated CG within the radius, as far as it pays, with
   a look at f on the way of a long solve. */
#include "tao/trustncg_impl.h"
#include "rules/rules.h"
#include "subproblem/trustcg.h"
#include "sums/sums.h"

#define OPENING_ITS 2   /* of the solve that opens a run with learned steps */
#define STANDIN_ITS 300 /* of a solve on a sparse Hessian: no products, but time */
#define WAITING_ITS 10  /* of a solve while a sparse Hessian may come to pay */
#define HOLDS       2.0 /* on the way the model holds where actual over predicted is within this, */
#define HOLDS_WELL  1.1 /* and at the boundary it is worth a larger radius */

/* The tolerances that the KSP came with */
PetscErrorCode TrustNCGRestoreKSP(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->forcing = 0.0;
  tn->cgmost  = 0;
  PetscCall(KSPSetTolerances(tao->ksp, tn->etamax, PETSC_DEFAULT, PETSC_DEFAULT, tn->maxits));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The KSP must know a radius. Ours lends a vector for the gradient at the trial point. */
PetscErrorCode TrustNCGSetUpKSP(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     rtol;
  PetscInt      its;
  KSPType       type;
  PetscBool     gltr;
  void (*setradius)(void);

  PetscFunctionBegin;
  PetscCall(KSPGetType(tao->ksp, &type));
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPTRUSTCG, &tn->ours));
  PetscCall(PetscObjectQueryFunction((PetscObject)tao->ksp, "KSPCGSetRadius_C", &setradius));
  PetscCheck(setradius, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONG,
             "The KSP of type %s knows no trust-region radius: use -%stao_trustncg_ksp_type %s",
             type, TrustNCGPrefix(tao), KSPTRUSTCG);
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPGLTR, &gltr));
  PetscCheck(!gltr, PetscObjectComm((PetscObject)tao), PETSC_ERR_SUP,
             "PETSc's KSP gltr frees the middle of a block of memory when it meets negative "
             "curvature again: use -%stao_trustncg_ksp_type %s",
             TrustNCGPrefix(tao), KSPTRUSTCG);
  tn->reductions0 = 0;
  if (tn->ours) PetscCall(TrustCGGetCounts(tao->ksp, &tn->reductions0, NULL));
  PetscCall(KSPGetTolerances(tao->ksp, &rtol, NULL, NULL, &its));
  if (rtol != tn->forcing) tn->etamax = rtol; /* else a solve cut short by an error left its own */
  if (its != tn->cgmost) tn->maxits = its;
  PetscCheck(tn->etamax > 0.0 && tn->etamax < 1.0, PetscObjectComm((PetscObject)tao),
             PETSC_ERR_ARG_OUTOFRANGE,
             "The relative tolerance of the KSP is the largest forcing term, in (0, 1), not %g: "
             "set -%stao_trustncg_ksp_rtol",
             (double)tn->etamax, TrustNCGPrefix(tao));
  PetscCheck(tn->maxits > 0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "A subproblem needs at least one CG iteration, not %" PetscInt_FMT
             ": set -%stao_trustncg_ksp_max_it",
             tn->maxits, TrustNCGPrefix(tao));
  PetscCall(TrustNCGRestoreKSP(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for the gradient at a trial: a vector that the KSP does not need now, else a spare one. */
PetscErrorCode TrustNCGGetTrialGradientVec(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->gplus = NULL;
  if (tn->ours) PetscCall(TrustCGGetFreeVec(tao->ksp, NULL, &tn->gplus));
  if (!tn->gplus && !tn->spare) PetscCall(VecDuplicate(tao->solution, &tn->spare));
  if (!tn->gplus) tn->gplus = tn->spare;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On the way of a long solve of CG: where f no longer follows the model, or follows it badly, the
   rest of the solve would be wasted. At the boundary: where f follows it closely, the solve goes on
   in a region as large as the next would be. What is known of a trial is kept for its judgement. */
static PetscErrorCode TrustNCGLook(void *ctx, PetscReal *radius, PetscBool *stop)
{
  Tao           tao = (Tao)ctx;
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscReal     ared;
  PetscBool     standin, here;

  PetscFunctionBegin;
  *stop = PETSC_FALSE;
  PetscCall(TrustNCGPrecondStandsIn(tao, &standin, &here));
  if (standin && !radius) PetscFunctionReturn(PETSC_SUCCESS); /* there is nothing to spare */
  PetscCall(TrustNCGAlarmed(tao, stop));
  if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPCGGetNormD(tao->ksp, &tn->dnorm));
  PetscCall(KSPCGGetObjFcn(tao->ksp, &tn->model));
  PetscCall(TrustNCGGetTrialGradientVec(tao));
  PetscCall(TrustNCGEvaluateTrial(tao));
  ared  = tn->f - tn->fplus;
  *stop = (PetscBool)!TrustNCGModelHolds(ared, -tn->model, radius ? HOLDS_WELL : HOLDS,
                                         TrustNCGResolution(tn));
  if (radius && !*stop) *radius = tao->trust = TrustNCGGrow(*radius, tn->dnorm);
  tn->checked = *stop;
  if (!*stop) tn->ledger.looks++;
  /* a step that would have been taken: it tells as much of f, gradient and Hv as if it were */
  if (!*stop && radius && tn->have_gplus &&
      !TrustNCGBelowRoundoff(ared, -tn->model, TrustNCGResolution(tn))) {
    PetscCall(TrustNCGConsistencyStep(tao));
  }
  tn->tries = *stop;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The KSP calls us during a solve, and not after it, when it may be used elsewhere. */
static PetscErrorCode TrustNCGSetKSPCallbacks(Tao tao, PetscBool begin)
{
  TAO_TrustNCG       *tn     = (TAO_TrustNCG *)tao->data;
  const TrustCGGuards guards = {.A     = tn->kind == TRUSTNCG_HV_MATRIX ? TrustNCGGuardMat : NULL,
                                .pc    = TrustNCGGuardPC,
                                .agree = TrustNCGGuardAgree,
                                .ctx   = tao};

  PetscFunctionBegin;
  if (!tn->ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustCGSetLook(tao->ksp, begin ? TrustNCGLook : NULL, tao));
  PetscCall(TrustCGSetGuards(tao->ksp, begin ? guards : (TrustCGGuards){NULL}));
  if (!begin) PetscCall(TrustCGSetAlarm(tao->ksp, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A PC of the user's may fail where it is set up: no sum of CG tells the other ranks. */
static PetscErrorCode SetUpUsersPC(Tao tao)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode error;
  PC             pc;

  PetscFunctionBegin;
  if (tn->type != TAO_TRUSTNCG_PRECOND_USER) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetPC(tao->ksp, &pc)); /* not the KSP: its vectors are like those of the solve */
  error = PCSetUp(pc);
  if (!error) error = PCSetUpOnBlocks(pc);
  PetscCall(
    TrustNCGGuardResult(tao, error, "the set-up of the preconditioner", tao->gradient, NULL, NULL));
  PetscCall(TrustNCGAgree(tao, NULL, 0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Solve within the present radius, and note what CG says of its step. */
PetscErrorCode TrustNCGSolveKSP(Tao tao)
{
  TAO_TrustNCG      *tn = (TAO_TrustNCG *)tao->data;
  PetscInt           its;
  KSPConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Subproblem, tao, tao->ksp, NULL, NULL));
  tn->checked = PETSC_FALSE;
  PetscCall(TrustNCGSetKSPCallbacks(tao, PETSC_TRUE));
  PetscCall(TrustNCGSetAlarmCG(tao));
  PetscCall(TrustNCGNoiseSetErrors(tao));
  PetscCall(KSPCGSetRadius(tao->ksp, tao->trust < PETSC_INFINITY ? tao->trust : 0.0));
  PetscCall(SetUpUsersPC(tao));
  PetscCall(KSPSolve(tao->ksp, tao->gradient, tao->stepdirection));
  PetscCall(TrustNCGSetKSPCallbacks(tao, PETSC_FALSE));
  PetscCall(KSPGetConvergedReason(tao->ksp, &reason));
  /* a NaN may stand for an error on some rank */
  if (reason == KSP_DIVERGED_NANORINF) PetscCall(TrustNCGAgree(tao, NULL, 0, NULL));
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

/* How far the last solve brought the residual down, in the norm of its test: that of the gradient
   may be another. */
PetscErrorCode TrustNCGGetDrop(Tao tao, PetscReal *drop)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     rnorm;

  PetscFunctionBegin;
  if (tn->ours) PetscCall(TrustCGGetDrop(tao->ksp, drop));
  else {
    PetscCall(KSPGetResidualNorm(tao->ksp, &rnorm));
    *drop = rnorm / tn->gnorm;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The step of the CG path for the present radius, which is shorter than that of the solve. */
PetscErrorCode TrustNCGStepTo(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGSetKSPCallbacks(tao, PETSC_TRUE));
  PetscCall(TrustCGStepTo(tao->ksp, tao->trust));
  PetscCall(TrustNCGSetKSPCallbacks(tao, PETSC_FALSE));
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
  PetscCall(TrustNCGNorm(tao->stepdirection, &dnorm2));
  tn->reductions++;
  share      = TrustNCGFirstShare(dnorm2, tn->xnorm);
  tao->trust = share * tn->dnorm;
  if (share < 1.0) PetscCall(TrustNCGStepTo(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The solve that opens a run with learned steps only finds out the scale of f, and while a sparse
   Hessian may come to pay no solve is to cost more than it: it would have been cheaper. */
static PetscErrorCode TrustNCGLimitCG(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  PetscInt     *most = &tn->cgmost;
  PetscBool     standin, here;

  PetscFunctionBegin;
  *most = tn->maxits;
  if (TrustNCGLearns(tn) && tao->niter == 0) *most = PetscMin(*most, OPENING_ITS);
  else if (tn->waiting) *most = PetscMin(*most, WAITING_ITS);
  PetscCall(TrustNCGHiddenLimit(tao, most));
  PetscCall(TrustNCGPrecondStandsIn(tao, &standin, &here));
  if (standin) *most = PetscMin(*most, STANDIN_ITS);
  PetscCall(KSPSetTolerances(tao->ksp, tn->forcing, PETSC_DEFAULT, PETSC_DEFAULT, *most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first solve at a new iterate, as accurate as it pays. */
PetscErrorCode TrustNCGSubproblem(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     again;
  Mat           H, P;

  PetscFunctionBegin;
  PetscCall(TrustNCGNoiseMeasureDoubted(tao));
  PetscCall(TrustNCGUpdateHessian(tao, &H, &P));
  if (tn->alarmed) PetscFunctionReturn(PETSC_SUCCESS); /* P is not built */
  tn->forcing = TrustNCGForcing(tn->etamax, tn->forcing, tn->gnorm, tn->gnorm0, tn->mismatch,
                                TrustNCGTarget(tao));
  PetscCall(KSPSetOperators(tao->ksp, H, P));
  tao->ksp_its = 0;
  PetscCall(TrustNCGLimitCG(tao));
  PetscCall(TrustNCGSolveKSP(tao));
  PetscCall(TrustNCGNoiseCheckCG(tao, &again));
  if (again) {
    PetscCall(TrustNCGPrecondRenew(tao, H));
    PetscCall(TrustNCGSolveKSP(tao));
  }
  if (tn->ours && tn->boundary && tao->trust >= PETSC_INFINITY) {
    PetscCall(TrustNCGFirstRadius(tao));
  }
  if (!tn->checked) PetscCall(TrustNCGGetTrialGradientVec(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}
