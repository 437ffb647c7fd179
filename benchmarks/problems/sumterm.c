/* SPDX-License-Identifier: BSD-2-Clause
   A term of all unknowns on top of a problem: a dense Hessian for one reduction of one number. */
#include "sumterm.h"
#include <petscvec.h>

typedef struct {
  struct _n_Problem base; /* the problem without the term */
  const SumTerm    *term;
} Sum;

/* How many of this rank's unknowns are in S */
static PetscErrorCode Counted(Problem prob, const SumTerm *term, PetscInt *n)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(prob->x, &lo, &hi));
  *n = PetscMax(0, PetscMin(hi, prob->N - term->skip) - lo);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums: S, and, if v is not NULL, its derivative along v */
static PetscErrorCode Reduce(Problem prob, const SumTerm *term, Vec x, Vec v, PetscReal sums[2])
{
  const PetscScalar *xa, *va = NULL;
  PetscReal          mine[2] = {0.0, 0.0};
  PetscInt           n       = 0;

  PetscFunctionBegin;
  PetscCall(Counted(prob, term, &n));
  PetscCall(VecGetArrayRead(x, &xa));
  if (v) PetscCall(VecGetArrayRead(v, &va));
  for (PetscInt i = 0; i < n; i++) mine[0] += term->squares ? xa[i] * xa[i] : xa[i];
  for (PetscInt i = 0; v && i < n; i++) mine[1] += term->squares ? 2.0 * xa[i] * va[i] : va[i];
  if (v) PetscCall(VecRestoreArrayRead(v, &va));
  PetscCall(VecRestoreArrayRead(x, &xa));
  PetscCallMPI(MPI_Allreduce(mine, sums, v ? 2 : 1, MPIU_REAL, MPIU_SUM, prob->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y := y + a S'(x) + b S'' v */
static PetscErrorCode AddDerivative(Problem prob, const SumTerm *term, PetscReal a, Vec x,
                                    PetscReal b, Vec v, Vec y)
{
  const PetscScalar *xa, *va;
  PetscScalar       *ya;
  PetscInt           n = 0;

  PetscFunctionBegin;
  PetscCall(Counted(prob, term, &n));
  PetscCall(VecGetArrayRead(x, &xa));
  PetscCall(VecGetArrayRead(v, &va));
  PetscCall(VecGetArray(y, &ya));
  for (PetscInt i = 0; i < n; i++) ya[i] += term->squares ? 2.0 * (a * xa[i] + b * va[i]) : a;
  PetscCall(VecRestoreArray(y, &ya));
  PetscCall(VecRestoreArrayRead(v, &va));
  PetscCall(VecRestoreArrayRead(x, &xa));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g := g + h' S' */
static PetscErrorCode SumObjGrad(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Sum      *sum = (Sum *)prob->data;
  PetscReal S[2], h[3];

  PetscFunctionBegin;
  PetscCall(sum->base.objgrad(&sum->base, x, f, g));
  PetscCall(Reduce(prob, sum->term, x, NULL, S));
  sum->term->outer(prob->N, S[0], h);
  if (f) *f += h[0];
  if (g) PetscCall(AddDerivative(prob, sum->term, h[1], x, 0.0, x, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Hv := Hv + h'' (S'.v) S' + h' S'' v */
static PetscErrorCode SumHessVec(Problem prob, Vec x, Vec v, Vec Hv)
{
  Sum      *sum = (Sum *)prob->data;
  PetscReal S[2], h[3];

  PetscFunctionBegin;
  PetscCall(sum->base.hessvec(&sum->base, x, v, Hv));
  PetscCall(Reduce(prob, sum->term, x, v, S));
  sum->term->outer(prob->N, S[0], h);
  PetscCall(AddDerivative(prob, sum->term, h[2] * S[1], x, h[1], v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumStart(Problem prob, Vec x)
{
  Sum *sum = (Sum *)prob->data;

  PetscFunctionBegin;
  PetscCall(sum->base.start(&sum->base, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x and dm belong to the problem on top */
static PetscErrorCode SumDestroy(Problem prob)
{
  Sum *sum = (Sum *)prob->data;

  PetscFunctionBegin;
  if (sum->base.destroy) PetscCall(sum->base.destroy(&sum->base));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SumTermAdd(Problem prob, const SumTerm *term)
{
  Sum *sum;

  PetscFunctionBegin;
  PetscCall(PetscNew(&sum));
  sum->base     = *prob;
  sum->term     = term;
  prob->data    = sum;
  prob->start   = SumStart;
  prob->objgrad = SumObjGrad;
  prob->hessvec = SumHessVec;
  prob->destroy = SumDestroy;
  PetscFunctionReturn(PETSC_SUCCESS);
}
