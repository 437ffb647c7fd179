/* SPDX-License-Identifier: BSD-2-Clause
   LIARWHD of CUTE, Li (1990), an arrow: f = sum_i 4 (x_i^2 - x_1)^2 + (x_i - 1)^2. */
#include "group.h"

/* Term 2 i is the i-th of the first kind, 2 i + 1 of the second; x_1 is in half of them. */
static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e / 2;
  i[1] = e % 2 ? e / 2 : 0;
}

static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  d[0] = e % 2 ? 1.0 : 4.0 * x[0];
  d[1] = e % 2 ? 0.0 : -2.0;
  return e % 2 ? x[0] - 1.0 : 2.0 * (x[0] * x[0] - x[1]);
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  w[0] = e % 2 ? 0.0 : 4.0 * v[0];
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 4.0;
}

static const Group group = {.width = 2, .inner = Inner, .curvature = Curvature};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 2, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Liarwhd(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(TermsCreate(prob, n, 2 * n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
