/* SPDX-License-Identifier: BSD-2-Clause
   Multigrid on the grid of a DMDA, as a PC of type mg. */
#ifndef TRUSTNCG_MULTIGRID_H
#define TRUSTNCG_MULTIGRID_H

#include <petscdm.h>
#include <petscksp.h>

typedef struct _n_TrustNCGMultigrid *TrustNCGMultigrid;

/* *mg is NULL where x is not on a DMDA, or its grid is too small to have a coarser one. */
PETSC_INTERN PetscErrorCode TrustNCGMultigridCreate(Vec x, TrustNCGMultigrid *mg);
PETSC_INTERN PetscErrorCode TrustNCGMultigridDestroy(TrustNCGMultigrid *mg);
/* The PC is of type mg; */
PETSC_INTERN PetscErrorCode TrustNCGMultigridStart(TrustNCGMultigrid mg, PC pc);
/* and one for P, a matrix on the grid, which it is to be set up with next, whenever the values of P
   are others. A PC that has another type now stays as it is. */
PETSC_INTERN PetscErrorCode TrustNCGMultigridSetMatrix(TrustNCGMultigrid mg, Mat P, PC pc);

#endif
