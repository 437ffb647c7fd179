/* SPDX-License-Identifier: BSD-2-Clause
   The private side of TAOTRUSTNCG. */
#ifndef TRUSTNCG_IMPL_H
#define TRUSTNCG_IMPL_H

#include <petsc/private/taoimpl.h>
#include "trustncg.h"
#include "compat.h"
#include "rules/rules.h"
#include "precond/hidden.h"
#include "subproblem/sweep.h"
#include "tao/coarse.h"

#define TRUSTNCG_NO_PATTERN  "no pattern of the Hessian is known"
#define TRUSTNCG_NOISE_SHARE 0.4 /* of the deviation of f, where a rounding level is asked for */

typedef enum {
  TRUSTNCG_HV_FD,     /* differences of the gradient */
  TRUSTNCG_HV_MATRIX, /* the Mat of TaoSetHessian() */
  TRUSTNCG_HV_USER    /* the function of TaoTrustNCGSetHessianVector() */
} TrustNCGHvKind;

typedef struct _n_TrustNCGGuard *TrustNCGGuard;

/* What is known of the noise in f and its gradient */
typedef struct {
  PetscBool known;    /* it was measured in this solve */
  PetscBool doubted;  /* a step does not fit its product: to be measured */
  PetscBool quiet;    /* and is no more than rounding */
  PetscReal f;        /* deviation of f, */
  PetscReal seen;     /* as measured */
  PetscReal g;        /* expected norm of the error of the gradient, */
  PetscReal gnorm;    /* measured where ||g|| was this */
  PetscReal step;     /* relative step of the differences in use */
  PetscReal shortest; /* it, as measured */
  PetscReal error;    /* of Hv / ||v|| then; 0 as long as it does not matter */
  PetscReal record;   /* ||g|| half of which is progress, */
  PetscInt  late;     /* late trials rejected since, */
  PetscInt  poor;     /* steps in a row that were, */
  PetscInt  patience; /* and so many are no accident */
} TrustNCGNoiseState;

/* A pattern of H that auto found by products; see hidden.c */
typedef struct {
  PetscReal       next;     /* no search before so much work */
  TrustNCGOffsets offsets;  /* of its diagonals; none: there is no pattern */
  PetscInt        products; /* that it took to find them */
  Mat             pattern;  /* or NULL */
  PetscBool       band;     /* the diagonals are near the main one */
  PetscBool       wanted;   /* the next solve of CG is to be one with the sparse Hessian */
  PetscBool       poor;     /* the last such one was stopped by the boundary */
  PetscBool       use; /* the sparse Hessian preconditions, and its is the norm of the radius */
  char            words[96];
} TrustNCGHiddenPattern;

typedef struct {
  /* set by the user, beside Hv, pattern and the directions of the check, which are composed */
  PetscReal              eta;          /* smallest reduction ratio of an accepted step */
  PetscReal              relstep;      /* relative step of the differences; 0: ours to choose */
  TaoTrustNCGPrecondType precond;      /* what preconditions CG */
  PetscInt               maxvectors;   /* that it may take */
  PetscBool              learnedsteps; /* steps of the learned model alone */
  PetscBool              checkreport, checkstop; /* the derivative check before a solve */
  PetscBool              hvfallback;             /* differences in the place of a wrong Hv */
  PetscBool              secondorder;            /* the check of the curvature at the end, */
  PetscReal              flat;                   /* for which -flat ||H|| is as good as 0 */
  PetscBool              reproducible;           /* the same bits on any number of ranks */
  PetscBool              signals;                /* stop the solve in good order */
  PetscReal              maxtime;                /* seconds a solve may take */
  PetscReal              deadline;             /* seconds that a failed rank waits for the others */
  char                  *checkpoint, *restart; /* files, or NULL */
  PetscInt               checkpointits;        /* 0: not by iterations */
  PetscReal              checkpointminutes;    /* 0: not by time */

  /* fixed for a solve */
  TaoTrustNCGHessianVectorFn hvfn; /* the user's Hv, or NULL */
  void                      *hvctx;
  TrustNCGHvKind             kind;     /* of Hv; a wrong one may give way to differences */
  Mat                        shell;    /* Hv, guarded; our KSP takes a Mat of the user's itself */
  PetscBool                  combined; /* f and gradient come from one call */
  PetscBool                  ours; /* the KSP is KSPTRUSTCG: a rejected step is read off its path */
  PetscReal                  etamax; /* largest forcing term: the rtol that the KSP came with */
  PetscInt                   maxits; /* most CG iterations: the limit that the KSP came with */
  PetscReal                  n;      /* unknowns, as a real number */
  PetscReal                  f0;     /* f at the start, or where a saddle point was left */

  /* the iterate x = tao->solution, g = tao->gradient */
  PetscReal f, gnorm, gnorm0, xnorm;

  /* the subproblem: d = tao->stepdirection, as the KSP solves H d = g and the step is -d */
  PetscReal forcing;  /* relative residual of the last solve */
  PetscInt  cgmost;   /* most CG iterations of the last solve */
  PetscBool boundary; /* the radius held the step back */
  PetscReal dnorm;    /* ||d|| in the norm of the trust region */
  PetscReal dnorm2;   /* ||d||_2 */
  PetscReal model;    /* predicted change of f, <= 0 */
  PetscReal mismatch; /* of model and gradient at the last step; PETSC_INFINITY if not known */

  /* the trial w = x - d */
  Vec       w;     /* also the perturbed point of a difference */
  Vec       gplus; /* its gradient: a free vector of the KSP where that is ours, else the spare */
  Vec       spare;
  PetscBool have_gplus;
  PetscReal fplus, gplusnorm, wnorm;
  PetscReal gg;               /* g+'g+ */
  PetscReal slope, slopeplus; /* derivatives of f along the step, at x and at w */
  PetscReal rho;              /* actual over predicted reduction */
  PetscReal promise;          /* model at the first trial of this iteration */
  PetscReal refused;          /* length of the shortest step of it that was too long, 0 for none, */
  PetscReal frefused;         /* and f there */
  PetscBool outside;          /* some rank said at the last agreement: outside the domain */
  PetscBool rounding;         /* f and f+ differ by less than rounding or noise tells */
  PetscBool checked;          /* f+ and g+ are known, from a look on CG's way */
  PetscInt  tries;            /* trial points of this iteration so far */

  /* the preconditioner */
  TaoTrustNCGPrecondType    type;    /* in use */
  const char               *why;     /* it is that one */
  PetscBool                 waiting; /* auto: a sparse Hessian may come to pay, */
  PetscBool                 due;     /* and does at this iterate */
  PetscBool                 unfit;   /* it was tried, and is not the Hessian */
  struct _n_TrustNCGPairs  *pairs;   /* the learned model, or NULL */
  struct _n_TrustNCGGather *gather;  /* as pairs */
  struct _n_TrustNCGSparse *sparse;  /* in use or waiting, or NULL */
  struct _n_TrustNCGSparse *kept;    /* of an earlier solve, or NULL */
  TrustNCGHiddenPattern     hidden;
  PetscInt                  nhv_precond; /* products spent on it */
  Mat                       riesz;    /* of TaoSetGradientNorm(), where it preconditions; or NULL */
  KSPNormType               normtype; /* of the KSP, then */

  TrustNCGMode       mode;     /* whose turn it is: the learned model's or CG's */
  TrustNCGReach      reach;    /* of its steps */
  TrustNCGNoiseState noise;    /* in f and gradient */
  TrustNCGSequence   sequence; /* of grids */

  TrustNCGGuard guard;   /* of the callbacks */
  PetscBool     started; /* nothing was refused */

  /* ends that are no convergence */
  TrustNCGFlight flight;       /* steps along which f fell without bending */
  TrustNCGWindow stall, crawl; /* steps with next to no progress: below rounding, and above */
  TrustNCGProbe  probe;        /* of f against its gradient, by the trials of this iteration */

  /* the check of f, gradient and Hv on each step of CG */
  TrustNCGSuspect suspect; /* the verdict, once it is certain */
  TrustNCGSuspect misfit;  /* on the last steps */
  PetscReal       factor;  /* of the gradient, on the last step, as Hv has it */
  PetscInt        misfits; /* steps that did not fit, less those that did */
  PetscBool       hvright; /* Hv was looked at, and is right */

  /* the check of the curvature at the end */
  struct _n_TrustNCGLanczos *lanczos; /* made by the first check of a solve */
  PetscInt                   escapes; /* from stationary points, in this solve */
  PetscReal                  below;   /* ||g|| must be, as saddle points were left above it */
  PetscReal                  curvature, curvaturebound;

  /* stopping from outside */
  PetscBool      listening; /* our handlers are there */
  int            signal;    /* that arrived at some rank, or 0 */
  PetscBool      alarmed;   /* when they last agreed on it, there was a reason */
  PetscLogDouble began;     /* the solve, by this rank's clock */

  struct _n_TrustNCGSaved *saved; /* the state of the iterate; NULL without a file */

  TaoTrustNCGOutcome outcome;
  char               ending[512]; /* it in words */
  TaoTrustNCGLedger  ledger;
  PetscInt           reductions;  /* of the loop: those outside the KSP */
  PetscInt           reductions0; /* of the KSP before this solve */
} TAO_TrustNCG;

/* A rejected trial; after so many in one iteration the step is so short that the next should do. */
static inline void TrustNCGCountRejected(TAO_TrustNCG *tn)
{
  tn->ledger.rejected++;
  if (tn->tries > 4) tn->noise.late++;
}

/* The options prefix as a string, empty where there is none: for messages and keys. */
static inline const char *TrustNCGPrefix(Tao tao)
{
  const char *prefix = ((PetscObject)tao)->prefix;

  return prefix ? prefix : "";
}

/* Are there steps of the learned model alone? */
static inline PetscBool TrustNCGLearns(const TAO_TrustNCG *tn)
{
  return (PetscBool)(tn->pairs && tn->type != TAO_TRUSTNCG_PRECOND_DIAGONAL && tn->learnedsteps);
}

/* The work so far: points at which f was evaluated, and products. Unlike the ledger's sum it is the
   same whether f and gradient come together or apart, so that decisions are, too. */
static inline PetscReal TrustNCGWork(const TAO_TrustNCG *tn)
{
  const TaoTrustNCGLedger *l = &tn->ledger;

  return (PetscReal)l->nf + (PetscReal)l->nfg + (PetscReal)l->nhv_user + (PetscReal)l->nhv_matrix +
         (PetscReal)l->nhv_fd;
}

/* The gradient norm that ends the solve by TAO's tolerances, 0 where there is none */
static inline PetscReal TrustNCGTarget(Tao tao)
{
  const TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  return PetscMin(tn->below, PetscMax(tao->gatol, PetscMax(tao->grtol * PetscAbsReal(tn->f),
                                                           tao->gttol * tn->gnorm0)));
}

/* The differences of f between here and the trial that tell nothing: rounding, or known noise */
static inline PetscReal TrustNCGResolution(const TAO_TrustNCG *tn)
{
  return PetscMax(TrustNCGRoundoff(tn->f, tn->fplus, tn->n), TRUSTNCG_NOISE_SHARE * tn->noise.f);
}

PETSC_INTERN PetscLogEvent TRUSTNCG_Subproblem, TRUSTNCG_HessVec, TRUSTNCG_Trial;

/* options.c: the private data; NULL, or an error, where the type is another one */
PETSC_INTERN PetscErrorCode TaoGetTrustNCG(Tao tao, TAO_TrustNCG **tn);
PETSC_INTERN PetscErrorCode TaoNeedTrustNCG(Tao tao, TAO_TrustNCG **tn);

/* options.c, view.c */
PETSC_INTERN PetscErrorCode TaoSetFromOptions_TrustNCG(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGUpdateLedger(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCountHessVec(Tao tao, PetscInt cg);
PETSC_INTERN PetscErrorCode TrustNCGCountProducts(Tao tao, PetscInt products);
PETSC_INTERN PetscErrorCode TaoView_TrustNCG(Tao tao, PetscViewer viewer);

/* register.c */
PETSC_INTERN PetscErrorCode TaoCreate_TrustNCG(Tao tao);

/* solve.c */
PETSC_INTERN PetscErrorCode TrustNCGReport(Tao tao, PetscReal step);
PETSC_INTERN PetscErrorCode TrustNCGMove(Tao tao);
PETSC_INTERN void           TrustNCGResetRadius(Tao tao);
PETSC_INTERN void           TrustNCGResetLoop(Tao tao);
PETSC_INTERN PetscErrorCode TaoSolve_TrustNCG(Tao tao);

/* trial.c */
PETSC_INTERN PetscErrorCode TrustNCGJudgeTrial(Tao tao, PetscReal pred, PetscReal eta,
                                               PetscBool *accept);
PETSC_INTERN PetscErrorCode TrustNCGFindStep(Tao tao, PetscReal before);

/* subproblem.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGRestoreKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGetTrialGradientVec(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSubproblem(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSolveKSP(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGStepTo(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGetDrop(Tao tao, PetscReal *drop);

/* evaluate.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpEvaluation(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCallFunctionAndGradient(Tao tao, Vec x, PetscReal *f, Vec g);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateNear(Tao tao, Vec x, PetscReal *f, Vec g);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrial(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGEvaluateTrialGradient(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGuardMat(void *ctx, PetscErrorCode error, Vec v, Vec Hv);
PETSC_INTERN PetscErrorCode TrustNCGGuardPC(void *ctx, PetscErrorCode error, Vec r, Vec z);
PETSC_INTERN PetscErrorCode TrustNCGComputeHessian(Tao tao, Vec x, Mat H, Mat P);
PETSC_INTERN PetscErrorCode TrustNCGSetHessianPoint(Tao tao, PetscBool needP);
PETSC_INTERN PetscErrorCode TrustNCGUpdateHessian(Tao tao, Mat *H, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGUseDifferences(Tao tao);

/* guard.c */
enum { TRUSTNCG_DOTS = 5 }; /* most dot products of an agreement */
PETSC_INTERN PetscErrorCode TrustNCGGuardCreate(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGuardDestroy(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGuardStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGuardEnd(Tao tao, PetscErrorCode error);
PETSC_INTERN PetscErrorCode TrustNCGGuardResult(Tao tao, PetscErrorCode error, const char where[],
                                                Vec x, PetscReal *f, Vec v);
PETSC_INTERN PetscErrorCode TrustNCGGuardProduct(Tao tao, PetscErrorCode error, const char where[],
                                                 Vec x, Vec Hv);
PETSC_INTERN PetscErrorCode TrustNCGGuardReason(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGuardAgree(void *ctx);
PETSC_INTERN PetscErrorCode TrustNCGAgree(Tao tao, PetscReal *f, PetscInt n, const SweepOp dots[]);

/* learned.c, choice.c */
PETSC_INTERN PetscErrorCode TrustNCGLearnedTrial(Tao tao, PetscBool *accept);
PETSC_INTERN PetscErrorCode TrustNCGHasPC(Tao tao, PetscBool *has);
PETSC_INTERN PetscErrorCode TrustNCGPrecondChoose(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondGetPattern(Tao tao, PetscBool filled, Mat *pattern,
                                                      PetscInt *row);
PETSC_INTERN PetscErrorCode TrustNCGPrecondFindSparse(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondFits(Tao tao, PetscBool *fits);
PETSC_INTERN PetscErrorCode TrustNCGPrecondTry(Tao tao, Mat H, PetscBool *fits);
PETSC_INTERN PetscErrorCode TrustNCGPrecondDirection(Tao tao, Vec *v);

/* precond.c */
#define TRUSTNCG_VECTORS_DIAGONAL 8  /* that a learned diagonal takes at least, */
#define TRUSTNCG_VECTORS_PAIR     10 /* and a pair over it */
PETSC_INTERN PetscErrorCode TrustNCGPrecondSetUp(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondReset(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondDue(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondUpdate(Tao tao, Mat H, Mat *A, Mat *P);
PETSC_INTERN PetscErrorCode TrustNCGPrecondRenew(Tao tao, Mat H);
PETSC_INTERN PetscErrorCode TrustNCGPrecondLearn(Tao tao, PetscBool bycg);
PETSC_INTERN PetscErrorCode TrustNCGPrecondForget(Tao tao, PetscBool *forgot);
PETSC_INTERN PetscErrorCode TrustNCGPrecondCreateSparse(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondUseSparse(Tao tao);

/* hidden.c */
PETSC_INTERN void           TrustNCGHiddenStart(TAO_TrustNCG *tn, PetscBool seek);
PETSC_INTERN PetscErrorCode TrustNCGHiddenReset(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGHiddenCreatePattern(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGHiddenSeek(Tao tao);
PETSC_INTERN PetscBool      TrustNCGHiddenDue(const TAO_TrustNCG *tn, PetscInt products);
PETSC_INTERN PetscErrorCode TrustNCGHiddenTake(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGHiddenUpdate(Tao tao, Mat H, Mat *A);
PETSC_INTERN PetscErrorCode TrustNCGHiddenLearn(Tao tao, PetscBool bycg);
PETSC_INTERN PetscErrorCode TrustNCGHiddenLimit(Tao tao, PetscInt *most);
PETSC_INTERN PetscErrorCode TrustNCGHiddenCut(Tao tao, PetscBool *cut);

/* riesz.c, precond_state.c */
PETSC_INTERN PetscErrorCode TrustNCGSetUpRiesz(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGResetRiesz(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondStandsIn(Tao tao, PetscBool *standsin, PetscBool *here);
PETSC_INTERN PetscErrorCode TrustNCGPrecondCount(Tao tao, PetscInt products);
PETSC_INTERN PetscErrorCode TrustNCGPrecondDropSparse(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGPrecondGetCounts(Tao tao, PetscInt *vectors,
                                                     PetscInt *reductions);

/* noise.c */
PETSC_INTERN PetscErrorCode TrustNCGNoiseStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGNoiseSetErrors(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGNoiseCheckCG(Tao tao, PetscBool *again);
PETSC_INTERN PetscErrorCode TrustNCGNoiseDoubtStep(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGNoiseMeasureDoubted(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGNoiseFloor(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGNoiseExplains(Tao tao, PetscBool *explained);

/* consistency.c */
PETSC_INTERN const char *const TrustNCGSuspectWords[];
PETSC_INTERN void              TrustNCGConsistencyStart(TAO_TrustNCG *tn);
PETSC_INTERN PetscErrorCode    TrustNCGConsistencyStep(Tao tao);
PETSC_INTERN PetscErrorCode    TrustNCGConsistencyTest(Tao tao);
PETSC_INTERN PetscBool         TrustNCGConsistencyFails(const TAO_TrustNCG *tn);
PETSC_INTERN PetscErrorCode    TrustNCGConsistencyOptions(Tao tao, TrustNCGOptionItems items);

/* ends.c */
PETSC_INTERN void           TrustNCGEndsStart(TAO_TrustNCG *tn);
PETSC_INTERN PetscErrorCode TrustNCGTestConvergence(Tao tao);
PETSC_INTERN void           TrustNCGEndsStep(TAO_TrustNCG *tn);
PETSC_INTERN PetscErrorCode TrustNCGEndsTest(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGiveUp(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGGiveUpProduct(Tao tao);

/* outcome.c */
PETSC_INTERN PetscErrorCode TrustNCGStop(Tao tao, TaoConvergedReason reason,
                                         TaoTrustNCGOutcome outcome, const char format[], ...);
PETSC_INTERN PetscErrorCode TrustNCGStopAtLimit(Tao tao, TaoConvergedReason reason);
PETSC_INTERN PetscErrorCode TrustNCGNameOutcome(Tao tao);

/* second_order.c */
PETSC_INTERN PetscErrorCode TrustNCGSecondOrderOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGSecondOrderStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSecondOrder(Tao tao, PetscBool *left);
PETSC_INTERN PetscErrorCode TrustNCGSecondOrderGetCounts(Tao tao, PetscInt *vectors,
                                                         PetscInt *reductions);

/* signals.c */
PETSC_INTERN PetscErrorCode TrustNCGSignalsBegin(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSignalsEnd(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSetAlarmCG(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSetAlarmLanczos(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGAlarmed(void *ctx, PetscBool *stop);
PETSC_INTERN PetscErrorCode TrustNCGInterrupted(Tao tao, PetscBool *stop);
PETSC_INTERN PetscErrorCode TrustNCGTestLimits(Tao tao);

/* limits.c */
PETSC_INTERN PetscErrorCode TrustNCGLimitsOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGLimitsStart(Tao tao);
PETSC_INTERN PetscBool      TrustNCGTimeIsUp(const TAO_TrustNCG *tn);
PETSC_INTERN PetscBool      TrustNCGEvaluationsAreSpent(Tao tao);

/* reproducible.c */
PETSC_INTERN PetscErrorCode TrustNCGReproducibleOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGSolveReproducibly(Tao tao);

/* checkpoint.c, restart.c */
PETSC_INTERN PetscErrorCode TrustNCGCheckpointOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGCheckpointStart(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCheckpoint(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCheckpointHere(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCheckpointEnd(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGCheckpointDestroy(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGSaveState(Tao tao);
PETSC_INTERN PetscErrorCode TrustNCGRestart(Tao tao);

/* doctor.c */
PETSC_INTERN PetscErrorCode TrustNCGDoctorOptions(Tao tao, TrustNCGOptionItems items);
PETSC_INTERN PetscErrorCode TrustNCGDoctor(Tao tao);

#endif
