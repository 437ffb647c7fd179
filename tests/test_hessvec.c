/* SPDX-License-Identifier: BSD-2-Clause
   H v without a matrix: the user's product and the difference of gradients. */
#include "harness.h"
#include "hessvec/hessvec.h"
#include "rules/announce.h"
#include <petscdmda.h>

enum { SIZE = 60 };

/* g(x) = A x + c x^2 / 2, entry by entry, with A tridiagonal: H(x) = A + c diag(x) */
typedef struct {
  Mat       A, H;
  PetscReal cubic; /* c */
  Vec       x, g, w, v, Hv, exact;
  PetscInt  calls; /* of the gradient or the product */
  int       fail;  /* the callback raises an error */
} Point;

static PetscErrorCode Gradient(void *ctx, Vec x, Vec g)
{
  Point             *p = (Point *)ctx;
  const PetscScalar *xs;
  PetscScalar       *gs;
  PetscInt           n;

  PetscFunctionBegin;
  p->calls++;
  PetscCheck(!p->fail, PETSC_COMM_SELF, PETSC_ERR_USER, "no gradient today");
  PetscCall(MatMult(p->A, x, g));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &xs));
  PetscCall(VecGetArray(g, &gs));
  for (PetscInt i = 0; i < n; i++) gs[i] += 0.5 * p->cubic * xs[i] * xs[i];
  PetscCall(VecRestoreArray(g, &gs));
  PetscCall(VecRestoreArrayRead(x, &xs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Product(void *ctx, Vec x, Vec v, Vec Hv)
{
  Point *p = (Point *)ctx;

  PetscFunctionBegin;
  p->calls++;
  PetscCheck(!p->fail, PETSC_COMM_SELF, PETSC_ERR_USER, "no product today");
  PetscCall(VecPointwiseMult(Hv, x, v));
  PetscCall(VecScale(Hv, p->cubic));
  PetscCall(MatMultAdd(p->A, v, Hv, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Tridiagonal(Vec like, Mat *A)
{
  PetscInt n, N, low, high;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(like, &n));
  PetscCall(VecGetSize(like, &N));
  PetscCall(VecGetOwnershipRange(like, &low, &high));
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, n, n, N, N, 3, NULL, 2, NULL, A));
  for (PetscInt i = low; i < high; i++) {
    if (i > 0) PetscCall(MatSetValue(*A, i, i - 1, -1.0, INSERT_VALUES));
    PetscCall(MatSetValue(*A, i, i, 2.0 + (PetscReal)i / (PetscReal)N, INSERT_VALUES));
    if (i < N - 1) PetscCall(MatSetValue(*A, i, i + 1, -1.0, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x and v are smooth functions of the index, the same on any number of ranks. */
static PetscErrorCode Fill(Vec x, PetscReal frequency)
{
  PetscScalar *xs;
  PetscInt     low, high;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(x, &low, &high));
  PetscCall(VecGetArray(x, &xs));
  for (PetscInt i = low; i < high; i++) xs[i - low] = PetscSinReal(frequency * (PetscReal)(i + 1));
  PetscCall(VecRestoreArray(x, &xs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* relstep 0: the Mat of the user's product, else that of differences */
static PetscErrorCode PointCreate(PetscInt N, PetscReal cubic, PetscReal relstep, Point *p)
{
  Vec      *vecs[] = {&p->g, &p->w, &p->v, &p->Hv, &p->exact};
  PetscReal xnorm;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(p, sizeof(*p)));
  p->cubic = cubic;
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, PETSC_DECIDE, N, &p->x));
  for (int k = 0; k < 5; k++) PetscCall(VecDuplicate(p->x, vecs[k]));
  PetscCall(Tridiagonal(p->x, &p->A));
  PetscCall(Fill(p->x, 0.7));
  PetscCall(Fill(p->v, 1.9));
  PetscCall(Gradient(p, p->x, p->g));
  PetscCall(Product(p, p->x, p->v, p->exact));
  p->calls = 0;
  if (relstep > 0.0) PetscCall(TrustNCGHessVecCreateFD(p->x, Gradient, p, relstep, &p->H));
  else PetscCall(TrustNCGHessVecCreateUser(p->x, Product, p, &p->H));
  PetscCall(VecNorm(p->x, NORM_2, &xnorm));
  PetscCall(TrustNCGHessVecSetPoint(p->H, p->x, p->g, xnorm, p->w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PointDestroy(Point *p)
{
  Vec *vecs[] = {&p->x, &p->g, &p->w, &p->v, &p->Hv, &p->exact};

  PetscFunctionBegin;
  for (int k = 0; k < 6; k++) PetscCall(VecDestroy(vecs[k]));
  PetscCall(MatDestroy(&p->A));
  PetscCall(MatDestroy(&p->H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||Hv - exact||, and ||exact|| */
static PetscErrorCode ProductError(Point *p, PetscReal *error, PetscReal *size)
{
  PetscFunctionBegin;
  PetscCall(MatMult(p->H, p->v, p->Hv));
  PetscCall(VecNorm(p->exact, NORM_2, size));
  PetscCall(VecAXPY(p->Hv, -1.0, p->exact));
  PetscCall(VecNorm(p->Hv, NORM_2, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const PetscInt Sizes[] = {SIZE, 7, 2, 1}; /* the last leave ranks without unknowns */

START_TEST(users_product_is_passed_through_with_the_point)
{
  Point     p;
  PetscReal error, size;
  PetscInt  products, norms;

  ckm_ok(PointCreate(Sizes[_i], 1.5, 0.0, &p));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_assert_near(error, 0.0, 0.0);
  ckm_ok(VecShift(p.x, 0.25)); /* the point is borrowed, not copied */
  ckm_ok(Product(&p, p.x, p.v, p.exact));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_assert_near(error, 0.0, 0.0);
  ckm_ok(TrustNCGHessVecGetCounts(p.H, &products, &norms));
  ckm_assert(products == 2 && norms == 0 && p.calls == 3);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(difference_of_a_quadratic_is_exact)
{
  Point     p;
  PetscReal error, size;

  ckm_ok(PointCreate(Sizes[_i], 0.0, PETSC_SQRT_MACHINE_EPSILON, &p));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_assert_near(error, 0.0, 1e-7 * size);
  ckm_ok(PointDestroy(&p));
}
END_TEST

/* The remainder of a cubic is h ||v^2|| / 2 with h ||v|| = relstep (1 + ||x||). */
START_TEST(error_of_a_difference_is_that_of_its_step)
{
  const PetscReal relstep = PetscPowReal(10.0, -1.0 - _i);
  Point           p;
  PetscReal       error, size, x, v, vv;

  ckm_ok(PointCreate(SIZE, 1.0, relstep, &p));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_ok(VecNorm(p.x, NORM_2, &x));
  ckm_ok(VecNorm(p.v, NORM_2, &v));
  ckm_ok(VecPointwiseMult(p.w, p.v, p.v));
  ckm_ok(VecNorm(p.w, NORM_2, &vv));
  ckm_assert_near(error / (0.5 * relstep * (1.0 + x) / v * vv), 1.0, 1e-5);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(difference_is_as_good_for_any_length_of_direction)
{
  Point     p;
  PetscReal error, size;

  ckm_ok(PointCreate(SIZE, 1.0, PETSC_SQRT_MACHINE_EPSILON, &p));
  ckm_ok(VecScale(p.v, PetscPowReal(1e20, _i)));
  ckm_ok(VecScale(p.exact, PetscPowReal(1e20, _i)));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_assert_near(error, 0.0, 1e-6 * size);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(a_product_by_differences_costs_one_gradient)
{
  Point    p;
  PetscInt products, norms;

  ckm_ok(PointCreate(SIZE, 1.0, 1e-8, &p));
  for (int k = 0; k < 3; k++) ckm_ok(MatMult(p.H, p.v, p.Hv));
  ckm_ok(TrustNCGHessVecGetCounts(p.H, &products, &norms));
  ckm_assert(products == 3 && norms == 3 && p.calls == 3);
  ckm_ok(PointDestroy(&p));
}
END_TEST

/* Tells H that the norm of the next direction is vnorm, as a KSP may */
static PetscErrorCode Announce(Mat H, PetscReal vnorm)
{
  PetscErrorCode (*fn)(Mat, PetscReal);

  PetscFunctionBegin;
  PetscCall(PetscObjectQueryFunction((PetscObject)H, TRUSTNCG_DIRECTION_NORM, &fn));
  PetscCheck(fn, PETSC_COMM_SELF, PETSC_ERR_SUP, "the Mat wants no announcement");
  PetscCall((*fn)(H, vnorm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(an_announced_norm_saves_the_reduction_once)
{
  Point     p;
  PetscReal vnorm;
  long      before, announced, plain;
  PetscInt  norms;
  PetscBool same;

  ckm_ok(PointCreate(SIZE, 1.0, 1e-8, &p));
  ckm_ok(VecNorm(p.v, NORM_2, &vnorm));
  ckm_ok(MatMult(p.H, p.v, p.exact));
  ckm_ok(Fill(p.v, 1.9)); /* PETSc knows its norm no more */
  before = ReductionCount();
  ckm_ok(Announce(p.H, vnorm));
  ckm_ok(MatMult(p.H, p.v, p.Hv));
  announced = ReductionCount() - before;
  before    = ReductionCount();
  ckm_ok(MatMult(p.H, p.v, p.exact));
  plain = ReductionCount() - before;
  ckm_assert(announced == 0);
  ckm_assert(plain == 1);
  ckm_ok(TrustNCGHessVecGetCounts(p.H, NULL, &norms));
  ckm_assert(norms == 2);
  ckm_ok(VecEqual(p.Hv, p.exact, &same));
  ckm_assert(same);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(an_announced_norm_is_believed)
{
  Point     p;
  PetscReal vnorm, error, twice, size;

  ckm_ok(PointCreate(SIZE, 1.0, 1e-4, &p));
  ckm_ok(VecNorm(p.v, NORM_2, &vnorm));
  ckm_ok(ProductError(&p, &error, &size));
  ckm_ok(Announce(p.H, 0.5 * vnorm));
  ckm_ok(ProductError(&p, &twice, &size));
  ckm_assert_near(twice / error, 2.0, 1e-5);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(a_zero_direction_costs_no_gradient)
{
  Point     p;
  PetscReal norm;
  PetscInt  products;

  ckm_ok(PointCreate(SIZE, 1.0, 1e-8, &p));
  ckm_ok(VecZeroEntries(p.v));
  ckm_ok(VecSet(p.Hv, PETSC_INFINITY));
  ckm_ok(MatMult(p.H, p.v, p.Hv));
  ckm_ok(VecNorm(p.Hv, NORM_INFINITY, &norm));
  ckm_ok(TrustNCGHessVecGetCounts(p.H, &products, NULL));
  ckm_assert(norm == 0.0);
  ckm_assert(products == 0 && p.calls == 0);
  ckm_ok(PointDestroy(&p));
}
END_TEST

static PetscErrorCode Nothing(void *ctx, Vec x, Vec g)
{
  return PETSC_SUCCESS;
}

static void AssertLike(Vec v, DM dm)
{
  ISLocalToGlobalMapping map;
  DM                     vdm;

  ckm_ok(VecGetDM(v, &vdm));
  ckm_ok(VecGetLocalToGlobalMapping(v, &map));
  ckm_assert(vdm == dm);
  ckm_assert(map != NULL);
}

START_TEST(vectors_of_the_mat_have_the_dm_and_the_map)
{
  DM  dm;
  Vec x, right, left;
  Mat H;

  ckm_ok(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, 9, 7,
                      PETSC_DECIDE, PETSC_DECIDE, 1, 1, NULL, NULL, &dm));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(TrustNCGHessVecCreateFD(x, Nothing, NULL, 1e-8, &H));
  ckm_ok(MatCreateVecs(H, &right, &left));
  AssertLike(right, dm);
  AssertLike(left, dm);
  ckm_ok(VecDestroy(&right));
  ckm_ok(VecDestroy(&left));
  ckm_ok(MatDestroy(&H));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

START_TEST(the_mat_is_symmetric_and_of_the_layout)
{
  Point     p;
  PetscBool known, symmetric;
  PetscInt  n, m, N, M;

  ckm_ok(PointCreate(SIZE, 1.0, _i ? 1e-8 : 0.0, &p));
  ckm_ok(MatIsSymmetricKnown(p.H, &known, &symmetric));
  ckm_assert(known && symmetric);
  ckm_ok(VecGetLocalSize(p.x, &n));
  ckm_ok(MatGetLocalSize(p.H, &m, NULL));
  ckm_ok(MatGetSize(p.H, &M, &N));
  ckm_assert(m == n && M == SIZE && N == SIZE);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(a_new_point_makes_a_new_operator)
{
  Point            p;
  PetscObjectState before, after;

  ckm_ok(PointCreate(SIZE, 1.0, _i ? 1e-8 : 0.0, &p));
  ckm_ok(PetscObjectStateGet((PetscObject)p.H, &before));
  ckm_ok(TrustNCGHessVecSetPoint(p.H, p.x, p.g, 1.0, p.w));
  ckm_ok(PetscObjectStateGet((PetscObject)p.H, &after));
  ckm_assert(after > before);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(an_error_of_the_callback_comes_out)
{
  Point     p;
  PetscReal error, size;

  ckm_ok(PointCreate(SIZE, 1.0, _i ? 1e-8 : 0.0, &p));
  p.fail = 1;
  ckm_fails(MatMult(p.H, p.v, p.Hv), PETSC_ERR_USER, "today");
  ckm_ok(PointDestroy(&p));
  ckm_ok(PointCreate(SIZE, 1.0, _i ? 1e-8 : 0.0, &p)); /* and the next one works */
  ckm_ok(ProductError(&p, &error, &size));
  ckm_assert_near(error, 0.0, 1e-6 * size);
  ckm_ok(PointDestroy(&p));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase    *tcase = ckm_tcase(suite, "hessvec");
  const int sizes = (int)(sizeof(Sizes) / sizeof(Sizes[0]));

  tcase_add_loop_test(tcase, users_product_is_passed_through_with_the_point, 0, sizes);
  tcase_add_loop_test(tcase, difference_of_a_quadratic_is_exact, 0, sizes);
  tcase_add_loop_test(tcase, error_of_a_difference_is_that_of_its_step, 0, 4);
  tcase_add_loop_test(tcase, difference_is_as_good_for_any_length_of_direction, -3, 4);
  tcase_add_test(tcase, a_product_by_differences_costs_one_gradient);
  tcase_add_test(tcase, an_announced_norm_saves_the_reduction_once);
  tcase_add_test(tcase, an_announced_norm_is_believed);
  tcase_add_test(tcase, a_zero_direction_costs_no_gradient);
  tcase_add_test(tcase, vectors_of_the_mat_have_the_dm_and_the_map);
  tcase_add_loop_test(tcase, the_mat_is_symmetric_and_of_the_layout, 0, 2);
  tcase_add_loop_test(tcase, a_new_point_makes_a_new_operator, 0, 2);
  tcase_add_loop_test(tcase, an_error_of_the_callback_comes_out, 0, 2);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "hessvec", AddTests);
}
