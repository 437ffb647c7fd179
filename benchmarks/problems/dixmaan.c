/* SPDX-License-Identifier: BSD-2-Clause
   DIXMAANA, F, J, L of CUTE, Dixon and Maany (1988): n = 3 m,
   f = 1 + sum_i   (i/n)^p x_i^2            + sum_{i<n}  beta (x_i (x_{i+1} + x_{i+1}^2))^2
         + sum_{i<=2m} gamma x_i^2 x_{i+m}^4  + sum_{i<=m} gamma (i/n)^p x_i x_{i+2m}.
   The least value is 1, at x = 0. */
#include "terms.h"

/* The four sums make one term an unknown: x = x_i, y = x_{i+1}, z = x_{i+m}, w = x_{i+2m},
   phi = a x^2 + b x^2 (y + y^2)^2 + c x^2 z^4 + d x w,
   with weight zero for what is not there */
typedef struct {
  PetscReal a, b, c, d;
} Weights;

static inline Weights TermWeights(const TermRange *r, PetscInt k)
{
  const PetscInt  e = r->first + k, m = r->N / 3;
  const PetscReal beta = r->weight[0], gamma = r->weight[1], p = r->weight[2];
  const PetscReal t = (PetscReal)(e + 1) / (PetscReal)r->N;
  const PetscReal a = p > 1.5 ? t * t : p > 0.5 ? t : 1.0;

  return (Weights){a, e < r->N - 1 ? beta : 0.0, e < 2 * m ? gamma : 0.0, e < m ? gamma * a : 0.0};
}

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  const PetscInt m = N / 3;

  i[0] = e;
  i[1] = e + 1 < N ? e + 1 : e;
  i[2] = e + m < N ? e + m : e;
  i[3] = e + 2 * m < N ? e + 2 * m : e;
}

static PetscReal Value(const TermRange *r, const PetscScalar xs[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const Weights   s = TermWeights(r, k);
    const PetscReal x = xs[i[0]], y = xs[i[1]], z = xs[i[2]], w = xs[i[3]];
    const PetscReal p = y + y * y, z2 = z * z, h = s.a + s.b * p * p + s.c * z2 * z2;

    f += x * x * h + s.d * x * w;
    if (!g) continue;
    g[i[0]] += 2.0 * x * h + s.d * w;
    g[i[1]] += 2.0 * s.b * x * x * p * (1.0 + 2.0 * y);
    g[i[2]] += 4.0 * s.c * x * x * z2 * z;
    g[i[3]] += s.d * x;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar xs[], const PetscScalar vs[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const Weights   s = TermWeights(r, k);
    const PetscReal x = xs[i[0]], y = xs[i[1]], z = xs[i[2]];
    const PetscReal u = vs[i[0]], v = vs[i[1]], t = vs[i[2]], q = vs[i[3]];
    const PetscReal p = y + y * y, dp = 1.0 + 2.0 * y, z2 = z * z;
    const PetscReal xx = 2.0 * (s.a + s.b * p * p + s.c * z2 * z2);
    const PetscReal xy = 4.0 * s.b * x * p * dp, yy = 2.0 * s.b * x * x * (dp * dp + 2.0 * p);
    const PetscReal xz = 8.0 * s.c * x * z2 * z, zz = 12.0 * s.c * x * x * z2;

    Hv[i[0]] += xx * u + xy * v + xz * t + s.d * q;
    Hv[i[1]] += xy * u + yy * v;
    Hv[i[2]] += xz * u + zz * t;
    Hv[i[3]] += s.d * u;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 2.0;
}

static PetscErrorCode Create(Problem prob, PetscInt n, const TermsForm *form)
{
  PetscFunctionBegin;
  n = PetscMax(3, n - n % 3);
  PetscCall(TermsCreate(prob, n, n, form));
  prob->fstar = 1.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MEMBER(letter, beta, gamma, p)                                                             \
  PetscErrorCode ProblemCreate_Dixmaan##letter(Problem prob, PetscInt n)                           \
  {                                                                                                \
    static const TermsForm form = {.width    = 4,                                                  \
                                   .constant = 1.0,                                                \
                                   .weight   = {beta, gamma, p},                                   \
                                   .unknowns = Unknowns,                                           \
                                   .start    = Start,                                              \
                                   .value    = Value,                                              \
                                   .hessvec  = HessVec};                                            \
                                                                                                   \
    return Create(prob, n, &form);                                                                 \
  }

MEMBER(A, 0.0, 0.125, 0)
MEMBER(F, 0.0625, 0.0625, 1)
MEMBER(J, 0.0625, 0.0625, 2)
MEMBER(L, 0.26, 0.26, 2)
