/* SPDX-License-Identifier: BSD-2-Clause
   A sparse approximate Hessian, assembled from coloured probes, for any PETSc preconditioner. */
#ifndef TRUSTNCG_SPARSE_H
#define TRUSTNCG_SPARSE_H

#include <petscksp.h>
#include <petscdm.h>
#include "compat.h"

typedef struct _n_TrustNCGSparse *TrustNCGSparse;

PETSC_INTERN PetscErrorCode TrustNCGSparseCreate(Vec x, Mat pattern, TrustNCGSparse *sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseDestroy(TrustNCGSparse *sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseBuild(TrustNCGSparse sparse, Mat H);
PETSC_INTERN PetscErrorCode TrustNCGSparseGetMat(TrustNCGSparse sparse, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGSparseGetCounts(TrustNCGSparse sparse, PetscInt *colors,
                                                    PetscInt *builds);

#endif
