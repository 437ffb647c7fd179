/* SPDX-License-Identifier: BSD-2-Clause
   The private side of the couplings on a DMDA. */
#ifndef TRUSTNCG_STENCIL_IMPL_H
#define TRUSTNCG_STENCIL_IMPL_H

#include "precond/stencil.h"

#define DIMS 3

struct _n_TrustNCGStencil {
  PetscInt   dof;                      /* unknowns at a point */
  PetscInt   reach[DIMS], wide[DIMS];  /* of the stencil: 2 reach + 1 points wide */
  PetscInt   size[DIMS];               /* of the grid, */
  PetscInt   start[DIMS], own[DIMS];   /* of this rank's part, */
  PetscInt   from[DIMS], around[DIMS]; /* and of it with its ghosts */
  PetscInt   offsets, couplings;       /* offsets between points; those times pairs of unknowns */
  PetscBool  star, periodic[DIMS];
  PetscBool *seen; /* couplings */
};

/* The point that is number k in a box of the grid */
PETSC_INTERN void TrustNCGStencilPoint(const PetscInt first[], const PetscInt extent[], PetscInt k,
                                       PetscInt at[]);
/* Was a coupling seen, or its mirror? */
PETSC_INTERN PetscBool TrustNCGStencilHas(TrustNCGStencil stencil, PetscInt offset, PetscInt row,
                                          PetscInt column);
PETSC_INTERN PetscInt  TrustNCGStencilLongestRow(TrustNCGStencil stencil);

#endif
