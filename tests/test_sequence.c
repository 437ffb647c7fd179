/* SPDX-License-Identifier: BSD-2-Clause
   Solves that begin on coarser grids. */
#include "solve.h"
#include <math.h>
#include <petscdmda.h>

/* Problems whose grids have nodes on the boundary and beside it, or are periodic but for a jump */
static const struct {
  const char            *problem;
  PetscInt               n;
  HvWay                  way;
  PetscBool              apart;
  TaoTrustNCGPrecondType precond;
  PetscReal              share; /* of the work without coarser grids, at most */
} cases[] = {
  {"minsurf", 3600, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, 0.67},
  {"minsurf", 3969, HV_FD, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_SPARSE, 0.67},
  {"minsurf", 3600, HV_FD, PETSC_TRUE, TAO_TRUSTNCG_PRECOND_PAIRS, 0.9},
  {"minsurf", 3600, HV_MAT, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_NONE, 0.67},
  {"composites", 3600, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, 0.67},
  {"fminsurf", 4225, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_DIAGONAL, 0.67},
  {"gl2", 4096, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, 1.3},
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static PetscErrorCode Create(int k, PetscInt grids, Run *run)
{
  PetscFunctionBegin;
  PetscCall(
    RunCreate(PETSC_COMM_WORLD, cases[k].problem, cases[k].n, cases[k].way, cases[k].apart, run));
  PetscCall(TaoTrustNCGSetPrecondType(run->tao, cases[k].precond));
  PetscCall(TaoTrustNCGSetGridSequence(run->tao, grids));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Says(const Run *run, const char words[])
{
  PetscBool says;

  ckm_ok(RunSays(run, words, &says));
  return says;
}

static PetscReal Last(const Run *run)
{
  return run->f[run->its - 1];
}

/* The same minimum, at less work; for a gradient from the start that was
   set, and f that never rises. */
START_TEST(the_minimum_is_found_with_less_work)
{
  Run alone, begun;

  ckm_ok(Create(_i, 0, &alone));
  ckm_ok(TaoSolve(alone.tao));
  ckm_ok(Create(_i, 5, &begun));
  ckm_ok(TaoSolve(begun.tao));
  RunHasConverged(&begun, cases[_i].share * RunLedger(&alone).equivalents);
  ckm_assert(begun.f[0] == alone.f[0] && begun.gnorm[0] == alone.gnorm[0]);
  ckm_assert(begun.gnorm[begun.its - 1] <= 1e-6 * alone.gnorm[0]);
  ckm_assert_near(Last(&begun), Last(&alone), 1e-6 * (1.0 + fabs(Last(&alone))));
  for (PetscInt k = 1; k < begun.its; k++) {
    ckm_assert(begun.f[k] <= begun.f[k - 1] + 1e-12 * fabs(begun.f[k - 1]));
  }
  ckm_ok(RunDestroy(&alone));
  ckm_ok(RunDestroy(&begun));
}
END_TEST

/* The ledger has every call, and its grid's share of it. */
START_TEST(the_ledger_counts_what_coarser_grids_cost)
{
  TaoTrustNCGLedger l;
  PetscReal         calls;
  Run               run;

  ckm_ok(Create(_i, 2, &run));
  ckm_ok(TaoSolve(run.tao));
  l     = RunLedger(&run);
  calls = (PetscReal)(run.nf + run.ng + run.nfg + run.nhv);
  ckm_assert(l.coarse_grids >= 1 && l.coarse_grids <= 2);
  ckm_assert_near(l.equivalents, run.work, 1e-9 * run.work);
  ckm_assert_near((PetscReal)l.coarse_evaluations + l.equivalents - l.coarse_equivalents, calls,
                  1e-9 * calls);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A start that is as good as the coarser grids can tell stays the start. */
START_TEST(a_better_start_is_kept)
{
  PetscReal f;
  Run       run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 3600, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-4));
  ckm_ok(TaoSolve(run.tao));
  f = Last(&run);
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 3));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).coarse_grids > 0);
  ckm_assert(Says(&run, "f is not lower at its solution"));
  ckm_assert(RunReason(&run) > 0 && Last(&run) <= f);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* What happens at the start of a coarser grid costs that grid, not the solve: NaN in f or in the
   gradient, or a point outside the domain. */
START_TEST(a_bad_start_on_a_coarser_grid_is_passed_over)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 4));
  run.fault = (Fault){.value = NAN, .only = 1, .rank = 2};
  if (_i == 0) run.fault.f = 2;
  if (_i == 1) run.fault.g = 2;
  if (_i == 2) run.fault.outside = 2;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).coarse_grids == 1);
  ckm_assert(Says(&run, "NOT_FINITE, which is no start"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f of minsurf, but for what is put in its place at points of the finest grid after the start, and
   with a pause on coarser ones */
typedef struct {
  Problem   prob;
  PetscReal value;
  PetscInt  fine, coarse; /* calls */
  PetscInt  strikes;      /* so many of the first after the start */
  PetscReal pause;        /* seconds */
} Trap;

static PetscErrorCode Trapped(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Trap   *trap = (Trap *)ctx;
  Problem prob;

  PetscFunctionBegin;
  PetscCall(ProblemOn(trap->prob, x, &prob));
  PetscCall((*prob->objgrad)(prob, x, f, g));
  if (prob != trap->prob) {
    trap->coarse++;
    PetscCall(PetscSleep(trap->pause));
  } else if (trap->fine++ && trap->fine <= 1 + trap->strikes) *f = trap->value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The point that a coarser grid leads to may be one where f is no number: four ways to place the
   ends are tried at most. */
START_TEST(a_bad_point_from_a_coarser_grid_is_passed_over)
{
  Trap trap = {.value = _i ? -INFINITY : NAN, .strikes = 4};
  Run  run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_FD, PETSC_FALSE, &run));
  trap.prob = run.prob;
  ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, Trapped, &trap));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 1));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(trap.coarse > 0 && RunReason(&run) > 0);
  ckm_assert(Says(&run, "f is not lower at its solution"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f on the finest grid of `size` unknowns: (x - 1)^4 and a bit of x^2; it falls without end on
   others. */
static PetscErrorCode Falls(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  const PetscInt     size = *(PetscInt *)ctx;
  const PetscScalar *a;
  PetscScalar       *b;
  PetscReal          sum = 0.0;
  PetscInt           n, N;

  PetscFunctionBegin;
  PetscCall(VecGetSize(x, &N));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArrayWrite(g, &b));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal t = a[i] - 1.0;

    sum += N == size ? t * t * t * t + a[i] * a[i] : -1e3 * a[i];
    b[i] = N == size ? 4.0 * t * t * t + 2.0 * a[i] : -1e3;
  }
  PetscCall(VecRestoreArrayWrite(g, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(MPI_Allreduce(&sum, f, 1, MPIU_REAL, MPI_SUM, PetscObjectComm((PetscObject)x)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountUpdates(Tao tao, PetscInt its, void *ctx)
{
  PetscFunctionBegin;
  ((PetscInt *)ctx)[its == 0 ? 0 : 1]++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* It is no start for the finer grid, and not at the coarsest of several. The update of the user's
   comes before all that. */
START_TEST(a_coarser_f_without_a_bound_is_no_start)
{
  PetscInt           size = 64, updates[2] = {0, 0};
  TaoConvergedReason reason;
  PetscReal          most;
  Run                run = {.prob = NULL};
  DM                 da;

  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, size, 1, 1, NULL, &da));
  ckm_ok(DMSetUp(da));
  ckm_ok(DMCreateGlobalVector(da, &run.x));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &run.tao));
  ckm_ok(TaoSetType(run.tao, TAOTRUSTNCG));
  ckm_ok(TaoSetSolution(run.tao, run.x));
  ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, Falls, &size));
  ckm_ok(TaoSetUpdate(run.tao, CountUpdates, updates));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 1 + _i));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetConvergedReason(run.tao, &reason));
  ckm_assert(reason > 0 && RunLedger(&run).coarse_grids > 0);
  ckm_assert(Says(&run, "UNBOUNDED, which is no start"));
  ckm_ok(VecMax(run.x, NULL, &most));
  ckm_assert(most < 1.0);
  ckm_assert(updates[0] == 1);
  ckm_ok(TaoDestroy(&run.tao));
  ckm_ok(VecDestroy(&run.x));
  ckm_ok(DMDestroy(&da));
}
END_TEST

/* How coarse a grid may be depends on the ranks. */
START_TEST(it_cannot_be_reproducible)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 1));
  ckm_ok(TaoTrustNCGSetReproducible(run.tao, PETSC_TRUE));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_INCOMP, "grid_sequence");
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* An error of a callback on one rank, on a coarser grid, is that of the solve on all; the Tao can
   be used again. */
START_TEST(an_error_on_a_coarser_grid_ends_the_solve)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 3));
  run.fault = (Fault){.failure = 2 + _i, .rank = 2};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  run.fault = (Fault){.error = run.nhv + 2, .rank = 3};
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "");
  run.fault = (Fault){0};
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A second solve is the first one again. */
START_TEST(a_solve_can_be_repeated)
{
  Run first, second;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &first));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &second));
  ckm_ok(TaoTrustNCGSetPrecondType(first.tao, TAO_TRUSTNCG_PRECOND_PAIRS));
  ckm_ok(TaoTrustNCGSetPrecondType(second.tao, TAO_TRUSTNCG_PRECOND_PAIRS));
  ckm_ok(TaoTrustNCGSetGridSequence(first.tao, 3));
  ckm_ok(TaoTrustNCGSetGridSequence(second.tao, 3));
  ckm_ok(TaoSolve(first.tao));
  ckm_ok(TaoSolve(second.tao));
  second.its = 0;
  ckm_ok((*second.prob->start)(second.prob, second.x));
  ckm_ok(TaoSolve(second.tao));
  ckm_assert(SameHistory(&first, &second, 0));
  ckm_ok(RunDestroy(&first));
  ckm_ok(RunDestroy(&second));
}
END_TEST

/* Options of the coarser solves, and their type, which is no option */
START_TEST(coarser_solves_have_options_of_their_own)
{
  Run run;

  ckm_ok(PetscOptionsSetValue(NULL, "-coarse_tao_max_it", "1"));
  ckm_ok(RunCreateWith("-tao_trustncg_grid_sequence", "2", "minsurf", 3600, HV_USER, &run));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).coarse_grids == 2);
  ckm_assert(RunLedger(&run).coarse_evaluations < 40);
  ckm_ok(PetscOptionsClearValue(NULL, "-coarse_tao_max_it"));
  ckm_ok(PetscOptionsSetValue(NULL, "-coarse_tao_type", "lmvm"));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_SUP, "-coarse_tao_type");
  ckm_ok(PetscOptionsClearValue(NULL, "-coarse_tao_type"));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_negative_number_of_grids_is_refused)
{
  PetscInt grids;
  Run      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_USER, PETSC_FALSE, &run));
  ckm_fails(TaoTrustNCGSetGridSequence(run.tao, -1), PETSC_ERR_ARG_OUTOFRANGE, "grid_sequence");
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 7));
  ckm_ok(TaoTrustNCGGetGridSequence(run.tao, &grids));
  ckm_assert(grids == 7);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Where there is no grid the solve is what it is without, and says so. */
START_TEST(without_a_grid_nothing_changes)
{
  Run alone, begun;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 100, HV_USER, PETSC_FALSE, &alone));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 100, HV_USER, PETSC_FALSE, &begun));
  ckm_ok(TaoTrustNCGSetGridSequence(begun.tao, 3));
  ckm_ok(TaoSolve(alone.tao));
  ckm_ok(TaoSolve(begun.tao));
  ckm_assert(SameHistory(&alone, &begun, 0));
  ckm_assert(Says(&begun, "has no DM"));
  ckm_ok(RunDestroy(&alone));
  ckm_ok(RunDestroy(&begun));
}
END_TEST

/* The limit on time holds for all grids together, and the solution is the start then. */
START_TEST(time_is_up_on_a_coarser_grid)
{
  Trap               trap = {.pause = 0.3};
  TaoTrustNCGOutcome outcome;
  Run                run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_FD, PETSC_FALSE, &run));
  trap.prob = run.prob;
  ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, Trapped, &trap));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 2));
  ckm_ok(TaoTrustNCGSetMaxTime(run.tao, 0.5));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  ckm_assert(outcome == TAO_TRUSTNCG_TIME && RunLedger(&run).coarse_grids > 0);
  ckm_assert(trap.coarse <= 4 && trap.fine == 1 && run.its == 1);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The solve without a preconditioner has no more vectors than without coarser grids. */
START_TEST(seven_vectors_stay_seven)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 900, HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoTrustNCGSetGridSequence(run.tao, 2));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).vectors == 7);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "grid sequence");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, the_minimum_is_found_with_less_work, 0, CASES);
  tcase_add_loop_test(tcase, the_ledger_counts_what_coarser_grids_cost, 0, CASES);
  tcase_add_test(tcase, a_better_start_is_kept);
  tcase_add_loop_test(tcase, a_bad_start_on_a_coarser_grid_is_passed_over, 0, 3);
  tcase_add_loop_test(tcase, a_bad_point_from_a_coarser_grid_is_passed_over, 0, 2);
  tcase_add_loop_test(tcase, a_coarser_f_without_a_bound_is_no_start, 0, 3);
  tcase_add_test(tcase, it_cannot_be_reproducible);
  tcase_add_loop_test(tcase, an_error_on_a_coarser_grid_ends_the_solve, 0, 3);
  tcase_add_test(tcase, a_solve_can_be_repeated);
  tcase_add_test(tcase, coarser_solves_have_options_of_their_own);
  tcase_add_test(tcase, a_negative_number_of_grids_is_refused);
  tcase_add_test(tcase, without_a_grid_nothing_changes);
  tcase_add_test(tcase, time_is_up_on_a_coarser_grid);
  tcase_add_test(tcase, seven_vectors_stay_seven);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "grid sequence", Add);
}
