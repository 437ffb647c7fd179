/* SPDX-License-Identifier: BSD-2-Clause
   The private side of KSPTRUSTCG. */
#ifndef TRUSTNCG_TRUSTCG_IMPL_H
#define TRUSTNCG_TRUSTCG_IMPL_H

#include <petsc/private/kspimpl.h>
#include "subproblem/path.h"
#include "subproblem/trustcg.h"

typedef PetscErrorCode (*AnnounceFn)(Mat, PetscReal);

typedef struct {
  PetscReal   radius;     /* in the norm of M; 0 or PETSC_INFINITY: none */
  Vec         r, p, Ap;   /* residual, direction, product */
  Vec         z;          /* M^-1 r; NULL without a preconditioner, when z = r */
  PetscBool   pc;         /* this solve is preconditioned */
  PetscReal   rz, rr;     /* r'z, r'r */
  PetscReal   dd, dp, pp; /* d'Md, d'Mp, p'Mp */
  PetscReal   pp2;        /* p'p */
  PetscReal   model;      /* q(d) */
  PetscReal   work;       /* sum of alpha_i r_i'z_i, and tau r_k'z_k of a step to the boundary */
  AnnounceFn  announce;   /* A wants to know ||p||_2 */
  TrustCGPath path;
  PetscInt    reductions; /* since the KSP was made */
} KSP_TrustCG;

PETSC_INTERN PetscErrorCode KSPSolve_TrustCG(KSP ksp);

#endif
