/* SPDX-License-Identifier: BSD-2-Clause
   What the sparse preconditioner is made of: its pattern, its colours, its probes, its near null
   space, and a dominant diagonal. */
#include "harness.h"
#include "trustncg.h"
#include "precond/blocks.h"
#include "precond/probes.h"
#include "precond/sparse.h"
#include <petscdmda.h>

enum { DOF = 2 };

/* A grid whose box stencil couples all of its dof, and its matrix with entries at random, symmetric */
static PetscErrorCode CreateMatrix(PetscInt side, DMBoundaryType boundary, DM *dm, Mat *A)
{
  PetscRandom random;
  Mat         T;

  PetscFunctionBegin;
  PetscCall(DMDACreate2d(PETSC_COMM_WORLD, boundary, boundary, DMDA_STENCIL_BOX, side, side,
                         PETSC_DECIDE, PETSC_DECIDE, DOF, 1, NULL, NULL, dm));
  PetscCall(DMSetUp(*dm));
  PetscCall(DMCreateMatrix(*dm, A));
  PetscCall(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  PetscCall(MatSetRandom(*A, random));
  PetscCall(MatTranspose(*A, MAT_INITIAL_MATRIX, &T));
  PetscCall(MatAXPY(*A, 1.0, T, SAME_NONZERO_PATTERN));
  PetscCall(MatScale(*A, 0.5));
  PetscCall(MatDestroy(&T));
  PetscCall(PetscRandomDestroy(&random));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far the matrix that the probes see is from A, which has the pattern of the DM */
static PetscErrorCode ProbedError(DM dm, Mat A, Mat pattern, PetscInt *colors, PetscReal *error)
{
  TrustNCGSparse sparse = NULL;
  PetscInt       products;
  Vec            x;
  Mat            P;
  KSP            ksp;
  PC             pc;

  PetscFunctionBegin;
  PetscCall(DMCreateGlobalVector(dm, &x));
  PetscCall(VecSet(x, 1.0));
  PetscCall(TrustNCGSparseCreate(x, pattern, PETSC_MAX_INT, &sparse));
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCJACOBI));
  PetscCall(TrustNCGSparseSetPC(sparse, pc));
  PetscCall(TrustNCGSparseUpdate(sparse, A, x, &products));
  PetscCall(TrustNCGSparseGetCounts(sparse, colors, NULL, NULL));
  PetscCheck(products == *colors + 1 + (pattern ? 0 : DOF), PETSC_COMM_WORLD, PETSC_ERR_PLIB,
             "a product a colour, one more, and a look at a grid");
  PetscCall(TrustNCGSparseGetMats(sparse, NULL, &P));
  PetscCall(MatAXPY(P, -1.0, A, SAME_NONZERO_PATTERN));
  PetscCall(MatNorm(P, NORM_FROBENIUS, error));
  PetscCall(TrustNCGSparseDestroy(&sparse));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries as CG's rehearsal must leave them: diagonally dominant already, no positive ones
   outside the diagonal */
static PetscErrorCode MakeLaplacian(Mat A)
{
  PetscFunctionBegin;
  PetscCall(MatScale(A, -1.0));
  PetscCall(MatShift(A, 10.0 * DOF));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const PetscInt Sides[] = {9, 10, 11, 12};

START_TEST(probes_find_every_entry)
{
  static const DMBoundaryType boundary[] = {DM_BOUNDARY_NONE, DM_BOUNDARY_PERIODIC};
  DM                          dm;
  Mat                         A;
  PetscReal                   error;
  PetscInt                    colors;

  ckm_ok(CreateMatrix(Sides[_i / 2], boundary[_i % 2], &dm, &A));
  ckm_ok(MakeLaplacian(A));
  ckm_ok(ProbedError(dm, A, NULL, &colors, &error));
  ckm_assert_near(error, 0.0, 1e-12);
  if (_i % 2) {
    ckm_assert(colors >= 9 * DOF);
    ckm_assert(Sides[_i / 2] % 3 || colors == 9 * DOF);
  } else ckm_assert(colors == (9 * DOF + 2) / 2); /* by substitution */
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

START_TEST(a_pattern_of_the_users_is_coloured)
{
  DM        dm;
  Mat       A;
  PetscReal error;
  PetscInt  colors;

  ckm_ok(CreateMatrix(12, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(MakeLaplacian(A));
  ckm_ok(ProbedError(dm, A, A, &colors, &error));
  ckm_assert_near(error, 0.0, 1e-12);
  ckm_assert(colors <= 3 * 9 * DOF);
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* A tridiagonal matrix of this many unknowns, spread evenly or on the first rank alone */
static PetscErrorCode CreateTridiagonal(PetscInt n, PetscBool even, Mat *A)
{
  const PetscInt m = PetscGlobalRank ? 0 : n;
  PetscInt       lo, hi;

  PetscFunctionBegin;
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, even ? PETSC_DECIDE : m, even ? PETSC_DECIDE : m, n, n,
                         3, NULL, 1, NULL, A));
  PetscCall(MatGetOwnershipRange(*A, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    for (PetscInt j = PetscMax(0, i - 1); j <= PetscMin(n - 1, i + 1); j++) {
      PetscCall(MatSetValue(*A, i, j, 1.0 / (PetscReal)(1 + i + j), INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A tridiagonal matrix on the first rank alone, and no DM */
START_TEST(ranks_may_own_nothing)
{
  Mat            A, P;
  Vec            x;
  ISColoring     coloring;
  MatColoring    mc;
  PetscReal      error;
  PetscInt       colors, products;
  TrustNCGProbes probes;

  ckm_ok(CreateTridiagonal(20, PETSC_FALSE, &A));
  ckm_ok(MatDuplicate(A, MAT_DO_NOT_COPY_VALUES, &P));
  ckm_ok(MatCreateVecs(A, &x, NULL));
  ckm_ok(MatColoringCreate(P, &mc));
  ckm_ok(MatColoringSetDistance(mc, 2));
  ckm_ok(MatColoringSetType(mc, MATCOLORINGGREEDY));
  ckm_ok(MatColoringApply(mc, &coloring));
  ckm_ok(TrustNCGProbesCreate(P, coloring, PETSC_FALSE, &probes));
  ckm_assert(probes != NULL);
  ckm_ok(TrustNCGProbesGetSize(probes, &colors));
  ckm_assert(colors >= 3 && colors <= 5);
  ckm_ok(TrustNCGProbesApply(probes, A, x, 1, (const PetscReal[]){1.0}, P, NULL, NULL, &products));
  ckm_ok(MatAXPY(P, -1.0, A, SAME_NONZERO_PATTERN));
  ckm_ok(MatNorm(P, NORM_FROBENIUS, &error));
  ckm_assert_near(error, 0.0, 1e-14);
  ckm_ok(TrustNCGProbesDestroy(&probes));
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(MatColoringDestroy(&mc));
  ckm_ok(VecDestroy(&x));
  ckm_ok(MatDestroy(&A));
  ckm_ok(MatDestroy(&P));
}
END_TEST

/* Two products, and each row takes one entry from its neighbour, on whatever rank that is. */
START_TEST(a_symmetric_band_is_found_by_substitution)
{
  Mat              A, P;
  Vec              x;
  PetscInt         lo, hi, products = 0;
  PetscReal        error;
  ISColoringValue *color;
  ISColoring       coloring;
  TrustNCGProbes   probes;
  PetscBool        substitute;

  ckm_ok(CreateTridiagonal(20, (PetscBool)_i, &A));
  ckm_ok(MatDuplicate(A, MAT_DO_NOT_COPY_VALUES, &P));
  ckm_ok(MatCreateVecs(A, &x, NULL));
  ckm_ok(MatGetOwnershipRange(A, &lo, &hi));
  ckm_ok(PetscMalloc1(hi - lo, &color));
  for (PetscInt i = lo; i < hi; i++) color[i - lo] = (ISColoringValue)(i % 2);
  ckm_ok(ISColoringCreate(PETSC_COMM_WORLD, 2, hi - lo, color, PETSC_OWN_POINTER, &coloring));
  ckm_ok(TrustNCGProbesCreate(P, coloring, PETSC_TRUE, &probes));
  ckm_assert(probes != NULL);
  ckm_ok(TrustNCGProbesSubstitute(probes, &substitute));
  ckm_assert(substitute);
  ckm_ok(TrustNCGProbesApply(probes, A, x, 1, (const PetscReal[]){1.0}, P, NULL, NULL, &products));
  ckm_assert(products == 2);
  ckm_ok(MatAXPY(P, -1.0, A, SAME_NONZERO_PATTERN));
  ckm_ok(MatNorm(P, NORM_FROBENIUS, &error));
  ckm_assert_near(error, 0.0, 1e-14);
  ckm_ok(TrustNCGProbesDestroy(&probes));
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(VecDestroy(&x));
  ckm_ok(MatDestroy(&A));
  ckm_ok(MatDestroy(&P));
}
END_TEST

/* All columns of one colour: every row has its entries in it. */
START_TEST(a_wrong_colouring_is_seen)
{
  DM               dm;
  Mat              A;
  PetscInt         n;
  ISColoringValue *color;
  ISColoring       coloring;
  TrustNCGProbes   probes;

  ckm_ok(CreateMatrix(6, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(MatGetLocalSize(A, NULL, &n));
  ckm_ok(PetscCalloc1(n, &color));
  ckm_ok(ISColoringCreate(PETSC_COMM_WORLD, 1, n, color, PETSC_OWN_POINTER, &coloring));
  ckm_ok(TrustNCGProbesCreate(A, coloring, (PetscBool)_i, &probes));
  ckm_assert(!probes);
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* What a sparse Hessian on the grid says of its near null space: vectors; 0 if it says nothing */
static PetscErrorCode NearVectors(DM dm, Mat pattern, PetscInt *vectors)
{
  TrustNCGSparse sparse = NULL;
  MatNullSpace   near;
  Vec            x;
  Mat            P;

  PetscFunctionBegin;
  PetscCall(DMCreateGlobalVector(dm, &x));
  PetscCall(TrustNCGSparseCreate(x, pattern, PETSC_MAX_INT, &sparse));
  PetscCall(TrustNCGSparseGetMats(sparse, NULL, &P));
  PetscCall(MatGetNearNullSpace(P, &near));
  *vectors = 0;
  if (near) PetscCall(MatNullSpaceGetVecs(near, NULL, vectors, NULL));
  PetscCall(TrustNCGSparseDestroy(&sparse));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_displacement_has_rigid_motions)
{
  DM       dm;
  Mat      A;
  PetscInt vectors;

  ckm_ok(CreateMatrix(5, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(NearVectors(dm, NULL, &vectors));
  ckm_assert(vectors == 0); /* where the points are is not known */
  ckm_ok(DMDASetUniformCoordinates(dm, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0));
  ckm_ok(NearVectors(dm, NULL, &vectors));
  ckm_assert(vectors == 3);
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

static PetscErrorCode Constants(DM dm, PetscInt from, PetscInt field, MatNullSpace *space)
{
  return MatNullSpaceCreate(PetscObjectComm((PetscObject)dm), PETSC_FALSE, 0, NULL, space);
}

/* of the DM, or of the Mat */
START_TEST(a_near_null_space_of_the_users_is_taken)
{
  DM           dm;
  Mat          A;
  PetscInt     vectors;
  MatNullSpace space;
  Vec          ones;

  ckm_ok(CreateMatrix(5, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(DMDASetUniformCoordinates(dm, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0));
  if (_i) {
    ckm_ok(MatCreateVecs(A, &ones, NULL));
    ckm_ok(VecSet(ones, 1.0));
    ckm_ok(VecNormalize(ones, NULL));
    ckm_ok(MatNullSpaceCreate(PETSC_COMM_WORLD, PETSC_FALSE, 1, &ones, &space));
    ckm_ok(MatSetNearNullSpace(A, space));
    ckm_ok(MatNullSpaceDestroy(&space));
    ckm_ok(VecDestroy(&ones));
  } else ckm_ok(DMSetNearNullSpaceConstructor(dm, 0, Constants));
  ckm_ok(NearVectors(dm, _i ? A : NULL, &vectors));
  ckm_assert(vectors == _i);
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* P of a second set-up is that of the first, unless the pattern is another one. */
START_TEST(a_pattern_is_coloured_once)
{
  TrustNCGSparse sparse = NULL;
  DM             dm;
  Mat            A, P[3];
  PetscObjectId  id[3];
  Vec            x;

  ckm_ok(CreateMatrix(6, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  for (int k = 0; k < 3; k++) {
    ckm_ok(TrustNCGSparseCreate(x, (k == 2) == _i ? A : NULL, PETSC_MAX_INT, &sparse));
    ckm_ok(TrustNCGSparseGetMats(sparse, NULL, &P[k]));
    ckm_ok(PetscObjectGetId((PetscObject)P[k], &id[k]));
  }
  ckm_assert(id[0] == id[1] && id[1] != id[2]);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(VecDestroy(&x));
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* A 3-D star has 7 entries in a row, where DMDA takes the 27 colours of a box; in natural order
   fewer will do, and where the matrix is symmetric and the grid not periodic, four. */
START_TEST(a_star_takes_fewer_colours_than_a_box)
{
  const DMBoundaryType end    = _i ? DM_BOUNDARY_PERIODIC : DM_BOUNDARY_NONE;
  TrustNCGSparse       sparse = NULL;
  PetscInt             colors;
  DM                   dm;
  Vec                  x;

  ckm_ok(DMDACreate3d(PETSC_COMM_WORLD, end, end, end, DMDA_STENCIL_STAR, 9, 9, 9, PETSC_DECIDE,
                      PETSC_DECIDE, PETSC_DECIDE, 1, 1, NULL, NULL, NULL, &dm));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(TrustNCGSparseCreate(x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseGetCounts(sparse, &colors, NULL, NULL));
  ckm_assert(_i ? colors >= 7 && colors <= 20 : colors == 4);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* Gershgorin's discs end at 0 or to the right of it. */
START_TEST(a_dominant_matrix_has_no_negative_disc)
{
  DM        dm;
  Mat       A;
  Vec       d, sum;
  PetscReal least;

  ckm_ok(CreateMatrix(7, DM_BOUNDARY_PERIODIC, &dm, &A));
  ckm_ok(MatShift(A, -2.0));
  ckm_ok(MatCreateVecs(A, &d, &sum));
  ckm_ok(TrustNCGMakeDominant(A, d));
  ckm_ok(MatGetDiagonal(A, d));
  ckm_ok(VecMin(d, NULL, &least));
  ckm_assert(least >= -1e-12);
  ckm_ok(MatGetRowSum(A, sum)); /* diagonal less the absolute values of the others */
  ckm_ok(VecMin(sum, NULL, &least));
  ckm_assert(least >= -1e-12);
  ckm_ok(VecDestroy(&d));
  ckm_ok(VecDestroy(&sum));
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

START_TEST(a_laplacian_is_dominant_as_it_is)
{
  DM        dm;
  Mat       A, B;
  Vec       work;
  PetscReal error;

  ckm_ok(CreateMatrix(7, DM_BOUNDARY_NONE, &dm, &A));
  ckm_ok(MakeLaplacian(A));
  ckm_ok(MatDuplicate(A, MAT_COPY_VALUES, &B));
  ckm_ok(MatCreateVecs(A, &work, NULL));
  ckm_ok(TrustNCGMakeDominant(B, work));
  ckm_ok(MatAXPY(B, -1.0, A, SAME_NONZERO_PATTERN));
  ckm_ok(MatNorm(B, NORM_FROBENIUS, &error));
  /* what MatSetRandom() gave the diagonal is below what it took from the rest */
  ckm_assert_near(error, 0.0, 1e-12);
  ckm_ok(VecDestroy(&work));
  ckm_ok(MatDestroy(&A));
  ckm_ok(MatDestroy(&B));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* CG itself is content with one; and nothing dominant is left of it but rounding. */
START_TEST(a_negative_definite_matrix_makes_a_positive_preconditioner)
{
  DM             dm;
  Mat            A, P;
  Vec            x, z;
  KSP            ksp;
  PC             pc;
  PetscInt       products;
  PetscReal      least;
  PetscScalar    zx;
  TrustNCGSparse sparse = NULL;

  ckm_ok(CreateMatrix(7, DM_BOUNDARY_NONE, &dm, &A));
  if (_i % 2) ckm_ok(MakeLaplacian(A));
  else ckm_ok(MatZeroEntries(A));
  ckm_ok(MatShift(A, 1.0));
  ckm_ok(MatScale(A, -1.0));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(VecSetRandom(x, NULL));
  ckm_ok(VecDuplicate(x, &z));
  ckm_ok(KSPCreate(PETSC_COMM_WORLD, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  if (_i < 2) ckm_ok(PCSetType(pc, PCJACOBI));
  ckm_ok(TrustNCGSparseCreate(x, NULL, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseSetPC(sparse, pc));
  ckm_ok(TrustNCGSparseUpdate(sparse, A, x, &products));
  ckm_ok(TrustNCGSparseGetMats(sparse, NULL, &P));
  ckm_ok(MatGetDiagonal(P, z));
  ckm_ok(VecMin(z, NULL, &least));
  ckm_assert(least >= 0.0);
  ckm_ok(PCApply(pc, x, z));
  ckm_ok(VecDot(x, z, &zx));
  ckm_assert(PetscRealPart(zx) > 0.0);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(KSPDestroy(&ksp));
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&z));
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "probes");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, probes_find_every_entry, 0, 8);
  tcase_add_test(tcase, a_pattern_of_the_users_is_coloured);
  tcase_add_loop_test(tcase, a_wrong_colouring_is_seen, 0, 2);
  tcase_add_loop_test(tcase, a_symmetric_band_is_found_by_substitution, 0, 2);
  tcase_add_loop_test(tcase, a_pattern_is_coloured_once, 0, 2);
  tcase_add_loop_test(tcase, a_star_takes_fewer_colours_than_a_box, 0, 2);
  tcase = ckm_tcase(suite, "near null space");
  tcase_add_test(tcase, a_displacement_has_rigid_motions);
  tcase_add_loop_test(tcase, a_near_null_space_of_the_users_is_taken, 0, 2);
  tcase_add_test(tcase, ranks_may_own_nothing);
  tcase = ckm_tcase(suite, "dominance");
  tcase_add_test(tcase, a_dominant_matrix_has_no_negative_disc);
  tcase_add_test(tcase, a_laplacian_is_dominant_as_it_is);
  tcase_add_loop_test(tcase, a_negative_definite_matrix_makes_a_positive_preconditioner, 0, 4);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "pattern", Add);
}
