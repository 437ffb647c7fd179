/* SPDX-License-Identifier: BSD-2-Clause
   Packs: as many values as a vector register holds, for loops that a compiler would vectorise with
   too few partial sums, and that have to ask for memory ahead. Where the compiler knows no such
   type, or the precision none, a pack is one value.

   The partial sums have the same order in every version of a loop (wide.h). */
#ifndef TRUSTNCG_PACK_H
#define TRUSTNCG_PACK_H

#include <petscsys.h>
#include "rules/wide.h"

#define AHEAD 256 /* values: far enough for memory, and still in the first-level cache when used */
#define LINE  64  /* bytes of a cache line */

#if defined(__GNUC__) && (defined(PETSC_USE_REAL_DOUBLE) || defined(PETSC_USE_REAL_SINGLE))
#define PACKS
typedef PetscReal Pack __attribute__((vector_size(32), aligned(sizeof(PetscReal)), may_alias));
#else
typedef PetscReal Pack;
#endif

enum {
  PACK        = sizeof(Pack) / sizeof(PetscReal),
  PACK_ROWS   = 4, /* partial sums, each a pack: an addition takes four cycles */
  PACK_STRIDE = PACK_ROWS * PACK
};

/* What a loop will need when it has come so far */
static inline void PackAhead(const PetscScalar *x)
{
#if defined(PACKS)
  for (size_t k = 0; k < sizeof(Pack) * PACK_ROWS; k += LINE) {
    __builtin_prefetch((const char *)(x + AHEAD) + k);
  }
#else
  (void)x;
#endif
}

static inline PetscReal PackSum(const Pack packs[PACK_ROWS])
{
  const Pack all = (packs[0] + packs[1]) + (packs[2] + packs[3]);
  PetscReal  sum = 0.0;

  for (int l = 0; l < PACK; l++) sum += ((const PetscReal *)&all)[l];
  return sum;
}

#endif
