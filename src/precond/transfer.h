/* SPDX-License-Identifier: BSD-2-Clause
   Grid functions from one DMDA to another of other sizes. */
#ifndef TRUSTNCG_TRANSFER_H
#define TRUSTNCG_TRANSFER_H

#include <petscdm.h>

/* What is to be known of the ends of a grid, as bits; the same for all directions */
enum {
  TRUSTNCG_EDGE_INSIDE = 1, /* the first and the last node lie one mesh width from the boundary, as
                               those with Dirichlet values are left out; else on it */
  TRUSTNCG_EDGE_JUMP   = 2  /* of a periodic direction: values repeat but for a jump */
};

/* Which of them make a difference? The first does where a direction is not periodic, unless the grid
   is one of cells, or its nodes have coordinates, which are on the boundary then. */
PETSC_INTERN PetscErrorCode TrustNCGTransferEdges(DM da, PetscInt *edges);

/* y on the grid `to` = the piecewise cubic, in each direction, through x on the grid `from`. Both
   have the same dimension, boundaries, components at a node, and kind of nodes. */
PETSC_INTERN PetscErrorCode TrustNCGTransfer(DM from, Vec x, DM to, PetscInt edges, Vec y);

#endif
