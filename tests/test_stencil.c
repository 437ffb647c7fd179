/* SPDX-License-Identifier: BSD-2-Clause
   Couplings that the stencil of a DMDA allows and the Hessian does not have: they take no colours. */
#include "harness.h"
#include "precond/sparse.h"
#include "trustncg.h"
#include <petscdmda.h>

enum { STAR, SEVEN, BOX };

/* A grid of so many unknowns a point, and a Hessian on it */
typedef struct {
  DM             dm;
  Mat            H;
  Vec            x;
  TrustNCGSparse sparse;
} Grid;

/* Unknowns of neighbours in a star couple with themselves alone, those of a point with each other;
   seven: in one direction between, too; a box: in all. */
static PetscBool Couples(int kind, PetscInt i, PetscInt j, PetscInt row, PetscInt column)
{
  if (!i && !j) return PETSC_TRUE;
  if (row != column) return PETSC_FALSE;
  if (!i || !j || kind == BOX) return PETSC_TRUE;
  return (PetscBool)(kind == SEVEN && i == -j);
}

static PetscBool Inside(PetscInt i, PetscInt n, DMBoundaryType end)
{
  return (PetscBool)(end == DM_BOUNDARY_PERIODIC || (i >= 0 && i < n));
}

/* The entries of H, another at each pair of unknowns; symmetric. */
static PetscErrorCode SetCouplings(Grid *grid, int kind)
{
  PetscInt       nx, ny, dof, xs, ys, xm, ym;
  DMBoundaryType end;

  PetscFunctionBegin;
  PetscCall(MatZeroEntries(grid->H));
  PetscCall(DMDAGetInfo(grid->dm, NULL, &nx, &ny, NULL, NULL, NULL, NULL, &dof, NULL, &end, NULL,
                        NULL, NULL));
  PetscCall(DMDAGetCorners(grid->dm, &xs, &ys, NULL, &xm, &ym, NULL));
  for (PetscInt k = 0; k < 9 * dof * dof * xm * ym; k++) {
    const PetscInt  c = k % dof, r = k / dof % dof, o = k / dof / dof % 9, at = k / dof / dof / 9;
    const PetscInt  i = o % 3 - 1, j = o / 3 - 1, x = xs + at % xm, y = ys + at / xm;
    MatStencil      row = {.i = x, .j = y, .c = r}, column = {.i = x + i, .j = y + j, .c = c};
    const PetscReal a = o == 4 && r == c ? 20.0 : 1.0 / (PetscReal)(2 + i * i + 3 * j * j + r + c);

    if (!Couples(kind, i, j, r, c) || !Inside(x + i, nx, end) || !Inside(y + j, ny, end)) continue;
    PetscCall(MatSetValuesStencil(grid->H, 1, &row, 1, &column, &a, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(grid->H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(grid->H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GridMake(PetscInt side, PetscInt dof, DMBoundaryType end, int kind,
                               Grid *grid)
{
  PetscFunctionBegin;
  grid->sparse = NULL;
  PetscCall(DMDACreate2d(PETSC_COMM_WORLD, end, end, DMDA_STENCIL_BOX, side, side, PETSC_DECIDE,
                         PETSC_DECIDE, dof, 1, NULL, NULL, &grid->dm));
  PetscCall(DMSetUp(grid->dm));
  PetscCall(DMCreateMatrix(grid->dm, &grid->H));
  PetscCall(DMCreateGlobalVector(grid->dm, &grid->x));
  PetscCall(VecSetRandom(grid->x, NULL));
  PetscCall(SetCouplings(grid, kind));
  PetscCall(TrustNCGSparseCreate(grid->x, NULL, PETSC_MAX_INT, &grid->sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GridFree(Grid *grid)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGSparseDestroy(&grid->sparse));
  PetscCall(MatDestroy(&grid->H));
  PetscCall(VecDestroy(&grid->x));
  PetscCall(DMDestroy(&grid->dm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The products of a build that is the Hessian */
static PetscInt Build(Grid *grid)
{
  PetscInt  products = 0;
  PetscReal misfit   = 1.0;

  ckm_ok(TrustNCGSparseBuild(grid->sparse, grid->H, grid->x, &products));
  ckm_ok(TrustNCGSparseGetMisfit(grid->sparse, &misfit));
  ckm_assert(misfit < 1e-14);
  return products;
}

/* A look, five colours, and the product that shows that they tell all; then four; a fit that was
   seen twice is not looked at again. */
START_TEST(the_second_build_leaves_out_what_the_first_did_not_show)
{
  Grid grid;

  ckm_ok(GridMake(14, 1, DM_BOUNDARY_NONE, SEVEN, &grid));
  ckm_assert(Build(&grid) == 7);
  ckm_assert(Build(&grid) == 5);
  ckm_assert(Build(&grid) == 4);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* At the fifth build, which looks at its fit */
START_TEST(couplings_that_come_late_are_found)
{
  Grid     grid;
  PetscInt products;

  ckm_ok(GridMake(14, 1, DM_BOUNDARY_NONE, SEVEN, &grid));
  ckm_assert(Build(&grid) == 7);
  ckm_assert(Build(&grid) == 5);
  ckm_ok(SetCouplings(&grid, BOX));
  for (int k = 0; k < 2; k++) ckm_ok(TrustNCGSparseBuild(grid.sparse, grid.H, grid.x, &products));
  ckm_assert(Build(&grid) == 4 + 1 + 5 + 1);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* 25 colours, or half as many */
START_TEST(the_first_build_leaves_much_out_at_once)
{
  Grid grid;

  ckm_ok(GridMake(15, 5, DM_BOUNDARY_NONE, STAR, &grid));
  ckm_assert(Build(&grid) <= 5 + 12 + 1);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(a_coupling_that_appears_later_is_let_in)
{
  Grid     grid;
  PetscInt before;

  ckm_ok(GridMake(15, 5, DM_BOUNDARY_NONE, STAR, &grid));
  before = Build(&grid) - 5;
  ckm_ok(SetCouplings(&grid, SEVEN));
  ckm_assert(Build(&grid) == before + 26);
  ckm_assert(Build(&grid) < 22);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* One of the unknowns of a point in another unit, for H to be the same in that of the others: no
   entry is left out for its size. */
START_TEST(unknowns_may_have_scales_of_their_own)
{
  static const PetscReal unit[] = {1e-3, 1e-6, 1e4};
  const int              kind   = _i / 3 ? STAR : SEVEN;
  Grid                   grid;
  PetscInt               products;
  PetscReal              error;
  Vec                    scale;
  Mat                    P, E;

  ckm_ok(GridMake(15, 2, DM_BOUNDARY_NONE, kind, &grid));
  ckm_ok(VecDuplicate(grid.x, &scale));
  ckm_ok(VecSet(scale, 1.0));
  ckm_ok(VecStrideSet(scale, 1, unit[_i % 3]));
  ckm_ok(MatDiagonalScale(grid.H, scale, scale));
  for (int k = 0; k < 2; k++) {
    ckm_ok(TrustNCGSparseBuild(grid.sparse, grid.H, grid.x, &products));
    ckm_ok(TrustNCGSparseGetMats(grid.sparse, NULL, &P));
    ckm_ok(MatDuplicate(P, MAT_COPY_VALUES, &E));
    ckm_ok(MatAXPY(E, -1.0, grid.H, DIFFERENT_NONZERO_PATTERN));
    ckm_ok(VecReciprocal(scale));
    ckm_ok(MatDiagonalScale(E, scale, scale));
    ckm_ok(VecReciprocal(scale));
    ckm_ok(MatNorm(E, NORM_INFINITY, &error));
    ckm_assert(error < 1e-12);
    ckm_ok(MatDestroy(&E));
  }
  ckm_assert(products < 15);
  ckm_ok(VecDestroy(&scale));
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(a_lean_matrix_has_room_for_its_entries_alone)
{
  Grid    grid;
  Mat     P;
  MatInfo info;

  ckm_ok(
    GridMake(15, 3, (DMBoundaryType)(_i ? DM_BOUNDARY_PERIODIC : DM_BOUNDARY_NONE), STAR, &grid));
  (void)Build(&grid);
  ckm_ok(TrustNCGSparseGetMats(grid.sparse, NULL, &P));
  ckm_ok(MatGetInfo(P, MAT_LOCAL, &info));
  ckm_assert(info.nz_used > 0.0 && info.nz_allocated == info.nz_used && info.mallocs == 0.0);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(a_full_stencil_costs_one_look)
{
  Grid grid;

  ckm_ok(GridMake(12, 1, DM_BOUNDARY_NONE, BOX, &grid));
  ckm_assert(Build(&grid) == 7);
  ckm_assert(Build(&grid) == 6);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* Sides that the colours divide, or do not */
START_TEST(a_grid_may_be_periodic)
{
  static const PetscInt side[] = {14, 15, 16, 17};
  Grid                  grid;
  PetscInt              first;

  ckm_ok(GridMake(side[_i], 2, DM_BOUNDARY_PERIODIC, SEVEN, &grid));
  first = Build(&grid);
  ckm_assert(Build(&grid) <= first - 2);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* Misfit for another reason: nothing is left out, then. */
START_TEST(a_hessian_with_far_couplings_keeps_all)
{
  PetscInt  products[2];
  PetscReal misfit;
  PetscInt  N;
  Grid      grid;

  ckm_ok(GridMake(15, 1, DM_BOUNDARY_NONE, SEVEN, &grid));
  ckm_ok(VecGetSize(grid.x, &N));
  ckm_ok(MatSetOption(grid.H, MAT_NEW_NONZERO_LOCATION_ERR, PETSC_FALSE));
  ckm_ok(MatSetOption(grid.H, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  ckm_ok(MatSetValue(grid.H, 0, N - 1, 5.0, ADD_VALUES));
  ckm_ok(MatSetValue(grid.H, N - 1, 0, 5.0, ADD_VALUES));
  ckm_ok(MatAssemblyBegin(grid.H, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatAssemblyEnd(grid.H, MAT_FINAL_ASSEMBLY));
  for (int k = 0; k < 2; k++) {
    ckm_ok(TrustNCGSparseBuild(grid.sparse, grid.H, grid.x, &products[k]));
    ckm_ok(TrustNCGSparseGetMisfit(grid.sparse, &misfit));
    ckm_assert(misfit > 1e-6);
  }
  ckm_assert(products[0] == 7 && products[1] == 6);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* As differences of a rough gradient are: what follows by substitution is then wrong. */
START_TEST(a_hessian_that_is_not_quite_symmetric_takes_all_colours)
{
  Grid grid;
  Mat  T;

  ckm_ok(GridMake(14, 1, DM_BOUNDARY_NONE, BOX, &grid));
  ckm_ok(MatDuplicate(grid.H, MAT_COPY_VALUES, &T));
  ckm_ok(MatDiagonalScale(T, NULL, grid.x));
  ckm_ok(MatAXPY(grid.H, 0.2, T, SAME_NONZERO_PATTERN));
  ckm_ok(MatDestroy(&T));
  ckm_assert(Build(&grid) == 1 + 6 + 10);
  ckm_assert(Build(&grid) == 10);
  ckm_ok(GridFree(&grid));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "couplings");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_test(tcase, the_second_build_leaves_out_what_the_first_did_not_show);
  tcase_add_test(tcase, couplings_that_come_late_are_found);
  tcase_add_test(tcase, the_first_build_leaves_much_out_at_once);
  tcase_add_test(tcase, a_coupling_that_appears_later_is_let_in);
  tcase_add_loop_test(tcase, unknowns_may_have_scales_of_their_own, 0, 6);
  tcase_add_loop_test(tcase, a_lean_matrix_has_room_for_its_entries_alone, 0, 2);
  tcase_add_test(tcase, a_full_stencil_costs_one_look);
  tcase_add_loop_test(tcase, a_grid_may_be_periodic, 0, 4);
  tcase_add_test(tcase, a_hessian_with_far_couplings_keeps_all);
  tcase_add_test(tcase, a_hessian_that_is_not_quite_symmetric_takes_all_colours);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "couplings of a stencil", Add);
}
