/* SPDX-License-Identifier: BSD-2-Clause
   A pattern of the Hessian that nobody told of: it is found by products, or refused. */
#include "solve.h"
#include "precond/hidden.h"
#include "precond/sparse.h"
#include "rules/rules.h"

/* Entry (i, j) of a symmetric matrix, i <= j, of N rows */
typedef PetscReal (*EntryFn)(PetscInt i, PetscInt j, PetscInt N);

static PetscReal Tridiagonal(PetscInt i, PetscInt j, PetscInt N)
{
  return j - i <= 1 ? 1.0 + (PetscReal)(i % 3) : 0.0;
}

/* Couplings of the first with the second and fourth of each four, of the third with the fourth */
static PetscReal Alternating(PetscInt i, PetscInt j, PetscInt N)
{
  if (i == j) return 2.0;
  if (i / 4 != j / 4) return 0.0;
  return (i % 4 == 0 && j % 2) || i % 4 == 2 ? -1.0 : 0.0;
}

enum { SIDE = 23 };

static PetscReal Stencil(PetscInt i, PetscInt j, PetscInt N)
{
  if (j - i == 1) return j % SIDE ? -1.0 : 0.0;
  return j - i == SIDE ? -1.0 : (j == i ? 4.0 : 0.0);
}

static PetscReal FarBand(PetscInt i, PetscInt j, PetscInt N)
{
  return j - i <= 2 || j - i == N / 2 ? 0.1 + (PetscReal)i : 0.0;
}

static PetscReal Arrow(PetscInt i, PetscInt j, PetscInt N)
{
  return i == j || j == N - 1 ? 1.0 : 0.0;
}

static PetscReal ArrowInside(PetscInt i, PetscInt j, PetscInt N)
{
  return i == j || i == N / 3 || j == N / 3 ? 1.0 : 0.0;
}

static PetscReal Dense(PetscInt i, PetscInt j, PetscInt N)
{
  return 1.0 / (PetscReal)(1 + i + j);
}

static PetscReal Scattered(PetscInt i, PetscInt j, PetscInt N)
{
  return i == j || TrustNCGUniform(i, j) < 5.0 / (PetscReal)N ? 1.0 : 0.0;
}

/* A matrix of that kind; the last rank but one of three and more owns nothing. */
static PetscErrorCode CreateMatrix(EntryFn entry, PetscInt N, Mat *A, Vec *x)
{
  PetscInt    n = PETSC_DECIDE, all = N, lo, hi;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  if (size > 2) {
    n = rank == size - 2 ? 0 : N / (size - 1) + (rank == 0 ? N % (size - 1) : 0);
  }
  PetscCall(PetscSplitOwnership(PETSC_COMM_WORLD, &n, &all));
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, n, n, N, N, n, NULL, N - n, NULL, A));
  PetscCall(MatGetOwnershipRange(*A, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    for (PetscInt j = 0; j < N; j++) {
      const PetscReal a = (*entry)(PetscMin(i, j), PetscMax(i, j), N);

      if (a != 0.0) PetscCall(MatSetValue(*A, i, j, a, INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatCreateVecs(*A, x, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  EntryFn  entry;
  PetscInt N, n, offset[4]; /* those >= 0 */
} patterns[] = {
  {Tridiagonal, 40, 2, {0, 1}},      {Tridiagonal, 1000, 2, {0, 1}},
  {Alternating, 400, 3, {0, 1, 3}},  {Stencil, SIDE *SIDE, 3, {0, 1, SIDE}},
  {FarBand, 600, 4, {0, 1, 2, 300}},
};

enum { PATTERNS = sizeof(patterns) / sizeof(*patterns) };

START_TEST(diagonals_are_found)
{
  const PetscInt  n = patterns[_i].n;
  TrustNCGOffsets offsets;
  PetscInt        products;
  Mat             A;
  Vec             x;

  ckm_ok(CreateMatrix(patterns[_i].entry, patterns[_i].N, &A, &x));
  ckm_ok(TrustNCGFindOffsets(A, x, NULL, NULL, &offsets, &products));
  ckm_assert(products == 3);
  ckm_assert(offsets.n == 2 * n - 1);
  for (PetscInt k = 0; k < n; k++) {
    ckm_assert(offsets.offset[n - 1 + k] == patterns[_i].offset[k]);
    ckm_assert(offsets.offset[n - 1 - k] == -patterns[_i].offset[k]);
  }
  ckm_ok(MatDestroy(&A));
  ckm_ok(VecDestroy(&x));
}
END_TEST

/* A dense column at an end costs one product. */
START_TEST(other_patterns_are_refused)
{
  static const EntryFn entries[] = {Arrow, Dense, ArrowInside, Scattered};
  TrustNCGOffsets      offsets;
  PetscInt             products;
  Mat                  A;
  Vec                  x;

  ckm_ok(CreateMatrix(entries[_i], 500, &A, &x));
  ckm_ok(TrustNCGFindOffsets(A, x, NULL, NULL, &offsets, &products));
  ckm_assert(offsets.n == 0);
  ckm_assert(products <= (_i < 2 ? 1 : 3));
  ckm_ok(MatDestroy(&A));
  ckm_ok(VecDestroy(&x));
}
END_TEST

/* P on the diagonals of one matrix against the products of another */
START_TEST(a_pattern_that_is_too_small_shows)
{
  TrustNCGOffsets offsets;
  TrustNCGSparse  sparse = NULL;
  PetscInt        products;
  PetscReal       misfit;
  Mat             A, B, pattern;
  Vec             x, y;

  ckm_ok(CreateMatrix(Tridiagonal, 600, &A, &x));
  ckm_ok(CreateMatrix(_i ? FarBand : Tridiagonal, 600, &B, &y));
  ckm_ok(VecSet(x, 1.0));
  ckm_ok(TrustNCGFindOffsets(A, x, NULL, NULL, &offsets, &products));
  ckm_ok(TrustNCGOffsetsCreateMat(&offsets, x, &pattern));
  ckm_ok(TrustNCGSparseCreate(x, pattern, PETSC_MAX_INT, &sparse));
  ckm_ok(TrustNCGSparseBuild(sparse, B, x, &products));
  ckm_ok(TrustNCGSparseGetMisfit(sparse, &misfit));
  ckm_assert(_i ? misfit > 1e-2 : misfit < 1e-12);
  ckm_ok(TrustNCGSparseDestroy(&sparse));
  ckm_ok(MatDestroy(&A));
  ckm_ok(MatDestroy(&B));
  ckm_ok(MatDestroy(&pattern));
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&y));
}
END_TEST

static const struct {
  const char *name;
  PetscInt    n, most; /* gradient-equivalents */
} solves[] = {{"curly10", 500, 300}, {"morebv", 100, 250}};

/* By each kind of products; each that was made is in the ledger. */
START_TEST(a_hidden_band_spares_cg)
{
  const int k = _i / 3;
  Run       run;

  ckm_ok(
    RunCreate(PETSC_COMM_WORLD, solves[k].name, solves[k].n, (HvWay)(_i % 3), PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).nhv_precond > 0);
  ckm_assert(RunLedger(&run).equivalents <= (PetscReal)solves[k].most);
  ckm_assert(run.nfg + run.nhv == (PetscInt)RunLedger(&run).equivalents);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(pairs_never_look_for_a_pattern)
{
  Run run;

  ckm_ok(RunCreateWith("-tao_trustncg_precond", "pairs", "morebv", 100, HV_USER, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).nhv_precond == 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* No room for P beside the pairs */
START_TEST(the_bound_on_vectors_holds)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "curly10", 500, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, 43));
  ckm_ok(TaoSetMaximumFunctionEvaluations(run.tao, 200));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).vectors_precond <= 43);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "diagonals");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, diagonals_are_found, 0, PATTERNS);
  tcase_add_loop_test(tcase, other_patterns_are_refused, 0, 4);
  tcase_add_loop_test(tcase, a_pattern_that_is_too_small_shows, 0, 2);
  tcase = ckm_tcase(suite, "solves");
  tcase_add_loop_test(tcase, a_hidden_band_spares_cg, 0, 6);
  tcase_add_test(tcase, pairs_never_look_for_a_pattern);
  tcase_add_test(tcase, the_bound_on_vectors_holds);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "hidden patterns", Add);
}
