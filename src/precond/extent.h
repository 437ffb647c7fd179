/* SPDX-License-Identifier: BSD-2-Clause
   How far the Hessian reaches on the grid of a DMDA. */
#ifndef TRUSTNCG_EXTENT_H
#define TRUSTNCG_EXTENT_H

#include <petscmat.h>
#include <petscdm.h>
#include "compat.h"

typedef struct {
  PetscBool known;   /* else there is no room for a look, or it showed nothing */
  PetscReal outside; /* share of a column that the DMDA's stencil does not allow */
  PetscInt  box;     /* neighbours on each side that hold all of it where the stencil does not; 0
                        where they are too many */
} TrustNCGExtent;

/* The largest box that is looked for; 0: none is */
PETSC_INTERN PetscErrorCode TrustNCGExtentMost(Vec x, PetscInt *box);
/* Collective. Takes a product where there is room for a look; x has a DMDA. */
PETSC_INTERN PetscErrorCode TrustNCGExtentLook(Mat H, Vec x, PetscInt *products,
                                               TrustNCGExtent *extent);
/* Collective. A vector like x on a DMDA with that box, NULL where a rank has too few nodes for it, or
   PETSc has no boxes there */
PETSC_INTERN PetscErrorCode TrustNCGExtentCreateVec(Vec x, PetscInt box, Vec *grid);

#endif
