/* SPDX-License-Identifier: BSD-2-Clause
   Limited-memory BFGS in its compact form, over a diagonal learned from the same pairs.

   With S = [s_1 .. s_k], Y = [y_1 .. y_k], R = upper triangle of S'Y and E its diagonal, the
   inverse BFGS matrix over H0 is applied as

     u = R^-1 S'v;   q = v - Yu;   z = H0 q;   Bv = z + S R^-T (E u - Y'z)

   which takes two reductions whatever k is and whatever H0 is (Byrd, Nocedal, Schnabel 1994,
   theorem 2.2, its factors multiplied from the right). H0 = gamma D^-1 with the learned diagonal.

   R. H. Byrd, J. Nocedal, R. B. Schnabel, Representations of quasi-Newton matrices and their use
   in limited memory methods, Math. Programming 63 (1994), 129-156. */
#include "precond/pairs.h"
#include "sums/sums.h"

#define CURVATURE_MIN 1e-10 /* least cosine of s and y of a pair worth having */

struct _n_TrustNCGPairs {
  Vec              like, q; /* the layout; v - Yu */
  PetscInt         most, k; /* room for pairs, pairs in the model: the first k of s and y */
  Vec             *s, *y;   /* most + 1: the one at k is staged */
  PetscScalar     *R;       /* s_i'y_j, i <= j, column-major with leading dimension most + 1 */
  PetscScalar     *u, *c;
  TrustNCGDiagonal diagonal;
  PetscInt         reductions;
};

PetscErrorCode TrustNCGPairsCreate(Vec like, PetscInt most, TrustNCGPairs *pairs)
{
  TrustNCGPairs b;

  PetscFunctionBegin;
  PetscCall(PetscNew(&b));
  b->most = most;
  PetscCall(PetscObjectReference((PetscObject)like));
  b->like = like;
  PetscCall(PetscCalloc5(most + 1, &b->s, most + 1, &b->y, (most + 1) * (most + 1), &b->R, most + 1,
                         &b->u, most + 1, &b->c));
  PetscCall(VecDuplicate(like, &b->q));
  PetscCall(TrustNCGDiagonalCreate(like, &b->diagonal));
  *pairs = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsDestroy(TrustNCGPairs *pairs)
{
  TrustNCGPairs b = *pairs;

  PetscFunctionBegin;
  if (!b) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i <= b->most; i++) {
    PetscCall(VecDestroy(&b->s[i]));
    PetscCall(VecDestroy(&b->y[i]));
  }
  PetscCall(VecDestroy(&b->q));
  PetscCall(TrustNCGDiagonalDestroy(&b->diagonal));
  PetscCall(VecDestroy(&b->like));
  PetscCall(PetscFree5(b->s, b->y, b->R, b->u, b->c));
  PetscCall(PetscFree(b));
  *pairs = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsReset(TrustNCGPairs b, PetscBool *had)
{
  PetscBool learned;

  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalReset(b->diagonal, &learned));
  if (had) *had = (PetscBool)(learned || b->k > 0);
  PetscCall(TrustNCGPairsForget(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsForget(TrustNCGPairs b)
{
  PetscFunctionBegin;
  b->k = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeRoom(TrustNCGPairs b, PetscInt k)
{
  PetscFunctionBegin;
  if (!b->s[k]) PetscCall(VecDuplicate(b->like, &b->s[k]));
  if (!b->y[k]) PetscCall(VecDuplicate(b->like, &b->y[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsStage(TrustNCGPairs b, Vec *s, Vec *y)
{
  PetscFunctionBegin;
  PetscCall(MakeRoom(b, b->k));
  *s = b->s[b->k];
  *y = b->y[b->k];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsExchange(TrustNCGPairs b, Vec *s, Vec *y)
{
  Vec mys = NULL, myy = NULL;

  PetscFunctionBegin;
  PetscCall(TrustNCGPairsStage(b, &mys, &myy));
  b->s[b->k] = *s;
  b->y[b->k] = *y;
  *s         = mys;
  *y         = myy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The oldest pair goes, its vectors become those of the next to be staged. */
static void DropOldest(TrustNCGPairs b)
{
  const PetscInt ld = b->most + 1;
  Vec            s = b->s[0], y = b->y[0];

  for (PetscInt j = 0; j < b->k; j++) {
    b->s[j] = b->s[j + 1];
    b->y[j] = b->y[j + 1];
    for (PetscInt i = 0; i <= j; i++) b->R[i + ld * j] = b->R[i + 1 + ld * (j + 1)];
  }
  b->s[b->k] = s;
  b->y[b->k] = y;
}

PetscErrorCode TrustNCGPairsCommit(TrustNCGPairs b, PetscBool learn, PetscBool *taken)
{
  const PetscInt ld = b->most + 1, k = b->k;
  PetscScalar    ss, yy;
  /* S'y with s itself as the last column, s's and y'y */
  const TrustNCGSum sums[] = {SumDots(b->y[k], k + 1, b->s, b->R + ld * k),
                              SumDot(b->s[k], b->s[k], &ss), SumDot(b->y[k], b->y[k], &yy)};

  PetscFunctionBegin;
  PetscCall(TrustNCGSumsReduce(3, sums));
  b->reductions++;
  *taken = (PetscBool)(b->R[k + ld * k] > CURVATURE_MIN * PetscSqrtReal(ss) * PetscSqrtReal(yy));
  /* squares that underflow leave no scale */
  if (!PetscIsNormalReal(ss) || !PetscIsNormalReal(yy)) *taken = PETSC_FALSE;
  if (!*taken) PetscFunctionReturn(PETSC_SUCCESS);
  if (learn) PetscCall(TrustNCGDiagonalLearn(b->diagonal, b->s[k], b->y[k], b->R[k + ld * k]));
  b->k++;
  if (b->k > b->most) {
    b->k--;
    DropOldest(b);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = R^-1 a in place, or R^-T a */
static void SolveR(TrustNCGPairs b, PetscBool transposed, PetscScalar *a)
{
  const PetscInt ld = b->most + 1, k = b->k;

  if (!transposed) {
    for (PetscInt j = k - 1; j >= 0; j--) {
      a[j] /= b->R[j + ld * j];
      for (PetscInt i = 0; i < j; i++) a[i] -= b->R[i + ld * j] * a[j];
    }
  } else {
    for (PetscInt j = 0; j < k; j++) {
      for (PetscInt i = 0; i < j; i++) a[j] -= b->R[i + ld * j] * a[i];
      a[j] /= b->R[j + ld * j];
    }
  }
}

PetscErrorCode TrustNCGPairsApply(TrustNCGPairs b, Vec v, Vec z)
{
  const PetscInt ld = b->most + 1, k = b->k;

  PetscFunctionBegin;
  if (!k) {
    PetscCall(TrustNCGDiagonalApply(b->diagonal, v, z));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGDots(v, k, b->s, b->u));
  SolveR(b, PETSC_FALSE, b->u);
  for (PetscInt i = 0; i < k; i++) b->c[i] = -b->u[i];
  PetscCall(VecCopy(v, b->q));
  PetscCall(VecMAXPY(b->q, k, b->c, b->y));
  PetscCall(TrustNCGDiagonalApply(b->diagonal, b->q, z));
  PetscCall(TrustNCGDots(z, k, b->y, b->c));
  for (PetscInt i = 0; i < k; i++) b->c[i] = b->R[i + ld * i] * b->u[i] - b->c[i];
  SolveR(b, PETSC_TRUE, b->c);
  PetscCall(VecMAXPY(z, k, b->c, b->s));
  b->reductions += 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsKnow(TrustNCGPairs b, PetscBool *know)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalKnows(b->diagonal, know));
  if (b->k > 0) *know = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsUse(TrustNCGPairs b, TrustNCGUse use)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalUse(b->diagonal, use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsWitness(TrustNCGPairs b, Vec s, Vec y)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalWitness(b->diagonal, s, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsHearWitnesses(TrustNCGPairs b)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalHearWitnesses(b->diagonal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsGetCounts(TrustNCGPairs b, PetscInt *stored, const char *kind[2],
                                      PetscInt *vectors, PetscInt *reductions)
{
  PetscInt used, reduced;

  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalGetCounts(b->diagonal, kind, &used, &reduced));
  for (PetscInt i = 0; i <= b->most; i++) used += !!b->s[i] + !!b->y[i];
  if (stored) *stored = b->k;
  if (vectors) *vectors = used + 1;
  if (reductions) *reductions = b->reductions + reduced;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsRecord(TrustNCGPairs b, CheckpointRecord *record, PetscInt *stored,
                                   PetscBool *learned)
{
  const PetscInt ld = b->most + 1;

  PetscFunctionBegin;
  RecordInt(record, &b->k, 0, b->most, "pairs, for which -tao_trustncg_vectors leaves no room");
  for (PetscInt j = 0; j < b->k; j++) {
    for (PetscInt i = 0; i <= j; i++) {
      RecordReal(record, &b->R[i + ld * j], i == j ? 0.0 : -HUGE_VAL, "products of pairs");
    }
  }
  RecordCount(record, &b->reductions, "reductions of the pairs");
  PetscCall(TrustNCGDiagonalRecord(b->diagonal, record, learned));
  *stored = b->k;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPairsGetVecs(TrustNCGPairs b, PetscInt stored, PetscBool learned,
                                    PetscInt *n, Vec list[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < stored; k++) {
    PetscCall(MakeRoom(b, k));
    list[(*n)++] = b->s[k];
    list[(*n)++] = b->y[k];
  }
  if (!learned) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGDiagonalGetVecs(b->diagonal, &list[*n]));
  *n += TRUSTNCG_DIAGONAL_VECS;
  PetscFunctionReturn(PETSC_SUCCESS);
}
