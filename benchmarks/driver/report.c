/* SPDX-License-Identifier: BSD-2-Clause
   What the driver prints and writes. */
#include "driver.h"
#include "trustncg.h"
#include <math.h>
#include <sys/resource.h>

#define SHOW_EVERY 0.5 /* seconds between lines of progress */

PetscErrorCode DriverOpenHistory(Driver *d)
{
  PetscFunctionBegin;
  if (!d->set.history[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFOpen(d->prob->comm, d->set.history, "w", &d->historyfile));
  PetscCall(PetscFPrintf(d->prob->comm, d->historyfile,
                         "iteration,f,gnorm,gradient_equivalents,seconds,reductions\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A solve that goes on from a checkpoint begins with the ledger of those before. */
static PetscErrorCode NoteLedger(Driver *d, Tao tao)
{
  TaoTrustNCGLedger ledger;
  PetscBool         ours;

  PetscFunctionBegin;
  if (d->began) PetscFunctionReturn(PETSC_SUCCESS);
  d->began = PETSC_TRUE;
  PetscCall(PetscObjectTypeCompare((PetscObject)tao, TAOTRUSTNCG, &ours));
  if (!ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoTrustNCGGetLedger(tao, &ledger));
  d->fd0       = ledger.nhv_fd;
  d->rejected0 = ledger.rejected;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode DriverMonitor(Tao tao, void *ctx)
{
  Driver        *d = (Driver *)ctx;
  PetscReal      f, gnorm;
  PetscInt       its;
  PetscLogDouble now;

  PetscFunctionBegin;
  PetscCall(NoteLedger(d, tao));
  PetscCall(TaoGetSolutionStatus(tao, &its, &f, &gnorm, NULL, NULL, NULL));
  PetscCall(PetscTime(&now));
  if (d->historyfile) {
    PetscCall(PetscFPrintf(
      d->prob->comm, d->historyfile, "%" PetscInt_FMT ",%.17g,%.17g,%.0f,%.4f,%ld\n", its,
      (double)f, (double)gnorm, (double)DriverEquivalents(d), now - d->start, DriverReductions(d)));
  }
  if (!d->set.progress || now - d->shown < SHOW_EVERY) PetscFunctionReturn(PETSC_SUCCESS);
  d->shown = now;
  PetscCall(PetscPrintf(d->prob->comm,
                        "  %-10s %6.1f s  iteration %4" PetscInt_FMT
                        "  f = %.10e  ||g||/||g0|| = %.2e  gradient-equivalents %.0f\n",
                        d->prob->name, now - d->start, its, (double)f, (double)(gnorm / d->gnorm0),
                        (double)DriverEquivalents(d)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How it ended, where the solver tells more than TAO's reason: else NULL. */
static PetscErrorCode FinerEnd(Driver *d, const char **name, const char **why)
{
  TaoTrustNCGOutcome outcome;
  PetscBool          ours;

  PetscFunctionBegin;
  *name = NULL;
  PetscCall(PetscObjectTypeCompare((PetscObject)d->tao, TAOTRUSTNCG, &ours));
  if (!ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoTrustNCGGetOutcome(d->tao, &outcome, why));
  *name = TaoTrustNCGOutcomes[outcome];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode DriverPrint(Driver *d, const Outcome *out)
{
  MPI_Comm    comm = d->prob->comm;
  TaoType     type;
  const char *end, *why;

  PetscFunctionBegin;
  PetscCall(TaoGetType(d->tao, &type));
  PetscCall(FinerEnd(d, &end, &why));
  PetscCall(PetscPrintf(comm, "%s, n = %" PetscInt_FMT ", %s, Hv %s: %s\n", d->prob->name,
                        d->prob->N, type, d->set.user ? "user" : "fd",
                        TaoConvergedReasons[out->reason]));
  PetscCall(PetscPrintf(comm, "  f = %.12g   ||g|| = %.3e   ||g||/||g(x0)|| = %.3e\n",
                        (double)out->f, (double)out->gnorm, (double)(out->gnorm / d->gnorm0)));
  PetscCall(PetscPrintf(comm,
                        "  iterations %" PetscInt_FMT "   CG iterations %" PetscInt_FMT
                        "   gradient-equivalents %.0f   reductions %ld   %.2f s   %.0f MB\n",
                        out->iterations, out->cg, (double)DriverEquivalents(d), out->reductions,
                        (double)out->seconds, (double)out->rss_mb));
  if (d->prob->report) {
    PetscCall((*d->prob->report)(d->prob, d->x, PETSC_VIEWER_STDOUT_(comm)));
  }
  if (end && out->reason < 0) PetscCall(PetscPrintf(comm, "  %s: %s\n", end, why));
  if (!out->verified) PetscCall(PetscPrintf(comm, "  NOT VERIFIED: %s\n", out->why_not));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* JSON has no NaN and no infinity. */
static PetscErrorCode WriteReal(MPI_Comm comm, FILE *file, const char key[], PetscReal value)
{
  PetscFunctionBegin;
  if (PetscIsInfOrNanReal(value)) {
    PetscCall(PetscFPrintf(comm, file, "  \"%s\": null,\n", key));
  } else PetscCall(PetscFPrintf(comm, file, "  \"%s\": %.17g,\n", key, (double)value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteInt(MPI_Comm comm, FILE *file, const char key[], PetscInt value)
{
  PetscFunctionBegin;
  PetscCall(PetscFPrintf(comm, file, "  \"%s\": %" PetscInt_FMT ",\n", key, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* trustncg tells products by differences from gradients; of TAO's own only the sum is known. */
static PetscErrorCode WriteCounts(Driver *d, FILE *file)
{
  MPI_Comm          comm = d->prob->comm;
  Counts            c    = d->count;
  TaoTrustNCGLedger l    = {0};
  PetscBool         ours;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)d->tao, TAOTRUSTNCG, &ours));
  if (ours) PetscCall(TaoTrustNCGGetLedger(d->tao, &l));
  l.nhv_fd -= d->fd0;
  PetscCall(WriteInt(comm, file, "nf", c.nf));
  PetscCall(WriteInt(comm, file, "ng", c.ng - l.nhv_fd));
  PetscCall(WriteInt(comm, file, "nfg", c.nfg));
  PetscCall(WriteInt(comm, file, "nhv", c.nhv + l.nhv_fd));
  PetscCall(WriteReal(comm, file, "gradient_equivalents", DriverEquivalents(d)));
  if (!ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(WriteInt(comm, file, "rejected", l.rejected - d->rejected0));
  PetscCall(WriteInt(comm, file, "vectors", l.vectors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode DriverWriteJSON(Driver *d, const Outcome *out)
{
  MPI_Comm    comm = d->prob->comm;
  FILE       *file;
  TaoType     type;
  PetscMPIInt ranks;
  const char *end, *why;

  PetscFunctionBegin;
  if (!d->set.json[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(TaoGetType(d->tao, &type));
  PetscCall(PetscFOpen(comm, d->set.json, "w", &file));
  PetscCall(PetscFPrintf(comm, file, "{\n  \"problem\": \"%s\",\n", d->prob->name));
  PetscCall(WriteInt(comm, file, "n", d->prob->N));
  PetscCall(WriteInt(comm, file, "ranks", ranks));
  PetscCall(PetscFPrintf(comm, file, "  \"tao_type\": \"%s\",\n  \"hessvec\": \"%s\",\n", type,
                         d->set.user ? "user" : "fd"));
  PetscCall(PetscFPrintf(comm, file, "  \"reason\": \"%s\",\n", TaoConvergedReasons[out->reason]));
  PetscCall(FinerEnd(d, &end, &why));
  if (end) {
    PetscCall(PetscFPrintf(comm, file, "  \"outcome\": \"%s\",\n  \"why\": \"%s\",\n", end, why));
  }
  PetscCall(WriteReal(comm, file, "f", out->f));
  PetscCall(WriteReal(comm, file, "f0", d->f0));
  PetscCall(WriteReal(comm, file, "fstar", d->prob->fstar < PETSC_INFINITY ? d->prob->fstar : NAN));
  PetscCall(WriteReal(comm, file, "gnorm", out->gnorm));
  PetscCall(WriteReal(comm, file, "gnorm0", d->gnorm0));
  PetscCall(WriteReal(comm, file, "rtol", d->set.rtol));
  PetscCall(WriteInt(comm, file, "iterations", out->iterations));
  PetscCall(WriteInt(comm, file, "cg_iterations", out->cg));
  PetscCall(WriteCounts(d, file));
  PetscCall(WriteReal(comm, file, "coarse_equivalents", d->count.coarse));
  PetscCall(WriteReal(comm, file, "reductions", (PetscReal)out->reductions));
  PetscCall(WriteReal(comm, file, "seconds", out->seconds));
  PetscCall(WriteReal(comm, file, "cpu_seconds", out->cpu_seconds));
  PetscCall(WriteReal(comm, file, "peak_rss_mb", out->rss_mb));
  PetscCall(PetscFPrintf(comm, file, "  \"verified\": %s\n}\n", out->verified ? "true" : "false"));
  PetscCall(PetscFClose(comm, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode DriverWriteSolution(Driver *d)
{
  PetscViewer viewer;

  PetscFunctionBegin;
  if (!d->set.solution[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscViewerCreate(d->prob->comm, &viewer));
  PetscCall(PetscViewerSetType(viewer, PETSCVIEWERBINARY));
  PetscCall(PetscViewerFileSetMode(viewer, FILE_MODE_WRITE));
  PetscCall(PetscViewerBinarySetSkipInfo(viewer, PETSC_TRUE)); /* no .info file beside it */
  PetscCall(PetscViewerFileSetName(viewer, d->set.solution));
  PetscCall(VecView(d->x, viewer)); /* of a DMDA: in natural ordering */
  PetscCall(PetscViewerDestroy(&viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
