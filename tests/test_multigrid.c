/* SPDX-License-Identifier: BSD-2-Clause
   Multigrid on the grid of a DMDA: how its grids get coarser, and what it is worth to CG. */
#include "sweep.h"
#include "precond/halve.h"
#include "precond/multigrid.h"
#include <petscdmda.h>
#include <petscksp.h>

enum { DIM = 3 };

/* -div k grad u + shift u by differences, with values 0 beyond the ends or none there (Neumann) */
typedef struct {
  PetscInt       dim, dof, n[DIM];
  DMBoundaryType end;
  PetscReal      k[DIM];
  PetscReal      shift;
  PetscBool      neumann;
} Case;

static const Case cases[] = {
  {1, 1, {5000}, DM_BOUNDARY_NONE, {1}, 0, PETSC_FALSE},
  {2, 1, {128, 128}, DM_BOUNDARY_NONE, {1, 1}, 0, PETSC_FALSE},
  {2, 1, {255, 257}, DM_BOUNDARY_NONE, {1, 1}, 0, PETSC_FALSE},
  {2, 1, {200, 131}, DM_BOUNDARY_NONE, {1, 10}, 0, PETSC_FALSE},
  {2, 1, {200, 131}, DM_BOUNDARY_NONE, {1000, 1}, 0, PETSC_FALSE},
  {2, 1, {131, 90}, DM_BOUNDARY_GHOSTED, {1e6, 1}, 0, PETSC_FALSE},
  {2, 2, {97, 60}, DM_BOUNDARY_NONE, {1, 1}, 1e-3, PETSC_TRUE},
  {2, 1, {128, 99}, DM_BOUNDARY_PERIODIC, {1, 1}, 1e-3, PETSC_TRUE},
  {2, 2, {99, 128}, DM_BOUNDARY_PERIODIC, {1, 30}, 1e-6, PETSC_TRUE},
  {3, 1, {24, 31, 33}, DM_BOUNDARY_NONE, {1, 1, 1}, 0, PETSC_FALSE},
  {3, 1, {40, 40, 4}, DM_BOUNDARY_NONE, {1, 1, 100}, 0, PETSC_FALSE},
  {3, 1, {24, 31, 33}, DM_BOUNDARY_NONE, {1, 100, 100}, 0, PETSC_FALSE},
  {3, 2, {12, 13, 40}, DM_BOUNDARY_NONE, {10, 1000, 1}, 0, PETSC_FALSE},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static PetscErrorCode MakeGrid(const Case *c, DM *da)
{
  const DMBoundaryType end = c->end;
  const PetscInt       any = PETSC_DECIDE;

  PetscFunctionBegin;
  if (c->dim == 1) PetscCall(DMDACreate1d(PETSC_COMM_WORLD, end, c->n[0], c->dof, 1, NULL, da));
  else if (c->dim == 2) {
    PetscCall(DMDACreate2d(PETSC_COMM_WORLD, end, end, DMDA_STENCIL_STAR, c->n[0], c->n[1], any,
                           any, c->dof, 1, NULL, NULL, da));
  } else {
    PetscCall(DMDACreate3d(PETSC_COMM_WORLD, end, end, end, DMDA_STENCIL_STAR, c->n[0], c->n[1],
                           c->n[2], any, any, any, c->dof, 1, NULL, NULL, NULL, da));
  }
  PetscCall(DMSetUp(*da));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One component at a node: the diagonal entry gains what its neighbours, there or not, take. */
static PetscErrorCode AddRow(const Case *c, const PetscInt node[DIM], PetscInt component, Mat A)
{
  MatStencil  row = {node[2], node[1], node[0], component}, col[2 * DIM + 1];
  PetscScalar value[2 * DIM + 1];
  PetscInt    n = 1;

  PetscFunctionBegin;
  col[0]   = row;
  value[0] = c->shift;
  for (PetscInt k = 0; k < c->dim; k++) {
    for (PetscInt way = -1; way <= 1; way += 2) {
      const PetscInt  to = node[k] + way;
      const PetscBool there =
        (PetscBool)(c->end == DM_BOUNDARY_PERIODIC || (to >= 0 && to < c->n[k]));

      if (there || !c->neumann) value[0] += c->k[k];
      if (!there) continue;
      col[n] = row;
      if (k == 0) col[n].i = to;
      if (k == 1) col[n].j = to;
      if (k == 2) col[n].k = to;
      value[n++] = -c->k[k];
    }
  }
  PetscCall(MatSetValuesStencil(A, 1, &row, n, col, value, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeMatrix(const Case *c, DM da, Mat *A)
{
  PetscInt s[DIM], m[DIM];

  PetscFunctionBegin;
  PetscCall(DMCreateMatrix(da, A));
  PetscCall(DMDAGetCorners(da, &s[0], &s[1], &s[2], &m[0], &m[1], &m[2]));
  for (PetscInt l = 0; l < m[0] * m[1] * m[2] * c->dof; l++) {
    const PetscInt i         = l / c->dof;
    const PetscInt node[DIM] = {s[0] + i % m[0], s[1] + i / m[0] % m[1], s[2] + i / m[0] / m[1]};

    PetscCall(AddRow(c, node, l % c->dof, *A));
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A grid with a matrix, and a solver that has multigrid */
typedef struct {
  DM                da;
  Mat               A;
  Vec               x, b;
  KSP               ksp;
  PC                pc;
  TrustNCGMultigrid mg;
} Fixture;

static PetscErrorCode SetUp(const Case *c, Fixture *f)
{
  PetscFunctionBegin;
  PetscCall(MakeGrid(c, &f->da));
  PetscCall(MakeMatrix(c, f->da, &f->A));
  PetscCall(DMCreateGlobalVector(f->da, &f->x));
  PetscCall(VecDuplicate(f->x, &f->b));
  PetscCall(VecSetRandom(f->b, NULL));
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &f->ksp));
  PetscCall(KSPSetType(f->ksp, KSPCG));
  PetscCall(KSPSetNormType(f->ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetTolerances(f->ksp, 1e-6, 0.0, PETSC_DEFAULT, 200));
  PetscCall(KSPGetPC(f->ksp, &f->pc));
  PetscCall(TrustNCGMultigridCreate(f->x, &f->mg));
  PetscCall(TrustNCGMultigridStart(f->mg, f->pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(Fixture *f, Mat A, PetscInt *its, KSPConvergedReason *reason)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGMultigridSetMatrix(f->mg, A, f->pc));
  PetscCall(KSPSetOperators(f->ksp, A, A));
  PetscCall(KSPSolve(f->ksp, f->b, f->x));
  PetscCall(KSPGetIterationNumber(f->ksp, its));
  PetscCall(KSPGetConvergedReason(f->ksp, reason));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TearDown(Fixture *f)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGMultigridDestroy(&f->mg));
  PetscCall(KSPDestroy(&f->ksp));
  PetscCall(VecDestroy(&f->x));
  PetscCall(VecDestroy(&f->b));
  PetscCall(MatDestroy(&f->A));
  PetscCall(DMDestroy(&f->da));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(cg_takes_few_iterations_on_any_grid)
{
  Fixture            f;
  PetscInt           its;
  KSPConvergedReason reason;

  ckm_ok(SetUp(&cases[_i], &f));
  ckm_ok(Solve(&f, f.A, &its, &reason));
  ckm_assert(reason > 0);
  ckm_assert(its <= 14);
  ckm_ok(TearDown(&f));
}
END_TEST

/* Also where its inverse is below any number that a solver would stop at */
START_TEST(the_unit_of_the_matrix_does_not_matter)
{
  Fixture            f;
  PetscInt           its[2];
  KSPConvergedReason reason;

  ckm_ok(SetUp(&cases[0], &f));
  ckm_ok(Solve(&f, f.A, &its[0], &reason));
  ckm_ok(MatScale(f.A, _i ? 1e-60 : 1e60));
  ckm_ok(Solve(&f, f.A, &its[1], &reason));
  ckm_assert(reason > 0 && its[0] == its[1]);
  ckm_ok(TearDown(&f));
}
END_TEST

/* x = M b is no direction of descent where b'x <= 0. */
START_TEST(it_is_positive_definite_where_the_matrix_is_not)
{
  const Case  c = {2, 1, {70, 81}, DM_BOUNDARY_NONE, {1, 1}, _i ? -0.5 : -0.02, PETSC_FALSE};
  Fixture     f;
  PetscReal   norm;
  PetscScalar bx, xAx, least = PETSC_INFINITY;

  ckm_ok(SetUp(&c, &f));
  ckm_ok(TrustNCGMultigridSetMatrix(f.mg, f.A, f.pc));
  ckm_ok(PCSetOperators(f.pc, f.A, f.A));
  ckm_ok(PCSetUp(f.pc));
  for (PetscInt k = 0; k < 20; k++) { /* to where it is largest */
    ckm_ok(PCApply(f.pc, f.b, f.x));
    ckm_ok(VecDot(f.b, f.x, &bx));
    ckm_assert(PetscRealPart(bx) > 0.0);
    ckm_ok(VecNorm(f.x, NORM_2, &norm));
    ckm_ok(VecAXPBY(f.b, 1.0 / norm, 0.0, f.x));
    ckm_ok(MatMult(f.A, f.b, f.x));
    ckm_ok(VecDot(f.b, f.x, &xAx));
    least = PetscMin(PetscRealPart(least), PetscRealPart(xAx));
  }
  ckm_assert(PetscRealPart(least) < 0.0); /* such directions were met */
  ckm_ok(TearDown(&f));
}
END_TEST

/* A PCMG would keep the first for the residuals of its finest grid. */
START_TEST(each_matrix_has_a_preconditioner_of_its_own)
{
  const Case         stiff = {2, 1, {70, 81}, DM_BOUNDARY_NONE, {1, 300}, 0, PETSC_FALSE};
  const Case         c     = {2, 1, {70, 81}, DM_BOUNDARY_NONE, {1, 1}, 0, PETSC_FALSE};
  Fixture            f;
  Mat                B;
  PetscInt           its, again, other;
  KSPConvergedReason reason;

  ckm_ok(SetUp(&c, &f));
  ckm_ok(MakeMatrix(&stiff, f.da, &B));
  ckm_ok(Solve(&f, f.A, &its, &reason));
  ckm_ok(Solve(&f, B, &other, &reason));
  ckm_assert(reason > 0 && other <= 14);
  ckm_ok(Solve(&f, f.A, &again, &reason));
  ckm_assert(again == its);
  ckm_ok(MatCopy(B, f.A, SAME_NONZERO_PATTERN)); /* and so do new values of it */
  ckm_ok(Solve(&f, f.A, &again, &reason));
  ckm_assert(again == other);
  ckm_ok(MatDestroy(&B));
  ckm_ok(TearDown(&f));
}
END_TEST

/* Fills v on a grid of n nodes, some of which were halved, with a linear function of the place; each
   component another. The ranks have their nodes as in the DMDA. */
static PetscErrorCode FillLinear(DM da, const PetscBool halved[DIM], Vec v)
{
  PetscInt     n[DIM], s[DIM], m[DIM], dof, l = 0, i[DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, NULL, &n[0], &n[1], &n[2], NULL, NULL, NULL, &dof, NULL, NULL, NULL,
                        NULL, NULL));
  PetscCall(DMDAGetCorners(da, &s[0], &s[1], &s[2], &m[0], &m[1], &m[2]));
  PetscCall(VecGetArray(v, &a));
  for (i[2] = s[2]; i[2] < s[2] + m[2]; i[2]++) {
    for (i[1] = s[1]; i[1] < s[1] + m[1]; i[1]++) {
      for (i[0] = s[0]; i[0] < s[0] + m[0]; i[0]++) {
        PetscBool stays = PETSC_TRUE;

        for (PetscInt k = 0; k < DIM; k++) {
          if (halved[k] && i[k] % 2 && i[k] < n[k] - 1) stays = PETSC_FALSE;
        }
        if (!stays) continue;
        for (PetscInt c = 0; c < dof; c++) {
          a[l++] = (PetscReal)(1 + c) * i[0] - 2.0 * i[1] + (PetscReal)(3 - c) * i[2] + 0.5;
        }
      }
    }
  }
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest error of the interpolation of a linear function; bit k of `bits` halves direction k. */
static PetscErrorCode LinearError(DM da, int bits, PetscReal *error)
{
  const PetscBool none[DIM]     = {PETSC_FALSE, PETSC_FALSE, PETSC_FALSE};
  const PetscBool halved[][DIM] = {
    {(PetscBool)((bits & 1) != 0), (PetscBool)((bits & 2) != 0), (PetscBool)((bits & 4) != 0)}};
  Mat up;
  Vec coarse, fine, exact;

  PetscFunctionBegin;
  PetscCall(TrustNCGHalve(da, 1, halved, &up));
  PetscCall(MatCreateVecs(up, &coarse, &fine));
  PetscCall(VecDuplicate(fine, &exact));
  PetscCall(FillLinear(da, halved[0], coarse));
  PetscCall(FillLinear(da, none, exact));
  PetscCall(MatMult(up, coarse, fine));
  PetscCall(VecAXPY(fine, -1.0, exact));
  PetscCall(VecNorm(fine, NORM_INFINITY, error));
  PetscCall(VecDestroy(&coarse));
  PetscCall(VecDestroy(&fine));
  PetscCall(VecDestroy(&exact));
  PetscCall(MatDestroy(&up));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(linear_functions_are_interpolated_exactly)
{
  const Case c = {DIM, 2, {9, 12, 11}, DM_BOUNDARY_NONE, {1, 1, 1}, 0, PETSC_FALSE};
  DM         da;
  PetscReal  error;

  ckm_ok(MakeGrid(&c, &da));
  ckm_ok(LinearError(da, _i, &error));
  ckm_assert_near(error, 0.0, 1e-12);
  ckm_ok(DMDestroy(&da));
}
END_TEST

/* Nodes on the last rank alone, or on the first: PETSc wants a stencil without width then. */
START_TEST(ranks_may_have_no_nodes)
{
  DM          da;
  PetscReal   error;
  PetscInt    shares[8] = {0};
  PetscMPIInt ranks;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  shares[_i ? 0 : ranks - 1] = 21;
  ckm_ok(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, 21,
                      12, ranks, 1, 2, 0, shares, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(LinearError(da, 3, &error));
  ckm_assert_near(error, 0.0, 1e-12);
  ckm_ok(DMDestroy(&da));
}
END_TEST

START_TEST(strong_couplings_are_halved_first)
{
  const PetscInt n[DIM]        = {100, 100, 1};
  PetscReal      coupling[DIM] = {1.0, 100.0, 0.0};
  PetscBool      halve[DIM];
  PetscInt       alone = 0;

  while (TrustNCGGridHalve(n, coupling, halve) && !halve[0]) alone++;
  ckm_assert(halve[1] && !halve[2]);
  ckm_assert(alone == 3); /* 100, 25, 6.25 beside 1, then 1.5625 */
}
END_TEST

START_TEST(without_couplings_all_directions_are_halved)
{
  const PetscInt n[DIM] = {100, 2, 3};

  for each (value, ANY) {
    in(value);
    PetscReal coupling[DIM] = {value, value, value};
    PetscBool halve[DIM];

    holds(TrustNCGGridHalve(n, coupling, halve) && halve[0] && !halve[1] && halve[2], value);
  }
  assert_all_held();
}
END_TEST

START_TEST(a_vector_of_no_grid_has_none)
{
  Vec               x;
  TrustNCGMultigrid mg;

  ckm_ok(VecCreateMPI(PETSC_COMM_WORLD, PETSC_DECIDE, 10, &x));
  ckm_ok(TrustNCGMultigridCreate(x, &mg));
  ckm_assert(!mg);
  ckm_ok(VecDestroy(&x));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = SweepCase(suite, "multigrid");

  tcase_add_loop_test(tcase, cg_takes_few_iterations_on_any_grid, 0, CASES);
  tcase_add_loop_test(tcase, the_unit_of_the_matrix_does_not_matter, 0, 2);
  tcase_add_loop_test(tcase, it_is_positive_definite_where_the_matrix_is_not, 0, 2);
  tcase_add_test(tcase, each_matrix_has_a_preconditioner_of_its_own);
  tcase_add_loop_test(tcase, linear_functions_are_interpolated_exactly, 1, 8);
  tcase_add_loop_test(tcase, ranks_may_have_no_nodes, 0, 2);
  tcase_add_test(tcase, strong_couplings_are_halved_first);
  tcase_add_test(tcase, without_couplings_all_directions_are_halved);
  tcase_add_test(tcase, a_vector_of_no_grid_has_none);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "multigrid", Add);
}
