/* SPDX-License-Identifier: BSD-2-Clause
   Lanczos without reorthogonalisation, from a random start:

     w = H v_j - b_{j-1} v_{j-1};  a_j = v_j'w;  w -= a_j v_j;  b_j = ||w||;  v_{j+1} = w / b_j

   Three vectors, two reductions a product. The eigenvector is put together in a second run, which
   knows all a_j and b_j and needs no reduction. Vectors that are no longer orthogonal make copies
   of eigenvalues, but neither the smallest one nor its bound wrong by more than rounding.

   References: C. C. Paige, Accuracy and effectiveness of the Lanczos algorithm for the symmetric
   eigenproblem, Linear Algebra Appl. 34 (1980), 235-258; those of rules/curvature.c. */
#include "subproblem/lanczos.h"
#include "rules/announce.h"
#include "rules/rules.h"
#include "subproblem/sweep.h"
#include "sums/sums.h"

#define GOOD_VECTOR 0.25 /* largest ||Hv - theta v|| / |theta| of a direction to leave along */
#define FIRST_ROOM  64
#define SEED        1

typedef PetscErrorCode (*AnnounceFn)(Mat, PetscReal);

struct _n_TrustNCGLanczos {
  Vec        v, old, w;
  PetscInt   k, room;       /* products of the last run; of the arrays */
  PetscReal *a, *b, *d, *s; /* T, room for pivots, its eigenvector */
  AnnounceFn announce;      /* H wants to know ||v|| */
  Sweeper    sweeper;
};

PetscErrorCode TrustNCGLanczosCreate(Vec like, TrustNCGLanczos *lanczos)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(lanczos));
  PetscCall(VecDuplicate(like, &(*lanczos)->v));
  PetscCall(VecDuplicate(like, &(*lanczos)->old));
  PetscCall(VecDuplicate(like, &(*lanczos)->w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLanczosDestroy(TrustNCGLanczos *lanczos)
{
  TrustNCGLanczos l = *lanczos;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDestroy(&l->v));
  PetscCall(VecDestroy(&l->old));
  PetscCall(VecDestroy(&l->w));
  PetscCall(SweepReset(&l->sweeper));
  PetscCall(PetscFree(l->a));
  PetscCall(PetscFree(l->b));
  PetscCall(PetscFree(l->d));
  PetscCall(PetscFree(l->s));
  PetscCall(PetscFree(l));
  *lanczos = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeRoom(TrustNCGLanczos l, PetscInt k)
{
  PetscReal **arrays[] = {&l->a, &l->b, &l->d, &l->s};

  PetscFunctionBegin;
  if (k <= l->room) PetscFunctionReturn(PETSC_SUCCESS);
  l->room = PetscMax(FIRST_ROOM, 2 * l->room);
  for (int i = 0; i < 4; i++) {
    PetscCall(PetscRealloc(sizeof(PetscReal) * (size_t)l->room, arrays[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* v_0: normal numbers, scaled to norm 1, have a direction as likely as any other. */
static PetscErrorCode Start(TrustNCGLanczos l, Mat H)
{
  PetscInt     first, last;
  PetscReal    vv;
  PetscScalar *v;
  SweepOp      dot = SweepDot(l->v, l->v, &vv);

  PetscFunctionBegin;
  PetscCall(SweepSetUp(&l->sweeper, l->v));
  PetscCall(PetscObjectQueryFunction((PetscObject)H, TRUSTNCG_DIRECTION_NORM, &l->announce));
  PetscCall(VecGetOwnershipRange(l->v, &first, &last));
  PetscCall(VecGetArrayWrite(l->v, &v));
  for (PetscInt i = first; i < last; i++) v[i - first] = TrustNCGNormal(SEED, i);
  PetscCall(VecRestoreArrayWrite(l->v, &v));
  PetscCall(SweepRun(&l->sweeper, 1, &dot));
  PetscCall(SweepReduce(&l->sweeper));
  PetscCall(VecScale(l->v, 1.0 / PetscSqrtReal(vv)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* w = H v_j - b_{j-1} v_{j-1} - a_j v_j, where a_j and b_j = ||w|| are known or come to be */
static PetscErrorCode Step(TrustNCGLanczos l, Mat H, PetscInt j, PetscBool known)
{
  SweepOp   ops[2];
  PetscInt  nops = 0;
  PetscReal ww;

  PetscFunctionBegin;
  if (l->announce) PetscCall((*l->announce)(H, 1.0));
  PetscCall(MatMult(H, l->v, l->w));
  if (j) ops[nops++] = SweepAXPY(l->w, -l->b[j - 1], l->old);
  if (!known) {
    ops[nops++] = SweepDot(l->w, l->v, &l->a[j]);
    PetscCall(SweepRun(&l->sweeper, nops, ops));
    PetscCall(SweepReduce(&l->sweeper));
    nops = 0;
  }
  ops[nops++] = SweepAXPY(l->w, -l->a[j], l->v);
  if (!known) ops[nops++] = SweepDot(l->w, l->w, &ww);
  PetscCall(SweepRun(&l->sweeper, nops, ops));
  if (known) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SweepReduce(&l->sweeper));
  l->b[j] = PetscSqrtReal(ww);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* v_{j+1} = w / b_j */
static PetscErrorCode Turn(TrustNCGLanczos l, PetscInt j)
{
  Vec old = l->old;

  PetscFunctionBegin;
  PetscCall(VecScale(l->w, 1.0 / l->b[j]));
  l->old = l->v;
  l->v   = l->w;
  l->w   = old;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What T says after k products; no verdict but LANCZOS_OPEN is ever taken back. */
static void Judge(TrustNCGLanczos l, PetscInt k, PetscReal n, LanczosGoal goal, LanczosResult *r)
{
  const PetscReal *a = l->a, *b = l->b, norm = TrustNCGTridiagonalNorm(k, a, b);
  const PetscReal  error = PetscMax(goal.relnoise * norm, goal.error);

  r->products = l->k = k;
  r->level           = error + goal.noise;
  r->theta           = TrustNCGSmallestRitz(k, a, b);
  r->bound           = TrustNCGCurvatureBound(k, a, b, r->theta, n, goal.delta) - error;
  TrustNCGRitzVector(k, a, b, r->theta, l->d, l->s);
  r->residual = b[k - 1] * PetscAbsReal(l->s[k - 1]);
  r->verdict  = LANCZOS_OPEN;
  if (r->theta < -r->level) {
    if (r->residual <= -GOOD_VECTOR * r->theta || k >= goal.most) r->verdict = LANCZOS_NEGATIVE;
  } else if (r->bound >= 0.0 || r->bound >= -PetscMax(goal.tol * norm, r->level)) {
    r->verdict = LANCZOS_POSITIVE;
  }
}

PetscErrorCode TrustNCGLanczosRun(TrustNCGLanczos l, Mat H, LanczosGoal goal, LanczosResult *result)
{
  PetscInt next = 1, n;

  PetscFunctionBegin;
  *result = (LanczosResult){.verdict = LANCZOS_OPEN};
  PetscCall(VecGetSize(l->v, &n));
  PetscCall(Start(l, H));
  for (PetscInt k = 1; k <= goal.most && result->verdict == LANCZOS_OPEN; k++) {
    PetscCall(MakeRoom(l, k));
    PetscCall(Step(l, H, k - 1, PETSC_FALSE));
    if (PetscIsInfOrNanReal(l->a[k - 1]) || PetscIsInfOrNanReal(l->b[k - 1])) {
      result->verdict  = LANCZOS_SPOILT;
      result->products = k;
      break;
    }
    if (k == next || k == goal.most || l->b[k - 1] == 0.0) {
      Judge(l, k, (PetscReal)n, goal, result);
      next = k + 1 + k / 8;
    }
    if (l->sweeper.alarmed) result->verdict = LANCZOS_OPEN;
    if (l->b[k - 1] == 0.0 || l->sweeper.alarmed) break;
    PetscCall(Turn(l, k - 1));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLanczosSetAlarm(TrustNCGLanczos l, SweepAlarm alarm, void *ctx)
{
  PetscFunctionBegin;
  l->sweeper.alarm    = alarm;
  l->sweeper.alarmctx = ctx;
  l->sweeper.alarmed  = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLanczosVector(TrustNCGLanczos l, Mat H, Vec v)
{
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(Start(l, H));
  PetscCall(VecZeroEntries(v));
  for (PetscInt j = 0; j < l->k; j++) {
    const SweepOp op = SweepAXPY(v, l->s[j], l->v);

    PetscCall(SweepRun(&l->sweeper, 1, &op));
    if (l->sweeper.alarm) PetscCall(SweepReduce(&l->sweeper)); /* to hear it */
    if (j == l->k - 1 || l->sweeper.alarmed) break;
    PetscCall(Step(l, H, j, PETSC_TRUE));
    PetscCall(Turn(l, j));
  }
  PetscCall(TrustNCGNorm(v, &norm)); /* which rounding has left near 1 */
  PetscCall(VecScale(v, 1.0 / norm));
  l->sweeper.reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGLanczosGetCounts(TrustNCGLanczos l, PetscInt *vectors, PetscInt *reductions)
{
  PetscFunctionBegin;
  *vectors    = 3;
  *reductions = l->sweeper.reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}
