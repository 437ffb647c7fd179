/* SPDX-License-Identifier: BSD-2-Clause
   Colours of a mesh without order, for the entries of a symmetric matrix by substitution. */
#ifndef TRUSTNCG_ACYCLIC_H
#define TRUSTNCG_ACYCLIC_H

#include <petscmat.h>
#include "compat.h"

/* Collective. At most so many colours of the columns of P, of type aij, with which substitution
   finds all entries; NULL where that takes more. */
PETSC_INTERN PetscErrorCode TrustNCGAcyclicColor(Mat P, PetscInt most, ISColoring *coloring);

#endif
