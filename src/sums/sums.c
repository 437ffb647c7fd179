/* SPDX-License-Identifier: BSD-2-Clause
   Sums over the unknowns, in PETSc's way or exact. */
#include "sums/sums.h"

PetscBool TrustNCGSumsExact = PETSC_FALSE;

static PetscErrorCode Begin(const TrustNCGSum *sum)
{
  PetscFunctionBegin;
  if (sum->kind == SUM_NORM) PetscCall(VecNormBegin(sum->x, NORM_2, sum->result));
  else if (sum->kind == SUM_DOT) PetscCall(VecDotBegin(sum->x, sum->y, sum->result));
  else PetscCall(VecMDotBegin(sum->x, sum->n, sum->ys, sum->result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode End(const TrustNCGSum *sum)
{
  PetscFunctionBegin;
  if (sum->kind == SUM_NORM) PetscCall(VecNormEnd(sum->x, NORM_2, sum->result));
  else if (sum->kind == SUM_DOT) PetscCall(VecDotEnd(sum->x, sum->y, sum->result));
  else PetscCall(VecMDotEnd(sum->x, sum->n, sum->ys, sum->result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReduceOne(const TrustNCGSum *sum)
{
  PetscFunctionBegin;
  if (sum->kind == SUM_NORM) PetscCall(VecNorm(sum->x, NORM_2, sum->result));
  else if (sum->kind == SUM_DOT) PetscCall(VecDot(sum->x, sum->y, sum->result));
  else PetscCall(VecMDot(sum->x, sum->n, sum->ys, sum->result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sums of n packed ones over the ranks */
static PetscErrorCode ReduceWords(MPI_Comm comm, PetscInt n, PetscInt64 words[], PetscReal sums[])
{
  PetscFunctionBegin;
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, words, (PetscMPIInt)(n * EXACT_WORDS), MPIU_INT64, MPI_SUM, comm));
  for (PetscInt k = 0; k < n; k++) sums[k] = TrustNCGExactValue(words + k * EXACT_WORDS);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum += this rank's part of x'y */
static PetscErrorCode AddDot(Vec x, Vec y, TrustNCGExact *sum)
{
  const PetscScalar *a, *b;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArrayRead(y, &b));
  TrustNCGExactDot(sum, n, a, b);
  PetscCall(VecRestoreArrayRead(y, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumsReduceExact(PetscInt n, const TrustNCGSum sums[])
{
  TrustNCGExact sum;
  PetscInt64   *words;
  PetscReal    *results;
  PetscInt      count = 0, at = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) count += sums[k].n;
  PetscCall(PetscMalloc2(count * EXACT_WORDS, &words, count, &results));
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt i = 0; i < sums[k].n; i++, at++) {
      const Vec y = sums[k].kind == SUM_DOTS ? sums[k].ys[i] : sums[k].y;

      TrustNCGExactStart(&sum);
      PetscCall(AddDot(sums[k].x, y, &sum));
      TrustNCGExactPack(&sum, words + at * EXACT_WORDS);
    }
  }
  PetscCall(ReduceWords(PetscObjectComm((PetscObject)sums[0].x), count, words, results));
  at = 0;
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt i = 0; i < sums[k].n; i++) sums[k].result[i] = results[at++];
    if (sums[k].kind == SUM_NORM) *sums[k].result = PetscSqrtReal(*sums[k].result);
  }
  PetscCall(PetscFree2(words, results));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSumsReduce(PetscInt n, const TrustNCGSum sums[])
{
  PetscFunctionBegin;
  if (TrustNCGSumsExact) PetscCall(SumsReduceExact(n, sums));
  else if (n == 1) PetscCall(ReduceOne(sums));
  else {
    for (PetscInt k = 0; k < n; k++) PetscCall(Begin(&sums[k]));
    for (PetscInt k = 0; k < n; k++) PetscCall(End(&sums[k]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGNorm(Vec x, PetscReal *norm)
{
  const TrustNCGSum sum = SumNorm(x, norm);

  PetscFunctionBegin;
  PetscCall(TrustNCGSumsReduce(1, &sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDot(Vec x, Vec y, PetscReal *dot)
{
  const TrustNCGSum sum = SumDot(x, y, dot);

  PetscFunctionBegin;
  PetscCall(TrustNCGSumsReduce(1, &sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDots(Vec x, PetscInt n, const Vec y[], PetscReal dots[])
{
  const TrustNCGSum sum = SumDots(x, n, y, dots);

  PetscFunctionBegin;
  PetscCall(TrustNCGSumsReduce(1, &sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGTallyStart(PetscInt n, TrustNCGTally *tally)
{
  PetscFunctionBegin;
  *tally = (TrustNCGTally){.n = n};
  if (!TrustNCGSumsExact) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(n, &tally->exact));
  for (PetscInt k = 0; k < n; k++) TrustNCGExactStart(&tally->exact[k]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGTallyDot(TrustNCGTally *tally, PetscInt k, Vec x, Vec y)
{
  PetscFunctionBegin;
  PetscCall(AddDot(x, y, &tally->exact[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The tally is ended. */
PetscErrorCode TrustNCGTallyReduce(MPI_Comm comm, TrustNCGTally *tally, PetscReal sums[])
{
  PetscInt64 words[TALLY_MAX * EXACT_WORDS];

  PetscFunctionBegin;
  if (tally->exact) {
    for (PetscInt k = 0; k < tally->n; k++) {
      TrustNCGExactPack(&tally->exact[k], words + k * EXACT_WORDS);
    }
    PetscCall(ReduceWords(comm, tally->n, words, sums));
  } else {
    PetscCallMPI(
      MPI_Allreduce(tally->plain, sums, (PetscMPIInt)tally->n, MPIU_REAL, MPIU_SUM, comm));
  }
  PetscCall(PetscFree(tally->exact));
  PetscFunctionReturn(PETSC_SUCCESS);
}
