/* SPDX-License-Identifier: BSD-2-Clause
   Random numbers by their place in a sequence: the same on any number of ranks. */
#ifndef TRUSTNCG_NOISE_H
#define TRUSTNCG_NOISE_H

#include "compat.h"

/* number `i` of sequence `seed`: uniform in (0,1), and standard normal */
extern PetscReal NoiseUniform(PetscInt seed, PetscInt64 i);
extern PetscReal NoiseNormal(PetscInt seed, PetscInt64 i);

#endif
