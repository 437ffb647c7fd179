/* SPDX-License-Identifier: BSD-2-Clause
   What a sparse Hessian is made of before it has entries. */
#ifndef TRUSTNCG_PATTERN_H
#define TRUSTNCG_PATTERN_H

#include <petscdm.h>
#include "precond/probes.h"

/* An empty matrix of type aij with the pattern of the user's, a symmetric one, else of the DM of x;
   *P is NULL where there is neither, or it lacks entries of the diagonal. */
PETSC_INTERN PetscErrorCode TrustNCGPatternCreate(Vec x, Mat pattern, Mat *P);
/* Collective: is it not assembled, or without entries? */
PETSC_INTERN PetscErrorCode TrustNCGPatternIsEmpty(Mat A, PetscBool *empty);
/* No colours without substitution are fewer than the entries of this row. */
PETSC_INTERN PetscErrorCode TrustNCGPatternLongestRow(Mat P, PetscInt *most);
/* Colours of its columns, checked; are they those of the DM? */
PETSC_INTERN PetscErrorCode TrustNCGPatternColor(Vec x, Mat P, TrustNCGProbes *probes,
                                                 PetscBool *fromdm);
/* P gets the near null space that the user's Mat, or the DM of x, knows of. */
PETSC_INTERN PetscErrorCode TrustNCGPatternNearNullSpace(Vec x, Mat pattern, Mat P);

#endif
