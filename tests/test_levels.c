/* SPDX-License-Identifier: BSD-2-Clause
   Grid functions carried from grid to grid, and where coarser grids come from. */
#include "sweep.h"
#include "precond/levels.h"
#include <petscdmda.h>
#include <petscdmshell.h>

/* Grids of which one is not the other refined, as a rule */
typedef struct {
  PetscInt              dim, dof, from[3], to[3];
  DMBoundaryType        end;
  DMDAInterpolationType type;
  PetscInt              edges;
} Case;

static const Case cases[] = {
  {1, 1, {33}, {17}, DM_BOUNDARY_NONE, DMDA_Q1, 0},
  {1, 2, {40}, {79}, DM_BOUNDARY_NONE, DMDA_Q1, TRUSTNCG_EDGE_INSIDE},
  {2, 1, {12, 17}, {25, 30}, DM_BOUNDARY_GHOSTED, DMDA_Q1, 0},
  {2, 3, {26, 19}, {13, 40}, DM_BOUNDARY_NONE, DMDA_Q1, TRUSTNCG_EDGE_INSIDE},
  {2, 2, {16, 12}, {32, 24}, DM_BOUNDARY_PERIODIC, DMDA_Q1, TRUSTNCG_EDGE_JUMP},
  {2, 1, {16, 12}, {32, 23}, DM_BOUNDARY_NONE, DMDA_Q0, 0},
  {3, 2, {8, 9, 10}, {15, 17, 21}, DM_BOUNDARY_NONE, DMDA_Q1, 0},
  {3, 1, {15, 17, 21}, {8, 9, 10}, DM_BOUNDARY_NONE, DMDA_Q1, TRUSTNCG_EDGE_INSIDE},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static PetscErrorCode MakeGrid(const Case *c, const PetscInt n[], DM *da)
{
  const DMBoundaryType end = c->end;
  const PetscInt       any = PETSC_DECIDE;

  PetscFunctionBegin;
  if (c->dim == 1) PetscCall(DMDACreate1d(PETSC_COMM_WORLD, end, n[0], c->dof, 1, NULL, da));
  else if (c->dim == 2) {
    PetscCall(DMDACreate2d(PETSC_COMM_WORLD, end, end, DMDA_STENCIL_BOX, n[0], n[1], any, any,
                           c->dof, 1, NULL, NULL, da));
  } else {
    PetscCall(DMDACreate3d(PETSC_COMM_WORLD, end, end, end, DMDA_STENCIL_BOX, n[0], n[1], n[2], any,
                           any, any, c->dof, 1, NULL, NULL, NULL, da));
  }
  PetscCall(DMSetUp(*da));
  PetscCall(DMDASetInterpolationType(*da, c->type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where node i of n is, the domain being [0, 1] */
static PetscReal Place(const Case *c, PetscInt i, PetscInt n)
{
  if (n == 1) return 0.0;
  if (c->type == DMDA_Q0) return ((PetscReal)i + 0.5) / (PetscReal)n;
  if (c->end == DM_BOUNDARY_PERIODIC) return (PetscReal)i / (PetscReal)n;
  if (c->edges & TRUSTNCG_EDGE_INSIDE) return (PetscReal)(i + 1) / (PetscReal)(n + 1);
  return (PetscReal)i / (PetscReal)(n - 1);
}

/* A polynomial of the third degree in each direction, another for each component */
static PetscReal Polynomial(PetscReal x, PetscReal y, PetscReal z, PetscInt c)
{
  return (1.0 - x * x * x) * (2.0 + y * (y - 3.0) * y) * (1.0 + z + (PetscReal)c * z * z * z) +
         (PetscReal)c;
}

/* Fills v with it, or compares v with it: the largest difference. */
static PetscErrorCode Walk(const Case *c, DM da, Vec v, PetscBool fill, PetscReal *most)
{
  PetscInt     s[3], m[3], n[3], dof, k = 0;
  PetscScalar *a;

  PetscFunctionBegin;
  *most = 0.0;
  PetscCall(DMDAGetInfo(da, NULL, &n[0], &n[1], &n[2], NULL, NULL, NULL, &dof, NULL, NULL, NULL,
                        NULL, NULL));
  PetscCall(DMDAGetCorners(da, &s[0], &s[1], &s[2], &m[0], &m[1], &m[2]));
  PetscCall(VecGetArray(v, &a));
  for (PetscInt l = 0; l < m[0] * m[1] * m[2] * dof; l++, k++) {
    const PetscInt  node = l / dof, i = s[0] + node % m[0], j = s[1] + node / m[0] % m[1];
    const PetscReal value = Polynomial(Place(c, i, n[0]), Place(c, j, n[1]),
                                       Place(c, s[2] + node / m[0] / m[1], n[2]), l % dof);

    if (fill) a[k] = value;
    else *most = PetscMax(*most, PetscAbsReal(a[k] - value));
  }
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(cubics_are_carried_over_exactly)
{
  const Case *c = &cases[_i];
  DM          from, to;
  Vec         x, y;
  PetscReal   most;

  ckm_ok(MakeGrid(c, c->from, &from));
  ckm_ok(MakeGrid(c, c->to, &to));
  ckm_ok(DMCreateGlobalVector(from, &x));
  ckm_ok(DMCreateGlobalVector(to, &y));
  ckm_ok(Walk(c, from, x, PETSC_TRUE, &most));
  ckm_ok(TrustNCGTransfer(from, x, to, c->edges, y));
  ckm_ok(Walk(c, to, y, PETSC_FALSE, &most));
  ckm_assert_near(most, 0.0, 1e-12);
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&y));
  ckm_ok(DMDestroy(&from));
  ckm_ok(DMDestroy(&to));
}
END_TEST

/* The weights of a node have the sum 1, whatever the sizes. */
START_TEST(a_constant_stays_a_constant)
{
  static const PetscInt  sizes[]   = {1, 2, 3, 5, 8, 13, 1000, 4097};
  static const PetscReal offsets[] = {0.0, 0.5, 1.0};
  enum { SIZES = 8 };

  for (int k = 0; k < SIZES * SIZES * 9; k++) {
    const PetscInt     n = sizes[k % SIZES], from = sizes[k / SIZES % SIZES];
    const PetscReal    offset = offsets[k / SIZES / SIZES % 3];
    const TrustNCGEnds ends   = (TrustNCGEnds)(k / SIZES / SIZES / 3);
    const PetscInt     points = PetscMin(4, from);
    PetscReal          weight[4];

    for (PetscInt i = 0; i < n; i++) {
      const PetscInt first = TrustNCGGridStencil(i, n, from, ends, offset, points, weight);
      PetscReal      sum   = 0.0;

      for (PetscInt p = 0; p < points; p++) sum += weight[p];
      holds(fabs(sum - 1.0) < 1e-12, i, n, from, offset);
      if (ends == TRUSTNCG_ENDS_REPEAT) holds(first >= -3 && first < from, i, n, from, offset);
      else holds(first >= 0 && first + points <= from, i, n, from, offset);
    }
  }
  assert_all_held();
}
END_TEST

/* Where values repeat a wave is carried over as well at the ends as elsewhere. */
START_TEST(a_wave_goes_on_beyond_the_ends)
{
  for (PetscInt i = 0; i < 48; i++) {
    PetscReal      weight[4], sum = 0.0;
    const PetscInt first = TrustNCGGridStencil(i, 48, 20, TRUSTNCG_ENDS_REPEAT, 0.0, 4, weight);

    for (PetscInt p = 0; p < 4; p++) sum += weight[p] * sin(2.0 * PETSC_PI * (first + p) / 20.0);
    holds(fabs(sum - sin(2.0 * PETSC_PI * i / 48.0)) < 3e-4, i, sum);
  }
  assert_all_held();
}
END_TEST

/* A node that both grids have keeps its value. */
START_TEST(a_common_node_keeps_its_value)
{
  PetscReal weight[4];

  for (PetscInt i = 0; i < 17; i++) {
    const PetscInt first = TrustNCGGridStencil(2 * i, 33, 17, TRUSTNCG_ENDS_OPEN, 0.0, 4, weight);

    holds(fabs(weight[i - first] - 1.0) < 1e-13, i);
  }
  assert_all_held();
}
END_TEST

/* Grids that leave no coarser one, and the words for it */
static const struct {
  PetscInt              n[2], width, factor, ranks; /* on so many ranks or more */
  DMBoundaryType        end;
  DMDAInterpolationType type;
  const char           *words;
} refusals[] = {
  {{8, 80}, 1, 2, 1, DM_BOUNDARY_NONE, DMDA_Q1, "as coarse"},
  {{80, 12}, 1, 3, 1, DM_BOUNDARY_NONE, DMDA_Q0, "as coarse"},
  {{9, 9}, 1, 2, 1, DM_BOUNDARY_PERIODIC, DMDA_Q1, "as coarse"},
  {{80, 12}, 3, 2, 3, DM_BOUNDARY_NONE, DMDA_Q1, "for the ranks"},
  {{81, 81}, 1, 1, 1, DM_BOUNDARY_NONE, DMDA_Q1, "are 1"},
  {{1, 1}, 0, 2, 1, DM_BOUNDARY_PERIODIC, DMDA_Q1, "are 1"},
};
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

START_TEST(where_there_is_no_coarser_grid_the_reason_is_said)
{
  const DMBoundaryType  end   = refusals[_i].end;
  const PetscInt       *n     = refusals[_i].n;
  const DMDAStencilType shape = DMDA_STENCIL_STAR;
  TrustNCGLevel         level;
  const char           *why;
  DM                    da;
  Vec                   x;

  if (PetscGlobalSize < refusals[_i].ranks || n[1] < PetscGlobalSize) return;
  ckm_ok(DMDACreate2d(PETSC_COMM_WORLD, end, end, shape, n[0], n[1], 1, PETSC_DECIDE, 1,
                      refusals[_i].width, NULL, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(DMDASetInterpolationType(da, refusals[_i].type));
  ckm_ok(DMDASetRefinementFactor(da, refusals[_i].factor, refusals[_i].factor, 1));
  ckm_ok(DMCreateGlobalVector(da, &x));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(!level.coarse && why && strstr(why, refusals[_i].words));
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&da));
}
END_TEST

/* A vector without a DM, and one that is not like those of its DM */
START_TEST(a_vector_of_no_grid_has_no_coarser_one)
{
  TrustNCGLevel level;
  const char   *why;
  DM            da;
  Vec           x;

  ckm_ok(VecCreateMPI(PETSC_COMM_WORLD, PetscGlobalRank == 0 ? 47 : 50, PETSC_DECIDE, &x));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(!level.coarse && strstr(why, "has no DM"));
  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 50 * PetscGlobalSize, 1, 1, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(VecSetDM(x, da));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(!level.coarse && strstr(why, "not like those of its DM"));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&da));
}
END_TEST

enum { SHARES = 8 }; /* ranks, at most */

/* Whatever each rank has of the nodes: there is a coarser grid or words, on all ranks alike. */
START_TEST(any_shares_of_the_ranks_will_do)
{
  unsigned long long state = 20090501;
  PetscInt           made  = 0;

  ckm_assert(PetscGlobalSize <= SHARES);
  for (int k = 0; k < 300; k++) {
    PetscInt      shares[SHARES], n = 0, width = 1 + k % 3, factor = 2 + k % 2;
    TrustNCGLevel level;
    const char   *why;
    DM            da;
    Vec           x;

    for (int r = 0; r < PetscMin(SHARES, PetscGlobalSize); r++) {
      state     = state * 6364136223846793005ULL + 1442695040888963407ULL;
      shares[r] = width + (PetscInt)(state >> 33) % (k % 5 ? 40 : 4);
      n += shares[r];
    }
    ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, k % 4 ? DM_BOUNDARY_NONE : DM_BOUNDARY_PERIODIC, n, 1,
                        width, shares, &da));
    ckm_ok(DMSetUp(da));
    ckm_ok(DMDASetRefinementFactor(da, factor, 1, 1));
    ckm_ok(DMCreateGlobalVector(da, &x));
    ckm_ok(TrustNCGLevelCreate(x, &level, &why));
    ckm_assert(level.coarse || why);
    made += level.coarse ? 1 : 0;
    ckm_ok(TrustNCGLevelDestroy(&level));
    ckm_ok(VecDestroy(&x));
    ckm_ok(DMDestroy(&da));
  }
  ckm_assert(made > 10);
}
END_TEST

/* The coarser DM that was made is there again; one that the user has set is taken. */
START_TEST(a_grid_keeps_its_coarser_one)
{
  TrustNCGLevel level;
  const char   *why;
  DM            da, first, coarse;
  Vec           x;

  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 100, 1, 1, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(DMCreateGlobalVector(da, &x));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  first = level.coarse;
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(first && level.coarse == first);
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 40, 1, 1, NULL, &coarse));
  ckm_ok(DMSetUp(coarse));
  ckm_ok(DMSetCoarseDM(da, coarse));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(level.coarse == coarse && !level.up);
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(DMDestroy(&coarse));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&da));
}
END_TEST

/* A grid of any size, ends and shares of the ranks, with factor 1 to 3 in each direction, has coarser
   ones down to the coarsest, which divide by that factor; a constant stays one. */
START_TEST(grids_of_any_kind_get_coarser)
{
  for (PetscInt k = 0; k < 60; k++) {
    const PetscInt       n[]      = {20 + k, k % 3 > 0 ? 30 + k : 1, k % 3 > 1 ? 9 + k / 2 : 1};
    const PetscInt       factor[] = {2 + k % 2, 1 + k % 3, 2};
    const DMBoundaryType end      = k % 5 ? DM_BOUNDARY_NONE : DM_BOUNDARY_PERIODIC;
    PetscInt             levels = 0, before = n[0], after, dim = k % 3 + 1, ranks[3];
    TrustNCGLevel        level[8] = {{NULL}};
    const char          *why;
    DM                   da;
    Vec                  x;
    PetscReal            most;

    ckm_ok(DMDACreate(PETSC_COMM_WORLD, &da));
    ckm_ok(DMSetDimension(da, dim));
    ckm_ok(DMDASetSizes(da, n[0], n[1], n[2]));
    ckm_ok(DMDASetBoundaryType(da, end, end, end));
    ckm_ok(DMDASetStencilWidth(da, k % 4));
    ckm_ok(DMDASetDof(da, 1 + k % 2));
    ckm_ok(DMSetUp(da));
    ckm_ok(DMDASetRefinementFactor(da, factor[0], factor[1], factor[2]));
    ckm_ok(DMDASetInterpolationType(da, k % 7 ? DMDA_Q1 : DMDA_Q0));
    if (k % 2) ckm_ok(DMDASetUniformCoordinates(da, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0));
    ckm_ok(DMCreateGlobalVector(da, &x));
    for (; levels < 8; levels++) {
      const PetscInt ends = end == DM_BOUNDARY_PERIODIC || k % 7 == 0 ? 0 : 1;
      Vec            coarse;

      ckm_ok(TrustNCGLevelCreate(x, &level[levels], &why));
      if (!level[levels].coarse) break;
      ckm_ok(DMDAGetInfo(level[levels].coarse, NULL, &after, NULL, NULL, &ranks[0], NULL, NULL,
                         NULL, NULL, NULL, NULL, NULL, NULL));
      ckm_assert(after == (before - ends) / factor[0] + ends);
      before = after;
      ckm_ok(DMCreateGlobalVector(level[levels].coarse, &coarse));
      ckm_ok(VecSet(x, 3.0));
      ckm_ok(TrustNCGLevelRestrict(&level[levels], x, coarse));
      ckm_ok(VecShift(coarse, -3.0));
      ckm_ok(VecNorm(coarse, NORM_INFINITY, &most));
      ckm_assert_near(most, 0.0, 1e-12);
      ckm_ok(VecDestroy(&x));
      x = coarse;
    }
    ckm_ok(VecDestroy(&x));
    for (int l = 0; l < levels; l++) ckm_ok(TrustNCGLevelDestroy(&level[l]));
    ckm_ok(DMDestroy(&da));
    ckm_assert(levels > 0 || PetscGlobalSize > 2);
  }
}
END_TEST

/* Coordinates are those of the finer grid, where there are nodes between them, too. */
START_TEST(a_coarser_grid_has_coordinates)
{
  TrustNCGLevel level;
  const char   *why;
  DM            da;
  Vec           x, at;
  PetscReal     least, most;

  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 40, 1, 1, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(DMDASetUniformCoordinates(da, -1.0, 3.0, 0.0, 0.0, 0.0, 0.0));
  ckm_ok(DMCreateGlobalVector(da, &x));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(level.coarse && !level.edges);
  ckm_ok(DMGetCoordinates(level.coarse, &at));
  ckm_ok(VecMin(at, NULL, &least));
  ckm_ok(VecMax(at, NULL, &most));
  ckm_assert_near(least, -1.0, 1e-14);
  ckm_assert_near(most, 3.0, 1e-14);
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&da));
}
END_TEST

/* A DM of the user's, of vectors of 2 n numbers and of n */
static PetscErrorCode ShellCreate(PetscInt n, DM *dm)
{
  Vec x;

  PetscFunctionBegin;
  PetscCall(DMShellCreate(PETSC_COMM_WORLD, dm));
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, n, PETSC_DECIDE, &x));
  PetscCall(DMShellSetGlobalVector(*dm, x));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each number of the coarse vector goes to two of the fine one. */
static PetscErrorCode ShellInterpolation(DM coarse, DM fine, Mat *up, Vec *scale)
{
  Vec      x, xc;
  PetscInt n, nc, begin, end;

  PetscFunctionBegin;
  PetscCall(DMGetGlobalVector(fine, &x));
  PetscCall(DMGetGlobalVector(coarse, &xc));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetLocalSize(xc, &nc));
  PetscCall(VecGetOwnershipRange(x, &begin, &end));
  PetscCall(DMRestoreGlobalVector(fine, &x));
  PetscCall(DMRestoreGlobalVector(coarse, &xc));
  PetscCall(
    MatCreateAIJ(PETSC_COMM_WORLD, n, nc, PETSC_DETERMINE, PETSC_DETERMINE, 1, NULL, 1, NULL, up));
  for (PetscInt i = begin; i < end; i++) PetscCall(MatSetValue(*up, i, i / 2, 1.0, INSERT_VALUES));
  PetscCall(MatAssemblyBegin(*up, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*up, MAT_FINAL_ASSEMBLY));
  if (scale) *scale = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShellCoarsen(DM fine, MPI_Comm comm, DM *coarse)
{
  PetscFunctionBegin;
  PetscCall(ShellCreate(6, coarse));
  PetscCall(DMShellSetCreateInterpolation(*coarse, ShellInterpolation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coarser DM is made by the user's function, or set. */
START_TEST(another_dm_brings_its_own)
{
  TrustNCGLevel level;
  const char   *why;
  DM            fine, coarse = NULL;
  Vec           x, xc;
  PetscReal     norm;

  ckm_ok(ShellCreate(12, &fine));
  if (_i) ckm_ok(DMShellSetCoarsen(fine, ShellCoarsen));
  else {
    ckm_ok(ShellCreate(6, &coarse));
    ckm_ok(DMShellSetCreateInterpolation(coarse, ShellInterpolation));
    ckm_ok(DMSetCoarseDM(fine, coarse));
    ckm_ok(DMDestroy(&coarse));
  }
  ckm_ok(DMCreateGlobalVector(fine, &x));
  ckm_ok(VecSetDM(x, fine));
  ckm_ok(TrustNCGLevelCreate(x, &level, &why));
  ckm_assert(level.coarse != NULL);
  ckm_ok(DMCreateGlobalVector(level.coarse, &xc));
  ckm_ok(VecSet(x, 7.0));
  ckm_ok(TrustNCGLevelRestrict(&level, x, xc));
  ckm_ok(TrustNCGLevelInterpolate(&level, xc, 0, x));
  ckm_ok(VecShift(x, -7.0));
  ckm_ok(VecNorm(x, NORM_INFINITY, &norm));
  ckm_assert_near(norm, 0.0, 1e-14);
  ckm_ok(VecDestroy(&xc));
  ckm_ok(VecDestroy(&x));
  ckm_ok(TrustNCGLevelDestroy(&level));
  ckm_ok(DMDestroy(&fine));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = SweepCase(suite, "levels");

  tcase_add_loop_test(tcase, cubics_are_carried_over_exactly, 0, CASES);
  tcase_add_test(tcase, a_constant_stays_a_constant);
  tcase_add_test(tcase, a_wave_goes_on_beyond_the_ends);
  tcase_add_test(tcase, a_common_node_keeps_its_value);
  tcase_add_loop_test(tcase, where_there_is_no_coarser_grid_the_reason_is_said, 0, REFUSALS);
  tcase_add_test(tcase, a_vector_of_no_grid_has_no_coarser_one);
  tcase_add_test(tcase, any_shares_of_the_ranks_will_do);
  tcase_add_test(tcase, a_grid_keeps_its_coarser_one);
  tcase_add_test(tcase, grids_of_any_kind_get_coarser);
  tcase_add_test(tcase, a_coarser_grid_has_coordinates);
  tcase_add_loop_test(tcase, another_dm_brings_its_own, 0, 2);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "coarser grids", Add);
}
