/* SPDX-License-Identifier: BSD-2-Clause
   The private side of the sparse approximate Hessian. */
#ifndef TRUSTNCG_SPARSE_IMPL_H
#define TRUSTNCG_SPARSE_IMPL_H

#include "precond/probes.h"
#include "precond/sparse.h"

typedef struct {
  PetscObjectId    id; /* of the Mat or DM */
  PetscObjectState state;
} TrustNCGOrigin;

struct _n_TrustNCGSparse {
  Mat            P;
  TrustNCGOrigin origin; /* of its pattern */
  PC             pc;     /* of the solver, made from P */
  Vec            work;   /* like the solution */
  TrustNCGProbes probes;
  PetscBool      fromdm;   /* the colours are those of the DM */
  PetscBool      finite;   /* the last P was */
  PetscBool      fresh;    /* it was not used yet */
  PetscBool      dominant; /* the last P had to be made so */
  PetscBool      band;     /* the PC was chosen for a band: it makes itself positive */
  char          *chosen;   /* the type of the PC where it was chosen here, else NULL */
  PetscInt       vectors;  /* of n that all this takes */
  PetscInt       builds;
  PetscInt       reductions;
  PetscBool      keep;  /* the entries of the first build, for a checkpoint */
  PetscScalar   *first; /* those on this rank, or NULL */
  /* since the last build */
  PetscReal best;  /* rate of CG in its best solve */
  PetscReal lost;  /* products beyond those of that rate */
  PetscReal drift; /* ||y - P s|| / ||y|| of the last step */
};

PETSC_INTERN PetscErrorCode TrustNCGSparseKeepFirst(TrustNCGSparse sparse);

#endif
