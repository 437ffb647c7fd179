/* SPDX-License-Identifier: BSD-2-Clause
   The groundwater problem: its state equation, solved with adjoints, and its data. */
#ifndef TRUSTNCG_INVERSE_H
#define TRUSTNCG_INVERSE_H

#include "grid.h"
#include <petscksp.h>

typedef struct _n_Inverse *Inverse;

struct _n_Inverse {
  Grid      grid;
  Mat       A;
  KSP       ksp;
  Vec       m;               /* where the state was solved last */
  PetscBool known;           /* it was solved somewhere */
  PetscBool adjoint;         /* p is that of m */
  PetscBool usable;          /* exp(m) is a number to compute with */
  Vec       e, u, p, du, dp; /* with ghosts: exp(m/2), the head, its adjoint, their changes */
  Vec       rhs, sol, work;
  Vec       d, W; /* measured heads, weights of the misfit */
};

/* The neighbours of a cell, and their w */
static const int InverseEast[4] = {-1, 1, 0, 0}, InverseNorth[4] = {0, 0, -1, 1};

static inline PetscReal InverseRatio(Grid grid, int n)
{
  return n < 2 ? grid->hy / grid->hx : grid->hx / grid->hy;
}

/* y_c - y_n */
static inline PetscReal InverseDrop(PetscScalar **y, PetscInt i, PetscInt j, int n)
{
  return y[j][i] - y[j + InverseNorth[n]][i + InverseEast[n]];
}

/* fills the ghosts, those beyond the boundary by the mirror image times sign */
extern PetscErrorCode InverseGhosts(Problem prob, Vec x, PetscReal sign, Vec local);

/* collective, each after the one before; the options of the KSP have the prefix problem_state_ */
extern PetscErrorCode InverseCreateSolver(Problem prob);
extern PetscErrorCode InverseSolveState(Problem prob, Vec m);
extern PetscErrorCode InverseSolveAdjoint(Problem prob);
extern PetscErrorCode InverseSolveTangents(Problem prob, Vec v); /* v with ghosts */

/* the log-transmissivity that made the data */
extern PetscErrorCode InverseTruth(Problem prob, Grid grid, Vec m);

/* collective; from the true heads u: d = u + sigma noise, and W = 1/sigma^2 in a cell with a well,
   else 0 */
extern PetscErrorCode InverseMeasure(Problem prob, Grid grid, Vec u, Vec d, Vec W);
extern PetscInt       InverseWells(Grid grid);

#endif
