/* SPDX-License-Identifier: BSD-2-Clause
   The truncated conjugate gradients: what the trust-region loop may ask of them beyond KSP. */
#ifndef TRUSTNCG_TRUSTCG_H
#define TRUSTNCG_TRUSTCG_H

#include <petscksp.h>
#include "compat.h"

PETSC_INTERN PetscErrorCode KSPCreate_TrustCG(KSP ksp);

/* The step for a radius within that of the solve just done, read off its path. */
PETSC_INTERN PetscErrorCode TrustCGStepTo(KSP ksp, PetscReal radius);
/* The step as it is, kept in a vector of the solve until the next one; or back to it */
PETSC_INTERN PetscErrorCode TrustCGKeepStep(KSP ksp, PetscBool back);
/* Shown each direction of positive curvature: the iteration, from 0, p and Ap. */
typedef PetscErrorCode (*TrustCGObserver)(void *ctx, PetscInt it, Vec p, Vec Ap);
PETSC_INTERN PetscErrorCode TrustCGSetObserver(KSP ksp, TrustCGObserver observer, void *ctx);
/* Asked on the way of a long solve, when its iterations have doubled, and at the boundary, whether
   to stop at the solution as it is; KSPCGGetNormD() and KSPCGGetObjFcn() say of it what they do at
   the end. At the boundary `radius` is not NULL, and the solve ends there unless it is raised. */
typedef PetscErrorCode (*TrustCGLook)(void *ctx, PetscReal *radius, PetscBool *stop);
PETSC_INTERN PetscErrorCode TrustCGSetLook(KSP ksp, TrustCGLook look, void *ctx);
/* Told of each product Av = A v on this rank, and the error it gave: it may change Av, and the
   error that it returns is the one that counts. */
typedef PetscErrorCode (*TrustCGGuard)(void *ctx, PetscErrorCode error, Vec v, Vec Av);
typedef struct {
  TrustCGGuard A;                     /* or NULL: A has one of its own */
  TrustCGGuard pc;                    /* of z = M^-1 r, likewise; or NULL */
  PetscErrorCode (*agree)(void *ctx); /* collective: the error of any rank, on all */
  void *ctx;
} TrustCGGuards;
PETSC_INTERN PetscErrorCode TrustCGSetGuards(KSP ksp, TrustCGGuards guards);
/* Asked on each rank at each reduction, which carries the answer: where one rank says yes, the
   solve stops before its next product. NULL: nobody is asked. */
typedef PetscBool (*TrustCGAlarm)(void *ctx);
PETSC_INTERN PetscErrorCode TrustCGSetAlarm(KSP ksp, TrustCGAlarm alarm, void *ctx);
/* A vector that the next solve overwrites and that is free in between, another one than `taken`;
   during a look NULL in the forms of one reduction, which need it. */
PETSC_INTERN PetscErrorCode TrustCGGetFreeVec(KSP ksp, Vec taken, Vec *v);
PETSC_INTERN PetscErrorCode TrustCGGetCounts(KSP ksp, PetscInt *reductions, PetscInt *vectors);
/* For products with A that are differences: the limit of asymmetry from which a solve gives up, 0
   for none, and the errors of b and of Ap / ||p||; whether the last solve gave up for it */
PETSC_INTERN PetscErrorCode TrustCGSetErrors(KSP ksp, PetscReal limit, PetscReal b, PetscReal Ap);
/* whether the last solve gave up; the error of Ap / ||p|| that it saw, 0 where it saw none */
PETSC_INTERN PetscErrorCode TrustCGGetErrors(KSP ksp, PetscBool *givenup, PetscReal *Ap);
PETSC_INTERN PetscErrorCode TrustCGGetSingleProduct(KSP ksp, PetscReal *Ad);
/* The last residual of a solve over its first, in the norm of its test */
PETSC_INTERN PetscErrorCode TrustCGGetDrop(KSP ksp, PetscReal *drop);
/* Products with A in the last solve */
PETSC_INTERN PetscErrorCode TrustCGGetProducts(KSP ksp, PetscInt *products);

#endif
