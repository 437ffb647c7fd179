/* SPDX-License-Identifier: BSD-2-Clause
   Limits on time and evaluations, which hold inside CG, too; and on the wait for ranks that do not
   come. */
#include "tao/trustncg_impl.h"
#include <petsctime.h>

/* The clock starts. */
PetscErrorCode TrustNCGLimitsStart(Tao tao)
{
  PetscFunctionBegin;
  PetscCall(PetscTime(&((TAO_TrustNCG *)tao->data)->began));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By the clock of this rank: the ranks must agree. */
PetscBool TrustNCGTimeIsUp(const TAO_TrustNCG *tn)
{
  PetscLogDouble now;

  if (tn->maxtime >= PETSC_INFINITY) return PETSC_FALSE;
  return (PetscBool)(!PetscTime(&now) && now - tn->began >= tn->maxtime);
}

/* As TAO counts them, differences of a gradient that comes with f included */
PetscBool TrustNCGEvaluationsAreSpent(Tao tao)
{
  return (PetscBool)(tao->max_funcs >= 0 &&
                     PetscMax(tao->nfuncs, tao->nfuncgrads) > tao->max_funcs);
}

PetscErrorCode TrustNCGLimitsOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  const TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  PetscReal           seconds = tn->maxtime, deadline = tn->deadline;

  PetscFunctionBegin;
  PetscCall(PetscOptionsReal("-tao_trustncg_max_time",
                             "Seconds that a solve may take, inside CG, too; infinite: no limit",
                             "TaoTrustNCGSetMaxTime", seconds, &seconds, NULL));
  PetscCall(PetscOptionsReal("-tao_trustncg_deadline",
                             "Seconds that a rank whose callback failed waits for the others",
                             "TaoTrustNCGSetDeadline", deadline, &deadline, NULL));
  PetscCall(TaoTrustNCGSetMaxTime(tao, seconds));
  PetscCall(TaoTrustNCGSetDeadline(tao, deadline));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetMaxTime - Sets how long a `TaoSolve()` may take.

  Logically Collective; `seconds` must be equal on all ranks

  Input Parameters:
+ tao     - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- seconds - of wall time, positive; default `PETSC_INFINITY`, no limit

  Options Database Key:
. -tao_trustncg_max_time <seconds> - the limit

  Level: beginner

  Notes:
  The solve stops within one evaluation or one Hessian-vector product after the time is up, also
  inside a long CG solve, with the best point as the solution, the reason `TAO_DIVERGED_USER` and
  the outcome `TAO_TRUSTNCG_TIME`. The derivative check before a solve, a measurement of noise
  (a handful of gradients), a look for the pattern of the Hessian (a few products), and the inside
  of a KSP other than `KSPTRUSTCG` are not interrupted.

  With a limit the ranks agree in one small reduction an iteration, one a product where a sparse
  Hessian is built, and in CG with its own.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` unless positive.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetMaxTime()`, `TaoSetMaximumIterations()`,
          `TaoSetMaximumFunctionEvaluations()`, `TaoTrustNCGGetOutcome()`
@*/
PetscErrorCode TaoTrustNCGSetMaxTime(Tao tao, PetscReal seconds)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveReal(tao, seconds, 2);
  PetscCheck(seconds > 0.0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "The time limit -tao_trustncg_max_time must be positive, not %g seconds",
             (double)seconds);
  if (tn) tn->maxtime = seconds;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetMaxTime - Gets how long a `TaoSolve()` may take.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. seconds - of wall time; `PETSC_INFINITY` or more where there is no limit

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetMaxTime()`
@*/
PetscErrorCode TaoTrustNCGGetMaxTime(Tao tao, PetscReal *seconds)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidRealPointer(seconds, 2);
  *seconds = tn->maxtime;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetDeadline - Sets how long a rank whose callback has failed waits for the others.

  Logically Collective; `seconds` must be equal on all ranks

  Input Parameters:
+ tao     - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- seconds - positive; default 60

  Options Database Key:
. -tao_trustncg_deadline <60> - the seconds

  Level: advanced

  Notes:
  An error that a callback, or a preconditioner of yours, returns on one rank is returned
  by `TaoSolve()` on all ranks, if the others leave theirs. Where they cannot, because they wait in
  a collective call that the failed rank did not make, it ends the job by `MPI_Abort()` after that
  time, with a message that names the rank and the callback.

  The longest time between the first and the last rank to leave a callback is a good choice. It
  holds from the next solve on.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` unless positive.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetDeadline()`, `TaoTrustNCGSetDomainError()`
@*/
PetscErrorCode TaoTrustNCGSetDeadline(Tao tao, PetscReal seconds)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveReal(tao, seconds, 2);
  PetscCheck(seconds > 0.0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "The deadline -tao_trustncg_deadline must be a positive number of seconds, not %g",
             (double)seconds);
  if (tn) tn->deadline = seconds;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetDeadline - Gets what `TaoTrustNCGSetDeadline()` has set.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. seconds - how long a rank whose callback has failed waits for the others

  Level: advanced

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetDeadline()`
@*/
PetscErrorCode TaoTrustNCGGetDeadline(Tao tao, PetscReal *seconds)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidRealPointer(seconds, 2);
  *seconds = tn->deadline;
  PetscFunctionReturn(PETSC_SUCCESS);
}
