/* SPDX-License-Identifier: BSD-2-Clause
   Grid functions from one DMDA to another: tensor products of polynomials through the nearest nodes
   of each direction. The sizes need not be multiples of each other, as PETSc's interpolations of a
   DMDA want it. Each rank fetches the box of nodes that its own need. */
#include "precond/transfer.h"
#include "rules/rules.h"
#include <petscdmda.h>

#define DIM    3
#define POINTS 4 /* of the polynomial of a direction */

/* A direction of a grid */
typedef struct {
  PetscInt        n;           /* nodes, */
  PetscInt        ranks;       /* spread over so many ranks, */
  const PetscInt *shares;      /* so many on each */
  PetscInt        first, mine; /* this rank's */
  PetscBool       periodic;
} Axis;

typedef struct {
  Axis      axis[DIM];
  PetscInt  dof;
  PetscBool cells;       /* the unknowns live in the middle of them */
  PetscBool coordinates; /* the nodes have some */
} Grid;

/* For the nodes of one direction that this rank has in the new grid */
typedef struct {
  PetscInt   points; /* of the polynomial */
  PetscInt   first;  /* node of the old grid that is needed, */
  PetscInt   n;      /* so many; beyond the ends of a periodic direction it begins anew */
  PetscInt  *at;     /* first point for each node, counted from `first` */
  PetscReal *weight; /* points for each node */
} Stencils;

static PetscErrorCode GridGet(DM da, Grid *grid)
{
  DMBoundaryType        boundary[DIM];
  DMDAInterpolationType type;
  Vec                   coordinates;
  PetscInt              dim, n[DIM], ranks[DIM], first[DIM], mine[DIM];
  const PetscInt       *shares[DIM];

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, &dim, &n[0], &n[1], &n[2], &ranks[0], &ranks[1], &ranks[2], &grid->dof,
                        NULL, &boundary[0], &boundary[1], &boundary[2], NULL));
  PetscCall(DMDAGetCorners(da, &first[0], &first[1], &first[2], &mine[0], &mine[1], &mine[2]));
  PetscCall(DMDAGetOwnershipRanges(da, &shares[0], &shares[1], &shares[2]));
  PetscCall(DMDAGetInterpolationType(da, &type));
  PetscCall(DMGetCoordinates(da, &coordinates));
  grid->cells       = (PetscBool)(type == DMDA_Q0);
  grid->coordinates = (PetscBool)(coordinates != NULL);
  for (PetscInt k = 0; k < DIM; k++) {
    const PetscBool periodic = (PetscBool)(k < dim && boundary[k] == DM_BOUNDARY_PERIODIC);

    if (k < dim) grid->axis[k] = (Axis){n[k], ranks[k], shares[k], first[k], mine[k], periodic};
    else grid->axis[k] = (Axis){1, 1, NULL, 0, 1, PETSC_FALSE};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGTransferEdges(DM da, PetscInt *edges)
{
  Grid grid;

  PetscFunctionBegin;
  PetscCall(GridGet(da, &grid));
  *edges = 0;
  for (PetscInt k = 0; k < DIM; k++) {
    if (grid.axis[k].n == 1) continue;
    if (grid.axis[k].periodic) *edges |= TRUSTNCG_EDGE_JUMP;
    else if (!grid.cells && !grid.coordinates) *edges |= TRUSTNCG_EDGE_INSIDE;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far the first and the last node are from the ends, in mesh widths */
static PetscReal Offset(const Grid *grid, PetscInt edges)
{
  if (grid->cells) return 0.5;
  return (edges & TRUSTNCG_EDGE_INSIDE) && !grid->coordinates ? 1.0 : 0.0;
}

static PetscErrorCode StencilsCreate(const Axis *from, const Axis *to, PetscReal offset,
                                     PetscBool jump, Stencils *s)
{
  const TrustNCGEnds ends = !from->periodic ? TRUSTNCG_ENDS_OPEN
                            : jump          ? TRUSTNCG_ENDS_JUMP
                                            : TRUSTNCG_ENDS_REPEAT;
  PetscInt           last = PETSC_MIN_INT;

  PetscFunctionBegin;
  s->points = PetscMin(POINTS, from->n);
  PetscCall(PetscMalloc2(to->mine, &s->at, to->mine * s->points, &s->weight));
  s->first = PETSC_MAX_INT;
  for (PetscInt i = 0; i < to->mine; i++) {
    s->at[i] = TrustNCGGridStencil(to->first + i, to->n, from->n, ends, offset, s->points,
                                   s->weight + i * s->points);
    s->first = PetscMin(s->first, s->at[i]);
    last     = PetscMax(last, s->at[i] + s->points);
  }
  s->n = to->mine ? last - s->first : 0;
  for (PetscInt i = 0; i < to->mine; i++) s->at[i] -= s->first;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of a node that is needed, along one direction: the rank that has it, how many nodes that one has,
   and which of them it is */
typedef struct {
  PetscInt rank, share, local;
} Place;

static Place PlaceOf(const Axis *axis, PetscInt node)
{
  Place place = {0, 1, node};

  if (!axis->shares) return place;
  while (place.local >= axis->shares[place.rank]) place.local -= axis->shares[place.rank++];
  place.share = axis->shares[place.rank];
  return place;
}

/* The numbers, in PETSc's order, of the nodes that are needed: the ranks of a DMDA are numbered, as
   the nodes of each are, along the first direction first. */
static PetscErrorCode Number(const Grid *grid, Vec x, const Stencils s[DIM], PetscInt index[])
{
  const PetscInt *first;
  PetscInt        i[DIM];
  Place          *places[DIM];

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRanges(x, &first));
  PetscCall(PetscMalloc3(s[0].n, &places[0], s[1].n, &places[1], s[2].n, &places[2]));
  for (PetscInt k = 0; k < DIM; k++) {
    const Axis *axis = &grid->axis[k];

    for (PetscInt l = 0; l < s[k].n; l++) {
      places[k][l] = PlaceOf(axis, (s[k].first + l + axis->n) % axis->n);
    }
  }
  for (i[2] = 0; i[2] < s[2].n; i[2]++) {
    for (i[1] = 0; i[1] < s[1].n; i[1]++) {
      for (i[0] = 0; i[0] < s[0].n; i[0]++) {
        PetscInt rank = 0, local = 0;

        for (PetscInt k = DIM - 1; k >= 0; k--) {
          const Place place = places[k][i[k]];

          rank  = rank * grid->axis[k].ranks + place.rank;
          local = local * place.share + place.local;
        }
        *index++ = first[rank] / grid->dof + local;
      }
    }
  }
  PetscCall(PetscFree3(places[0], places[1], places[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fetch(const Grid *grid, Vec x, const Stencils s[DIM], Vec *box)
{
  const PetscInt n = s[0].n * s[1].n * s[2].n;
  PetscInt      *index;
  VecScatter     scatter;
  IS             is;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &index));
  PetscCall(Number(grid, x, s, index));
  PetscCall(ISCreateBlock(PETSC_COMM_SELF, grid->dof, n, index, PETSC_OWN_POINTER, &is));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, n * grid->dof, box));
  PetscCall(VecScatterCreate(x, is, *box, NULL, &scatter));
  PetscCall(VecScatterBegin(scatter, x, *box, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, x, *box, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(ISDestroy(&is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One component at one node of the new grid */
static PetscScalar Value(const Stencils s[DIM], const PetscInt i[DIM], PetscInt dof,
                         const PetscScalar box[])
{
  const PetscReal *w[DIM];
  PetscScalar      sum = 0.0;

  for (PetscInt k = 0; k < DIM; k++) w[k] = s[k].weight + i[k] * s[k].points;
  for (PetscInt c = 0; c < s[2].points; c++) {
    for (PetscInt b = 0; b < s[1].points; b++) {
      const PetscInt row =
        ((s[2].at[i[2]] + c) * s[1].n + s[1].at[i[1]] + b) * s[0].n + s[0].at[i[0]];
      PetscScalar line = 0.0;

      for (PetscInt a = 0; a < s[0].points; a++) line += w[0][a] * box[(row + a) * dof];
      sum += w[2][c] * w[1][b] * line;
    }
  }
  return sum;
}

PetscErrorCode TrustNCGTransfer(DM from, Vec x, DM to, PetscInt edges, Vec y)
{
  Grid               old, new;
  Stencils           s[DIM];
  Vec                box;
  const PetscScalar *values;
  PetscScalar       *result;
  PetscInt           i[DIM], at = 0;

  PetscFunctionBegin;
  PetscCall(GridGet(from, &old));
  PetscCall(GridGet(to, &new));
  for (PetscInt k = 0; k < DIM; k++) {
    PetscCall(StencilsCreate(&old.axis[k], &new.axis[k], Offset(&old, edges),
                             (PetscBool)((edges & TRUSTNCG_EDGE_JUMP) != 0), &s[k]));
  }
  PetscCall(Fetch(&old, x, s, &box));
  PetscCall(VecGetArrayRead(box, &values));
  PetscCall(VecGetArrayWrite(y, &result));
  for (i[2] = 0; i[2] < new.axis[2].mine; i[2]++) {
    for (i[1] = 0; i[1] < new.axis[1].mine; i[1]++) {
      for (i[0] = 0; i[0] < new.axis[0].mine; i[0]++) {
        for (PetscInt c = 0; c < new.dof; c++) result[at++] = Value(s, i, new.dof, values + c);
      }
    }
  }
  PetscCall(VecRestoreArrayWrite(y, &result));
  PetscCall(VecRestoreArrayRead(box, &values));
  PetscCall(VecDestroy(&box));
  for (PetscInt k = 0; k < DIM; k++) PetscCall(PetscFree2(s[k].at, s[k].weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}
