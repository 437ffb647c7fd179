/* SPDX-License-Identifier: BSD-2-Clause
   SINQUAD of CUTE, Gould (1989), as its author meant it (SINQUAD2 of CUTEst):
   f = (x_1 - 1)^4 + sum_{1<i<n} (sin(x_i - x_n) - x_1^2 + x_i^2)^2 + (x_n^2 - x_1^2)^2. */
#include "group.h"

static void Unknowns(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = 0;
  i[1] = e;
  i[2] = N - 1;
}

/* x_n^2 - x_1^2 is of the middle kind, as sin 0 = 0; its unknown x_n comes in by two ways. */
static inline PetscReal Inner(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[])
{
  if (e == 0) {
    d[0] = 2.0 * (x[0] - 1.0);
    return (x[0] - 1.0) * (x[0] - 1.0);
  }
  d[0] = -2.0 * x[0];
  d[1] = PetscCosReal(x[1] - x[2]) + 2.0 * x[1];
  d[2] = -PetscCosReal(x[1] - x[2]);
  return PetscSinReal(x[1] - x[2]) - x[0] * x[0] + x[1] * x[1];
}

static inline void Curvature(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                             PetscReal w[])
{
  const PetscReal s = e ? PetscSinReal(x[1] - x[2]) * (v[1] - v[2]) : 0.0;

  w[0] = e ? -2.0 * v[0] : 2.0 * v[0];
  w[1] = e ? 2.0 * v[1] - s : 0.0;
  w[2] = s;
}

static PetscReal Start(PetscInt N, PetscInt i)
{
  return 0.1;
}

static const Group group = {.width = 3, .inner = Inner, .curvature = Curvature};
GROUP_LOOPS(group)

static const TermsForm form = {
  .width = 3, .unknowns = Unknowns, .start = Start, .value = Value, .hessvec = HessVec};

PetscErrorCode ProblemCreate_Sinquad(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  n = PetscMax(2, n);
  PetscCall(TermsCreate(prob, n, n, &form));
  prob->fstar = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
