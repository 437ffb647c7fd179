/* SPDX-License-Identifier: BSD-2-Clause
   A solve whose bits do not depend on the number of ranks. */
#include "tao/trustncg_impl.h"
#include "sums/sums.h"

/*@
  TaoTrustNCGSetReproducible - Sets whether a solve gives the same bits on any number of ranks.

  Logically Collective; `same` must be equal on all ranks

  Input Parameters:
+ tao  - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- same - whether it does; the default is not to

  Options Database Key:
. -tao_trustncg_reproducible <false> - the same bits on any number of ranks

  Level: intermediate

  Notes:
  It does if the user's functions do: if f, and each entry of the gradient and of H v, are the same
  to the last bit however the unknowns are spread.

  All sums over the unknowns are taken without rounding, in fixed point: each product is rounded by
  itself, its digits are added to integers, and integers add to the same sum in any order. A sum
  takes 432 bytes in a reduction instead of 8, and the dot products cost a few times as much.

  There is no sparse preconditioner then, as PETSc's own depend on the ranks: `auto` takes pairs,
  and asking for sparse, or for a start from coarser grids, is an error at the solve,
  `PETSC_ERR_ARG_INCOMP`, as is a KSP of another type or a vector type that keeps its numbers
  elsewhere than in the memory of the host. A preconditioner that the user has given the KSP is the
  user's matter. Where PETSc was built on a BLAS that treats the last entries of an array
  differently from the others, the bits may still depend on the ranks.

  On the same number of ranks a solve gives the same bits without this option, too.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetReproducible()`, `TaoTrustNCGSetPrecondType()`
@*/
PetscErrorCode TaoTrustNCGSetReproducible(Tao tao, PetscBool same)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveBool(tao, same, 2);
  if (tn) tn->reproducible = same;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetReproducible - Gets whether a solve gives the same bits on any number of ranks.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. same - whether it does

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetReproducible()`
@*/
PetscErrorCode TaoTrustNCGGetReproducible(Tao tao, PetscBool *same)
{
  TAO_TrustNCG *tn;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidBoolPointer(same, 2);
  *same = tn->reproducible;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGReproducibleOptions(Tao tao, TrustNCGOptionItems PetscOptionsObject)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  PetscBool     same = tn->reproducible;

  PetscFunctionBegin;
  PetscCall(PetscOptionsBool("-tao_trustncg_reproducible",
                             "The same bits on any number of ranks, if the callbacks do the same",
                             "TaoTrustNCGSetReproducible", same, &same, NULL));
  PetscCall(TaoTrustNCGSetReproducible(tao, same));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the promise rests on, before a solve. */
static PetscErrorCode Check(Tao tao)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);
  PetscBool     ours, host;
  VecType       type;

  PetscFunctionBegin;
  if (!tn->reproducible) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPTRUSTCG, &ours));
  PetscCall(VecGetType(tao->solution, &type));
  PetscCall(
    PetscObjectTypeCompareAny((PetscObject)tao->solution, &host, VECSEQ, VECMPI, VECSHARED, ""));
  PetscCheck(ours, comm, PETSC_ERR_ARG_INCOMP,
             "-%stao_trustncg_reproducible needs -%stao_trustncg_ksp_type %s", TrustNCGPrefix(tao),
             TrustNCGPrefix(tao), KSPTRUSTCG);
  PetscCheck(host, comm, PETSC_ERR_ARG_INCOMP,
             "-%stao_trustncg_reproducible needs vectors of type seq or mpi, not %s",
             TrustNCGPrefix(tao), type);
  PetscCheck(
    tn->precond != TAO_TRUSTNCG_PRECOND_SPARSE, comm, PETSC_ERR_ARG_INCOMP,
    "-%stao_trustncg_reproducible leaves no room for -%stao_trustncg_precond sparse, whose "
    "bits depend on the number of ranks",
    TrustNCGPrefix(tao), TrustNCGPrefix(tao));
  PetscCheck(!tn->sequence.most, comm, PETSC_ERR_ARG_INCOMP,
             "-%stao_trustncg_reproducible leaves no room for -%stao_trustncg_grid_sequence, as "
             "the number of ranks decides how coarse a grid may be",
             TrustNCGPrefix(tao), TrustNCGPrefix(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The solve, in the kind of sums that was asked for: which ends with it, by an error, too. */
PetscErrorCode TrustNCGSolveReproducibly(Tao tao)
{
  const PetscBool before = TrustNCGSumsExact;
  PetscErrorCode  error;

  PetscFunctionBegin;
  PetscCall(Check(tao));
  TrustNCGSumsExact = ((TAO_TrustNCG *)tao->data)->reproducible;
  error             = TaoSolve_TrustNCG(tao);
  TrustNCGSumsExact = before;
  PetscCall(error);
  PetscFunctionReturn(PETSC_SUCCESS);
}
