/* SPDX-License-Identifier: BSD-2-Clause
   Sweeps over vectors: the loops on the host, and the plain form by PETSc's vector calls. */
#include "subproblem/sweep.h"
#include "subproblem/pack.h"
#include "sums/sums.h"
#include <petsc/private/vecimpl.h>

#define BLOCK 256 /* unknowns: ten arrays of a block fit the first-level cache */
#define LANES 8   /* partial sums of a dot product: they vectorise, and lose less to rounding */

WIDE static void LoopAXPY(PetscInt n, PetscReal a, const PetscScalar *restrict x,
                          PetscScalar *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] += a * x[i];
}

WIDE static void LoopAYPX(PetscInt n, PetscReal a, const PetscScalar *restrict x,
                          PetscScalar *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] = x[i] + a * y[i];
}

WIDE static PetscReal LoopDot(PetscInt n, const PetscScalar *restrict x,
                              const PetscScalar *restrict y)
{
  PetscReal s[LANES] = {0};
  PetscInt  i;

  for (i = 0; i + LANES <= n; i += LANES) {
    for (int l = 0; l < LANES; l++) s[l] += x[i + l] * y[i + l];
  }
  for (; i < n; i++) s[0] += x[i] * y[i];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* x'y and y'y; n is a multiple of PACK_STRIDE */
WIDE static void LoopDotSquare(PetscInt n, const PetscScalar *x, const PetscScalar *y,
                               PetscReal sums[])
{
  Pack xy[PACK_ROWS] = {0}, yy[PACK_ROWS] = {0};

  for (PetscInt i = 0; i < n; i += PACK_STRIDE) {
    PackAhead(x + i);
    PackAhead(y + i);
    for (int k = 0; k < PACK_ROWS; k++) {
      const Pack yk = ((const Pack *)(y + i))[k];

      xy[k] += ((const Pack *)(x + i))[k] * yk;
      yy[k] += yk * yk;
    }
  }
  sums[0] += PackSum(xy);
  sums[1] += PackSum(yy);
}

static void DotSquare(PetscInt n, const PetscScalar *x, const PetscScalar *y, PetscReal sums[])
{
  const PetscInt packed = n - n % PACK_STRIDE;

  LoopDotSquare(packed, x, y, sums);
  for (PetscInt i = packed; i < n; i++) {
    sums[0] += x[i] * y[i];
    sums[1] += y[i] * y[i];
  }
}

/* Of a reduction */
typedef struct {
  const void  *mine;
  void        *all;
  PetscMPIInt  n;
  MPI_Datatype type;
} Numbers;

/* The arrays of an operation; y of a dot product is read only. */
typedef struct {
  const PetscScalar *x, *yread;
  PetscScalar       *y;
} Arrays;

static PetscErrorCode SweepGetArrays(const SweepOp *op, Arrays *arrays)
{
  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(op->x, &arrays->x));
  if (op->kind == SWEEP_DOT) PetscCall(VecGetArrayRead(op->y, &arrays->yread));
  else PetscCall(VecGetArray(op->y, &arrays->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tells the vectors written to that their norms have changed. */
static PetscErrorCode SweepRestoreArrays(const SweepOp *op, Arrays *arrays)
{
  PetscFunctionBegin;
  if (op->kind == SWEEP_DOT) PetscCall(VecRestoreArrayRead(op->y, &arrays->yread));
  else PetscCall(VecRestoreArray(op->y, &arrays->y));
  PetscCall(VecRestoreArrayRead(op->x, &arrays->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool DotSquareNext(PetscInt nops, const SweepOp ops[])
{
  return (PetscBool)(nops > 1 && ops[1].kind == SWEEP_DOT && ops[1].x == ops[0].y &&
                     ops[1].y == ops[0].y);
}

static void SweepBlock(PetscInt nops, const SweepOp ops[], const Arrays arrays[], PetscInt i,
                       PetscInt n, PetscReal sums[], TrustNCGExact *exact)
{
  for (PetscInt k = 0; k < nops; k++) {
    const PetscScalar *x = arrays[k].x + i;

    if (ops[k].kind == SWEEP_AXPY) LoopAXPY(n, ops[k].a, x, arrays[k].y + i);
    else if (ops[k].kind == SWEEP_AYPX) LoopAYPX(n, ops[k].a, x, arrays[k].y + i);
    else if (exact) TrustNCGExactDot(exact++, n, x, arrays[k].yread + i);
    else if (DotSquareNext(nops - k, ops + k)) {
      DotSquare(n, x, arrays[k++].yread + i, sums);
      sums += 2;
    } else *sums++ += LoopDot(n, x, arrays[k].yread + i);
  }
}

static PetscErrorCode SweepRun_Host(PetscInt nops, const SweepOp ops[], PetscReal sums[],
                                    TrustNCGExact *exact)
{
  Arrays   arrays[SWEEP_OPS_MAX];
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(ops[0].x, &n));
  for (PetscInt k = 0; k < nops; k++) PetscCall(SweepGetArrays(&ops[k], &arrays[k]));
  for (PetscInt i = 0; i < n; i += BLOCK) {
    SweepBlock(nops, ops, arrays, i, PetscMin(BLOCK, n - i), sums, exact);
  }
  for (PetscInt k = nops - 1; k >= 0; k--) PetscCall(SweepRestoreArrays(&ops[k], &arrays[k]));
  PetscCall(PetscLogFlops(2.0 * n * nops));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SweepRun_Plain(PetscInt nops, const SweepOp ops[], PetscReal sums[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < nops; k++) {
    if (ops[k].kind == SWEEP_AXPY) PetscCall(VecAXPY(ops[k].y, ops[k].a, ops[k].x));
    else if (ops[k].kind == SWEEP_AYPX) PetscCall(VecAYPX(ops[k].y, ops[k].a, ops[k].x));
    else PetscUseTypeMethod(ops[k].x, dot_local, ops[k].y, sums++); /* of this rank's unknowns */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Are the entries in the host's memory alone? Vectors of another type hide their arrays, or keep
   them on a device. */
PetscErrorCode SweepIsHost(Vec v, PetscBool *host)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)v, host, VECSEQ, VECMPI, VECSHARED, ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SweepSetUp(Sweeper *sweeper, Vec like)
{
  PetscFunctionBegin;
  sweeper->comm    = PetscObjectComm((PetscObject)like);
  sweeper->request = MPI_REQUEST_NULL;
  sweeper->ndots   = 0;
  PetscCall(SweepIsHost(like, &sweeper->host));
  PetscCheck(sweeper->host || !TrustNCGSumsExact, sweeper->comm, PETSC_ERR_SUP,
             "Exact sums need vectors in the memory of the host, of type seq or mpi");
  if (!TrustNCGSumsExact) PetscCall(SweepReset(sweeper));
  else if (!sweeper->exact) {
    PetscCall(
      PetscMalloc2(SWEEP_DOTS_MAX, &sweeper->exact, SWEEP_DOTS_MAX * EXACT_WORDS, &sweeper->words));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SweepReset(Sweeper *sweeper)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(sweeper->exact, sweeper->words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At most SWEEP_OPS_MAX operations, and SWEEP_DOTS_MAX dot products until they are reduced. */
PetscErrorCode SweepRun(Sweeper *sweeper, PetscInt nops, const SweepOp ops[])
{
  const PetscInt first = sweeper->ndots;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < nops; k++) {
    if (ops[k].kind == SWEEP_DOT) sweeper->dots[sweeper->ndots++] = ops[k].dot;
  }
  for (PetscInt k = first; k < sweeper->ndots; k++) {
    sweeper->local[k] = 0.0;
    if (sweeper->exact) TrustNCGExactStart(&sweeper->exact[k]);
  }
  if (nops && sweeper->host) {
    PetscCall(SweepRun_Host(nops, ops, sweeper->local + first,
                            sweeper->exact ? sweeper->exact + first : NULL));
  } else PetscCall(SweepRun_Plain(nops, ops, sweeper->local + first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same, in a loop of its own where that is the host's and sums are not exact */
PetscErrorCode SweepRunTurn(Sweeper *sweeper, const SweepTurn *turn)
{
  const SweepTurn *t    = turn;
  PetscInt         nops = 0, first = sweeper->ndots;
  SweepOp          ops[7];

  PetscFunctionBegin;
  if (sweeper->host && !sweeper->exact) {
    sweeper->dots[sweeper->ndots++] = t->rr;
    sweeper->dots[sweeper->ndots++] = t->cross;
    sweeper->local[first] = sweeper->local[first + 1] = 0.0;
    PetscCall(SweepLoopTurn(t, sweeper->local + first));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (t->d) ops[nops++] = SweepAXPY(t->d, t->lagold, t->r);
  if (t->d) ops[nops++] = SweepAXPY(t->d, t->lag, t->p);
  ops[nops++] = SweepAYPX(t->r, -t->beta, t->p);
  ops[nops++] = SweepAXPY(t->r, -t->alpha, t->Ap);
  ops[nops++] = SweepDot(t->r, t->r, t->rr);
  ops[nops++] = SweepAXPY(t->r, t->next, t->p);
  ops[nops++] = SweepDot(t->r, t->Ap, t->cross);
  PetscCall(SweepRun(sweeper, nops, ops));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The numbers to add over the ranks: the dots, then how many ranks sound the alarm. */
static Numbers SweepNumbers(Sweeper *sweeper)
{
  PetscMPIInt n = (PetscMPIInt)sweeper->ndots;

  if (sweeper->alarm) {
    sweeper->local[n] = (*sweeper->alarm)(sweeper->alarmctx) ? 1.0 : 0.0;
    if (sweeper->exact) {
      TrustNCGExactStart(&sweeper->exact[n]);
      TrustNCGExactAdd(&sweeper->exact[n], sweeper->local[n]);
    }
    n++;
  }
  if (!sweeper->exact) return (Numbers){sweeper->local, sweeper->global, n, MPIU_REAL};
  for (PetscMPIInt k = 0; k < n; k++) {
    TrustNCGExactPack(&sweeper->exact[k], sweeper->words + k * EXACT_WORDS);
  }
  return (Numbers){MPI_IN_PLACE, sweeper->words, n * EXACT_WORDS, MPIU_INT64};
}

PetscErrorCode SweepReduceBegin(Sweeper *sweeper)
{
  const Numbers m = SweepNumbers(sweeper);

  PetscFunctionBegin;
  PetscCallMPI(
    MPI_Iallreduce(m.mine, m.all, m.n, m.type, MPI_SUM, sweeper->comm, &sweeper->request));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SweepReduceEnd(Sweeper *sweeper)
{
  const PetscInt n = sweeper->ndots + !!sweeper->alarm;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Wait(&sweeper->request, MPI_STATUS_IGNORE));
  for (PetscInt k = 0; sweeper->exact && k < n; k++) {
    sweeper->global[k] = TrustNCGExactValue(sweeper->words + k * EXACT_WORDS);
  }
  for (PetscInt k = 0; k < sweeper->ndots; k++) *sweeper->dots[k] = sweeper->global[k];
  if (sweeper->alarm) sweeper->alarmed = (PetscBool)(sweeper->global[sweeper->ndots] > 0.0);
  sweeper->ndots = 0;
  sweeper->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SweepReduce(Sweeper *sweeper)
{
  const Numbers m = SweepNumbers(sweeper);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(m.mine, m.all, m.n, m.type, MPI_SUM, sweeper->comm));
  PetscCall(SweepReduceEnd(sweeper)); /* there is no request: MPI_Wait returns at once */
  PetscFunctionReturn(PETSC_SUCCESS);
}
