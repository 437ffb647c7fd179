/* SPDX-License-Identifier: BSD-2-Clause
   What a solve has cost, in numbers and in -tao_view. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "precond/pairs.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"

/* Brings the sums of the ledger up to date. */
PetscErrorCode TrustNCGUpdateLedger(Tao tao)
{
  TAO_TrustNCG      *tn         = (TAO_TrustNCG *)tao->data;
  TaoTrustNCGLedger *l          = &tn->ledger;
  PetscInt           reductions = 0, vectors = 0, norms = 0;

  PetscFunctionBegin;
  if (tn->ours) PetscCall(TrustCGGetCounts(tao->ksp, &reductions, &vectors));
  if (tn->shell) PetscCall(TrustNCGHessVecGetCounts(tn->shell, NULL, &norms));
  l->reductions = tn->reductions + reductions - tn->reductions0 + norms;
  l->vectors    = vectors + 4 + !!tn->spare; /* x, g, d, w */
  PetscCall(TrustNCGPrecondGetCounts(tao, &vectors, &reductions));
  l->vectors += vectors;
  l->reductions += reductions;
  l->vectors_precond = vectors;
  PetscCall(TrustNCGSecondOrderGetCounts(tao, &vectors, &reductions));
  l->vectors += vectors;
  l->reductions += reductions;
  l->nhv_precond = tn->nhv_precond;
  l->equivalents = (PetscReal)l->nf + (PetscReal)l->ng + (PetscReal)l->nfg +
                   (PetscReal)l->nhv_user + (PetscReal)l->nhv_matrix + (PetscReal)l->nhv_fd;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGGetLedger - Gets what the last `TaoSolve()`, or the present one so far, has cost.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. ledger - the counts

  Level: intermediate

  Notes:
  A gradient-equivalent is an evaluation of f, of the gradient, or of both in one call, or a
  Hessian-vector product; a product by differences is the gradient that it takes.

  A product with a Mat of the user's counts one, whatever it costs, as does a gradient that TAO
  takes by differences of f; the gradient that `MATMFFD` computes at its base is not seen.

  Reductions are those of the solver itself; with a KSP other than `KSPTRUSTCG` those inside the
  KSP are not known and not included.

.seealso: `TAOTRUSTNCG`, `TaoView()`
@*/
PetscErrorCode TaoTrustNCGGetLedger(Tao tao, TaoTrustNCGLedger *ledger)
{
  PetscBool same;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscValidPointer(ledger, 2);
  PetscCall(PetscObjectTypeCompare((PetscObject)tao, TAOTRUSTNCG, &same));
  PetscCheck(same, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONG,
             "Only a Tao of type %s keeps a ledger", TAOTRUSTNCG);
  PetscCall(TrustNCGUpdateLedger(tao));
  *ledger = ((TAO_TrustNCG *)tao->data)->ledger;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGViewLedger(const TaoTrustNCGLedger *l, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "gradient-equivalents: %.0f\n", (double)l->equivalents));
  PetscCall(PetscViewerASCIIPushTab(viewer));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "evaluations: %" PetscInt_FMT " f with gradient, %" PetscInt_FMT
                                   " f alone, %" PetscInt_FMT " gradient alone\n",
                                   l->nfg, l->nf, l->ng));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "Hessian-vector products: %" PetscInt_FMT
                                   " user's function, %" PetscInt_FMT " user's Mat, %" PetscInt_FMT
                                   " differences of the gradient\n",
                                   l->nhv_user, l->nhv_matrix, l->nhv_fd));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "spent on rejected steps: %" PetscInt_FMT " evaluations, %" PetscInt_FMT " products\n",
    l->rejected, l->resolved_hv));
  PetscCall(PetscViewerASCIIPopTab(viewer));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "accepted steps: %" PetscInt_FMT ", CG iterations: %" PetscInt_FMT "\n", l->steps,
    l->cg));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "global reductions: %" PetscInt_FMT ", vectors like the solution: %" PetscInt_FMT "\n",
    l->reductions, l->vectors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGViewPrecond(Tao tao, PetscViewer viewer)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      stored;
  PetscReal     power[2];

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "preconditioner: %s (%s%s)\n",
                                   TaoTrustNCGPrecondTypes[tn->type],
                                   tn->precond == TAO_TRUSTNCG_PRECOND_AUTO ? "auto: " : "",
                                   tn->why ? tn->why : "not chosen yet"));
  if (tn->pairs) {
    PetscCall(TrustNCGPairsGetCounts(tn->pairs, &stored, power, NULL, NULL));
    PetscCall(PetscViewerASCIIPrintf(
      viewer,
      "learned model: %" PetscInt_FMT
      " pairs over the learned diagonal to the power %g, %g for CG\n",
      stored, (double)power[TRUSTNCG_FOR_STEPS], (double)power[TRUSTNCG_FOR_CG]));
  }
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE && tn->sparse)
    PetscCall(TrustNCGSparseView(tn->sparse, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoView_TrustNCG(Tao tao, PetscViewer viewer)
{
  static const char *const kinds[] = {"differences of the gradient", "the Mat of TaoSetHessian()",
                                      "the user's function"};
  TAO_TrustNCG            *tn      = (TAO_TrustNCG *)tao->data;
  PetscBool                ascii;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)viewer, PETSCVIEWERASCII, &ascii));
  if (!ascii) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscViewerASCIIPrintf(viewer, "Hessian-vector products by %s", kinds[tn->kind]));
  if (tn->kind == TRUSTNCG_HV_FD) {
    PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_FALSE));
    PetscCall(PetscViewerASCIIPrintf(viewer, ", relative step %g", (double)tn->noise.step));
    PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_TRUE));
  }
  PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_FALSE));
  PetscCall(PetscViewerASCIIPrintf(viewer, "\n"));
  PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_TRUE));
  if (tao->trust < PETSC_INFINITY) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "radius %g\n", (double)tao->trust));
  } else PetscCall(PetscViewerASCIIPrintf(viewer, "radius infinite\n"));
  PetscCall(PetscViewerASCIIPrintf(viewer, "acceptance ratio %g\n", (double)tn->eta));
  if (tn->outcome != TAO_TRUSTNCG_RUNNING) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "ended: %s, %s\n", TaoTrustNCGOutcomes[tn->outcome],
                                     tn->ending));
  }
  PetscCall(TrustNCGViewPrecond(tao, viewer));
  PetscCall(TrustNCGUpdateLedger(tao));
  PetscCall(TrustNCGViewLedger(&tn->ledger, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
