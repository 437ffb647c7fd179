/* SPDX-License-Identifier: BSD-2-Clause
   A check of f, gradient and Hv against each other on every step of CG that is taken, from numbers
   that are known anyway; one product and two gradients more before Hv is called wrong. */
#include "tao/trustncg_impl.h"
#include "sums/sums.h"

#define SURE_STEPS 4    /* that do not fit, less those that do: then it is said, once */
#define WIDER      4.0  /* the step of a second difference, which tells how good the first is */
#define SAME       1e-2 /* relative change of a factor that is one */

const char *const TrustNCGSuspectWords[] = {
  "f, gradient and Hv fit",
  "whether f, gradient and Hv fit is not known",
  "f does not fit its gradient, of which Hv is the derivative",
  "the gradient is wrong: f and Hv fit each other",
  "Hv is not the derivative of the gradient, which fits f",
  "f, gradient and Hv do not fit each other"};

void TrustNCGConsistencyStart(TAO_TrustNCG *tn)
{
  tn->suspect = TRUSTNCG_SUSPECT_NONE;
  tn->misfits = 0;
  tn->factor  = 0.0;
  tn->hvright = PETSC_FALSE;
  tn->misfit  = TRUSTNCG_SUSPECT_NONE;
}

static PetscErrorCode Warn(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);

  PetscFunctionBegin;
  PetscCall(PetscFPrintf(comm, PETSC_STDERR,
                         "trustncg: warning: at iteration %" PetscInt_FMT
                         ": %s, on %d steps; -%stao_trustncg_check_derivatives looks closer\n",
                         tao->niter, TrustNCGSuspectWords[tn->suspect], SURE_STEPS,
                         TrustNCGPrefix(tao)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the step that is about to be taken tells. */
static TrustNCGSuspect Suspect(TAO_TrustNCG *tn)
{
  const TrustNCGStepFit step    = {.slope     = tn->slope,
                                   .slopeplus = tn->slopeplus,
                                   .df        = tn->fplus - tn->f,
                                   .sHs       = 2.0 * (tn->model - tn->slope),
                                   .roundoff  = TrustNCGResolution(tn)};
  const PetscReal       last    = tn->factor;
  TrustNCGSuspect       suspect = TrustNCGStepSuspect(&step, &tn->factor);

  if (tn->kind == TRUSTNCG_HV_FD) { /* Hv fits the gradient, but for noise */
    if (suspect == TRUSTNCG_SUSPECT_HV) suspect = TRUSTNCG_SUSPECT_HIDDEN;
    if (suspect > TRUSTNCG_SUSPECT_HIDDEN) suspect = TRUSTNCG_SUSPECT_F;
  }
  if (suspect == TRUSTNCG_SUSPECT_HV && tn->hvright) suspect = TRUSTNCG_SUSPECT_HIDDEN;
  if (suspect == TRUSTNCG_SUSPECT_GRADIENT &&
      !(PetscAbsReal(tn->factor - last) <= SAME * PetscAbsReal(last))) {
    suspect = TRUSTNCG_SUSPECT_HIDDEN; /* a factor that changes from step to step is an accident */
  }
  return suspect;
}

/* After a step of CG is accepted, before it is taken. A sparse Hessian of another point tells
   nothing of Hv. */
PetscErrorCode TrustNCGConsistencyStep(Tao tao)
{
  TAO_TrustNCG         *tn      = (TAO_TrustNCG *)tao->data;
  const TrustNCGSuspect suspect = Suspect(tn);
  PetscBool             standin, here;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondStandsIn(tao, &standin, &here));
  if (standin && !here) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->suspect != TRUSTNCG_SUSPECT_NONE || suspect == TRUSTNCG_SUSPECT_HIDDEN) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (suspect == TRUSTNCG_SUSPECT_NONE) {
    tn->misfits = PetscMax(0, tn->misfits - 1);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tn->misfit = tn->misfits > 0 && suspect != tn->misfit ? TRUSTNCG_SUSPECT_ANY : suspect;
  tn->misfits++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* D = (g(x + h s) - g)/h along the last step s */
static PetscErrorCode Difference(Tao tao, PetscReal h, Vec D)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(VecWAXPY(tn->w, h, tao->stepdirection, tao->solution));
  PetscCall(TrustNCGEvaluateNear(tao, tn->w, NULL, D));
  PetscCall(VecAXPBY(D, -1.0 / h, 1.0 / h, tao->gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is H s another vector than differences of the gradient say, by more than they doubt themselves?
   In curved valleys whole rows of steps look as if it were. */
static PetscErrorCode ProductIsWrong(Tao tao, PetscBool *wrong)
{
  TAO_TrustNCG   *tn = (TAO_TrustNCG *)tao->data;
  const PetscReal h  = tn->noise.step * (1.0 + tn->xnorm) / tn->dnorm2;
  PetscReal       gap, doubt, Dnorm, Hsnorm;
  Vec             Hs, D;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(tao->solution, &Hs));
  PetscCall(VecDuplicate(tao->solution, &D));
  PetscCall(TrustNCGSetHessianPoint(tao, PETSC_FALSE));
  PetscCall(MatMult(tn->shell, tao->stepdirection, Hs));
  PetscCall(TrustNCGCountProducts(tao, 1));
  PetscCall(Difference(tao, h, D));
  PetscCall(TrustNCGNorm(D, &Dnorm));
  PetscCall(TrustNCGNorm(Hs, &Hsnorm));
  PetscCall(VecAXPY(Hs, -1.0, D));
  PetscCall(TrustNCGNorm(Hs, &gap));
  PetscCall(Difference(tao, WIDER * h, Hs));
  PetscCall(VecAXPY(Hs, -1.0, D));
  PetscCall(TrustNCGNorm(Hs, &doubt));
  tn->reductions += 4;
  *wrong = (PetscBool)(TrustNCGJudge(gap, doubt, PetscMax(Dnorm, Hsnorm)) == TRUSTNCG_FIT_WRONG);
  PetscCall(VecDestroy(&Hs));
  PetscCall(VecDestroy(&D));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Go on without the user's Hv. */
static PetscErrorCode FallBack(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     forgot;

  PetscFunctionBegin;
  PetscCall(TrustNCGUseDifferences(tao));
  PetscCall(TrustNCGPrecondForget(tao, &forgot));
  tn->mismatch = PETSC_INFINITY;
  PetscCall(PetscInfo(tao, "Hv by differences of the gradient from here on\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a step: have the last ones shown what is wrong? */
PetscErrorCode TrustNCGConsistencyTest(Tao tao)
{
  TAO_TrustNCG *tn    = (TAO_TrustNCG *)tao->data;
  PetscBool     wrong = PETSC_TRUE;

  PetscFunctionBegin;
  if (tn->suspect == TRUSTNCG_SUSPECT_NONE && tn->misfits >= SURE_STEPS && tn->dnorm2 > 0.0) {
    if (tn->misfit == TRUSTNCG_SUSPECT_HV) PetscCall(ProductIsWrong(tao, &wrong));
    tn->hvright = (PetscBool)!wrong;
    tn->misfits = 0;
    if (!wrong) PetscFunctionReturn(PETSC_SUCCESS);
    tn->suspect = tn->misfit;
    PetscCall(Warn(tao));
  }
  if (tn->hvfallback && tn->suspect == TRUSTNCG_SUSPECT_HV && tn->kind != TRUSTNCG_HV_FD) {
    PetscCall(FallBack(tao));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is something wrong that is still in use? */
PetscBool TrustNCGConsistencyFails(const TAO_TrustNCG *tn)
{
  if (tn->suspect == TRUSTNCG_SUSPECT_HV) return (PetscBool)(tn->kind != TRUSTNCG_HV_FD);
  return (PetscBool)(tn->suspect != TRUSTNCG_SUSPECT_NONE);
}

PetscErrorCode TrustNCGConsistencyOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  PetscBool use = ((TAO_TrustNCG *)tao->data)->hvfallback;

  PetscFunctionBegin;
  PetscCall(PetscOptionsBool("-tao_trustncg_hv_fallback",
                             "Differences of the gradient where Hv turns out to be wrong",
                             "TaoTrustNCGSetHessianVectorFallback", use, &use, NULL));
  PetscCall(TaoTrustNCGSetHessianVectorFallback(tao, use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetHessianVectorFallback - Sets whether differences of the gradient take the place of
  a Hessian-vector product of the user's that turns out not to be the derivative of the gradient.

  Logically Collective; `use` must be equal on all ranks

  Input Parameters:
+ tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- use - default false: the product is used to the end, a warning names it

  Options Database Key:
. -tao_trustncg_hv_fallback <false> - fall back to differences

  Level: advanced

  Notes:
  On every step s of CG that is taken, f+ - f is compared with the slopes at both ends, and the
  change of the slope with s'H s: at no evaluation, no product and no reduction. Where several
  steps show, more of them than not, a gap that the curvature of f does not explain, one warning on
  the standard error says which of f, gradient and H v does not fit the other two;
  `TaoTrustNCGGetOutcome()` and `-tao_view` repeat it. Before H v is named, one product and two
  gradients more confirm it.

  The fall-back lasts to the end of the `TaoSolve()`, whose outcome still names the product. A
  deliberate approximation of H v, such as Gauss-Newton's, is a wrong product to this check: leave
  the fall-back off.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetHessianVectorFallback()`, `TaoTrustNCGSetHessianVector()`,
          `TaoTrustNCGSetCheckDerivatives()`
@*/
PetscErrorCode TaoTrustNCGSetHessianVectorFallback(Tao tao, PetscBool use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, use, 2);
  if (tn) tn->hvfallback = use;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetHessianVectorFallback - Says whether a wrong Hessian-vector product is replaced.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. use - true where differences of the gradient take its place

  Level: advanced

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetHessianVectorFallback()`
@*/
PetscErrorCode TaoTrustNCGGetHessianVectorFallback(Tao tao, PetscBool *use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidBoolPointer(use, 2);
  *use = tn->hvfallback;
  PetscFunctionReturn(PETSC_SUCCESS);
}
