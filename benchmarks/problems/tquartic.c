/* SPDX-License-Identifier: BSD-2-Clause
   TQUARTIC of CUTE, Toint: f = (x_1 - 1)^2 + sum_{i>1} (x_1^2 - x_i^2)^2. */
#include "terms.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e + 1;
}

/* (x_1 - 1)^2 goes with the first term: one range begins with it. */
static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const PetscReal y = r->shared->x[0], once = r->first ? 0.0 : 1.0;
  PetscReal       f = once * (y - 1.0) * (y - 1.0), gy = 2.0 * once * (y - 1.0);

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], s = y * y - xi * xi;

    f += s * s;
    if (!g) continue;
    g[r->idx[k]] -= 4.0 * s * xi;
    gy += 4.0 * s * y;
  }
  r->shared->g[0] += gy;
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  const PetscReal y = r->shared->x[0], vy = r->shared->v[0];
  PetscReal       Hy = r->first ? 0.0 : 2.0 * vy;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], vi = v[r->idx[k]];
    const PetscReal s = 4.0 * (y * y - xi * xi), ds = 8.0 * (y * vy - xi * vi);

    Hv[r->idx[k]] -= s * vi + ds * xi;
    Hy += s * vy + ds * y;
  }
  r->shared->g[0] += Hy;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.1;
}

static const TermsForm form = {.width    = 1,
                               .shared   = {.n = 1, .i = {0}},
                               .unknowns = Unknowns,
                               .start    = Start,
                               .value    = Value,
                               .hessvec  = HessVec};

PetscErrorCode ProblemCreate_Tquartic(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
