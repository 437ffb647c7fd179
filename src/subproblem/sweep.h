/* SPDX-License-Identifier: BSD-2-Clause
   Sweeps: several operations on vectors, dot products among them, in one pass through memory.

   A list of elementary operations is done in its order, but block after block of the unknowns, so
   that a vector read by one operation is still in cache for the next ones. Vectors whose arrays
   are not in the host's memory are left to PETSc, operation by operation: the plain form. The dot
   products of all sweeps since the last reduction are reduced together. */
#ifndef TRUSTNCG_SWEEP_H
#define TRUSTNCG_SWEEP_H

#include <petscvec.h>
#include "compat.h"
#include "rules/exact.h"

typedef enum { SWEEP_AXPY, SWEEP_AYPX, SWEEP_DOT } SweepKind;

typedef struct {
  SweepKind  kind;
  PetscReal  a;
  Vec        x, y;
  PetscReal *dot;
} SweepOp;

/* y += a x */
static inline SweepOp SweepAXPY(Vec y, PetscReal a, Vec x)
{
  return (SweepOp){SWEEP_AXPY, a, x, y, NULL};
}

/* y = x + a y */
static inline SweepOp SweepAYPX(Vec y, PetscReal a, Vec x)
{
  return (SweepOp){SWEEP_AYPX, a, x, y, NULL};
}

/* dot = x'y, known after the reduction */
static inline SweepOp SweepDot(Vec x, Vec y, PetscReal *dot)
{
  return (SweepOp){SWEEP_DOT, 0.0, x, y, dot};
}

/* What an iteration of CG by directions does (directions.c), in this order */
typedef struct {
  Vec        d; /* d += lagold r + lag p; NULL: this is not due */
  PetscReal  lagold, lag;
  Vec        r, p, Ap;
  PetscReal  beta, alpha; /* r = p - beta r - alpha Ap;  rr = r'r */
  PetscReal *rr;
  PetscReal  next; /* r += next p;  cross = r'Ap */
  PetscReal *cross;
} SweepTurn;

enum { SWEEP_OPS_MAX = 16, SWEEP_DOTS_MAX = 8 };

/* Does this rank want all of them to know? */
typedef PetscBool (*SweepAlarm)(void *ctx);

typedef struct {
  MPI_Comm       comm;
  PetscBool      host;
  PetscInt       ndots; /* waiting for their reduction */
  PetscReal     *dots[SWEEP_DOTS_MAX];
  PetscReal      local[SWEEP_DOTS_MAX + 1], global[SWEEP_DOTS_MAX + 1];
  TrustNCGExact *exact;      /* in the place of local, where sums are exact, */
  PetscInt64    *words;      /* and in the place of global */
  MPI_Request    request;    /* of a reduction under way, else MPI_REQUEST_NULL */
  PetscInt       reductions; /* so far */
  SweepAlarm     alarm;      /* asked at each reduction, or NULL */
  void          *alarmctx;
  PetscBool      alarmed; /* at the last one, by some rank */
} Sweeper;

PETSC_INTERN PetscErrorCode SweepSetUp(Sweeper *sweeper, Vec like);
PETSC_INTERN PetscErrorCode SweepReset(Sweeper *sweeper);
PETSC_INTERN PetscErrorCode SweepRun(Sweeper *sweeper, PetscInt n, const SweepOp ops[]);
PETSC_INTERN PetscErrorCode SweepRunTurn(Sweeper *sweeper, const SweepTurn *turn);
/* One reduction for all dots: at once, or split in two for work in between. */
PETSC_INTERN PetscErrorCode SweepReduce(Sweeper *sweeper);
PETSC_INTERN PetscErrorCode SweepReduceBegin(Sweeper *sweeper);
PETSC_INTERN PetscErrorCode SweepReduceEnd(Sweeper *sweeper);

/* turn.c: SweepTurn on the host; adds to the two sums of this rank. */
PETSC_INTERN PetscErrorCode SweepLoopTurn(const SweepTurn *turn, PetscReal sums[]);

PETSC_INTERN PetscErrorCode SweepIsHost(Vec v, PetscBool *host);
/* pages.c: VecDuplicate(), in large pages where the system has them */
PETSC_INTERN PetscErrorCode SweepVecDuplicate(Vec like, Vec *v);

#endif
