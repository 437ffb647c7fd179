/* SPDX-License-Identifier: BSD-2-Clause
   The user's callbacks under guard: what one rank meets in them becomes the same on all ranks.

     after a callback, on each rank alone: an error is kept, not returned; where there is one, or
       the point is outside the domain here, the result becomes NaN, which spreads in every sum
     TrustNCGAgree(): one such sum, with the dot products that are wanted anyway, on a
       communicator of its own: then all return the error, or all have the value of rank 0

   A rank that fails may leave the others behind in a collective call of the callback. From its
   error to the agreement a watch runs on it, which ends the job if the others never come. */
#include "tao/trustncg_impl.h"
#include "sums/sums.h"
#include <pthread.h>
#include <time.h>

/* What the ranks contribute to an agreement, beside the dot products */
enum {
  FAILED,     /* 1: there is an error here, */
  OUTSIDE,    /* 1: the point is outside the domain, */
  NOT_FINITE, /* 1: f is not finite */
  VALUE,      /* f on rank 0, 0 on the others */
  STRAYED,    /* relative difference of f here and on rank 0, in the agreement before */
  DISSENTS,   /* 1: the convergence test said something else here than on rank 0 */
  VOTES
};

struct _n_TrustNCGGuard {
  MPI_Comm       comm;
  PetscMPIInt    rank, size;
  PetscReal      deadline; /* seconds */
  PetscErrorCode error;    /* met on this rank, not known to the others, or 0 */
  const char    *where;    /* it was met */
  PetscBool      outside;  /* this rank has called TaoTrustNCGSetDomainError() */
  PetscBool      left;     /* and the result is NaN for it */
  PetscBool      hollow;   /* some rank has no unknowns: no entry that could be NaN */
  PetscBool      known;    /* the error that the solve returns is known to all ranks */
  PetscReal      strayed;
  PetscBool      dissents;
  PetscBool      warned[2]; /* of the first, of the second */
  PetscBool      watching;
  pthread_t      watch;
};

PetscErrorCode TrustNCGGuardCreate(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscNew(&tn->guard));
  PetscCall(PetscCommGetComm(PetscObjectComm((PetscObject)tao), &tn->guard->comm));
  PetscCallMPI(MPI_Comm_rank(tn->guard->comm, &tn->guard->rank));
  PetscCallMPI(MPI_Comm_size(tn->guard->comm, &tn->guard->size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGuardDestroy(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscCommRestoreComm(PetscObjectComm((PetscObject)tao), &tn->guard->comm));
  PetscCall(PetscFree(tn->guard));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The other ranks may be waiting for this one where it will not come: it cannot tell them. */
static void *Watch(void *ctx)
{
  const TrustNCGGuard   guard = (TrustNCGGuard)ctx;
  const PetscReal       left  = PetscMin(guard->deadline, 1e9);
  const struct timespec time  = {(time_t)left, (long)(1e9 * (left - (PetscReal)(time_t)left))};

  if (nanosleep(&time, NULL)) return NULL;
  (void)fprintf(
    stderr,
    "trustncg: rank %d of %d met error %d in %s, and after %g s other ranks have not "
    "come: a collective call that this rank did not make holds them. The job is ended\n",
    (int)guard->rank, (int)guard->size, (int)guard->error, guard->where, (double)guard->deadline);
  (void)fflush(stderr);
  (void)MPI_Abort(guard->comm, (int)guard->error);
  return NULL;
}

static void StartWatch(TrustNCGGuard guard)
{
  if (guard->size == 1 || guard->watching) return;
  guard->watching = (PetscBool)!pthread_create(&guard->watch, NULL, Watch, guard);
}

static void EndWatch(TrustNCGGuard guard)
{
  if (!guard->watching) return;
  (void)pthread_cancel(guard->watch);
  (void)pthread_join(guard->watch, NULL);
  guard->watching = PETSC_FALSE;
}

PetscErrorCode TrustNCGGuardStart(Tao tao)
{
  TAO_TrustNCG   *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGGuard   guard = tn->guard;
  const PetscInt *first;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRanges(tao->solution, &first));
  guard->hollow = PETSC_FALSE;
  for (PetscMPIInt r = 0; r < guard->size; r++) {
    if (first[r] == first[r + 1]) guard->hollow = PETSC_TRUE;
  }
  tn->started     = PETSC_FALSE;
  guard->deadline = tn->deadline;
  guard->error    = PETSC_SUCCESS;
  guard->strayed  = 0.0;
  guard->outside = guard->left = guard->known = PETSC_FALSE;
  guard->dissents = guard->warned[0] = guard->warned[1] = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* VecSet() is collective. */
static PetscErrorCode SetNaN(Vec v)
{
  PetscScalar *a;
  PetscInt     n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(v, &n));
  PetscCall(VecGetArrayWrite(v, &a));
  for (PetscInt i = 0; i < n; i++) a[i] = NAN;
  PetscCall(VecRestoreArrayWrite(v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a callback at x that has returned `error` on this rank, and in f and v, if there are any,
   its result. Not collective. */
PetscErrorCode TrustNCGGuardResult(Tao tao, PetscErrorCode error, const char where[], Vec x,
                                   PetscReal *f, Vec v)
{
  TrustNCGGuard guard = ((TAO_TrustNCG *)tao->data)->guard;
  PetscInt      locks;

  PetscFunctionBegin;
  /* a rank that did not write to v would go on with the norm it remembers, the others without */
  if (v) PetscCall(PetscObjectStateIncrease((PetscObject)v));
  if (error) {
    PetscCall(VecLockGet(x, &locks)); /* an error leaves x as the callback had it */
    while (locks-- > 0) PetscCall(VecLockReadPop(x));
    if (!guard->error) {
      guard->error = error;
      guard->where = where;
      StartWatch(guard);
    }
  }
  if (guard->outside) guard->left = PETSC_TRUE;
  if (guard->error || guard->outside) {
    if (f) *f = NAN;
    if (v) PetscCall(SetNaN(v));
  }
  guard->outside = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All ranks return the error of the first that has one. */
static PetscErrorCode Raise(TrustNCGGuard guard)
{
  struct {
    int  error;
    char where[64];
  } news                = {0};
  const PetscBool mine  = (PetscBool)(guard->error != PETSC_SUCCESS);
  PetscMPIInt     first = mine ? guard->rank : guard->size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, guard->comm));
  if (guard->rank == first) {
    news.error = (int)guard->error;
    PetscCall(PetscStrncpy(news.where, guard->where, sizeof(news.where)));
  }
  PetscCallMPI(MPI_Bcast(&news, (PetscMPIInt)sizeof(news), MPI_BYTE, first, guard->comm));
  guard->error = PETSC_SUCCESS;
  guard->known = PETSC_TRUE;
  if (mine) PetscCall((PetscErrorCode)news.error); /* it has said what it is */
  SETERRQ(PETSC_COMM_SELF, (PetscErrorCode)news.error, "Rank %d of %d met error %d in %s",
          (int)first, (int)guard->size, news.error, news.where);
}

/* f of rank 0 is f, unless it is NaN or Inf on some rank; -Inf on rank 0 is a value, too. */
static void TakeValue(TrustNCGGuard guard, const PetscReal sums[], PetscReal *f)
{
  const PetscReal mine = *f;

  *f = sums[NOT_FINITE] > 0.0 && sums[VALUE] >= -PETSC_MAX_REAL ? NAN : sums[VALUE];
  if (PetscIsInfOrNanReal(*f) || mine == *f) return;
  guard->strayed = PetscAbsReal(mine - *f) / PetscMax(PetscAbsReal(mine), PetscAbsReal(*f));
}

/* Once a solve */
static PetscErrorCode Warn(TrustNCGGuard guard, const PetscReal sums[])
{
  PetscFunctionBegin;
  if (sums[STRAYED] > 0.0 && !guard->warned[0]) {
    guard->warned[0] = PETSC_TRUE;
    PetscCall(PetscFPrintf(
      guard->comm, PETSC_STDERR,
      "trustncg: warning: f is not the same on all ranks (relative difference %.1g): that of rank "
      "0 counts. Is f summed over all ranks, by MPI_Allreduce() or VecDot()?\n",
      (double)sums[STRAYED]));
  }
  if (sums[DISSENTS] > 0.0 && !guard->warned[1]) {
    guard->warned[1] = PETSC_TRUE;
    PetscCall(PetscFPrintf(
      guard->comm, PETSC_STDERR,
      "trustncg: warning: the convergence test of TaoSetConvergenceTest() does not say the same on "
      "all ranks: that of rank 0 counts. Does it ask for what each rank has of its own?\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective, one reduction: has some rank met an error? If not, what TrustNCGAgree() gives */
static PetscErrorCode Reduce(Tao tao, PetscReal *f, PetscInt n, const SweepOp dots[],
                             PetscBool *failed)
{
  TAO_TrustNCG *tn                          = (TAO_TrustNCG *)tao->data;
  TrustNCGGuard guard                       = tn->guard;
  PetscReal     sums[VOTES + TRUSTNCG_DOTS] = {0.0};
  Sweeper       sweeper                     = {.host = PETSC_TRUE}; /* for any type of vector */
  TrustNCGTally tally;

  PetscFunctionBegin;
  sums[FAILED]     = guard->error ? 1.0 : 0.0;
  sums[OUTSIDE]    = guard->left ? 1.0 : 0.0;
  sums[NOT_FINITE] = f && PetscIsInfOrNanReal(*f) ? 1.0 : 0.0;
  sums[VALUE]      = f && guard->rank == 0 && *f <= PETSC_MAX_REAL ? *f : 0.0;
  sums[STRAYED]    = guard->strayed;
  sums[DISSENTS]   = guard->dissents ? 1.0 : 0.0;
  /* always of the same length: ranks that come from different places meet */
  PetscCall(TrustNCGTallyStart(VOTES + TRUSTNCG_DOTS, &tally));
  for (PetscInt k = 0; tally.exact && k < n; k++) {
    PetscCall(TrustNCGTallyDot(&tally, VOTES + k, dots[k].x, dots[k].y));
  }
  if (!tally.exact && n) PetscCall(SweepRun(&sweeper, n, dots));
  for (PetscInt k = 0; k < VOTES; k++) TrustNCGTallyAdd(&tally, k, sums[k]);
  for (PetscInt k = 0; k < n; k++) TrustNCGTallyAdd(&tally, VOTES + k, sweeper.local[k]);
  PetscCall(TrustNCGTallyReduce(guard->comm, &tally, sums));
  EndWatch(guard);
  tn->reductions++;
  guard->left     = PETSC_FALSE;
  guard->strayed  = 0.0;
  guard->dissents = PETSC_FALSE;
  tn->outside     = (PetscBool)(sums[OUTSIDE] > 0.0);
  *failed         = (PetscBool)(sums[FAILED] > 0.0);
  PetscCall(Warn(guard, sums));
  if (f) TakeValue(guard, sums, f);
  for (PetscInt k = 0; k < n; k++) *dots[k].dot = sums[VOTES + k];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. All ranks get the error that some rank has met since the last agreement, else the
   same value of f, if one is given, and at most TRUSTNCG_DOTS dot products: in one reduction. */
PetscErrorCode TrustNCGAgree(Tao tao, PetscReal *f, PetscInt n, const SweepOp dots[])
{
  PetscBool failed;

  PetscFunctionBegin;
  PetscCall(Reduce(tao, f, n, dots, &failed));
  if (failed) PetscCall(Raise(((TAO_TrustNCG *)tao->data)->guard));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As TrustNCGGuardResult() after a product Hv; collective. Its NaN is in the dot products to come,
   except of a rank without entries: where there is one, the ranks tell each other at once. Here may
   be inside MatMult(), or a reduction under way: an error is for the next agreement to return. */
PetscErrorCode TrustNCGGuardProduct(Tao tao, PetscErrorCode error, const char where[], Vec x,
                                    Vec Hv)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     failed;

  PetscFunctionBegin;
  PetscCall(TrustNCGGuardResult(tao, error, where, x, NULL, Hv));
  if (!tn->guard->hollow) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Reduce(tao, NULL, 0, NULL, &failed));
  if (tn->guard->error) StartWatch(tn->guard);
  if (failed || tn->outside) PetscCall(SetNaN(Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After the convergence test: where it is the user's, that of rank 0 has the word. */
PetscErrorCode TrustNCGGuardReason(Tao tao)
{
  TAO_TrustNCG *tn     = (TAO_TrustNCG *)tao->data;
  TrustNCGGuard guard  = tn->guard;
  int           reason = (int)tao->reason;

  PetscFunctionBegin;
  if (tao->ops->convergencetest == TaoDefaultConvergenceTest) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGAgree(tao, NULL, 0, NULL)); /* a rank with an error is not in the next call */
  PetscCallMPI(MPI_Bcast(&reason, 1, MPI_INT, 0, guard->comm));
  tn->reductions++;
  if (reason != (int)tao->reason) guard->dissents = PETSC_TRUE;
  tao->reason = (TaoConvergedReason)reason;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With the Tao: a NaN may stand for an error on some rank. */
PetscErrorCode TrustNCGGuardAgree(void *ctx)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGAgree((Tao)ctx, NULL, 0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The end of a solve that returns `error` on this rank: on all ranks, too. What is refused before
   the first step is so on all ranks, as are errors that were agreed on. */
PetscErrorCode TrustNCGGuardEnd(Tao tao, PetscErrorCode error)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!error || (tn->started && !tn->guard->known)) {
    PetscCall(TrustNCGGuardResult(tao, error, "the solve", tao->solution, NULL, NULL));
    PetscCall(TrustNCGAgree(tao, NULL, 0, NULL));
  }
  EndWatch(tn->guard);
  PetscCall(error);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetDomainError - Says, within a callback, that the point is outside the domain of the
  objective.

  Not Collective; any rank may call it, all ranks learn of it

  Input Parameter:
. tao - the `Tao` that the callback was given; ignored unless it is of type `TAOTRUSTNCG`

  Level: intermediate

  Notes:
  The callback returns as usual, on all ranks; what it puts into its results is ignored. A trial
  step is rejected, and a shorter one is tried. At the start of a solve it is an error.

  It may be called in the objective, the gradient, both in one, and the function of
  `TaoTrustNCGSetHessianVector()`, whose product then counts as not finite.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetDeadline()`, `SNESSetFunctionDomainError()`
@*/
PetscErrorCode TaoTrustNCGSetDomainError(Tao tao)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  if (tn) tn->guard->outside = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
