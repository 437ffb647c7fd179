/* SPDX-License-Identifier: BSD-2-Clause
   What the solve does about noise in f and its gradient. Nothing is measured, and no evaluation
   made, as long as nothing is at odds. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "subproblem/trustcg.h"

#define LONGEST    0.1   /* relative difference step */
#define FLOOR      1.5   /* ||g|| in units of its noise where there is nothing left to do */
#define CHANGED    10.0  /* ||g|| since the noise was measured: it may be another one */
#define NEAR       10.0  /* and where, as no step is good, there is nothing either */
#define MORE       2.0   /* noise of f than was known: worth another try */
#define UNDERRATED 100.0 /* times that four points may underrate noise of f */
#define MISFIT     10.0  /* ||A s|| in units of the most that the gradient can have changed */
#define POOR       0.25  /* ratio of reductions below which the radius shrinks */
#define PATIENT    12    /* late trials rejected without progress */
#define ABSURD     10.0  /* noise in units of what it is in */
#define ROUNDED    1e3   /* machine epsilons of ||g(x0)||: that is rounding */

PetscErrorCode TrustNCGNoiseStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&tn->noise, sizeof(tn->noise)));
  TrustNCGProbeStart(&tn->probe);
  tn->noise.record   = PETSC_INFINITY;
  tn->noise.patience = PATIENT;
  tn->noise.step     = tn->relstep > 0.0 ? tn->relstep : PETSC_SQRT_MACHINE_EPSILON;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(void *ctx, Vec x, PetscReal *f, Vec g)
{
  Tao           tao = (Tao)ctx;
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->ledger.ng_noise++;
  PetscCall(TrustNCGEvaluateNear(tao, x, f, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Are there differences whose length is ours to choose? */
static PetscBool Choose(const TAO_TrustNCG *tn)
{
  return (PetscBool)(tn->kind == TRUSTNCG_HV_FD && tn->relstep <= 0.0);
}

/* And are they to be watched, as nothing is known of noise? */
static PetscBool Watch(const TAO_TrustNCG *tn)
{
  return (PetscBool)(tn->ours && Choose(tn) && !tn->noise.known);
}

/* More than is in f and in the gradient themselves is no noise, but a bend that is sharper than the
   points are apart, as where units differ by many orders of magnitude. */
static void Disbelieve(const TAO_TrustNCG *tn, TrustNCGNoiseLevel *level)
{
  const PetscReal most  = PetscMax(PetscAbsReal(tn->f), PetscAbsReal(tn->f0));
  const PetscReal mostg = PetscMax(tn->gnorm, tn->gnorm0);

  if (tn->noise.known && !tn->noise.quiet) return; /* some was there before */
  if (!(level->g > ABSURD * mostg) && !(level->f > ABSURD * most)) return;
  level->f = level->g = 0.0;
}

/* The noise near the iterate, along v; the length of differences where they are ours to choose. */
static PetscErrorCode Measure(Tao tao, Vec v)
{
  TAO_TrustNCG      *tn       = (TAO_TrustNCG *)tao->data;
  const PetscReal    scale    = 1.0 + tn->xnorm;
  TrustNCGNoiseLevel level    = {0};
  const PetscBool    measured = (PetscBool)(tn->noise.known && !tn->noise.quiet);

  PetscFunctionBegin;
  PetscCall(TrustNCGMeasureNoise(Evaluate, tao, tao->solution, tn->w, tn->f, tao->gradient, v,
                                 PETSC_SQRT_MACHINE_EPSILON * scale, &level));
  Disbelieve(tn, &level);
  tn->noise.quiet = (PetscBool)(level.g <= ROUNDED * PETSC_MACHINE_EPSILON * tn->gnorm0);
  if (Choose(tn) && !tn->noise.quiet) {
    if (measured) { /* the bend of g has not changed much: the noise has */
      tn->noise.step  = PetscMin(LONGEST, tn->noise.step * PetscSqrtReal(level.g / tn->noise.g));
      tn->noise.error = 2.0 * PETSC_SQRT2 * level.g / (tn->noise.step * scale);
    } else {
      level.length = TrustNCGGuessLength(level.g, tn->gnorm, tn->xnorm);
      PetscCall(TrustNCGMeasureLength(Evaluate, tao, tao->solution, tn->w, tao->gradient, v,
                                      LONGEST * scale, &level));
      tn->noise.step  = level.length / scale;
      tn->noise.error = level.error;
    }
    tn->noise.shortest = tn->noise.step;
    PetscCall(TrustNCGHessVecSetStep(tn->shell, tn->noise.step));
  }
  tn->reductions += level.reductions;
  tn->noise.known = PETSC_TRUE;
  tn->noise.seen  = level.f;
  tn->noise.f     = level.f;
  tn->noise.g     = level.g;
  tn->noise.gnorm = tn->gnorm;
  PetscCall(PetscInfo(tao, "noise: f %g, gradient %g at ||g|| = %g; relative step %g, Hv %g\n",
                      (double)level.f, (double)level.g, (double)tn->gnorm, (double)tn->noise.step,
                      (double)tn->noise.error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The shorter a step, the better the model: poor ones in a row, each of which has shrunk the radius,
   are no accident. */
static void CountPoor(TAO_TrustNCG *tn)
{
  TrustNCGNoiseState *noise = &tn->noise;

  noise->poor = tn->rho < POOR ? noise->poor + 1 : 0;
  if (noise->poor >= PATIENT) noise->late = noise->patience;
}

/* After a step s of CG that is taken: does its one product fit? The gradient has changed by about
   A s, and by ||g|| + ||g+|| at most. Curvature so far off has made a radius that means nothing. */
PetscErrorCode TrustNCGNoiseDoubtStep(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     Ad;

  PetscFunctionBegin;
  CountPoor(tn);
  if (!Watch(tn)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustCGGetSingleProduct(tao->ksp, &Ad));
  tn->noise.doubted = (PetscBool)(Ad * tn->dnorm2 > MISFIT * (tn->gnorm + tn->gplusnorm));
  if (tn->noise.doubted) TrustNCGResetRadius(tao);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGNoiseMeasureDoubted(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (tn->noise.doubted && Watch(tn)) PetscCall(Measure(tao, tao->gradient));
  tn->noise.doubted = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a solve: when to give up, and what not to solve for. */
PetscErrorCode TrustNCGNoiseSetErrors(Tao tao)
{
  TAO_TrustNCG   *tn    = (TAO_TrustNCG *)tao->data;
  const PetscReal limit = TrustNCGAsymmetry(tn->noise.step * (1.0 + tn->xnorm));

  PetscFunctionBegin;
  if (!tn->ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustCGSetErrors(tao->ksp, Watch(tn) ? limit : 0.0, tn->noise.quiet ? 0.0 : tn->noise.g,
                             tn->noise.error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The length was measured along one direction at one point. What CG has seen of the errors of its
   products, at no cost, tells whether noise makes them, or the bend of g. */
static PetscErrorCode AdaptStep(Tao tao, PetscReal seen)
{
  TAO_TrustNCG   *tn    = (TAO_TrustNCG *)tao->data;
  const PetscReal scale = 1.0 + tn->xnorm;
  PetscReal       share, factor;

  PetscFunctionBegin;
  if (!Choose(tn) || !tn->noise.known || tn->noise.quiet || !(seen > 0.0)) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  share  = seen * tn->noise.step * scale / (PETSC_SQRT2 * tn->noise.g);
  factor = TrustNCGAdaptLength(share);
  if (factor == 1.0) PetscFunctionReturn(PETSC_SUCCESS);
  tn->noise.step  = PetscMin(LONGEST, PetscMax(tn->noise.shortest, tn->noise.step * factor));
  tn->noise.error = 2.0 * PETSC_SQRT2 * tn->noise.g / (tn->noise.step * scale);
  PetscCall(TrustNCGHessVecSetStep(tn->shell, tn->noise.step));
  PetscCall(PetscInfo(tao, "noise makes 1/%g of the errors: relative step %g\n", (double)share,
                      (double)tn->noise.step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a solve: where its products did not fit together, the noise is measured, and the solve is
   to be done again. */
PetscErrorCode TrustNCGNoiseCheckCG(Tao tao, PetscBool *again)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     seen;
  Vec           v = tao->stepdirection;

  PetscFunctionBegin;
  *again = PETSC_FALSE;
  if (!tn->ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustCGGetErrors(tao->ksp, again, &seen));
  if (!*again) {
    PetscCall(AdaptStep(tao, seen));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Measure(tao, tn->dnorm > 0.0 ? v : tao->gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Measured again where it may have become another one: as ||g|| is much smaller. */
static PetscErrorCode MeasureAgain(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!tn->noise.known || CHANGED * tn->gnorm < tn->noise.gnorm) {
    PetscCall(Measure(tao, tao->gradient));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is ||g|| no more than so many times its noise, or what the model promises for f than its? */
static PetscBool NoiseDominates(const TAO_TrustNCG *tn, PetscReal times, PetscReal promise)
{
  if (!tn->noise.known) return PETSC_FALSE;
  if (!tn->noise.quiet && tn->gnorm <= times * tn->noise.g) return PETSC_TRUE;
  return (PetscBool)(TRUSTNCG_NOISE_SHARE * tn->noise.f > TrustNCGRoundoff(tn->f, tn->f, tn->n) &&
                     PetscAbsReal(promise) <= times * tn->noise.f);
}

/* Measures the noise where it may be another one. Where f leaps, that is noise, of which four points
   may have shown less; or all these trials are on a plateau behind a wall, and four points have
   shown nothing like it. Is it more than was known? */
static PetscErrorCode NoiseShows(Tao tao, PetscBool *shows)
{
  TAO_TrustNCG       *tn     = (TAO_TrustNCG *)tao->data;
  TrustNCGNoiseState *noise  = &tn->noise;
  const PetscReal     before = TrustNCGResolution(tn), change = PetscAbsReal(tn->fplus - tn->f);

  PetscFunctionBegin;
  PetscCall(MeasureAgain(tao));
  if (TrustNCGProbeLeaps(&tn->probe)) {
    noise->f = PetscMax(noise->f, PetscMin(change, UNDERRATED * noise->seen));
  }
  *shows = (PetscBool)(TrustNCGResolution(tn) > MORE * before);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise was more than was known: what it made of the radius, and of the trials, counts no more. */
static void BeginAnew(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  TrustNCGResetRadius(tao);
  tn->tries = 0;
  TrustNCGProbeStart(&tn->probe);
}

static PetscErrorCode StopAtFloor(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGStop(tao, TAO_DIVERGED_TR_REDUCTION, TAO_TRUSTNCG_NOISE_FLOOR,
                         "||g|| = %g is down to what noise allows: %g in the gradient, %g in f",
                         (double)tn->gnorm, (double)tn->noise.g, (double)tn->noise.f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No step is good: is that the noise? Once it is known, f is no longer asked where it cannot tell,
   and it is worth going on. */
PetscErrorCode TrustNCGNoiseExplains(Tao tao, PetscBool *explained)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     shows;

  PetscFunctionBegin;
  *explained = PETSC_FALSE;
  if (PetscIsInfOrNanReal(tn->fplus) || PetscIsInfOrNanReal(tn->gplusnorm)) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  /* a start without a better point, or f against the gradient at every step, is another matter */
  if (tn->ledger.steps == 0 || tn->suspect != TRUSTNCG_SUSPECT_NONE) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(NoiseShows(tao, &shows));
  *explained = NoiseDominates(tn, NEAR, tn->promise);
  if (!*explained) PetscFunctionReturn(PETSC_SUCCESS);
  if (shows && !NoiseDominates(tn, NEAR, PETSC_INFINITY)) BeginAnew(tao);
  else PetscCall(StopAtFloor(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Has the iterate come so close that the gradient is mostly noise? Where nothing is known of noise,
   many rejected trials without progress make it suspect. */
PetscErrorCode TrustNCGNoiseFloor(Tao tao)
{
  TAO_TrustNCG       *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGNoiseState *noise = &tn->noise;
  PetscBool           late, stuck, shows = PETSC_FALSE;

  PetscFunctionBegin;
  if (tn->gnorm <= 0.5 * noise->record) {
    noise->record = tn->gnorm;
    noise->late   = 0;
  }
  late  = (PetscBool)(noise->late >= noise->patience);
  stuck = (PetscBool)(late || TrustNCGProbeLeaps(&tn->probe));
  if (late) {
    noise->late = noise->poor = 0;
    noise->patience *= 2;
  }
  if (stuck) PetscCall(NoiseShows(tao, &shows));
  if (shows) BeginAnew(tao);
  if (!NoiseDominates(tn, stuck ? NEAR : FLOOR, PETSC_INFINITY)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MeasureAgain(tao));
  if (NoiseDominates(tn, stuck ? NEAR : FLOOR, PETSC_INFINITY)) PetscCall(StopAtFloor(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}
