/* SPDX-License-Identifier: BSD-2-Clause
   GENHUMPS of CUTE, Toint (1997), with zeta = 20:
   f = sum_{i<n} sin(zeta x_i)^2 sin(zeta x_{i+1})^2 + 0.05 (x_i^2 + x_{i+1}^2). */
#include "terms.h"

/* h = sin(zeta a)^2 = (1 - cos(2 zeta a)) / 2 and its derivatives */
static inline PetscReal Hump(PetscReal a, PetscReal *d1, PetscReal *d2)
{
  const PetscReal zeta = 20.0, s = PetscSinReal(zeta * a), c = PetscCosReal(zeta * a);

  *d1 = 2.0 * zeta * s * c;
  *d2 = 2.0 * zeta * zeta * (c * c - s * s);
  return s * s;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0, da, db, dda, ddb;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal a = x[ia], b = x[ib], ha = Hump(a, &da, &dda), hb = Hump(b, &db, &ddb);

    f += ha * hb + 0.05 * (a * a + b * b);
    if (!g) continue;
    g[ia] += da * hb + 0.1 * a;
    g[ib] += ha * db + 0.1 * b;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  PetscReal da, db, dda, ddb;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal ha = Hump(x[ia], &da, &dda), hb = Hump(x[ib], &db, &ddb);

    Hv[ia] += (dda * hb + 0.1) * v[ia] + da * db * v[ib];
    Hv[ib] += (ha * ddb + 0.1) * v[ib] + da * db * v[ia];
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i ? -506.2 : -506.0;
}

static const TermsForm form = {
  .width = 2, .unknowns = TermsNeighbours, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Genhumps(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
