/* SPDX-License-Identifier: BSD-2-Clause
   A matrix P, the Hessian at an earlier point, brought nearer to it by the steps since. */
#ifndef TRUSTNCG_SECANT_H
#define TRUSTNCG_SECANT_H

#include <petscmat.h>
#include "compat.h"
#include "precond/record.h"

typedef struct _n_TrustNCGSecant *TrustNCGSecant;

/* Room for so many corrections, a vector each; *secant is NULL where there is none. */
PETSC_INTERN PetscErrorCode TrustNCGSecantCreate(Vec like, PetscInt most, TrustNCGSecant *secant);
PETSC_INTERN PetscErrorCode TrustNCGSecantDestroy(TrustNCGSecant *secant);
/* B = P from now on. */
PETSC_INTERN PetscErrorCode TrustNCGSecantStart(TrustNCGSecant secant, Mat P);
/* P with its corrections; it stays the same Mat. */
PETSC_INTERN PetscErrorCode TrustNCGSecantGetMat(TrustNCGSecant secant, Mat *B);
/* After a step d along which the gradient changed by y, with r = B d - y: B d = y from now on, where
   that is safe and there is room. */
PETSC_INTERN PetscErrorCode TrustNCGSecantLearn(TrustNCGSecant secant, Vec d, Vec r);
PETSC_INTERN PetscErrorCode TrustNCGSecantGetCounts(TrustNCGSecant secant, PetscInt *vectors,
                                                    PetscInt *reductions);
/* For checkpoints, also where `secant` is NULL: all but the vectors, of which there are so many; and those, appended to a list */
PETSC_INTERN PetscErrorCode TrustNCGSecantRecord(TrustNCGSecant secant, CheckpointRecord *record,
                                                 PetscInt *stored);
PETSC_INTERN PetscErrorCode TrustNCGSecantGetVecs(TrustNCGSecant secant, PetscInt stored,
                                                  PetscInt *n, Vec list[]);

#endif
