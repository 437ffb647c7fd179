/* SPDX-License-Identifier: BSD-2-Clause
   Limits on time and evaluations, which hold inside CG, too. */
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
  PetscReal seconds = ((TAO_TrustNCG *)tao->data)->maxtime;

  PetscFunctionBegin;
  PetscCall(PetscOptionsReal("-tao_trustncg_max_time",
                             "Seconds that a solve may take, inside CG, too; infinite: no limit",
                             "TaoTrustNCGSetMaxTime", seconds, &seconds, NULL));
  PetscCall(TaoTrustNCGSetMaxTime(tao, seconds));
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
