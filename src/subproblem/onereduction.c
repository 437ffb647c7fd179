/* SPDX-License-Identifier: BSD-2-Clause
   The forms of the truncated CG in which products follow, with one reduction an iteration: at once,
   with a preconditioner, or overlapped.

   One reduction: Ap follows from Az, so that all dot products can wait for it.

     p = z + beta p;  Ap = Az + beta Ap;  d += alpha p;  r -= alpha Ap
     z = M^-1 r;  Az = A z
     r'r, r'z, z'Az, z'Ap                                              (the reduction)
     beta = r'z / rz_old;  p'Ap of the next p = z'Az + beta (2 z'Ap + beta p'Ap)

   Overlapped: with q = M^-1 Ap and Aq = A M^-1 Ap even z and Az follow, and the product that the
   next iteration needs is computed while the dot products travel.

     p, Ap, d, r as above;  q = m + beta q;  Aq = Am + beta Aq;  z -= alpha q;  Az -= alpha Aq
     r'r, r'z, z'Az, z'Ap begin;  m = M^-1 Az;  Am = A m;  and end

   The same test of the residual comes after one product more than in the form of two reductions,
   in the overlapped form after two more; other ends cost none more, or one. A vector that follows
   keeps the rounding errors of the time when it was large: each time that ||r|| has fallen by a
   hundred the residual and the products are computed afresh (two products, or four).

   References: A. T. Chronopoulos, C. W. Gear, s-step iterative methods for symmetric linear
   systems, J. Comput. Appl. Math. 25 (1989), 153-168; P. Ghysels, W. Vanroose, Hiding global
   synchronization latency in the preconditioned conjugate gradient algorithm, Parallel Computing
   40 (2014), 224-238. */
#include "subproblem/trustcg_impl.h"

#define REPLACE_DROP 1e-4 /* of r'r since the last replacement */

/* The overlapped form's extra vectors are needed for their own sake only with a preconditioner. */
PetscErrorCode TrustCGSetUpOne(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  if (!cg->Az) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->Az));
  if (cg->form == TRUSTCG_ONE) PetscFunctionReturn(PETSC_SUCCESS);
  if (!cg->Am) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->Am));
  if (!cg->Aq) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->Aq));
  if (!cg->m && cg->pc) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->m));
  if (!cg->q && cg->pc) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends p = z + beta p, and the same for the products of p. */
void TrustCGCatchUpDirection(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[])
{
  ops[(*nops)++] = SweepAYPX(cg->p, cg->beta, cg->pc ? cg->z : cg->r);
  ops[(*nops)++] = SweepAYPX(cg->Ap, cg->beta, cg->Az);
  if (cg->form == TRUSTCG_OVERLAPPED) {
    if (cg->pc) ops[(*nops)++] = SweepAYPX(cg->q, cg->beta, cg->m);
    ops[(*nops)++] = SweepAYPX(cg->Aq, cg->beta, cg->Am);
  }
  cg->behind = PETSC_FALSE;
}

/* m = M^-1 Az, Am = A m */
static PetscErrorCode TrustCGNextProduct(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(TrustCGPrecondition(ksp, cg->Az, cg->m));
  PetscCall(TrustCGProduct(ksp, cg->pc ? cg->m : cg->Az, cg->mm, cg->Am));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The reduction, with the next product meanwhile if there is to be one */
static PetscErrorCode TrustCGReduceOne(KSP ksp, PetscBool next)
{
  KSP_TrustCG   *cg    = (KSP_TrustCG *)ksp->data;
  PetscErrorCode error = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (cg->form == TRUSTCG_OVERLAPPED) {
    PetscCall(SweepReduceBegin(&cg->sweeper));
    if (next) error = TrustCGNextProduct(ksp);
    PetscCall(SweepReduceEnd(&cg->sweeper)); /* never left on its way, not even by an error */
    PetscCall(error);
  } else PetscCall(SweepReduce(&cg->sweeper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first direction is z, as beta = 0. */
PetscErrorCode TrustCGStartOne(KSP ksp)
{
  KSP_TrustCG  *cg    = (KSP_TrustCG *)ksp->data;
  const Vec     z     = cg->pc ? cg->z : cg->r;
  const SweepOp ops[] = {SweepDot(z, cg->Az, &cg->zAz), SweepDot(cg->Az, cg->Az, &cg->mm)};

  PetscFunctionBegin;
  cg->beta       = 0.0;
  cg->behind     = PETSC_TRUE;
  cg->rrreplaced = cg->rr;
  cg->mm         = -1.0;
  if (ksp->max_it < 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecZeroEntries(cg->Ap));
  if (cg->form == TRUSTCG_OVERLAPPED) {
    PetscCall(VecZeroEntries(cg->Aq));
    if (cg->pc) PetscCall(VecZeroEntries(cg->q));
  }
  PetscCall(TrustCGProduct(ksp, z, cg->zz, cg->Az));
  PetscCall(SweepRun(&cg->sweeper, 2, ops));
  PetscCall(TrustCGReduceOne(ksp, PETSC_TRUE));
  cg->kappa = cg->zAz;
  if (cg->pc) cg->mm = -1.0; /* m is not Az */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r = (b - A d)/unit, and the true products in the place of those that follow by recurrences */
static PetscErrorCode TrustCGReplace(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(TrustCGProduct(ksp, ksp->vec_sol, -1.0, cg->r));
  PetscCall(VecAYPX(cg->r, -1.0, ksp->vec_rhs));
  if (cg->unit != 1.0) PetscCall(VecScale(cg->r, 1.0 / cg->unit));
  PetscCall(TrustCGProduct(ksp, cg->p, cg->pp2, cg->Ap));
  if (cg->form == TRUSTCG_OVERLAPPED) {
    PetscCall(TrustCGPrecondition(ksp, cg->Ap, cg->q));
    PetscCall(TrustCGProduct(ksp, cg->pc ? cg->q : cg->Ap, -1.0, cg->Aq));
    PetscCall(TrustCGPrecondition(ksp, cg->r, cg->z));
    PetscCall(TrustCGProduct(ksp, cg->pc ? cg->z : cg->r, cg->zz, cg->Az));
  }
  cg->rrreplaced = cg->rr;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The dot products of the reduction */
static void TrustCGDotsOne(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[])
{
  const Vec z = cg->pc ? cg->z : cg->r, m = cg->pc ? cg->m : cg->Az;

  TrustCGDots(cg, nops, ops);
  ops[(*nops)++] = SweepDot(z, cg->Az, &cg->zAz);
  ops[(*nops)++] = SweepDot(z, cg->Ap, &cg->zAp);
  if (cg->form == TRUSTCG_OVERLAPPED && cg->announce) ops[(*nops)++] = SweepDot(m, m, &cg->mm);
}

/* d += alpha p, r -= alpha Ap, z = M^-1 r, Az = A z, and their dot products unless the next
   iteration is not to come */
static PetscErrorCode TrustCGVectorsOne(KSP ksp, PetscReal alpha, PetscBool next)
{
  KSP_TrustCG    *cg      = (KSP_TrustCG *)ksp->data;
  const PetscBool replace = (PetscBool)(next && cg->rr < REPLACE_DROP * cg->rrreplaced);
  const PetscBool follow  = (PetscBool)(cg->form == TRUSTCG_OVERLAPPED);
  PetscInt        nops    = 0;
  SweepOp         ops[SWEEP_OPS_MAX];

  PetscFunctionBegin;
  TrustCGCatchUp(ksp, &nops, ops);
  ops[nops++] = SweepAXPY(cg->r, -alpha, cg->Ap);
  if (follow && cg->pc) ops[nops++] = SweepAXPY(cg->z, -alpha, cg->q);
  if (follow) ops[nops++] = SweepAXPY(cg->Az, -alpha, cg->Aq);
  if (replace || !follow) {
    PetscCall(SweepRun(&cg->sweeper, nops, ops));
    nops = 0;
    if (replace) PetscCall(TrustCGReplace(ksp));
    if (!follow) PetscCall(TrustCGPrecondition(ksp, cg->r, cg->z));
    if (!follow && next) PetscCall(TrustCGProduct(ksp, cg->z, cg->zz, cg->Az));
  }
  TrustCGDotsOne(cg, &nops, ops);
  PetscCall(SweepRun(&cg->sweeper, nops, ops));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The new residual and what is known of the next direction. At the largest number of iterations
   the product for the next is not made. */
PetscErrorCode TrustCGTurnOne(KSP ksp, PetscReal alpha)
{
  KSP_TrustCG    *cg    = (KSP_TrustCG *)ksp->data;
  const PetscBool next  = (PetscBool)(ksp->its < ksp->max_it);
  const PetscReal rzold = cg->rz;

  PetscFunctionBegin;
  PetscCall(TrustCGVectorsOne(ksp, alpha, next));
  PetscCall(TrustCGReduceOne(ksp, next));
  TrustCGDotsKnown(cg);
  PetscCall(TrustCGDirection(ksp, rzold));
  cg->kappa = cg->zAz + cg->beta * (2.0 * cg->zAp + cg->beta * cg->kappa);
  cg->zz *= cg->beta; /* guesses of the next z'z and m'm, which falls like the residual: */
  cg->mm *= cg->beta * (cg->pc ? cg->beta : 1.0); /* with M it is that of the m before */
  cg->behind = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
