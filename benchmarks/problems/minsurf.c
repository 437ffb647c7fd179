/* SPDX-License-Identifier: BSD-2-Clause
   The surface of least area over [-1/2,1/2]^2 with the boundary of Enneper's surface.

   f(v) = int sqrt(1 + |grad v|^2); MINPACK-2's MSA. */
#include "grid.h"

/* phi = sqrt(1 + t) */
static void Density(PetscInt n, const PetscReal *restrict t, PetscReal *restrict phi,
                    PetscReal *restrict k)
{
  for (PetscInt i = 0; i < n; i++) {
    phi[i] = PetscSqrtReal(1 + t[i]);
    k[i]   = 1 / phi[i];
  }
}

static void Tangent(PetscInt n, const PetscReal *restrict t, PetscReal *restrict k,
                    PetscReal *restrict dk)
{
  for (PetscInt i = 0; i < n; i++) {
    k[i]  = 1 / PetscSqrtReal(1 + t[i]);
    dk[i] = -0.5 * k[i] * k[i] * k[i];
  }
}

/* Enneper's surface is x = u + u v^2 - u^3/3, y = -v - u^2 v + v^3/3, z = u^2 - v^2: u and v by
   Newton's method, which settles in five steps on this square */
static PetscReal Enneper(PetscReal x, PetscReal y)
{
  const PetscReal px = x - 0.5, py = y - 0.5;
  PetscReal       u = px, v = -py;

  for (int it = 0; it < 8; it++) {
    const PetscReal rx = u + u * v * v - u * u * u / 3 - px;
    const PetscReal ry = -v - u * u * v + v * v * v / 3 - py;
    const PetscReal a = 1 + v * v - u * u, b = 2 * u * v, d = v * v - u * u - 1; /* (a b; -b d) */
    const PetscReal det = a * d + b * b;

    u -= (d * rx - b * ry) / det;
    v -= (b * rx + a * ry) / det;
  }
  return u * u - v * v;
}

/* the mean of the linear interpolants of opposite sides */
static PetscReal Start(Grid grid, PetscInt i, PetscInt j)
{
  const PetscReal x = (i + 1) * grid->hx, y = (j + 1) * grid->hy;

  return ((1 - x) * grid->left[j + 1] + x * grid->right[j + 1] + (1 - y) * grid->bottom[i + 1] +
          y * grid->top[i + 1]) /
         2;
}

PetscErrorCode ProblemCreate_MinSurf(Problem prob, PetscInt n)
{
  static const GridEnergy energy = {
    .density = Density, .tangent = Tangent, .boundary = Enneper, .start = Start};

  PetscFunctionBegin;
  PetscCall(GridCreateEnergy(prob, n, &energy));
  PetscFunctionReturn(PETSC_SUCCESS);
}
