/* SPDX-License-Identifier: BSD-2-Clause
   H v without a matrix, as a Mat: the user's directional derivative of the gradient, or forward
   differences of the gradient. */
#ifndef TRUSTNCG_HESSVEC_H
#define TRUSTNCG_HESSVEC_H

#include <petscmat.h>
#include "compat.h"

typedef PetscErrorCode (*TrustNCGGradientFn)(void *ctx, Vec x, Vec g);
typedef PetscErrorCode (*TrustNCGApplyFn)(void *ctx, Vec x, Vec v, Vec Hv);

PETSC_INTERN PetscErrorCode TrustNCGHessVecCreateUser(Vec x, TrustNCGApplyFn, void *ctx, Mat *H);
PETSC_INTERN PetscErrorCode TrustNCGHessVecCreateFD(Vec x, TrustNCGGradientFn, void *ctx,
                                                    PetscReal relstep, Mat *H);
PETSC_INTERN PetscErrorCode TrustNCGHessVecDestroy(Mat *H);
PETSC_INTERN PetscErrorCode TrustNCGHessVecSetPoint(Mat H, Vec x, Vec g, PetscReal xnorm, Vec w);
PETSC_INTERN PetscErrorCode TrustNCGHessVecSetStep(Mat H, PetscReal relstep);
PETSC_INTERN PetscErrorCode TrustNCGHessVecGetCounts(Mat H, PetscInt *products, PetscInt *norms);
PETSC_INTERN PetscErrorCode TrustNCGHessVecSetCounts(Mat H, PetscInt products, PetscInt norms);

/* The noise of a function of x, as differences along a direction show it; see noise.c. */
typedef struct {
  PetscReal f, g;   /* deviation of f, expected norm of the error of g */
  PetscReal length; /* h ||v|| for differences of g */
  PetscReal error;  /* of H v / ||v|| then */
  PetscInt  evaluations, reductions;
} TrustNCGNoiseLevel;

/* g at x, and f unless it is NULL */
typedef PetscErrorCode (*TrustNCGNoisyFn)(void *ctx, Vec x, PetscReal *f, Vec g);

PETSC_INTERN PetscErrorCode TrustNCGMeasureNoise(TrustNCGNoisyFn fn, void *ctx, Vec x, Vec w,
                                                 PetscReal f, Vec g, Vec v, PetscReal spacing,
                                                 TrustNCGNoiseLevel *noise);
PETSC_INTERN PetscErrorCode TrustNCGMeasureLength(TrustNCGNoisyFn fn, void *ctx, Vec x, Vec w,
                                                  Vec g, Vec v, PetscReal longest,
                                                  TrustNCGNoiseLevel *noise);

#endif
