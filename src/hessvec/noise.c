/* SPDX-License-Identifier: BSD-2-Clause
   The noise of f and its gradient near a point, from a handful of evaluations along a direction,
   and the length of the difference that it asks for. J. J. More, S. M. Wild, Estimating
   computational noise, SIAM J. Sci. Comput. 33 (2011), 1292-1314; Estimating derivatives of noisy
   simulations, ACM Trans. Math. Softw. 38 (2012), 19. Their differences are numbers; here they are
   gradients, whose n entries tell so much at once that four points do where one number takes
   seven. */
#include "hessvec/hessvec.h"
#include "rules/rules.h"
#include "sums/sums.h"

enum { ORDERS = 3 };
#define LENGTHS 4 /* tried at most */

/* g at x + t v, and f unless it is NULL */
static PetscErrorCode Value(TrustNCGNoisyFn fn, void *ctx, Vec x, Vec w, Vec v, PetscReal t,
                            PetscReal *f, Vec g)
{
  PetscFunctionBegin;
  PetscCall(VecWAXPY(w, t, v, x));
  PetscCall((*fn)(ctx, w, f, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From f and gradients at x, x + t v, x + 2 t v, x + 3 t v, with t ||v|| = spacing so small that
   both are straight but for their noise: the least of what the orders of differences say of g, the
   most of orders 2 and 3 of f, where few numbers stand for all. Changes w. */
PetscErrorCode TrustNCGMeasureNoise(TrustNCGNoisyFn fn, void *ctx, Vec x, Vec w, PetscReal f, Vec g,
                                    Vec v, PetscReal spacing, TrustNCGNoiseLevel *noise)
{
  PetscReal norm[ORDERS], value[ORDERS + 1], vnorm, sigma;
  Vec      *table;

  PetscFunctionBegin;
  PetscCall(TrustNCGNorm(v, &vnorm));
  noise->reductions++;
  PetscCall(VecDuplicateVecs(g, ORDERS + 1, &table));
  PetscCall(VecCopy(g, table[0]));
  value[0] = f;
  for (PetscInt i = 1; i <= ORDERS; i++) {
    PetscCall(Value(fn, ctx, x, w, v, (PetscReal)i * spacing / vnorm, &value[i], table[i]));
  }
  noise->evaluations += ORDERS;
  noise->g = PETSC_MAX_REAL;
  noise->f = 0.0;
  for (PetscInt k = 1; k <= ORDERS; k++) {
    for (PetscInt i = ORDERS; i >= k; i--) {
      PetscCall(VecAXPY(table[i], -1.0, table[i - 1]));
      PetscCall(TrustNCGNorm(table[i], &norm[i - k]));
      noise->reductions++;
      value[i] -= value[i - 1];
    }
    sigma    = TrustNCGNoiseOfOrder(k, ORDERS + 1 - k, norm);
    noise->g = PetscMin(noise->g, sigma);
    if (k > 1) noise->f = PetscMax(noise->f, TrustNCGNoiseOfOrder(k, ORDERS + 1 - k, &value[k]));
  }
  PetscCall(VecDestroyVecs(ORDERS + 1, &table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The length of forward differences of least error for noise->g, and that error. Changes w. */
PetscErrorCode TrustNCGMeasureLength(TrustNCGNoisyFn fn, void *ctx, Vec x, Vec w, Vec g, Vec v,
                                     PetscReal longest, TrustNCGNoiseLevel *noise)
{
  PetscReal vnorm, second, low = 0.0, high = PETSC_INFINITY;
  PetscBool found = PETSC_FALSE;
  Vec      *side;

  PetscFunctionBegin;
  PetscCall(TrustNCGNorm(v, &vnorm));
  noise->reductions++;
  PetscCall(VecDuplicateVecs(g, 2, &side));
  noise->length = PetscMin(noise->length, longest);
  for (PetscInt i = 0; i < LENGTHS && !found; i++) {
    PetscCall(Value(fn, ctx, x, w, v, noise->length / vnorm, NULL, side[0]));
    PetscCall(Value(fn, ctx, x, w, v, -noise->length / vnorm, NULL, side[1]));
    noise->evaluations += 2;
    PetscCall(VecAXPBYPCZ(side[0], 1.0, -2.0, 1.0, side[1], g));
    PetscCall(TrustNCGNorm(side[0], &second));
    noise->reductions++;
    found = TrustNCGNextLength(noise->g, second, longest, &low, &high, &noise->length);
  }
  noise->error = 2.0 * PETSC_SQRT2 * noise->g / noise->length;
  PetscCall(VecDestroyVecs(2, &side));
  PetscFunctionReturn(PETSC_SUCCESS);
}
