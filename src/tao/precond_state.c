/* SPDX-License-Identifier: BSD-2-Clause
   What the preconditioner holds: its counts, and what a checkpoint saves of it. */
#include "tao/saved.h"
#include "precond/gather.h"
#include "precond/pairs.h"
#include "precond/sparse.h"

PetscErrorCode TrustNCGPrecondGetCounts(Tao tao, PetscInt *vectors, PetscInt *reductions)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      gathered, sparse[2];

  PetscFunctionBegin;
  *vectors = *reductions = 0;
  if (tn->pairs) {
    PetscCall(TrustNCGPairsGetCounts(tn->pairs, NULL, NULL, vectors, reductions));
    PetscCall(TrustNCGGatherGetVectors(tn->gather, &gathered));
    *vectors += gathered;
  }
  if (tn->sparse) {
    PetscCall(TrustNCGSparseGetCounts(tn->sparse, NULL, &sparse[0], &sparse[1]));
    *vectors += sparse[0];
    *reductions += sparse[1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* CG does not work with H itself: does it with a sparse Hessian, and is that of this point? */
PetscErrorCode TrustNCGPrecondStandsIn(Tao tao, PetscBool *standsin, PetscBool *here)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  *standsin = *here = PETSC_FALSE;
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGSparseStandsIn(tn->sparse, standsin, here));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The kind in use. One that auto has come to is brought about; another one than here is bad. */
static PetscErrorCode RecordKind(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscInt      set = tn->precond, type = tn->type;
  PetscBool     possible = tn->waiting;

  PetscFunctionBegin;
  RecordInt(record, &set, tn->precond, tn->precond, "another -tao_trustncg_precond");
  RecordInt(record, &type, TAO_TRUSTNCG_PRECOND_NONE, TAO_TRUSTNCG_PRECOND_USER,
            "the kind of preconditioner");
  RecordBool(record, &tn->waiting, "whether a sparse Hessian may come");
  RecordBool(record, &tn->unfit, "whether one was tried");
  if (record->bad || !record->load) PetscFunctionReturn(PETSC_SUCCESS);
  if (type != (PetscInt)tn->type && type == TAO_TRUSTNCG_PRECOND_SPARSE && possible) {
    PetscCall(TrustNCGPrecondCreateSparse(tao));
    if (tn->sparse) PetscCall(TrustNCGPrecondUseSparse(tao));
    tn->why = "a pattern of the Hessian is known";
  } else if (possible && !tn->waiting) tn->why = "as before the restart";
  if (type != (PetscInt)tn->type) record->bad = "another kind of preconditioner";
  if (tn->waiting && !possible) record->bad = "a pattern of the Hessian that is not known here";
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondRecord(Tao tao, CheckpointRecord *record, TrustNCGSaved saved)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(RecordKind(tao, record));
  RecordCount(record, &tn->nhv_precond, "products of the preconditioner");
  saved->pairs = saved->entries = 0;
  saved->learned                = PETSC_FALSE;
  if (record->bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->pairs) {
    PetscCall(TrustNCGPairsRecord(tn->pairs, record, &saved->pairs, &saved->learned));
  } else if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGSparseRecord(tn->sparse, record, &saved->entries));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
