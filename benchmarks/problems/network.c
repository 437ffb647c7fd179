/* SPDX-License-Identifier: BSD-2-Clause
   A neural network with one hidden layer, as a classifier of Fashion-MNIST or of a LIBSVM file.

   M samples x_i of class y_i, one of C; x and h end with the constant 1. For the H hidden units
     a = U'x,  h = tanh(a),  z = W'h,  p = softmax(z)
     f(U,W) = 1/M sum_i [log sum_c exp(z_c) - z_{y_i}] + lambda/2 (||U||^2 + ||W||^2).
   Backwards, with s = p - e_y and h' = 1 - h^2, a sample adds
     h s' to dW,   e = W s,   x (h' o e)' to dU.
   The product with a direction (V,T) differentiates each of these along it, Pearlmutter (1994),
   "Fast exact multiplication by the Hessian":
     Rh = h' o V'x,   Rz = T'h + W'Rh,   Rs = p o (Rz - p'Rz),
     h Rs' + Rh s' to RW,   Re = T s + W Rs,   x (h' o Re - 2 h o Rh o e)' to RU.
   The unknowns are the H weights of feature 0, of feature 1, ..., of the bias; the C weights of
   hidden unit 0, of unit 1, ..., of the bias. They start uniform as in Glorot and Bengio (2010). */
#include "problem.h"
#include "logistic_data.h"
#include "noise.h"
#include "replica.h"

/* enough for a test accuracy of 81 %, few enough to be solved in minutes */
#define SAMPLES 2000
#define LAMBDA  1e-2

typedef struct {
  LogisticData data;
  int          H, C;
  Replica      replica;
  PetscScalar *w, *v;      /* all of x at the remembered point, and all of a direction */
  PetscScalar *g;          /* this rank's part of a gradient or of H v, all unknowns */
  PetscReal   *h, *p;      /* m x (H+1) and m x C: hidden units and probabilities at that point */
  PetscScalar *Rh, *e, *d; /* H + 1: for one sample */
  PetscScalar *z, *s;      /* C */
  Memory       memory;     /* the Vec x of w, h and p */
} Network;

/* Of all unknowns, those of the output layer */
static PetscScalar *Output(const Network *l, PetscScalar *all)
{
  return all + (size_t)(l->data.train.features + 1) * l->H;
}

/* z += W'h */
static void OutputMult(const Network *l, const PetscScalar *W, const PetscReal *h, PetscScalar *z)
{
  for (int k = 0; k <= l->H; k++, W += l->C) {
    for (int c = 0; c < l->C; c++) z[c] += W[c] * h[k];
  }
}

/* e += W s */
static void OutputMultTranspose(const Network *l, const PetscScalar *W, const PetscScalar *s,
                                PetscScalar *e)
{
  for (int k = 0; k <= l->H; k++, W += l->C) {
    for (int c = 0; c < l->C; c++) e[k] += W[c] * s[c];
  }
}

/* G += h s' */
static void OutputAdd(const Network *l, const PetscReal *h, const PetscScalar *s, PetscScalar *G)
{
  for (int k = 0; k <= l->H; k++, G += l->C) {
    for (int c = 0; c < l->C; c++) G[c] += h[k] * s[c];
  }
}

static void Zero(int n, PetscScalar *a)
{
  for (int k = 0; k < n; k++) a[k] = 0.0;
}

/* h and l->z of a sample at l->w */
static void Forward(const Network *l, const Samples *s, PetscInt i, PetscReal *h)
{
  SamplesMult(s, i, l->H, l->w, h);
  for (int k = 0; k < l->H; k++) h[k] = PetscTanhReal(h[k]);
  h[l->H] = 1.0;
  Zero(l->C, l->z);
  OutputMult(l, Output(l, l->w), h, l->z);
}

/* A sample's part of the gradient, or of its derivative along l->v */
static void Backward(Network *l, PetscInt i, PetscBool tangent)
{
  const Samples     *x = &l->data.train;
  const PetscReal   *h = l->h + (size_t)i * (l->H + 1), *p = l->p + (size_t)i * l->C;
  const PetscScalar *W = Output(l, l->w), *T = Output(l, l->v);
  PetscScalar       *G = Output(l, l->g), *Rh = l->Rh, *e = l->e, *d = l->d;

  for (int c = 0; c < l->C; c++) l->s[c] = p[c] - (c == x->label[i]);
  Zero(l->H + 1, e);
  OutputMultTranspose(l, W, l->s, e);
  if (tangent) {
    SamplesMult(x, i, l->H, l->v, Rh);
    for (int k = 0; k < l->H; k++) Rh[k] *= 1.0 - h[k] * h[k];
    Rh[l->H] = 0.0;
    OutputAdd(l, Rh, l->s, G);
    Zero(l->C, l->z);
    OutputMult(l, T, h, l->z);
    OutputMult(l, W, Rh, l->z);
    Zero(l->H + 1, d);
    OutputMultTranspose(l, T, l->s, d);
    SoftmaxTangent(l->C, p, l->z, l->s);
    OutputMultTranspose(l, W, l->s, d);
    for (int k = 0; k < l->H; k++) {
      d[k] = (1.0 - h[k] * h[k]) * d[k] - 2.0 * h[k] * Rh[k] * e[k];
    }
  } else {
    for (int k = 0; k < l->H; k++) d[k] = (1.0 - h[k] * h[k]) * e[k];
  }
  OutputAdd(l, h, l->s, G);
  SamplesAdd(x, i, l->H, d, l->g);
}

/* Renews all that is remembered, at x, and returns this rank's sum of the loss. */
static PetscErrorCode MoveTo(Network *l, Vec x, PetscReal *loss)
{
  const Samples *s   = &l->data.train;
  long double    sum = 0.0; /* the sum of many samples to all digits of a double */

  PetscFunctionBegin;
  PetscCall(ReplicaGather(&l->replica, x, l->w));
  for (PetscInt i = 0; i < s->m; i++) {
    Forward(l, s, i, l->h + (size_t)i * (l->H + 1));
    sum += Softmax(l->C, PETSC_FALSE, l->z, s->label[i], l->p + (size_t)i * l->C);
  }
  PetscCall(MemorySet(&l->memory, x));
  *loss = (PetscReal)sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BackwardAll(Problem prob, PetscBool tangent, Vec x, Vec y)
{
  Network       *l = prob->data;
  const Samples *s = &l->data.train;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(l->g, prob->N));
  for (PetscInt i = 0; i < s->m; i++) Backward(l, i, tangent);
  PetscCall(ReplicaMeanVec(&l->replica, s->M, l->g, l->data.lambda, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_Network(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Network  *l = prob->data;
  PetscReal loss;

  PetscFunctionBegin;
  PetscCall(MoveTo(l, x, &loss));
  if (g) PetscCall(BackwardAll(prob, PETSC_FALSE, x, g));
  if (f)
    PetscCall(ReplicaMean(&l->replica, l->data.train.M, loss, l->data.lambda, prob->N, l->w, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_Network(Problem prob, Vec x, Vec v, Vec Hv)
{
  Network  *l = prob->data;
  PetscReal loss;
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(MemoryHas(&l->memory, x, &same));
  if (!same) PetscCall(MoveTo(l, x, &loss));
  PetscCall(ReplicaGather(&l->replica, v, l->v));
  PetscCall(BackwardAll(prob, PETSC_TRUE, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Network(Problem prob, Vec x)
{
  Network        *l       = prob->data;
  const PetscInt  inner   = l->H * (l->data.train.features + 1);
  const PetscInt  outer   = inner + l->H * l->C;
  const PetscReal bound[] = {PetscSqrtReal(6.0 / (l->data.train.features + l->H)),
                             PetscSqrtReal(6.0 / (l->H + l->C))};
  PetscInt        first, last;
  PetscBool       saddle;
  PetscScalar    *a;

  PetscFunctionBegin;
  PetscCall(ProblemStartsAtSaddle(&saddle));
  if (saddle) { /* all hidden units alike: only the biases of the output have a gradient */
    PetscCall(VecSet(x, 0.0));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VecGetOwnershipRange(x, &first, &last));
  PetscCall(VecGetArrayWrite(x, &a));
  for (PetscInt i = first; i < last; i++) {
    const PetscBool bias = (PetscBool)(i >= outer || (i < inner && i >= inner - l->H));

    a[i - first] = bias ? 0.0 : bound[i >= inner] * (2.0 * NoiseUniform(1, i) - 1.0);
  }
  PetscCall(VecRestoreArrayWrite(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The samples of this rank that are classified right at l->w */
static PetscInt Right(Network *l, const Samples *s)
{
  PetscInt right = 0;

  for (PetscInt i = 0; i < s->m; i++) {
    Forward(l, s, i, l->e);
    right += SoftmaxTop(l->C, PETSC_FALSE, l->z) == s->label[i];
  }
  return right;
}

static PetscErrorCode Report_Network(Problem prob, Vec x, PetscViewer viewer)
{
  Network       *l     = prob->data;
  const Samples *train = &l->data.train, *test = &l->data.test;
  PetscReal      loss;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "%" PetscInt_FMT " features, %d hidden units, %d classes, lambda %g\n", train->features,
    l->H, l->C, (double)l->data.lambda));
  PetscCall(MoveTo(l, x, &loss));
  PetscCall(SamplesReport(prob->comm, "training", train, Right(l, train), viewer));
  if (test->M) PetscCall(SamplesReport(prob->comm, "test", test, Right(l, test), viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_Network(Problem prob)
{
  Network *l = prob->data;

  PetscFunctionBegin;
  PetscCall(LogisticDataFree(&l->data));
  PetscCall(ReplicaDestroy(&l->replica));
  PetscCall(PetscFree5(l->w, l->v, l->g, l->h, l->p));
  PetscCall(PetscFree5(l->Rh, l->e, l->d, l->z, l->s));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H hidden units make H (features + 1) + (H + 1) C unknowns: as near to n as may be */
static PetscErrorCode CreateStorage(Problem prob, PetscInt n)
{
  Network       *l        = prob->data;
  const PetscInt features = l->data.train.features, C = l->data.classes;
  const PetscInt H = PetscMax(1, (PetscInt)((n - C) / (features + 1.0 + C) + 0.5));
  const size_t   m = (size_t)l->data.train.m;

  PetscFunctionBegin;
  l->H    = (int)H;
  l->C    = (int)C;
  prob->N = H * (features + 1) + (H + 1) * C;
  PetscCall(VecCreate(prob->comm, &prob->x));
  PetscCall(VecSetSizes(prob->x, PETSC_DECIDE, prob->N));
  PetscCall(VecSetFromOptions(prob->x));
  PetscCall(ReplicaCreate(prob->x, &l->replica));
  PetscCall(
    PetscMalloc5(prob->N, &l->w, prob->N, &l->v, prob->N, &l->g, m * (H + 1), &l->h, m * C, &l->p));
  PetscCall(PetscMalloc5(H + 1, &l->Rh, H + 1, &l->e, H + 1, &l->d, C, &l->z, C, &l->s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Network(Problem prob, PetscInt n)
{
  Network *l;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  prob->data    = l;
  prob->start   = Start_Network;
  prob->objgrad = ObjGrad_Network;
  prob->hessvec = HessVec_Network;
  prob->report  = Report_Network;
  prob->destroy = Destroy_Network;
  PetscCall(LogisticDataRead(prob->comm, SAMPLES, LAMBDA, &l->data));
  PetscCall(CreateStorage(prob, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}
