/* SPDX-License-Identifier: BSD-2-Clause
   VAREIGVL of CUTE, Auchmuty's variational eigenvalue problem, More (1989), problem 1: m = n - 1
   unknowns x and the last mu,
   f = ||A x - mu x||^2/2 + 2/3 ||x||^3, a_ij = sin(i j) exp(-(i - j)^2/m^2) where |i - j| <= 6. */
#include "group.h"
#include "sumterm.h"

enum { HALF = 6, WIDTH = 2 * HALF + 2 };

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  for (PetscInt j = 0; j <= 2 * HALF; j++) i[j] = PetscMin(PetscMax(e + j - HALF, 0), N - 2);
  i[WIDTH - 1] = N - 1;
}

/* Component e of A x - mu x; x[HALF] is x_e, x[WIDTH - 1] is mu */
static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  const PetscReal m = (PetscReal)(N - 1), i = (PetscReal)(e + 1);
  PetscReal       u = 0.0;

  for (PetscInt j = 0; j <= 2 * HALF; j++) {
    const PetscReal k = (PetscReal)(j - HALF);

    if (e + j < HALF || e + j - HALF > N - 2) continue;
    d[j] = PetscSinReal(i * (i + k)) * PetscExpReal(-k * k / (m * m));
    u += d[j] * x[j];
  }
  d[HALF] -= x[WIDTH - 1];
  d[WIDTH - 1] = -x[HALF];
  return u - x[WIDTH - 1] * x[HALF];
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  w[HALF]      = -v[WIDTH - 1];
  w[WIDTH - 1] = -v[HALF];
}

static inline void Outer(PetscInt N, PetscInt e, PetscReal u, PetscReal p[])
{
  GroupScale(0.5, p);
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return i < N - 1 ? 1.0 : 0.0;
}

static const Group group = {.width = WIDTH, .inner = Inner, .curvature = Curvature, .outer = Outer};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = WIDTH, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

/* 2/3 S^(3/2); at S = 0 its second derivative is infinite, that of ||x||^3 zero */
static void Cube(PetscInt N, PetscReal S, PetscReal h[3])
{
  const PetscReal r = PetscSqrtReal(S);

  h[0] = 2.0 / 3.0 * S * r;
  h[1] = r;
  h[2] = r > 0.0 ? 0.5 / r : 0.0;
}

static const SumTerm cube = {.squares = PETSC_TRUE, .skip = 1, .outer = Cube};

PetscErrorCode ProblemCreate_Vareigvl(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(WIDTH, n);
  PetscCall(TermsCreate(prob, n, n - 1, &form));
  PetscCall(SumTermAdd(prob, &cube));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
