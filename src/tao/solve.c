/* SPDX-License-Identifier: BSD-2-Clause
   TaoSolve_TrustNCG: the trust-region loop.

     check the derivatives, if asked to (doctor.c)
     x, f, g; radius = infinite unless -tao_trust0 says otherwise; or all of it from a checkpoint
     repeat until the convergence test, a limit, a signal or an end (ends.c) says stop
       save a checkpoint where it is time (checkpoint.c); the user's update
       first, where coarser grids were asked for: solve there, step to what they found (coarse.c)
       where Hv has turned out wrong: say so, and fall back to differences if asked to
         (consistency.c)
       where the learned model has the turn: d = -Bg and a line search (learned.c), else
       d: truncated CG on min g'd + d'Hd/2 over ||d|| <= radius, to ||r|| <= forcing ||g||
         (subproblem.c), with a look at f on the way of a long solve: stop where the model no
         longer holds; and at the boundary: go on in a larger region where it holds well;
         where products are noise: measure it, choose the difference step, solve again (noise.c)
       f+ at x + d
       rho = (f - f+) / (-model), or with -(g + g+)'d/2 above where rounding or noise hides f - f+
       until rho >= eta: shrink the radius, d = step of the same CG path for it, f+ again (trial.c);
         where none is left: an end, unless what was learned may be at fault: forget it, once more
       where f seems lower elsewhere along that path, by enough to pay for it: f+ there
       compare f, g and Hv along the step (consistency.c)
       x = x + d; the radius grows, stays or shrinks with rho; the model learns
     where the convergence test is met: check the curvature if asked to, go on from a saddle point
       (second_order.c)

   Every callback is called under guard: what one rank meets in it all ranks learn in the reduction
   that follows (guard.c, evaluate.c).

   References: A. R. Conn, N. I. M. Gould, Ph. L. Toint, Trust-Region Methods (2000), algorithms
   6.1.1 and 7.5.1; J. Nocedal, S. J. Wright, Numerical Optimization (2006), section 7.1. */
#include "tao/trustncg_impl.h"
#include "precond/pairs.h"
#include "rules/rules.h"

/* History, monitors and the convergence test at the iterate. */
PetscErrorCode TrustNCGReport(Tao tao, PetscReal step)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(TaoLogConvergenceHistory(tao, tn->f, tn->gnorm, 0.0, tao->ksp_tot_its));
  error = TaoMonitor(tao, tao->niter, tn->f, tn->gnorm, 0.0, step);
  PetscCall(TrustNCGGuardResult(tao, error, "a monitor", tao->solution, NULL, NULL));
  PetscCall(TrustNCGTestConvergence(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGCheckSetUp(Tao tao)
{
  MPI_Comm    comm = PetscObjectComm((PetscObject)tao);
  PetscInt    n, m;
  PetscBool   same;
  PetscLayout now, before;

  PetscFunctionBegin;
  PetscCheck(tao->trust0 > 0.0, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "The first radius -%stao_trust0 must be positive, not %g", TrustNCGPrefix(tao),
             (double)tao->trust0);
  PetscCall(VecGetSize(tao->solution, &n));
  PetscCall(VecGetSize(tao->gradient, &m));
  PetscCheck(n == m, comm, PETSC_ERR_ARG_SIZ,
             "The solution has %" PetscInt_FMT " entries, the Tao was set up for %" PetscInt_FMT
             ": use another Tao",
             n, m);
  PetscCall(VecGetLayout(tao->solution, &now));
  PetscCall(VecGetLayout(tao->gradient, &before));
  PetscCall(PetscLayoutCompare(now, before, &same)); /* the same answer on all ranks */
  PetscCheck(same, comm, PETSC_ERR_ARG_SIZ,
             "The solution is spread over the ranks in another way than that of the first solve: "
             "give it the same local sizes or use another Tao");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As at the start. PETSc's own trust-region CGs need a radius where the curvature is negative. */
void TrustNCGResetRadius(Tao tao)
{
  const TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  tao->trust = tao->trust0;
  if (!tn->ours && tao->trust >= PETSC_INFINITY) tao->trust = 1.0 + tn->xnorm;
}

/* At a start, and at a new start elsewhere: nothing is known of f. */
void TrustNCGResetLoop(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  TrustNCGModeStart(&tn->mode);
  TrustNCGReachStart(&tn->reach);
  TrustNCGEndsStart(tn);
  TrustNCGConsistencyStart(tn);
  TrustNCGResetRadius(tao);
  tn->mismatch = PETSC_INFINITY;
}

static PetscErrorCode TrustNCGStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGGuardStart(tao));
  PetscCall(TrustNCGCheckSetUp(tao));
  PetscCall(TrustNCGLimitsStart(tao));
  tn->outcome   = TAO_TRUSTNCG_RUNNING;
  tn->ending[0] = '\0';
  PetscCall(PetscMemzero(&tn->ledger, sizeof(tn->ledger)));
  PetscCall(TrustNCGDoctor(tao));
  tn->reductions = 0;
  PetscCall(TrustNCGSetUpKSP(tao));
  PetscCall(TrustNCGNoiseStart(tao));
  PetscCall(TrustNCGSetUpEvaluation(tao));
  PetscCall(TrustNCGCheckpointStart(tao));
  PetscCall(TrustNCGPrecondSetUp(tao));
  PetscCall(TrustNCGSecondOrderStart(tao));
  PetscCall(TrustNCGResetSequence(tao));
  if (tn->restart) PetscCall(TrustNCGRestart(tao));
  else {
    PetscCall(TrustNCGEvaluateStart(tao));
    TrustNCGResetLoop(tao);
  }
  tao->reason = TAO_CONTINUE_ITERATING;
  tn->started = PETSC_TRUE;
  if (tn->sequence.lost && tn->sequence.level) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_NAN, TAO_TRUSTNCG_NOT_FINITE,
                           "at the start of a coarser grid f = %g, ||g|| = %g", (double)tn->f,
                           (double)tn->gnorm));
  } else PetscCall(TrustNCGReport(tao, tao->trust));
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  if (!tn->sequence.most) tn->sequence.due = PETSC_FALSE;
  PetscCall(TrustNCGNoiseFloor(tao)); /* a restart */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the step of CG teaches: the radius that rho deserves, how well the model foretold the
   gradient, and who has the next turn; `before` the iteration the work was so much. */
static PetscErrorCode TrustNCGJudgeCG(Tao tao, PetscReal before)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     factor, drop;
  PetscBool     cut;

  PetscFunctionBegin;
  PetscCall(TrustNCGGetDrop(tao, &drop)); /* of an interior step */
  tn->mismatch =
    tn->boundary ? PETSC_INFINITY : TrustNCGMismatch(tn->gplusnorm, drop * tn->gnorm, tn->gnorm);
  factor     = TrustNCGInterpolate(tn->f, tn->fplus, tn->slope);
  tao->trust = TrustNCGUpdateRadius(tao->trust, tn->dnorm, tn->rho, factor, tn->boundary);
  PetscCall(TrustNCGHiddenCut(tao, &cut));
  if (!TrustNCGLearns(tn) || cut) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->mode.known && tn->slopeplus <= tn->slope) { /* no curvature, nothing to learn */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  TrustNCGModeCG(&tn->mode, (PetscBool)!tn->boundary, tao->ksp_its, tn->rho, tn->gnorm,
                 tn->gplusnorm, TrustNCGWork(tn) - before, TrustNCGWork(tn));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x = w, g = g+ */
PetscErrorCode TrustNCGMove(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(VecCopy(tn->w, tao->solution));
  PetscCall(VecCopy(tn->gplus, tao->gradient));
  PetscCall(VecScale(tao->stepdirection, -1.0)); /* monitors see the step x+ - x */
  tn->f     = tn->fplus;
  tn->gnorm = tn->gplusnorm;
  tn->xnorm = tn->wnorm;
  tn->ledger.steps++;
  tao->niter++;
  TrustNCGEndsStep(tn);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGTakeStep(Tao tao, PetscBool bycg)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondLearn(tao, bycg));
  if (!bycg) tn->mismatch = PETSC_INFINITY;
  PetscCall(TrustNCGMove(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From an iterate to the next by CG, or to a reason to stop. */
static PetscErrorCode TrustNCGStepByCG(Tao tao)
{
  TAO_TrustNCG   *tn     = (TAO_TrustNCG *)tao->data;
  const PetscReal before = TrustNCGWork(tn);
  PetscBool       stop;

  PetscFunctionBegin;
  tn->tries = 0;
  PetscCall(TrustNCGSubproblem(tao));
  PetscCall(TrustNCGInterrupted(tao, &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  if (!(tn->dnorm > 0.0)) { /* a gradient of 0, or the very first product held a NaN */
    if (tn->gnorm == 0.0) {
      PetscCall(TrustNCGStop(tao, TAO_CONVERGED_GATOL, TAO_TRUSTNCG_FIRST_ORDER,
                             "the gradient is 0; curvature was not checked"));
    } else PetscCall(TrustNCGGiveUpProduct(tao));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  tn->promise = tn->model;
  PetscCall(TrustNCGFindStep(tao, before));
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->f - tn->fplus < TrustNCGResolution(tn) &&
      TrustNCGProbeJudge(&tn->probe) == TRUSTNCG_FIT_WRONG) {
    PetscCall(TrustNCGGiveUp(tao)); /* f is against the gradient, down to where it tells nothing */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  TrustNCGProbeStart(&tn->probe); /* refused trials tell nothing of the next iterate */
  PetscCall(TrustNCGConsistencyStep(tao));
  PetscCall(TrustNCGJudgeCG(tao, before));
  PetscCall(TrustNCGNoiseDoubtStep(tao));
  PetscCall(TrustNCGTakeStep(tao, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Has x other values than w on some rank? The reason that rank 0 gave counts. */
static PetscErrorCode TrustNCGCompare(Tao tao, PetscBool touched, PetscBool *moved)
{
  TAO_TrustNCG *tn     = (TAO_TrustNCG *)tao->data;
  PetscInt      vote[] = {touched, PETSC_MIN_INT};
  PetscMPIInt   rank;
  PetscBool     same = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PetscObjectComm((PetscObject)tao), &rank));
  if (rank == 0) vote[1] = (PetscInt)tao->reason;
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, vote, 2, MPIU_INT, MPI_MAX, PetscObjectComm((PetscObject)tao)));
  tao->reason = (TaoConvergedReason)vote[1];
  if (vote[0]) PetscCall(VecEqual(tao->solution, tn->w, &same));
  tn->reductions += vote[0] ? 2 : 1;
  *moved = (PetscBool)!same;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x is another point than the last step led to. */
static PetscErrorCode TrustNCGStartAgain(Tao tao)
{
  TAO_TrustNCG         *tn      = (TAO_TrustNCG *)tao->data;
  const PetscReal       gnorm0  = tn->gnorm0;
  const TrustNCGSuspect suspect = tn->suspect;
  PetscBool             forgot;

  PetscFunctionBegin;
  PetscCall(TrustNCGEvaluateStart(tao));
  tn->gnorm0 = gnorm0;
  PetscCall(TrustNCGPrecondForget(tao, &forgot));
  TrustNCGResetLoop(tao);
  tn->suspect   = suspect; /* what is said once */
  tao->fc       = tn->f;
  tao->residual = tn->gnorm;
  PetscCall(TrustNCGSaveState(tao));
  if (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGTestConvergence(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The user's update. Where it has moved x the solve starts again from there. */
static PetscErrorCode TrustNCGUpdate(Tao tao)
{
  TAO_TrustNCG    *tn = (TAO_TrustNCG *)tao->data;
  PetscObjectState before, after;
  PetscErrorCode   error;
  PetscBool        moved;

  PetscFunctionBegin;
  PetscCall(VecCopy(tao->solution, tn->w)); /* no trial point is needed now */
  PetscCall(PetscObjectStateGet((PetscObject)tao->solution, &before));
  error = (*tao->ops->update)(tao, tao->niter, tao->user_update);
  PetscCall(TrustNCGGuardResult(tao, error, "the update", tao->solution, NULL, NULL));
  PetscCall(TrustNCGAgree(tao, NULL, 0, NULL));
  PetscCall(PetscObjectStateGet((PetscObject)tao->solution, &after));
  PetscCall(TrustNCGCompare(tao, (PetscBool)(after != before), &moved));
  if (moved) PetscCall(TrustNCGStartAgain(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One iteration. Where the learned model has no good step, CG has the turn at once. */
static PetscErrorCode TrustNCGIterate(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  PetscBool     done = PETSC_FALSE, known = PETSC_FALSE, forgot, stop;

  PetscFunctionBegin;
  PetscCall(TrustNCGCheckpoint(tao)); /* where it is time; all that was learned is in it */
  if (tao->ops->update) PetscCall(TrustNCGUpdate(tao));
  if (tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS); /* it says so */
  if (tn->sequence.due) PetscCall(TrustNCGStepFromCoarse(tao, &done));
  if (done || tao->reason != TAO_CONTINUE_ITERATING) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGConsistencyTest(tao));
  PetscCall(TrustNCGPrecondDue(tao));
  PetscCall(TrustNCGInterrupted(tao, &stop)); /* that may have seen a reason to stop */
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  if (tn->pairs) PetscCall(TrustNCGPairsKnow(tn->pairs, &known));
  if (tn->mode.learned && known && !tn->due) {
    PetscCall(TrustNCGLearnedTrial(tao, &done));
    if (done) PetscCall(TrustNCGTakeStep(tao, PETSC_FALSE));
    tn->ledger.learned += done ? 1 : 0;
  }
  if (!done && tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGStepByCG(tao));
  if (tao->reason == TAO_DIVERGED_TR_REDUCTION &&
      tn->outcome != TAO_TRUSTNCG_NOISE_FLOOR) { /* the fault may be with what was learned */
    PetscCall(TrustNCGPrecondForget(tao, &forgot));
    if (forgot) {
      tao->reason = TAO_CONTINUE_ITERATING;
      tn->outcome = TAO_TRUSTNCG_RUNNING;
      TrustNCGResetRadius(tao);
      PetscCall(TrustNCGStepByCG(tao));
    }
  }
  if (done || tao->reason == TAO_CONTINUE_ITERATING) {
    PetscCall(TrustNCGReport(tao, tn->dnorm2));
    PetscCall(TrustNCGEndsTest(tao));
  }
  if (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGNoiseFloor(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGSolve(Tao tao)
{
  PetscBool left; /* a saddle point, for a point that may be the end, too */

  PetscFunctionBegin;
  PetscCall(TrustNCGStart(tao));
  do {
    while (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGIterate(tao));
    PetscCall(TrustNCGSecondOrder(tao, &left));
  } while (tao->reason == TAO_CONTINUE_ITERATING || (left && tao->reason > 0));
  PetscCall(TrustNCGCheckpointEnd(tao));
  PetscCall(TrustNCGRestoreKSP(tao));
  PetscCall(TrustNCGNameOutcome(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoSolve_TrustNCG(Tao tao)
{
  PetscErrorCode error;

  PetscFunctionBegin;
  PetscCall(TrustNCGSignalsBegin(tao));
  error = TrustNCGSolve(tao);
  PetscCall(TrustNCGSignalsEnd(tao));
  PetscCall(TrustNCGGuardEnd(tao, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
