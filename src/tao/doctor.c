/* SPDX-License-Identifier: BSD-2-Clause
   The derivative check before a solve: its options, and f, gradient and Hv as it calls them. */
#include "tao/doctor.h"

#define DIRECTION_KEY "TaoTrustNCGCheckDirection"
#define WHERE_KEY     "TaoTrustNCGCheckIndexSet"

/*@
  TaoTrustNCGSetCheckDerivatives - Sets whether f, its gradient and its Hessian-vector product are
  checked against each other at the start of each `TaoSolve()`.

  Logically Collective; all values must be equal on all ranks

  Input Parameters:
+ tao    - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
. report - print a report on the standard output of the communicator, then go on; default false
- stop   - stop with `PETSC_ERR_USER`, which says what is wrong, before the first step; default
           false

  Options Database Keys:
+ -tao_trustncg_check_derivatives <false>       - print the report
- -tao_trustncg_check_derivatives_error <false> - stop where they are wrong

  Level: beginner

  Notes:
  Along a direction v it compares f(x + h v) with g'v, g(x + h v) with H v, and f(x + h v) with
  v'H v, over a ladder of h; it tests the symmetry and the linearity of H v, whether H v at x
  remembers another point, the noise in f and in the gradient, and whether the ranks agree on f.
  Nothing of size n^2 is formed: about 20 evaluations, five products, seven vectors. Where the
  gradient does not fit f, more evaluations find the ranks and the unknown at fault. None of it is
  in the ledger of the solve.

  The random v has no zero entry, is the same at every call, and depends on the numbering of the
  unknowns but not on the number of ranks. A wrong entry among n shows along it by its share alone:
  where the report says that its share is below noise, give a direction or an index set.

  H v is not checked where it is made of differences of the gradient.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetCheckDerivatives()`, `TaoTrustNCGSetCheckDirection()`,
          `TaoTrustNCGSetCheckIndexSet()`, `TaoTestGradient()`
@*/
PetscErrorCode TaoTrustNCGSetCheckDerivatives(Tao tao, PetscBool report, PetscBool stop)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, report, 2);
  PetscValidLogicalCollectiveBool(tao, stop, 3);
  if (tn) {
    tn->checkreport = report;
    tn->checkstop   = stop;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetCheckDerivatives - Gets what `TaoTrustNCGSetCheckDerivatives()` has set.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameters:
+ report - a report is printed; may be `NULL` if not wanted
- stop   - wrong derivatives are an error; may be `NULL` if not wanted

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetCheckDerivatives()`
@*/
PetscErrorCode TaoTrustNCGGetCheckDerivatives(Tao tao, PetscBool *report, PetscBool *stop)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  if (report) *report = tn->checkreport;
  if (stop) *stop = tn->checkstop;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetCheckDirection - Sets the direction along which derivatives are checked.

  Logically Collective

  Input Parameters:
+ tao - the `Tao`; its type may still be chosen later, other types ignore the direction
- v   - like the solution vector, not zero; referenced, not copied; `NULL`, the default, for a
        random direction

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetCheckDirection()`, `TaoTrustNCGSetCheckDerivatives()`
@*/
PetscErrorCode TaoTrustNCGSetCheckDirection(Tao tao, Vec v)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  if (v) PetscValidHeaderSpecific(v, VEC_CLASSID, 2);
  PetscCall(PetscObjectCompose((PetscObject)tao, DIRECTION_KEY, (PetscObject)v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetCheckDirection - Gets the direction set by `TaoTrustNCGSetCheckDirection()`.

  Not Collective

  Input Parameter:
. tao - the `Tao`

  Output Parameter:
. v - the direction, `NULL` where none was set; not to be destroyed

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetCheckDirection()`
@*/
PetscErrorCode TaoTrustNCGGetCheckDirection(Tao tao, Vec *v)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscValidPointer(v, 2);
  PetscCall(PetscObjectQuery((PetscObject)tao, DIRECTION_KEY, (PetscObject *)v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetCheckIndexSet - Sets the unknowns in which derivatives are checked: the direction
  is made zero elsewhere.

  Logically Collective

  Input Parameters:
+ tao - the `Tao`; its type may still be chosen later, other types ignore the index set
- is  - global indices of the solution vector, on any ranks; referenced, not copied; `NULL`, the
        default, for all unknowns

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetCheckIndexSet()`, `TaoTrustNCGSetCheckDerivatives()`
@*/
PetscErrorCode TaoTrustNCGSetCheckIndexSet(Tao tao, IS is)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  if (is) PetscValidHeaderSpecific(is, IS_CLASSID, 2);
  PetscCall(PetscObjectCompose((PetscObject)tao, WHERE_KEY, (PetscObject)is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetCheckIndexSet - Gets the index set of `TaoTrustNCGSetCheckIndexSet()`.

  Not Collective

  Input Parameter:
. tao - the `Tao`

  Output Parameter:
. is - the index set, `NULL` where none was set; not to be destroyed

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetCheckIndexSet()`
@*/
PetscErrorCode TaoTrustNCGGetCheckIndexSet(Tao tao, IS *is)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscValidPointer(is, 2);
  PetscCall(PetscObjectQuery((PetscObject)tao, WHERE_KEY, (PetscObject *)is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDoctorOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  TAO_TrustNCG *tn     = (TAO_TrustNCG *)tao->data;
  PetscBool     report = tn->checkreport, stop = tn->checkstop;

  PetscFunctionBegin;
  PetscCall(PetscOptionsBool("-tao_trustncg_check_derivatives",
                             "Report before the solve whether f, gradient and Hv fit",
                             "TaoTrustNCGSetCheckDerivatives", report, &report, NULL));
  PetscCall(PetscOptionsBool("-tao_trustncg_check_derivatives_error",
                             "Stop before the solve where f, gradient and Hv do not fit",
                             "TaoTrustNCGSetCheckDerivatives", stop, &stop, NULL));
  PetscCall(TaoTrustNCGSetCheckDerivatives(tao, report, stop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DoctorValue(void *ctx, Vec x, PetscReal *f, Vec g)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGCallFunctionAndGradient((Tao)ctx, x, f, g));
  PetscCall(TrustNCGAgree((Tao)ctx, NULL, 0, NULL)); /* f stays as each rank has it */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Hv as the solve takes it; x is always tao->solution, whose state tells a callback of a move */
static PetscErrorCode DoctorApply(void *ctx, Vec x, Vec v, Vec Hv)
{
  Tao           tao = (Tao)ctx;
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  Mat           H, P;
  PetscErrorCode (*compute)(Tao, Vec, Mat, Mat, void *);

  PetscFunctionBegin;
  PetscCall(TaoGetHessian(tao, &H, &P, &compute, NULL));
  if (tn->kind == TRUSTNCG_HV_MATRIX && compute) {
    PetscCall(TrustNCGComputeHessian(tao, x, H, P ? P : H));
  }
  PetscCall(TrustNCGHessVecSetPoint(tn->shell, x, tao->gradient, 0.0, tn->w));
  PetscCall(MatMult(tn->shell, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Examine(Doctor *doctor)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGCheckMeasure(&doctor->c));
  if (doctor->c.finite) PetscCall(TrustNCGDoctorJudge(doctor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before the solve; x is as it was afterwards, also after an error. */
PetscErrorCode TrustNCGDoctor(Tao tao)
{
  TAO_TrustNCG  *tn     = (TAO_TrustNCG *)tao->data;
  Doctor         doctor = {.tao = tao, .comm = PetscObjectComm((PetscObject)tao)};
  PetscErrorCode ierr;

  PetscFunctionBegin;
  if (!tn->checkreport && !tn->checkstop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSetUpEvaluation(tao));
  doctor.c.value = DoctorValue;
  doctor.c.apply = tn->kind == TRUSTNCG_HV_FD ? NULL : DoctorApply;
  doctor.c.ctx   = tao;
  doctor.c.x     = tao->solution;
  PetscCall(TaoTrustNCGGetCheckDirection(tao, &doctor.c.direction));
  PetscCall(TaoTrustNCGGetCheckIndexSet(tao, &doctor.c.where));
  PetscCall(TrustNCGCheckCreate(&doctor.c));
  ierr = Examine(&doctor);
  PetscCall(TrustNCGCheckDestroy(&doctor.c));
  PetscCall(ierr);
  PetscCall(TaoResetStatistics(tao)); /* TAO's own counts are those of the solve, too */
  if (!doctor.c.finite) PetscFunctionReturn(PETSC_SUCCESS); /* the solve says so, and stops */
  if (tn->checkreport) PetscCall(TrustNCGDoctorView(&doctor, PETSC_VIEWER_STDOUT_(doctor.comm)));
  PetscCheck(!doctor.faults || !tn->checkstop, doctor.comm, PETSC_ERR_USER,
             "f, gradient and Hv do not fit at the start:%s", doctor.words);
  PetscFunctionReturn(PETSC_SUCCESS);
}
