/* SPDX-License-Identifier: BSD-2-Clause
   What a checkpoint saves of the sparse approximate Hessian, and how it is brought back. */
#include "precond/sparse_impl.h"
#include "precond/blocks.h"

/* The entries on this rank */
static PetscErrorCode CountEntries(Mat P, PetscInt *n)
{
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(P, MAT_LOCAL, &info));
  *n = (PetscInt)info.nz_used;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those of P to values, or the other way round */
static PetscErrorCode CopyEntries(Mat P, PetscBool toP, PetscScalar values[])
{
  const PetscInt *others;
  PetscInt        nothers, n = 0;
  Mat             block[BLOCKS];
  PetscScalar    *a;

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(CountEntries(block[b], &n));
    PetscCall(MatSeqAIJGetArray(block[b], &a));
    if (toP) PetscCall(PetscArraycpy(a, values, n));
    else PetscCall(PetscArraycpy(values, a, n));
    PetscCall(MatSeqAIJRestoreArray(block[b], &a));
    values += n;
  }
  if (!toP) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY)); /* its object state grows */
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseKeep(TrustNCGSparse sparse)
{
  MatInfo  info;
  PetscInt n;

  PetscFunctionBegin;
  if (sparse->keep) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatGetSize(sparse->P, &n, NULL));
  PetscCall(MatGetInfo(sparse->P, MAT_GLOBAL_SUM, &info));
  sparse->vectors += (PetscInt)PetscCeilReal(info.nz_used / PetscMax(1, n));
  sparse->keep = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P as it was first built is what the PC is first made of. */
PetscErrorCode TrustNCGSparseKeepFirst(TrustNCGSparse sparse)
{
  PetscInt n = 0;

  PetscFunctionBegin;
  if (!sparse->keep) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(CountEntries(sparse->P, &n));
  if (!sparse->first) PetscCall(PetscMalloc1(n, &sparse->first));
  PetscCall(CopyEntries(sparse->P, PETSC_FALSE, sparse->first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseRecord(TrustNCGSparse sparse, CheckpointRecord *record,
                                    PetscInt *entries)
{
  PetscFunctionBegin;
  RecordCount(record, &sparse->builds, "builds");
  RecordCount(record, &sparse->reductions, "reductions of the sparse Hessian");
  RecordBool(record, &sparse->finite, "a finite sparse Hessian");
  RecordBool(record, &sparse->fresh, "a fresh sparse Hessian");
  RecordBool(record, &sparse->dominant, "a dominant sparse Hessian");
  RecordReal(record, &sparse->best, 0.0, "rate of CG");
  RecordReal(record, &sparse->lost, 0.0, "lost products");
  RecordReal(record, &sparse->drift, 0.0, "drift");
  *entries = 0;
  if (sparse->builds) PetscCall(CountEntries(sparse->P, entries));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetEntries(TrustNCGSparse sparse, PetscScalar last[],
                                        PetscScalar first[])
{
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(CountEntries(sparse->P, &n));
  PetscCall(CopyEntries(sparse->P, PETSC_FALSE, last));
  PetscCall(PetscArraycpy(first, sparse->first, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseSetEntries(TrustNCGSparse sparse, PetscScalar last[],
                                        PetscScalar first[])
{
  PetscFunctionBegin;
  PetscCall(CopyEntries(sparse->P, PETSC_TRUE, first));
  PetscCall(TrustNCGSparseKeepFirst(sparse));
  PetscCall(PCSetOperators(sparse->pc, sparse->P, sparse->P));
  PetscCall(PCSetUp(sparse->pc));
  PetscCall(CopyEntries(sparse->P, PETSC_TRUE, last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseForget(TrustNCGSparse sparse)
{
  PetscFunctionBegin;
  sparse->builds = 0;
  sparse->fresh  = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
