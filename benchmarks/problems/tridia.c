/* SPDX-License-Identifier: BSD-2-Clause
   TRIDIA of CUTE, Shanno's tridiagonal quadratic:
   f = (x_1 - 1)^2 + sum_{i>1} i (2 x_i - x_{i-1})^2. */
#include "terms.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = PetscMax(e - 1, 0);
  i[1] = e;
}

/* Term e is i r^2 with i = e + 1, r = p b - q a - s: here p, q, and s = 1 - q */
static inline void Coefficients(PetscInt e, PetscReal *p, PetscReal *q)
{
  *p = e ? 2.0 : 1.0;
  *q = e ? 1.0 : 0.0;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal i = (PetscReal)(r->first + k + 1);
    PetscReal       p, q, res;

    Coefficients(r->first + k, &p, &q);
    res = p * x[ib] - q * x[ia] - (1.0 - q);
    f += i * res * res;
    if (!g) continue;
    g[ia] -= 2.0 * i * q * res;
    g[ib] += 2.0 * i * p * res;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal i = (PetscReal)(r->first + k + 1);
    PetscReal       p, q, dres;

    Coefficients(r->first + k, &p, &q);
    dres = p * v[ib] - q * v[ia];
    Hv[ia] -= 2.0 * i * q * dres;
    Hv[ib] += 2.0 * i * p * dres;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 1.0;
}

static const TermsForm form = {
  .width = 2, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Tridia(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
