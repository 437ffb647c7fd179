/* SPDX-License-Identifier: BSD-2-Clause
   What a user may set about preconditioning and the learned model. */
#include "tao/trustncg_impl.h"

#define PATTERN_KEY "TaoTrustNCGPattern"

const char *const TaoTrustNCGPrecondTypes[] = {"none",
                                               "pairs",
                                               "diagonal",
                                               "sparse",
                                               "user",
                                               "auto",
                                               "TaoTrustNCGPrecondType",
                                               "TAO_TRUSTNCG_PRECOND_",
                                               NULL};

/*@
  TaoTrustNCGSetPrecondType - Sets what preconditions the truncated conjugate gradients.

  Logically Collective; `type` must be equal on all ranks

  Input Parameters:
+ tao  - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- type - one of the values below; default `TAO_TRUSTNCG_PRECOND_AUTO`

  Values:
+ `TAO_TRUSTNCG_PRECOND_NONE`     - nothing: a trust region in the Euclidean norm
. `TAO_TRUSTNCG_PRECOND_PAIRS`    - limited-memory BFGS from the curvature pairs (p, Hp) of CG and
  the steps, over a diagonal learned from the steps; no evaluation is made for it
. `TAO_TRUSTNCG_PRECOND_DIAGONAL` - the learned diagonal alone
. `TAO_TRUSTNCG_PRECOND_SPARSE`   - the Hessian assembled from one product a colour on the pattern
  of the solution's `DM` or of `TaoTrustNCGSetPattern()`, with the PC of the KSP, by default
  `PCMG` on a `DMDA`, else `PCGAMG`
. `TAO_TRUSTNCG_PRECOND_USER`     - the PC of the KSP as it is; where it is none, the Mat of
  `TaoSetGradientNorm()`
- `TAO_TRUSTNCG_PRECOND_AUTO`     - user where the KSP has a PC or the gradient a norm (sparse where
  that PC needs a matrix, and there is none but a pattern); else pairs; but where a pattern is
  known, sparse, as soon as the solve has cost a tenth of its products and the rest promises to
  cost more than these, if one product more shows that the Hessian has that pattern

  Options Database Key:
. -tao_trustncg_precond <auto> - none, pairs, diagonal, sparse, user or auto

  Level: intermediate

  Notes:
  The norm of the trust region is that of the preconditioner. `TaoView()` says what auto chose, and
  why.

  A `Mat` M given to `TaoSetGradientNorm()` is the inverse of a Riesz map: of the mass matrix where
  the unknowns are a function in L2, of a Laplacian in H1. Then all of the solve lives in its norm:
  sqrt(g'Mg) in the stop test, sqrt(r'Mr) in the forcing term of CG, sqrt(d'M^-1 d) in the radius,
  and no iterations grow with the grid. M is to apply to a gradient, symmetric and positive; a
  `MATSHELL` will do.

  A pattern is known where the `DM` of the solution is one of a mesh (`DMDA`, `DMPLEX`, `DMSTAG`,
  `DMNETWORK`, `DMFOREST`), where one was set, and where the unknowns are on no mesh, but an
  assembled `Mat` of `TaoSetHessian()` (AIJ, BAIJ, SBAIJ) gives the products with H: then it is that
  `Mat`'s, from its first assembly on. What auto takes unasked has at most 100 entries in a row.

  On a `DMDA` of any sizes, boundaries and unknowns at a point the sparse preconditioner is multigrid
  with every second node of the finer grid on the coarser one, in the directions of strong
  couplings; -tao_trustncg_pc_mg_levels (at most so many), other -tao_trustncg_pc_mg_*,
  -tao_trustncg_mg_levels_* and -tao_trustncg_mg_coarse_* change it, -tao_trustncg_pc_type gamg (or icc, hypre, ...) takes another.

  `PCGAMG` is told the near null space that the `Mat` of `TaoTrustNCGSetPattern()`,
  `DMCreateMatrix()` or `DMSetNearNullSpaceConstructor()` has, else the rigid motions where a `DMDA`
  has coordinates and as many unknowns at a point as dimensions.

  Pattern and colours are kept for the next `TaoSolve()`. The couplings of a `DMDA`'s box that the
  Hessian turns out not to have are left out while one product more, at the first two builds, at
  every fourth and where a step makes one doubt P, shows none of them: one product for each unknown
  of a point finds them where that may halve the colours, the first build where not. On a `DMDA`
  that is not periodic about half of the colours do, as the Hessian is symmetric and the other
  entries follow by substitution; so they do on meshes without order, by acyclic colours, of which
  many ranks take some more than one.

  J. L. Morales, J. Nocedal, Automatic preconditioning by limited memory quasi-Newton updating,
  SIAM J. Optim. 10 (2000); W. L. Briggs, V. E. Henson, S. F. McCormick, A Multigrid Tutorial (2000);
  T. F. Coleman, J. J. More, Estimation of sparse Hessian matrices and
  graph coloring problems, Math. Programming 28 (1984); A. H. Gebremedhin, A. Tarafdar, F. Manne,
  A. Pothen, New acyclic and star coloring algorithms with application to computing Hessians, SIAM
  J. Sci. Comput. 29 (2007); M. J. D. Powell, Ph. L. Toint, On the
  estimation of sparse Hessian matrices, SIAM J. Numer. Anal. 16 (1979).

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` for a value that is none of these, and with
  `PETSC_ERR_ARG_INCOMP` at the solve where the KSP or the bound on vectors leaves no room for it.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetPrecondType()`, `TaoTrustNCGSetPattern()`,
          `TaoTrustNCGSetLearnedSteps()`, `TaoTrustNCGSetMaxVectors()`, `TaoSetGradientNorm()`
@*/
PetscErrorCode TaoTrustNCGSetPrecondType(Tao tao, TaoTrustNCGPrecondType type)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveEnum(tao, type, 2);
  PetscCheck(type >= TAO_TRUSTNCG_PRECOND_NONE && type <= TAO_TRUSTNCG_PRECOND_AUTO,
             PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "There is no preconditioner of number %d: see TaoTrustNCGPrecondType", (int)type);
  if (tn) tn->precond = type;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetPrecondType - Gets what `TaoTrustNCGSetPrecondType()` has set.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. type - as set: auto stays auto

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetPrecondType()`
@*/
PetscErrorCode TaoTrustNCGGetPrecondType(Tao tao, TaoTrustNCGPrecondType *type)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidPointer(type, 2);
  *type = tn->precond;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetPattern - Sets the pattern of the Hessian, for the sparse preconditioner.

  Logically Collective

  Input Parameters:
+ tao     - the `Tao`; its type may still be chosen later, other types ignore the pattern
- pattern - assembled and of type `MATAIJ`, with the layout of the solution and an entry (i, j)
  wherever the second derivative along the unknowns i and j may be other than 0, both (i, j) and
  (j, i); its values do not matter. `NULL` takes it back

  Level: intermediate

  Notes:
  Referenced, not copied; not changed. Without it the pattern of the `DM` of the solution vector is
  taken. Errors with `PETSC_ERR_ARG_SIZ` at the solve where its layout is not the solution's.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetPattern()`, `TaoTrustNCGSetPrecondType()`
@*/
PetscErrorCode TaoTrustNCGSetPattern(Tao tao, Mat pattern)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  if (pattern) PetscValidHeaderSpecific(pattern, MAT_CLASSID, 2);
  PetscCall(PetscObjectCompose((PetscObject)tao, PATTERN_KEY, (PetscObject)pattern));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetPattern - Gets the pattern set by `TaoTrustNCGSetPattern()`.

  Not Collective

  Input Parameter:
. tao - the `Tao`

  Output Parameter:
. pattern - the Mat, `NULL` where none was set; not to be destroyed

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetPattern()`
@*/
PetscErrorCode TaoTrustNCGGetPattern(Tao tao, Mat *pattern)
{
  PetscFunctionBegin;
  PetscValidHeaderSpecific(tao, TAO_CLASSID, 1);
  PetscValidPointer(pattern, 2);
  PetscCall(PetscObjectQuery((PetscObject)tao, PATTERN_KEY, (PetscObject *)pattern));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetLearnedSteps - Allows or forbids steps of the learned model alone, which cost one
  evaluation and no Hessian-vector product.

  Logically Collective; `use` must be equal on all ranks

  Input Parameters:
+ tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- use - default true; false for pure Newton-CG

  Options Database Key:
. -tao_trustncg_learned_steps <true> - allow them

  Level: intermediate

  Note:
  They are made where the preconditioner is pairs, by choice or by auto. CG takes over where f has
  looked quadratic along them for a while or where they find no decrease, and keeps the turn while
  it brings the gradient down at no less than half of their rate.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetLearnedSteps()`, `TaoTrustNCGSetPrecondType()`
@*/
PetscErrorCode TaoTrustNCGSetLearnedSteps(Tao tao, PetscBool use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, use, 2);
  if (tn) tn->learnedsteps = use;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetLearnedSteps - Says whether steps of the learned model alone are allowed.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. use - true where they are

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetLearnedSteps()`
@*/
PetscErrorCode TaoTrustNCGGetLearnedSteps(Tao tao, PetscBool *use)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidBoolPointer(use, 2);
  *use = tn->learnedsteps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetMaxVectors - Bounds the memory of preconditioning and of the learned model.

  Logically Collective; `most` must be equal on all ranks

  Input Parameters:
+ tao  - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- most - vectors like the solution, >= 0; default unbounded, when up to 43 are taken by pairs, and
  by a sparse Hessian about 4 for each entry in a row of it, or 6 where entries follow from
  its symmetry, and up to six more for its corrections

  Options Database Key:
. -tao_trustncg_vectors <unbounded> - the bound

  Level: intermediate

  Notes:
  Beyond the seven vectors of the solve without a preconditioner. With fewer than 9 auto is none;
  what the PC makes of a sparse Hessian (levels of multigrid, factors) is not counted. Errors with
  `PETSC_ERR_ARG_OUTOFRANGE` for a negative bound.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetMaxVectors()`, `TaoTrustNCGGetLedger()`
@*/
PetscErrorCode TaoTrustNCGSetMaxVectors(Tao tao, PetscInt most)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveInt(tao, most, 2);
  PetscCheck(most >= 0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "The bound on vectors -tao_trustncg_vectors must be at least 0, not %" PetscInt_FMT,
             most);
  if (tn) tn->maxvectors = most;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetMaxVectors - Gets the bound on the memory of preconditioning.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. most - vectors like the solution; `PETSC_MAX_INT` where unbounded

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetMaxVectors()`
@*/
PetscErrorCode TaoTrustNCGGetMaxVectors(Tao tao, PetscInt *most)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidIntPointer(most, 2);
  *most = tn->maxvectors;
  PetscFunctionReturn(PETSC_SUCCESS);
}
