/* SPDX-License-Identifier: BSD-2-Clause
   The sequential blocks in which a rank stores its rows of a matrix of type aij. */
#ifndef TRUSTNCG_BLOCKS_H
#define TRUSTNCG_BLOCKS_H

#include <petscmat.h>
#include "compat.h"

enum { BLOCKS = 2 }; /* the columns that this rank owns, and those of others that its rows touch */

/* Borrowed from P; the second block is NULL on one rank, `others` are its global columns. */
PETSC_INTERN PetscErrorCode TrustNCGGetBlocks(Mat P, Mat block[], const PetscInt **others,
                                              PetscInt *nothers);
/* Collective: the colours of those columns, given those of the columns that this rank owns */
PETSC_INTERN PetscErrorCode TrustNCGGetOtherColors(Mat P, const ISColoringValue own[], PetscInt n,
                                                   const PetscInt  others[],
                                                   ISColoringValue color[]);
/* The entries of this rank to P, one block after the other, or from P */
PETSC_INTERN PetscErrorCode TrustNCGCopyEntries(Mat P, PetscBool toP, PetscScalar entries[]);
/* P becomes positive semidefinite, by as little as a diagonally dominant P does not notice. */
PETSC_INTERN PetscErrorCode TrustNCGMakeDominant(Mat P, Vec work);

#endif
