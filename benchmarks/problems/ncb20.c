/* SPDX-License-Identifier: BSD-2-Clause
   NCB20 of CUTE, Toint (1992), a band with frequent negative curvature: m = n - 10 unknowns x and
   the last ten y,
   f = 2 + sum_{i<=m-20} (10/i (sum_{j<20} x_{i+j}/(1 + x_{i+j}^2))^2 - sum_{j<20} x_{i+j}/5)
         + sum_{i<=m} (x_i^4 + 2) + 1e-4 sum_{i<=10} (x_i x_{i+10} y_i + 2 y_i^2). */
#include "group.h"

enum { BAND = 20, NY = 10 };

/* Terms 2 i and 2 i + 1 are the square of band i, nothing if there is none, and what x_i has by
   itself; the last ten terms are those of the y. */
typedef enum { SQUARE, SINGLE, PRODUCT } Kind;

static inline Kind TermKind(PetscInt N, PetscInt e, PetscInt *i)
{
  const PetscInt m = N - NY;

  *i = e < 2 * m ? e / 2 : e - 2 * m;
  return e >= 2 * m ? PRODUCT : e % 2 ? SINGLE : SQUARE;
}

static void Unknowns(PetscInt N, PetscInt e, PetscInt idx[])
{
  PetscInt   i;
  const Kind kind = TermKind(N, e, &i);

  for (PetscInt j = 0; j < BAND; j++) {
    idx[j] = kind == SQUARE ? PetscMin(i + j, N - NY - 1) : i;
  }
  if (kind == PRODUCT) {
    idx[1] = i + NY;
    idx[2] = N - NY + i;
  }
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  PetscReal u = 0.0;
  PetscInt  i;

  switch (TermKind(N, e, &i)) {
  case SINGLE:
    d[0] = 1.0;
    return x[0];
  case PRODUCT:
    d[0] = x[1] * x[2];
    d[1] = x[0] * x[2];
    d[2] = x[0] * x[1] + 4.0 * x[2];
    return x[0] * x[1] * x[2] + 2.0 * x[2] * x[2];
  case SQUARE:
    if (i >= N - NY - BAND) break;
    for (PetscInt j = 0; j < BAND; j++) {
      const PetscReal q = 1.0 / (1.0 + x[j] * x[j]);

      u += x[j] * q;
      d[j] = (1.0 - x[j] * x[j]) * q * q;
    }
  }
  return u;
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  PetscInt   i;
  const Kind kind = TermKind(N, e, &i);

  if (kind == PRODUCT) {
    w[0] = x[1] * v[2] + x[2] * v[1];
    w[1] = x[0] * v[2] + x[2] * v[0];
    w[2] = x[0] * v[1] + x[1] * v[0] + 4.0 * v[2];
  } else if (kind == SQUARE && i < N - NY - BAND) {
    for (PetscInt j = 0; j < BAND; j++) {
      const PetscReal q = 1.0 / (1.0 + x[j] * x[j]);

      w[j] = 2.0 * x[j] * (x[j] * x[j] - 3.0) * q * q * q * v[j];
    }
  }
}

static inline void Outer(PetscInt N, PetscInt e, PetscReal u, PetscReal p[])
{
  PetscInt  i;
  PetscReal c;

  switch (TermKind(N, e, &i)) {
  case SQUARE:
    GroupScale(10.0 / (PetscReal)(i + 1), p);
    break;
  case SINGLE:
    /* x_i is in the bands from i - 19 to i, as far as there are such */
    c    = 0.2 * (PetscReal)(PetscMin(i, N - NY - BAND - 1) - PetscMax(0, i - BAND + 1) + 1);
    p[0] = u * u * u * u - c * u + 2.0;
    p[1] = 4.0 * u * u * u - c;
    p[2] = 12.0 * u * u;
    break;
  case PRODUCT:
    p[0] = 1e-4 * u;
    p[1] = 1e-4;
    p[2] = 0.0;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i < N - NY ? 0.0 : 1.0;
}

static const Group group = {.width = BAND, .inner = Inner, .curvature = Curvature, .outer = Outer};
GROUP_LOOPS(group)

static const TermsForm form = {.width    = BAND,
                               .constant = 2.0,
                               .unknowns = Unknowns,
                               .start    = Start,
                               .value    = Value,
                               .hessvec  = HessVec};

PetscErrorCode ProblemCreate_NCB20(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(BAND + NY + 1, n);
  PetscCall(TermsCreate(prob, n, 2 * (n - NY) + NY, &form));
  PetscFunctionReturn(PETSC_SUCCESS);
}
