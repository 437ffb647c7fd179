/* SPDX-License-Identifier: BSD-2-Clause
   A pattern hidden in H: where the solution has no DM and nobody gave a pattern, auto looks for one.

     once the solve has cost so much that a search in vain would hardly be felt, and CG has the turn,
       whose solve with the pairs alone may cost many times as much, or when it has cost more than
       twice that: look for diagonals (precond/hidden.c)
     where there are: P = H on them, as soon as that costs little beside what was spent; one product
       more shows whether it is H
     from then on learned steps are those of the pairs, as before, and in the turns of CG
       P, built anew where it is stale, preconditions; where it is H but for rounding it even takes
       the place of H: CG on P costs no product, and its step is Newton's
       after a solve with P that the boundary stopped: the pairs, and a solve of no more products
         than P takes; one that needs more makes the next a solve with P
     P is compared with H at the first builds, and then now and again (rules/stale.c): a pattern
       that has become another one is given up

   A search in vain is repeated when the solve has cost ten times as much. */
#include "tao/trustncg_impl.h"
#include "precond/sparse.h"

#define SEEK_CG  24.0 /* work before a search where CG has the turn, */
#define SEEK     60.0 /* and in any case */
#define AGAIN    10.0 /* times the work before the next search */
#define SHARE_CG 1.0  /* the products of P in units of the work before, where CG has the turn, */
#define SHARE    0.25 /* and in any case */
#define BAND     64   /* largest offset of what incomplete factors suit */
#define LEAST_CG 10   /* iterations that a solve with the pairs may take at least */

void TrustNCGHiddenStart(TAO_TrustNCG *tn, PetscBool seek)
{
  const TrustNCGHiddenPattern start = {.next   = seek ? SEEK_CG : PETSC_INFINITY,
                                       .wanted = PETSC_TRUE};

  tn->hidden = start;
}

/* The pairs alone again */
PetscErrorCode TrustNCGHiddenReset(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&tn->hidden.pattern));
  tn->hidden.offsets.n = 0;
  tn->hidden.use       = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pattern with the offsets that were found or are those of a checkpoint */
PetscErrorCode TrustNCGHiddenCreatePattern(Tao tao)
{
  TAO_TrustNCG          *tn = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h  = &tn->hidden;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&h->pattern));
  PetscCall(TrustNCGOffsetsCreateMat(&h->offsets, tao->solution, &h->pattern));
  h->band = (PetscBool)(h->offsets.offset[h->offsets.n - 1] <= BAND);
  PetscCall(PetscSNPrintf(h->words, sizeof(h->words),
                          "%" PetscInt_FMT " diagonals of the Hessian were found by %" PetscInt_FMT
                          " products",
                          h->offsets.n, h->products));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it time for a search? */
static PetscBool SeekNow(const TAO_TrustNCG *tn)
{
  const PetscReal work = TrustNCGWork(tn), next = tn->hidden.next;
  const PetscBool noisy = (PetscBool)(tn->noise.known && !tn->noise.quiet);

  if (tn->hidden.pattern || noisy || work < next) return PETSC_FALSE;
  return (PetscBool)(!tn->mode.learned || work >= next * SEEK / SEEK_CG);
}

/* Before a step: looks for a pattern where it is time. */
PetscErrorCode TrustNCGHiddenSeek(Tao tao)
{
  TAO_TrustNCG          *tn = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h  = &tn->hidden;

  PetscFunctionBegin;
  if (!SeekNow(tn)) PetscFunctionReturn(PETSC_SUCCESS);
  h->next = AGAIN * TrustNCGWork(tn);
  PetscCall(TrustNCGSetHessianPoint(tao, PETSC_FALSE));
  PetscCall(
    TrustNCGFindOffsets(tn->shell, tao->solution, TrustNCGAlarmed, tao, &h->offsets, &h->products));
  PetscCall(TrustNCGPrecondCount(tao, h->products));
  tn->reductions += 4 * h->products;
  if (h->offsets.n) PetscCall(TrustNCGHiddenCreatePattern(tao));
  tn->waiting = (PetscBool)(h->offsets.n > 0);
  h->wanted   = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it time for the first P, of so many products? */
PetscBool TrustNCGHiddenDue(const TAO_TrustNCG *tn, PetscInt products)
{
  const PetscReal share = tn->mode.learned ? SHARE : SHARE_CG;

  return (PetscBool)((PetscReal)products <= share * TrustNCGWork(tn));
}

/* From now on P has its turns. */
PetscErrorCode TrustNCGHiddenTake(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseCreatePC(tn->sparse, tn->hidden.band));
  tn->type = TAO_TRUSTNCG_PRECOND_SPARSE;
  tn->why  = tn->hidden.words;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H has another pattern by now. */
static PetscErrorCode Drop(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondDropSparse(tao));
  PetscCall(TrustNCGHiddenReset(tao));
  tn->hidden.next = AGAIN * TrustNCGWork(tn);
  tn->type        = TAO_TRUSTNCG_PRECOND_PAIRS;
  tn->why         = "the Hessian no longer has the pattern that was found";
  PetscCall(TrustNCGSaveState(tao)); /* as P is no more */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a solve of CG: with P, or with the pairs? The norm of the trust region changes with it. *A
   becomes P where that stands in for H. */
PetscErrorCode TrustNCGHiddenUpdate(Tao tao, Mat H, Mat *A)
{
  TAO_TrustNCG          *tn     = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h      = &tn->hidden;
  const PetscBool        before = h->use;
  PetscBool              fits   = PETSC_TRUE;
  PetscInt               products;
  Vec                    v;

  PetscFunctionBegin;
  h->use = (PetscBool)(h->wanted || !h->poor);
  if (h->use != before) tao->trust = PETSC_INFINITY; /* nothing is known of it in this norm */
  if (!h->use) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGPrecondDirection(tao, &v));
  PetscCall(TrustNCGSparseUpdate(tn->sparse, H, v, &products));
  PetscCall(TrustNCGPrecondCount(tao, products));
  if (tn->alarmed) PetscFunctionReturn(PETSC_SUCCESS); /* the solve ends */
  if (products) PetscCall(TrustNCGPrecondFits(tao, &fits));
  if (fits) PetscCall(TrustNCGSparseGetMats(tn->sparse, A, NULL));
  else PetscCall(Drop(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the length of a solve limited, as one with P built anew would be cheaper? So it is with the
   pairs, and with the factors of a band that H has left behind. */
static PetscErrorCode IsLimited(Tao tao, PetscBool *limited)
{
  TAO_TrustNCG          *tn = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h  = &tn->hidden;

  PetscFunctionBegin;
  *limited = (PetscBool)(h->pattern && tn->type == TAO_TRUSTNCG_PRECOND_SPARSE);
  if (*limited && h->use) PetscCall(TrustNCGSparseIsLeft(tn->sparse, limited));
  if (h->use && !h->band) *limited = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The most iterations of such a solve */
PetscErrorCode TrustNCGHiddenLimit(Tao tao, PetscInt *most)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      colors;
  PetscBool     limited;

  PetscFunctionBegin;
  PetscCall(IsLimited(tao, &limited));
  if (!limited) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseGetCounts(tn->sparse, &colors, NULL, NULL));
  *most = PetscMin(*most, PetscMax(LEAST_CG, colors + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Was the last one cut short? Then the next step is one of CG with P, whatever its rate was. */
PetscErrorCode TrustNCGHiddenCut(Tao tao, PetscBool *cut)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(IsLimited(tao, cut));
  if (tn->boundary || tao->ksp_its < tn->cgmost) *cut = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step that is taken */
PetscErrorCode TrustNCGHiddenLearn(Tao tao, PetscBool bycg)
{
  TAO_TrustNCG          *tn   = (TAO_TrustNCG *)tao->data;
  TrustNCGHiddenPattern *h    = &tn->hidden;
  const PetscBool        with = (PetscBool)(bycg && h->use);

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseNote(tn->sparse, tao->gradient, tn->gplus, tao->stepdirection,
                               with ? tao->ksp_its : 0, with ? tn->tries : 0));
  if (with) h->poor = tn->boundary;
  if (bycg) PetscCall(TrustNCGHiddenCut(tao, &h->wanted));
  if (!bycg && h->use) {
    h->use     = PETSC_FALSE;
    tao->trust = PETSC_INFINITY;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
