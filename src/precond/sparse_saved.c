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

/* P has that box, which the ranks here may be too small for. */
static PetscErrorCode RecordBox(TrustNCGSparse sparse, CheckpointRecord *record)
{
  PetscInt  most = 0, box = sparse->box;
  PetscBool wider = PETSC_TRUE;

  PetscFunctionBegin;
  if (sparse->stencil) PetscCall(TrustNCGExtentMost(sparse->work, &most));
  RecordInt(record, &box, 0, most, "neighbours of a node");
  if (!record->load || record->bad || !box) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseWiden(sparse, box, &wider));
  if (!wider) {
    record->bad = "a pattern of the Hessian that ranks with so few nodes cannot have, or for which "
                  "-tao_trustncg_vectors leaves no room";
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P is then of that shape, with as few colours as it had. */
static PetscErrorCode RecordShape(TrustNCGSparse sparse, CheckpointRecord *record)
{
  const PetscReal misfit = sparse->misfit;
  PetscBool       lean = sparse->lean, direct = sparse->direct, changed;
  PetscInt        colors;

  PetscFunctionBegin;
  PetscCall(RecordBox(sparse, record));
  sparse->misfit = misfit; /* of P as it was there */
  RecordBool(record, &sparse->measured, "a look beyond the stencil");
  RecordReal(record, &sparse->extent.outside, 0.0, "couplings beyond the stencil");
  PetscCall(TrustNCGProbesGetSize(sparse->probes, &colors));
  RecordBool(record, &sparse->looked, "a look for couplings");
  RecordBool(record, &sparse->all, "couplings that are all there");
  RecordBool(record, &lean, "couplings that are left out");
  RecordBool(record, &direct, "colours without substitution");
  RecordCount(record, &colors, "colours");
  TrustNCGStencilRecord(sparse->stencil, record);
  if (!record->load || record->bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (direct) PetscCall(TrustNCGSparseColorDirectly(sparse, &changed));
  sparse->direct = direct;
  if (lean) {
    PetscCall(TrustNCGSparseReshape(sparse, PETSC_TRUE, colors));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseRecord(TrustNCGSparse sparse, CheckpointRecord *record,
                                    PetscInt *builds, PetscInt *entries, PetscInt *corrections)
{
  PetscBool chord = (PetscBool)(sparse->role == SPARSE_CHORD);

  PetscFunctionBegin;
  RecordCount(record, &sparse->builds, "builds");
  RecordCount(record, &sparse->reductions, "reductions of the sparse Hessian");
  RecordBool(record, &sparse->finite, "a finite sparse Hessian");
  RecordBool(record, &sparse->fresh, "a fresh sparse Hessian");
  RecordBool(record, &chord, "a step with an old sparse Hessian");
  RecordBool(record, &sparse->dominant, "a dominant sparse Hessian");
  RecordReal(record, &sparse->misfit, 0.0, "misfit");
  RecordReal(record, &sparse->last, 0.0, "last iterations");
  RecordReal(record, &sparse->spent, 0.0, "spent products");
  RecordReal(record, &sparse->drift, 0.0, "drift");
  for (PetscInt c = 0; c < sparse->fields; c++) {
    RecordReal(record, &sparse->unit[c], 1.0, "the unit of a field");
  }
  if (record->load) sparse->role = chord ? SPARSE_CHORD : SPARSE_PRECONDITIONS;
  if (sparse->stencil) PetscCall(RecordShape(sparse, record));
  PetscCall(TrustNCGSecantRecord(sparse->secant, record, corrections));
  *builds  = sparse->builds;
  *entries = 0;
  if (sparse->builds) PetscCall(CountEntries(sparse->P, entries));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetVecs(TrustNCGSparse sparse, PetscInt corrections, PetscInt *n,
                                     Vec list[])
{
  PetscFunctionBegin;
  if (sparse->secant) {
    PetscCall(TrustNCGSecantGetVecs(sparse->secant, corrections, n, list));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseGetEntries(TrustNCGSparse sparse, PetscInt builds, PetscInt n,
                                        PetscScalar entries[], PetscBool *theirs)
{
  PetscInt now = 0;

  PetscFunctionBegin;
  PetscCall(CountEntries(sparse->P, &now));
  *theirs = (PetscBool)(now == n && sparse->builds == builds); /* else there was a build since */
  if (*theirs) PetscCall(TrustNCGCopyEntries(sparse->P, PETSC_FALSE, entries));
  else PetscCall(PetscArrayzero(entries, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseSetEntries(TrustNCGSparse sparse, PetscScalar entries[])
{
  PetscFunctionBegin;
  PetscCall(TrustNCGCopyEntries(sparse->P, PETSC_TRUE, entries));
  PetscCall(MatAssemblyBegin(sparse->P, MAT_FINAL_ASSEMBLY)); /* its object state grows */
  PetscCall(MatAssemblyEnd(sparse->P, MAT_FINAL_ASSEMBLY));
  if (sparse->dominant) PetscCall(TrustNCGSparseMakeDominant(sparse));
  PetscCall(TrustNCGSparseSetMatrix(sparse, sparse->dominant ? sparse->D : sparse->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseForget(TrustNCGSparse sparse)
{
  PetscFunctionBegin;
  sparse->fresh = PETSC_FALSE;
  if (sparse->secant) PetscCall(TrustNCGSecantStart(sparse->secant, sparse->P));
  sparse->drift = sparse->spent = PETSC_INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}
