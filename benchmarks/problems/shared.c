/* SPDX-License-Identifier: BSD-2-Clause
   Unknowns that terms on every rank touch: reading them and adding to them. */
#include "shared.h"

/* The entries of x that are this rank's, zero for the others */
static PetscErrorCode ReadOwn(const Shared *s, Vec x, PetscScalar xs[])
{
  const PetscScalar *a;
  PetscInt           lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(VecGetArrayRead(x, &a));
  for (PetscInt j = 0; j < s->n; j++) xs[j] = s->i[j] >= lo && s->i[j] < hi ? a[s->i[j] - lo] : 0.0;
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumOverRanks(Vec x, PetscInt n, PetscScalar values[])
{
  PetscMPIInt count;

  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast(n, &count));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, values, count, MPIU_SCALAR, MPIU_SUM,
                             PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SharedBegin(Shared *s, Vec x, Vec v)
{
  PetscScalar values[2 * SHARED_MAX];

  PetscFunctionBegin;
  if (!s->n) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ReadOwn(s, x, values));
  if (v) PetscCall(ReadOwn(s, v, values + s->n));
  PetscCall(SumOverRanks(x, v ? 2 * s->n : s->n, values));
  PetscCall(PetscArraycpy(s->x, values, s->n));
  if (v) PetscCall(PetscArraycpy(s->v, values + s->n, s->n));
  PetscCall(PetscArrayzero(s->g, s->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SharedEnd(Shared *s, Vec g)
{
  PetscScalar *a;
  PetscInt     lo, hi;

  PetscFunctionBegin;
  if (!s->n) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SumOverRanks(g, s->n, s->g));
  PetscCall(VecGetOwnershipRange(g, &lo, &hi));
  PetscCall(VecGetArray(g, &a));
  for (PetscInt j = 0; j < s->n; j++) {
    if (s->i[j] >= lo && s->i[j] < hi) a[s->i[j] - lo] += s->g[j];
  }
  PetscCall(VecRestoreArray(g, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
