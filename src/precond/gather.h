/* SPDX-License-Identifier: BSD-2-Clause
   Curvature pairs (p, Hp) gathered from a CG solve of unknown length, evenly spread over it. */
#ifndef TRUSTNCG_GATHER_H
#define TRUSTNCG_GATHER_H

#include "precond/pairs.h"

typedef struct _n_TrustNCGGather *TrustNCGGather;

PETSC_INTERN PetscErrorCode TrustNCGGatherCreate(Vec like, PetscInt most, TrustNCGGather *gather);
PETSC_INTERN PetscErrorCode TrustNCGGatherDestroy(TrustNCGGather *gather);
PETSC_INTERN PetscErrorCode TrustNCGGatherStart(TrustNCGGather gather);
/* Is the pair of iteration `it` (from 0) worth keeping? Then keeps it. */
PETSC_INTERN PetscErrorCode TrustNCGGatherSee(TrustNCGGather gather, PetscInt it, Vec p, Vec Hp);
/* Replaces the pairs of the model by those gathered, if there are at least `least`. */
PETSC_INTERN PetscErrorCode TrustNCGGatherGive(TrustNCGGather gather, PetscInt least,
                                               TrustNCGPairs pairs);

PETSC_INTERN PetscErrorCode TrustNCGGatherGetVectors(TrustNCGGather gather, PetscInt *vectors);

#endif
