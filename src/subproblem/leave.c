/* SPDX-License-Identifier: BSD-2-Clause
   Where the truncated CG leaves: the moves along p, the boundary and negative curvature, and the
   looks of whoever asked for them. */
#include "subproblem/trustcg_impl.h"
#include "rules/rules.h"

#define FLAT  (PETSC_MACHINE_EPSILON * PETSC_MACHINE_EPSILON) /* of the largest curvature: it is 0 */
#define GROWN 1e8                                             /* in r'r since b */

/* d += tau unit p, in the next sweep that reads p; and all that is known of d */
PetscErrorCode TrustCGMove(KSP ksp, PetscReal tau, PetscReal kappa)
{
  KSP_TrustCG    *cg   = (KSP_TrustCG *)ksp->data;
  const PetscReal step = tau * cg->unit, rz = cg->rz * cg->unit;

  PetscFunctionBegin;
  cg->lag = step - cg->ahead;
  cg->doubt.path2 += step * step * cg->pp2;
  cg->dd += step * (2.0 * cg->dp + step * cg->pp);
  cg->dp += step * cg->pp;
  cg->model += step * (0.5 * step * kappa - rz);
  cg->work += step * rz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is known of d */
TrustCGKnot TrustCGHere(const KSP_TrustCG *cg)
{
  const TrustCGKnot here = {PetscSqrtReal(cg->dd), cg->model, cg->work};

  return here;
}

/* Does whoever asked for it want to stop at d? At the boundary it may raise the radius. */
static PetscErrorCode TrustCGAsk(KSP ksp, PetscReal *radius, PetscBool *stop)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  *stop = PETSC_FALSE;
  TrustCGPathEnd(&cg->path, TrustCGHere(cg));
  cg->looking = PETSC_TRUE;
  PetscCall((*cg->look)(cg->lookctx, radius, stop));
  cg->looking = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the model so good at the boundary that the same CG goes on in a larger region? Then d is
   ahead of its iterate by some of alpha p, and r by all of it, as Ap is lent to who looks. */
static PetscErrorCode TrustCGLookBeyond(KSP ksp, PetscReal alpha, PetscReal kappa)
{
  KSP_TrustCG      *cg     = (KSP_TrustCG *)ksp->data;
  const KSP_TrustCG here   = *cg;
  const PetscReal   step   = TrustNCGToBoundary(cg->dd, cg->dp, cg->pp, cg->radius);
  PetscReal         radius = cg->radius;
  PetscBool         stop   = PETSC_TRUE;
  PetscInt          nops   = 0;
  SweepOp           ops[SWEEP_OPS_MAX];

  PetscFunctionBegin;
  PetscCall(TrustCGMove(ksp, step / cg->unit, kappa));
  cg->dd = radius * radius;
  if (cg->look && step > 0.0) {
    TrustCGCatchUp(ksp, &nops, ops);
    if (!TrustCGFollows(cg) && cg->ahead == 0.0) TrustCGResidual(cg, cg->beta, alpha, &nops, ops);
    PetscCall(SweepRun(&cg->sweeper, nops, ops));
    PetscCall(TrustCGAsk(ksp, &radius, &stop));
  }
  if (stop || !(radius > cg->radius)) {
    ksp->reason = TRUSTNCG_KSP_BOUNDARY;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  cg->radius      = radius;
  cg->dd          = here.dd;
  cg->dp          = here.dp;
  cg->model       = here.model;
  cg->work        = here.work;
  cg->doubt.path2 = here.doubt.path2;
  cg->ahead       = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without a radius CG runs away where b has a part along which A is 0: its directions have less and
   less curvature, and never none, and the residual grows. */
static PetscBool TrustCGRunsAway(KSP_TrustCG *cg, PetscReal kappa)
{
  const PetscReal bend = kappa / cg->pp;

  if (PetscIsInfOrNanReal(bend)) return PETSC_FALSE;
  cg->stiffest = PetscMax(cg->stiffest, bend);
  return (PetscBool)(bend < FLAT * cg->stiffest && cg->rr > GROWN * cg->rrfirst);
}

/* Does the step to the minimum along p leave the region? Then, and at negative curvature, go to
   the boundary, and stop there unless the region grows. */
PetscErrorCode TrustCGLeave(KSP ksp, PetscReal kappa)
{
  KSP_TrustCG    *cg      = (KSP_TrustCG *)ksp->data;
  const PetscBool bounded = (PetscBool)(cg->radius > 0.0 && cg->radius < PETSC_INFINITY);
  PetscReal       step, alpha;

  PetscFunctionBegin;
  if (PetscIsInfOrNanReal(kappa)) {
    ksp->reason = KSP_DIVERGED_NANORINF;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (kappa > 0.0 && !bounded && TrustCGRunsAway(cg, kappa)) kappa = 0.0;
  if (kappa > 0.0) {
    alpha = cg->rz / kappa;
    step  = alpha * cg->unit;
    while (bounded && !ksp->reason &&
           cg->dd + step * (2.0 * cg->dp + step * cg->pp) >= cg->radius * cg->radius) {
      PetscCall(TrustCGLookBeyond(ksp, alpha, kappa));
    }
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  ksp->reason = TRUSTNCG_KSP_NEGATIVE_CURVATURE;
  if (bounded) step = TrustNCGToBoundary(cg->dd, cg->dp, cg->pp, cg->radius);
  else step = TrustNCGUnboundedStep(cg->rz * cg->unit, kappa, cg->dd, cg->pp);
  PetscCall(TrustCGMove(ksp, step / cg->unit, kappa));
  if (bounded) cg->dd = cg->radius * cg->radius;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between iterations: does whoever asked for it want to stop here? */
PetscErrorCode TrustCGLookOnTheWay(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscBool    stop;

  PetscFunctionBegin;
  PetscCall(TrustCGSettle(ksp));
  cg->nextlook = 2 * ksp->its;
  PetscCall(TrustCGAsk(ksp, NULL, &stop));
  if (stop) ksp->reason = KSP_CONVERGED_ITS;
  PetscFunctionReturn(PETSC_SUCCESS);
}
