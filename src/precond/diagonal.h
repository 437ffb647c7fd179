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
/* Has it learned anything? */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalKnows(TrustNCGDiagonal diagonal, PetscBool *knows);
/* Forget all, if it `had` anything: D is then the identity. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalReset(TrustNCGDiagonal diagonal, PetscBool *had);
/* Learn from y = Hs, with ys = y's > 0. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalLearn(TrustNCGDiagonal diagonal, Vec s, Vec y,
                                                  PetscReal ys);
/* Take y = Hs of a solve of CG as a witness for which D suits CG; then choose it. */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalWitness(TrustNCGDiagonal diagonal, Vec s, Vec y);
PETSC_INTERN PetscErrorCode TrustNCGDiagonalHearWitnesses(TrustNCGDiagonal diagonal);
/* What the next products are for. */
typedef enum { TRUSTNCG_FOR_STEPS, TRUSTNCG_FOR_CG } TrustNCGUse;
PETSC_INTERN PetscErrorCode TrustNCGDiagonalUse(TrustNCGDiagonal diagonal, TrustNCGUse use);
/* z = gamma D^-1 v */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalApply(TrustNCGDiagonal diagonal, Vec v, Vec z);
/* The kind of D for each use: none (the identity), root of the mean, mean, BFGS */
PETSC_INTERN PetscErrorCode TrustNCGDiagonalGetCounts(TrustNCGDiagonal diagonal,
                                                      const char *kind[2], PetscInt *vectors,
                                                      PetscInt *reductions);
/* All that it knows but its vectors, which are there where *learned says so: they are made for the
   caller to save or to fill. */
enum { TRUSTNCG_DIAGONAL_VECS = 3 };
PETSC_INTERN PetscErrorCode TrustNCGDiagonalRecord(TrustNCGDiagonal  diagonal,
                                                   CheckpointRecord *record, PetscBool *learned);
PETSC_INTERN PetscErrorCode TrustNCGDiagonalGetVecs(TrustNCGDiagonal diagonal,
                                                    Vec              vecs[TRUSTNCG_DIAGONAL_VECS]);

#endif
