/* SPDX-License-Identifier: BSD-2-Clause
   A sparse approximate Hessian P, assembled from coloured probes, for any PETSc preconditioner.

     pattern of the DM or of a Mat of the user's; colours of its columns, checked; on a grid with
       ends about half as many, from which the entries follow as P is symmetric, unless that
       turns out too coarse; that of a DMDA is made wider where the Hessian is seen to reach
       beyond it
     at the first solve, and whenever P is stale:
       P = H on the pattern, one product a colour, and one more to see how well it fits; once it
         fits, at every fourth build and where a step makes one doubt it
       a rehearsal: a few iterations of CG with P in the place of H, at no product with H
       where it meets an indefinite P or preconditioner, or does not get on: the preconditioner is
         made of a copy of P, made dominant
       where P is H to a thousandth, CG works with P in the place of H, here and as long as
         the steps do not show another Hessian: it takes no products then; and each of these
         steps corrects it (secant.c) */
#include "precond/sparse_impl.h"
#include "precond/blocks.h"
#include "precond/pattern.h"
#include "rules/rules.h"

#define REHEARSAL_ITS  10
#define REHEARSAL_RTOL 0.25
#define SLOW           100  /* iterations with the copy: is P better, after all? */
#define BETTER         2.0  /* as a rehearsal shows where it comes so many times as far */
#define CORRECTIONS    6    /* by steps, where the user does not bound the memory */
#define GATHERED       10.0 /* by so much substitution may magnify what is wrong with products */

/* Where a pattern comes from, and how it was then. No object is given the number of another. */
static PetscErrorCode GetOrigin(Vec x, Mat pattern, TrustNCGOrigin *origin)
{
  DM dm;

  PetscFunctionBegin;
  *origin = (TrustNCGOrigin){0, 0};
  PetscCall(VecGetDM(x, &dm));
  if (pattern) {
    PetscCall(PetscObjectGetId((PetscObject)pattern, &origin->id));
    PetscCall(MatGetNonzeroState(pattern, &origin->state));
  } else if (dm) PetscCall(PetscObjectGetId((PetscObject)dm, &origin->id));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is kept of an earlier solve is its pattern, with its colours; not what it has learned of the
   Hessian, so that the same solve is the same again. */
static PetscErrorCode Renew(TrustNCGSparse sp)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGSparseRelease(sp));
  if (sp->stencil) PetscCall(TrustNCGStencilForget(sp->stencil));
  PetscCall(TrustNCGSecantDestroy(&sp->secant));
  sp->looked = sp->all = sp->measured = PETSC_FALSE;
  sp->builds = sp->reductions = 0;
  for (PetscInt c = 0; c < sp->fields; c++) sp->unit[c] = 1.0;
  sp->fresh = sp->dominant = PETSC_FALSE;
  sp->role                 = SPARSE_PRECONDITIONS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* That of the DMDA, unless the DM makes matrices with more than that */
static PetscErrorCode CreateStencil(TrustNCGSparse sp)
{
  PetscInt row;

  PetscFunctionBegin;
  PetscCall(TrustNCGStencilCreate(sp->work, &sp->stencil));
  if (!sp->stencil) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGPatternLongestRow(sp->P, &row));
  if (row > TrustNCGStencilLongestRow(sp->stencil, PETSC_FALSE)) {
    PetscCall(TrustNCGStencilDestroy(&sp->stencil));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. The pattern, a symmetric one, is that of the user's Mat, else of the DM of x;
   *sparse is NULL where there is neither. */
PetscErrorCode TrustNCGSparseCreate(Vec x, Mat pattern, PetscInt most, TrustNCGSparse *sparse)
{
  TrustNCGSparse sp  = *sparse;
  PetscInt       row = 0;
  TrustNCGOrigin origin;
  Mat            P;

  PetscFunctionBegin;
  PetscCall(GetOrigin(x, pattern, &origin));
  if (sp && !sp->lean && !sp->direct && !sp->box && origin.id && sp->origin.id == origin.id &&
      sp->origin.state == origin.state) {
    PetscCall(Renew(sp));
    PetscCall(TrustNCGPatternNearNullSpace(x, pattern, sp->P)); /* its grid may have moved */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGSparseDestroy(sparse));
  PetscCall(TrustNCGPatternCreate(x, pattern, &P));
  if (P) PetscCall(TrustNCGPatternLongestRow(P, &row));
  if (row > most) PetscCall(MatDestroy(&P));
  if (!P) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&sp));
  *sparse = sp; /* the caller's to destroy, also after an error below */
  sp->P   = P;
  PetscCall(TrustNCGPatternNearNullSpace(x, pattern, P));
  PetscCall(VecDuplicate(x, &sp->work));
  PetscCall(PetscObjectReference((PetscObject)sp->work));
  sp->grid = sp->work;
  PetscCall(MatGetBlockSize(P, &sp->fields));
  PetscCall(PetscMalloc1(sp->fields, &sp->unit));
  for (PetscInt c = 0; c < sp->fields; c++) sp->unit[c] = 1.0;
  if (!pattern) PetscCall(CreateStencil(sp));
  if (!pattern) PetscCall(TrustNCGMultigridCreate(x, &sp->mg));
  PetscCall(TrustNCGSparseColor(sp, P, PETSC_FALSE, PETSC_MAX_INT, &sp->probes, &sp->fromdm));
  PetscCall(TrustNCGSparseCountVectors(sp));
  sp->origin = origin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseSetRoom(TrustNCGSparse sparse, PetscInt vectors)
{
  PetscFunctionBegin;
  sparse->room = vectors;
  PetscCall(TrustNCGSecantDestroy(&sparse->secant));
  PetscCall(TrustNCGSecantCreate(sparse->work, PetscMin(vectors, CORRECTIONS), &sparse->secant));
  if (sparse->secant) PetscCall(TrustNCGSecantStart(sparse->secant, sparse->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The PC is as it was, unless the user has set it. */
PetscErrorCode TrustNCGSparseRelease(TrustNCGSparse sparse)
{
  PetscBool same = PETSC_FALSE;

  PetscFunctionBegin;
  if (sparse->pc) {
    PetscCall(PetscObjectTypeCompare((PetscObject)sparse->pc, sparse->chosen, &same));
  }
  if (same) PetscCall(PCSetType(sparse->pc, PCNONE));
  if (sparse->pc) PetscCall(PCSetUseAmat(sparse->pc, sparse->amat));
  PetscCall(PetscFree(sparse->chosen));
  PetscCall(PCDestroy(&sparse->pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseDestroy(TrustNCGSparse *sparse)
{
  PetscFunctionBegin;
  if (!*sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseRelease(*sparse));
  PetscCall(MatDestroy(&(*sparse)->P));
  PetscCall(MatDestroy(&(*sparse)->D));
  PetscCall(PetscFree((*sparse)->unit));
  PetscCall(VecDestroy(&(*sparse)->grid));
  PetscCall(VecDestroy(&(*sparse)->work));
  PetscCall(TrustNCGSecantDestroy(&(*sparse)->secant));
  PetscCall(TrustNCGProbesDestroy(&(*sparse)->probes));
  PetscCall(TrustNCGStencilDestroy(&(*sparse)->stencil));
  PetscCall(TrustNCGMultigridDestroy(&(*sparse)->mg));
  PetscCall(PetscFree(*sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How a few iterations of CG end, and -2 times the least value of the model that they found */
typedef struct {
  KSPConvergedReason reason;
  PetscReal          drop;
} Rehearsal;

/* CG on P d = g with the preconditioner of Q shows what CG on H d = g at this point will meet, without
   a product with H. */
static PetscErrorCode Rehearse(TrustNCGSparse sparse, Mat Q, Vec g, Rehearsal *shown)
{
  KSP         ksp;
  PetscInt    its;
  PetscScalar slope;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseSetMatrix(sparse, Q));
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)sparse->P), &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetPC(ksp, sparse->pc));
  PetscCall(KSPSetOperators(ksp, sparse->P, Q)); /* it tells the PC, too */
  PetscCall(KSPSetTolerances(ksp, REHEARSAL_RTOL, 0.0, PETSC_MAX_REAL, REHEARSAL_ITS));
  PetscCall(KSPSolve(ksp, g, sparse->work));
  PetscCall(KSPGetConvergedReason(ksp, &shown->reason));
  PetscCall(KSPGetIterationNumber(ksp, &its));
  sparse->reductions += 3 + 3 * its; /* with those of KSPCG */
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDot(g, sparse->work, &slope));
  shown->drop = PetscRealPart(slope);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The preconditioner is made of P where CG gets on with that, else of a dominant copy, which makes for
   the better steps where H is nearly singular or indefinite; unless that was slow, as it is where H
   is of fourth order. KSPCG is content with a negative definite P. */
static PetscErrorCode ChooseCopy(TrustNCGSparse sparse, Vec g)
{
  const PetscBool doubted = (PetscBool)(sparse->last > SLOW);
  Rehearsal       plain, copy;

  PetscFunctionBegin;
  PetscCall(Rehearse(sparse, sparse->P, g, &plain));
  sparse->dominant = (PetscBool) !(plain.reason > 0 && plain.drop > 0.0);
  if (!sparse->dominant) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseMakeDominant(sparse));
  if (doubted && plain.reason == KSP_DIVERGED_ITS) {
    PetscCall(Rehearse(sparse, sparse->D, g, &copy));
    sparse->dominant = (PetscBool) !(plain.drop > 0.0 && plain.drop >= BETTER * copy.drop);
  }
  PetscCall(TrustNCGSparseSetMatrix(sparse, sparse->dominant ? sparse->D : sparse->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P, and its corrections if there are any */
static PetscErrorCode GetCorrected(TrustNCGSparse sparse, Mat *B)
{
  PetscFunctionBegin;
  if (sparse->secant) PetscCall(TrustNCGSecantGetMat(sparse->secant, B));
  else *B = sparse->P;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ratio = ||y - B v|| / ||y|| with y in work, where B v - y is then; infinite where it is no number */
static PetscErrorCode Misfit(TrustNCGSparse sparse, Mat B, Vec v, PetscReal *ratio)
{
  Vec       y = sparse->work;
  PetscReal ynorm, rnorm;

  PetscFunctionBegin;
  PetscCall(VecNorm(y, NORM_2, &ynorm));
  PetscCall(VecScale(y, -1.0));
  PetscCall(MatMultAdd(B, v, y, y));
  PetscCall(VecNorm(y, NORM_2, &rnorm));
  *ratio = rnorm > 0.0 ? rnorm / ynorm : 0.0;
  if (PetscIsInfOrNanReal(ynorm) || PetscIsInfOrNanReal(rnorm)) *ratio = PETSC_INFINITY;
  sparse->reductions += 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseSetAsk(TrustNCGSparse sparse, TrustNCGAskFn ask, void *ctx)
{
  PetscFunctionBegin;
  sparse->ask    = ask;
  sparse->askctx = ctx;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the fit of the next build to be looked at? */
static PetscBool Checks(TrustNCGSparse sparse)
{
  return TrustNCGChecksFit(sparse->builds, (PetscBool)(sparse->misfit <= SPARSE_EXACT),
                           sparse->drift);
}

/* P = H on the pattern. Where a product was not finite, P = I until the next solve: then CG meets
   the fault itself and says so. So it is where the build was stopped, or all of it is 0, of which
   no preconditioner can be made. */
static PetscErrorCode Assemble(TrustNCGSparse sparse, Mat H, Vec g, PetscInt *products)
{
  const PetscBool check = Checks(sparse);
  PetscReal       norm;
  PetscInt        colors, made;

  PetscFunctionBegin;
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  PetscCall(TrustNCGProbesApply(sparse->probes, H, sparse->work, sparse->fields, sparse->unit,
                                sparse->P, sparse->ask, sparse->askctx, &made));
  if (sparse->fields > 1) {
    PetscCall(TrustNCGUnitsFind(sparse->P, sparse->work, sparse->fields, sparse->unit));
    sparse->reductions++;
  }
  PetscCall(MatNorm(sparse->P, NORM_FROBENIUS, &norm));
  sparse->reductions++;
  sparse->finite = (PetscBool)(made == colors && norm > 0.0 && !PetscIsInfOrNanReal(norm));
  if (!sparse->finite) {
    PetscCall(MatZeroEntries(sparse->P));
    PetscCall(MatShift(sparse->P, 1.0));
  }
  *products += made;
  sparse->spent = sparse->finite ? 0.0 : PETSC_INFINITY;
  sparse->drift = sparse->finite ? 0.0 : PETSC_INFINITY;
  if (check || !sparse->finite) sparse->misfit = PETSC_INFINITY;
  if (!check || !sparse->finite) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatMult(H, g, sparse->work));
  (*products)++;
  PetscCall(Misfit(sparse, sparse->P, g, &sparse->misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseBuild(TrustNCGSparse sparse, Mat H, Vec g, PetscInt *products)
{
  PetscBool again, changed;

  PetscFunctionBegin;
  *products = 0;
  PetscCall(TrustNCGSparseShape(sparse, H, products));
  PetscCall(Assemble(sparse, H, g, products));
  again = (PetscBool)(sparse->lean && sparse->finite && sparse->misfit > SPARSE_EXACT);
  if (again) {
    PetscCall(TrustNCGSparseReshape(sparse, PETSC_FALSE, PETSC_MAX_INT));
    PetscCall(Assemble(sparse, H, g, products));
  }
  if (sparse->misfit > SPARSE_EXACT && sparse->misfit <= GATHERED * SPARSE_EXACT) {
    PetscCall(TrustNCGSparseColorDirectly(sparse, &changed));
    if (changed) PetscCall(Assemble(sparse, H, g, products));
  }
  PetscCall(TrustNCGSparseLearn(sparse, (PetscBool)(sparse->misfit <= SPARSE_EXACT), again));
  if (sparse->secant) PetscCall(TrustNCGSecantStart(sparse->secant, sparse->P));
  sparse->builds++;
  sparse->fresh = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* D, which the preconditioner is made of, is a dominant copy of P; or I where nothing is left but
   rounding, as of a P that is negative definite. */
PetscErrorCode TrustNCGSparseMakeDominant(TrustNCGSparse sparse)
{
  PetscReal norm, left;

  PetscFunctionBegin;
  if (sparse->D) PetscCall(MatCopy(sparse->P, sparse->D, SAME_NONZERO_PATTERN));
  else PetscCall(MatDuplicate(sparse->P, MAT_COPY_VALUES, &sparse->D));
  PetscCall(TrustNCGMakeDominant(sparse->D, sparse->work));
  PetscCall(MatNorm(sparse->P, NORM_FROBENIUS, &norm));
  PetscCall(MatNorm(sparse->D, NORM_FROBENIUS, &left));
  sparse->reductions += 2;
  if (left > PETSC_SMALL * norm) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatZeroEntries(sparse->D));
  PetscCall(MatShift(sparse->D, 1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P as it was built elsewhere: where it is still nearly H, and is no worse a fit than rounding
   makes it, CG works with it, too. */
static void Keep(TrustNCGSparse sparse)
{
  const PetscBool serves =
    (PetscBool)(sparse->misfit <= SPARSE_EXACT && TrustNCGServes(sparse->drift));

  sparse->role = serves ? SPARSE_CHORD : SPARSE_PRECONDITIONS;
}

PetscErrorCode TrustNCGSparseUpdate(TrustNCGSparse sparse, Mat H, Vec g, PetscInt *products)
{
  PetscInt  colors, more = 0;
  PetscBool wider = PETSC_FALSE;

  PetscFunctionBegin;
  *products = 0;
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  if (!sparse->fresh) {
    if (sparse->builds && !TrustNCGStale(sparse->drift, sparse->spent, sparse->last,
                                         (PetscBool)(sparse->role == SPARSE_CHORD),
                                         (PetscReal)(colors + Checks(sparse)))) {
      Keep(sparse);
      if (sparse->dominant && sparse->last > SLOW) PetscCall(ChooseCopy(sparse, g));
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    PetscCall(TrustNCGSparseBuild(sparse, H, g, products));
    if (sparse->finite) PetscCall(TrustNCGSparseFollow(sparse, H, products, &wider));
    if (wider) PetscCall(TrustNCGSparseBuild(sparse, H, g, &more));
    *products += more;
  }
  sparse->fresh    = PETSC_FALSE;
  sparse->role     = sparse->misfit <= SPARSE_EXACT ? SPARSE_STANDS_IN : SPARSE_PRECONDITIONS;
  sparse->dominant = PETSC_FALSE;
  if (sparse->finite && !sparse->band) PetscCall(ChooseCopy(sparse, g));
  else PetscCall(TrustNCGSparseSetMatrix(sparse, sparse->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseNote(TrustNCGSparse sparse, Vec g, Vec gplus, Vec d, PetscInt its,
                                  PetscInt trials)
{
  Mat B;

  PetscFunctionBegin;
  PetscCall(VecWAXPY(sparse->work, -1.0, gplus, g)); /* H d = -H s, nearly */
  PetscCall(GetCorrected(sparse, &B));
  PetscCall(Misfit(sparse, B, d, &sparse->drift));
  if (sparse->secant && sparse->misfit <= SPARSE_EXACT && sparse->drift > SPARSE_EXACT) {
    PetscCall(TrustNCGSecantLearn(sparse->secant, d, sparse->work));
  }
  if (!trials) PetscFunctionReturn(PETSC_SUCCESS);
  sparse->last = (PetscReal)(its + trials - 1); /* a bad P costs points, too */
  if (sparse->role == SPARSE_PRECONDITIONS) sparse->spent += sparse->last;
  if (sparse->role == SPARSE_CHORD && sparse->drift > SPARSE_EXACT)
    sparse->spent += (PetscReal)trials;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetMats(TrustNCGSparse sparse, Mat *A, Mat *P)
{
  PetscFunctionBegin;
  if (A && sparse->role == SPARSE_STANDS_IN) *A = sparse->P;
  if (A && sparse->role == SPARSE_CHORD) PetscCall(GetCorrected(sparse, A));
  if (P) *P = sparse->dominant ? sparse->D : sparse->P;
  PetscFunctionReturn(PETSC_SUCCESS);
}
