/* SPDX-License-Identifier: BSD-2-Clause
   The state of a solve at its iterate, as a checkpoint has it. */
#ifndef TRUSTNCG_SAVED_H
#define TRUSTNCG_SAVED_H

#include "tao/trustncg_impl.h"
#include "checkpoint/format.h"
#include "precond/record.h"

enum { SAVED_VECS_MOST = 64, SAVED_WHY = 320 };

/* The numbers of the last iterate. Its vectors stay what they are until the next one. */
struct _n_TrustNCGSaved {
  uint64_t       words[CHECKPOINT_NUMBERS_MOST];
  PetscInt       n;           /* words in use */
  PetscInt       pairs;       /* of the model, */
  PetscBool      learned;     /* and whether it has a diagonal */
  PetscInt       entries;     /* of the sparse Hessian on this rank */
  PetscInt       builds;      /* of it so far, */
  PetscInt       corrections; /* and of it by steps */
  PetscInt       niter;       /* the iterate */
  PetscBool      written;     /* it is in the file, or was tried to be */
  PetscBool      ended;       /* and is the last that will be */
  PetscInt       last;        /* the iterate written before, */
  PetscLogDouble time;        /* and when, on the first rank */
};
typedef struct _n_TrustNCGSaved *TrustNCGSaved;

/* How the unknowns are numbered in a file. */
enum {
  TRUSTNCG_ORDER_PLAIN,   /* as in the vectors: there is no DM, so rank counts do not matter */
  TRUSTNCG_ORDER_NATURAL, /* of a structured grid, likewise */
  TRUSTNCG_ORDER_PRIVATE  /* of a DM, for the ranks that it has */
};

/* The unknowns in the order that a file has them in. */
typedef struct {
  DM       da; /* NULL: the order of the vectors themselves */
  Vec      natural;
  PetscInt order, lo, n; /* its kind; this rank's share */
} TrustNCGNumbering;

/* state.c */
PETSC_INTERN PetscErrorCode TrustNCGStateRecord(Tao tao, CheckpointRecord *record,
                                                TrustNCGSaved saved);
PETSC_INTERN PetscErrorCode TrustNCGStateGetVecs(Tao tao, TrustNCGSaved saved, PetscInt *n,
                                                 Vec list[]);
PETSC_INTERN PetscErrorCode TrustNCGNumberingCreate(Vec x, TrustNCGNumbering *numbering);
PETSC_INTERN PetscErrorCode TrustNCGNumberingDestroy(TrustNCGNumbering *numbering);
PETSC_INTERN PetscErrorCode TrustNCGAgreeOnWords(MPI_Comm comm, char why[SAVED_WHY]);

/* precond_state.c */
PETSC_INTERN PetscErrorCode TrustNCGPrecondRecord(Tao tao, CheckpointRecord *record,
                                                  TrustNCGSaved saved);

/* save.c: `why` is empty where the file was written, else it says why not, on all ranks. */
PETSC_INTERN PetscErrorCode TrustNCGWriteSaved(Tao tao, TrustNCGSaved saved, const char file[],
                                               char why[SAVED_WHY]);

#endif
