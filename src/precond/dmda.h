/* SPDX-License-Identifier: BSD-2-Clause
   DMDAs like another one. */
#ifndef TRUSTNCG_DMDA_H
#define TRUSTNCG_DMDA_H

#include <petscdmda.h>
#include "compat.h"

/* Collective. Of the same kind as da, without coordinates: n nodes in each direction, spread evenly
   over the ranks; NULL: the same nodes on the same ranks. With a box of so many neighbours on each
   side as its stencil; 0: with the same stencil */
PETSC_INTERN PetscErrorCode TrustNCGDMDACreate(DM da, const PetscInt n[], PetscInt box, DM *like);

#endif
