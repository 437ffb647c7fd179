/* SPDX-License-Identifier: BSD-2-Clause
   Acceptance: the reduction ratio, and the level at which f can no longer tell a good step. */
#include "rules/rules.h"

/* Rounding level of f - f+, when f is a sum of about n terms: its errors add up like a random
   walk, and never to less than a few units in the last place. Scales with f. */
PetscReal TrustNCGRoundoff(PetscReal f, PetscReal fplus, PetscReal n)
{
  const PetscReal walk = PetscMax(10.0, PetscSqrtReal(n));

  return walk * PETSC_MACHINE_EPSILON * PetscMax(PetscAbsReal(f), PetscAbsReal(fplus));
}

/* True where both reductions drown in rounding, so that their ratio means nothing. A trial that
   rises f visibly is not excused, however little the model had promised. */
PetscBool TrustNCGBelowRoundoff(PetscReal ared, PetscReal pred, PetscReal roundoff)
{
  const PetscReal level = PetscIsInfOrNanReal(roundoff) ? 0.0 : 10.0 * roundoff;

  return (PetscBool)(PetscAbsReal(ared) <= level && PetscAbsReal(pred) <= level);
}

/* rho = actual over predicted reduction. A model that promises no decrease has no good step:
   the ratio is then -1, whatever f did. NaN and Inf of f go through as they are. */
PetscReal TrustNCGRatio(PetscReal ared, PetscReal pred)
{
  return pred > 0.0 ? ared / pred : -1.0;
}

/* False for NaN; an infinite ratio (f = -Inf) is no step to take either. */
PetscBool TrustNCGAccept(PetscReal rho, PetscReal eta)
{
  return (PetscBool)(rho >= eta && !PetscIsInfReal(rho));
}

/* On the way of a solve: is the decrease of f what the model says, within a factor? Where both
   drown in rounding there is no sign against it. False for NaN. */
PetscBool TrustNCGModelHolds(PetscReal ared, PetscReal pred, PetscReal factor, PetscReal roundoff)
{
  if (TrustNCGBelowRoundoff(ared, pred, roundoff)) return PETSC_TRUE;
  return (PetscBool)(factor * ared >= pred && ared <= factor * pred);
}
