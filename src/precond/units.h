/* SPDX-License-Identifier: BSD-2-Clause
   The units of the fields of a matrix whose rows come in blocks, a row of each field. */
#ifndef TRUSTNCG_UNITS_H
#define TRUSTNCG_UNITS_H

#include <petscmat.h>
#include "compat.h"

/* Sets unit[] of the fields from the diagonal of P; the entries of work are lost. */
PETSC_INTERN PetscErrorCode TrustNCGUnitsFind(Mat P, Vec work, PetscInt fields, PetscReal unit[]);
/* P is U B U, U the diagonal matrix of the units, and becomes B. */
PETSC_INTERN PetscErrorCode TrustNCGUnitsRemove(Mat P, Vec work, PetscInt fields,
                                                const PetscReal unit[]);

#endif
