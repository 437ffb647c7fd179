/* SPDX-License-Identifier: BSD-2-Clause
   EIGENALS and EIGENBLS of CUTE, Gould (1992): the eigenvalues D and eigenvectors, the rows of Q,
   of a symmetric A of order d as least squares; n = d^2 + d,
   f = sum_{i<=j} (Q'DQ - A)_ij^2 + (Q'Q - I)_ij^2. */
#include "problem.h"
#include <petscvec.h>

typedef PetscReal (*Matrix)(PetscInt i, PetscInt j);

/* D, Q by columns, and its transpose, on every rank */
typedef struct {
  PetscReal *d, *q, *qt;
} Factors;

/* The unknowns go by columns of Q, each behind its D_j; a rank has whole columns. The work arrays
   are d by m, one column for each of the rank's own. */
typedef struct {
  PetscInt   d, first, m; /* the order, this rank's first column, and how many it has */
  Matrix     a;
  VecScatter gather;
  Vec        all;
  Factors    x, v;
  PetscReal *e, *o, *de, *dO, *b, *w, *qe; /* see below */
  PetscReal *diag;                         /* the derivative by D */
} Eigen;

static PetscReal EigenA(PetscInt i, PetscInt j)
{
  return i == j ? (PetscReal)(i + 1) : 0.0;
}

static PetscReal EigenB(PetscInt i, PetscInt j)
{
  return i == j ? 2.0 : PetscAbsInt(i - j) == 1 ? -1.0 : 0.0;
}

static PetscReal Identity(PetscInt i, PetscInt j)
{
  return i == j ? 1.0 : 0.0;
}

static PetscReal Zero(PetscInt i, PetscInt j)
{
  return 0.0;
}

/* This rank's columns of Q or the like */
static inline const PetscReal *Own(const Eigen *eig, const PetscReal *q)
{
  return q + eig->d * eig->first;
}

static PetscErrorCode Gather(Eigen *eig, Vec x, Factors *to)
{
  const PetscInt     d = eig->d;
  const PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecScatterBegin(eig->gather, x, eig->all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(eig->gather, x, eig->all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(eig->all, &a));
  for (PetscInt j = 0; j < d; j++) {
    to->d[j] = a[(d + 1) * j];
    for (PetscInt i = 0; i < d; i++) to->q[d * j + i] = a[(d + 1) * j + 1 + i];
  }
  PetscCall(VecRestoreArrayRead(eig->all, &a));
  for (PetscInt j = 0; j < d; j++) {
    for (PetscInt i = 0; i < d; i++) to->qt[d * i + j] = to->q[d * j + i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c := A b, or c := c + A b */
static void Multiply(const Eigen *eig, PetscBool add, const PetscReal *a, const PetscReal *b,
                     PetscReal *restrict c)
{
  const PetscInt d = eig->d;

  for (PetscInt i = 0; !add && i < d * eig->m; i++) c[i] = 0.0;
  for (PetscInt j = 0; j < eig->m; j++) {
    for (PetscInt k = 0; k < d; k++) {
      const PetscReal t = b[d * j + k];

      for (PetscInt i = 0; i < d; i++) c[d * j + i] += t * a[d * k + i];
    }
  }
}

/* c := diag(s) b, or c := c + diag(s) b */
static void Scale(const Eigen *eig, PetscBool add, const PetscReal *s, const PetscReal *b,
                  PetscReal *restrict c)
{
  for (PetscInt j = 0; j < eig->m; j++) {
    for (PetscInt i = 0; i < eig->d; i++) {
      const PetscInt k = eig->d * j + i;

      c[k] = (add ? c[k] : 0.0) + s[i] * b[k];
    }
  }
}

/* The residuals r := r - target of the whole square weigh 1/2, and 1 on the diagonal: the sum of
   their weighted squares. They are left multiplied by twice their weights. */
static PetscReal Weigh(const Eigen *eig, Matrix target, PetscReal r[])
{
  PetscReal f = 0.0;

  for (PetscInt j = 0; j < eig->m; j++) {
    for (PetscInt i = 0; i < eig->d; i++) {
      const PetscReal w = i == eig->first + j ? 2.0 : 1.0;
      PetscReal      *p = &r[eig->d * j + i], res = *p - target(i, eig->first + j);

      f += 0.5 * w * res * res;
      *p = w * res;
    }
  }
  return f;
}

/* e := Q'DQ - A and o := Q'Q - I, weighed; returns their share of f */
static PetscReal Residuals(Eigen *eig)
{
  Scale(eig, PETSC_FALSE, eig->x.d, Own(eig, eig->x.q), eig->b);
  Multiply(eig, PETSC_FALSE, eig->x.qt, eig->b, eig->e);
  Multiply(eig, PETSC_FALSE, eig->x.qt, Own(eig, eig->x.q), eig->o);
  return Weigh(eig, eig->a, eig->e) + Weigh(eig, Identity, eig->o);
}

/* diag := diag + c times the diagonal of p q', this rank's columns of it */
static void AddDiagonal(Eigen *eig, PetscReal c, const PetscReal *p, const PetscReal *q)
{
  for (PetscInt j = 0; j < eig->m; j++) {
    for (PetscInt k = 0; k < eig->d; k++) {
      eig->diag[k] += c * p[eig->d * j + k] * q[eig->d * j + k];
    }
  }
}

/* g := the sum over the ranks of diag, and 2 w */
static PetscErrorCode Scatter(Problem prob, Vec g)
{
  Eigen         *eig = (Eigen *)prob->data;
  const PetscInt d   = eig->d;
  PetscMPIInt    count;
  PetscScalar   *a;

  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast(d, &count));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, eig->diag, count, MPIU_REAL, MPIU_SUM, prob->comm));
  PetscCall(VecGetArrayWrite(g, &a));
  for (PetscInt j = 0; j < eig->m; j++) {
    a[(d + 1) * j] = eig->diag[eig->first + j];
    for (PetscInt i = 0; i < d; i++) a[(d + 1) * j + 1 + i] = 2.0 * eig->w[d * j + i];
  }
  PetscCall(VecRestoreArrayWrite(g, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By Q: 2 (D Q e + Q o); by D: the diagonal of Q e Q' */
static PetscErrorCode EigenObjGrad(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Eigen    *eig = (Eigen *)prob->data;
  PetscReal mine;

  PetscFunctionBegin;
  PetscCall(Gather(eig, x, &eig->x));
  mine = Residuals(eig);
  if (f) PetscCallMPI(MPI_Allreduce(&mine, f, 1, MPIU_REAL, MPIU_SUM, prob->comm));
  if (!g) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscArrayzero(eig->diag, eig->d));
  Multiply(eig, PETSC_FALSE, eig->x.q, eig->e, eig->qe);
  AddDiagonal(eig, 1.0, eig->qe, Own(eig, eig->x.q));
  Multiply(eig, PETSC_FALSE, eig->x.q, eig->o, eig->w);
  Scale(eig, PETSC_TRUE, eig->x.d, eig->qe, eig->w);
  PetscCall(Scatter(prob, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The derivatives along v = (dD, V), of the residuals, de = V'DQ + Q'(dD Q + D V) and
   dO = V'Q + Q'V, and then of the gradient */
static PetscErrorCode EigenHessVec(Problem prob, Vec x, Vec v, Vec Hv)
{
  Eigen           *eig = (Eigen *)prob->data;
  const Factors   *X = &eig->x, *V = &eig->v;
  const PetscReal *q = Own(eig, X->q), *u = Own(eig, V->q);

  PetscFunctionBegin;
  PetscCall(Gather(eig, x, &eig->x));
  PetscCall(Gather(eig, v, &eig->v));
  (void)Residuals(eig);
  Multiply(eig, PETSC_FALSE, V->qt, eig->b, eig->de);
  Scale(eig, PETSC_FALSE, X->d, u, eig->b);
  Scale(eig, PETSC_TRUE, V->d, q, eig->b);
  Multiply(eig, PETSC_TRUE, X->qt, eig->b, eig->de);
  Multiply(eig, PETSC_FALSE, V->qt, q, eig->dO);
  Multiply(eig, PETSC_TRUE, X->qt, u, eig->dO);
  (void)Weigh(eig, Zero, eig->de);
  (void)Weigh(eig, Zero, eig->dO);

  PetscCall(PetscArrayzero(eig->diag, eig->d));
  Multiply(eig, PETSC_FALSE, X->q, eig->e, eig->qe);
  AddDiagonal(eig, 2.0, eig->qe, u);
  Multiply(eig, PETSC_FALSE, X->q, eig->de, eig->b);
  AddDiagonal(eig, 1.0, eig->b, q);
  Multiply(eig, PETSC_TRUE, V->q, eig->e, eig->b);
  Scale(eig, PETSC_FALSE, X->d, eig->b, eig->w);
  Scale(eig, PETSC_TRUE, V->d, eig->qe, eig->w);
  Multiply(eig, PETSC_TRUE, V->q, eig->o, eig->w);
  Multiply(eig, PETSC_TRUE, X->q, eig->dO, eig->w);
  PetscCall(Scatter(prob, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* D = Q = I */
static PetscErrorCode EigenStart(Problem prob, Vec x)
{
  Eigen       *eig = (Eigen *)prob->data;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecSet(x, 0.0));
  PetscCall(VecGetArray(x, &a));
  for (PetscInt j = 0; j < eig->m; j++) {
    a[(eig->d + 1) * j]                      = 1.0;
    a[(eig->d + 1) * j + 1 + eig->first + j] = 1.0;
  }
  PetscCall(VecRestoreArray(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EigenDestroy(Problem prob)
{
  Eigen *eig = (Eigen *)prob->data;

  PetscFunctionBegin;
  PetscCall(VecScatterDestroy(&eig->gather));
  PetscCall(VecDestroy(&eig->all));
  PetscCall(PetscFree3(eig->x.d, eig->x.q, eig->x.qt));
  PetscCall(PetscFree4(eig->v.d, eig->v.q, eig->v.qt, eig->diag));
  PetscCall(PetscFree7(eig->e, eig->o, eig->de, eig->dO, eig->b, eig->w, eig->qe));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EigenCreate(Problem prob, PetscInt n, Matrix a)
{
  Eigen   *eig;
  PetscInt d = PetscMax(2, (PetscInt)(PetscSqrtReal((PetscReal)n + 0.25) - 0.5)), m = PETSC_DECIDE;

  PetscFunctionBegin;
  PetscCall(PetscNew(&eig));
  prob->data    = eig;
  prob->N       = d * (d + 1);
  prob->fstar   = 0.0;
  prob->start   = EigenStart;
  prob->objgrad = EigenObjGrad;
  prob->hessvec = EigenHessVec;
  prob->destroy = EigenDestroy;
  PetscCall(PetscSplitOwnership(prob->comm, &m, &d));
  PetscCall(VecCreateMPI(prob->comm, (d + 1) * m, prob->N, &prob->x));
  PetscCall(VecGetOwnershipRange(prob->x, &eig->first, NULL));
  eig->first /= d + 1;
  eig->d = d;
  eig->m = m;
  eig->a = a;
  PetscCall(VecScatterCreateToAll(prob->x, &eig->gather, &eig->all));
  PetscCall(PetscMalloc3(d, &eig->x.d, d * d, &eig->x.q, d * d, &eig->x.qt));
  PetscCall(PetscMalloc4(d, &eig->v.d, d * d, &eig->v.q, d * d, &eig->v.qt, d, &eig->diag));
  PetscCall(PetscMalloc7(d * m, &eig->e, d * m, &eig->o, d * m, &eig->de, d * m, &eig->dO, d * m,
                         &eig->b, d * m, &eig->w, d * m, &eig->qe));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_EigenALS(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(EigenCreate(prob, n, EigenA));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_EigenBLS(Problem prob, PetscInt n)
{
  PetscFunctionBegin;
  PetscCall(EigenCreate(prob, n, EigenB));
  PetscFunctionReturn(PETSC_SUCCESS);
}
