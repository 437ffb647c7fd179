/* SPDX-License-Identifier: BSD-2-Clause
   Goes on from a checkpoint.

     the first rank checks header and size; all ranks sum the words up, by turns
     x, and f and its gradient there: is it the same problem?
     the solver's numbers, each within its bounds; the vectors of the model; the sparse Hessian

   No file makes it allocate more than the solve itself needs. What is wrong with a file is said
   once, on all ranks. */
#include "tao/saved.h"
#include "checkpoint/file.h"
#include "precond/sparse.h"
#include <errno.h>
#include <petscdmda.h>
#include <string.h>
#include <unistd.h>

#define CHUNK     8192 /* words read at a time to be summed up */
#define SAME_F    1e-3 /* f at the iterate is another problem's if it differs by this share, and */
#define SAME_NORM 0.1  /* the norm of the gradient by this one */

typedef struct {
  MPI_Comm         comm;
  PetscMPIInt      rank, ranks;
  int              fd;
  CheckpointHeader header;
  char             why[SAVED_WHY]; /* the file is refused, or empty */
} Reader;

static void Complain(Reader *r, int error)
{
  if (!error || r->why[0]) return;
  if (error == EPIPE) (void)snprintf(r->why, SAVED_WHY, "it became shorter while it was read");
  else if (error == ENOTSUP) (void)snprintf(r->why, SAVED_WHY, "it is no regular file");
  else (void)snprintf(r->why, SAVED_WHY, "%.80s", strerror(error));
}

static void ReadWords(Reader *r, void *words, size_t n, uint64_t at)
{
  if (!r->why[0])
    Complain(r, CheckpointRead(r->fd, words, CHECKPOINT_WORD * n, CHECKPOINT_WORD * at));
}

/* Words that must be finite numbers */
static void ReadReals(Reader *r, PetscScalar *values, size_t n, uint64_t at)
{
  ReadWords(r, values, n, at);
  if (!r->why[0] && !CheckpointFinite(values, n)) {
    (void)snprintf(r->why, SAVED_WHY, "it holds a number that is not finite");
  }
}

/* On the first rank, then for all. */
static PetscErrorCode ReadHeader(Reader *r, const char file[])
{
  char     bytes[CHECKPOINT_WORD * CHECKPOINT_HEADER];
  uint64_t size = 0;

  PetscFunctionBegin;
  Complain(r, CheckpointOpenToRead(file, &r->fd, &size));
  if (r->rank == 0 && !r->why[0]) {
    const size_t length = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);

    Complain(r, CheckpointRead(r->fd, bytes, length, 0));
    if (!r->why[0]) (void)CheckpointParse(bytes, length, size, &r->header, r->why, SAVED_WHY);
  }
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  PetscCallMPI(MPI_Bcast(&r->header, sizeof(r->header), MPI_BYTE, 0, r->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it for this problem, and for this program? */
static PetscErrorCode CheckHeader(Reader *r, PetscInt n, const TrustNCGNumbering *by)
{
  const CheckpointHeader *h = &r->header;

  PetscFunctionBegin;
  if (h->n != n) {
    (void)snprintf(r->why, SAVED_WHY, "it has %lld unknowns, this problem has %" PetscInt_FMT,
                   (long long)h->n, n);
  } else if (h->scalarsize != sizeof(PetscScalar)) {
    (void)snprintf(r->why, SAVED_WHY, "its scalars have %d bytes, those of this program %d",
                   (int)h->scalarsize, (int)sizeof(PetscScalar));
  } else if (h->order != by->order) {
    (void)snprintf(r->why, SAVED_WHY, "its unknowns are numbered in another way: by another DM");
  } else if (h->order == TRUSTNCG_ORDER_PRIVATE && h->ranks != r->ranks) {
    (void)snprintf(
      r->why, SAVED_WHY,
      "it was written on %lld ranks, and the numbering of these vectors depends on them",
      (long long)h->ranks);
  } else if (h->vectors > SAVED_VECS_MOST) {
    (void)snprintf(r->why, SAVED_WHY, "it has %lld vectors, too many", (long long)h->vectors);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each rank sums up its share of the words, chunk by chunk. */
static PetscErrorCode CheckSum(Reader *r)
{
  const uint64_t all = CheckpointWords(&r->header);
  const uint64_t end = all / (uint64_t)r->ranks * ((uint64_t)r->rank + 1);
  uint64_t       at = all / (uint64_t)r->ranks * (uint64_t)r->rank, sum = 0;
  uint64_t      *words;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(CHUNK, &words));
  for (const uint64_t last = r->rank == r->ranks - 1 ? all : end; at < last && !r->why[0];) {
    const size_t n = last - at < CHUNK ? (size_t)(last - at) : CHUNK;

    ReadWords(r, words, n, at);
    if (!r->why[0]) sum += CheckpointSum(words, n, at);
    at += n;
  }
  PetscCall(PetscFree(words));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, r->comm));
  if (!r->why[0] && sum != r->header.sum) {
    (void)snprintf(r->why, SAVED_WHY, "it is damaged: its checksum is wrong");
  }
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadVec(Reader *r, const TrustNCGNumbering *by, Vec v, PetscInt k)
{
  const uint64_t at = CheckpointVectors(&r->header) + (uint64_t)k * (uint64_t)r->header.n;
  PetscScalar   *a;
  Vec            ordered = by->da ? by->natural : v;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(ordered, &a));
  ReadReals(r, a, (size_t)by->n, at + (uint64_t)by->lo);
  PetscCall(VecRestoreArrayWrite(ordered, &a));
  if (by->da) {
    PetscCall(DMDANaturalToGlobalBegin(by->da, ordered, INSERT_VALUES, v));
    PetscCall(DMDANaturalToGlobalEnd(by->da, ordered, INSERT_VALUES, v));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x from the file, f and its gradient there from the callbacks: tn->f and the norm are those. */
static PetscErrorCode ReadIterate(Reader *r, Tao tao, const TrustNCGNumbering *by)
{
  PetscFunctionBegin;
  PetscCall(ReadVec(r, by, tao->solution, 0));
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  if (!r->why[0]) PetscCall(TrustNCGEvaluateStart(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Differ(PetscReal a, PetscReal b, PetscReal share)
{
  return (PetscBool)(PetscAbsReal(a - b) > share * PetscMax(PetscAbsReal(a), PetscAbsReal(b)));
}

/* The numbers of the solve; but f and the gradient are those that were found here, which on as
   many ranks are the same to the bit. */
static PetscErrorCode ReadNumbers(Reader *r, Tao tao, TrustNCGSaved saved)
{
  TAO_TrustNCG    *tn = (TAO_TrustNCG *)tao->data;
  const PetscReal  f = tn->f, gnorm = tn->gnorm;
  CheckpointRecord record = {.words = saved->words, .most = (size_t)r->header.numbers, .load = 1};

  PetscFunctionBegin;
  if (r->rank == 0) ReadWords(r, saved->words, record.most, CHECKPOINT_HEADER);
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  if (r->why[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Bcast(saved->words, (PetscMPIInt)record.most, MPI_UINT64_T, 0, r->comm));
  PetscCall(TrustNCGStateRecord(tao, &record, saved));
  if (record.bad)
    (void)snprintf(r->why, SAVED_WHY, "what it says of this does not fit: %s", record.bad);
  else if (record.n != record.most) {
    (void)snprintf(r->why, SAVED_WHY, "it has more numbers than this library knows");
  } else if (Differ(f, tn->f, SAME_F) && Differ(gnorm, tn->gnorm, SAME_NORM)) {
    (void)snprintf(r->why, SAVED_WHY,
                   "it is of another problem: f at its iterate is %g here, by the file %g",
                   (double)f, (double)tn->f);
  }
  tn->f       = f;
  tn->gnorm   = gnorm;
  tao->gnorm0 = tn->gnorm0;
  tao->cnorm0 = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadModel(Reader *r, Tao tao, TrustNCGSaved saved,
                                const TrustNCGNumbering *by)
{
  PetscInt n;
  Vec      list[SAVED_VECS_MOST];

  PetscFunctionBegin;
  PetscCall(TrustNCGStateGetVecs(tao, saved, &n, list));
  if (n != r->header.vectors) {
    (void)snprintf(r->why, SAVED_WHY, "it has %lld vectors, but by its numbers %" PetscInt_FMT,
                   (long long)r->header.vectors, n);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (PetscInt k = 1; k < n; k++) PetscCall(ReadVec(r, by, list[k], k));
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries of the sparse Hessian are of use where each rank has the rows that it had; else it
   is built anew. */
static PetscErrorCode ReadEntries(Reader *r, Tao tao, PetscInt entries)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  int64_t       mine = -1, before = 0, sum = entries;
  uint64_t      at = CheckpointEntries(&r->header);
  PetscScalar  *values;
  PetscBool     same;

  PetscFunctionBegin;
  if (tn->type != TAO_TRUSTNCG_PRECOND_SPARSE) PetscFunctionReturn(PETSC_SUCCESS);
  if (r->header.entries && r->ranks == r->header.ranks)
    ReadWords(r, &mine, 1, at + (uint64_t)r->rank);
  same = (PetscBool)(mine == entries);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPIU_BOOL, MPI_LAND, r->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_INT64_T, MPI_SUM, r->comm));
  if (!same || sum != r->header.entries || sum == 0) {
    PetscCall(TrustNCGSparseForget(tn->sparse));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCallMPI(MPI_Exscan(&mine, &before, 1, MPI_INT64_T, MPI_SUM, r->comm));
  if (r->rank == 0) before = 0; /* MPI leaves it undefined */
  at += (uint64_t)r->header.ranks + (uint64_t)before;
  PetscCall(PetscMalloc1(entries, &values));
  ReadReals(r, values, (size_t)entries, at);
  PetscCall(TrustNCGAgreeOnWords(r->comm, r->why));
  if (!r->why[0]) PetscCall(TrustNCGSparseSetEntries(tn->sparse, values));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each step finds the same words on all ranks, or none. */
static PetscErrorCode ReadAll(Reader *r, Tao tao, const TrustNCGNumbering *by, TrustNCGSaved saved)
{
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetSize(tao->solution, &n));
  PetscCall(CheckHeader(r, n, by));
  if (!r->why[0]) PetscCall(CheckSum(r));
  if (!r->why[0]) PetscCall(ReadIterate(r, tao, by));
  if (!r->why[0]) PetscCall(ReadNumbers(r, tao, saved));
  if (!r->why[0]) PetscCall(ReadModel(r, tao, saved, by));
  if (!r->why[0]) PetscCall(ReadEntries(r, tao, saved->entries));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In the place of a start at x. A file that is refused is an error, and x is what it was. */
PetscErrorCode TrustNCGRestart(Tao tao)
{
  TAO_TrustNCG     *tn = (TAO_TrustNCG *)tao->data;
  Reader            r  = {.comm = PetscObjectComm((PetscObject)tao), .fd = -1};
  TrustNCGNumbering by;
  TrustNCGSaved     saved;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(r.comm, &r.rank));
  PetscCallMPI(MPI_Comm_size(r.comm, &r.ranks));
  PetscCall(VecCopy(tao->solution, tn->w));
  PetscCall(TrustNCGNumberingCreate(tao->solution, &by));
  PetscCall(PetscNew(&saved));
  PetscCall(ReadHeader(&r, tn->restart));
  if (!r.why[0]) PetscCall(ReadAll(&r, tao, &by, saved));
  if (r.fd >= 0) (void)close(r.fd);
  PetscCall(PetscFree(saved));
  PetscCall(TrustNCGNumberingDestroy(&by));
  if (r.why[0]) PetscCall(VecCopy(tn->w, tao->solution));
  PetscCheck(!r.why[0], r.comm, PETSC_ERR_FILE_UNEXPECTED,
             "The solve cannot go on from the checkpoint %s: %s", tn->restart, r.why);
  PetscCall(
    PetscInfo(tao, "going on from %s at iteration %" PetscInt_FMT "\n", tn->restart, tao->niter));
  if (tn->saved) tn->saved->last = tao->niter;
  PetscCall(TrustNCGGetTrialGradientVec(tao)); /* as a learned step may come before the first CG */
  PetscCall(PetscFree(tn->restart));           /* the next solve starts afresh */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGSetRestart - Lets the next `TaoSolve()` go on from a checkpoint that
  `TaoTrustNCGSetCheckpoint()` has had written.

  Logically Collective; `file` must be equal on all ranks

  Input Parameters:
+ tao  - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- file - its name, in a folder that all ranks see; `NULL` or empty to start at the solution vector

  Options Database Key:
. -tao_trustncg_restart <file> - the file

  Level: intermediate

  Notes:
  The solution vector, the radius, what was learned of the Hessian, and all counters, TAO's own
  among them, are those of the file: limits of iterations and evaluations hold for all of the
  solve. One evaluation shows whether the file is of this problem, and is not counted. On as many
  ranks the iterates are those of a solve that was not interrupted, to the last bit, if the
  callbacks give the same bits and the preconditioner does (multigrid does so where a rank has one
  neighbour at most); on another number of ranks they agree to rounding, and a sparse Hessian is
  built anew. What a PC or a KSP of yours keeps from solve to solve is not saved, nor are limits and
  tolerances.

  An error, `PETSC_ERR_FILE_UNEXPECTED` on all ranks with the reason in words, where the file is
  not there, not whole, damaged, of another problem, or of other preconditioning; the solution is
  then what it was. Nothing is allocated for a file before its size and its checksum were found
  right.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetRestart()`, `TaoTrustNCGSetCheckpoint()`
@*/
PetscErrorCode TaoTrustNCGSetRestart(Tao tao, const char file[])
{
  TAO_TrustNCG *tn     = NULL;
  char         *copy   = NULL;
  size_t        length = 0;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  if (!tn) PetscFunctionReturn(PETSC_SUCCESS);
  if (file) PetscCall(PetscStrlen(file, &length));
  if (length) PetscCall(PetscStrallocpy(file, &copy));
  PetscCall(PetscFree(tn->restart));
  tn->restart = copy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGGetRestart - Gets the file from which the next `TaoSolve()` goes on.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. file - its name, `NULL` where there is none, as after the solve; not to be freed

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetRestart()`
@*/
PetscErrorCode TaoTrustNCGGetRestart(Tao tao, const char *file[])
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidPointer(file, 2);
  *file = tn->restart;
  PetscFunctionReturn(PETSC_SUCCESS);
}
