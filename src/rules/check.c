/* SPDX-License-Identifier: BSD-2-Clause
   What a derivative check makes of its measurements: noise, the rung to believe, the verdict. */
#include "rules/rules.h"

#define SURE    10.0 /* a gap of so many doubts is no accident */
#define WRONG   1e-2 /* a relative gap from here on is an error, */
#define INEXACT 1e-6 /* from here on worth a remark */
#define ALIKE   4.0  /* factor within which estimates of a noise agree */

/* sqrt((k!)^2 / (2k)!) times the root mean square of the n numbers t, differences of order k */
PetscReal TrustNCGNoiseOfOrder(PetscInt k, PetscInt n, const PetscReal t[])
{
  PetscReal gamma = 1.0, sum = 0.0;

  for (PetscInt j = 1; j <= k; j++) gamma *= (PetscReal)j / (PetscReal)(k + j);
  for (PetscInt i = 0; i < n; i++) sum += t[i] * t[i];
  return PetscSqrtReal(gamma * sum / (PetscReal)n);
}

/* The standard deviation of the noise in n equally spaced values, at most 16, which are
   overwritten: from the lowest order of differences from which on three orders agree and whose
   differences change sign; else the least of all. More and Wild (2011), ECnoise. */
PetscReal TrustNCGNoise(PetscInt n, PetscReal value[])
{
  PetscReal sigma[16], least = PETSC_MAX_REAL;
  PetscBool turns[16];

  for (PetscInt k = 1; k < n; k++) {
    turns[k] = PETSC_FALSE;
    for (PetscInt i = 0; i < n - k; i++) value[i] = value[i + 1] - value[i];
    for (PetscInt i = 1; i < n - k; i++) {
      if (value[i] * value[i - 1] < 0.0) turns[k] = PETSC_TRUE;
    }
    sigma[k] = TrustNCGNoiseOfOrder(k, n - k, value);
    least    = PetscMin(least, sigma[k]);
  }
  for (PetscInt k = 1; k + 2 < n; k++) {
    const PetscReal low  = PetscMin(sigma[k], PetscMin(sigma[k + 1], sigma[k + 2]));
    const PetscReal high = PetscMax(sigma[k], PetscMax(sigma[k + 1], sigma[k + 2]));

    if (turns[k] && high <= ALIKE * low) return sigma[k];
  }
  return least;
}

/* The rung of least doubt, or -1 where none is finite. */
PetscInt TrustNCGBestRung(PetscInt n, const PetscReal doubt[])
{
  PetscInt best = -1;

  for (PetscInt k = 0; k < n; k++) {
    if (!(doubt[k] < PETSC_INFINITY)) continue;
    if (best < 0 || doubt[k] < doubt[best]) best = k;
  }
  return best;
}

/* The smallest gap that shows, in a number of size `scale`. */
PetscReal TrustNCGVisible(PetscReal doubt, PetscReal scale)
{
  return PetscMax(SURE * doubt, INEXACT * scale);
}

/* Two ways to one number of size `scale` differ by `gap`; of that, `doubt` is the error of the
   differences. */
TrustNCGFit TrustNCGJudge(PetscReal gap, PetscReal doubt, PetscReal scale)
{
  if (!(gap < PETSC_INFINITY && doubt < PETSC_INFINITY)) return TRUSTNCG_FIT_HIDDEN;
  if (gap > TrustNCGVisible(doubt, scale)) {
    return gap > WRONG * scale ? TRUSTNCG_FIT_WRONG : TRUSTNCG_FIT_INEXACT;
  }
  if (gap <= WRONG * scale || gap == 0.0) return TRUSTNCG_FIT_RIGHT;
  return TRUSTNCG_FIT_HIDDEN;
}

/* Twice the second divided difference of f at 0, a, b, of df = f(.) - f(0). */
PetscReal TrustNCGCurvature(PetscReal a, PetscReal dfa, PetscReal b, PetscReal dfb)
{
  return 2.0 * (dfa / a - dfb / b) / (a - b);
}
