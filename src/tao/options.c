/* SPDX-License-Identifier: BSD-2-Clause
   What a user may set, by function and by option. */
#include "tao/trustncg_impl.h"

#define HV_KEY "TaoTrustNCGHessianVector"

typedef struct {
  TaoTrustNCGHessianVectorFn fn;
  void                      *ctx;
} HessianVector;

/* The private data, or NULL where the type is another one. */
PetscErrorCode TaoGetTrustNCG(Tao tao, TAO_TrustNCG **tn)
{
  PetscBool same;

  PetscFunctionBegin;
  *tn = NULL;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscCall(PetscObjectTypeCompare((PetscObject)tao, TAOTRUSTNCG, &same));
  *tn = same ? (TAO_TrustNCG *)tao->data : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoNeedTrustNCG(Tao tao, TAO_TrustNCG **tn)
{
  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, tn));
  PetscCheck(*tn, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONG,
             "The Tao is of type %s, not %s: call TaoSetType() first",
             ((PetscObject)tao)->type_name ? ((PetscObject)tao)->type_name : "(none)", TAOTRUSTNCG);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessianVectorDestroy(void *ctx)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(ctx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGSetHessianVector - Sets the function that computes the product of the Hessian of the
  objective with a vector.

  Logically Collective

  Input Parameters:
+ tao - the `Tao`; its type may still be chosen later, other types ignore the function
. fn  - the function, or `NULL` to take it back
- ctx - passed to `fn`, may be `NULL`; not copied, not destroyed

  Calling sequence of `fn`:
+ tao - the `Tao`
. x   - the point, like the solution vector, not to be written
. v   - the direction, like the solution vector, not to be written
. Hv  - the directional derivative of the gradient at `x` along `v`, to be filled
- ctx - as above

  Level: beginner

  Notes:
  Collective on the communicator of `tao`. Many products are asked for at one `x`: what depends on
  `x` alone may be kept while `PetscObjectStateGet()` of `x` returns the same number.

  Without it a Mat given to `TaoSetHessian()` is used, and without that finite differences of the
  gradient. With it the second Mat of `TaoSetHessian()` still builds the preconditioner.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetHessianVector()`, `TaoSetHessian()`,
          `TaoTrustNCGSetDifferenceStep()`
@*/
PetscErrorCode TaoTrustNCGSetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn fn, void *ctx)
{
  PetscContainer box;
  HessianVector *hv;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  if (!fn) {
    PetscCall(PetscObjectCompose((PetscObject)tao, HV_KEY, NULL));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscNew(&hv));
  hv->fn  = fn;
  hv->ctx = ctx;
  PetscCall(PetscContainerCreate(PetscObjectComm((PetscObject)tao), &box));
  PetscCall(PetscContainerSetPointer(box, hv));
  PetscCall(PetscContainerSetUserDestroy(box, HessianVectorDestroy));
  PetscCall(PetscObjectCompose((PetscObject)tao, HV_KEY, (PetscObject)box));
  PetscCall(PetscContainerDestroy(&box));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@C
  TaoTrustNCGGetHessianVector - Gets the function set by `TaoTrustNCGSetHessianVector()`.

  Not Collective

  Input Parameter:
. tao - the `Tao`

  Output Parameters:
+ fn  - the function, `NULL` where none was set; may be `NULL` if not wanted
- ctx - its context; may be `NULL` if not wanted

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetHessianVector()`
@*/
PetscErrorCode TaoTrustNCGGetHessianVector(Tao tao, TaoTrustNCGHessianVectorFn *fn, void **ctx)
{
  PetscContainer box;
  HessianVector *hv = NULL;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscCall(PetscObjectQuery((PetscObject)tao, HV_KEY, (PetscObject *)&box));
  if (box) PetscCall(PetscContainerGetPointer(box, (void **)&hv));
  if (fn) *fn = hv ? hv->fn : NULL;
  if (ctx) *ctx = hv ? hv->ctx : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetEta - Sets the smallest reduction ratio at which a step is accepted.

  Logically Collective; `eta` must be equal on all ranks

  Input Parameters:
+ tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- eta - dimensionless, 0 < eta < 1/4; default 1e-4

  Options Database Key:
. -tao_trustncg_eta <1e-4> - acceptance ratio

  Level: advanced

  Note:
  Errors with `PETSC_ERR_ARG_OUTOFRANGE` outside (0, 1/4). Conn, Gould, Toint (2000), algorithm
  6.1.1.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetEta()`
@*/
PetscErrorCode TaoTrustNCGSetEta(Tao tao, PetscReal eta)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveReal(tao, eta, 2);
  PetscCheck(eta > 0.0 && eta < 0.25, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "The acceptance ratio -tao_trustncg_eta must be in (0, 0.25), not %g", (double)eta);
  if (tn) tn->eta = eta;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetEta - Gets the smallest reduction ratio at which a step is accepted.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. eta - dimensionless

  Level: advanced

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetEta()`
@*/
PetscErrorCode TaoTrustNCGGetEta(Tao tao, PetscReal *eta)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidRealPointer(eta, 2);
  *eta = tn->eta;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetDifferenceStep - Sets the relative step of the finite differences of the gradient
  that stand in for Hessian-vector products.

  Logically Collective; `relstep` must be equal on all ranks

  Input Parameters:
+ tao     - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- relstep - dimensionless, 0 < relstep < 1; or 0, the default: one that suits the noise

  Options Database Key:
. -tao_trustncg_fd_step <0> - relative step, 0: adapted to the noise

  Level: intermediate

  Notes:
  H v is taken as (g(x + h v) - g(x))/h with h ||v|| = relstep (1 + ||x||).

  With 0 it begins as the square root of the machine epsilon. CG sees for free how far its products
  are from those of a symmetric matrix; where that is more than rounding, the noise of the gradient
  and the step of least error for it are measured, at 5 to 11 gradients (`ng_noise` in the ledger),
  and CG begins anew. That is done with `KSPTRUSTCG` in its form of two reductions.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` outside [0, 1). Nocedal and Wright (2006), section 8.1;
  More and Wild (2011, 2012).

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetDifferenceStep()`, `TaoTrustNCGSetHessianVector()`
@*/
PetscErrorCode TaoTrustNCGSetDifferenceStep(Tao tao, PetscReal relstep)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveReal(tao, relstep, 2);
  PetscCheck(relstep >= 0.0 && relstep < 1.0, PetscObjectComm((PetscObject)tao),
             PETSC_ERR_ARG_OUTOFRANGE,
             "The relative difference step -tao_trustncg_fd_step must be in (0, 1), or 0 for "
             "one that suits the noise, not %g",
             (double)relstep);
  if (tn) tn->relstep = relstep;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetDifferenceStep - Gets the relative step of the finite differences.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. relstep - dimensionless

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetDifferenceStep()`
@*/
PetscErrorCode TaoTrustNCGGetDifferenceStep(Tao tao, PetscReal *relstep)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidRealPointer(relstep, 2);
  *relstep = tn->relstep;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is -<prefix>tao_trustncg_<rest> an option of the KSP, or of what hangs on it? */
static PetscErrorCode IsInnerOption(const char rest[], PetscBool *inner)
{
  static const char *const marks[] = {"ksp_", "pc_", "mat_"};
  char                    *at      = NULL;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !at; i++) {
    PetscCall(PetscStrstr(rest, marks[i], &at));
  }
  *inner = (PetscBool)(at != NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first option in the database that begins with `key`, belongs to nobody and was not used; an
   empty string where there is none. */
static PetscErrorCode FindUnknownOption(PetscOptions options, const char key[], char unknown[],
                                        size_t length)
{
  char   **names, **values;
  PetscInt n;
  size_t   skip;

  PetscFunctionBegin;
  unknown[0] = '\0';
  PetscCall(PetscStrlen(key, &skip));
  PetscCall(PetscOptionsLeftGet(options, &n, &names, &values));
  for (PetscInt i = 0; i < n && !unknown[0]; i++) {
    PetscBool ours, inner = PETSC_FALSE;

    PetscCall(PetscStrbeginswith(names[i], key, &ours));
    if (ours) PetscCall(IsInnerOption(names[i] + skip, &inner));
    if (ours && !inner) PetscCall(PetscStrncpy(unknown, names[i], length));
  }
  PetscCall(PetscOptionsLeftRestore(options, &n, &names, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A misspelt option of ours is an error: a run of hours should not ignore it. */
static PetscErrorCode TrustNCGCheckOptions(Tao tao)
{
  const char *prefix = TrustNCGPrefix(tao);
  char        key[PETSC_MAX_OPTION_NAME], unknown[PETSC_MAX_OPTION_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof(key), "%stao_trustncg_", prefix));
  PetscCall(FindUnknownOption(((PetscObject)tao)->options, key, unknown, sizeof(unknown)));
  PetscCheck(!unknown[0], PetscObjectComm((PetscObject)tao), PETSC_ERR_USER_INPUT,
             "There is no option -%s: there are -%s{eta,fd_step,precond,learned_steps,vectors,"
             "grid_sequence,check_derivatives,second_order,reproducible,checkpoint,restart,"
             "signals,max_time,hv_fallback,deadline}, and "
             "-%sksp_*, -%spc_* for the inner solver; -help lists them",
             unknown, key, key, key);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* TaoSetOptionsPrefix() after TaoSetType() gives its prefix to the KSP as well. */
static PetscErrorCode TrustNCGSetKSPPrefix(Tao tao)
{
  const char *prefix, *mine = ((PetscObject)tao)->prefix;
  PetscBool   same;

  PetscFunctionBegin;
  PetscCall(KSPGetOptionsPrefix(tao->ksp, &prefix));
  PetscCall(PetscStrcmp(prefix, mine, &same));
  if (same) PetscCall(KSPAppendOptionsPrefix(tao->ksp, "tao_trustncg_"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TaoSetFromOptions_TrustNCG(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  TAO_TrustNCG          *tn      = (TAO_TrustNCG *)tao->data;
  PetscReal              eta     = tn->eta;
  PetscReal              relstep = tn->relstep;
  TaoTrustNCGPrecondType precond = tn->precond;
  PetscBool              learned = tn->learnedsteps;
  PetscInt               most    = tn->maxvectors;
  PetscInt               grids   = tn->sequence.most;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Trust-region Newton-CG without a matrix");
  PetscCall(PetscOptionsReal("-tao_trustncg_eta", "Smallest reduction ratio of an accepted step",
                             "TaoTrustNCGSetEta", eta, &eta, NULL));
  PetscCall(PetscOptionsReal("-tao_trustncg_fd_step",
                             "Relative step of the gradient differences, 0: adapted to the noise",
                             "TaoTrustNCGSetDifferenceStep", relstep, &relstep, NULL));
  PetscCall(PetscOptionsEnum("-tao_trustncg_precond", "What preconditions the truncated CG",
                             "TaoTrustNCGSetPrecondType", TaoTrustNCGPrecondTypes,
                             (PetscEnum)precond, (PetscEnum *)&precond, NULL));
  PetscCall(PetscOptionsBool("-tao_trustncg_learned_steps",
                             "Steps of the learned model alone, where they promise more than CG",
                             "TaoTrustNCGSetLearnedSteps", learned, &learned, NULL));
  PetscCall(PetscOptionsInt(
    "-tao_trustncg_vectors",
    "Most vectors like the solution for preconditioning, by default as many as it takes",
    "TaoTrustNCGSetMaxVectors", most, &most, NULL));
  if (!tn->sequence.level) {
    PetscCall(PetscOptionsInt("-tao_trustncg_grid_sequence",
                              "Most coarser grids of the solution's DM to solve first",
                              "TaoTrustNCGSetGridSequence", grids, &grids, NULL));
  }
  PetscCall(TrustNCGReproducibleOptions(tao, PetscOptionsObject));
  PetscCall(TrustNCGSecondOrderOptions(tao, PetscOptionsObject));
  PetscCall(TrustNCGCheckpointOptions(tao, PetscOptionsObject));
  PetscCall(TrustNCGDoctorOptions(tao, PetscOptionsObject));
  PetscCall(TrustNCGLimitsOptions(tao, PetscOptionsObject));
  PetscCall(TrustNCGConsistencyOptions(tao, PetscOptionsObject));
  PetscOptionsHeadEnd();
  PetscCall(TaoTrustNCGSetEta(tao, eta));
  PetscCall(TaoTrustNCGSetDifferenceStep(tao, relstep));
  PetscCall(TaoTrustNCGSetPrecondType(tao, precond));
  PetscCall(TaoTrustNCGSetLearnedSteps(tao, learned));
  PetscCall(TaoTrustNCGSetMaxVectors(tao, most));
  PetscCall(TaoTrustNCGSetGridSequence(tao, grids));
  PetscCall(TrustNCGSetKSPPrefix(tao));
  PetscCall(KSPSetFromOptions(tao->ksp));
  PetscCall(TrustNCGCheckOptions(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}
