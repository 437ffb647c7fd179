/* SPDX-License-Identifier: BSD-2-Clause
   Random numbers by their place in a sequence: the same on any number of ranks. And noise on f and
   gradient as an inner solver with a tolerance makes it: a function of x, but not smooth. */
#include "noise.h"

#include <stdint.h>
#include <string.h>

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

/* A number that depends on every bit of x, the same on any number of ranks; one reduction. */
PetscErrorCode NoiseOfPoint(Vec x, uint64_t *hash)
{
  const uint64_t     gamma = UINT64_C(0x9e3779b97f4a7c15);
  const PetscScalar *a;
  PetscInt           lo, hi;
  uint64_t           bits;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(VecGetArrayRead(x, &a));
  *hash = 0;
  for (PetscInt i = lo; i < hi; i++) {
    memcpy(&bits, &a[i - lo], sizeof(bits));
    *hash += Mix(bits + ((uint64_t)i + 1) * gamma);
  }
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, hash, 1, MPI_UINT64_T, MPI_SUM, PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g += noise of expected norm `size`, independent and uniform in all entries. */
PetscErrorCode NoiseAdd(uint64_t point, PetscInt seed, PetscReal size, Vec g)
{
  PetscScalar *a;
  PetscReal    amplitude;
  PetscInt     lo, hi, N;

  PetscFunctionBegin;
  PetscCall(VecGetSize(g, &N));
  amplitude = 2.0 * size * PetscSqrtReal(3.0 / (PetscReal)N);
  point     = Mix(point + (uint64_t)seed);
  PetscCall(VecGetOwnershipRange(g, &lo, &hi));
  PetscCall(VecGetArray(g, &a));
  for (PetscInt i = lo; i < hi; i++) {
    a[i - lo] +=
      amplitude * (NoiseUniform((PetscInt)(point & 0xffff), (PetscInt64)(point >> 17) + i) - 0.5);
  }
  PetscCall(VecRestoreArray(g, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number in (-sqrt 3, sqrt 3) of variance 1 that belongs to the point. */
PetscReal NoiseScalar(uint64_t point, PetscInt seed)
{
  return 2.0 * PetscSqrtReal(3.0) * (NoiseUniform(seed, (PetscInt64)(Mix(point) >> 2)) - 0.5);
}
