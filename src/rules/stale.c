/* SPDX-License-Identifier: BSD-2-Clause
   When a preconditioner built at an earlier point is worth building again. */
#include "rules/rules.h"

#define AHEAD 2.0 /* losses to come, in units of those that came */
#define DRIFT 0.1 /* ||y - P s|| / ||y|| from which P is no longer the Hessian */

/* CG's rate: the logarithm of the drop of the residual, an iteration; 0 where nothing tells. */
PetscReal TrustNCGRate(PetscInt its, PetscReal drop)
{
  return its > 0 && drop > 0.0 && drop < 1.0 ? -PetscLogReal(drop) / (PetscReal)its : 0.0;
}

/* The products that a solve took beyond what the best rate since the build, which a new build
   would bring back, would have taken for the same drop. All of its work where its rate is not
   known: then it ended at the boundary. */
PetscReal TrustNCGLost(PetscInt its, PetscReal drop, PetscReal best, PetscInt work)
{
  const PetscReal rate = TrustNCGRate(its, drop);

  return rate > 0.0 && best > 0.0 ? (PetscReal)its * PetscMax(0.0, 1.0 - rate / best)
                                  : (PetscReal)work;
}

/* To rent or to buy: build again once what was lost since the last build, and twice as much that
   the solves to come will lose, pays for one. P that still is the Hessian is not to blame. A NaN
   is no reason to build. */
PetscBool TrustNCGStale(PetscReal drift, PetscReal lost, PetscReal price)
{
  return (PetscBool)(drift > DRIFT && (1.0 + AHEAD) * lost >= price);
}
