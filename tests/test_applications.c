/* SPDX-License-Identifier: BSD-2-Clause
   The problems from applications: known values, what they are made of, and their errors. */
#include "harness.h"
#include "noise.h"
#include "problem.h"
#include <petscvec.h>

/* 13 atoms, one in the middle of an icosahedron, at the best of all sizes: with a = sum t^-6 and
   b = sum t^-3 over the squared lengths t of its 78 pairs at edge 2, f = 4 (a s^-12 - b s^-6) at
   s^6 = 2 a/b. */
static PetscErrorCode Icosahedron(Vec x)
{
  const PetscReal phi     = (1.0 + PetscSqrtReal(5.0)) / 2.0,
                  t[]     = {4.0, 4.0 * phi * phi, phi + 2.0, 4.0 * phi + 8.0};
  const PetscReal pairs[] = {30.0, 30.0, 12.0, 6.0};
  PetscReal       a = 0.0, b = 0.0, size;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    a += pairs[k] * PetscPowReal(t[k], -6.0);
    b += pairs[k] * PetscPowReal(t[k], -3.0);
  }
  size = PetscPowReal(2.0 * a / b, 1.0 / 6.0);
  PetscCall(VecSet(x, 0.0));
  for (PetscInt k = 0; k < 12 && !PetscGlobalRank; k++) {
    PetscCall(VecSetValue(x, 3 * k + k % 3, k / 3 % 2 ? size : -size, INSERT_VALUES));
    PetscCall(VecSetValue(x, 3 * k + (k + 1) % 3, k < 6 ? size * phi : -size * phi, INSERT_VALUES));
  }
  PetscCall(VecAssemblyBegin(x));
  PetscCall(VecAssemblyEnd(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(thirteen_atoms_have_the_published_minimum)
{
  Problem   prob;
  Vec       x, g;
  PetscReal f, gnorm;

  ckm_ok(ProblemCreate(PETSC_COMM_WORLD, "lj", 39, &prob));
  ckm_ok(VecDuplicate(prob->x, &x));
  ckm_ok(VecDuplicate(prob->x, &g));
  ckm_ok(Icosahedron(x));
  ckm_ok(prob->objgrad(prob, x, &f, g));
  ckm_ok(VecNorm(g, NORM_2, &gnorm));
  ckm_assert_near(f, -44.326801, 5e-7);
  ckm_assert_near(gnorm, 0.0, 1e-11);
  ckm_ok(VecDestroy(&g));
  ckm_ok(VecDestroy(&x));
  ckm_ok(ProblemDestroy(&prob));
}
END_TEST

/* The first four moments of 20000 numbers, within five times their standard errors */
START_TEST(noise_is_normal)
{
  const int n      = 20000;
  PetscReal mom[4] = {0.0, 0.0, 0.0, 0.0};

  for (int i = 0; i < n; i++) {
    const PetscReal z = NoiseNormal(3, i);

    mom[0] += z / n;
    mom[1] += z * z / n;
    mom[2] += z * z * z / n;
    mom[3] += z * z * z * z / n;
  }
  ckm_assert_near(mom[0], 0.0, 5.0 * PetscSqrtReal(1.0 / n));
  ckm_assert_near(mom[1], 1.0, 5.0 * PetscSqrtReal(2.0 / n));
  ckm_assert_near(mom[2], 0.0, 5.0 * PetscSqrtReal(15.0 / n));
  ckm_assert_near(mom[3], 3.0, 5.0 * PetscSqrtReal(96.0 / n));
}
END_TEST

START_TEST(a_bad_photograph_says_how_to_mend_it)
{
  const char *const file[]  = {"/nowhere/at/all.jpg", "/dev/null"};
  const char *const words[] = {"python-matplotlib-data", "not a sound JPEG file"};
  Problem           prob    = NULL;

  ckm_ok(PetscOptionsSetValue(NULL, "-problem_image", file[_i]));
  ckm_fails(ProblemCreate(PETSC_COMM_WORLD, "tvdeblur", 144, &prob), PETSC_ERR_FILE_READ,
            words[_i]);
  ckm_ok(ProblemDestroy(&prob));
  ckm_ok(PetscOptionsClearValue(NULL, "-problem_image"));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "applications");

  tcase_add_test(tcase, thirteen_atoms_have_the_published_minimum);
  tcase_add_test(tcase, noise_is_normal);
  tcase_add_loop_test(tcase, a_bad_photograph_says_how_to_mend_it, 0, 2);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "applications", AddTests);
}
