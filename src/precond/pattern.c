/* SPDX-License-Identifier: BSD-2-Clause
   What a sparse Hessian is made of before it has entries: its pattern, from a DM or from a Mat of
   the user's, the colours of its columns, and the near null space that multigrid wants to know. */
#include "precond/pattern.h"
#include "precond/blocks.h"
#include <petscdmda.h>

/* Preconditioners divide by the diagonal. A DM that knows no pattern may give an empty matrix. */
static PetscErrorCode HasDiagonal(Mat P, PetscBool *has)
{
  PetscBool assembled, missing = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(MatAssembled(P, &assembled));
  if (assembled) PetscCall(MatMissingDiagonal(P, &missing, NULL));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, &missing, 1, MPIU_BOOL, MPI_LOR, PetscObjectComm((PetscObject)P)));
  *has = (PetscBool)!missing;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSize(Vec x, Mat pattern)
{
  PetscInt  n, rows, columns;
  PetscBool mine, same;
  MPI_Comm  comm = PetscObjectComm((PetscObject)x);

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(MatGetLocalSize(pattern, &rows, &columns));
  mine = (PetscBool)(rows == n && columns == n);
  PetscCallMPI(MPI_Allreduce(&mine, &same, 1, MPIU_BOOL, MPI_LAND, comm));
  PetscCheck(same, comm, PETSC_ERR_ARG_SIZ,
             "The Mat of TaoTrustNCGSetPattern() does not have the layout of the solution: give "
             "it as many rows and columns on every rank as the solution has entries there");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPatternIsEmpty(Mat A, PetscBool *empty)
{
  PetscBool assembled;
  MatInfo   info = {0};

  PetscFunctionBegin;
  PetscCall(MatAssembled(A, &assembled));
  if (assembled) PetscCall(MatGetInfo(A, MAT_GLOBAL_SUM, &info));
  *empty = (PetscBool)(info.nz_used == 0.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A DM may make matrices of another type, such as MATSHELL for a program that has none. */
static PetscErrorCode CreateOfDM(DM dm, Mat *A)
{
  MatType type;
  char   *theirs;

  PetscFunctionBegin;
  PetscCall(DMGetMatType(dm, &type));
  PetscCall(PetscStrallocpy(type, &theirs));
  PetscCall(DMSetMatType(dm, MATAIJ));
  PetscCall(DMCreateMatrix(dm, A));
  PetscCall(DMSetMatType(dm, theirs));
  PetscCall(PetscFree(theirs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPatternCreate(Vec x, Mat pattern, Mat *P)
{
  DM        dm;
  Mat       A;
  PetscBool aij, good;

  PetscFunctionBegin;
  *P = NULL;
  PetscCall(VecGetDM(x, &dm));
  if (!pattern && !dm) PetscFunctionReturn(PETSC_SUCCESS);
  if (pattern) {
    PetscCall(CheckSize(x, pattern));
    PetscCall(MatDuplicate(pattern, MAT_DO_NOT_COPY_VALUES, &A));
  } else PetscCall(CreateOfDM(dm, &A));
  PetscCall(PetscObjectBaseTypeCompareAny((PetscObject)A, &aij, MATSEQAIJ, MATMPIAIJ, ""));
  if (!aij) PetscCall(MatConvert(A, MATAIJ, MAT_INPLACE_MATRIX, &A));
  PetscCall(HasDiagonal(A, &good));
  if (!good) PetscCall(MatDestroy(&A));
  if (good) PetscCall(MatSetOption(A, MAT_SYMMETRIC, PETSC_TRUE));
  *P = A;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rigid motions of a grid that carries a displacement: as many unknowns at a point as it has
   coordinates. Other fields of that kind are none the worse for a rotation more. */
static PetscErrorCode RigidMotions(DM dm, MatNullSpace *space)
{
  PetscBool da;
  PetscInt  dim, dof;
  Vec       at;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  if (!da) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(
    DMDAGetInfo(dm, &dim, NULL, NULL, NULL, NULL, NULL, NULL, &dof, NULL, NULL, NULL, NULL, NULL));
  PetscCall(DMGetCoordinates(dm, &at));
  if (at && dof == dim && dim > 1) PetscCall(MatNullSpaceCreateRigidBody(at, space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPatternNearNullSpace(Vec x, Mat pattern, Mat P)
{
  PetscErrorCode (*create)(DM, PetscInt, PetscInt, MatNullSpace *) = NULL;
  MatNullSpace known = NULL, made = NULL;
  DM           dm;

  PetscFunctionBegin;
  PetscCall(VecGetDM(x, &dm));
  PetscCall(MatGetNearNullSpace(pattern ? pattern : P, &known)); /* P may have that of its DM */
  if (!known && dm) {
    PetscCall(DMGetNearNullSpaceConstructor(dm, 0, &create));
    if (create) PetscCall((*create)(dm, 0, 0, &made));
    else PetscCall(RigidMotions(dm, &made));
  }
  if (known || made) PetscCall(MatSetNearNullSpace(P, known ? known : made));
  PetscCall(MatNullSpaceDestroy(&made));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No colouring has fewer colours than this. */
PetscErrorCode TrustNCGPatternLongestRow(Mat P, PetscInt *most)
{
  const PetscInt *others, *ia[BLOCKS], *ja;
  PetscInt        m = 0, nothers;
  Mat             block[BLOCKS];
  PetscBool       done;

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(MatGetRowIJ(block[b], 0, PETSC_FALSE, PETSC_FALSE, &m, &ia[b], &ja, &done));
  }
  *most = 0;
  for (PetscInt i = 0; i < m; i++) {
    PetscInt row = 0;

    for (int b = 0; b < BLOCKS && block[b]; b++) row += ia[b][i + 1] - ia[b][i];
    *most = PetscMax(*most, row);
  }
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(MatRestoreRowIJ(block[b], 0, PETSC_FALSE, PETSC_FALSE, &m, &ia[b], &ja, &done));
  }
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, most, 1, MPIU_INT, MPI_MAX, PetscObjectComm((PetscObject)P)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Colours of the columns of P from its graph: first come, first served, in the order that `weight`
   says; on many ranks by independent sets, in an order by chance instead of the natural one, as
   PETSc's first come, first served writes beyond its mask there if rows are of unequal length.
   -mat_coloring_type chooses another way to find them. */
static PetscErrorCode ColorGraph(Mat P, MatColoringWeightType weight, ISColoring *coloring)
{
  MatColoring mc;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)P), &ranks));
  PetscCall(MatColoringCreate(P, &mc));
  PetscCall(MatColoringSetDistance(mc, 2));
  PetscCall(MatColoringSetType(mc, ranks > 1 ? MATCOLORINGJP : MATCOLORINGGREEDY));
  if (ranks > 1 && weight == MAT_COLORING_WEIGHT_LEXICAL) weight = MAT_COLORING_WEIGHT_RANDOM;
  PetscCall(MatColoringSetWeightType(mc, weight));
  PetscCall(MatColoringSetFromOptions(mc));
  PetscCall(MatColoringApply(mc, coloring));
  PetscCall(MatColoringDestroy(&mc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* valid[k]: i mod (least + k) colours the columns of this rank's rows, k < n. */
static PetscErrorCode TryCycles(Mat P, PetscInt least, PetscInt n, PetscBool valid[])
{
  const PetscInt *columns;
  PetscInt        lo, hi, many, *seen;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(least + n, &seen));
  PetscCall(MatGetOwnershipRange(P, &lo, &hi));
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt c = 0; c < least + n; c++) seen[c] = -1;
    valid[k] = PETSC_TRUE;
    for (PetscInt i = lo; i < hi && valid[k]; i++) {
      PetscCall(MatGetRow(P, i, &many, &columns, NULL));
      for (PetscInt j = 0; j < many; j++) {
        const PetscInt c = columns[j] % (least + k);

        if (seen[c] == i) valid[k] = PETSC_FALSE;
        seen[c] = i;
      }
      PetscCall(MatRestoreRow(P, i, &many, &columns, NULL));
    }
  }
  PetscCall(PetscFree(seen));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Colours i mod p with the smallest p < most that will do: best for a band, on any number of ranks;
   NULL where none does. */
static PetscErrorCode ColorCycle(Mat P, PetscInt least, PetscInt most, ISColoring *coloring)
{
  const PetscInt   n = PetscMax(0, PetscMin(most, 2 * least) - least);
  PetscInt         k = 0, lo, hi;
  PetscBool       *valid;
  ISColoringValue *color;
  MPI_Comm         comm = PetscObjectComm((PetscObject)P);

  PetscFunctionBegin;
  *coloring = NULL;
  PetscCall(PetscMalloc1(n, &valid));
  PetscCall(TryCycles(P, least, n, valid));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, valid, (PetscMPIInt)n, MPIU_BOOL, MPI_LAND, comm));
  while (k < n && !valid[k]) k++;
  PetscCall(PetscFree(valid));
  if (k == n) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatGetOwnershipRangeColumn(P, &lo, &hi));
  PetscCall(PetscMalloc1(hi - lo, &color));
  for (PetscInt i = lo; i < hi; i++) color[i - lo] = (ISColoringValue)(i % (least + k));
  PetscCall(ISColoringCreate(comm, least + k, hi - lo, color, PETSC_OWN_POINTER, coloring));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Colours of a DM whose matrices have blocks are those of the blocks, not of the columns. */
static PetscErrorCode FitsColoring(Mat P, ISColoring coloring, PetscBool *fits)
{
  PetscInt  colored, columns;
  PetscBool mine;

  PetscFunctionBegin;
  PetscCall(ISColoringGetColors(coloring, &colored, NULL, NULL));
  PetscCall(MatGetLocalSize(P, NULL, &columns));
  mine = (PetscBool)(colored == columns);
  PetscCallMPI(MPI_Allreduce(&mine, fits, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)P)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probes with these colours, if they are valid and fewer than those of *probes. */
static PetscErrorCode TakeIfFewer(Mat P, ISColoring coloring, TrustNCGProbes *probes,
                                  PetscBool *taken)
{
  TrustNCGProbes tried = NULL;
  PetscInt       now   = PETSC_MAX_INT, then;

  PetscFunctionBegin;
  *taken = PETSC_FALSE;
  PetscCall(FitsColoring(P, coloring, taken));
  if (!*taken) PetscFunctionReturn(PETSC_SUCCESS);
  if (*probes) PetscCall(TrustNCGProbesGetSize(*probes, &now));
  PetscCall(ISColoringGetColors(coloring, NULL, &then, NULL));
  if (then < now) PetscCall(TrustNCGProbesCreate(P, coloring, PETSC_FALSE, &tried));
  *taken = (PetscBool)(tried != NULL);
  if (!*taken) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGProbesDestroy(probes));
  *probes = tried;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the colours of the DM are not as few as can be, the fewest of those and of the graph's:
   a DMDA colours 3-D stars as boxes, and that of PETSc 3.18 is wrong on periodic grids whose sides
   are no multiples of the stencil's width. The natural order suits grids, largest first others: smallest
   last of PETSc 3.18 loses its lists where they hold the row 0, and may not end. */
PetscErrorCode TrustNCGPatternColor(Vec x, Mat P, TrustNCGProbes *probes, PetscBool *fromdm)
{
  static const MatColoringWeightType weights[] = {MAT_COLORING_WEIGHT_LEXICAL,
                                                  MAT_COLORING_WEIGHT_LF};
  DM                                 dm;
  ISColoring                         coloring;
  PetscInt                           least, colors = PETSC_MAX_INT;
  PetscBool                          has = PETSC_FALSE, taken;

  PetscFunctionBegin;
  *probes = NULL;
  *fromdm = PETSC_FALSE;
  PetscCall(TrustNCGPatternLongestRow(P, &least));
  PetscCall(VecGetDM(x, &dm));
  if (dm) PetscCall(DMHasColoring(dm, &has));
  if (has) {
    PetscCall(DMCreateColoring(dm, IS_COLORING_GLOBAL, &coloring));
    PetscCall(TakeIfFewer(P, coloring, probes, fromdm));
    PetscCall(ISColoringDestroy(&coloring));
  }
  for (int k = 0; k < 2; k++) {
    if (*probes) PetscCall(TrustNCGProbesGetSize(*probes, &colors));
    if (colors <= least) break;
    PetscCall(ColorGraph(P, weights[k], &coloring));
    PetscCall(TakeIfFewer(P, coloring, probes, &taken));
    if (taken) *fromdm = PETSC_FALSE;
    PetscCall(ISColoringDestroy(&coloring));
  }
  if (*probes) PetscCall(TrustNCGProbesGetSize(*probes, &colors));
  coloring = NULL;
  if (!dm && colors > least) PetscCall(ColorCycle(P, least, colors, &coloring));
  if (coloring) PetscCall(TakeIfFewer(P, coloring, probes, &taken));
  PetscCall(ISColoringDestroy(&coloring));
  PetscCheck(*probes, PetscObjectComm((PetscObject)P), PETSC_ERR_ARG_WRONG,
             "Two columns of a row of the Hessian's pattern have one colour: choose another "
             "-mat_coloring_type, of distance 2");
  PetscFunctionReturn(PETSC_SUCCESS);
}
