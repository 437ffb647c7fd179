/* SPDX-License-Identifier: BSD-2-Clause
   Where the node of one grid lies in another of the same domain, and which grid is the next coarser
   one. */
#include "rules/rules.h"
#include <math.h>

#define FEWEST 3    /* nodes of a direction that is made coarser */
#define STRONG 0.25 /* of the strongest coupling is strong, too */

/* The polynomial through the nearest nodes: at node i of n it is the sum of weight[k] times the
   value at the k-th node of `from` after the one that is returned. The first and the last node of
   both grids lie `offset` mesh widths from the ends of the domain, or half of one where that is
   1/2; where values repeat, node `from` is node 0 again. There are no more points than nodes. */
PetscInt TrustNCGGridStencil(PetscInt i, PetscInt n, PetscInt from, TrustNCGEnds ends,
                             PetscReal offset, PetscInt points, PetscReal weight[])
{
  const PetscBool periodic = (PetscBool)(ends != TRUSTNCG_ENDS_OPEN);
  const PetscReal inset    = periodic && offset != 0.5 ? 0.0 : offset;
  const PetscReal more     = periodic ? 0.0 : 2.0 * inset - 1.0;
  const PetscReal mine = (PetscReal)n + more, theirs = (PetscReal)from + more;
  const PetscReal s     = mine > 0.0 ? ((PetscReal)i + inset) * theirs / mine - inset : 0.0;
  PetscInt        first = (PetscInt)floor(s) - (points - 1) / 2;

  if (ends != TRUSTNCG_ENDS_REPEAT) first = PetscMax(0, PetscMin(first, from - points));
  for (PetscInt a = 0; a < points; a++) {
    weight[a] = 1.0;
    for (PetscInt b = 0; b < points; b++) {
      if (b != a) weight[a] *= (s - (PetscReal)(first + b)) / (PetscReal)(a - b);
    }
  }
  return first;
}

/* The directions in which the next coarser grid has about half of the n nodes; is there one? It is
   coarser where nodes are coupled strongly, as there alone the error that smoothing leaves is smooth
   (semicoarsening: Trottenberg, Oosterlee, Schueller, Multigrid (2001), 5.1.1). The couplings
   become those of that grid. Without positive ones all directions are alike. */
PetscBool TrustNCGGridHalve(const PetscInt n[3], PetscReal coupling[3], PetscBool halve[3])
{
  PetscReal most = 0.0;
  PetscBool any  = PETSC_FALSE;

  for (int k = 0; k < 3; k++) {
    if (n[k] >= FEWEST && coupling[k] > most) most = coupling[k];
  }
  for (int k = 0; k < 3; k++) {
    halve[k] = (PetscBool)(n[k] >= FEWEST && !(most > 0.0 && coupling[k] < STRONG * most));
    if (!halve[k]) continue;
    coupling[k] /= 4.0; /* the square of the mesh width */
    any = PETSC_TRUE;
  }
  return any;
}
