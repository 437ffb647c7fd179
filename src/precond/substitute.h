/* SPDX-License-Identifier: BSD-2-Clause
   The entries of a symmetric matrix from fewer products than its rows have entries. */
#ifndef TRUSTNCG_SUBSTITUTE_H
#define TRUSTNCG_SUBSTITUTE_H

#include <petscmat.h>
#include "compat.h"

typedef struct _n_TrustNCGSubstitution *TrustNCGSubstitution;

/* color[] of the columns of each block of P, whose values are lost. *sub is NULL where these colours
   do not tell all entries. */
PETSC_INTERN PetscErrorCode TrustNCGSubstitutionCreate(Mat P, const ISColoringValue *const color[],
                                                       PetscInt colors, TrustNCGSubstitution *sub);
PETSC_INTERN PetscErrorCode TrustNCGSubstitutionDestroy(TrustNCGSubstitution *sub);
/* Which entries of a block are measured: each is the sum of those of its row and colour. */
PETSC_INTERN const PetscBool *TrustNCGSubstitutionMeasured(TrustNCGSubstitution sub, int block);
/* P holds those sums in the places of the entries that are measured; then it holds the entries. */
PETSC_INTERN PetscErrorCode TrustNCGSubstitutionRun(TrustNCGSubstitution sub, Mat P);

#endif
