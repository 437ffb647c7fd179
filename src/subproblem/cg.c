/* SPDX-License-Identifier: BSD-2-Clause
   The solve of KSPTRUSTCG: conjugate gradients truncated at a trust-region boundary and at
   negative curvature.

   Minimises q(d) = d'Ad/2 - b'd subject to ||d||_M <= radius, from d = 0 (M the preconditioner):

     r = b;  z = M^-1 r;  p = z
     repeat
       kappa = p'Ap                                                    (reduction 1)
       kappa <= 0, or ||d + alpha p||_M >= radius with alpha = r'z/kappa:
         d += tau p to the boundary; stop
       d += alpha p;  r -= alpha Ap;  z = M^-1 r;  r'z, r'r            (reduction 2)
       ||r|| <= rtol ||b||: stop
       p = z + beta p

   d'Md, d'Mp, p'Mp and q(d) follow from the same scalars by recurrences, at no reduction.

   References: T. Steihaug, The conjugate gradient method and trust regions in large scale
   optimization, SIAM J. Numer. Anal. 20 (1983), 626-637; Ph. L. Toint, Towards an efficient
   sparsity exploiting Newton method for minimization (1981); A. R. Conn, N. I. M. Gould,
   Ph. L. Toint, Trust-Region Methods (2000), algorithm 7.5.1. */
#include "subproblem/trustcg_impl.h"
#include "rules/announce.h"
#include "rules/rules.h"

static PetscErrorCode TrustCGPrecondition(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  if (cg->pc) PetscCall(KSP_PCApply(ksp, cg->r, cg->z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* rr = r'r and rz = r'z, in one reduction; for a product by differences also ||z + beta p||^2,
   which needs z'z and z'p. */
static PetscErrorCode TrustCGDots(KSP ksp, PetscReal *zz, PetscReal *zp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  cg->reductions++;
  if (!cg->pc) {
    PetscCall(VecDot(cg->r, cg->r, &cg->rr));
    cg->rz = *zz = cg->rr;
    *zp          = 0.0; /* r_{k+1}'p_k = 0 */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VecDotBegin(cg->r, cg->z, &cg->rz));
  PetscCall(VecDotBegin(cg->r, cg->r, &cg->rr));
  if (cg->announce) PetscCall(VecDotBegin(cg->z, cg->z, zz));
  if (cg->announce) PetscCall(VecDotBegin(cg->z, cg->p, zp));
  PetscCall(VecDotEnd(cg->r, cg->z, &cg->rz));
  PetscCall(VecDotEnd(cg->r, cg->r, &cg->rr));
  if (cg->announce) PetscCall(VecDotEnd(cg->z, cg->z, zz));
  if (cg->announce) PetscCall(VecDotEnd(cg->z, cg->p, zp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Log, monitor and test the residual, in the norm that the KSP was told to use. */
static PetscErrorCode TrustCGTest(KSP ksp)
{
  KSP_TrustCG *cg    = (KSP_TrustCG *)ksp->data;
  PetscReal    rnorm = 0.0;

  PetscFunctionBegin;
  if (ksp->normtype == KSP_NORM_NATURAL) rnorm = PetscSqrtReal(PetscAbsReal(cg->rz));
  else if (ksp->normtype == KSP_NORM_UNPRECONDITIONED) rnorm = PetscSqrtReal(cg->rr);
  ksp->rnorm = rnorm;
  PetscCall(KSPLogResidualHistory(ksp, rnorm));
  PetscCall(KSPMonitor(ksp, ksp->its, rnorm));
  PetscCall((*ksp->converged)(ksp, ksp->its, rnorm, &ksp->reason, ksp->cnvP));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d = 0, r = b, z = M^-1 r, p = z. A preconditioner that is not positive along b is put aside
   for this solve. */
static PetscErrorCode TrustCGStart(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscReal    zz, zp;

  PetscFunctionBegin;
  ksp->its = 0;
  cg->dd = cg->dp = cg->model = cg->work = 0.0;
  cg->path.first.norm                    = 0.0;
  PetscCall(VecZeroEntries(ksp->vec_sol));
  PetscCall(VecCopy(ksp->vec_rhs, cg->r));
  PetscCall(TrustCGPrecondition(ksp));
  if (cg->pc) PetscCall(VecCopy(cg->z, cg->p));
  PetscCall(TrustCGDots(ksp, &zz, &zp));
  if (cg->pc && !(cg->rz > 0.0) && cg->rr > 0.0) {
    PetscCall(PetscInfo(ksp,
                        "the preconditioner is not positive definite (r'z = %g): solving "
                        "without it\n",
                        (double)cg->rz));
    cg->pc = PETSC_FALSE;
    cg->rz = zz = cg->rr;
  }
  if (!cg->pc) PetscCall(VecCopy(cg->r, cg->p));
  cg->pp  = cg->rz;
  cg->pp2 = zz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kappa = p'Ap */
static PetscErrorCode TrustCGCurvature(KSP ksp, PetscReal *kappa)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  Mat          A;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &A, NULL));
  if (cg->announce) PetscCall((*cg->announce)(A, PetscSqrtReal(cg->pp2)));
  PetscCall(KSP_MatMult(ksp, A, cg->p, cg->Ap));
  PetscCall(VecDot(cg->p, cg->Ap, kappa));
  cg->reductions++;
  ksp->its++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d += tau p, and all that is known of d */
static PetscErrorCode TrustCGMove(KSP ksp, PetscReal tau, PetscReal kappa)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(VecAXPY(ksp->vec_sol, tau, cg->p));
  cg->dd += tau * (2.0 * cg->dp + tau * cg->pp);
  cg->dp += tau * cg->pp;
  cg->model += tau * (0.5 * tau * kappa - cg->rz);
  cg->work += tau * cg->rz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the step to the minimum along p leave the region? Then, and at negative curvature, go to
   the boundary and stop. */
static PetscErrorCode TrustCGLeave(KSP ksp, PetscReal kappa)
{
  KSP_TrustCG    *cg      = (KSP_TrustCG *)ksp->data;
  const PetscBool bounded = (PetscBool)(cg->radius > 0.0 && cg->radius < PETSC_INFINITY);
  const PetscReal alpha   = kappa > 0.0 ? cg->rz / kappa : PETSC_INFINITY;
  PetscReal       tau;

  PetscFunctionBegin;
  if (PetscIsInfOrNanReal(kappa)) {
    ksp->reason = KSP_DIVERGED_NANORINF;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (kappa > 0.0) {
    const PetscReal dd = cg->dd + alpha * (2.0 * cg->dp + alpha * cg->pp);

    if (!bounded || dd < cg->radius * cg->radius) PetscFunctionReturn(PETSC_SUCCESS);
  }
  ksp->reason = kappa > 0.0 ? TRUSTNCG_KSP_BOUNDARY : TRUSTNCG_KSP_NEGATIVE_CURVATURE;
  if (bounded) tau = TrustNCGToBoundary(cg->dd, cg->dp, cg->pp, cg->radius);
  else tau = TrustNCGUnboundedStep(cg->rz, kappa, cg->dd, cg->pp);
  PetscCall(TrustCGMove(ksp, tau, kappa));
  if (bounded) cg->dd = cg->radius * cg->radius;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r -= alpha Ap, z = M^-1 r, p = z + beta p */
static PetscErrorCode TrustCGTurn(KSP ksp, PetscReal alpha)
{
  KSP_TrustCG    *cg    = (KSP_TrustCG *)ksp->data;
  const PetscReal rzold = cg->rz;
  PetscReal       beta, zz, zp;

  PetscFunctionBegin;
  PetscCall(VecAXPY(cg->r, -alpha, cg->Ap));
  PetscCall(TrustCGPrecondition(ksp));
  PetscCall(TrustCGDots(ksp, &zz, &zp));
  PetscCall(TrustCGTest(ksp));
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  if (!(cg->rz > 0.0)) {
    ksp->reason = PetscIsNanReal(cg->rz) ? KSP_DIVERGED_NANORINF : KSP_DIVERGED_INDEFINITE_PC;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  beta = cg->rz / rzold;
  PetscCall(VecAYPX(cg->p, beta, cg->pc ? cg->z : cg->r));
  cg->pp2 = zz + beta * (2.0 * zp + beta * cg->pp2);
  cg->pp  = cg->rz + beta * beta * cg->pp; /* z_{k+1}'Mp_k = r_{k+1}'p_k = 0 */
  cg->dp *= beta;                          /* d_{k+1}'Mz_{k+1} = d_{k+1}'r_{k+1} = 0 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is known of d */
static TrustCGKnot TrustCGHere(const KSP_TrustCG *cg)
{
  const TrustCGKnot here = {PetscSqrtReal(cg->dd), cg->model, cg->work};

  return here;
}

/* One CG iteration */
static PetscErrorCode TrustCGIterate(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscReal    kappa, alpha;

  PetscFunctionBegin;
  if (ksp->its >= ksp->max_it) {
    ksp->reason = KSP_DIVERGED_ITS;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustCGCurvature(ksp, &kappa));
  PetscCall(TrustCGLeave(ksp, kappa));
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  alpha = cg->rz / kappa;
  PetscCall(TrustCGMove(ksp, alpha, kappa));
  if (ksp->its == 1) {
    cg->path.alpha0 = alpha;
    cg->path.first  = TrustCGHere(cg);
  }
  PetscCall(TrustCGTurn(ksp, alpha));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The vectors are duplicates of the solution: products with A may need its DM and its maps,
   which MatCreateVecs() of a user's Mat need not give. */
static PetscErrorCode TrustCGSetUpVecs(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscBool    none;
  Mat          A;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)ksp->pc, PCNONE, &none));
  cg->pc = (PetscBool)!none;
  if (!cg->r) PetscCall(VecDuplicate(ksp->vec_sol, &cg->r));
  if (!cg->p) PetscCall(VecDuplicate(ksp->vec_sol, &cg->p));
  if (!cg->Ap) PetscCall(VecDuplicate(ksp->vec_sol, &cg->Ap));
  if (!cg->z && cg->pc) PetscCall(VecDuplicate(ksp->vec_sol, &cg->z));
  PetscCall(PCGetOperators(ksp->pc, &A, NULL));
  PetscCall(PetscObjectQueryFunction((PetscObject)A, TRUSTNCG_DIRECTION_NORM, &cg->announce));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KSPSolve_TrustCG(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(TrustCGSetUpVecs(ksp));
  PetscCall(TrustCGStart(ksp));
  PetscCall(TrustCGTest(ksp));
  if (PetscIsInfOrNanReal(cg->rr)) ksp->reason = KSP_DIVERGED_NANORINF;
  while (!ksp->reason) PetscCall(TrustCGIterate(ksp));
  cg->path.end = TrustCGHere(cg);
  PetscFunctionReturn(PETSC_SUCCESS);
}
