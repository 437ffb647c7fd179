/* SPDX-License-Identifier: BSD-2-Clause
   ARWHEAD of CUTE, Conn, Gould, Lescrenier, Toint (1988), problem 55:
   f = sum_{i<n} 3 - 4 x_i + (x_i^2 + x_n^2)^2. The least value is 0, at x = (1,...,1,0). */
#include "terms.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const PetscReal y = r->shared->x[0];
  PetscReal       f = 0.0, gy = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], s = xi * xi + y * y;

    f += 3.0 - 4.0 * xi + s * s;
    if (!g) continue;
    g[r->idx[k]] += 4.0 * s * xi - 4.0;
    gy += 4.0 * s * y;
  }
  r->shared->g[0] += gy;
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  const PetscReal y = r->shared->x[0], vy = r->shared->v[0];
  PetscReal       Hy = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], vi = v[r->idx[k]];
    const PetscReal s = 4.0 * (xi * xi + y * y), ds = 8.0 * (xi * vi + y * vy);

    Hv[r->idx[k]] += s * vi + ds * xi;
    Hy += s * vy + ds * y;
  }
  r->shared->g[0] += Hy;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 1.0;
}

static const TermsForm form = {.width    = 1,
                               .shared   = {.n = 1, .i = {-1}},
                               .unknowns = Unknowns,
                               .start    = Start,
                               .value    = Value,
                               .hessvec  = HessVec};

PetscErrorCode ProblemCreate_Arwhead(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar     = 0.0;
  prob->fstar_tol = 1e-15 * (PetscReal)n; /* rounding: the terms cancel */
  PetscFunctionReturn(PETSC_SUCCESS);
}
