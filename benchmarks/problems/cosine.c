/* SPDX-License-Identifier: BSD-2-Clause
   COSINE of CUTE, Gould (1996): f = sum_{i<n} cos(x_i^2 - x_{i+1}/2). */
#include "terms.h"

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal a = x[ia], t = a * a - 0.5 * x[ib], s = g ? PetscSinReal(t) : 0.0;

    f += PetscCosReal(t);
    if (!g) continue;
    g[ia] -= 2.0 * a * s;
    g[ib] += 0.5 * s;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  ia = r->idx[2 * k], ib = r->idx[2 * k + 1];
    const PetscReal a = x[ia], t = a * a - 0.5 * x[ib];
    const PetscReal dt = (2.0 * a * v[ia] - 0.5 * v[ib]) * PetscCosReal(t);

    Hv[ia] -= 2.0 * a * dt + 2.0 * PetscSinReal(t) * v[ia];
    Hv[ib] += 0.5 * dt;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 1.0;
}

static const TermsForm form = {
  .width = 2, .unknowns = TermsNeighbours, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Cosine(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  prob->fstar = (PetscReal)(1 - n);
  PetscFunctionReturn(PETSC_SUCCESS);
}
