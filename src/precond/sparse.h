/* SPDX-License-Identifier: BSD-2-Clause
   A sparse approximate Hessian, assembled from coloured probes, for any PETSc preconditioner. */
#ifndef TRUSTNCG_SPARSE_H
#define TRUSTNCG_SPARSE_H

#include <petscksp.h>
#include <petscdm.h>
#include "compat.h"
#include "precond/probes.h"
#include "precond/record.h"

typedef struct _n_TrustNCGSparse *TrustNCGSparse;

/* *sparse is NULL, or kept from an earlier solve: then it serves again if pattern or DM are what
   they were. It is NULL then where no row may have more than `most` entries, and one has. */
PETSC_INTERN PetscErrorCode TrustNCGSparseCreate(Vec x, Mat pattern, PetscInt most,
                                                 TrustNCGSparse *sparse);
/* Room for so many vectors of corrections by the steps since P was built */
PETSC_INTERN PetscErrorCode TrustNCGSparseSetRoom(TrustNCGSparse sparse, PetscInt vectors);
PETSC_INTERN PetscErrorCode TrustNCGSparseDestroy(TrustNCGSparse *sparse);
/* After a solve: gives the PC back. */
PETSC_INTERN PetscErrorCode TrustNCGSparseRelease(TrustNCGSparse sparse);
PETSC_INTERN PetscErrorCode TrustNCGSparseSetPC(TrustNCGSparse sparse, PC pc);
/* Asked on the way of a build: where the answer is yes it ends, and P is not the Hessian. */
PETSC_INTERN PetscErrorCode TrustNCGSparseSetAsk(TrustNCGSparse sparse, TrustNCGAskFn ask,
                                                 void *ctx);
/* Before the first build: may the Hessian have the pattern? Where that has many colours one product
   shows it; then the pattern may become a wider one. */
PETSC_INTERN PetscErrorCode TrustNCGSparsePromises(TrustNCGSparse sparse, Mat H, PetscInt *products,
                                                   PetscBool *promises);
/* After a build that does not fit: the pattern becomes the box that the Hessian shows, where it goes
   beyond the DMDA's stencil; once. `products` are added to. Then P is to be built anew. */
PETSC_INTERN PetscErrorCode TrustNCGSparseFollow(TrustNCGSparse sparse, Mat H, PetscInt *products,
                                                 PetscBool *wider);
/* P is a new, empty matrix with a box of so many neighbours, if there is room for it; 0 where it is
   not. */
PETSC_INTERN PetscErrorCode TrustNCGSparseWiden(TrustNCGSparse sparse, PetscInt box,
                                                PetscBool *wider);
PETSC_INTERN PetscErrorCode TrustNCGSparseGetBox(TrustNCGSparse sparse, PetscInt *box);
/* P = H on the pattern, and mostly one product more to see whether the Hessian has this pattern. */
PETSC_INTERN PetscErrorCode TrustNCGSparseBuild(TrustNCGSparse sparse, Mat H, Vec g,
                                                PetscInt *products);
/* Before a solve of H d = g at a new point: builds where it is due; `products` with H. */
PETSC_INTERN PetscErrorCode TrustNCGSparseUpdate(TrustNCGSparse sparse, Mat H, Vec g,
                                                 PetscInt *products);
/* After the step -d from g to gplus, found in `its` iterations of CG and so many trials; 0: without
   P. */
PETSC_INTERN PetscErrorCode TrustNCGSparseNote(TrustNCGSparse sparse, Vec g, Vec gplus, Vec d,
                                               PetscInt its, PetscInt trials);
/* *P is what to make the preconditioner of; *A becomes the sparse Hessian where that stands in for H
   at this point. Either may be NULL. */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetMats(TrustNCGSparse sparse, Mat *A, Mat *P);
/* Does it, in the present solve, and was it built at this point? */
PETSC_INTERN PetscErrorCode TrustNCGSparseStandsIn(TrustNCGSparse sparse, PetscBool *standsin,
                                                   PetscBool *built);
/* Was P the Hessian where it was built, but is no longer where it is used? */
PETSC_INTERN PetscErrorCode TrustNCGSparseIsLeft(TrustNCGSparse sparse, PetscBool *left);
/* ||Hg - Pg|| / ||Hg|| of the last build, infinite where one of them was not finite */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetMisfit(TrustNCGSparse sparse, PetscReal *misfit);
/* A PC of its own, which no solver knows: incomplete Cholesky factors of the blocks of the ranks for
   a band, multigrid for other patterns */
PETSC_INTERN PetscErrorCode TrustNCGSparseCreatePC(TrustNCGSparse sparse, PetscBool band);
PETSC_INTERN PetscErrorCode TrustNCGSparseApply(TrustNCGSparse sparse, Vec v, Vec z);
/* Its colours; the vectors it takes and the reductions it has made, without those of the PC. */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetCounts(TrustNCGSparse sparse, PetscInt *colors,
                                                    PetscInt *vectors, PetscInt *reductions);
PETSC_INTERN PetscErrorCode TrustNCGSparseView(TrustNCGSparse sparse, PetscViewer viewer);
/* For checkpoints: all that it knows but the entries; `entries` on this rank, 0 where nothing was
   built. */
PETSC_INTERN PetscErrorCode TrustNCGSparseRecord(TrustNCGSparse sparse, CheckpointRecord *record,
                                                 PetscInt *builds, PetscInt *entries,
                                                 PetscInt *corrections);
/* The vectors of so many corrections, appended to the list */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetVecs(TrustNCGSparse sparse, PetscInt corrections,
                                                  PetscInt *n, Vec list[]);
/* As many as were counted after so many builds; `theirs`: there was none since. */
PETSC_INTERN PetscErrorCode TrustNCGSparseGetEntries(TrustNCGSparse sparse, PetscInt builds,
                                                     PetscInt n, PetscScalar entries[],
                                                     PetscBool *theirs);
/* P and the PC are then what they were when these were saved; or P is built anew. */
PETSC_INTERN PetscErrorCode TrustNCGSparseSetEntries(TrustNCGSparse sparse, PetscScalar entries[]);
/* P is to be built anew. */
PETSC_INTERN PetscErrorCode TrustNCGSparseForget(TrustNCGSparse sparse);

#endif
