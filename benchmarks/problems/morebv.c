/* SPDX-License-Identifier: BSD-2-Clause
   MOREBV of CUTE, a discretised boundary value problem, More, Garbow, Hillstrom (1981), problem 28:
   f = sum_i (2 x_i - x_{i-1} - x_{i+1} + h^2 (x_i + i h + 1)^3/2)^2, h = 1/(n+1),
   x_0 = x_{n+1} = 0. */
#include "group.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = PetscMax(e - 1, 0);
  i[1] = e;
  i[2] = PetscMin(e + 1, N - 1);
}

/* x_i + i h + 1 */
static inline PetscReal Base(PetscInt N, PetscInt e, const PetscReal x[])
{
  return x[1] + (PetscReal)(e + 1) / (PetscReal)(N + 1) + 1.0;
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  const PetscReal h = 1.0 / (PetscReal)(N + 1), b = Base(N, e, x);

  d[0] = e > 0 ? -1.0 : 0.0;
  d[1] = 2.0 + 1.5 * h * h * b * b;
  d[2] = e < N - 1 ? -1.0 : 0.0;
  return 2.0 * x[1] + d[0] * x[0] + d[2] * x[2] + 0.5 * h * h * b * b * b;
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  const PetscReal h = 1.0 / (PetscReal)(N + 1);

  w[1] = 3.0 * h * h * Base(N, e, x) * v[1];
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  const PetscReal t = (PetscReal)(i + 1) / (PetscReal)(N + 1);

  return t * (t - 1.0);
}

static const Group group = {.width = 3, .inner = Inner, .curvature = Curvature};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 3, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_MoreBV(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
