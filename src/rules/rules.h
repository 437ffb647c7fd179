/* SPDX-License-Identifier: BSD-2-Clause
   The rules of the method as pure functions of numbers: no Vec, no MPI, no state. */
#ifndef TRUSTNCG_RULES_H
#define TRUSTNCG_RULES_H

#include "compat.h"

/* acceptance.c: is the step good? */
PETSC_INTERN PetscReal TrustNCGRoundoff(PetscReal f, PetscReal fplus, PetscReal n);
PETSC_INTERN PetscBool TrustNCGBelowRoundoff(PetscReal ared, PetscReal pred, PetscReal roundoff);
PETSC_INTERN PetscReal TrustNCGRatio(PetscReal ared, PetscReal pred);
PETSC_INTERN PetscBool TrustNCGAccept(PetscReal rho, PetscReal eta);
PETSC_INTERN PetscBool TrustNCGModelHolds(PetscReal ared, PetscReal pred, PetscReal factor,
                                          PetscReal roundoff);

/* radius.c: how far is the model trusted? */
PETSC_INTERN PetscReal TrustNCGInterpolate(PetscReal f, PetscReal fplus, PetscReal slope);
PETSC_INTERN PetscReal TrustNCGInterpolateModel(PetscReal f, PetscReal fplus, PetscReal slope,
                                                PetscReal model);
PETSC_INTERN PetscReal TrustNCGFirstShare(PetscReal dnorm, PetscReal xnorm);
PETSC_INTERN PetscReal TrustNCGShrink(PetscReal radius, PetscReal dnorm, PetscReal factor);
PETSC_INTERN PetscReal TrustNCGUpdateRadius(PetscReal radius, PetscReal dnorm, PetscReal rho,
                                            PetscReal factor, PetscBool boundary);
PETSC_INTERN PetscReal TrustNCGGrow(PetscReal radius, PetscReal dnorm);
PETSC_INTERN PetscReal TrustNCGToBoundary(PetscReal dd, PetscReal dp, PetscReal pp,
                                          PetscReal radius);
PETSC_INTERN PetscReal TrustNCGUnboundedStep(PetscReal rz, PetscReal kappa, PetscReal dd,
                                             PetscReal pp);

/* forcing.c: how accurately is the subproblem solved? */
PETSC_INTERN PetscReal TrustNCGForcing(PetscReal etamax, PetscReal previous, PetscReal gnorm,
                                       PetscReal gnorm0, PetscReal mismatch, PetscReal target);
PETSC_INTERN PetscReal TrustNCGMismatch(PetscReal gplusnorm, PetscReal rnorm, PetscReal gnorm);

/* stale.c: is a matrix worth building again? */
PETSC_INTERN PetscBool TrustNCGPromises(PetscReal hope, PetscReal work, PetscReal products,
                                        PetscReal gnorm0, PetscReal gnorm, PetscReal target);
PETSC_INTERN PetscBool TrustNCGServes(PetscReal drift);
PETSC_INTERN PetscBool TrustNCGStale(PetscReal drift, PetscReal spent, PetscReal last,
                                     PetscBool chord, PetscReal price);
PETSC_INTERN PetscBool TrustNCGChecksFit(PetscInt builds, PetscBool fits, PetscReal drift);

/* grid.c: where does a node of one grid lie in another, and which is the next coarser one? */
typedef enum {
  TRUSTNCG_ENDS_OPEN,
  TRUSTNCG_ENDS_REPEAT, /* periodic */
  TRUSTNCG_ENDS_JUMP    /* periodic, but for a jump of the values, as of a gauge */
} TrustNCGEnds;

PETSC_INTERN PetscInt  TrustNCGGridStencil(PetscInt i, PetscInt n, PetscInt from, TrustNCGEnds ends,
                                           PetscReal offset, PetscInt points, PetscReal weight[]);
PETSC_INTERN PetscBool TrustNCGGridHalve(const PetscInt n[3], PetscReal coupling[3],
                                         PetscBool halve[3]);

/* mode.c: a step of the learned model, or of CG? */
typedef struct {
  PetscBool learned; /* the answer */
  PetscBool known;   /* learned steps were tried: rate is theirs */
  PetscInt  quad;    /* for how long f has looked quadratic along learned steps */
  PetscReal rate;    /* decrease of log ||g|| a gradient-equivalent of the last block of them */
  PetscReal gnorm;   /* ||g|| at the start of the block, */
  PetscReal spent;   /* and gradient-equivalents by then */
  PetscReal cgrate;  /* as rate, of the last CG if that was long and its model held, else 0 */
} TrustNCGMode;

PETSC_INTERN void TrustNCGModeStart(TrustNCGMode *mode);
PETSC_INTERN void TrustNCGModeLeave(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent);
PETSC_INTERN void TrustNCGModeLearned(TrustNCGMode *mode, PetscReal df, PetscReal trapezoid,
                                      PetscReal gnorm, PetscReal target, PetscReal spent);
PETSC_INTERN void TrustNCGModeCG(TrustNCGMode *mode, PetscBool inside, PetscInt its, PetscReal rho,
                                 PetscReal gnorm, PetscReal gplusnorm, PetscReal cost,
                                 PetscReal spent);

/* line.c: is f lower elsewhere along a step that may be taken? */
typedef struct {
  PetscReal f, slope;         /* where it begins, */
  PetscReal fplus, slopeplus; /* where it ends, */
  PetscReal longer, flonger;  /* and at the end of one so many times longer, where f was no lower */
} TrustNCGLine;

PETSC_INTERN PetscReal TrustNCGLineMinimum(const TrustNCGLine *line, PetscReal *gain);
PETSC_INTERN PetscBool TrustNCGLinePays(const TrustNCGLine *line, PetscReal gain, PetscReal work);

/* along a search: at t times the step, f and its slope by t */
typedef struct {
  PetscReal t, f, slope;
} TrustNCGPoint;

PETSC_INTERN PetscReal TrustNCGLineBetween(const TrustNCGPoint *low, const TrustNCGPoint *high);
PETSC_INTERN PetscReal TrustNCGLineBeyond(const TrustNCGPoint *before, const TrustNCGPoint *low);

/* and on the next? The lengths that the last two learned steps should have had, 1 to 2 times that of
   the model */
typedef struct {
  PetscReal last, before;
} TrustNCGReach;

PETSC_INTERN void      TrustNCGReachStart(TrustNCGReach *reach);
PETSC_INTERN void      TrustNCGReachStep(TrustNCGReach *reach, PetscReal t, PetscReal df,
                                         PetscReal slope, PetscReal slopeplus);
PETSC_INTERN PetscReal TrustNCGReachFirst(const TrustNCGReach *reach);

/* unit.c */
PETSC_INTERN PetscReal TrustNCGUnit(PetscReal norm);

/* difference.c: the step of a finite difference */
PETSC_INTERN PetscReal TrustNCGDifferenceStep(PetscReal relstep, PetscReal xnorm, PetscReal vnorm);
PETSC_INTERN PetscReal TrustNCGAsymmetry(PetscReal length);
PETSC_INTERN PetscReal TrustNCGGuessLength(PetscReal sigma, PetscReal gnorm, PetscReal xnorm);
PETSC_INTERN PetscBool TrustNCGNextLength(PetscReal sigma, PetscReal second, PetscReal longest,
                                          PetscReal *low, PetscReal *high, PetscReal *length);
PETSC_INTERN PetscReal TrustNCGAdaptLength(PetscReal share);

/* check.c: do f, gradient and Hv fit? */
typedef enum {
  TRUSTNCG_FIT_RIGHT,
  TRUSTNCG_FIT_INEXACT, /* a small gap that differences can see */
  TRUSTNCG_FIT_WRONG,
  TRUSTNCG_FIT_HIDDEN /* noise or kinks hide it */
} TrustNCGFit;

PETSC_INTERN PetscReal   TrustNCGNoiseOfOrder(PetscInt k, PetscInt n, const PetscReal t[]);
PETSC_INTERN PetscReal   TrustNCGNoise(PetscInt n, PetscReal value[]);
PETSC_INTERN PetscInt    TrustNCGBestRung(PetscInt n, const PetscReal doubt[]);
PETSC_INTERN PetscReal   TrustNCGVisible(PetscReal doubt, PetscReal scale);
PETSC_INTERN TrustNCGFit TrustNCGJudge(PetscReal gap, PetscReal doubt, PetscReal scale);
PETSC_INTERN PetscReal   TrustNCGCurvature(PetscReal a, PetscReal dfa, PetscReal b, PetscReal dfb);

/* ends.c: ends that are no convergence */
typedef struct {
  PetscInt  steps; /* along which f fell without bending upwards, one after the other */
  PetscReal scale; /* of x where they began */
  PetscReal steep; /* decrease of f a unit length there */
} TrustNCGFlight;

typedef struct {
  PetscInt  steps;    /* since the last progress that counts, */
  PetscReal f, gnorm; /* and what they were then */
} TrustNCGWindow;

typedef struct {
  PetscInt  rungs;
  PetscReal last;       /* (f+ - f)/slope - 1 at the last trial, */
  PetscReal gap, doubt; /* and where it is known best */
  PetscInt  leaps;      /* trials in a row at which it was larger than at the one before */
} TrustNCGProbe;

PETSC_INTERN void      TrustNCGFlightStep(TrustNCGFlight *flight, PetscReal xnorm, PetscReal dnorm,
                                          PetscReal slope, PetscReal slopeplus);
PETSC_INTERN PetscBool TrustNCGFlightLost(const TrustNCGFlight *flight, PetscReal xnorm);
PETSC_INTERN void      TrustNCGWindowStart(TrustNCGWindow *window, PetscReal f, PetscReal gnorm);
PETSC_INTERN void      TrustNCGWindowStep(TrustNCGWindow *window, PetscReal f, PetscReal gnorm,
                                          PetscReal visible);
PETSC_INTERN PetscBool TrustNCGStalls(const TrustNCGWindow *window);
PETSC_INTERN PetscReal TrustNCGCrawlVisible(PetscReal fallen);
PETSC_INTERN PetscBool TrustNCGCrawls(const TrustNCGWindow *window);
PETSC_INTERN void      TrustNCGProbeStart(TrustNCGProbe *probe);
PETSC_INTERN void      TrustNCGProbeTrial(TrustNCGProbe *probe, PetscReal df, PetscReal slope,
                                          PetscReal roundoff);
PETSC_INTERN TrustNCGFit TrustNCGProbeJudge(const TrustNCGProbe *probe);
PETSC_INTERN PetscBool   TrustNCGProbeLeaps(const TrustNCGProbe *probe);

/* consistency.c: do f, gradient and Hv fit along a step that was taken? */
typedef enum {
  TRUSTNCG_SUSPECT_NONE,     /* all fit */
  TRUSTNCG_SUSPECT_HIDDEN,   /* this step tells nothing */
  TRUSTNCG_SUSPECT_F,        /* Hv is the derivative of a gradient that is not that of f */
  TRUSTNCG_SUSPECT_GRADIENT, /* f and Hv fit each other */
  TRUSTNCG_SUSPECT_HV,
  TRUSTNCG_SUSPECT_ANY /* nothing fits */
} TrustNCGSuspect;

typedef struct {
  PetscReal slope, slopeplus; /* g's and g+'s */
  PetscReal df;               /* f+ - f */
  PetscReal sHs;
  PetscReal roundoff; /* of f */
} TrustNCGStepFit;

PETSC_INTERN TrustNCGSuspect TrustNCGStepSuspect(const TrustNCGStepFit *step, PetscReal *factor);
/* curvature.c: what Lanczos' tridiagonal matrix says of the smallest eigenvalue */
PETSC_INTERN PetscReal TrustNCGTridiagonalNorm(PetscInt k, const PetscReal a[],
                                               const PetscReal b[]);
PETSC_INTERN PetscReal TrustNCGSmallestRitz(PetscInt k, const PetscReal a[], const PetscReal b[]);
PETSC_INTERN PetscReal TrustNCGCurvatureBound(PetscInt k, const PetscReal a[], const PetscReal b[],
                                              PetscReal theta, PetscReal n, PetscReal delta);
PETSC_INTERN void      TrustNCGRitzVector(PetscInt k, const PetscReal a[], const PetscReal b[],
                                          PetscReal theta, PetscReal d[], PetscReal s[]);

/* random.c: numbers that belong to a place in a vector */
PETSC_INTERN PetscReal TrustNCGUniform(PetscInt seed, PetscInt64 i);
PETSC_INTERN PetscReal TrustNCGNormal(PetscInt seed, PetscInt64 i);

#endif
