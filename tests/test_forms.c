/* SPDX-License-Identifier: BSD-2-Clause
   KSPTRUSTCG: its forms by number of reductions, and its loops and PETSc's vector calls, give the
   same steps. */
#include "forms.h"

/* Both have solved, and agree: in the step to `tol`, the iterations and the reason; what the other
   says of its step is so. */
static void AssertAgree(Pair *pair, PetscReal tol)
{
  KSPConvergedReason reason, otherreason;
  PetscInt           its, otherits;
  PetscReal          norm, difference, model = 0.0, saidmodel, saidnorm;

  ckm_ok(KSPGetConvergedReason(pair->m.ksp, &reason));
  ckm_ok(KSPGetConvergedReason(pair->other.ksp, &otherreason));
  ckm_assert(reason == otherreason);
  ckm_ok(KSPGetIterationNumber(pair->m.ksp, &its));
  ckm_ok(KSPGetIterationNumber(pair->other.ksp, &otherits));
  ckm_assert(its == otherits);
  ckm_ok(VecNorm(pair->m.x, NORM_2, &norm));
  ckm_ok(VecAXPY(pair->m.x, -1.0, pair->other.x));
  ckm_ok(VecNorm(pair->m.x, NORM_2, &difference));
  ckm_assert_near(difference, 0.0, tol * norm);
  ckm_ok(ModelByHand(&pair->other, pair->other.x, &model, &norm));
  ckm_ok(KSPCGGetObjFcn(pair->other.ksp, &saidmodel));
  ckm_ok(KSPCGGetNormD(pair->other.ksp, &saidnorm));
  ckm_assert_near(saidmodel, model, 10.0 * tol * PetscAbsReal(model));
  ckm_assert_near(saidnorm, norm, 10.0 * tol * norm);
}

static void AssertSame(Pair *pair, PetscReal radius, PetscReal tol)
{
  ckm_ok(ModelSolve(&pair->m, radius));
  ckm_ok(ModelSolve(&pair->other, radius));
  AssertAgree(pair, tol);
}

/* Test i takes form i / 2 % 3, with the preconditioner where i is odd; here and below. */
START_TEST(every_form_ends_where_the_default_does)
{
  const int end = _i / 6;
  Pair      pair;

  ckm_ok(PairCreate(SIZE, Ends[end].kind, _i % 2, _i / 2 % FORMS, &pair));
  AssertSame(&pair, Ends[end].radius[_i % 2], 1e-10);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

static const PetscReal Radii[] = {1e-3, 0.1, 0.5, 1.0, 3.0, 10.0, 30.0, 1e3, 0.0};

START_TEST(every_form_takes_the_step_of_the_default)
{
  static const Kind kinds[] = {CONVEX, INDEFINITE, CONCAVE};
  Pair              pair;

  ckm_ok(PairCreate(SIZE, kinds[_i / 6], _i % 2, _i / 2 % FORMS, &pair));
  for (int k = 0; k < 9; k++) AssertSame(&pair, Radii[k], 1e-10);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

static PetscErrorCode Identity(PC pc, Vec x, Vec y)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With a preconditioner, if only this one, the residual is kept, and reduced before p. */
static PetscErrorCode MakePlain(KSP ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetApply(pc, Identity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(two_directions_take_the_steps_of_a_residual)
{
  static const Kind kinds[] = {CONVEX, INDEFINITE, CONCAVE};
  Pair              pair;

  ckm_ok(PairCreate(SIZE, kinds[_i % 3], 0, 0, &pair));
  ckm_ok(MakePlain(pair.other.ksp));
  if (_i / 3) ckm_ok(MakeForeign(pair.m.x));
  for (int k = 0; k < 9; k++) AssertSame(&pair, Radii[k], 1e-10);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

START_TEST(petscs_vector_calls_give_the_steps_of_the_loops)
{
  Pair pair;

  ckm_ok(PairCreate(SIZE, _i / 6 ? INDEFINITE : CONVEX, _i % 2, _i / 2 % FORMS, &pair));
  ckm_ok(MakeForeign(pair.other.x));
  for (int k = 0; k < 9; k++) AssertSame(&pair, Radii[k], 1e-10);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

/* More unknowns than a block, and no multiple of one; then fewer than ranks */
START_TEST(every_form_takes_any_number_of_unknowns)
{
  static const PetscInt sizes[] = {1, 2, 3, 255, 256, 257, 1031};
  Pair                  pair;

  for (int k = 0; k < 7; k++) {
    ckm_ok(PairCreate(sizes[k], CONVEX, _i % 2, _i / 2 % FORMS, &pair));
    ckm_ok(MakeForeign(pair.m.x));
    AssertSame(&pair, 2.5, 1e-10);
    ckm_ok(PairDestroy(&pair));
  }
}
END_TEST

/* The norm is remembered by the vector, and has changed. */
START_TEST(norms_of_the_solution_are_not_stale)
{
  Model     m;
  PetscReal norm, dot;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 2, &m));
  ckm_ok(SetForm(m.ksp, _i / 2));
  for (int k = 0; k < 3; k++) {
    ckm_ok(VecNorm(m.x, NORM_2, &norm));
    ckm_ok(ModelSolve(&m, Radii[k]));
    ckm_ok(VecDot(m.x, m.x, &dot));
    ckm_ok(VecNorm(m.x, NORM_2, &norm));
    ckm_assert_near(norm, PetscSqrtReal(dot), 1e-14 * norm);
  }
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* One who looks at the boundary, and raises the radius by half each time up to `last` */
typedef struct {
  Pair     *pair;
  PetscReal last;
  PetscInt  looks;
} Raiser;

/* Its look finds the step that the radius gives, and spoils the vector lent to it. */
static PetscErrorCode Raise(void *ctx, PetscReal *radius, PetscBool *stop)
{
  Raiser   *raiser = (Raiser *)ctx;
  Pair     *pair   = raiser->pair;
  PetscReal difference;
  Vec       lent;

  PetscFunctionBegin;
  *stop = PETSC_FALSE;
  if (!radius) PetscFunctionReturn(PETSC_SUCCESS);
  raiser->looks++;
  PetscCall(ModelSolve(&pair->m, *radius));
  PetscCall(VecAXPY(pair->m.x, -1.0, pair->other.x));
  PetscCall(VecNorm(pair->m.x, NORM_2, &difference));
  PetscCheck(difference < 1e-10, PETSC_COMM_WORLD, PETSC_ERR_PLIB, "another step");
  PetscCall(TrustCGGetFreeVec(pair->other.ksp, NULL, &lent));
  if (lent) PetscCall(VecSet(lent, 1e30));
  *radius = PetscMin(1.5 * *radius, raiser->last);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The end in the larger region may be the solution or the boundary. */
START_TEST(a_radius_raised_on_the_way_is_as_good_as_from_the_start)
{
  static const Kind      kinds[] = {CONVEX, CONVEX, INDEFINITE};
  static const PetscReal first[] = {0.1, 0.3}, last[] = {50.0, 0.9, 0.9};
  Pair                   pair;
  Raiser                 raiser = {&pair, last[_i / 6], 0};

  ckm_ok(PairCreate(SIZE, kinds[_i / 6], _i % 2, _i / 2 % FORMS, &pair));
  ckm_ok(TrustCGSetLook(pair.other.ksp, Raise, &raiser));
  ckm_ok(ModelSolve(&pair.other, first[_i % 2]));
  ckm_assert(raiser.looks >= 3);
  ckm_ok(ModelSolve(&pair.m, raiser.last));
  AssertAgree(&pair, 1e-10);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

/* What a monitor finds: the residual of the solution that it is shown, against what it is told */
static PetscErrorCode Look(KSP ksp, PetscInt it, PetscReal rnorm, void *ctx)
{
  Vec       r;
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(KSPBuildResidual(ksp, NULL, NULL, &r));
  PetscCall(VecNorm(r, NORM_2, &norm));
  *(PetscReal *)ctx = PetscMax(*(PetscReal *)ctx, PetscAbsReal(norm - rnorm) / rnorm);
  PetscCall(VecDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_monitor_sees_the_solution_as_it_is)
{
  Pair      pair;
  PetscReal worst = 0.0;

  ckm_ok(PairCreate(SIZE, CONVEX, _i % 2, _i / 2, &pair));
  ckm_ok(KSPMonitorSet(pair.other.ksp, Look, &worst, NULL));
  for (int k = 0; k < 9; k++) AssertSame(&pair, Radii[k], 1e-10);
  ckm_assert_near(worst, 0.0, 1e-5);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

/* A test of convergence of the user's own may look at the solution too. */
static PetscErrorCode LookToo(KSP ksp, PetscInt it, PetscReal rnorm, KSPConvergedReason *reason,
                              void *ctx)
{
  PetscFunctionBegin;
  PetscCall(Look(ksp, it, rnorm, ctx));
  *reason = it == 9 ? KSP_CONVERGED_RTOL : KSP_CONVERGED_ITERATING;
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_convergence_test_sees_the_solution_as_it_is)
{
  Pair      pair;
  PetscReal worst = 0.0;
  PetscInt  its;

  ckm_ok(PairCreate(SIZE, CONVEX, _i % 2, _i / 2, &pair));
  ckm_ok(KSPSetConvergenceTest(pair.other.ksp, LookToo, &worst, NULL));
  ckm_ok(ModelSolve(&pair.other, 0.0));
  ckm_ok(KSPGetIterationNumber(pair.other.ksp, &its));
  ckm_assert(its == 9);
  ckm_assert_near(worst, 0.0, 1e-8);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

START_TEST(a_product_that_is_not_finite_leaves_the_last_good_step)
{
  const PetscInt good = _i / 6 ? 3 : 0, form = _i / 2 % FORMS;
  Pair           pair;

  ckm_ok(PairCreate(SIZE, CONVEX, _i % 2, (int)form, &pair));
  ckm_ok(KSPSetTolerances(pair.m.ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, good));
  ckm_ok(ModelSolve(&pair.m, 0.0));
  pair.other.spoil = good + 1;
  pair.other.value = NAN;
  ckm_ok(ModelSolve(&pair.other, 0.0));
  ckm_ok(VecAXPY(pair.m.x, -1.0, pair.other.x));
  ckm_ok(VecNorm(pair.m.x, NORM_INFINITY, &pair.other.value));
  ckm_assert_near(pair.other.value, 0.0, 1e-12);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

/* An ill-conditioned A = diag(1 .. 1/condition), b = 1: as far as CG can go */
static PetscErrorCode MakeStiff(Model *m, PetscReal condition)
{
  PetscInt low, high, n;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(m->A, &low, &high));
  PetscCall(MatGetSize(m->A, &n, NULL));
  PetscCall(MatZeroEntries(m->A));
  for (PetscInt i = low; i < high; i++) {
    const PetscReal entry = PetscPowReal(condition, -(PetscReal)i / (PetscReal)(n - 1));

    PetscCall(MatSetValue(m->A, i, i, entry, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(m->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(m->A, MAT_FINAL_ASSEMBLY));
  PetscCall(VecSet(m->b, 1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The true residual, relative to b */
static PetscErrorCode TrueResidual(Model *m, PetscReal *residual)
{
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(MatResidual(m->A, m->b, m->x, m->w));
  PetscCall(VecNorm(m->w, NORM_2, residual));
  PetscCall(VecNorm(m->b, NORM_2, &norm));
  *residual /= norm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last: the default as the plain form */
START_TEST(every_form_is_as_accurate_as_the_default)
{
  const PetscReal rtol = 1e-12;
  Pair            pair;
  PetscReal       residual = 1.0;
  PetscInt        its, otherits;

  ckm_ok(PairCreate(SIZE, CONVEX, 0, _i % FORMS, &pair));
  if (_i == FORMS) ckm_ok(MakePlain(pair.m.ksp));
  ckm_ok(MakeStiff(&pair.m, 1e4));
  ckm_ok(MakeStiff(&pair.other, 1e4));
  ckm_ok(KSPSetTolerances(pair.m.ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, 5000));
  ckm_ok(KSPSetTolerances(pair.other.ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, 5000));
  ckm_ok(ModelSolve(&pair.m, 0.0));
  ckm_ok(ModelSolve(&pair.other, 0.0));
  ckm_ok(KSPGetIterationNumber(pair.m.ksp, &its));
  ckm_ok(KSPGetIterationNumber(pair.other.ksp, &otherits));
  ckm_ok(TrueResidual(&pair.other, &residual));
  ckm_assert(residual <= 2.0 * rtol);
  ckm_assert(otherits <= (_i == FORMS ? 1.1 : 2.0) * its);
  ckm_ok(PairDestroy(&pair));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "forms");

  tcase_add_loop_test(tcase, a_radius_raised_on_the_way_is_as_good_as_from_the_start, 0, 18);
  tcase_add_loop_test(tcase, every_form_ends_where_the_default_does, 0, 6 * ENDS);
  tcase_add_loop_test(tcase, every_form_takes_the_step_of_the_default, 0, 18);
  tcase_add_loop_test(tcase, petscs_vector_calls_give_the_steps_of_the_loops, 0, 12);
  tcase_add_loop_test(tcase, every_form_takes_any_number_of_unknowns, 0, 6);
  tcase_add_loop_test(tcase, norms_of_the_solution_are_not_stale, 0, 6);
  tcase_add_loop_test(tcase, a_monitor_sees_the_solution_as_it_is, 0, 6);
  tcase_add_loop_test(tcase, a_convergence_test_sees_the_solution_as_it_is, 0, 6);
  tcase_add_loop_test(tcase, a_product_that_is_not_finite_leaves_the_last_good_step, 0, 12);
  tcase_add_loop_test(tcase, every_form_is_as_accurate_as_the_default, 0, FORMS + 1);
  tcase_add_loop_test(tcase, two_directions_take_the_steps_of_a_residual, 0, 6);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "forms", AddTests);
}
