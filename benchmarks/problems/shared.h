/* SPDX-License-Identifier: BSD-2-Clause
   A few unknowns that terms on every rank touch: all ranks read them, and add to their entries
   of a gradient or product. */
#ifndef TRUSTNCG_SHARED_H
#define TRUSTNCG_SHARED_H

#include "compat.h"
#include <petscvec.h>

enum { SHARED_MAX = 2 };

typedef struct {
  PetscInt    n;                            /* how many */
  PetscInt    i[SHARED_MAX];                /* their numbers */
  PetscScalar x[SHARED_MAX], v[SHARED_MAX]; /* their values, the same on all ranks */
  PetscScalar g[SHARED_MAX];                /* what this rank has to add at them */
} Shared;

/* Collective, one reduction. Fills s->x and, if v is not NULL, s->v; sets s->g to zero. */
extern PetscErrorCode SharedBegin(Shared *s, Vec x, Vec v);

/* Collective, one reduction. g := g + the sum over the ranks of their s->g */
extern PetscErrorCode SharedEnd(Shared *s, Vec g);

#endif
