/* SPDX-License-Identifier: BSD-2-Clause
   Sums without rounding, and solves whose bits do not depend on the number of ranks. */
#include "rules/exact.h"
#include "solve.h"
#include <math.h>

enum { TERMS = 5000, RANGES = 5 };

/* A repeatable number in [-1, 1) */
static PetscReal Random(void)
{
  static unsigned long long state = 20221111;

  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (PetscReal)(state >> 11) / 4503599627370496.0 - 1.0;
}

/* x'y: of like size, of sizes far apart, near the least and the largest double, cancelling */
static void Fill(int range, PetscReal x[], PetscReal y[])
{
  static const PetscReal decades[RANGES] = {0.0, 40.0, 0.0, 0.0, 0.0};
  static const PetscReal scale[RANGES]   = {1.0, 1.0, 1e-160, 1e140, 1.0};

  for (int i = 0; i < TERMS; i++) {
    x[i] = Random() * pow(10.0, decades[range] * Random()) * scale[range];
    y[i] = Random() * scale[range];
    if (range != 4 || !(i % 2)) continue;
    x[i] = -x[i - 1];
    y[i] = y[i - 1] * (1.0 + 1e-15);
  }
}

/* The sum in `parts` parts, each in runs of any length */
static PetscReal SumInParts(int parts, const PetscReal x[], const PetscReal y[])
{
  PetscInt64 all[EXACT_WORDS] = {0}, words[EXACT_WORDS];

  for (int p = 0; p < parts; p++) {
    const int     end = TERMS * (p + 1) / parts;
    TrustNCGExact sum;

    TrustNCGExactStart(&sum);
    for (int i = TERMS * p / parts, n; i < end; i += n) {
      n = 1 + (int)(300.0 * fabs(Random()));
      n = PetscMin(n, end - i);
      TrustNCGExactDot(&sum, n, x + i, y + i);
    }
    TrustNCGExactPack(&sum, words);
    for (int k = 0; k < EXACT_WORDS; k++) all[k] += words[k];
  }
  return TrustNCGExactValue(all);
}

START_TEST(a_sum_is_the_same_in_any_parts_and_right)
{
  static PetscReal x[TERMS], y[TERMS];
  PetscReal        sum;
  long double      reference = 0.0L, sizes = 0.0L;

  Fill(_i, x, y);
  sum = SumInParts(1, x, y);
  for (int parts = 2; parts < 20; parts++) ckm_assert(SumInParts(parts, x, y) == sum);
  for (int i = 0; i < TERMS; i++) {
    const volatile PetscReal product = x[i] * y[i];

    reference += product;
    sizes += product < 0.0 ? -product : product;
  }
  ckm_assert(fabsl(sum - reference) <= 1e-17L * sizes + 4e-16L * fabsl(reference));
}
END_TEST

START_TEST(the_order_of_terms_does_not_matter)
{
  TrustNCGExact up, down;
  PetscInt64    a[EXACT_WORDS], b[EXACT_WORDS];

  TrustNCGExactStart(&up);
  TrustNCGExactStart(&down);
  for (int i = 0; i < TERMS; i++) {
    TrustNCGExactAdd(&up, 1.0 / (1.0 + i));
    TrustNCGExactAdd(&down, 1.0 / (TERMS - i));
  }
  TrustNCGExactPack(&up, a);
  TrustNCGExactPack(&down, b);
  ckm_assert(!memcmp(a, b, sizeof(a)));
}
END_TEST

START_TEST(what_is_not_finite_stays_so)
{
  const PetscReal bad[] = {NAN, INFINITY, -INFINITY, 1e300};

  for (int k = 0; k < 4; k++) {
    TrustNCGExact sum;
    PetscInt64    words[EXACT_WORDS];

    TrustNCGExactStart(&sum);
    for (int i = 0; i < 300; i++) TrustNCGExactAdd(&sum, i == 270 ? bad[k] : 1.0);
    TrustNCGExactPack(&sum, words);
    ckm_assert(isnan(TrustNCGExactValue(words)));
  }
}
END_TEST

enum { N = 120 };

/* Every rank has all unknowns and does the same to them: f = sum of 100 (x_{i+1} - x_i^2)^2 +
   (1 - x_i)^2 - cos(3 x_i), its derivatives likewise. */
typedef struct {
  VecScatter         scatter;
  Vec                all, allv;
  PetscReal          d[N]; /* the derivative, in full */
  PetscReal          x[N]; /* the solution */
  PetscReal          f[HISTORY], gnorm[HISTORY];
  PetscInt           its;
  TaoConvergedReason reason;
  TaoTrustNCGLedger  ledger;
} Replicated;

static PetscErrorCode Gather(Replicated *r, Vec x, Vec all, const PetscScalar **a)
{
  PetscFunctionBegin;
  PetscCall(VecScatterBegin(r->scatter, x, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(r->scatter, x, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(all, a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This rank's part of r->d */
static PetscErrorCode Distribute(Replicated *r, Vec y)
{
  PetscScalar *a;
  PetscInt     lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(y, &lo, &hi));
  PetscCall(VecGetArrayWrite(y, &a));
  for (PetscInt i = lo; i < hi; i++) a[i - lo] = r->d[i];
  PetscCall(VecRestoreArrayWrite(y, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Value(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Replicated        *r = (Replicated *)ctx;
  const PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(Gather(r, x, r->all, &a));
  *f = 0.0;
  for (PetscInt i = 0; i < N; i++) r->d[i] = 3.0 * sin(3.0 * a[i]) - 2.0 * (1.0 - a[i]);
  for (PetscInt i = 0; i < N; i++) *f += (1.0 - a[i]) * (1.0 - a[i]) - cos(3.0 * a[i]);
  for (PetscInt i = 0; i < N - 1; i++) {
    const PetscReal t = a[i + 1] - a[i] * a[i];

    *f += 100.0 * t * t;
    r->d[i] -= 400.0 * t * a[i];
    r->d[i + 1] += 200.0 * t;
  }
  PetscCall(VecRestoreArrayRead(r->all, &a));
  PetscCall(Distribute(r, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Product(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Replicated        *r = (Replicated *)ctx;
  const PetscScalar *a, *b;

  PetscFunctionBegin;
  PetscCall(Gather(r, x, r->all, &a));
  PetscCall(Gather(r, v, r->allv, &b));
  for (PetscInt i = 0; i < N; i++) r->d[i] = (9.0 * cos(3.0 * a[i]) + 2.0) * b[i];
  for (PetscInt i = 0; i < N - 1; i++) {
    const PetscReal t = a[i + 1] - a[i] * a[i], dt = b[i + 1] - 2.0 * a[i] * b[i];

    r->d[i] -= 400.0 * (dt * a[i] + t * b[i]);
    r->d[i + 1] += 200.0 * dt;
  }
  PetscCall(VecRestoreArrayRead(r->allv, &b));
  PetscCall(VecRestoreArrayRead(r->all, &a));
  PetscCall(Distribute(r, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Note(Tao tao, void *ctx)
{
  Replicated *r = (Replicated *)ctx;

  PetscFunctionBegin;
  if (r->its < HISTORY) {
    PetscCall(TaoGetSolutionStatus(tao, NULL, &r->f[r->its], &r->gnorm[r->its], NULL, NULL, NULL));
    r->its++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An uneven layout: the last rank owns no unknown where there are four. */
static PetscErrorCode CreateVec(MPI_Comm comm, Vec *x)
{
  PetscMPIInt rank, size;
  PetscInt    n = PETSC_DECIDE;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size == 4) n = rank == 3 ? 0 : N / 3;
  PetscCall(VecCreate(comm, x));
  PetscCall(VecSetSizes(*x, n, N));
  PetscCall(VecSetType(*x, VECSTANDARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Options of a solve, and whether it has products of its own */
static const struct {
  const char *key, *value;
  PetscBool   user;
} settings[] = {{"-tao_trustncg_precond", "auto", PETSC_FALSE},
                {"-tao_trustncg_precond", "auto", PETSC_TRUE},
                {"-tao_trustncg_precond", "diagonal", PETSC_FALSE},
                {"-tao_trustncg_precond", "none", PETSC_TRUE},
                {"-tao_trustncg_learned_steps", "false", PETSC_FALSE},
                {"-tao_trustncg_ksp_trustcg_reductions", "1", PETSC_TRUE},
                {"-tao_trustncg_ksp_trustcg_reductions", "overlapped", PETSC_FALSE},
                {"-tao_trustncg_second_order", "true", PETSC_FALSE}};

enum { SETTINGS = sizeof(settings) / sizeof(*settings) };

static PetscErrorCode Solve(MPI_Comm comm, PetscBool user, Replicated *r)
{
  const PetscScalar *a;
  Tao                tao;
  Vec                x;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(r, sizeof(*r)));
  PetscCall(CreateVec(comm, &x));
  PetscCall(VecScatterCreateToAll(x, &r->scatter, &r->all));
  PetscCall(VecDuplicate(r->all, &r->allv));
  PetscCall(VecSet(x, -1.1));
  PetscCall(TaoCreate(comm, &tao));
  PetscCall(TaoSetType(tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(tao, x));
  PetscCall(TaoSetObjectiveAndGradient(tao, NULL, Value, r));
  if (user) PetscCall(TaoTrustNCGSetHessianVector(tao, Product, r));
  PetscCall(TaoSetMonitor(tao, Note, r, NULL));
  PetscCall(TaoSetTolerances(tao, 0.0, 0.0, 1e-9));
  PetscCall(TaoTrustNCGSetReproducible(tao, PETSC_TRUE));
  PetscCall(TaoSetFromOptions(tao));
  PetscCall(TaoSolve(tao));
  PetscCall(Gather(r, x, r->all, &a));
  PetscCall(PetscArraycpy(r->x, a, N));
  PetscCall(VecRestoreArrayRead(r->all, &a));
  PetscCall(TaoGetConvergedReason(tao, &r->reason));
  PetscCall(TaoTrustNCGGetLedger(tao, &r->ledger));
  PetscCall(TaoDestroy(&tao));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&r->all));
  PetscCall(VecDestroy(&r->allv));
  PetscCall(VecScatterDestroy(&r->scatter));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On the first `ranks` ranks; the others do nothing. */
static PetscErrorCode SolveOn(int ranks, PetscBool user, Replicated *r)
{
  const PetscBool in = (PetscBool)(PetscGlobalRank < ranks);
  MPI_Comm        comm;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, in ? 0 : MPI_UNDEFINED, PetscGlobalRank, &comm));
  if (!in) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Solve(comm, user, r));
  PetscCallMPI(MPI_Comm_free(&comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Equal(size_t n, const PetscReal a[], const PetscReal b[])
{
  for (size_t i = 0; i < n; i++) {
    if (a[i] != b[i]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscBool Same(const Replicated *a, const Replicated *b)
{
  const size_t its = (size_t)a->its;

  return (PetscBool)(a->its == b->its && Equal(its, a->f, b->f) && Equal(its, a->gnorm, b->gnorm) &&
                     Equal(sizeof(a->x) / sizeof(*a->x), a->x, b->x) &&
                     a->ledger.equivalents == b->ledger.equivalents);
}

START_TEST(a_solve_has_the_same_bits_on_any_number_of_ranks)
{
  static Replicated one, more; /* rank 0 has part in all of them */

  ckm_ok(PetscOptionsSetValue(NULL, settings[_i].key, settings[_i].value));
  ckm_ok(SolveOn(1, settings[_i].user, &one));
  ckm_assert(PetscGlobalRank || (one.reason > 0 && one.its > 10));
  for (int ranks = 2; ranks <= PetscGlobalSize; ranks++) {
    ckm_ok(SolveOn(ranks, settings[_i].user, &more));
    ckm_assert(PetscGlobalRank || Same(&one, &more));
  }
  ckm_ok(PetscOptionsClearValue(NULL, settings[_i].key));
}
END_TEST

START_TEST(it_costs_no_more_reductions_and_finds_the_same)
{
  TaoTrustNCGLedger ledger;
  long              reductions;
  Run               run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 200, (HvWay)(_i % 3), PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetReproducible(run.tao, PETSC_TRUE));
  reductions = -ReductionCount();
  ckm_ok(TaoSolve(run.tao));
  reductions += ReductionCount() - run.reductions;
  ledger = RunLedger(&run);
  ckm_assert(RunReason(&run) > 0);
  ckm_assert_near(run.f[run.its - 1], 0.0, 1e-6);
  if (!PetscDefined(USE_DEBUG) && PetscGlobalSize > 1) ckm_assert(reductions == ledger.reductions);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(what_would_break_the_promise_is_refused)
{
  static const char *const bad[][3] = {
    {"-tao_trustncg_precond", "sparse", "depend on the number of ranks"},
    {"-tao_trustncg_ksp_type", "stcg", "needs -tao_trustncg_ksp_type trustcg"}};
  Run run;

  ckm_ok(PetscOptionsSetValue(NULL, bad[_i][0], bad[_i][1]));
  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_reproducible", NULL));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "torsion", 100, HV_USER, PETSC_FALSE, &run));
  ckm_ok(PetscOptionsClearValue(NULL, bad[_i][0]));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_reproducible"));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_INCOMP, bad[_i][2]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* torsion lives on a grid, for which auto would take a sparse Hessian. */
START_TEST(auto_takes_pairs)
{
  PetscBool same;
  Run       run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "torsion", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetReproducible(run.tao, PETSC_TRUE));
  ckm_ok(TaoTrustNCGGetReproducible(run.tao, &same));
  ckm_assert(same);
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && RunLedger(&run).nhv_precond == 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *sums = ckm_tcase(suite, "exact sums"), *solve = ckm_tcase(suite, "any number of ranks");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(sums, a_sum_is_the_same_in_any_parts_and_right, 0, RANGES);
  tcase_add_test(sums, the_order_of_terms_does_not_matter);
  tcase_add_test(sums, what_is_not_finite_stays_so);
  tcase_add_loop_test(solve, a_solve_has_the_same_bits_on_any_number_of_ranks, 0, SETTINGS);
  tcase_add_loop_test(solve, it_costs_no_more_reductions_and_finds_the_same, 0, 3);
  tcase_add_loop_test(solve, what_would_break_the_promise_is_refused, 0, 2);
  tcase_add_test(solve, auto_takes_pairs);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "reproducible", AddTests);
}
