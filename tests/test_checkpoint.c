/* SPDX-License-Identifier: BSD-2-Clause
   Checkpoint, restart and signals: the same bits, no file that is believed, no point lost. */
#include "files.h"
#include "solve.h"
#include "checkpoint/format.h"
#include "tao/saved.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PETSC_MAX_PATH_LEN], file[PETSC_MAX_PATH_LEN + 16];

/* The ways to solve that differ in what there is to save */
static const struct {
  const char            *problem;
  PetscInt               n;
  HvWay                  way;
  PetscBool              apart;
  TaoTrustNCGPrecondType precond;
  PetscBool              multigrid;
  PetscInt               grids; /* coarser ones before */
} cases[] = {
  {"rosenbrock", 300, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_FALSE, 0},
  {"genrose", 60, HV_FD, PETSC_TRUE, TAO_TRUSTNCG_PRECOND_PAIRS, PETSC_FALSE, 0},
  {"eigenals", 110, HV_MAT, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_FALSE, 0},
  {"minsurf", 900, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_NONE, PETSC_FALSE, 0},
  {"minsurf", 900, HV_FD, PETSC_TRUE, TAO_TRUSTNCG_PRECOND_DIAGONAL, PETSC_FALSE, 0},
  {"minsurf", 900, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_TRUE, 0},
  {"combustion", 900, HV_FD, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_SPARSE, PETSC_TRUE, 0},
  {"gl2", 400, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_TRUE, 0},
  {"curly10", 240, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_FALSE, 0},
  {"morebv", 100, HV_FD, PETSC_TRUE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_FALSE, 0},
  {"minsurf", 1600, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_TRUE, 2},
  {"bratuls", 400, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_TRUE, 0},
  {"composites", 1600, HV_FD, PETSC_TRUE, TAO_TRUSTNCG_PRECOND_PAIRS, PETSC_FALSE, 2},
  {"catenoid", 900, HV_USER, PETSC_FALSE, TAO_TRUSTNCG_PRECOND_AUTO, PETSC_TRUE, 0},
};

/* The last one is on a mesh whose numbering depends on the ranks. */
enum { CASES = sizeof(cases) / sizeof(*cases), ORDERED = CASES - 1 };

static PetscErrorCode CreateCase(MPI_Comm comm, int k, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreate(comm, cases[k].problem, cases[k].n, cases[k].way, cases[k].apart, run));
  PetscCall(TaoTrustNCGSetPrecondType(run->tao, cases[k].precond));
  PetscCall(TaoTrustNCGSetGridSequence(run->tao, cases[k].grids));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `its` iterations of the first case leave a checkpoint in `file`. */
static PetscErrorCode MakeFile(MPI_Comm comm, int k, PetscInt its, const char name[])
{
  Run run;

  PetscFunctionBegin;
  PetscCall(CreateCase(comm, k, &run));
  PetscCall(TaoTrustNCGSetCheckpoint(run.tao, name, 0, 0.0));
  PetscCall(TaoSetMaximumIterations(run.tao, its));
  PetscCall(TaoSolve(run.tao));
  PetscCall(RunDestroy(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int SameWork(const Run *a, const Run *b)
{
  const TaoTrustNCGLedger la = RunLedger(a), lb = RunLedger(b);

  return la.nf == lb.nf && la.ng == lb.ng && la.nfg == lb.nfg && la.cg == lb.cg &&
         la.nhv_user == lb.nhv_user && la.nhv_matrix == lb.nhv_matrix && la.nhv_fd == lb.nhv_fd &&
         la.nhv_precond == lb.nhv_precond && la.steps == lb.steps && la.learned == lb.learned &&
         la.rejected == lb.rejected && la.looks == lb.looks &&
         la.coarse_evaluations == lb.coarse_evaluations && la.equivalents == lb.equivalents;
}

static int SameLedger(const Run *a, const Run *b)
{
  return SameWork(a, b) && RunLedger(a).reductions == RunLedger(b).reductions;
}

/* fault 23: stopped after each of the first iterations, one after the other: the same bits.
   PETSc's multigrid gives them twice only where a rank has one neighbour at most. */
START_TEST(a_resumed_solve_has_the_same_bits)
{
  const int   k = _i / 4;
  PetscMPIInt ranks;
  PetscInt    its;
  PetscBool   same;
  Run         all, rest;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, k, &all));
  ckm_ok(TaoSolve(all.tao));
  ckm_assert(all.its < HISTORY);
  its = (_i % 4) * (all.its - 1) / 4;
  ckm_ok(MakeFile(PETSC_COMM_WORLD, k, its, file));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, k, &rest));
  ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
  ckm_ok(TaoSolve(rest.tao));
  if (cases[k].multigrid && ranks > 2) {
    ckm_assert_near(all.f[all.its - 1], rest.f[rest.its - 1], 1e-6);
  } else {
    ckm_assert(SameHistory(&all, &rest, its));
    ckm_assert(SameLedger(&all, &rest));
    ckm_ok(VecEqual(all.x, rest.x, &same));
    ckm_assert(same);
  }
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&rest));
}
END_TEST

/* Its limits hold for all of it, so TAO's own counters go on, too. */
START_TEST(a_resumed_solve_has_the_counts_of_tao)
{
  PetscInt nf[2], ng[2], nfg[2], nh[2];
  Run      all, rest;

  ckm_ok(CreateCase(PETSC_COMM_WORLD, _i, &all));
  ckm_ok(TaoSolve(all.tao));
  ckm_ok(MakeFile(PETSC_COMM_WORLD, _i, (all.its - 1) / 2, file));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, _i, &rest));
  ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
  ckm_ok(TaoSolve(rest.tao));
  for (int k = 0; k < 2; k++) {
    const Tao tao = k ? rest.tao : all.tao;

    nf[k]  = tao->nfuncs;
    ng[k]  = tao->ngrads;
    nfg[k] = tao->nfuncgrads;
    nh[k]  = tao->nhess;
  }
  ckm_assert(nf[0] == nf[1] && ng[0] == ng[1] && nfg[0] == nfg[1] && nh[0] == nh[1]);
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&rest));
}
END_TEST

/* A step of differences that is set holds for a resumed solve, too. */
START_TEST(a_resumed_solve_takes_the_step_that_is_set)
{
  Run before, after;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 4, 2, file));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 4, &before));
  ckm_ok(TaoTrustNCGSetRestart(before.tao, file));
  ckm_ok(TaoSolve(before.tao));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 4, &after));
  ckm_ok(TaoTrustNCGSetRestart(after.tao, file));
  ckm_ok(TaoTrustNCGSetDifferenceStep(after.tao, 1e-4));
  ckm_ok(TaoSolve(after.tao));
  ckm_assert(!SameHistory(&before, &after, 0));
  ckm_ok(RunDestroy(&before));
  ckm_ok(RunDestroy(&after));
}
END_TEST

/* The unknowns of a vector of vectors are numbered rank by rank. */
START_TEST(vectors_of_vectors_have_no_order_of_their_own)
{
  TrustNCGNumbering by;
  Vec               part, both, parts[2];

  ckm_ok(VecCreateMPI(PETSC_COMM_WORLD, 3, PETSC_DETERMINE, &part));
  parts[0] = parts[1] = part;
  ckm_ok(VecCreateNest(PETSC_COMM_WORLD, 2, NULL, parts, &both));
  ckm_ok(TrustNCGNumberingCreate(both, &by));
  ckm_assert(by.order == TRUSTNCG_ORDER_PRIVATE);
  ckm_ok(TrustNCGNumberingDestroy(&by));
  ckm_ok(TrustNCGNumberingCreate(part, &by));
  ckm_assert(by.order == TRUSTNCG_ORDER_PLAIN);
  ckm_ok(TrustNCGNumberingDestroy(&by));
  ckm_ok(VecDestroy(&both));
  ckm_ok(VecDestroy(&part));
}
END_TEST

/* fault 23: written on all ranks and read on one, or the other way round: within tolerance */
START_TEST(another_rank_count_reads_it)
{
  const int k = _i / 2;
  char      own[PETSC_MAX_PATH_LEN + 32];
  MPI_Comm  from = _i % 2 ? PETSC_COMM_SELF : PETSC_COMM_WORLD;
  MPI_Comm  to   = _i % 2 ? PETSC_COMM_WORLD : PETSC_COMM_SELF;
  PetscReal f, here, there;
  Run       run;

  (void)snprintf(own, sizeof(own), "%s.%d", file, PetscGlobalRank);
  ckm_ok(MakeFile(from, k, 4, _i % 2 ? own : file));
  ckm_ok(PetscSNPrintf(own, sizeof(own), "%s%s", file, _i % 2 ? ".0" : ""));
  ckm_ok(CreateCase(from, k, &run)); /* the iterate, as its owner sees it */
  ckm_ok(TaoTrustNCGSetRestart(run.tao, own));
  ckm_ok(TaoSetMaximumIterations(run.tao, 0));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetSolutionStatus(run.tao, NULL, &here, NULL, NULL, NULL, NULL));
  ckm_ok(RunDestroy(&run));
  ckm_ok(CreateCase(to, k, &run));
  ckm_ok(TaoTrustNCGSetRestart(run.tao, own));
  ckm_ok(TaoSolve(run.tao));
  there = run.f[0];
  ckm_assert_near(here, there, 1e-12 * (1.0 + fabs(here)));
  ckm_assert(RunReason(&run) > 0);
  f = run.f[run.its - 1];
  ckm_assert(f <= here + 1e-9);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(writing_changes_nothing)
{
  const int   k = _i;
  PetscMPIInt ranks;
  Run         run[2];

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  for (int i = 0; i < 2; i++) {
    ckm_ok(CreateCase(PETSC_COMM_WORLD, k, &run[i]));
    if (i) ckm_ok(TaoTrustNCGSetCheckpoint(run[i].tao, file, 1, 0.0));
    ckm_ok(TaoSolve(run[i].tao));
  }
  if (!cases[k].multigrid || ranks < 3) {
    ckm_assert(SameHistory(&run[0], &run[1], 0) && SameLedger(&run[0], &run[1]));
  }
  for (int i = 0; i < 2; i++) ckm_ok(RunDestroy(&run[i]));
}
END_TEST

START_TEST(five_runs_are_the_same)
{
  const int   k = _i;
  PetscMPIInt ranks;
  Run         first, again;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  if (cases[k].multigrid && ranks > 2) return;
  ckm_ok(CreateCase(PETSC_COMM_WORLD, k, &first));
  ckm_ok(TaoSolve(first.tao));
  for (int i = 1; i < 5; i++) {
    ckm_ok(CreateCase(PETSC_COMM_WORLD, k, &again));
    ckm_ok(TaoSolve(again.tao));
    ckm_assert(SameHistory(&first, &again, 0));
    ckm_ok(RunDestroy(&again));
  }
  ckm_ok(RunDestroy(&first));
}
END_TEST

START_TEST(a_restart_holds_for_one_solve)
{
  const char *name;
  Run         run;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 5, file));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGSetRestart(run.tao, file));
  ckm_ok(TaoTrustNCGGetRestart(run.tao, &name));
  ckm_assert(!strcmp(name, file));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetRestart(run.tao, &name));
  ckm_assert(!name);
  run.its = 0;
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(run.its > 5 && RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* All of a file, on every rank */
static uint64_t *Load(size_t *n)
{
  FILE       *stream = fopen(file, "rb");
  struct stat info;
  uint64_t   *words = NULL;

  *n = 0;
  if (stream && !fstat(fileno(stream), &info)) {
    *n    = (size_t)info.st_size / sizeof(*words);
    words = (uint64_t *)malloc((size_t)info.st_size);
    if (fread(words, sizeof(*words), *n, stream) != *n) *n = 0;
  }
  if (stream) (void)fclose(stream);
  return words;
}

static void Store(const void *bytes, size_t n)
{
  PMPI_Barrier(PETSC_COMM_WORLD); /* all have loaded it */
  if (PetscGlobalRank == 0) {
    FILE *stream = fopen(file, "wb");

    if (stream && (fwrite(bytes, 1, n, stream) != n || fclose(stream))) abort();
  }
  PMPI_Barrier(PETSC_COMM_WORLD);
}

/* A hostile file in words: what is done to it, whether the checksum is made to fit, and why it is
   refused. */
static const struct {
  size_t      at; /* the word, from the end of the file where it is above LAST */
  uint64_t    value;
  int         sum;
  const char *words;
} hostile[] = {
  {0, 0, 1, "no checkpoint of trustncg"},
  {1, 0x0807060504030201u, 1, "another order of bytes"},
  {2, 6, 1, "version 6"},
  {3, 3, 1, "bytes of an integer"},
  {4, 4, 1, "bytes of a scalar"},
  {5, 1, 1, "numbered in another way"},
  {6, 0, 1, "ranks"},
  {7, 299, 1, "it is damaged: of"},
  {7, (uint64_t)1 << 47, 1, "it is damaged: of"},
  {7, UINT64_MAX, 1, "unknowns: -1"},
  {8, 1 << 20, 1, "numbers"},
  {9, 1 << 20, 1, "vectors"},
  {10, (uint64_t)1 << 62, 1, "entries"},
  {15, 1, 0, "its checksum is wrong"},
  {16, 0x7ff8000000000000u, 1, "does not fit: f"},
  {17, 0xbff0000000000000u, 1, "the norm of the gradient"},
  {24, (uint64_t)-1, 1, "CG iterations"},
  {200, 0x7ff0000000000000u, 1, "not finite"},
  {200, 0x7ff8000000000000u, 1, "not finite"},
  {200, 0, 0, "its checksum is wrong"},
};

/* Refused in words on all ranks, with x as it was */
static void Refused(const char words[])
{
  Run       run;
  Vec       x;
  PetscBool same;

  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(VecDuplicate(run.x, &x));
  ckm_ok(VecCopy(run.x, x));
  ckm_ok(TaoTrustNCGSetRestart(run.tao, file));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FILE_UNEXPECTED, words);
  ckm_ok(VecEqual(run.x, x, &same));
  ckm_assert(same);
  ckm_ok(TaoTrustNCGSetRestart(run.tao, NULL)); /* and the object is usable */
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(VecDestroy(&x));
  ckm_ok(RunDestroy(&run));
}

/* fault 24: absurd sizes, NaN and what else a header or a vector may hold */
START_TEST(a_hostile_file_is_refused)
{
  uint64_t *words;
  size_t    n;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 9, file));
  words = Load(&n);
  ckm_assert(n > 300);
  words[hostile[_i].at] = hostile[_i].value;
  if (hostile[_i].sum) words[15] = CheckpointSum(words, n, 0);
  Store(words, n * sizeof(*words));
  free(words);
  Refused(hostile[_i].words);
}
END_TEST

/* fault 24: any one bit, in header, numbers and vectors */
START_TEST(a_flipped_bit_is_refused)
{
  uint64_t *words;
  size_t    n;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 9, file));
  words = Load(&n);
  words[(size_t)_i * (n - 1) / 19] ^= (uint64_t)1 << (_i * 7 % 64);
  Store(words, n * sizeof(*words));
  free(words);
  Refused("");
}
END_TEST

/* fault 24: cut short */
START_TEST(a_cut_file_is_refused)
{
  static const size_t keep[] = {0, 7, 127, 128, 129, 1000, 2400};
  uint64_t           *words;
  size_t              n;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 9, file));
  words = Load(&n);
  Store(words, _i < 7 ? keep[_i] : n * sizeof(*words) - (_i == 7));
  if (_i == 8) { /* longer than it should be */
    if (PetscGlobalRank == 0) ck_assert_int_eq(truncate(file, (off_t)(n * 8 + 8)), 0);
    PMPI_Barrier(PETSC_COMM_WORLD);
  }
  free(words);
  Refused(_i < 3 ? "too short" : "damaged");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
  static const char *const names[] = {"nothing/here", "", "pipe"};
  static const char *const words[] = {"No such file", "directory", "no regular file"};
  char                     kept[sizeof(file)];

  memcpy(kept, file, sizeof(kept));
  (void)snprintf(file, sizeof(file), "%s/%s", folder, names[_i]);
  if (_i == 2 && PetscGlobalRank == 0) (void)mkfifo(file, 0600);
  PMPI_Barrier(PETSC_COMM_WORLD);
  Refused(words[_i]);
  PMPI_Barrier(PETSC_COMM_WORLD);
  if (_i == 2) (void)unlink(file);
  memcpy(file, kept, sizeof(file));
}
END_TEST

/* A file of another size, another problem, another preconditioner, more pairs than there is room */
START_TEST(a_file_of_another_solve_is_refused)
{
  static const char *const words[] = {"this problem has", "of another problem", "does not fit",
                                      "leaves no room"};
  static const char *const other[] = {"rosenbrock", "cosine", "rosenbrock", "rosenbrock"};
  Run                      run;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 20, file));
  ckm_ok(RunCreate(PETSC_COMM_WORLD, other[_i], _i ? 300 : 302, HV_USER, PETSC_FALSE, &run));
  if (_i == 2) ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_DIAGONAL));
  if (_i == 3) ckm_ok(TaoTrustNCGSetMaxVectors(run.tao, 10));
  ckm_ok(TaoTrustNCGSetRestart(run.tao, file));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FILE_UNEXPECTED, words[_i]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 22: the last rank may write no more than half of what it should: as on a full disk, where
   the first ranks still found room. */
START_TEST(a_full_disk_keeps_the_old_file_and_the_solve)
{
  const int     mine = PetscGlobalRank == PetscGlobalSize - 1;
  struct rlimit before, less;
  size_t        n[2];
  uint64_t     *words[2];
  Run           run;

  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 9, file));
  words[0] = Load(&n[0]);
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGSetCheckpoint(run.tao, file, 7, 0.0));
  (void)signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  less          = before;
  less.rlim_cur = 4000;
  if (mine) ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &less), 0);
  ckm_ok(TaoSolve(run.tao));
  if (mine) ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  ckm_assert(RunReason(&run) > 0);
  words[1] = Load(&n[1]);
  ckm_assert(n[0] == n[1] && !memcmp(words[0], words[1], 8 * n[0]));
  for (int i = 0; i < 2; i++) free(words[i]);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(a_file_that_cannot_be_replaced_does_not_stop_the_solve)
{
  static const char *const names[] = {"/dev/full", "/nowhere/at/all", "/"};
  Run                      run;

  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGSetCheckpoint(run.tao, names[_i], 10, 0.0));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Names are names. */
START_TEST(a_name_is_no_command)
{
  char name[sizeof(file) + 64], made[sizeof(file) + 64];
  Run  run;

  (void)snprintf(made, sizeof(made), "%s/made", folder);
  (void)snprintf(name, sizeof(name), "%s/a;touch made|ls:.gz", folder);
  ckm_ok(MakeFile(PETSC_COMM_WORLD, 0, 3, name));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGSetRestart(run.tao, name));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0 && access("made", F_OK) && access(made, F_OK));
  ckm_ok(RunDestroy(&run));
  if (PetscGlobalRank == 0) (void)unlink(name);
}
END_TEST

/* Hv of the problem, and a signal to the last rank in the product of that number. */
static PetscInt strike;
static int      sent;

static PetscErrorCode StruckHessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Run *run = (Run *)ctx;

  PetscFunctionBegin;
  run->nhv++;
  if (run->nhv == strike && PetscGlobalRank == PetscGlobalSize - 1) (void)raise(sent);
  PetscCall((*run->prob->hessvec)(run->prob, x, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Caller(int sig)
{
}

/* fault 20: in the middle of CG, in each of its forms, in the first and in later iterations */
START_TEST(a_signal_stops_cg_and_the_solve_is_resumed)
{
  static const char *const forms[] = {"2", "1", "overlapped"};
  static const int         sigs[]  = {SIGUSR1, SIGTERM};
  PetscReal                f, f0;
  PetscInt                 its;
  PetscBool                same;
  struct sigaction         action;
  TaoTrustNCGOutcome       outcome;
  Run                      all, run, rest;

  sent   = sigs[_i % 2];
  strike = 3 + 20 * (_i / 6);
  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_ksp_trustcg_reductions", forms[_i / 2 % 3]));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 3, &all));
  ckm_ok(TaoTrustNCGSetSignals(all.tao, PETSC_TRUE)); /* it takes reductions */
  ckm_ok(TaoSolve(all.tao));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 3, &run));
  ckm_ok(TaoTrustNCGSetHessianVector(run.tao, StruckHessianVector, &run));
  ckm_ok(TaoTrustNCGSetCheckpoint(run.tao, file, 0, 0.0));
  ckm_ok(TaoTrustNCGSetSignals(run.tao, PETSC_TRUE));
  (void)signal(sent, Caller);
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(!sigaction(sent, NULL, &action) && action.sa_handler == Caller);
  (void)signal(sent, SIG_DFL);
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  ckm_assert(outcome == TAO_TRUSTNCG_SIGNAL && RunReason(&run) == TAO_DIVERGED_USER);
  ckm_assert(run.nhv <= strike + 2);
  ckm_ok(TaoComputeObjective(run.tao, run.x, &f));
  ckm_ok(TaoGetSolutionStatus(run.tao, &its, &f0, NULL, NULL, NULL, NULL));
  ckm_assert(f == f0 && f == all.f[its]);
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 3, &rest));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_ksp_trustcg_reductions"));
  ckm_ok(TaoTrustNCGSetSignals(rest.tao, PETSC_TRUE));
  ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
  ckm_ok(TaoSolve(rest.tao));
  ckm_ok(VecEqual(all.x, rest.x, &same));
  ckm_assert(SameHistory(&all, &rest, its) && SameLedger(&all, &rest) && same);
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&run));
  ckm_ok(RunDestroy(&rest));
}
END_TEST

/* While auto tries a sparse Hessian, when the pairs have just gone */
START_TEST(a_signal_while_a_preconditioner_is_built_loses_nothing)
{
  PetscMPIInt ranks;
  PetscInt    its;
  Run         all, run, rest;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  sent   = SIGUSR1;
  strike = 1 + 2 * _i;
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 5, &all));
  ckm_ok(TaoTrustNCGSetSignals(all.tao, PETSC_TRUE)); /* it takes reductions */
  ckm_ok(TaoSolve(all.tao));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 5, &run));
  ckm_ok(TaoTrustNCGSetHessianVector(run.tao, StruckHessianVector, &run));
  ckm_ok(TaoTrustNCGSetCheckpoint(run.tao, file, 0, 0.0));
  ckm_ok(TaoTrustNCGSetSignals(run.tao, PETSC_TRUE));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_DIVERGED_USER);
  ckm_ok(TaoGetIterationNumber(run.tao, &its));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 5, &rest));
  ckm_ok(TaoTrustNCGSetSignals(rest.tao, PETSC_TRUE));
  ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
  ckm_ok(TaoSolve(rest.tao));
  if (ranks < 3) ckm_assert(SameHistory(&all, &rest, its) && SameWork(&all, &rest));
  else ckm_assert_near(all.f[all.its - 1], rest.f[rest.its - 1], 1e-6);
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&run));
  ckm_ok(RunDestroy(&rest));
}
END_TEST

/* Nobody asked: the caller's handlers are there during the solve, too. */
static PetscErrorCode CheckHandler(Tao tao, void *ctx)
{
  struct sigaction action;

  PetscFunctionBegin;
  PetscCheck(!sigaction(SIGUSR1, NULL, &action) && action.sa_handler == Caller, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "The handler is another one");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the evaluations are spent: one iteration more, without that limit */
static PetscErrorCode OneMore(Tao tao, void *ctx)
{
  PetscInt nfg, most, its;

  PetscFunctionBegin;
  PetscCall(TaoGetCurrentFunctionEvaluations(tao, &nfg));
  PetscCall(TaoGetMaximumFunctionEvaluations(tao, &most));
  if (most < 0 || nfg <= most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoGetIterationNumber(tao, &its));
  PetscCall(TaoSetMaximumFunctionEvaluations(tao, -1));
  PetscCall(TaoSetMaximumIterations(tao, its + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A limit that holds no more, by a monitor of the user's: the last iterate is saved. */
START_TEST(a_limit_that_was_taken_away_leaves_nothing_unsaved)
{
  PetscInt seen = 0;
  Run      all, rest;

  for (PetscInt most = 2; most < 40; most++) {
    ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, PETSC_FALSE, &all));
    ckm_ok(TaoTrustNCGSetLearnedSteps(all.tao, PETSC_FALSE));
    ckm_ok(TaoTrustNCGSetCheckpoint(all.tao, file, 0, 0.0));
    ckm_ok(TaoSetMaximumFunctionEvaluations(all.tao, most));
    ckm_ok(TaoSetMonitor(all.tao, OneMore, NULL, NULL));
    ckm_ok(TaoSolve(all.tao));
    ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, HV_USER, PETSC_FALSE, &rest));
    ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
    ckm_ok(TaoSolve(rest.tao));
    if (RunReason(&all) == TAO_DIVERGED_MAXITS) {
      ckm_assert(all.f[all.its - 1] == rest.f[0]);
      seen++;
    }
    ckm_ok(RunDestroy(&all));
    ckm_ok(RunDestroy(&rest));
  }
  ckm_assert(seen > 0);
}
END_TEST

/* An update that moves x, once, far from where it was, and ends the solve there if `ctx` is set */
static PetscErrorCode MoveAtTwo(Tao tao, PetscInt it, void *ctx)
{
  Vec x;

  PetscFunctionBegin;
  PetscCall(TaoGetSolution(tao, &x));
  if (it == 2) PetscCall(VecSet(x, 3.0));
  if (it == 2 && ctx) PetscCall(TaoSetConvergedReason(tao, TAO_DIVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stopped where the update has just moved x: the checkpoint is of that point. */
START_TEST(a_checkpoint_after_a_move_is_of_the_new_point)
{
  Run all, part, rest;

  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &all));
  ckm_ok(TaoSetUpdate(all.tao, MoveAtTwo, NULL));
  ckm_ok(TaoSolve(all.tao));
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &part));
  ckm_ok(TaoSetUpdate(part.tao, MoveAtTwo, part.tao));
  ckm_ok(TaoTrustNCGSetCheckpoint(part.tao, file, 0, 0.0));
  ckm_ok(TaoSolve(part.tao));
  ckm_assert(RunReason(&part) == TAO_DIVERGED_USER);
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &rest));
  ckm_ok(TaoTrustNCGSetRestart(rest.tao, file));
  ckm_ok(TaoSolve(rest.tao));
  ckm_assert(RunReason(&rest) > 0);
  ckm_assert(rest.f[rest.its - 1] == all.f[all.its - 1]);
  ckm_ok(RunDestroy(&all));
  ckm_ok(RunDestroy(&part));
  ckm_ok(RunDestroy(&rest));
}
END_TEST

START_TEST(signals_are_left_alone_unless_asked_for)
{
  PetscBool use;
  Run       run;

  (void)signal(SIGUSR1, Caller);
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGGetSignals(run.tao, &use));
  ckm_assert(!use);
  ckm_ok(TaoSetMonitor(run.tao, CheckHandler, NULL, NULL));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(RunDestroy(&run));
  (void)signal(SIGUSR1, SIG_DFL);
}
END_TEST

START_TEST(an_error_restores_the_handlers)
{
  struct sigaction action;
  Run              run;

  (void)signal(SIGTERM, Caller);
  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGSetSignals(run.tao, PETSC_TRUE));
  run.fault.error = 1;
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, "on purpose");
  ckm_assert(!sigaction(SIGTERM, NULL, &action) && action.sa_handler == Caller);
  (void)signal(SIGTERM, SIG_DFL);
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(setters_have_getters_and_bounds)
{
  const char *name;
  PetscInt    its;
  PetscReal   minutes;
  PetscBool   use;
  Run         run;

  ckm_ok(CreateCase(PETSC_COMM_WORLD, 0, &run));
  ckm_ok(TaoTrustNCGGetCheckpoint(run.tao, &name, &its, &minutes));
  ckm_assert(!name && its == 0 && minutes == 10.0);
  ckm_ok(TaoTrustNCGSetCheckpoint(run.tao, "a", 3, PETSC_DEFAULT));
  ckm_ok(TaoTrustNCGGetCheckpoint(run.tao, &name, &its, &minutes));
  ckm_assert(!strcmp(name, "a") && its == 3 && minutes == 10.0);
  ckm_fails(TaoTrustNCGSetCheckpoint(run.tao, "a", -7, 1.0), PETSC_ERR_ARG_OUTOFRANGE, "-7");
  ckm_fails(TaoTrustNCGSetCheckpoint(run.tao, "a", 1, -1.0), PETSC_ERR_ARG_OUTOFRANGE, "-1");
  ckm_ok(TaoTrustNCGSetSignals(run.tao, PETSC_TRUE));
  ckm_ok(TaoTrustNCGGetSignals(run.tao, &use));
  ckm_assert(use);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "checkpoint");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_resumed_solve_has_the_same_bits, 0, 4 * CASES);
  tcase_add_test(tc, a_resumed_solve_takes_the_step_that_is_set);
  tcase_add_test(tc, vectors_of_vectors_have_no_order_of_their_own);
  tcase_add_loop_test(tc, another_rank_count_reads_it, 0, 2 * ORDERED);
  tcase_add_loop_test(tc, writing_changes_nothing, 0, CASES);
  tcase_add_loop_test(tc, five_runs_are_the_same, 0, CASES);
  tcase_add_test(tc, a_restart_holds_for_one_solve);
  tcase_add_loop_test(tc, a_hostile_file_is_refused, 0, sizeof(hostile) / sizeof(*hostile));
  tcase_add_loop_test(tc, a_resumed_solve_has_the_counts_of_tao, 0, 3);
  tcase_add_loop_test(tc, a_flipped_bit_is_refused, 0, 20);
  tcase_add_loop_test(tc, a_cut_file_is_refused, 0, 9);
  tcase_add_loop_test(tc, what_is_no_file_is_refused, 0, 3);
  tcase_add_loop_test(tc, a_file_of_another_solve_is_refused, 0, 4);
  tcase_add_test(tc, a_full_disk_keeps_the_old_file_and_the_solve);
  tcase_add_loop_test(tc, a_file_that_cannot_be_replaced_does_not_stop_the_solve, 0, 3);
  tcase_add_test(tc, a_name_is_no_command);
  tcase_add_loop_test(tc, a_signal_stops_cg_and_the_solve_is_resumed, 0, 12);
  tcase_add_loop_test(tc, a_signal_while_a_preconditioner_is_built_loses_nothing, 0, 6);
  tcase_add_test(tc, a_limit_that_was_taken_away_leaves_nothing_unsaved);
  tcase_add_test(tc, a_checkpoint_after_a_move_is_of_the_new_point);
  tcase_add_test(tc, signals_are_left_alone_unless_asked_for);
  tcase_add_test(tc, an_error_restores_the_handlers);
  tcase_add_test(tc, setters_have_getters_and_bounds);
}

static void Add(Suite *suite)
{
  FolderCreate(folder);
  (void)snprintf(file, sizeof(file), "%s/checkpoint", folder);
  AddTests(suite);
}

int main(int argc, char **argv)
{
  const int code = harness_main(argc, argv, "checkpoint", Add);
  char      name[sizeof(file) + 16];

  (void)unlink(file);
  for (int rank = 0; rank < 4; rank++) {
    (void)snprintf(name, sizeof(name), "%s.%d", file, rank);
    (void)unlink(name);
  }
  (void)rmdir(folder);
  return code;
}
