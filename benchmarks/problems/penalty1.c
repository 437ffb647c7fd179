/* SPDX-License-Identifier: BSD-2-Clause
   PENALTY1 of CUTE, More, Garbow, Hillstrom (1981), problem 23:
   f = 1e-5 sum_i (x_i - 1)^2 + (sum_i x_i^2 - 1/4)^2. */
#include "group.h"
#include "sumterm.h"

#define WEIGHT 1e-5

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e;
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  d[0] = 1.0;
  return x[0] - 1.0;
}

static inline void Outer(PetscInt N, PetscInt e, PetscReal u, PetscReal p[])
{
  GroupScale(WEIGHT, p);
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return (PetscReal)(i + 1);
}

static const Group group = {.width = 1, .inner = Inner, .outer = Outer};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 1, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

static void Penalty(PetscInt N, PetscReal S, PetscReal h[3])
{
  h[0] = (S - 0.25) * (S - 0.25);
  h[1] = 2.0 * (S - 0.25);
  h[2] = 2.0;
}

static const SumTerm penalty = {.squares = PETSC_TRUE, .outer = Penalty};

/* At a stationary point all x_i are equal, for each satisfies the same linear equation; that makes
   it a root t of the cubic 1e-5 (t - 1) + 2 t (n t^2 - 1/4). Newton's method falls to the largest
   root from above it. */
PetscErrorCode ProblemCreate_Penalty1(Problem prob, PetscInt n)
{
  const PetscReal m = (PetscReal)n;
  PetscReal       t = 1.0;

  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  PetscCall(SumTermAdd(prob, &penalty));
  for (int it = 0; it < 60; it++) {
    t -= (WEIGHT * (t - 1.0) + 2.0 * t * (m * t * t - 0.25)) / (WEIGHT + 6.0 * m * t * t - 0.5);
  }
  prob->fstar     = WEIGHT * m * (t - 1.0) * (t - 1.0) + PetscSqr(m * t * t - 0.25);
  prob->fstar_tol = 1e-12;
  PetscFunctionReturn(PETSC_SUCCESS);
}
