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
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE && (!tn->hidden.pattern || tn->hidden.use)) {
    PetscCall(TrustNCGSparseStandsIn(tn->sparse, standsin, here));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After products with the guarded Mat of H that are not CG's */
PetscErrorCode TrustNCGPrecondCount(Tao tao, PetscInt products)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->nhv_precond += products;
  PetscCall(TrustNCGCountProducts(tao, products));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No sparse Hessian any more; the ledger keeps its reductions. */
PetscErrorCode TrustNCGPrecondDropSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      reductions;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseGetCounts(tn->sparse, NULL, NULL, &reductions));
  tn->reductions += reductions;
  PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The diagonals of a pattern that was found, ascending and symmetric about 0 */
static void RecordOffsets(TrustNCGOffsets *offsets, PetscInt N, CheckpointRecord *record)
{
  PetscInt *const o = offsets->offset;

  RecordInt(record, &offsets->n, 0, HIDDEN_MOST, "diagonals");
  for (PetscInt k = 0; !record->bad && k < offsets->n; k++) {
    RecordInt(record, &o[k], k ? o[k - 1] + 1 : 1 - N, N - 1, "a diagonal");
  }
  for (PetscInt k = 0; !record->bad && k < offsets->n; k++) {
    if (o[k] != -o[offsets->n - 1 - k]) record->bad = "diagonals that are not symmetric";
  }
}

static PetscErrorCode RecordHidden(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG          *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h     = &tn->hidden;
  const PetscBool        seeks = (PetscBool)(h->next < PETSC_INFINITY);

  PetscFunctionBegin;
  RecordReal(record, &h->next, 0.0, "the work before a search");
  RecordCount(record, &h->products, "the products of a search");
  RecordBool(record, &h->wanted, "a sparse Hessian that is wanted");
  RecordBool(record, &h->poor, "a poor solve with it");
  RecordBool(record, &h->use, "a radius in its norm");
  RecordOffsets(&h->offsets, (PetscInt)tn->n, record);
  if (!record->load || record->bad || !h->offsets.n) PetscFunctionReturn(PETSC_SUCCESS);
  if (!seeks) record->bad = "a pattern of the Hessian that is not sought here";
  else PetscCall(TrustNCGHiddenCreatePattern(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The kind in use. One that auto has come to is brought about; another one than here is bad. */
static PetscErrorCode RecordKind(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscInt      set = tn->precond, type = tn->type;
  PetscBool     possible = tn->waiting;

  PetscFunctionBegin;
  PetscCall(RecordHidden(tao, record));
  if (record->bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->hidden.pattern) possible = PETSC_TRUE;
  RecordInt(record, &set, tn->precond, tn->precond, "another -tao_trustncg_precond");
  RecordInt(record, &type, TAO_TRUSTNCG_PRECOND_NONE, TAO_TRUSTNCG_PRECOND_USER,
            "the kind of preconditioner");
  RecordBool(record, &tn->waiting, "whether a sparse Hessian may come");
  RecordBool(record, &tn->unfit, "whether one was tried");
  if (record->bad || !record->load) PetscFunctionReturn(PETSC_SUCCESS);
  if (type != (PetscInt)tn->type && type == TAO_TRUSTNCG_PRECOND_SPARSE && possible) {
    PetscCall(TrustNCGPrecondCreateSparse(tao));
    if (tn->sparse && tn->hidden.pattern) PetscCall(TrustNCGHiddenTake(tao));
    else if (tn->sparse) {
      PetscCall(TrustNCGPrecondUseSparse(tao));
      tn->why = "a pattern of the Hessian is known";
    }
  } else if (possible && !tn->waiting) tn->why = "as before the restart";
  if (type != (PetscInt)tn->type) record->bad = "another kind of preconditioner";
  if (tn->waiting && !possible) record->bad = "a pattern of the Hessian that is not known here";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A wider pattern than that of the DMDA, for which the solve has not cost enough yet */
static PetscErrorCode RecordAwaited(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscInt      box = 0, none[3];
  PetscBool     awaited;

  PetscFunctionBegin;
  if (tn->waiting && tn->sparse) PetscCall(TrustNCGSparseGetBox(tn->sparse, &box));
  awaited = (PetscBool)(box > 0);
  RecordBool(record, &awaited, "a wider pattern of the Hessian");
  if (!awaited || record->bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->waiting && !tn->sparse) PetscCall(TrustNCGPrecondCreateSparse(tao));
  if (tn->waiting && tn->sparse) { /* it has no entries */
    PetscCall(TrustNCGSparseRecord(tn->sparse, record, &none[0], &none[1], &none[2]));
  } else record->bad = "a pattern of the Hessian that is not known here";
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondRecord(Tao tao, CheckpointRecord *record, TrustNCGSaved saved)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(RecordKind(tao, record));
  PetscCall(RecordAwaited(tao, record));
  RecordCount(record, &tn->nhv_precond, "products of the preconditioner");
  saved->pairs = saved->builds = saved->entries = saved->corrections = 0;
  saved->learned                                                     = PETSC_FALSE;
  if (record->bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->pairs) {
    PetscCall(TrustNCGPairsRecord(tn->pairs, record, &saved->pairs, &saved->learned));
  }
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGSparseRecord(tn->sparse, record, &saved->builds, &saved->entries,
                                   &saved->corrections));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
