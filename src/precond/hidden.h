/* SPDX-License-Identifier: BSD-2-Clause
   The pattern of a Hessian whose entries lie on a few diagonals, found by products alone. */
#ifndef TRUSTNCG_HIDDEN_H
#define TRUSTNCG_HIDDEN_H

#include <petscmat.h>
#include "precond/probes.h"

enum { HIDDEN_MOST = 64 }; /* diagonals */

/* The distances j - i of the entries of a symmetric matrix from its diagonal, ascending */
typedef struct {
  PetscInt n; /* 0: none were found */
  PetscInt offset[HIDDEN_MOST];
} TrustNCGOffsets;

/* With so many `products` with H; x lends its layout and its DM. `ask`, unless it is NULL, is asked
   before each of them; where there is a reason to stop, no offsets are found. */
PETSC_INTERN PetscErrorCode TrustNCGFindOffsets(Mat H, Vec x, TrustNCGAskFn ask, void *ctx,
                                                TrustNCGOffsets *offsets, PetscInt *products);
/* A matrix of type aij with these diagonals, and the layout of x */
PETSC_INTERN PetscErrorCode TrustNCGOffsetsCreateMat(const TrustNCGOffsets *offsets, Vec x, Mat *P);

#endif
