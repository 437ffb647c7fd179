/* SPDX-License-Identifier: BSD-2-Clause
   Two fields on a grid, measured in units that are far apart: their sparse Hessian is that of equal
   units, and so is the solve. */
#include "harness.h"
#include "precond/sparse.h"
#include "precond/units.h"
#include "trustncg.h"
#include <math.h>
#include <petscdmda.h>

enum { SIDE = 24, FIELDS = 2 };

#define LEAST -5.2124620832 /* of f, as in equal units */

/* Powers of ten: of the first field, and one over the second */
static const PetscReal Exponents[] = {0.0, 0.8, 1.5, 3.0, 6.0, 9.0, 15.0, -6.0};

enum { EXPONENTS = sizeof(Exponents) / sizeof(Exponents[0]) };

/* y'Ay/2 - b'y + 50 h^2 times the sum of (y_1^2 - y_2)^2 over the nodes, where y = S x: indefinite
   far from the solution */
typedef struct {
  DM  dm;
  Mat A;
  Vec x, S, b, y, z;
} Fields;

#define H2 (1.0 / ((SIDE + 1.0) * (SIDE + 1.0)))

/* Laplacians of both fields */
static PetscErrorCode MakeLaplacians(DM dm, Mat *A)
{
  PetscInt xs, ys, xm, ym;

  PetscFunctionBegin;
  PetscCall(DMCreateMatrix(dm, A));
  PetscCall(DMDAGetCorners(dm, &xs, &ys, NULL, &xm, &ym, NULL));
  for (PetscInt k = 0; k < xm * ym * FIELDS; k++) {
    const MatStencil row = {.i = xs + k / FIELDS % xm, .j = ys + k / FIELDS / xm, .c = k % FIELDS};

    for (PetscInt to = 0; to < 5; to++) {
      const PetscScalar a      = to ? -1.0 : 4.0;
      MatStencil        column = row;

      if (to == 1 || to == 2) column.i += 2 * to - 3;
      if (to > 2) column.j += 2 * to - 7;
      if (column.i < 0 || column.i >= SIDE || column.j < 0 || column.j >= SIDE) continue;
      PetscCall(MatSetValuesStencil(*A, 1, &row, 1, &column, &a, INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeLoads(DM dm, Vec b)
{
  PetscInt     xs, xm, ym;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(dm, &xs, NULL, NULL, &xm, &ym, NULL));
  PetscCall(VecGetArray(b, &a));
  for (PetscInt k = 0; k < xm * ym; k++) {
    a[FIELDS * k]     = 30.0 * H2 * sin(5.0 * (xs + k % xm + 1) / (SIDE + 1.0));
    a[FIELDS * k + 1] = 10.0 * H2;
  }
  PetscCall(VecRestoreArray(b, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FieldsMake(PetscReal exponent, Fields *f)
{
  PetscFunctionBegin;
  PetscCall(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR,
                         SIDE, SIDE, PETSC_DECIDE, PETSC_DECIDE, FIELDS, 1, NULL, NULL, &f->dm));
  PetscCall(DMSetUp(f->dm));
  PetscCall(DMCreateGlobalVector(f->dm, &f->x));
  PetscCall(VecDuplicate(f->x, &f->S));
  PetscCall(VecDuplicate(f->x, &f->b));
  PetscCall(VecDuplicate(f->x, &f->y));
  PetscCall(VecDuplicate(f->x, &f->z));
  PetscCall(MakeLaplacians(f->dm, &f->A));
  PetscCall(VecStrideSet(f->S, 0, PetscPowReal(10.0, exponent)));
  PetscCall(VecStrideSet(f->S, 1, PetscPowReal(10.0, -exponent)));
  PetscCall(MakeLoads(f->dm, f->b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FieldsFree(Fields *f)
{
  PetscFunctionBegin;
  PetscCall(MatDestroy(&f->A));
  PetscCall(VecDestroy(&f->x));
  PetscCall(VecDestroy(&f->S));
  PetscCall(VecDestroy(&f->b));
  PetscCall(VecDestroy(&f->y));
  PetscCall(VecDestroy(&f->z));
  PetscCall(DMDestroy(&f->dm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the gradient at y of the term that couples the fields to g, and the term to *value; or, where
   there is a v, its derivative along v. */
static PetscErrorCode AddCoupling(Vec y, Vec v, Vec g, PetscReal *value)
{
  const PetscScalar *a, *b = NULL;
  PetscScalar       *to;
  PetscInt           m;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(y, &m));
  PetscCall(VecGetArrayRead(y, &a));
  if (v) PetscCall(VecGetArrayRead(v, &b));
  PetscCall(VecGetArray(g, &to));
  for (PetscInt k = 0; k < m; k += FIELDS) {
    const PetscReal gap = a[k] * a[k] - a[k + 1], dgap = v ? 2.0 * a[k] * b[k] - b[k + 1] : 0.0;

    to[k] += 200.0 * H2 * (v ? dgap * a[k] + gap * b[k] : gap * a[k]);
    to[k + 1] -= 100.0 * H2 * (v ? dgap : gap);
    if (value) *value += 50.0 * H2 * gap * gap;
  }
  PetscCall(VecRestoreArray(g, &to));
  if (v) PetscCall(VecRestoreArrayRead(v, &b));
  PetscCall(VecRestoreArrayRead(y, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(Tao tao, Vec x, PetscReal *value, Vec g, void *ctx)
{
  Fields     *f     = (Fields *)ctx;
  PetscReal   share = 0.0;
  PetscScalar yAy, by;

  PetscFunctionBegin;
  (void)tao;
  PetscCall(VecPointwiseMult(f->y, f->S, x));
  PetscCall(MatMult(f->A, f->y, g));
  PetscCall(VecDot(f->y, g, &yAy));
  PetscCall(VecDot(f->b, f->y, &by));
  PetscCall(VecAXPY(g, -1.0, f->b));
  PetscCall(AddCoupling(f->y, NULL, g, &share));
  PetscCallMPI(MPI_Allreduce(&share, value, 1, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  *value += 0.5 * yAy - by;
  PetscCall(VecPointwiseMult(g, g, f->S));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Product(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Fields *f = (Fields *)ctx;

  PetscFunctionBegin;
  (void)tao;
  PetscCall(VecPointwiseMult(f->z, f->S, v));
  PetscCall(VecPointwiseMult(f->y, f->S, x));
  PetscCall(MatMult(f->A, f->z, Hv));
  PetscCall(AddCoupling(f->y, f->z, Hv, NULL));
  PetscCall(VecPointwiseMult(Hv, Hv, f->S));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In them the diagonals are within a factor of 2^5, and so are units that are not told apart. */
START_TEST(units_make_diagonals_alike_and_go_without_rounding)
{
  Fields    f;
  Mat       H;
  PetscReal unit[FIELDS] = {3.0, 3.0}, ratio, scaled;

  ckm_ok(FieldsMake(Exponents[_i], &f));
  ckm_ok(MatDuplicate(f.A, MAT_COPY_VALUES, &H));
  ckm_ok(MatDiagonalScale(H, f.S, f.S));
  ckm_ok(TrustNCGUnitsFind(H, f.z, FIELDS, unit));
  ckm_assert(PetscMin(unit[0], unit[1]) == 1.0);
  ckm_assert(Exponents[_i] != 0.0 || unit[0] * unit[1] == 1.0);
  ratio  = PetscPowReal(10.0, 2.0 * Exponents[_i]); /* of the roots of the diagonals */
  scaled = ratio * unit[0] / unit[1];
  ckm_assert(scaled > 0.17 && scaled < 5.7);
  ckm_ok(VecStrideSet(f.z, 0, unit[0]));
  ckm_ok(VecStrideSet(f.z, 1, unit[1]));
  ckm_ok(MatDiagonalScale(f.A, f.z, f.z));
  ckm_ok(TrustNCGUnitsRemove(f.A, f.z, FIELDS, unit));
  ckm_ok(MatDiagonalScale(f.A, f.S, f.S));
  ckm_ok(MatAXPY(H, -1.0, f.A, SAME_NONZERO_PATTERN));
  ckm_ok(MatNorm(H, NORM_INFINITY, &scaled));
  ckm_assert(scaled == 0.0);
  ckm_ok(MatDestroy(&H));
  ckm_ok(FieldsFree(&f));
}
END_TEST

START_TEST(a_field_without_a_diagonal_keeps_its_unit)
{
  Fields          f;
  PetscReal       unit[FIELDS] = {1.0, 8.0};
  const PetscReal bad[]        = {0.0, NAN, INFINITY};

  ckm_ok(FieldsMake(0.0, &f));
  ckm_ok(VecStrideSet(f.z, 0, 3.0));
  ckm_ok(VecStrideSet(f.z, 1, bad[_i]));
  ckm_ok(MatDiagonalSet(f.A, f.z, INSERT_VALUES));
  ckm_ok(TrustNCGUnitsFind(f.A, f.z, FIELDS, unit));
  ckm_assert(unit[0] == 1.0 && unit[1] == 8.0);
  ckm_ok(FieldsFree(&f));
}
END_TEST

/* The sparse Hessian is S A S, to the same digits in all of its fields. */
START_TEST(probes_tell_the_entries_of_every_field)
{
  Fields         f;
  Mat            H, P = NULL; /* which stands in for H */
  PetscInt       products;
  PetscReal      error, norm;
  PC             pc;
  TrustNCGSparse sparse = NULL;

  ckm_ok(FieldsMake(Exponents[_i], &f));
  ckm_ok(VecSetRandom(f.x, NULL));
  ckm_ok(VecPointwiseMult(f.x, f.x, f.S)); /* as a gradient is */
  ckm_ok(MatDuplicate(f.A, MAT_COPY_VALUES, &H));
  ckm_ok(MatDiagonalScale(H, f.S, f.S));
  ckm_ok(PCCreate(PETSC_COMM_WORLD, &pc));
  ckm_ok(TrustNCGSparseCreate(f.x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseSetPC(sparse, pc));
  ckm_ok(TrustNCGSparseUpdate(sparse, H, f.x, &products));
  ckm_ok(TrustNCGSparseGetMats(sparse, &P, NULL));
  ckm_ok(VecReciprocal(f.S));
  ckm_ok(MatDuplicate(P, MAT_COPY_VALUES, &P));
  ckm_ok(MatDiagonalScale(P, f.S, f.S));
  ckm_ok(MatAXPY(P, -1.0, f.A, DIFFERENT_NONZERO_PATTERN));
  ckm_ok(MatNorm(P, NORM_INFINITY, &error));
  ckm_ok(MatNorm(f.A, NORM_INFINITY, &norm));
  ckm_assert(error < 1e-3 * norm);
  ckm_ok(MatDestroy(&P));
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(PCDestroy(&pc));
  ckm_ok(MatDestroy(&H));
  ckm_ok(FieldsFree(&f));
}
END_TEST

/* fault 29: in any units about the work of equal ones, and the same minimum */
START_TEST(the_solve_does_not_feel_the_units)
{
  Fields             f;
  Tao                tao;
  TaoConvergedReason reason;
  TaoTrustNCGLedger  ledger;
  PetscReal          value;

  ckm_ok(FieldsMake(Exponents[_i], &f));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoSetSolution(tao, f.x));
  ckm_ok(TaoSetObjectiveAndGradient(tao, NULL, Evaluate, &f));
  ckm_ok(TaoTrustNCGSetHessianVector(tao, Product, &f));
  ckm_ok(TaoSetTolerances(tao, 0.0, 0.0, 1e-8));
  ckm_ok(TaoSolve(tao));
  ckm_ok(TaoGetConvergedReason(tao, &reason));
  ckm_assert(reason == TAO_CONVERGED_GTTOL);
  ckm_ok(TaoTrustNCGGetLedger(tao, &ledger));
  ckm_assert(ledger.equivalents <= 60.0);
  ckm_ok(TaoGetSolutionStatus(tao, NULL, &value, NULL, NULL, NULL, NULL));
  ckm_assert_near(value, LEAST, 1e-9);
  ckm_ok(TaoDestroy(&tao));
  ckm_ok(FieldsFree(&f));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "units");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, units_make_diagonals_alike_and_go_without_rounding, 0, EXPONENTS);
  tcase_add_loop_test(tcase, a_field_without_a_diagonal_keeps_its_unit, 0, 3);
  tcase_add_loop_test(tcase, probes_tell_the_entries_of_every_field, 0, EXPONENTS);
  tcase_add_loop_test(tcase, the_solve_does_not_feel_the_units, 0, EXPONENTS);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "units", AddTests);
}
