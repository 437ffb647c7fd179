/* SPDX-License-Identifier: BSD-2-Clause
   A diagonal D of the Hessian learned from pairs (s, y), and gamma D^-1. */
#ifndef TRUSTNCG_DIAGONAL_H
#define TRUSTNCG_DIAGONAL_H

#include <petscvec.h>
#include "compat.h"
#include "precond/record.h"

typedef struct _n_TrustNCGDiagonal *TrustNCGDiagonal;

PETSC_INTERN PetscErrorCode TrustNCGDiagonalCreate(Vec like, TrustNCGDiagonal *diagonal);
PETSC_INTERN PetscErrorCode TrustNCGDiagonalDestroy(TrustNCGDiagonal *diagonal);
/* Forget all, if it `had` anything: D is then the identity. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalReset(TrustNCGDiagonal diagonal, PetscBool *had);
/* Learn from y = Hs, with ys = y's > 0. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalLearn(TrustNCGDiagonal diagonal, Vec s, Vec y,
                                                  PetscReal ys);
/* Take y = Hs of a solve of CG as a witness for which power suits CG; then choose it. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalWitness(TrustNCGDiagonal diagonal, Vec s, Vec y);
PETSC_INTERN PetscErrorCode TrustNCGDiagonalHearWitnesses(TrustNCGDiagonal diagonal);
/* What the next products are for. */
typedef enum { TRUSTNCG_FOR_STEPS, TRUSTNCG_FOR_CG } TrustNCGUse;
PETSC_INTERN PetscErrorCode TrustNCGDiagonalUse(TrustNCGDiagonal diagonal, TrustNCGUse use);
/* z = gamma D^-1 v */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalApply(TrustNCGDiagonal diagonal, Vec v, Vec z);
/* D = (what was learned)^power, power 0, 1/2 or 1, for each use */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalGetCounts(TrustNCGDiagonal diagonal, PetscReal power[2],
                                                      PetscInt *vectors, PetscInt *reductions);
/* All that it knows but a and b, which are there where *learned says so: they are made for the
   caller to save or to fill. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalRecord(TrustNCGDiagonal  diagonal,
                                                   CheckpointRecord *record, PetscBool *learned);
PETSC_INTERN PetscErrorCode TrustNCGDiagonalGetVecs(TrustNCGDiagonal diagonal, Vec *a, Vec *b);

#endif
