/* SPDX-License-Identifier: BSD-2-Clause
   Functions that are sums of terms of a few unknowns each:
   f(x) = constant + sum_e phi_e(x_i, i in I_e). */
#ifndef TRUSTNCG_TERMS_H
#define TRUSTNCG_TERMS_H

#include "problem.h"
#include "shared.h"

/* Consecutive terms of one rank. The unknowns of the k-th, which is the term first + k of all, are
   the entries idx[width * k], ..., idx[width * k + width - 1] of the local arrays. */
typedef struct {
  PetscInt         first, count;
  PetscInt         N; /* unknowns of the whole problem */
  const PetscInt  *idx;
  const PetscReal *weight;
  Shared          *shared; /* unknowns that any term may touch besides its own */
} TermRange;

/* What a problem says of its terms. value and hessvec run over a whole range; they add to g and
   Hv (at the shared unknowns: to shared->g), for an unknown may belong to several terms. Terms and
   unknowns are numbered from 0. */
typedef struct {
  PetscInt  width;     /* unknowns a term touches; a shorter term repeats one with weight zero */
  PetscReal constant;  /* f = constant + sum of the terms */
  PetscReal weight[3]; /* handed to value and hessvec */
  Shared    shared;    /* n of them, i negative: counted from the end */
  void (*unknowns)(PetscInt N, PetscInt e, PetscInt i[]);
  PetscReal (*start)(PetscInt N, PetscInt i);
  PetscReal (*value)(const TermRange *, const PetscScalar x[], PetscScalar g[]); /* g may be NULL */
  void (*hessvec)(const TermRange *, const PetscScalar x[], const PetscScalar v[],
                  PetscScalar Hv[]);
} TermsForm;

/* Fills N, x, data and the functions of the problem; form must live as long as the problem. */
extern PetscErrorCode TermsCreate(Problem prob, PetscInt N, PetscInt nterms, const TermsForm *form);

/* The unknowns e and e + 1 */
extern void TermsNeighbours(PetscInt N, PetscInt e, PetscInt i[]);

/* The unknowns 4 e, ..., 4 e + 3 */
extern void TermsQuads(PetscInt N, PetscInt e, PetscInt i[]);

#endif
