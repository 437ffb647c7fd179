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
PETSC_INTERN PetscErrorCode TrustNCGHessVecSetPoint(Mat H, Vec x, Vec g, PetscReal xnorm, Vec w);
PETSC_INTERN PetscErrorCode TrustNCGHessVecGetCounts(Mat H, PetscInt *products, PetscInt *norms);
PETSC_INTERN PetscErrorCode TrustNCGHessVecSetCounts(Mat H, PetscInt products, PetscInt norms);

#endif
