/* SPDX-License-Identifier: BSD-2-Clause
   SPARSQUR of CUTE, Gould (1995), a sparse quartic:
   f = 1/8 sum_i i (sum_k x_{i_k}^2)^2, the i_k = c i - 1 mod n + 1, c = 1, 2, 3, 5, 7, 11. */
#include "group.h"

enum { WIDTH = 6 };

/* i of the formula is e + 1, so that i_k - 1 is c e + c - 1 mod n */
static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  static const PetscInt c[WIDTH] = {1, 2, 3, 5, 7, 11};

  for (PetscInt j = 0; j < WIDTH; j++) i[j] = (c[j] * e + c[j] - 1) % N;
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  PetscReal u = 0.0;

  for (PetscInt j = 0; j < WIDTH; j++) {
    u += x[j] * x[j];
    d[j] = 2.0 * x[j];
  }
  return u;
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  for (PetscInt j = 0; j < WIDTH; j++) w[j] = 2.0 * v[j];
}

static inline void Outer(PetscInt N, PetscInt e, PetscReal u, PetscReal p[])
{
  GroupScale((PetscReal)(e + 1) / 8.0, p);
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.5;
}

static const Group group = {.width = WIDTH, .inner = Inner, .curvature = Curvature, .outer = Outer};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = WIDTH, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Sparsqur(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
