/* SPDX-License-Identifier: BSD-2-Clause
   Stopping a solve from outside: SIGUSR1 and SIGTERM, where the user asked for it. A handler only
   sets a flag; the flags of all ranks meet in reductions, those of CG among them. */
#include "tao/trustncg_impl.h"
#include "subproblem/lanczos.h"
#include "subproblem/trustcg.h"
#include <signal.h>

enum { SIGNALS = 2 };

static const int             signals[SIGNALS] = {SIGUSR1, SIGTERM};
static struct sigaction      callers[SIGNALS];
static int                   depth; /* solves, one within the other, that listen */
static volatile sig_atomic_t arrived;

static void Note(int sig)
{
  arrived = sig;
}

/* Handlers for the time of this solve. */
PetscErrorCode TrustNCGSignalsBegin(Tao tao)
{
  TAO_TrustNCG    *tn     = (TAO_TrustNCG *)tao->data;
  struct sigaction action = {.sa_handler = Note, .sa_flags = SA_RESTART};

  PetscFunctionBegin;
  tn->listening = tn->signals;
  tn->signal    = 0;
  tn->alarmed   = PETSC_FALSE;
  if (!tn->listening || depth++) PetscFunctionReturn(PETSC_SUCCESS);
  arrived = 0;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNALS; i++) {
    PetscCheck(!sigaction(signals[i], &action, &callers[i]), PETSC_COMM_SELF, PETSC_ERR_SYS,
               "The handler of signal %d cannot be set", signals[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The handlers are the caller's again; also after an error. */
PetscErrorCode TrustNCGSignalsEnd(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!tn->listening) PetscFunctionReturn(PETSC_SUCCESS);
  tn->listening = PETSC_FALSE;
  if (--depth) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < SIGNALS; i++) (void)sigaction(signals[i], &callers[i], NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does this rank know of a reason to stop? Not collective; once true, true to the end. */
static PetscBool Alarm(void *ctx)
{
  const Tao           tao = (Tao)ctx;
  const TAO_TrustNCG *tn  = (const TAO_TrustNCG *)tao->data;

  return (PetscBool)((tn->listening && arrived) || TrustNCGTimeIsUp(tn) ||
                     TrustNCGEvaluationsAreSpent(tao));
}

/* Is there anything on which the ranks must agree? */
static PetscBool Listening(const TAO_TrustNCG *tn)
{
  return (PetscBool)(tn->listening || tn->maxtime < PETSC_INFINITY);
}

/* What to ask for a reason to stop, or NULL where there cannot be one. The same on all ranks. */
static SweepAlarm AlarmOf(Tao tao)
{
  return Listening((TAO_TrustNCG *)tao->data) || tao->max_funcs >= 0 ? Alarm : NULL;
}

/* CG is to stop as soon as one rank knows of a reason; the flag travels with its dot products. */
PetscErrorCode TrustNCGSetAlarmCG(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!tn->ours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustCGSetAlarm(tao->ksp, AlarmOf(tao), tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* So is Lanczos. */
PetscErrorCode TrustNCGSetAlarmLanczos(Tao tao)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGLanczosSetAlarm(((TAO_TrustNCG *)tao->data)->lanczos, AlarmOf(tao), tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `ctx` is the Tao: is there a reason to stop? Collective, one reduction where time or a signal
   could be one. */
PetscErrorCode TrustNCGAlarmed(void *ctx, PetscBool *stop)
{
  const Tao     tao     = (Tao)ctx;
  TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  const int     mine[2] = {tn->listening ? arrived : 0, TrustNCGTimeIsUp(tn)};
  int           all[2]  = {0, 0};

  PetscFunctionBegin;
  *stop = TrustNCGEvaluationsAreSpent(tao); /* the same on all ranks */
  if (!*stop && Listening(tn)) {
    PetscCallMPI(MPI_Allreduce(mine, all, 2, MPI_INT, MPI_MAX, PetscObjectComm((PetscObject)tao)));
    tn->reductions++;
    tn->signal = all[0];
    *stop      = (PetscBool)(all[0] || all[1]);
  }
  tn->alarmed = *stop;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same; where there is one, the solve ends. */
PetscErrorCode TrustNCGInterrupted(Tao tao, PetscBool *stop)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGAlarmed(tao, stop));
  if (!*stop) PetscFunctionReturn(PETSC_SUCCESS);
  if (TrustNCGEvaluationsAreSpent(tao)) {
    PetscCall(TrustNCGStopAtLimit(tao, TAO_DIVERGED_MAXFCN));
  } else if (tn->signal) {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_USER, TAO_TRUSTNCG_SIGNAL,
                           "signal %s arrived, ||g|| = %g",
                           tn->signal == SIGTERM ? "SIGTERM" : "SIGUSR1", (double)tn->gnorm));
  } else {
    PetscCall(TrustNCGStop(tao, TAO_DIVERGED_USER, TAO_TRUSTNCG_TIME,
                           "the limit of %g seconds is reached, ||g|| = %g", (double)tn->maxtime,
                           (double)tn->gnorm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between two trials of an iteration: limits of the convergence test, and stops from outside. */
PetscErrorCode TrustNCGTestLimits(Tao tao)
{
  PetscBool stop;

  PetscFunctionBegin;
  PetscCall(TrustNCGTestConvergence(tao));
  if (tao->reason == TAO_CONTINUE_ITERATING) PetscCall(TrustNCGInterrupted(tao, &stop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetSignals - Lets SIGUSR1 and SIGTERM, sent to any rank, stop `TaoSolve()` in good
  order: with the best point as the solution and, where `TaoTrustNCGSetCheckpoint()` names a file,
  a checkpoint.

  Logically Collective; `use` must be equal on all ranks

  Input Parameters:
+ tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- use - default false, when signals do what they did before

  Options Database Key:
. -tao_trustncg_signals <false> - handle them

  Level: intermediate

  Notes:
  The handlers are there during `TaoSolve()` alone; then those of the caller are restored. The
  reason is `TAO_DIVERGED_USER`, the outcome `TAO_TRUSTNCG_SIGNAL`. The ranks agree in one small
  reduction an iteration, one a product where a sparse Hessian is built or looked for, and within
  CG (of type `KSPTRUSTCG`) with its own: the solve stops within one product. A signal that comes
  when the solve is about to end otherwise changes nothing.

  A batch system gives notice by a signal, as SLURM does with `--signal=USR1@300`. Open MPI's
  mpirun passes SIGUSR1 on; after SIGTERM it kills the ranks within a second.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetSignals()`, `TaoTrustNCGGetOutcome()`
@*/
PetscErrorCode TaoTrustNCGSetSignals(Tao tao, PetscBool use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, use, 2);
  if (tn) tn->signals = use;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetSignals - Says whether SIGUSR1 and SIGTERM stop a solve in good order.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. use - true where they do

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetSignals()`
@*/
PetscErrorCode TaoTrustNCGGetSignals(Tao tao, PetscBool *use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidBoolPointer(use, 2);
  *use = tn->signals;
  PetscFunctionReturn(PETSC_SUCCESS);
}
