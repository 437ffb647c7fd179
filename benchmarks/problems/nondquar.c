/* SPDX-License-Identifier: BSD-2-Clause
   NONDQUAR of CUTE, Conn, Gould, Lescrenier, Toint (1988), problem 57, n even:
   f = (x_1 - x_2)^2 + (x_{n-1} - x_n)^2 + sum_{i<n-1} (x_i + x_{i+1} + x_n)^4. */
#include "terms.h"

/* Term e has the two neighbours a, b and y = x_n:
   phi = quartic (a + b + y)^4 + square (a - b)^2. */
static inline void Weights(const TermRange *r, PetscInt k, PetscReal *quartic, PetscReal *square)
{
  const PetscInt e = r->first + k, last = r->N - 2;

  *quartic = e < last ? 1.0 : 0.0;
  *square  = e == 0 || e == last ? 1.0 : 0.0;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0, gy = 0.0, quartic, square;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal s = x[ia] + x[ib] + r->shared->x[0], t = x[ia] - x[ib];

    Weights(r, k, &quartic, &square);
    f += quartic * s * s * s * s + square * t * t;
    if (!g) continue;
    g[ia] += 4.0 * quartic * s * s * s + 2.0 * square * t;
    g[ib] += 4.0 * quartic * s * s * s - 2.0 * square * t;
    gy += 4.0 * quartic * s * s * s;
  }
  r->shared->g[0] += gy;
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  PetscReal Hy = 0.0, quartic, square;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal s = x[ia] + x[ib] + r->shared->x[0];
    PetscReal       ds, dt;

    Weights(r, k, &quartic, &square);
    ds = 12.0 * quartic * s * s * (v[ia] + v[ib] + r->shared->v[0]);
    dt = 2.0 * square * (v[ia] - v[ib]);
    Hv[ia] += ds + dt;
    Hv[ib] += ds - dt;
    Hy += ds;
  }
  r->shared->g[0] += Hy;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i % 2 ? -1.0 : 1.0;
}

static const TermsForm form = {.width    = 2,
                               .shared   = {.n = 1, .i = {-1}},
                               .unknowns = TermsNeighbours,
                               .start    = Start,
                               .value    = Value,
                               .hessvec  = HessVec};

PetscErrorCode ProblemCreate_Nondquar(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(4, n - n % 2);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
