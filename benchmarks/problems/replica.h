/* SPDX-License-Identifier: BSD-2-Clause
   All of a vector on every rank, means over samples that the ranks share, and the memory of the
   point at which something was computed. */
#ifndef TRUSTNCG_REPLICA_H
#define TRUSTNCG_REPLICA_H

#include "compat.h"
#include <petscvec.h>

typedef struct {
  MPI_Comm     comm;
  PetscMPIInt *count; /* unknowns of each rank */
  PetscMPIInt *first; /* the first of them */
} Replica;

/* Collective. For vectors of x's layout with less than 2^31 entries. */
extern PetscErrorCode ReplicaCreate(Vec x, Replica *r);
extern PetscErrorCode ReplicaDestroy(Replica *r);
extern PetscErrorCode ReplicaGather(const Replica *r, Vec x, PetscScalar *all);

/* The mean over M samples and a ridge. Each rank has the sum over its own samples in `part`:
     y = 1/M sum over the ranks of part + lambda x,   all unknowns in each part
     f = 1/M sum over the ranks of part + lambda/2 ||all||^2 */
extern PetscErrorCode ReplicaMeanVec(const Replica *r, PetscInt M, const PetscScalar *part,
                                     PetscReal lambda, Vec x, Vec y);
extern PetscErrorCode ReplicaMean(const Replica *r, PetscInt M, PetscReal part, PetscReal lambda,
                                  PetscInt N, const PetscScalar *all, PetscReal *f);

/* A Vec as it was when it was remembered; {0} at first: no object has the id 0, no two have the
   same one, ever. */
typedef struct {
  PetscObjectId    id;
  PetscObjectState state;
} Memory;

extern PetscErrorCode MemorySet(Memory *memory, Vec x);
extern PetscErrorCode MemoryHas(const Memory *memory, Vec x, PetscBool *same); /* collective */

#endif
