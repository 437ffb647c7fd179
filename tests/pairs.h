/* SPDX-License-Identifier: BSD-2-Clause
   A learned model of the inverse Hessian, a Hessian, and pairs of it that do not depend on the
   ranks. */
#ifndef TRUSTNCG_TEST_PAIRS_H
#define TRUSTNCG_TEST_PAIRS_H

#include "harness.h"
#include "precond/pairs.h"
#include <math.h>
#include <petscmat.h>

enum { SMALL = 12, MOST = 4, PAIRS = 3 * MOST };

/* SLS, L the identity or a Laplacian, S diagonal from 1 to SPREAD or the identity */
typedef enum { DIAGONAL, LAPLACIAN, SCALED, KINDS } Kind;

#define SPREAD 1e3

/* A model, and all pairs that were made for it */
typedef struct {
  Vec           v, w, Bv, Bw;
  Mat           H;
  TrustNCGPairs pairs;
  Vec           s[PAIRS], y[PAIRS];
  PetscInt      made;
} Case;

/* Entries between -1 and 1 that do not depend on the ranks */
static PetscErrorCode Fill(Vec v, PetscInt seed)
{
  PetscScalar *a;
  PetscInt     low, high;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(v, &low, &high));
  PetscCall(VecGetArrayWrite(v, &a));
  for (PetscInt i = low; i < high; i++) {
    const PetscReal at = 12.9898 * (PetscReal)(i + 1) + 78.233 * (PetscReal)seed;

    a[i - low] = PetscSinReal(at + 0.7071 * (PetscReal)((i + 1) * (seed % 97)));
  }
  PetscCall(VecRestoreArrayWrite(v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscReal ScaleOf(Kind kind, PetscInt i, PetscInt n)
{
  return kind == LAPLACIAN ? 1.0 : PetscPowReal(SPREAD, (PetscReal)i / (PetscReal)(n - 1));
}

static PetscErrorCode CreateHessian(Kind kind, Vec like, Mat *H)
{
  PetscInt low, high, mine, n;

  PetscFunctionBegin;
  PetscCall(VecGetSize(like, &n));
  PetscCall(VecGetLocalSize(like, &mine));
  PetscCall(VecGetOwnershipRange(like, &low, &high));
  PetscCall(
    MatCreateAIJ(PetscObjectComm((PetscObject)like), mine, mine, n, n, 3, NULL, 2, NULL, H));
  for (PetscInt i = low; i < high; i++) {
    for (PetscInt j = PetscMax(0, i - 1); j <= PetscMin(n - 1, i + 1); j++) {
      const PetscReal entry = kind == DIAGONAL ? (PetscReal)(i == j) : i == j ? 2.0 : -1.0;

      PetscCall(
        MatSetValue(*H, i, j, entry * ScaleOf(kind, i, n) * ScaleOf(kind, j, n), INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The unknowns are spread over the ranks, or all on the last. */
static PetscErrorCode CaseCreate(MPI_Comm comm, PetscBool last, PetscInt n, Kind kind, Case *c)
{
  const PetscInt mine = PetscGlobalRank == PetscGlobalSize - 1 ? n : 0;

  PetscFunctionBegin;
  c->made = 0;
  PetscCall(VecCreate(comm, &c->v));
  PetscCall(VecSetSizes(c->v, last ? mine : PETSC_DECIDE, n));
  PetscCall(VecSetType(c->v, VECSTANDARD));
  PetscCall(VecDuplicate(c->v, &c->w));
  PetscCall(VecDuplicate(c->v, &c->Bv));
  PetscCall(VecDuplicate(c->v, &c->Bw));
  PetscCall(CreateHessian(kind, c->v, &c->H));
  PetscCall(TrustNCGPairsCreate(c->v, MOST, &c->pairs));
  PetscCall(Fill(c->v, 1000));
  PetscCall(Fill(c->w, 1001));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseDestroy(Case *c)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < c->made; k++) {
    PetscCall(VecDestroy(&c->s[k]));
    PetscCall(VecDestroy(&c->y[k]));
  }
  PetscCall(VecDestroy(&c->v));
  PetscCall(VecDestroy(&c->w));
  PetscCall(VecDestroy(&c->Bv));
  PetscCall(VecDestroy(&c->Bw));
  PetscCall(MatDestroy(&c->H));
  PetscCall(TrustNCGPairsDestroy(&c->pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* s = pair number `seed`, y = Hs on a Hessian that changes a little from pair to pair */
static PetscErrorCode MakePair(Case *c, PetscInt seed, Vec s, Vec y)
{
  PetscFunctionBegin;
  PetscCall(Fill(s, seed));
  PetscCall(MatMult(c->H, s, y));
  PetscCall(VecScale(y, 1.0 + 0.1 * (PetscReal)(seed % 7)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Make(Case *c, PetscInt pairs)
{
  PetscFunctionBegin;
  for (; c->made < pairs; c->made++) {
    PetscCall(VecDuplicate(c->v, &c->s[c->made]));
    PetscCall(VecDuplicate(c->v, &c->y[c->made]));
    PetscCall(MakePair(c, c->made, c->s[c->made], c->y[c->made]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pair (s, scale y) */
static PetscErrorCode Teach(TrustNCGPairs pairs, Vec s, Vec y, PetscReal scale, PetscBool learn,
                            PetscBool *taken)
{
  Vec mys, myy;

  PetscFunctionBegin;
  PetscCall(TrustNCGPairsStage(pairs, &mys, &myy));
  PetscCall(VecCopy(s, mys));
  PetscCall(VecCopy(y, myy));
  PetscCall(VecScale(myy, scale));
  PetscCall(TrustNCGPairsCommit(pairs, learn, taken));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TeachAll(Case *c, TrustNCGPairs pairs, PetscInt count, PetscReal scale,
                               PetscBool learn)
{
  PetscBool taken;

  PetscFunctionBegin;
  PetscCall(Make(c, count));
  for (PetscInt k = 0; k < count; k++) {
    PetscCall(Teach(pairs, c->s[k], c->y[k], scale, learn, &taken));
    PetscCheck(taken, PETSC_COMM_SELF, PETSC_ERR_PLIB, "pair %d is not taken", (int)k);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One entry of v */
static PetscErrorCode SetEntry(Vec v, PetscInt i, PetscReal value)
{
  PetscInt low, high;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(v, &low, &high));
  if (i >= low && i < high) PetscCall(VecSetValue(v, i, value, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(v));
  PetscCall(VecAssemblyEnd(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||x - scale y|| / ||x||; x and y are on the same ranks */
static PetscErrorCode Difference(Vec x, PetscReal scale, Vec y, PetscReal *difference)
{
  PetscReal norm;
  Vec       d;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(x, &d));
  PetscCall(VecWAXPY(d, -scale, y, x));
  PetscCall(VecNorm(d, NORM_2, difference));
  PetscCall(VecNorm(x, NORM_2, &norm));
  PetscCall(VecDestroy(&d));
  *difference /= norm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Loops over unknowns spread or not, three Hessians, a learned diagonal or none */
enum { WAYS = 2 * KINDS * 2 };

static PetscErrorCode CaseOfWay(int way, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, (PetscBool)(way % 2), SMALL, (Kind)(way / 2 % KINDS), c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
