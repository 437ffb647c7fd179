/* SPDX-License-Identifier: BSD-2-Clause
   The extended Rosenbrock function, More, Garbow, Hillstrom (1981), problem 21:
   f = sum over i odd of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, n even. */
#include "rosenbrock.h"

PetscReal RosenbrockValue(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const PetscReal wa = r->weight[0], wb = r->weight[1];
  PetscReal       f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal a = x[ia], b = x[ib], t = b - a * a;

    f += 100.0 * t * t + wa * (1.0 - a) * (1.0 - a) + wb * (1.0 - b) * (1.0 - b);
    if (!g) continue;
    g[ia] -= 400.0 * a * t + 2.0 * wa * (1.0 - a);
    g[ib] += 200.0 * t - 2.0 * wb * (1.0 - b);
  }
  return f;
}

void RosenbrockHessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                       PetscScalar Hv[])
{
  const PetscReal wa = r->weight[0], wb = r->weight[1];

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal a = x[ia], b = x[ib];

    Hv[ia] += (1200.0 * a * a - 400.0 * b + 2.0 * wa) * v[ia] - 400.0 * a * v[ib];
    Hv[ib] += (200.0 + 2.0 * wb) * v[ib] - 400.0 * a * v[ia];
  }
}

static void Pair(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = 2 * e;
  i[1] = 2 * e + 1;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i % 2 ? 1.0 : -1.2;
}

static const TermsForm form = {.width    = 2,
                               .weight   = {1.0, 0.0},
                               .unknowns = Pair,
                               .start    = Start,
                               .value    = RosenbrockValue,
                               .hessvec  = RosenbrockHessVec};

PetscErrorCode ProblemCreate_Rosenbrock(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n - n % 2);
  PetscCall(TermsCreate(prob, n, n / 2, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
