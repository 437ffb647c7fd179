/* SPDX-License-Identifier: BSD-2-Clause
   CURLY10 of CUTE, Gould (1997):
   f = sum_i q_i (q_i (q_i^2 - 20) - 0.1), q_i = x_i + ... + x_{min(i+10, n)}. */
#include "terms.h"

enum { WIDTH = 11 };

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  for (PetscInt j = 0; j < WIDTH; j++) i[j] = PetscMin(e + j, N - 1);
}

static inline PetscInt Length(const TermRange *r, PetscInt k)
{
  return PetscMin(WIDTH, r->N - r->first - k);
}

static inline PetscReal Sum(PetscInt length, const PetscInt i[], const PetscScalar x[])
{
  PetscReal q = 0.0;

  for (PetscInt j = 0; j < length; j++) q += x[i[j]];
  return q;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + WIDTH * k, length = Length(r, k);
    const PetscReal q = Sum(length, i, x), dq = 4.0 * q * q * q - 40.0 * q - 0.1;

    f += q * (q * (q * q - 20.0) - 0.1);
    for (PetscInt j = 0; g && j < length; j++) g[i[j]] += dq;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + WIDTH * k, length = Length(r, k);
    const PetscReal q = Sum(length, i, x), Hq = (12.0 * q * q - 40.0) * Sum(length, i, v);

    for (PetscInt j = 0; j < length; j++) Hv[i[j]] += Hq;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 1e-4 * (PetscReal)(i + 1) / (PetscReal)(N + 1);
}

static const TermsForm form = {
  .width = WIDTH, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

/* x -> q is one to one, so that every q_i can have its least value, at 3.1635. */
PetscErrorCode ProblemCreate_Curly10(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar     = -100.31629024133105 * (PetscReal)n;
  prob->fstar_tol = 1e-14 * (PetscReal)n;
  PetscFunctionReturn(PETSC_SUCCESS);
}
