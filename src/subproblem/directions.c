/* SPDX-License-Identifier: BSD-2-Clause
   The truncated CG without a preconditioner: one reduction and seven vectors an iteration.

   Two directions are kept, p_k and p_{k-1}, and no residual: r_k = p_k - beta_k p_{k-1}.

     Ap_k
     p'Ap, ||Ap||^2, and of the last sweep r'r and p_k'Ap_{k-1}           (the reduction)
     alpha = r'r/p'Ap;  r_k'Ap_k = p'Ap - beta_k p_k'Ap_{k-1}, as A is symmetric
     ||r_{k+1}||^2 = r'r - 2 alpha r'Ap + alpha^2 ||Ap||^2 is predicted, and beta with it
     one sweep, in which p_{k+1} takes the place of p_{k-1}:
       r_{k+1} = p_k - beta_k p_{k-1} - alpha Ap_k, its r'r;  p_{k+1} = r_{k+1} + beta_{k+1} p_k
       every other time d += alpha_{k-1} p_{k-1} + alpha_k p_k

   That is 2 + 4 vectors, and 2 more every other time. What was predicted gives way to what was
   computed as soon as the next reduction has it. Nothing is predicted where little would be left of
   the terms, where the prediction meets the test of convergence, which it is not to decide, or
   where somebody looks on: then the residual is computed and reduced before p, as with a
   preconditioner. A prediction that was off by more than rounding, as p_k'Ap_{k-1} and p_{k-1}'Ap_k
   differ, is the last of its kind in a solve: from then on the latter is taken itself, at one vector
   more. Without that an ill-conditioned A needs up to a tenth more iterations.

   References: G. Meurant, Multitasking the conjugate gradient method on the CRAY X-MP/48, Parallel
   Computing 5 (1987), 267-280; T. Chen, E. C. Carson, Predict-and-recompute conjugate gradient
   variants, SIAM J. Sci. Comput. 42 (2020), A3084-A3108. */
#include "subproblem/trustcg_impl.h"

#define SURE     1e-4  /* of ||r||^2: less is not predicted */
#define ROUNDING 1e-10 /* of it (3e-12 in sums of 4e6 terms): more is the fault of products */

/* Appends what turns r into the next residual; here it is the last direction as yet. */
void TrustCGResidual(KSP_TrustCG *cg, PetscReal beta, PetscReal alpha, PetscInt *nops,
                     SweepOp ops[])
{
  if (cg->form == TRUSTCG_DIRECTIONS) ops[(*nops)++] = SweepAYPX(cg->r, -beta, cg->p);
  ops[(*nops)++] = SweepAXPY(cg->r, -alpha, cg->Ap);
}

/* r has become the next direction, and changes places with p. */
static void TrustCGExchange(KSP_TrustCG *cg)
{
  const Vec r = cg->r;

  cg->lagold = cg->lag;
  cg->lag    = 0.0;
  cg->r      = cg->p;
  cg->p      = r;
}

/* Appends r += beta p, the next direction. Who looked may have had Ap. */
void TrustCGNextDirection(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[])
{
  ops[(*nops)++] = SweepAXPY(cg->r, cg->beta, cg->p);
  cg->cross      = 0.0;
  if (cg->ahead == 0.0) ops[(*nops)++] = SweepDot(cg->r, cg->Ap, &cg->cross);
  TrustCGExchange(cg);
}

/* r'r is now known, and what was predicted is corrected. */
void TrustCGRecompute(KSP_TrustCG *cg)
{
  const PetscReal error = cg->rr - cg->rz;

  cg->pp += error;
  cg->pp2 += error;
  cg->rz = cg->zz = cg->rr;
  if (PetscAbsReal(error) > ROUNDING * cg->rr) cg->askew = PETSC_TRUE;
}

/* ||r - alpha Ap||^2 */
static PetscReal TrustCGPredict(const KSP_TrustCG *cg, PetscReal alpha)
{
  const PetscReal rAp = cg->kappa - cg->beta * cg->past;

  return cg->rr - alpha * (2.0 * rAp - alpha * cg->AA);
}

/* The next direction at once, unless r'r is to be reduced first */
PetscErrorCode TrustCGTurnAtOnce(KSP ksp, PetscReal alpha, PetscBool *done)
{
  KSP_TrustCG    *cg    = (KSP_TrustCG *)ksp->data;
  const PetscReal rzold = cg->rz, beta = cg->beta, rr = TrustCGPredict(cg, alpha);
  const PetscBool due = (PetscBool)(cg->lagold != 0.0); /* d waits for two */

  PetscFunctionBegin;
  *done = PETSC_FALSE;
  if (cg->careful || cg->ahead > 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  if (!(rr > SURE * rzold) || PetscIsInfOrNanReal(rr)) PetscFunctionReturn(PETSC_SUCCESS);
  cg->rr = rr;
  TrustCGDotsKnown(cg);
  PetscCall(TrustCGDirection(ksp, rzold));
  if (ksp->reason) {
    ksp->reason = KSP_CONVERGED_ITERATING;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SweepRunTurn(&cg->sweeper, &(SweepTurn){.d      = due ? ksp->vec_sol : NULL,
                                                    .lagold = cg->lagold,
                                                    .lag    = cg->lag,
                                                    .r      = cg->r,
                                                    .p      = cg->p,
                                                    .Ap     = cg->Ap,
                                                    .beta   = beta,
                                                    .alpha  = alpha,
                                                    .rr     = &cg->rr,
                                                    .next   = cg->beta,
                                                    .cross  = &cg->cross}));
  if (due) cg->lag = 0.0;
  TrustCGExchange(cg);
  *done = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
