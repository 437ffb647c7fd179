/* SPDX-License-Identifier: BSD-2-Clause
   A start from coarser grids. */
#ifndef TRUSTNCG_COARSE_H
#define TRUSTNCG_COARSE_H

#include <petsctao.h>
#include "precond/levels.h"

/* What is known of it */
typedef struct {
  PetscInt      most;       /* coarser grids, as set by the user */
  PetscBool     due;        /* before the next step */
  PetscInt      level;      /* 0 for the finest grid */
  PetscBool     lost;       /* the start of a coarser grid does not do for a solve */
  PetscBool     placed;     /* a coarser grid has told what the ends are, */
  PetscInt      edges;      /* bits of transfer.h */
  PetscBool     sparse;     /* there the sparse Hessian was in use at the end */
  char          words[256]; /* what came of it; empty where it was not asked for */
  TrustNCGLevel grid;       /* while it is solved: the next coarser one, */
  Tao           tao;        /* and its Tao */
} TrustNCGSequence;

/* Before a solve, and before the Tao is destroyed */
PETSC_INTERN PetscErrorCode TrustNCGResetSequence(Tao tao);
/* A step to what coarser grids have found; was there one? */
PETSC_INTERN PetscErrorCode TrustNCGStepFromCoarse(Tao tao, PetscBool *done);

#endif
