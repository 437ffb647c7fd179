/* SPDX-License-Identifier: BSD-2-Clause
   Broyden's tridiagonal system of CUTE, with x_0 = x_{n+1} = 0:
     r_i = (3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1.
   BROYDN3D, More, Garbow, Hillstrom (1981), problem 30: f = sum_i r_i^2.
   BROYDN7D, Toint (1978), n even:
     f = sum_i |r_i|^(7/3) + sum_{i<=n/2} |x_i + x_{i+n/2}|^(7/3). */
#include "terms.h"

static void ThreeUnknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = PetscMax(e - 1, 0);
  i[1] = e;
  i[2] = PetscMin(e + 1, N - 1);
}

static void FourUnknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  ThreeUnknowns(N, e, i);
  i[3] = e < N / 2 ? e + N / 2 : e;
}

/* What of a range depends on which of the two it is; `pairs` is the end of the second sum. */
typedef struct {
  PetscBool seven;
  PetscInt  width, pairs;
} Member;

static inline Member WhichMember(const TermRange *r)
{
  const PetscBool seven = (PetscBool)(r->weight[0] > 0.0);

  return (Member){seven, seven ? 4 : 3, seven ? r->N / 2 - r->first : 0};
}

/* r_e at the unknowns i and its derivatives by them; beyond the ends there is no unknown. */
static inline PetscReal Residual(const TermRange *r, PetscInt k, const PetscInt i[],
                                 const PetscScalar x[], PetscReal d[])
{
  const PetscReal xi = x[i[1]];

  d[0] = r->first + k > 0 ? -1.0 : 0.0;
  d[1] = 3.0 - 4.0 * xi;
  d[2] = r->first + k < r->N - 1 ? -2.0 : 0.0;
  return (3.0 - 2.0 * xi) * xi + d[0] * x[i[0]] + d[2] * x[i[2]] + 1.0;
}

/* phi = r^2 or |r|^(7/3), and its derivatives */
static inline PetscReal Phi(PetscBool seven, PetscReal r, PetscReal *d1, PetscReal *d2)
{
  const PetscReal c = seven ? cbrt(PetscAbsReal(r)) : 1.0;

  *d1 = (seven ? 7.0 / 3.0 : 2.0) * r * c;
  *d2 = (seven ? 28.0 / 9.0 : 2.0) * c;
  return r * r * c;
}

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  const Member m = WhichMember(r);
  PetscReal    f = 0.0, d[3], d1, d2;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + m.width * k;

    f += Phi(m.seven, Residual(r, k, i, x, d), &d1, &d2);
    for (PetscInt j = 0; g && j < 3; j++) g[i[j]] += d1 * d[j];
    if (k >= m.pairs) continue;
    f += Phi(m.seven, x[i[1]] + x[i[3]], &d1, &d2);
    if (!g) continue;
    g[i[1]] += d1;
    g[i[3]] += d1;
  }
  return f;
}

/* H v = sum_e phi''(r_e) (r_e' v) r_e' - 4 phi'(r_e) v_e, for r_e'' = -4 in x_e alone, and pairs */
static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  const Member m = WhichMember(r);
  PetscReal    d[3], d1, d2;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + m.width * k;
    PetscReal       dres;

    (void)Phi(m.seven, Residual(r, k, i, x, d), &d1, &d2);
    dres = d[0] * v[i[0]] + d[1] * v[i[1]] + d[2] * v[i[2]];
    for (PetscInt j = 0; j < 3; j++) Hv[i[j]] += d2 * dres * d[j];
    Hv[i[1]] -= 4.0 * d1 * v[i[1]];
    if (k >= m.pairs) continue;
    (void)Phi(m.seven, x[i[1]] + x[i[3]], &d1, &d2);
    dres = v[i[1]] + v[i[3]];
    Hv[i[1]] += d2 * dres;
    Hv[i[3]] += d2 * dres;
  }
}

static PetscReal MinusOne(PetscInt N, PetscInt i)
{
  return -1.0;
}

static PetscReal One(PetscInt N, PetscInt i)
{
  return 1.0;
}

static const TermsForm three = {
  .width = 3, .unknowns = ThreeUnknowns, .start = MinusOne, .value = Value, .hessvec = HessVec};

static const TermsForm seven = {.width    = 4,
                                .weight   = {1.0},
                                .unknowns = FourUnknowns,
                                .start    = One,
                                .value    = Value,
                                .hessvec  = HessVec};

PetscErrorCode ProblemCreate_Broydn3d(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &three));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Many local minimisers; their least value is unknown. */
PetscErrorCode ProblemCreate_Broydn7d(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n - n % 2);
  PetscCall(TermsCreate(prob, n, n, &seven));
  PetscFunctionReturn(PETSC_SUCCESS);
}
