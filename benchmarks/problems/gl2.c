/* SPDX-License-Identifier: BSD-2-Clause
   A superconductor in a magnetic field: one period of its lattice of vortices (Ginzburg-Landau).

   Unknown at each vertex: the order parameter psi = re + i im and the vector potential (a, b). With
   S = exp(i hx a) and T = exp(i hy b) on the links to the east and north vertices,

     f = 1/(nx ny) sum |psi|^4/2 - |psi|^2 + |psi_E - S psi|^2/hx^2 + |psi_N - T psi|^2/hy^2
                       + kappa^2 ((b_E - b)/hx - (a_N - a)/hy)^2

   on 3 by 3 sqrt(3), kappa = 5, nv = 2 vortices; MINPACK-2's GL2. Everything repeats from north to
   south. From west to east the lattice repeats up to a gauge: past column nx-1 comes column 0 with
   psi exp(i theta_j), theta_j = 2 pi nv j/ny, and b + 2 pi nv/(ny hy), which is what nv quanta of
   flux through the cell require. So DMDA's periodic ghosts are right but for those of the columns
   -1 and nx, where this jump is put on after each exchange. f is unchanged by a gauge at each
   vertex: the Hessian is singular at a solution. */
#include "grid.h"

#define KAPPA    5.
#define VORTICES 2.

typedef struct {
  PetscScalar re, im, a, b;
} Vertex;

/* A vertex's link to the next one: psi' - exp(i h a) psi and what derivatives need of it */
typedef struct {
  PetscReal c, s;   /* exp(i h a) */
  PetscReal pr, pi; /* p = exp(i h a) psi */
  PetscReal ur, ui; /* u = psi' - p */
} Link;

/* What the terms of f that belong to a vertex give to derivatives: its own, and its neighbours' */
typedef struct {
  Vertex    own;
  PetscReal er, ei; /* to psi in the east */
  PetscReal nr, ni; /* to psi in the north */
  PetscReal field;  /* to b in the east times hx; less this, to a in the north times hy */
} Cell;

static inline Link LinkSet(PetscReal h, PetscReal a, Vertex v, Vertex next)
{
  Link l = {.c = PetscCosReal(h * a), .s = PetscSinReal(h * a)};

  l.pr = l.c * v.re - l.s * v.im;
  l.pi = l.c * v.im + l.s * v.re;
  l.ur = next.re - l.pr;
  l.ui = next.im - l.pi;
  return l;
}

/* |u|^2/h^2: its derivative is 2u/h^2 at the next psi, -2 conj(S) u/h^2 at psi, 2 Im(p conj(u))/h
   at the potential */
static inline void LinkGradient(PetscReal h, Link l, Vertex *own, PetscReal *a, PetscReal *nextr,
                                PetscReal *nexti)
{
  const PetscReal r = 2 / (h * h);

  own->re -= r * (l.c * l.ur + l.s * l.ui);
  own->im -= r * (l.c * l.ui - l.s * l.ur);
  *a += r * h * (l.pi * l.ur - l.pr * l.ui);
  *nextr = r * l.ur;
  *nexti = r * l.ui;
}

/* The derivative of the above along (d, da, dnext): dp = S d + i h da p, du = dnext - dp, and
   conj(S) u changes by conj(S) (du - i h da u) */
static inline void LinkTangent(PetscReal h, Link l, Vertex d, PetscReal da, Vertex dnext,
                               Vertex *own, PetscReal *a, PetscReal *nextr, PetscReal *nexti)
{
  const PetscReal r = 2 / (h * h), t = h * da;
  const PetscReal dpr = l.c * d.re - l.s * d.im - t * l.pi;
  const PetscReal dpi = l.c * d.im + l.s * d.re + t * l.pr;
  const PetscReal dur = dnext.re - dpr, dui = dnext.im - dpi;
  const PetscReal wr = dur + t * l.ui, wi = dui - t * l.ur;

  own->re -= r * (l.c * wr + l.s * wi);
  own->im -= r * (l.c * wi - l.s * wr);
  *a += r * h * (dpi * l.ur + l.pi * dur - dpr * l.ui - l.pr * dui);
  *nextr = r * dur;
  *nexti = r * dui;
}

/* the curl of the potential in a cell, and the derivatives of kappa^2 curl^2 */
static inline PetscReal Curl(Grid grid, Vertex v, Vertex east, Vertex north)
{
  return (east.b - v.b) / grid->hx - (north.a - v.a) / grid->hy;
}

static inline void CurlGradient(Grid grid, PetscReal curl, Cell *c)
{
  c->field = 2 * KAPPA * KAPPA * curl;
  c->own.a += c->field / grid->hy;
  c->own.b -= c->field / grid->hx;
}

/* Cells of row j from column xs - 1 on; returns the sum of f's terms of the owned columns. */
static PetscReal CellRow(Grid grid, Vertex **x, PetscInt j, Cell *restrict cell)
{
  const PetscReal hx = grid->hx, hy = grid->hy, rx = 1 / (hx * hx), ry = 1 / (hy * hy);
  PetscReal       f = 0;

  for (PetscInt i = 0; i <= grid->xm; i++) {
    const Vertex   *row = x[j] + grid->xs - 1, v = row[i], e = row[i + 1];
    const Vertex    n  = x[j + 1][grid->xs - 1 + i];
    const Link      we = LinkSet(hx, v.a, v, e), sn = LinkSet(hy, v.b, v, n);
    const PetscReal q = v.re * v.re + v.im * v.im, curl = Curl(grid, v, e, n);
    Cell           *c = &cell[i];

    c->own = (Vertex){2 * (q - 1) * v.re, 2 * (q - 1) * v.im, 0, 0};
    LinkGradient(hx, we, &c->own, &c->own.a, &c->er, &c->ei);
    LinkGradient(hy, sn, &c->own, &c->own.b, &c->nr, &c->ni);
    CurlGradient(grid, curl, c);
    if (i) {
      f += q * (0.5 * q - 1) + rx * (we.ur * we.ur + we.ui * we.ui) +
           ry * (sn.ur * sn.ur + sn.ui * sn.ui) + KAPPA * KAPPA * curl * curl;
    }
  }
  return f;
}

/* The derivatives of CellRow's cells at x along d */
static void CellTangentRow(Grid grid, Vertex **x, Vertex **d, PetscInt j, Cell *restrict cell)
{
  const PetscReal hx = grid->hx, hy = grid->hy;

  for (PetscInt i = 0; i <= grid->xm; i++) {
    const PetscInt  k = grid->xs - 1 + i;
    const Vertex    v = x[j][k], dv = d[j][k], de = d[j][k + 1], dn = d[j + 1][k];
    const Link      we = LinkSet(hx, v.a, v, x[j][k + 1]), sn = LinkSet(hy, v.b, v, x[j + 1][k]);
    const PetscReal q = 2 * (v.re * v.re + v.im * v.im - 1), p = 4 * (v.re * dv.re + v.im * dv.im);
    Cell           *c = &cell[i];

    c->own = (Vertex){q * dv.re + p * v.re, q * dv.im + p * v.im, 0, 0};
    LinkTangent(hx, we, dv, dv.a, de, &c->own, &c->own.a, &c->er, &c->ei);
    LinkTangent(hy, sn, dv, dv.b, dn, &c->own, &c->own.b, &c->nr, &c->ni);
    CurlGradient(grid, Curl(grid, dv, de, dn), c);
  }
}

/* A row of the derivative from its cells and those to the south */
static void Gather(Grid grid, const Cell *restrict cell, const Cell *restrict south,
                   Vertex *restrict g)
{
  const PetscReal scale = 1. / ((PetscReal)grid->nx * grid->ny);

  for (PetscInt i = 1; i <= grid->xm; i++) {
    const Cell *c = &cell[i], *w = &cell[i - 1], *s = &south[i];

    g[i - 1].re = scale * (c->own.re + w->er + s->nr);
    g[i - 1].im = scale * (c->own.im + w->ei + s->ni);
    g[i - 1].a  = scale * (c->own.a - s->field / grid->hy);
    g[i - 1].b  = scale * (c->own.b + w->field / grid->hx);
  }
}

/* Puts the jump, or takes it, on the ghosts past the east and west ends; b jumps for a point, not
   for a direction. */
static void Wrap(Grid grid, PetscBool direction, Vertex **x)
{
  const PetscReal turn = 2 * PETSC_PI * VORTICES / grid->ny;
  const PetscInt  xe   = grid->xs + grid->xm;

  for (PetscInt side = -1; side <= 1; side += 2) {
    if (side < 0 ? grid->xs > 0 : xe < grid->nx) continue;
    for (PetscInt j = grid->ys - 1; j <= grid->ys + grid->ym; j++) {
      Vertex         *v = &x[j][side < 0 ? -1 : xe], old = *v;
      const PetscReal c = PetscCosReal(turn * j), s = side * PetscSinReal(turn * j);

      v->re = c * old.re - s * old.im;
      v->im = c * old.im + s * old.re;
      if (!direction) v->b += side * turn / grid->hy;
    }
  }
}

static PetscErrorCode Start_GL2(Problem prob, Vec X)
{
  Grid            grid = (Grid)prob->data;
  const PetscReal r    = PETSC_PI * PetscSqrtReal(VORTICES) / 6;
  const PetscReal jump = 2 * PETSC_PI * VORTICES / (grid->ny * grid->hy);
  PetscBool       saddle;
  Vertex        **x;

  PetscFunctionBegin;
  PetscCall(ProblemStartsAtSaddle(&saddle)); /* the normal state: psi = 0, an even field */
  PetscCall(DMDAVecGetArrayWrite(prob->dm, X, &x));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    const PetscReal sy = PetscSinReal(r * j * grid->hy / PetscSqrtReal(3.));

    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscReal sx = PetscSinReal(r * i * grid->hx);

      x[j][i] = (Vertex){saddle ? 0 : 1 - sx * sx * sy * sy, 0, 0, jump * i / grid->nx};
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, X, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two rows of cells take turns as the current one and the one to the south. */
static inline Cell *Row(Grid grid, PetscInt j)
{
  return (Cell *)grid->work + ((j - grid->ys) & 1) * (grid->xm + 1);
}

static PetscErrorCode ObjGrad_GL2(Problem prob, Vec X, PetscReal *f, Vec G)
{
  Grid           grid = (Grid)prob->data;
  const PetscInt ye   = grid->ys + grid->ym;
  Vec            local;
  Vertex       **x, **g = NULL;
  PetscReal      sum = 0;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, X, &local, &x));
  Wrap(grid, PETSC_FALSE, x);
  if (G) PetscCall(DMDAVecGetArrayWrite(prob->dm, G, &g));
  if (G) (void)CellRow(grid, x, grid->ys - 1, Row(grid, grid->ys - 1));
  for (PetscInt j = grid->ys; j < ye; j++) {
    sum += CellRow(grid, x, j, Row(grid, j));
    if (G) Gather(grid, Row(grid, j), Row(grid, j - 1), g[j] + grid->xs);
  }
  if (G) PetscCall(DMDAVecRestoreArrayWrite(prob->dm, G, &g));
  PetscCall(GridRestoreLocal(prob, &local, &x));
  PetscCall(GridReduce(prob, sum / ((PetscReal)grid->nx * grid->ny), f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_GL2(Problem prob, Vec X, Vec D, Vec H)
{
  Grid     grid = (Grid)prob->data;
  Vec      localx, locald;
  Vertex **x, **d, **h;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, X, &localx, &x));
  PetscCall(GridGetLocal(prob, D, &locald, &d));
  Wrap(grid, PETSC_FALSE, x);
  Wrap(grid, PETSC_TRUE, d);
  PetscCall(DMDAVecGetArrayWrite(prob->dm, H, &h));
  CellTangentRow(grid, x, d, grid->ys - 1, Row(grid, grid->ys - 1));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    CellTangentRow(grid, x, d, j, Row(grid, j));
    Gather(grid, Row(grid, j), Row(grid, j - 1), h[j] + grid->xs);
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, H, &h));
  PetscCall(GridRestoreLocal(prob, &locald, &d));
  PetscCall(GridRestoreLocal(prob, &localx, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_GinzburgLandau(Problem prob, PetscInt n)
{
  Grid grid;

  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 4, DM_BOUNDARY_PERIODIC, DMDA_STENCIL_BOX, 1, 2 * sizeof(Cell)));
  grid          = (Grid)prob->data;
  grid->hx      = 3 * PetscSqrtReal(VORTICES / 2) / grid->nx;
  grid->hy      = 3 * PetscSqrtReal(3 * VORTICES / 2) / grid->ny;
  prob->start   = Start_GL2;
  prob->objgrad = ObjGrad_GL2;
  prob->hessvec = HessVec_GL2;
  PetscFunctionReturn(PETSC_SUCCESS);
}
