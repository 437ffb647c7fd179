/* SPDX-License-Identifier: BSD-2-Clause
   The private side of TAOTRUSTNCG. */
#ifndef TRUSTNCG_IMPL_H
#define TRUSTNCG_IMPL_H

#include <petsc/private/taoimpl.h>
#include "trustncg.h"
#include "compat.h"

typedef enum {
  TRUSTNCG_HV_FD,     /* differences of the gradient */
  TRUSTNCG_HV_MATRIX, /* the Mat of TaoSetHessian() */
  TRUSTNCG_HV_USER    /* the function of TaoTrustNCGSetHessianVector() */
} TrustNCGHvKind;

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
  PetscReal                  n;      /* unknowns, as a real number */

  /* the iterate x = tao->solution, g = tao->gradient */
  PetscReal f, gnorm, gnorm0, xnorm;
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
  PetscInt  tries; /* trial points of this iteration so far */

  /* the sparse preconditioner */
  PetscBool                 wantsparse;
  struct _n_TrustNCGSparse *sparse;     /* or NULL */
  PetscInt                  nhv_probes; /* products spent on it */

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

PETSC_INTERN PetscLogEvent TRUSTNCG_Subproblem, TRUSTNCG_HessVec, TRUSTNCG_Trial;

/* evaluate.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpEvaluation(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrial(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrialGradient(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGUpdateHessian(Tao tao, Mat *H, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGCountHessVec(Tao tao, PetscInt cg);

/* precond_sparse.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpSparse(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGUpdateSparse(Tao tao, Mat H, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGNoteSparse(Tao tao);

/* solve.c */
PETSC_INTERN PetscErrorCode TaoSolve_TrustNCG(Tao tao);

/* doctor.c */
PETSC_INTERN PetscErrorCode TrustNCGDoctorOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGDoctor(Tao tao);

/* options.c, view.c */
PETSC_INTERN PetscErrorCode TaoGetTrustNCG(Tao tao, TAO_TrustNCG **tn);
PETSC_INTERN PetscErrorCode TaoNeedTrustNCG(Tao tao, TAO_TrustNCG **tn);
PETSC_INTERN PetscErrorCode TaoSetFromOptions_TrustNCG(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGUpdateLedger(Tao tao);
PETSC_INTERN PetscErrorCode TaoView_TrustNCG(Tao tao, PetscViewer viewer);

/* register.c */
PETSC_INTERN PetscErrorCode TaoCreate_TrustNCG(Tao tao);

#endif
