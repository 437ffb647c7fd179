/* SPDX-License-Identifier: BSD-2-Clause
   A grid of unknowns on a DMDA, and the energies of linear triangles on it. */
#ifndef TRUSTNCG_GRID_H
#define TRUSTNCG_GRID_H

#include "problem.h"
#include <petscdmda.h>

typedef struct _n_Grid *Grid;

/* On the unit square with Dirichlet values, v piecewise linear on the two triangles of each cell:

     f(v) = hx hy/2 sum_triangles phi(t) + hx hy sum_nodes w(v) + f0,   t = |grad v|^2.

   The functions work on arrays of n values, so that their loops vectorise; NULL stands for
   phi = t/2 (then the stencil is a star), w = 0, w'' = 0, and boundary values 0. */
typedef struct {
  void (*density)(PetscInt n, const PetscReal t[], PetscReal phi[], PetscReal k[]); /* k = 2 phi' */
  void (*tangent)(PetscInt n, const PetscReal t[], PetscReal k[], PetscReal dk[]);  /* dk = k' */
  void (*source)(PetscInt n, const PetscScalar v[], PetscReal w[], PetscReal dw[]);
  void (*curvature)(PetscInt n, const PetscScalar v[], PetscReal d2w[]); /* with phi = t/2 only */
  PetscReal (*boundary)(PetscReal x, PetscReal y);
  PetscReal (*start)(Grid, PetscInt i, PetscInt j);
} GridEnergy;

struct _n_Grid {
  PetscInt          nx, ny;                      /* unknown vertices in each direction */
  PetscInt          xs, ys, xm, ym;              /* the corner and the size of this rank's part */
  PetscReal         hx, hy;                      /* mesh widths */
  PetscReal         f0;                          /* the constant part of f */
  const GridEnergy *energy;                      /* NULL for a problem with loops of its own */
  PetscReal        *left, *right, *bottom, *top; /* boundary values from -1 on, or NULL for 0 */
  void             *work;                        /* a few rows */
};

/* collective; n unknowns are rounded to a square of vertices, with `width` layers of ghosts; fills
   prob's N, dm, x and data */
extern PetscErrorCode GridCreate(Problem prob, PetscInt n, PetscInt dof, DMBoundaryType boundary,
                                 DMDAStencilType stencil, PetscInt width,
                                 size_t bytes_per_vertex_of_work);
extern PetscErrorCode GridDestroy(Problem prob);

/* x with its ghosts as a two-dimensional array; ghosts outside the domain are the caller's */
extern PetscErrorCode GridGetLocal(Problem prob, Vec x, Vec *local, void *array);
extern PetscErrorCode GridRestoreLocal(Problem prob, Vec *local, void *array);
extern PetscErrorCode GridReduce(Problem prob, PetscReal local, PetscReal *f); /* f may be NULL */

/* the distance of a vertex to the boundary of the unit square */
extern PetscReal GridDistance(Grid grid, PetscInt i, PetscInt j);

/* makes prob the problem of this energy */
extern PetscErrorCode GridCreateEnergy(Problem prob, PetscInt n, const GridEnergy *energy);

#endif
