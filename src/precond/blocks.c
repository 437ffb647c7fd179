/* SPDX-License-Identifier: BSD-2-Clause
   Work on the entries of a matrix of type aij where they are stored. */
#include "precond/blocks.h"
#include <petscsf.h>

PetscErrorCode TrustNCGGetBlocks(Mat P, Mat block[], const PetscInt **others, PetscInt *nothers)
{
  PetscBool mpi;

  PetscFunctionBegin;
  PetscCall(PetscObjectBaseTypeCompare((PetscObject)P, MATMPIAIJ, &mpi));
  block[0] = P;
  block[1] = NULL;
  *nothers = 0;
  if (mpi) {
    PetscCall(MatMPIAIJGetSeqAIJ(P, &block[0], &block[1], others));
    PetscCall(MatGetSize(block[1], NULL, nothers));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGetOtherColors(Mat P, const ISColoringValue own[], PetscInt n,
                                      const PetscInt others[], ISColoringValue color[])
{
  PetscLayout layout;
  PetscSF     sf;

  PetscFunctionBegin;
  PetscCall(PetscSFCreate(PetscObjectComm((PetscObject)P), &sf));
  PetscCall(MatGetLayouts(P, NULL, &layout));
  PetscCall(PetscSFSetGraphLayout(sf, layout, n, NULL, PETSC_OWN_POINTER, others));
  PetscCall(PetscSFBcastBegin(sf, MPIU_COLORING_VALUE, own, color, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(sf, MPIU_COLORING_VALUE, own, color, MPI_REPLACE));
  PetscCall(PetscSFDestroy(&sf));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Reading leaves P in the state it is in, so that a PC that was made of it stays, too. */
PetscErrorCode TrustNCGCopyEntries(Mat P, PetscBool toP, PetscScalar entries[])
{
  const PetscInt    *others;
  PetscInt           nothers, n;
  Mat                block[BLOCKS];
  MatInfo            info;
  PetscScalar       *a;
  const PetscScalar *read;

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(MatGetInfo(block[b], MAT_LOCAL, &info));
    n = (PetscInt)info.nz_used;
    if (toP) {
      PetscCall(MatSeqAIJGetArray(block[b], &a));
      PetscCall(PetscArraycpy(a, entries, n));
      PetscCall(MatSeqAIJRestoreArray(block[b], &a));
    } else {
      PetscCall(MatSeqAIJGetArrayRead(block[b], &read));
      PetscCall(PetscArraycpy(entries, read, n));
      PetscCall(MatSeqAIJRestoreArrayRead(block[b], &read));
    }
    entries += n;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sets the positive entries outside the diagonal to 0. sum[i] gains the sum of the row, and
   lumped[i] what was taken out of it. */
static PetscErrorCode BlockLump(Mat A, PetscBool diagonal, PetscScalar sum[], PetscScalar lumped[])
{
  const PetscInt *ia, *ja;
  PetscScalar    *a;
  PetscInt        m;
  PetscBool       done;

  PetscFunctionBegin;
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
  PetscCall(MatSeqAIJGetArray(A, &a));
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt k = ia[i]; k < ia[i + 1]; k++) {
      sum[i] += a[k];
      if (a[k] <= 0.0 || (diagonal && ja[k] == i)) continue;
      lumped[i] += a[k];
      a[k] = 0.0;
    }
  }
  PetscCall(MatSeqAIJRestoreArray(A, &a));
  PetscCall(MatRestoreRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Positive entries outside the diagonal go to the diagonal, which adds w (e_i - e_j)(e_i - e_j)'
   for each, and a negative sum of a row is made 0. What is left is diagonally dominant with a
   diagonal >= 0, so semidefinite; it is P where P was an M-matrix of that kind, as that of a
   discrete Laplacian is. P symmetric; work is like the solution. */
PetscErrorCode TrustNCGMakeDominant(Mat P, Vec work)
{
  const PetscInt *others;
  PetscInt        m, nothers;
  PetscScalar    *sum, *add;
  Mat             block[BLOCKS];

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(PetscCalloc1(m, &sum));
  PetscCall(VecZeroEntries(work));
  PetscCall(VecGetArray(work, &add));
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(BlockLump(block[b], (PetscBool)(b == 0), sum, add));
  }
  for (PetscInt i = 0; i < m; i++) add[i] += PetscMax(0.0, -sum[i]);
  PetscCall(VecRestoreArray(work, &add));
  PetscCall(PetscFree(sum));
  PetscCall(MatDiagonalSet(P, work, ADD_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}
