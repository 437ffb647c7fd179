/* SPDX-License-Identifier: BSD-2-Clause
   One term of all unknowns on top of any problem: f(x) + h(S), S = sum_i x_i or sum_i x_i^2. */
#ifndef TRUSTNCG_SUMTERM_H
#define TRUSTNCG_SUMTERM_H

#include "problem.h"

typedef struct {
  PetscBool squares; /* S is the sum of squares */
  PetscInt  skip;    /* that many unknowns at the end are not in S */
  void (*outer)(PetscInt N, PetscReal S, PetscReal h[3]); /* h, h', h'' at S */
} SumTerm;

/* prob is complete, its objgrad and hessvec are replaced; term must live as long as prob. */
extern PetscErrorCode SumTermAdd(Problem prob, const SumTerm *term);

#endif
