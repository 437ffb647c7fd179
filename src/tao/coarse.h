/* SPDX-License-Identifier: BSD-2-Clause
   A start from coarser grids. */
#ifndef TRUSTNCG_COARSE_H
#define TRUSTNCG_COARSE_H

#include <petsctao.h>
#include "precond/transfer.h"

/* What is known of it */
typedef struct {
  PetscInt     most;   /* coarser grids, as set by the user */
  PetscInt     level;  /* 0, or this is the Tao of a coarser grid, */
  PetscBool    lost;   /* where f or its gradient is not finite at the start */
  PetscBool    placed; /* a coarser grid has told where the edges lie: */
  TrustNCGEdge edge;
  PetscBool    sparse; /* there the sparse Hessian was in use at the end */
  const char  *words;  /* what came of it; NULL where it was not asked for */
} TrustNCGSequence;

PETSC_INTERN PetscErrorCode TrustNCGStepFromCoarse(Tao tao);

#endif
