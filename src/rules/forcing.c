/* SPDX-License-Identifier: BSD-2-Clause
   The forcing term of the truncated CG: how far each subproblem is solved. */
#include "rules/rules.h"

#define DROP_POWER                                                                                 \
  1.618                 /* Eisenstat and Walker's safeguard: eta >= eta_previous^((1 + sqrt 5)/2) */
#define DROP_LEVEL  0.1 /* while that power is above this level, */
#define EXACT_MODEL 1e-3 /* unless the model was as good as exact */
#define NEAR_TARGET 3.0  /* a residual this close to the target is taken all the way */
#define SHARE_MIN   0.5  /* the part of the target left to the residual */
#define SHARE_MAX   0.9

/* The gradient at the new point is the residual plus what the model got wrong. The residual gets
   the part of the target that the mismatch of the last step leaves. */
static PetscReal TargetShare(PetscReal gnorm, PetscReal mismatch, PetscReal target)
{
  const PetscReal left = 1.0 - mismatch * gnorm / target;

  return PetscMin(SHARE_MAX, PetscMax(SHARE_MIN, left));
}

/* eta is what the model deserved at the last step, its mismatch there (Eisenstat and Walker 1996,
   choice 1, with their safeguard), and where that is unknown (infinite) sqrt(||g|| / ||g0||)
   (Dembo, Eisenstat, Steihaug 1982); at most etamax. A restarted CG loses what it has learnt of
   the spectrum, so the last solve should be one; and none goes below the outer target, the
   gradient norm that ends the iteration (0 where there is none). */
PetscReal TrustNCGForcing(PetscReal etamax, PetscReal previous, PetscReal gnorm, PetscReal gnorm0,
                          PetscReal mismatch, PetscReal target)
{
  const PetscReal slow  = PetscPowReal(previous, DROP_POWER);
  const PetscReal trend = gnorm < gnorm0 ? PetscSqrtReal(gnorm / gnorm0) : 1.0;
  PetscReal       eta   = mismatch < 1.0 ? mismatch : trend;

  if (slow > DROP_LEVEL && mismatch > EXACT_MODEL) eta = PetscMax(eta, slow);
  eta = PetscMin(eta, etamax);
  if (gnorm > 0.0 && target > 0.0) {
    const PetscReal aim = PetscMin(etamax, TargetShare(gnorm, mismatch, target) * target / gnorm);

    eta = eta * gnorm <= NEAR_TARGET * target ? aim : PetscMax(eta, aim);
  }
  return PetscMax(eta, PETSC_MACHINE_EPSILON);
}

/* How far the gradient at the new point is from what the model foretold, ||r|| at the end of CG,
   relative to the gradient before the step. */
PetscReal TrustNCGMismatch(PetscReal gplusnorm, PetscReal rnorm, PetscReal gnorm)
{
  return PetscAbsReal(gplusnorm - rnorm) / gnorm;
}
