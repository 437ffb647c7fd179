/* SPDX-License-Identifier: BSD-2-Clause
   Wood's function of four unknowns,
     w(a,b,c,d) = 100 (b - a^2)^2 + (1 - a)^2 + 90 (d - c^2)^2 + (1 - c)^2
                  + 10 (b + d - 2)^2 + (b - d)^2 / 10.
   WOODS of CUTE, More, Garbow, Hillstrom (1981), problem 14, n = 4 m: f = sum of w over the quads.
   CHAINWOO of CUTE, Conn, Gould, Toint (1988), problem 8, n even:
     f = 1 + sum_{i<n/2} w(x_{2i-1}, x_{2i}, x_{2i+1}, x_{2i+2}). */
#include "terms.h"

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const PetscReal a = x[i[0]], b = x[i[1]], c = x[i[2]], d = x[i[3]];
    const PetscReal p = b - a * a, q = d - c * c, s = b + d - 2.0, t = b - d;

    f += 100.0 * p * p + (1.0 - a) * (1.0 - a) + 90.0 * q * q + (1.0 - c) * (1.0 - c) +
         10.0 * s * s + 0.1 * t * t;
    if (!g) continue;
    g[i[0]] -= 400.0 * a * p + 2.0 * (1.0 - a);
    g[i[1]] += 200.0 * p + 20.0 * s + 0.2 * t;
    g[i[2]] -= 360.0 * c * q + 2.0 * (1.0 - c);
    g[i[3]] += 180.0 * q + 20.0 * s - 0.2 * t;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const PetscReal a = x[i[0]], b = x[i[1]], c = x[i[2]], d = x[i[3]];
    const PetscReal va = v[i[0]], vb = v[i[1]], vc = v[i[2]], vd = v[i[3]];

    Hv[i[0]] += (1200.0 * a * a - 400.0 * b + 2.0) * va - 400.0 * a * vb;
    Hv[i[1]] += 220.2 * vb - 400.0 * a * va + 19.8 * vd;
    Hv[i[2]] += (1080.0 * c * c - 360.0 * d + 2.0) * vc - 360.0 * c * vd;
    Hv[i[3]] += 200.2 * vd - 360.0 * c * vc + 19.8 * vb;
  }
}

static void Overlapping(PetscInt N, PetscInt e, PetscInt i[])
{
  for (PetscInt j = 0; j < 4; j++) i[j] = 2 * e + j;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i % 2 ? -1.0 : -3.0;
}

static PetscReal ChainStart(PetscInt N, PetscInt i)
{
  return i < 4 ? Start(N, i) : -2.0;
}

static const TermsForm quads = {
  .width = 4, .unknowns = TermsQuads, .start = Start, .value = Value, .hessvec = HessVec};

static const TermsForm chain = {.width    = 4,
                                .constant = 1.0,
                                .unknowns = Overlapping,
                                .start    = ChainStart,
                                .value    = Value,
                                .hessvec  = HessVec};

PetscErrorCode ProblemCreate_Woods(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(4, n - n % 4);
  PetscCall(TermsCreate(prob, n, n / 4, &quads));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least value is 1, at x = (1,...,1); there are other local minimisers. */
PetscErrorCode ProblemCreate_Chainwoo(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(4, n - n % 2);
  PetscCall(TermsCreate(prob, n, n / 2 - 1, &chain));
  prob->fstar = 1.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
