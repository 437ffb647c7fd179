/* SPDX-License-Identifier: BSD-2-Clause
   The learned diagonal. With running means over the pairs, recent ones weighing more,

     a = mean of y^2 / y's,   b = mean of s^2 / y's   (entry by entry)

   sqrt(a/b) is the Hessian itself where that is diagonal, and the size of its rows as the steps
   see it where it is not. It does not change with the scale of f, and follows each unknown's own.
   On many problems that is the best diagonal there is, on others (a Laplacian) it is worse than
   none: its entries differ by chance. So D = sqrt(a/b)^power with the power 0, 1/2 or 1, the least
   that explains new pairs about as well as any. How well a D explains a pair is

     log of (y's)^2 / (y'D^-1 y s'Ds) <= 0,

   measured before the pair is learned from. gamma = y's / y'D^-1 y makes gamma D^-1 fit the
   last pair. */
#include "precond/diagonal.h"

#define MEMORY 0.9  /* weight of the past, for each new pair */
#define WORTH  0.25 /* least gain in explanation that a higher power must bring */

enum { POWERS = 3 };

struct _n_TrustNCGDiagonal {
  Vec       like;
  Vec       a, b;  /* made by the first pair */
  Vec       d;     /* D; NULL before it was ever other than the identity */
  PetscInt  pairs; /* learned from */
  PetscInt  power; /* in halves */
  PetscReal explain[POWERS], weight;
  PetscReal gamma;
  PetscInt  reductions;
};

PetscErrorCode TrustNCGDiagonalCreate(Vec like, TrustNCGDiagonal *diagonal)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(diagonal));
  PetscCall(PetscObjectReference((PetscObject)like));
  (*diagonal)->like = like;
  PetscCall(TrustNCGDiagonalReset(*diagonal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalDestroy(TrustNCGDiagonal *diagonal)
{
  PetscFunctionBegin;
  if (!*diagonal) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDestroy(&(*diagonal)->a));
  PetscCall(VecDestroy(&(*diagonal)->b));
  PetscCall(VecDestroy(&(*diagonal)->d));
  PetscCall(VecDestroy(&(*diagonal)->like));
  PetscCall(PetscFree(*diagonal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalReset(TrustNCGDiagonal diag)
{
  PetscFunctionBegin;
  diag->pairs = diag->power = 0;
  diag->weight              = 0.0;
  diag->gamma               = 1.0;
  PetscCall(PetscArrayzero(diag->explain, POWERS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums = y'D^-1 y and s'Ds for the three powers of sqrt(a/b); one reduction */
static PetscErrorCode Explain(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal sums[2 * POWERS])
{
  const PetscScalar *a, *b, *sa, *ya;
  PetscReal          mine[2 * POWERS] = {0.0};
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArrayRead(diag->a, &a));
  PetscCall(VecGetArrayRead(diag->b, &b));
  PetscCall(VecGetArrayRead(s, &sa));
  PetscCall(VecGetArrayRead(y, &ya));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal d = PetscSqrtReal(a[i] / b[i]), half = PetscSqrtReal(d);
    const PetscReal yy = ya[i] * ya[i], ss = sa[i] * sa[i];

    mine[0] += yy;
    mine[1] += ss;
    mine[2] += yy / half;
    mine[3] += ss * half;
    mine[4] += yy / d;
    mine[5] += ss * d;
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  PetscCall(VecRestoreArrayRead(diag->b, &b));
  PetscCall(VecRestoreArrayRead(diag->a, &a));
  PetscCallMPI(
    MPI_Allreduce(mine, sums, 2 * POWERS, MPIU_REAL, MPIU_SUM, PetscObjectComm((PetscObject)s)));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least power that has explained new pairs about as well as the best. A power whose sums
   overflow explains nothing. */
static void Choose(TrustNCGDiagonal diag, const PetscReal sums[2 * POWERS], PetscReal ys)
{
  PetscReal best = PETSC_NINFINITY;

  diag->weight = MEMORY * diag->weight + 1.0;
  for (PetscInt k = 0; k < POWERS; k++) {
    const PetscReal now = PetscLogReal(ys / sums[2 * k]) + PetscLogReal(ys / sums[2 * k + 1]);

    diag->explain[k] += (now - diag->explain[k]) / diag->weight;
    if (diag->explain[k] > best) best = diag->explain[k];
  }
  for (diag->power = 0; diag->power < POWERS - 1; diag->power++) {
    if (diag->explain[diag->power] >= best - WORTH) break;
  }
}

/* a and b with the new pair, which counts beside an even start of the same size; then D and
   y'D^-1 y. */
static PetscErrorCode Average(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys, PetscReal *yDy)
{
  const PetscScalar *sa, *ya;
  PetscScalar       *a, *b, *d = NULL;
  PetscReal          mine = 0.0;
  PetscInt           n;

  PetscFunctionBegin;
  if (diag->power && !diag->d) PetscCall(VecDuplicate(diag->like, &diag->d));
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArray(diag->a, &a));
  PetscCall(VecGetArray(diag->b, &b));
  if (diag->power) PetscCall(VecGetArrayWrite(diag->d, &d));
  PetscCall(VecGetArrayRead(s, &sa));
  PetscCall(VecGetArrayRead(y, &ya));
  for (PetscInt i = 0; i < n; i++) {
    PetscReal di = 1.0;

    a[i] = MEMORY * a[i] + ya[i] * ya[i] / ys;
    b[i] = MEMORY * b[i] + sa[i] * sa[i] / ys;
    if (diag->power) di = PetscSqrtReal(a[i] / b[i]);
    if (diag->power == 1) di = PetscSqrtReal(di);
    if (d) d[i] = di;
    mine += ya[i] * ya[i] / di;
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  if (diag->power) PetscCall(VecRestoreArrayWrite(diag->d, &d));
  PetscCall(VecRestoreArray(diag->b, &b));
  PetscCall(VecRestoreArray(diag->a, &a));
  PetscCallMPI(MPI_Allreduce(&mine, yDy, 1, MPIU_REAL, MPIU_SUM, PetscObjectComm((PetscObject)s)));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first pair: what is not known of an unknown is taken to be as for all on average. */
static PetscErrorCode Start(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys)
{
  PetscScalar ss, yy;
  PetscInt    N;

  PetscFunctionBegin;
  if (!diag->a) PetscCall(VecDuplicate(diag->like, &diag->a));
  if (!diag->b) PetscCall(VecDuplicate(diag->like, &diag->b));
  PetscCall(VecGetSize(s, &N));
  PetscCall(VecDotBegin(y, y, &yy));
  PetscCall(VecDotBegin(s, s, &ss));
  PetscCall(VecDotEnd(y, y, &yy));
  PetscCall(VecDotEnd(s, s, &ss));
  PetscCall(VecSet(diag->a, yy / ys / (PetscReal)N / MEMORY));
  PetscCall(VecSet(diag->b, ss / ys / (PetscReal)N / MEMORY));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalLearn(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys)
{
  PetscReal sums[2 * POWERS], yDy;

  PetscFunctionBegin;
  if (diag->pairs == 0) PetscCall(Start(diag, s, y, ys));
  else {
    PetscCall(Explain(diag, s, y, sums));
    Choose(diag, sums, ys);
  }
  PetscCall(Average(diag, s, y, ys, &yDy));
  diag->gamma = ys / yDy;
  diag->pairs++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalApply(TrustNCGDiagonal diag, Vec v, Vec z)
{
  PetscFunctionBegin;
  if (diag->power) PetscCall(VecPointwiseDivide(z, v, diag->d));
  else PetscCall(VecCopy(v, z));
  PetscCall(VecScale(z, diag->gamma));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalGetCounts(TrustNCGDiagonal diag, PetscReal *power, PetscInt *vectors,
                                         PetscInt *reductions)
{
  PetscFunctionBegin;
  if (power) *power = 0.5 * (PetscReal)diag->power;
  if (vectors) *vectors = !!diag->a + !!diag->b + !!diag->d;
  if (reductions) *reductions = diag->reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}
