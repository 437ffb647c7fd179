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
   y's / y'D^-1 y makes gamma D^-1 fit the last pair.

   Where f bends in another way at each step (long valleys) the means are too slow. Steps have
   another D to choose there, if it explains them better, the diagonal of the BFGS update of a
   diagonal matrix (Gilbert and Lemarechal 1989), where D was scaled to fit the last pair:

     D = D - (Ds)^2 / s'Ds + y^2 / y's

   J. C. Gilbert, C. Lemarechal, Some numerical experiments with variable-storage quasi-Newton
   algorithms, Math. Programming 45 (1989), 407-435. */
#include "precond/diagonal.h"
#include "sums/sums.h"

#define MEMORY   0.9   /* weight of the past, for each new pair */
#define FLOOR    1e-20 /* of the mean, the least that a and b get of a pair: D is in 1e+-10 */
#define WORTH    0.25  /* least gain in explanation that a higher power must bring, */
#define WORTH_CG 1.5   /* and for CG, which a diagonal off the mark slows down */

#define SPREAD 1e10 /* the diagonal of BFGS is within this factor of y'y / y's */

enum { POWERS = 3, BFGS = POWERS, KINDS, USES = 2 };

struct _n_TrustNCGDiagonal {
  Vec         like;
  Vec         a, b;             /* made by the first pair */
  Vec         bfgs;             /* the other D; as a and b */
  Vec         d;                /* D of the present use; NULL before it was a power of a/b */
  PetscBool   current;          /* d is what a, b and the power say */
  PetscInt    pairs;            /* learned from */
  PetscInt    kind[USES];       /* of D: the power of sqrt(a/b) in halves, or BFGS */
  TrustNCGUse use;              /* the present one */
  PetscReal   explain[KINDS];   /* running mean over the steps */
  PetscReal   weight;           /* of it */
  PetscReal   heard[2 * KINDS]; /* sums over the witnesses */
  PetscInt    witnesses;
  PetscReal   gamma[KINDS];
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
  PetscCall(VecDestroy(&(*diagonal)->bfgs));
  PetscCall(VecDestroy(&(*diagonal)->d));
  PetscCall(VecDestroy(&(*diagonal)->like));
  PetscCall(PetscFree(*diagonal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalKnows(TrustNCGDiagonal diag, PetscBool *knows)
{
  PetscFunctionBegin;
  *knows = (PetscBool)(diag->pairs > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalReset(TrustNCGDiagonal diag, PetscBool *had)
{
  PetscFunctionBegin;
  if (had) PetscCall(TrustNCGDiagonalKnows(diag, had));
  diag->pairs = diag->witnesses = 0;
  diag->weight                  = 0.0;
  diag->current                 = PETSC_FALSE;
  for (PetscInt k = 0; k < KINDS; k++) diag->gamma[k] = 1.0;
  PetscCall(PetscArrayzero(diag->kind, USES));
  PetscCall(PetscArrayzero(diag->explain, KINDS));
  PetscCall(PetscArrayzero(diag->heard, 2 * KINDS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums = y'D^-1 y and s'Ds for each kind of D; one reduction */
static PetscErrorCode Explain(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal sums[2 * KINDS])
{
  const PetscScalar *a, *b, *bfgs, *sa, *ya;
  TrustNCGTally      tally;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(TrustNCGTallyStart(2 * KINDS, &tally));
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArrayRead(diag->a, &a));
  PetscCall(VecGetArrayRead(diag->b, &b));
  PetscCall(VecGetArrayRead(diag->bfgs, &bfgs));
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
    TrustNCGTallyAdd(&tally, 2 * BFGS, yy / bfgs[i]);
    TrustNCGTallyAdd(&tally, 2 * BFGS + 1, ss * bfgs[i]);
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  PetscCall(VecRestoreArrayRead(diag->bfgs, &bfgs));
  PetscCall(VecRestoreArrayRead(diag->b, &b));
  PetscCall(VecRestoreArrayRead(diag->a, &a));
  PetscCall(TrustNCGTallyReduce(PetscObjectComm((PetscObject)s), &tally, sums));
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least power that explains as well as the best, to what is worth a higher one. */
static PetscInt LeastPower(const PetscReal explain[], PetscReal worth)
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
static void HearStep(TrustNCGDiagonal diag, const PetscReal sums[2 * KINDS], PetscReal ys)
{
  PetscInt *kind = &diag->kind[TRUSTNCG_FOR_STEPS];

  diag->weight = MEMORY * diag->weight + 1.0;
  for (PetscInt k = 0; k < KINDS; k++) {
    const PetscReal now = PetscLogReal(ys / sums[2 * k]) + PetscLogReal(ys / sums[2 * k + 1]);

    diag->explain[k] += (now - diag->explain[k]) / diag->weight;
  }
  *kind = LeastPower(diag->explain, WORTH);
  if (diag->explain[BFGS] >= diag->explain[*kind]) *kind = BFGS;
}

PetscErrorCode TrustNCGDiagonalWitness(TrustNCGDiagonal diag, Vec s, Vec y)
{
  PetscReal   sums[2 * KINDS];
  PetscScalar ys;

  PetscFunctionBegin;
  if (diag->pairs == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Explain(diag, s, y, sums));
  PetscCall(TrustNCGDot(y, s, &ys));
  diag->reductions++;
  if (!(ys > 0.0)) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt k = 0; k < 2 * KINDS; k++) diag->heard[k] += sums[k] / ys;
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
    diag->kind[TRUSTNCG_FOR_CG] = LeastPower(explain, WORTH_CG);
  }
  diag->current   = PETSC_FALSE; /* the power may be another */
  diag->witnesses = 0;
  PetscCall(PetscArrayzero(diag->heard, 2 * KINDS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a and b with the new pair, which counts beside an even start of the same size, and the diagonal
   of BFGS. sums is as Explain() leaves it, on return gamma fits the new pair. */
static PetscErrorCode Average(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys,
                              PetscReal sums[2 * KINDS])
{
  const PetscScalar *sa, *ya;
  const PetscReal    fit = 1.0 / diag->gamma[BFGS], sDs = fit * sums[2 * BFGS + 1];
  const PetscReal    size = sums[0] / ys;
  PetscScalar       *a, *b, *bfgs;
  PetscReal          yfloor, sfloor;
  TrustNCGTally      tally;
  PetscInt           n, N;

  PetscFunctionBegin;
  PetscCall(TrustNCGTallyStart(KINDS, &tally));
  PetscCall(VecGetSize(s, &N));
  yfloor = FLOOR * sums[0] / (PetscReal)N;
  sfloor = FLOOR * sums[1] / (PetscReal)N;
  PetscCall(VecGetLocalSize(s, &n));
  PetscCall(VecGetArray(diag->a, &a));
  PetscCall(VecGetArray(diag->b, &b));
  PetscCall(VecGetArray(diag->bfgs, &bfgs));
  PetscCall(VecGetArrayRead(s, &sa));
  PetscCall(VecGetArrayRead(y, &ya));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal yy = ya[i] * ya[i], D = fit * bfgs[i], Ds = D * sa[i];
    PetscReal       d;

    a[i]    = MEMORY * a[i] + (yy + yfloor) / ys;
    b[i]    = MEMORY * b[i] + (sa[i] * sa[i] + sfloor) / ys;
    d       = PetscSqrtReal(a[i] / b[i]);
    bfgs[i] = PetscMin(PetscMax(D - Ds * Ds / sDs + yy / ys, size / SPREAD), size * SPREAD);
    TrustNCGTallyAdd(&tally, 0, yy);
    TrustNCGTallyAdd(&tally, 1, yy / PetscSqrtReal(d));
    TrustNCGTallyAdd(&tally, 2, yy / d);
    TrustNCGTallyAdd(&tally, BFGS, yy / bfgs[i]);
  }
  PetscCall(VecRestoreArrayRead(y, &ya));
  PetscCall(VecRestoreArrayRead(s, &sa));
  PetscCall(VecRestoreArray(diag->bfgs, &bfgs));
  PetscCall(VecRestoreArray(diag->b, &b));
  PetscCall(VecRestoreArray(diag->a, &a));
  PetscCall(TrustNCGTallyReduce(PetscObjectComm((PetscObject)s), &tally, diag->gamma));
  for (PetscInt k = 0; k < KINDS; k++) diag->gamma[k] = ys / diag->gamma[k];
  diag->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalGetVecs(TrustNCGDiagonal diag, Vec vecs[TRUSTNCG_DIAGONAL_VECS])
{
  PetscFunctionBegin;
  if (!diag->a) PetscCall(VecDuplicate(diag->like, &diag->a));
  if (!diag->b) PetscCall(VecDuplicate(diag->like, &diag->b));
  if (!diag->bfgs) PetscCall(VecDuplicate(diag->like, &diag->bfgs));
  vecs[0] = diag->a;
  vecs[1] = diag->b;
  vecs[2] = diag->bfgs;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first pair, and of Explain()'s sums those that Average() reads: what is not known of an
   unknown is taken to be as for all on average. */
static PetscErrorCode Start(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys, PetscReal sums[])
{
  Vec               vecs[TRUSTNCG_DIAGONAL_VECS];
  PetscScalar       ss, yy;
  PetscInt          N;
  const TrustNCGSum pair[] = {SumDot(y, y, &yy), SumDot(s, s, &ss)};

  PetscFunctionBegin;
  PetscCall(TrustNCGDiagonalGetVecs(diag, vecs));
  PetscCall(VecGetSize(s, &N));
  PetscCall(TrustNCGSumsReduce(2, pair));
  PetscCall(VecSet(diag->a, yy / ys / (PetscReal)N / MEMORY));
  PetscCall(VecSet(diag->b, ss / ys / (PetscReal)N / MEMORY));
  PetscCall(VecSet(diag->bfgs, yy / ys));
  diag->reductions++;
  sums[0]            = yy;
  sums[1]            = ss;
  sums[2 * BFGS + 1] = yy / ys * ss;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalLearn(TrustNCGDiagonal diag, Vec s, Vec y, PetscReal ys)
{
  PetscReal sums[2 * KINDS];

  PetscFunctionBegin;
  if (diag->pairs == 0) PetscCall(Start(diag, s, y, ys, sums));
  else {
    PetscCall(Explain(diag, s, y, sums));
    HearStep(diag, sums, ys);
  }
  PetscCall(Average(diag, s, y, ys, sums));
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
  if (diag->kind[diag->use] == 1) PetscCall(VecSqrtAbs(diag->d));
  diag->current = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalApply(TrustNCGDiagonal diag, Vec v, Vec z)
{
  const PetscInt kind = diag->kind[diag->use];

  PetscFunctionBegin;
  if (kind == 0) PetscCall(VecCopy(v, z));
  else if (kind == BFGS) PetscCall(VecPointwiseDivide(z, v, diag->bfgs));
  else {
    if (!diag->current) PetscCall(MakeCurrent(diag));
    PetscCall(VecPointwiseDivide(z, v, diag->d));
  }
  PetscCall(VecScale(z, diag->gamma[kind]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalGetCounts(TrustNCGDiagonal diag, const char *kind[2],
                                         PetscInt *vectors, PetscInt *reductions)
{
  static const char *const kinds[KINDS] = {"none", "root of the mean", "mean", "BFGS"};

  PetscFunctionBegin;
  for (PetscInt k = 0; kind && k < USES; k++) kind[k] = kinds[diag->kind[k]];
  if (vectors) *vectors = !!diag->a + !!diag->b + !!diag->bfgs + !!diag->d;
  if (reductions) *reductions = diag->reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDiagonalRecord(TrustNCGDiagonal diag, CheckpointRecord *record,
                                      PetscBool *learned)
{
  PetscInt use = diag->use;

  PetscFunctionBegin;
  RecordCount(record, &diag->pairs, "pairs of the diagonal");
  for (PetscInt k = 0; k < USES; k++) RecordInt(record, &diag->kind[k], 0, KINDS - 1, "kind");
  RecordInt(record, &use, 0, USES - 1, "use");
  for (PetscInt k = 0; k < KINDS; k++) {
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
