/* SPDX-License-Identifier: BSD-2-Clause
   f, gradient and H v of the user's, each call counted once in the ledger. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "subproblem/trustcg.h"

/* sqrt(g'Mg) with the M of TaoSetGradientNorm(), else ||g||_2; one reduction. */
static PetscErrorCode TrustNCGGradientNorm(Tao tao, Vec g, PetscReal *norm)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscScalar   gMg;

  PetscFunctionBegin;
  tn->reductions++;
  if (tao->gradient_norm) {
    PetscCall(MatMult(tao->gradient_norm, g, tao->gradient_norm_tmp));
    PetscCall(VecDot(g, tao->gradient_norm_tmp, &gMg));
    *norm = PetscSqrtReal(PetscRealPart(gMg));
  } else PetscCall(VecNorm(g, NORM_2, norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGFunctionAndGradient(Tao tao, Vec x, PetscReal *f, Vec g)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TaoComputeObjectiveAndGradient(tao, x, f, g));
  if (tn->combined) tn->ledger.nfg++;
  else {
    tn->ledger.nf++;
    tn->ledger.ng++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGGradient_FD(void *ctx, Vec x, Vec g)
{
  Tao tao = (Tao)ctx;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_HessVec, tao, x, g, NULL));
  PetscCall(TaoComputeGradient(tao, x, g));
  PetscCall(PetscLogEventEnd(TRUSTNCG_HessVec, tao, x, g, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGHessVec_User(void *ctx, Vec x, Vec v, Vec Hv)
{
  Tao           tao = (Tao)ctx;
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(VecLockReadPush(x));
  PetscCall(PetscLogEventBegin(TRUSTNCG_HessVec, tao, x, v, Hv));
  PetscCallBack("trustncg callback Hessian-vector product", (*tn->hvfn)(tao, x, v, Hv, tn->hvctx));
  PetscCall(PetscLogEventEnd(TRUSTNCG_HessVec, tao, x, v, Hv));
  PetscCall(VecLockReadPop(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGUseDifferences(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->kind = TRUSTNCG_HV_FD;
  PetscCall(MatDestroy(&tn->shell));
  PetscCall(
    TrustNCGHessVecCreateFD(tao->solution, TrustNCGGradient_FD, tao, tn->relstep, &tn->shell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where Hv comes from: the user's function, else the user's Mat, else differences. */
static PetscErrorCode TrustNCGSetUpHessVec(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  Mat           H;

  PetscFunctionBegin;
  PetscCall(TaoGetHessian(tao, &H, NULL, NULL, NULL));
  PetscCall(TaoTrustNCGGetHessianVector(tao, &tn->hvfn, &tn->hvctx));
  PetscCall(MatDestroy(&tn->shell));
  if (tn->hvfn) {
    tn->kind = TRUSTNCG_HV_USER;
    PetscCall(TrustNCGHessVecCreateUser(tao->solution, TrustNCGHessVec_User, tao, &tn->shell));
  } else if (H) tn->kind = TRUSTNCG_HV_MATRIX;
  else PetscCall(TrustNCGUseDifferences(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSetUpEvaluation(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode (*fg)(Tao, Vec, PetscReal *, Vec, void *);
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(TaoGetObjectiveAndGradient(tao, NULL, &fg, NULL));
  tn->combined = (PetscBool)(fg != NULL);
  PetscCall(VecGetSize(tao->solution, &n));
  tn->n = (PetscReal)n;
  PetscCall(TrustNCGSetUpHessVec(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGEvaluateStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGFunctionAndGradient(tao, tao->solution, &tn->f, tao->gradient));
  PetscCall(TrustNCGGradientNorm(tao, tao->gradient, &tn->gnorm));
  PetscCall(VecNorm(tao->solution, NORM_2, &tn->xnorm));
  tn->reductions++;
  PetscCheck(!PetscIsInfOrNanReal(tn->f) && !PetscIsInfOrNanReal(tn->gnorm),
             PetscObjectComm((PetscObject)tao), PETSC_ERR_FP,
             "At the start f = %g, ||gradient|| = %g and ||x|| = %g: start where f and its "
             "gradient are finite",
             (double)tn->f, (double)tn->gnorm, (double)tn->xnorm);
  tn->gnorm0 = tn->gnorm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f at w, and the gradient where it comes with f; slope, ||d||_2, ||w||_2 in one reduction. */
PetscErrorCode TrustNCGEvaluateTrial(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  Vec           d  = tao->stepdirection;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscCall(VecWAXPY(tn->w, -1.0, d, tao->solution));
  tn->have_gplus = tn->combined;
  if (tn->combined) PetscCall(TrustNCGFunctionAndGradient(tao, tn->w, &tn->fplus, tn->gplus));
  else {
    PetscCall(TaoComputeObjective(tao, tn->w, &tn->fplus));
    tn->ledger.nf++;
  }
  PetscCall(VecDotBegin(tao->gradient, d, &tn->slope));
  PetscCall(VecNormBegin(d, NORM_2, &tn->dnorm2));
  PetscCall(VecNormBegin(tn->w, NORM_2, &tn->wnorm));
  PetscCall(VecDotEnd(tao->gradient, d, &tn->slope));
  PetscCall(VecNormEnd(d, NORM_2, &tn->dnorm2));
  PetscCall(VecNormEnd(tn->w, NORM_2, &tn->wnorm));
  tn->slope     = -tn->slope;
  tn->gplusnorm = 0.0;
  tn->reductions++;
  tn->tries++;
  PetscCall(PetscLogEventEnd(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient at w, unless it is there already, its norm, and the slope of f at w. */
PetscErrorCode TrustNCGEvaluateTrialGradient(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  if (!tn->have_gplus) {
    PetscCall(TaoComputeGradient(tao, tn->w, tn->gplus));
    tn->ledger.ng++;
    tn->have_gplus = PETSC_TRUE;
  }
  PetscCall(TrustNCGGradientNorm(tao, tn->gplus, &tn->gplusnorm));
  PetscCall(VecDot(tn->gplus, tao->stepdirection, &tn->slopeplus));
  tn->slopeplus = -tn->slopeplus;
  tn->reductions++;
  PetscCall(PetscLogEventEnd(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The operators of the subproblem at the iterate: H, and P for the preconditioner, which may be
   a Mat of the user's beside any H. */
PetscErrorCode TrustNCGUpdateHessian(Tao tao, Mat *H, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode (*compute)(Tao, Vec, Mat, Mat, void *);
  Mat       userH, userP;
  PC        pc;
  PetscBool none, needP;

  PetscFunctionBegin;
  PetscCall(TaoGetHessian(tao, &userH, &userP, &compute, NULL));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCNONE, &none));
  /* a PC that trustncg has chosen is not made from a Mat of the user's */
  needP = (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_USER && !none);
  if (userH && compute && (tn->kind == TRUSTNCG_HV_MATRIX || needP)) {
    PetscCall(TaoComputeHessian(tao, tao->solution, userH, userP ? userP : userH));
  }
  if (tn->kind == TRUSTNCG_HV_MATRIX) *H = userH;
  else {
    *H = tn->shell;
    PetscCall(TrustNCGHessVecSetPoint(tn->shell, tao->solution, tao->gradient, tn->xnorm, tn->w));
  }
  *P = userP ? userP : *H;
  PetscCall(TrustNCGPrecondUpdate(tao, *H, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a solve of `cg` iterations: the Hv it took, by kind. */
PetscErrorCode TrustNCGCountHessVec(Tao tao, PetscInt cg)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;

  PetscFunctionBegin;
  tn->ledger.cg += cg;
  if (tn->ours) PetscCall(TrustCGGetProducts(tao->ksp, &products));
  else products = cg;
  if (tn->kind == TRUSTNCG_HV_MATRIX) tn->ledger.nhv_matrix += products;
  else {
    PetscCall(TrustNCGHessVecGetCounts(tn->shell, &products, NULL));
    if (tn->kind == TRUSTNCG_HV_USER) tn->ledger.nhv_user = products;
    else tn->ledger.nhv_fd = products;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
