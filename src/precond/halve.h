/* SPDX-License-Identifier: BSD-2-Clause
   Interpolation from coarser grids of a DMDA. */
#ifndef TRUSTNCG_HALVE_H
#define TRUSTNCG_HALVE_H

#include <petscdm.h>
#include "compat.h"

/* up[l]: to the l-th grid, the first of which is that of the DMDA, from the next one, where the
   directions that are halved have n/2 + 1 nodes for n >= 3; each component of a node by itself */
PETSC_INTERN PetscErrorCode TrustNCGHalve(DM da, PetscInt levels, const PetscBool halved[][3],
                                          Mat up[]);

#endif
