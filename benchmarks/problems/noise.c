/* SPDX-License-Identifier: BSD-2-Clause
   Random numbers by their place in a sequence: the same on any number of ranks. */
#include "noise.h"

#include <stdint.h>

/* SplitMix64: Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators", with
   their constants; number i of the sequence needs none of those before it. */
static uint64_t Mix(uint64_t z)
{
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

PetscReal NoiseUniform(PetscInt seed, PetscInt64 i)
{
  const uint64_t gamma = UINT64_C(0x9e3779b97f4a7c15);
  const uint64_t bits  = Mix(Mix((uint64_t)seed * gamma) + ((uint64_t)i + 1) * gamma);

  return ((PetscReal)(bits >> 11) + 0.5) / 9007199254740992.0; /* 2^53 */
}

/* Box and Muller (1958) */
PetscReal NoiseNormal(PetscInt seed, PetscInt64 i)
{
  const PetscReal u = NoiseUniform(seed, 2 * i), v = NoiseUniform(seed, 2 * i + 1);

  return PetscSqrtReal(-2.0 * PetscLogReal(u)) * PetscCosReal(2.0 * PETSC_PI * v);
}
