/* SPDX-License-Identifier: BSD-2-Clause
   What the truncated CG sees of the errors of products that are differences, in their form of two
   reductions.

   A is symmetric, so p_{k-1}'Ap_k = p_k'Ap_{k-1}; that they differ is the fault of the products, not
   of f. With p_k = z_k + beta p_{k-1} the one is (p_k'Ap_k - z_k'Ap_k) / beta, the other
   z_k'Ap_{k-1} + beta p_{k-1}'Ap_{k-1}. An error e ||p|| of a product, alike in all n entries, makes
   of that difference about e ||p_{k-1}|| ||p_k|| sqrt(2/n). */
#include "subproblem/trustcg_impl.h"

#define PLAIN 100.0 /* an asymmetry so far beyond the limit needs no second one */

void TrustCGDoubtStart(KSP_TrustCG *cg)
{
  TrustCGDoubt *doubt = &cg->doubt;

  doubt->excess = doubt->path2 = doubt->norm = doubt->sum = doubt->pp2 = 0.0;
  doubt->seen                                                          = 0;
  doubt->givenup                                                       = PETSC_FALSE;
}

/* After a product: is it that of a symmetric matrix? */
void TrustCGDoubtProduct(KSP ksp)
{
  KSP_TrustCG  *cg    = (KSP_TrustCG *)ksp->data;
  TrustCGDoubt *doubt = &cg->doubt;
  PetscReal     gap, error, excess, beyond;

  if (!cg->announce || TrustCGFollows(cg) || !(cg->pp2 > 0.0)) return;
  doubt->norm = PetscMax(doubt->norm, PetscSqrtReal(cg->AA / cg->pp2));
  if (ksp->its < 2 || !(doubt->pp2 > 0.0) || cg->beta == 0.0) return;
  if (cg->form == TRUSTCG_TWO) cg->past = (cg->kappa - doubt->zA) / cg->beta;
  gap   = PetscAbsReal(cg->past - cg->cross);
  error = gap / PetscSqrtReal(doubt->pp2 * cg->pp2);
  if (PetscIsInfOrNanReal(error)) return;
  doubt->sum += error * error;
  doubt->seen++;
  /* noise is in every product, a kink of g in few */
  excess        = error / (doubt->limit * doubt->norm);
  beyond        = doubt->excess;
  doubt->excess = excess;
  if (doubt->limit > 0.0 && (excess > PLAIN || PetscMin(excess, beyond) > 1.0)) {
    doubt->givenup = PETSC_TRUE;
    ksp->reason    = KSP_DIVERGED_BREAKDOWN;
  }
}

/* The error of r = b - Ad, with d the sum of alpha p, is that of b and of alpha Ap: what is left
   of r below it is noise. */
void TrustCGDoubtResidual(KSP ksp)
{
  KSP_TrustCG        *cg    = (KSP_TrustCG *)ksp->data;
  const TrustCGDoubt *doubt = &cg->doubt;
  const PetscReal     b2    = doubt->floor * doubt->floor;

  if (cg->unit * PetscSqrtReal(cg->rr) <=
      PetscSqrtReal(b2 + doubt->slack * doubt->slack * doubt->path2)) {
    ksp->reason = KSP_CONVERGED_ATOL;
  }
}

PetscErrorCode TrustCGSetErrors(KSP ksp, PetscReal limit, PetscReal b, PetscReal Ap)
{
  TrustCGDoubt *doubt = &((KSP_TrustCG *)ksp->data)->doubt;

  PetscFunctionBegin;
  doubt->limit = limit;
  doubt->floor = b;
  doubt->slack = Ap;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustCGGetErrors(KSP ksp, PetscBool *givenup, PetscReal *Ap)
{
  const TrustCGDoubt *doubt = &((KSP_TrustCG *)ksp->data)->doubt;
  PetscInt            n;

  PetscFunctionBegin;
  *givenup = doubt->givenup;
  *Ap      = 0.0;
  if (!doubt->seen) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetSize(ksp->vec_sol, &n));
  *Ap = PetscSqrtReal(0.5 * (PetscReal)n * doubt->sum / (PetscReal)doubt->seen);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||A d|| / ||d|| of a solve of one product by differences, which shows no asymmetry; else 0 */
PetscErrorCode TrustCGGetSingleProduct(KSP ksp, PetscReal *Ad)
{
  PetscFunctionBegin;
  *Ad = ksp->its == 1 ? ((KSP_TrustCG *)ksp->data)->doubt.norm : 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
