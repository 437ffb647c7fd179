/* SPDX-License-Identifier: BSD-2-Clause
   The problems as a shared library of plain arrays, for solvers that know nothing of PETSc.

   One process. Every function returns 0, or PETSc's error code after PETSc has printed the error.
   The first PeersCreate() starts PETSc; its options (of the problem) are words as on a command
   line. */
#include "problem.h"

typedef struct {
  Problem prob;
  Vec     x, v, y; /* the caller's arrays, copied: problems may keep what they know of a Vec */
} * Peers;

#define PEERS_EXTERN extern __attribute__((visibility("default")))
PEERS_EXTERN int PeersCreate(const char options[], const char name[], long n, Peers *peers);
PEERS_EXTERN int PeersSize(Peers peers, long *n);
PEERS_EXTERN int PeersStart(Peers peers, double x[]);
PEERS_EXTERN int PeersObjGrad(Peers peers, const double x[], double *f, double g[]);
PEERS_EXTERN int PeersHessVec(Peers peers, const double x[], const double v[], double Hv[]);
PEERS_EXTERN int PeersDestroy(Peers *peers);

/* Writes to the Vec, which makes it a new point, only where the array differs from it. */
static PetscErrorCode Put(const double array[], Vec x)
{
  const PetscScalar *old;
  PetscScalar *new;
  PetscInt  n;
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &old));
  PetscCall(PetscArraycmp(old, array, n, &same));
  PetscCall(VecRestoreArrayRead(x, &old));
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetArrayWrite(x, &new));
  PetscCall(PetscArraycpy(new, array, n));
  PetscCall(VecRestoreArrayWrite(x, &new));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Get(Vec x, double array[])
{
  const PetscScalar *values;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &values));
  PetscCall(PetscArraycpy(array, values, n));
  PetscCall(VecRestoreArrayRead(x, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersCreate(const char options[], const char name[], long n, Peers *peers)
{
  PetscBool started;

  PetscCall(PetscInitialized(&started));
  if (!started) PetscCall(PetscInitializeNoArguments());
  PetscFunctionBegin;
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(PetscNew(peers));
  PetscCall(ProblemCreate(PETSC_COMM_SELF, name, (PetscInt)n, &(*peers)->prob));
  PetscCall(VecDuplicate((*peers)->prob->x, &(*peers)->x));
  PetscCall(VecDuplicate((*peers)->x, &(*peers)->v));
  PetscCall(VecDuplicate((*peers)->x, &(*peers)->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersSize(Peers peers, long *n)
{
  PetscFunctionBegin;
  *n = (long)peers->prob->N;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersStart(Peers peers, double x[])
{
  PetscFunctionBegin;
  PetscCall((*peers->prob->start)(peers->prob, peers->y));
  PetscCall(Get(peers->y, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersObjGrad(Peers peers, const double x[], double *f, double g[])
{
  PetscFunctionBegin;
  PetscCall(Put(x, peers->x));
  PetscCall((*peers->prob->objgrad)(peers->prob, peers->x, f, peers->y));
  PetscCall(Get(peers->y, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersHessVec(Peers peers, const double x[], const double v[], double Hv[])
{
  PetscFunctionBegin;
  PetscCall(Put(x, peers->x));
  PetscCall(Put(v, peers->v));
  PetscCall((*peers->prob->hessvec)(peers->prob, peers->x, peers->v, peers->y));
  PetscCall(Get(peers->y, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int PeersDestroy(Peers *peers)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&(*peers)->x));
  PetscCall(VecDestroy(&(*peers)->v));
  PetscCall(VecDestroy(&(*peers)->y));
  PetscCall(ProblemDestroy(&(*peers)->prob));
  PetscCall(PetscFree(*peers));
  PetscFunctionReturn(PETSC_SUCCESS);
}
