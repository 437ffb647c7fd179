/* SPDX-License-Identifier: BSD-2-Clause
   The private side of KSPTRUSTCG. */
#ifndef TRUSTNCG_TRUSTCG_IMPL_H
#define TRUSTNCG_TRUSTCG_IMPL_H

#include <petsc/private/kspimpl.h>
#include "subproblem/path.h"
#include "subproblem/sweep.h"
#include "subproblem/trustcg.h"

typedef PetscErrorCode (*AnnounceFn)(Mat, PetscReal);
typedef PetscErrorCode (*AgainFn)(Mat, PetscInt, PetscBool *);

/* What two successive products say of their errors, for A that is symmetric: p_{k-1}'Ap_k and
   p_k'Ap_{k-1} follow from dot products that cost no pass through memory of their own. */
typedef struct {
  PetscReal limit; /* give up at asymmetry / norm above it; 0: never */
  PetscReal floor; /* error of b, and */
  PetscReal slack; /* of Ap / ||p||: no residual below what these make of it is solved for */
  /* of this solve */
  PetscReal zA;     /* z'Ap, of this p and z */
  PetscReal zAold;  /* z'Ap, of the last p */
  PetscReal pp2;    /* ||p_{k-1}||^2 */
  PetscReal path2;  /* the sum of ||alpha p||^2 */
  PetscReal norm;   /* ||A|| at least */
  PetscReal sum;    /* of squared errors seen, relative to no norm, and of how many */
  PetscReal excess; /* of the last product's error over the limit */
  PetscInt  seen;
  PetscBool givenup;
} TrustCGDoubt;

/* How the dot products of an iteration are reduced */
typedef enum {
  TRUSTCG_TWO,        /* p'Ap, and after the residual the others */
  TRUSTCG_ONE,        /* all after Az (Chronopoulos and Gear 1989) */
  TRUSTCG_OVERLAPPED, /* the same, while the next product is computed (Ghysels, Vanroose 2014) */
  TRUSTCG_DIRECTIONS  /* without a preconditioner, in the place of the first two: all after Ap */
} TrustCGForm;

typedef struct {
  TrustCGForm asked;  /* by the user */
  TrustCGForm form;   /* of this solve */
  PetscReal   radius; /* in the norm of M; 0 or PETSC_INFINITY: none */
  PetscReal   unit;   /* of r, z and p: the residual is unit r; a power of 2, 1 as a rule */
  Vec       r, p, Ap; /* residual or, in the form of directions, the last one; direction, product */
  Vec       z;        /* M^-1 r; NULL without a preconditioner, when z = r */
  Vec       Az;       /* the forms of one reduction */
  Vec       m, q;     /* the overlapped form: M^-1 Az, M^-1 Ap; NULL like z */
  Vec       Am, Aq;
  PetscBool pc;          /* this solve is preconditioned */
  PetscReal rz, rr;      /* r'z, r'r */
  PetscReal zz, zp;      /* z'z, z'p, where A wants to know ||p||_2 */
  PetscReal zAz, zAp;    /* the forms of one reduction */
  PetscReal kappa, beta; /* p'Ap; of the last change of direction */
  PetscReal stiffest;    /* the largest p'Ap / p'Mp so far */
  PetscReal rrfirst;     /* r'r of r = b */
  PetscReal AA;          /* ||Ap||^2 */
  PetscReal cross, past; /* p_k'Ap_{k-1}, p_{k-1}'Ap_k: the same where A is symmetric */
  PetscBool askew;       /* it is not, to rounding */
  PetscBool careful;     /* nothing is predicted in the form of directions */
  PetscReal dd, dp, pp;  /* d'Md, d'Mp, p'Mp */
  PetscReal pp2;         /* p'p */
  PetscReal mm;          /* m'm of an earlier m, negative before there is one */
  PetscReal lag, lagold; /* d + lag p is meant where d stands, + lagold r for directions */
  PetscReal ahead;       /* d + (alpha - ahead) p is the next iterate, after a look beyond */
  PetscBool behind;      /* z + beta p is meant where p stands, and so for Ap, q, Aq */
  PetscReal rrreplaced;  /* r'r when recurred products were last replaced by true ones */
  PetscReal model;       /* q(d) */
  PetscReal work;        /* sum of alpha_i r_i'z_i, and tau r_k'z_k of a step to the boundary */
  AnnounceFn   announce; /* A wants to know ||p||_2: its products are differences */
  AgainFn      again;    /* A can try once more where a product is not finite, or NULL */
  TrustCGDoubt doubt;    /* of products that are differences */
  PetscInt     products; /* with A, in this solve */
  TrustCGPath  path, kept;
  Sweeper      sweeper;

  TrustCGObserver observer; /* or NULL */
  void           *observerctx;
  TrustCGLook     look; /* or NULL */
  void           *lookctx;
  TrustCGGuards   guards;
  PetscInt        nextlook; /* at this iteration */
  PetscBool       looking;
} KSP_TrustCG;

/* Ap and d follow only when they are needed */
static inline PetscBool TrustCGFollows(const KSP_TrustCG *cg)
{
  return (PetscBool)(cg->form == TRUSTCG_ONE || cg->form == TRUSTCG_OVERLAPPED);
}

/* cg.c */
PETSC_INTERN PetscErrorCode KSPSolve_TrustCG(KSP ksp);
PETSC_INTERN PetscErrorCode TrustCGSettle(KSP ksp);
PETSC_INTERN PetscErrorCode TrustCGPrecondition(KSP ksp, Vec r, Vec z);
PETSC_INTERN PetscErrorCode TrustCGProduct(KSP ksp, Vec v, PetscReal vv, Vec Av);
PETSC_INTERN PetscErrorCode TrustCGDirection(KSP ksp, PetscReal rzold);
PETSC_INTERN void           TrustCGDots(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[]);
PETSC_INTERN void           TrustCGDotsKnown(KSP_TrustCG *cg);
PETSC_INTERN void           TrustCGCatchUp(KSP ksp, PetscInt *nops, SweepOp ops[]);

/* directions.c */
PETSC_INTERN void TrustCGResidual(KSP_TrustCG *, PetscReal, PetscReal, PetscInt *, SweepOp[]);
PETSC_INTERN void TrustCGNextDirection(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[]);
PETSC_INTERN void TrustCGRecompute(KSP_TrustCG *cg);
PETSC_INTERN PetscErrorCode TrustCGTurnAtOnce(KSP ksp, PetscReal alpha, PetscBool *done);

/* leave.c */
PETSC_INTERN TrustCGKnot    TrustCGHere(const KSP_TrustCG *cg);
PETSC_INTERN PetscErrorCode TrustCGMove(KSP ksp, PetscReal tau, PetscReal kappa);
PETSC_INTERN PetscErrorCode TrustCGLeave(KSP ksp, PetscReal kappa);
PETSC_INTERN PetscErrorCode TrustCGLookOnTheWay(KSP ksp);

/* doubt.c */
PETSC_INTERN void TrustCGDoubtStart(KSP_TrustCG *cg);
PETSC_INTERN void TrustCGDoubtProduct(KSP ksp);
PETSC_INTERN void TrustCGDoubtResidual(KSP ksp);

/* onereduction.c */
PETSC_INTERN PetscErrorCode TrustCGSetUpOne(KSP ksp);
PETSC_INTERN PetscErrorCode TrustCGStartOne(KSP ksp);
PETSC_INTERN PetscErrorCode TrustCGTurnOne(KSP ksp, PetscReal alpha);
PETSC_INTERN void           TrustCGCatchUpDirection(KSP_TrustCG *cg, PetscInt *nops, SweepOp ops[]);

#endif
