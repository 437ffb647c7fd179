/* SPDX-License-Identifier: BSD-2-Clause
   Sums without rounding, in fixed point: integers of 40 bits, from 2^-1080 up.

   A block of terms is cut at the unit 2^u of a limb, q = (t + C) - C with C = 1.5 2^(u+52), which
   rounds t to multiples of 2^u. The sum of the q, fewer than 2^49 units, has no rounding error, and
   the rest t - q goes to the limbs below, until nothing is left. So the limbs hold the sum exactly:
   in which order and on which rank terms came cannot matter.

   References: J. Demmel, H. D. Nguyen, Parallel reproducible summation, IEEE Trans. Computers 64
   (2015), 2060-2070, for the cut; U. Kulisch, Computer arithmetic and validity (2013), chapter 8,
   for the long fixed-point number. */
#include "rules/exact.h"
#include "rules/wide.h"
#include <math.h>

#define BITS       40    /* of a limb between carries */
#define LOWEST     -1080 /* log2 of the lowest unit: below the least double */
#define MOST       0x1p960
#define CARRY_EACH 4096 /* blocks, each of which adds less than 2^49 to a limb */

/* The sum of n numbers, a power of 2, in halves: loops that vectorise. They are lost. */
static inline PetscReal Fold(PetscInt n, PetscReal a[])
{
  while ((n /= 2) > 0) {
    PetscReal *restrict low = a, *restrict high = a + n;

    for (PetscInt i = 0; i < n; i++) low[i] += high[i];
  }
  return a[0];
}

/* The sum of the sizes of the terms: a bound on each, and 0 only where all are */
WIDE static PetscReal Sizes(PetscInt n, const PetscReal *restrict t)
{
  PetscReal a[EXACT_BLOCK] = {0.0}; /* n > 0, but the compiler does not know */

  for (PetscInt i = 0; i < n; i++) a[i] = fabs(t[i]);
  return Fold(n, a);
}

/* The exact sum of the terms cut by C; they keep the rest, of which *sizes is as above. */
WIDE static PetscReal Cut(PetscInt n, PetscReal C, PetscReal *restrict t, PetscReal *sizes)
{
  PetscReal q[EXACT_BLOCK], a[EXACT_BLOCK] = {0.0};

  for (PetscInt i = 0; i < n; i++) {
    q[i] = (t[i] + C) - C;
    t[i] -= q[i];
    a[i] = fabs(t[i]);
  }
  *sizes = Fold(n, a);
  return Fold(n, q);
}

static PetscBool AllBelow(PetscInt n, const PetscReal t[], PetscReal most)
{
  for (PetscInt i = 0; i < n; i++) {
    if (!(fabs(t[i]) <= most)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* All limbs but the last in [0, 2^BITS): the one way to write the number */
static void Carry(PetscInt64 words[])
{
  for (int k = 0; k < EXACT_LIMBS - 1; k++) {
    const PetscInt64 low = words[k] & (((PetscInt64)1 << BITS) - 1);

    words[k + 1] += (words[k] - low) / ((PetscInt64)1 << BITS);
    words[k] = low;
  }
}

void TrustNCGExactStart(TrustNCGExact *sum)
{
  for (int k = 0; k < EXACT_WORDS; k++) sum->words[k] = 0;
  sum->terms = sum->blocks = 0;
}

/* The terms that wait go into the limbs. */
void TrustNCGExactFlush(TrustNCGExact *sum)
{
  PetscReal sizes;
  PetscInt  n = 1;
  int       exponent, k = EXACT_LIMBS;

  while (n < sum->terms) n *= 2;
  while (sum->terms < n) sum->term[sum->terms++] = 0.0;
  sum->terms = 0;
  sizes      = Sizes(n, sum->term);
  if (!(sizes <= MOST) && !AllBelow(n, sum->term, MOST)) {
    sum->words[EXACT_LIMBS]++;
    return;
  }
  while (sizes > 0.0) {
    PetscReal cut;

    (void)frexp(sizes, &exponent); /* all terms are at most 2^exponent, and 2^40 units */
    k   = PetscMin(k - 1, (exponent - LOWEST - 1) / BITS);
    cut = Cut(n, ldexp(1.5, LOWEST + BITS * k + 52), sum->term, &sizes);
    sum->words[k] += (PetscInt64)ldexp(cut, -(LOWEST + BITS * k));
  }
  if (++sum->blocks < CARRY_EACH) return;
  Carry(sum->words);
  sum->blocks = 0;
}

/* sum += x'y, the products rounded each by itself */
void TrustNCGExactDot(TrustNCGExact *sum, PetscInt n, const PetscReal x[], const PetscReal y[])
{
  for (PetscInt i = 0; i < n;) {
    const PetscInt room = PetscMin(EXACT_BLOCK - sum->terms, n - i);
    PetscReal     *t    = sum->term + sum->terms;

    for (PetscInt j = 0; j < room; j++) t[j] = x[i + j] * y[i + j];
    sum->terms += room;
    i += room;
    if (sum->terms == EXACT_BLOCK) TrustNCGExactFlush(sum);
  }
}

void TrustNCGExactPack(TrustNCGExact *sum, PetscInt64 words[EXACT_WORDS])
{
  TrustNCGExactFlush(sum);
  Carry(sum->words);
  for (int k = 0; k < EXACT_WORDS; k++) words[k] = sum->words[k];
}

PetscReal TrustNCGExactValue(PetscInt64 words[EXACT_WORDS])
{
  PetscReal value = 0.0, sign = 1.0;

  if (words[EXACT_LIMBS]) return NAN;
  Carry(words);
  if (words[EXACT_LIMBS - 1] < 0) {
    sign = -1.0;
    for (int k = 0; k < EXACT_LIMBS; k++) words[k] = -words[k];
    Carry(words);
  }
  for (int k = EXACT_LIMBS - 1; k >= 0; k--) {
    if (words[k]) value += ldexp((PetscReal)words[k], LOWEST + BITS * k);
  }
  return sign * value;
}
