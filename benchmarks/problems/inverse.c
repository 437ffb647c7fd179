/* SPDX-License-Identifier: BSD-2-Clause
   Groundwater: the log-transmissivity m of an aquifer from the heads u measured in wells.

     f(m) = 1/2 sum_wells ((u(m) - d)/sigma)^2 + alpha/2 int |grad m|^2,
     -div(exp(m) grad u) = 1 on the unit square, u = 0 on its boundary,

   as in Vogel, Computational Methods for Inverse Problems (2002), ch. 6, and Haber, Ascher and
   Oldenburg, Inverse Problems 16 (2000). m and u live in the cells of a grid; the transmissivity
   between two cells is exp of the mean of their m: with e = exp(m/2), w = hy/hx or hx/hy and sums
   over the four neighbours n of the cell c,

     (A(m) u)_c = sum w e_c e_n (u_c - u_n) = hx hy.

   Beyond the boundary lies the mirror image of a cell, with m_n = m_c and u_n = -u_c, so that its
   four sides are alike. The adjoint p gives the gradient by one more solve, a product of the
   Hessian takes two (Villa, Petra and Ghattas, hIPPYlib, ACM Trans. Math. Softw. 47 (2021)):

     A p = -W (u - d)                            W = 1/sigma^2 at wells, else 0
     g   = alpha R m + D(p, u)                   D(p, u) = d/dm p'A(m)u
     A du = -A'[v] u,  A dp = -W du - A'[v] p
     H v = alpha R v + D'[v](p, u) + D(dp, u) + D(p, du)

   The data are heads of a known m, computed on the same grid, with noise of 1 % of the highest.
   Where the state cannot be solved, f and its derivatives are NaN on all ranks. */
#include "inverse.h"

#define ALPHA 10. /* of 1, 10, 30 and 100 the one with the smallest error of m */

/* y = alpha R x + D(p, u); or, with du and dp those of the direction x,
   y = alpha R x + D'[x](p, u) + D(dp, u) + D(p, du); x has ghosts */
static PetscErrorCode Derivative(Problem prob, Vec x, PetscBool direction, Vec y)
{
  const Inverse inv      = (Inverse)prob->data;
  const Grid    grid     = inv->grid;
  Vec           field[6] = {x, inv->e, inv->u, inv->p, inv->du, inv->dp};
  PetscScalar **a[6], **g;

  PetscFunctionBegin;
  for (int k = 0; k < 6; k++) PetscCall(DMDAVecGetArrayRead(prob->dm, field[k], &a[k]));
  PetscCall(DMDAVecGetArrayWrite(prob->dm, y, &g));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      g[j][i] = 0;
      for (int n = 0; n < 4; n++) {
        const PetscInt  in = i + InverseEast[n], jn = j + InverseNorth[n];
        const PetscReal u = InverseDrop(a[2], i, j, n), p = InverseDrop(a[3], i, j, n);
        PetscReal       t = p * u;

        if (direction) {
          t *= (a[0][j][i] + a[0][jn][in]) / 2;
          t += InverseDrop(a[5], i, j, n) * u + p * InverseDrop(a[4], i, j, n);
        }
        g[j][i] += InverseRatio(grid, n) *
                   (ALPHA * InverseDrop(a[0], i, j, n) + a[1][j][i] * a[1][jn][in] / 2 * t);
      }
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, y, &g));
  for (int k = 0; k < 6; k++) PetscCall(DMDAVecRestoreArrayRead(prob->dm, field[k], &a[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The misfit, and the regularisation of m, which has ghosts: each side is seen from two cells. */
static PetscErrorCode Energies(Problem prob, Vec m, PetscReal sum[2])
{
  const Inverse inv      = (Inverse)prob->data;
  const Grid    grid     = inv->grid;
  Vec           field[4] = {m, inv->u, inv->d, inv->W};
  PetscScalar **a[4];

  PetscFunctionBegin;
  sum[0] = sum[1] = 0;
  for (int k = 0; k < 4; k++) PetscCall(DMDAVecGetArrayRead(prob->dm, field[k], &a[k]));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      sum[0] += a[3][j][i] / 2 * PetscSqr(a[1][j][i] - a[2][j][i]);
      for (int n = 0; n < 4; n++) {
        sum[1] += ALPHA / 4 * InverseRatio(grid, n) * PetscSqr(InverseDrop(a[0], i, j, n));
      }
    }
  }
  for (int k = 0; k < 4; k++) PetscCall(DMDAVecRestoreArrayRead(prob->dm, field[k], &a[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_Inverse(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Vec       m;
  PetscReal sum[2];

  PetscFunctionBegin;
  PetscCall(InverseSolveState(prob, x));
  PetscCall(DMGetLocalVector(prob->dm, &m));
  PetscCall(InverseGhosts(prob, x, 1, m));
  if (f) {
    PetscCall(Energies(prob, m, sum));
    PetscCall(GridReduce(prob, sum[0] + sum[1], f));
  }
  if (g) {
    PetscCall(InverseSolveAdjoint(prob));
    PetscCall(Derivative(prob, m, PETSC_FALSE, g));
  }
  PetscCall(DMRestoreLocalVector(prob->dm, &m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_Inverse(Problem prob, Vec x, Vec v, Vec Hv)
{
  Vec local;

  PetscFunctionBegin;
  PetscCall(InverseSolveState(prob, x));
  PetscCall(InverseSolveAdjoint(prob));
  PetscCall(DMGetLocalVector(prob->dm, &local));
  PetscCall(InverseGhosts(prob, v, 1, local));
  PetscCall(InverseSolveTangents(prob, local));
  PetscCall(Derivative(prob, local, PETSC_TRUE, Hv));
  PetscCall(DMRestoreLocalVector(prob->dm, &local));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Inverse(Problem prob, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecZeroEntries(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report_Inverse(Problem prob, Vec x, PetscViewer viewer)
{
  Inverse        inv   = (Inverse)prob->data;
  const PetscInt wells = InverseWells(inv->grid);
  PetscReal      sum[2], misfit, norm, error;
  Vec            m;

  PetscFunctionBegin;
  PetscCall(InverseSolveState(prob, x));
  PetscCall(DMGetLocalVector(prob->dm, &m));
  PetscCall(InverseGhosts(prob, x, 1, m));
  PetscCall(Energies(prob, m, sum));
  PetscCall(DMRestoreLocalVector(prob->dm, &m));
  PetscCall(GridReduce(prob, sum[0], &misfit));
  PetscCall(InverseTruth(prob, inv->grid, inv->work));
  PetscCall(VecNorm(inv->work, NORM_2, &norm));
  PetscCall(VecAXPY(inv->work, -1, x));
  PetscCall(VecNorm(inv->work, NORM_2, &error));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "  %" PetscInt_FMT " wells, misfit %.3g by well (noise alone: "
                                   "about 1), error of m %.1f %%\n",
                                   wells, (double)(2 * misfit / wells),
                                   100 * (double)(error / norm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_Inverse(Problem prob)
{
  Inverse inv    = (Inverse)prob->data;
  Vec    *vecs[] = {&inv->m,   &inv->e,   &inv->u,    &inv->p, &inv->du, &inv->dp,
                    &inv->rhs, &inv->sol, &inv->work, &inv->d, &inv->W};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof(vecs) / sizeof(vecs[0]); k++) PetscCall(VecDestroy(vecs[k]));
  PetscCall(KSPDestroy(&inv->ksp));
  PetscCall(MatDestroy(&inv->A));
  prob->data = inv->grid;
  PetscCall(PetscFree(inv));
  PetscCall(GridDestroy(prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateData(Problem prob)
{
  Inverse inv = (Inverse)prob->data;
  Vec     m;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(prob->x, &m));
  PetscCall(InverseTruth(prob, inv->grid, m));
  PetscCall(InverseSolveState(prob, m));
  PetscCall(VecDestroy(&m));
  PetscCall(InverseMeasure(prob, inv->grid, inv->sol, inv->d, inv->W));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateVecs(Problem prob)
{
  Inverse inv      = (Inverse)prob->data;
  Vec    *global[] = {&inv->m, &inv->rhs, &inv->sol, &inv->work, &inv->d, &inv->W};
  Vec    *local[]  = {&inv->e, &inv->u, &inv->p, &inv->du, &inv->dp};

  PetscFunctionBegin;
  for (int k = 0; k < 6; k++) PetscCall(VecDuplicate(prob->x, global[k]));
  for (int k = 0; k < 5; k++) PetscCall(DMCreateLocalVector(prob->dm, local[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Inverse(Problem prob, PetscInt n)
{
  Inverse inv;

  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 1, DM_BOUNDARY_GHOSTED, DMDA_STENCIL_STAR, 1, 0));
  PetscCall(PetscNew(&inv));
  inv->grid     = (Grid)prob->data;
  prob->data    = inv;
  prob->destroy = Destroy_Inverse;
  inv->grid->hx = 1. / inv->grid->nx; /* of cells, where GridCreate() has vertices */
  inv->grid->hy = 1. / inv->grid->ny;
  PetscCall(CreateVecs(prob));
  PetscCall(InverseCreateSolver(prob));
  PetscCall(CreateData(prob));
  prob->start   = Start_Inverse;
  prob->objgrad = ObjGrad_Inverse;
  prob->hessvec = HessVec_Inverse;
  prob->report  = Report_Inverse;
  PetscFunctionReturn(PETSC_SUCCESS);
}
