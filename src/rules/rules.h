/* SPDX-License-Identifier: BSD-2-Clause
   The rules of the method as pure functions of numbers: no Vec, no MPI, no state. */
#ifndef TRUSTNCG_RULES_H
#define TRUSTNCG_RULES_H

#include "compat.h"

/* acceptance.c: is the step good? */
PETSC_INTERN PetscReal TrustNCGRoundoff(PetscReal f, PetscReal fplus, PetscReal n);
PETSC_INTERN PetscBool TrustNCGBelowRoundoff(PetscReal ared, PetscReal pred, PetscReal roundoff);
PETSC_INTERN PetscReal TrustNCGRatio(PetscReal ared, PetscReal pred);
PETSC_INTERN PetscBool TrustNCGAccept(PetscReal rho, PetscReal eta);
PETSC_INTERN PetscBool TrustNCGModelHolds(PetscReal ared, PetscReal pred, PetscReal factor,
                                          PetscReal roundoff);

/* radius.c: how far is the model trusted? */
PETSC_INTERN PetscReal TrustNCGInterpolate(PetscReal f, PetscReal fplus, PetscReal slope);
PETSC_INTERN PetscReal TrustNCGFirstShare(PetscReal dnorm, PetscReal xnorm);
PETSC_INTERN PetscReal TrustNCGShrink(PetscReal radius, PetscReal dnorm, PetscReal factor);
PETSC_INTERN PetscReal TrustNCGUpdateRadius(PetscReal radius, PetscReal dnorm, PetscReal rho,
                                            PetscReal factor, PetscBool boundary);
PETSC_INTERN PetscReal TrustNCGGrow(PetscReal radius, PetscReal dnorm);
PETSC_INTERN PetscReal TrustNCGToBoundary(PetscReal dd, PetscReal dp, PetscReal pp,
                                          PetscReal radius);
PETSC_INTERN PetscReal TrustNCGUnboundedStep(PetscReal rz, PetscReal kappa, PetscReal dd,
                                             PetscReal pp);

/* forcing.c: how accurately is the subproblem solved? */
PETSC_INTERN PetscReal TrustNCGForcing(PetscReal etamax, PetscReal previous, PetscReal gnorm,
                                       PetscReal gnorm0, PetscReal mismatch, PetscReal target);
PETSC_INTERN PetscReal TrustNCGMismatch(PetscReal gplusnorm, PetscReal rnorm, PetscReal gnorm);

/* stale.c: is a preconditioner worth building again? */
PETSC_INTERN PetscReal TrustNCGRate(PetscInt its, PetscReal drop);
PETSC_INTERN PetscReal TrustNCGLost(PetscInt its, PetscReal drop, PetscReal best, PetscInt work);
PETSC_INTERN PetscBool TrustNCGStale(PetscReal drift, PetscReal lost, PetscReal price);

/* mode.c: a step of the learned model, or of CG? */
typedef struct {
  PetscBool learned; /* the answer */
  PetscBool known;   /* learned steps were tried: rate is theirs */
  PetscInt  quad;    /* for how long f has looked quadratic along learned steps */
  PetscInt  budget;  /* patience with learned steps */
  PetscReal rate;    /* decrease of log ||g|| a gradient-equivalent of the last block of them */
  PetscReal gnorm;   /* ||g|| at the start of the block, */
  PetscReal spent;   /* and gradient-equivalents by then */
} TrustNCGMode;

PETSC_INTERN void TrustNCGModeStart(TrustNCGMode *mode);
PETSC_INTERN void TrustNCGModeLeave(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent);
PETSC_INTERN void TrustNCGModeLearned(TrustNCGMode *mode, PetscReal n, PetscReal df,
                                      PetscReal trapezoid, PetscReal gnorm, PetscReal spent);
PETSC_INTERN void TrustNCGModeCG(TrustNCGMode *mode, PetscReal n, PetscBool inside, PetscReal rho,
                                 PetscReal gnorm, PetscReal gplusnorm, PetscReal cost,
                                 PetscReal spent);

/* difference.c: the step of a finite difference */
PETSC_INTERN PetscReal TrustNCGDifferenceStep(PetscReal relstep, PetscReal xnorm, PetscReal vnorm);

/* check.c: do f, gradient and Hv fit? */
typedef enum {
  TRUSTNCG_FIT_RIGHT,
  TRUSTNCG_FIT_INEXACT, /* a small gap that differences can see */
  TRUSTNCG_FIT_WRONG,
  TRUSTNCG_FIT_HIDDEN /* noise or kinks hide it */
} TrustNCGFit;

PETSC_INTERN PetscReal   TrustNCGNoise(PetscInt n, PetscReal value[]);
PETSC_INTERN PetscInt    TrustNCGBestRung(PetscInt n, const PetscReal doubt[]);
PETSC_INTERN PetscReal   TrustNCGVisible(PetscReal doubt, PetscReal scale);
PETSC_INTERN TrustNCGFit TrustNCGJudge(PetscReal gap, PetscReal doubt, PetscReal scale);
PETSC_INTERN PetscReal   TrustNCGCurvature(PetscReal a, PetscReal dfa, PetscReal b, PetscReal dfb);

#endif
