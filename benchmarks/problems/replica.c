/* SPDX-License-Identifier: BSD-2-Clause
   All of a vector on every rank, means over samples that the ranks share, and the memory of the
   point at which something was computed. */
#include "replica.h"

PetscErrorCode ReplicaCreate(Vec x, Replica *r)
{
  const PetscInt *ranges;
  PetscInt        N;
  PetscMPIInt     size;

  PetscFunctionBegin;
  PetscCall(PetscObjectGetComm((PetscObject)x, &r->comm));
  PetscCall(VecGetSize(x, &N));
  PetscCheck(N <= PETSC_MPI_INT_MAX, r->comm, PETSC_ERR_SUP,
             "%" PetscInt_FMT " unknowns: every rank keeps all of them, at most 2^31 - 1", N);
  PetscCallMPI(MPI_Comm_size(r->comm, &size));
  PetscCall(VecGetOwnershipRanges(x, &ranges));
  PetscCall(PetscMalloc2(size, &r->count, size, &r->first));
  for (PetscMPIInt k = 0; k < size; k++) {
    r->first[k] = (PetscMPIInt)ranges[k];
    r->count[k] = (PetscMPIInt)(ranges[k + 1] - ranges[k]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ReplicaDestroy(Replica *r)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(r->count, r->first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ReplicaGather and ReplicaMeanVec together move 2 N (p-1)/p numbers through each of p ranks: an
   allreduce of the gradient alone would move as many, and the gather would come on top. */
PetscErrorCode ReplicaGather(const Replica *r, Vec x, PetscScalar *all)
{
  const PetscScalar *own;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &own));
  PetscCallMPI(MPI_Allgatherv(own, (PetscMPIInt)n, MPIU_SCALAR, all, r->count, r->first,
                              MPIU_SCALAR, r->comm));
  PetscCall(VecRestoreArrayRead(x, &own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ReplicaMeanVec(const Replica *r, PetscInt M, const PetscScalar *part,
                              PetscReal lambda, Vec x, Vec y)
{
  const PetscScalar *xs;
  PetscScalar       *ys;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(y, &n));
  PetscCall(VecGetArrayWrite(y, &ys));
  PetscCallMPI(MPI_Reduce_scatter(part, ys, r->count, MPIU_SCALAR, MPI_SUM, r->comm));
  PetscCall(VecGetArrayRead(x, &xs));
  for (PetscInt k = 0; k < n; k++) ys[k] = ys[k] / M + lambda * xs[k];
  PetscCall(VecRestoreArrayRead(x, &xs));
  PetscCall(VecRestoreArrayWrite(y, &ys));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ReplicaMean(const Replica *r, PetscInt M, PetscReal part, PetscReal lambda,
                           PetscInt N, const PetscScalar *all, PetscReal *f)
{
  PetscReal sum, square = 0.0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&part, &sum, 1, MPIU_REAL, MPI_SUM, r->comm));
  /* all ranks hold all: no reduction, and the same sum on any number of ranks */
  for (PetscInt k = 0; k < N; k++) square += all[k] * all[k];
  *f = sum / M + 0.5 * lambda * square;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode MemorySet(Memory *memory, Vec x)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectGetId((PetscObject)x, &memory->id));
  PetscCall(PetscObjectStateGet((PetscObject)x, &memory->state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Vec may have been written on some ranks only, so all have to agree. */
PetscErrorCode MemoryHas(const Memory *memory, Vec x, PetscBool *same)
{
  Memory    now;
  PetscBool mine;

  PetscFunctionBegin;
  PetscCall(MemorySet(&now, x));
  mine = now.id == memory->id && now.state == memory->state ? PETSC_TRUE : PETSC_FALSE;
  PetscCallMPI(MPI_Allreduce(&mine, same, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
