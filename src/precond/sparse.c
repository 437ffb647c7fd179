/* SPDX-License-Identifier: BSD-2-Clause
   A sparse approximate Hessian, assembled from coloured probes, for any PETSc preconditioner. */
#include "precond/sparse.h"
#include "precond/probes.h"

struct _n_TrustNCGSparse {
  Mat            P;
  Vec            like; /* the layout of the probing vectors */
  TrustNCGProbes probes;
  PetscInt       builds;
};

/* An empty matrix of type aij with the pattern of the user's, else of the DM's. */
static PetscErrorCode CreatePattern(DM dm, Mat pattern, Mat *P)
{
  PetscBool aij;

  PetscFunctionBegin;
  if (pattern) PetscCall(MatDuplicate(pattern, MAT_DO_NOT_COPY_VALUES, P));
  else PetscCall(DMCreateMatrix(dm, P));
  PetscCall(
    PetscObjectBaseTypeCompareAny((PetscObject)*P, &aij, MATSEQAIJ, MATMPIAIJ, ""));
  if (!aij) PetscCall(MatConvert(*P, MATAIJ, MAT_INPLACE_MATRIX, P));
  PetscCall(MatSetOption(*P, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatSetOption(*P, MAT_NEW_NONZERO_LOCATIONS, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Colours of the columns of P as PETSc finds them in its graph. */
static PetscErrorCode ColorGraph(Mat P, ISColoring *coloring)
{
  MatColoring mc;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)P), &size));
  PetscCall(MatColoringCreate(P, &mc));
  PetscCall(MatColoringSetDistance(mc, 2));
  PetscCall(MatColoringSetType(mc, MATCOLORINGGREEDY));
  PetscCall(MatColoringSetFromOptions(mc));
  PetscCall(MatColoringApply(mc, coloring));
  PetscCall(MatColoringDestroy(&mc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The colouring of the DM, which may be wrong on periodic grids; else one of the graph. */
static PetscErrorCode CreateProbes(DM dm, Mat P, TrustNCGProbes *probes)
{
  ISColoring coloring;
  PetscBool  has = PETSC_FALSE;
PetscBool skip=PETSC_FALSE;

  PetscFunctionBegin;
  *probes = NULL;
PetscOptionsGetBool(NULL,NULL,"-graph",&skip,NULL);
  if (dm && !skip) PetscCall(DMHasColoring(dm, &has));
  if (has) {
    PetscCall(DMCreateColoring(dm, IS_COLORING_GLOBAL, &coloring));
    PetscCall(TrustNCGProbesCreate(P, coloring, probes));
    PetscCall(ISColoringDestroy(&coloring));
PetscPrintf(PETSC_COMM_WORLD,"DM coloring %s\n", *probes?"valid":"invalid");
  }
  if (*probes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ColorGraph(P, &coloring));
  PetscCall(TrustNCGProbesCreate(P, coloring, probes));
  PetscCall(ISColoringDestroy(&coloring));
  PetscCheck(*probes, PetscObjectComm((PetscObject)P), PETSC_ERR_PLIB,
             "PETSc's colouring gives one colour to two columns of a row: choose another "
             "-mat_coloring_type");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. The pattern is that of the user's Mat, else of the DM of x; *sparse is NULL where
   there is neither. */
PetscErrorCode TrustNCGSparseCreate(Vec x, Mat pattern, TrustNCGSparse *sparse)
{
  TrustNCGSparse sp;
  DM             dm;

  PetscFunctionBegin;
  *sparse = NULL;
  PetscCall(VecGetDM(x, &dm));
  if (!pattern && !dm) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&sp));
  PetscCall(CreatePattern(dm, pattern, &sp->P));
  PetscCall(CreateProbes(pattern ? NULL : dm, sp->P, &sp->probes));
  PetscCall(PetscObjectReference((PetscObject)x));
  sp->like = x;
  *sparse  = sp;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseDestroy(TrustNCGSparse *sparse)
{
  PetscFunctionBegin;
  if (!*sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatDestroy(&(*sparse)->P));
  PetscCall(VecDestroy(&(*sparse)->like));
  PetscCall(TrustNCGProbesDestroy(&(*sparse)->probes));
  PetscCall(PetscFree(*sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective; P = H on the pattern, at one product a colour. */
PetscErrorCode TrustNCGSparseBuild(TrustNCGSparse sparse, Mat H)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGProbesApply(sparse->probes, H, sparse->like, sparse->P));
  sparse->builds++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetMat(TrustNCGSparse sparse, Mat *P)
{
  PetscFunctionBegin;
  *P = sparse->P;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetCounts(TrustNCGSparse sparse, PetscInt *colors, PetscInt *builds)
{
  PetscFunctionBegin;
  if (colors) PetscCall(TrustNCGProbesGetSize(sparse->probes, colors));
  if (builds) *builds = sparse->builds;
  PetscFunctionReturn(PETSC_SUCCESS);
}
