/* SPDX-License-Identifier: BSD-2-Clause
   Colours of the columns of a matrix with given couplings on a DMDA, that repeat along the grid: as
   few as a graph's, or fewer, at no sweep over it, and the same on any number of ranks.

   No row has a colour twice; or, where the matrix is symmetric and the grid has ends, none has it
   twice up to its diagonal, and none beyond: then the last row tells its entries, the one before
   it those that are not among these, and so on, each sum having no more than two entries.

   References: D. Goldfarb, Ph. L. Toint, Optimal estimation of Jacobian and Hessian matrices that
   arise in finite difference calculations, Math. Comp. 43 (1984), 69-88; M. J. D. Powell,
   Ph. L. Toint, On the estimation of sparse Hessian matrices, SIAM J. Numer. Anal. 16 (1979),
   1060-1074. */
#include "precond/stencil_impl.h"

#define TRIES       200000 /* of a shift, before the search ends */
#define COLORS_MOST 1000   /* beyond which nothing is sought: their cube is an integer */

/* Colours that repeat along the grid: the sum of factor[k] at[k] over the dimensions, and of the
   shift[] of the unknown, mod p; each of the fields, or all unknowns, with such colours of their
   own */
typedef struct {
  PetscInt  p, fields, factor[DIMS], *shift;
  PetscInt *last;      /* where a colour was seen, for each colour */
  PetscInt  tries;     /* left */
  PetscBool lean;      /* only couplings that were seen */
  PetscBool symmetric; /* the matrix is, and the grid has ends; a sum has entries of one field, as
                          entries of another size would leave their rounding in the rest */
} Cycle;

static PetscInt Color(const Cycle *cycle, const PetscInt at[], PetscInt unknown)
{
  PetscInt color = cycle->shift[unknown];

  for (PetscInt k = 0; k < DIMS; k++) color += (at[k] % cycle->p + cycle->p) * cycle->factor[k];
  return color % cycle->p * cycle->fields + unknown % cycle->fields;
}

/* Is the shift of `column` such that no row has a colour twice among the unknowns up to this one? */
static PetscBool Fits(TrustNCGStencil st, Cycle *cycle, PetscInt column)
{
  const PetscInt low[DIMS] = {-st->reach[0], -st->reach[1], -st->reach[2]};
  const PetscInt middle    = st->offsets / 2 * st->dof;
  PetscInt       away[DIMS];

  cycle->tries--;
  for (PetscInt k = 0; k < 2 * cycle->p * cycle->fields; k++) cycle->last[k] = -1;
  for (PetscInt row = 0; row < st->dof; row++) {
    for (PetscInt offset = 0; offset < st->offsets; offset++) {
      TrustNCGStencilPoint(low, st->wide, offset, away);
      for (PetscInt c = 0; c <= column; c++) {
        const PetscBool beyond =
          (PetscBool)(cycle->symmetric && offset * st->dof + c > middle + row);
        PetscInt *last;

        if (!TrustNCGStencilHas(st, cycle->lean, offset, row, c)) continue;
        last = &cycle->last[2 * Color(cycle, away, c) + (beyond ? 1 : 0)];
        if (*last == row) return PETSC_FALSE;
        *last = row;
      }
    }
  }
  return PETSC_TRUE;
}

/* Shifts for the factors of the cycle, each the smallest that will do */
static PetscBool FindShifts(TrustNCGStencil st, Cycle *cycle)
{
  for (PetscInt k = 0; k < DIMS; k++) {
    if (st->periodic[k] && st->size[k] % cycle->p * cycle->factor[k] % cycle->p) return PETSC_FALSE;
  }
  for (PetscInt c = 0; c < st->dof; c++) {
    const PetscInt most  = c < cycle->fields ? 1 : cycle->p; /* that of the first is free */
    PetscInt      *shift = &cycle->shift[c];

    *shift = 0;
    while (*shift < most && cycle->tries > 0 && !Fits(st, cycle, c)) (*shift)++;
    if (*shift == most || cycle->tries <= 0) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Factors for which the points of a stencil, each with all its unknowns, follow one another */
static PetscBool InOrder(TrustNCGStencil st, Cycle *cycle)
{
  PetscInt factor = st->dof / cycle->fields;

  for (PetscInt k = 0; k < DIMS; k++) {
    cycle->factor[k] = factor % cycle->p;
    factor *= st->wide[k];
  }
  return FindShifts(st, cycle);
}

/* Any factors */
static PetscBool InAnyOrder(TrustNCGStencil st, Cycle *cycle)
{
  const PetscInt zero[DIMS] = {0, 0, 0};
  PetscInt       all[DIMS];

  for (PetscInt k = 0; k < DIMS; k++) all[k] = st->reach[k] ? cycle->p : 1;
  for (PetscInt k = 0; k < all[0] * all[1] * all[2] && cycle->tries > 0; k++) {
    TrustNCGStencilPoint(zero, all, k, cycle->factor);
    if (FindShifts(st, cycle)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The smallest p <= most that is found, with its factors and shifts */
static PetscBool FindCycle(TrustNCGStencil st, PetscInt most, Cycle *cycle)
{
  PetscInt least = TrustNCGStencilLongestRow(st, cycle->lean), inorder;

  if (cycle->symmetric) least = (least + 1) / 2;
  least = (least + cycle->fields - 1) / cycle->fields;
  most /= cycle->fields;
  cycle->tries = TRIES;
  for (inorder = least; inorder <= most; inorder++) {
    cycle->p = inorder;
    if (InOrder(st, cycle)) break;
  }
  for (cycle->p = least; cycle->p < inorder && cycle->p <= most; cycle->p++) {
    if (InAnyOrder(st, cycle)) return PETSC_TRUE;
  }
  cycle->p     = inorder;
  cycle->tries = TRIES;
  return (PetscBool)(inorder <= most && InOrder(st, cycle));
}

PetscErrorCode TrustNCGStencilColor(TrustNCGStencil st, Vec x, PetscBool lean, PetscBool symmetric,
                                    PetscInt most, ISColoring *coloring)
{
  Cycle    cycle = {.lean = lean, .symmetric = symmetric, .fields = symmetric ? st->dof : 1};
  PetscInt m, at[DIMS];
  ISColoringValue *color;

  PetscFunctionBegin;
  *coloring = NULL;
  most      = PetscMin(most, COLORS_MOST);
  if (symmetric) { /* fewer than a row has entries, or it does not pay */
    most = PetscMin(most, TrustNCGStencilLongestRow(st, lean) - 1);
    for (PetscInt k = 0; k < DIMS; k++) {
      if (st->periodic[k] && st->reach[k]) most = 0; /* no row is the last */
    }
  }
  PetscCall(PetscMalloc2(st->dof, &cycle.shift, 2 * PetscMax(0, most), &cycle.last));
  if (FindCycle(st, most, &cycle)) {
    PetscCall(VecGetLocalSize(x, &m));
    PetscCall(PetscMalloc1(m, &color));
    for (PetscInt k = 0; k < m; k++) {
      TrustNCGStencilPoint(st->start, st->own, k / st->dof, at);
      color[k] = (ISColoringValue)Color(&cycle, at, k % st->dof);
    }
    PetscCall(ISColoringCreate(PetscObjectComm((PetscObject)x), cycle.p * cycle.fields, m, color,
                               PETSC_OWN_POINTER, coloring));
  }
  PetscCall(PetscFree2(cycle.shift, cycle.last));
  PetscFunctionReturn(PETSC_SUCCESS);
}
