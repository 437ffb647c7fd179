/* SPDX-License-Identifier: BSD-2-Clause
   GENROSE of CUTE, the generalised Rosenbrock function of Nash (1984), problem 5:
   f = 1 + sum_{i>1} 100 (x_i - x_{i-1}^2)^2 + (x_i - 1)^2. */
#include "rosenbrock.h"

static PetscReal Start(PetscInt N, PetscInt i)
{
  return (PetscReal)(i + 1) / (PetscReal)(N + 1);
}

static const TermsForm form = {.width    = 2,
                               .constant = 1.0,
                               .weight   = {0.0, 1.0},
                               .unknowns = TermsNeighbours,
                               .start    = Start,
                               .value    = RosenbrockValue,
                               .hessvec  = RosenbrockHessVec};

PetscErrorCode ProblemCreate_Genrose(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = 1.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
