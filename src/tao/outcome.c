/* SPDX-License-Identifier: BSD-2-Clause
   How a solve ended: finer than TaoConvergedReason, and with the numbers. */
#include "tao/trustncg_impl.h"
#include <stdarg.h>

const char *const TaoTrustNCGOutcomes[] = {
  "RUNNING",       "FIRST_ORDER", "SECOND_ORDER", "SADDLE_POINT", "UNBOUNDED",
  "NOISE_FLOOR",   "STAGNATION",  "INCONSISTENT", "NO_STEP",      "NOT_FINITE",
  "LIMIT",         "TIME",        "SIGNAL",       "USER_STOPPED", "TaoTrustNCGOutcome",
  "TAO_TRUSTNCG_", NULL};

/* Adds what the steps have shown, unless it is said already. */
static PetscErrorCode AddSuspicion(TAO_TrustNCG *tn)
{
  const char *words = TrustNCGSuspectWords[tn->suspect];
  char       *said;

  PetscFunctionBegin;
  if (tn->suspect == TRUSTNCG_SUSPECT_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscStrstr(tn->ending, words, &said));
  if (said) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscStrlcat(tn->ending, "; but ", sizeof(tn->ending)));
  PetscCall(PetscStrlcat(tn->ending, words, sizeof(tn->ending)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Ends the solve, and says why in words. */
PetscErrorCode TrustNCGStop(Tao tao, TaoConvergedReason reason, TaoTrustNCGOutcome outcome,
                            const char format[], ...)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  va_list       args;
  size_t        full;

  PetscFunctionBegin;
  tao->reason = reason;
  tn->outcome = outcome;
  va_start(args, format);
  PetscCall(PetscVSNPrintf(tn->ending, sizeof(tn->ending), format, &full, args));
  va_end(args);
  PetscCall(AddSuspicion(tn));
  PetscCall(PetscInfo(tao, "%s: %s\n", TaoTrustNCGOutcomes[outcome], tn->ending));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The limit on iterations, or on evaluations; a convergence test of the user's may have its own. */
PetscErrorCode TrustNCGStopAtLimit(Tao tao, TaoConvergedReason reason)
{
  const PetscBool its   = (PetscBool)(reason == TAO_DIVERGED_MAXITS);
  const PetscInt  limit = its ? tao->max_it : tao->max_funcs;
  const PetscBool taos  = its ? (PetscBool)(tao->niter >= limit) : TrustNCGEvaluationsAreSpent(tao);
  const char     *what  = its ? "iterations" : "evaluations";
  char            number[32] = "on ";

  PetscFunctionBegin;
  if (taos) PetscCall(PetscSNPrintf(number, sizeof(number), "of %" PetscInt_FMT " ", limit));
  PetscCall(TrustNCGStop(tao, reason, TAO_TRUSTNCG_LIMIT, "the limit %s%s is reached, ||g|| = %g",
                         number, what, (double)((TAO_TrustNCG *)tao->data)->gnorm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The name of an end that came from the convergence test. */
PetscErrorCode TrustNCGNameOutcome(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (tn->outcome != TAO_TRUSTNCG_RUNNING) PetscFunctionReturn(PETSC_SUCCESS);
  if (tao->reason == TAO_DIVERGED_MAXITS || tao->reason == TAO_DIVERGED_MAXFCN) {
    PetscCall(TrustNCGStopAtLimit(tao, tao->reason));
  } else if (tao->reason == TAO_DIVERGED_NAN) {
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_NOT_FINITE, "f or ||g|| is not finite"));
  } else if (tao->reason < 0) {
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_USER_STOPPED,
                           "the user's convergence test, monitor or update ended the solve"));
  } else if (tao->reason == TAO_CONVERGED_MINF) {
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_USER_STOPPED,
                           "f = %g is at or below -tao_fmin, ||g|| = %g", (double)tn->f,
                           (double)tn->gnorm));
  } else if (tao->reason == TAO_CONVERGED_USER) {
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_USER_STOPPED,
                           "the user's convergence test, monitor or update says so, ||g|| = %g",
                           (double)tn->gnorm));
  } else {
    PetscCall(TrustNCGStop(tao, tao->reason, TAO_TRUSTNCG_FIRST_ORDER,
                           "||g|| = %g meets the tolerance; curvature was not checked",
                           (double)tn->gnorm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGGetOutcome - Gets how the last `TaoSolve()` ended, finer than `TaoConvergedReason`.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameters:
+ outcome - one of `TaoTrustNCGOutcome`; its name is `TaoTrustNCGOutcomes[outcome]`
- why     - the same in words, with the numbers; valid until the next solve; may be `NULL`

  Level: intermediate

  Notes:
  `TAO_TRUSTNCG_FIRST_ORDER` says that the convergence test is met and nothing about curvature.

  `-tao_view` prints both.

.seealso: `TAOTRUSTNCG`, `TaoGetConvergedReason()`, `TaoTrustNCGGetLedger()`
@*/
PetscErrorCode TaoTrustNCGGetOutcome(Tao tao, TaoTrustNCGOutcome *outcome, const char **why)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscValidPointer(outcome, 2);
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  *outcome = tn->outcome;
  if (why) *why = tn->ending;
  PetscFunctionReturn(PETSC_SUCCESS);
}
