/* SPDX-License-Identifier: BSD-2-Clause
   The data of the groundwater problem: a known log-transmissivity, wells, and noisy heads. */
#include "inverse.h"
#include <stdint.h>

#define WELLS 16   /* in each direction, or in every cell of a smaller grid */
#define NOISE 0.01 /* sigma over the highest head */

static PetscReal Hill(PetscReal x, PetscReal y, PetscReal cx, PetscReal cy)
{
  return PetscExpReal(-(PetscSqr(x - cx) + PetscSqr(y - cy)) / 0.02);
}

/* A lens of gravel and one of clay: transmissivities from exp(-2) to exp(2) */
PetscErrorCode InverseTruth(Problem prob, Grid grid, Vec m)
{
  PetscScalar **a;

  PetscFunctionBegin;
  PetscCall(DMDAVecGetArrayWrite(prob->dm, m, &a));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscReal x = (i + 0.5) * grid->hx, y = (j + 0.5) * grid->hy;

      a[j][i] = 2 * Hill(x, y, 0.3, 0.6) - 2 * Hill(x, y, 0.7, 0.4);
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, m, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* WELLS of n cells in a row have one, evenly spread. */
static PetscBool HasWell(PetscInt i, PetscInt n)
{
  return (PetscBool)(n <= WELLS || (i + 1) * WELLS / n > i * WELLS / n);
}

PetscInt InverseWells(Grid grid)
{
  return PetscMin(grid->nx, WELLS) * PetscMin(grid->ny, WELLS);
}

/* Uniform in (0, 1): the k-th output of the generator SplitMix64 (Steele, Lea, Flood 2014) with
   seed 0. A hash of k, so that it is the same on any number of ranks. */
static PetscReal Uniform(PetscInt k)
{
  uint64_t z = ((uint64_t)k + 1) * UINT64_C(0x9E3779B97F4A7C15);

  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  z ^= z >> 31;
  return ((PetscReal)(z >> 12) + 0.5) / 4503599627370496.; /* 2^52 */
}

/* Normal (Box and Muller 1958) */
static PetscReal Normal(PetscInt k)
{
  return PetscSqrtReal(-2 * PetscLogReal(Uniform(2 * k))) *
         PetscCosReal(2 * PETSC_PI * Uniform(2 * k + 1));
}

PetscErrorCode InverseMeasure(Problem prob, Grid grid, Vec u, Vec d, Vec W)
{
  PetscScalar **da, **Wa;
  PetscReal     sigma;

  PetscFunctionBegin;
  PetscCall(VecNorm(u, NORM_INFINITY, &sigma));
  sigma *= NOISE;
  PetscCall(VecCopy(u, d));
  PetscCall(DMDAVecGetArray(prob->dm, d, &da));
  PetscCall(DMDAVecGetArrayWrite(prob->dm, W, &Wa));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscBool well = (PetscBool)(HasWell(i, grid->nx) && HasWell(j, grid->ny));

      da[j][i] += sigma * Normal(j * grid->nx + i);
      Wa[j][i] = well ? 1 / (sigma * sigma) : 0;
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, W, &Wa));
  PetscCall(DMDAVecRestoreArray(prob->dm, d, &da));
  PetscFunctionReturn(PETSC_SUCCESS);
}
