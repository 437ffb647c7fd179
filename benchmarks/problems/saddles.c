/* SPDX-License-Identifier: BSD-2-Clause
   Starts at saddle points: n/2 copies of a function of two unknowns, at x = y = 0.

     saddle   x^4 - y^2 + y^4: curvature -2 along y; minima -1/4 at x = 0, y^2 = 1/2
     monkey   x^3 - 3 x y^2 + 3/4 (x^2 + y^2)^2, the monkey saddle (Hilbert and Cohn-Vossen,
              Anschauliche Geometrie, 1932, section 29) held together: no curvature at all, three
              ways down; minima -1/4 at distance 1 */
#include "terms.h"

static PetscReal SaddleValue(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  i = r->idx[2 * k], j = r->idx[2 * k + 1];
    const PetscReal aa = x[i] * x[i], bb = x[j] * x[j];

    f += aa * aa - bb + bb * bb;
    if (!g) continue;
    g[i] += 4.0 * aa * x[i];
    g[j] += (4.0 * bb - 2.0) * x[j];
  }
  return f;
}

static void SaddleHessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                          PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt i = r->idx[2 * k], j = r->idx[2 * k + 1];

    Hv[i] += 12.0 * x[i] * x[i] * v[i];
    Hv[j] += (12.0 * x[j] * x[j] - 2.0) * v[j];
  }
}

static PetscReal MonkeyValue(const TermRange *r, const PetscScalar x[], PetscScalar g[])
{
  PetscReal f = 0.0;

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  i = r->idx[2 * k], j = r->idx[2 * k + 1];
    const PetscReal a = x[i], b = x[j], rr = a * a + b * b;

    f += a * (a * a - 3.0 * b * b) + 0.75 * rr * rr;
    if (!g) continue;
    g[i] += 3.0 * (a * a - b * b) + 3.0 * rr * a;
    g[j] += 3.0 * rr * b - 6.0 * a * b;
  }
  return f;
}

static void MonkeyHessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],
                          PetscScalar Hv[])
{
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt  i = r->idx[2 * k], j = r->idx[2 * k + 1];
    const PetscReal a = x[i], b = x[j], mixed = 6.0 * a * b - 6.0 * b;

    Hv[i] += (6.0 * a + 9.0 * a * a + 3.0 * b * b) * v[i] + mixed * v[j];
    Hv[j] += mixed * v[i] + (3.0 * a * a + 9.0 * b * b - 6.0 * a) * v[j];
  }
}

static void Pair(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = 2 * e;
  i[1] = 2 * e + 1;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.0;
}

static const TermsForm saddle = {
  .width = 2, .unknowns = Pair, .start = Start, .value = SaddleValue, .hessvec = SaddleHessVec};
static const TermsForm monkey = {
  .width = 2, .unknowns = Pair, .start = Start, .value = MonkeyValue, .hessvec = MonkeyHessVec};

static PetscErrorCode Create(Problem prob, PetscInt n, const TermsForm *form)
{
  PetscFunctionBegin;
  n = PetscMax(2, n - n % 2);
  PetscCall(TermsCreate(prob, n, n / 2, form));
  prob->fstar = -0.125 * (PetscReal)n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Saddle(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(Create(prob, n, &saddle));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Monkey(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(Create(prob, n, &monkey));
  PetscFunctionReturn(PETSC_SUCCESS);
}
