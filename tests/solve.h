/* SPDX-License-Identifier: BSD-2-Clause
   A problem of the list solved by trustncg, with what the tests want to know of it. */
#ifndef TRUSTNCG_TEST_SOLVE_H
#define TRUSTNCG_TEST_SOLVE_H

#include "harness.h"
#include "problem.h"
#include "trustncg.h"

enum { HISTORY = 400 };

typedef enum { HV_FD, HV_USER, HV_MAT } HvWay;

/* What goes wrong, in which call of the objective or of Hv (counted from 1; 0: never) */
typedef struct {
  PetscReal value;    /* NaN or Inf in the place of f, of an entry of g, or of Hv */
  PetscInt  f, g, hv; /* from that call on */
  PetscInt  only;     /* and only so many times; 0: for ever */
  PetscInt  error;    /* the product with this number is an error, */
  PetscInt  failure;  /* or this evaluation of f, gradient or both, */
  PetscInt  hessian;  /* or this call for the Hessian, */
  PetscInt  monitor;  /* or this call of the monitor */
  PetscInt  outside;  /* from this evaluation on the point is outside the domain, */
  PetscInt  hvout;    /* or from this product on */
  PetscReal jitter;   /* relative difference of f on a rank and on the next */
  void (*wait)(void); /* in an error on one rank the others return after this, unless NULL */
  int       rank;     /* 0: all this on all ranks; r: on the r-th alone, or the last */
  PetscReal scale;    /* f and its derivatives are multiplied by this; 0 is 1 */
  PetscReal shift;    /* and this is added to f */
  PetscReal noisef;   /* deviation of noise on f, */
  PetscReal noiseg;   /* and norm of noise on g, negative: relative to ||g|| */
} Fault;

typedef struct {
  Problem   prob;
  Vec       x;
  Tao       tao;
  Mat       shell;
  PetscBool apart; /* f and gradient by two functions */
  Fault     fault;
  PetscInt  nf, ng, nfg, nhv; /* calls */
  PetscInt  nhessian;
  PetscReal work;       /* all of them, each by the share of the unknowns that its x has */
  long      reductions; /* made inside them */
  PetscReal f[HISTORY], gnorm[HISTORY];
  PetscInt  its; /* iterates in the history */
} Run;

/* Makes everything but does not solve; the Tao has read its options. */
extern PetscErrorCode RunCreate(MPI_Comm comm, const char name[], PetscInt n, HvWay way,
                                PetscBool apart, Run *run);
/* With f and gradient together, on all ranks, while this option is set */
extern PetscErrorCode RunCreateWith(const char option[], const char value[], const char name[],
                                    PetscInt n, HvWay way, Run *run);
extern PetscErrorCode RunDestroy(Run *run);
/* Does -tao_view say these words? On rank 0, where they are printed. */
extern PetscErrorCode RunSays(const Run *run, const char words[], PetscBool *says);

/* In a test only: they assert. */
extern void               RunHasConverged(const Run *run, PetscReal most); /* equivalents */
extern TaoConvergedReason RunReason(const Run *run);
extern TaoTrustNCGLedger  RunLedger(const Run *run);

/* Is the history of `rest` that of `all` from iterate `from` on, to the last bit? */
extern int SameHistory(const Run *all, const Run *rest, PetscInt from);

#endif
