/* SPDX-License-Identifier: BSD-2-Clause
   Elastic-plastic torsion of a square bar without its bounds: a strictly convex quadratic.

   f(v) = int |grad v|^2/2 - c v, v = 0 on the boundary, c = 5; MINPACK-2's EPT. */
#include "grid.h"

#define TWIST 5.

static void Source(PetscInt n, const PetscScalar v[], PetscReal w[], PetscReal dw[])
{
  for (PetscInt i = 0; i < n; i++) {
    w[i]  = -TWIST * v[i];
    dw[i] = -TWIST;
  }
}

PetscErrorCode ProblemCreate_Torsion(Problem prob, PetscInt n)
{
  static const GridEnergy energy = {.source = Source, .start = GridDistance};

  PetscFunctionBegin;
  PetscCall(GridCreateEnergy(prob, n, &energy));
  PetscFunctionReturn(PETSC_SUCCESS);
}
