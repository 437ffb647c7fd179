/* SPDX-License-Identifier: BSD-2-Clause
   POWELLSG of CUTE, Powell's singular function, More, Garbow, Hillstrom (1981), problem 13,
   n = 4 m: f = sum over the quads (a,b,c,d) of
   (a + 10 b)^2 + 5 (c - d)^2 + (b - 2 c)^4 + 10 (a - d)^4. */
#include "terms.h"

static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const PetscReal a = x[i[0]], b = x[i[1]], c = x[i[2]], d = x[i[3]];
    const PetscReal p = a + 10.0 * b, q = c - d, s = b - 2.0 * c, t = a - d;

    f += p * p + 5.0 * q * q + s * s * s * s + 10.0 * t * t * t * t;
    if (!g) continue;
    g[i[0]] += 2.0 * p + 40.0 * t * t * t;
    g[i[1]] += 20.0 * p + 4.0 * s * s * s;
    g[i[2]] += 10.0 * q - 8.0 * s * s * s;
    g[i[3]] -= 10.0 * q + 40.0 * t * t * t;
  }
  return f;
}

static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                    PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + 4 * k;
    const PetscReal a = v[i[0]], b = v[i[1]], c = v[i[2]], d = v[i[3]];
    const PetscReal s = x[i[1]] - 2.0 * x[i[2]], t = x[i[0]] - x[i[3]];
    const PetscReal Hp = 2.0 * (a + 10.0 * b), Hq = 10.0 * (c - d);
    const PetscReal Hs = 12.0 * s * s * (b - 2.0 * c), Ht = 120.0 * t * t * (a - d);

    Hv[i[0]] += Hp + Ht;
    Hv[i[1]] += 10.0 * Hp + Hs;
    Hv[i[2]] += Hq - 2.0 * Hs;
    Hv[i[3]] -= Hq + Ht;
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  const PetscReal quad[4] = {3.0, -1.0, 0.0, 1.0};

  return quad[i % 4];
}

static const TermsForm form = {
  .width = 4, .unknowns = TermsQuads, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Powellsg(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(4, n - n % 4);
  PetscCall(TermsCreate(prob, n, n / 4, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
