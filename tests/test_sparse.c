/* SPDX-License-Identifier: BSD-2-Clause
   The sparse preconditioner: its probes, its colours, when it is built, and what it saves. */
#include "solve.h"
#include "precond/blocks.h"
#include "precond/probes.h"
#include "precond/sparse.h"
#include "rules/rules.h"
#include <math.h>
#include <petscdmda.h>

enum { DOF = 2 };

/* A grid whose box stencil couples all of its dof, and its matrix with entries of no pattern */
static PetscErrorCode CreateMatrix(PetscInt side, DMBoundaryType boundary, DM *dm, Mat *A)
{
  PetscRandom random;

  PetscFunctionBegin;
  PetscCall(DMDACreate2d(PETSC_COMM_WORLD, boundary, boundary, DMDA_STENCIL_BOX, side, side,
                         PETSC_DECIDE, PETSC_DECIDE, DOF, 1, NULL, NULL, dm));
  PetscCall(DMSetUp(*dm));
  PetscCall(DMCreateMatrix(*dm, A));
  PetscCall(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  PetscCall(MatSetRandom(*A, random));
  PetscCall(PetscRandomDestroy(&random));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far the matrix that the probes see is from A, which has the pattern of the DM */
static PetscErrorCode ProbedError(DM dm, Mat A, Mat pattern, PetscInt *colors, PetscReal *error)
{
  TrustNCGSparse sparse;
  PetscInt       products;
  Vec            x;
  Mat            P;
  KSP            ksp;
  PC             pc;

  PetscFunctionBegin;
  PetscCall(DMCreateGlobalVector(dm, &x));
  PetscCall(VecSet(x, 1.0));
  PetscCall(TrustNCGSparseCreate(x, pattern, &sparse));
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCJACOBI));
  PetscCall(TrustNCGSparseSetPC(sparse, pc));
  PetscCall(TrustNCGSparseUpdate(sparse, A, x, &products));
  PetscCall(TrustNCGSparseGetCounts(sparse, colors, NULL, NULL));
  PetscCheck(products == *colors, PETSC_COMM_WORLD, PETSC_ERR_PLIB, "a product a colour");
  PetscCall(TrustNCGSparseGetMat(sparse, &P));
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
  ckm_assert(colors >= 9 * DOF);
  ckm_assert(Sides[_i / 2] % 3 || colors == 9 * DOF);
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

/* A tridiagonal matrix on the first rank alone, and no DM */
START_TEST(ranks_may_own_nothing)
{
  const PetscInt n = 20, m = PetscGlobalRank ? 0 : n;
  Mat            A, P;
  Vec            x;
  ISColoring     coloring;
  MatColoring    mc;
  PetscReal      error;
  PetscInt       colors;
  TrustNCGProbes probes;

  ckm_ok(MatCreateAIJ(PETSC_COMM_WORLD, m, m, n, n, 3, NULL, 0, NULL, &A));
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = PetscMax(0, i - 1); j <= PetscMin(n - 1, i + 1); j++) {
      PetscCallAbort(PETSC_COMM_SELF, MatSetValue(A, i, j, i == j ? 2.0 : -1.0, INSERT_VALUES));
    }
  }
  ckm_ok(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatDuplicate(A, MAT_DO_NOT_COPY_VALUES, &P));
  ckm_ok(MatCreateVecs(A, &x, NULL));
  ckm_ok(MatColoringCreate(P, &mc));
  ckm_ok(MatColoringSetDistance(mc, 2));
  ckm_ok(MatColoringSetType(mc, MATCOLORINGGREEDY));
  ckm_ok(MatColoringApply(mc, &coloring));
  ckm_ok(TrustNCGProbesCreate(P, coloring, &probes));
  ckm_assert(probes != NULL);
  ckm_ok(TrustNCGProbesGetSize(probes, &colors));
  ckm_assert(colors >= 3 && colors <= 5);
  ckm_ok(TrustNCGProbesApply(probes, A, x, P));
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
  ckm_ok(TrustNCGProbesCreate(A, coloring, &probes));
  ckm_assert(!probes);
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(MatDestroy(&A));
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

static PetscErrorCode Solve(const char name[], PetscInt n, HvWay way, Run *run)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-tao_trustncg_precond", "sparse"));
  PetscCall(RunCreate(PETSC_COMM_WORLD, name, n, way, PETSC_FALSE, run));
  PetscCall(PetscOptionsClearValue(NULL, "-tao_trustncg_precond"));
  PetscCall(TaoSolve(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same on both sides of a factor of 16 in the unknowns. */
START_TEST(the_cost_of_a_quadratic_does_not_grow_with_the_grid)
{
  static const PetscInt n[] = {900, 14400};
  Run                   run;

  ckm_ok(Solve("torsion", n[_i / 2], _i % 2 ? HV_FD : HV_USER, &run));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).equivalents <= 25);
  ckm_assert(run.nfg + run.nhv == (PetscInt)RunLedger(&run).equivalents);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_product_of_the_users_mat_is_counted)
{
  Run run;

  ckm_ok(Solve("torsion", 900, HV_MAT, &run));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(run.nfg + run.nhv == (PetscInt)RunLedger(&run).equivalents);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static const char *const Names[] = {"minsurf", "combustion", "composites", "gl2"};

START_TEST(indefinite_and_singular_hessians_are_no_obstacle)
{
  Run run;

  ckm_ok(Solve(Names[_i], 1600, HV_USER, &run));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A NaN in a probe, for once or for ever */
START_TEST(a_product_that_is_not_finite_does_no_harm)
{
  Run run;

  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_precond", "sparse"));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &run));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_precond"));
  run.fault.value = NAN;
  run.fault.hv    = 3;
  run.fault.only  = _i;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(_i ? RunReason(&run) > 0 : RunReason(&run) == TAO_DIVERGED_NAN);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_vector_without_a_pattern_is_an_error)
{
  Run run;

  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_precond", "sparse"));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 50, HV_USER, PETSC_FALSE, &run));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_precond"));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_WRONGSTATE, "pattern");
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(rate_is_the_logarithm_of_the_drop_an_iteration)
{
  ckm_assert_near(TrustNCGRate(4, PetscExpReal(-2.0)), 0.5, 1e-15);
  ckm_assert(TrustNCGRate(0, 0.5) == 0.0);
  ckm_assert(TrustNCGRate(3, 0.0) == 0.0);
  ckm_assert(TrustNCGRate(3, 1.5) == 0.0);
  ckm_assert(TrustNCGRate(3, NAN) == 0.0);
}
END_TEST

START_TEST(lost_is_what_the_best_rate_would_have_spared)
{
  const PetscReal drop = PetscExpReal(-2.0);

  ckm_assert_near(TrustNCGLost(4, drop, 0.5, 5), 0.0, 1e-14);
  ckm_assert_near(TrustNCGLost(4, drop, 1.0, 5), 2.0, 1e-14);
  ckm_assert(TrustNCGLost(4, drop, 0.1, 5) == 0.0); /* never less than nothing */
  ckm_assert(TrustNCGLost(4, 0.0, 1.0, 6) == 6.0);  /* at the boundary */
  ckm_assert(TrustNCGLost(4, drop, 0.0, 6) == 6.0); /* nothing to compare with */
}
END_TEST

START_TEST(stale_needs_drift_and_loss)
{
  ckm_assert(TrustNCGStale(0.5, 3.4, 10.0));
  ckm_assert(!TrustNCGStale(0.5, 3.3, 10.0));
  ckm_assert(!TrustNCGStale(1e-8, 1e6, 10.0));
  ckm_assert(!TrustNCGStale(NAN, 1e6, 10.0));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "probes");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, probes_find_every_entry, 0, 8);
  tcase_add_test(tcase, a_pattern_of_the_users_is_coloured);
  tcase_add_test(tcase, a_wrong_colouring_is_seen);
  tcase_add_test(tcase, ranks_may_own_nothing);
  tcase = ckm_tcase(suite, "dominance");
  tcase_add_test(tcase, a_dominant_matrix_has_no_negative_disc);
  tcase_add_test(tcase, a_laplacian_is_dominant_as_it_is);
  tcase = ckm_tcase(suite, "rules");
  tcase_add_test(tcase, rate_is_the_logarithm_of_the_drop_an_iteration);
  tcase_add_test(tcase, lost_is_what_the_best_rate_would_have_spared);
  tcase_add_test(tcase, stale_needs_drift_and_loss);
  tcase = ckm_tcase(suite, "solves");
  tcase_add_loop_test(tcase, the_cost_of_a_quadratic_does_not_grow_with_the_grid, 0, 4);
  tcase_add_test(tcase, a_product_of_the_users_mat_is_counted);
  tcase_add_loop_test(tcase, indefinite_and_singular_hessians_are_no_obstacle, 0, 4);
  tcase_add_loop_test(tcase, a_product_that_is_not_finite_does_no_harm, 0, 2);
  tcase_add_test(tcase, a_vector_without_a_pattern_is_an_error);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "sparse preconditioner", Add);
}
