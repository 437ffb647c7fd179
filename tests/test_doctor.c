/* SPDX-License-Identifier: BSD-2-Clause
   The derivative check before a solve: planted errors are named, right derivatives pass. */
#include "solve.h"
#include "rules/rules.h"

typedef enum {
  RIGHT,
  F_FACTOR, /* f is 5 % too large */
  F_RANKS,  /* and differs in its last bits between ranks */
  G_SIGN,   /* the gradient has the wrong sign, */
  G_FACTOR, /* is 5 % too large, */
  G_ENTRY,  /* in one entry, */
  G_BLOCK,  /* or on the last rank, */
  G_NOISE,  /* or has a relative noise */
  HV_SIGN,  /* the same for Hv, */
  HV_FACTOR,
  HV_BLOCK, /* a block of it is transposed, */
  HV_ZERO,  /* it is 0, */
  HV_NAN,   /* or no number, */
  HV_LAST,  /* that of where f was evaluated last, */
  HV_FIRST, /* or of where Hv was first asked for, */
  HV_NONLINEAR,
  HV_KEPT, /* right, and kept while the state of x stays the same */
  FAILS    /* the tenth evaluation is an error */
} Plant;

/* f = sum x^2/2 + x^4/4 + p'Aq, on each rank with p, q the halves of its unknowns and A of ones on
   the diagonal, twos above it. */
typedef struct {
  Plant            plant;
  PetscInt         entry, calls;
  PetscReal        noise;
  PetscObjectState state;
  Vec              x, last, first;
  Tao              tao;
} Model;

static PetscErrorCode AddCoupling(const PetscScalar *v, PetscInt n, PetscBool transposed,
                                  PetscScalar *w)
{
  const PetscInt m = n / 2;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < m; i++) {
    w[i] += v[m + i] + (i + 1 < m ? 2.0 * v[m + i + 1] : 0.0);
    if (transposed) w[m + i] += v[i] + (i + 1 < m ? 2.0 * v[i + 1] : 0.0);
    else w[m + i] += v[i] + (i > 0 ? 2.0 * v[i - 1] : 0.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SpoilGradient(const Model *m, const PetscScalar *x, PetscInt lo, PetscInt n,
                                    PetscScalar *g)
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt i = 0; i < n; i++) {
    if (m->plant == G_SIGN) g[i] = -g[i];
    if (m->plant == G_FACTOR) g[i] *= 1.05;
    if (m->plant == G_ENTRY && lo + i == m->entry) g[i] *= 1.05;
    if (m->plant == G_BLOCK && rank == size - 1) g[i] *= 1.3;
    if (m->plant == G_NOISE) g[i] *= 1.0 + m->noise * PetscSinReal(1e15 * x[i] + (PetscReal)i);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjectiveGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Model             *m   = (Model *)ctx;
  PetscReal          sum = 0.0;
  const PetscScalar *a;
  PetscScalar       *b;
  PetscInt           lo, hi, n;
  PetscMPIInt        rank;

  PetscFunctionBegin;
  PetscCheck(++m->calls != 10 || m->plant != FAILS, PETSC_COMM_WORLD, PETSC_ERR_USER,
             "an error on purpose");
  if (m->last) PetscCall(VecCopy(x, m->last));
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  n = hi - lo;
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArray(g, &b));
  PetscCall(PetscArrayzero(b, n));
  PetscCall(AddCoupling(a, n, PETSC_FALSE, b));
  for (PetscInt i = 0; i < n; i++) {
    sum += a[i] * (b[i] / 2.0 + a[i] / 2.0 + a[i] * a[i] * a[i] / 4.0);
    b[i] += a[i] + a[i] * a[i] * a[i];
  }
  PetscCall(SpoilGradient(m, a, lo, n, b));
  PetscCall(VecRestoreArray(g, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(MPI_Allreduce(&sum, f, 1, MPIU_REAL, MPIU_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (m->plant == F_FACTOR) *f *= 1.05;
  if (m->plant == F_RANKS) *f *= 1.0 + rank * PETSC_MACHINE_EPSILON;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The point whose Hessian the model takes. */
static PetscErrorCode HessianPoint(Model *m, Vec x, Vec *point)
{
  PetscObjectState state;

  PetscFunctionBegin;
  PetscCall(PetscObjectStateGet((PetscObject)x, &state));
  if (!m->first) {
    PetscCall(VecDuplicate(x, &m->first));
    PetscCall(VecCopy(x, m->first));
  } else if (m->plant == HV_KEPT && state != m->state) PetscCall(VecCopy(x, m->first));
  m->state = state;
  *point   = m->plant == HV_FIRST || m->plant == HV_KEPT ? m->first : x;
  if (m->plant == HV_LAST) *point = m->last;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Model             *m = (Model *)ctx;
  const PetscScalar *a, *b;
  PetscScalar       *c;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(HessianPoint(m, x, &x));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArrayRead(v, &b));
  PetscCall(VecGetArray(Hv, &c));
  for (PetscInt i = 0; i < n; i++) c[i] = (1.0 + 3.0 * a[i] * a[i]) * b[i];
  PetscCall(AddCoupling(b, n, (PetscBool)(m->plant == HV_BLOCK), c));
  for (PetscInt i = 0; i < n && m->plant == HV_NONLINEAR; i++) c[i] += 0.1 * b[i] * b[i];
  PetscCall(VecRestoreArray(Hv, &c));
  PetscCall(VecRestoreArrayRead(v, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  if (m->plant == HV_SIGN) PetscCall(VecScale(Hv, -1.0));
  if (m->plant == HV_FACTOR) PetscCall(VecScale(Hv, 1.25));
  if (m->plant == HV_ZERO) PetscCall(VecSet(Hv, 0.0));
  if (m->plant == HV_NAN) PetscCall(VecScale(Hv, 0.0 / 0.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* About n unknowns; rank 1 has none, except where there is no other. */
static PetscErrorCode ModelCreate(Plant plant, PetscInt n, PetscBool product, Model *m)
{
  PetscMPIInt rank, size;
  PetscInt    lo, hi;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(m, sizeof(*m)));
  m->plant = plant;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, size > 2 && rank == 1 ? 0 : n / size / 2 * 2,
                         PETSC_DETERMINE, &m->x));
  PetscCall(VecGetOwnershipRange(m->x, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    PetscCall(VecSetValue(m->x, i, 0.5 + 0.3 * PetscCosReal((PetscReal)i), INSERT_VALUES));
  }
  PetscCall(VecAssemblyBegin(m->x));
  PetscCall(VecAssemblyEnd(m->x));
  if (plant == HV_LAST) PetscCall(VecDuplicate(m->x, &m->last));
  PetscCall(TaoCreate(PETSC_COMM_WORLD, &m->tao));
  PetscCall(TaoSetType(m->tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(m->tao, m->x));
  PetscCall(TaoSetObjectiveAndGradient(m->tao, NULL, ObjectiveGradient, m));
  if (product) PetscCall(TaoTrustNCGSetHessianVector(m->tao, HessianVector, m));
  PetscCall(TaoTrustNCGSetCheckDerivatives(m->tao, PETSC_FALSE, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelDestroy(Model *m)
{
  PetscFunctionBegin;
  PetscCall(TaoDestroy(&m->tao));
  PetscCall(VecDestroy(&m->x));
  PetscCall(VecDestroy(&m->last));
  PetscCall(VecDestroy(&m->first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  Plant       plant;
  PetscBool   product;
  const char *words, *more;
} Errors[] = {
  {F_FACTOR, PETSC_TRUE, "The gradient or f is wrong", "Hv is the derivative of this gradient"},
  {F_FACTOR, PETSC_FALSE, "The gradient or f is wrong", "a factor of 1.05"},
  {G_SIGN, PETSC_TRUE, "The gradient is wrong", "opposite sign; f and Hv fit each other"},
  {G_SIGN, PETSC_FALSE, "The gradient or f is wrong", "opposite sign"},
  {G_FACTOR, PETSC_TRUE, "The gradient is wrong",
   "a factor of 0.9524 would mend it; f and Hv fit each other"},
  {G_FACTOR, PETSC_FALSE, "The gradient or f is wrong", "a factor of 0.9524"},
  {HV_SIGN, PETSC_TRUE, "Hv is wrong", "by 2 of its norm: opposite sign"},
  {HV_FACTOR, PETSC_TRUE, "Hv is wrong", "a factor of 0.8"},
  {HV_BLOCK, PETSC_TRUE, "Hv is wrong", "H is not symmetric"},
  {HV_ZERO, PETSC_TRUE, "Hv is 0, differences of the gradient are not", ""},
  {HV_NAN, PETSC_TRUE, "Hv is not finite", ""},
  {HV_LAST, PETSC_TRUE, "Hv is that of another point", "state that they left"},
  {HV_FIRST, PETSC_TRUE, "Hv does not follow x", "kept from an earlier point"},
  {HV_NONLINEAR, PETSC_TRUE, "Hv is not linear in v", ""},
};

enum { ERRORS = sizeof(Errors) / sizeof(Errors[0]) };

/* fault 15: the check of the derivatives names the error */
/* fault 16: and of Hv */
START_TEST(a_planted_error_is_named)
{
  Model m;

  ckm_ok(ModelCreate(Errors[_i].plant, 60, Errors[_i].product, &m));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, Errors[_i].words);
  ckm_assert(strstr(ckm_message(), Errors[_i].more));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(only_what_is_wrong_is_named)
{
  Model m;

  ckm_ok(ModelCreate(_i ? HV_LAST : G_SIGN, 60, PETSC_TRUE, &m));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, _i ? "Hv" : "The gradient");
  ckm_assert(!strstr(ckm_message(), _i ? "gradient is wrong" : "Hv is wrong"));
  ckm_assert(!strstr(ckm_message(), "symmetric"));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(ranks_that_differ_in_f_are_named)
{
  PetscMPIInt size;
  Model       m;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  ckm_ok(ModelCreate(F_RANKS, 60, PETSC_TRUE, &m));
  if (size == 1) ckm_ok(TaoSolve(m.tao));
  else ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, "f is not the same number on all ranks");
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_rank_at_fault_is_named)
{
  const PetscInt *range;
  PetscMPIInt     size;
  Model           m;
  char            words[80];

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  ckm_ok(ModelCreate(G_BLOCK, 60, PETSC_TRUE, &m));
  ckm_ok(VecGetOwnershipRanges(m.x, &range));
  ckm_ok(PetscSNPrintf(words, sizeof(words),
                       "rank %d, unknowns %" PetscInt_FMT " to %" PetscInt_FMT, size - 1,
                       range[size - 1], range[size] - 1));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, size > 1 ? words : "a factor of 0.76");
  for (int r = 0; r < size - 1; r++) {
    ckm_ok(PetscSNPrintf(words, sizeof(words), "rank %d", r));
    ckm_assert(!strstr(ckm_message(), words));
  }
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* 5 % in one entry of a million: told where to look, and not told. */
START_TEST(one_entry_of_a_million_is_found)
{
  Model m;
  IS    is = NULL;
  char  words[80];

  ckm_ok(ModelCreate(G_ENTRY, 1000000, (PetscBool)(_i / 2), &m));
  m.entry = 123456;
  if (_i % 2) {
    ckm_ok(ISCreateStride(PETSC_COMM_WORLD, PetscGlobalRank ? 0 : 10, 123450, 1, &is));
    ckm_ok(TaoTrustNCGSetCheckIndexSet(m.tao, is));
    ckm_ok(ISDestroy(&is));
  }
  ckm_ok(PetscSNPrintf(words, sizeof(words), "unknown %" PetscInt_FMT " (rank", m.entry));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, words);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_direction_of_the_users_is_used)
{
  Model m;
  Vec   v;

  ckm_ok(ModelCreate(G_ENTRY, 60, PETSC_TRUE, &m));
  m.entry = 3;
  ckm_ok(VecDuplicate(m.x, &v));
  ckm_ok(VecZeroEntries(v));
  ckm_ok(TaoTrustNCGSetCheckDirection(m.tao, v));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_ARG_WRONG, "direction of the derivative check has norm 0");
  ckm_ok(VecSetValue(v, _i ? 3 : 5, 7.0, INSERT_VALUES));
  ckm_ok(VecAssemblyBegin(v));
  ckm_ok(VecAssemblyEnd(v));
  if (_i) ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, "a factor of 0.9524");
  else ckm_ok(TaoSolve(m.tao));
  ckm_ok(VecDestroy(&v));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Also products kept as the manual page allows. */
START_TEST(right_derivatives_pass)
{
  TaoConvergedReason reason;
  Model              m;

  ckm_ok(ModelCreate(_i / 2 ? HV_KEPT : RIGHT, 60, (PetscBool)(_i % 2), &m));
  ckm_ok(TaoSolve(m.tao));
  ckm_ok(TaoGetConvergedReason(m.tao, &reason));
  ckm_assert(reason > 0);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(a_noisy_gradient_is_no_fault)
{
  static const PetscReal noise[] = {1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3};
  Model                  m;

  ckm_ok(ModelCreate(G_NOISE, 200, (PetscBool)(_i % 2), &m));
  m.noise = noise[_i / 2];
  ckm_ok(TaoSetMaximumIterations(m.tao, 0));
  ckm_ok(TaoSolve(m.tao));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

START_TEST(the_solve_does_not_notice)
{
  const HvWay       way = (HvWay)_i;
  TaoTrustNCGLedger ledger;
  PetscInt          nf[2];
  Run               run[2];

  for (int k = 0; k < 2; k++) {
    ckm_ok(RunCreate(PETSC_COMM_WORLD, "genrose", 40, way, PETSC_FALSE, &run[k]));
    ckm_ok(TaoTrustNCGSetCheckDerivatives(run[k].tao, PETSC_FALSE, (PetscBool)k));
    ckm_ok(TaoSolve(run[k].tao));
    ckm_ok(TaoGetCurrentFunctionEvaluations(run[k].tao, &nf[k]));
  }
  ledger = RunLedger(&run[0]);
  ckm_assert(RunLedger(&run[1]).equivalents == ledger.equivalents);
  ckm_assert(RunLedger(&run[1]).reductions == ledger.reductions);
  ckm_assert(run[1].nfg > run[0].nfg);
  ckm_assert(nf[0] == nf[1]);
  ckm_assert(run[0].its == run[1].its);
  for (int i = 0; i < run[0].its; i++) ckm_assert(run[0].f[i] == run[1].f[i]);
  for (int k = 0; k < 2; k++) ckm_ok(RunDestroy(&run[k]));
}
END_TEST

START_TEST(x_is_put_back)
{
  static const Plant plants[] = {G_SIGN, FAILS};
  Model              m;
  Vec                x;
  PetscBool          same;

  ckm_ok(ModelCreate(plants[_i], 60, PETSC_TRUE, &m));
  ckm_ok(VecDuplicate(m.x, &x));
  ckm_ok(VecCopy(m.x, x));
  ckm_fails(TaoSolve(m.tao), PETSC_ERR_USER, _i ? "on purpose" : "opposite sign");
  ckm_ok(VecEqual(m.x, x, &same));
  ckm_assert(same);
  m.plant = RIGHT;
  ckm_ok(TaoSolve(m.tao));
  ckm_ok(VecDestroy(&x));
  ckm_ok(ModelDestroy(&m));
}
END_TEST

static PetscErrorCode LargeGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Run *run = (Run *)ctx;

  PetscFunctionBegin;
  PetscCall((*run->prob->objgrad)(run->prob, x, f, g));
  PetscCall(VecScale(g, 1.05));
  run->nfg++;
  if (run->fault.f && run->nfg >= run->fault.f && run->nfg < run->fault.f + run->fault.only) {
    *f = run->fault.value;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_bad_start_is_the_error_of_the_solve)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = 0.0 / 0.0, .f = 1};
  ckm_ok(TaoTrustNCGSetCheckDerivatives(run.tao, PETSC_FALSE, PETSC_TRUE));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "At the start f = ");
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* NaN in the second to fourth evaluation, high up on the ladder: the rest of it decides. */
START_TEST(rungs_that_are_not_finite_are_passed_over)
{
  Run run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "rosenbrock", 20, HV_USER, PETSC_FALSE, &run));
  run.fault = (Fault){.value = 0.0 / 0.0, .f = 2, .only = 3};
  ckm_ok(TaoTrustNCGSetCheckDerivatives(run.tao, PETSC_FALSE, PETSC_TRUE));
  ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, LargeGradient, &run));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER,
            "a factor of 0.9524 would mend it; f and Hv fit each other");
  ckm_ok(RunDestroy(&run));
}
END_TEST

START_TEST(getters_give_what_setters_took)
{
  Model     m;
  PetscBool report, stop;
  Vec       v;
  IS        is;

  ckm_ok(ModelCreate(RIGHT, 60, PETSC_TRUE, &m));
  ckm_ok(TaoTrustNCGGetCheckDerivatives(m.tao, &report, &stop));
  ckm_assert(!report && stop);
  ckm_ok(TaoTrustNCGSetCheckDirection(m.tao, m.x));
  ckm_ok(TaoTrustNCGGetCheckDirection(m.tao, &v));
  ckm_assert(v == m.x);
  ckm_ok(TaoTrustNCGSetCheckDirection(m.tao, NULL));
  ckm_ok(TaoTrustNCGGetCheckDirection(m.tao, &v));
  ckm_assert(!v);
  ckm_ok(TaoTrustNCGGetCheckIndexSet(m.tao, &is));
  ckm_assert(!is);
  ckm_ok(ModelDestroy(&m));
}
END_TEST

/* Problem k of the list, at its start or moved as far as 0.2; false where it reads files that may
   not be there. */
static PetscBool ListedCreate(int k, int moved, Run *run)
{
  static const char *const reading[] = {"logistic", "network", "tvdeblur"};

  PetscRandom random = NULL;
  Vec         y;

  for (int i = 0; i < 3; i++) {
    if (!strcmp(ProblemInfos[k].name, reading[i])) return PETSC_FALSE;
  }
  ckm_ok(RunCreate(PETSC_COMM_WORLD, ProblemInfos[k].name, 144, HV_USER, PETSC_FALSE, run));
  ckm_ok(VecDuplicate(run->x, &y));
  ckm_ok(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  ckm_ok(PetscRandomSetInterval(random, -0.2, 0.2));
  ckm_ok(VecSetRandom(y, random));
  ckm_ok(VecAXPY(run->x, moved ? 1.0 : 0.0, y));
  ckm_ok(PetscRandomDestroy(&random));
  ckm_ok(VecDestroy(&y));
  ckm_ok(TaoTrustNCGSetCheckDerivatives(run->tao, PETSC_FALSE, PETSC_TRUE));
  ckm_ok(TaoSetMaximumIterations(run->tao, 0));
  return PETSC_TRUE;
}

START_TEST(no_problem_of_the_list_is_blamed)
{
  Run run;

  if (!ListedCreate(_i / 2, _i % 2, &run)) return;
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(RunDestroy(&run));
}
END_TEST

static PetscErrorCode LargeProduct(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Run *run = (Run *)ctx;

  PetscFunctionBegin;
  PetscCall((*run->prob->hessvec)(run->prob, x, v, Hv));
  PetscCall(VecScale(Hv, 1.05));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 5 % too much, in the gradient where _i is even and in Hv where it is odd */
START_TEST(an_error_in_any_problem_is_found)
{
  Run run;

  if (!ListedCreate(_i / 2, 1, &run)) return;
  if (_i % 2) ckm_ok(TaoTrustNCGSetHessianVector(run.tao, LargeProduct, &run));
  else ckm_ok(TaoSetObjectiveAndGradient(run.tao, NULL, LargeGradient, &run));
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_USER, _i % 2 ? "Hv is wrong" : "The gradient ");
  ckm_assert(strstr(ckm_message(), "a factor of 0.95"));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* At the solution, where g'v is next to nothing; f scaled, shifted, in two functions, by a Mat. */
START_TEST(a_hard_place_is_no_fault)
{
  static const char *const names[]  = {"rosenbrock", "genrose", "composites", "gl2", "dixmaanl"};
  static const Fault       faults[] = {{.scale = 1.0}, {.scale = 1e-8}, {.shift = 1e8}};
  const Fault              fault    = faults[_i / 5 % 3];
  Run                      run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, names[_i % 5], 144, _i % 2 ? HV_MAT : HV_USER,
                   (PetscBool)(_i % 3 == 0), &run));
  run.fault = fault;
  ckm_ok(TaoSetMaximumIterations(run.tao, _i / 15 ? 1000 : 0));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGSetCheckDerivatives(run.tao, PETSC_FALSE, PETSC_TRUE));
  ckm_ok(TaoSetMaximumIterations(run.tao, 0));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* f = t plus noise of a known size, which the differences must find to a factor of 3. */
START_TEST(noise_is_measured)
{
  const PetscReal level[] = {1e-12, 1e-6, 1.0};
  PetscReal       value[7], sigma;

  for (int seed = 0; seed < 20; seed++) {
    for (int i = 0; i < 7; i++) {
      const PetscReal u = 1e4 * PetscSinReal(12.9898 * i + 78.233 * seed);

      value[i] = 1e-9 * i + level[_i] * PetscSqrtReal(12.0) * (u - PetscFloorReal(u) - 0.5);
    }
    sigma = TrustNCGNoise(7, value);
    ckm_assert(sigma > level[_i] / 4.0 && sigma < 4.0 * level[_i]);
  }
}
END_TEST

START_TEST(gaps_are_judged)
{
  const PetscReal inf = PETSC_INFINITY;

  ckm_assert(TrustNCGJudge(0.05, 1e-6, 1.0) == TRUSTNCG_FIT_WRONG);
  ckm_assert(TrustNCGJudge(0.05, 1e-2, 1.0) == TRUSTNCG_FIT_HIDDEN);
  ckm_assert(TrustNCGJudge(1e-4, 1e-6, 1.0) == TRUSTNCG_FIT_INEXACT);
  ckm_assert(TrustNCGJudge(1e-9, 0.0, 1.0) == TRUSTNCG_FIT_RIGHT);
  ckm_assert(TrustNCGJudge(0.0, 0.0, 0.0) == TRUSTNCG_FIT_RIGHT);
  ckm_assert(TrustNCGJudge(0.0 / 0.0, 0.0, 1.0) == TRUSTNCG_FIT_HIDDEN);
  ckm_assert(TrustNCGJudge(1.0, inf, 1.0) == TRUSTNCG_FIT_HIDDEN);
  ckm_assert(TrustNCGBestRung(2, (const PetscReal[]){inf, inf}) == -1);
  ckm_assert(TrustNCGBestRung(3, (const PetscReal[]){0.0 / 0.0, 2.0, 1.0}) == 2);
  ckm_assert_near(TrustNCGCurvature(2.0, 3 * 4.0 + 2.0, 1.0, 3 * 1.0 + 1.0), 6.0, 1e-14);
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase    = ckm_tcase(suite, "doctor");
  int    problems = 0;

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());

  while (ProblemInfos[problems].name) problems++;
  tcase_add_loop_test(tcase, a_planted_error_is_named, 0, ERRORS);
  tcase_add_loop_test(tcase, only_what_is_wrong_is_named, 0, 2);
  tcase_add_test(tcase, ranks_that_differ_in_f_are_named);
  tcase_add_test(tcase, the_rank_at_fault_is_named);
  tcase_add_loop_test(tcase, one_entry_of_a_million_is_found, 0, 4);
  tcase_add_loop_test(tcase, a_direction_of_the_users_is_used, 0, 2);
  tcase_add_loop_test(tcase, right_derivatives_pass, 0, 4);
  tcase_add_loop_test(tcase, a_noisy_gradient_is_no_fault, 0, 14);
  tcase_add_loop_test(tcase, the_solve_does_not_notice, 0, 3);
  tcase_add_loop_test(tcase, x_is_put_back, 0, 2);
  tcase_add_test(tcase, a_bad_start_is_the_error_of_the_solve);
  tcase_add_test(tcase, rungs_that_are_not_finite_are_passed_over);
  tcase_add_test(tcase, getters_give_what_setters_took);
  tcase_add_loop_test(tcase, no_problem_of_the_list_is_blamed, 0, 2 * problems);
  tcase_add_loop_test(tcase, an_error_in_any_problem_is_found, 0, 2 * problems);
  tcase_add_loop_test(tcase, a_hard_place_is_no_fault, 0, 30);
  tcase_add_loop_test(tcase, noise_is_measured, 0, 3);
  tcase_add_test(tcase, gaps_are_judged);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "doctor", AddTests);
}
