/* SPDX-License-Identifier: BSD-2-Clause
   The curvature at the end: Lanczos, its bound, and the way on from saddle points. */
#include "files.h"
#include "rules/rules.h"
#include "solve.h"
#include "subproblem/lanczos.h"
#include <math.h>

enum { K = 40, SPECTRA = 6, SIZE = 300 };

static const LanczosGoal goal = {.delta = 1e-3, .tol = 1e-4, .relnoise = 1e-12, .most = 2000};

/* T = (-1, 2, -1) of order k, whose next b is 1: the smallest eigenvalue is 2 - 2 cos(pi/(k+1)) */
START_TEST(the_smallest_ritz_value_and_its_vector_are_right)
{
  PetscReal a[K], b[K], d[K], s[K], theta, worst = 0.0, ss = 0.0;

  for (PetscInt k = 1; k <= K; k++) {
    for (PetscInt j = 0; j < k; j++) {
      a[j] = 2.0;
      b[j] = 1.0;
    }
    theta = TrustNCGSmallestRitz(k, a, b);
    worst = PetscMax(worst, PetscAbsReal(theta - 2.0 + 2.0 * cos(PETSC_PI / (k + 1.0))));
    TrustNCGRitzVector(k, a, b, theta, d, s);
    ss = 0.0;
    for (PetscInt j = 0; j < k; j++) {
      const PetscReal r = (a[j] - theta) * s[j] + (j ? b[j - 1] * s[j - 1] : 0.0) +
                          (j < k - 1 ? b[j] * s[j + 1] : 0.0);

      worst = PetscMax(worst, PetscAbsReal(r));
      ss += s[j] * s[j];
    }
    worst = PetscMax(worst, PetscAbsReal(ss - 1.0));
  }
  ckm_assert_near(worst, 0.0, 1e-13);
}
END_TEST

/* gamma |p| = 1 at the bound: for k = 1 it is theta - b gamma^-1 */
START_TEST(the_bound_is_where_the_polynomial_says)
{
  const PetscReal a[] = {3.0}, b[] = {0.5}, n = 100.0, delta = 1e-2;
  const PetscReal gamma = delta * sqrt(PETSC_PI / (2.0 * n));

  ckm_assert_near(TrustNCGCurvatureBound(1, a, b, 3.0, n, delta), 3.0 - 0.5 / gamma, 1e-9);
}
END_TEST

/* The i-th eigenvalue of n: even, clustered below, singular, one negative, all the same, zero */
static PetscReal Eigenvalue(int spectrum, PetscInt i, PetscInt n)
{
  const PetscReal t = (PetscReal)i / (PetscReal)(n - 1);

  switch (spectrum) {
  case 0:
    return 1.0 + t;
  case 1:
    return 1e-3 + t * t * t;
  case 2:
    return i < 5 ? 0.0 : 0.5 + t;
  case 3:
    return i ? t : -0.1;
  case 4:
    return 7.0;
  default:
    return 0.0;
  }
}

static PetscErrorCode DiagonalCreate(MPI_Comm comm, int spectrum, Mat *H, Vec *x)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(MatCreateAIJ(comm, PETSC_DECIDE, PETSC_DECIDE, SIZE, SIZE, 1, NULL, 0, NULL, H));
  PetscCall(MatGetOwnershipRange(*H, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    PetscCall(MatSetValue(*H, i, i, Eigenvalue(spectrum, i, SIZE), INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatCreateVecs(*H, x, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Estimate(MPI_Comm comm, int spectrum, LanczosResult *r, PetscReal *vHv)
{
  TrustNCGLanczos lanczos;
  Mat             H;
  Vec             v, Hv;

  PetscFunctionBegin;
  PetscCall(DiagonalCreate(comm, spectrum, &H, &v));
  PetscCall(VecDuplicate(v, &Hv));
  PetscCall(TrustNCGLanczosCreate(v, &lanczos));
  PetscCall(TrustNCGLanczosRun(lanczos, H, goal, r));
  PetscCall(TrustNCGLanczosVector(lanczos, H, v));
  PetscCall(MatMult(H, v, Hv));
  PetscCall(VecDot(v, Hv, vHv));
  PetscCall(TrustNCGLanczosDestroy(&lanczos));
  PetscCall(VecDestroy(&v));
  PetscCall(VecDestroy(&Hv));
  PetscCall(MatDestroy(&H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_smallest_eigenvalue_is_between_bound_and_curvature)
{
  const PetscReal smallest = Eigenvalue(_i, 0, SIZE), norm = 2.0;
  LanczosResult   r;
  PetscReal       vHv;

  ckm_ok(Estimate(PETSC_COMM_WORLD, _i, &r, &vHv));
  ckm_assert(r.verdict == (_i == 3 ? LANCZOS_NEGATIVE : LANCZOS_POSITIVE));
  ckm_assert(r.bound <= smallest && smallest <= r.theta + 1e-13 * norm);
  ckm_assert_near(vHv, r.theta, 1e-9 * norm);
  if (_i == 3) ckm_assert(r.theta - r.residual <= smallest && r.residual <= 0.025);
  else ckm_assert(r.bound >= -goal.tol * norm);
  ckm_assert(r.products <= (_i == 2 ? 20 : SIZE));
}
END_TEST

START_TEST(the_start_does_not_depend_on_the_number_of_ranks)
{
  LanczosResult all, one;
  PetscReal     vHv;

  ckm_ok(Estimate(PETSC_COMM_WORLD, _i, &all, &vHv));
  ckm_ok(Estimate(PETSC_COMM_SELF, _i, &one, &vHv));
  ckm_assert(all.products == one.products);
  ckm_assert_near(all.theta, one.theta, 1e-6);
}
END_TEST

/* From the sixth question on: within the third product, as the start asks once and each twice */
static PetscBool OnTheLastRank(void *ctx)
{
  return (PetscBool)(PetscGlobalRank == PetscGlobalSize - 1 && ++*(int *)ctx >= 6);
}

START_TEST(an_alarm_on_one_rank_ends_a_run)
{
  TrustNCGLanczos lanczos;
  LanczosResult   r;
  int             asked = 0;
  Mat             H;
  Vec             v;

  ckm_ok(DiagonalCreate(PETSC_COMM_WORLD, 1, &H, &v));
  ckm_ok(TrustNCGLanczosCreate(v, &lanczos));
  ckm_ok(TrustNCGLanczosSetAlarm(lanczos, OnTheLastRank, &asked));
  ckm_ok(TrustNCGLanczosRun(lanczos, H, goal, &r));
  ckm_assert(r.verdict == LANCZOS_OPEN && r.products == 3);
  ckm_ok(TrustNCGLanczosDestroy(&lanczos));
  ckm_ok(VecDestroy(&v));
  ckm_ok(MatDestroy(&H));
}
END_TEST

/* Where the solve ended, and in which words */
static TaoTrustNCGOutcome Outcome(const Run *run, const char **why)
{
  TaoTrustNCGOutcome outcome;

  ckm_ok(TaoTrustNCGGetOutcome(run->tao, &outcome, why));
  return outcome;
}

/* A run from a saddle point, as far as ||g|| <= 1e-7 */
static PetscErrorCode Prepare(const char name[], PetscInt n, HvWay way, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreateWith("-problem_saddle", NULL, name, n, way, run));
  PetscCall(TaoSetTolerances(run->tao, 1e-7, 0.0, 1e-7));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  const char *name;
  PetscInt    n;
  PetscReal   f; /* to be reached */
} starts[] = {{"saddle", 2, -0.25},    {"saddle", 202, -25.25}, {"monkey", 2, -0.25},
              {"monkey", 202, -25.25}, {"gl2", 144, 16.26},     {"network", 100, 1.05}};

enum { STARTS = sizeof(starts) / sizeof(*starts), GL2 = 4 };

/* fault 28: with the second-order option the solve leaves the saddle point and ends in a minimum */
START_TEST(a_start_at_a_saddle_point_ends_in_a_minimum)
{
  const int s = _i / 3;
  PetscReal theta, bound;
  Run       run;

  ckm_ok(Prepare(starts[s].name, starts[s].n, (HvWay)(_i % 3), &run));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-3));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert(run.f[run.its - 1] <= starts[s].f + 1e-6 && run.f[run.its - 1] < run.f[0]);
  if (s < GL2) ckm_assert_near(run.f[run.its - 1], starts[s].f, 1e-10 * starts[s].n);
  ckm_ok(TaoTrustNCGGetCurvature(run.tao, &theta, &bound));
  ckm_assert(bound <= theta);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 28: without it, the outcome says that only first order was checked */
START_TEST(without_the_option_the_outcome_names_no_more_than_first_order)
{
  const char *why;
  Run         run;

  ckm_ok(Prepare("saddle", 20, HV_USER, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && run.nhv == 0);
  ckm_assert(Outcome(&run, &why) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(strstr(why, "curvature was not checked"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* y = 0 for ever: the solve itself runs down to the saddle point. */
START_TEST(a_saddle_point_met_on_the_way_is_left)
{
  PetscScalar *a;
  PetscInt     lo, hi;
  Run          run;

  ckm_ok(Prepare("saddle", 20, (HvWay)(_i % 3), &run));
  ckm_ok(VecGetOwnershipRange(run.x, &lo, &hi));
  ckm_ok(VecGetArray(run.x, &a));
  for (PetscInt i = lo; i < hi; i++) a[i - lo] = i % 2 ? 0.0 : 1.0;
  ckm_ok(VecRestoreArray(run.x, &a));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert_near(run.f[run.its - 1], -2.5, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static PetscReal LastF(const Run *run)
{
  PetscReal f;

  ckm_ok(TaoGetSolutionStatus(run->tao, NULL, &f, NULL, NULL, NULL, NULL));
  return f;
}

static const struct {
  const char *name;
  PetscInt    n;
  PetscReal   rtol;
} loose[] = {{"woods", 4, 1e-4},    {"woods", 4, 1e-6},    {"woods", 4, 1e-9},
             {"woods", 1000, 1e-4}, {"woods", 1000, 1e-6}, {"woods", 1000, 1e-9},
             {"woods", 20000, 1e-4}};

enum { LOOSE = sizeof(loose) / sizeof(*loose) };

/* f is 7.88 a quad at the saddle points of woods, and 0 at the minimum. */
START_TEST(a_gradient_left_over_hides_no_way_down)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, loose[_i].name, loose[_i].n, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, loose[_i].rtol));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert(LastF(&run) < 1.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* chainwoo has saddle points of f = 357 and below: a point where the test is met and where the check
   has just taken the solve is checked, too. */
START_TEST(where_a_saddle_point_was_left_the_next_is_looked_for)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "chainwoo", 100, (HvWay)(_i % 3), PETSC_FALSE, &run));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-4));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert(LastF(&run) < 300.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Nor is the tolerance that was met at the start one for the rest of the solve. */
START_TEST(where_a_saddle_point_was_left_at_the_start_the_tolerance_is_tighter)
{
  Run run;

  ckm_ok(Prepare("saddle", 20, (HvWay)(_i % 3), &run));
  ckm_ok(VecShift(run.x, 1e-3));
  ckm_ok(TaoSetTolerances(run.tao, 0.3, 0.0, 0.0));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.gnorm[0] > 0.0 && run.gnorm[0] < 0.3);
  ckm_assert(run.its > 1 && run.gnorm[run.its - 1] <= 0.03);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The noise lets the tolerance be met, but not a tenth of it. */
START_TEST(after_a_saddle_point_noise_does_not_take_the_convergence)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "woods", 4, HV_USER, PETSC_FALSE, &run));
  run.fault.noiseg = 4e-3;
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-6));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && LastF(&run) < 1e-3);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_scale_of_f_does_not_matter)
{
  const PetscReal scales[] = {1e-12, 1e-6, 1e6, 1e12};
  Run             run;

  ckm_ok(Prepare(_i % 2 ? "saddle" : "monkey", 20, HV_USER, &run));
  run.fault.scale = scales[_i / 2];
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-6));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert_near(run.f[run.its - 1] / scales[_i / 2], -2.5, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(every_product_and_reduction_is_in_the_ledger)
{
  TaoTrustNCGLedger ledger;
  long              reductions;
  Run               run;

  ckm_ok(Prepare("saddle", 40, (HvWay)(_i % 3), &run));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  run.reductions = run.nhv = run.nfg = run.ng = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  reductions = -ReductionCount();
  ckm_ok(TaoSolve(run.tao));
  reductions += ReductionCount() - run.reductions;
  ledger = RunLedger(&run);
  ckm_assert(ledger.nhv_curvature >= 2);
  ckm_assert(run.nhv == ledger.nhv_user + ledger.nhv_matrix);
  ckm_assert(run.nfg + run.ng + run.nhv == ledger.equivalents);
  if (!PetscDefined(USE_DEBUG) && PetscGlobalSize > 1) ckm_assert(reductions == ledger.reductions);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A minimum by f, no minimum by Hv */
static PetscErrorCode Minus(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(VecAXPBY(Hv, -1.0, 0.0, v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_saddle_point_that_cannot_be_left_is_named)
{
  const char *why;
  PetscReal   theta, bound, norm;
  Run         run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "cosine", 20, HV_FD, PETSC_FALSE, &run));
  run.fault.scale = -1.0; /* f has its minimum at 0 now */
  ckm_ok(VecSet(run.x, 0.0));
  ckm_ok(TaoTrustNCGSetHessianVector(run.tao, Minus, NULL));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  if (Outcome(&run, &why) == TAO_TRUSTNCG_SADDLE_POINT) {
    ckm_assert(RunReason(&run) == TAO_DIVERGED_TR_REDUCTION);
    ckm_assert(strstr(why, "f does not fall along it"));
    ckm_ok(TaoTrustNCGGetCurvature(run.tao, &theta, &bound));
    ckm_assert_near(theta, -1.0, 1e-10);
    ckm_ok(VecNorm(run.x, NORM_2, &norm));
    ckm_assert(norm == 0.0);
  } else ckm_assert(0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static PetscErrorCode ErrorOnOneRank(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  PetscFunctionBegin;
  PetscCheck(PetscGlobalRank != PetscGlobalSize - 1, PETSC_COMM_SELF, PETSC_ERR_USER, "on purpose");
  PetscCall(VecCopy(v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(an_error_in_a_product_on_one_rank_is_that_of_all)
{
  Run run;

  ckm_ok(Prepare("saddle", 20, HV_FD, &run));
  ckm_ok(TaoTrustNCGSetHessianVector(run.tao, ErrorOnOneRank, NULL));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  ckm_ok(TaoTrustNCGSetHessianVector(run.tao, NULL, NULL));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_bad_product_is_no_verdict)
{
  const char *why;
  PetscReal   theta, bound;
  Run         run;

  ckm_ok(Prepare("saddle", 20, HV_USER, &run));
  run.fault = (Fault){.value = _i ? INFINITY : NAN, .hv = 1};
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, &why) == TAO_TRUSTNCG_FIRST_ORDER && strstr(why, "not finite"));
  ckm_ok(TaoTrustNCGGetCurvature(run.tao, &theta, &bound));
  ckm_assert(theta == PETSC_INFINITY && bound == PETSC_NINFINITY);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_limit_in_the_check_leaves_the_convergence_alone)
{
  const char *why;
  Run         run;

  ckm_ok(Prepare("saddle", 20, HV_FD, &run));
  ckm_ok(TaoSetMaximumFunctionEvaluations(run.tao, 1));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_CONVERGED_GATOL && run.nfg + run.ng <= 4);
  ckm_assert(Outcome(&run, &why) == TAO_TRUSTNCG_FIRST_ORDER && strstr(why, "a limit on time"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(too_few_products_prove_no_more_than_they_do)
{
  const char *why;
  KSP         ksp;
  Run         run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPSetTolerances(ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 20));
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && RunLedger(&run).nhv_curvature == 20);
  ckm_assert(Outcome(&run, &why) == TAO_TRUSTNCG_FIRST_ORDER && strstr(why, "prove no more"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* With any KSP that knows a radius, and with every preconditioner */
START_TEST(it_works_beside_other_settings)
{
  static const char *const settings[][2] = {{"-tao_trustncg_ksp_type", "stcg"},
                                            {"-tao_trustncg_ksp_trustcg_reductions", "overlapped"},
                                            {"-tao_trustncg_precond", "none"},
                                            {"-tao_trustncg_precond", "sparse"},
                                            {"-tao_trustncg_vectors", "0"}};
  Run                      run;

  ckm_ok(PetscOptionsSetValue(NULL, settings[_i][0], settings[_i][1]));
  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_second_order", NULL));
  ckm_ok(Prepare("gl2", 144, HV_USER, &run));
  ckm_ok(PetscOptionsClearValue(NULL, settings[_i][0]));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_second_order"));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(Outcome(&run, NULL) == TAO_TRUSTNCG_SECOND_ORDER);
  ckm_assert(run.f[run.its - 1] < 16.26);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(what_counts_as_flat_is_in_range)
{
  const PetscReal bad[] = {0.0, -1.0, 1.0, NAN};
  PetscBool       check;
  PetscReal       flat;
  Run             run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "saddle", 2, HV_USER, PETSC_FALSE, &run));
  for (int k = 0; k < 4; k++) {
    ckm_fails(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, bad[k]), PETSC_ERR_ARG_OUTOFRANGE,
              "must be in (0, 1)");
  }
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 0.25));
  ckm_ok(TaoTrustNCGGetSecondOrder(run.tao, &check, &flat));
  ckm_assert(check && flat == 0.25);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static char data[PETSC_MAX_PATH_LEN];

static void SetUp(void)
{
  ckm_ok(PetscGlobalRank ? 0 : FileWriteData(data));
  ckm_ok(MPI_Bcast(data, PETSC_MAX_PATH_LEN, MPI_CHAR, 0, PETSC_COMM_WORLD));
  ckm_ok(PetscOptionsSetValue(NULL, "-problem_data", data));
}

static void TearDown(void)
{
  ckm_ok(PetscOptionsClearValue(NULL, "-problem_data"));
  ckm_ok(PetscGlobalRank ? 0 : unlink(data));
}

static void AddTests(Suite *suite)
{
  TCase *lanczos = ckm_tcase(suite, "Lanczos"), *solve = ckm_tcase(suite, "second order");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_test(lanczos, the_smallest_ritz_value_and_its_vector_are_right);
  tcase_add_test(lanczos, the_bound_is_where_the_polynomial_says);
  tcase_add_loop_test(lanczos, the_smallest_eigenvalue_is_between_bound_and_curvature, 0, SPECTRA);
  tcase_add_loop_test(lanczos, the_start_does_not_depend_on_the_number_of_ranks, 0, SPECTRA);
  tcase_add_test(lanczos, an_alarm_on_one_rank_ends_a_run);
  tcase_add_unchecked_fixture(solve, SetUp, TearDown);
  tcase_add_loop_test(solve, a_start_at_a_saddle_point_ends_in_a_minimum, 0, 3 * STARTS);
  tcase_add_test(solve, without_the_option_the_outcome_names_no_more_than_first_order);
  tcase_add_loop_test(solve, a_saddle_point_met_on_the_way_is_left, 0, 3);
  tcase_add_loop_test(solve, a_gradient_left_over_hides_no_way_down, 0, LOOSE);
  tcase_add_loop_test(solve, where_a_saddle_point_was_left_the_next_is_looked_for, 0, 3);
  tcase_add_loop_test(solve, where_a_saddle_point_was_left_at_the_start_the_tolerance_is_tighter, 0,
                      3);
  tcase_add_test(solve, after_a_saddle_point_noise_does_not_take_the_convergence);
  tcase_add_loop_test(solve, the_scale_of_f_does_not_matter, 0, 8);
  tcase_add_loop_test(solve, every_product_and_reduction_is_in_the_ledger, 0, 3);
  tcase_add_test(solve, a_saddle_point_that_cannot_be_left_is_named);
  tcase_add_test(solve, an_error_in_a_product_on_one_rank_is_that_of_all);
  tcase_add_loop_test(solve, a_bad_product_is_no_verdict, 0, 2);
  tcase_add_test(solve, a_limit_in_the_check_leaves_the_convergence_alone);
  tcase_add_test(solve, too_few_products_prove_no_more_than_they_do);
  tcase_add_loop_test(solve, it_works_beside_other_settings, 0, 5);
  tcase_add_test(solve, what_counts_as_flat_is_in_range);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "second order", AddTests);
}
