/* SPDX-License-Identifier: BSD-2-Clause
   What every test program shares: libcheck, MPI and PETSc together. */
#ifndef TRUSTNCG_HARNESS_H
#define TRUSTNCG_HARNESS_H

#include "compat.h"
#include <check.h>
#include <string.h>

/* Runs the tests that `add` puts into the suite and returns the exit code of the program.
   The watchdog ends a test after CKM_TIMEOUT seconds (default 60). */
extern int harness_main(int argc, char **argv, const char name[], void (*add)(Suite *));

/* A new test case of the suite, under the watchdog. */
extern TCase *ckm_tcase(Suite *suite, const char name[]);

/* The verdict of all ranks of PETSC_COMM_WORLD, with the words of the first that says no: all
   ranks leave a test together. */
extern int         ckm_agree(int ok, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
extern const char *ckm_words(void);

#define ckm_assert(cond) ck_assert_msg(ckm_agree((cond) ? 1 : 0, "%s", #cond), "%s", ckm_words())

#define ckm_ok(call)                                                                               \
  do {                                                                                             \
    const int ckm_code_ = (int)(call);                                                             \
    ck_assert_msg(ckm_agree(!ckm_code_, "%s gives error %d", #call, ckm_code_), "%s",              \
                  ckm_words());                                                                    \
  } while (0)

/* |a - b| <= tol; not so for NaN */
#define ckm_assert_near(a, b, tol)                                                                 \
  do {                                                                                             \
    const double ckm_a_ = (a), ckm_b_ = (b), ckm_tol_ = (tol);                                     \
    const int    ckm_near_ = ckm_a_ - ckm_b_ <= ckm_tol_ && ckm_b_ - ckm_a_ <= ckm_tol_;           \
    ck_assert_msg(ckm_agree(ckm_near_, "%s = %.17g and %s = %.17g differ by %g > %g", #a, ckm_a_,  \
                            #b, ckm_b_, ckm_a_ - ckm_b_, ckm_tol_),                                \
                  "%s", ckm_words());                                                              \
  } while (0)

/* Every rank gets the error `code` from `call`, silently, and `words` (a string) are part of its
   message; ckm_message() is the message. */
#define ckm_fails(call, code, words)                                                               \
  do {                                                                                             \
    int ckm_code_;                                                                                 \
    ckm_listen();                                                                                  \
    ckm_code_ = (int)(call);                                                                       \
    ckm_unlisten();                                                                                \
    ck_assert_msg(ckm_agree(ckm_code_ == (int)(code), "%s gives error %d, not %s: '%s'", #call,    \
                            ckm_code_, #code, ckm_message()),                                      \
                  "%s", ckm_words());                                                              \
    ck_assert_msg(ckm_agree(strstr(ckm_message(), words) != NULL, "'%s' is not in '%s'", words,    \
                            ckm_message()),                                                        \
                  "%s", ckm_words());                                                              \
  } while (0)

extern void        ckm_listen(void);
extern void        ckm_unlisten(void);
extern const char *ckm_message(void);

/* Global reductions so far, whoever made them; the harness's own are not among them. */
#include "driver/reductions.h"

#endif
