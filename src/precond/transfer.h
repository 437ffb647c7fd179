/* SPDX-License-Identifier: BSD-2-Clause
   Grid functions from one DMDA to another of other sizes. */
#ifndef TRUSTNCG_TRANSFER_H
#define TRUSTNCG_TRANSFER_H

#include <petscdm.h>

/* Where the first and the last node of a direction lie; of a periodic one, what its ends are */
typedef enum {
  TRUSTNCG_EDGE_ON,    /* on the boundary of the domain, as a DMDA that is refined takes it; or */
  TRUSTNCG_EDGE_INSIDE /* one mesh width from it: the nodes with Dirichlet values are left out */
} TrustNCGEdge;        /* periodic: values repeat; or they do but for a jump */

/* Is there a difference? Not where no direction is periodic and the grid is one of cells, or its
   nodes have coordinates, which PETSc puts on the boundary. */
PETSC_INTERN PetscErrorCode TrustNCGTransferEdgeMatters(DM da, PetscBool *matters);

/* y on the grid `to` = the piecewise cubic, in each direction, through x on the grid `from`. Both
   have the same dimension, boundaries, components at a node, and kind of nodes. */
PETSC_INTERN PetscErrorCode TrustNCGTransfer(DM from, Vec x, DM to, TrustNCGEdge edge, Vec y);

#endif
