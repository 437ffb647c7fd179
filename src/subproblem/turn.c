/* SPDX-License-Identifier: BSD-2-Clause
   The one sweep of an iteration of CG by directions, whose operations are one loop: loops of single
   operations wait for the first-level cache where they do not wait for memory. */
#include "subproblem/pack.h"
#include "subproblem/sweep.h"

#define BLOCK 1024 /* unknowns in a partial sum: less is lost to rounding */

/* n is a multiple of PACK_STRIDE */
WIDE static void LoopTurn(PetscInt n, const SweepTurn *turn, const PetscScalar *p,
                          const PetscScalar *Ap, PetscScalar *restrict r, PetscScalar *restrict d,
                          PetscReal          sums[])
{
  const PetscReal lagold = turn->lagold, lag = turn->lag;
  const PetscReal beta = turn->beta, alpha = turn->alpha, next = turn->next;
  Pack            rr[PACK_ROWS] = {0}, cross[PACK_ROWS] = {0};

  for (PetscInt i = 0; i < n; i += PACK_STRIDE) {
    PackAhead(p + i);
    PackAhead(Ap + i);
    PackAhead(r + i);
    if (d) PackAhead(d + i);
    for (int k = 0; k < PACK_ROWS; k++) {
      const Pack pk = ((const Pack *)(p + i))[k], Apk = ((const Pack *)(Ap + i))[k];
      Pack       rk = ((Pack *)(r + i))[k];

      if (d) ((Pack *)(d + i))[k] += lagold * rk + lag * pk;
      rk = pk - beta * rk - alpha * Apk;
      rr[k] += rk * rk;
      rk += next * pk;
      cross[k] += rk * Apk;
      ((Pack *)(r + i))[k] = rk;
    }
  }
  sums[0] += PackSum(rr);
  sums[1] += PackSum(cross);
}

/* The last ones, fewer than a stride: in arrays of one, filled up with zeros */
static void TailTurn(PetscInt n, const SweepTurn *turn, const PetscScalar *p, const PetscScalar *Ap,
                     PetscScalar *r, PetscScalar *d, PetscReal sums[])
{
  PetscScalar last[4][PACK_STRIDE] = {{0}};

  for (PetscInt i = 0; i < n; i++) {
    last[0][i] = p[i];
    last[1][i] = Ap[i];
    last[2][i] = r[i];
    if (d) last[3][i] = d[i];
  }
  LoopTurn(PACK_STRIDE, turn, last[0], last[1], last[2], d ? last[3] : NULL, sums);
  for (PetscInt i = 0; i < n; i++) {
    r[i] = last[2][i];
    if (d) d[i] = last[3][i];
  }
}

PetscErrorCode SweepLoopTurn(const SweepTurn *turn, PetscReal sums[])
{
  const PetscScalar *p, *Ap;
  PetscScalar       *r, *d = NULL;
  PetscInt           n, packed;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(turn->r, &n));
  PetscCall(VecGetArrayRead(turn->p, &p));
  PetscCall(VecGetArrayRead(turn->Ap, &Ap));
  PetscCall(VecGetArray(turn->r, &r));
  if (turn->d) PetscCall(VecGetArray(turn->d, &d));
  packed = n - n % PACK_STRIDE;
  for (PetscInt i = 0; i < packed; i += BLOCK) {
    LoopTurn(PetscMin(BLOCK, packed - i), turn, p + i, Ap + i, r + i, d ? d + i : NULL, sums);
  }
  if (packed < n) {
    TailTurn(n - packed, turn, p + packed, Ap + packed, r + packed, d ? d + packed : NULL, sums);
  }
  if (turn->d) PetscCall(VecRestoreArray(turn->d, &d));
  PetscCall(VecRestoreArray(turn->r, &r));
  PetscCall(VecRestoreArrayRead(turn->Ap, &Ap));
  PetscCall(VecRestoreArrayRead(turn->p, &p));
  PetscCall(PetscLogFlops((d ? 14.0 : 10.0) * n));
  PetscFunctionReturn(PETSC_SUCCESS);
}
