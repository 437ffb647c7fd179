/* SPDX-License-Identifier: BSD-2-Clause
   The private side of the sparse approximate Hessian. */
#ifndef TRUSTNCG_SPARSE_IMPL_H
#define TRUSTNCG_SPARSE_IMPL_H

#include "precond/multigrid.h"
#include "precond/probes.h"
#include "precond/extent.h"
#include "precond/secant.h"
#include "precond/sparse.h"
#include "precond/units.h"
#include "precond/stencil.h"

typedef struct {
  PetscObjectId    id; /* of the Mat or DM */
  PetscObjectState state;
} TrustNCGOrigin;

#define SPARSE_EXACT 1e-3 /* largest ||Hg - Pg|| / ||Hg|| of a P that stands in for H */

/* What P does in the present solve */
typedef enum {
  SPARSE_PRECONDITIONS, /* CG works with H, */
  SPARSE_STANDS_IN,     /* with P, which was built at this point, */
  SPARSE_CHORD          /* or with P, though it was built elsewhere */
} TrustNCGSparseRole;

struct _n_TrustNCGSparse {
  Mat                P;      /* the Hessian on its pattern, */
  Mat                D;      /* and a dominant copy of it, or NULL */
  PetscInt           fields; /* the block size of its first pattern */
  PetscReal         *unit;   /* of each of them, as the last build showed */
  TrustNCGOrigin     origin; /* of its pattern */
  PC                 pc;     /* of the solver, made from P; */
  PetscBool          amat;   /* its smoothers would have worked on H */
  TrustNCGMultigrid  mg;     /* on a DMDA, or NULL */
  Vec                work;   /* like the solution, */
  Vec                grid;   /* and, on a DMDA with the stencil of P, the same or a wider one */
  TrustNCGProbes     probes;
  TrustNCGAskFn      ask; /* whether to stop, or NULL */
  void              *askctx;
  TrustNCGSecant     secant;   /* P with corrections since it was built, or NULL */
  TrustNCGStencil    stencil;  /* couplings of a DMDA, or NULL */
  TrustNCGExtent     extent;   /* of the Hessian on it, */
  PetscBool          measured; /* when that was looked at, */
  PetscInt           box;      /* and how far P reaches in every direction, 0: as the DMDA does */
  PetscBool          looked;   /* for them */
  PetscBool          lean;     /* P has those alone */
  PetscBool          all;      /* to leave some out does not pay */
  PetscBool          fromdm;   /* the colours are those of the DM */
  PetscBool          direct;   /* each entry is that of a product: substitution was too coarse */
  PetscBool          finite;   /* the last P was */
  PetscBool          fresh;    /* it was not used yet */
  PetscBool          dominant; /* D is in use */
  PetscBool          band;     /* the PC was chosen for a band: it makes itself positive */
  TrustNCGSparseRole role;
  PetscReal          misfit;  /* ||Hg - Pg|| / ||Hg|| when it was last looked at */
  char              *chosen;  /* the type of the PC where it was chosen here, else NULL */
  PetscInt           vectors; /* of n that all this takes, */
  PetscInt           room;    /* and that it may take beside */
  PetscInt           builds;
  PetscInt           reductions;
  /* since the last build */
  PetscReal last;  /* iterations of the last solve of CG and points after its first, */
  PetscReal spent; /* and of all that took products */
  PetscReal drift; /* ||y - B s|| / ||y|| of the last step, B = P with corrections */
};

PETSC_INTERN PetscErrorCode TrustNCGSparseSetMatrix(TrustNCGSparse sparse, Mat P);
PETSC_INTERN PetscErrorCode TrustNCGSparseMakeDominant(TrustNCGSparse sparse);
/* P is a new, empty matrix with the couplings that are known, or all, and has so many colours at
   most; else it stays as it is. */
PETSC_INTERN PetscErrorCode TrustNCGSparseReshape(TrustNCGSparse sparse, PetscBool lean,
                                                  PetscInt most);
PETSC_INTERN PetscErrorCode TrustNCGSparseColor(TrustNCGSparse sparse, Mat P, PetscBool lean,
                                                PetscInt most, TrustNCGProbes *probes,
                                                PetscBool *fromdm);
PETSC_INTERN PetscErrorCode TrustNCGSparseColorDirectly(TrustNCGSparse sparse, PetscBool *changed);
PETSC_INTERN PetscErrorCode TrustNCGSparseShape(TrustNCGSparse sparse, Mat H, PetscInt *products);
PETSC_INTERN PetscErrorCode TrustNCGSparseLearn(TrustNCGSparse sparse, PetscBool fits,
                                                PetscBool again);
/* The vectors of n that a P with so many entries in a row takes, */
PETSC_INTERN PetscReal TrustNCGSparseRowVectors(PetscReal entries, PetscBool substitute);
/* and all of it */
PETSC_INTERN PetscErrorCode TrustNCGSparseCountVectors(TrustNCGSparse sparse);

#endif
