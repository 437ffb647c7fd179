/* SPDX-License-Identifier: BSD-2-Clause
   Sums over the unknowns: dot products, norms, and sums of terms made on the way.

   Their bits depend on how the unknowns are spread over the ranks, unless the sums are exact: then
   they are the same on any number of ranks. All else that the solver does to a vector it does to
   each unknown by itself. */
#ifndef TRUSTNCG_SUMS_H
#define TRUSTNCG_SUMS_H

#include <petscvec.h>
#include "rules/exact.h"

/* Of this process, while a solve says so */
PETSC_INTERN PetscBool TrustNCGSumsExact;

/* One of the sums that a reduction is for: ||x||_2, x'y, or x'y_i for n vectors y_i */
typedef struct {
  enum { SUM_NORM, SUM_DOT, SUM_DOTS } kind;
  Vec        x, y;
  PetscInt   n;
  const Vec *ys;
  PetscReal *result;
} TrustNCGSum;

static inline TrustNCGSum SumNorm(Vec x, PetscReal *norm)
{
  return (TrustNCGSum){SUM_NORM, x, x, 1, NULL, norm};
}

static inline TrustNCGSum SumDot(Vec x, Vec y, PetscReal *dot)
{
  return (TrustNCGSum){SUM_DOT, x, y, 1, NULL, dot};
}

static inline TrustNCGSum SumDots(Vec x, PetscInt n, const Vec y[], PetscReal dots[])
{
  return (TrustNCGSum){SUM_DOTS, x, NULL, n, y, dots};
}

/* Collective, one reduction */
PETSC_INTERN PetscErrorCode TrustNCGSumsReduce(PetscInt n, const TrustNCGSum sums[]);
PETSC_INTERN PetscErrorCode TrustNCGNorm(Vec x, PetscReal *norm);
PETSC_INTERN PetscErrorCode TrustNCGDot(Vec x, Vec y, PetscReal *dot);
PETSC_INTERN PetscErrorCode TrustNCGDots(Vec x, PetscInt n, const Vec y[], PetscReal dots[]);

/* Sums of terms */
enum { TALLY_MAX = 16 };

typedef struct {
  PetscInt       n;
  PetscReal      plain[TALLY_MAX];
  TrustNCGExact *exact; /* n of them, or NULL */
} TrustNCGTally;

static inline void TrustNCGTallyAdd(TrustNCGTally *tally, PetscInt k, PetscReal term)
{
  if (tally->exact) TrustNCGExactAdd(&tally->exact[k], term);
  else tally->plain[k] += term;
}

PETSC_INTERN PetscErrorCode TrustNCGTallyStart(PetscInt n, TrustNCGTally *tally);
/* Where the sums are exact */
PETSC_INTERN PetscErrorCode TrustNCGTallyDot(TrustNCGTally *tally, PetscInt k, Vec x, Vec y);
PETSC_INTERN PetscErrorCode TrustNCGTallyReduce(MPI_Comm comm, TrustNCGTally *tally,
                                                PetscReal sums[]);

#endif
