/* SPDX-License-Identifier: BSD-2-Clause
   The sparse preconditioner in the trust-region loop. */
#include "tao/trustncg_impl.h"
#include "precond/sparse.h"

PetscErrorCode TrustNCGSetUpSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  tn->nhv_probes = 0;
  if (!tn->wantsparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseCreate(tao->solution, NULL, &tn->sparse));
  PetscCheck(tn->sparse, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONGSTATE,
             "A sparse preconditioner needs a pattern of the Hessian: make the solution vector "
             "with DMCreateGlobalVector(), or use another -%stao_trustncg_precond",
             TrustNCGPrefix(tao));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(TrustNCGSparseSetPC(tn->sparse, pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P, built where it is due, for the solve with H at the iterate. */
PetscErrorCode TrustNCGUpdateSparse(Tao tao, Mat H, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;

  PetscFunctionBegin;
  if (!tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseUpdate(tn->sparse, H, tao->gradient, &products));
  PetscCall(TrustNCGSparseGetMat(tn->sparse, P));
  tn->nhv_probes += products;
  if (tn->kind == TRUSTNCG_HV_MATRIX) tn->ledger.nhv_matrix += products; /* others count */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step was accepted, before it is taken. */
PetscErrorCode TrustNCGNoteSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     rnorm;

  PetscFunctionBegin;
  if (!tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetResidualNorm(tao->ksp, &rnorm));
  PetscCall(TrustNCGSparseNote(tn->sparse, tao->gradient, tn->gplus, tao->stepdirection,
                               tao->ksp_its, tn->boundary ? 0.0 : rnorm / tn->gnorm,
                               tao->ksp_its + tn->tries));
  tn->reductions += 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}
