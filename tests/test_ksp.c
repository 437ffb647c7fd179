/* SPDX-License-Identifier: BSD-2-Clause
   KSPTRUSTCG: what a solve costs, and its manners as a KSP. */
#include "model.h"
#include <petscdmda.h>

enum { SIZE = 100 };

START_TEST(an_initial_guess_is_ignored)
{
  Model     m;
  Vec       x;
  PetscBool same;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(VecSet(x, 3.0));
  ckm_ok(KSPSetInitialGuessNonzero(m.ksp, PETSC_TRUE));
  ckm_ok(KSPSolve(m.ksp, m.b, x));
  ckm_ok(VecEqual(x, m.x, &same));
  ckm_assert(same);
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(it_counts_its_reductions_and_its_vectors)
{
  Model    m;
  PetscInt reductions, twice, vectors, its;

  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, _i, &m));
  ckm_ok(KSPGetIterationNumber(m.ksp, &its));
  ckm_ok(TrustCGGetCounts(m.ksp, &reductions, &vectors));
  ckm_assert(vectors == (_i ? 4 : 3));
  ckm_assert(reductions == 1 + (_i ? 2 * its : its + 1));
  ckm_ok(ModelSolve(&m, 0.0));
  ckm_ok(TrustCGGetCounts(m.ksp, &twice, NULL));
  ckm_assert(twice == 2 * reductions);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* y = 2 x, if x has the DM that the context is */
static PetscErrorCode ProductWithDM(Mat A, Vec x, Vec y)
{
  DM dm, xdm;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &dm));
  PetscCall(VecGetDM(x, &xdm));
  PetscCheck(dm == xdm, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "a vector without the DM");
  PetscCall(VecCopy(x, y));
  PetscCall(VecScale(y, 2.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(products_see_vectors_like_the_solution)
{
  KSPConvergedReason reason;
  DM                 dm;
  KSP                ksp;
  Mat                A;
  Vec                x, b;
  PetscInt           n;

  ckm_ok(TrustNCGInitializePackage());
  ckm_ok(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 12, 1, 1, NULL, &dm));
  ckm_ok(DMSetUp(dm));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(VecDuplicate(x, &b));
  ckm_ok(VecSet(b, 1.0));
  ckm_ok(VecGetLocalSize(x, &n));
  ckm_ok(MatCreateShell(PETSC_COMM_WORLD, n, n, 12, 12, dm, &A));
  ckm_ok(MatShellSetOperation(A, MATOP_MULT, (void (*)(void))ProductWithDM));
  ckm_ok(KSPCreate(PETSC_COMM_WORLD, &ksp));
  ckm_ok(KSPSetOperators(ksp, A, A));
  ckm_ok(KSPSetType(ksp, KSPTRUSTCG));
  ckm_ok(PetscOptionsSetValue(NULL, "-seen_pc_type", "none"));
  ckm_ok(KSPSetOptionsPrefix(ksp, "seen_"));
  ckm_ok(KSPSetFromOptions(ksp));
  ckm_ok(PetscOptionsClearValue(NULL, "-seen_pc_type"));
  ckm_ok(KSPSolve(ksp, b, x));
  ckm_ok(KSPGetConvergedReason(ksp, &reason));
  ckm_assert(reason > 0);
  ckm_ok(KSPDestroy(&ksp));
  ckm_ok(MatDestroy(&A));
  ckm_ok(VecDestroy(&x));
  ckm_ok(VecDestroy(&b));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

START_TEST(the_radius_is_an_option)
{
  Model     m;
  PetscReal model, norm = 0.0;

  ckm_ok(ModelCreate(PETSC_COMM_WORLD, SIZE, CONVEX, 0, &m));
  ckm_ok(KSPSetOptionsPrefix(m.ksp, "mine_"));
  ckm_ok(PetscOptionsSetValue(NULL, "-mine_ksp_cg_radius", "0.125"));
  ckm_ok(KSPSetFromOptions(m.ksp));
  ckm_ok(KSPSolve(m.ksp, m.b, m.x));
  ckm_ok(ModelByHand(&m, m.x, &model, &norm));
  ckm_assert_near(norm, 0.125, 1e-13);
  ckm_ok(PetscOptionsClearValue(NULL, "-mine_ksp_cg_radius"));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_view_tells_of_the_last_step)
{
  Model       m;
  PetscViewer viewer;
  FILE       *file        = tmpfile();
  char        text[65536] = "";

  ckm_assert(file != NULL);
  ckm_ok(ModelCreateSolved(PETSC_COMM_WORLD, SIZE, 2 * BOUNDARY, &m));
  ckm_ok(PetscViewerASCIIOpenWithFILE(PETSC_COMM_WORLD, file, &viewer));
  ckm_ok(KSPView(m.ksp, viewer));
  ckm_ok(PetscViewerDestroy(&viewer));
  rewind(file);
  text[fread(text, 1, sizeof(text) - 1, file)] = 0;
  ckm_assert(PetscGlobalRank || strstr(text, "type: trustcg"));
  ckm_assert(PetscGlobalRank || strstr(text, "last step: length 0.9, model"));
  (void)fclose(file);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *cost = ckm_tcase(suite, "cost"), *manners = ckm_tcase(suite, "manners");

  tcase_add_loop_test(cost, it_counts_its_reductions_and_its_vectors, 0, 2);
  tcase_add_loop_test(manners, an_initial_guess_is_ignored, 0, 2 * ENDS);
  tcase_add_test(manners, products_see_vectors_like_the_solution);
  tcase_add_test(manners, the_radius_is_an_option);
  tcase_add_test(manners, the_view_tells_of_the_last_step);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "ksp", AddTests);
}
