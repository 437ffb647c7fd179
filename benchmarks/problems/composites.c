/* SPDX-License-Identifier: BSD-2-Clause
   Where to put two elastic materials in a square rod to make it stiffest against torsion.

   f(v) = int psi(|grad v|) + v, v = 0 on the boundary, lambda = 0.008; Goodman, Kohn, Reyna (1986),
   MINPACK-2's ODC. psi is mu2 s^2/2 up to s1, linear up to s2, and mu1 s^2/2 plus a constant from
   there, with one derivative; so the Hessian is semidefinite between s1 and s2, and jumps there. */
#include "grid.h"

#define LAMBDA 0.008
#define MU1    1.
#define MU2    2.

/* breakpoints; s1 MU2 = s2 MU1 */
#define S1 PetscSqrtReal(2 * LAMBDA * MU1 / MU2)
#define S2 PetscSqrtReal(2 * LAMBDA * MU2 / MU1)

/* With c = s restricted to [s1,s2], for every s:
   psi = MU2 s1 c - LAMBDA MU1 + k (s^2 - c^2)/2 and k = psi'/s = MU2 s1/c. */
static void Density(PetscInt n, const PetscReal *restrict t, PetscReal *restrict phi,
                    PetscReal *restrict k)
{
  const PetscReal s1 = S1, s2 = S2;

  for (PetscInt i = 0; i < n; i++) {
    const PetscReal s = PetscSqrtReal(t[i]), c = s < s1 ? s1 : s > s2 ? s2 : s;

    k[i]   = MU2 * s1 / c;
    phi[i] = MU2 * s1 * c - LAMBDA * MU1 + 0.5 * k[i] * (s - c) * (s + c);
  }
}

static void Tangent(PetscInt n, const PetscReal *restrict t, PetscReal *restrict k,
                    PetscReal *restrict dk)
{
  const PetscReal s1 = S1, s2 = S2;

  for (PetscInt i = 0; i < n; i++) {
    const PetscReal s = PetscSqrtReal(t[i]), c = s < s1 ? s1 : s > s2 ? s2 : s;

    k[i]  = MU2 * s1 / c;
    dk[i] = s > s1 && s < s2 ? -0.5 * k[i] / (c * c) : 0;
  }
}

static void Source(PetscInt n, const PetscScalar v[], PetscReal w[], PetscReal dw[])
{
  for (PetscInt i = 0; i < n; i++) {
    w[i]  = v[i];
    dw[i] = 1;
  }
}

static PetscReal Start(Grid grid, PetscInt i, PetscInt j)
{
  return -PetscSqr(GridDistance(grid, i, j));
}

PetscErrorCode ProblemCreate_Composites(Problem prob, PetscInt n)
{
  static const GridEnergy energy = {
    .density = Density, .tangent = Tangent, .source = Source, .start = Start};

  PetscFunctionBegin;
  PetscCall(GridCreateEnergy(prob, n, &energy));
  PetscFunctionReturn(PETSC_SUCCESS);
}
