/* SPDX-License-Identifier: BSD-2-Clause
   Writes a checkpoint: each rank its share of each vector, straight into a new file, which then
   takes the place of the old one. What goes wrong on one rank is told to all. */
#include "tao/saved.h"
#include "checkpoint/file.h"
#include "precond/sparse.h"
#include <errno.h>
#include <string.h>
#include <petscdmda.h>
#include <unistd.h>

typedef struct {
  int              fd;
  char             part[PETSC_MAX_PATH_LEN]; /* the new file */
  const char      *name;                     /* the one whose place it takes */
  CheckpointHeader header;
  char            *why; /* on this rank */
} Writer;

static void Complain(Writer *w, int error)
{
  if (error && !w->why[0]) {
    (void)snprintf(w->why, SAVED_WHY, "%.200s: %.80s", w->name, strerror(error));
  }
}

/* words[n], which are to stand from the word `at` on */
static void WriteWords(Writer *w, const void *words, size_t n, uint64_t at)
{
  if (w->why[0]) return;
  Complain(w, CheckpointWrite(w->fd, words, CHECKPOINT_WORD * n, CHECKPOINT_WORD * at));
  w->header.sum += CheckpointSum(words, n, at);
}

static PetscErrorCode WriteVec(Writer *w, const TrustNCGNumbering *by, Vec v, uint64_t at)
{
  const PetscScalar *a;
  Vec                ordered = by->da ? by->natural : v;

  PetscFunctionBegin;
  if (by->da) {
    PetscCall(DMDAGlobalToNaturalBegin(by->da, v, INSERT_VALUES, ordered));
    PetscCall(DMDAGlobalToNaturalEnd(by->da, v, INSERT_VALUES, ordered));
  }
  PetscCall(VecGetArrayRead(ordered, &a));
  WriteWords(w, a, (size_t)by->n, at + (uint64_t)by->lo);
  PetscCall(VecRestoreArrayRead(ordered, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries of the sparse Hessian: how many this rank has, and what they are. */
static PetscErrorCode WriteEntries(Writer *w, Tao tao, PetscInt builds, PetscInt entries)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);
  int64_t       mine = entries, before = 0;
  uint64_t      at = CheckpointEntries(&w->header);
  PetscScalar  *values;
  PetscBool     theirs;
  PetscMPIInt   rank;

  PetscFunctionBegin;
  if (!w->header.entries) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Exscan(&mine, &before, 1, MPI_INT64_T, MPI_SUM, comm));
  if (rank == 0) before = 0; /* MPI leaves it undefined */
  PetscCall(PetscMalloc1(entries, &values));
  PetscCall(TrustNCGSparseGetEntries(tn->sparse, builds, entries, values, &theirs));
  if (!theirs) mine = -1; /* no number of entries: who reads it builds P anew */
  WriteWords(w, &mine, 1, at + (uint64_t)rank);
  at += (uint64_t)w->header.ranks + (uint64_t)before;
  WriteWords(w, values, (size_t)entries, at);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeHeader(Tao tao, TrustNCGSaved saved, PetscInt order, PetscInt vectors,
                                 CheckpointHeader *header)
{
  MPI_Comm    comm = PetscObjectComm((PetscObject)tao);
  PetscMPIInt ranks;
  PetscInt    n;
  int64_t     entries = saved->entries;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &entries, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscCall(VecGetSize(tao->solution, &n));
  *header = (CheckpointHeader){.intsize    = sizeof(PetscInt),
                               .scalarsize = sizeof(PetscScalar),
                               .order      = order,
                               .ranks      = ranks,
                               .n          = n,
                               .numbers    = saved->n,
                               .vectors    = vectors,
                               .entries    = entries};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first rank creates the file, the others find it. */
static PetscErrorCode Open(Writer *w, MPI_Comm comm)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  (void)snprintf(w->part, sizeof(w->part), "%s.part", w->name);
  w->fd = -1;
  if (rank == 0) Complain(w, CheckpointCreate(w->part, w->name, &w->fd));
  PetscCall(TrustNCGAgreeOnWords(comm, w->why));
  if (rank && !w->why[0]) Complain(w, CheckpointOpen(w->part, &w->fd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAll(Writer *w, Tao tao, TrustNCGSaved saved, const TrustNCGNumbering *by,
                               PetscInt n, const Vec list[])
{
  MPI_Comm    comm = PetscObjectComm((PetscObject)tao);
  uint64_t    words[CHECKPOINT_HEADER], sum;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (PetscInt k = 0; k < n; k++) {
    const uint64_t skip = (uint64_t)k * (uint64_t)w->header.n;

    PetscCall(WriteVec(w, by, list[k], CheckpointVectors(&w->header) + skip));
  }
  PetscCall(WriteEntries(w, tao, saved->builds, saved->entries));
  if (rank == 0) {
    WriteWords(w, saved->words, (size_t)saved->n, CHECKPOINT_HEADER);
    CheckpointFormat(&w->header, words);
    w->header.sum += CheckpointSum(words, CHECKPOINT_HEADER, 0);
  }
  PetscCallMPI(MPI_Reduce(&w->header.sum, &sum, 1, MPI_UINT64_T, MPI_SUM, 0, comm));
  if (rank == 0) {
    w->header.sum = sum;
    CheckpointFormat(&w->header, words);
    WriteWords(w, words, CHECKPOINT_HEADER, 0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All of it is on the disk before the first rank gives it its name. */
static PetscErrorCode Publish(Writer *w, MPI_Comm comm)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (w->fd >= 0) Complain(w, CheckpointClose(w->fd));
  PetscCall(TrustNCGAgreeOnWords(comm, w->why));
  if (rank == 0 && !w->why[0]) Complain(w, CheckpointPublish(w->part, w->name));
  if (rank == 0 && w->why[0] && w->fd >= 0) (void)unlink(w->part);
  PetscCall(TrustNCGAgreeOnWords(comm, w->why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGWriteSaved(Tao tao, TrustNCGSaved saved, const char file[],
                                  char why[SAVED_WHY])
{
  MPI_Comm          comm = PetscObjectComm((PetscObject)tao);
  Writer            w    = {.name = file, .why = why};
  TrustNCGNumbering by;
  PetscInt          n;
  Vec               list[SAVED_VECS_MOST];

  PetscFunctionBegin;
  why[0] = '\0';
  PetscCall(TrustNCGStateGetVecs(tao, saved, &n, list));
  PetscCall(TrustNCGNumberingCreate(tao->solution, &by));
  PetscCall(MakeHeader(tao, saved, by.order, n, &w.header));
  PetscCall(Open(&w, comm));
  PetscCall(WriteAll(&w, tao, saved, &by, n, list));
  PetscCall(Publish(&w, comm));
  PetscCall(TrustNCGNumberingDestroy(&by));
  PetscFunctionReturn(PETSC_SUCCESS);
}
