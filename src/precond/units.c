/* SPDX-License-Identifier: BSD-2-Clause
   The units of the fields of a matrix whose rows come in blocks, a row of each field.

   Where fields are measured in units far apart, so are the entries of their rows, and a product with
   unit vectors of several fields leaves nothing but rounding in the rows of some. In units in which
   the diagonals are of one size it does not. A build in other units shows rounding there, which
   bounds the unit for the next. */
#include "precond/units.h"

#define STEP 5 /* units are powers of 2^5: exact, and 1 where fields are measured alike */

/* A field whose diagonal is 0 or not finite keeps its unit. */
PetscErrorCode TrustNCGUnitsFind(Mat P, Vec work, PetscInt fields, PetscReal unit[])
{
  const PetscScalar *a;
  PetscReal         *most, largest = 0.0;
  PetscInt           m;

  PetscFunctionBegin;
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
    PetscReal twos;

    if (!(most[c] > 0.0)) continue;
    twos = 0.5 * PetscLog2Real(largest / most[c]);
    if (PetscIsInfOrNanReal(twos)) continue;
    unit[c] = PetscPowReal(2.0, STEP * PetscFloorReal(twos / STEP + 0.5));
  }
  PetscCall(PetscFree(most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGUnitsRemove(Mat P, Vec work, PetscInt fields, const PetscReal unit[])
{
  PetscScalar *a;
  PetscInt     m;
  PetscBool    same = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < fields; c++) same = (PetscBool)(same && unit[c] == 1.0);
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(VecGetArrayWrite(work, &a));
  for (PetscInt i = 0; i < m; i++) a[i] = 1.0 / unit[i % fields];
  PetscCall(VecRestoreArrayWrite(work, &a));
  PetscCall(MatDiagonalScale(P, work, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}
