/* SPDX-License-Identifier: BSD-2-Clause
   Which of the couplings that the stencil of a DMDA allows are in the Hessian. */
#ifndef TRUSTNCG_STENCIL_H
#define TRUSTNCG_STENCIL_H

#include <petscdm.h>
#include "compat.h"
#include "precond/record.h"

typedef struct _n_TrustNCGStencil *TrustNCGStencil;

/* *stencil is NULL where x has no DMDA, or one of too many couplings. None is known. */
PETSC_INTERN PetscErrorCode TrustNCGStencilCreate(Vec x, TrustNCGStencil *stencil);
PETSC_INTERN PetscErrorCode TrustNCGStencilDestroy(TrustNCGStencil *stencil);
PETSC_INTERN PetscErrorCode TrustNCGStencilForget(TrustNCGStencil stencil);
/* May the Hessian have less than the DMDA allows? Else the functions that look for it, and make
   use of it, are not to be called. */
PETSC_INTERN PetscBool TrustNCGStencilMayBeLean(TrustNCGStencil stencil);
/* Looks for couplings in H, by a product for each unknown of a point, */
PETSC_INTERN PetscErrorCode TrustNCGStencilLook(TrustNCGStencil stencil, Mat H, Vec x,
                                                PetscInt *products);
/* or in a P that has all that the DMDA allows; did it show new ones? */
PETSC_INTERN PetscErrorCode TrustNCGStencilLearn(TrustNCGStencil stencil, Mat P, Vec x,
                                                 PetscBool *grew);
/* No row has more entries: of those that were seen, if `lean`, else of all that the DMDA allows */
PETSC_INTERN PetscInt TrustNCGStencilLongestRow(TrustNCGStencil stencil, PetscBool lean);
/* An empty matrix of type aij with the couplings that were seen, and their mirrors */
PETSC_INTERN PetscErrorCode TrustNCGStencilCreateMat(TrustNCGStencil stencil, Vec x, Mat *P);
/* Colours of its columns, if `lean`, else of a matrix of the DMDA, so many at most; for a matrix that
   is `symmetric`, fewer than its rows have entries. NULL where that cannot be had in a simple way. */
PETSC_INTERN PetscErrorCode TrustNCGStencilColor(TrustNCGStencil stencil, Vec x, PetscBool lean,
                                                 PetscBool symmetric, PetscInt most,
                                                 ISColoring *coloring);
PETSC_INTERN void TrustNCGStencilRecord(TrustNCGStencil stencil, CheckpointRecord *record);

#endif
