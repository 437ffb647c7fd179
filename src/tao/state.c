/* SPDX-License-Identifier: BSD-2-Clause
   What a solve carries from one iterate to the next, named field after field, to be saved and to
   be brought back by the same code. A field that is missing here makes a resumed solve differ. */
#include "tao/saved.h"
#include "hessvec/hessvec.h"
#include "precond/pairs.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"
#include <petscdmda.h>

static PetscErrorCode RecordIterate(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  RecordReal(record, &tn->f, -PETSC_MAX_REAL, "f");
  RecordReal(record, &tn->gnorm, 0.0, "the norm of the gradient");
  RecordReal(record, &tn->gnorm0, 0.0, "the first norm of the gradient");
  RecordReal(record, &tn->xnorm, 0.0, "the norm of x");
  RecordReal(record, &tao->trust, PETSC_MACHINE_EPSILON * PETSC_MIN_REAL, "the radius");
  RecordReal(record, &tn->forcing, 0.0, "the forcing term");
  RecordReal(record, &tn->mismatch, 0.0, "the mismatch of the model");
  RecordCount(record, &tao->niter, "iterations");
  RecordCount(record, &tao->ksp_tot_its, "CG iterations");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordMode(TrustNCGMode *mode, TrustNCGReach *reach, CheckpointRecord *record)
{
  PetscFunctionBegin;
  RecordBool(record, &mode->learned, "whose turn it is");
  RecordBool(record, &mode->known, "a known rate");
  RecordCount(record, &mode->quad, "quadratic steps");
  RecordReal(record, &mode->rate, -HUGE_VAL, "the rate");
  RecordReal(record, &mode->gnorm, 0.0, "the gradient of the block");
  RecordReal(record, &mode->spent, 0.0, "the work before the block");
  RecordReal(record, &mode->cgrate, 0.0, "the rate of CG");
  RecordReal(record, &reach->last, 1.0, "the reach of the last step");
  RecordReal(record, &reach->before, 1.0, "the reach of the step before");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void RecordWindow(TrustNCGWindow *window, CheckpointRecord *record)
{
  RecordCount(record, &window->steps, "steps without progress");
  RecordReal(record, &window->f, -PETSC_MAX_REAL, "f before them");
  RecordReal(record, &window->gnorm, 0.0, "the gradient before them");
}

/* Of the ends that are no convergence, and of the check that f, gradient and Hv fit */
static PetscErrorCode RecordEnds(TAO_TrustNCG *tn, CheckpointRecord *record)
{
  PetscInt suspect = tn->suspect, misfit = tn->misfit;

  PetscFunctionBegin;
  RecordReal(record, &tn->f0, -PETSC_MAX_REAL, "the first f");
  RecordCount(record, &tn->flight.steps, "steps that did not bend upwards");
  RecordReal(record, &tn->flight.scale, 0.0, "the scale of x before them");
  RecordReal(record, &tn->flight.steep, -PETSC_MAX_REAL, "the slope before them");
  RecordWindow(&tn->stall, record);
  RecordWindow(&tn->crawl, record);
  RecordCount(record, &suspect, "the suspect");
  RecordCount(record, &misfit, "the misfit");
  RecordCount(record, &tn->misfits, "the misfits");
  RecordBool(record, &tn->hvright, "an Hv that is right");
  RecordReal(record, &tn->factor, -PETSC_MAX_REAL, "the factor of the gradient");
  RecordCount(record, &tn->escapes, "saddle points left");
  RecordReal(record, &tn->below, 0.0, "the gradient below which none was left");
  tn->suspect = (TrustNCGSuspect)PetscMin(suspect, TRUSTNCG_SUSPECT_ANY);
  tn->misfit  = (TrustNCGSuspect)PetscMin(misfit, TRUSTNCG_SUSPECT_ANY);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The difference step of the file is one that was measured, else it is that of the options. */
static PetscErrorCode RecordStep(TAO_TrustNCG *tn, CheckpointRecord *record)
{
  TrustNCGNoiseState *noise = &tn->noise;
  const PetscReal     step  = noise->step;

  PetscFunctionBegin;
  RecordReal(record, &noise->step, PETSC_MIN_REAL, "the difference step");
  RecordReal(record, &noise->error, 0.0, "the error of Hv");
  if (!record->load) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->relstep > 0.0 || noise->error == 0.0) {
    noise->step  = step;
    noise->error = 0.0;
  }
  if (tn->shell) PetscCall(TrustNCGHessVecSetStep(tn->shell, noise->step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordNoise(TAO_TrustNCG *tn, CheckpointRecord *record)
{
  TrustNCGNoiseState *noise = &tn->noise;

  PetscFunctionBegin;
  RecordBool(record, &noise->known, "a measured noise");
  RecordBool(record, &noise->doubted, "a doubted step");
  RecordBool(record, &noise->quiet, "a noise of no more than rounding");
  RecordReal(record, &noise->f, 0.0, "the noise of f");
  RecordReal(record, &noise->seen, 0.0, "the noise of f as measured");
  RecordReal(record, &noise->g, 0.0, "the noise of the gradient");
  RecordReal(record, &noise->gnorm, 0.0, "the gradient with that noise");
  PetscCall(RecordStep(tn, record));
  RecordReal(record, &noise->record, 0.0, "the smallest gradient");
  RecordReal(record, &noise->shortest, 0.0, "the shortest difference step");
  RecordCount(record, &noise->late, "late rejections");
  RecordCount(record, &noise->poor, "poor steps");
  RecordCount(record, &noise->patience, "patience with them");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Differences may have taken the place of the user's products. */
static PetscErrorCode RecordProducts(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  PetscInt      kind = tn->kind;

  PetscFunctionBegin;
  RecordInt(record, &kind, TRUSTNCG_HV_FD, TRUSTNCG_HV_USER, "the kind of products");
  if (kind == TRUSTNCG_HV_FD && tn->kind != TRUSTNCG_HV_FD && tn->hvfallback) {
    PetscCall(TrustNCGUseDifferences(tao));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The counts of the Tao, of the KSP and of the Mat go on from what they were. */
static PetscErrorCode RecordCounters(Tao tao, CheckpointRecord *record)
{
  TAO_TrustNCG *tn       = (TAO_TrustNCG *)tao->data;
  PetscInt      products = 0, norms = 0, now = 0, sofar;

  PetscFunctionBegin;
  RecordCount(record, &tao->nfuncs, "evaluations of f");
  RecordCount(record, &tao->ngrads, "gradients");
  RecordCount(record, &tao->nfuncgrads, "evaluations of both");
  RecordCount(record, &tao->nhess, "Hessians");
  if (tn->shell) PetscCall(TrustNCGHessVecGetCounts(tn->shell, &products, &norms));
  RecordCount(record, &products, "products");
  RecordCount(record, &norms, "norms");
  if (tn->shell) PetscCall(TrustNCGHessVecSetCounts(tn->shell, products, norms));
  if (tn->ours) PetscCall(TrustCGGetCounts(tao->ksp, &now, NULL));
  sofar = now - tn->reductions0;
  RecordCount(record, &sofar, "reductions of CG");
  tn->reductions0 = now - sofar;
  RecordCount(record, &tn->reductions, "reductions");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordLedger(TaoTrustNCGLedger *l, CheckpointRecord *record)
{
  PetscInt *const counts[] = {&l->nf,           &l->ng,
                              &l->nfg,          &l->nhv_user,
                              &l->nhv_matrix,   &l->nhv_fd,
                              &l->cg,           &l->steps,
                              &l->learned,      &l->looks,
                              &l->rejected,     &l->resolved_hv,
                              &l->ng_noise,     &l->nhv_curvature,
                              &l->coarse_grids, &l->coarse_evaluations};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof(counts) / sizeof(*counts); k++) {
    RecordCount(record, counts[k], "the ledger");
  }
  RecordReal(record, &l->coarse_equivalents, 0.0, "the ledger");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStateRecord(Tao tao, CheckpointRecord *record, TrustNCGSaved saved)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(RecordIterate(tao, record));
  PetscCall(RecordMode(&tn->mode, &tn->reach, record));
  PetscCall(RecordEnds(tn, record));
  PetscCall(RecordProducts(tao, record));
  PetscCall(RecordNoise(tn, record));
  RecordBool(record, &tn->sequence.sparse, "whether a coarser grid took to a sparse Hessian");
  RecordBool(record, &tn->sequence.due, "whether coarser grids are to come");
  PetscCall(TrustNCGPrecondRecord(tao, record, saved));
  PetscCall(RecordCounters(tao, record)); /* after what may have added to them */
  PetscCall(RecordLedger(&tn->ledger, record));
  saved->n     = (PetscInt)record->n;
  saved->niter = tao->niter;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The solution first, then those of the model. */
PetscErrorCode TrustNCGStateGetVecs(Tao tao, TrustNCGSaved saved, PetscInt *n, Vec list[])
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  *n      = 1;
  list[0] = tao->solution;
  if (tn->pairs) {
    PetscCall(TrustNCGPairsGetVecs(tn->pairs, saved->pairs, saved->learned, n, list));
  }
  if (saved->corrections) {
    PetscCall(TrustNCGSparseGetVecs(tn->sparse, saved->corrections, n, list));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A structured grid has an order that no rank count changes; another DM has none, nor have vectors
   of vectors; without a DM the order of the vectors is taken to be one. */
PetscErrorCode TrustNCGNumberingCreate(Vec x, TrustNCGNumbering *numbering)
{
  PetscBool da = PETSC_FALSE, nest;
  DM        dm;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(numbering, sizeof(*numbering)));
  PetscCall(VecGetDM(x, &dm));
  if (dm) PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &da));
  PetscCall(PetscObjectTypeCompare((PetscObject)x, VECNEST, &nest));
  numbering->order = dm || nest ? TRUSTNCG_ORDER_PRIVATE : TRUSTNCG_ORDER_PLAIN;
  if (da) {
    numbering->order = TRUSTNCG_ORDER_NATURAL;
    numbering->da    = dm;
    PetscCall(DMDACreateNaturalVector(dm, &numbering->natural));
    x = numbering->natural;
  }
  PetscCall(VecGetOwnershipRange(x, &numbering->lo, NULL));
  PetscCall(VecGetLocalSize(x, &numbering->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGNumberingDestroy(TrustNCGNumbering *numbering)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&numbering->natural));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The words of the first rank that has some, on all ranks. */
PetscErrorCode TrustNCGAgreeOnWords(MPI_Comm comm, char why[SAVED_WHY])
{
  PetscMPIInt rank, size, first;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  first = why[0] ? rank : size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first < size) PetscCallMPI(MPI_Bcast(why, SAVED_WHY, MPI_CHAR, first, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
