/* SPDX-License-Identifier: BSD-2-Clause
   What a solve has cost, in numbers and in -tao_view. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "precond/pairs.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"

/* After `products` with H: the Hv so far, by kind; a Mat of the user's does not count them. */
PetscErrorCode TrustNCGCountProducts(Tao tao, PetscInt products)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (tn->kind == TRUSTNCG_HV_MATRIX) tn->ledger.nhv_matrix += products;
  else {
    PetscCall(TrustNCGHessVecGetCounts(tn->shell, &products, NULL));
    if (tn->kind == TRUSTNCG_HV_USER) tn->ledger.nhv_user = products;
    else tn->ledger.nhv_fd = products;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a solve of `cg` iterations: the Hv it took, none where a sparse Hessian stood in */
PetscErrorCode TrustNCGCountHessVec(Tao tao, PetscInt cg)
{
  TAO_TrustNCG *tn       = (TAO_TrustNCG *)tao->data;
  PetscInt      products = 0;
  PetscBool     standin, here;

  PetscFunctionBegin;
  tn->ledger.cg += cg;
  PetscCall(TrustNCGPrecondStandsIn(tao, &standin, &here));
  if (tn->ours && !standin) PetscCall(TrustCGGetProducts(tao->ksp, &products));
  else if (!standin) products = cg;
  PetscCall(TrustNCGCountProducts(tao, products));
  PetscFunctionReturn(PETSC_SUCCESS);
}

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
                   (PetscReal)l->nhv_user + (PetscReal)l->nhv_matrix + (PetscReal)l->nhv_fd +
                   l->coarse_equivalents;
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

  Work on coarser grids (see `TaoTrustNCGSetGridSequence()`) is in `coarse_evaluations`, and in
  `equivalents` by its share of the unknowns; steps, rejections and vectors are of this grid alone.

  Reductions are those of the solver itself; with a KSP other than `KSPTRUSTCG` those inside the
  KSP are not known and not included.

.seealso: `TAOTRUSTNCG`, `TaoView()`
@*/
PetscErrorCode TaoTrustNCGGetLedger(Tao tao, TaoTrustNCGLedger *ledger)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidPointer(ledger, 2);
  PetscCall(TrustNCGUpdateLedger(tao));
  *ledger = tn->ledger;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The products and evaluations that were not made for a step */
static PetscErrorCode ViewOverhead(const TaoTrustNCGLedger *l, PetscViewer viewer)
{
  const struct {
    PetscInt    n;
    const char *what;
  } of[] = {{l->nhv_precond, "products for the preconditioner"},
            {l->nhv_curvature, "products for the curvature at the end"},
            {l->ng_noise, "evaluations to measure noise"},
            {l->looks, "evaluations on the way of CG"}};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
    if (of[i].n > 0) {
      PetscCall(
        PetscViewerASCIIPrintf(viewer, "of these: %" PetscInt_FMT " %s\n", of[i].n, of[i].what));
    }
  }
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
  PetscCall(ViewOverhead(l, viewer));
  if (l->coarse_grids) {
    PetscCall(PetscViewerASCIIPrintf(viewer,
                                     "on coarser grids: %" PetscInt_FMT
                                     " evaluations and products, %.2f by shares of unknowns\n",
                                     l->coarse_evaluations, (double)l->coarse_equivalents));
  }
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "spent on rejected steps: %" PetscInt_FMT " evaluations, %" PetscInt_FMT " products\n",
    l->rejected, l->resolved_hv));
  PetscCall(PetscViewerASCIIPopTab(viewer));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "accepted steps: %" PetscInt_FMT ", of the learned model alone: "
                                   "%" PetscInt_FMT "; CG iterations: %" PetscInt_FMT "\n",
                                   l->steps, l->learned, l->cg));
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "global reductions: %" PetscInt_FMT
                                   "; vectors like the solution: %" PetscInt_FMT
                                   ", for preconditioning: %" PetscInt_FMT "\n",
                                   l->reductions, l->vectors, l->vectors_precond));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGViewPrecond(Tao tao, PetscViewer viewer)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      stored;
  const char   *kind[2];

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "preconditioner: %s (%s%s)\n",
                                   TaoTrustNCGPrecondTypes[tn->type],
                                   tn->precond == TAO_TRUSTNCG_PRECOND_AUTO ? "auto: " : "",
                                   tn->why ? tn->why : "not chosen yet"));
  if (tn->pairs) {
    PetscCall(TrustNCGPairsGetCounts(tn->pairs, &stored, kind, NULL, NULL));
    PetscCall(PetscViewerASCIIPrintf(viewer,
                                     "learned model: %" PetscInt_FMT
                                     " pairs over a learned diagonal: %s for steps, %s for CG\n",
                                     stored, kind[TRUSTNCG_FOR_STEPS], kind[TRUSTNCG_FOR_CG]));
  }
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE && tn->sparse)
    PetscCall(TrustNCGSparseView(tn->sparse, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the solve works with: known once it has begun */
static PetscErrorCode ViewSolve(Tao tao, PetscViewer viewer)
{
  static const char *const kinds[] = {"differences of the gradient", "the Mat of TaoSetHessian()",
                                      "the user's function"};
  TAO_TrustNCG            *tn      = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "Hessian-vector products by %s\n", kinds[tn->kind]));
  if (tn->kind == TRUSTNCG_HV_FD) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "relative step of the differences %g\n",
                                     (double)tn->noise.step));
  }
  if (tn->noise.known) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "noise measured: %g in the gradient, %g in f\n",
                                     (double)tn->noise.g, (double)tn->noise.f));
  }
  if (tn->outcome != TAO_TRUSTNCG_RUNNING) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "ended: %s, %s\n", TaoTrustNCGOutcomes[tn->outcome],
                                     tn->ending));
  }
  if (tn->sequence.words[0]) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "coarser grids solved before: %" PetscInt_FMT ", %s\n",
                                     tn->ledger.coarse_grids, tn->sequence.words));
  }
  PetscCall(TrustNCGViewPrecond(tao, viewer));
  PetscCall(TrustNCGUpdateLedger(tao));
  PetscCall(TrustNCGViewLedger(&tn->ledger, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoView_TrustNCG(Tao tao, PetscViewer viewer)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscReal radius = tn->shell ? tao->trust : tao->trust0;
  PetscBool       ascii;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)viewer, PETSCVIEWERASCII, &ascii));
  if (!ascii) PetscFunctionReturn(PETSC_SUCCESS);
  if (radius < PETSC_INFINITY) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "radius %g\n", (double)radius));
  } else PetscCall(PetscViewerASCIIPrintf(viewer, "radius infinite\n"));
  PetscCall(PetscViewerASCIIPrintf(viewer, "acceptance ratio %g\n", (double)tn->eta));
  if (tn->shell) PetscCall(ViewSolve(tao, viewer));
  else {
    PetscCall(
      PetscViewerASCIIPrintf(viewer, "preconditioner: %s\n", TaoTrustNCGPrecondTypes[tn->precond]));
    PetscCall(PetscViewerASCIIPrintf(viewer, "not solved yet\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
