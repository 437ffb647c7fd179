/* SPDX-License-Identifier: BSD-2-Clause
   Checkpoints: when one is written, and what the user may set about them. */
#include "tao/saved.h"
#include <petsctime.h>

/* Notes the numbers of the iterate, to be written now or while the next one is sought. */
PetscErrorCode TrustNCGSaveState(Tao tao)
{
  TAO_TrustNCG    *tn = (TAO_TrustNCG *)tao->data;
  CheckpointRecord record;

  PetscFunctionBegin;
  if (!tn->saved) PetscFunctionReturn(PETSC_SUCCESS);
  record = (CheckpointRecord){.words = tn->saved->words, .most = CHECKPOINT_NUMBERS_MOST};
  PetscCall(TrustNCGStateRecord(tao, &record, tn->saved));
  PetscCheck(!record.bad, PETSC_COMM_SELF, PETSC_ERR_PLIB, "No room in the checkpoint for %s",
             record.bad);
  tn->saved->written = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A file that cannot be written is no reason to lose the solve. */
static PetscErrorCode Write(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);
  char          why[SAVED_WHY];

  PetscFunctionBegin;
  PetscCall(TrustNCGWriteSaved(tao, tn->saved, tn->checkpoint, why));
  if (why[0]) {
    PetscCall(PetscFPrintf(comm, PETSC_STDERR,
                           "trustncg: warning: no checkpoint at iteration %" PetscInt_FMT
                           ", the solve goes on; %s\n",
                           tn->saved->niter, why));
  } else {
    PetscCall(PetscInfo(tao, "checkpoint of iteration %" PetscInt_FMT " written to %s\n",
                        tn->saved->niter, tn->checkpoint));
  }
  tn->saved->written = PETSC_TRUE;
  tn->saved->last    = tn->saved->niter;
  PetscCall(PetscTime(&tn->saved->time));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it time for one? By the clock of the first rank. */
static PetscErrorCode IsDue(Tao tao, PetscBool *due)
{
  TAO_TrustNCG  *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGSaved  saved = tn->saved;
  PetscLogDouble now;

  PetscFunctionBegin;
  *due = (PetscBool)(tn->checkpointits > 0 && saved->niter - saved->last >= tn->checkpointits);
  if (*due || tn->checkpointminutes == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscTime(&now));
  *due = (PetscBool)(now - saved->time >= 60.0 * tn->checkpointminutes);
  PetscCallMPI(MPI_Bcast(due, 1, MPIU_BOOL, 0, PetscObjectComm((PetscObject)tao)));
  tn->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a solve */
PetscErrorCode TrustNCGCheckpointStart(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscFree(tn->saved));
  if (!tn->checkpoint) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&tn->saved));
  PetscCall(PetscTime(&tn->saved->time));
  tn->saved->last = tao->niter;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At an iterate, before the next one is sought */
PetscErrorCode TrustNCGCheckpoint(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     due;

  PetscFunctionBegin;
  if (!tn->saved) PetscFunctionReturn(PETSC_SUCCESS);
  /* the user may have taken the reason to stop away */
  if (tn->saved->ended) PetscCall(TrustNCGAlarmed(tao, &tn->saved->ended));
  if (tn->saved->ended) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSaveState(tao));
  PetscCall(IsDue(tao, &due));
  if (due) PetscCall(Write(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At the iterate, when a step from it was found that is not the one of a solve that goes on: who
   goes on from the file repeats the search for it. */
PetscErrorCode TrustNCGCheckpointHere(Tao tao)
{
  TrustNCGSaved saved = ((TAO_TrustNCG *)tao->data)->saved;

  PetscFunctionBegin;
  if (!saved) PetscFunctionReturn(PETSC_SUCCESS);
  if (!saved->written) PetscCall(Write(tao));
  saved->ended = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* However the solve has ended, it may go on another time. */
PetscErrorCode TrustNCGCheckpointEnd(Tao tao)
{
  TAO_TrustNCG *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGSaved saved = tn->saved;

  PetscFunctionBegin;
  if (!saved || saved->ended) PetscFunctionReturn(PETSC_SUCCESS);
  /* else the search for the next iterate was cut short, and what it has changed is left out */
  if (tao->niter != saved->niter || saved->n == 0) PetscCall(TrustNCGSaveState(tao));
  if (!saved->written) PetscCall(Write(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGCheckpointDestroy(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(PetscFree(tn->saved));
  PetscCall(PetscFree(tn->checkpoint));
  PetscCall(PetscFree(tn->restart));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGSetCheckpoint - Sets the file in which `TaoSolve()` saves its state, from which
  `TaoTrustNCGSetRestart()` goes on, and how often.

  Logically Collective; all arguments must be equal on all ranks

  Input Parameters:
+ tao     - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
. file    - its name, in a folder that all ranks share; `NULL` or empty for no checkpoints
. its     - every so many iterations, 0 for never, or `PETSC_DEFAULT` for no change; default 0
- minutes - when so much time has passed, 0 for never, or `PETSC_DEFAULT`; default 10

  Options Database Keys:
+ -tao_trustncg_checkpoint <file> - the file
. -tao_trustncg_checkpoint_interval <0> - iterations
- -tao_trustncg_checkpoint_minutes <10> - minutes

  Level: intermediate

  Notes:
  One is also written when the solve ends, by convergence, a limit, a failure or a signal
  (`TaoTrustNCGSetSignals()`), but not by an error. Where a limit or a signal has cut the last step
  short, it is of the iterate before: who goes on from it repeats that step as it would have been.

  Each rank writes its share to `file`.part, which takes the place of `file` when all of it is on
  the disk: at any moment `file` is an older checkpoint or a newer one, whole. Where that fails
  (the disk is full, say), a warning says why, the old file stays, and the solve goes on. The file
  takes as many vectors as the learned model, or the sparse Hessian.

  The name is that of a file, whatever characters it has. Errors with `PETSC_ERR_ARG_OUTOFRANGE`
  for negative intervals.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetCheckpoint()`, `TaoTrustNCGSetRestart()`,
          `TaoTrustNCGSetSignals()`
@*/
PetscErrorCode TaoTrustNCGSetCheckpoint(Tao tao, const char file[], PetscInt its, PetscReal minutes)
{
  TAO_TrustNCG *tn     = NULL;
  MPI_Comm      comm   = PetscObjectComm((PetscObject)tao);
  char         *copy   = NULL;
  size_t        length = 0;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveInt(tao, its, 3);
  PetscValidLogicalCollectiveReal(tao, minutes, 4);
  if (!tn) PetscFunctionReturn(PETSC_SUCCESS);
  if (its == PETSC_DEFAULT) its = tn->checkpointits;
  if (minutes == PETSC_DEFAULT) minutes = tn->checkpointminutes;
  PetscCheck(its >= 0 && minutes >= 0.0, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "-tao_trustncg_checkpoint_interval and -tao_trustncg_checkpoint_minutes must be at "
             "least 0, not %" PetscInt_FMT " and %g",
             its, (double)minutes);
  if (file) PetscCall(PetscStrlen(file, &length));
  PetscCheck(length + sizeof(".part") <= PETSC_MAX_PATH_LEN, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "The name of the checkpoint has %d characters, too many", (int)length);
  if (length) PetscCall(PetscStrallocpy(file, &copy));
  PetscCall(PetscFree(tn->checkpoint));
  tn->checkpoint        = copy;
  tn->checkpointits     = its;
  tn->checkpointminutes = minutes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGGetCheckpoint - Gets the file in which `TaoSolve()` saves its state, and how often.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameters:
+ file    - its name, `NULL` where there is none; not to be freed
. its     - every so many iterations, 0 for never
- minutes - when so much time has passed, 0 for never

  Level: intermediate

  Note:
  Any of them may be `NULL` where it is not wanted.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetCheckpoint()`
@*/
PetscErrorCode TaoTrustNCGGetCheckpoint(Tao tao, const char *file[], PetscInt *its,
                                        PetscReal *minutes)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  if (file) *file = tn->checkpoint;
  if (its) *its = tn->checkpointits;
  if (minutes) *minutes = tn->checkpointminutes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGCheckpointOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  PetscInt      its     = tn->checkpointits;
  PetscReal     minutes = tn->checkpointminutes;
  char          file[PETSC_MAX_PATH_LEN], from[PETSC_MAX_PATH_LEN];
  PetscBool     signals = tn->signals;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(file, tn->checkpoint ? tn->checkpoint : "", sizeof(file)));
  PetscCall(PetscStrncpy(from, tn->restart ? tn->restart : "", sizeof(from)));
  PetscCall(PetscOptionsString("-tao_trustncg_checkpoint", "File for the state of the solve",
                               "TaoTrustNCGSetCheckpoint", file, file, sizeof(file), NULL));
  PetscCall(PetscOptionsInt("-tao_trustncg_checkpoint_interval",
                            "Iterations between checkpoints, 0 for never",
                            "TaoTrustNCGSetCheckpoint", its, &its, NULL));
  PetscCall(PetscOptionsReal("-tao_trustncg_checkpoint_minutes",
                             "Minutes between checkpoints, 0 for never", "TaoTrustNCGSetCheckpoint",
                             minutes, &minutes, NULL));
  PetscCall(PetscOptionsString("-tao_trustncg_restart", "File from which the solve goes on",
                               "TaoTrustNCGSetRestart", from, from, sizeof(from), NULL));
  PetscCall(PetscOptionsBool("-tao_trustncg_signals",
                             "SIGUSR1 and SIGTERM stop the solve in good order",
                             "TaoTrustNCGSetSignals", signals, &signals, NULL));
  PetscCall(TaoTrustNCGSetCheckpoint(tao, file, its, minutes));
  PetscCall(TaoTrustNCGSetRestart(tao, from));
  PetscCall(TaoTrustNCGSetSignals(tao, signals));
  PetscFunctionReturn(PETSC_SUCCESS);
}
