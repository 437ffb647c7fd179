/* SPDX-License-Identifier: BSD-2-Clause
   Arrowhead quartics of CUTE: sums over i of (x_i^2 +- y^2)^2, y one unknown in all terms.

   ARWHEAD, Conn, Gould, Lescrenier, Toint (1988), problem 55:
     f = sum_{i<n} 3 - 4 x_i + (x_i^2 + x_n^2)^2. The least value is 0, at x = (1,...,1,0).
   TQUARTIC, Toint: f = (x_1 - 1)^2 + sum_{i>1} (x_i^2 - x_1^2)^2. */
#include "terms.h"

/* sum of constant - slope x_i + (x_i^2 + sign y^2)^2 */
typedef struct {
  PetscReal sign, constant, slope;
} Arrow;

static const Arrow plus = {1.0, 3.0, 4.0}, minus = {-1.0, 0.0, 0.0};

/* The value; adds to g unless it is NULL */
static PetscReal Quartics(Arrow a, const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const PetscReal y = r->shared->x[0];
  PetscReal       f = 0.0, gy = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], s = xi * xi + a.sign * y * y;

    f += a.constant - a.slope * xi + s * s;
    if (!g) continue;
    g[r->idx[k]] += 4.0 * s * xi - a.slope;
    gy += 4.0 * a.sign * s * y;
  }
  r->shared->g[0] += gy;
  return f;
}

static void QuarticsHessVec(Arrow a, const TermRange *r, const PetscScalar x[],
                            const PetscScalar v[], PetscScalar Hv[])
{
  const PetscReal y = r->shared->x[0], vy = r->shared->v[0];
  PetscReal       Hy = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal xi = x[r->idx[k]], vi = v[r->idx[k]];
    const PetscReal s = 4.0 * (xi * xi + a.sign * y * y), ds = 8.0 * (xi * vi + a.sign * y * vy);

    Hv[r->idx[k]] += s * vi + ds * xi;
    Hy += a.sign * (s * vy + ds * y);
  }
  r->shared->g[0] += Hy;
}

static void Unknowns_Arwhead(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e;
}

static PetscReal Value_Arwhead(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  return Quartics(plus, r, x, g);
}

static void HessVec_Arwhead(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                            PetscScalar Hv[])
{
  QuarticsHessVec(plus, r, x, v, Hv);
}

static PetscReal Start_Arwhead(PetscInt N, PetscInt i)
{
  return 1.0;
}

static const TermsForm arwhead = {.width    = 1,
                                  .shared   = {.n = 1, .i = {-1}},
                                  .unknowns = Unknowns_Arwhead,
                                  .start    = Start_Arwhead,
                                  .value    = Value_Arwhead,
                                  .hessvec  = HessVec_Arwhead};

PetscErrorCode ProblemCreate_Arwhead(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &arwhead));
  prob->fstar     = 0.0;
  prob->fstar_tol = 1e-15 * (PetscReal)n; /* rounding: the terms cancel */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Unknowns_Tquartic(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e + 1;
}

/* (x_1 - 1)^2 goes with the first term: one range begins with it. */
static PetscReal Value_Tquartic(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const PetscReal d = r->first ? 0.0 : r->shared->x[0] - 1.0;

  r->shared->g[0] += 2.0 * d;
  return d * d + Quartics(minus, r, x, g);
}

static void HessVec_Tquartic(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                             PetscScalar Hv[])
{
  if (!r->first) r->shared->g[0] += 2.0 * r->shared->v[0];
  QuarticsHessVec(minus, r, x, v, Hv);
}

static PetscReal Start_Tquartic(PetscInt N, PetscInt i)
{
  return 0.1;
}

static const TermsForm tquartic = {.width    = 1,
                                   .shared   = {.n = 1, .i = {0}},
                                   .unknowns = Unknowns_Tquartic,
                                   .start    = Start_Tquartic,
                                   .value    = Value_Tquartic,
                                   .hessvec  = HessVec_Tquartic};

PetscErrorCode ProblemCreate_Tquartic(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &tquartic));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
