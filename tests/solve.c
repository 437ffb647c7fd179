/* SPDX-License-Identifier: BSD-2-Clause
   A problem of the list solved by trustncg, with what the tests want to know of it. */
#include "solve.h"
#include "noise.h"

/* Is this the rank with the fault? */
static PetscBool Chosen(const Run *run)
{
  PetscMPIInt rank, size;

  (void)MPI_Comm_rank(run->prob->comm, &rank);
  (void)MPI_Comm_size(run->prob->comm, &size);
  return (PetscBool)(run->fault.rank == 0 || rank + 1 == PetscMin(run->fault.rank, size));
}

static PetscBool Struck(const Run *run, PetscInt from, PetscInt call)
{
  const PetscInt only = run->fault.only;

  return (PetscBool)(from > 0 && call >= from && (only == 0 || call < from + only) && Chosen(run));
}

/* An error in the call with the number `bad`. The others come later, as if one had kept them. */
static PetscErrorCode Fail(const Run *run, PetscInt bad, PetscInt call)
{
  PetscFunctionBegin;
  if (bad == 0 || call != bad) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(!Chosen(run), PETSC_COMM_SELF, PETSC_ERR_USER, "an error on purpose");
  if (run->fault.wait) (*run->fault.wait)();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Spoil(Vec v, PetscReal value)
{
  PetscScalar *a;
  PetscInt     n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(v, &n));
  PetscCall(VecGetArray(v, &a));
  if (n > 0) a[0] = value;
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddNoise(const Fault *fault, Vec x, PetscReal *f, Vec g)
{
  PetscReal size = fault->noiseg;
  uint64_t  point;

  PetscFunctionBegin;
  if (fault->noisef == 0.0 && size == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(NoiseOfPoint(x, &point));
  if (f) *f += fault->noisef * NoiseScalar(point, 1);
  if (!g) PetscFunctionReturn(PETSC_SUCCESS);
  if (size < 0.0) {
    PetscCall(VecNorm(g, NORM_2, &size));
    size *= -fault->noiseg;
  }
  PetscCall(NoiseAdd(point, 1, size, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The problem on the grid of x; what that costs is counted by its share of the unknowns. */
static PetscErrorCode Pose(Run *run, Vec x, Problem *prob)
{
  PetscFunctionBegin;
  PetscCall(ProblemOn(run->prob, x, prob));
  run->work += (PetscReal)(*prob)->N / (PetscReal)run->prob->N;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(Run *run, Tao tao, Vec x, PetscReal *f, Vec g)
{
  const PetscReal scale  = run->fault.scale != 0.0 ? run->fault.scale : 1.0;
  const long      before = ReductionCount();
  const PetscInt  call   = run->nf + run->ng + run->nfg;
  Problem         prob;

  PetscFunctionBegin;
  PetscCall(Pose(run, x, &prob));
  PetscCall((*prob->objgrad)(prob, x, f, g));
  run->reductions += ReductionCount() - before;
  if (g) PetscCall(VecScale(g, scale));
  if (f) *f = Struck(run, run->fault.f, call) ? run->fault.value : scale * *f + run->fault.shift;
  if (f) *f *= 1.0 + run->fault.jitter * PetscGlobalRank;
  PetscCall(AddNoise(&run->fault, x, f, g));
  if (g && Struck(run, run->fault.g, call)) PetscCall(Spoil(g, run->fault.value));
  if (Struck(run, run->fault.outside, call)) PetscCall(TaoTrustNCGSetDomainError(tao));
  PetscCall(Fail(run, run->fault.failure, call));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjectiveGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  PetscFunctionBegin;
  ((Run *)ctx)->nfg++;
  PetscCall(Evaluate((Run *)ctx, tao, x, f, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Objective(Tao tao, Vec x, PetscReal *f, void *ctx)
{
  PetscFunctionBegin;
  ((Run *)ctx)->nf++;
  PetscCall(Evaluate((Run *)ctx, tao, x, f, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Gradient(Tao tao, Vec x, Vec g, void *ctx)
{
  PetscFunctionBegin;
  ((Run *)ctx)->ng++;
  PetscCall(Evaluate((Run *)ctx, tao, x, NULL, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Run            *run    = (Run *)ctx;
  const PetscReal scale  = run->fault.scale != 0.0 ? run->fault.scale : 1.0;
  const long      before = ReductionCount();
  Problem         prob;

  PetscFunctionBegin;
  run->nhv++;
  PetscCall(Pose(run, x, &prob));
  PetscCall((*prob->hessvec)(prob, x, v, Hv));
  run->reductions += ReductionCount() - before;
  PetscCall(VecScale(Hv, scale));
  if (Struck(run, run->fault.hv, run->nhv)) PetscCall(Spoil(Hv, run->fault.value));
  if (Struck(run, run->fault.hvout, run->nhv)) PetscCall(TaoTrustNCGSetDomainError(tao));
  PetscCall(Fail(run, run->fault.error, run->nhv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShellMult(Mat H, Vec v, Vec Hv)
{
  Run *run;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &run));
  PetscCall(HessianVector(run->tao, run->x, v, Hv, run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hessian(Tao tao, Vec x, Mat H, Mat P, void *ctx)
{
  PetscFunctionBegin;
  PetscCall(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  PetscCall(Fail((Run *)ctx, ((Run *)ctx)->fault.hessian, ++((Run *)ctx)->nhessian));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Note(Tao tao, void *ctx)
{
  Run *run = (Run *)ctx;

  PetscFunctionBegin;
  if (run->its < HISTORY) {
    PetscCall(
      TaoGetSolutionStatus(tao, NULL, &run->f[run->its], &run->gnorm[run->its], NULL, NULL, NULL));
    run->its++;
  }
  PetscCall(Fail(run, run->fault.monitor, run->its));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetHessian(Run *run, HvWay way)
{
  PetscInt n;

  PetscFunctionBegin;
  if (way == HV_USER) PetscCall(TaoTrustNCGSetHessianVector(run->tao, HessianVector, run));
  if (way != HV_MAT) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetLocalSize(run->x, &n));
  PetscCall(MatCreateShell(run->prob->comm, n, n, run->prob->N, run->prob->N, run, &run->shell));
  PetscCall(MatShellSetOperation(run->shell, MATOP_MULT, (void (*)(void))ShellMult));
  PetscCall(TaoSetHessian(run->tao, run->shell, run->shell, Hessian, run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode RunCreate(MPI_Comm comm, const char name[], PetscInt n, HvWay way, PetscBool apart,
                         Run *run)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(run, sizeof(*run)));
  PetscCall(ProblemCreate(comm, name, n, &run->prob));
  PetscCall(VecDuplicate(run->prob->x, &run->x));
  PetscCall((*run->prob->start)(run->prob, run->x));
  PetscCall(TaoCreate(comm, &run->tao));
  PetscCall(TaoSetType(run->tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(run->tao, run->x));
  if (apart) {
    PetscCall(TaoSetObjective(run->tao, Objective, run));
    PetscCall(TaoSetGradient(run->tao, NULL, Gradient, run));
  } else {
    PetscCall(TaoSetObjectiveAndGradient(run->tao, NULL, ObjectiveGradient, run));
  }
  PetscCall(SetHessian(run, way));
  PetscCall(TaoSetTolerances(run->tao, 0.0, 0.0, 1e-6));
  PetscCall(TaoSetMonitor(run->tao, Note, run, NULL));
  PetscCall(TaoSetFromOptions(run->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode RunCreateWith(const char option[], const char value[], const char name[], PetscInt n,
                             HvWay way, Run *run)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, option, value));
  PetscCall(RunCreate(PETSC_COMM_WORLD, name, n, way, PETSC_FALSE, run));
  PetscCall(PetscOptionsClearValue(NULL, option));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode RunDestroy(Run *run)
{
  PetscFunctionBegin;
  PetscCall(TaoDestroy(&run->tao));
  PetscCall(MatDestroy(&run->shell));
  PetscCall(VecDestroy(&run->x));
  PetscCall(ProblemDestroy(&run->prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

TaoConvergedReason RunReason(const Run *run)
{
  TaoConvergedReason reason;

  ckm_ok(TaoGetConvergedReason(run->tao, &reason));
  return reason;
}

TaoTrustNCGLedger RunLedger(const Run *run)
{
  TaoTrustNCGLedger ledger;

  ckm_ok(TaoTrustNCGGetLedger(run->tao, &ledger));
  return ledger;
}

PetscErrorCode RunSays(const Run *run, const char words[], PetscBool *says)
{
  PetscViewer viewer;
  const char *text = NULL;
  char        said[8192];
  char       *at = NULL;
  FILE       *file;
  size_t      read;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIOpenWithFILE(PETSC_COMM_WORLD, file = tmpfile(), &viewer));
  PetscCall(TaoView(run->tao, viewer));
  PetscCall(PetscViewerFlush(viewer));
  rewind(file);
  read       = fread(said, 1, sizeof(said) - 1, file);
  said[read] = '\0';
  text       = said;
  PetscCall(PetscStrstr(text, words, &at));
  *says = (PetscBool)(at != NULL);
  PetscCallMPI(MPI_Bcast(says, 1, MPIU_BOOL, 0, PETSC_COMM_WORLD));
  PetscCall(PetscViewerDestroy(&viewer));
  fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void RunHasConverged(const Run *run, PetscReal most)
{
  ckm_assert(RunReason(run) > 0);
  ckm_assert(RunLedger(run).equivalents <= most);
}

int SameHistory(const Run *all, const Run *rest, PetscInt from)
{
  int same = all->its == from + rest->its;

  for (PetscInt i = 0; same && i < rest->its; i++) {
    same = all->f[from + i] == rest->f[i] && all->gnorm[from + i] == rest->gnorm[i];
  }
  return same;
}
