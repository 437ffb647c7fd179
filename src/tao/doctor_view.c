/* SPDX-License-Identifier: BSD-2-Clause
   The report of the derivative check. */
#include "tao/doctor.h"

static PetscErrorCode Slope(PetscReal above, PetscReal here, PetscBool both, char words[16])
{
  PetscFunctionBegin;
  if (both && above > 0.0 && here > 0.0) {
    PetscCall(PetscSNPrintf(words, 16, "%.1f", (double)PetscLog10Real(above / here)));
  } else PetscCall(PetscStrncpy(words, "-", 16));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ladder. Remainders fall as h^2 where the derivative is right, as h where it is not, and rise
   or stall where noise rules. */
static PetscErrorCode ViewLadder(const TrustNCGCheck *c, PetscViewer viewer)
{
  char slope[16];

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "       h  |f(x+hv)-f-h g'v|  slope%s\n",
                                   c->apply ? "  ||g(x+hv)-g-h Hv||  slope" : ""));
  for (PetscInt k = 0; k < TRUSTNCG_RUNGS; k++) {
    const TrustNCGRung *r    = &c->rung[k];
    const PetscBool     both = (PetscBool)(k > 0 && r[-1].finite);

    if (!r->finite) {
      PetscCall(PetscViewerASCIIPrintf(viewer, "%8.1e  not finite\n", (double)r->h));
      continue;
    }
    PetscCall(Slope(both ? r[-1].remf : 0.0, r->remf, both, slope));
    PetscCall(
      PetscViewerASCIIPrintf(viewer, "%8.1e  %18.3e  %5s", (double)r->h, (double)r->remf, slope));
    PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_FALSE));
    if (c->apply) {
      PetscCall(Slope(both ? r[-1].remg : 0.0, r->remg, both, slope));
      PetscCall(PetscViewerASCIIPrintf(viewer, "  %19.3e  %5s", (double)r->remg, slope));
    }
    PetscCall(PetscViewerASCIIPrintf(viewer, "\n"));
    PetscCall(PetscViewerASCIIUseTabs(viewer, PETSC_TRUE));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewGap(const char what[], const char claim[], PetscReal size,
                              const DoctorGap *gap, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "%s: %s = %.6g, off differences by %.1e; an error shows from %.1e (h = %.0e)\n", what,
    claim, (double)size, (double)PetscAbsReal(gap->gap),
    (double)TrustNCGVisible(gap->doubt, gap->scale), (double)gap->h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What an error in one unknown alone must be to show along v, where v'g is the sum of many. */
static PetscErrorCode ViewSight(const Doctor *d, PetscViewer viewer)
{
  const TrustNCGCheck *c = &d->c;
  PetscReal            typical, least;
  PetscInt             N;

  PetscFunctionBegin;
  PetscCall(VecGetSize(c->x, &N));
  typical = c->gnorm / PetscSqrtReal((PetscReal)N) * c->vnorm / c->share;
  least   = TrustNCGVisible(d->fg.doubt, d->fg.scale);
  if (typical > 0.0 && d->fg.h > 0.0) {
    PetscCall(PetscViewerASCIIPrintf(viewer,
                                     "not seen: an error in one unknown's gradient alone of less "
                                     "than %.1e of the root mean square of the gradient\n",
                                     (double)(least / typical)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDoctorView(const Doctor *d, PetscViewer viewer)
{
  const TrustNCGCheck *c = &d->c;
  PetscInt             N;
  PetscMPIInt          size;

  PetscFunctionBegin;
  PetscCall(VecGetSize(c->x, &N));
  PetscCallMPI(MPI_Comm_size(d->comm, &size));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "Derivative check at the start: %" PetscInt_FMT " unknowns, ranks: %d, v %s%s\n", N,
    size, c->direction ? "as given" : "random", c->where ? ", zero outside the index set" : ""));
  PetscCall(PetscViewerASCIIPushTab(viewer));
  PetscCall(ViewLadder(c, viewer));
  PetscCall(ViewGap("f and gradient", "g'v", c->slope, &d->fg, viewer));
  if (c->apply) {
    PetscCall(ViewGap("gradient and Hv", "||Hv||", c->Hvnorm, &d->gH, viewer));
    PetscCall(ViewGap("f and Hv", "v'Hv", c->vHv, &d->fH, viewer));
    PetscCall(PetscViewerASCIIPrintf(
      viewer, "Hv: asymmetry %.1e, nonlinearity %.1e, change after a visit elsewhere %.1e\n",
      (double)c->asymmetry, (double)c->nonlinear, (double)c->stale));
  } else PetscCall(PetscViewerASCIIPrintf(viewer, "Hv is made of differences: not checked\n"));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "noise: f %.1e of %.6g, gradient %.1e in all of %.6g\n", (double)c->noisef,
    (double)c->f, (double)(c->noiseg * PetscSqrtReal((PetscReal)N)), (double)c->gnorm));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "cost, not in the ledger: %" PetscInt_FMT " evaluations, %" PetscInt_FMT " products\n",
    c->values, c->products));
  PetscCall(ViewSight(d, viewer));
  PetscCall(PetscViewerASCIIPopTab(viewer));
  PetscCall(PetscViewerASCIIPrintf(viewer, "Verdict: %s%s%s\n",
                                   d->faults     ? "wrong"
                                   : *d->remarks ? "looks right, but"
                                                 : "looks right",
                                   d->words, d->remarks));
  PetscFunctionReturn(PETSC_SUCCESS);
}
