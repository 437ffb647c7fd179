/* SPDX-License-Identifier: BSD-2-Clause
   The entries of a sparse matrix from products with another one, one product a colour of its
   columns. */
#ifndef TRUSTNCG_PROBES_H
#define TRUSTNCG_PROBES_H

#include <petscmat.h>
#include "compat.h"

typedef struct _n_TrustNCGProbes *TrustNCGProbes;

/* *probes is NULL where two columns of a row have one colour, or, if the matrix is `symmetric`, where
   these colours still do not tell all. The values of P are lost. */
PETSC_INTERN PetscErrorCode TrustNCGProbesCreate(Mat P, ISColoring coloring, PetscBool symmetric,
                                                 TrustNCGProbes *probes);
PETSC_INTERN PetscErrorCode TrustNCGProbesDestroy(TrustNCGProbes *probes);
PETSC_INTERN PetscErrorCode TrustNCGProbesGetSize(TrustNCGProbes probes, PetscInt *colors);
/* Are there entries that are not those of a product, but follow from them? */
PETSC_INTERN PetscErrorCode TrustNCGProbesSubstitute(TrustNCGProbes probes, PetscBool *substitute);
/* Collective: is there a reason to stop? The same answer on all ranks. */
typedef PetscErrorCode (*TrustNCGAskFn)(void *ctx, PetscBool *stop);
/* P = H on the pattern of P, by probes in the units of the fields (units.h); x lends its layout and
   its DM to the probing vectors, and its entries are lost. `ask`, unless it is NULL, is asked before
   each product: fewer products than colours were made where it said yes. */
PETSC_INTERN PetscErrorCode TrustNCGProbesApply(TrustNCGProbes probes, Mat H, Vec x,
                                                PetscInt fields, const PetscReal unit[], Mat P,
                                                TrustNCGAskFn ask, void *ctx, PetscInt *products);

#endif
