/* SPDX-License-Identifier: BSD-2-Clause
   Measures f, gradient and Hv near a point along a direction. Numbers are equal on all ranks. */
#include "hessvec/check.h"
#include "rules/rules.h"

#define NOISE_POINTS 7
#define NOISE_STEP   1e-9 /* between them, relative: f is straight over so little */
#define SAME         1e-10
#define PAIRS        2

/* Every |d_i| is in [1/2, 3/2) (1 + |x_i|): no unknown is left out, and steps suit the scale of
   each. */
static PetscErrorCode RandomDirection(TrustNCGCheck *c, PetscInt seed, Vec d)
{
  const PetscScalar *x;
  PetscScalar       *a;
  PetscInt           lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(d, &lo, &hi));
  PetscCall(VecGetArrayRead(c->base, &x));
  PetscCall(VecGetArrayWrite(d, &a));
  for (PetscInt i = lo; i < hi; i++) {
    const PetscReal r = 2.0 * TrustNCGUniform(seed, i) - 1.0;

    a[i - lo] = (r + (r < 0.0 ? -0.5 : 0.5)) * (1.0 + PetscAbsScalar(x[i - lo]));
  }
  PetscCall(VecRestoreArrayWrite(d, &a));
  PetscCall(VecRestoreArrayRead(c->base, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d = 0 outside the index set, whose indices any rank may hold. */
static PetscErrorCode Mask(TrustNCGCheck *c, Vec d)
{
  const PetscInt *index;
  PetscInt        n;

  PetscFunctionBegin;
  if (!c->where) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecZeroEntries(c->gh));
  PetscCall(ISGetLocalSize(c->where, &n));
  PetscCall(ISGetIndices(c->where, &index));
  for (PetscInt i = 0; i < n; i++) PetscCall(VecSetValue(c->gh, index[i], 1.0, INSERT_VALUES));
  PetscCall(ISRestoreIndices(c->where, &index));
  PetscCall(VecAssemblyBegin(c->gh));
  PetscCall(VecAssemblyEnd(c->gh));
  PetscCall(VecPointwiseMult(d, d, c->gh));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The direction v, and the h at which h v is about as large as 1 + |x|, entry by entry. */
static PetscErrorCode SetDirection(TrustNCGCheck *c, PetscReal *unit)
{
  const PetscScalar *x, *v;
  PetscReal          sum[3] = {0.0, 0.0, 0.0};
  PetscInt           n;

  PetscFunctionBegin;
  if (c->direction) PetscCall(VecCopy(c->direction, c->v));
  else PetscCall(RandomDirection(c, 0, c->v));
  PetscCall(Mask(c, c->v));
  PetscCall(VecGetLocalSize(c->v, &n));
  PetscCall(VecGetArrayRead(c->base, &x));
  PetscCall(VecGetArrayRead(c->v, &v));
  for (PetscInt i = 0; i < n; i++) {
    sum[0] += PetscAbsScalar(v[i]) * (1.0 + PetscAbsScalar(x[i]));
    sum[1] += PetscRealPart(v[i] * v[i]);
    sum[2] += v[i] != 0.0 ? 1.0 : 0.0;
  }
  PetscCall(VecRestoreArrayRead(c->v, &v));
  PetscCall(VecRestoreArrayRead(c->base, &x));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPIU_REAL, MPIU_SUM, PetscObjectComm((PetscObject)c->x)));
  PetscCheck(sum[1] > 0.0 && !PetscIsInfOrNanReal(sum[0] + sum[1]),
             PetscObjectComm((PetscObject)c->x), PETSC_ERR_ARG_WRONG,
             "The direction of the derivative check has norm %g: give one that is finite and not "
             "zero, and an index set that holds some of its nonzeros",
             (double)PetscSqrtReal(sum[1]));
  *unit    = sum[0] / sum[1];
  c->vnorm = PetscSqrtReal(sum[1]);
  c->share = PetscSqrtReal(sum[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f and g at base + h d; f is the largest of the ranks. */
static PetscErrorCode Value(TrustNCGCheck *c, PetscReal h, Vec d, PetscReal *f, Vec g,
                            PetscBool *finite)
{
  PetscReal say[3], gnorm;

  PetscFunctionBegin;
  if (h == 0.0) PetscCall(VecCopy(c->base, c->x));
  else PetscCall(VecWAXPY(c->x, h, d, c->base));
  PetscCall((*c->value)(c->ctx, c->x, f, g));
  c->values++;
  PetscCall(VecNorm(g, NORM_2, &gnorm));
  say[2] = PetscIsInfOrNanReal(*f) || PetscIsInfOrNanReal(gnorm) ? 1.0 : 0.0;
  say[0] = say[2] > 0.0 ? 0.0 : *f;
  say[1] = -say[0];
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, say, 3, MPIU_REAL, MPIU_MAX, PetscObjectComm((PetscObject)c->x)));
  *f      = say[0];
  *finite = (PetscBool)(say[2] == 0.0);
  if (*finite) c->spread = PetscMax(c->spread, say[0] + say[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Hv at the present point */
static PetscErrorCode Apply(TrustNCGCheck *c, Vec v, Vec Hv)
{
  PetscFunctionBegin;
  PetscCall((*c->apply)(c->ctx, c->x, v, Hv));
  c->products++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||a - s b|| / ||s b||; infinite where b alone is 0 */
static PetscErrorCode RelativeDistance(Vec a, PetscReal s, Vec b, Vec work, PetscReal *distance)
{
  PetscReal bnorm;

  PetscFunctionBegin;
  PetscCall(VecNorm(b, NORM_2, &bnorm));
  PetscCall(VecWAXPY(work, -s, b, a));
  PetscCall(VecNorm(work, NORM_2, distance));
  if (*distance > 0.0) *distance = bnorm > 0.0 ? *distance / (s * bnorm) : PETSC_INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* gh = (gh - g) / h, and what the rung tells of it; last is D of the rung before, or holds none. */
static PetscErrorCode CompareProducts(TrustNCGCheck *c, PetscBool havelast, TrustNCGRung *r)
{
  PetscFunctionBegin;
  PetscCall(VecAXPBY(c->gh, -1.0 / r->h, 1.0 / r->h, c->g));
  PetscCall(VecNorm(c->gh, NORM_2, &r->Dnorm));
  r->move = PETSC_INFINITY;
  if (havelast) {
    PetscCall(VecAXPY(c->last, -1.0, c->gh));
    PetscCall(VecNorm(c->last, NORM_2, &r->move));
  }
  if (!c->apply) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDot(c->gh, c->Hv, &r->DHv));
  PetscCall(VecWAXPY(c->last, -1.0, c->Hv, c->gh));
  PetscCall(VecNorm(c->last, NORM_2, &r->remg));
  r->remg *= r->h;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ClimbDown(TrustNCGCheck *c, PetscReal unit)
{
  PetscBool havelast = PETSC_FALSE;
  PetscReal f;
  Vec       swap;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < TRUSTNCG_RUNGS; k++) {
    TrustNCGRung *r = &c->rung[k];

    r->h = unit * PetscPowReal(10.0, -(PetscReal)(k + 1));
    PetscCall(Value(c, r->h, c->v, &f, c->gh, &r->finite));
    if (r->finite) {
      PetscCall(VecDot(c->gh, c->v, &r->slope));
      r->df   = f - c->f;
      r->remf = PetscAbsReal(r->df - r->h * c->slope);
      PetscCall(CompareProducts(c, havelast, r));
      swap    = c->gh;
      c->gh   = c->last;
      c->last = swap;
    }
    havelast = r->finite;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureNoise(TrustNCGCheck *c, PetscReal unit)
{
  PetscReal f[NOISE_POINTS], g[NOISE_POINTS], unorm;
  PetscBool finite = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(RandomDirection(c, 1, c->u));
  PetscCall(VecNorm(c->u, NORM_2, &unorm));
  for (PetscInt i = 0; i < NOISE_POINTS && finite; i++) {
    PetscCall(Value(c, (PetscReal)i * NOISE_STEP * unit, c->v, &f[i], c->gh, &finite));
    if (finite) PetscCall(VecDot(c->u, c->gh, &g[i]));
  }
  c->noisef = finite ? TrustNCGNoise(NOISE_POINTS, f) : 0.0;
  c->noiseg = finite ? TrustNCGNoise(NOISE_POINTS, g) / unorm : 0.0;
  /* rounding is there even where these few points show none */
  c->noisef = PetscMax(c->noisef, PETSC_MACHINE_EPSILON * PetscAbsReal(c->f));
  c->noiseg = PetscMax(c->noiseg, PETSC_MACHINE_EPSILON * c->gnorm / c->share);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest asymmetry over random pairs (u, v), relative to what a random H would show. */
static PetscErrorCode MeasureSymmetry(TrustNCGCheck *c)
{
  PetscReal f, uHv, vHu, unorm, Hunorm;
  PetscBool finite;

  PetscFunctionBegin;
  PetscCall(Value(c, 0.0, NULL, &f, c->gh, &finite));
  for (PetscInt seed = 2; seed < 2 + PAIRS; seed++) {
    PetscCall(RandomDirection(c, seed, c->u));
    PetscCall(Mask(c, c->u));
    PetscCall(Apply(c, c->u, c->gh));
    PetscCall(VecDot(c->u, c->Hv, &uHv));
    PetscCall(VecDot(c->v, c->gh, &vHu));
    PetscCall(VecNorm(c->u, NORM_2, &unorm));
    PetscCall(VecNorm(c->gh, NORM_2, &Hunorm));
    Hunorm = unorm * c->Hvnorm + c->vnorm * Hunorm;
    if (Hunorm > 0.0) {
      c->asymmetry = PetscMax(c->asymmetry, 2.0 * c->share * PetscAbsReal(uHv - vHu) / Hunorm);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Away and back: Hv at x must not remember the visit, and Hv elsewhere must not remember x. */
static PetscErrorCode MeasureMemory(TrustNCGCheck *c)
{
  PetscReal away = 0.0, moved, f, h, least = PETSC_MAX_REAL;
  PetscBool finite;

  PetscFunctionBegin;
  h = c->rung[TRUSTNCG_RUNGS - 1].h;
  for (PetscInt k = TRUSTNCG_RUNGS - 1; k >= 0; k--) {
    if (!c->rung[k].finite) continue;
    away = c->rung[k].h;
    if (c->rung[k].move < least) {
      least = c->rung[k].move;
      h     = c->rung[k].h;
    }
  }
  if (away == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Value(c, away, c->v, &f, c->gh, &finite));
  PetscCall(Apply(c, c->v, c->last));
  PetscCall(RelativeDistance(c->last, 1.0, c->Hv, c->u, &moved));
  PetscCall(VecCopy(c->base, c->x));
  PetscCall(VecCopy(c->v, c->u));
  PetscCall(VecScale(c->u, 2.0));
  PetscCall(Apply(c, c->u, c->gh));
  PetscCall(RelativeDistance(c->gh, 2.0, c->Hv, c->last, &c->stale));
  if (c->stale != 0.0) { /* from the visit, or from the factor? */
    PetscCall(Value(c, 0.0, NULL, &f, c->last, &finite));
    PetscCall(Apply(c, c->u, c->gh));
    PetscCall(RelativeDistance(c->gh, 2.0, c->Hv, c->last, &c->nonlinear));
  }
  if (moved <= SAME && c->Hvnorm > 0.0) {
    PetscCall(Value(c, away, c->v, &f, c->last, &finite));
    PetscCall(Value(c, away + h, c->v, &f, c->gh, &finite));
    PetscCall(VecAXPBY(c->gh, -1.0 / h, 1.0 / h, c->last));
    if (finite) PetscCall(RelativeDistance(c->gh, 1.0, c->Hv, c->u, &c->frozen));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fills what is measured at and around x; moves x. */
PetscErrorCode TrustNCGCheckMeasure(TrustNCGCheck *c)
{
  PetscReal unit;

  PetscFunctionBegin;
  PetscCall(Value(c, 0.0, NULL, &c->f, c->g, &c->finite));
  if (!c->finite) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SetDirection(c, &unit));
  PetscCall(VecDot(c->g, c->v, &c->slope));
  PetscCall(VecNorm(c->g, NORM_2, &c->gnorm));
  if (c->apply) {
    PetscCall(Apply(c, c->v, c->Hv));
    PetscCall(VecNorm(c->Hv, NORM_2, &c->Hvnorm));
    PetscCall(VecDot(c->v, c->Hv, &c->vHv));
  }
  PetscCall(ClimbDown(c, unit));
  PetscCall(MeasureNoise(c, unit));
  if (c->apply && !PetscIsInfOrNanReal(c->Hvnorm)) {
    PetscCall(MeasureSymmetry(c));
    PetscCall(MeasureMemory(c));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share of the unknowns lo .. hi-1 in the gap between f and g, from steps h and h/4 of the
   trapezoidal rule; its doubt is their difference and the noise. */
PetscErrorCode TrustNCGCheckPart(TrustNCGCheck *c, PetscReal h, TrustNCGPart *part)
{
  PetscReal    f, s, gap[2];
  PetscScalar *a;
  PetscInt     lo, hi;
  PetscBool    finite;

  PetscFunctionBegin;
  PetscCall(VecCopy(c->v, c->u));
  PetscCall(VecGetOwnershipRange(c->u, &lo, &hi));
  PetscCall(VecGetArray(c->u, &a));
  for (PetscInt i = lo; i < hi; i++) {
    if (i < part->lo || i >= part->hi) a[i - lo] = 0.0;
  }
  PetscCall(VecRestoreArray(c->u, &a));
  PetscCall(VecDot(c->g, c->u, &part->slope));
  PetscCall(VecNorm(c->u, NORM_2, &part->norm));
  part->gap = part->doubt = 0.0;
  if (part->norm == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt k = 0; k < 2; k++, h /= 4.0) {
    PetscCall(Value(c, h, c->u, &f, c->gh, &finite));
    PetscCall(VecDot(c->gh, c->u, &s));
    gap[k]      = (f - c->f) / h - (part->slope + s) / 2.0;
    part->doubt = 2.0 * c->noisef / h + c->noiseg * part->norm;
    if (!finite) gap[k] = PETSC_INFINITY;
  }
  part->gap = gap[1];
  part->doubt += PetscAbsReal(gap[0] - gap[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The row in which Hv is farthest from differences of g, and both numbers there. */
PetscErrorCode TrustNCGCheckWorstRow(TrustNCGCheck *c, PetscReal h, PetscInt *row, PetscReal *D,
                                     PetscReal *Hv)
{
  const Vec   from[2] = {c->gh, c->Hv};
  PetscScalar at[2]   = {0.0, 0.0};
  PetscReal   f, most;
  PetscInt    lo, hi;
  PetscBool   finite;

  PetscFunctionBegin;
  PetscCall(Value(c, h, c->v, &f, c->gh, &finite));
  PetscCall(VecAXPBY(c->gh, -1.0 / h, 1.0 / h, c->g));
  PetscCall(VecWAXPY(c->u, -1.0, c->Hv, c->gh));
  PetscCall(VecAbs(c->u));
  PetscCall(VecMax(c->u, row, &most));
  PetscCall(VecGetOwnershipRange(c->u, &lo, &hi));
  for (PetscInt k = 0; k < 2 && *row >= lo && *row < hi; k++) {
    PetscCall(VecGetValues(from[k], 1, row, &at[k]));
  }
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, at, 2, MPIU_SCALAR, MPIU_SUM, PetscObjectComm((PetscObject)c->x)));
  *D  = PetscRealPart(at[0]);
  *Hv = PetscRealPart(at[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The caller has filled what is given; all else is 0. */
PetscErrorCode TrustNCGCheckCreate(TrustNCGCheck *c)
{
  Vec *room[] = {&c->base, &c->g, &c->v, &c->Hv, &c->gh, &c->last, &c->u};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++) PetscCall(VecDuplicate(c->x, room[i]));
  PetscCall(VecCopy(c->x, c->base));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Puts x back. */
PetscErrorCode TrustNCGCheckDestroy(TrustNCGCheck *c)
{
  Vec *room[] = {&c->base, &c->g, &c->v, &c->Hv, &c->gh, &c->last, &c->u};

  PetscFunctionBegin;
  PetscCall(VecCopy(c->base, c->x));
  for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++) PetscCall(VecDestroy(room[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
