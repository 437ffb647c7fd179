/* SPDX-License-Identifier: BSD-2-Clause
   A distributed test problem: a smooth f on R^n, its gradient, Hessian-vector product and start. */
#ifndef TRUSTNCG_PROBLEM_H
#define TRUSTNCG_PROBLEM_H

#include "compat.h"
#include <petscdm.h>

typedef struct _n_Problem *Problem;

struct _n_Problem {
  MPI_Comm    comm;
  const char *name;
  PetscInt    N;         /* unknowns, after rounding to the problem's grid or blocks */
  DM          dm;        /* the DMDA of a grid problem, else NULL */
  Vec         x;         /* fixes the layout: every Vec of the problem is made by VecDuplicate(x) */
  PetscReal   fstar;     /* best known minimum at this size, PETSC_INFINITY where none is known */
  PetscReal   fstar_tol; /* relative accuracy (to 1 + |fstar|) to which fstar is known */
  void       *data;      /* the problem's own */
  Problem     coarser;   /* the same on a coarser grid, where ProblemOn() was asked for one */

  /* collective; x, v may be read-locked; they have the layout of Problem.x, but need not be
     made from it: no ghosts, no DM attached */
  PetscErrorCode (*start)(Problem, Vec x);
  PetscErrorCode (*objgrad)(Problem, Vec x, PetscReal *f, Vec g); /* f or g may be NULL */
  PetscErrorCode (*hessvec)(Problem, Vec x, Vec v, Vec Hv);
  PetscErrorCode (*report)(Problem, Vec x, PetscViewer); /* what x means, in words; may be NULL */
  PetscErrorCode (*destroy)(Problem);
};

/* One row of the list of problems; `create` reads -problem_* options of its own, rounds n,
   and fills N, dm, x, fstar, fstar_tol, data and the functions. comm and name are filled before; so
   is dm where the problem is to be posed on a grid that there is. */
typedef struct {
  const char *name;
  const char *what; /* one line: what it is, and its source */
  PetscInt    n;    /* default size */
  PetscErrorCode (*create)(Problem, PetscInt n);
} ProblemInfo;

extern const ProblemInfo ProblemInfos[]; /* ended by a row with name NULL */

extern PetscErrorCode ProblemCreate(MPI_Comm comm, const char name[], PetscInt n, Problem *prob);
extern PetscErrorCode ProblemDestroy(Problem *prob);

/* collective; the problem for x: prob itself, or the same on the coarser grid of the DM of x, made
   where it is asked for first and destroyed with prob */
extern PetscErrorCode ProblemOn(Problem prob, Vec x, Problem *on);
extern PetscErrorCode ProblemListView(PetscViewer viewer);

/* -problem_saddle: start where symmetry makes the gradient vanish, or most of it */
extern PetscErrorCode ProblemStartsAtSaddle(PetscBool *saddle);

/* Collective, for what creates a problem from files: every rank raises the error of the first rank
   whose message is not empty. The hint says how to mend it. */
#define PROBLEM_MESSAGE 768
extern PetscErrorCode ProblemAgreeOnError(MPI_Comm comm, char message[PROBLEM_MESSAGE],
                                          const char hint[]);

#endif
