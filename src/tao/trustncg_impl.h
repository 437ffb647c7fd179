/* SPDX-License-Identifier: BSD-2-Clause
   The private side of TAOTRUSTNCG. */
#ifndef TRUSTNCG_IMPL_H
#define TRUSTNCG_IMPL_H

#include <petsc/private/taoimpl.h>
#include "trustncg.h"
#include "compat.h"
#include "rules/rules.h"

typedef enum {
  TRUSTNCG_HV_FD,     /* differences of the gradient */
  TRUSTNCG_HV_MATRIX, /* the Mat of TaoSetHessian() */
  TRUSTNCG_HV_USER    /* the function of TaoTrustNCGSetHessianVector() */
} TrustNCGHvKind;

typedef struct {
  PetscBool known; /* it was measured in this solve */
  PetscBool quiet; /* and is no more than rounding */
  PetscReal f;     /* deviation of f */
  PetscReal g;     /* expected norm of the error of the gradient, */
  PetscReal gnorm; /* measured where ||g|| was this */
  PetscReal step;  /* relative step of the differences in use */
  PetscReal error; /* of Hv / ||v|| then; 0 as long as it does not matter */
} TrustNCGNoiseState;

typedef struct {
  /* set by the user */
  PetscReal eta;                    /* smallest reduction ratio of an accepted step */
  PetscReal relstep;                /* relative step of the differences */
  PetscBool checkreport, checkstop; /* the derivative check before a solve */

  /* fixed for a solve */
  TaoTrustNCGHessianVectorFn hvfn; /* the user's Hv, or NULL */
  void                      *hvctx;
  TrustNCGHvKind             kind;
  Mat                        shell;    /* Hv, unless the user gave a Mat */
  PetscBool                  combined; /* f and gradient come from one call */
  PetscBool                  ours; /* the KSP is KSPTRUSTCG: a rejected step is read off its path */
  PetscReal                  etamax; /* largest forcing term: the rtol that the KSP came with */
  PetscInt                   maxits; /* most CG iterations: the limit that the KSP came with */
  PetscReal                  n;      /* unknowns, as a real number */

  /* the iterate x = tao->solution, g = tao->gradient */
  PetscReal f, gnorm, gnorm0, xnorm;
  PetscInt  cgmost;   /* most CG iterations of the last solve */
  PetscReal forcing;  /* relative residual of the last solve */
  PetscReal mismatch; /* of model and gradient at the last step; PETSC_INFINITY if not known */

  /* the trial w = x - d, with d = tao->stepdirection as KSP solves H d = g */
  Vec       w;     /* also the perturbed point of a difference */
  Vec       gplus; /* its gradient: a free vector of the KSP where that is ours, else the spare */
  Vec       spare;
  PetscBool have_gplus;
  PetscBool boundary; /* the radius held the step back */
  PetscReal dnorm;    /* ||d|| in the norm of the trust region */
  PetscReal dnorm2;   /* ||d||_2 */
  PetscReal model;    /* predicted change of f, <= 0 */
  PetscReal fplus, gplusnorm, wnorm;
  PetscReal slope, slopeplus; /* derivatives of f along the step, at x and at w */
  PetscReal rho;
  PetscBool rounding; /* f and f+ differ by less than rounding tells */
  PetscBool checked;  /* f+ and g+ are known, from a look on CG's way */
  PetscInt  tries;    /* trial points of this iteration so far */

  /* the preconditioner */
  TaoTrustNCGPrecondType    precond;     /* as set by the user */
  TaoTrustNCGPrecondType    type;        /* in use */
  const char               *why;         /* it is that one */
  PetscInt                  maxvectors;  /* that it may take */
  PetscBool                 waiting;     /* auto: a sparse Hessian may come to pay */
  PetscBool                 misfit;      /* it was tried, and is not the Hessian */
  struct _n_TrustNCGPairs  *pairs;       /* the learned model, or NULL */
  struct _n_TrustNCGGather *gather;      /* as pairs */
  struct _n_TrustNCGSparse *sparse;      /* in use or waiting, or NULL */
  PetscInt                  nhv_precond; /* products spent on it */

  /* steps of the learned model */
  PetscBool    learnedsteps; /* as set by the user */
  TrustNCGMode mode;

  /* noise in f and gradient */
  TrustNCGNoiseState noise;

  TaoTrustNCGOutcome outcome;
  char               ending[256]; /* it in words */

  TaoTrustNCGLedger ledger;
  PetscInt          reductions;  /* of the loop: those outside the KSP */
  PetscInt          reductions0; /* of the KSP before this solve */
} TAO_TrustNCG;

/* The options prefix as a string, empty where there is none: for messages and keys. */
static inline const char *TrustNCGPrefix(Tao tao)
{
  const char *prefix = ((PetscObject)tao)->prefix;

  return prefix ? prefix : "";
}

/* Are there steps of the learned model alone? */
static inline PetscBool TrustNCGLearns(const TAO_TrustNCG *tn)
{
  return (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_PAIRS && tn->learnedsteps);
}

/* The work so far: points at which f was evaluated, and products. Unlike the ledger's sum it is the
   same whether f and gradient come together or apart, so that decisions are, too. */
static inline PetscReal TrustNCGWork(const TAO_TrustNCG *tn)
{
  const TaoTrustNCGLedger *l = &tn->ledger;

  return (PetscReal)l->nf + (PetscReal)l->nfg + (PetscReal)l->nhv_user + (PetscReal)l->nhv_matrix +
         (PetscReal)l->nhv_fd;
}

PETSC_INTERN PetscLogEvent TRUSTNCG_Subproblem, TRUSTNCG_HessVec, TRUSTNCG_Trial;

/* options.c: the private data; NULL, or an error, where the type is another one */
PETSC_INTERN PetscErrorCode TaoGetTrustNCG(Tao tao, TAO_TrustNCG **tn);
PETSC_INTERN PetscErrorCode TaoNeedTrustNCG(Tao tao, TAO_TrustNCG **tn);

/* evaluate.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpEvaluation(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrial(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrialGradient(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGUpdateHessian(Tao tao, Mat *H, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGCountHessVec(Tao tao, PetscInt cg);

/* precond.c */
PETSC_INTERN PetscErrorCode TrustNCGPrecondSetUp(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondReset(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondDue(Tao tao, PetscBool *due);
PETSC_INTERN PetscErrorCode TrustNCGPrecondUpdate(Tao tao, Mat H, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGPrecondRenew(Tao tao, Mat H);
PETSC_INTERN PetscErrorCode TrustNCGPrecondLearn(Tao tao, PetscBool bycg);
PETSC_INTERN PetscErrorCode TrustNCGPrecondForget(Tao tao, PetscBool *forgot);
PETSC_INTERN PetscErrorCode TrustNCGPrecondGetCounts(Tao tao, PetscInt *vectors,
                                                     PetscInt *reductions);

/* learned.c */
PETSC_INTERN PetscErrorCode TrustNCGLearnedTrial(Tao tao, PetscBool *accept);

/* subproblem.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGRestoreKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSubproblem(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSolveKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGStepTo(Tao tao);

/* noise.c */
PETSC_INTERN PetscErrorCode TrustNCGNoiseStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGTellErrors(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGHeedNoise(Tao tao, PetscBool *again);
PETSC_INTERN PetscErrorCode TrustNCGNoiseFloor(Tao tao);

/* outcome.c */
PETSC_INTERN PetscErrorCode TrustNCGStop(Tao tao, TaoConvergedReason reason,
                                         TaoTrustNCGOutcome outcome, const char format[], ...);
PETSC_INTERN PetscErrorCode TrustNCGNameEnd(Tao tao);

/* solve.c */
PETSC_INTERN PetscErrorCode TaoSolve_TrustNCG(Tao tao);

/* doctor.c */
PETSC_INTERN PetscErrorCode TrustNCGDoctorOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGDoctor(Tao tao);

/* options.c, view.c */
PETSC_INTERN PetscErrorCode TaoSetFromOptions_TrustNCG(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGUpdateLedger(Tao tao);
PETSC_INTERN PetscErrorCode TaoView_TrustNCG(Tao tao, PetscViewer viewer);

/* register.c */
PETSC_INTERN PetscErrorCode TaoCreate_TrustNCG(Tao tao);

#endif
