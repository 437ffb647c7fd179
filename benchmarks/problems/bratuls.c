/* SPDX-License-Identifier: BSD-2-Clause
   Bratu's equation as a least-squares problem: half the squares of the residual

     F(u) = hx hy (-laplace_h u - lambda exp(u)),   u = 0 on the boundary, lambda = 5,

   by the five-point star. The DMDA has the star that F takes; the gradient J'F takes it twice, so
   that the Hessian has more couplings than the DM knows, and the condition of J squared. */
#include "grid.h"

#define LAMBDA 5.

/* w = J v with J = dF/du at u, which is symmetric; F(u) itself where v is NULL */
static PetscErrorCode Residual(Problem prob, Vec u, Vec v, Vec w)
{
  Grid                grid = (Grid)prob->data;
  const PetscReal     cx = grid->hy / grid->hx, cy = grid->hx / grid->hy;
  const PetscReal     source = LAMBDA * grid->hx * grid->hy;
  const PetscScalar **a, **b;
  PetscScalar       **c;
  Vec                 local;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, v ? v : u, &local, &a));
  PetscCall(DMDAVecGetArrayRead(prob->dm, u, &b));
  PetscCall(DMDAVecGetArray(prob->dm, w, &c));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscScalar left = i > 0 ? a[j][i - 1] : 0.0, below = j > 0 ? a[j - 1][i] : 0.0;
      const PetscScalar right = i < grid->nx - 1 ? a[j][i + 1] : 0.0;
      const PetscScalar above = j < grid->ny - 1 ? a[j + 1][i] : 0.0;
      const PetscScalar slope = source * PetscExpReal(b[j][i]);

      c[j][i] = cx * (2.0 * a[j][i] - left - right) + cy * (2.0 * a[j][i] - below - above) -
                (v ? slope * a[j][i] : slope);
    }
  }
  PetscCall(DMDAVecRestoreArray(prob->dm, w, &c));
  PetscCall(DMDAVecRestoreArrayRead(prob->dm, u, &b));
  PetscCall(GridRestoreLocal(prob, &local, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start(Problem prob, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecZeroEntries(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjectiveGradient(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Vec       F;
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(DMGetGlobalVector(prob->dm, &F));
  PetscCall(Residual(prob, x, NULL, F));
  if (f) PetscCall(VecNorm(F, NORM_2, &norm));
  if (f) *f = 0.5 * norm * norm;
  if (g) PetscCall(Residual(prob, x, F, g));
  PetscCall(DMRestoreGlobalVector(prob->dm, &F));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H = J'J + diag(F d2F/du2), where the second derivative is that of the source */
static PetscErrorCode HessianVector(Problem prob, Vec x, Vec v, Vec Hv)
{
  Grid               grid   = (Grid)prob->data;
  const PetscReal    source = LAMBDA * grid->hx * grid->hy;
  const PetscScalar *u, *d, *r;
  PetscScalar       *h;
  PetscInt           n;
  Vec                w;

  PetscFunctionBegin;
  PetscCall(DMGetGlobalVector(prob->dm, &w));
  PetscCall(Residual(prob, x, v, w));
  PetscCall(Residual(prob, x, w, Hv));
  PetscCall(Residual(prob, x, NULL, w));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &u));
  PetscCall(VecGetArrayRead(v, &d));
  PetscCall(VecGetArrayRead(w, &r));
  PetscCall(VecGetArray(Hv, &h));
  for (PetscInt i = 0; i < n; i++) h[i] -= source * PetscExpReal(u[i]) * r[i] * d[i];
  PetscCall(VecRestoreArray(Hv, &h));
  PetscCall(VecRestoreArrayRead(w, &r));
  PetscCall(VecRestoreArrayRead(v, &d));
  PetscCall(VecRestoreArrayRead(x, &u));
  PetscCall(DMRestoreGlobalVector(prob->dm, &w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_BratuLS(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 1, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, 1, 0));
  prob->start     = Start;
  prob->objgrad   = ObjectiveGradient;
  prob->hessvec   = HessianVector;
  prob->fstar     = 0.0;
  prob->fstar_tol = 1e-8;
  PetscFunctionReturn(PETSC_SUCCESS);
}
