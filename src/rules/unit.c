/* SPDX-License-Identifier: BSD-2-Clause
   The unit in which a gradient is taken where H is applied to it. */
#include "rules/rules.h"
#include <math.h>

#define LARGE 1e50

/* g'Hg grows like ||g||^2 ||H||: before it overflows or vanishes, a power of two near ||g||; else 1 */
PetscReal TrustNCGUnit(PetscReal norm)
{
  int power;

  if (!PetscIsNormalReal(norm) || (norm <= LARGE && norm >= 1.0 / LARGE)) return 1.0;
  (void)frexp(norm, &power);
  return ldexp(1.0, power);
}
