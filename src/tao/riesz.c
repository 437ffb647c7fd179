/* SPDX-License-Identifier: BSD-2-Clause
   The Mat of TaoSetGradientNorm() as the preconditioner. */
#include "tao/trustncg_impl.h"

static PetscErrorCode ApplyRiesz(PC pc, Vec r, Vec z)
{
  Mat M;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &M));
  PetscCall(MatMult(M, r, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The M of TaoSetGradientNorm() takes gradients to steps: as PC it makes steps measure in the norm
   of M^-1 and residuals, by the natural norm of CG, as the gradient does. A PC of the KSP stays. */
PetscErrorCode TrustNCGSetUpRiesz(Tao tao)
{
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscBool     has = PETSC_FALSE;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(TrustNCGHasPC(tao, &has));
  if (has || !tao->gradient_norm) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PetscObjectReference((PetscObject)tao->gradient_norm));
  tn->riesz = tao->gradient_norm;
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, tn->riesz));
  PetscCall(PCShellSetApply(pc, ApplyRiesz));
  PetscCall(PCShellSetName(pc, "the Mat of TaoSetGradientNorm()"));
  PetscCall(KSPGetNormType(tao->ksp, &tn->normtype));
  PetscCall(KSPSetNormType(tao->ksp, KSP_NORM_NATURAL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGResetRiesz(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  void         *ctx;
  PC            pc;

  PetscFunctionBegin;
  if (!tn->riesz) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCShellGetContext(pc, &ctx));
  if (ctx == tn->riesz) PetscCall(PCSetType(pc, PCNONE));
  PetscCall(KSPSetNormType(tao->ksp, tn->normtype));
  PetscCall(MatDestroy(&tn->riesz));
  PetscFunctionReturn(PETSC_SUCCESS);
}
