/* SPDX-License-Identifier: BSD-2-Clause
   TAOTRUSTNCG: what the method promises when all goes well. */
#include "solve.h"

static PetscErrorCode Solve(MPI_Comm comm, const char name[], PetscInt n, HvWay way, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreate(comm, name, n, way, PETSC_FALSE, run));
  PetscCall(TaoSolve(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetForcing(const Run *run, PetscReal rtol)
{
  KSP ksp;

  ckm_ok(TaoGetKSP(run->tao, &ksp));
  ckm_ok(KSPSetTolerances(ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
}

START_TEST(one_step_solves_a_convex_quadratic)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "tridia", 50, HV_USER, PETSC_FALSE, &run));
  SetForcing(&run, 1e-10);
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-9));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_CONVERGED_GTTOL);
  ckm_assert(RunLedger(&run).steps == 1);
  ckm_assert_near(run.f[1], 0.0, 1e-12);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* With exact solves, ||g+|| <= C ||g||^2 near the solution: the drop in digits doubles. */
START_TEST(local_convergence_is_quadratic)
{
  Run       run;
  PetscReal before, after;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "broydn3d", 60, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  SetForcing(&run, 1e-13);
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-8));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_CONVERGED_GTTOL);
  ckm_assert(run.its >= 4);
  before = PetscLogReal(run.gnorm[run.its - 2] / run.gnorm[run.its - 3]);
  after  = PetscLogReal(run.gnorm[run.its - 1] / run.gnorm[run.its - 2]);
  ckm_assert(after < 1.7 * before);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static const char *const Converging[] = {"torsion",  "minsurf",  "combustion", "rosenbrock",
                                         "broydn3d", "dixmaanl", "tridia"};
enum { CONVERGING = sizeof(Converging) / sizeof(*Converging) };

START_TEST(differences_cost_what_exact_products_cost)
{
  Run       exact, fd;
  PetscReal e, d;

  ckm_ok(Solve(PETSC_COMM_WORLD, Converging[_i], 225, HV_USER, &exact));
  ckm_ok(Solve(PETSC_COMM_WORLD, Converging[_i], 225, HV_FD, &fd));
  ckm_assert(RunReason(&exact) > 0 && RunReason(&fd) > 0);
  e = RunLedger(&exact).equivalents;
  d = RunLedger(&fd).equivalents;
  ckm_assert_near(d, e, 0.1 * e);
  ckm_ok(RunDestroy(&exact));
  ckm_ok(RunDestroy(&fd));
}
END_TEST

/* Rounding differs with the rank count, and an iteration multiplies it by the condition of H. */
START_TEST(every_rank_count_gives_the_same_iterates)
{
  Run all, one;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, Converging[_i], 225, HV_USER, PETSC_FALSE, &all));
  ckm_ok(RunCreate(PETSC_COMM_SELF, Converging[_i], 225, HV_USER, PETSC_FALSE, &one));
  ckm_ok(TaoTrustNCGSetPrecondType(all.tao, TAO_TRUSTNCG_PRECOND_NONE)); /* multigrid differs */
  ckm_ok(TaoTrustNCGSetPrecondType(one.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoSolve(all.tao));
  ckm_ok(TaoSolve(one.tao));
  ckm_assert(all.its == one.its);
  for (PetscInt k = 0; k < all.its; k++) {
    const PetscReal tol = k < 4 ? 1e-11 : 1e-5;

    ckm_assert_near(all.f[k], one.f[k], tol * (1.0 + PetscAbsReal(one.f[0])));
  }
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&one));
}
END_TEST

START_TEST(a_second_solve_repeats_the_first_to_the_bit)
{
  Run       run;
  PetscInt  its;
  PetscReal f[HISTORY];

  ckm_ok(Solve(PETSC_COMM_WORLD, "genrose", 40, HV_USER, &run));
  its = run.its;
  ckm_ok(PetscArraycpy(f, run.f, HISTORY));
  ckm_ok((*run.prob->start)(run.prob, run.x));
  run.its = 0;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.its == its);
  for (PetscInt k = 0; k < its; k++) ckm_assert(f[k] == run.f[k]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(f_never_rises)
{
  Run run;

  ckm_ok(Solve(PETSC_COMM_WORLD, "genrose", 60, HV_USER, &run));
  ckm_assert(RunReason(&run) > 0);
  for (PetscInt k = 1; k < run.its; k++) ckm_assert(run.f[k] <= run.f[k - 1]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_rejected_step_costs_no_product)
{
  Run               run;
  TaoTrustNCGLedger l;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_PAIRS));
  ckm_ok(TaoSolve(run.tao));
  l = RunLedger(&run);
  ckm_assert(l.rejected > 0);
  ckm_assert(l.resolved_hv == 0);
  ckm_assert(l.nhv_user == l.cg);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_ledger_counts_the_calls)
{
  Run               run;
  TaoTrustNCGLedger l;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, (HvWay)(_i % 3), (PetscBool)(_i / 3), &run));
  ckm_ok(TaoSolve(run.tao));
  l = RunLedger(&run);
  ckm_assert(l.nf == run.nf && l.nhv_user + l.nhv_matrix == run.nhv);
  if (_i / 3) ckm_assert(l.ng + l.nhv_fd == run.ng);
  else ckm_assert(l.nfg + l.nhv_fd == run.nfg);
  ckm_assert(l.equivalents == run.nf + run.ng + run.nfg + run.nhv);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_combined_callback_is_called_once_a_trial)
{
  Run               run;
  TaoTrustNCGLedger l;

  ckm_ok(Solve(PETSC_COMM_WORLD, "genrose", 60, HV_USER, &run));
  l = RunLedger(&run);
  ckm_assert(run.nfg == 1 + l.steps + l.rejected + l.looks);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(apart_the_gradient_is_asked_for_at_good_points_only)
{
  Run               run;
  TaoTrustNCGLedger l;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_TRUE, &run));
  ckm_ok(TaoSolve(run.tao));
  l = RunLedger(&run);
  ckm_assert(run.nf == 1 + l.steps + l.rejected + l.looks);
  ckm_assert(run.ng >= 1 + l.steps && run.ng < run.nf); /* a line search may ask for more */
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* But for learned steps, whose search makes use of a gradient that comes with f. */
START_TEST(apart_and_combined_give_the_same_bits)
{
  Run a, b;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_TRUE, &a));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_USER, PETSC_FALSE, &b));
  ckm_ok(TaoTrustNCGSetLearnedSteps(a.tao, PETSC_FALSE));
  ckm_ok(TaoTrustNCGSetLearnedSteps(b.tao, PETSC_FALSE));
  ckm_ok(TaoSolve(a.tao));
  ckm_ok(TaoSolve(b.tao));
  ckm_assert(SameHistory(&a, &b, 0) && RunLedger(&a).rejected > 0);
  ckm_ok(RunDestroy(&a));
  ckm_ok(RunDestroy(&b));
}
END_TEST

START_TEST(the_ledger_counts_the_reductions)
{
  Run         run;
  long        before, made;
  PetscMPIInt ranks;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, (HvWay)_i, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_PAIRS));
  before = ReductionCount();
  ckm_ok(TaoSolve(run.tao));
  made = ReductionCount() - before - run.reductions;
  ckm_assert(RunLedger(&run).reductions >= made - 3); /* a few of PETSc's own, at set-up */
  ckm_assert(ranks == 1 || RunLedger(&run).reductions <= made); /* one rank spares itself some */
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The bound on vectors leaves, from 0 up, no memory for pairs, little, and enough. */
START_TEST(memory_is_bounded)
{
  static const PetscInt bounds[] = {0, 8, 11, 20, 43};
  Run                   run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 60, HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, bounds[_i]));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).vectors <= 7 + bounds[_i]);
  ckm_assert((bounds[_i] < 9) == (RunLedger(&run).learned == 0));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(differences_work_in_seven_vectors)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 60, HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, 0));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).vectors == 7);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* What PETSc has allocated is seen where it keeps account: under -malloc_dump. */
START_TEST(seven_vectors_are_all_that_is_allocated)
{
  const PetscInt n = 200000;
  PetscLogDouble before, most, bytes;
  PetscInt       own;
  Run            run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", n, HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, 0));
  ckm_ok(PetscMallocGetCurrentUsage(&before)); /* x, and the problem's template and indices */
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(PetscMallocGetCurrentUsage(&most));
  ckm_ok(VecGetLocalSize(run.x, &own));
  bytes = (most - before) / sizeof(PetscScalar);
  ckm_assert(before == 0.0 || own == 0 || bytes < 6.1 * own);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 26: a rank with no unknowns: works */
START_TEST(ranks_without_unknowns_take_part)
{
  Run run;

  ckm_ok(Solve(PETSC_COMM_WORLD, "rosenbrock", 2, (HvWay)_i, &run));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert_near(run.f[run.its - 1], 0.0, 1e-6);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_users_function_goes_before_the_users_mat)
{
  Run               run;
  Mat               unused;
  TaoTrustNCGLedger l;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  ckm_ok(
    MatCreateConstantDiagonal(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, 20, 20, 1.0, &unused));
  ckm_ok(TaoSetHessian(run.tao, unused, unused, NULL, NULL));
  ckm_ok(TaoSolve(run.tao));
  l = RunLedger(&run);
  ckm_assert(l.nhv_user > 0 && l.nhv_matrix == 0 && l.nhv_fd == 0);
  ckm_ok(MatDestroy(&unused));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The radius, the ratio and the rounding level all scale with f: a power of two changes no bit
   of x. */
START_TEST(scaling_f_changes_nothing)
{
  const PetscReal scales[] = {1.0 / 1099511627776.0, 1099511627776.0}; /* 2^-40, 2^40 */
  Run             plain, scaled;

  ckm_ok(Solve(PETSC_COMM_WORLD, "genrose", 40, HV_USER, &plain));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, PETSC_FALSE, &scaled));
  scaled.fault.scale = scales[_i];
  ckm_ok(TaoSolve(scaled.tao));
  ckm_assert(plain.its == scaled.its);
  for (PetscInt k = 0; k < plain.its; k++) ckm_assert(plain.f[k] * scales[_i] == scaled.f[k]);
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&scaled));
}
END_TEST

START_TEST(other_trust_region_ksps_work)
{
  const char *const types[] = {KSPSTCG, KSPNASH};
  Run               run;
  KSP               ksp;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPSetType(ksp, types[_i]));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_view_shows_the_ledger)
{
  char        text[8192] = "";
  Run         run;
  PetscViewer viewer;

  ckm_ok(Solve(PETSC_COMM_SELF, "rosenbrock", 20, HV_USER, &run));
  ckm_ok(PetscViewerASCIIOpen(PETSC_COMM_SELF, "/dev/null", &viewer));
  ckm_ok(TaoView(run.tao, viewer));
  ckm_ok(PetscViewerDestroy(&viewer));
  {
    FILE *file = tmpfile();

    ckm_assert(file != NULL);
    ckm_ok(PetscViewerASCIIOpenWithFILE(PETSC_COMM_SELF, file, &viewer));
    ckm_ok(TaoView(run.tao, viewer));
    ckm_ok(PetscViewerDestroy(&viewer));
    rewind(file);
    ckm_assert(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
  }
  ckm_assert(strstr(text, "gradient-equivalents: ") && strstr(text, "vectors like the solution"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(the_log_has_our_events)
{
  const char *const names[] = {"TrustNCGCG", "TrustNCGHessVec", "TrustNCGTrial"};
  PetscLogEvent     event   = -1;

  ckm_ok(PetscLogEventGetId(names[_i], &event));
  ckm_assert(event >= 0);
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "convergence");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_test(tc, one_step_solves_a_convex_quadratic);
  tcase_add_test(tc, local_convergence_is_quadratic);
  tcase_add_loop_test(tc, differences_cost_what_exact_products_cost, 0, CONVERGING);
  tcase_add_loop_test(tc, every_rank_count_gives_the_same_iterates, 0, CONVERGING);
  tcase_add_test(tc, a_second_solve_repeats_the_first_to_the_bit);
  tcase_add_test(tc, f_never_rises);
  tcase_add_loop_test(tc, scaling_f_changes_nothing, 0, 2);
  tcase_add_loop_test(tc, ranks_without_unknowns_take_part, 0, 3);
  tcase_add_loop_test(tc, other_trust_region_ksps_work, 0, 2);
  tc = ckm_tcase(suite, "cost");
  tcase_add_test(tc, a_rejected_step_costs_no_product);
  tcase_add_loop_test(tc, the_ledger_counts_the_calls, 0, 6);
  tcase_add_test(tc, a_combined_callback_is_called_once_a_trial);
  tcase_add_test(tc, apart_the_gradient_is_asked_for_at_good_points_only);
  tcase_add_test(tc, apart_and_combined_give_the_same_bits);
  tcase_add_loop_test(tc, the_ledger_counts_the_reductions, 0, 3);
  tcase_add_test(tc, differences_work_in_seven_vectors);
  tcase_add_loop_test(tc, memory_is_bounded, 0, 5);
  tcase_add_test(tc, seven_vectors_are_all_that_is_allocated);
  tcase_add_test(tc, the_users_function_goes_before_the_users_mat);
  tcase_add_test(tc, the_view_shows_the_ledger);
  tcase_add_loop_test(tc, the_log_has_our_events, 0, 3);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "tao", AddTests);
}
