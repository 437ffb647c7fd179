/* SPDX-License-Identifier: BSD-2-Clause
   A check of f, gradient and Hv against each other on every step of CG that is taken, from numbers
   that are known anyway. */
#include "tao/trustncg_impl.h"

#define SURE_STEPS 4 /* that do not fit, less those that do: then it is said, once */
#define SAME       1e-2

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
                                   .roundoff  = TrustNCGLevel(tn)};
  const PetscReal       last    = tn->factor;
  TrustNCGSuspect       suspect = TrustNCGStepSuspect(&step, &tn->factor);

  if (tn->kind == TRUSTNCG_HV_FD) { /* Hv fits the gradient, but for noise */
    if (suspect == TRUSTNCG_SUSPECT_HV) suspect = TRUSTNCG_SUSPECT_HIDDEN;
    if (suspect > TRUSTNCG_SUSPECT_HIDDEN) suspect = TRUSTNCG_SUSPECT_F;
  }
  if (suspect == TRUSTNCG_SUSPECT_GRADIENT &&
      !(PetscAbsReal(tn->factor - last) <= SAME * PetscAbsReal(last))) {
    suspect = TRUSTNCG_SUSPECT_HIDDEN; /* a factor that changes from step to step is an accident */
  }
  return suspect;
}

/* After a step of CG is accepted, before it is taken. */
PetscErrorCode TrustNCGCheckStep(Tao tao)
{
  TAO_TrustNCG         *tn      = (TAO_TrustNCG *)tao->data;
  const TrustNCGSuspect suspect = Suspect(tn);

  PetscFunctionBegin;
  if (tn->suspect != TRUSTNCG_SUSPECT_NONE || suspect == TRUSTNCG_SUSPECT_HIDDEN) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (suspect == TRUSTNCG_SUSPECT_NONE) {
    tn->misfits = PetscMax(0, tn->misfits - 1);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tn->misfit = tn->misfits > 0 && suspect != tn->misfit ? TRUSTNCG_SUSPECT_ANY : suspect;
  if (++tn->misfits < SURE_STEPS) PetscFunctionReturn(PETSC_SUCCESS);
  tn->suspect = tn->misfit;
  PetscCall(Warn(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}
