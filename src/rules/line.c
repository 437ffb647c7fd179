/* SPDX-License-Identifier: BSD-2-Clause
   Where along a step f has its minimum, as far as its values and slopes tell; in the search for one,
   too; and where, as the last steps tell, along the next one. */
#include "rules/rules.h"

#define NEAREST      0.0625 /* of the step */
#define COST         2.0 /* evaluations that a trial must promise: it costs one, and may be in vain */
#define HALVES       40   /* of an interval */
#define FALLING      0.02 /* of the decrease of f, by which it is off the trapezoidal rule at least */
#define LONGEST      2.0  /* first trial of a learned step */
#define MARGIN       0.2  /* of an interval: a trial is no nearer to either end */
#define WILD         10.0 /* times the change that the slope tells: then the cubic is not believed */
#define EXPAND_LEAST 2.0
#define EXPAND_MOST  10.0

/* The cubic s t + a t^2 + b t^3 has the right values and slopes at t = 0 and 1, and so has
   s t + a t^2 + b t^3 + c t^2 (t - 1)^2 for any c. */
typedef struct {
  PetscReal s, a, b, c;
} Quartic;

static PetscReal Value(const Quartic *q, PetscReal t)
{
  const PetscReal w = t * (t - 1.0);

  return t * (q->s + t * (q->a + t * q->b)) + q->c * w * w;
}

static PetscReal Slope(const Quartic *q, PetscReal t)
{
  return q->s + t * (2.0 * q->a + 3.0 * t * q->b + 2.0 * q->c * (t - 1.0) * (2.0 * t - 1.0));
}

/* Between 0 and 1, where the slopes are -1 and positive: of the cubic */
static PetscReal Shorter(const Quartic *q)
{
  const PetscReal root = PetscSqrtReal(PetscMax(0.0, q->a * q->a - 3.0 * q->s * q->b));

  return PetscMax(NEAREST, -q->s / (q->a + root));
}

/* Between 1, where the slope is negative, and a point where f is not lower */
static PetscReal Further(const Quartic *q, PetscReal longer)
{
  PetscReal low = 1.0, high = longer;

  for (int i = 0; i < HALVES; i++) {
    const PetscReal t = 0.5 * (low + high);

    if (Slope(q, t) < 0.0) low = t;
    else high = t;
  }
  return low;
}

/* The factor t of the step at which f seems to have its minimum, and by how much f is lower there
   than at the end of the step; 1 and 0 where nothing is to be gained or known. */
PetscReal TrustNCGLineMinimum(const TrustNCGLine *line, PetscReal *gain)
{
  const PetscReal unit = -line->slope, df = (line->fplus - line->f) / unit;
  const PetscReal splus = line->slopeplus / unit, w = line->longer * (line->longer - 1.0);
  Quartic         q = {-1.0, 3.0 * df + 2.0 - splus, splus - 1.0 - 2.0 * df, 0.0};
  PetscReal       t;

  *gain = 0.0;
  if (!(unit > 0.0) || PetscIsInfOrNanReal(df) || PetscIsInfOrNanReal(splus)) return 1.0;
  if (splus > 0.0) t = Shorter(&q);
  else if (splus < 0.0 && line->longer > 1.0 && line->flonger >= line->fplus) {
    q.c = ((line->flonger - line->f) / unit - Value(&q, line->longer)) / (w * w);
    t   = Further(&q, line->longer);
  } else return 1.0;
  *gain = (df - Value(&q, t)) * unit;
  if (*gain > 0.0) return t;
  *gain = 0.0; /* or NaN */
  return 1.0;
}

/* Does it pay to look for it, where the step took so much work? */
PetscBool TrustNCGLinePays(const TrustNCGLine *line, PetscReal gain, PetscReal work)
{
  return (PetscBool)(gain * work > COST * (line->f - line->fplus));
}

/* In the search for a step: between `low`, where f falls, and `high`, which is too far, the minimum
   of the cubic with their values and slopes; J. J. More, D. J. Thuente, Line search algorithms with
   guaranteed sufficient decrease, ACM Trans. Math. Softw. 20 (1994), section 4. */
PetscReal TrustNCGLineBetween(const TrustNCGPoint *low, const TrustNCGPoint *high)
{
  const PetscReal h = high->t - low->t, df = high->f - low->f;
  const PetscReal a     = low->slope + high->slope - 3.0 * df / h;
  const PetscReal root  = PetscSqrtReal(PetscMax(0.0, a * a - low->slope * high->slope));
  PetscReal       share = 1.0 - (high->slope + root - a) / (high->slope - low->slope + 2.0 * root);

  if (!(df <= -WILD * low->slope * h) || PetscIsInfOrNanReal(share)) {
    share = TrustNCGInterpolate(low->f, high->f, low->slope * h);
  } else share = PetscMin(1.0 - MARGIN, PetscMax(MARGIN, share));
  return low->t + share * h;
}

/* Beyond `low`, where f still falls steeply: where its slope would vanish if it went on rising as it
   did since the point before */
PetscReal TrustNCGLineBeyond(const TrustNCGPoint *before, const TrustNCGPoint *low)
{
  const PetscReal rise = (low->slope - before->slope) / (low->t - before->t);
  const PetscReal zero = low->t - low->slope / rise;

  if (!(rise > 0.0) || PetscIsInfOrNanReal(zero)) return EXPAND_MOST * low->t;
  return PetscMin(EXPAND_MOST * low->t, PetscMax(EXPAND_LEAST * low->t, zero));
}

void TrustNCGReachStart(TrustNCGReach *reach)
{
  *reach = (TrustNCGReach){1.0, 1.0};
}

/* After a learned step of t times the model's own, along which f changed by df < 0. */
void TrustNCGReachStep(TrustNCGReach *reach, PetscReal t, PetscReal df, PetscReal slope,
                       PetscReal slopeplus)
{
  const PetscReal trapezoid = 0.5 * (slope + slopeplus), risen = 1.0 - slopeplus / slope;
  /* a slope that rises ever more slowly lies above the chord that the rule takes for it */
  const PetscBool falling = (PetscBool)(df - trapezoid > FALLING * -df);

  reach->before = reach->last;
  reach->last   = 1.0;
  if (t < 1.0 || !falling || !(slope < 0.0 && slopeplus < 0.0)) return;
  /* the slope along the chord vanishes where the step should have ended */
  reach->last = LONGEST * risen > t ? t / risen : LONGEST;
}

/* The first trial of the next one, in steps of the model: it knows the curvature along the steps
   behind, which is too much where the curvature keeps falling, as on the way to a minimum of higher
   order than two. */
PetscReal TrustNCGReachFirst(const TrustNCGReach *reach)
{
  return PetscMin(reach->last, reach->before);
}
