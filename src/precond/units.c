/* SPDX-License-Identifier: BSD-2-Clause
   The units of the fields of a matrix whose rows come in blocks, a row of each field.

   Where fields are measured in units far apart, so are the entries of their rows: a product with
   unit vectors of several fields leaves nothing but rounding in the rows of some of them, and to add
   entries of different fields says nothing. In units in which the diagonals are of one size it does. */
#include "precond/units.h"

#define STEP 5 /* units are powers of 2^10: exact, and 1 where fields are measured alike */

PetscErrorCode TrustNCGUnitsFind(Mat P, Vec work, PetscReal unit[], PetscReal *spread)
{
  const PetscScalar *a;
  PetscReal         *most, largest = 0.0, low = PETSC_MAX_REAL, high = 0.0;
  PetscInt           fields, m;

  PetscFunctionBegin;
  PetscCall(MatGetBlockSize(P, &fields));
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(PetscCalloc1(fields, &most));
  PetscCall(MatGetDiagonal(P, work));
  PetscCall(VecGetArrayRead(work, &a));
  for (PetscInt i = 0; i < m; i++) {
    most[i % fields] = PetscMax(most[i % fields], PetscAbsScalar(a[i]));
  }
  PetscCall(VecRestoreArrayRead(work, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, (PetscMPIInt)fields, MPIU_REAL, MPIU_MAX,
                             PetscObjectComm((PetscObject)P)));
  for (PetscInt c = 0; c < fields; c++) largest = PetscMax(largest, most[c]);
  for (PetscInt c = 0; c < fields; c++) {
    const PetscReal here = most[c] * unit[c] * unit[c], digits = PetscLog2Real(largest / most[c]);

    if (!(most[c] > 0.0) || PetscIsInfOrNanReal(here) || PetscIsInfOrNanReal(digits)) continue;
    low     = PetscMin(low, here);
    high    = PetscMax(high, here);
    unit[c] = PetscPowReal(2.0, STEP * PetscFloorReal(0.5 * digits / STEP + 0.5));
  }
  *spread = high > 0.0 ? high / low : 1.0;
  PetscCall(PetscFree(most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGUnitsScale(Mat P, Vec work, const PetscReal unit[], PetscBool inverse)
{
  PetscScalar *a;
  PetscInt     fields, m;
  PetscBool    same = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(MatGetBlockSize(P, &fields));
  for (PetscInt c = 0; c < fields; c++) same = (PetscBool)(same && unit[c] == 1.0);
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(VecGetArrayWrite(work, &a));
  for (PetscInt i = 0; i < m; i++) a[i] = inverse ? 1.0 / unit[i % fields] : unit[i % fields];
  PetscCall(VecRestoreArrayWrite(work, &a));
  PetscCall(MatDiagonalScale(P, work, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}
