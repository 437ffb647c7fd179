/* SPDX-License-Identifier: BSD-2-Clause
   The driver: solves a problem of the list with any TAO type, by the same rules for all. */
#ifndef TRUSTNCG_DRIVER_H
#define TRUSTNCG_DRIVER_H

#include <petsctao.h>
#include "problem.h"
#include <time.h>

/* Set by options */
typedef struct {
  char      problem[64];
  PetscInt  n;        /* unknowns asked for; 0 for the problem's default */
  PetscBool user;     /* Hv by the problem's own product, not by differences */
  PetscBool coloured; /* TAO's own types get an assembled matrix */
  PetscReal rtol;     /* stop at ||g||_2 <= rtol ||g(x0)||_2 */
  PetscInt  budget;   /* most gradient-equivalents */
  PetscReal seconds;  /* most seconds */
  PetscBool progress; /* lines while it runs */
  PetscReal noiseg;   /* norm of the noise on the gradient, relative to ||g(x0)|| */
  PetscReal noisef;   /* deviation of the noise on f, relative to |f(x0)| */
  PetscBool relative; /* to ||g(x)|| and |f(x)| instead */
  PetscInt  seed;     /* of the noise */
  PetscBool memo;     /* f and gradient asked for one after the other at one point cost one */
  char      json[PETSC_MAX_PATH_LEN], history[PETSC_MAX_PATH_LEN], solution[PETSC_MAX_PATH_LEN];
  char      startfile[PETSC_MAX_PATH_LEN];
} Settings;

/* What the problem was asked for, by whichever solver */
typedef struct {
  PetscInt  nf, ng, nfg, nhv;
  PetscReal coarse;     /* on coarser grids, each by its share of the unknowns */
  long      reductions; /* made inside the problem */
} Counts;

/* The point asked for last, with what is known of it */
typedef struct {
  Vec       x, g;
  PetscReal f;
  PetscBool have_f, have_g;
} Memo;

typedef struct {
  Settings       set;
  Problem        prob;
  Tao            tao;
  Vec            x;
  Mat            H;       /* the Hessian, for TAO types that take a Mat */
  MatFDColoring  colours; /* of H where it is assembled, else NULL */
  Vec            at;      /* where H stands where it is a shell; not owned */
  Counts         count;
  Memo           memo;
  PetscReal      f0, gnorm0;
  PetscLogDouble start, shown;
  long           reductions0; /* made before the solve */
  clock_t        own;         /* processor time the memo has taken: not the solver's */
  PetscBool      began;
  PetscInt       fd0, rejected0; /* in trustncg's ledger when the solve began: of what it resumes */
  FILE          *historyfile;
} Driver;

/* The end of a solve, as the JSON file has it */
typedef struct {
  PetscReal          f, gnorm;
  TaoConvergedReason reason;
  PetscInt           iterations, cg;
  long               reductions;
  PetscReal          seconds, cpu_seconds, rss_mb; /* the last two summed over the ranks */
  PetscBool          verified;
  const char        *why_not; /* where it is not verified */
} Outcome;

/* callbacks.c */
extern PetscErrorCode DriverSetCallbacks(Driver *d);
extern PetscReal      DriverEquivalents(const Driver *d);
extern long           DriverReductions(const Driver *d);

/* report.c */
extern PetscErrorCode DriverMonitor(Tao tao, void *ctx);
extern PetscErrorCode DriverOpenHistory(Driver *d);
extern PetscErrorCode DriverPrint(Driver *d, const Outcome *out);
extern PetscErrorCode DriverWriteJSON(Driver *d, const Outcome *out);
extern PetscErrorCode DriverWriteSolution(Driver *d);

#endif
