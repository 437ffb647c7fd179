/* SPDX-License-Identifier: BSD-2-Clause
   cgbench: what an iteration of CG costs besides the product, KSPTRUSTCG beside PETSc's KSPSTCG.

   Solves the torsion problem's Newton system for a fixed number of iterations, each solver in
   turn, and reports medians of processor time. The time inside the product is measured in the same
   solves and taken off. The bound is the time of as many passes over a vector as the solver makes,
   at the speed of a += s b over as many bytes as the solve holds, measured in the same turns.

     cgbench [-n 40000,1000000,4000000] [-its 50] [-repeats 7] [-csv FILE]
     cgbench -latency 1e-4,1e-3 [-n ...]       iterations a second where reductions take so long */
#include <petscksp.h>
#include "driver/reductions.h"
#include "problem.h"
#include "stream.h"
#include "trustncg.h"

enum { SIZES = 16, REPEATS_MAX = 101 };

typedef struct {
  const char *name;
  KSPType     type;
  const char *options; /* with the prefix bench_ */
  PetscInt    passes;  /* vectors read or written in an iteration, by count of its loops */
  PetscInt    flops;   /* an unknown and iteration */
} Solver;

/* KSPSTCG: d, r and p updated, M^-1 r copied, r'z and p'Ap; by default also d'd, z'z, d'p, p'p */
static const Solver Solvers[] = {
  {"trustcg 1", KSPTRUSTCG, "", 7, 16},
  {"trustcg overlapped", KSPTRUSTCG, "-bench_ksp_trustcg_reductions overlapped", 13, 18},
  {"stcg natural", KSPSTCG, "-bench_ksp_cg_dtype preconditioned -bench_ksp_norm_type natural", 15,
   10},
  {"stcg none", KSPSTCG, "-bench_ksp_cg_dtype preconditioned -bench_ksp_norm_type none", 15, 10},
  {"stcg default", KSPSTCG, "", 20, 18}};

enum { SOLVERS = sizeof(Solvers) / sizeof(Solvers[0]), FORMS = 2 };

typedef struct {
  Problem prob;
  Vec     x, b, d;
  Mat     A;
  KSP     ksp[SOLVERS];
  Stream  stream;
  double  product;                    /* seconds inside the product so far */
  double  time[SOLVERS][REPEATS_MAX]; /* of an iteration without its product */
  double  hv[SOLVERS][REPEATS_MAX];   /* of its product */
  double  triad[REPEATS_MAX], pass[REPEATS_MAX];
  double  reductions[SOLVERS]; /* of an iteration */
} Bench;

static PetscErrorCode Product(Mat A, Vec v, Vec Av)
{
  const double start = ReductionTime();
  Bench       *bench;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &bench));
  PetscCall(bench->prob->hessvec(bench->prob, bench->x, v, Av));
  bench->product += ReductionTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateKSP(Bench *bench, const Solver *solver, PetscInt its, KSP *ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PETSC_COMM_WORLD, ksp));
  PetscCall(KSPSetOptionsPrefix(*ksp, "bench_"));
  PetscCall(KSPSetOperators(*ksp, bench->A, bench->A));
  PetscCall(KSPSetType(*ksp, solver->type));
  PetscCall(KSPGetPC(*ksp, &pc));
  PetscCall(PCSetType(pc, PCNONE));
  PetscCall(PetscOptionsInsertString(NULL, solver->options));
  PetscCall(KSPSetFromOptions(*ksp));
  PetscCall(PetscOptionsClearValue(NULL, "-bench_ksp_trustcg_reductions"));
  PetscCall(PetscOptionsClearValue(NULL, "-bench_ksp_cg_dtype"));
  PetscCall(PetscOptionsClearValue(NULL, "-bench_ksp_norm_type"));
  PetscCall(KSPSetTolerances(*ksp, 0.0, 0.0, PETSC_MAX_REAL, its));
  PetscCall(KSPCGSetRadius(*ksp, 1e10)); /* never reached, always tested */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BenchCreate(PetscInt n, PetscInt its, Bench *bench)
{
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(bench, sizeof(*bench)));
  PetscCall(ProblemCreate(PETSC_COMM_WORLD, "torsion", n, &bench->prob));
  PetscCall(VecDuplicate(bench->prob->x, &bench->x));
  PetscCall(VecDuplicate(bench->x, &bench->b));
  PetscCall(VecDuplicate(bench->x, &bench->d));
  PetscCall(bench->prob->start(bench->prob, bench->x));
  PetscCall(bench->prob->objgrad(bench->prob, bench->x, NULL, bench->b));
  PetscCall(VecGetLocalSize(bench->x, &local));
  PetscCall(MatCreateShell(PETSC_COMM_WORLD, local, local, bench->prob->N, bench->prob->N, bench,
                           &bench->A));
  PetscCall(MatShellSetOperation(bench->A, MATOP_MULT, (void (*)(void))Product));
  for (int s = 0; s < SOLVERS; s++) {
    PetscCall(CreateKSP(bench, &Solvers[s], its, &bench->ksp[s]));
  }
  PetscCall(StreamCreate(local, 2, &bench->stream));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BenchDestroy(Bench *bench)
{
  PetscFunctionBegin;
  PetscCall(StreamDestroy(&bench->stream));
  for (int s = 0; s < SOLVERS; s++) PetscCall(KSPDestroy(&bench->ksp[s]));
  PetscCall(MatDestroy(&bench->A));
  PetscCall(VecDestroy(&bench->x));
  PetscCall(VecDestroy(&bench->b));
  PetscCall(VecDestroy(&bench->d));
  PetscCall(ProblemDestroy(&bench->prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One solve of its iterations: seconds an iteration on the slowest rank, with and in the product */
static PetscErrorCode Solve(Bench *bench, int s, PetscInt its, double seconds[2])
{
  const long before = ReductionCount();
  double     start;
  PetscInt   done;

  PetscFunctionBegin;
  bench->product = 0.0;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  start = ReductionTime();
  PetscCall(KSPSolve(bench->ksp[s], bench->b, bench->d));
  seconds[0]           = (ReductionTime() - start) / (double)its;
  seconds[1]           = bench->product / (double)its;
  bench->reductions[s] = (double)(ReductionCount() - before) / (double)its;
  PetscCall(KSPGetIterationNumber(bench->ksp[s], &done));
  PetscCheck(done == its, PETSC_COMM_WORLD, PETSC_ERR_PLIB,
             "%s made %" PetscInt_FMT " iterations, not %" PetscInt_FMT ": use a larger -n or "
             "smaller -its",
             Solvers[s].name, done, its);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 2, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All solvers and the stream in turn, `repeats` times after a first one that is not counted */
static PetscErrorCode Measure(Bench *bench, PetscInt its, PetscInt repeats)
{
  double seconds[2];

  PetscFunctionBegin;
  for (PetscInt k = -1; k < repeats; k++) {
    const PetscInt at = PetscMax(k, 0);

    PetscCall(StreamTriad(bench->stream, &bench->triad[at]));
    PetscCall(StreamUpdate(bench->stream, &bench->pass[at]));
    bench->pass[at] /= 3.0;
    for (int s = 0; s < SOLVERS; s++) {
      PetscCall(Solve(bench, s, its, seconds));
      bench->hv[s][at]   = seconds[1];
      bench->time[s][at] = seconds[0] - seconds[1];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Least(PetscInt n, const double values[])
{
  double least = values[0];

  for (PetscInt k = 1; k < n; k++) least = PetscMin(least, values[k]);
  return least;
}

static double Median(PetscInt n, const double values[])
{
  PetscReal sorted[REPEATS_MAX];

  for (PetscInt k = 0; k < n; k++) sorted[k] = values[k];
  PetscCallAbort(PETSC_COMM_SELF, PetscSortReal(n, sorted));
  return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/* The median of the ratios of turns, which a machine that others use spoils less than the ratio of
   medians */
static double MedianRatio(PetscInt n, const double a[], const double b[])
{
  double ratios[REPEATS_MAX];

  for (PetscInt k = 0; k < n; k++) ratios[k] = a[k] / b[k];
  return Median(n, ratios);
}

static PetscErrorCode Report(const Bench *bench, PetscInt repeats, FILE *csv)
{
  const double n = (double)bench->prob->N, nano = 1e9 / n;
  const double pass = Median(repeats, bench->pass), triad = Median(repeats, bench->triad);

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "n %" PetscInt_FMT ", %d ranks: triad %.1f GB/s, a pass in place %.3f ns "
                        "(%.1f GB/s)\n",
                        bench->prob->N, PetscGlobalSize, 24e-9 * n / triad, nano * pass,
                        8e-9 * n / pass));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-20s %8s %8s %8s %8s %8s %8s %8s\n", "", "ns",
                        "least ns", "passes", "x bound", "reduc.", "speed-up", "Hv ns"));
  for (int s = 0; s < SOLVERS; s++) {
    const double *all = bench->time[s], time = nano * Median(repeats, all);
    const double  hv      = nano * Median(repeats, bench->hv[s]);
    const double  bound   = MedianRatio(repeats, all, bench->pass) / (double)Solvers[s].passes;
    const double  speedup = MedianRatio(repeats, bench->time[FORMS], all); /* STCG at its best */

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-20s %8.3f %8.3f %8d %8.2f %8.2f %8.2f %8.3f\n",
                          Solvers[s].name, time, nano * Least(repeats, all), (int)Solvers[s].passes,
                          bound, bench->reductions[s], speedup, hv));
    if (!csv) continue;
    PetscCall(PetscFPrintf(
      PETSC_COMM_WORLD, csv, "%" PetscInt_FMT ",%d,%s,%.4f,%.4f,%d,%d,%.4f,%.4f,%.3f,%.4f\n",
      bench->prob->N, PetscGlobalSize, Solvers[s].name, time, nano * Least(repeats, all),
      (int)Solvers[s].passes, (int)Solvers[s].flops, nano * pass, 24e-9 * n / triad,
      bench->reductions[s], hv));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Iterations a second, whole ones with their products, of the forms of KSPTRUSTCG */
static PetscErrorCode ReportLatency(Bench *bench, PetscInt its, PetscInt repeats, double latency)
{
  double seconds[2], time[FORMS][REPEATS_MAX], hv[REPEATS_MAX];

  PetscFunctionBegin;
  ReductionSetLatency(latency);
  for (PetscInt k = -1; k < repeats; k++) {
    for (int s = 0; s < FORMS; s++) {
      PetscCall(Solve(bench, s, its, seconds));
      time[s][PetscMax(k, 0)] = seconds[0];
      hv[PetscMax(k, 0)]      = seconds[1];
    }
  }
  ReductionSetLatency(0.0);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%9" PetscInt_FMT " %10.2f %10.2f", bench->prob->N,
                        1e3 * latency, 1e3 * Median(repeats, hv)));
  for (int s = 0; s < FORMS; s++) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10.1f", 1.0 / Median(repeats, time[s])));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  PetscInt  n[SIZES], sizes, its, repeats;
  PetscReal latency[SIZES];
  PetscInt  latencies;
  FILE     *csv;
} Settings;

static PetscErrorCode GetSettings(Settings *set)
{
  char      name[PETSC_MAX_PATH_LEN] = "";
  PetscBool given;

  PetscFunctionBegin;
  *set       = (Settings){.n = {40000, 1000000, 4000000}, .its = 50, .repeats = 7};
  set->sizes = set->latencies = SIZES;
  PetscCall(PetscOptionsGetIntArray(NULL, NULL, "-n", set->n, &set->sizes, &given));
  if (!given) set->sizes = 3;
  PetscCall(
    PetscOptionsGetRealArray(NULL, NULL, "-latency", set->latency, &set->latencies, &given));
  if (!given) set->latencies = 0;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-its", &set->its, NULL));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-repeats", &set->repeats, NULL));
  PetscCheck(set->repeats > 0 && set->repeats <= REPEATS_MAX && set->its > 0, PETSC_COMM_WORLD,
             PETSC_ERR_ARG_OUTOFRANGE, "-repeats from 1 to %d, -its from 1", REPEATS_MAX);
  PetscCall(PetscOptionsGetString(NULL, NULL, "-csv", name, sizeof(name), NULL));
  if (!name[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFOpen(PETSC_COMM_WORLD, name, "w", &set->csv));
  PetscCall(
    PetscFPrintf(PETSC_COMM_WORLD, set->csv,
                 "n,ranks,solver,ns,least_ns,passes,flops,ns_pass,triad_gb_s,reductions,ns_hv\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(const Settings *set)
{
  static Bench bench;

  PetscFunctionBegin;
  if (set->latencies) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "iterations a second\n%9s %10s %10s %10s %10s\n", "n",
                          "latency ms", "Hv ms", "1", "overlapped"));
  }
  for (PetscInt k = 0; k < set->sizes; k++) {
    PetscCall(BenchCreate(set->n[k], set->its, &bench));
    for (PetscInt l = 0; l < set->latencies; l++) {
      PetscCall(ReportLatency(&bench, set->its, set->repeats, set->latency[l]));
    }
    if (!set->latencies) {
      PetscCall(Measure(&bench, set->its, set->repeats));
      PetscCall(Report(&bench, set->repeats, set->csv));
    }
    PetscCall(BenchDestroy(&bench));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  Settings set;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TrustNCGInitializePackage());
  PetscCall(GetSettings(&set));
  PetscCall(Run(&set));
  if (set.csv) PetscCall(PetscFClose(PETSC_COMM_WORLD, set.csv));
  PetscCall(PetscFinalize());
  return 0;
}
