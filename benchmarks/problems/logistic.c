/* SPDX-License-Identifier: BSD-2-Clause
   Multinomial logistic regression with L2 regularisation, on Fashion-MNIST or a LIBSVM file.

   M samples x_i of class y_i, one of C; the constant feature 1 (the bias) is appended to each x_i.
     f(W) = 1/M sum_i [log sum_c exp(w_c'x_i) - w_{y_i}'x_i] + lambda/2 ||W||^2
   with the bias's weights regularised like the others. With
     p_i = softmax(W'x_i),  s_i = p_i - e_{y_i},  t_i = p_i o (u_i - p_i'u_i),  u_i = V'x_i
     gradient = 1/M sum_i x_i s_i' + lambda W,    H V = 1/M sum_i x_i t_i' + lambda V.
   The unknowns are stored by feature: the C weights of feature 0, of feature 1, ..., of the bias.

   Two classes take one weight vector w instead: the score of class 1 is held at 0, which makes
     f(w) = 1/M sum_i log(1 + exp(-b_i w'x_i)) + lambda/2 ||w||^2,
   b_i = +1 for the label seen first, -1 for the other. This is LIBLINEAR's `-s 0 -B 1 -c cost` with
   lambda = 1/(cost M), and its objective is M cost f. (LIBLINEAR makes +1 the positive class of
   the labels -1 and +1 also where -1 is seen first; that changes the sign of w alone.) */
#include "problem.h"
#include "logistic_data.h"

typedef struct {
  LogisticData     data;
  PetscReal        lambda;
  int              K;         /* weights a feature: the classes, or 1 for two classes */
  PetscBool        reference; /* one more class has the score 0 */
  PetscMPIInt     *count;     /* unknowns of each rank */
  PetscMPIInt     *first;     /* the first of them */
  PetscScalar     *w, *v;     /* all of x and of a direction */
  PetscScalar     *g;         /* this rank's part of a gradient or of H v, all unknowns */
  PetscScalar     *score;     /* 2 K: for one sample, its scores and the multiples of x_i to add */
  PetscReal       *p;         /* m x K: the probabilities at the Vec x below */
  PetscObjectId    x;         /* 0: none yet. No two objects have the same id, ever */
  PetscObjectState xstate;
} Logistic;

/* A sample's entries; restrict tells the compiler that no weight is stored among them */
typedef struct {
  const double *restrict value;
  const int *restrict column;
  size_t entries;
} Row;

static Row GetRow(const Samples *s, PetscInt i)
{
  const size_t first = s->start[i];
  const Row    row   = {s->value + first, s->column + first, s->start[i + 1] - first};

  return row;
}

/* z += W'x for K weights a feature; a constant K lets the compiler unroll and vectorise */
static inline void ScoresFixed(const int K, Row x, const PetscScalar *restrict w,
                               PetscScalar *restrict z)
{
  for (size_t j = 0; j < x.entries; j++) {
    const double       a  = x.value[j];
    const PetscScalar *wj = w + (size_t)x.column[j] * K;

    for (int k = 0; k < K; k++) z[k] += a * wj[k];
  }
}

/* G += x t' */
static inline void AddFixed(const int K, Row x, const PetscScalar *restrict t,
                            PetscScalar *restrict g)
{
  for (size_t j = 0; j < x.entries; j++) {
    const double a  = x.value[j];
    PetscScalar *gj = g + (size_t)x.column[j] * K;

#pragma GCC unroll 1 /* unrolled, gcc 12 leaves it scalar and takes 1.4 times as long */
    for (int k = 0; k < K; k++) gj[k] += a * t[k];
  }
}

/* z = W'x_i, with the bias's weights last in W */
static void Scores(const Logistic *l, const Samples *s, PetscInt i, const PetscScalar *w,
                   PetscScalar *z)
{
  const PetscScalar *bias = w + (size_t)l->data.features * l->K;

  for (int k = 0; k < l->K; k++) z[k] = bias[k];
  if (l->K == 10) ScoresFixed(10, GetRow(s, i), w, z);
  else if (l->K == 1) ScoresFixed(1, GetRow(s, i), w, z);
  else ScoresFixed(l->K, GetRow(s, i), w, z);
}

/* G += x_i t' */
static void Add(const Logistic *l, const Samples *s, PetscInt i, const PetscScalar *t,
                PetscScalar *g)
{
  PetscScalar *bias = g + (size_t)l->data.features * l->K;

  for (int k = 0; k < l->K; k++) bias[k] += t[k];
  if (l->K == 10) AddFixed(10, GetRow(s, i), t, g);
  else if (l->K == 1) AddFixed(1, GetRow(s, i), t, g);
  else AddFixed(l->K, GetRow(s, i), t, g);
}

/* The class with the largest score; the reference class, where there is one, is number K. */
static int Largest(const Logistic *l, const PetscScalar *z)
{
  int       top  = l->reference ? l->K : 0;
  PetscReal most = l->reference ? 0.0 : z[0];

  for (int k = 0; k < l->K; k++) {
    if (z[k] > most) {
      most = z[k];
      top  = k;
    }
  }
  return top;
}

/* p = softmax(z); the loss is log sum_c exp(z_c) - z_y = (z_top - z_y) + log1p(the other terms), in
   which no exponential overflows and a small loss keeps its digits. */
static PetscReal Softmax(const Logistic *l, const PetscScalar *z, int y, PetscReal *p)
{
  const int       top  = Largest(l, z);
  const PetscReal most = top < l->K ? z[top] : 0.0;
  PetscReal       rest = l->reference && top < l->K ? PetscExpReal(-most) : 0.0;

  for (int k = 0; k < l->K; k++) {
    p[k] = k == top ? 1.0 : PetscExpReal(z[k] - most);
    if (k != top) rest += p[k];
  }
  for (int k = 0; k < l->K; k++) p[k] /= 1.0 + rest;
  return most - (y < l->K ? z[y] : 0.0) + log1p(rest);
}

/* One pass over this rank's samples, each used twice while it is in cache. w: renew p at W = w and
   sum up the loss; w = NULL: take p as it is. g: add x_i s_i' or, where v is given, x_i t_i'. */
static PetscReal Sweep(Logistic *l, const PetscScalar *w, const PetscScalar *v, PetscScalar *g)
{
  const Samples *s = &l->data.train;
  PetscScalar   *z = l->score, *t = l->score + l->K;
  long double    loss = 0.0; /* the sum of many samples to all digits of a double */

  for (PetscInt i = 0; i < s->m; i++) {
    PetscReal *p = l->p + (size_t)i * l->K;

    if (w) {
      Scores(l, s, i, w, z);
      loss += Softmax(l, z, s->label[i], p);
    }
    if (v) {
      PetscReal pu = 0.0;

      Scores(l, s, i, v, z);
      for (int k = 0; k < l->K; k++) pu += p[k] * z[k];
      for (int k = 0; k < l->K; k++) t[k] = p[k] * (z[k] - pu);
    } else {
      for (int k = 0; k < l->K; k++) t[k] = p[k] - (k == s->label[i]);
    }
    if (g) Add(l, s, i, t, g);
  }
  return (PetscReal)loss;
}

/* Gather and SumUp together move 2 N (p-1)/p numbers through each of p ranks: an allreduce of the
   gradient alone would move as many, and the gather would come on top. */
static PetscErrorCode Gather(Problem prob, Vec x, PetscScalar *all)
{
  Logistic          *l = prob->data;
  const PetscScalar *own;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &own));
  PetscCallMPI(MPI_Allgatherv(own, (PetscMPIInt)n, MPIU_SCALAR, all, l->count, l->first,
                              MPIU_SCALAR, prob->comm));
  PetscCall(VecRestoreArrayRead(x, &own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = 1/M sum over the ranks of l->g + lambda x */
static PetscErrorCode SumUp(Problem prob, Vec x, Vec y)
{
  Logistic          *l = prob->data;
  const PetscScalar *xs;
  PetscScalar       *ys;
  PetscInt           n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(y, &n));
  PetscCall(VecGetArrayWrite(y, &ys));
  PetscCallMPI(MPI_Reduce_scatter(l->g, ys, l->count, MPIU_SCALAR, MPI_SUM, prob->comm));
  PetscCall(VecGetArrayRead(x, &xs));
  for (PetscInt k = 0; k < n; k++) ys[k] = ys[k] / l->data.train.M + l->lambda * xs[k];
  PetscCall(VecRestoreArrayRead(x, &xs));
  PetscCall(VecRestoreArrayWrite(y, &ys));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RememberPoint(Logistic *l, Vec x)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectGetId((PetscObject)x, &l->x));
  PetscCall(PetscObjectStateGet((PetscObject)x, &l->xstate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective: a Vec may have been written on some ranks only, so all have to agree. */
static PetscErrorCode IsRememberedPoint(Problem prob, Vec x, PetscBool *same)
{
  Logistic        *l = prob->data;
  PetscObjectId    id;
  PetscObjectState state;
  PetscBool        mine;

  PetscFunctionBegin;
  PetscCall(PetscObjectGetId((PetscObject)x, &id));
  PetscCall(PetscObjectStateGet((PetscObject)x, &state));
  mine = id == l->x && state == l->xstate ? PETSC_TRUE : PETSC_FALSE;
  PetscCallMPI(MPI_Allreduce(&mine, same, 1, MPIU_BOOL, MPI_LAND, prob->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticObjGrad(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Logistic *l = prob->data;
  PetscReal loss, sum, square = 0.0;

  PetscFunctionBegin;
  PetscCall(Gather(prob, x, l->w));
  if (g) PetscCall(PetscArrayzero(l->g, prob->N));
  loss = Sweep(l, l->w, NULL, g ? l->g : NULL);
  PetscCall(RememberPoint(l, x));
  if (g) PetscCall(SumUp(prob, x, g));
  if (f) {
    PetscCallMPI(MPI_Allreduce(&loss, &sum, 1, MPIU_REAL, MPI_SUM, prob->comm));
    /* all ranks hold all of W: no reduction, and the same sum on any number of ranks */
    for (PetscInt k = 0; k < prob->N; k++) square += l->w[k] * l->w[k];
    *f = sum / l->data.train.M + 0.5 * l->lambda * square;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticHessVec(Problem prob, Vec x, Vec v, Vec Hv)
{
  Logistic *l = prob->data;
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(IsRememberedPoint(prob, x, &same));
  if (!same) PetscCall(Gather(prob, x, l->w));
  PetscCall(Gather(prob, v, l->v));
  PetscCall(PetscArrayzero(l->g, prob->N));
  Sweep(l, same ? NULL : l->w, l->v, l->g);
  PetscCall(RememberPoint(l, x));
  PetscCall(SumUp(prob, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticStart(Problem prob, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecSet(x, 0.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective */
static PetscErrorCode ReportAccuracy(Problem prob, const char set[], const Samples *s,
                                     PetscViewer viewer)
{
  Logistic *l     = prob->data;
  PetscInt  right = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->m; i++) {
    Scores(l, s, i, l->w, l->score);
    right += Largest(l, l->score) == s->label[i];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &right, 1, MPIU_INT, MPI_SUM, prob->comm));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "%s accuracy %.2f %%: %" PetscInt_FMT " of %" PetscInt_FMT
                                   " samples are classified right\n",
                                   set, 100.0 * (double)right / (double)s->M, right, s->M));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticReport(Problem prob, Vec x, PetscViewer viewer)
{
  Logistic *l = prob->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "%" PetscInt_FMT " classes, %" PetscInt_FMT " features and a bias, lambda %g\n",
    l->data.classes, l->data.features, (double)l->lambda));
  PetscCall(Gather(prob, x, l->w));
  PetscCall(ReportAccuracy(prob, "training", &l->data.train, viewer));
  if (l->data.test.M) PetscCall(ReportAccuracy(prob, "test", &l->data.test, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticDestroy(Problem prob)
{
  Logistic *l = prob->data;

  PetscFunctionBegin;
  PetscCall(LogisticDataFree(&l->data));
  PetscCall(PetscFree2(l->count, l->first));
  PetscCall(PetscFree5(l->w, l->v, l->g, l->score, l->p));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOptions(MPI_Comm comm, LogisticSource *source, PetscReal *lambda)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(source, sizeof(*source)));
  PetscCall(PetscStrncpy(source->dir, "/usr/share/datasets/fashion-mnist", sizeof(source->dir)));
  *lambda = 1e-4;
  PetscOptionsBegin(comm, NULL, "Logistic regression", NULL);
  PetscCall(PetscOptionsString("-problem_data",
                               "training set in LIBSVM format (else Fashion-MNIST)", NULL,
                               source->file, source->file, sizeof(source->file), NULL));
  PetscCall(PetscOptionsString("-problem_test", "test set in LIBSVM format", NULL, source->test,
                               source->test, sizeof(source->test), NULL));
  PetscCall(PetscOptionsString("-problem_data_dir", "folder of Fashion-MNIST", NULL, source->dir,
                               source->dir, sizeof(source->dir), NULL));
  PetscCall(PetscOptionsReal("-problem_lambda", "weight of the regularisation, > 0", NULL, *lambda,
                             lambda, NULL));
  PetscCall(PetscOptionsBoundedInt("-problem_samples",
                                   "take only the first training samples (0: all)", NULL, 0,
                                   &source->samples, NULL, 0));
  PetscOptionsEnd();
  PetscCheck(*lambda > 0.0 && !PetscIsInfReal(*lambda), comm, PETSC_ERR_ARG_OUTOFRANGE,
             "-problem_lambda %g: it must be finite and > 0", (double)*lambda);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The layout of the unknowns, and what the communication and the sweep need */
static PetscErrorCode CreateStorage(Problem prob)
{
  Logistic       *l = prob->data;
  const PetscInt *ranges;
  PetscMPIInt     size;
  const PetscInt  features = l->data.features, m = l->data.train.m;

  PetscFunctionBegin;
  l->reference = l->data.classes == 2 ? PETSC_TRUE : PETSC_FALSE;
  l->K         = l->reference ? 1 : (int)l->data.classes;
  PetscCheck(features < PETSC_MPI_INT_MAX / l->K, prob->comm, PETSC_ERR_SUP,
             "%" PetscInt_FMT " classes with %" PetscInt_FMT
             " features: more than 2^31 - 1 unknowns",
             l->data.classes, features);
  prob->N = l->K * (features + 1);
  PetscCall(VecCreate(prob->comm, &prob->x));
  PetscCall(VecSetSizes(prob->x, PETSC_DECIDE, prob->N));
  PetscCall(VecSetFromOptions(prob->x));
  PetscCallMPI(MPI_Comm_size(prob->comm, &size));
  PetscCall(VecGetOwnershipRanges(prob->x, &ranges));
  PetscCall(PetscMalloc2(size, &l->count, size, &l->first));
  for (PetscMPIInt r = 0; r < size; r++) {
    l->first[r] = (PetscMPIInt)ranges[r];
    l->count[r] = (PetscMPIInt)(ranges[r + 1] - ranges[r]);
  }
  PetscCall(PetscMalloc5(prob->N, &l->w, prob->N, &l->v, prob->N, &l->g, 2 * l->K, &l->score,
                         (size_t)m * l->K, &l->p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The files decide the size: n is ignored. */
PetscErrorCode ProblemCreate_Logistic(Problem prob, PetscInt n)
{
  Logistic      *l;
  LogisticSource source;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  prob->data    = l;
  prob->start   = LogisticStart;
  prob->objgrad = LogisticObjGrad;
  prob->hessvec = LogisticHessVec;
  prob->report  = LogisticReport;
  prob->destroy = LogisticDestroy;
  PetscCall(ReadOptions(prob->comm, &source, &l->lambda));
  PetscCall(LogisticDataRead(prob->comm, &source, &l->data));
  PetscCall(CreateStorage(prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}
