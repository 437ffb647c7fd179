/* SPDX-License-Identifier: BSD-2-Clause
   Numbers that look random and belong to a place in a vector, so that the number of ranks does not
   matter. */
#include "rules/rules.h"
#include <stdint.h>

/* In [0, 1); the finalizer of SplitMix64, G. L. Steele, D. Lea, C. H. Flood, Fast splittable
   pseudorandom number generators (2014). */
PetscReal TrustNCGUniform(PetscInt seed, PetscInt64 i)
{
  uint64_t z = ((uint64_t)seed << 48) + ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (PetscReal)((z ^ (z >> 31)) >> 11) / 9007199254740992.0; /* 2^53 */
}

/* Of mean 0 and variance 1 (G. E. P. Box, M. E. Muller 1958) */
PetscReal TrustNCGNormal(PetscInt seed, PetscInt64 i)
{
  const PetscReal u = 1.0 - TrustNCGUniform(seed, 2 * i), v = TrustNCGUniform(seed, 2 * i + 1);

  return PetscSqrtReal(-2.0 * PetscLogReal(u)) * PetscCosReal(2.0 * PETSC_PI * v);
}
