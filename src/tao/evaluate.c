/* SPDX-License-Identifier: BSD-2-Clause
   f, gradient and H v of the user's, each call counted once in the ledger. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"
#include "sums/sums.h"

#define LEAST 1e-145 /* ||g|| at the start; and most is 1 over it */

/* sqrt(g'Mg) with the M of TaoSetGradientNorm(), at one reduction, else sqrt(gg) = ||g||_2 */
static PetscErrorCode TrustNCGGradientNorm(Tao tao, Vec g, PetscReal gg, PetscReal *norm)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (tao->gradient_norm) {
    PetscCall(MatMult(tao->gradient_norm, g, tao->gradient_norm_tmp));
    PetscCall(TrustNCGDot(g, tao->gradient_norm_tmp, &gg));
    tn->reductions++;
  }
  *norm = PetscSqrtReal(gg);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Apart each is called on all ranks, also where f has failed on some: the gradient may need them.
   Nothing is counted. */
PetscErrorCode TrustNCGCallFunctionAndGradient(Tao tao, Vec x, PetscReal *f, Vec g)
{
  PetscErrorCode error;

  PetscFunctionBegin;
  if (((TAO_TrustNCG *)tao->data)->combined) {
    error = TaoComputeObjectiveAndGradient(tao, x, f, g);
    PetscCall(TrustNCGGuardResult(tao, error, "the objective and gradient", x, f, g));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  error = TaoComputeObjective(tao, x, f);
  PetscCall(TrustNCGGuardResult(tao, error, "the objective", x, f, NULL));
  error = TaoComputeGradient(tao, x, g);
  PetscCall(TrustNCGGuardResult(tao, error, "the gradient", x, NULL, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGFunctionAndGradient(Tao tao, Vec x, PetscReal *f, Vec g)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGCallFunctionAndGradient(tao, x, f, g));
  if (tn->combined) tn->ledger.nfg++;
  else {
    tn->ledger.nf++;
    tn->ledger.ng++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient, and f if it is asked for, at a point that is no trial. */
PetscErrorCode TrustNCGEvaluateNear(Tao tao, Vec x, PetscReal *f, Vec g)
{
  TAO_TrustNCG  *tn    = (TAO_TrustNCG *)tao->data;
  PetscReal      value = 0.0;
  PetscErrorCode error;

  PetscFunctionBegin;
  if (f || tn->combined) PetscCall(TrustNCGFunctionAndGradient(tao, x, &value, g));
  else {
    error = TaoComputeGradient(tao, x, g);
    PetscCall(TrustNCGGuardResult(tao, error, "the gradient", x, NULL, g));
    tn->ledger.ng++;
  }
  PetscCall(TrustNCGAgree(tao, f || tn->combined ? &value : NULL, 0, NULL));
  if (f) *f = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGGradient_FD(void *ctx, Vec x, Vec g)
{
  Tao            tao = (Tao)ctx;
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_HessVec, tao, x, g, NULL));
  error = TaoComputeGradient(tao, x, g);
  PetscCall(TrustNCGGuardProduct(tao, error, "the gradient, for a difference", x, g));
  PetscCall(PetscLogEventEnd(TRUSTNCG_HessVec, tao, x, g, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGCallHessVec(Tao tao, Vec x, Vec v, Vec Hv)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(VecLockReadPush(x));
  PetscCallBack("trustncg callback Hessian-vector product", (*tn->hvfn)(tao, x, v, Hv, tn->hvctx));
  PetscCall(VecLockReadPop(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGHessVec_User(void *ctx, Vec x, Vec v, Vec Hv)
{
  Tao            tao = (Tao)ctx;
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_HessVec, tao, x, v, Hv));
  error = TrustNCGCallHessVec(tao, x, v, Hv);
  PetscCall(TrustNCGGuardProduct(tao, error, "the Hessian-vector product", x, Hv));
  PetscCall(PetscLogEventEnd(TRUSTNCG_HessVec, tao, x, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGUseDifferences(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->kind = TRUSTNCG_HV_FD;
  PetscCall(TrustNCGHessVecDestroy(&tn->shell));
  PetscCall(
    TrustNCGHessVecCreateFD(tao->solution, TrustNCGGradient_FD, tao, tn->noise.step, &tn->shell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a product with the user's Mat */
PetscErrorCode TrustNCGGuardMat(void *ctx, PetscErrorCode error, Vec v, Vec Hv)
{
  PetscFunctionBegin;
  PetscCall(
    TrustNCGGuardProduct((Tao)ctx, error, "the product with the Mat of TaoSetHessian()", v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After the preconditioner */
PetscErrorCode TrustNCGGuardPC(void *ctx, PetscErrorCode error, Vec r, Vec z)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGGuardProduct((Tao)ctx, error, "the preconditioner", r, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGHessVec_Mat(void *ctx, Vec x, Vec v, Vec Hv)
{
  Mat      H;
  PetscInt locks, left;

  PetscFunctionBegin;
  PetscCall(TaoGetHessian((Tao)ctx, &H, NULL, NULL, NULL));
  PetscCall(VecLockGet(v, &locks));
  PetscCall(TrustNCGGuardMat(ctx, MatMult(H, v, Hv), v, Hv));
  PetscCall(VecLockGet(v, &left)); /* none after an error, also not those of the shell's product */
  for (; left < locks; left++) PetscCall(VecLockReadPush(v));
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
  PetscCall(TrustNCGHessVecDestroy(&tn->shell));
  if (tn->hvfn) {
    tn->kind = TRUSTNCG_HV_USER;
    PetscCall(TrustNCGHessVecCreateUser(tao->solution, TrustNCGHessVec_User, tao, &tn->shell));
  } else if (H) { /* our KSP takes the Mat itself, all else the guarded one */
    tn->kind = TRUSTNCG_HV_MATRIX;
    PetscCall(TrustNCGHessVecCreateUser(tao->solution, TrustNCGHessVec_Mat, tao, &tn->shell));
  } else PetscCall(TrustNCGUseDifferences(tao));
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

/* The square of a gradient that is not 0 neither overflows nor comes near to vanishing, unless the
   gradient is as good as 0. */
static PetscErrorCode TrustNCGCheckRange(Tao tao)
{
  TAO_TrustNCG   *tn    = (TAO_TrustNCG *)tao->data;
  const PetscBool large = (PetscBool)(tn->gnorm > 1.0 / LEAST);
  PetscReal       most;

  PetscFunctionBegin;
  if (!large && !(tn->gnorm < LEAST)) PetscFunctionReturn(PETSC_SUCCESS); /* or NaN */
  PetscCall(VecNorm(tao->gradient, NORM_INFINITY, &most));
  tn->reductions++;
  PetscCheck(PetscIsInfOrNanReal(most) || (!large && most <= TrustNCGTarget(tao)),
             PetscObjectComm((PetscObject)tao), PETSC_ERR_FP,
             "At the start the largest entry of the gradient is %g: its square is beyond the range "
             "of numbers. Multiply f by a number that brings the gradient nearer to 1",
             (double)most);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A start that does for a solve, or an error that says why not */
static PetscErrorCode TrustNCGCheckStart(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);

  PetscFunctionBegin;
  PetscCheck(!tn->outside, comm, PETSC_ERR_FP,
             "The start, or where an update has moved it to, ||x|| = %g, is outside the domain of "
             "f, says a callback by TaoTrustNCGSetDomainError(): start inside",
             (double)tn->xnorm);
  if (!tn->restart) PetscCall(TrustNCGCheckRange(tao));
  PetscCheck(!PetscIsInfOrNanReal(tn->f) && !PetscIsInfOrNanReal(tn->gnorm), comm, PETSC_ERR_FP,
             "At the start f = %g, ||gradient|| = %g and ||x|| = %g: start where f and its "
             "gradient are finite",
             (double)tn->f, (double)tn->gnorm, (double)tn->xnorm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGEvaluateStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  Vec           x = tao->solution, g = tao->gradient;
  PetscReal     xx, gg;
  const SweepOp dots[] = {SweepDot(x, x, &xx), SweepDot(g, g, &gg)};

  PetscFunctionBegin;
  PetscCall(TrustNCGFunctionAndGradient(tao, x, &tn->f, g));
  PetscCall(TrustNCGAgree(tao, &tn->f, 2, dots));
  tn->xnorm = PetscSqrtReal(xx);
  PetscCall(TrustNCGGradientNorm(tao, g, gg, &tn->gnorm));
  tn->gnorm0        = tn->gnorm;
  tn->sequence.lost = (PetscBool)(tn->outside || PetscIsInfOrNanReal(tn->f + tn->gnorm) ||
                                  TrustNCGUnit(tn->gnorm) != 1.0);
  if (!tn->sequence.level) PetscCall(TrustNCGCheckStart(tao)); /* an error, in words */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f at w, and the gradient where it comes with f; all that is to know of them in one reduction. */
PetscErrorCode TrustNCGEvaluateTrial(Tao tao)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  Vec            d = tao->stepdirection, w = tn->w, gplus = tn->gplus;
  PetscReal      dd, ww;
  const SweepOp  dots[] = {SweepDot(tao->gradient, d, &tn->slope), SweepDot(d, d, &dd),
                           SweepDot(w, w, &ww), SweepDot(gplus, d, &tn->slopeplus),
                           SweepDot(gplus, gplus, &tn->gg)};
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscCall(VecWAXPY(w, -1.0, d, tao->solution));
  tn->have_gplus = tn->combined;
  if (tn->combined) PetscCall(TrustNCGFunctionAndGradient(tao, w, &tn->fplus, gplus));
  else {
    error = TaoComputeObjective(tao, w, &tn->fplus);
    PetscCall(TrustNCGGuardResult(tao, error, "the objective", w, &tn->fplus, NULL));
    tn->ledger.nf++;
  }
  PetscCall(TrustNCGAgree(tao, &tn->fplus, tn->combined ? 5 : 3, dots));
  tn->dnorm2    = PetscSqrtReal(dd);
  tn->wnorm     = PetscSqrtReal(ww);
  tn->slope     = -tn->slope;
  tn->slopeplus = -tn->slopeplus;
  tn->gplusnorm = 0.0;
  tn->tries++;
  PetscCall(PetscLogEventEnd(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient at w, unless it is there already, its norm, and the slope of f at w. */
PetscErrorCode TrustNCGEvaluateTrialGradient(Tao tao)
{
  TAO_TrustNCG  *tn     = (TAO_TrustNCG *)tao->data;
  Vec            gplus  = tn->gplus;
  const SweepOp  dots[] = {SweepDot(gplus, tao->stepdirection, &tn->slopeplus),
                           SweepDot(gplus, gplus, &tn->gg)};
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  if (!tn->have_gplus) {
    error = TaoComputeGradient(tao, tn->w, gplus);
    PetscCall(TrustNCGGuardResult(tao, error, "the gradient", tn->w, NULL, gplus));
    PetscCall(TrustNCGAgree(tao, NULL, 2, dots));
    if (tn->outside) tn->gg = NAN; /* a rank without unknowns has no entry to say so */
    tn->slopeplus = -tn->slopeplus;
    tn->ledger.ng++;
    tn->have_gplus = PETSC_TRUE;
  }
  PetscCall(TrustNCGGradientNorm(tao, gplus, tn->gg, &tn->gplusnorm));
  PetscCall(PetscLogEventEnd(TRUSTNCG_Trial, tao, NULL, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The user's Hessian at x. No sum of what it leaves behind tells of an error on one rank. */
PetscErrorCode TrustNCGComputeHessian(Tao tao, Vec x, Mat H, Mat P)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode error;

  PetscFunctionBegin;
  error = TaoComputeHessian(tao, x, H, P);
  PetscCall(TrustNCGGuardResult(tao, error, "the Hessian", x, NULL, NULL));
  PetscCall(TrustNCGAgree(tao, NULL, 0, NULL));
  PetscCheck(!tn->outside, PetscObjectComm((PetscObject)tao), PETSC_ERR_FP,
             "The Hessian says by TaoTrustNCGSetDomainError() that a point is outside the domain "
             "where f and its gradient are finite: say so in the objective or the gradient");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H at the iterate: tn->shell, and the Mats of the user where they are needed. */
PetscErrorCode TrustNCGSetHessianPoint(Tao tao, PetscBool needP)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode (*compute)(Tao, Vec, Mat, Mat, void *);
  Mat userH, userP;

  PetscFunctionBegin;
  PetscCall(TaoGetHessian(tao, &userH, &userP, &compute, NULL));
  if (userH && compute && (tn->kind == TRUSTNCG_HV_MATRIX || needP)) {
    PetscCall(TrustNCGComputeHessian(tao, tao->solution, userH, userP ? userP : userH));
  }
  PetscCall(TrustNCGHessVecSetPoint(tn->shell, tao->solution, tao->gradient, tn->xnorm, tn->w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CopyNullSpace(Mat from, Mat to)
{
  MatNullSpace space;

  PetscFunctionBegin;
  PetscCall(MatGetNullSpace(from, &space));
  PetscCall(MatSetNullSpace(to, space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The operators of the subproblem at the iterate: H, and P for the preconditioner, which may be
   a Mat of the user's beside any H. */
PetscErrorCode TrustNCGUpdateHessian(Tao tao, Mat *H, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  Mat           userH, userP;
  PetscBool     has = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(TrustNCGHasPC(tao, &has));
  /* a PC that trustncg has chosen is not made from a Mat of the user's */
  PetscCall(TrustNCGSetHessianPoint(
    tao, (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_USER && has && !tn->riesz)));
  PetscCall(TaoGetHessian(tao, &userH, &userP, NULL, NULL));
  *H = tn->kind == TRUSTNCG_HV_MATRIX ? userH : tn->shell;
  *P = userP ? userP : *H;
  if (!tn->ours) { /* a KSP that guards no products */
    *H = tn->shell;
    if (tn->kind == TRUSTNCG_HV_MATRIX) PetscCall(CopyNullSpace(userH, tn->shell));
  }
  PetscCall(TrustNCGPrecondUpdate(tao, tn->shell, H, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}
