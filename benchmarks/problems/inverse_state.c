/* SPDX-License-Identifier: BSD-2-Clause
   The equations of the groundwater problem: its state, the adjoint, and their changes along a
   direction; inverse.c has the formulas. */
#include "inverse.h"
#include <math.h>

#define LARGEST_M 300. /* exp(m), squared, is still a number */

/* Fills the ghosts, those beyond the boundary by the mirror image times sign. */
PetscErrorCode InverseGhosts(Problem prob, Vec x, PetscReal sign, Vec local)
{
  const Grid     grid = ((Inverse)prob->data)->grid;
  const PetscInt xs = grid->xs, xe = xs + grid->xm, ys = grid->ys, ye = ys + grid->ym;
  PetscScalar  **a;

  PetscFunctionBegin;
  PetscCall(DMGlobalToLocal(prob->dm, x, INSERT_VALUES, local));
  PetscCall(DMDAVecGetArray(prob->dm, local, &a));
  for (PetscInt j = ys; j < ye; j++) {
    if (!xs) a[j][-1] = sign * a[j][0];
    if (xe == grid->nx) a[j][xe] = sign * a[j][xe - 1];
  }
  for (PetscInt i = xs; i < xe; i++) {
    if (!ys) a[-1][i] = sign * a[0][i];
    if (ye == grid->ny) a[ye][i] = sign * a[ye - 1][i];
  }
  PetscCall(DMDAVecRestoreArray(prob->dm, local, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row of A(m); a neighbour beyond the boundary is -u_c. */
static PetscErrorCode AssembleRow(const Inverse inv, PetscScalar **e, PetscInt i, PetscInt j)
{
  const Grid  grid     = inv->grid;
  MatStencil  row      = {.i = i, .j = j}, col[5];
  PetscScalar value[5] = {0};
  PetscInt    n        = 1;

  PetscFunctionBegin;
  col[0] = row;
  for (int k = 0; k < 4; k++) {
    const PetscInt  in = i + InverseEast[k], jn = j + InverseNorth[k];
    const PetscReal w = InverseRatio(grid, k) * e[j][i] * e[jn][in];

    if (in < 0 || jn < 0 || in == grid->nx || jn == grid->ny) value[0] += 2 * w;
    else {
      value[0] += w;
      value[n] = -w;
      col[n++] = (MatStencil){.i = in, .j = jn};
    }
  }
  PetscCall(MatSetValuesStencil(inv->A, 1, &row, n, col, value, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Assemble(Problem prob)
{
  Inverse       inv  = (Inverse)prob->data;
  const Grid    grid = inv->grid;
  PetscScalar **e;

  PetscFunctionBegin;
  PetscCall(VecCopy(inv->m, inv->work));
  PetscCall(VecScale(inv->work, 0.5));
  PetscCall(VecExp(inv->work));
  PetscCall(InverseGhosts(prob, inv->work, 1, inv->e));
  PetscCall(DMDAVecGetArrayRead(prob->dm, inv->e, &e));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      PetscCall(AssembleRow(inv, e, i, j));
    }
  }
  PetscCall(DMDAVecRestoreArrayRead(prob->dm, inv->e, &e));
  PetscCall(MatAssemblyBegin(inv->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(inv->A, MAT_FINAL_ASSEMBLY));
  PetscCall(KSPSetOperators(inv->ksp, inv->A, inv->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = A^-1 rhs with its ghosts, from a zero guess: f depends on m alone, not on its past. */
static PetscErrorCode Solve(Problem prob, Vec y)
{
  Inverse            inv    = (Inverse)prob->data;
  KSPConvergedReason reason = KSP_DIVERGED_NANORINF;

  PetscFunctionBegin;
  if (inv->usable) {
    PetscCall(KSPSolve(inv->ksp, inv->rhs, inv->sol));
    PetscCall(KSPGetConvergedReason(inv->ksp, &reason));
  }
  if (reason < 0) PetscCall(VecSet(inv->sol, (PetscScalar)NAN));
  PetscCall(InverseGhosts(prob, inv->sol, -1, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state at m, unless m is where the last one was solved. */
PetscErrorCode InverseSolveState(Problem prob, Vec m)
{
  Inverse            inv    = (Inverse)prob->data;
  int                now[2] = {!inv->known, 0}; /* another m; not usable */
  const PetscScalar *a, *b;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(m, &n));
  PetscCall(VecGetArrayRead(m, &a));
  PetscCall(VecGetArrayRead(inv->m, &b));
  for (PetscInt i = 0; i < n; i++) {
    now[0] |= !(a[i] == b[i]);
    now[1] |= !(PetscAbsScalar(a[i]) <= LARGEST_M);
  }
  PetscCall(VecRestoreArrayRead(m, &a));
  PetscCall(VecRestoreArrayRead(inv->m, &b));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, now, 2, MPI_INT, MPI_MAX, prob->comm));
  if (!now[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecCopy(m, inv->m));
  inv->known   = PETSC_TRUE;
  inv->adjoint = PETSC_FALSE;
  inv->usable  = (PetscBool)!now[1];
  if (inv->usable) PetscCall(Assemble(prob));
  PetscCall(VecSet(inv->rhs, inv->grid->hx * inv->grid->hy));
  PetscCall(Solve(prob, inv->u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A p = W (d - u), after InverseSolveState() */
PetscErrorCode InverseSolveAdjoint(Problem prob)
{
  Inverse inv = (Inverse)prob->data;

  PetscFunctionBegin;
  if (inv->adjoint) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMLocalToGlobal(prob->dm, inv->u, INSERT_VALUES, inv->work));
  PetscCall(VecAYPX(inv->work, -1, inv->d));
  PetscCall(VecPointwiseMult(inv->rhs, inv->W, inv->work));
  PetscCall(Solve(prob, inv->p));
  inv->adjoint = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r = r - A'[v] y; v, y with ghosts */
static PetscErrorCode SubtractTangent(Problem prob, Vec v, Vec y, Vec r)
{
  const Inverse inv  = (Inverse)prob->data;
  const Grid    grid = inv->grid;
  PetscScalar **ve, **ee, **ye, **re;

  PetscFunctionBegin;
  PetscCall(DMDAVecGetArrayRead(prob->dm, v, &ve));
  PetscCall(DMDAVecGetArrayRead(prob->dm, inv->e, &ee));
  PetscCall(DMDAVecGetArrayRead(prob->dm, y, &ye));
  PetscCall(DMDAVecGetArray(prob->dm, r, &re));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      for (int n = 0; n < 4; n++) {
        const PetscInt in = i + InverseEast[n], jn = j + InverseNorth[n];

        re[j][i] -= InverseRatio(grid, n) * ee[j][i] * ee[jn][in] * (ve[j][i] + ve[jn][in]) / 2 *
                    InverseDrop(ye, i, j, n);
      }
    }
  }
  PetscCall(DMDAVecRestoreArray(prob->dm, r, &re));
  PetscCall(DMDAVecRestoreArrayRead(prob->dm, y, &ye));
  PetscCall(DMDAVecRestoreArrayRead(prob->dm, inv->e, &ee));
  PetscCall(DMDAVecRestoreArrayRead(prob->dm, v, &ve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* du and dp along v, which has ghosts */
PetscErrorCode InverseSolveTangents(Problem prob, Vec v)
{
  Inverse inv = (Inverse)prob->data;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(inv->rhs));
  PetscCall(SubtractTangent(prob, v, inv->u, inv->rhs));
  PetscCall(Solve(prob, inv->du));
  PetscCall(VecPointwiseMult(inv->rhs, inv->W, inv->sol));
  PetscCall(VecScale(inv->rhs, -1));
  PetscCall(SubtractTangent(prob, v, inv->p, inv->rhs));
  PetscCall(Solve(prob, inv->dp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* -problem_state_rtol and the options of a KSP with the prefix problem_state_ */
PetscErrorCode InverseCreateSolver(Problem prob)
{
  PetscReal rtol = 1e-12;
  Inverse   inv  = (Inverse)prob->data;
  PC        pc;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetReal(NULL, NULL, "-problem_state_rtol", &rtol, NULL));
  PetscCheck(rtol > 0 && rtol < 1, prob->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "-problem_state_rtol must be in (0, 1), not %g", (double)rtol);
  PetscCall(DMCreateMatrix(prob->dm, &inv->A));
  PetscCall(MatSetOption(inv->A, MAT_SPD, PETSC_TRUE));
  PetscCall(KSPCreate(prob->comm, &inv->ksp));
  PetscCall(KSPSetType(inv->ksp, KSPCG));
  PetscCall(KSPSetTolerances(inv->ksp, rtol, 0, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPGetPC(inv->ksp, &pc));
  PetscCall(PCSetType(pc, PCGAMG));
  PetscCall(PCGAMGSetReuseInterpolation(pc, PETSC_FALSE)); /* or f would depend on past points */
  PetscCall(KSPSetOptionsPrefix(inv->ksp, "problem_state_"));
  PetscCall(KSPSetFromOptions(inv->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}
