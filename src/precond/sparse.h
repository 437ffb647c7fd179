/* SPDX-License-Identifier: BSD-2-Clause
   A sparse approximate Hessian, assembled from coloured probes, for any PETSc preconditioner. */
#ifndef TRUSTNCG_SPARSE_H
#define TRUSTNCG_SPARSE_H

#include <petscksp.h>
#include <petscdm.h>
#include "compat.h"
#include "precond/record.h"

typedef struct _n_TrustNCGSparse *TrustNCGSparse;

/* *sparse is NULL, or kept from an earlier solve: then it serves again if pattern or DM are what
   they were. */
PETSC_INTERN PetscErrorCode TrustNCGSparseCreate(Vec x, Mat pattern, TrustNCGSparse *sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseDestroy(TrustNCGSparse *sparse);
/* After a solve: gives the PC back. */
PETSC_INTERN PetscErrorCode TrustNCGSparseRelease(TrustNCGSparse sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseSetPC(TrustNCGSparse sparse, PC pc);
/* The first build, and one product more to see whether the Hessian has this pattern: misfit =
   ||Hg - Pg|| / ||Hg||, infinite where one was not finite. */
PETSC_INTERN PetscErrorCode TrustNCGSparseTry(TrustNCGSparse sparse, Mat H, Vec g,
                                              PetscReal *misfit, PetscInt *products);
/* Before a solve of H d = g at a new point: builds where it is due; `products` with H. */
PETSC_INTERN PetscErrorCode TrustNCGSparseUpdate(TrustNCGSparse sparse, Mat H, Vec g,
                                                 PetscInt *products);
/* After the step -d from g to gplus, found in `its` iterations of CG that brought the residual
   down to `drop` ||g||, 0 where it stopped at the boundary; `work` in all, in products. */
PETSC_INTERN PetscErrorCode TrustNCGSparseNote(TrustNCGSparse sparse, Vec g, Vec gplus, Vec d,
                                               PetscInt its, PetscReal drop, PetscInt work);
/* A PC of its own, which no solver knows: incomplete Cholesky factors of the blocks of the ranks for
   a band, multigrid for other patterns */
PETSC_INTERN PetscErrorCode TrustNCGSparseCreatePC(TrustNCGSparse sparse, PetscBool band);
PETSC_INTERN PetscErrorCode TrustNCGSparseApply(TrustNCGSparse sparse, Vec v, Vec z);
/* Is P due to be built again? drift = ||y - P s|| / ||y|| of the last step, 0 before there is one */
PETSC_INTERN PetscErrorCode TrustNCGSparseIsStale(TrustNCGSparse sparse, PetscBool *stale,
                                                  PetscReal *drift);
/* It is. */
PETSC_INTERN PetscErrorCode TrustNCGSparseOutdate(TrustNCGSparse sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseGetMat(TrustNCGSparse sparse, Mat *P);
/* Its colours; the vectors it takes and the reductions it has made, without those of the PC. */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetCounts(TrustNCGSparse sparse, PetscInt *colors,
                                                    PetscInt *vectors, PetscInt *reductions);
PETSC_INTERN PetscErrorCode TrustNCGSparseView(TrustNCGSparse sparse, PetscViewer viewer);
/* For checkpoints. Multigrid keeps the interpolation of its first set-up, so that the entries of
   two builds are saved: of the last and of the first, which from now on is kept. */
PETSC_INTERN PetscErrorCode TrustNCGSparseKeep(TrustNCGSparse sparse);
/* All that it knows but the entries; `entries` on this rank, 0 where nothing was built. */
PETSC_INTERN PetscErrorCode TrustNCGSparseRecord(TrustNCGSparse sparse, CheckpointRecord *record,
                                                 PetscInt *entries);
PETSC_INTERN PetscErrorCode TrustNCGSparseGetEntries(TrustNCGSparse sparse, PetscScalar last[],
                                                     PetscScalar first[]);
/* P and the PC are then what they were when these were saved; or P is built anew. */
PETSC_INTERN PetscErrorCode TrustNCGSparseSetEntries(TrustNCGSparse sparse, PetscScalar last[],
                                                     PetscScalar first[]);
PETSC_INTERN PetscErrorCode TrustNCGSparseForget(TrustNCGSparse sparse);

#endif
