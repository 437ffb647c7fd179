/* SPDX-License-Identifier: BSD-2-Clause
   The preconditioner made of the sparse approximate Hessian. */
#include "precond/sparse_impl.h"

/* Multigrid: its iterations do not grow with the grid. Where there is no grid it is algebraic: then
   a build comes when P has changed much, and the interpolation of another matrix makes an indefinite
   PC. */
static PetscErrorCode SetMultigrid(TrustNCGSparse sparse, PC pc)
{
  PetscFunctionBegin;
  if (sparse->mg) {
    PetscCall(TrustNCGMultigridStart(sparse->mg, pc)); /* the rest when there is a P */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PCSetType(pc, PCGAMG));
  PetscCall(PCGAMGSetReuseInterpolation(pc, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the PC to be chosen? So it is where it is none, or an option has made it a PCMG, on a grid, but
   nobody has given it interpolations. */
static PetscErrorCode IsOpen(TrustNCGSparse sparse, PC pc, PetscBool *open)
{
  PetscInt  levels;
  PetscBool mg;
  Mat       up = NULL;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCNONE, open));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCMG, &mg));
  if (!mg || !sparse->mg) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PCMGGetLevels(pc, &levels));
  if (levels > 1) PetscCall(PCMGGetInterpolation(pc, levels - 1, &up));
  *open = (PetscBool)!up;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The PC of the solver, multigrid where it is none yet. Its smoothers are to work on P, not on H. */
PetscErrorCode TrustNCGSparseSetPC(TrustNCGSparse sparse, PC pc)
{
  PetscBool open;
  PCType    type;

  PetscFunctionBegin;
  PetscCall(IsOpen(sparse, pc, &open));
  if (open) {
    PetscCall(SetMultigrid(sparse, pc));
    PetscCall(PCSetFromOptions(pc));
    PetscCall(PCGetType(pc, &type));
    PetscCall(PetscFree(sparse->chosen));
    PetscCall(PetscStrallocpy(type, &sparse->chosen));
  }
  PetscCall(PCGetUseAmat(pc, &sparse->amat));
  PetscCall(PCSetUseAmat(pc, PETSC_FALSE));
  PetscCall(PetscObjectReference((PetscObject)pc));
  PetscCall(PCDestroy(&sparse->pc));
  sparse->pc = pc;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseCreatePC(TrustNCGSparse sparse, PetscBool band)
{
  KSP     *ksp;
  PetscInt n = 0;
  PC       pc, block;

  PetscFunctionBegin;
  sparse->band = band;
  PetscCall(PCCreate(PetscObjectComm((PetscObject)sparse->P), &pc));
  sparse->pc = pc;
  PetscCall(PCSetOperators(pc, sparse->P, sparse->P));
  if (!band) {
    PetscCall(SetMultigrid(sparse, pc));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PCSetType(pc, PCBJACOBI));
  PetscCall(PCSetUp(pc));
  PetscCall(PCBJacobiGetSubKSP(pc, &n, NULL, &ksp));
  for (PetscInt k = 0; k < n; k++) {
    PetscCall(KSPGetPC(ksp[k], &block));
    PetscCall(PCSetType(block, PCICC));
    PetscCall(PCFactorSetShiftType(block, MAT_SHIFT_POSITIVE_DEFINITE));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSparseApply(TrustNCGSparse sparse, Vec v, Vec z)
{
  PetscFunctionBegin;
  PetscCall(PCApply(sparse->pc, v, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The PC is made of P, or of D. */
PetscErrorCode TrustNCGSparseSetMatrix(TrustNCGSparse sparse, Mat P)
{
  PetscFunctionBegin;
  if (sparse->mg && sparse->chosen) {
    PetscCall(TrustNCGMultigridSetMatrix(sparse->mg, P, sparse->pc));
  }
  PetscCall(PCSetOperators(sparse->pc, P, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}
