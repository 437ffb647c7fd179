/* SPDX-License-Identifier: BSD-2-Clause
   The learned diagonal. With running means over the pairs, recent ones weighing more,

     a = mean of y^2 / y's,   b = mean of s^2 / y's   (entry by entry)

   sqrt(a/b) is the Hessian itself where that is diagonal, and the size of its rows as the steps
   see it where it is not. It does not change with the scale of f, and follows each unknown's own.
   On many problems that is the best diagonal there is, on others (a Laplacian) it is worse than
   none: its entries differ by chance. So D = sqrt(a/b)^power with the power 0, 1/2 or 1, the least
   that explains pairs about as well as any. How well a D explains k pairs is

     log of k^2 / (sum of y'D^-1 y / y's  times  sum of s'Ds / y's) <= 0,

   0 only where D is the Hessian on all of them, to a factor. What suits steps of the model is
   measured on each new step before it is learned from; what suits CG, whose iterations grow with
   the spread of the spectrum, on pairs gathered from the last solve of CG together. gamma =
   y's / y'D^-1 y makes gamma D^-1 fit the last pair. */
#include "precond/diagonal.h"
#include "sums/sums.h"

#define MEMORY   0.9   /* weight of the past, for each new pair */
#define FLOOR    1e-20 /* of the mean, the least that a and b get of a pair: D is in 1e+-10 */
#define WORTH    0.25  /* least gain in explanation that a higher power must bring, */
#define WORTH_CG 1.5   /* and for CG, which a diagonal off the mark slows down */

enum { POWERS = 3, USES = 2 };

struct _n_TrustNCGDiagonal {
  Vec         like;
  Vec         a, b;              /* made by the first pair */
  Vec         d;                 /* D of the present use; NULL before it was not the identity */
  PetscBool   current;           /* d is what a, b and the power say */
  PetscInt    pairs;             /* learned from */
  PetscInt    power[USES];       /* in halves */
  TrustNCGUse use;               /* the present one */
  PetscReal   explain[POWERS];   /* running mean over the steps */
  PetscReal   weight;            /* of it */
  PetscReal   heard[2 * POWERS]; /* sums over the witnesses */
  PetscInt    witnesses;
  PetscReal   gamma[POWERS];
  PetscInt    reductions;
};

PetscErrorCode TrustNCGDiagonalCreate(Vec like, TrustNCGDiagonal *diagonal)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(diagonal));
  PetscCall(PetscObjectReference((PetscObject)like));
  (*diagonal)->like = like;
  PetscCall(TrustNCGDiagonalReset(*diagonal, NULL));
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

PetscErrorCode TrustNCGDiagonalReset(TrustNCGDiagonal diag, PetscBool *had)
{
  PetscFunctionBegin;
  if (had) *had = (PetscBool)(diag->pairs > 0);
  diag->pairs = diag->witnesses = 0;
  diag->weight                  = 0.0;
  diag->current                 = PETSC_FALSE;
  for (PetscInt k = 0; k < POWERS; k++) diag->gamma[k] = 1.0;
  PetscCall(PetscArrayzero(diag->power, USES));
  PetscCall(PetscArrayzero(diag->explain, POWERS));
  PetscCall(PetscArrayzero(diag->heard, 2 * POWERS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums = y'D^-1 y and s'Ds for the three powers of sqrt(a/b); one reduction */
static PetscErrorCode Explain(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal sums[2 * POWERS])
{
  const PetscScalar *a, *b, *sa, *ya;
  TrustNCGTally      tally;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(TrustNCGTallyStart(2 * POWERS, &tally));
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArrayRead(diag->a, &a));
  PetscCall(VecGetArrayRead(diag->b, &b));
  PetscCall(VecGetArrayRead(s, &sa));
  PetscCall(VecGetArrayRead(y, &ya));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal d = PetscSqrtReal(a[i] / b[i]), half = PetscSqrtReal(d);
    const PetscReal yy = ya[i] * ya[i], ss = sa[i] * sa[i];

    TrustNCGTallyAdd(&tally, 0, yy);
    TrustNCGTallyAdd(&tally, 1, ss);
    TrustNCGTallyAdd(&tally, 2, yy / half);
    TrustNCGTallyAdd(&tally, 3, ss * half);
    TrustNCGTallyAdd(&tally, 4, yy / d);
    TrustNCGTallyAdd(&tally, 5, ss * d);
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  PetscCall(VecRestoreArrayRead(diag->b, &b));
  PetscCall(VecRestoreArrayRead(diag->a, &a));
  PetscCall(TrustNCGTallyReduce(PetscObjectComm((PetscObject)s), &tally, sums));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least power that explains as well as the best, to what is worth a higher one. */
static PetscInt LeastPower(const PetscReal explain[POWERS], PetscReal worth)
{
  PetscReal best  = PETSC_NINFINITY;
  PetscInt  power = 0;

  for (PetscInt k = 0; k < POWERS; k++) {
    if (explain[k] > best) best = explain[k];
  }
  while (power < POWERS - 1 && !(explain[power] >= best - worth)) power++;
  return power;
}

/* A new step, before it is learned from. */
static void HearStep(TrustNCGDiagonal diag, const PetscReal sums[2 * POWERS], PetscReal ys)
{
  diag->weight = MEMORY * diag->weight + 1.0;
  for (PetscInt k = 0; k < POWERS; k++) {
    const PetscReal now = PetscLogReal(ys / sums[2 * k]) + PetscLogReal(ys / sums[2 * k + 1]);

    diag->explain[k] += (now - diag->explain[k]) / diag->weight;
  }
  diag->power[TRUSTNCG_FOR_STEPS] = LeastPower(diag->explain, WORTH);
}

PetscErrorCode TrustNCGDiagonalWitness(TrustNCGDiagonal diag, Vec s, Vec y)
{
  PetscReal   sums[2 * POWERS];
  PetscScalar ys;

  PetscFunctionBegin;
  if (diag->pairs == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Explain(diag, s, y, sums));
  PetscCall(TrustNCGDot(y, s, &ys));
  diag->reductions++;
  if (!(ys > 0.0)) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt k = 0; k < 2 * POWERS; k++) diag->heard[k] += sums[k] / ys;
  diag->witnesses++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalHearWitnesses(TrustNCGDiagonal diag)
{
  PetscReal explain[POWERS];

  PetscFunctionBegin;
  if (diag->witnesses) {
    for (PetscInt k = 0; k < POWERS; k++) {
      explain[k] = -PetscLogReal(diag->heard[2 * k]) - PetscLogReal(diag->heard[2 * k + 1]);
    }
    diag->power[TRUSTNCG_FOR_CG] = LeastPower(explain, WORTH_CG);
  }
  diag->current   = PETSC_FALSE; /* the power may be another */
  diag->witnesses = 0;
  PetscCall(PetscArrayzero(diag->heard, 2 * POWERS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a and b with the new pair, which counts beside an even start of the same size. On entry sums
   holds y'y and s's, on return y'D^-1 y for the three powers. */
static PetscErrorCode Average(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys,
                              PetscReal sums[POWERS])
{
  const PetscScalar *sa, *ya;
  PetscScalar       *a, *b;
  PetscReal          yfloor, sfloor;
  TrustNCGTally      tally;
  PetscInt           n, N;

  PetscFunctionBegin;
  PetscCall(TrustNCGTallyStart(POWERS, &tally));
  PetscCall(VecGetSize(s, &N));
  yfloor = FLOOR * sums[0] / (PetscReal)N;
  sfloor = FLOOR * sums[1] / (PetscReal)N;
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArray(diag->a, &a));
  PetscCall(VecGetArray(diag->b, &b));
  PetscCall(VecGetArrayRead(s, &sa));
  PetscCall(VecGetArrayRead(y, &ya));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal yy = ya[i] * ya[i];
    PetscReal       d;

    a[i] = MEMORY * a[i] + (yy + yfloor) / ys;
    b[i] = MEMORY * b[i] + (sa[i] * sa[i] + sfloor) / ys;
    d    = PetscSqrtReal(a[i] / b[i]);
    TrustNCGTallyAdd(&tally, 0, yy);
    TrustNCGTallyAdd(&tally, 1, yy / PetscSqrtReal(d));
    TrustNCGTallyAdd(&tally, 2, yy / d);
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  PetscCall(VecRestoreArray(diag->b, &b));
  PetscCall(VecRestoreArray(diag->a, &a));
  PetscCall(TrustNCGTallyReduce(PetscObjectComm((PetscObject)s), &tally, sums));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalGetVecs(TrustNCGDiagonal diag, Vec *a, Vec *b)
{
  PetscFunctionBegin;
  if (!diag->a) PetscCall(VecDuplicate(diag->like, &diag->a));
  if (!diag->b) PetscCall(VecDuplicate(diag->like, &diag->b));
  if (a) *a = diag->a;
  if (b) *b = diag->b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first pair, sums = y'y and s's: what is not known of an unknown is taken to be as for all on
   average. */
static PetscErrorCode Start(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys, PetscReal sums[])
{
  PetscScalar       ss, yy;
  PetscInt          N;
  const TrustNCGSum pair[] = {SumDot(y, y, &yy), SumDot(s, s, &ss)};

  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalGetVecs(diag, NULL, NULL));
  PetscCall(VecGetSize(s, &N));
  PetscCall(TrustNCGSumsReduce(2, pair));
  PetscCall(VecSet(diag->a, yy / ys / (PetscReal)N / MEMORY));
  PetscCall(VecSet(diag->b, ss / ys / (PetscReal)N / MEMORY));
  diag->reductions++;
  sums[0] = yy;
  sums[1] = ss;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalLearn(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys)
{
  PetscReal sums[2 * POWERS];

  PetscFunctionBegin;
  if (diag->pairs == 0) PetscCall(Start(diag, s, y, ys, sums));
  else {
    PetscCall(Explain(diag, s, y, sums));
    HearStep(diag, sums, ys);
  }
  PetscCall(Average(diag, s, y, ys, sums));
  for (PetscInt k = 0; k < POWERS; k++) diag->gamma[k] = ys / sums[k];
  diag->pairs++;
  diag->current = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalUse(TrustNCGDiagonal diag, TrustNCGUse use)
{
  PetscFunctionBegin;
  if (use != diag->use) diag->current = PETSC_FALSE;
  diag->use = use;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d = sqrt(a/b)^power */
static PetscErrorCode MakeCurrent(TrustNCGDiagonal diag)
{
  PetscFunctionBegin;
  if (!diag->d) PetscCall(VecDuplicate(diag->like, &diag->d));
  PetscCall(VecPointwiseDivide(diag->d, diag->a, diag->b));
  PetscCall(VecSqrtAbs(diag->d));
  if (diag->power[diag->use] == 1) PetscCall(VecSqrtAbs(diag->d));
  diag->current = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalApply(TrustNCGDiagonal diag, Vec v, Vec z)
{
  const PetscInt power = diag->power[diag->use];

  PetscFunctionBegin;
  if (power && !diag->current) PetscCall(MakeCurrent(diag));
  if (power) PetscCall(VecPointwiseDivide(z, v, diag->d));
  else PetscCall(VecCopy(v, z));
  PetscCall(VecScale(z, diag->gamma[power]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalGetCounts(TrustNCGDiagonal diag, PetscReal power[2],
                                         PetscInt *vectors, PetscInt *reductions)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; power && k < USES; k++) power[k] = 0.5 * (PetscReal)diag->power[k];
  if (vectors) *vectors = !!diag->a + !!diag->b + !!diag->d;
  if (reductions) *reductions = diag->reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalRecord(TrustNCGDiagonal diag, CheckpointRecord *record,
                                      PetscBool *learned)
{
  PetscInt use = diag->use;

  PetscFunctionBegin;
  RecordCount(record, &diag->pairs, "pairs of the diagonal");
  for (PetscInt k = 0; k < USES; k++) RecordInt(record, &diag->power[k], 0, POWERS - 1, "power");
  RecordInt(record, &use, 0, USES - 1, "use");
  for (PetscInt k = 0; k < POWERS; k++) {
    RecordReal(record, &diag->explain[k], -HUGE_VAL, "explanation");
    RecordReal(record, &diag->gamma[k], 0.0, "gamma");
  }
  RecordReal(record, &diag->weight, 0.0, "weight");
  RecordCount(record, &diag->reductions, "reductions of the diagonal");
  diag->use     = (TrustNCGUse)use;
  diag->current = PETSC_FALSE;
  *learned      = (PetscBool)(diag->pairs > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}
