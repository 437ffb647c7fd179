/* SPDX-License-Identifier: BSD-2-Clause
   The solve of KSPTRUSTCG: conjugate gradients truncated at a trust-region boundary and at
   negative curvature.

   Minimises q(d) = d'Ad/2 - b'd subject to ||d||_M <= radius, from d = 0 (M the preconditioner):

     r = b;  z = M^-1 r;  p = z
     repeat
       where another rank has told of a reason to stop (sweep.h): stop
       kappa = p'Ap                                                    (reduction 1)
       Ap not finite: a product by differences is tried again, else stop
       products of differences that are not symmetric are noise: stop (doubt.c)
       kappa <= 0: d += tau p to the boundary, or as far as |kappa| suggests; stop (leave.c)
       ||d + alpha p||_M >= radius with alpha = r'z/kappa: d += tau p to the boundary, and a look
         there at f, which may raise the radius; else stop (leave.c)
       r -= alpha Ap;  z = M^-1 r;  r'z, r'r                           (reduction 2)
       ||r|| <= rtol ||b||, or r is mostly noise: d += alpha p; stop
       d += alpha p;  p = z + beta p
       where the iterations have doubled: a look at f at d, which may say stop (leave.c)

   d'Md, d'Mp, p'Mp and q(d) follow from the same scalars by recurrences, at no reduction. Each of
   the groups of vector operations is one sweep. Without a preconditioner reduction 2 travels with
   reduction 1 of the next iteration (directions.c), and with it both may be one (onereduction.c).

   References: T. Steihaug, The conjugate gradient method and trust regions in large scale
   optimization, SIAM J. Numer. Anal. 20 (1983), 626-637; Ph. L. Toint, Towards an efficient
   sparsity exploiting Newton method for minimization (1981); A. R. Conn, N. I. M. Gould,
   Ph. L. Toint, Trust-Region Methods (2000), algorithm 7.5.1. */
#include "subproblem/trustcg_impl.h"
#include "rules/announce.h"
#include "rules/rules.h"

#define FIRST_LOOK 10 /* iterations; a solve of fewer is not looked at on its way */

/* z = M^-1 r, where there is an M */
PetscErrorCode TrustCGPrecondition(KSP ksp, Vec r, Vec z)
{
  KSP_TrustCG         *cg     = (KSP_TrustCG *)ksp->data;
  const TrustCGGuards *guards = &cg->guards;
  PetscErrorCode       error;

  PetscFunctionBegin;
  if (!cg->pc) PetscFunctionReturn(PETSC_SUCCESS);
  error = KSP_PCApply(ksp, r, z);
  PetscCall(guards->pc ? (*guards->pc)(guards->ctx, error, r, z) : error);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Av = A v; vv = v'v, or about that, negative where nothing is known */
PetscErrorCode TrustCGProduct(KSP ksp, Vec v, PetscReal vv, Vec Av)
{
  KSP_TrustCG         *cg     = (KSP_TrustCG *)ksp->data;
  const TrustCGGuards *guards = &cg->guards;
  PetscErrorCode       error;
  Mat                  A;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &A, NULL));
  if (cg->announce && vv >= 0.0) PetscCall((*cg->announce)(A, PetscSqrtReal(vv)));
  error = KSP_MatMult(ksp, A, v, Av);
  PetscCall(guards->A ? (*guards->A)(guards->ctx, error, v, Av) : error);
  cg->products++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends r'r and r'z, and for a product by differences z'z and z'p, which ||z + beta p||^2
   needs. Without a preconditioner z = r and r_{k+1}'p_k = 0: see TrustCGDotsKnown(). */
void TrustCGDots(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[])
{
  const PetscBool doubts = (PetscBool)(cg->announce && cg->form == TRUSTCG_TWO);

  ops[(*nops)++] = SweepDot(cg->r, cg->r, &cg->rr);
  if (cg->pc) ops[(*nops)++] = SweepDot(cg->r, cg->z, &cg->rz);
  if (doubts) ops[(*nops)++] = SweepDot(cg->z, cg->Ap, &cg->doubt.zAold);
  if (cg->pc && cg->announce) {
    ops[(*nops)++] = SweepDot(cg->z, cg->z, &cg->zz);
    ops[(*nops)++] = SweepDot(cg->z, cg->p, &cg->zp);
  }
}

void TrustCGDotsKnown(KSP_TrustCG *cg)
{
  if (cg->pc) return;
  cg->rz = cg->zz = cg->rr;
  cg->zp          = 0.0;
}

/* Appends what makes d, and in the forms of one reduction p, what they stand for. */
void TrustCGCatchUp(KSP ksp, PetscInt *nops, SweepOp ops[])
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  if (cg->behind) TrustCGCatchUpDirection(cg, nops, ops);
  if (cg->lagold != 0.0) ops[(*nops)++] = SweepAXPY(ksp->vec_sol, cg->lagold, cg->r);
  if (cg->lag != 0.0) ops[(*nops)++] = SweepAXPY(ksp->vec_sol, cg->lag, cg->p);
  cg->lag = cg->lagold = 0.0;
}

/* Now: d, and p and Ap, are what they stand for. */
PetscErrorCode TrustCGSettle(KSP ksp)
{
  KSP_TrustCG *cg   = (KSP_TrustCG *)ksp->data;
  PetscInt     nops = 0;
  SweepOp      ops[SWEEP_OPS_MAX];

  PetscFunctionBegin;
  if (cg->lag == 0.0 && cg->lagold == 0.0 && !cg->behind) PetscFunctionReturn(PETSC_SUCCESS);
  TrustCGCatchUp(ksp, &nops, ops);
  PetscCall(SweepRun(&cg->sweeper, nops, ops));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does somebody look at d in every iteration, or at the residual? */
static PetscBool TrustCGWatched(KSP ksp)
{
  const PetscBool ours =
    (PetscBool)(ksp->converged == KSPConvergedDefault || ksp->converged == KSPConvergedSkip);

  return (PetscBool)(ksp->numbermonitors || ksp->res_hist || !ours);
}

/* Log, monitor and test the residual, in the norm that the KSP was told to use. Who looks on may
   look at d. */
PetscErrorCode TrustCGTest(KSP ksp)
{
  KSP_TrustCG *cg    = (KSP_TrustCG *)ksp->data;
  PetscReal    rnorm = 0.0;

  PetscFunctionBegin;
  if (ksp->normtype == KSP_NORM_NATURAL) rnorm = PetscSqrtReal(PetscAbsReal(cg->rz));
  else if (ksp->normtype == KSP_NORM_UNPRECONDITIONED) rnorm = PetscSqrtReal(cg->rr);
  rnorm *= cg->unit;
  ksp->rnorm = rnorm;
  if (TrustCGWatched(ksp)) PetscCall(TrustCGSettle(ksp));
  PetscCall(KSPLogResidualHistory(ksp, rnorm));
  PetscCall(KSPMonitor(ksp, ksp->its, rnorm));
  PetscCall((*ksp->converged)(ksp, ksp->its, rnorm, &ksp->reason, ksp->cnvP));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where p'Ap would overflow or vanish r and z are taken in units of about ||b||. */
static PetscErrorCode TrustCGChooseUnit(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;
  PetscReal    share;

  PetscFunctionBegin;
  cg->unit = TrustNCGUnit(PetscSqrtReal(cg->rr));
  share    = 1.0 / cg->unit;
  if (share == 1.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecScale(cg->r, share));
  if (cg->pc) PetscCall(VecScale(cg->z, share));
  if (cg->pc) PetscCall(VecScale(cg->p, share));
  cg->rr = cg->rr * share * share;
  cg->rz = cg->rz * share * share;
  cg->zz = cg->zz * share * share;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TrustCGChooseForm(KSP_TrustCG *cg)
{
  cg->form = cg->pc || cg->asked == TRUSTCG_OVERLAPPED ? cg->asked : TRUSTCG_DIRECTIONS;
}

/* d = 0, unit r = b, z = M^-1 r, p = z. A preconditioner that is not positive along b is put aside
   for this solve. */
static PetscErrorCode TrustCGStart(KSP ksp)
{
  KSP_TrustCG *cg   = (KSP_TrustCG *)ksp->data;
  PetscInt     nops = 0;
  SweepOp      ops[SWEEP_OPS_MAX];

  PetscFunctionBegin;
  ksp->its     = 0;
  cg->products = 0;
  cg->dd = cg->dp = cg->model = cg->work = cg->lag = cg->lagold = cg->ahead = 0.0;
  cg->beta = cg->cross = cg->stiffest = cg->path.first.norm = 0.0;
  cg->behind = cg->looking = PETSC_FALSE;
  cg->careful              = TrustCGWatched(ksp);
  cg->askew                = PETSC_FALSE;
  cg->nextlook             = FIRST_LOOK;
  TrustCGDoubtStart(cg);
  PetscCall(VecZeroEntries(ksp->vec_sol));
  PetscCall(VecCopy(ksp->vec_rhs, cg->r));
  PetscCall(TrustCGPrecondition(ksp, cg->r, cg->z));
  if (cg->pc) PetscCall(VecCopy(cg->z, cg->p));
  TrustCGDots(cg, &nops, ops);
  PetscCall(SweepRun(&cg->sweeper, nops, ops));
  PetscCall(SweepReduce(&cg->sweeper));
  PetscCall(TrustCGChooseUnit(ksp));
  cg->rrfirst = cg->rr;
  if (cg->pc && !(cg->rz > 0.0) && cg->rr > 0.0) {
    if (cg->guards.agree) PetscCall((*cg->guards.agree)(cg->guards.ctx));
    PetscCall(PetscInfo(ksp,
                        "the preconditioner is not positive definite (r'z = %g): solving "
                        "without it\n",
                        (double)cg->rz));
    cg->pc = PETSC_FALSE;
    TrustCGChooseForm(cg);
  }
  TrustCGDotsKnown(cg);
  if (!cg->pc) PetscCall(VecCopy(cg->r, cg->p));
  cg->pp  = cg->rz;
  cg->pp2 = cg->zz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustCGAgain(KSP ksp, PetscInt attempt, PetscBool *more)
{
  Mat A;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &A, NULL));
  PetscCall((*((KSP_TrustCG *)ksp->data)->again)(A, attempt, more));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kappa = p'Ap, known already where Ap follows */
static PetscErrorCode TrustCGCurvature(KSP ksp, PetscReal *kappa)
{
  KSP_TrustCG    *cg         = (KSP_TrustCG *)ksp->data;
  const PetscBool directions = (PetscBool)(cg->form == TRUSTCG_DIRECTIONS);
  PetscInt        nops       = 0;
  const PetscBool past       = (PetscBool)(directions && (cg->announce || cg->askew));
  SweepOp         dots[3];
  PetscBool       more = (PetscBool)!TrustCGFollows(cg);

  PetscFunctionBegin;
  dots[nops++] = SweepDot(cg->p, cg->Ap, &cg->kappa);
  if (directions || cg->announce) dots[nops++] = SweepDot(cg->Ap, cg->Ap, &cg->AA);
  if (past) dots[nops++] = SweepDot(cg->r, cg->Ap, &cg->past);
  else if (cg->announce) dots[nops++] = SweepDot(cg->z, cg->Ap, &cg->doubt.zA);
  for (PetscInt attempt = 0; more; attempt++) {
    PetscCall(TrustCGProduct(ksp, cg->p, cg->pp2, cg->Ap));
    PetscCall(SweepRun(&cg->sweeper, nops, dots));
    PetscCall(SweepReduce(&cg->sweeper));
    more = PETSC_FALSE;
    if (cg->again && PetscIsInfOrNanReal(cg->kappa)) PetscCall(TrustCGAgain(ksp, attempt, &more));
  }
  if (directions && !past) cg->past = cg->cross;
  if (directions) TrustCGRecompute(cg);
  *kappa = cg->kappa;
  ksp->its++;
  TrustCGDoubtProduct(ksp);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With the new residual: test it, and find beta and all that is known of p = z + beta p. */
PetscErrorCode TrustCGDirection(KSP ksp, PetscReal rzold)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(TrustCGTest(ksp));
  if (!ksp->reason) TrustCGDoubtResidual(ksp);
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  if (!(cg->rz > 0.0)) {
    ksp->reason = PetscIsNanReal(cg->rz) ? KSP_DIVERGED_NANORINF : KSP_DIVERGED_INDEFINITE_PC;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  cg->beta = cg->rz / rzold;
  if (cg->form == TRUSTCG_TWO) cg->cross = cg->doubt.zAold + cg->beta * cg->kappa;
  cg->doubt.pp2 = cg->ahead > 0.0 ? 0.0 : cg->pp2; /* Ap was lent */
  cg->pp2       = cg->zz + cg->beta * (2.0 * cg->zp + cg->beta * cg->pp2);
  cg->pp        = cg->rz + cg->beta * cg->beta * cg->pp; /* z_{k+1}'Mp_k = r_{k+1}'p_k = 0 */
  cg->dp *= cg->beta; /* d_{k+1}'Mz_{k+1} = d_{k+1}'r_{k+1} = 0 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r -= alpha Ap, z = M^-1 r, p = z + beta p, or without a preconditioner what amounts to it */
static PetscErrorCode TrustCGTurn(KSP ksp, PetscReal alpha)
{
  KSP_TrustCG    *cg    = (KSP_TrustCG *)ksp->data;
  const PetscReal rzold = cg->rz;
  PetscInt        nops  = 0;
  SweepOp         ops[SWEEP_OPS_MAX];
  PetscBool       done = PETSC_FALSE;

  PetscFunctionBegin;
  if (!cg->pc) PetscCall(TrustCGTurnAtOnce(ksp, alpha, &done));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  if (!cg->pc) TrustCGCatchUp(ksp, &nops, ops); /* while r is the last direction */
  if (cg->ahead == 0.0) TrustCGResidual(cg, cg->beta, alpha, &nops, ops);
  if (cg->pc) { /* which comes between the sweeps over r */
    PetscCall(SweepRun(&cg->sweeper, nops, ops));
    PetscCall(TrustCGPrecondition(ksp, cg->r, cg->z));
    nops = 0;
  }
  TrustCGDots(cg, &nops, ops);
  PetscCall(SweepRun(&cg->sweeper, nops, ops));
  PetscCall(SweepReduce(&cg->sweeper));
  TrustCGDotsKnown(cg);
  PetscCall(TrustCGDirection(ksp, rzold));
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  nops = 0;
  TrustCGCatchUp(ksp, &nops, ops);
  if (cg->pc) ops[nops++] = SweepAYPX(cg->p, cg->beta, cg->z);
  else TrustCGNextDirection(cg, &nops, ops);
  PetscCall(SweepRun(&cg->sweeper, nops, ops));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One CG iteration */
static PetscErrorCode TrustCGIterate(KSP ksp)
{
  KSP_TrustCG *cg    = (KSP_TrustCG *)ksp->data;
  PetscReal    kappa = 0.0, alpha;

  PetscFunctionBegin;
  if (ksp->its >= ksp->max_it) {
    ksp->reason = KSP_DIVERGED_ITS;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (cg->sweeper.alarmed) {
    ksp->reason = KSP_CONVERGED_ITS;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustCGCurvature(ksp, &kappa));
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  if (cg->observer && kappa > 0.0) {
    if (cg->behind) PetscCall(TrustCGSettle(ksp));
    PetscCall((*cg->observer)(cg->observerctx, ksp->its - 1, cg->p, cg->Ap));
  }
  PetscCall(TrustCGLeave(ksp, kappa));
  if (ksp->reason) PetscFunctionReturn(PETSC_SUCCESS);
  alpha = cg->rz / kappa;
  PetscCall(TrustCGMove(ksp, alpha, kappa));
  if (ksp->its == 1) {
    cg->path.alpha0 = alpha;
    cg->path.first  = TrustCGHere(cg);
  }
  if (TrustCGFollows(cg)) PetscCall(TrustCGTurnOne(ksp, alpha));
  else PetscCall(TrustCGTurn(ksp, alpha));
  cg->ahead = 0.0;
  if (cg->look && !ksp->reason && ksp->its >= cg->nextlook && ksp->its < ksp->max_it) {
    PetscCall(TrustCGLookOnTheWay(ksp));
  }
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
  TrustCGChooseForm(cg);
  if (!cg->r) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->r));
  if (!cg->p) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->p));
  if (!cg->Ap) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->Ap));
  if (!cg->z && cg->pc) PetscCall(SweepVecDuplicate(ksp->vec_sol, &cg->z));
  if (TrustCGFollows(cg)) PetscCall(TrustCGSetUpOne(ksp));
  PetscCall(SweepSetUp(&cg->sweeper, ksp->vec_sol));
  PetscCall(PCGetOperators(ksp->pc, &A, NULL));
  PetscCall(PetscObjectQueryFunction((PetscObject)A, TRUSTNCG_DIRECTION_NORM, &cg->announce));
  PetscCall(PetscObjectQueryFunction((PetscObject)A, TRUSTNCG_ANOTHER_STEP, &cg->again));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustCGSolve(KSP ksp)
{
  KSP_TrustCG *cg = (KSP_TrustCG *)ksp->data;

  PetscFunctionBegin;
  PetscCall(TrustCGSetUpVecs(ksp));
  PetscCall(TrustCGStart(ksp));
  PetscCall(TrustCGTest(ksp));
  if (PetscIsInfOrNanReal(cg->rr)) ksp->reason = KSP_DIVERGED_NANORINF;
  if (!ksp->reason && TrustCGFollows(cg)) PetscCall(TrustCGStartOne(ksp));
  while (!ksp->reason) PetscCall(TrustCGIterate(ksp));
  if (cg->lag != 0.0 || cg->lagold != 0.0) PetscCall(TrustCGSettle(ksp));
  TrustCGPathEnd(&cg->path, TrustCGHere(cg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* KSPSolve() counts the solves that it begins with a PC, and refuses the third that was left by an
   error, of a callback as a rule: so each is ended. */
PetscErrorCode KSPSolve_TrustCG(KSP ksp)
{
  PetscErrorCode error;

  PetscFunctionBegin;
  error = TrustCGSolve(ksp);
  if (error) PetscCall(PCPostSolve(ksp->pc, ksp));
  PetscCall(error);
  PetscFunctionReturn(PETSC_SUCCESS);
}
