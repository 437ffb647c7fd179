/* SPDX-License-Identifier: BSD-2-Clause
   Sums without rounding: the same bits in whatever order and parts terms are added. */
#ifndef TRUSTNCG_EXACT_H
#define TRUSTNCG_EXACT_H

#include "compat.h"

enum { EXACT_BLOCK = 256, EXACT_LIMBS = 53, EXACT_WORDS = EXACT_LIMBS + 1 };

typedef struct {
  PetscInt64 words[EXACT_WORDS]; /* limb k counts units of 2^(40 k - 1080); then what overflows */
  PetscReal  term[EXACT_BLOCK];  /* not yet in the limbs */
  PetscInt   terms;
  PetscInt   blocks; /* since the last carry */
} TrustNCGExact;

PETSC_INTERN void TrustNCGExactStart(TrustNCGExact *sum);
PETSC_INTERN void TrustNCGExactFlush(TrustNCGExact *sum);
PETSC_INTERN void TrustNCGExactDot(TrustNCGExact *sum, PetscInt n, const PetscReal x[],
                                   const PetscReal y[]);
/* The words, to be added to those of other sums; and the double that is nearest to their sum, or
   next to it: NaN where a term was not finite, or above 2^960. */
PETSC_INTERN void      TrustNCGExactPack(TrustNCGExact *sum, PetscInt64 words[EXACT_WORDS]);
PETSC_INTERN PetscReal TrustNCGExactValue(PetscInt64 words[EXACT_WORDS]);

static inline void TrustNCGExactAdd(TrustNCGExact *sum, PetscReal term)
{
  sum->term[sum->terms++] = term;
  if (sum->terms == EXACT_BLOCK) TrustNCGExactFlush(sum);
}

#endif
