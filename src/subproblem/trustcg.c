/* SPDX-License-Identifier: BSD-2-Clause
   The KSP type KSPTRUSTCG: its options, its view, and what the trust-region loop asks of it. */
#include "subproblem/trustcg_impl.h"

static PetscErrorCode KSPSetUp_TrustCG(KSP ksp)
{
  PetscFunctionBegin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a solve, and before A, b or the solution change: turns the solution into the step of the
   same CG path for `radius`, without a product with A. Back towards a larger radius that goes as
   far as the path is straight. */
PetscErrorCode TrustCGStepTo(KSP ksp, PetscReal radius)
{
  KSP_TrustCG *cg    = (KSP_TrustCG *)ksp->data;
  Vec          first = ksp->vec_rhs;

  PetscFunctionBegin;
  radius = PetscMin(radius, cg->path.most);
  if (radius == cg->path.end.norm) PetscFunctionReturn(PETSC_SUCCESS);
  if (cg->pc && cg->path.first.norm > 0.0) {
    PetscCall(TrustCGPrecondition(ksp, ksp->vec_rhs, cg->z));
    first = cg->z;
  }
  PetscCall(TrustCGPathStep(&cg->path, radius, first, ksp->vec_sol));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGKeepStep(KSP ksp, PetscBool back)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  if (back) cg->path = cg->kept;
  else cg->kept = cg->path;
  PetscCall(VecCopy(back ? cg->p : ksp->vec_sol, back ? ksp->vec_sol : cg->p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGSetObserver(KSP ksp, TrustCGObserver observer, void *ctx)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  cg->observer    = observer;
  cg->observerctx = ctx;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGSetLook(KSP ksp, TrustCGLook look, void *ctx)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  cg->look    = look;
  cg->lookctx = ctx;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGSetGuards(KSP ksp, TrustCGGuards guards)
{
  PetscFunctionBegin;
  ((KSP_TrustCG *)ksp->data)->guards = guards;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGSetAlarm(KSP ksp, TrustCGAlarm alarm, void *ctx)
{
  Sweeper *sweeper = &((KSP_TrustCG *)ksp->data)->sweeper;

  PetscFunctionBegin;
  sweeper->alarm    = alarm;
  sweeper->alarmctx = ctx;
  sweeper->alarmed  = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGGetFreeVec(KSP ksp, Vec taken, Vec *v)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  if (cg->looking) *v = TrustCGFollows(cg) ? NULL : cg->Ap;
  else *v = taken == cg->Ap ? cg->r : cg->Ap;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGGetCounts(KSP ksp, PetscInt *reductions, PetscInt *vectors)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  if (reductions) *reductions = cg->sweeper.reductions;
  if (vectors) {
    *vectors = !!cg->r + !!cg->p + !!cg->Ap + !!cg->z + !!cg->Az;
    *vectors += !!cg->m + !!cg->q + !!cg->Am + !!cg->Aq;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGGetDrop(KSP ksp, PetscReal *drop)
{
  PetscFunctionBegin;
  *drop = ksp->rnorm0 > 0.0 ? ksp->rnorm / ksp->rnorm0 : 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGGetProducts(KSP ksp, PetscInt *products)
{
  PetscFunctionBegin;
  *products = ((KSP_TrustCG *)ksp->data)->products;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPCGSetRadius_TrustCG(KSP ksp, PetscReal radius)
{
  PetscFunctionBegin;
  ((KSP_TrustCG *)ksp->data)->radius = radius;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPCGGetNormD_TrustCG(KSP ksp, PetscReal *dnorm)
{
  PetscFunctionBegin;
  *dnorm = ((KSP_TrustCG *)ksp->data)->path.end.norm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPCGGetObjFcn_TrustCG(KSP ksp, PetscReal *model)
{
  PetscFunctionBegin;
  *model = ((KSP_TrustCG *)ksp->data)->path.end.model;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPSetFromOptions_TrustCG(KSP ksp, TrustNCGOptionItems PetscOptionsObject)
{
  static const char *const forms[] = {"2", "1", "overlapped"};
  KSP_TrustCG             *cg      = (KSP_TrustCG *)ksp->data;
  PetscReal                radius  = cg->radius;
  PetscInt                 form    = cg->asked;
  PetscBool                set;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "KSP TrustCG options");
  PetscCall(PetscOptionsReal("-ksp_cg_radius", "Trust-region radius, 0 for none", "KSPCGSetRadius",
                             radius, &radius, &set));
  PetscCheck(radius >= 0.0, PetscObjectComm((PetscObject)ksp), PETSC_ERR_ARG_OUTOFRANGE,
             "-%sksp_cg_radius is %g: a radius is 0 (none) or positive",
             ((PetscObject)ksp)->prefix ? ((PetscObject)ksp)->prefix : "", (double)radius);
  if (set) cg->radius = radius;
  PetscCall(PetscOptionsEList("-ksp_trustcg_reductions",
                              "Global reductions an iteration with a preconditioner: 2, 1; or 1 "
                              "overlapped with the next product",
                              "KSPTRUSTCG", forms, 3, forms[form], &form, NULL));
  cg->asked = (TrustCGForm)form;
  PetscOptionsHeadEnd();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPView_TrustCG(KSP ksp, PetscViewer viewer)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscBool    ascii;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)viewer, PETSCVIEWERASCII, &ascii));
  if (ascii) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "  last step: length %g, model %g\n",
                                     (double)cg->path.end.norm, (double)cg->path.end.model));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPReset_TrustCG(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&cg->r));
  PetscCall(VecDestroy(&cg->z));
  PetscCall(VecDestroy(&cg->p));
  PetscCall(VecDestroy(&cg->Ap));
  PetscCall(VecDestroy(&cg->Az));
  PetscCall(VecDestroy(&cg->m));
  PetscCall(VecDestroy(&cg->q));
  PetscCall(VecDestroy(&cg->Am));
  PetscCall(VecDestroy(&cg->Aq));
  PetscCall(SweepReset(&cg->sweeper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KSPDestroy_TrustCG(KSP ksp)
{
  PetscFunctionBegin;
  PetscCall(KSPReset_TrustCG(ksp));
  PetscCall(PetscObjectComposeFunction((PetscObject)ksp, "KSPCGSetRadius_C", NULL));
  PetscCall(PetscObjectComposeFunction((PetscObject)ksp, "KSPCGGetNormD_C", NULL));
  PetscCall(PetscObjectComposeFunction((PetscObject)ksp, "KSPCGGetObjFcn_C", NULL));
  PetscCall(KSPDestroyDefault(ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*MC
  KSPTRUSTCG - "trustcg": preconditioned conjugate gradients truncated at a trust-region boundary
  and at negative curvature (Steihaug-Toint), with one global reduction an iteration, or two.

  Options Database Keys:
+ -ksp_cg_radius <0> - trust-region radius in the norm of the preconditioner, 0 for none
. -ksp_trustcg_reductions <2> - global reductions an iteration with a preconditioner: 2, 1; or
                                overlapped, one that travels while the next product is computed
. -ksp_rtol <rtol> - stop at ||r|| <= rtol ||b||
- -ksp_norm_type <unpreconditioned> - norm of that test: unpreconditioned, natural or none

  Level: intermediate

  Notes:
  Minimises d'Ad/2 - b'd over ||d||_M <= radius from d = 0, an initial guess is ignored. A may be
  indefinite, the preconditioner must be positive definite; one that is not positive along b is
  put aside for that solve. `KSPCGSetRadius()`, `KSPCGGetNormD()` and `KSPCGGetObjFcn()` apply.

  The forms take the same steps to rounding, but at different costs. Without a preconditioner an
  iteration makes one product and one reduction, and reads and writes 7 vectors (8 where products
  are differences or A is ill-conditioned); the solver keeps 3. A solve that converges makes one
  reduction more, one that is monitored one more in each iteration. With a preconditioner and 2
  reductions it is 12 vectors, besides the preconditioner, and 4 are kept. With 1 it is 14, 5 are
  kept, and there is one product more in a solve that converges. Overlapped it is 13 without, 18
  with a preconditioner, 6 and 9 are kept, and there are two products more in a solve that
  converges, one in another. The latter two recompute residual and products, 2 or 4 of them, each
  time that ||r|| has fallen by a hundred. With a preconditioner choose 1 where the latency of a
  reduction is felt; choose overlapped where it is as long as a product.

  With no radius and negative curvature the step is as long as |p'Ap| suggests.

  Reasons are those of `KSPSTCG`, and `KSP_DIVERGED_NANORINF` when a product with A holds a NaN:
  the solution is then the last good iterate.

.seealso: `TAOTRUSTNCG`, `KSPSTCG`, `KSPCGSetRadius()`, `TaoGetKSP()`
M*/
PetscErrorCode KSPCreate_TrustCG(KSP ksp)
{
  KSP_TrustCG *cg;

  PetscFunctionBegin;
  PetscCall(PetscNew(&cg));
  ksp->data = cg;
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_UNPRECONDITIONED, PC_LEFT, 3));
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_NATURAL, PC_LEFT, 2));
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_NONE, PC_LEFT, 1));
  ksp->ops->setup          = KSPSetUp_TrustCG;
  ksp->ops->solve          = KSPSolve_TrustCG;
  ksp->ops->reset          = KSPReset_TrustCG;
  ksp->ops->destroy        = KSPDestroy_TrustCG;
  ksp->ops->setfromoptions = KSPSetFromOptions_TrustCG;
  ksp->ops->view           = KSPView_TrustCG;
  ksp->ops->buildsolution  = KSPBuildSolutionDefault;
  ksp->ops->buildresidual  = KSPBuildResidualDefault;
  PetscCall(
    PetscObjectComposeFunction((PetscObject)ksp, "KSPCGSetRadius_C", KSPCGSetRadius_TrustCG));
  PetscCall(PetscObjectComposeFunction((PetscObject)ksp, "KSPCGGetNormD_C", KSPCGGetNormD_TrustCG));
  PetscCall(
    PetscObjectComposeFunction((PetscObject)ksp, "KSPCGGetObjFcn_C", KSPCGGetObjFcn_TrustCG));
  PetscFunctionReturn(PETSC_SUCCESS);
}
