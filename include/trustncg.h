/* SPDX-License-Identifier: BSD-2-Clause
   trustncg: matrix-free trust-region Newton-CG as a TAO type. */
#ifndef TRUSTNCG_H
#define TRUSTNCG_H

#include <petsctao.h>

/* The TAO type of this library, -tao_type trustncg, and the KSP type of its inner solves. */
#define TAOTRUSTNCG "trustncg"
#define KSPTRUSTCG  "trustcg"

/* H v at x: the directional derivative of the gradient along v. */
typedef PetscErrorCode (*TaoTrustNCGHessianVectorFn)(Tao tao, Vec x, Vec v, Vec Hv, void *ctx);

/* What a solve has cost so far; see TaoTrustNCGGetLedger(). */
typedef struct {
  PetscInt  nf;          /* evaluations of f alone */
  PetscInt  ng;          /* evaluations of the gradient alone, differences not included */
  PetscInt  nfg;         /* combined evaluations of f and gradient */
  PetscInt  nhv_user;    /* Hv by the user's directional derivative */
  PetscInt  nhv_matrix;  /* Hv by the user's Mat */
  PetscInt  nhv_fd;      /* Hv by differences, one gradient each */
  PetscInt  cg;          /* CG iterations */
  PetscInt  steps;       /* accepted steps */
  PetscInt  rejected;    /* rejected trial points, one evaluation each */
  PetscInt  resolved_hv; /* Hv spent on solving a subproblem again after a rejection */
  PetscInt  reductions;  /* global reductions made by the solver, callbacks not included */
  PetscInt  vectors;     /* vectors of n in use, solution and gradient included */
  PetscReal equivalents; /* gradient-equivalents: nf + ng + nfg + all Hv */
} TaoTrustNCGLedger;

PETSC_EXTERN PetscErrorCode TrustNCGInitializePackage(void);

PETSC_EXTERN PetscErrorCode TaoTrustNCGSetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn fn,
                                                        void *ctx);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn *fn,
                                                        void **ctx);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetEta(Tao tao, PetscReal eta);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetEta(Tao tao, PetscReal *eta);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetDifferenceStep(Tao tao, PetscReal relstep);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetDifferenceStep(Tao tao, PetscReal *relstep);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckDerivatives(Tao tao, PetscBool report,
                                                           PetscBool stop);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckDerivatives(Tao tao, PetscBool *report,
                                                           PetscBool *stop);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckDirection(Tao tao, Vec v);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckDirection(Tao tao, Vec *v);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckIndexSet(Tao tao, IS is);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckIndexSet(Tao tao, IS *is);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetLedger(Tao tao, TaoTrustNCGLedger *ledger);

#endif
