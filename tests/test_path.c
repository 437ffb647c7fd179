/* SPDX-License-Identifier: BSD-2-Clause
   Steps for smaller radii, read off the path of a CG solve. */
#include "model.h"

enum { SIZE = 100, RADII = 9 };

/* In parts of the norm of the step at which CG ended */
static const PetscReal Radii[RADII] = {0.99, 0.9, 0.7, 0.5, 0.2, 0.1, 0.03, 0.01, 1e-3};

/* The step that m holds is within the radius, and what the KSP says of it is so. */
static void AssertStepIsRight(Model *m, PetscReal radius)
{
  PetscReal model, norm, saidmodel, saidnorm;

  ckm_ok(ModelByHand(m, m->x, &model, &norm));
  ckm_ok(KSPCGGetObjFcn(m->ksp, &saidmodel));
  ckm_ok(KSPCGGetNormD(m->ksp, &saidnorm));
  ckm_assert_near(saidmodel, model, 1e-10 * PetscAbsReal(model));
  ckm_assert_near(saidnorm, radius, 1e-12 * radius);
  ckm_assert(norm <= radius * (1.0 + 1e-12));
  ckm_assert(norm >= 0.7 * radius);
  ckm_assert(model < 0.0);
}

START_TEST(the_step_for_a_smaller_radius_is_what_it_says)
{
  Model     m;
  PetscReal whole;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  for (int k = 0; k < RADII; k++) {
    ckm_ok(ModelSolve(&m, Ends[_i / 2].radius[_i % 2]));
    ckm_ok(TrustCGStepTo(m.ksp, Radii[k] * whole));
    AssertStepIsRight(&m, Radii[k] * whole);
  }
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* b's step, which is of no use then, is that of a. */
static void AssertSameStep(const Model *a, const Model *b)
{
  PetscReal norm, difference;

  ckm_ok(VecNorm(b->x, NORM_2, &norm));
  ckm_ok(VecAXPY(b->x, -1.0, a->x));
  ckm_ok(VecNorm(b->x, NORM_2, &difference));
  ckm_assert_near(difference, 0.0, 1e-12 * norm);
}

START_TEST(shrinking_again_gives_the_step_of_shrinking_once)
{
  Model     m, once;
  PetscReal whole;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, Ends[_i / 2].kind, _i % 2, &once));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  for (int k = 0; k < RADII; k++) {
    ckm_ok(TrustCGStepTo(m.ksp, Radii[k] * whole));
    AssertStepIsRight(&m, Radii[k] * whole);
    ckm_ok(ModelSolve(&once, Ends[_i / 2].radius[_i % 2]));
    ckm_ok(TrustCGStepTo(once.ksp, Radii[k] * whole));
    AssertSameStep(&m, &once);
  }
  ckm_ok(ModelDestroy(&once));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(growing_again_gives_the_step_of_shrinking_once)
{
  Model     m, once;
  PetscReal whole;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &once));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  ckm_ok(TrustCGStepTo(m.ksp, 0.5 * whole));
  ckm_ok(TrustCGStepTo(m.ksp, 0.7 * whole));
  AssertStepIsRight(&m, 0.7 * whole);
  ckm_ok(TrustCGStepTo(once.ksp, 0.7 * whole));
  AssertSameStep(&m, &once);
  ckm_ok(ModelDestroy(&once));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(growing_again_ends_where_the_path_turns)
{
  Model     m;
  PetscReal whole, turn, still;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  ckm_ok(TrustCGStepTo(m.ksp, 1e-3 * whole));
  ckm_ok(TrustCGStepTo(m.ksp, whole));
  ckm_ok(KSPCGGetNormD(m.ksp, &turn));
  ckm_assert(turn <= whole);
  AssertStepIsRight(&m, turn);
  ckm_ok(TrustCGStepTo(m.ksp, whole));
  ckm_ok(KSPCGGetNormD(m.ksp, &still));
  ckm_assert(still == turn);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* The model at the best point along M^-1 b within the radius, by hand */
static PetscErrorCode Cauchy(Model *m, PetscReal radius, PetscReal *model)
{
  Vec       z;
  PetscReal rz, kappa, norm, unused, t;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(m->b, &z));
  PetscCall(VecCopy(m->b, z));
  if (m->jacobi) {
    PetscCall(MatGetDiagonal(m->A, m->w));
    PetscCall(VecAbs(m->w));
    PetscCall(VecPointwiseDivide(z, m->b, m->w));
  }
  PetscCall(VecDot(m->b, z, &rz));
  PetscCall(ModelByHand(m, z, &unused, &norm));
  PetscCall(MatMult(m->A, z, m->w));
  PetscCall(VecDot(z, m->w, &kappa));
  t = radius / norm;
  if (kappa > 0.0) t = PetscMin(t, rz / kappa);
  *model = t * (0.5 * t * kappa - rz);
  PetscCall(VecDestroy(&z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_step_for_a_smaller_radius_is_no_worse_than_cauchys)
{
  Model     m;
  PetscReal whole, model, norm, cauchy = 0.0;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  for (int k = 0; k < RADII; k++) {
    ckm_ok(TrustCGStepTo(m.ksp, Radii[k] * whole));
    ckm_ok(ModelByHand(&m, m.x, &model, &norm));
    ckm_ok(Cauchy(&m, Radii[k] * whole, &cauchy));
    ckm_assert(model <= cauchy * (1.0 - 1e-12));
  }
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_step_for_a_smaller_radius_costs_no_product_and_no_reduction)
{
  Model     m;
  PetscReal whole;
  PetscInt  products;
  long      reductions;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  products   = m.products;
  reductions = ReductionCount();
  for (int k = 0; k < RADII; k++) ckm_ok(TrustCGStepTo(m.ksp, Radii[k] * whole));
  ckm_assert(m.products == products);
  if (!PetscDefined(USE_DEBUG)) ckm_assert(ReductionCount() == reductions);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_radius_beyond_the_step_leaves_it_alone)
{
  Model     m;
  PetscReal whole, model, same;
  PetscBool equal;
  Vec       x;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(VecCopy(m.x, x));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &model));
  ckm_ok(TrustCGStepTo(m.ksp, whole));
  ckm_ok(TrustCGStepTo(m.ksp, 2.0 * whole));
  ckm_ok(KSPCGGetObjFcn(m.ksp, &same));
  ckm_ok(VecEqual(x, m.x, &equal));
  ckm_assert(equal);
  ckm_assert(model == same);
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* One unknown: most ranks own nothing. */
START_TEST(a_rank_without_unknowns_takes_part)
{
  Model     m;
  PetscReal whole;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, 1, _i, &m));
  ckm_ok(KSPCGGetNormD(m.ksp, &whole));
  ckm_ok(TrustCGStepTo(m.ksp, 0.5 * whole));
  AssertStepIsRight(&m, 0.5 * whole);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_preconditioner_put_aside_stays_aside)
{
  Model m;
  Mat   P;
  PC    pc;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, 0, &m));
  ckm_ok(MatDuplicate(m.A, MAT_COPY_VALUES, &P));
  ckm_ok(MatScale(P, -1.0));
  ckm_ok(KSPSetOperators(m.ksp, m.shell, P));
  ckm_ok(KSPGetPC(m.ksp, &pc));
  ckm_ok(PCSetType(pc, PCJACOBI));
  ckm_ok(ModelSolve(&m, 0.9));
  ckm_ok(TrustCGStepTo(m.ksp, 0.8));
  AssertStepIsRight(&m, 0.8);
  ckm_ok(TrustCGStepTo(m.ksp, 0.1));
  AssertStepIsRight(&m, 0.1);
  ckm_ok(MatDestroy(&P));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "path");

  tcase_add_loop_test(tcase, the_step_for_a_smaller_radius_is_what_it_says, 0, 2 * ENDS);
  tcase_add_loop_test(tcase, shrinking_again_gives_the_step_of_shrinking_once, 0, 2 * ENDS);
  tcase_add_loop_test(tcase, growing_again_gives_the_step_of_shrinking_once, 0, 2 * ENDS);
  tcase_add_loop_test(tcase, growing_again_ends_where_the_path_turns, 0, 2 * ENDS);
  tcase_add_loop_test(tcase, the_step_for_a_smaller_radius_is_no_worse_than_cauchys, 0, 2 * ENDS);
  tcase_add_loop_test(tcase, the_step_for_a_smaller_radius_costs_no_product_and_no_reduction, 0,
                      2 * ENDS);
  tcase_add_loop_test(tcase, a_radius_beyond_the_step_leaves_it_alone, 0, 2 * ENDS);
  tcase_add_test(tcase, a_preconditioner_put_aside_stays_aside);
  tcase_add_loop_test(tcase, a_rank_without_unknowns_takes_part, 0, 4);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "path", AddTests);
}
