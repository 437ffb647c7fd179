/* SPDX-License-Identifier: BSD-2-Clause
   Samples as sparse rows, each of a class: their products with weights, and the softmax loss. */
#include "samples.h"

#include <math.h>
#include <petscviewer.h>

/* A sample's entries; restrict tells the compiler that no weight is stored among them */
typedef struct {
  const double *restrict value;
  const int *restrict column;
  size_t entries;
} Row;

static Row GetRow(const Samples *s, PetscInt i)
{
  const size_t first = s->start[i];
  const Row    row   = {s->value + first, s->column + first, s->start[i + 1] - first};

  return row;
}

/* z += W'x for K weights a feature; a constant K lets the compiler unroll and vectorise */
static inline void MultFixed(const int K, Row x, const PetscScalar *restrict w,
                             PetscScalar *restrict z)
{
  for (size_t j = 0; j < x.entries; j++) {
    const double       a  = x.value[j];
    const PetscScalar *wj = w + (size_t)x.column[j] * K;

    for (int k = 0; k < K; k++) z[k] += a * wj[k];
  }
}

/* G += x t' */
static inline void AddFixed(const int K, Row x, const PetscScalar *restrict t,
                            PetscScalar *restrict g)
{
  for (size_t j = 0; j < x.entries; j++) {
    const double a  = x.value[j];
    PetscScalar *gj = g + (size_t)x.column[j] * K;

#pragma GCC unroll 1 /* unrolled, gcc 12 leaves it scalar and takes 1.4 times as long */
    for (int k = 0; k < K; k++) gj[k] += a * t[k];
  }
}

void SamplesMult(const Samples *s, PetscInt i, int K, const PetscScalar *W, PetscScalar *z)
{
  const PetscScalar *bias = W + (size_t)s->features * K;

  for (int k = 0; k < K; k++) z[k] = bias[k];
  if (K == 10) MultFixed(10, GetRow(s, i), W, z);
  else if (K == 1) MultFixed(1, GetRow(s, i), W, z);
  else MultFixed(K, GetRow(s, i), W, z);
}

void SamplesAdd(const Samples *s, PetscInt i, int K, const PetscScalar *t, PetscScalar *G)
{
  PetscScalar *bias = G + (size_t)s->features * K;

  for (int k = 0; k < K; k++) bias[k] += t[k];
  if (K == 10) AddFixed(10, GetRow(s, i), t, G);
  else if (K == 1) AddFixed(1, GetRow(s, i), t, G);
  else AddFixed(K, GetRow(s, i), t, G);
}

int SoftmaxTop(int K, PetscBool reference, const PetscScalar *z)
{
  int       top  = reference ? K : 0;
  PetscReal most = reference ? 0.0 : z[0];

  for (int k = 0; k < K; k++) {
    if (z[k] > most) {
      most = z[k];
      top  = k;
    }
  }
  return top;
}

/* The loss is (z_top - z_y) + log1p(the other terms), in which no exponential overflows and a small
   loss keeps its digits. */
PetscReal Softmax(int K, PetscBool reference, const PetscScalar *z, int y, PetscReal *p)
{
  const int       top  = SoftmaxTop(K, reference, z);
  const PetscReal most = top < K ? z[top] : 0.0;
  PetscReal       rest = reference && top < K ? PetscExpReal(-most) : 0.0;

  for (int k = 0; k < K; k++) {
    p[k] = k == top ? 1.0 : PetscExpReal(z[k] - most);
    if (k != top) rest += p[k];
  }
  for (int k = 0; k < K; k++) p[k] /= 1.0 + rest;
  return most - (y < K ? z[y] : 0.0) + log1p(rest);
}

void SoftmaxTangent(int K, const PetscReal *p, const PetscScalar *u, PetscScalar *t)
{
  PetscReal pu = 0.0;

  for (int k = 0; k < K; k++) pu += p[k] * u[k];
  for (int k = 0; k < K; k++) t[k] = p[k] * (u[k] - pu);
}

PetscErrorCode SamplesReport(MPI_Comm comm, const char set[], const Samples *s, PetscInt right,
                             PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &right, 1, MPIU_INT, MPI_SUM, comm));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "%s accuracy %.2f %%: %" PetscInt_FMT " of %" PetscInt_FMT
                                   " samples are classified right\n",
                                   set, 100.0 * (double)right / (double)s->M, right, s->M));
  PetscFunctionReturn(PETSC_SUCCESS);
}
