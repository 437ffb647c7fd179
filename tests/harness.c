/* SPDX-License-Identifier: BSD-2-Clause
   libcheck under MPI: one process a rank, verdicts that all ranks share, and a watchdog. */
#include "harness.h"
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char words[1024];   /* of the last verdict */
static char message[1024]; /* of the last error listened to */

const char *ckm_words(void)
{
  return words;
}

const char *ckm_message(void)
{
  return message;
}

/* PMPI_: the reductions that tests count are not ours. */
int ckm_agree(int ok, const char format[], ...)
{
  int     mine = ok ? INT_MAX : PetscGlobalRank, first, used;
  va_list args;

  PMPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD);
  if (first == INT_MAX) return 1;
  used = snprintf(words, sizeof(words), "false on rank %d of %d: ", first, PetscGlobalSize);
  va_start(args, format);
  (void)vsnprintf(words + used, sizeof(words) - (size_t)used, format, args);
  va_end(args);
  PMPI_Bcast(words, (int)sizeof(words), MPI_CHAR, first, PETSC_COMM_WORLD);
  return 0;
}

/* Only the call that raised the error has words; its callers repeat the code alone. */
static PetscErrorCode Listen(MPI_Comm comm, int line, const char *func, const char *file,
                             PetscErrorCode code, PetscErrorType type, const char *mess, void *ctx)
{
  if (type == PETSC_ERROR_INITIAL && mess) (void)snprintf(message, sizeof(message), "%s", mess);
  return code;
}

void ckm_listen(void)
{
  message[0] = 0;
  PetscCallAbort(PETSC_COMM_SELF, PetscPushErrorHandler(Listen, NULL));
}

void ckm_unlisten(void)
{
  PetscCallAbort(PETSC_COMM_SELF, PetscPopErrorHandler());
}

/* Leaving without MPI_Finalize makes mpirun end the other ranks; the pause lets it pass on the
   words first. */
static void TimeIsUp(int sig)
{
  static const char text[] = "harness: time is up, a deadlock? (CKM_TIMEOUT sets the seconds)\n";

  if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0) (void)sleep(1);
  _exit(97);
}

/* libcheck's own time limits need a fork; its handler of SIGALRM, which it sets before the first
   test, kills the process group without a word. */
static void Arm(void)
{
  const char *seconds = getenv("CKM_TIMEOUT");

  (void)signal(SIGALRM, TimeIsUp);
  (void)alarm(seconds ? (unsigned)atoi(seconds) : 60);
}

TCase *ckm_tcase(Suite *suite, const char name[])
{
  TCase *tcase = tcase_create(name);

  tcase_add_unchecked_fixture(tcase, Arm, NULL);
  tcase_add_checked_fixture(tcase, Arm, NULL);
  suite_add_tcase(suite, tcase);
  return tcase;
}

int harness_main(int argc, char **argv, const char name[], void (*add)(Suite *))
{
  Suite   *suite = suite_create(name);
  SRunner *runner;
  int      failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 2;
  add(suite);
  runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK); /* a process that called MPI_Init must not fork */
  srunner_run_all(runner, PetscGlobalRank ? CK_SILENT : CK_ENV);
  failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  PMPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  (void)alarm(0);
  if (PetscFinalize()) return 2;
  return failed ? 1 : 0;
}
