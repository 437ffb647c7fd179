/* SPDX-License-Identifier: BSD-2-Clause
   Sweeps of a rule over all magnitudes. */
#ifndef TRUSTNCG_TEST_SWEEP_H
#define TRUSTNCG_TEST_SWEEP_H

#include "harness.h"
#include "rules/rules.h"
#include <math.h>
#include <stdio.h>

/* A sweep notes the first input that breaks a claim; the test asserts once, at its end. */
static char broken[512];

static void Note(const char claim[], int n, const PetscReal in[])
{
  int used;

  if (broken[0]) return;
  used = snprintf(broken, sizeof(broken), "%s for", claim);
  for (int k = 0; k < n && used < (int)sizeof(broken); k++) {
    used += snprintf(broken + used, sizeof(broken) - (size_t)used, " %.17g", (double)in[k]);
  }
}

/* The claim holds for these inputs */
#define holds(claim, ...)                                                                          \
  do {                                                                                             \
    const PetscReal holds_in_[] = {__VA_ARGS__};                                                   \
    if (!(claim)) Note(#claim, (int)(sizeof(holds_in_) / sizeof(holds_in_[0])), holds_in_);        \
  } while (0)

#define assert_all_held() ck_assert_msg(ckm_agree(!broken[0], "not %s", broken), "%s", ckm_words())

static void Forget(void)
{
  broken[0] = 0;
}

/* Magnitudes first, then negatives, zeros, and what is no finite number or PETSc's infinity */
static const PetscReal Any[] = {
  1e-300, 1e-200, 1e-100, 1e-50, 1e-20,   1e-10,   1e-5,  0.01, 0.1,      0.25,
  0.5,    0.75,   0.9,    1.0,   1.5,     3.0,     10.0,  1e5,  1e10,     1e20,
  1e50,   1e100,  1e200,  1e300, -1e-300, -1e-9,   -0.25, -1.0, -1e5,     -1e100,
  -1e300, 0.0,    -0.0,   5e307, -5e307,  1.7e308, NAN,   -NAN, INFINITY, -INFINITY};

enum { POSITIVE = 24, ANY = sizeof(Any) / sizeof(Any[0]) };

#define each(x, n) (int x##_ = 0; x##_ < (n); x##_++)
#define in(x)      const PetscReal x = Any[x##_]

/* A test case of which every test starts with nothing broken */
static TCase *SweepCase(Suite *suite, const char name[])
{
  TCase *tcase = ckm_tcase(suite, name);

  tcase_add_checked_fixture(tcase, Forget, NULL);
  return tcase;
}

#endif
