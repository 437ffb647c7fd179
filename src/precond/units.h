/* SPDX-License-Identifier: BSD-2-Clause
   The units of the fields of a matrix whose rows come in blocks, a row of each field. */
#ifndef TRUSTNCG_UNITS_H
#define TRUSTNCG_UNITS_H

#include <petscmat.h>
#include "compat.h"

/* Sets unit[] of the fields from the diagonal of P. *spread is the ratio of the largest and the
   smallest diagonal of a field in the units before. */
PETSC_INTERN PetscErrorCode TrustNCGUnitsFind(Mat P, Vec work, PetscReal unit[], PetscReal *spread);
/* P = U P U, U the diagonal matrix of the units or of their inverses */
PETSC_INTERN PetscErrorCode TrustNCGUnitsScale(Mat P, Vec work, const PetscReal unit[],
                                               PetscBool inverse);

#endif
