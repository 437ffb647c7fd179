/* SPDX-License-Identifier: BSD-2-Clause
   A rubber bar clamped at one end and bent by a load on the other: finite elasticity in 3-D.

   Unknown: the displacement u at each vertex of trilinear hexahedra with 2x2x2 Gauss points, but
   for those of the clamped face x = 0, where u = 0. With F = I + grad u and J = det F,

     f(u) = int mu/2 (tr(F'F) - 3 - 2 ln J) + lambda/2 (ln J)^2  -  int_{x = L} t.u,

   the compressible neo-Hookean material of Bonet and Wood, Nonlinear Continuum Mechanics for
   Finite Element Analysis (2008), 6.4.3, and Ogden, Non-Linear Elastic Deformations (1984); t is a
   dead load, per undeformed area. Its first and second derivatives are, with K = F^-T,

     P      = mu F + (lambda ln J - mu) K                                 the Piola stress
     dP[dF] = mu dF + (mu - lambda ln J) K dF' K + lambda (K : dF) K.

   Where an element is turned inside out, J <= 0, and the logarithm makes f infinite or NaN on all
   ranks: u is outside the domain. Lengths are in cm, stresses in units of mu. */
#include "grid.h"
#include <math.h>

#define MU       1.
#define LAMBDA   2. /* Poisson's ratio 1/3 */
#define LENGTH   12.
#define WIDTH    4.
#define TRACTION 0.2 /* downwards: in linear beam theory the end sinks by 32 cm */

enum { CORNERS = 8, POINTS = 8 };

typedef struct {
  PetscReal u[3];
} Node;

/* A 3x3 matrix at each Gauss point of an element */
typedef PetscReal Tensor[3][3][POINTS];

/* The element i, j, k lies between the vertices i-1, j-1, k-1 and i, j, k of the DMDA; in x the
   vertex -1 is the clamped one. Each rank has the elements of which it owns the last vertex. */
typedef struct {
  PetscInt  nx, ny, nz, xs, ys, zs, xm, ym, zm;
  PetscReal volume;                    /* of an element, by Gauss point */
  PetscReal force;                     /* on an element's part of the loaded face, by vertex */
  PetscReal slope[3][CORNERS][POINTS]; /* d N_a / d x_c at q */
  PetscReal slopeT[3][POINTS][CORNERS];
} Elastic;

/* Bit c of a corner or Gauss point: on which side it lies in direction c */
static inline int Side(int a, int c)
{
  return (a >> c) & 1;
}

static void SetSlopes(Elastic *e, const PetscReal h[3])
{
  const PetscReal near = (1 + 1 / PetscSqrtReal(3.)) / 2;

  for (int c = 0; c < 3; c++) {
    for (int a = 0; a < CORNERS; a++) {
      for (int q = 0; q < POINTS; q++) {
        PetscReal s = (Side(a, c) ? 1 : -1) / h[c];

        for (int b = 0; b < 3; b++) {
          if (b != c) s *= Side(a, b) == Side(q, b) ? near : 1 - near;
        }
        e->slope[c][a][q] = e->slopeT[c][q][a] = s;
      }
    }
  }
}

/* G = grad u in element i, j, k */
static inline void Gradient(const Elastic *e, Node ***u, PetscInt i, PetscInt j, PetscInt k,
                            Tensor G)
{
  for (int c = 0; c < 9; c++) {
    for (int q = 0; q < POINTS; q++) G[c / 3][c % 3][q] = 0;
  }
  for (int a = 0; a < CORNERS; a++) {
    const Node v = u[k - 1 + Side(a, 2)][j - 1 + Side(a, 1)][i - 1 + Side(a, 0)];

    for (int c = 0; c < 9; c++) {
      const PetscReal  w     = v.u[c / 3];
      const PetscReal *slope = e->slope[c % 3][a];

      for (int q = 0; q < POINTS; q++) G[c / 3][c % 3][q] += w * slope[q];
    }
  }
}

/* r += volume sum_q P : grad N_a, the transpose of the above */
static inline void Divergence(const Elastic *e, const Tensor P, PetscInt i, PetscInt j, PetscInt k,
                              Node ***r)
{
  for (int c = 0; c < 3; c++) {
    PetscReal sum[CORNERS] = {0};

    for (int b = 0; b < 3; b++) {
      for (int q = 0; q < POINTS; q++) {
        const PetscReal  w     = e->volume * P[c][b][q];
        const PetscReal *slope = e->slopeT[b][q];

        for (int a = 0; a < CORNERS; a++) sum[a] += w * slope[a];
      }
    }
    for (int a = 0; a < CORNERS; a++) {
      r[k - 1 + Side(a, 2)][j - 1 + Side(a, 1)][i - 1 + Side(a, 0)].u[c] += sum[a];
    }
  }
}

/* K = (I + G)^-T and J - 1, which keeps its digits where G is small */
static inline void Deform(const Tensor G, Tensor K, PetscReal stretch[POINTS])
{
  for (int q = 0; q < POINTS; q++) {
    const PetscReal a = G[0][0][q], b = G[0][1][q], c = G[0][2][q];
    const PetscReal d = G[1][0][q], m = G[1][1][q], f = G[1][2][q];
    const PetscReal g = G[2][0][q], h = G[2][1][q], n = G[2][2][q];
    const PetscReal minors = (a * m - b * d) + (a * n - c * g) + (m * n - f * h);
    const PetscReal det    = a * (m * n - f * h) - b * (d * n - f * g) + c * (d * h - m * g);
    const PetscReal r      = 1 / (1 + (a + m + n + minors + det));

    stretch[q] = a + m + n + minors + det;
    K[0][0][q] = r * ((1 + m) * (1 + n) - f * h);
    K[0][1][q] = r * (f * g - d * (1 + n));
    K[0][2][q] = r * (d * h - (1 + m) * g);
    K[1][0][q] = r * (c * h - b * (1 + n));
    K[1][1][q] = r * ((1 + a) * (1 + n) - c * g);
    K[1][2][q] = r * (b * g - (1 + a) * h);
    K[2][0][q] = r * (b * f - c * (1 + m));
    K[2][1][q] = r * (c * d - (1 + a) * f);
    K[2][2][q] = r * ((1 + a) * (1 + m) - b * d);
  }
}

/* tr(F'F) - 3 = 2 tr G + |G|^2 */
static inline PetscReal Energy(const Tensor G, const PetscReal lnJ[POINTS])
{
  PetscReal sum = 0;

  for (int q = 0; q < POINTS; q++) {
    PetscReal square = 0;

    for (int c = 0; c < 9; c++) square += PetscSqr(G[c / 3][c % 3][q]);
    sum += MU * (G[0][0][q] + G[1][1][q] + G[2][2][q] - lnJ[q] + square / 2) +
           LAMBDA / 2 * lnJ[q] * lnJ[q];
  }
  return sum;
}

static inline void Stress(const Tensor G, const Tensor K, const PetscReal lnJ[POINTS], Tensor P)
{
  for (int c = 0; c < 3; c++) {
    for (int b = 0; b < 3; b++) {
      for (int q = 0; q < POINTS; q++) {
        P[c][b][q] = MU * ((c == b) + G[c][b][q]) + (LAMBDA * lnJ[q] - MU) * K[c][b][q];
      }
    }
  }
}

static inline void StressTangent(const Tensor K, const PetscReal lnJ[POINTS], const Tensor D,
                                 Tensor P)
{
  Tensor    M; /* K D' */
  PetscReal trace[POINTS];

  for (int c = 0; c < 3; c++) {
    for (int b = 0; b < 3; b++) {
      for (int q = 0; q < POINTS; q++) {
        M[c][b][q] = K[c][0][q] * D[b][0][q] + K[c][1][q] * D[b][1][q] + K[c][2][q] * D[b][2][q];
      }
    }
  }
  for (int q = 0; q < POINTS; q++) trace[q] = M[0][0][q] + M[1][1][q] + M[2][2][q];
  for (int c = 0; c < 3; c++) {
    for (int b = 0; b < 3; b++) {
      for (int q = 0; q < POINTS; q++) {
        P[c][b][q] = MU * D[c][b][q] + LAMBDA * trace[q] * K[c][b][q] +
                     (MU - LAMBDA * lnJ[q]) * (M[c][0][q] * K[0][b][q] + M[c][1][q] * K[1][b][q] +
                                               M[c][2][q] * K[2][b][q]);
      }
    }
  }
}

/* This rank's elements. Without a direction d: returns their energy at u, and adds its gradient to
   r unless NULL. With d: adds the Hessian at u times d to r. */
static PetscReal Elements(const Elastic *e, Node ***u, Node ***d, Node ***r)
{
  PetscReal sum = 0;

  for (PetscInt k = PetscMax(e->zs, 1); k < e->zs + e->zm; k++) {
    for (PetscInt j = PetscMax(e->ys, 1); j < e->ys + e->ym; j++) {
      for (PetscInt i = e->xs; i < e->xs + e->xm; i++) {
        Tensor    G, K, P;
        PetscReal lnJ[POINTS];

        Gradient(e, u, i, j, k, G);
        Deform(G, K, lnJ);
        for (int q = 0; q < POINTS; q++) lnJ[q] = log1p(lnJ[q]);
        if (d) {
          Gradient(e, d, i, j, k, G);
          StressTangent(K, lnJ, G, P);
        } else {
          sum += e->volume * Energy(G, lnJ);
          if (r) Stress(G, K, lnJ, P);
        }
        if (r) Divergence(e, P, i, j, k, r);
      }
    }
  }
  return sum;
}

/* The energy of the load on the face x = L, and its gradient: a vertex has a part of each element
   that meets there. */
static PetscReal Load(const Elastic *e, Node ***u, Node ***r)
{
  const PetscInt i   = e->nx - 1;
  PetscReal      sum = 0;

  if (e->xs + e->xm < e->nx) return 0;
  for (PetscInt k = e->zs; k < e->zs + e->zm; k++) {
    for (PetscInt j = e->ys; j < e->ys + e->ym; j++) {
      const int       meet = (1 + (j > 0 && j < e->ny - 1)) * (1 + (k > 0 && k < e->nz - 1));
      const PetscReal down = meet * e->force;

      sum += down * u[k][j][i].u[2];
      if (r) r[k][j][i].u[2] += down;
    }
  }
  return sum;
}

/* u with its ghosts; those beyond the clamped face are zero */
static PetscErrorCode GetLocal(Problem prob, Vec x, Vec *local, Node ****u)
{
  const Elastic *e = (Elastic *)prob->data;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, x, local, u));
  if (e->xs) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt k = PetscMax(e->zs - 1, 0); k < e->zs + e->zm; k++) {
    for (PetscInt j = PetscMax(e->ys - 1, 0); j < e->ys + e->ym; j++) {
      (*u)[k][j][-1] = (Node){{0, 0, 0}};
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A local vector to add to, and its sum over the ranks */
static PetscErrorCode GetResidual(Problem prob, Vec *local, Node ****r)
{
  PetscFunctionBegin;
  PetscCall(DMGetLocalVector(prob->dm, local));
  PetscCall(VecZeroEntries(*local));
  PetscCall(DMDAVecGetArray(prob->dm, *local, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumResidual(Problem prob, Vec *local, Node ****r, Vec g)
{
  PetscFunctionBegin;
  PetscCall(DMDAVecRestoreArray(prob->dm, *local, r));
  PetscCall(VecZeroEntries(g));
  PetscCall(DMLocalToGlobal(prob->dm, *local, ADD_VALUES, g));
  PetscCall(DMRestoreLocalVector(prob->dm, local));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_Elastic(Problem prob, Vec x, PetscReal *f, Vec g)
{
  const Elastic *e = (Elastic *)prob->data;
  Vec            localu, localr;
  Node        ***u, ***r = NULL;
  PetscReal      sum;

  PetscFunctionBegin;
  PetscCall(GetLocal(prob, x, &localu, &u));
  if (g) PetscCall(GetResidual(prob, &localr, &r));
  sum = Elements(e, u, NULL, r) + Load(e, u, r);
  if (g) PetscCall(SumResidual(prob, &localr, &r, g));
  PetscCall(GridRestoreLocal(prob, &localu, &u));
  PetscCall(GridReduce(prob, sum, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_Elastic(Problem prob, Vec x, Vec v, Vec Hv)
{
  Vec     localu, locald, localr;
  Node ***u, ***d, ***r;

  PetscFunctionBegin;
  PetscCall(GetLocal(prob, x, &localu, &u));
  PetscCall(GetLocal(prob, v, &locald, &d));
  PetscCall(GetResidual(prob, &localr, &r));
  (void)Elements((Elastic *)prob->data, u, d, r);
  PetscCall(SumResidual(prob, &localr, &r, Hv));
  PetscCall(GridRestoreLocal(prob, &locald, &d));
  PetscCall(GridRestoreLocal(prob, &localu, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Elastic(Problem prob, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecZeroEntries(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The work of the load is linear in u: over the load it is the mean sinking of the loaded face. */
static PetscErrorCode Report_Elastic(Problem prob, Vec x, PetscViewer viewer)
{
  Vec       local;
  Node   ***u;
  PetscReal work;

  PetscFunctionBegin;
  PetscCall(GetLocal(prob, x, &local, &u));
  PetscCall(GridReduce(prob, Load((Elastic *)prob->data, u, NULL), &work));
  PetscCall(GridRestoreLocal(prob, &local, &u));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  a bar of %g cm: its loaded end sinks by %g cm\n",
                                   LENGTH, (double)(-work / (TRACTION * WIDTH * WIDTH))));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_Elastic(Problem prob)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The elements of the bar are cubes: s by s across, 3 s along it. */
static PetscErrorCode CreateGrid(Problem prob, PetscInt n, Elastic *e)
{
  PetscInt s = 1;

  PetscFunctionBegin;
  while (9 * (s + 1) * (s + 2) * (s + 2) <= n) s++;
  if (n - 9 * s * PetscSqr(s + 1) > 9 * (s + 1) * PetscSqr(s + 2) - n) s++;
  if (!prob->dm) {
    PetscCall(DMDACreate3d(prob->comm, DM_BOUNDARY_GHOSTED, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE,
                           DMDA_STENCIL_BOX, (PetscInt)(LENGTH / WIDTH) * s, s + 1, s + 1,
                           PETSC_DECIDE, PETSC_DECIDE, PETSC_DECIDE, 3, 1, NULL, NULL, NULL,
                           &prob->dm));
    PetscCall(DMSetFromOptions(prob->dm));
    PetscCall(DMSetUp(prob->dm));
  }
  PetscCall(DMDAGetInfo(prob->dm, NULL, &e->nx, &e->ny, &e->nz, NULL, NULL, NULL, NULL, NULL, NULL,
                        NULL, NULL, NULL));
  PetscCheck(e->ny > 1 && e->nz > 1, prob->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "The bar needs two vertices across, not %" PetscInt_FMT " by %" PetscInt_FMT
             ": raise -da_grid_y or -da_grid_z",
             e->ny, e->nz);
  PetscCall(DMDAGetCorners(prob->dm, &e->xs, &e->ys, &e->zs, &e->xm, &e->ym, &e->zm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Elastic(Problem prob, PetscInt n)
{
  Elastic  *e;
  PetscReal h[3];

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  prob->data    = e;
  prob->destroy = Destroy_Elastic;
  PetscCall(CreateGrid(prob, n, e));
  h[0]      = LENGTH / e->nx;
  h[1]      = WIDTH / (e->ny - 1);
  h[2]      = WIDTH / (e->nz - 1);
  e->volume = h[0] * h[1] * h[2] / POINTS;
  e->force  = TRACTION * h[1] * h[2] / 4;
  PetscCall(DMDASetUniformCoordinates(prob->dm, h[0], LENGTH, 0, WIDTH, 0, WIDTH));
  SetSlopes(e, h);
  PetscCall(DMCreateGlobalVector(prob->dm, &prob->x));
  PetscCall(VecGetSize(prob->x, &prob->N));
  prob->start   = Start_Elastic;
  prob->objgrad = ObjGrad_Elastic;
  prob->hessvec = HessVec_Elastic;
  prob->report  = Report_Elastic;
  PetscFunctionReturn(PETSC_SUCCESS);
}
