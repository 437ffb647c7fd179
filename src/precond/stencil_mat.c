/* SPDX-License-Identifier: BSD-2-Clause
   The matrix of the couplings on a DMDA that the Hessian has. */
#include "precond/stencil_impl.h"
#include <petscdm.h>

/* Room for the couplings that were seen, and no more */
static PetscErrorCode Preallocate(TrustNCGStencil st, ISLocalToGlobalMapping map, Vec x, Mat P)
{
  PetscInt lo, hi, row, n, *own, *other, *column;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(PetscCalloc2(hi - lo, &own, hi - lo, &other));
  PetscCall(PetscMalloc1(st->offsets * st->dof, &column));
  for (PetscInt k = 0; k < hi - lo; k++) {
    PetscCall(TrustNCGStencilRow(st, map, k, PETSC_FALSE, &row, &n, column, NULL));
    for (PetscInt j = 0; j < n; j++) {
      if (column[j] >= lo && column[j] < hi) own[row - lo]++;
      else if (column[j] >= 0) other[row - lo]++;
    }
  }
  PetscCall(MatSeqAIJSetPreallocation(P, 0, own));
  PetscCall(MatMPIAIJSetPreallocation(P, 0, own, 0, other));
  PetscCall(PetscFree2(own, other));
  PetscCall(PetscFree(column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStencilCreateMat(TrustNCGStencil st, Vec x, Mat *P)
{
  const PetscInt         most = TrustNCGStencilLongestRow(st, PETSC_TRUE);
  DM                     dm;
  PetscInt               m, N, row, n, *column;
  PetscScalar           *zeros;
  ISLocalToGlobalMapping map;

  PetscFunctionBegin;
  PetscCall(VecGetDM(x, &dm));
  PetscCall(DMGetLocalToGlobalMapping(dm, &map));
  PetscCall(VecGetLocalSize(x, &m));
  PetscCall(VecGetSize(x, &N));
  PetscCall(MatCreate(PetscObjectComm((PetscObject)x), P));
  PetscCall(MatSetSizes(*P, m, m, N, N));
  PetscCall(MatSetBlockSize(*P, st->dof));
  PetscCall(MatSetType(*P, MATAIJ));
  PetscCall(MatSetOption(*P, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(Preallocate(st, map, x, *P));
  PetscCall(MatSetLocalToGlobalMapping(*P, map, map));
  PetscCall(PetscCalloc2(most, &column, most, &zeros));
  for (PetscInt k = 0; k < m; k++) {
    PetscCall(TrustNCGStencilRow(st, map, k, PETSC_FALSE, &row, &n, column, NULL));
    PetscCall(MatSetValues(*P, 1, &row, n, column, zeros, INSERT_VALUES));
  }
  PetscCall(PetscFree2(column, zeros));
  PetscCall(MatAssemblyBegin(*P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}
