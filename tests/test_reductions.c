/* SPDX-License-Identifier: BSD-2-Clause
   KSPTRUSTCG: what its forms cost, in reductions, products and vectors; products by differences in
   each. */
#include "forms.h"
#include "hessvec/hessvec.h"
#include "rules/announce.h"

/* Reductions of ten CG iterations after the first five */
static PetscErrorCode ReductionsOfTen(Model *m, long *reductions)
{
  long before[2];

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) { /* the first solve sets up */
    before[k % 2] = -ReductionCount();
    PetscCall(KSPSetTolerances(m->ksp, 0.0, PETSC_DEFAULT, PETSC_DEFAULT, k == 2 ? 15 : 5));
    PetscCall(ModelSolve(m, 0.0));
    before[k % 2] += ReductionCount();
  }
  *reductions = before[0] - before[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(an_iteration_makes_the_reductions_of_its_form)
{
  const int  form     = _i / 2 % FORMS;
  const long expected = form == 0 && _i % 2 ? 20 : 10;
  Model      m;
  long       reductions = 0;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 2, &m));
  if (_i / 6) ckm_ok(MakeForeign(m.x));
  ckm_ok(SetForm(m.ksp, form));
  ckm_ok(ReductionsOfTen(&m, &reductions));
  if (!PetscDefined(USE_DEBUG) && PetscGlobalSize > 1) ckm_assert(reductions == expected);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Converged: one product more (none without a preconditioner), or two; stopped by the number of
   iterations: none, or one */
START_TEST(a_form_takes_the_products_it_says)
{
  const int          form = _i / 2 % FORMS, more = form == 1 && _i % 2 == 0 ? 0 : form;
  PetscInt           its, products;
  Model              m;
  KSPConvergedReason reason;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 2, &m));
  ckm_ok(SetForm(m.ksp, form));
  ckm_ok(KSPSetTolerances(m.ksp, 0.1, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  ckm_ok(TrustCGGetProducts(m.ksp, &products));
  ckm_assert(products == its + more && m.products == products);
  m.products = 0;
  ckm_ok(ModelSolve(&m, Ends[BOUNDARY].radius[_i % 2] / 2.0));
  ckm_ok(KSPGetConvergedReason(m.ksp, &reason));
  ckm_assert(reason == TRUSTNCG_KSP_BOUNDARY);
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  ckm_assert(m.products == its + (form == 2));
  m.products = 0;
  ckm_ok(KSPSetTolerances(m.ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 3));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_assert(m.products == 3 + (form == 2));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_form_takes_the_vectors_it_says)
{
  static const PetscInt expected[FORMS][2] = {{3, 4}, {3, 5}, {6, 9}};
  Model                 m;
  PetscInt              vectors;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 2, &m));
  ckm_ok(SetForm(m.ksp, _i / 2));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_ok(TrustCGGetCounts(m.ksp, NULL, &vectors));
  ckm_assert(vectors == expected[_i / 2][_i % 2]);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Largest factor between what a Mat is told as the norm of a vector and that norm */
static PetscReal told, worst;

static PetscErrorCode Listen(Mat A, PetscReal vnorm)
{
  told = vnorm;
  return PETSC_SUCCESS;
}

static PetscErrorCode CheckedProduct(Mat shell, Vec x, Vec y)
{
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(VecNorm(x, NORM_2, &norm));
  if (told > 0.0) worst = PetscMax(worst, PetscMax(told / norm, norm / told));
  told = 0.0;
  PetscCall(ModelProduct(shell, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_announced_norm_is_about_that_of_the_vector)
{
  Model m;

  told = worst = 0.0;
  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i % 2, &m));
  ckm_ok(SetForm(m.ksp, _i / 2));
  ckm_ok(KSPSetTolerances(m.ksp, 1e-3, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  ckm_ok(MatShellSetOperation(m.shell, MATOP_MULT, (void (*)(void))CheckedProduct));
  ckm_ok(PetscObjectComposeFunction((PetscObject)m.shell, TRUSTNCG_DIRECTION_NORM, Listen));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_assert(worst >= 1.0 && worst <= (_i / 2 ? 10.0 : 1.0 + 1e-6));
  ckm_ok(PetscObjectComposeFunction((PetscObject)m.shell, TRUSTNCG_DIRECTION_NORM, NULL));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static PetscErrorCode GradientOfModel(void *ctx, Vec x, Vec g)
{
  PetscFunctionBegin;
  PetscCall(MatMult(((Model *)ctx)->A, x, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(every_form_takes_the_step_of_the_default_by_differences)
{
  Pair      pair;
  Mat       H;
  Vec       x, g, w;
  PetscInt  norms;
  PetscReal norm, difference;

  ckm_ok(PairCreate(SIZE, CONVEX, _i % 2, _i / 2, &pair));
  ckm_ok(VecDuplicate(pair.m.x, &x));
  ckm_ok(VecDuplicate(pair.m.x, &g));
  ckm_ok(VecDuplicate(pair.m.x, &w));
  ckm_ok(TrustNCGHessVecCreateFD(x, GradientOfModel, &pair.m, 1e-8, &H));
  ckm_ok(TrustNCGHessVecSetPoint(H, x, g, 0.0, w));
  ckm_ok(KSPSetOperators(pair.other.ksp, H, pair.m.A));
  ckm_ok(KSPSetTolerances(pair.other.ksp, 1e-2, PETSC_DEFAULT, PETSC_DEFAULT, 1000));
  ckm_ok(KSPSetTolerances(pair.m.ksp, 1e-2, PETSC_DEFAULT, PETSC_DEFAULT, 1000));
  ckm_ok(ModelSolve(&pair.m, 0.0));
  ckm_ok(ModelSolve(&pair.other, 0.0));
  ckm_ok(VecNorm(pair.m.x, NORM_2, &norm));
  ckm_ok(VecAXPY(pair.m.x, -1.0, pair.other.x));
  ckm_ok(VecNorm(pair.m.x, NORM_2, &difference));
  ckm_assert_near(difference, 0.0, 1e-6 * norm);
  ckm_ok(TrustNCGHessVecGetCounts(H, NULL, &norms));
  ckm_assert(norms == (_i < 4 ? 0 : _i - 3)); /* before a norm is known */
  ckm_ok(MatDestroy(&H));
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&g));
  ckm_ok(VecDestroy(&w));
  ckm_ok(PairDestroy(&pair));
}
END_TEST

/* The norm of the direction, which a difference needs, comes at no reduction of its own. */
START_TEST(products_by_differences_need_no_more_reductions)
{
  Model    m;
  Mat      H;
  Vec      x, g, w;
  long     reductions = 0;
  PetscInt norms, products;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, _i, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(VecDuplicate(m.x, &g));
  ckm_ok(VecDuplicate(m.x, &w));
  ckm_ok(TrustNCGHessVecCreateFD(x, GradientOfModel, &m, 1e-8, &H));
  ckm_ok(TrustNCGHessVecSetPoint(H, x, g, 0.0, w));
  ckm_ok(KSPSetOperators(m.ksp, H, m.A));
  ckm_ok(ReductionsOfTen(&m, &reductions));
  ckm_ok(TrustNCGHessVecGetCounts(H, &products, &norms));
  ckm_assert(products == 25 && norms == 0);
  if (!PetscDefined(USE_DEBUG) && PetscGlobalSize > 1) ckm_assert(reductions == (_i ? 20 : 10));
  ckm_ok(MatDestroy(&H));
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&g));
  ckm_ok(VecDestroy(&w));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "reductions");

  tcase_add_loop_test(tcase, every_form_takes_the_step_of_the_default_by_differences, 0, 6);
  tcase_add_loop_test(tcase, products_by_differences_need_no_more_reductions, 0, 2);
  tcase_add_loop_test(tcase, the_announced_norm_is_about_that_of_the_vector, 0, 6);
  tcase_add_loop_test(tcase, an_iteration_makes_the_reductions_of_its_form, 0, 12);
  tcase_add_loop_test(tcase, a_form_takes_the_products_it_says, 0, 6);
  tcase_add_loop_test(tcase, a_form_takes_the_vectors_it_says, 0, 6);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "reductions", AddTests);
}
