/* SPDX-License-Identifier: BSD-2-Clause
   The next coarser grid of the DM of a vector, and what leads there and back. */
#ifndef TRUSTNCG_LEVELS_H
#define TRUSTNCG_LEVELS_H

#include "precond/transfer.h"
#include <petscmat.h>

typedef struct {
  DM       fine; /* of the vector, not owned */
  DM       coarse;
  PetscInt edges;  /* of a DMDA: bits that may be set or not, see transfer.h */
  Mat      up;     /* from the coarse to the fine grid, or NULL for a DMDA */
  Vec      shares; /* sums of the columns of it */
} TrustNCGLevel;

/* level->coarse is NULL where there is no coarser grid; `why` says why not. One that is made stays
   with the DM, as the coarser one that it knows. */
PETSC_INTERN PetscErrorCode TrustNCGLevelCreate(Vec x, TrustNCGLevel *level, const char **why);
PETSC_INTERN PetscErrorCode TrustNCGLevelDestroy(TrustNCGLevel *level);

/* x on the coarse grid: about the values at its nodes */
PETSC_INTERN PetscErrorCode TrustNCGLevelRestrict(TrustNCGLevel *level, Vec x, Vec coarse);
/* and back */
PETSC_INTERN PetscErrorCode TrustNCGLevelInterpolate(TrustNCGLevel *level, Vec coarse,
                                                     PetscInt edges, Vec x);

#endif
