/* SPDX-License-Identifier: BSD-2-Clause
   How far the Hessian reaches on the grid of a DMDA, whose stencil is that of what the program does
   with one exchange of ghosts: where f is made of squares, say, its Hessian reaches twice as far.

     blocks of points, as large as a row may have entries; d = the sum of the unit vectors of all
       unknowns at the middle of every third block in each direction
     H d shows each column at such a point; what is not in these blocks is farther away

   One product, whatever n is. That all columns are like these, here and elsewhere, is for who
   builds a matrix on it to see. */
#include "precond/extent.h"
#include "precond/dmda.h"
#include "precond/stencil_impl.h"

#define ENTRIES_MOST 125  /* in a row */
#define FARTHEST     10   /* neighbours on a side */
#define APART        3    /* blocks from one to the next that has a middle */
#define ZERO         1e-5 /* of the norm of a column: products by differences show no less */

typedef struct {
  PetscInt  dim, dof, width, size[DIMS], start[DIMS], own[DIMS];
  PetscBool star;
  PetscInt  most; /* neighbours on each side in a block */
} Blocks;

/* most = 0 where no block fits, or none is larger than the stencil */
static PetscErrorCode GetBlocks(Vec x, Blocks *b)
{
  DM              dm;
  DMDAStencilType stencil;

  PetscFunctionBegin;
  PetscCall(VecGetDM(x, &dm));
  PetscCall(DMDAGetInfo(dm, &b->dim, &b->size[0], &b->size[1], &b->size[2], NULL, NULL, NULL,
                        &b->dof, &b->width, NULL, NULL, NULL, &stencil));
  PetscCall(DMDAGetCorners(dm, &b->start[0], &b->start[1], &b->start[2], &b->own[0], &b->own[1],
                           &b->own[2]));
  b->star = (PetscBool)(stencil == DMDA_STENCIL_STAR);
  for (b->most = 0; b->most < FARTHEST; b->most++) {
    const PetscInt wide    = 2 * b->most + 3;
    PetscInt       entries = b->dof;
    PetscBool      fits    = PETSC_TRUE;

    for (PetscInt k = 0; k < b->dim; k++) {
      entries *= wide;
      if (b->size[k] <= wide) fits = PETSC_FALSE; /* nothing would be seen beyond */
    }
    if (entries > ENTRIES_MOST || !fits) break;
  }
  if (b->most < b->width + (b->star ? 0 : 1)) b->most = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGExtentMost(Vec x, PetscInt *box)
{
  Blocks b;

  PetscFunctionBegin;
  PetscCall(GetBlocks(x, &b));
  *box = b.most;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The neighbours on each side that reach from the middle of its block to a point, -1 where the block
   has none; does the DMDA's stencil have that point? */
static PetscInt FromMiddle(const Blocks *b, const PetscInt at[], PetscBool *allowed)
{
  const PetscInt wide = 2 * b->most + 1;
  PetscInt       far = 0, away = 0;

  *allowed = PETSC_FALSE;
  for (PetscInt k = 0; k < DIMS && k < b->dim; k++) {
    const PetscInt by = PetscAbsInt(at[k] % wide - b->most);

    if (at[k] >= b->size[k] - b->size[k] % wide || at[k] / wide % APART) return -1;
    far = PetscMax(far, by);
    if (by) away++;
  }
  *allowed = (PetscBool)(far <= b->width && (!b->star || away <= 1));
  return far;
}

static PetscErrorCode SetMiddles(const Blocks *b, Vec d)
{
  const PetscInt n = b->own[0] * b->own[1] * b->own[2];
  PetscInt       at[DIMS];
  PetscBool      allowed;
  PetscScalar   *a;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(d));
  PetscCall(VecGetArray(d, &a));
  for (PetscInt k = 0; k < n; k++) {
    TrustNCGStencilPoint(b->start, b->own, k, at);
    if (FromMiddle(b, at, &allowed)) continue;
    for (PetscInt c = 0; c < b->dof; c++) a[k * b->dof + c] = 1.0;
  }
  PetscCall(VecRestoreArray(d, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The squares of w = H d: square[r] at r neighbours from a middle, then those farther away, and
   those that the stencil does not allow */
static PetscErrorCode AddSquares(const Blocks *b, Vec w, PetscReal square[])
{
  const PetscInt     n = b->own[0] * b->own[1] * b->own[2];
  PetscInt           at[DIMS];
  PetscBool          allowed;
  const PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(w, &a));
  for (PetscInt k = 0; k < n; k++) {
    PetscInt  r;
    PetscReal here = 0.0;

    TrustNCGStencilPoint(b->start, b->own, k, at);
    r = FromMiddle(b, at, &allowed);
    for (PetscInt c = 0; c < b->dof; c++) here += PetscSqr(PetscRealPart(a[k * b->dof + c]));
    square[r < 0 ? b->most + 1 : r] += here;
    if (!allowed) square[b->most + 2] += here;
  }
  PetscCall(VecRestoreArrayRead(w, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, square, (PetscMPIInt)b->most + 3, MPIU_REAL, MPIU_SUM,
                             PetscObjectComm((PetscObject)w)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Judge(const Blocks *b, const PetscReal square[], TrustNCGExtent *extent)
{
  PetscReal all = 0.0, beyond = square[b->most + 1];

  for (PetscInt r = 0; r <= b->most + 1; r++) all += square[r];
  extent->known = (PetscBool)(all > 0.0 && !PetscIsInfOrNanReal(all));
  if (!extent->known) return;
  extent->outside = PetscSqrtReal(square[b->most + 2] / all);
  if (beyond > ZERO * ZERO * all || extent->outside <= ZERO) return;
  for (extent->box = b->most; extent->box > 0; extent->box--) {
    beyond += square[extent->box];
    if (beyond > ZERO * ZERO * all) break;
  }
}

PetscErrorCode TrustNCGExtentLook(Mat H, Vec x, PetscInt *products, TrustNCGExtent *extent)
{
  PetscReal square[FARTHEST + 3] = {0.0};
  Blocks    b;
  Vec       d, w;

  PetscFunctionBegin;
  *extent   = (TrustNCGExtent){PETSC_FALSE, 0.0, 0};
  *products = 0;
  PetscCall(GetBlocks(x, &b));
  if (!b.most) PetscFunctionReturn(PETSC_SUCCESS);
  *products = 1;
  PetscCall(VecDuplicate(x, &d));
  PetscCall(VecDuplicate(x, &w));
  PetscCall(SetMiddles(&b, d));
  PetscCall(MatMult(H, d, w));
  PetscCall(AddSquares(&b, w, square));
  Judge(&b, square, extent);
  PetscCall(VecDestroy(&d));
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGExtentCreateVec(Vec x, PetscInt box, Vec *grid)
{
  const PetscInt *share[DIMS];
  PetscInt        dim, ranks[DIMS];
  DMBoundaryType  end[DIMS];
  DM              da, wide;

  PetscFunctionBegin;
  *grid = NULL;
  PetscCall(VecGetDM(x, &da));
  PetscCall(DMDAGetInfo(da, &dim, NULL, NULL, NULL, &ranks[0], &ranks[1], &ranks[2], NULL, NULL,
                        &end[0], &end[1], &end[2], NULL));
  PetscCall(DMDAGetOwnershipRanges(da, &share[0], &share[1], &share[2]));
  for (PetscInt k = 0; k < dim; k++) {
    if (dim > 1 && end[k] == DM_BOUNDARY_MIRROR) PetscFunctionReturn(PETSC_SUCCESS); /* no boxes */
    for (PetscInt r = 0; r < ranks[k]; r++) {
      if (share[k][r] < box) PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
  PetscCall(TrustNCGDMDACreate(da, NULL, box, &wide));
  PetscCall(DMCreateGlobalVector(wide, grid));
  PetscCall(DMDestroy(&wide));
  PetscFunctionReturn(PETSC_SUCCESS);
}
