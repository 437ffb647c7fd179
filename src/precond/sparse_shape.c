/* SPDX-License-Identifier: BSD-2-Clause
   The pattern of the sparse approximate Hessian on a DMDA: less than the DMDA allows, where the
   Hessian has fewer couplings, as it then has fewer colours.

     before the first build: a look for couplings; with those alone, if they halve the colours
     after a build with all that the DMDA allows: those that it shows, if there are fewer colours
     where a build with some does not fit the Hessian: again with all

   And what is told of it. */
#include "precond/sparse_impl.h"
#include "precond/acyclic.h"
#include "precond/pattern.h"

/* P, its copy and its probes, with the list of a substitution and its copy of the entries */
PetscReal TrustNCGSparseRowVectors(PetscReal entries, PetscBool substitute)
{
  const PetscReal entry  = 1.0 + 3.0 * sizeof(PetscInt) / sizeof(PetscScalar);
  const PetscReal copied = 1.0 + 1.0 * sizeof(PetscInt) / sizeof(PetscScalar);
  const PetscReal listed = 1.5 + 1.0 * sizeof(PetscInt) / sizeof(PetscScalar);

  return PetscCeilReal((entry + copied + (substitute ? listed : 0.0)) * entries);
}

/* That, the near null space, and a vector on a wider DMDA; what the PC makes of P is its own
   affair. */
PetscErrorCode TrustNCGSparseCountVectors(TrustNCGSparse sparse)
{
  const Mat    P = sparse->P;
  PetscInt     n, near = 0;
  PetscBool    substitute;
  MatInfo      info;
  MatNullSpace space;

  PetscFunctionBegin;
  PetscCall(MatGetSize(P, &n, NULL));
  PetscCall(MatGetInfo(P, MAT_GLOBAL_SUM, &info));
  PetscCall(MatGetNearNullSpace(P, &space));
  if (space) PetscCall(MatNullSpaceGetVecs(space, NULL, &near, NULL));
  PetscCall(TrustNCGProbesSubstitute(sparse->probes, &substitute));
  sparse->vectors = 1 + near + (sparse->box ? 1 : 0) +
                    (PetscInt)TrustNCGSparseRowVectors(info.nz_used / PetscMax(1, n), substitute);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Simple colours of the grid, so many at most; none where that cannot be had. */
static PetscErrorCode ColorGrid(TrustNCGSparse sparse, Mat P, PetscBool lean, PetscBool symmetric,
                                PetscInt most, TrustNCGProbes *probes)
{
  ISColoring coloring;

  PetscFunctionBegin;
  PetscCall(TrustNCGStencilColor(sparse->stencil, sparse->grid, lean, symmetric, most, &coloring));
  if (coloring) PetscCall(TrustNCGProbesCreate(P, coloring, symmetric, probes));
  PetscCall(ISColoringDestroy(&coloring));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those that tell a symmetric matrix, so many at most */
static PetscErrorCode ColorSymmetric(TrustNCGSparse sparse, Mat P, PetscBool lean, PetscInt most,
                                     TrustNCGProbes *probes)
{
  ISColoring coloring;

  PetscFunctionBegin;
  if (sparse->stencil) {
    PetscCall(ColorGrid(sparse, P, lean, PETSC_TRUE, most, probes));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGAcyclicColor(P, most, &coloring));
  if (coloring) PetscCall(TrustNCGProbesCreate(P, coloring, PETSC_TRUE, probes));
  PetscCall(ISColoringDestroy(&coloring));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The colours of P: those that tell a symmetric matrix, unless that went wrong; else of a lean grid
   simple ones, if they are so many at most; else those of the DM or of the graph: none of these are
   fewer than the entries of a row. */
PetscErrorCode TrustNCGSparseColor(TrustNCGSparse sparse, Mat P, PetscBool lean, PetscInt most,
                                   TrustNCGProbes *probes, PetscBool *fromdm)
{
  PetscInt       row, colors = PETSC_MAX_INT, direct;
  TrustNCGProbes others;

  PetscFunctionBegin;
  *probes = NULL;
  *fromdm = PETSC_FALSE;
  PetscCall(TrustNCGPatternLongestRow(P, &row));
  if (!sparse->direct) {
    PetscCall(
      ColorSymmetric(sparse, P, lean, sparse->stencil ? PetscMin(most, row - 1) : most, probes));
  }
  if (!*probes && lean) PetscCall(ColorGrid(sparse, P, lean, PETSC_FALSE, most, probes));
  if (*probes) PetscCall(TrustNCGProbesGetSize(*probes, &colors));
  if (*probes && (sparse->stencil || colors < row)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGPatternColor(sparse->grid, P, &others, fromdm));
  PetscCall(TrustNCGProbesGetSize(others, &direct));
  if (direct > colors) {
    *fromdm = PETSC_FALSE;
    PetscCall(TrustNCGProbesDestroy(&others));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGProbesDestroy(probes));
  *probes = others;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P has its colours anew, from now on those that need no substitution, if it has others now. */
PetscErrorCode TrustNCGSparseColorDirectly(TrustNCGSparse sparse, PetscBool *changed)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGProbesSubstitute(sparse->probes, changed));
  if (!*changed) PetscFunctionReturn(PETSC_SUCCESS);
  sparse->direct = PETSC_TRUE;
  PetscCall(TrustNCGProbesDestroy(&sparse->probes));
  PetscCall(TrustNCGSparseColor(sparse, sparse->P, sparse->lean, PETSC_MAX_INT, &sparse->probes,
                                &sparse->fromdm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseReshape(TrustNCGSparse sparse, PetscBool lean, PetscInt most)
{
  PetscInt       colors;
  PetscBool      fromdm;
  Mat            P;
  TrustNCGProbes probes;

  PetscFunctionBegin;
  if (lean) PetscCall(TrustNCGStencilCreateMat(sparse->stencil, sparse->grid, &P));
  else PetscCall(TrustNCGPatternCreate(sparse->grid, NULL, &P));
  PetscCall(TrustNCGSparseColor(sparse, P, lean, most, &probes, &fromdm));
  PetscCall(TrustNCGProbesGetSize(probes, &colors));
  if (colors > most) {
    PetscCall(TrustNCGProbesDestroy(&probes));
    PetscCall(MatDestroy(&P));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGProbesDestroy(&sparse->probes));
  PetscCall(MatDestroy(&sparse->D));
  PetscCall(MatDestroy(&sparse->P));
  sparse->probes = probes;
  sparse->P      = P;
  if (sparse->secant) PetscCall(TrustNCGSecantStart(sparse->secant, P)); /* it holds the old one */
  sparse->lean   = lean;
  sparse->fromdm = fromdm;
  PetscCall(TrustNCGPatternNearNullSpace(sparse->work, NULL, P));
  PetscCall(TrustNCGSparseCountVectors(sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a build; `products` gains those of a look. */
PetscErrorCode TrustNCGSparseShape(TrustNCGSparse sparse, Mat H, PetscInt *products)
{
  PetscInt colors, looks;

  PetscFunctionBegin;
  if (!sparse->stencil || sparse->lean || sparse->all) PetscFunctionReturn(PETSC_SUCCESS);
  sparse->all = (PetscBool)!TrustNCGStencilMayBeLean(sparse->stencil);
  if (sparse->all) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  if (!sparse->looked) {
    PetscCall(TrustNCGStencilLook(sparse->stencil, H, sparse->work, &looks));
    *products += looks;
    sparse->reductions++;
    sparse->looked = PETSC_TRUE;
    PetscCall(TrustNCGSparseReshape(sparse, PETSC_TRUE, colors / 2));
  } else {
    PetscCall(TrustNCGSparseReshape(sparse, PETSC_TRUE, colors - 1));
    sparse->all = (PetscBool)!sparse->lean;
  }
  if (sparse->lean) sparse->misfit = PETSC_INFINITY; /* nothing is known of this pattern */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After one with all couplings that fits the Hessian or not; `again`, as one with some did not. */
PetscErrorCode TrustNCGSparseLearn(TrustNCGSparse sparse, PetscBool fits, PetscBool again)
{
  PetscBool grew;

  PetscFunctionBegin;
  if (!sparse->stencil || sparse->lean || sparse->all || !sparse->finite) {
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  sparse->all = (PetscBool)!fits;
  if (!fits) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGStencilLearn(sparse->stencil, sparse->P, sparse->grid, &grew));
  sparse->reductions++;
  if (again && !grew) sparse->all = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetCounts(TrustNCGSparse sparse, PetscInt *colors, PetscInt *vectors,
                                       PetscInt *reductions)
{
  PetscInt more[2] = {0, 0};

  PetscFunctionBegin;
  if (sparse->secant) {
    PetscCall(TrustNCGSecantGetCounts(sparse->secant, &more[0], &more[1]));
  }
  if (colors) PetscCall(TrustNCGProbesGetSize(sparse->probes, colors));
  if (vectors) *vectors = sparse->vectors + more[0];
  if (reductions) *reductions = sparse->reductions + more[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetMisfit(TrustNCGSparse sparse, PetscReal *misfit)
{
  PetscFunctionBegin;
  *misfit = sparse->misfit;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseIsLeft(TrustNCGSparse sparse, PetscBool *left)
{
  PetscFunctionBegin;
  *left = (PetscBool)(sparse->misfit <= SPARSE_EXACT && sparse->role == SPARSE_PRECONDITIONS);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseStandsIn(TrustNCGSparse sparse, PetscBool *standsin, PetscBool *built)
{
  PetscFunctionBegin;
  *standsin = (PetscBool)(sparse->role != SPARSE_PRECONDITIONS);
  *built    = (PetscBool)(sparse->role == SPARSE_STANDS_IN);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseView(TrustNCGSparse sparse, PetscViewer viewer)
{
  PetscInt  colors;
  PetscBool substitute;
  MatInfo   info;

  PetscFunctionBegin;
  PetscCall(TrustNCGProbesSubstitute(sparse->probes, &substitute));
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  PetscCall(MatGetInfo(sparse->P, MAT_GLOBAL_SUM, &info));
  PetscCall(PetscViewerASCIIPrintf(
    viewer,
    "sparse Hessian: %.0f nonzeros, %" PetscInt_FMT " colours from the %s%s, a product each%s; "
    "times built: %" PetscInt_FMT "%s%s\n",
    info.nz_used, colors,
    sparse->fromdm                  ? "DM"
    : sparse->lean                  ? "couplings on the grid"
    : substitute && sparse->stencil ? "grid"
                                    : "graph",
    substitute ? " and its symmetry" : "", sparse->box ? ", on more than the DM's stencil" : "",
    sparse->builds, sparse->dominant ? ", the preconditioner of a diagonally dominant copy" : "",
    sparse->misfit <= SPARSE_EXACT ? "; CG works with it" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}
