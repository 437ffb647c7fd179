/* SPDX-License-Identifier: BSD-2-Clause
   BROYDN3D of CUTE, Broyden's tridiagonal system in least squares, More, Garbow, Hillstrom (1981),
   problem 30:
   f = sum_i r_i^2, r_i = (3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1, x_0 = x_{n+1} = 0. */
#include "terms.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = PetscMax(e - 1, 0);
  i[1] = e;
  i[2] = PetscMin(e + 1, N - 1);
}

/* r_e at the unknowns i and its derivatives by them; beyond the ends there is no unknown. */
static inline PetscReal Residual(const TermRange *r, PetscInt k, const PetscScalar x[],
                                 PetscReal d[])
{
  const PetscInt *i  = r->idx + 3 * k;
  const PetscReal xi = x[i[1]];

  d[0] = r->first + k > 0 ? -1.0 : 0.0;
  d[1] = 3.0 - 4.0 * xi;
  d[2] = r->first + k < r->N - 1 ? -2.0 : 0.0;
  return (3.0 - 2.0 * xi) * xi + d[0] * x[i[0]] + d[2] * x[i[2]] + 1.0;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0, d[3];

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i   = r->idx + 3 * k;
    const PetscReal res = Residual(r, k, x, d);

    f += res * res;
    if (!g) continue;
    for (PetscInt j = 0; j < 3; j++) g[i[j]] += 2.0 * res * d[j];
  }
  return f;
}

/* H v = 2 sum_e ((r_e' v) r_e' - 4 r_e v_e), for r_e'' = -4 in x_e alone */
static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  PetscReal d[3];

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i    = r->idx + 3 * k;
    const PetscReal res  = Residual(r, k, x, d);
    const PetscReal dres = d[0] * v[i[0]] + d[1] * v[i[1]] + d[2] * v[i[2]];

    for (PetscInt j = 0; j < 3; j++) Hv[i[j]] += 2.0 * dres * d[j];
    Hv[i[1]] -= 8.0 * res * v[i[1]];
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return -1.0;
}

static const TermsForm form = {
  .width = 3, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Broydn3d(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
