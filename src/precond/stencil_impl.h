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
  PetscBool  full; /* there is nothing to leave out, or no room for a look */
  PetscBool *seen; /* couplings */
};

/* The point that is number k in a box of the grid */
PETSC_INTERN void TrustNCGStencilPoint(const PetscInt first[], const PetscInt extent[], PetscInt k,
                                       PetscInt at[]);
/* Was a coupling seen, or its mirror? Or, if not `lean`: does the DMDA allow it? */
PETSC_INTERN PetscBool TrustNCGStencilHas(TrustNCGStencil stencil, PetscBool lean, PetscInt offset,
                                          PetscInt row, PetscInt column);
/* The row of unknown k of this rank, and its n columns, as all ranks number them; negative where there
   is none, as at the corners of a star. `all` that the DMDA allows, or those that were seen; with
   their couplings, unless that is NULL */
PETSC_INTERN PetscErrorCode TrustNCGStencilRow(TrustNCGStencil st, ISLocalToGlobalMapping map,
                                               PetscInt k, PetscBool all, PetscInt *row,
                                               PetscInt *n, PetscInt column[], PetscInt coupling[]);

#endif
