/* SPDX-License-Identifier: BSD-2-Clause
   A Hessian that reaches farther on the grid than the stencil of its DMDA: that is seen by one
   product, and the sparse Hessian follows where it can. */
#include "solve.h"
#include "precond/extent.h"
#include "precond/sparse.h"
#include <petscdmda.h>

/* A vector on a grid, and a Hessian of its size that couples the nodes of a box */
typedef struct {
  DM  dm;
  Vec x;
  Mat H;
} Grid;

/* Entry of a row: symmetric, and positive definite as a whole */
static PetscReal Entry(PetscInt i, PetscInt j, PetscInt r, PetscInt c)
{
  if (!i && !j && r == c) return 30.0;
  return 1.0 / (PetscReal)(1 + i * i + 2 * j * j + r + c);
}

/* H on the grid of a DMDA with that box, which has the same shares */
static PetscErrorCode MakeHessian(PetscInt box, DM dm, Mat *H)
{
  PetscInt        n[2], dof, xs, ys, xm, ym, dim, ranks[2];
  const PetscInt *share[2];
  DM              wide;

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(dm, &dim, &n[0], &n[1], NULL, &ranks[0], &ranks[1], NULL, &dof, NULL, NULL,
                        NULL, NULL, NULL));
  PetscCall(DMDAGetOwnershipRanges(dm, &share[0], &share[1], NULL));
  PetscCall(DMDACreate(PETSC_COMM_WORLD, &wide));
  PetscCall(DMSetDimension(wide, dim));
  PetscCall(DMDASetSizes(wide, n[0], n[1], 1));
  PetscCall(DMDASetNumProcs(wide, ranks[0], ranks[1], 1));
  PetscCall(DMDASetOwnershipRanges(wide, share[0], share[1], NULL));
  PetscCall(DMDASetDof(wide, dof));
  PetscCall(DMDASetStencilType(wide, DMDA_STENCIL_BOX));
  PetscCall(DMDASetStencilWidth(wide, box));
  PetscCall(DMSetUp(wide));
  PetscCall(DMCreateMatrix(wide, H));
  PetscCall(DMDAGetCorners(wide, &xs, &ys, NULL, &xm, &ym, NULL));
  for (PetscInt k = 0; k < xm * ym * dof * dof; k++) {
    const PetscInt c = k % dof, r = k / dof % dof, x = xs + k / dof / dof % xm;
    const PetscInt y = ys + k / dof / dof / xm, high = dim > 1 ? box : 0;

    for (PetscInt j = -high; j <= high; j++) {
      for (PetscInt i = -box; i <= box; i++) {
        MatStencil      row = {.i = x, .j = y, .c = r}, column = {.i = x + i, .j = y + j, .c = c};
        const PetscReal a = Entry(i, j, r, c);

        if (x + i < 0 || x + i >= n[0] || y + j < 0 || y + j >= n[1]) continue;
        PetscCall(MatSetValuesStencil(*H, 1, &row, 1, &column, &a, INSERT_VALUES));
      }
    }
  }
  PetscCall(MatAssemblyBegin(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(DMDestroy(&wide));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The DMDA has a star or a box of width 1; with one direction where ny is 1 */
static PetscErrorCode GridMake(PetscInt nx, PetscInt ny, PetscInt dof, DMDAStencilType stencil,
                               PetscInt box, Grid *grid)
{
  PetscFunctionBegin;
  if (ny > 1) {
    PetscCall(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, stencil, nx, ny,
                           PETSC_DECIDE, PETSC_DECIDE, dof, 1, NULL, NULL, &grid->dm));
  } else {
    PetscCall(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, nx, dof, 1, NULL, &grid->dm));
  }
  PetscCall(DMSetUp(grid->dm));
  PetscCall(DMCreateGlobalVector(grid->dm, &grid->x));
  PetscCall(VecSetRandom(grid->x, NULL));
  PetscCall(MakeHessian(box, grid->dm, &grid->H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GridFree(Grid *grid)
{
  PetscFunctionBegin;
  PetscCall(MatDestroy(&grid->H));
  PetscCall(VecDestroy(&grid->x));
  PetscCall(DMDestroy(&grid->dm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_box_is_seen_as_large_as_it_is)
{
  Grid           grid;
  PetscInt       products;
  TrustNCGExtent extent;

  ckm_ok(GridMake(24, _i < 4 ? 26 : 1, 1, DMDA_STENCIL_BOX, 2 + _i % 4, &grid));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(products == 1);
  ckm_assert(extent.known && extent.outside > 1e-3);
  ckm_assert(extent.box == 2 + _i % 4);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(what_the_stencil_holds_is_no_reason_for_a_box)
{
  Grid           grid;
  PetscInt       products;
  TrustNCGExtent extent;

  ckm_ok(GridMake(20, 22, 2, DMDA_STENCIL_BOX, 1, &grid));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(extent.known && extent.outside == 0.0);
  ckm_assert(extent.box == 0);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(corners_are_seen_beside_a_star)
{
  Grid           grid;
  PetscInt       products;
  TrustNCGExtent extent;

  ckm_ok(GridMake(20, 22, 1, DMDA_STENCIL_STAR, 1, &grid));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(extent.known && extent.outside > 1e-3);
  ckm_assert(extent.box == 1);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(a_box_that_is_too_large_is_none)
{
  Grid           grid;
  PetscInt       products;
  TrustNCGExtent extent;

  ckm_ok(GridMake(40, 40, 1, DMDA_STENCIL_BOX, 7, &grid));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(extent.known && extent.outside > 1e-3);
  ckm_assert(extent.box == 0);
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(without_room_for_a_block_there_is_no_product)
{
  Grid           grid;
  PetscInt       products = 1;
  TrustNCGExtent extent;

  ckm_ok(GridMake(4, 30, 1, DMDA_STENCIL_BOX, 1, &grid));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(products == 0 && !extent.known && extent.box == 0);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* on one rank */
START_TEST(a_product_that_is_not_finite_shows_nothing)
{
  Grid           grid;
  PetscInt       products, low;
  TrustNCGExtent extent;

  ckm_ok(GridMake(20, 22, 1, DMDA_STENCIL_BOX, 2, &grid));
  ckm_ok(VecGetOwnershipRange(grid.x, &low, NULL));
  if (low == 0) PetscCallAbort(PETSC_COMM_SELF, MatSetValue(grid.H, 0, 0, NAN, INSERT_VALUES));
  ckm_ok(MatAssemblyBegin(grid.H, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatAssemblyEnd(grid.H, MAT_FINAL_ASSEMBLY));
  ckm_ok(TrustNCGExtentLook(grid.H, grid.x, &products, &extent));
  ckm_assert(!extent.known && extent.box == 0);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* Of an update, as of the sparse preconditioner that was asked for */
static PetscReal BuiltMisfit(Grid *grid, PetscInt room, PetscInt *vectors)
{
  PetscInt       products, before;
  PetscReal      misfit = -1.0;
  PC             pc;
  TrustNCGSparse sparse = NULL;

  ckm_ok(PCCreate(PETSC_COMM_WORLD, &pc));
  ckm_ok(TrustNCGSparseCreate(grid->x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseSetPC(sparse, pc));
  ckm_ok(TrustNCGSparseGetCounts(sparse, NULL, &before, NULL));
  ckm_ok(TrustNCGSparseSetRoom(sparse, room));
  ckm_ok(TrustNCGSparseUpdate(sparse, grid->H, grid->x, &products));
  ckm_ok(TrustNCGSparseGetMisfit(sparse, &misfit));
  ckm_ok(TrustNCGSparseGetCounts(sparse, NULL, vectors, NULL));
  *vectors -= before;
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(PCDestroy(&pc));
  return misfit;
}

START_TEST(a_sparse_hessian_grows_to_the_box)
{
  Grid     grid;
  PetscInt vectors;

  ckm_ok(GridMake(20, 22, 1 + _i % 2, _i < 2 ? DMDA_STENCIL_STAR : DMDA_STENCIL_BOX, 2, &grid));
  ckm_assert(BuiltMisfit(&grid, 10000, &vectors) < 1e-12);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* Four unknowns at a point, whose box takes more colours than a look does products; a Hessian that
   has it, one that has a wider one, and one that goes farther than that */
START_TEST(one_product_spares_those_of_a_pattern_in_vain)
{
  Grid           grid;
  PetscInt       products;
  PetscBool      promises;
  TrustNCGSparse sparse = NULL;

  ckm_ok(GridMake(20, 22, 4, DMDA_STENCIL_BOX, 1 + _i, &grid));
  ckm_ok(TrustNCGSparseCreate(grid.x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseSetRoom(sparse, 10000));
  ckm_ok(TrustNCGSparsePromises(sparse, grid.H, &products, &promises));
  ckm_assert(products == 1 && promises == (_i < 2));
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(few_colours_are_worth_no_look)
{
  Grid           grid;
  PetscInt       products;
  PetscBool      promises;
  TrustNCGSparse sparse = NULL;

  ckm_ok(GridMake(20, 22, 1, DMDA_STENCIL_BOX, 2, &grid));
  ckm_ok(TrustNCGSparseCreate(grid.x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparsePromises(sparse, grid.H, &products, &promises));
  ckm_assert(products == 0 && promises);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(GridFree(&grid));
}
END_TEST

START_TEST(it_does_not_without_the_memory)
{
  Grid     grid;
  PetscInt vectors;

  ckm_ok(GridMake(20, 22, 1, DMDA_STENCIL_STAR, 2, &grid));
  ckm_assert(BuiltMisfit(&grid, 60, &vectors) > 1e-3);
  ckm_assert(vectors <= 60);
  ckm_ok(GridFree(&grid));
}
END_TEST

/* On a line, whose nodes all ranks number in its order */
static PetscErrorCode MakeBand(PetscInt box, Vec x, Mat *H)
{
  PetscInt m, n, lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &m));
  PetscCall(VecGetSize(x, &n));
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, m, m, n, n, 2 * box + 1, NULL, 2 * box, NULL, H));
  for (PetscInt i = lo; i < hi; i++) {
    for (PetscInt j = PetscMax(0, i - box); j <= PetscMin(n - 1, i + box); j++) {
      PetscCall(MatSetValue(*H, i, j, Entry(j - i, 0, 0, 0), INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rank of four has three nodes. */
START_TEST(it_does_not_where_a_rank_has_too_few_nodes)
{
  Grid        grid;
  PetscInt    vectors;
  PetscMPIInt ranks;

  ckm_ok(GridMake(13, 1, 1, DMDA_STENCIL_STAR, 1, &grid));
  ckm_ok(MatDestroy(&grid.H));
  ckm_ok(MakeBand(4, grid.x, &grid.H));
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  ckm_assert((BuiltMisfit(&grid, 10000, &vectors) < 1e-12) == (ranks < 4));
  ckm_ok(GridFree(&grid));
}
END_TEST

/* The gradient takes the star twice. */
START_TEST(a_least_squares_problem_of_a_star_is_solved_with_its_hessian)
{
  Run       run;
  PetscBool says;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "bratuls", 2500, (HvWay)_i, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  RunHasConverged(&run, 40.0);
  ckm_ok(RunSays(&run, "on more than the DM's stencil", &says));
  ckm_assert(says);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_second_solve_is_as_the_first)
{
  Run               run;
  PetscBool         says;
  TaoTrustNCGLedger first, second;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "bratuls", 900, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  first = RunLedger(&run);
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  second = RunLedger(&run);
  ckm_ok(RunSays(&run, "on more than the DM's stencil", &says));
  ckm_assert(says);
  ckm_assert(first.equivalents == second.equivalents && first.cg == second.cg);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Three directions and unknowns, uneven shares */
START_TEST(a_wider_grid_has_the_shares_of_the_first)
{
  static const DMBoundaryType ends[] = {DM_BOUNDARY_NONE, DM_BOUNDARY_GHOSTED,
                                        DM_BOUNDARY_PERIODIC};
  PetscInt                    m, n, width;
  DM                          dm, wide;
  Vec                         x, grid;

  ckm_ok(DMDACreate3d(PETSC_COMM_WORLD, ends[_i], ends[_i], DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, 7,
                      9, 17, 1, 1, PETSC_DECIDE, 3, 1, NULL, NULL, NULL, &dm));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(TrustNCGExtentCreateVec(x, 2, &grid));
  ckm_ok(VecGetLocalSize(x, &m));
  ckm_ok(VecGetLocalSize(grid, &n));
  ckm_assert(m == n);
  ckm_ok(VecGetDM(grid, &wide));
  ckm_ok(DMDAGetInfo(wide, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &width, NULL, NULL, NULL,
                     NULL));
  ckm_assert(width == 2);
  ckm_ok(VecDestroy(&grid));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* PETSc has no boxes there. */
START_TEST(a_grid_with_mirrors_stays_as_it_is)
{
  DM  dm;
  Vec x, grid;

  ckm_ok(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_MIRROR, DM_BOUNDARY_MIRROR, DMDA_STENCIL_STAR,
                      20, 20, PETSC_DECIDE, PETSC_DECIDE, 1, 1, NULL, NULL, &dm));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(TrustNCGExtentCreateVec(x, 2, &grid));
  ckm_assert(!grid);
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* As a program does that knows the pattern better than its DMDA */
static PetscErrorCode MakeWide(DM dm, Mat *A)
{
  PetscFunctionBegin;
  PetscCall(MakeHessian(2, dm, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_pattern_of_the_dms_own_is_taken_as_it_is)
{
  Grid           grid;
  PetscInt       products, colors;
  PetscReal      misfit;
  PetscBool      promises;
  TrustNCGSparse sparse = NULL;

  ckm_ok(GridMake(20, 22, 1, DMDA_STENCIL_STAR, 2, &grid));
  ckm_ok(DMDASetGetMatrix(grid.dm, MakeWide));
  ckm_ok(TrustNCGSparseCreate(grid.x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparsePromises(sparse, grid.H, &products, &promises));
  ckm_assert(products == 0 && promises);
  ckm_ok(TrustNCGSparseBuild(sparse, grid.H, grid.x, &products));
  ckm_ok(TrustNCGSparseGetCounts(sparse, &colors, NULL, NULL));
  ckm_ok(TrustNCGSparseGetMisfit(sparse, &misfit));
  ckm_assert(products == colors + 1 && misfit < 1e-12);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(GridFree(&grid));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *look = ckm_tcase(suite, "look"), *build = ckm_tcase(suite, "build");
  TCase *solve = ckm_tcase(suite, "solve");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());

  tcase_add_loop_test(look, a_box_is_seen_as_large_as_it_is, 0, 8);
  tcase_add_test(look, what_the_stencil_holds_is_no_reason_for_a_box);
  tcase_add_test(look, corners_are_seen_beside_a_star);
  tcase_add_test(look, a_box_that_is_too_large_is_none);
  tcase_add_test(look, without_room_for_a_block_there_is_no_product);
  tcase_add_test(look, a_product_that_is_not_finite_shows_nothing);
  tcase_add_loop_test(build, a_sparse_hessian_grows_to_the_box, 0, 4);
  tcase_add_loop_test(build, one_product_spares_those_of_a_pattern_in_vain, 0, 3);
  tcase_add_test(build, few_colours_are_worth_no_look);
  tcase_add_test(build, it_does_not_without_the_memory);
  tcase_add_loop_test(build, a_wider_grid_has_the_shares_of_the_first, 0, 3);
  tcase_add_test(build, a_grid_with_mirrors_stays_as_it_is);
  tcase_add_test(build, a_pattern_of_the_dms_own_is_taken_as_it_is);
  tcase_add_test(build, it_does_not_where_a_rank_has_too_few_nodes);
  tcase_add_loop_test(solve, a_least_squares_problem_of_a_star_is_solved_with_its_hessian, 0, 3);
  tcase_add_test(solve, a_second_solve_is_as_the_first);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "extent", AddTests);
}
