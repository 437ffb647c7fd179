/* SPDX-License-Identifier: BSD-2-Clause
   A quadratic model d'Ad/2 - b'd, the KSP that minimises it in a trust region, and what of its
   answer can be computed by hand. */
#ifndef TRUSTNCG_TEST_MODEL_H
#define TRUSTNCG_TEST_MODEL_H

#include "harness.h"
#include "subproblem/trustcg.h"
#include "trustncg.h"
#include <math.h>

/* A = S (kind + E) S, S diagonal, E random with entries in (-1, 1) on four off-diagonals */
typedef enum { CONCAVE = -45, INDEFINITE = 20, CONVEX = 45 } Kind;

typedef struct {
  Mat       A, shell; /* the same operator; the shell counts */
  Vec       b, x, w;
  KSP       ksp;
  PetscBool jacobi; /* else no preconditioner */
  PetscInt  products;
  PetscInt  spoil; /* from this product on (counted from 1; 0: never) */
  PetscReal value; /* stands in its first entry */
} Model;

static PetscErrorCode ModelProduct(Mat shell, Vec x, Vec y)
{
  Model   *m;
  PetscInt low, high;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(shell, &m));
  PetscCall(MatMult(m->A, x, y));
  m->products++;
  if (!m->spoil || m->products < m->spoil) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetOwnershipRange(y, &low, &high));
  if (low == 0 && high > 0) PetscCall(VecSetValue(y, 0, m->value, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(y));
  PetscCall(VecAssemblyEnd(y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscReal ModelScale(PetscInt i)
{
  return 2.0 + PetscSinReal(2.1 * (PetscReal)i);
}

/* Row i of A, and entry i of b */
static PetscErrorCode ModelSetRow(Model *m, PetscInt i, PetscInt n, Kind kind)
{
  static const PetscInt offsets[] = {-7, -1, 1, 7};
  const PetscReal       s         = ModelScale(i);

  PetscFunctionBegin;
  PetscCall(MatSetValue(m->A, i, i, 0.1 * kind * s * s, INSERT_VALUES));
  for (int k = 0; k < 4; k++) {
    const PetscInt  j = i + offsets[k];
    const PetscReal random =
      PetscSinReal(12.9898 * (PetscReal)(i + j) + 78.233 * (PetscReal)(i * j));

    if (j < 0 || j >= n) continue;
    PetscCall(MatSetValue(m->A, i, j, random * s * ModelScale(j), INSERT_VALUES));
  }
  PetscCall(VecSetValue(m->b, i, PetscCosReal(0.3 * (PetscReal)(i * i)), INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUpKSP(Model *m, KSP ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetOperators(ksp, m->shell, m->A));
  PetscCall(KSPSetTolerances(ksp, 1e-8, 0.0, PETSC_MAX_REAL, 1000));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, m->jacobi ? PCJACOBI : PCNONE));
  if (m->jacobi) PetscCall(PCJacobiSetUseAbs(pc, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* m stays where it is until it is destroyed. */
static PetscErrorCode ModelCreate(MPI_Comm comm, PetscInt n, Kind kind, int jacobi, Model *m)
{
  PetscInt low, high;

  PetscFunctionBegin;
  PetscCall(TrustNCGInitializePackage());
  PetscCall(PetscMemzero(m, sizeof(*m)));
  m->jacobi = (PetscBool)jacobi;
  PetscCall(VecCreateMPI(comm, PETSC_DECIDE, n, &m->b));
  PetscCall(VecDuplicate(m->b, &m->x));
  PetscCall(VecDuplicate(m->b, &m->w));
  PetscCall(VecGetOwnershipRange(m->b, &low, &high));
  PetscCall(MatCreateAIJ(comm, high - low, high - low, n, n, 5, NULL, 4, NULL, &m->A));
  for (PetscInt i = low; i < high; i++) PetscCall(ModelSetRow(m, i, n, kind));
  PetscCall(MatAssemblyBegin(m->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(m->A, MAT_FINAL_ASSEMBLY));
  PetscCall(VecAssemblyBegin(m->b));
  PetscCall(VecAssemblyEnd(m->b));
  PetscCall(MatCreateShell(comm, high - low, high - low, n, n, m, &m->shell));
  PetscCall(MatShellSetOperation(m->shell, MATOP_MULT, (void (*)(void))ModelProduct));
  PetscCall(KSPCreate(comm, &m->ksp));
  PetscCall(KSPSetType(m->ksp, KSPTRUSTCG));
  PetscCall(ModelSetUpKSP(m, m->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelDestroy(Model *m)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&m->ksp));
  PetscCall(MatDestroy(&m->shell));
  PetscCall(MatDestroy(&m->A));
  PetscCall(VecDestroy(&m->b));
  PetscCall(VecDestroy(&m->x));
  PetscCall(VecDestroy(&m->w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSolve(Model *m, PetscReal radius)
{
  PetscFunctionBegin;
  PetscCall(KSPCGSetRadius(m->ksp, radius));
  PetscCall(KSPSolve(m->ksp, m->b, m->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By hand: the model at d, and ||d||_M */
static inline PetscErrorCode ModelByHand(Model *m, Vec d, PetscReal *model, PetscReal *norm)
{
  PetscReal dAd, bd, dd;

  PetscFunctionBegin;
  *model = *norm = 0.0;
  PetscCall(MatMult(m->A, d, m->w));
  PetscCall(VecDot(d, m->w, &dAd));
  PetscCall(VecDot(m->b, d, &bd));
  if (m->jacobi) {
    PetscCall(MatGetDiagonal(m->A, m->w));
    PetscCall(VecAbs(m->w));
    PetscCall(VecPointwiseMult(m->w, m->w, d));
    PetscCall(VecDot(d, m->w, &dd));
  } else PetscCall(VecDot(d, d, &dd));
  *model = 0.5 * dAd - bd;
  *norm  = PetscSqrtReal(dd);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where CG ends: all ways there are */
enum {
  INSIDE,
  BOUNDARY,
  BOUNDARY_AT_ONCE,
  NEGATIVE,
  NEGATIVE_AT_ONCE,
  UNBOUNDED,
  UNBOUNDED_AT_ONCE
};
enum { ENDS = 7 };

static const struct {
  Kind               kind;
  PetscReal          radius[2]; /* without and with the preconditioner */
  KSPConvergedReason reason;
} Ends[ENDS] = {{CONVEX, {0.0, 0.0}, KSP_CONVERGED_RTOL},
                {CONVEX, {0.9, 2.5}, TRUSTNCG_KSP_BOUNDARY},
                {CONVEX, {1e-3, 1e-3}, TRUSTNCG_KSP_BOUNDARY},
                {INDEFINITE, {100.0, 100.0}, TRUSTNCG_KSP_NEGATIVE_CURVATURE},
                {CONCAVE, {30.0, 30.0}, TRUSTNCG_KSP_NEGATIVE_CURVATURE},
                {INDEFINITE, {0.0, 0.0}, TRUSTNCG_KSP_NEGATIVE_CURVATURE},
                {CONCAVE, {0.0, 0.0}, TRUSTNCG_KSP_NEGATIVE_CURVATURE}};

/* A model solved to that end; test i takes end i / 2, with the preconditioner where i is odd. */
static inline PetscErrorCode ModelCreateSolved(MPI_Comm comm, PetscInt n, int i, Model *m)
{
  PetscFunctionBegin;
  PetscCall(ModelCreate(comm, n, Ends[i / 2].kind, i % 2, m));
  PetscCall(ModelSolve(m, Ends[i / 2].radius[i % 2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
