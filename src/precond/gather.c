/* SPDX-License-Identifier: BSD-2-Clause
   Gathers every 2^j-th pair: when the room is full, every other pair goes and j grows.

   J. L. Morales, J. Nocedal, Automatic preconditioning by limited memory quasi-Newton updating,
   SIAM J. Optim. 10 (2000), 1079-1096, section 3. */
#include "precond/gather.h"

struct _n_TrustNCGGather {
  Vec      like;
  PetscInt most, k; /* room for pairs, pairs held */
  PetscInt stride;  /* 2^j */
  Vec     *p, *Hp;
};

PetscErrorCode TrustNCGGatherCreate(Vec like, PetscInt most, TrustNCGGather *gather)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(gather));
  PetscCall(PetscObjectReference((PetscObject)like));
  (*gather)->like = like;
  (*gather)->most = most;
  PetscCall(TrustNCGGatherStart(*gather));
  PetscCall(PetscCalloc2(most, &(*gather)->p, most, &(*gather)->Hp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGatherDestroy(TrustNCGGather *gather)
{
  TrustNCGGather a = *gather;

  PetscFunctionBegin;
  if (!a) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < a->most; i++) {
    PetscCall(VecDestroy(&a->p[i]));
    PetscCall(VecDestroy(&a->Hp[i]));
  }
  PetscCall(VecDestroy(&a->like));
  PetscCall(PetscFree2(a->p, a->Hp));
  PetscCall(PetscFree(a));
  *gather = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGatherStart(TrustNCGGather a)
{
  PetscFunctionBegin;
  a->k      = 0;
  a->stride = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Keeps the pairs of iterations that 2 stride divides. */
static void Thin(TrustNCGGather a)
{
  for (PetscInt i = 1; 2 * i < a->k; i++) {
    Vec p = a->p[i], Hp = a->Hp[i];

    a->p[i]      = a->p[2 * i];
    a->Hp[i]     = a->Hp[2 * i];
    a->p[2 * i]  = p;
    a->Hp[2 * i] = Hp;
  }
  a->k = (a->k + 1) / 2;
  a->stride *= 2;
}

PetscErrorCode TrustNCGGatherSee(TrustNCGGather a, PetscInt it, Vec p, Vec Hp)
{
  PetscFunctionBegin;
  if (!a->most) PetscFunctionReturn(PETSC_SUCCESS);
  if (it % a->stride == 0 && a->k == a->most) Thin(a);
  if (it % a->stride || a->k == a->most) PetscFunctionReturn(PETSC_SUCCESS);
  if (!a->p[a->k]) {
    PetscCall(VecDuplicate(a->like, &a->p[a->k]));
    PetscCall(VecDuplicate(a->like, &a->Hp[a->k]));
  }
  PetscCall(VecCopy(p, a->p[a->k]));
  PetscCall(VecCopy(Hp, a->Hp[a->k]));
  a->k++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGatherGive(TrustNCGGather a, PetscInt least, TrustNCGPairs pairs)
{
  PetscBool taken;

  PetscFunctionBegin;
  if (a->k < least) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < a->k; i++) PetscCall(TrustNCGPairsWitness(pairs, a->p[i], a->Hp[i]));
  PetscCall(TrustNCGPairsHearWitnesses(pairs));
  PetscCall(TrustNCGPairsForget(pairs));
  for (PetscInt i = 0; i < a->k; i++) {
    PetscCall(TrustNCGPairsExchange(pairs, &a->p[i], &a->Hp[i]));
    PetscCall(TrustNCGPairsCommit(pairs, PETSC_FALSE, &taken));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGGatherGetVectors(TrustNCGGather a, PetscInt *vectors)
{
  PetscFunctionBegin;
  *vectors = 0;
  for (PetscInt i = 0; i < a->most; i++) *vectors += !!a->p[i] + !!a->Hp[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}
