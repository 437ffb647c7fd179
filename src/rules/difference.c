/* SPDX-License-Identifier: BSD-2-Clause
   The step h of the forward difference H v ~ (g(x + h v) - g(x)) / h. */
#include "rules/rules.h"

/* h ||v|| = relstep (1 + ||x||): rounding in g and curvature of g share the error when relstep
   is the square root of the relative error of g (Nocedal and Wright 2006, section 8.1). */
PetscReal TrustNCGDifferenceStep(PetscReal relstep, PetscReal xnorm, PetscReal vnorm)
{
  return relstep * (1.0 + xnorm) / vnorm;
}
