/* SPDX-License-Identifier: BSD-2-Clause
   The problem as TAO sees it, every call counted once, and the rule that ends a solve.

   f and gradient are set together and apart. A solver that asks for f at a point and then for the
   gradient there (TAO's trust regions do) pays for one evaluation: the point asked for last is
   remembered. trustncg never asks twice, so for it nothing is remembered. */
#include "driver.h"
#include "driver/reductions.h"
#include "noise.h"
#include "trustncg.h"

PetscReal DriverEquivalents(const Driver *d)
{
  return (PetscReal)d->count.nf + d->count.ng + d->count.nfg + d->count.nhv + d->count.coarse;
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

/* The problem on the grid of x, and a call of it counted: on a coarser grid by its share. */
static PetscErrorCode Pose(Driver *d, Vec x, PetscInt *count, Problem *prob)
{
  PetscFunctionBegin;
  PetscCall(ProblemOn(d->prob, x, prob));
  if (*prob == d->prob) ++*count;
  else d->count.coarse += (PetscReal)(*prob)->N / (PetscReal)d->prob->N;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One call of the problem, counted; its reductions are its own. */
static PetscErrorCode Evaluate(Driver *d, Vec x, PetscReal *f, Vec g)
{
  const long before = ReductionCount();
  PetscInt  *count  = f && g ? &d->count.nfg : f ? &d->count.nf : &d->count.ng;
  Problem    prob;

  PetscFunctionBegin;
  PetscCall(Pose(d, x, count, &prob));
  PetscCall((*prob->objgrad)(prob, x, f, g));
  PetscCall(AddNoise(d, x, f, g));
  d->count.reductions += ReductionCount() - before;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is x the point asked for last? Compares every entry: vectors may be copies. */
static PetscErrorCode MemoKnows(Driver *d, Vec x, PetscBool *known)
{
  const long         before = ReductionCount();
  const clock_t      start  = clock();
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
  d->own += clock() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* To or from the memo: the driver's own work, not the solver's */
static PetscErrorCode Copy(Driver *d, Vec from, Vec to)
{
  const clock_t start = clock();

  PetscFunctionBegin;
  PetscCall(VecCopy(from, to));
  d->own += clock() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Remember(Driver *d, Vec x)
{
  PetscBool known;

  PetscFunctionBegin;
  PetscCall(MemoKnows(d, x, &known));
  if (known) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Copy(d, x, d->memo.x));
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
  PetscCall(Copy(d, m->g, g));
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
  if (known && d->memo.have_g) PetscCall(Copy(d, d->memo.g, g));
  else PetscCall(Evaluate(d, x, NULL, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Product(Driver *d, Vec x, Vec v, Vec Hv)
{
  const long before = ReductionCount();
  Problem    prob;

  PetscFunctionBegin;
  PetscCall(Pose(d, x, &d->count.nhv, &prob));
  PetscCall((*prob->hessvec)(prob, x, v, Hv));
  d->count.reductions += ReductionCount() - before;
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

/* Differences of the gradient, one a colour */
static PetscErrorCode FormColoured(Tao tao, Vec x, Mat H, Mat P, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(MatFDColoringApply(H, ((Driver *)ctx)->colours, x, tao));
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

/* A shell around the problem's product, or PETSc's differences */
static PetscErrorCode CreateShell(Driver *d)
{
  PetscInt n;

  PetscFunctionBegin;
  if (d->set.user) {
    PetscCall(VecGetLocalSize(d->x, &n));
    PetscCall(MatCreateShell(d->prob->comm, n, n, d->prob->N, d->prob->N, d, &d->H));
    PetscCall(MatShellSetOperation(d->H, MATOP_MULT, (void (*)(void))ShellMult));
    PetscCall(MatSetOption(d->H, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(TaoSetHessian(d->tao, d->H, d->H, FormHessian, d));
  } else {
    PetscCall(MatCreate(d->prob->comm, &d->H));
    PetscCall(TaoSetHessian(d->tao, d->H, d->H, TaoDefaultComputeHessianMFFD, d));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of an elasticity problem, a vector of as many components as coordinates: multigrid needs them. */
static PetscErrorCode SetRigidMotions(DM dm, Mat H)
{
  Vec          coordinates;
  MatNullSpace motions;
  PetscInt     dim, block;

  PetscFunctionBegin;
  PetscCall(DMGetCoordinates(dm, &coordinates));
  PetscCall(DMGetDimension(dm, &dim));
  PetscCall(DMGetBlockSize(dm, &block));
  if (!coordinates || dim != block) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatNullSpaceCreateRigidBody(coordinates, &motions));
  PetscCall(MatSetNearNullSpace(H, motions));
  PetscCall(MatNullSpaceDestroy(&motions));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A matrix on the DM's pattern: each colour costs a gradient, products with it nothing. DMDA's own
   colouring would do on most grids, but not on periodic ones of any side. */
static PetscErrorCode CreateColoured(Driver *d)
{
  MatColoring mc;
  ISColoring  colouring;

  PetscFunctionBegin;
  PetscCheck(d->prob->dm, d->prob->comm, PETSC_ERR_SUP,
             "-hessian coloured needs a problem on a grid; '%s' has none", d->prob->name);
  PetscCall(DMSetMatType(d->prob->dm, MATAIJ));
  PetscCall(DMCreateMatrix(d->prob->dm, &d->H));
  PetscCall(MatSetOption(d->H, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatColoringCreate(d->H, &mc));
  PetscCall(MatColoringSetDistance(mc, 2));
  PetscCall(MatColoringSetType(mc, MATCOLORINGSL));
  PetscCall(MatColoringSetFromOptions(mc));
  PetscCall(MatColoringApply(mc, &colouring));
  PetscCall(MatColoringDestroy(&mc));
  PetscCall(MatFDColoringCreate(d->H, colouring, &d->colours));
  PetscCall(
    MatFDColoringSetFunction(d->colours, (PetscErrorCode(*)(void))(void (*)(void))FormGradient, d));
  PetscCall(MatFDColoringSetFromOptions(d->colours));
  PetscCall(MatFDColoringSetUp(d->H, colouring, d->colours));
  PetscCall(ISColoringDestroy(&colouring));
  PetscCall(SetRigidMotions(d->prob->dm, d->H));
  PetscCall(TaoSetHessian(d->tao, d->H, d->H, FormColoured, d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||g|| at the iterate: where there is noise, the true one, by the referee, not counted. */
static PetscErrorCode TrueNorm(Driver *d, PetscReal *gnorm)
{
  Vec x, g;

  PetscFunctionBegin;
  PetscCall(TaoGetSolutionStatus(d->tao, NULL, NULL, gnorm, NULL, NULL, NULL));
  if (d->set.noiseg == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoGetSolution(d->tao, &x));
  PetscCall(VecDuplicate(x, &g));
  PetscCall((*d->prob->objgrad)(d->prob, x, NULL, g));
  PetscCall(VecNorm(g, NORM_2, gnorm));
  PetscCall(VecDestroy(&g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The stop rule of every comparison, the same for every solver: ||g|| <= rtol ||g(x0)|| with the
   true g(x0), where TAO's own test may start over from a later point. Then TAO's other tests. */
static PetscErrorCode StopRule(Tao tao, void *ctx)
{
  Driver            *d = (Driver *)ctx;
  PetscReal          gnorm;
  PetscLogDouble     now;
  double             elapsed;
  TaoConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(TaoGetSolutionStatus(tao, NULL, NULL, NULL, NULL, NULL, &reason));
  if (reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrueNorm(d, &gnorm));
  PetscCall(PetscTime(&now));
  elapsed = now - d->start;
  PetscCallMPI(MPI_Bcast(&elapsed, 1, MPI_DOUBLE, 0, d->prob->comm));
  if (gnorm <= d->set.rtol * d->gnorm0) reason = TAO_CONVERGED_GTTOL;
  else if (DriverEquivalents(d) >= (PetscReal)d->set.budget) reason = TAO_DIVERGED_MAXFCN;
  else if (elapsed >= d->set.seconds) reason = TAO_DIVERGED_USER;
  if (reason != TAO_CONTINUE_ITERATING) {
    PetscCall(TaoSetConvergedReason(tao, reason));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TaoSetTolerances(tao, PETSC_DEFAULT, PETSC_DEFAULT, 0.0));
  PetscCall(TaoDefaultConvergenceTest(tao, NULL));
  PetscCall(TaoSetTolerances(tao, PETSC_DEFAULT, PETSC_DEFAULT, d->set.rtol));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After the type of the Tao is known. */
PetscErrorCode DriverSetCallbacks(Driver *d)
{
  PetscBool ours;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)d->tao, TAOTRUSTNCG, &ours));
  d->set.memo = (PetscBool)!ours;
  PetscCall(TaoSetConvergenceTest(d->tao, StopRule, d));
  PetscCall(TaoSetObjectiveAndGradient(d->tao, NULL, FormFunctionGradient, d));
  PetscCall(TaoSetGradient(d->tao, NULL, FormGradient, d));
  if (ours && d->set.user) PetscCall(TaoTrustNCGSetHessianVector(d->tao, FormHessianVector, d));
  if (ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoSetObjective(d->tao, FormFunction, d));
  PetscCall(VecDuplicate(d->x, &d->memo.x));
  PetscCall(VecDuplicate(d->x, &d->memo.g));
  PetscCall(VecSet(d->memo.x, PETSC_INFINITY));
  if (d->set.coloured) PetscCall(CreateColoured(d));
  else PetscCall(CreateShell(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}
