/* SPDX-License-Identifier: BSD-2-Clause
   The step h of the forward difference H v ~ (g(x + h v) - g(x)) / h, without and with noise. */
#include "rules/rules.h"

#define THIRD   5.0 /* third derivatives, in units of the second ones and of x, that are no noise */
#define ROUNDED 5e-7 /* asymmetry that rounding may make */
#define VISIBLE 2.0  /* times the noise: a second difference that the bend of g has a part in */
#define CLOSE   8.0  /* within this factor the length is good */
#define AHEAD   4.0  /* beyond the best length the bend shows well */
#define CLIMB   32.0
#define ALL     1.5  /* errors of products, in units of what noise makes of them: it makes all; */
#define LITTLE  60.0 /* next to nothing: a bend that is in few entries of g shows too much */
#define ADAPT   4.0

/* h ||v|| = relstep (1 + ||x||): rounding in g and curvature of g share the error when relstep
   is the square root of the relative error of g (Nocedal and Wright 2006, section 8.1). */
PetscReal TrustNCGDifferenceStep(PetscReal relstep, PetscReal xnorm, PetscReal vnorm)
{
  return relstep * (1.0 + xnorm) / vnorm;
}

/* The asymmetry |u'Hv - v'Hu| / (||H|| ||u|| ||v||) that products by differences over h ||v|| =
   length may show where g has no noise. */
PetscReal TrustNCGAsymmetry(PetscReal length)
{
  return PetscMax(ROUNDED, THIRD * length);
}

/* The length to begin the search for the best one with: that of a g that bends by its own size
   over 1 + ||x||, and a little more, for the bend to show. */
PetscReal TrustNCGGuessLength(PetscReal sigma, PetscReal gnorm, PetscReal xnorm)
{
  return AHEAD * PetscSqrtReal(PETSC_SQRT2 * 2.0 * sigma / gnorm) * (1.0 + xnorm);
}

/* One step of that search. second = ||g(x + l v) - 2 g(x) + g(x - l v)|| at l = *length, ||v|| = 1;
   noise of norm sigma makes sqrt(6) sigma of it, the bend B of g the rest, B l^2. The error of a
   forward difference, sqrt(2) sigma / l + B l / 2, is least at l^2 = 2 sqrt(2) sigma / B (More and
   Wild 2012). True when *length is to be used, else it is the next one to try; between *low, where
   no bend shows, and *high, where it does. */
PetscBool TrustNCGNextLength(PetscReal sigma, PetscReal second, PetscReal longest, PetscReal *low,
                             PetscReal *high, PetscReal *length)
{
  const PetscReal noise = PetscSqrtReal(6.0) * sigma, tried = *length;
  PetscReal       bend, best;

  if (PetscIsInfOrNanReal(second)) {
    *high = tried;
    *length /= CLIMB;
    return PETSC_FALSE;
  }
  if (second <= VISIBLE * noise) {
    *low = tried;
    *length =
      PetscMin(longest, *high < PETSC_INFINITY ? PetscSqrtReal(*low * *high) : CLIMB * tried);
    if (*length <= CLOSE * tried) return PETSC_TRUE;
    return PETSC_FALSE;
  }
  *high = tried;
  bend  = PetscSqrtReal(second * second - noise * noise) / (tried * tried);
  best  = PetscSqrtReal(2.0 * PETSC_SQRT2 * sigma / bend);
  if (best >= tried / CLOSE || *low >= tried / CLOSE) {
    *length = PetscMax(best, *low);
    return PETSC_TRUE;
  }
  *length = *low > 0.0 ? PetscMax(AHEAD * best, *low * CLOSE / 2.0) : AHEAD * best;
  return PETSC_FALSE;
}

/* The factor for a length in use whose products have errors of `share` times what noise alone would
   make of them. */
PetscReal TrustNCGAdaptLength(PetscReal share)
{
  if (share < ALL) return ADAPT;
  return share > LITTLE ? 1.0 / ADAPT : 1.0;
}
