/* SPDX-License-Identifier: BSD-2-Clause
   Which preconditioner CG has: the choice, and what feeds and renews it.

     user      the PC of the KSP, as the user set it
     sparse    a PETSc PC (multigrid) on the Hessian assembled from coloured products
     pairs     limited-memory BFGS over a learned diagonal
     diagonal  the learned diagonal alone
     auto      user where the KSP has a PC, or sparse where that needs a matrix; else pairs, and where a pattern is at hand soon sparse,
               if a product with it agrees with one with the Hessian */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "precond/gather.h"
#include "precond/pairs.h"
#include "precond/sparse.h"
#include "rules/rules.h"
#include "subproblem/trustcg.h"

#define HOPE         10.0 /* the products of a sparse Hessian for each unit of work done before, */
#define HOPE_BEYOND  1.0  /* and where its pattern goes beyond the one that is known */
#define GATHER_LEAST 3    /* fewer pairs of CG do not replace what was learned before */
#define PAIRS        10   /* in the model, */
#define GATHERED     8    /* and gathered during CG, where the user does not bound the memory */

static PetscErrorCode ObserveCG(void *ctx, PetscInt it, Vec p, Vec Hp)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGGatherSee((TrustNCGGather)ctx, it, p, Hp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ApplyPairs(PC pc, Vec v, Vec z)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &tn));
  if (tn->hidden.use) PetscCall(TrustNCGSparseApply(tn->sparse, v, z));
  else PetscCall(TrustNCGPairsApply(tn->pairs, v, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for pairs in the model and gathered, within the bound on vectors: beside them the model
   takes six (four of the diagonal, one of its own, z of CG) and a pair that is staged. */
static void ShareOut(PetscInt vectors, PetscInt *pairs, PetscInt *gathered)
{
  const PetscInt most = PAIRS + GATHERED;
  const PetscInt room =
    vectors < TRUSTNCG_VECTORS_DIAGONAL ? 0 : (vectors - TRUSTNCG_VECTORS_DIAGONAL) / 2;
  const PetscInt all = PetscMin(most, room);

  *gathered = GATHERED * all / most;
  *pairs    = all - *gathered;
}

/* What those take when all are there */
static PetscInt VectorsOfPairs(PetscInt vectors)
{
  PetscInt pairs, gathered;

  ShareOut(vectors, &pairs, &gathered);
  return TRUSTNCG_VECTORS_DIAGONAL + 2 * (pairs + gathered);
}

static PetscErrorCode SetUpPairs(Tao tao, PetscBool diagonal)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      pairs, gathered;
  PC            pc;

  PetscFunctionBegin;
  ShareOut(tn->maxvectors, &pairs, &gathered);
  if (diagonal) pairs = gathered = 0;
  PetscCall(TrustNCGPairsCreate(tao->solution, pairs, &tn->pairs));
  PetscCall(TrustNCGGatherCreate(tao->solution, gathered, &tn->gather));
  if (gathered) PetscCall(TrustCGSetObserver(tao->ksp, ObserveCG, tn->gather));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, tn));
  PetscCall(PCShellSetApply(pc, ApplyPairs));
  PetscCall(PCShellSetName(pc, diagonal ? "learned diagonal" : "pairs over a learned diagonal"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A PC that the user has set since stays. */
static PetscErrorCode ResetPairs(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     ours;
  void         *ctx;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPTRUSTCG, &ours));
  if (ours) {
    PetscCall(TrustCGSetObserver(tao->ksp, NULL, NULL));
    PetscCall(TrustCGSetLook(tao->ksp, NULL, NULL)); /* left by an error */
    PetscCall(TrustCGSetGuards(tao->ksp, (TrustCGGuards){NULL}));
    PetscCall(TrustCGSetAlarm(tao->ksp, NULL, NULL));
  }
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCShellGetContext(pc, &ctx)); /* NULL where it is no shell */
  if (ctx && ctx == tn) PetscCall(PCSetType(pc, PCNONE));
  PetscCall(TrustNCGPairsDestroy(&tn->pairs));
  PetscCall(TrustNCGGatherDestroy(&tn->gather));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The KSP's PC is what it was before trustncg chose one; a pattern and its colours are kept. */
static PetscErrorCode Release(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (tn->sparse) {
    PetscCall(TrustNCGSparseRelease(tn->sparse));
    PetscCall(TrustNCGSparseDestroy(&tn->kept));
    tn->kept   = tn->sparse;
    tn->sparse = NULL;
  }
  PetscCall(TrustNCGHiddenReset(tao));
  PetscCall(ResetPairs(tao));
  PetscCall(TrustNCGResetRiesz(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondReset(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(Release(tao));
  PetscCall(TrustNCGSparseDestroy(&tn->kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coloured pattern, no product yet; tn->sparse is NULL where no pattern is known, or the
   vectors are too many. */
PetscErrorCode TrustNCGPrecondCreateSparse(Tao tao)
{
  TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  PetscInt      vectors = 0, row;
  Mat           pattern, given;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetPattern(tao, &given));
  PetscCall(TrustNCGPrecondGetPattern(tao, (PetscBool)!tn->hidden.pattern, &pattern, &row));
  if (tn->hidden.pattern) pattern = tn->hidden.pattern;
  tn->sparse = tn->kept;
  tn->kept   = NULL;
  PetscCall(TrustNCGSparseCreate(tao->solution, pattern, row, &tn->sparse));
  PetscCheck(tn->sparse || !given, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONGSTATE,
             "The pattern for the sparse preconditioner lacks entries of the diagonal: give one "
             "that has them to TaoTrustNCGSetPattern()");
  if (tn->sparse) {
    PetscCall(TrustNCGSparseSetAsk(tn->sparse, TrustNCGAlarmed, tao));
    PetscCall(TrustNCGSparseGetCounts(tn->sparse, NULL, &vectors, NULL));
  }
  if (tn->hidden.pattern) vectors += VectorsOfPairs(tn->maxvectors); /* they stay */
  if (vectors > tn->maxvectors) PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  if (tn->sparse) PetscCall(TrustNCGSparseSetRoom(tn->sparse, tn->maxvectors - vectors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* It takes the place of whatever PC there is. */
PetscErrorCode TrustNCGPrecondUseSparse(Tao tao)
{
  TAO_TrustNCG *tn         = (TAO_TrustNCG *)tao->data;
  PetscInt      reductions = 0;
  PC            pc;

  PetscFunctionBegin;
  if (tn->pairs) PetscCall(TrustNCGPairsGetCounts(tn->pairs, NULL, NULL, NULL, &reductions));
  tn->reductions += reductions; /* the ledger keeps them */
  PetscCall(ResetPairs(tao));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(TrustNCGSparseSetPC(tn->sparse, pc));
  tn->type = TAO_TRUSTNCG_PRECOND_SPARSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondSetUp(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(Release(tao));
  PetscCall(TrustNCGPrecondChoose(tao));
  tn->nhv_precond = 0;
  tn->due         = PETSC_FALSE;
  switch (tn->type) {
  case TAO_TRUSTNCG_PRECOND_PAIRS:
  case TAO_TRUSTNCG_PRECOND_DIAGONAL:
    PetscCall(SetUpPairs(tao, (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_DIAGONAL)));
    break;
  case TAO_TRUSTNCG_PRECOND_SPARSE:
    PetscCall(TrustNCGPrecondCreateSparse(tao));
    PetscCheck(tn->sparse, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONGSTATE,
               "A sparse preconditioner needs a pattern of the Hessian, and room for it: make the "
               "solution vector with DMCreateGlobalVector() or call TaoTrustNCGSetPattern(); see "
               "-%stao_trustncg_vectors",
               TrustNCGPrefix(tao));
    PetscCall(TrustNCGPrecondUseSparse(tao));
    break;
  case TAO_TRUSTNCG_PRECOND_USER:
    PetscCall(TrustNCGSetUpRiesz(tao));
    break;
  default:
    break;
  }
  if (!tn->waiting) PetscCall(TrustNCGSparseDestroy(&tn->kept)); /* nobody asks for it now */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it time for the products of the sparse Hessian? */
static PetscErrorCode SetDue(Tao tao)
{
  TAO_TrustNCG   *tn   = (TAO_TrustNCG *)tao->data;
  const PetscReal work = TrustNCGWork(tn);
  PetscInt        colors, box;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseGetCounts(tn->sparse, &colors, NULL, NULL));
  PetscCall(TrustNCGSparseGetBox(tn->sparse, &box));
  tn->due = TrustNCGPromises((box ? HOPE_BEYOND : HOPE) * work, work, (PetscReal)colors, tn->gnorm0,
                             tn->gnorm, TrustNCGTarget(tao));
  if (tn->sequence.sparse) tn->due = PETSC_TRUE;
  if (tn->hidden.pattern) tn->due = TrustNCGHiddenDue(tn, colors + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the pattern fit, or a wider one that the Hessian shows? If that is too dear yet it is not due
   any more. */
static PetscErrorCode TryPattern(Tao tao, Mat H, PetscBool *fits)
{
  TAO_TrustNCG   *tn       = (TAO_TrustNCG *)tao->data;
  const PetscBool quiet    = (PetscBool)(tn->noise.error == 0.0);
  PetscInt        products = 0;
  PetscBool       wider    = PETSC_FALSE;

  PetscFunctionBegin;
  *fits = PETSC_TRUE;
  if (quiet) PetscCall(TrustNCGSparsePromises(tn->sparse, H, &products, fits));
  PetscCall(TrustNCGPrecondCount(tao, products));
  if (*fits) PetscCall(SetDue(tao));
  if (*fits && tn->due) PetscCall(TrustNCGPrecondTry(tao, H, fits));
  if (*fits || !quiet || tn->alarmed) PetscFunctionReturn(PETSC_SUCCESS);
  products = 0;
  PetscCall(TrustNCGSparseFollow(tn->sparse, H, &products, &wider));
  PetscCall(TrustNCGPrecondCount(tao, products));
  if (wider) PetscCall(SetDue(tao));
  if (wider && tn->due) PetscCall(TrustNCGPrecondTry(tao, H, fits));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From pairs to sparse, if the Hessian has that pattern; for good, unless it was found by products. */
static PetscErrorCode Switch(Tao tao, Mat H)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     fits;

  PetscFunctionBegin;
  PetscCall(TryPattern(tao, H, &fits));
  if (tn->alarmed) { /* the solve ends */
    tn->why = "it ended while a sparse Hessian was built";
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!tn->due) PetscFunctionReturn(PETSC_SUCCESS);
  tn->waiting = tn->due = PETSC_FALSE;
  if (fits && tn->hidden.pattern) {
    PetscCall(TrustNCGHiddenTake(tao));
    if (tn->mode.learned) TrustNCGModeLeave(&tn->mode, tn->gnorm, TrustNCGWork(tn));
  } else if (fits) {
    tn->why = "a pattern of the Hessian is known";
    PetscCall(TrustNCGPrecondUseSparse(tao));
    TrustNCGResetRadius(tao);          /* what was learned of it was in another norm */
    PetscCall(TrustNCGSaveState(tao)); /* as the pairs are no more */
  } else {
    tn->why   = "the Hessian does not have the pattern that is known";
    tn->unfit = (PetscBool)!tn->hidden.pattern;
    if (!tn->unfit) tn->why = TRUSTNCG_NO_PATTERN;
    PetscCall(TrustNCGHiddenReset(tao));
    PetscCall(TrustNCGPrecondDropSparse(tao));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A known pattern promises so much that auto builds a sparse Hessian as soon as the solve has cost
   a tenth of that: where it has few colours, at the start; unless the end is nearer. So it is where
   a coarser grid took to one. */
PetscErrorCode TrustNCGPrecondDue(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->due = PETSC_FALSE;
  PetscCall(TrustNCGHiddenSeek(tao));
  if (!tn->waiting) PetscFunctionReturn(PETSC_SUCCESS);
  if (!tn->sparse) PetscCall(TrustNCGPrecondFindSparse(tao));
  if (!tn->waiting) {
    PetscCall(TrustNCGHiddenReset(tao));
    tn->hidden.next = PETSC_INFINITY;
  } else if (tn->sparse) PetscCall(SetDue(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a solve with H at the iterate: P, from which the PC is made, brought up to date; and *A,
   which CG is to work with, where the sparse Hessian does for H. */
PetscErrorCode TrustNCGPrecondUpdate(Tao tao, Mat H, Mat *A, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;
  Vec           v;

  PetscFunctionBegin;
  if (tn->due) PetscCall(Switch(tao, H));
  if (tn->hidden.pattern && tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGHiddenUpdate(tao, H, A));
  } else if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGPrecondDirection(tao, &v));
    PetscCall(TrustNCGSparseUpdate(tn->sparse, H, v, &products));
    PetscCall(TrustNCGPrecondCount(tao, products));
    PetscCall(TrustNCGSparseGetMats(tn->sparse, A, P));
  }
  if (tn->pairs) {
    PetscCall(TrustNCGGatherStart(tn->gather));
    PetscCall(TrustNCGPairsUse(tn->pairs, TRUSTNCG_FOR_CG));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The products with H so far were noise, and the next ones are better. */
PetscErrorCode TrustNCGPrecondRenew(Tao tao, Mat H)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     fits;
  Mat           A, P;

  PetscFunctionBegin;
  PetscCall(KSPGetOperators(tao->ksp, &A, &P));
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) PetscCall(TrustNCGPrecondTry(tao, H, &fits));
  if (tn->unfit && tn->noise.error > 0.0) { /* the pattern may be right */
    tn->waiting = PETSC_TRUE;
    PetscCall(TrustNCGPrecondDue(tao));
  }
  PetscCall(TrustNCGPrecondUpdate(tao, H, &A, &P));
  PetscCall(KSPSetOperators(tao->ksp, A, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step was accepted, before x and g move: s = -d, y = g+ - g. */
PetscErrorCode TrustNCGPrecondLearn(Tao tao, PetscBool bycg)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     stretch;
  PetscBool     taken;
  Vec           s, y;

  PetscFunctionBegin;
  if (tn->pairs) {
    if (bycg) PetscCall(TrustNCGGatherGive(tn->gather, GATHER_LEAST, tn->pairs));
    PetscCall(TrustNCGPairsStage(tn->pairs, &s, &y));
    PetscCall(VecAXPBY(s, -1.0, 0.0, tao->stepdirection));
    PetscCall(VecWAXPY(y, -1.0, tao->gradient, tn->gplus));
    PetscCall(TrustNCGPairsCommit(tn->pairs, PETSC_TRUE, &taken));
    /* the norm of the trust region is a new one: the radius stays what it is in steps like s,
       for which now s'Ms = s'y; where rounding leaves no difference of the slopes, as it is */
    stretch = PetscSqrtReal(PetscMax(0.0, tn->slopeplus - tn->slope)) / tn->dnorm;
    if (taken && !tn->hidden.use && tao->trust < PETSC_INFINITY &&
        PetscIsNormalReal(stretch * tao->trust)) {
      tao->trust *= stretch;
    }
  }
  if (tn->hidden.pattern && tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGHiddenLearn(tao, bycg));
  } else if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGSparseNote(tn->sparse, tao->gradient, tn->gplus, tao->stepdirection,
                                 tao->ksp_its, tn->tries));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Forget what was learned elsewhere, if anything was. */
PetscErrorCode TrustNCGPrecondForget(Tao tao, PetscBool *forgot)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     standin, here;

  PetscFunctionBegin;
  *forgot = PETSC_FALSE;
  TrustNCGReachStart(&tn->reach); /* steps of another model */
  if (tn->pairs) PetscCall(TrustNCGPairsReset(tn->pairs, forgot));
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGPrecondStandsIn(tao, &standin, &here));
    PetscCall(TrustNCGSparseForget(tn->sparse));
    *forgot = (PetscBool)(*forgot || (standin && !here));
  }
  tn->hidden.poor = PETSC_TRUE; /* now with H itself */
  PetscFunctionReturn(PETSC_SUCCESS);
}
