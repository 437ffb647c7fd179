/* SPDX-License-Identifier: BSD-2-Clause
   The one sweep of an iteration of CG by directions, whose operations are one loop: loops of single
   operations wait for the first-level cache where they do not wait for memory. */
#include "rules/wide.h"
#include "subproblem/sweep.h"

#define BLOCK 512 /* unknowns: four arrays of a block fit the first-level cache */

WIDE static void LoopStep(PetscInt n, const SweepTurn *turn, const PetscScalar *restrict r,
                          const PetscScalar *restrict p, PetscScalar *restrict d)
{
  const PetscReal lagold = turn->lagold, lag = turn->lag;

  for (PetscInt i = 0; i < n; i++) d[i] += lagold * r[i] + lag * p[i];
}

WIDE static void LoopTurn(PetscInt n, const SweepTurn *turn, const PetscScalar *restrict p,
                          const PetscScalar *restrict Ap, PetscScalar *restrict r, PetscReal sums[])
{
  const PetscReal beta = turn->beta, alpha = turn->alpha, next = turn->next;
  PetscReal       rr = 0.0, cross = 0.0;

#pragma omp simd reduction(+ : rr, cross)
  for (PetscInt i = 0; i < n; i++) {
    const PetscScalar residual = p[i] - beta * r[i] - alpha * Ap[i];

    rr += residual * residual;
    r[i] = residual + next * p[i];
    cross += r[i] * Ap[i];
  }
  sums[0] += rr;
  sums[1] += cross;
}

PetscErrorCode SweepLoopTurn(const SweepTurn *turn, PetscReal sums[])
{
  const PetscScalar *p, *Ap;
  PetscScalar       *r, *d = NULL;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(turn->r, &n));
  PetscCall(VecGetArrayRead(turn->p, &p));
  PetscCall(VecGetArrayRead(turn->Ap, &Ap));
  PetscCall(VecGetArray(turn->r, &r));
  if (turn->d) PetscCall(VecGetArray(turn->d, &d));
  for (PetscInt i = 0; i < n; i += BLOCK) {
    const PetscInt m = PetscMin(BLOCK, n - i);

    if (d) LoopStep(m, turn, r + i, p + i, d + i);
    LoopTurn(m, turn, p + i, Ap + i, r + i, sums);
  }
  if (turn->d) PetscCall(VecRestoreArray(turn->d, &d));
  PetscCall(VecRestoreArray(turn->r, &r));
  PetscCall(VecRestoreArrayRead(turn->Ap, &Ap));
  PetscCall(VecRestoreArrayRead(turn->p, &p));
  PetscCall(PetscLogFlops((d ? 14.0 : 10.0) * n));
  PetscFunctionReturn(PETSC_SUCCESS);
}
