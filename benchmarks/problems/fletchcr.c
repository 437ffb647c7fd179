/* SPDX-License-Identifier: BSD-2-Clause
   FLETCHCR of CUTE, Fletcher (1992), report NA/145, the second problem:
   the chained Rosenbrock function from x = 0. */
#include "rosenbrock.h"

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.0;
}

static const TermsForm form = {.width    = 2,
                               .weight   = {1.0, 0.0},
                               .unknowns = TermsNeighbours,
                               .start    = Start,
                               .value    = RosenbrockValue,
                               .hessvec  = RosenbrockHessVec};

PetscErrorCode ProblemCreate_Fletchcr(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
