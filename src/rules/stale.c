/* SPDX-License-Identifier: BSD-2-Clause
   When a preconditioner built at an earlier point is worth building again. */
#include "rules/rules.h"

#define DRIFT 0.1 /* ||y - P s|| / ||y|| from which P is no longer the Hessian */

/* CG's rate in its best solve since the build is what a new build would give: the logarithm of
   the drop of the residual an iteration. */
PetscReal TrustNCGRate(PetscInt its, PetscReal drop)
{
  return its > 0 && drop > 0.0 && drop < 1.0 ? -PetscLogReal(drop) / (PetscReal)its : 0.0;
}

/* Products that a solve of `its` iterations took beyond what the best rate would have taken for
   the same drop; all of them where it went to the boundary, so that nothing tells its rate. */
PetscReal TrustNCGLost(PetscInt its, PetscReal drop, PetscReal best)
{
  const PetscReal rate = TrustNCGRate(its, drop);

  return rate > 0.0 && best > 0.0 ? (PetscReal)its * PetscMax(0.0, 1.0 - rate / best)
                                  : (PetscReal)its;
}

/* Build again once what was lost since the last build would have paid for one: whatever comes,
   the total is then at most twice the least possible. P that still is the Hessian is not to
   blame. NaN drift is no reason to build. */
PetscBool TrustNCGStale(PetscReal drift, PetscReal lost, PetscReal price)
{
  return (PetscBool)(drift > DRIFT && lost >= price);
}
