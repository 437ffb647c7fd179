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

/* What preconditions the truncated CG; see TaoTrustNCGSetPrecondType(). */
typedef enum {
  TAO_TRUSTNCG_PRECOND_NONE,
  TAO_TRUSTNCG_PRECOND_PAIRS,
  TAO_TRUSTNCG_PRECOND_DIAGONAL,
  TAO_TRUSTNCG_PRECOND_SPARSE,
  TAO_TRUSTNCG_PRECOND_USER,
  TAO_TRUSTNCG_PRECOND_AUTO
} TaoTrustNCGPrecondType;
PETSC_EXTERN const char *const TaoTrustNCGPrecondTypes[];

/* What a solve has cost so far; see TaoTrustNCGGetLedger(). */
typedef struct {
  PetscInt  nf;                 /* evaluations of f alone */
  PetscInt  ng;                 /* evaluations of the gradient alone, differences not included */
  PetscInt  nfg;                /* combined evaluations of f and gradient */
  PetscInt  ng_noise;           /* of ng and nfg, those that measured noise */
  PetscInt  nhv_user;           /* Hv by the user's directional derivative */
  PetscInt  nhv_matrix;         /* Hv by the user's Mat */
  PetscInt  nhv_fd;             /* Hv by differences, one gradient each */
  PetscInt  nhv_precond;        /* of these Hv, those that built a preconditioner */
  PetscInt  nhv_curvature;      /* of these Hv, those that checked the curvature at the end */
  PetscInt  cg;                 /* CG iterations */
  PetscInt  steps;              /* accepted steps */
  PetscInt  learned;            /* of these, the steps of the learned model alone, without any Hv */
  PetscInt  looks;              /* evaluations on the way of a CG solve that went on */
  PetscInt  rejected;           /* rejected trial points, one evaluation each */
  PetscInt  resolved_hv;        /* Hv spent on solving a subproblem again after a rejection */
  PetscInt  reductions;         /* global reductions made by the solver, callbacks not included */
  PetscInt  vectors;            /* vectors of n in use, solution and gradient included */
  PetscInt  vectors_precond;    /* of these, those of the preconditioner and the learned model */
  PetscInt  coarse_grids;       /* coarser grids solved before */
  PetscInt  coarse_evaluations; /* of f, the gradient or both, and Hv, there */
  PetscReal coarse_equivalents; /* those, each by its grid's share of the unknowns of this one */
  PetscReal equivalents; /* gradient-equivalents: nf + ng + nfg + all Hv + coarse_equivalents */
} TaoTrustNCGLedger;

/* How a solve ended; see TaoTrustNCGGetOutcome(). */
typedef enum {
  TAO_TRUSTNCG_RUNNING,      /* it did not end yet */
  TAO_TRUSTNCG_FIRST_ORDER,  /* the convergence test is met */
  TAO_TRUSTNCG_SECOND_ORDER, /* and no negative curvature was found */
  TAO_TRUSTNCG_SADDLE_POINT, /* and there is negative curvature, which could not be followed */
  TAO_TRUSTNCG_UNBOUNDED,    /* f seems to have no lower bound */
  TAO_TRUSTNCG_NOISE_FLOOR,  /* the noise in f or its gradient allows no more */
  TAO_TRUSTNCG_STAGNATION,   /* rounding allows no more */
  TAO_TRUSTNCG_INCONSISTENT, /* f, gradient and Hv do not fit together */
  TAO_TRUSTNCG_NO_STEP,      /* every trial was rejected */
  TAO_TRUSTNCG_NOT_FINITE,   /* NaN or Inf wherever f, gradient or Hv was tried */
  TAO_TRUSTNCG_LIMIT,        /* iterations or evaluations */
  TAO_TRUSTNCG_TIME,         /* -tao_trustncg_max_time */
  TAO_TRUSTNCG_SIGNAL,       /* SIGUSR1 or SIGTERM */
  TAO_TRUSTNCG_USER_STOPPED  /* a convergence test of the user's */
} TaoTrustNCGOutcome;
PETSC_EXTERN const char *const TaoTrustNCGOutcomes[];

PETSC_EXTERN PetscErrorCode TrustNCGInitializePackage(void);

/* The Hessian-vector product: the user's, or differences of the gradient */
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn fn,
                                                        void *ctx);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn *fn,
                                                        void **ctx);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetDifferenceStep(Tao tao, PetscReal relstep);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetDifferenceStep(Tao tao, PetscReal *relstep);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetHessianVectorFallback(Tao tao, PetscBool use);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetHessianVectorFallback(Tao tao, PetscBool *use);

/* The algorithm */
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetEta(Tao tao, PetscReal eta);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetEta(Tao tao, PetscReal *eta);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetLearnedSteps(Tao tao, PetscBool use);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetLearnedSteps(Tao tao, PetscBool *use);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetPrecondType(Tao tao, TaoTrustNCGPrecondType type);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetPrecondType(Tao tao, TaoTrustNCGPrecondType *type);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetPattern(Tao tao, Mat pattern);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetPattern(Tao tao, Mat *pattern);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetMaxVectors(Tao tao, PetscInt most);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetMaxVectors(Tao tao, PetscInt *most);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetGridSequence(Tao tao, PetscInt grids);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetGridSequence(Tao tao, PetscInt *grids);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetSecondOrder(Tao tao, PetscBool check, PetscReal flat);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetSecondOrder(Tao tao, PetscBool *check, PetscReal *flat);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetReproducible(Tao tao, PetscBool same);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetReproducible(Tao tao, PetscBool *same);

/* The check of the derivatives before a solve */
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckDerivatives(Tao tao, PetscBool report,
                                                           PetscBool stop);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckDerivatives(Tao tao, PetscBool *report,
                                                           PetscBool *stop);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckDirection(Tao tao, Vec v);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckDirection(Tao tao, Vec *v);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckIndexSet(Tao tao, IS is);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckIndexSet(Tao tao, IS *is);

/* For callbacks; limits, signals, checkpoints */
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetDomainError(Tao tao);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetDeadline(Tao tao, PetscReal seconds);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetDeadline(Tao tao, PetscReal *seconds);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetMaxTime(Tao tao, PetscReal seconds);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetMaxTime(Tao tao, PetscReal *seconds);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetSignals(Tao tao, PetscBool use);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetSignals(Tao tao, PetscBool *use);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetCheckpoint(Tao tao, const char file[], PetscInt its,
                                                     PetscReal minutes);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCheckpoint(Tao tao, const char *file[], PetscInt *its,
                                                     PetscReal *minutes);
PETSC_EXTERN PetscErrorCode TaoTrustNCGSetRestart(Tao tao, const char file[]);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetRestart(Tao tao, const char *file[]);

/* What a solve has found and cost */
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetOutcome(Tao tao, TaoTrustNCGOutcome *outcome,
                                                  const char **why);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetCurvature(Tao tao, PetscReal *theta, PetscReal *bound);
PETSC_EXTERN PetscErrorCode TaoTrustNCGGetLedger(Tao tao, TaoTrustNCGLedger *ledger);

#endif
