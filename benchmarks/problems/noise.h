/* SPDX-License-Identifier: BSD-2-Clause
   Random numbers by their place in a sequence: the same on any number of ranks. */
#ifndef TRUSTNCG_NOISE_H
#define TRUSTNCG_NOISE_H

#include "compat.h"
#include <petscvec.h>
#include <stdint.h>

/* number `i` of sequence `seed`: uniform in (0,1), and standard normal */
extern PetscReal NoiseUniform(PetscInt seed, PetscInt64 i);
extern PetscReal NoiseNormal(PetscInt seed, PetscInt64 i);

/* noise that belongs to a point: on a vector, of a given norm, and a number of variance 1 */
extern PetscErrorCode NoiseOfPoint(Vec x, uint64_t *point);
extern PetscErrorCode NoiseAdd(uint64_t point, PetscInt seed, PetscReal size, Vec g);
extern PetscReal      NoiseScalar(uint64_t point, PetscInt seed);

#endif
