/* SPDX-License-Identifier: BSD-2-Clause
   When a matrix P, the Hessian at a point, is worth building, and when at another point again. */
#include "rules/rules.h"

#define AHEAD 2.0 /* solves to come that a new one serves, like the last */
#define DRIFT 0.2 /* ||y - P s|| / ||y|| from which P is no longer the Hessian, */
#define WORSE 1.0 /* and no better than none */
#define FIRST 2   /* builds whose fit is looked at, */
#define EVERY 4   /* and then each so many */

/* Is a first P worth its products? Where `hope`, many times the work so far, is as much as these, and
   the rest of the solve would cost more than these, too, at the mean rate of log ||g|| so far: an easy
   one is over before P pays. */
PetscBool TrustNCGPromises(PetscReal hope, PetscReal work, PetscReal products, PetscReal gnorm0,
                           PetscReal gnorm, PetscReal target)
{
  const PetscReal done = gnorm < gnorm0 ? PetscLogReal(gnorm0 / gnorm) : 0.0;
  const PetscReal left = target > 0.0 ? PetscLogReal(gnorm / target) : PETSC_INFINITY;

  return (PetscBool)(hope >= products && left * work >= done * products);
}

/* May CG work with P in the place of H? The gradient after the step is then about as large as the
   residual and drift ||g||: the chord method, at no product. False for NaN. */
PetscBool TrustNCGServes(PetscReal drift)
{
  return (PetscBool)(drift <= DRIFT);
}

/* To rent or to buy: build again once the products spent since the last build, and those of solves
   like the last that will come, pay for one, points beyond the first included. P that still is the
   Hessian is not to blame for products; where it served itself (`chord`) what was spent are points,
   as it needs no products. A NaN is no reason to build. */
PetscBool TrustNCGStale(PetscReal drift, PetscReal spent, PetscReal last, PetscBool chord,
                        PetscReal price)
{
  if (drift > DRIFT) return (PetscBool)(spent + AHEAD * last >= price);
  return (PetscBool)(chord && spent >= price);
}

/* Is it worth a product to see whether the next build fits the Hessian, after so many, of which the
   last that was looked at does or not? One that no longer does makes slow steps, not wrong ones, as
   f judges them. */
PetscBool TrustNCGChecksFit(PetscInt builds, PetscBool fits, PetscReal drift)
{
  return (PetscBool)(!fits || builds < FIRST || builds % EVERY == 0 || !(drift <= WORSE));
}
