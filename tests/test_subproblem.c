/* SPDX-License-Identifier: BSD-2-Clause
   KSPTRUSTCG: its answers, and where it ends. */
#include "model.h"

enum { SIZE = 100 };

/* ||x - y|| / ||y|| */
static PetscErrorCode Distance(Vec x, Vec y, PetscReal *distance)
{
  PetscReal norm;
  Vec       w;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(x, &w));
  PetscCall(VecWAXPY(w, -1.0, y, x));
  PetscCall(VecNorm(w, NORM_2, distance));
  PetscCall(VecNorm(y, NORM_2, &norm));
  *distance /= norm;
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AssertReason(KSP ksp, KSPConvergedReason expected)
{
  KSPConvergedReason reason;

  ckm_ok(KSPGetConvergedReason(ksp, &reason));
  ck_assert_msg(ckm_agree(reason == expected, "the reason is %d, not %d", reason, expected), "%s",
                ckm_words());
}

static void AssertFinite(Vec x)
{
  PetscReal norm;

  ckm_ok(VecNorm(x, NORM_2, &norm));
  ckm_assert(!PetscIsInfOrNanReal(norm));
}

/* A third of the unknowns have a slope and no curvature. */
START_TEST(a_model_without_a_bottom_is_no_way_to_infinity)
{
  Model     m;
  PetscInt  low, high, n = 0, row[SIZE];
  PetscReal norm;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i, &m));
  ckm_ok(MatGetOwnershipRange(m.A, &low, &high));
  for (PetscInt i = low; i < high; i++) {
    if (i % 3 == 0) row[n++] = i;
  }
  ckm_ok(MatZeroRowsColumns(m.A, n, row, 0.0, NULL, NULL));
  ckm_ok(ModelSolve(&m, 0.0));
  AssertReason(m.ksp, TRUSTNCG_KSP_NEGATIVE_CURVATURE);
  ckm_ok(KSPCGGetNormD(m.ksp, &norm));
  ckm_assert(norm < 1e100);
  AssertFinite(m.x);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* _i 1: with the preconditioner; and so below */
START_TEST(a_convex_model_is_minimised_like_ksp_cg_does)
{
  Model     m;
  KSP       ksp;
  Vec       x;
  PetscInt  its, cgits;
  PetscReal distance, residual, b;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(KSPCreate(PETSC_COMM_WORLD, &ksp));
  ckm_ok(KSPSetType(ksp, KSPCG));
  ckm_ok(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  ckm_ok(ModelSetUpKSP(&m, ksp));
  ckm_ok(KSPSolve(ksp, m.b, x));
  ckm_ok(KSPGetIterationNumber(ksp, &cgits));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  ckm_assert(its > 5 && its <= cgits + 1 && its >= cgits - 1);
  ckm_ok(Distance(m.x, x, &distance));
  ckm_assert_near(distance, 0.0, 1e-7);
  ckm_ok(MatResidual(m.A, m.b, m.x, m.w));
  ckm_ok(VecNorm(m.w, NORM_2, &residual));
  ckm_ok(VecNorm(m.b, NORM_2, &b));
  ckm_assert(residual <= 1.0001e-8 * b);
  ckm_ok(KSPDestroy(&ksp));
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_model_and_the_length_are_what_it_says)
{
  Model     m;
  PetscReal model, norm, saidmodel, saidnorm;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(ModelByHand(&m, m.x, &model, &norm));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &saidmodel));
  ckm_ok(KSPCGGetNormD(m.ksp, &saidnorm));
  ckm_assert(model < 0.0);
  ckm_assert_near(saidmodel, model, 1e-11 * PetscAbsReal(model));
  ckm_assert_near(saidnorm, norm, 1e-11 * norm);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(it_ends_for_the_right_reason)
{
  const int end = _i / 2;
  Model     m;
  PetscInt  its;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  AssertReason(m.ksp, Ends[end].reason);
  if (end == BOUNDARY_AT_ONCE || end == NEGATIVE_AT_ONCE || end == UNBOUNDED_AT_ONCE) {
    ckm_assert(its == 1);
  } else ckm_assert(its > 1);
  ckm_assert(m.products == its);
  AssertFinite(m.x);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(at_the_boundary_the_step_is_as_long_as_the_radius)
{
  const Kind      kind   = _i & 2 ? CONVEX : INDEFINITE;
  const PetscReal radius = 0.5 * PetscPowReal(10.0, -(PetscReal)(_i / 4));
  Model           m;
  PetscReal       model, norm;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, kind, _i % 2, &m));
  ckm_ok(ModelSolve(&m, radius));
  ckm_ok(ModelByHand(&m, m.x, &model, &norm));
  ckm_assert_near(norm, radius, 1e-12 * radius);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* PETSc's own, with the trust region in the norm of the preconditioner */
static PetscErrorCode SolveByStcg(Model *m, PetscReal radius, Vec x, PetscInt *its)
{
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)x), &ksp));
  PetscCall(KSPSetType(ksp, KSPSTCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_NATURAL));
  PetscCall(ModelSetUpKSP(m, ksp));
  PetscCall(KSPSetOptionsPrefix(ksp, "peer_"));
  PetscCall(PetscOptionsSetValue(NULL, "-peer_ksp_cg_dtype", "preconditioned"));
  PetscCall(KSPSetFromOptions(ksp));
  PetscCall(PetscOptionsClearValue(NULL, "-peer_ksp_cg_dtype"));
  PetscCall(KSPCGSetRadius(ksp, radius));
  PetscCall(KSPSolve(ksp, m->b, x));
  PetscCall(KSPGetIterationNumber(ksp, its));
  PetscCall(KSPDestroy(&ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_step_is_that_of_stcg)
{
  static const PetscReal radii[] = {1e-3, 0.1, 0.5, 1.0, 3.0, 10.0, 30.0, 1e3};
  static const Kind      kinds[] = {CONVEX, INDEFINITE, CONCAVE};
  Model                  m;
  Vec                    x;
  PetscReal              distance;
  PetscInt               its, peerits;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, kinds[_i / 2], _i % 2, &m));
  ckm_ok(KSPSetNormType(m.ksp, KSP_NORM_NATURAL));
  ckm_ok(VecDuplicate(m.x, &x));
  for (int k = 0; k < 8; k++) {
    ckm_ok(SolveByStcg(&m, radii[k], x, &peerits));
    ckm_ok(ModelSolve(&m, radii[k]));
    ckm_ok(KSPGetIterationNumber(m.ksp, &its));
    ckm_ok(Distance(m.x, x, &distance));
    ckm_assert_near(distance, 0.0, 1e-9);
    ckm_assert(its <= peerits + 1 && its >= peerits - 1);
  }
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(an_indefinite_preconditioner_is_put_aside)
{
  Model     m;
  Mat       P;
  PC        pc;
  Vec       x;
  PetscBool same;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, 0, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(ModelSolve(&m, 0.5));
  ckm_ok(VecCopy(m.x, x));
  ckm_ok(MatDuplicate(m.A, MAT_COPY_VALUES, &P));
  ckm_ok(MatScale(P, -1.0));
  ckm_ok(KSPSetOperators(m.ksp, m.shell, P));
  ckm_ok(KSPGetPC(m.ksp, &pc));
  ckm_ok(PCSetType(pc, PCJACOBI));
  for (int k = 0; k < 2; k++) {
    ckm_ok(ModelSolve(&m, 0.5));
    AssertReason(m.ksp, TRUSTNCG_KSP_BOUNDARY);
    ckm_ok(VecEqual(m.x, x, &same));
    ckm_assert(same);
  }
  ckm_ok(MatScale(P, -1.0)); /* and is welcome again when it is positive */
  ckm_ok(ModelSolve(&m, 0.5));
  ckm_ok(VecEqual(m.x, x, &same));
  ckm_assert(!same);
  ckm_ok(MatDestroy(&P));
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Positive along b, but not along every residual */
START_TEST(a_preconditioner_that_turns_out_indefinite_ends_the_solve)
{
  Model     m;
  Mat       P;
  PC        pc;
  PetscInt  low, high;
  PetscReal model, norm;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, 0, &m));
  ckm_ok(MatDuplicate(m.A, MAT_COPY_VALUES, &P));
  ckm_ok(MatGetOwnershipRange(P, &low, &high));
  for (PetscInt i = low; i < high; i++) {
    if (i % 9 == 0) ckm_ok(MatSetValue(P, i, i, -1.0, INSERT_VALUES));
  }
  ckm_ok(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY));
  ckm_ok(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  ckm_ok(KSPSetOperators(m.ksp, m.shell, P));
  ckm_ok(KSPGetPC(m.ksp, &pc));
  ckm_ok(PCSetType(pc, PCJACOBI));
  for (PetscInt i = low; i < high; i++) {
    if (i % 9 == 0) ckm_ok(VecSetValue(m.b, i, 0.01, INSERT_VALUES));
  }
  ckm_ok(VecAssemblyBegin(m.b));
  ckm_ok(VecAssemblyEnd(m.b));
  ckm_ok(ModelSolve(&m, 0.0));
  AssertReason(m.ksp, KSP_DIVERGED_INDEFINITE_PC);
  ckm_ok(ModelByHand(&m, m.x, &model, &norm));
  ckm_assert(model < 0.0);
  AssertFinite(m.x);
  ckm_ok(MatDestroy(&P));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static const PetscReal Spoilt[] = {NAN, INFINITY, -INFINITY};

/* Test i spoils product 1 or 4 with one of three values, without and with a radius. */
START_TEST(a_product_that_is_not_finite_leaves_the_last_good_step)
{
  const PetscInt  good   = _i % 2 ? 3 : 0;
  const PetscReal radius = _i % 4 / 2 ? 20.0 : 0.0;
  Model           m;
  Vec             x;
  PetscReal       model, norm, said;
  PetscBool       same;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 3 == 0, &m));
  ckm_ok(KSPSetTolerances(m.ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, good));
  ckm_ok(VecDuplicate(m.x, &x));
  if (good) ckm_ok(ModelSolve(&m, radius));
  ckm_ok(VecCopy(m.x, x));
  m.products = 0;
  m.spoil    = good + 1;
  m.value    = Spoilt[_i / 4];
  ckm_ok(KSPSetTolerances(m.ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 1000));
  ckm_ok(ModelSolve(&m, radius));
  AssertReason(m.ksp, KSP_DIVERGED_NANORINF);
  ckm_assert(m.products == good + 1);
  ckm_ok(VecEqual(m.x, x, &same));
  ckm_assert(same);
  ckm_ok(ModelByHand(&m, m.x, &model, &norm));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &said));
  ckm_assert_near(said, model, 1e-11 * PetscAbsReal(model));
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_largest_number_of_iterations_is_respected)
{
  Model    m;
  PetscInt its;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, 0, &m));
  ckm_ok(KSPSetTolerances(m.ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, _i));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  AssertReason(m.ksp, KSP_DIVERGED_ITS);
  ckm_assert(its == _i);
  ckm_assert(m.products == _i);
  AssertFinite(m.x);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_zero_right_hand_side_has_the_zero_step)
{
  Model              m;
  PetscReal          norm;
  KSPConvergedReason reason;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, _i & 2 ? CONVEX : INDEFINITE, _i % 2, &m));
  ckm_ok(VecZeroEntries(m.b));
  ckm_ok(ModelSolve(&m, _i & 4 ? 1.0 : 0.0));
  ckm_ok(KSPGetConvergedReason(m.ksp, &reason));
  ckm_assert(reason > 0);
  ckm_ok(VecNorm(m.x, NORM_INFINITY, &norm));
  ckm_assert(norm == 0.0);
  ckm_assert(m.products == 0);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(solving_again_gives_the_same_bits)
{
  Model     m;
  Vec       x;
  PetscReal model, again;
  PetscBool same;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(VecCopy(m.x, x));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &model));
  ckm_ok(TrustCGStepTo(m.ksp, 1e-4));
  ckm_ok(ModelSolve(&m, Ends[_i / 2].radius[_i % 2]));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &again));
  ckm_ok(VecEqual(m.x, x, &same));
  ckm_assert(same);
  ckm_assert(model == again);
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Largest difference of the entries here from those of the same unknowns on one rank */
static PetscErrorCode LocalDifference(Vec all, Vec one, PetscReal *difference)
{
  const PetscScalar *a, *o;
  PetscInt           low, high;

  PetscFunctionBegin;
  *difference = 0.0;
  PetscCall(VecGetOwnershipRange(all, &low, &high));
  PetscCall(VecGetArrayRead(all, &a));
  PetscCall(VecGetArrayRead(one, &o));
  for (PetscInt i = low; i < high; i++) {
    *difference = PetscMax(*difference, PetscAbsReal(a[i - low] - o[i]));
  }
  PetscCall(VecRestoreArrayRead(one, &o));
  PetscCall(VecRestoreArrayRead(all, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AssertRanksAgree(PetscInt n, int i)
{
  Model     all, one;
  PetscReal model, onemodel, difference, size;
  PetscInt  its, oneits;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, n, i, &all));
  ckm_ok(ModelCreateSolved(PETSC_COMM_SELF, n, i, &one));
  ckm_ok(KSPGetIterationNumber(all.ksp, &its));
  ckm_ok(KSPGetIterationNumber(one.ksp, &oneits));
  ckm_assert(its == oneits);
  ckm_ok(KSPCGGetObjFcn(all.ksp, &model));
  ckm_ok(KSPCGGetObjFcn(one.ksp, &onemodel));
  ckm_assert_near(model, onemodel, 1e-10 * PetscAbsReal(onemodel));
  ckm_ok(LocalDifference(all.x, one.x, &difference));
  ckm_ok(VecNorm(one.x, NORM_INFINITY, &size));
  ckm_assert_near(difference, 0.0, 1e-10 * size);
  ckm_ok(ModelDestroy(&one));
  ckm_ok(ModelDestroy(&all));
}

START_TEST(ranks_agree_with_one)
{
  AssertRanksAgree(SIZE, _i);
}
END_TEST

START_TEST(empty_ranks_agree_with_one)
{
  AssertRanksAgree(1, _i);
  AssertRanksAgree(2, _i);
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *answers = ckm_tcase(suite, "answers"), *faults = ckm_tcase(suite, "faults");

  tcase_add_loop_test(answers, a_convex_model_is_minimised_like_ksp_cg_does, 0, 2);
  tcase_add_loop_test(answers, a_model_without_a_bottom_is_no_way_to_infinity, 0, 2);
  tcase_add_loop_test(answers, the_model_and_the_length_are_what_it_says, 0, 2 * ENDS);
  tcase_add_loop_test(answers, it_ends_for_the_right_reason, 0, 2 * ENDS);
  tcase_add_loop_test(answers, at_the_boundary_the_step_is_as_long_as_the_radius, 0, 16);
  tcase_add_loop_test(answers, the_step_is_that_of_stcg, 0, 6);
  tcase_add_loop_test(answers, ranks_agree_with_one, 0, 2 * ENDS);
  tcase_add_loop_test(answers, empty_ranks_agree_with_one, 0, 4);
  tcase_add_loop_test(answers, solving_again_gives_the_same_bits, 0, 2 * ENDS);
  tcase_add_test(faults, an_indefinite_preconditioner_is_put_aside);
  tcase_add_test(faults, a_preconditioner_that_turns_out_indefinite_ends_the_solve);
  tcase_add_loop_test(faults, a_product_that_is_not_finite_leaves_the_last_good_step, 0, 12);
  tcase_add_loop_test(faults, the_largest_number_of_iterations_is_respected, 0, 4);
  tcase_add_loop_test(faults, a_zero_right_hand_side_has_the_zero_step, 0, 8);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "subproblem", AddTests);
}
