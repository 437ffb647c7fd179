/* SPDX-License-Identifier: BSD-2-Clause
   Interpolation from coarser grids of a DMDA. A coarser one has every second node and the last one
   along each direction that is halved: so both ends are nodes of all grids. Nodes stay on their
   ranks; some may have none. What is between nodes is interpolated linearly. */
#include "precond/halve.h"
#include <petscdmda.h>

#define DIM     3
#define CORNERS 8 /* nodes of a coarser grid around one */

/* A direction of a grid */
typedef struct {
  PetscInt  n, ranks;
  PetscInt *start;  /* the first node of each rank, and n */
  PetscInt *at;     /* where the nodes are in the finest grid */
  PetscBool halved; /* it has fewer nodes on the next coarser grid */
} Axis;

static PetscErrorCode AxesCreate(DM da, Axis axis[DIM], PetscInt rank[DIM], PetscInt *dof)
{
  PetscInt        n[DIM], ranks[DIM], dim;
  const PetscInt *shares[DIM];
  PetscMPIInt     mine;

  PetscFunctionBegin;
  PetscCall(DMDAGetInfo(da, &dim, &n[0], &n[1], &n[2], &ranks[0], &ranks[1], &ranks[2], dof, NULL,
                        NULL, NULL, NULL, NULL));
  PetscCall(DMDAGetOwnershipRanges(da, &shares[0], &shares[1], &shares[2]));
  PetscCallMPI(MPI_Comm_rank(PetscObjectComm((PetscObject)da), &mine));
  for (PetscInt k = 0, r = mine; k < DIM; k++) {
    Axis *a = &axis[k];

    a->n     = k < dim ? n[k] : 1;
    a->ranks = k < dim ? ranks[k] : 1;
    rank[k]  = r % a->ranks;
    r /= a->ranks;
    PetscCall(PetscMalloc2(a->ranks + 1, &a->start, a->n, &a->at));
    a->start[0] = 0;
    for (PetscInt l = 0; l < a->ranks; l++) {
      a->start[l + 1] = a->start[l] + (k < dim ? shares[k][l] : 1);
    }
    for (PetscInt i = 0; i < a->n; i++) a->at[i] = i;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AxesDestroy(Axis axis[DIM])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < DIM; k++) PetscCall(PetscFree2(axis[k].start, axis[k].at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of a direction, the coarse nodes before node i */
static PetscInt Before(const Axis *axis, PetscInt i)
{
  if (!axis->halved) return i;
  return i < axis->n ? (i + 1) / 2 : axis->n / 2 + 1;
}

static PetscErrorCode Coarsen(const Axis axis[DIM], Axis coarse[DIM])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < DIM; k++) {
    const Axis *a = &axis[k];
    Axis       *c = &coarse[k];

    c->n     = Before(a, a->n);
    c->ranks = a->ranks;
    PetscCall(PetscMalloc2(c->ranks + 1, &c->start, c->n, &c->at));
    for (PetscInt r = 0; r <= a->ranks; r++) c->start[r] = Before(a, a->start[r]);
    for (PetscInt i = 0; i < c->n; i++) c->at[i] = a->at[a->halved ? PetscMin(2 * i, a->n - 1) : i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coarse nodes that a node lies at or between, along one direction */
typedef struct {
  PetscInt  n;
  PetscInt  node[2];
  PetscReal weight[2];
} Line;

static Line LineOf(const Axis *axis, PetscInt i)
{
  Line line = {1, {Before(axis, i), 0}, {1.0, 0.0}};

  if (axis->halved && i % 2 && i < axis->n - 1) {
    line.n       = 2;
    line.node[0] = (i - 1) / 2;
    line.node[1] = (i + 1) / 2;
    line.weight[1] =
      (PetscReal)(axis->at[i] - axis->at[i - 1]) / (PetscReal)(axis->at[i + 1] - axis->at[i - 1]);
    line.weight[0] = 1.0 - line.weight[1];
  }
  return line;
}

/* PETSc's number of a node on a rank or a neighbour of it: the ranks of a DMDA are numbered, as the
   nodes of each are, along the first direction first. */
static PetscInt Number(const Axis axis[DIM], const PetscInt node[DIM], const PetscInt rank[DIM])
{
  PetscInt first[DIM], size[DIM], local = 0;

  for (PetscInt k = DIM - 1; k >= 0; k--) {
    PetscInt r = rank[k];

    while (axis[k].start[r] > node[k]) r--;
    while (axis[k].start[r + 1] <= node[k]) r++;
    first[k] = axis[k].start[r];
    size[k]  = axis[k].start[r + 1] - first[k];
    local    = local * size[k] + node[k] - first[k];
  }
  return (first[2] * axis[1].n + size[2] * first[1]) * axis[0].n + size[2] * size[1] * first[0] +
         local;
}

/* A row of an interpolation: its entries, sorted; how many there are */
static PetscErrorCode GetRow(const Line line[DIM], const Axis coarse[DIM], const PetscInt rank[DIM],
                             PetscInt col[], PetscScalar value[], PetscInt *n)
{
  PetscInt node[DIM];

  PetscFunctionBegin;
  *n = 0;
  for (PetscInt c = 0; c < line[2].n; c++) {
    for (PetscInt b = 0; b < line[1].n; b++) {
      for (PetscInt a = 0; a < line[0].n; a++) {
        node[0]       = line[0].node[a];
        node[1]       = line[1].node[b];
        node[2]       = line[2].node[c];
        col[*n]       = Number(coarse, node, rank);
        value[(*n)++] = line[0].weight[a] * line[1].weight[b] * line[2].weight[c];
      }
    }
  }
  PetscCall(PetscSortIntWithScalarArray(*n, col, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Nodes of a rank, and entries of a component in the rows of an interpolation to them */
static void Count(const Axis axis[DIM], const PetscInt rank[DIM], PetscInt *nodes,
                  PetscInt *entries)
{
  *nodes = *entries = 1;
  for (PetscInt k = 0; k < DIM; k++) {
    PetscInt n = 0;

    for (PetscInt i = axis[k].start[rank[k]]; i < axis[k].start[rank[k] + 1]; i++) {
      n += LineOf(&axis[k], i).n;
    }
    *nodes *= axis[k].start[rank[k] + 1] - axis[k].start[rank[k]];
    *entries *= n;
  }
}

/* The rows of the interpolation from the coarse grid, on this rank; each component by itself */
static PetscErrorCode FillRows(const Axis axis[DIM], const Axis coarse[DIM],
                               const PetscInt rank[DIM], PetscInt dof, PetscInt rows[],
                               PetscInt cols[], PetscScalar values[])
{
  PetscInt    i[DIM], row = 0, n, col[CORNERS];
  PetscScalar value[CORNERS];
  Line        line[DIM];

  PetscFunctionBegin;
  rows[0] = 0;
  for (i[2] = axis[2].start[rank[2]]; i[2] < axis[2].start[rank[2] + 1]; i[2]++) {
    line[2] = LineOf(&axis[2], i[2]);
    for (i[1] = axis[1].start[rank[1]]; i[1] < axis[1].start[rank[1] + 1]; i[1]++) {
      line[1] = LineOf(&axis[1], i[1]);
      for (i[0] = axis[0].start[rank[0]]; i[0] < axis[0].start[rank[0] + 1]; i[0]++) {
        line[0] = LineOf(&axis[0], i[0]);
        PetscCall(GetRow(line, coarse, rank, col, value, &n));
        for (PetscInt c = 0; c < dof; c++, row++) {
          for (PetscInt k = 0; k < n; k++) {
            cols[rows[row] + k]   = col[k] * dof + c;
            values[rows[row] + k] = value[k];
          }
          rows[row + 1] = rows[row] + n;
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateUp(MPI_Comm comm, const Axis axis[DIM], const Axis coarse[DIM],
                               const PetscInt rank[DIM], PetscInt dof, Mat *up)
{
  PetscInt    *rows, *cols, mine, theirs, entries, unused;
  PetscScalar *values;

  PetscFunctionBegin;
  Count(axis, rank, &mine, &entries);
  Count(coarse, rank, &theirs, &unused);
  PetscCall(PetscMalloc3(mine * dof + 1, &rows, entries * dof, &cols, entries * dof, &values));
  PetscCall(FillRows(axis, coarse, rank, dof, rows, cols, values));
  PetscCall(MatCreate(comm, up));
  PetscCall(MatSetSizes(*up, mine * dof, theirs * dof, PETSC_DETERMINE, PETSC_DETERMINE));
  PetscCall(MatSetType(*up, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocationCSR(*up, rows, cols, values)); /* one of these does it */
  PetscCall(MatMPIAIJSetPreallocationCSR(*up, rows, cols, values));
  PetscCall(PetscFree3(rows, cols, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGHalve(DM da, PetscInt levels, const PetscBool halved[][3], Mat up[])
{
  PetscInt rank[DIM], dof;
  Axis     axis[DIM], coarse[DIM];

  PetscFunctionBegin;
  PetscCall(AxesCreate(da, axis, rank, &dof));
  for (PetscInt l = 0; l < levels; l++) {
    for (PetscInt k = 0; k < DIM; k++) axis[k].halved = halved[l][k];
    PetscCall(Coarsen(axis, coarse));
    PetscCall(CreateUp(PetscObjectComm((PetscObject)da), axis, coarse, rank, dof, &up[l]));
    PetscCall(AxesDestroy(axis));
    PetscCall(PetscArraycpy(axis, coarse, DIM));
  }
  PetscCall(AxesDestroy(axis));
  PetscFunctionReturn(PETSC_SUCCESS);
}
