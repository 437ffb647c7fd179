/* SPDX-License-Identifier: BSD-2-Clause
   TAOTRUSTNCG from solve to solve: what errors, changed settings and kept objects leave behind. */
#include "solve.h"
#include <petscdmda.h>

static const TaoTrustNCGPrecondType own[] = {TAO_TRUSTNCG_PRECOND_PAIRS,
                                             TAO_TRUSTNCG_PRECOND_SPARSE};

/* The PC that a first solve chose is replaced by the user. */
START_TEST(a_pc_set_between_solves_is_honoured)
{
  Run       run;
  KSP       ksp;
  PC        pc;
  PetscBool same;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "torsion", 100, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, own[_i]));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCMAT));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_USER));
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(PetscObjectTypeCompare((PetscObject)pc, PCMAT, &same));
  ckm_assert(same);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f, the work and the solution of a solve from the start */
static PetscErrorCode SolveAfresh(Run *run, PetscReal *f, PetscReal *work, Vec x)
{
  PetscFunctionBegin;
  PetscCall((*run->prob->start)(run->prob, run->x));
  PetscCall(TaoSolve(run->tao));
  PetscCall(TaoGetSolutionStatus(run->tao, NULL, f, NULL, NULL, NULL, NULL));
  *work = RunLedger(run).equivalents;
  PetscCall(VecCopy(run->x, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Also after an error in between, in a product of every kind of preconditioner and of CG. PETSc's
   multigrid adds what comes from other ranks in the order of its arrival: with more than one
   neighbour not even it repeats itself to the bit. */
/* fault 25: errors in any product, then a solve as if nothing had been */
/* fault 27: the same run five times more gives the same bits, after errors in between, too */
START_TEST(a_second_solve_gives_the_same_bits)
{
  static const char *const forms[]  = {"2", "1", "overlapped"};
  static const PetscInt    errors[] = {0, 1, 3, 7, 11};
  const PetscInt           type = _i % 6, form = _i / 6;
  const PetscBool          multigrid =
    (PetscBool)(type == TAO_TRUSTNCG_PRECOND_SPARSE || type == TAO_TRUSTNCG_PRECOND_AUTO);
  PetscReal   f[2], work[2];
  PetscMPIInt ranks;
  PetscBool   same;
  Vec         x[2];
  Run         run;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(RunCreateWith("-tao_trustncg_ksp_trustcg_reductions", forms[form], "minsurf", 400, HV_USER,
                       &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, (TaoTrustNCGPrecondType)type));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  for (int k = 0; k < 2; k++) ckm_ok(VecDuplicate(run.x, &x[k]));
  ckm_ok(SolveAfresh(&run, &f[0], &work[0], x[0]));
  for (size_t k = 0; k < sizeof(errors) / sizeof(*errors); k++) {
    run.nhv         = 0;
    run.fault.error = errors[k];
    if (errors[k]) ckm_fails(SolveAfresh(&run, &f[1], &work[1], x[1]), PETSC_ERR_USER, "purpose");
    run.fault.error = 0;
    ckm_ok(SolveAfresh(&run, &f[1], &work[1], x[1]));
    ckm_ok(VecEqual(x[0], x[1], &same));
    if (multigrid && ranks > 2) ckm_assert_near(f[0], f[1], 1e-6);
    else ckm_assert(same && f[0] == f[1] && work[0] == work[1]);
  }
  for (int k = 0; k < 2; k++) ckm_ok(VecDestroy(&x[k]));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A = diag(1, 2, ...) */
static PetscErrorCode NumberDiagonal(Mat A)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(A, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    PetscCall(MatSetValue(A, i, i, 1.0 + (PetscReal)i, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same KSP for a linear system of the user's, while there is a Tao and after. */
/* fault 25: destroyed after an error, what the user kept works */
START_TEST(a_ksp_that_is_kept_does_not_look_at_f)
{
  Run      run;
  KSP      ksp;
  Mat      A;
  Vec      b, d;
  PetscInt calls, its, n;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 100, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetMaximumIterations(run.tao, 2));
  if (_i % 2) run.fault.error = 2;
  if (_i % 2) ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "on purpose");
  else ckm_ok(TaoSolve(run.tao));
  calls = run.nfg;
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(PetscObjectReference((PetscObject)ksp));
  ckm_ok(TaoDestroy(&run.tao));
  ckm_ok(VecDuplicate(run.x, &b));
  ckm_ok(VecDuplicate(run.x, &d));
  ckm_ok(VecGetLocalSize(b, &n));
  ckm_ok(
    MatCreateAIJ(PETSC_COMM_WORLD, n, n, PETSC_DETERMINE, PETSC_DETERMINE, 1, NULL, 0, NULL, &A));
  ckm_ok(NumberDiagonal(A));
  ckm_ok(VecSet(b, 1.0));
  ckm_ok(KSPSetOperators(ksp, A, A));
  ckm_ok(KSPCGSetRadius(ksp, 0.0));
  ckm_ok(KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 1000));
  ckm_ok(KSPSolve(ksp, b, d));
  ckm_ok(KSPGetIterationNumber(ksp, &its));
  ckm_assert(its > 20 && run.nfg == calls);
  ckm_ok(VecDestroy(&b));
  ckm_ok(VecDestroy(&d));
  ckm_ok(MatDestroy(&A));
  ckm_ok(KSPDestroy(&ksp));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* What the ledger says of the preconditioner's vectors, all along a solve */
static PetscErrorCode NoteVectors(Tao tao, void *most)
{
  TaoTrustNCGLedger ledger;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetLedger(tao, &ledger));
  *(PetscInt *)most = PetscMax(*(PetscInt *)most, ledger.vectors_precond);
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_bound_on_vectors_holds)
{
  PetscInt most = 0;
  Run      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetMonitor(run.tao, NoteVectors, &most, NULL));
  ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, _i));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(most <= _i);
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_PAIRS));
  if (_i < 8) ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_INCOMP, "too few");
  else ckm_ok(TaoSolve(run.tao));
  ckm_assert(most <= _i);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static PetscErrorCode CountHessian(Tao tao, Vec x, Mat H, Mat P, void *calls)
{
  PetscFunctionBegin;
  ++*(PetscInt *)calls;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f = ||x||^2 / 2 */
static PetscErrorCode HalfSquare(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  PetscScalar xx;

  PetscFunctionBegin;
  PetscCall(VecDot(x, x, &xx));
  *f = 0.5 * xx;
  PetscCall(VecCopy(x, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whatever type of matrix the grid makes, with several unknowns at a point */
START_TEST(a_sparse_hessian_works_on_grids_of_every_matrix_type)
{
  static const char *const types[] = {MATAIJ, MATBAIJ, MATSBAIJ};
  TaoConvergedReason       reason;
  DM                       dm;
  Vec                      x;
  Tao                      tao;

  ckm_ok(DMDACreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_BOX, 7, 5,
                      PETSC_DECIDE, PETSC_DECIDE, 1 + _i / 3, 1, NULL, NULL, &dm));
  ckm_ok(DMSetMatType(dm, types[_i % 3]));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(VecSet(x, 1.0));
  ckm_ok(TaoCreate(PETSC_COMM_WORLD, &tao));
  ckm_ok(TaoSetType(tao, TAOTRUSTNCG));
  ckm_ok(TaoTrustNCGSetPrecondType(tao, TAO_TRUSTNCG_PRECOND_SPARSE));
  ckm_ok(TaoSetSolution(tao, x));
  ckm_ok(TaoSetObjectiveAndGradient(tao, NULL, HalfSquare, NULL));
  ckm_ok(TaoSolve(tao));
  ckm_ok(TaoGetConvergedReason(tao, &reason));
  ckm_assert(reason > 0);
  ckm_ok(TaoDestroy(&tao));
  ckm_ok(VecDestroy(&x));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* An empty one of another size, or of the size of the solution */
START_TEST(a_pattern_that_does_not_fit_is_refused)
{
  const PetscInt n = _i ? 200 : 100;
  Run            run;
  Mat            pattern;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 200, HV_USER, PETSC_FALSE, &run));
  ckm_ok(
    MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 1, NULL, 0, NULL, &pattern));
  ckm_ok(MatAssemblyBegin(pattern, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatAssemblyEnd(pattern, MAT_FINAL_ASSEMBLY));
  ckm_ok(TaoTrustNCGSetPattern(run.tao, pattern));
  if (_i) ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_WRONGSTATE, "the diagonal");
  else ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_SIZ, "layout of the solution");
  ckm_ok(MatDestroy(&pattern));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Beside the user's products, for a PC that trustncg makes itself */
START_TEST(a_hessian_that_nobody_needs_is_not_computed)
{
  PetscInt calls = 0, n;
  Run      run;
  Mat      H;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 200, HV_USER, PETSC_FALSE, &run));
  ckm_ok(VecGetLocalSize(run.x, &n));
  ckm_ok(MatCreateShell(PETSC_COMM_WORLD, n, n, run.prob->N, run.prob->N, NULL, &H));
  ckm_ok(TaoSetHessian(run.tao, H, H, CountHessian, &calls));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && calls == 0);
  ckm_ok(MatDestroy(&H));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The end of a solve is a trial point itself. */
START_TEST(the_last_cg_iteration_is_not_looked_at)
{
  Run run;
  KSP ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPSetTolerances(ksp, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, 10));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunLedger(&run).cg >= 10 && RunLedger(&run).looks == 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* An update of the user's that moves x, once */
static PetscErrorCode MoveOnce(Tao tao, PetscInt it, void *ctx)
{
  Vec x;

  PetscFunctionBegin;
  PetscCall(TaoGetSolution(tao, &x));
  if (it == *(PetscInt *)ctx) PetscCall(VecShift(x, 0.5));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MoveAndStop(Tao tao, PetscInt it, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(MoveOnce(tao, it, ctx));
  if (it == *(PetscInt *)ctx) PetscCall(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the f that is reported that of the solution vector? */
static void StatusIsOfTheSolution(const Run *run)
{
  PetscReal f, value;

  ckm_ok(TaoGetSolutionStatus(run->tao, NULL, &f, NULL, NULL, NULL, NULL));
  ckm_ok((*run->prob->objgrad)(run->prob, run->x, &value, NULL));
  ckm_assert(f == value);
}

START_TEST(an_update_may_move_the_iterate)
{
  PetscInt when = _i / 3;
  Run      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, _i % 3 == 1 ? "minsurf" : "rosenbrock", 100,
                   _i % 3 == 2 ? HV_FD : HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetUpdate(run.tao, MoveOnce, &when));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  StatusIsOfTheSolution(&run);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* One that has x for writing, but does not */
static PetscErrorCode Touch(Tao tao, PetscInt it, void *ctx)
{
  Vec          x;
  PetscScalar *a;

  PetscFunctionBegin;
  (void)it;
  (void)ctx;
  PetscCall(TaoGetSolution(tao, &x));
  PetscCall(VecGetArray(x, &a));
  PetscCall(VecRestoreArray(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(an_update_that_leaves_the_values_changes_nothing)
{
  PetscReal f[2], work[2];
  Vec       x;
  Run       run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 50, HV_USER, PETSC_FALSE, &run));
  ckm_ok(VecDuplicate(run.x, &x));
  ckm_ok(SolveAfresh(&run, &f[0], &work[0], x));
  ckm_ok(TaoSetUpdate(run.tao, Touch, NULL));
  ckm_ok(SolveAfresh(&run, &f[1], &work[1], x));
  ckm_assert(f[0] == f[1] && work[0] == work[1]);
  ckm_ok(VecDestroy(&x));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Moved at the last iterate before a limit: what is reported is of the solution. */
START_TEST(an_update_that_moves_and_ends_leaves_nothing_of_the_old_point)
{
  PetscInt when = 2;
  Run      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 50, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetUpdate(run.tao, MoveAndStop, &when));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_CONVERGED_USER);
  StatusIsOfTheSolution(&run);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Each rank wants another end. */
static PetscErrorCode StopByRank(Tao tao, PetscInt it, void *ctx)
{
  PetscFunctionBegin;
  (void)ctx;
  if (it == 1 + 2 * PetscGlobalRank) PetscCall(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StopAtOne(Tao tao, PetscInt it, void *ctx)
{
  PetscFunctionBegin;
  if (it == 1) PetscCall(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In a test */
static void EndsAtOne(PetscErrorCode (*update)(Tao, PetscInt, void *))
{
  PetscInt its;
  Run      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 100, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoSetUpdate(run.tao, update, NULL));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_CONVERGED_USER);
  ckm_ok(TaoGetIterationNumber(run.tao, &its));
  ckm_assert(its == 1);
  ckm_ok(RunDestroy(&run));
}

START_TEST(an_update_may_end_the_solve)
{
  EndsAtOne(StopAtOne);
}
END_TEST

START_TEST(where_updates_disagree_rank_0_has_the_word)
{
  EndsAtOne(StopByRank);
}
END_TEST

/* What the KSP was given outlives the Tao where somebody holds on to it: a matrix serves, a Hessian
   that calls back says that it cannot. */
START_TEST(operators_of_the_ksp_may_outlive_the_tao)
{
  Run run;
  KSP ksp;
  Mat A, P;
  Vec Ax;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, _i / 2 ? "combustion" : "torsion", 400, (HvWay)(_i % 2),
                   PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, own[_i / 2]));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-3));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(PetscObjectReference((PetscObject)ksp));
  ckm_ok(TaoDestroy(&run.tao));
  ckm_ok(KSPGetOperators(ksp, &A, &P));
  ckm_ok(VecDuplicate(run.x, &Ax));
  if (_i / 2) ckm_ok(MatMult(A, run.x, Ax));
  else
    ckm_fails(MatMult(A, run.x, Ax), PETSC_ERR_ARG_WRONGSTATE, "the Tao or its solve is no more");
  ckm_ok(VecDestroy(&Ax));
  ckm_ok(KSPDestroy(&ksp));
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "solve to solve");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_pc_set_between_solves_is_honoured, 0, 2);
  tcase_add_loop_test(tc, a_second_solve_gives_the_same_bits, 0, 18);
  tcase_add_loop_test(tc, a_ksp_that_is_kept_does_not_look_at_f, 0, 2);
  tcase_add_test(tc, a_hessian_that_nobody_needs_is_not_computed);
  tcase_add_loop_test(tc, a_sparse_hessian_works_on_grids_of_every_matrix_type, 0, 6);
  tcase_add_loop_test(tc, the_bound_on_vectors_holds, 0, 51);
  tcase_add_loop_test(tc, a_pattern_that_does_not_fit_is_refused, 0, 2);
  tcase_add_test(tc, the_last_cg_iteration_is_not_looked_at);
  tcase_add_loop_test(tc, operators_of_the_ksp_may_outlive_the_tao, 0, 4);
  tcase_add_loop_test(tc, an_update_may_move_the_iterate, 0, 9);
  tcase_add_test(tc, an_update_that_leaves_the_values_changes_nothing);
  tcase_add_test(tc, an_update_that_moves_and_ends_leaves_nothing_of_the_old_point);
  tcase_add_test(tc, where_updates_disagree_rank_0_has_the_word);
  tcase_add_test(tc, an_update_may_end_the_solve);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "life", AddTests);
}
