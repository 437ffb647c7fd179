/* SPDX-License-Identifier: BSD-2-Clause
   NONCVXU2 of CUTE, Gould (1996):
   f = sum_i s_i^2 + 4 cos s_i, s_i = x_i + x_j + x_k,
   j = 3i - 2 mod n + 1, k = 7i - 3 mod n + 1. */
#include "group.h"

/* i of the formula is e + 1 */
static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e;
  i[1] = (3 * e + 1) % N;
  i[2] = (7 * e + 4) % N;
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  d[0] = d[1] = d[2] = 1.0;
  return x[0] + x[1] + x[2];
}

static inline void Outer(PetscInt N, PetscInt e, PetscReal u, PetscReal p[])
{
  p[0] = u * u + 4.0 * PetscCosReal(u);
  p[1] = 2.0 * u - 4.0 * PetscSinReal(u);
  p[2] = 2.0 - 4.0 * PetscCosReal(u);
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return (PetscReal)(i + 1);
}

static const Group group = {.width = 3, .inner = Inner, .outer = Outer};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 3, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

/* Each term is least where s = 2 sin s; that bounds f from below, and is reached where the s_i can
   have these values all at once. There are many local minimisers. */
PetscErrorCode ProblemCreate_Noncvxu2(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar     = 2.316808419788213 * (PetscReal)n;
  prob->fstar_tol = 1e-12;
  PetscFunctionReturn(PETSC_SUCCESS);
}
