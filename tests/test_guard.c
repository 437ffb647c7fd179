/* SPDX-License-Identifier: BSD-2-Clause
   TAOTRUSTNCG: what one rank meets in a callback becomes the same on all ranks. */
#include "solve.h"

#define NOT_A_NUMBER (0.0 / 0.0)
#define INFINITE     (1.0 / 0.0)

enum { LAST = 99 }; /* the last rank alone has the fault */

static const PetscReal bad[] = {NOT_A_NUMBER, INFINITE};

/* A job that a watch would end goes on, and says so to all ranks here: how often, where, why. */
typedef struct {
  volatile int times, rank, code;
} End;

static End *theend; /* in memory that the ranks share; NULL: jobs do end */

__attribute__((visibility("default"))) int(MPI_Abort)(MPI_Comm comm, int code)
{
  if (!theend) return PMPI_Abort(comm, code);
  theend->rank = PetscGlobalRank;
  theend->code = code;
  theend->times++;
  return MPI_SUCCESS;
}

static void UntilTheEnd(void)
{
  while (!theend->times) (void)PetscSleep(0.001);
}

static void Share(MPI_Win *window)
{
  const MPI_Aint mine = PetscGlobalRank ? 0 : (MPI_Aint)sizeof(End);
  MPI_Aint       bytes;
  int            unit;
  void          *base;

  MPI_Win_allocate_shared(mine, 1, MPI_INFO_NULL, PETSC_COMM_WORLD, &base, window);
  MPI_Win_shared_query(*window, 0, &bytes, &unit, &base);
  theend = (End *)base;
  if (PetscGlobalRank == 0) *theend = (End){0};
  MPI_Barrier(PETSC_COMM_WORLD);
}

static void Unshare(MPI_Win *window)
{
  theend = NULL;
  MPI_Win_free(window);
}

/* Is it the same on all ranks? */
static PetscBool Same(PetscReal value)
{
  PetscReal least = 0.0, most = 0.0;

  PMPI_Allreduce(&value, &least, 1, MPIU_REAL, MPI_MIN, PETSC_COMM_WORLD);
  PMPI_Allreduce(&value, &most, 1, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD);
  return (PetscBool)(least == most);
}

static PetscReal ValueAtSolution(const Run *run)
{
  PetscReal f;

  ckm_ok((*run->prob->objgrad)(run->prob, run->x, &f, NULL));
  return f;
}

/* All ranks went the same way, and x is the best of the iterates. */
static void AssertOneHistory(const Run *run)
{
  TaoTrustNCGLedger ledger = RunLedger(run);

  ckm_assert(Same((PetscReal)run->its) && Same((PetscReal)ledger.rejected));
  for (PetscInt k = 0; k < run->its; k++) ckm_assert(Same(run->f[k]) && Same(run->gnorm[k]));
  for (PetscInt k = 1; k < run->its; k++) ckm_assert(run->f[k] <= run->f[k - 1]);
}

static void AssertOutcome(const Run *run, TaoTrustNCGOutcome expected)
{
  TaoTrustNCGOutcome outcome;

  ckm_ok(TaoTrustNCGGetOutcome(run->tao, &outcome, NULL));
  ckm_assert(outcome == expected);
}

/* fault 1: f = NaN on one rank for ever: bounded tries, NOT_FINITE, the best point */
/* fault 2: f = Inf on one rank for ever: the same */
START_TEST(a_bad_f_on_one_rank_for_ever_ends_at_the_best_point)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 20, HV_USER, (PetscBool)(_i / 2), &run));
  run.fault = (Fault){.value = bad[_i % 2], .f = 8, .rank = LAST};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_DIVERGED_NAN);
  AssertOutcome(&run, TAO_TRUSTNCG_NOT_FINITE);
  AssertOneHistory(&run);
  ckm_assert(run.nfg + run.nf + run.ng < 90);
  ckm_assert_near(ValueAtSolution(&run), run.f[run.its - 1], 1e-12);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 9: f = NaN on one rank after its own reduction: all ranks reject the trial */
START_TEST(a_bad_f_on_one_rank_is_rejected_by_all)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)(_i / 2), &run));
  run.fault = (Fault){.value = bad[_i % 2], .f = 3, .only = 2, .rank = LAST};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected >= 1);
  AssertOneHistory(&run);
  ckm_assert_near(ValueAtSolution(&run), 0.0, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f = sum of x_i - m log x_i, with its minimum at x = m; outside its domain NaN on the ranks that
   see it, or said by them to be outside */
typedef struct {
  PetscBool says;
  PetscReal outside; /* points seen there */
} Barrier;

static PetscErrorCode BarrierValue(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  const PetscReal    m = 1e-2;
  const PetscScalar *a;
  PetscScalar       *b;
  PetscReal          mine = 0.0;
  PetscInt           n;
  PetscBool          out = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArray(g, &b));
  for (PetscInt i = 0; i < n; i++) {
    if (!(a[i] > 0.0)) out = PETSC_TRUE;
    mine += a[i] > 0.0 ? a[i] - m * PetscLogReal(a[i]) : 0.0;
    b[i] = 1.0 - m / a[i];
  }
  PetscCall(VecRestoreArray(g, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(MPI_Allreduce(&mine, f, 1, MPIU_REAL, MPIU_SUM, PetscObjectComm((PetscObject)x)));
  if (out && ((Barrier *)ctx)->says) PetscCall(TaoTrustNCGSetDomainError(tao));
  else if (out) *f = NOT_A_NUMBER;
  ((Barrier *)ctx)->outside += out;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BarrierProduct(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(VecPointwiseDivide(Hv, v, x));
  PetscCall(VecPointwiseDivide(Hv, Hv, x));
  PetscCall(VecScale(Hv, 1e-2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From x = start on the last rank and less on the others */
static void SolveBarrier(Barrier *barrier, PetscReal start, PetscBool learned, PetscBool exact)
{
  TaoConvergedReason reason;
  Vec                x;
  Tao                tao;
  PetscReal          least, most;

  ckm_ok(VecCreateMPI(PETSC_COMM_WORLD, 3, PETSC_DETERMINE, &x));
  ckm_ok(VecSet(x, start / (PetscReal)(PetscGlobalSize - PetscGlobalRank)));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoTrustNCGSetLearnedSteps(tao, learned));
  ckm_ok(TaoSetSolution(tao, x));
  ckm_ok(TaoSetObjectiveAndGradient(tao, NULL, BarrierValue, barrier));
  if (exact) ckm_ok(TaoTrustNCGSetHessianVector(tao, BarrierProduct, barrier));
  ckm_ok(TaoSolve(tao));
  ckm_ok(TaoGetConvergedReason(tao, &reason));
  ckm_assert(reason > 0);
  ckm_ok(VecMin(x, NULL, &least));
  ckm_ok(VecMax(x, NULL, &most));
  ckm_assert_near(least, 1e-2, 1e-4);
  ckm_assert_near(most, 1e-2, 1e-4);
  ckm_ok(TaoDestroy(&tao));
  ckm_ok(VecDestroy(&x));
}

/* fault 3: f is NaN only outside a domain, a log barrier: converges */
/* fault 12: the ranks that are outside say so: all shrink */
START_TEST(outside_a_domain_trials_are_rejected)
{
  Barrier   barrier = {.says = (PetscBool)(_i % 2)};
  PetscReal outside;

  SolveBarrier(&barrier, 0.1, (PetscBool)(_i / 2 % 2), (PetscBool)(_i / 4 % 2));
  PMPI_Allreduce(&barrier.outside, &outside, 1, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD);
  ckm_assert(outside > 0.0);
}
END_TEST

/* fault 12: a callback reports a domain error on one rank: all ranks shrink */
START_TEST(a_domain_error_on_one_rank_is_a_rejection_on_all)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)(_i % 2), &run));
  run.fault = (Fault){.outside = 3 + _i / 2, .only = 2, .rank = 1};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected >= 1);
  AssertOneHistory(&run);
  ckm_assert_near(ValueAtSolution(&run), 0.0, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 12: for ever: an end in words at the best point; in products too */
START_TEST(a_domain_error_for_ever_ends_at_the_best_point)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 20, (HvWay)(_i % 2), PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE)); /* products to the end */
  if (_i / 2 && _i % 2) run.fault = (Fault){.hvout = 5, .rank = LAST};
  else run.fault = (Fault){.outside = 5, .rank = LAST};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) < 0);
  AssertOutcome(&run, TAO_TRUSTNCG_NOT_FINITE);
  AssertOneHistory(&run);
  ckm_assert_near(ValueAtSolution(&run), run.f[run.its - 1], 1e-12);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 12: at the start it is an error in words */
START_TEST(a_start_outside_the_domain_is_an_error)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)_i, &run));
  run.fault = (Fault){.outside = 1, .rank = LAST};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "is outside the domain of f");
  run.fault = (Fault){.value = 0.0};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 4: NaN in the gradient of one rank at a trial: rejected by all */
START_TEST(a_bad_gradient_on_one_rank_is_rejected_by_all)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)(_i / 2), &run));
  run.fault = (Fault){.value = bad[_i % 2], .g = _i / 2 ? 6 : 3, .only = 1, .rank = 1};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).rejected >= 1);
  AssertOneHistory(&run);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 5: NaN or Inf in Hv of one rank for ever: NOT_FINITE, f never rises */
START_TEST(a_bad_product_on_one_rank_never_takes_f_uphill)
{
  static const char *const forms[] = {"2", "1", "overlapped"};
  const PetscInt           type    = _i / 4 % 6;
  Run                      run;

  ckm_ok(RunCreateWith("-tao_trustncg_ksp_trustcg_reductions", forms[_i / 24], "minsurf", 400,
                       HV_USER, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, (TaoTrustNCGPrecondType)type));
  run.fault = (Fault){.value = bad[_i % 2], .hv = _i / 2 % 2 ? 1 : 9, .rank = 1};
  ckm_ok(TaoSolve(run.tao));
  if (RunReason(&run) < 0) AssertOutcome(&run, TAO_TRUSTNCG_NOT_FINITE);
  AssertOneHistory(&run);
  ckm_assert_near(ValueAtSolution(&run), run.f[run.its - 1], 1e-12);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 5: NaN or Inf in one product: no preconditioner keeps it */
START_TEST(one_bad_product_is_not_remembered)
{
  const PetscInt type = _i / 2 % 6;
  Run            run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, (TaoTrustNCGPrecondType)type));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  run.fault = (Fault){.value = bad[_i % 2], .hv = 2 + 3 * (_i / 12), .only = 1, .rank = 1};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.nhv > 2);
  if (RunReason(&run) < 0) AssertOutcome(&run, TAO_TRUSTNCG_NOT_FINITE);
  AssertOneHistory(&run);
  run.its = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 6: NaN or Inf on one rank at x0: an error that names it on all ranks, x unchanged */
START_TEST(a_bad_start_on_one_rank_is_an_error_on_all)
{
  Run       run;
  Vec       x0;
  PetscBool same;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)(_i / 4), &run));
  ckm_ok(VecDuplicate(run.x, &x0));
  ckm_ok(VecCopy(run.x, x0));
  run.fault = (Fault){.value = bad[_i % 2], .rank = 1};
  if (_i / 2 % 2) run.fault.g = 1;
  else run.fault.f = 1;
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "At the start f = ");
  ckm_ok(VecEqual(run.x, x0, &same));
  ckm_assert(same);
  ckm_ok(VecDestroy(&x0));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* An error on one rank in the place k: in f and gradient or each, in products of all kinds */
enum { PLACES = 9 };

static const struct {
  const char *where;
  HvWay       way;
  PetscBool   apart;
  Fault       fault;
} Places[PLACES] = {
  {"the objective and gradient", HV_USER, PETSC_FALSE, {.failure = 1}},
  {"the objective and gradient", HV_USER, PETSC_FALSE, {.failure = 3}},
  {"the objective", HV_USER, PETSC_TRUE, {.failure = 3}},
  {"the gradient", HV_USER, PETSC_TRUE, {.failure = 6}},
  {"the Hessian-vector product", HV_USER, PETSC_FALSE, {.error = 2}},
  {"the gradient, for a difference", HV_FD, PETSC_TRUE, {.failure = 3}},
  {"the product with the Mat of TaoSetHessian()", HV_MAT, PETSC_FALSE, {.error = 2}},
  {"the Hessian", HV_MAT, PETSC_FALSE, {.hessian = 1}},
  {"a monitor", HV_USER, PETSC_FALSE, {.monitor = 3}}};

/* fault 7: a callback returns an error on one rank, after its own collective: the same on all */
/* fault 25: an error in the middle, then a solve as if nothing had been; destroyed, no leak */
START_TEST(an_error_on_one_rank_is_the_same_error_on_all)
{
  const int place = _i % PLACES, rank = _i / PLACES;
  PetscBool own = PETSC_FALSE; /* is this the rank that fails? */
  char      words[64];
  Run       run, fresh;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, Places[place].way, Places[place].apart, &run));
  run.fault      = Places[place].fault;
  run.fault.rank = rank ? LAST : 1;
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  if (PetscGlobalRank == (rank ? PetscGlobalSize - 1 : 0)) own = PETSC_TRUE;
  ckm_ok(PetscSNPrintf(words, sizeof(words), "met error %d in %s", (int)PETSC_ERR_USER,
                       Places[place].where));
  ckm_assert(strstr(ckm_message(), own ? "an error on purpose" : words));
  run.fault = (Fault){.value = 0.0};
  run.its   = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(
    RunCreate(PETSC_COMM_WORLD, "genrose", 40, Places[place].way, Places[place].apart, &fresh));
  ckm_ok(TaoSolve(fresh.tao));
  ckm_assert(SameHistory(&run, &fresh, 0));
  ckm_ok(RunDestroy(&run));
  ckm_ok(RunDestroy(&fresh));
}
END_TEST

/* fault 7: in a product of the second-order check, too; NaN there is no verdict */
START_TEST(the_second_order_check_is_guarded)
{
  Run      run;
  PetscInt products;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, (HvWay)_i, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  products = _i == HV_FD ? run.nfg + run.ng : run.nhv;
  run.nhv = run.nfg = run.ng = 0;
  ckm_ok(TaoTrustNCGSetSecondOrder(run.tao, PETSC_TRUE, 1e-4));
  if (_i == HV_FD) run.fault = (Fault){.failure = products + 2, .rank = LAST};
  else run.fault = (Fault){.error = products + 2, .rank = LAST};
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  run.nhv = run.nfg = run.ng = 0;
  if (_i == HV_FD) run.fault = (Fault){.value = NOT_A_NUMBER, .g = products + 2, .rank = LAST};
  else run.fault = (Fault){.value = NOT_A_NUMBER, .hv = products + 2, .rank = LAST};
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  AssertOutcome(&run, TAO_TRUSTNCG_FIRST_ORDER);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 8: the others do not come: the job is ended by a deadline; if they do, it is not */
START_TEST(a_rank_left_alone_ends_the_job)
{
  const int       place = _i % PLACES;
  const PetscBool late  = (PetscBool)(_i / PLACES);
  MPI_Win         window;
  Run             run;

  if (PetscGlobalSize == 1) return;
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, Places[place].way, Places[place].apart, &run));
  ckm_ok(TaoTrustNCGSetDeadline(run.tao, late ? 0.1 : 100.0));
  run.fault      = Places[place].fault;
  run.fault.rank = LAST;
  if (late) run.fault.wait = UntilTheEnd;
  Share(&window);
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  ckm_assert(theend->times == (int)late);
  if (late) ckm_assert(theend->rank == PetscGlobalSize - 1 && theend->code == PETSC_ERR_USER);
  Unshare(&window);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* What is printed on any stream of PETSc's, with these words */
static int         warnings;
static const char *warning;

static PetscErrorCode (*Print)(FILE *, const char[], va_list);

static PetscErrorCode CountWarnings(FILE *stream, const char format[], va_list args)
{
  if (!strstr(format, warning)) return (*Print)(stream, format, args);
  warnings++;
  return PETSC_SUCCESS;
}

static void CountFrom(const char words[])
{
  Print         = PetscVFPrintf;
  PetscVFPrintf = CountWarnings;
  warning       = words;
  warnings      = 0;
}

/* One is all that was printed, on rank 0 alone, where there are ranks to differ. */
static void AssertWarnedOnce(void)
{
  PetscVFPrintf = Print;
  ckm_assert(warnings == (PetscGlobalSize > 1 && PetscGlobalRank == 0));
}

/* fault 10: f differs in its last bits between ranks: one value wins everywhere, one warning */
START_TEST(an_f_that_differs_between_ranks_is_that_of_rank_0)
{
  Run run, clean;

  CountFrom("f is not the same on all ranks");
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, (PetscBool)_i, &run));
  run.fault.jitter = 1e-15;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  AssertOneHistory(&run);
  AssertWarnedOnce();
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, (PetscBool)_i, &clean));
  ckm_ok(TaoSolve(clean.tao));
  ckm_assert(SameHistory(&clean, &run, 0));
  ckm_ok(RunDestroy(&run));
  ckm_ok(RunDestroy(&clean));
}
END_TEST

/* A convergence test that each rank decides for itself: on the last one earlier, or never */
static PetscErrorCode OwnTest(Tao tao, void *ctx)
{
  const PetscBool early = *(PetscBool *)ctx;
  PetscReal       gnorm, tol = 1e-3;

  PetscFunctionBegin;
  PetscCall(TaoGetSolutionStatus(tao, NULL, NULL, &gnorm, NULL, NULL, NULL));
  if (PetscGlobalSize > 1 && PetscGlobalRank == PetscGlobalSize - 1) tol = early ? 1.0 : 0.0;
  PetscCall(TaoSetConvergedReason(tao, gnorm < tol ? TAO_CONVERGED_USER : TAO_CONTINUE_ITERATING));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No rank goes on alone: the word of rank 0 counts, with one warning. */
START_TEST(a_convergence_test_that_differs_between_ranks_is_that_of_rank_0)
{
  PetscBool early = (PetscBool)(_i % 2);
  Run       run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, (PetscBool)(_i / 2), &run));
  ckm_ok(TaoSetConvergenceTest(run.tao, OwnTest, &early));
  CountFrom("the convergence test of TaoSetConvergenceTest() does not say the same");
  ckm_ok(TaoSolve(run.tao));
  AssertWarnedOnce();
  ckm_assert(RunReason(&run) == TAO_CONVERGED_USER);
  AssertOutcome(&run, TAO_TRUSTNCG_USER_STOPPED);
  AssertOneHistory(&run);
  ckm_assert(run.gnorm[run.its - 1] < 1e-3 && run.gnorm[run.its - 2] >= 1e-3);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A callback that fills its result where PETSc does not see it, but on rank 0 */
static PetscErrorCode CopyUnseen(Vec from, Vec to)
{
  const PetscScalar *a, *b;
  PetscInt           n;

  PetscFunctionBegin;
  if (PetscGlobalRank == 0) PetscCall(VecCopy(from, to));
  else {
    PetscCall(VecGetLocalSize(to, &n));
    PetscCall(VecGetArrayRead(from, &a));
    PetscCall(VecGetArrayRead(to, &b));
    PetscCall(PetscArraycpy((PetscScalar *)b, a, n));
    PetscCall(VecRestoreArrayRead(to, &b));
    PetscCall(VecRestoreArrayRead(from, &a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode UnseenGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  const Problem prob = ((Run *)ctx)->prob;
  Vec           work;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(x, &work));
  PetscCall((*prob->objgrad)(prob, x, f, work));
  PetscCall(CopyUnseen(work, g));
  PetscCall(VecDestroy(&work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode UnseenProduct(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  const Problem prob = ((Run *)ctx)->prob;
  Vec           work;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(x, &work));
  PetscCall((*prob->hessvec)(prob, x, v, work));
  PetscCall(CopyUnseen(work, Hv));
  PetscCall(VecDestroy(&work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GradientNorm(Tao tao, void *norm)
{
  Vec g;

  PetscFunctionBegin;
  PetscCall(TaoGetGradient(tao, &g, NULL, NULL));
  PetscCall(VecNorm(g, NORM_2, (PetscReal *)norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* fault 11: gradient and product were written unseen but for one rank: the right result */
START_TEST(norms_remembered_on_some_ranks_do_no_harm)
{
  PetscReal norm;
  Run       run, clean;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, (HvWay)(_i % 2), PETSC_FALSE, &run));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, (HvWay)(_i % 2), PETSC_FALSE, &clean));
  ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, UnseenGradient, &run));
  if (_i % 2) ckm_ok(TaoTrustNCGSetHessianVector(run.tao, UnseenProduct, &run));
  ckm_ok(TaoSetMonitor(run.tao, GradientNorm, &norm, NULL));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, (TaoTrustNCGPrecondType)(_i / 2)));
  ckm_ok(TaoTrustNCGSetPrecondType(clean.tao, (TaoTrustNCGPrecondType)(_i / 2)));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoSolve(clean.tao));
  ckm_assert(RunReason(&run) > 0 && run.its == clean.its);
  ckm_assert_near(ValueAtSolution(&run), ValueAtSolution(&clean), 1e-10);
  ckm_assert_near(run.gnorm[run.its - 1], norm, 1e-14);
  ckm_ok((*run.prob->start)(run.prob, run.x)); /* now the norm of the gradient is remembered */
  ckm_ok(TaoSolve(run.tao));
  ckm_assert_near(ValueAtSolution(&run), ValueAtSolution(&clean), 1e-10);
  ckm_ok(RunDestroy(&run));
  ckm_ok(RunDestroy(&clean));
}
END_TEST

/* fault 26: two solvers on split communicators, one of them with a fault: independent */
START_TEST(solvers_on_split_communicators_are_independent)
{
  const int          colour = PetscGlobalRank % 2;
  MPI_Comm           comm;
  TaoConvergedReason reason;
  Run                run;
  int                code;

  ckm_ok(MPI_Comm_split(PETSC_COMM_WORLD, colour, PetscGlobalRank, &comm));
  ckm_ok(RunCreate(comm, colour ? "rosenbrock" : "genrose", 20, HV_USER, PETSC_FALSE, &run));
  if (colour && _i) run.fault = (Fault){.failure = 3, .rank = 1};
  ckm_listen();
  code = (int)TaoSolve(run.tao);
  ckm_unlisten();
  ckm_assert(code == (colour && _i ? PETSC_ERR_USER : 0));
  reason = RunReason(&run);
  ckm_assert(code || reason > 0);
  ckm_ok(RunDestroy(&run));
  ckm_ok(MPI_Comm_free(&comm));
}
END_TEST

/* fault 26: ranks without unknowns meet errors and domains, too */
START_TEST(a_rank_without_unknowns_is_heard)
{
  Run      run;
  PetscInt rejected;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 2, HV_USER, (PetscBool)_i, &run));
  ckm_ok(TaoSolve(run.tao));
  rejected = RunLedger(&run).rejected;
  run.nfg = run.nf = run.ng = 0;
  run.fault                 = (Fault){.failure = 2, .rank = LAST};
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  run.nfg = run.nf = run.ng = 0;
  /* the first trial; f and gradient apart: the gradient there */
  run.fault = (Fault){.outside = _i ? 4 : 2, .only = 1, .rank = LAST};
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && RunLedger(&run).rejected > rejected);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Also in products: no step of CG is made of one that was outside the domain, or an error. */
START_TEST(a_rank_without_unknowns_is_heard_in_products)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 2, (HvWay)(1 + _i), PETSC_FALSE, &run));
  run.fault = (Fault){.hvout = 1, .rank = LAST};
  ckm_ok(TaoSolve(run.tao));
  AssertOutcome(&run, TAO_TRUSTNCG_NOT_FINITE);
  run.nhv   = 0;
  run.fault = (Fault){.error = 1, .rank = LAST};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  ckm_assert(run.nhv == 1);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A preconditioner of the user's: its application with the number `failing` fails on the last rank. */
static PetscInt applied, failing;

static PetscErrorCode ApplyPC(PC pc, Vec r, Vec z)
{
  PetscFunctionBegin;
  PetscCheck(++applied != failing || PetscGlobalRank < PetscGlobalSize - 1, PETSC_COMM_SELF,
             PETSC_ERR_USER, "a preconditioner fails on purpose");
  PetscCall(VecCopy(r, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In the first solve, in its middle, where a step is read off the path; in each form of CG */
START_TEST(a_preconditioner_that_fails_on_one_rank_fails_on_all)
{
  static const char *const forms[] = {"2", "1", "overlapped"};
  KSP                      ksp;
  PC                       pc;
  PetscInt                 all;
  Run                      run;

  ckm_ok(RunCreateWith("-tao_trustncg_ksp_trustcg_reductions", forms[_i % 3], "genrose",
                       _i / 3 ? 20 : 2, HV_USER, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCSHELL));
  ckm_ok(PCShellSetApply(pc, ApplyPC));
  applied = failing = 0;
  ckm_ok(TaoSolve(run.tao));
  all = applied;
  for (failing = 1; failing <= PetscMin(40, all); failing++) {
    applied = 0;
    ckm_ok((*run.prob->start)(run.prob, run.x));
    ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
    ckm_assert(applied <= failing + 1);
  }
  failing = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Its set-up with the number `failing` fails on the last rank. */
static PetscErrorCode SetUpPC(PC pc)
{
  PetscFunctionBegin;
  PetscCheck(++applied != failing || PetscGlobalRank < PetscGlobalSize - 1, PETSC_COMM_SELF,
             PETSC_ERR_USER, "a set-up fails on purpose");
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_preconditioner_whose_set_up_fails_on_one_rank_fails_on_all)
{
  PC  pc;
  KSP ksp;
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", _i ? 20 : 2, HV_MAT, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetDeadline(run.tao, 10.0));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCSHELL));
  ckm_ok(PCShellSetSetUp(pc, SetUpPC));
  ckm_ok(PCShellSetApply(pc, ApplyPC));
  for (failing = 1; failing <= 3; failing++) {
    applied = 0;
    ckm_ok((*run.prob->start)(run.prob, run.x));
    ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  }
  failing = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Whatever makes the products, also where the KSP is one of PETSc's */
START_TEST(an_error_in_a_product_for_another_ksp_is_one_on_all)
{
  Run run;

  ckm_ok(RunCreateWith("-tao_trustncg_ksp_type", "stcg", "rosenbrock", 20, (HvWay)_i, &run));
  ckm_ok(TaoTrustNCGSetDeadline(run.tao, 10.0));
  if (_i == HV_FD) run.fault = (Fault){.failure = 3, .rank = LAST};
  else run.fault = (Fault){.error = 3, .rank = LAST};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  run.fault = (Fault){.value = 0.0};
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f fails on one rank at the start, and the gradient, a function of its own, is collective. */
START_TEST(a_gradient_apart_is_called_where_f_has_failed)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 20, HV_USER, PETSC_TRUE, &run));
  ckm_ok(TaoTrustNCGSetDeadline(run.tao, 10.0));
  if (_i) ckm_ok(TaoTrustNCGSetCheckDerivatives(run.tao, PETSC_TRUE, PETSC_FALSE));
  run.fault = (Fault){.failure = 1, .rank = LAST};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  ckm_assert(run.nf == run.ng);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_solution_of_another_layout_is_refused)
{
  Run run;
  Vec x;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(VecCreateMPI(PETSC_COMM_WORLD, PetscGlobalRank ? 0 : run.prob->N, run.prob->N, &x));
  ckm_ok(TaoSetSolution(run.tao, x));
  if (PetscGlobalSize > 1) ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_SIZ, "in another way");
  ckm_ok(VecDestroy(&x));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A value for the start, one for each trial, one for each gradient apart, one at the end */
START_TEST(the_guard_takes_one_reduction_an_evaluation)
{
  Run  run;
  long before, made;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, (PetscBool)_i, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  before = ReductionCount();
  ckm_ok(TaoSolve(run.tao));
  made = ReductionCount() - before - run.reductions;
  ckm_assert(made <= run.nfg + run.nf + run.ng + 1 + 3 * RunLedger(&run).cg +
                       3 * RunLedger(&run).steps + 5);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_deadline_is_positive)
{
  static const PetscReal wrong[] = {0.0, -1.0, NOT_A_NUMBER};
  PetscReal              seconds;
  Run                    run;

  ckm_ok(RunCreateWith("-tao_trustncg_deadline", "7", "rosenbrock", 20, HV_USER, &run));
  ckm_fails(TaoTrustNCGSetDeadline(run.tao, wrong[_i]), PETSC_ERR_ARG_OUTOFRANGE, "positive");
  ckm_ok(TaoTrustNCGGetDeadline(run.tao, &seconds));
  ckm_assert(seconds == 7.0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "values");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_bad_f_on_one_rank_for_ever_ends_at_the_best_point, 0, 4);
  tcase_add_loop_test(tc, a_bad_f_on_one_rank_is_rejected_by_all, 0, 4);
  tcase_add_loop_test(tc, a_bad_gradient_on_one_rank_is_rejected_by_all, 0, 4);
  tcase_add_loop_test(tc, a_bad_product_on_one_rank_never_takes_f_uphill, 0, 72);
  tcase_add_loop_test(tc, one_bad_product_is_not_remembered, 0, 60);
  tcase_add_loop_test(tc, a_bad_start_on_one_rank_is_an_error_on_all, 0, 8);
  tcase_add_loop_test(tc, an_f_that_differs_between_ranks_is_that_of_rank_0, 0, 2);
  tcase_add_loop_test(tc, a_convergence_test_that_differs_between_ranks_is_that_of_rank_0, 0, 4);
  tcase_add_loop_test(tc, norms_remembered_on_some_ranks_do_no_harm, 0, 8);
  tc = ckm_tcase(suite, "domain");
  tcase_add_loop_test(tc, outside_a_domain_trials_are_rejected, 0, 8);
  tcase_add_loop_test(tc, a_domain_error_on_one_rank_is_a_rejection_on_all, 0, 4);
  tcase_add_loop_test(tc, a_domain_error_for_ever_ends_at_the_best_point, 0, 4);
  tcase_add_loop_test(tc, a_start_outside_the_domain_is_an_error, 0, 2);
  tc = ckm_tcase(suite, "errors");
  tcase_add_loop_test(tc, an_error_on_one_rank_is_the_same_error_on_all, 0, 2 * PLACES);
  tcase_add_loop_test(tc, the_second_order_check_is_guarded, 0, 3);
  tcase_add_loop_test(tc, a_rank_left_alone_ends_the_job, 0, 2 * PLACES);
  tcase_add_loop_test(tc, solvers_on_split_communicators_are_independent, 0, 2);
  tcase_add_loop_test(tc, a_rank_without_unknowns_is_heard, 0, 2);
  tcase_add_loop_test(tc, a_rank_without_unknowns_is_heard_in_products, 0, 2);
  tcase_add_loop_test(tc, a_gradient_apart_is_called_where_f_has_failed, 0, 2);
  tcase_add_loop_test(tc, an_error_in_a_product_for_another_ksp_is_one_on_all, 0, 3);
  tcase_add_loop_test(tc, a_preconditioner_that_fails_on_one_rank_fails_on_all, 0, 6);
  tcase_add_loop_test(tc, a_preconditioner_whose_set_up_fails_on_one_rank_fails_on_all, 0, 2);
  tcase_add_test(tc, a_solution_of_another_layout_is_refused);
  tcase_add_loop_test(tc, the_guard_takes_one_reduction_an_evaluation, 0, 2);
  tcase_add_loop_test(tc, the_deadline_is_positive, 0, 3);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "guard", AddTests);
}
