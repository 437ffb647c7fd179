/* SPDX-License-Identifier: BSD-2-Clause
   Which of the couplings that the stencil of a DMDA allows are in the Hessian: the fewer, the fewer
   colours it takes.

     blocks of points as large as the stencil; d = the sum of the unit vectors of one unknown at
       the middle of each: in H d each row shows its coupling to the middle of its own block
     a coupling is a pair of unknowns and the offset between their points; it is there if some row
       of the grid shows it

   A coupling that is 0 all over the grid at one point may not be so at another: who builds a matrix
   on these is to see whether it is still the Hessian. */
#include "precond/stencil_impl.h"
#include <petscdmda.h>

#define ZERO           1e-6  /* of the entries of its row and column: a P without that much fits */
#define COUPLINGS_MOST 30000 /* of a point: no more are looked for, nor have room in a checkpoint */
#define BITS           31    /* of them in a word there */

/* The point that is number k in a box of this rank */
void TrustNCGStencilPoint(const PetscInt first[], const PetscInt extent[], PetscInt k,
                          PetscInt at[])
{
  at[0] = first[0] + k % extent[0];
  at[1] = first[1] + k / extent[0] % extent[1];
  at[2] = first[2] + k / extent[0] / extent[1];
}

static PetscInt Number(const PetscInt first[], const PetscInt extent[], const PetscInt at[])
{
  return ((at[2] - first[2]) * extent[1] + at[1] - first[1]) * extent[0] + at[0] - first[0];
}

/* Couplings from the unknowns of a point: offset, unknown of the row, unknown of the column; the
   mirror has the offset of the other sign and the unknowns exchanged. */
static PetscInt Coupling(TrustNCGStencil st, PetscInt offset, PetscInt row, PetscInt column)
{
  return (offset * st->dof + row) * st->dof + column;
}

/* Does the DMDA allow an offset? */
static PetscBool Allows(TrustNCGStencil st, PetscInt offset)
{
  const PetscInt low[DIMS] = {-st->reach[0], -st->reach[1], -st->reach[2]};
  PetscInt       by[DIMS], away = 0;

  TrustNCGStencilPoint(low, st->wide, offset, by);
  for (PetscInt k = 0; k < DIMS; k++) away += by[k] ? 1 : 0;
  return (PetscBool)(!st->star || away <= 1);
}

PetscBool TrustNCGStencilHas(TrustNCGStencil st, PetscBool lean, PetscInt offset, PetscInt row,
                             PetscInt column)
{
  const PetscInt mirror = st->offsets - 1 - offset;

  if (!lean) return Allows(st, offset);
  if (2 * offset + 1 == st->offsets && row == column) return PETSC_TRUE; /* the diagonal */
  return (PetscBool)(st->seen[Coupling(st, offset, row, column)] ||
                     st->seen[Coupling(st, mirror, column, row)]);
}

PetscErrorCode TrustNCGStencilCreate(Vec x, TrustNCGStencil *stencil)
{
  TrustNCGStencil st;
  DM              dm;
  PetscInt        dim, reach;
  PetscBool       da = PETSC_FALSE, room = PETSC_TRUE, worth;
  DMBoundaryType  end[DIMS];
  DMDAStencilType type;

  PetscFunctionBegin;
  *stencil = NULL;
  PetscCall(VecGetDM(x, &dm));
  if (dm) PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  if (!da) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&st));
  PetscCall(DMDAGetInfo(dm, &dim, &st->size[0], &st->size[1], &st->size[2], NULL, NULL, NULL,
                        &st->dof, &reach, &end[0], &end[1], &end[2], &type));
  PetscCall(DMDAGetCorners(dm, &st->start[0], &st->start[1], &st->start[2], &st->own[0],
                           &st->own[1], &st->own[2]));
  PetscCall(DMDAGetGhostCorners(dm, &st->from[0], &st->from[1], &st->from[2], &st->around[0],
                                &st->around[1], &st->around[2]));
  st->star    = (PetscBool)(type == DMDA_STENCIL_STAR);
  st->offsets = 1;
  for (PetscInt k = 0; k < DIMS; k++) {
    st->reach[k] = k < dim ? reach : 0;
    st->wide[k]  = 2 * st->reach[k] + 1;
    st->offsets *= st->wide[k];
    st->periodic[k] = (PetscBool)(end[k] == DM_BOUNDARY_PERIODIC);
    if (st->size[k] < st->wide[k]) room = PETSC_FALSE; /* no block fits in */
  }
  st->full = (PetscBool)(!room || (st->dof == 1 && (st->star || dim == 1)));
  worth    = (PetscBool)(st->offsets > 1);
  if ((PetscReal)st->offsets * st->dof * st->dof > COUPLINGS_MOST) worth = PETSC_FALSE;
  if (worth) {
    st->couplings = st->offsets * st->dof * st->dof;
    PetscCall(PetscCalloc1(st->couplings, &st->seen));
  } else PetscCall(TrustNCGStencilDestroy(&st));
  *stencil = st;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStencilDestroy(TrustNCGStencil *stencil)
{
  PetscFunctionBegin;
  if (!*stencil) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*stencil)->seen));
  PetscCall(PetscFree(*stencil));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool TrustNCGStencilMayBeLean(TrustNCGStencil st)
{
  return (PetscBool)!st->full;
}

PetscErrorCode TrustNCGStencilForget(TrustNCGStencil st)
{
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(st->seen, st->couplings));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The offset from the middle of the block to a point of it; -1 where the block is cut off by the end
   of the grid, or the stencil is a star without that offset. */
static PetscInt FromMiddle(TrustNCGStencil st, const PetscInt at[])
{
  const PetscInt zero[DIMS] = {0, 0, 0};
  PetscInt       in[DIMS], away = 0;

  for (PetscInt k = 0; k < DIMS; k++) {
    if (at[k] >= st->size[k] - st->size[k] % st->wide[k]) return -1;
    in[k] = at[k] % st->wide[k];
    if (in[k] != st->reach[k]) away++;
  }
  if (st->star && away > 1) return -1;
  return Number(zero, st->wide, in);
}

/* d = the sum of the unit vectors of an unknown at the middles of the blocks */
static PetscErrorCode SetMiddles(TrustNCGStencil st, PetscInt unknown, Vec d)
{
  const PetscInt n = st->own[0] * st->own[1] * st->own[2];
  PetscInt       at[DIMS];
  PetscScalar   *a;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(d));
  PetscCall(VecGetArray(d, &a));
  for (PetscInt k = 0; k < n; k++) {
    TrustNCGStencilPoint(st->start, st->own, k, at);
    if (2 * FromMiddle(st, at) + 1 == st->offsets) a[k * st->dof + unknown] = 1.0;
  }
  PetscCall(VecRestoreArray(d, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void See(PetscReal *size, PetscScalar entry)
{
  const PetscReal a = PetscAbsScalar(entry);

  *size = PetscMax(*size, PetscIsInfOrNanReal(a) ? PETSC_INFINITY : a);
}

/* What w = H d shows. An offset from the middle to a row is that from the row to its column, but for
   the sign. */
static PetscErrorCode SeeColumn(TrustNCGStencil st, PetscInt column, Vec w, PetscReal size[])
{
  const PetscInt     n = st->own[0] * st->own[1] * st->own[2];
  const PetscScalar *a;
  PetscInt           at[DIMS];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(w, &a));
  for (PetscInt k = 0; k < n; k++) {
    PetscInt offset;

    TrustNCGStencilPoint(st->start, st->own, k, at);
    offset = FromMiddle(st, at);
    if (offset < 0) continue;
    offset = st->offsets - 1 - offset;
    for (PetscInt row = 0; row < st->dof; row++) {
      See(&size[Coupling(st, offset, row, column)], a[k * st->dof + row]);
    }
  }
  PetscCall(VecRestoreArrayRead(w, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest entry that couples an unknown with its like: its scale, which may be another one than
   that of other unknowns of a point */
static PetscReal Scale(TrustNCGStencil st, PetscInt unknown, const PetscReal size[])
{
  PetscReal scale = 0.0;

  for (PetscInt offset = 0; offset < st->offsets; offset++) {
    scale = PetscMax(scale, size[Coupling(st, offset, unknown, unknown)]);
  }
  return scale;
}

/* The couplings whose largest entries on all ranks are not as good as 0; where one is not finite,
   all that were looked at may be there. */
static PetscErrorCode Unite(TrustNCGStencil st, PetscReal size[], Vec x, PetscBool *grew)
{
  const PetscInt pairs  = st->dof * st->dof;
  PetscBool      finite = PETSC_TRUE;
  PetscMPIInt    n;

  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast(st->couplings, &n));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, size, n, MPIU_REAL, MPIU_MAX, PetscObjectComm((PetscObject)x)));
  for (PetscInt k = 0; k < n; k++) {
    if (PetscIsInfReal(size[k])) finite = PETSC_FALSE;
  }
  *grew = PETSC_FALSE;
  for (PetscInt pair = 0; pair < pairs; pair++) {
    const PetscReal row = Scale(st, pair / st->dof, size), column = Scale(st, pair % st->dof, size);
    const PetscReal zero = ZERO * PetscSqrtReal(row) * PetscSqrtReal(column);

    for (PetscInt k = pair; k < n; k += pairs) {
      if (st->seen[k] || !(finite ? size[k] > zero : size[k] >= 0.0)) continue;
      *grew = st->seen[k] = PETSC_TRUE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest entry of each coupling, where none was looked at yet */
static PetscErrorCode SizesCreate(TrustNCGStencil st, PetscReal *size[])
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(st->couplings, size));
  for (PetscInt k = 0; k < st->couplings; k++) (*size)[k] = -1.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStencilLook(TrustNCGStencil st, Mat H, Vec x, PetscInt *products)
{
  PetscReal *size;
  PetscBool  grew;
  Vec        d, w;

  PetscFunctionBegin;
  *products = st->dof;
  PetscCall(SizesCreate(st, &size));
  PetscCall(VecDuplicate(x, &d));
  PetscCall(VecDuplicate(x, &w));
  for (PetscInt unknown = 0; unknown < st->dof; unknown++) {
    PetscCall(SetMiddles(st, unknown, d));
    PetscCall(MatMult(H, d, w));
    PetscCall(SeeColumn(st, unknown, w, size));
  }
  PetscCall(Unite(st, size, x, &grew));
  PetscCall(VecDestroy(&d));
  PetscCall(VecDestroy(&w));
  PetscCall(PetscFree(size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The columns of a row, in the numbering of this rank's part with its ghosts, and, unless it is
   NULL, their couplings; `all` that the DMDA allows, or those that were seen */
static PetscInt Columns(TrustNCGStencil st, const PetscInt at[], PetscInt row, PetscBool all,
                        PetscInt column[], PetscInt coupling[])
{
  const PetscInt low[DIMS] = {-st->reach[0], -st->reach[1], -st->reach[2]};
  PetscInt       away[DIMS], n = 0;

  for (PetscInt offset = 0; offset < st->offsets; offset++) {
    PetscBool inside = PETSC_TRUE;

    TrustNCGStencilPoint(low, st->wide, offset, away);
    for (PetscInt k = 0; k < DIMS; k++) {
      away[k] += at[k];
      if (away[k] < st->from[k] || away[k] >= st->from[k] + st->around[k]) inside = PETSC_FALSE;
    }
    for (PetscInt c = 0; inside && c < st->dof; c++) {
      if (!all && !TrustNCGStencilHas(st, PETSC_TRUE, offset, row, c)) continue;
      if (coupling) coupling[n] = Coupling(st, offset, row, c);
      column[n++] = Number(st->from, st->around, away) * st->dof + c;
    }
  }
  return n;
}

PetscErrorCode TrustNCGStencilRow(TrustNCGStencil st, ISLocalToGlobalMapping map, PetscInt k,
                                  PetscBool all, PetscInt *row, PetscInt *n, PetscInt column[],
                                  PetscInt coupling[])
{
  PetscInt at[DIMS];

  PetscFunctionBegin;
  TrustNCGStencilPoint(st->start, st->own, k / st->dof, at);
  *row = Number(st->from, st->around, at) * st->dof + k % st->dof;
  *n   = Columns(st, at, k % st->dof, all, column, coupling);
  PetscCall(ISLocalToGlobalMappingApply(map, 1, row, row));
  PetscCall(ISLocalToGlobalMappingApply(map, *n, column, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt TrustNCGStencilLongestRow(TrustNCGStencil st, PetscBool lean)
{
  PetscInt most = 0;

  for (PetscInt row = 0; row < st->dof; row++) {
    PetscInt n = 0;

    for (PetscInt k = 0; k < st->offsets * st->dof; k++) {
      n += TrustNCGStencilHas(st, lean, k / st->dof, row, k % st->dof) ? 1 : 0;
    }
    most = PetscMax(most, n);
  }
  return most;
}

/* What the entries of P show */
PetscErrorCode TrustNCGStencilLearn(TrustNCGStencil st, Mat P, Vec x, PetscBool *grew)
{
  const PetscInt         most = st->offsets * st->dof;
  PetscInt               m, row, n, *column, *coupling;
  PetscReal             *size;
  PetscScalar           *a;
  DM                     dm;
  ISLocalToGlobalMapping map;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &m));
  PetscCall(VecGetDM(x, &dm));
  PetscCall(DMGetLocalToGlobalMapping(dm, &map));
  PetscCall(SizesCreate(st, &size));
  PetscCall(PetscMalloc3(most, &column, most, &coupling, most, &a));
  for (PetscInt k = 0; k < m; k++) {
    PetscCall(TrustNCGStencilRow(st, map, k, PETSC_TRUE, &row, &n, column, coupling));
    PetscCall(PetscArrayzero(a, n)); /* where a column is negative */
    PetscCall(MatGetValues(P, 1, &row, n, column, a));
    for (PetscInt j = 0; j < n; j++) See(&size[coupling[j]], a[j]);
  }
  PetscCall(Unite(st, size, x, grew));
  PetscCall(PetscFree(size));
  PetscCall(PetscFree3(column, coupling, a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void TrustNCGStencilRecord(TrustNCGStencil st, CheckpointRecord *record)
{
  for (PetscInt k = 0; k < st->couplings; k += BITS) {
    const PetscInt n    = PetscMin(BITS, st->couplings - k);
    PetscInt       bits = 0;

    for (PetscInt j = 0; j < n; j++) bits |= st->seen[k + j] ? (PetscInt)1 << j : 0;
    RecordInt(record, &bits, 0, 2147483647, "couplings");
    for (PetscInt j = 0; j < n; j++) st->seen[k + j] = (PetscBool)(bits >> j & 1);
  }
}
