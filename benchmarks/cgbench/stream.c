/* SPDX-License-Identifier: BSD-2-Clause
   STREAM's triad, and its form in place. */
#include "stream.h"
#include "driver/reductions.h"

#define WORK 4e6 /* values in one measurement, at least */

struct _n_Stream {
  PetscInt     n, times; /* as often as it takes */
  PetscInt     share;
  PetscScalar *a, *b, *c;
};

PetscErrorCode StreamCreate(PetscInt n, PetscInt share, Stream *stream)
{
  Stream s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->share = share;
  s->n = n = share * n;
  s->times = 3 + (PetscInt)(WORK / PetscMax(n, 1000));
  PetscCall(PetscMalloc3(n, &s->a, n, &s->b, n, &s->c));
  for (PetscInt i = 0; i < n; i++) { /* the first touch, by the rank that uses them */
    s->a[i] = 1.0;
    s->b[i] = 2.0;
    s->c[i] = 0.5;
  }
  *stream = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode StreamDestroy(Stream *stream)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3((*stream)->a, (*stream)->b, (*stream)->c));
  PetscCall(PetscFree(*stream));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Triad(PetscInt n, PetscReal s, PetscScalar *restrict a, const PetscScalar *restrict b,
                  const PetscScalar *restrict c)
{
  for (PetscInt i = 0; i < n; i++) a[i] = b[i] + s * c[i];
}

static void Update(PetscInt n, PetscReal s, PetscScalar *restrict a, const PetscScalar *restrict b)
{
  for (PetscInt i = 0; i < n; i++) a[i] += s * b[i];
}

/* Of one loop out of many, on the slowest rank */
static PetscErrorCode Measured(Stream s, double start, double *seconds)
{
  PetscFunctionBegin;
  *seconds = (ReductionTime() - start) / (double)(s->times * s->share);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode StreamTriad(Stream s, double *seconds)
{
  double start;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  start = ReductionTime();
  for (PetscInt k = 0; k < s->times; k++) Triad(s->n, 1e-9, s->a, s->b, s->c);
  PetscCall(Measured(s, start, seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode StreamUpdate(Stream s, double *seconds)
{
  PetscScalar *arrays[] = {s->a, s->b, s->c};
  double       start;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  start = ReductionTime();
  for (PetscInt k = 0; k < s->times; k++) {
    Update(s->n, 1e-9, arrays[k % 3], arrays[(k + 1) % 3]);
  }
  PetscCall(Measured(s, start, seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}
