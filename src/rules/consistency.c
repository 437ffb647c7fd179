/* SPDX-License-Identifier: BSD-2-Clause
   Do f, its gradient and Hv fit along a step s that was taken? From numbers that are known anyway:
   df = f+ - f, the slopes g's and g+'s, and s'Hs, which the model of CG knows.

   Where they fit, and the third and fourth derivatives along s are c and q,

     df - (g's + g+'s)/2  = -c/12 - q/24 - ...     the gap of f and gradient,
     (g+'s - g's) - s'Hs  =  c/2  + q/6  + ...     the gap of gradient and Hv:

   so the first is at most a quarter of the second, and both are small together, but for accidents.
   What is wrong shows in a gap that the other does not explain: the steps need not be small. */
#include "rules/rules.h"

#define SLIGHT 1e-3  /* of its number: such a gap is none */
#define HIDDEN 100.0 /* roundings: a change of f below that tells nothing */

static PetscReal Larger(PetscReal a, PetscReal b)
{
  return PetscMax(PetscAbsReal(a), PetscAbsReal(b));
}

/* f and Hv, whatever the gradient: without the factor of the gradient, f+ - f = g's + s'Hs/2. */
static PetscBool FitsWithout(PetscReal factor, const TrustNCGStepFit *step)
{
  const PetscReal gap = PetscAbsReal(step->df - step->slope / factor - 0.5 * step->sHs);

  return (PetscBool)(gap <= SLIGHT * PetscAbsReal(step->df));
}

/* Which of the three is the odd one out, as far as this step tells? `factor` is then that of the
   gradient, as Hv has it. */
TrustNCGSuspect TrustNCGStepSuspect(const TrustNCGStepFit *step, PetscReal *factor)
{
  const PetscReal trapezoid = 0.5 * (step->slope + step->slopeplus);
  const PetscReal sy = step->slopeplus - step->slope, noise = 2.0 * step->roundoff;
  const PetscReal fg = PetscAbsReal(step->df - trapezoid), gH = PetscAbsReal(sy - step->sHs);
  const PetscReal first = Larger(step->df, trapezoid), second = Larger(sy, step->sHs);

  *factor = step->sHs != 0.0 ? sy / step->sHs : 0.0;
  if (!(first > HIDDEN * noise) || PetscIsInfOrNanReal(gH)) return TRUSTNCG_SUSPECT_HIDDEN;
  if (TrustNCGJudge(fg, noise + SLIGHT * second, first) == TRUSTNCG_FIT_WRONG) {
    if (gH <= SLIGHT * second) return TRUSTNCG_SUSPECT_F;
    if (FitsWithout(*factor, step)) return TRUSTNCG_SUSPECT_GRADIENT;
    if (fg > 2.0 * second) return TRUSTNCG_SUSPECT_ANY;
  } else if (fg <= SLIGHT * first && TrustNCGJudge(gH, fg + noise, second) == TRUSTNCG_FIT_WRONG) {
    return TRUSTNCG_SUSPECT_HV;
  }
  return TRUSTNCG_SUSPECT_NONE;
}
