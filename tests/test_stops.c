/* SPDX-License-Identifier: BSD-2-Clause
   A solve that is stopped from outside, wherever it is: it ends at once, and may be resumed. */
#include "files.h"
#include "solve.h"
#include <signal.h>

static const struct {
  const char            *problem;
  PetscInt               n;
  TaoTrustNCGPrecondType precond;
  PetscInt               grids; /* coarser ones before */
} cases[] = {
  {"minsurf", 400, TAO_TRUSTNCG_PRECOND_AUTO, 0},    /* couplings on a grid */
  {"combustion", 225, TAO_TRUSTNCG_PRECOND_AUTO, 0}, /* the same, with other couplings */
  {"minsurf", 100, TAO_TRUSTNCG_PRECOND_NONE, 0},    /* better points of a step */
  {"genrose", 40, TAO_TRUSTNCG_PRECOND_PAIRS, 0},    /* looks at the boundary, learned steps */
  {"morebv", 100, TAO_TRUSTNCG_PRECOND_AUTO, 0},     /* a pattern that is found */
  {"minsurf", 1600, TAO_TRUSTNCG_PRECOND_AUTO, 2},   /* coarser grids */
};

enum { CASES = sizeof(cases) / sizeof(*cases), STRIKES = 100 };

static char     folder[PETSC_MAX_PATH_LEN], file[PETSC_MAX_PATH_LEN + 16];
static PetscInt calls, strike; /* of f with its gradient, and products; the signal comes in this */

static void Strike(void)
{
  if (++calls == strike && PetscGlobalRank == PetscGlobalSize - 1) (void)raise(SIGUSR1);
}

static PetscErrorCode ObjectiveGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Problem prob;

  PetscFunctionBegin;
  Strike();
  PetscCall(ProblemOn(((Run *)ctx)->prob, x, &prob));
  PetscCall((*prob->objgrad)(prob, x, f, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Problem prob;

  PetscFunctionBegin;
  Strike();
  PetscCall(ProblemOn(((Run *)ctx)->prob, x, &prob));
  PetscCall((*prob->hessvec)(prob, x, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The signal comes in so many calls; 0: never. */
static PetscErrorCode Solve(int k, PetscInt when, const char checkpoint[], const char restart[],
                            Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreate(PETSC_COMM_WORLD, cases[k].problem, cases[k].n, HV_USER, PETSC_FALSE, run));
  PetscCall(TaoSetObjectiveAndGradient(run->tao, NULL, ObjectiveGradient, run));
  PetscCall(TaoTrustNCGSetHessianVector(run->tao, HessianVector, run));
  PetscCall(TaoTrustNCGSetPrecondType(run->tao, cases[k].precond));
  PetscCall(TaoTrustNCGSetGridSequence(run->tao, cases[k].grids));
  PetscCall(TaoTrustNCGSetSignals(run->tao, PETSC_TRUE));
  PetscCall(TaoTrustNCGSetCheckpoint(run->tao, checkpoint, when % 2, 0.0));
  PetscCall(TaoTrustNCGSetRestart(run->tao, restart));
  calls  = 0;
  strike = when;
  PetscCall(TaoSolve(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In whatever call it comes, at most one more is made. */
START_TEST(a_signal_is_seen_after_one_more_call)
{
  PetscInt all, late = 0;
  Run      run;

  ckm_ok(Solve(_i, 0, NULL, NULL, &run));
  ckm_ok(RunDestroy(&run));
  all = calls;
  for (PetscInt k = 1; k <= PetscMin(STRIKES, all - 2); k++) {
    ckm_ok(Solve(_i, k, NULL, NULL, &run));
    if (RunReason(&run) == TAO_DIVERGED_USER) late = PetscMax(late, calls - k);
    ckm_ok(RunDestroy(&run));
  }
  ckm_assert(late <= 1);
}
END_TEST

/* Also where the last step was cut short: then the file is of the iterate before. */
START_TEST(a_solve_that_is_stopped_anywhere_can_be_resumed_with_the_same_bits)
{
  PetscInt    many;
  PetscMPIInt ranks;
  Run         all, run, rest;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(Solve(_i, 0, NULL, NULL, &all));
  many = PetscMin(STRIKES, calls - 2);
  for (PetscInt k = 2; k <= many; k += 3) {
    ckm_ok(Solve(_i, k, file, NULL, &run));
    ckm_ok(RunDestroy(&run));
    ckm_ok(Solve(_i, 0, NULL, file, &rest));
    if (ranks < 3) ckm_assert(all.f[all.its - 1] == rest.f[rest.its - 1]);
    else ckm_assert_near(all.f[all.its - 1], rest.f[rest.its - 1], 1e-6);
    ckm_ok(RunDestroy(&rest));
  }
  ckm_ok(RunDestroy(&all));
}
END_TEST

/* A limit of evaluations ends the building of a sparse Hessian, too, when products are
   differences. */
START_TEST(a_limit_of_evaluations_holds_while_a_sparse_hessian_is_built)
{
  TaoTrustNCGOutcome outcome;
  Run                run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_SPARSE));
  ckm_ok(TaoSetMaximumFunctionEvaluations(run.tao, 4));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  ckm_assert(outcome == TAO_TRUSTNCG_LIMIT && run.nfg <= 6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "stops");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  FolderCreate(folder);
  (void)snprintf(file, sizeof(file), "%s/checkpoint", folder);
  tcase_add_loop_test(tcase, a_signal_is_seen_after_one_more_call, 0, CASES);
  tcase_add_loop_test(tcase, a_solve_that_is_stopped_anywhere_can_be_resumed_with_the_same_bits, 0,
                      CASES);
  tcase_add_test(tcase, a_limit_of_evaluations_holds_while_a_sparse_hessian_is_built);
}

int main(int argc, char **argv)
{
  const int code = harness_main(argc, argv, "stops", Add);

  (void)unlink(file);
  (void)rmdir(folder);
  return code;
}
