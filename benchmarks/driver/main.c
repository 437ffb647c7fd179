/* SPDX-License-Identifier: BSD-2-Clause
   trustncg -problem NAME: solves a problem of the list with any TAO type and checks the answer. */
static char help[] =
  "Minimises a test problem with trustncg or any other TAO type, and checks the answer.\n"
  "  trustncg -problem minsurf -n 250000 -tao_view\n"
  "  trustncg -problem list\n\n";

#include "driver.h"
#include "driver/reductions.h"
#include "trustncg.h"
#include <sys/resource.h>

/* Exit codes; the last is the one of sysexits.h for what may succeed another time. */
enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_AGAIN = 75 };

static PetscErrorCode ReadSettings(Settings *s)
{
  const char *const ways[] = {"user", "fd"}, *const forms[] = {"shell", "coloured"};
  PetscInt way = 0, form = 0;

  PetscFunctionBegin;
  PetscOptionsBegin(PETSC_COMM_WORLD, NULL, "Driver of trustncg", NULL);
  PetscCall(PetscOptionsString("-problem", "Problem to solve; `list` prints them", NULL, s->problem,
                               s->problem, sizeof(s->problem), NULL));
  PetscCall(PetscOptionsInt("-n", "Unknowns, rounded to the problem's grid; 0: its default", NULL,
                            s->n, &s->n, NULL));
  PetscCall(PetscOptionsEList("-hessvec", "Hv by the problem's product or by differences", NULL,
                              ways, 2, ways[way], &way, NULL));
  PetscCall(PetscOptionsEList("-hessian",
                              "For TAO's own types: Hv in a shell, or a matrix on the "
                              "pattern of the DM from coloured differences of the gradient",
                              NULL, forms, 2, forms[form], &form, NULL));
  PetscCall(PetscOptionsReal("-rtol", "Stop at ||g|| <= rtol ||g(x0)||, 2-norms", NULL, s->rtol,
                             &s->rtol, NULL));
  PetscCall(PetscOptionsInt("-max_equivalents", "Most gradient-equivalents", NULL, s->budget,
                            &s->budget, NULL));
  PetscCall(PetscOptionsReal("-max_seconds", "Most seconds", NULL, s->seconds, &s->seconds, NULL));
  PetscCall(PetscOptionsReal("-noise", "Noise on the gradient, relative to ||g(x0)||", NULL,
                             s->noiseg, &s->noiseg, NULL));
  PetscCall(PetscOptionsReal("-noise_f", "Noise on f, relative to |f(x0)|", NULL, s->noisef,
                             &s->noisef, NULL));
  PetscCall(PetscOptionsBool("-noise_relative", "Noise relative to ||g(x)|| and |f(x)|", NULL,
                             s->relative, &s->relative, NULL));
  PetscCall(PetscOptionsInt("-noise_seed", "Seed of the noise", NULL, s->seed, &s->seed, NULL));
  PetscCall(PetscOptionsBool("-progress", "Print lines while it runs", NULL, s->progress,
                             &s->progress, NULL));
  PetscCall(PetscOptionsString("-start", "File with another start, as -solution writes it", NULL,
                               s->startfile, s->startfile, sizeof(s->startfile), NULL));
  PetscCall(PetscOptionsString("-json", "File for the outcome", NULL, s->json, s->json,
                               sizeof(s->json), NULL));
  PetscCall(PetscOptionsString("-csv", "CSV file for the iterations", NULL, s->history, s->history,
                               sizeof(s->history), NULL));
  PetscCall(PetscOptionsString("-solution", "File for x, in PETSc's binary format", NULL,
                               s->solution, s->solution, sizeof(s->solution), NULL));
  PetscOptionsEnd();
  s->user     = (PetscBool)(way == 0);
  s->coloured = (PetscBool)(form == 1);
  PetscCheck(s->rtol > 0.0 && s->rtol < 1.0, PETSC_COMM_WORLD, PETSC_ERR_ARG_OUTOFRANGE,
             "-rtol must be in (0, 1), not %g", (double)s->rtol);
  PetscCheck(s->n >= 0, PETSC_COMM_WORLD, PETSC_ERR_ARG_OUTOFRANGE,
             "-n must be positive, or 0 for the default, not %" PetscInt_FMT, s->n);
  PetscCheck(s->budget > 0 && s->seconds > 0.0, PETSC_COMM_WORLD, PETSC_ERR_ARG_OUTOFRANGE,
             "-max_equivalents and -max_seconds must be positive");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Another start; the stop rule still refers to the problem's own. */
static PetscErrorCode LoadStart(Driver *d)
{
  PetscViewer viewer;

  PetscFunctionBegin;
  if (!d->set.startfile[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscViewerBinaryOpen(d->prob->comm, d->set.startfile, FILE_MODE_READ, &viewer));
  PetscCall(VecLoad(d->x, viewer));
  PetscCall(PetscViewerDestroy(&viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DriverCreate(Driver *d)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  Vec      g;

  PetscFunctionBegin;
  PetscCall(ProblemCreate(comm, d->set.problem, d->set.n, &d->prob));
  PetscCall(PetscObjectReference((PetscObject)d->prob->x));
  d->x = d->prob->x;
  PetscCall((*d->prob->start)(d->prob, d->x));
  PetscCall(VecDuplicate(d->x, &g));
  PetscCall((*d->prob->objgrad)(d->prob, d->x, &d->f0, g)); /* the referee's, not counted */
  PetscCall(VecNorm(g, NORM_2, &d->gnorm0));
  PetscCall(VecDestroy(&g));
  PetscCall(LoadStart(d));
  PetscCall(DriverOpenHistory(d));
  PetscCall(TaoCreate(comm, &d->tao));
  PetscCall(TaoSetType(d->tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(d->tao, d->x));
  PetscCall(TaoSetMaximumIterations(d->tao, 1000000));
  PetscCall(TaoSetMaximumFunctionEvaluations(d->tao, -1));
  PetscCall(TaoSetTolerances(d->tao, 0.0, 0.0, d->set.rtol));
  PetscCall(TaoSetMonitor(d->tao, DriverMonitor, d, NULL));
  PetscCall(TaoSetFromOptions(d->tao));
  PetscCall(DriverSetCallbacks(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DriverDestroy(Driver *d)
{
  PetscFunctionBegin;
  if (d->historyfile) PetscCall(PetscFClose(d->prob->comm, d->historyfile));
  PetscCall(TaoDestroy(&d->tao));
  PetscCall(MatDestroy(&d->H));
  PetscCall(MatFDColoringDestroy(&d->colours));
  PetscCall(VecDestroy(&d->memo.x));
  PetscCall(VecDestroy(&d->memo.g));
  PetscCall(VecDestroy(&d->x));
  PetscCall(ProblemDestroy(&d->prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Recomputes f and the gradient at the solution, and compares with what the solver claims. The
   solver's own vector takes the gradient: there may be no room for another. */
static PetscErrorCode Verify(Driver *d, Outcome *out)
{
  PetscReal          f, gnorm, noisef, noiseg;
  Vec                g;
  TaoConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(TaoGetSolutionStatus(d->tao, &out->iterations, &f, &gnorm, NULL, NULL, &reason));
  out->reason = reason;
  PetscCall(TaoGetGradient(d->tao, &g, NULL, NULL));
  if (g) PetscCall(PetscObjectReference((PetscObject)g));
  else PetscCall(VecDuplicate(d->x, &g));
  PetscCall((*d->prob->objgrad)(d->prob, d->x, &out->f, g));
  PetscCall(VecNorm(g, NORM_2, &out->gnorm));
  PetscCall(VecDestroy(&g));
  noisef = 2.0 * d->set.noisef * PetscMax(PetscAbsReal(d->f0), PetscAbsReal(f));
  noiseg = 2.0 * d->set.noiseg * PetscMax(d->gnorm0, gnorm);
  if (reason <= 0) out->why_not = "the solver did not converge";
  else if (!(PetscAbsReal(out->f - f) <= noisef + 1e-12 * (1.0 + PetscAbsReal(f)))) {
    out->why_not = "f at the solution is not what the solver reports";
  } else if (!(PetscAbsReal(out->gnorm - gnorm) <= noiseg + 1e-6 * gnorm + 1e-14 * d->gnorm0)) {
    out->why_not = "the gradient at the solution is not what the solver reports";
  } else if (!(out->f <= d->f0)) out->why_not = "f is higher than at the start";
  else if (d->prob->fstar < PETSC_INFINITY &&
           !(out->f >=
             d->prob->fstar - d->prob->fstar_tol * (1.0 + PetscAbsReal(d->prob->fstar)))) {
    out->why_not = "f is below the known minimum";
  } else out->verified = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of this program: getrusage() may tell the peak of the one that started it. */
static PetscErrorCode PeakMemory(MPI_Comm comm, PetscReal *mb)
{
  FILE         *file = fopen("/proc/self/status", "r");
  struct rusage usage;
  char          line[128];
  double        kb;
  PetscReal     mine;

  PetscFunctionBegin;
  getrusage(RUSAGE_SELF, &usage);
  mine = (PetscReal)usage.ru_maxrss / 1024.0;
  while (file && fgets(line, sizeof(line), file)) {
    if (sscanf(line, "VmHWM: %lf", &kb) == 1) mine = (PetscReal)kb / 1024.0;
  }
  if (file) fclose(file);
  PetscCallMPI(MPI_Allreduce(&mine, mb, 1, MPIU_REAL, MPIU_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DriverSolve(Driver *d, Outcome *out)
{
  PetscLogDouble end;
  PetscReal      cpu;
  KSP            ksp;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(d->prob->comm));
  PetscCall(PetscTime(&d->start));
  d->shown       = d->start;
  d->reductions0 = ReductionCount();
  d->own         = 0;
  cpu            = (PetscReal)clock();
  PetscCall(TaoSolve(d->tao));
  cpu             = ((PetscReal)clock() - cpu - (PetscReal)d->own) / CLOCKS_PER_SEC;
  out->reductions = DriverReductions(d);
  PetscCall(PetscTime(&end));
  out->seconds = end - d->start;
  PetscCallMPI(MPI_Allreduce(&cpu, &out->cpu_seconds, 1, MPIU_REAL, MPIU_SUM, d->prob->comm));
  PetscCall(TaoGetKSP(d->tao, &ksp));
  if (ksp) PetscCall(KSPGetTotalIterations(ksp, &out->cg));
  PetscCall(PeakMemory(d->prob->comm, &out->rss_mb));
  PetscCall(Verify(d, out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Was it stopped by a signal? Then it is worth going on another time. */
static PetscErrorCode StoppedBySignal(Tao tao, PetscBool *stopped)
{
  TaoTrustNCGOutcome outcome;
  PetscBool          ours;

  PetscFunctionBegin;
  *stopped = PETSC_FALSE;
  PetscCall(PetscObjectTypeCompare((PetscObject)tao, TAOTRUSTNCG, &ours));
  if (!ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoTrustNCGGetOutcome(tao, &outcome, NULL));
  *stopped = (PetscBool)(outcome == TAO_TRUSTNCG_SIGNAL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *code)
{
  Driver d = {
    .set = {
      .problem = "minsurf", .user = PETSC_TRUE, .rtol = 1e-6, .budget = 1000000, .seconds = 1e6}};
  Outcome   out    = {0};
  PetscBool listed = PETSC_FALSE, stopped;

  PetscFunctionBegin;
  PetscCall(ReadSettings(&d.set));
  PetscCall(PetscStrcmp(d.set.problem, "list", &listed));
  if (listed) {
    PetscCall(ProblemListView(PETSC_VIEWER_STDOUT_WORLD));
    *code = EXIT_GOOD;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGInitializePackage());
  PetscCall(DriverCreate(&d));
  PetscCall(DriverSolve(&d, &out));
  PetscCall(DriverPrint(&d, &out));
  PetscCall(DriverWriteJSON(&d, &out));
  PetscCall(DriverWriteSolution(&d));
  PetscCall(StoppedBySignal(d.tao, &stopped));
  PetscCall(DriverDestroy(&d));
  if (out.verified) *code = EXIT_GOOD;
  else if (stopped) *code = EXIT_AGAIN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int code = EXIT_BAD;

  PetscCall(PetscInitialize(&argc, &argv, NULL, help));
  PetscCall(Run(&code));
  PetscCall(PetscFinalize());
  return code;
}
