/* SPDX-License-Identifier: BSD-2-Clause
   A model of the inverse Hessian learned from pairs (s, y) with y = Hs, or nearly: limited-memory
   BFGS over a learned diagonal. */
#ifndef TRUSTNCG_PAIRS_H
#define TRUSTNCG_PAIRS_H

#include <petscvec.h>
#include "compat.h"
#include "precond/diagonal.h"

typedef struct _n_TrustNCGPairs *TrustNCGPairs;

PETSC_INTERN PetscErrorCode TrustNCGPairsCreate(Vec like, PetscInt most, TrustNCGPairs *pairs);
PETSC_INTERN PetscErrorCode TrustNCGPairsDestroy(TrustNCGPairs *pairs);
/* Forget all, if it `had` anything: the model is then the identity. */
PETSC_INTERN PetscErrorCode TrustNCGPairsReset(TrustNCGPairs pairs, PetscBool *had);
/* Room for one more pair, for the caller to fill; the oldest gives way where there is none. */
PETSC_INTERN PetscErrorCode TrustNCGPairsStage(TrustNCGPairs pairs, Vec *s, Vec *y);
/* The same, by handing over vectors for others in return. */
PETSC_INTERN PetscErrorCode TrustNCGPairsExchange(TrustNCGPairs pairs, Vec *s, Vec *y);
/* Forget the pairs, but not the diagonal. */
PETSC_INTERN PetscErrorCode TrustNCGPairsForget(TrustNCGPairs pairs);
/* Takes the staged pair into the model, unless s'y is not safely positive; `learn` brings the
   diagonal up to date with it, too. */
PETSC_INTERN PetscErrorCode TrustNCGPairsCommit(TrustNCGPairs pairs, PetscBool learn,
                                                PetscBool *taken);
/* Has the model learned anything? Before it B is the identity, whatever the scale of f. */
PETSC_INTERN PetscErrorCode TrustNCGPairsKnow(TrustNCGPairs pairs, PetscBool *know);
/* For which of the uses of B the next products are; see diagonal.h. */
PETSC_INTERN PetscErrorCode TrustNCGPairsUse(TrustNCGPairs pairs, TrustNCGUse use);
/* What CG has seen, for the choice of the diagonal: each pair, then the end of them. */
PETSC_INTERN PetscErrorCode TrustNCGPairsWitness(TrustNCGPairs pairs, Vec s, Vec y);
PETSC_INTERN PetscErrorCode TrustNCGPairsHearWitnesses(TrustNCGPairs pairs);
/* z = Bv, two reductions; v and z must differ. */
PETSC_INTERN PetscErrorCode TrustNCGPairsApply(TrustNCGPairs pairs, Vec v, Vec z);
/* Pairs in the model, the kind of its diagonal for each use, and what all takes. */
PETSC_INTERN PetscErrorCode TrustNCGPairsGetCounts(TrustNCGPairs pairs, PetscInt *stored,
                                                   const char *kind[2], PetscInt *vectors,
                                                   PetscInt *reductions);
/* All that the model knows but its vectors: how many pairs, and whether the diagonal has any. */
PETSC_INTERN PetscErrorCode TrustNCGPairsRecord(TrustNCGPairs pairs, CheckpointRecord *record,
                                                PetscInt *stored, PetscBool *learned);
/* The vectors of a model that has, or is to have, so many pairs; they are appended to the list. */
PETSC_INTERN PetscErrorCode TrustNCGPairsGetVecs(TrustNCGPairs pairs, PetscInt stored,
                                                 PetscBool learned, PetscInt *n, Vec list[]);

#endif
