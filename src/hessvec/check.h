/* SPDX-License-Identifier: BSD-2-Clause
   What f, gradient and Hv are near a point, measured along a direction without a matrix. */
#ifndef TRUSTNCG_CHECK_H
#define TRUSTNCG_CHECK_H

#include "hessvec/hessvec.h"

enum { TRUSTNCG_RUNGS = 11 };

typedef PetscErrorCode (*TrustNCGValueFn)(void *ctx, Vec x, PetscReal *f, Vec g);

/* At x + h v; D = (g(x + h v) - g(x)) / h. */
typedef struct {
  PetscReal h;
  PetscBool finite;     /* f and g are; else nothing below holds */
  PetscReal df;         /* f(x + h v) - f(x) */
  PetscReal slope;      /* g(x + h v)'v */
  PetscReal remf, remg; /* |df - h g'v|, h ||D - Hv|| */
  PetscReal Dnorm, DHv; /* ||D||, D'Hv */
  PetscReal move;       /* ||D - D of the rung before||, infinite where there is none */
} TrustNCGRung;

typedef struct {
  /* given */
  TrustNCGValueFn value;
  TrustNCGApplyFn apply; /* or NULL: no Hv to check */
  void           *ctx;
  Vec             x;         /* what the callbacks get: moved about, put back at the end */
  Vec             direction; /* the user's, or NULL: random */
  IS              where;     /* v is 0 elsewhere; or NULL */

  /* measured */
  PetscBool    finite; /* f and g are at x; else nothing below holds */
  PetscReal    f, slope, gnorm, vnorm, Hvnorm, vHv;
  PetscReal    spread; /* largest difference of f between ranks */
  TrustNCGRung rung[TRUSTNCG_RUNGS];
  PetscReal    noisef, noiseg; /* standard deviation of f, and of g along a unit vector */
  PetscReal    asymmetry;      /* |u'Hv - v'Hu| sqrt(n) / (||u|| ||Hv||) */
  PetscReal    nonlinear;      /* ||H(2v) - 2Hv|| / ||2Hv|| */
  PetscReal    stale;          /* the same, with a visit at another point just before */
  PetscReal    frozen;         /* change of D where Hv does not change at all, over ||Hv|| */
  PetscReal    share;          /* (nonzeros of v)^(1/2) */
  PetscInt     values, products;

  /* room: the point, its gradient, the direction, Hv, and more */
  Vec base, g, v, Hv, gh, last, u;
} TrustNCGCheck;

/* A part of v, [lo, hi): its share of g'v, the gap to differences of f, and the doubt of that. */
typedef struct {
  PetscInt  lo, hi;
  PetscReal slope, gap, doubt, norm;
} TrustNCGPart;

PETSC_INTERN PetscErrorCode TrustNCGCheckCreate(TrustNCGCheck *c);
PETSC_INTERN PetscErrorCode TrustNCGCheckMeasure(TrustNCGCheck *c);
PETSC_INTERN PetscErrorCode TrustNCGCheckPart(TrustNCGCheck *c, PetscReal h, TrustNCGPart *part);
PETSC_INTERN PetscErrorCode TrustNCGCheckWorstRow(TrustNCGCheck *c, PetscReal h, PetscInt *row,
                                                  PetscReal *D, PetscReal *Hv);
PETSC_INTERN PetscErrorCode TrustNCGCheckDestroy(TrustNCGCheck *c);

#endif
