/* SPDX-License-Identifier: BSD-2-Clause
   SPMSRTLS of CUTE, a tridiagonal square root of a matrix in least squares, Liu and Nocedal;
   Buckley (1989), problem 151: n = 3 m - 2,
   f = ||X^2 - B^2||^2 (Frobenius), X and B tridiagonal of order m, their entries numbered by rows,
   the k-th of B being sin(k^2). */
#include "group.h"

/* Of entry (i, j) of X^2, |i - j| <= 2, which is sum_k x_ik x_kj: the first k, and how many */
static inline PetscInt Products(PetscInt N, PetscInt e, PetscInt *i, PetscInt *j, PetscInt *k)
{
  const PetscInt m = (N + 2) / 3;
  PetscInt       last;

  *i   = e / 5;
  *j   = *i + e % 5 - 2;
  *k   = PetscMax(PetscMax(*i, *j) - 1, 0);
  last = PetscMin(PetscMin(*i, *j) + 1, m - 1);
  return *j >= 0 && *j < m ? last - *k + 1 : 0;
}

/* (i, j) is number 2 i + j */
static void Unknowns(PetscInt N, PetscInt e, PetscInt idx[])
{
  PetscInt       i, j, k;
  const PetscInt n = Products(N, e, &i, &j, &k);

  for (PetscInt l = 0; l < 3; l++) {
    idx[2 * l]     = l < n ? 2 * i + k + l : 2 * i;
    idx[2 * l + 1] = l < n ? 2 * (k + l) + j : 2 * i;
  }
}

static inline PetscReal Sine(PetscInt i)
{
  return PetscSinReal(PetscSqr((PetscReal)(i + 1)));
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  PetscInt       i, j, k;
  const PetscInt n = Products(N, e, &i, &j, &k);
  PetscReal      u = 0.0;

  for (PetscInt l = 0; l < n; l++) {
    u += x[2 * l] * x[2 * l + 1] - Sine(2 * i + k + l) * Sine(2 * (k + l) + j);
    d[2 * l]     = x[2 * l + 1];
    d[2 * l + 1] = x[2 * l];
  }
  return u;
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  PetscInt       i, j, k;
  const PetscInt n = Products(N, e, &i, &j, &k);

  for (PetscInt l = 0; l < n; l++) {
    w[2 * l]     = v[2 * l + 1];
    w[2 * l + 1] = v[2 * l];
  }
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.2 * Sine(i);
}

static const Group group = {.width = 6, .inner = Inner, .curvature = Curvature};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 6, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Spmsrtls(Problem prob, PetscInt n)
{
  const PetscInt m = PetscMax(4, (n + 2) / 3);

  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, 3 * m - 2, 5 * m, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
