/* SPDX-License-Identifier: BSD-2-Clause
   The truncated conjugate gradients: what the trust-region loop may ask of them beyond KSP. */
#ifndef TRUSTNCG_TRUSTCG_H
#define TRUSTNCG_TRUSTCG_H

#include <petscksp.h>
#include "compat.h"

PETSC_INTERN PetscErrorCode KSPCreate_TrustCG(KSP ksp);

/* The step for a smaller radius, read off the path of the solve just done. */
PETSC_INTERN PetscErrorCode TrustCGStepTo(KSP ksp, PetscReal radius);
/* A vector that the next solve overwrites and that is free in between. */
PETSC_INTERN PetscErrorCode TrustCGGetFreeVec(KSP ksp, Vec *v);
PETSC_INTERN PetscErrorCode TrustCGGetCounts(KSP ksp, PetscInt *reductions, PetscInt *vectors);
/* Products with A in the last solve */
PETSC_INTERN PetscErrorCode TrustCGGetProducts(KSP ksp, PetscInt *products);

#endif
