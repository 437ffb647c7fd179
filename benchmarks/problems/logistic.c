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
#include "replica.h"

typedef struct {
  LogisticData data;
  int          K;         /* weights a feature: the classes, or 1 for two classes */
  PetscBool    reference; /* one more class has the score 0 */
  Replica      replica;
  PetscScalar *w, *v;  /* all of x and of a direction */
  PetscScalar *g;      /* this rank's part of a gradient or of H v, all unknowns */
  PetscScalar *score;  /* 2 K: for one sample, its scores and the multiples of x_i to add */
  PetscReal   *p;      /* m x K: the probabilities at a point */
  Memory       memory; /* the Vec x of p */
} Logistic;

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
      SamplesMult(s, i, l->K, w, z);
      loss += Softmax(l->K, l->reference, z, s->label[i], p);
    }
    if (v) {
      SamplesMult(s, i, l->K, v, z);
      SoftmaxTangent(l->K, p, z, t);
    } else {
      for (int k = 0; k < l->K; k++) t[k] = p[k] - (k == s->label[i]);
    }
    if (g) SamplesAdd(s, i, l->K, t, g);
  }
  return (PetscReal)loss;
}

static PetscErrorCode LogisticObjGrad(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Logistic      *l = prob->data;
  const PetscInt M = l->data.train.M;
  PetscReal      loss;

  PetscFunctionBegin;
  PetscCall(ReplicaGather(&l->replica, x, l->w));
  if (g) PetscCall(PetscArrayzero(l->g, prob->N));
  loss = Sweep(l, l->w, NULL, g ? l->g : NULL);
  PetscCall(MemorySet(&l->memory, x));
  if (g) PetscCall(ReplicaMeanVec(&l->replica, M, l->g, l->data.lambda, x, g));
  if (f) PetscCall(ReplicaMean(&l->replica, M, loss, l->data.lambda, prob->N, l->w, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticHessVec(Problem prob, Vec x, Vec v, Vec Hv)
{
  Logistic *l = prob->data;
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(MemoryHas(&l->memory, x, &same));
  if (!same) PetscCall(ReplicaGather(&l->replica, x, l->w));
  PetscCall(ReplicaGather(&l->replica, v, l->v));
  PetscCall(PetscArrayzero(l->g, prob->N));
  Sweep(l, same ? NULL : l->w, l->v, l->g);
  PetscCall(MemorySet(&l->memory, x));
  PetscCall(ReplicaMeanVec(&l->replica, l->data.train.M, l->g, l->data.lambda, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticStart(Problem prob, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecSet(x, 0.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The samples of this rank that are classified right */
static PetscInt Right(Logistic *l, const Samples *s)
{
  PetscInt right = 0;

  for (PetscInt i = 0; i < s->m; i++) {
    SamplesMult(s, i, l->K, l->w, l->score);
    right += SoftmaxTop(l->K, l->reference, l->score) == s->label[i];
  }
  return right;
}

static PetscErrorCode LogisticReport(Problem prob, Vec x, PetscViewer viewer)
{
  Logistic      *l     = prob->data;
  const Samples *train = &l->data.train, *test = &l->data.test;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "%" PetscInt_FMT " classes, %" PetscInt_FMT " features and a bias, lambda %g\n",
    l->data.classes, train->features, (double)l->data.lambda));
  PetscCall(ReplicaGather(&l->replica, x, l->w));
  PetscCall(SamplesReport(prob->comm, "training", train, Right(l, train), viewer));
  if (test->M) PetscCall(SamplesReport(prob->comm, "test", test, Right(l, test), viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogisticDestroy(Problem prob)
{
  Logistic *l = prob->data;

  PetscFunctionBegin;
  PetscCall(LogisticDataFree(&l->data));
  PetscCall(ReplicaDestroy(&l->replica));
  PetscCall(PetscFree5(l->w, l->v, l->g, l->score, l->p));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The layout of the unknowns, and what the communication and the sweep need */
static PetscErrorCode CreateStorage(Problem prob)
{
  Logistic      *l        = prob->data;
  const PetscInt features = l->data.train.features, m = l->data.train.m;

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
  PetscCall(ReplicaCreate(prob->x, &l->replica));
  PetscCall(PetscMalloc5(prob->N, &l->w, prob->N, &l->v, prob->N, &l->g, 2 * l->K, &l->score,
                         (size_t)m * l->K, &l->p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The files decide the size: n is ignored. */
PetscErrorCode ProblemCreate_Logistic(Problem prob, PetscInt n)
{
  Logistic *l;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  prob->data    = l;
  prob->start   = LogisticStart;
  prob->objgrad = LogisticObjGrad;
  prob->hessvec = LogisticHessVec;
  prob->report  = LogisticReport;
  prob->destroy = LogisticDestroy;
  PetscCall(LogisticDataRead(prob->comm, 0, 1e-4, &l->data));
  PetscCall(CreateStorage(prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}
