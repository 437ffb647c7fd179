/* SPDX-License-Identifier: BSD-2-Clause
   Steady combustion of a solid fuel (Bratu's equation).

   f(v) = int |grad v|^2/2 - lambda exp(v), v = 0 on the boundary, lambda = 5; MINPACK-2's SSC. f is
   unbounded below; the solution is the local minimiser next to the start. */
#include "grid.h"

#define LAMBDA 5.

static void Source(PetscInt n, const PetscScalar v[], PetscReal w[], PetscReal dw[])
{
  for (PetscInt i = 0; i < n; i++) w[i] = dw[i] = -LAMBDA * PetscExpReal(v[i]);
}

static void Curvature(PetscInt n, const PetscScalar v[], PetscReal d2w[])
{
  for (PetscInt i = 0; i < n; i++) d2w[i] = -LAMBDA * PetscExpReal(v[i]);
}

static PetscReal Start(Grid grid, PetscInt i, PetscInt j)
{
  return LAMBDA / (LAMBDA + 1) * PetscSqrtReal(GridDistance(grid, i, j));
}

PetscErrorCode ProblemCreate_Combustion(Problem prob, PetscInt n)
{
  static const GridEnergy energy = {.source = Source, .curvature = Curvature, .start = Start};
  Grid                    grid;

  PetscFunctionBegin;
  PetscCall(GridCreateEnergy(prob, n, &energy));
  /* the trapezoidal rule's share of exp(0) at the boundary nodes: 6 (nx + ny + 1) corners of
     triangles, each a third of hx hy/2 */
  grid     = (Grid)prob->data;
  grid->f0 = -LAMBDA * grid->hx * grid->hy * (grid->nx + grid->ny + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}
