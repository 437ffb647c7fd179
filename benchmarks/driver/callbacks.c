/* SPDX-License-Identifier: BSD-2-Clause
   The problem as TAO sees it, every call counted once.

   f and gradient are set together and apart. A solver that asks for f at a point and then for the
   gradient there (TAO's trust regions do) pays for one evaluation: the point asked for last is
   remembered. trustncg never asks twice, so for it nothing is remembered. */
#include "driver.h"
#include "driver/reductions.h"
#include "noise.h"
#include "trustncg.h"

PetscReal DriverEquivalents(const Driver *d)
{
  return (PetscReal)d->count.nf + d->count.ng + d->count.nfg + d->count.nhv;
}

/* Of the solver since the solve began: not those of the problem */
long DriverReductions(const Driver *d)
{
  return ReductionCount() - d->reductions0 - d->count.reductions;
}

/* What an inner solver with a tolerance would do to f and g. */
static PetscErrorCode AddNoise(Driver *d, Vec x, PetscReal *f, Vec g)
{
  PetscReal gnorm = d->gnorm0;
  uint64_t  point;

  PetscFunctionBegin;
  if (d->set.noiseg == 0.0 && d->set.noisef == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(NoiseOfPoint(x, &point));
  if (f) {
    *f +=
      d->set.noisef * PetscAbsReal(d->set.relative ? *f : d->f0) * NoiseScalar(point, d->set.seed);
  }
  if (!g) PetscFunctionReturn(PETSC_SUCCESS);
  if (d->set.relative) PetscCall(VecNorm(g, NORM_2, &gnorm));
  PetscCall(NoiseAdd(point, d->set.seed, d->set.noiseg * gnorm, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One call of the problem, counted; its reductions are its own. */
static PetscErrorCode Evaluate(Driver *d, Vec x, PetscReal *f, Vec g)
{
  const long before = ReductionCount();

  PetscFunctionBegin;
  PetscCall((*d->prob->objgrad)(d->prob, x, f, g));
  PetscCall(AddNoise(d, x, f, g));
  d->count.reductions += ReductionCount() - before;
  if (f && g) d->count.nfg++;
  else if (f) d->count.nf++;
  else d->count.ng++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is x the point asked for last? Compares every entry: vectors may be copies. */
static PetscErrorCode MemoKnows(Driver *d, Vec x, PetscBool *known)
{
  const long         before = ReductionCount();
  const PetscScalar *a, *b;
  PetscInt           n;
  PetscBool          same;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArrayRead(d->memo.x, &b));
  PetscCall(PetscArraycmp(a, b, n, &same));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCall(VecRestoreArrayRead(d->memo.x, &b));
  PetscCallMPI(MPI_Allreduce(&same, known, 1, MPIU_BOOL, MPI_LAND, d->prob->comm));
  d->count.reductions += ReductionCount() - before;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Remember(Driver *d, Vec x)
{
  PetscBool known;

  PetscFunctionBegin;
  PetscCall(MemoKnows(d, x, &known));
  if (known) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecCopy(x, d->memo.x));
  d->memo.have_f = d->memo.have_g = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FormFunctionGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Driver *d = (Driver *)ctx;
  Memo   *m = &d->memo;

  PetscFunctionBegin;
  if (!d->set.memo) {
    PetscCall(Evaluate(d, x, f, g));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Remember(d, x));
  if (!m->have_f || !m->have_g) PetscCall(Evaluate(d, x, &m->f, m->g));
  m->have_f = m->have_g = PETSC_TRUE;
  *f                    = m->f;
  PetscCall(VecCopy(m->g, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Who asks for f will ask for the gradient, if the point is good. */
static PetscErrorCode FormFunction(Tao tao, Vec x, PetscReal *f, void *ctx)
{
  Driver *d = (Driver *)ctx;
  Memo   *m = &d->memo;

  PetscFunctionBegin;
  PetscCall(Remember(d, x));
  if (!m->have_f) PetscCall(Evaluate(d, x, &m->f, m->g));
  m->have_f = m->have_g = PETSC_TRUE;
  *f                    = m->f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A gradient asked for at a new point is that of a difference: f is not wanted there. */
static PetscErrorCode FormGradient(Tao tao, Vec x, Vec g, void *ctx)
{
  Driver   *d     = (Driver *)ctx;
  PetscBool known = PETSC_FALSE;

  PetscFunctionBegin;
  if (d->set.memo) PetscCall(MemoKnows(d, x, &known));
  if (known && d->memo.have_g) PetscCall(VecCopy(d->memo.g, g));
  else PetscCall(Evaluate(d, x, NULL, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Product(Driver *d, Vec x, Vec v, Vec Hv)
{
  const long before = ReductionCount();

  PetscFunctionBegin;
  PetscCall((*d->prob->hessvec)(d->prob, x, v, Hv));
  d->count.reductions += ReductionCount() - before;
  d->count.nhv++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FormHessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(Product((Driver *)ctx, x, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShellMult(Mat H, Vec v, Vec Hv)
{
  Driver *d;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &d));
  PetscCall(Product(d, d->at, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FormHessian(Tao tao, Vec x, Mat H, Mat P, void *ctx)
{
  PetscFunctionBegin;
  ((Driver *)ctx)->at = x;
  PetscCall(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY)); /* a new operator: its object state grows */
  PetscCall(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The Hessian for TAO's own types: a shell around the problem's product, or PETSc's differences. */
static PetscErrorCode SetMat(Driver *d)
{
  PetscInt n;

  PetscFunctionBegin;
  if (d->set.user) {
    PetscCall(VecGetLocalSize(d->x, &n));
    PetscCall(MatCreateShell(d->prob->comm, n, n, d->prob->N, d->prob->N, d, &d->shell));
    PetscCall(MatShellSetOperation(d->shell, MATOP_MULT, (void (*)(void))ShellMult));
    PetscCall(MatSetOption(d->shell, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(TaoSetHessian(d->tao, d->shell, d->shell, FormHessian, d));
  } else {
    PetscCall(MatCreate(d->prob->comm, &d->shell));
    PetscCall(TaoSetHessian(d->tao, d->shell, d->shell, TaoDefaultComputeHessianMFFD, d));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After the type of the Tao is known. */
PetscErrorCode DriverSetCallbacks(Driver *d)
{
  PetscBool ours;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)d->tao, TAOTRUSTNCG, &ours));
  d->set.memo = (PetscBool)!ours;
  PetscCall(TaoSetObjectiveAndGradient(d->tao, NULL, FormFunctionGradient, d));
  PetscCall(TaoSetGradient(d->tao, NULL, FormGradient, d));
  if (ours && d->set.user) PetscCall(TaoTrustNCGSetHessianVector(d->tao, FormHessianVector, d));
  if (ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoSetObjective(d->tao, FormFunction, d));
  PetscCall(VecDuplicate(d->x, &d->memo.x));
  PetscCall(VecDuplicate(d->x, &d->memo.g));
  PetscCall(VecSet(d->memo.x, PETSC_INFINITY));
  PetscCall(SetMat(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}
