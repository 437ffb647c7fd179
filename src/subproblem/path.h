/* SPDX-License-Identifier: BSD-2-Clause
   The path of a CG solve, kept as a dogleg: from 0 over the first CG iterate to where CG ended.

   CG's iterates grow in the norm of the preconditioner while the model falls (Steihaug 1983,
   theorem 2.1), and so do the chords between any of them: the residual r_j at an iterate and the
   chord to a later one satisfy r_j'(d_k - d_j) = work_k - work_j with work = sum alpha_i r_i'z_i.
   So the model along the dogleg is known from scalars, and a step for any radius within it costs
   neither a product with the Hessian nor a vector. */
#ifndef TRUSTNCG_PATH_H
#define TRUSTNCG_PATH_H

#include <petscvec.h>
#include "compat.h"

/* What is known of a point d of the path */
typedef struct {
  PetscReal norm;  /* ||d||_M */
  PetscReal model; /* d'Ad/2 - b'd */
  PetscReal work;  /* sum of alpha_i r_i'z_i up to here */
} TrustCGKnot;

typedef struct {
  TrustCGKnot first; /* the first CG iterate, alpha0 M^-1 b; norm 0 where CG ended before it */
  PetscReal   alpha0;
  TrustCGKnot end;  /* where the solve ended, or the step read off last */
  PetscReal   most; /* ||d||_M where the line that it is on ends */
} TrustCGPath;

PETSC_INTERN void           TrustCGPathEnd(TrustCGPath *path, TrustCGKnot end);
PETSC_INTERN PetscErrorCode TrustCGPathStep(TrustCGPath *path, PetscReal radius, Vec b, Vec d);

#endif
