/* SPDX-License-Identifier: BSD-2-Clause
   The sparse preconditioner: when it is built, and what it saves. */
#include "solve.h"
#include "precond/secant.h"
#include "rules/rules.h"
#include <math.h>

static PetscErrorCode Solve(const char name[], PetscInt n, HvWay way, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreateWith("-tao_trustncg_precond", "sparse", name, n, way, run));
  PetscCall(TaoSolve(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same on both sides of a factor of 16 in the unknowns: CG takes no products of its own. */
START_TEST(the_cost_of_a_quadratic_does_not_grow_with_the_grid)
{
  static const PetscInt n[] = {900, 14400};
  Run                   run;

  ckm_ok(Solve("torsion", n[_i / 2], _i % 2 ? HV_FD : HV_USER, &run));
  RunHasConverged(&run, 12);
  ckm_assert(run.nfg + run.nhv == (PetscInt)RunLedger(&run).equivalents);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* It does not take more on finer grids: multigrid has the rigid motions on its coarser ones. */
START_TEST(a_bar_that_bends_far_needs_few_products)
{
  Run run;

  ckm_ok(Solve("elastic", 4400, HV_USER, &run));
  RunHasConverged(&run, 450);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Those of three colours, and the one that shows that they tell all. */
START_TEST(a_quadratic_takes_no_products_beside_those_of_one_build)
{
  Run run;

  ckm_ok(Solve("torsion", 10000, HV_USER, &run));
  ckm_assert(run.nhv == 4);
  ckm_assert(RunLedger(&run).cg > 4);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_minimal_surface_takes_few_builds)
{
  Run run;

  ckm_ok(Solve("minsurf", 10000, HV_USER, &run));
  RunHasConverged(&run, 75);
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

  ckm_ok(RunCreateWith("-tao_trustncg_precond", "sparse", "minsurf", 900, HV_USER, &run));
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

  ckm_ok(RunCreateWith("-tao_trustncg_precond", "sparse", "tridia", 50, HV_USER, &run));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_ARG_WRONGSTATE, "pattern");
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_first_matrix_is_built_where_the_rest_costs_more)
{
  ckm_assert(TrustNCGPromises(10.0, 1.0, 5.0, 1.0, 1.0, 1e-6));      /* no progress yet */
  ckm_assert(TrustNCGPromises(10.0, 1.0, 5.0, 1.0, 7.0, 1e-6));      /* and less than none */
  ckm_assert(!TrustNCGPromises(10.0, 1.0, 11.0, 1.0, 1.0, 1e-6));    /* too early */
  ckm_assert(!TrustNCGPromises(100.0, 10.0, 40.0, 1.0, 1e-3, 1e-6)); /* half of the way by 10 */
  ckm_assert(TrustNCGPromises(100.0, 10.0, 40.0, 1.0, 1e-1, 1e-6));  /* a sixth of it */
  ckm_assert(TrustNCGPromises(100.0, 10.0, 40.0, 1.0, 1e-3, 0.0));   /* no end is known */
}
END_TEST

START_TEST(an_old_matrix_serves_while_it_is_nearly_the_hessian)
{
  ckm_assert(TrustNCGServes(0.0));
  ckm_assert(TrustNCGServes(0.2));
  ckm_assert(!TrustNCGServes(0.21));
  ckm_assert(!TrustNCGServes(NAN));
}
END_TEST

START_TEST(a_matrix_that_drifted_is_built_again_when_that_pays)
{
  ckm_assert(TrustNCGStale(0.5, 4.0, 3.0, PETSC_FALSE, 10.0));
  ckm_assert(!TrustNCGStale(0.5, 3.9, 3.0, PETSC_FALSE, 10.0));
  ckm_assert(!TrustNCGStale(1e-8, 1e6, 1e6, PETSC_FALSE, 10.0));
  ckm_assert(!TrustNCGStale(NAN, 1e6, 1e6, PETSC_FALSE, 10.0));
}
END_TEST

/* As many points as a build has products are enough. */
START_TEST(a_matrix_that_served_long_is_built_again)
{
  ckm_assert(!TrustNCGStale(0.05, 9.0, 1e6, PETSC_TRUE, 10.0));
  ckm_assert(TrustNCGStale(0.05, 10.0, 1.0, PETSC_TRUE, 10.0));
}
END_TEST

/* It costs a product. */
START_TEST(the_fit_is_looked_at_until_it_is_known_and_now_and_then)
{
  ckm_assert(TrustNCGChecksFit(0, PETSC_TRUE, 0.0));
  ckm_assert(TrustNCGChecksFit(1, PETSC_TRUE, 0.5));
  ckm_assert(!TrustNCGChecksFit(2, PETSC_TRUE, 0.5));
  ckm_assert(!TrustNCGChecksFit(3, PETSC_TRUE, 0.5));
  ckm_assert(TrustNCGChecksFit(4, PETSC_TRUE, 0.5));
}
END_TEST

START_TEST(the_fit_is_looked_at_where_it_is_doubtful)
{
  ckm_assert(TrustNCGChecksFit(2, PETSC_FALSE, 0.5));
  ckm_assert(TrustNCGChecksFit(2, PETSC_TRUE, 1.1));
  ckm_assert(TrustNCGChecksFit(2, PETSC_TRUE, PETSC_INFINITY));
  ckm_assert(TrustNCGChecksFit(2, PETSC_TRUE, NAN));
}
END_TEST

/* Of a quadratic a symmetric correction of rank one spoils none of those before it. */
START_TEST(a_corrected_matrix_explains_the_steps)
{
  const PetscInt n = 20;
  Mat            P, H, B;
  Vec            d[2], r, y;
  PetscInt       vectors, reductions;
  PetscReal      error, scale;
  TrustNCGSecant secant;

  ckm_ok(MatCreateConstantDiagonal(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 2.0, &P));
  ckm_ok(MatCreateConstantDiagonal(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, -1.0, &H));
  ckm_ok(MatCreateVecs(P, &r, &y));
  ckm_ok(TrustNCGSecantCreate(r, 2, &secant));
  ckm_ok(TrustNCGSecantStart(secant, P));
  ckm_ok(TrustNCGSecantGetMat(secant, &B));
  for (int k = 0; k < 2; k++) {
    ckm_ok(VecDuplicate(r, &d[k]));
    if (k) ckm_ok(VecPointwiseMult(d[k], d[0], d[0]));
    else ckm_ok(VecSetRandom(d[k], NULL));
    ckm_ok(MatMult(H, d[k], y));
    ckm_ok(MatMult(B, d[k], r));
    ckm_ok(VecAXPY(r, -1.0, y));
    ckm_ok(TrustNCGSecantLearn(secant, d[k], r));
  }
  for (int k = 0; k < 2; k++) {
    ckm_ok(MatMult(H, d[k], y));
    ckm_ok(MatMult(B, d[k], r));
    ckm_ok(VecAXPY(r, -1.0, y));
    ckm_ok(VecNorm(r, NORM_2, &error));
    ckm_ok(VecNorm(y, NORM_2, &scale));
    ckm_assert_near(error, 0.0, 1e-10 * scale);
    ckm_ok(VecDestroy(&d[k]));
  }
  ckm_ok(TrustNCGSecantGetCounts(secant, &vectors, &reductions));
  ckm_assert(vectors == 2 && reductions > 0);
  ckm_ok(PetscObjectReference((PetscObject)B)); /* as a KSP may */
  ckm_ok(TrustNCGSecantDestroy(&secant));
  ckm_ok(MatMult(B, y, r));
  ckm_ok(MatDestroy(&B));
  ckm_ok(VecDestroy(&r));
  ckm_ok(VecDestroy(&y));
  ckm_ok(MatDestroy(&P));
  ckm_ok(MatDestroy(&H));
}
END_TEST

START_TEST(corrections_keep_to_the_bound_on_vectors)
{
  Run      run;
  PetscInt most = 0, vectors[2];

  for (int k = 0; k < 2; k++) {
    ckm_ok(RunCreateWith("-tao_trustncg_precond", "sparse", "combustion", 900, HV_USER, &run));
    if (k) ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, most));
    ckm_ok(TaoSolve(run.tao));
    ckm_assert(RunReason(&run) > 0);
    vectors[k] = RunLedger(&run).vectors_precond;
    most       = vectors[0] - 1;
    ckm_ok(RunDestroy(&run));
  }
  ckm_assert(vectors[1] < vectors[0]);
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "rules");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_test(tcase, a_first_matrix_is_built_where_the_rest_costs_more);
  tcase_add_test(tcase, an_old_matrix_serves_while_it_is_nearly_the_hessian);
  tcase_add_test(tcase, a_matrix_that_drifted_is_built_again_when_that_pays);
  tcase_add_test(tcase, a_matrix_that_served_long_is_built_again);
  tcase_add_test(tcase, the_fit_is_looked_at_until_it_is_known_and_now_and_then);
  tcase_add_test(tcase, the_fit_is_looked_at_where_it_is_doubtful);
  tcase = ckm_tcase(suite, "solves");
  tcase_add_loop_test(tcase, the_cost_of_a_quadratic_does_not_grow_with_the_grid, 0, 4);
  tcase_add_test(tcase, a_bar_that_bends_far_needs_few_products);
  tcase_add_test(tcase, a_quadratic_takes_no_products_beside_those_of_one_build);
  tcase_add_test(tcase, a_minimal_surface_takes_few_builds);
  tcase_add_test(tcase, a_product_of_the_users_mat_is_counted);
  tcase_add_loop_test(tcase, indefinite_and_singular_hessians_are_no_obstacle, 0, 4);
  tcase_add_loop_test(tcase, a_product_that_is_not_finite_does_no_harm, 0, 2);
  tcase_add_test(tcase, a_vector_without_a_pattern_is_an_error);
  tcase_add_test(tcase, a_corrected_matrix_explains_the_steps);
  tcase_add_test(tcase, corrections_keep_to_the_bound_on_vectors);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "sparse preconditioner", Add);
}
