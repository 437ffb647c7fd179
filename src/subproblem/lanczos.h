/* SPDX-License-Identifier: BSD-2-Clause
   The smallest eigenvalue of a symmetric Mat from products alone, and how far it can be trusted. */
#ifndef TRUSTNCG_LANCZOS_H
#define TRUSTNCG_LANCZOS_H

#include <petscksp.h>
#include "subproblem/sweep.h"

typedef struct _n_TrustNCGLanczos *TrustNCGLanczos;

typedef enum {
  LANCZOS_POSITIVE, /* as far as was asked no eigenvalue is negative */
  LANCZOS_NEGATIVE, /* there is a negative one */
  LANCZOS_OPEN,     /* the products were too few to tell */
  LANCZOS_SPOILT    /* a product holds a NaN or Inf */
} LanczosVerdict;

/* When the answer is good enough */
typedef struct {
  PetscReal delta;    /* the bound may be wrong with this probability */
  PetscReal tol;      /* a bound of -tol ||H|| is as good as 0 */
  PetscReal relnoise; /* the products are accurate to this, relative to ||H||, */
  PetscReal error;    /* or to this, if it is more, */
  PetscReal noise;    /* and eigenvalues mean nothing below this */
  PetscInt  most;     /* products */
} LanczosGoal;

typedef struct {
  LanczosVerdict verdict;
  PetscReal      theta;    /* v'Hv of a unit vector v, the smallest found */
  PetscReal      bound;    /* with probability 1 - delta no eigenvalue is smaller */
  PetscReal      residual; /* ||Hv - theta v||: an eigenvalue is within this of theta */
  PetscReal      level;    /* from -level to level: not told from 0 */
  PetscInt       products;
} LanczosResult;

/* Vectors are duplicates of `like`; the start is the same on any number of ranks. */
PETSC_INTERN PetscErrorCode TrustNCGLanczosCreate(Vec like, TrustNCGLanczos *lanczos);
PETSC_INTERN PetscErrorCode TrustNCGLanczosDestroy(TrustNCGLanczos *lanczos);
PETSC_INTERN PetscErrorCode TrustNCGLanczosRun(TrustNCGLanczos lanczos, Mat H, LanczosGoal goal,
                                               LanczosResult *result);
/* Asked at each product; where one rank says yes, a run ends before the next, and says nothing. */
PETSC_INTERN PetscErrorCode TrustNCGLanczosSetAlarm(TrustNCGLanczos lanczos, SweepAlarm alarm,
                                                    void *ctx);
/* After a run, with the same H: the v of theta, by the same products once more. */
PETSC_INTERN PetscErrorCode TrustNCGLanczosVector(TrustNCGLanczos lanczos, Mat H, Vec v);
PETSC_INTERN PetscErrorCode TrustNCGLanczosGetCounts(TrustNCGLanczos lanczos, PetscInt *vectors,
                                                     PetscInt *reductions);

#endif
