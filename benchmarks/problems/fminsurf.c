/* SPDX-License-Identifier: BSD-2-Clause
   FMINSURF of CUTE, a minimal surface with free boundary, after Griewank and Toint (1982): on the
   p^2 vertices of a grid of the unit square,
   f = 1/(p-1)^2 sum_cells sqrt(1 + (p-1)^2/2 (a^2 + b^2)) + (sum_i x_i/p^2)^2,
   a and b the differences of x along the diagonals of the cell. */
#include "grid.h"
#include "sumterm.h"

/* The differences along a cell's diagonals */
typedef struct {
  PetscReal a, b;
} Cell;

static inline Cell Diagonals(PetscScalar **x, PetscInt i, PetscInt j)
{
  return (Cell){x[j][i] - x[j + 1][i + 1], x[j][i + 1] - x[j + 1][i]};
}

static inline void AddDiagonals(PetscScalar **g, PetscInt i, PetscInt j, Cell c)
{
  g[j][i] += c.a;
  g[j + 1][i + 1] -= c.a;
  g[j][i + 1] += c.b;
  g[j + 1][i] -= c.b;
}

/* The rank of a cell's first vertex computes it; returns the sum of the areas. g, with ghosts, gets
   the gradient, or, if d is not NULL, its derivative along d. */
static PetscReal Cells(Grid grid, PetscScalar **x, PetscScalar **d, PetscScalar **g)
{
  const PetscInt  xe  = PetscMin(grid->xs + grid->xm, grid->nx - 1);
  const PetscInt  ye  = PetscMin(grid->ys + grid->ym, grid->ny - 1);
  const PetscReal q   = 0.5 * (PetscReal)(grid->nx - 1) * (PetscReal)(grid->ny - 1);
  PetscReal       sum = 0.0;

  for (PetscInt j = grid->ys; j < ye; j++) {
    for (PetscInt i = grid->xs; i < xe; i++) {
      const Cell      c = Diagonals(x, i, j);
      const PetscReal s = PetscSqrtReal(1.0 + q * (c.a * c.a + c.b * c.b));

      sum += s;
      if (d) {
        const Cell      v = Diagonals(d, i, j);
        const PetscReal t = q * (c.a * v.a + c.b * v.b) / (s * s);

        AddDiagonals(g, i, j, (Cell){(v.a - t * c.a) / (2.0 * s), (v.b - t * c.b) / (2.0 * s)});
      } else if (g) AddDiagonals(g, i, j, (Cell){c.a / (2.0 * s), c.b / (2.0 * s)});
    }
  }
  return sum / (2.0 * q);
}

/* G := what the ranks have put into their copies, ghosts included */
static PetscErrorCode AddLocal(Problem prob, Vec *local, void *array, Vec G)
{
  PetscFunctionBegin;
  PetscCall(DMDAVecRestoreArray(prob->dm, *local, array));
  PetscCall(VecSet(G, 0.0));
  PetscCall(DMLocalToGlobal(prob->dm, *local, ADD_VALUES, G));
  PetscCall(DMRestoreLocalVector(prob->dm, local));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GetZero(Problem prob, Vec *local, void *array)
{
  PetscFunctionBegin;
  PetscCall(DMGetLocalVector(prob->dm, local));
  PetscCall(VecSet(*local, 0.0));
  PetscCall(DMDAVecGetArray(prob->dm, *local, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_FMinSurf(Problem prob, Vec X, PetscReal *f, Vec G)
{
  Vec           localx, localg;
  PetscScalar **x, **g = NULL;
  PetscReal     sum;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, X, &localx, &x));
  if (G) PetscCall(GetZero(prob, &localg, &g));
  sum = Cells((Grid)prob->data, x, NULL, g);
  if (G) PetscCall(AddLocal(prob, &localg, &g, G));
  PetscCall(GridRestoreLocal(prob, &localx, &x));
  PetscCall(GridReduce(prob, sum, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_FMinSurf(Problem prob, Vec X, Vec D, Vec H)
{
  Vec           localx, locald, localh;
  PetscScalar **x, **d, **h;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, X, &localx, &x));
  PetscCall(GridGetLocal(prob, D, &locald, &d));
  PetscCall(GetZero(prob, &localh, &h));
  (void)Cells((Grid)prob->data, x, d, h);
  PetscCall(AddLocal(prob, &localh, &h, H));
  PetscCall(GridRestoreLocal(prob, &locald, &d));
  PetscCall(GridRestoreLocal(prob, &localx, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1 + 8 s + 4 t at the boundary points (s, t), 0 inside */
static PetscErrorCode Start_FMinSurf(Problem prob, Vec X)
{
  Grid          grid = (Grid)prob->data;
  PetscScalar **x;

  PetscFunctionBegin;
  PetscCall(DMDAVecGetArrayWrite(prob->dm, X, &x));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscReal s = (PetscReal)i / (grid->nx - 1), t = (PetscReal)j / (grid->ny - 1);
      const PetscBool inside = (PetscBool)(i && j && i < grid->nx - 1 && j < grid->ny - 1);

      x[j][i] = inside ? 0.0 : 1.0 + 8.0 * s + 4.0 * t;
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, X, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SquaredMean(PetscInt N, PetscReal S, PetscReal h[3])
{
  const PetscReal mean = S / (PetscReal)N;

  h[0] = mean * mean;
  h[1] = 2.0 * mean / (PetscReal)N;
  h[2] = 2.0 / ((PetscReal)N * (PetscReal)N);
}

static const SumTerm height = {.outer = SquaredMean};

/* The least value is that of the flat surface x = 0; the differences along diagonals do not see a
   chequerboard either, so that the Hessian there is singular. */
PetscErrorCode ProblemCreate_FMinSurf(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 1, DM_BOUNDARY_NONE, DMDA_STENCIL_BOX, 0));
  prob->start   = Start_FMinSurf;
  prob->objgrad = ObjGrad_FMinSurf;
  prob->hessvec = HessVec_FMinSurf;
  PetscCall(SumTermAdd(prob, &height));
  prob->fstar     = 1.0;
  prob->fstar_tol = 1e-13;
  PetscFunctionReturn(PETSC_SUCCESS);
}
