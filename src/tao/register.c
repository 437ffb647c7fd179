/* SPDX-License-Identifier: BSD-2-Clause
   The TAO type itself: creation, set-up, destruction, registration, and loading as a plugin. */
#include "tao/trustncg_impl.h"
#include "hessvec/hessvec.h"
#include "subproblem/lanczos.h"
#include "subproblem/trustcg.h"

PetscLogEvent TRUSTNCG_Subproblem, TRUSTNCG_HessVec, TRUSTNCG_Trial;

static PetscErrorCode TrustNCGCheckUnconstrained(Tao tao)
{
  Vec       lower, upper;
  PetscReal most = PETSC_NINFINITY, least = PETSC_INFINITY;

  PetscFunctionBegin;
  PetscCall(TaoGetVariableBounds(tao, &lower, &upper));
  if (lower) PetscCall(VecMax(lower, NULL, &most));
  if (upper) PetscCall(VecMin(upper, NULL, &least));
  PetscCheck(most <= PETSC_NINFINITY && least >= PETSC_INFINITY && !tao->constrained,
             PetscObjectComm((PetscObject)tao), PETSC_ERR_SUP,
             "%s minimises without bounds or constraints, and this Tao has some: use another "
             "-tao_type, such as bntr for bounds",
             TAOTRUSTNCG);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TaoSetUp_TrustNCG(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGCheckUnconstrained(tao));
  if (!tao->gradient) PetscCall(VecDuplicate(tao->solution, &tao->gradient));
  if (!tao->stepdirection) PetscCall(VecDuplicate(tao->solution, &tao->stepdirection));
  if (!tn->w) PetscCall(VecDuplicate(tao->solution, &tn->w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TaoDestroy_TrustNCG(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&tn->w));
  PetscCall(VecDestroy(&tn->spare));
  PetscCall(TrustNCGHessVecDestroy(&tn->shell));
  PetscCall(TrustNCGLanczosDestroy(&tn->lanczos));
  PetscCall(TrustNCGResetSequence(tao));
  PetscCall(TrustNCGPrecondReset(tao));
  PetscCall(TrustNCGCheckpointDestroy(tao));
  PetscCall(KSPDestroy(&tao->ksp));
  PetscCall(TrustNCGGuardDestroy(tao));
  PetscCall(PetscFree(tao->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrustNCGCreateKSP(Tao tao)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)tao), &tao->ksp));
  PetscCall(PetscObjectIncrementTabLevel((PetscObject)tao->ksp, (PetscObject)tao, 1));
  PetscCall(KSPSetOptionsPrefix(tao->ksp, ((PetscObject)tao)->prefix));
  PetscCall(KSPAppendOptionsPrefix(tao->ksp, "tao_trustncg_"));
  PetscCall(KSPSetType(tao->ksp, KSPTRUSTCG));
  /* rtol is the largest forcing term; a residual of CG may grow, so there is no divergence test */
  PetscCall(KSPSetTolerances(tao->ksp, 0.25, 0.0, PETSC_MAX_REAL, PETSC_DEFAULT));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCSetType(pc, PCNONE)); /* what works on any Mat */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*MC
  TAOTRUSTNCG - "trustncg": trust-region Newton-CG for smooth unconstrained minimisation without
  a matrix.

  Each iteration minimises the quadratic model g'd + d'Hd/2 over ||d|| <= radius by truncated
  conjugate gradients (`KSPTRUSTCG`), as accurately as the distance from the solution deserves, or
  takes a step of a model of the inverse Hessian learned so far, where that is cheaper.

  Options Database Keys:
+ -tao_trust0 <inf> - first radius; by default the first step is as long as CG makes it
. -tao_trustncg_eta <1e-4> - smallest reduction ratio of an accepted step
. -tao_trustncg_fd_step <0> - relative step of the gradient differences, 0: adapted to the noise
. -tao_trustncg_check_derivatives <false> - report before the solve whether f, gradient and H v fit
. -tao_trustncg_check_derivatives_error <false> - stop before the solve where they do not
. -tao_trustncg_second_order <false> - check the curvature at the end, and leave saddle points
. -tao_trustncg_second_order_flat <1e-4> - curvature above minus this times ||H|| is not negative
. -tao_trustncg_reproducible <false> - the same bits on any number of ranks
. -tao_trustncg_ksp_rtol <0.25> - largest forcing term
. -tao_trustncg_ksp_max_it <10000> - most CG iterations in a subproblem
. -tao_trustncg_ksp_trustcg_reductions <2> - reductions a CG iteration, see `KSPTRUSTCG`
. -tao_trustncg_precond <auto> - what preconditions CG, see `TaoTrustNCGSetPrecondType()`
. -tao_trustncg_learned_steps <true> - steps of the learned model alone
. -tao_trustncg_grid_sequence <0> - most coarser grids of the solution's DM to solve first
. -tao_trustncg_vectors <unbounded> - most vectors that preconditioning may take
. -tao_trustncg_hv_fallback <false> - differences where a user's H v turns out to be wrong
. -tao_trustncg_deadline <60> - seconds that a rank whose callback failed waits for the others
. -tao_trustncg_max_time <seconds> - limit on the wall time of a solve, inside CG, too
. -tao_trustncg_checkpoint <file> - where to save the state of the solve
. -tao_trustncg_checkpoint_interval <0> - iterations between checkpoints, 0 for never
. -tao_trustncg_checkpoint_minutes <10> - minutes between checkpoints, 0 for never
. -tao_trustncg_restart <file> - the checkpoint to go on from
. -tao_trustncg_signals <false> - SIGUSR1 and SIGTERM stop the solve in good order
- -tao_trustncg_pc_type <none> - PETSc's preconditioner; its norm is that of the trust region

  Level: beginner

  Notes:
  H v comes from the function of `TaoTrustNCGSetHessianVector()`, else from the Mat of
  `TaoSetHessian()`, else from finite differences of the gradient, for which nothing needs to be
  set. f and gradient may be set apart or together. A function of `TaoSetUpdate()` may move the
  solution: the solve then starts again from there. Where it sets a reason, that of rank 0 ends the
  solve.

  Reasons beside those of the convergence test: `TAO_DIVERGED_TR_REDUCTION` where rounding or noise
  allows no more, f does not fit its gradient, or no step is acceptable; `TAO_DIVERGED_NAN` when f,
  its gradient or H v is not finite wherever it was tried; `TAO_DIVERGED_USER` where f is unbounded
  below, the time is up or a signal arrived. `TaoTrustNCGGetOutcome()` tells them apart. A start at
  which f or its gradient is not finite is an error. The solution is always the best point found.

  References: Conn, Gould, Toint, Trust-Region Methods (2000), algorithms 6.1.1 and 7.5.1; Nocedal,
  Wright, Numerical Optimization (2006), chapter 7.

.seealso: `TaoTrustNCGSetHessianVector()`, `TaoTrustNCGGetLedger()`, `KSPTRUSTCG`, `TAONTR`
M*/
PetscErrorCode TaoCreate_TrustNCG(Tao tao)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(PetscNew(&tn));
  tao->data                = tn;
  tao->ops->setup          = TaoSetUp_TrustNCG;
  tao->ops->solve          = TrustNCGSolveReproducibly;
  tao->ops->setfromoptions = TaoSetFromOptions_TrustNCG;
  tao->ops->view           = TaoView_TrustNCG;
  tao->ops->destroy        = TaoDestroy_TrustNCG;
  tn->eta                  = 1e-4;
  tn->precond              = TAO_TRUSTNCG_PRECOND_AUTO;
  tn->maxvectors           = PETSC_MAX_INT;
  tn->learnedsteps         = PETSC_TRUE;
  tn->maxtime              = PETSC_INFINITY;
  tn->deadline             = 60.0;
  tn->flat                 = 1e-4;
  tn->checkpointminutes    = 10.0;
  TrustNCGTaoDefaults(tao);
  PetscCall(TrustNCGGuardCreate(tao));
  PetscCall(TrustNCGCreateKSP(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PETSc at run time must be PETSc at build time, in all that both sides see of the objects. The
   sizes come first: a PetscInt of another size must not be passed by address. */
static PetscErrorCode TrustNCGCheckPetsc(void)
{
  PetscDataType type;
  PetscBool     found;
  PetscInt      major, minor;
  size_t        size;

  PetscFunctionBegin;
  PetscCall(PetscDataTypeGetSize(PETSC_INT, &size));
  PetscCheck(size == sizeof(PetscInt), PETSC_COMM_SELF, PETSC_ERR_LIB,
             "libtrustncg was built with PetscInt indices of %d bits, PETSc in this program has "
             "%d: build libtrustncg with the PETSc of the program",
             8 * (int)sizeof(PetscInt), 8 * (int)size);
  PetscCall(PetscDataTypeFromString("scalar", &type, &found));
  if (found) PetscCall(PetscDataTypeGetSize(type, &size));
  PetscCheck(found && size == sizeof(PetscScalar), PETSC_COMM_SELF, PETSC_ERR_LIB,
             "libtrustncg was built with PetscScalar of %d bytes, PETSc in this program has "
             "%d: build libtrustncg with the PETSc of the program",
             (int)sizeof(PetscScalar), (int)size);
  PetscCall(PetscGetVersionNumber(&major, &minor, NULL, NULL));
  PetscCheck(major == PETSC_VERSION_MAJOR && minor == PETSC_VERSION_MINOR, PETSC_COMM_SELF,
             PETSC_ERR_LIB,
             "libtrustncg was built with PETSc %d.%d, this program runs PETSc %" PetscInt_FMT
             ".%" PetscInt_FMT ": build libtrustncg with the PETSc of the program",
             PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, major, minor);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool EventsRegistered = PETSC_FALSE;

/* PETSc forgets its events when it is finalized, and may be initialized again. */
static PetscErrorCode TrustNCGFinalizePackage(void)
{
  PetscFunctionBegin;
  EventsRegistered = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TrustNCGInitializePackage - Registers `TAOTRUSTNCG` and `KSPTRUSTCG` with PETSc.

  Logically Collective on `PETSC_COMM_WORLD`

  Level: beginner

  Note:
  A program that links libtrustncg calls it once after `PetscInitialize()`; with
  `-dll_append /abs/path/libtrustncg.so` PETSc calls it itself. Errors with `PETSC_ERR_LIB` when
  the library was built for another PETSc.

.seealso: `TAOTRUSTNCG`, `KSPTRUSTCG`, `TaoSetType()`
@*/
PetscErrorCode TrustNCGInitializePackage(void)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGCheckPetsc());
  PetscCall(TaoRegister(TAOTRUSTNCG, TaoCreate_TrustNCG));
  PetscCall(KSPRegister(KSPTRUSTCG, KSPCreate_TrustCG));
  if (EventsRegistered) PetscFunctionReturn(PETSC_SUCCESS);
  EventsRegistered = PETSC_TRUE;
  PetscCall(PetscRegisterFinalize(TrustNCGFinalizePackage));
  PetscCall(PetscLogEventRegister("TrustNCGCG", TAO_CLASSID, &TRUSTNCG_Subproblem));
  PetscCall(PetscLogEventRegister("TrustNCGHessVec", TAO_CLASSID, &TRUSTNCG_HessVec));
  PetscCall(PetscLogEventRegister("TrustNCGTrial", TAO_CLASSID, &TRUSTNCG_Trial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What PETSc calls when it loads libtrustncg.so. */
PETSC_EXTERN PetscErrorCode PetscDLLibraryRegister_trustncg(void)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGInitializePackage());
  PetscFunctionReturn(PETSC_SUCCESS);
}
