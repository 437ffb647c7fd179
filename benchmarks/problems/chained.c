/* SPDX-License-Identifier: BSD-2-Clause
   The chained Rosenbrock function, Toint (1978):
   f = sum_{i<n} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2. */
#include "rosenbrock.h"

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i % 2 ? 1.0 : -1.2;
}

static const TermsForm form = {.width    = 2,
                               .weight   = {1.0, 0.0},
                               .unknowns = TermsNeighbours,
                               .start    = Start,
                               .value    = RosenbrockValue,
                               .hessvec  = RosenbrockHessVec};

/* The least value is 0, at x = (1,...,1); for n >= 4 there is a local minimiser near
   (-1,1,...,1) as well, which a descent from the start may well reach: so fstar stays unknown. */
PetscErrorCode ProblemCreate_ChainedRosenbrock(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  PetscFunctionReturn(PETSC_SUCCESS);
}
