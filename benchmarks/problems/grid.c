/* SPDX-License-Identifier: BSD-2-Clause
   What grid problems share: the DMDA, its ghosts, the sum over the ranks; the energies of linear
   triangles, their gradients and Hessian-vector products, row by row. */
#include "grid.h"

PetscErrorCode GridCreate(Problem prob, PetscInt n, PetscInt dof, DMBoundaryType boundary,
                          DMDAStencilType stencil, PetscInt width, size_t bytes)
{
  Grid     grid;
  PetscInt side = PetscMax(4, (PetscInt)(PetscSqrtReal((PetscReal)n / dof) + 0.5));

  PetscFunctionBegin;
  PetscCall(PetscNew(&grid));
  prob->data    = grid;
  prob->destroy = GridDestroy;
  if (!prob->dm) {
    PetscCall(DMDACreate2d(prob->comm, boundary, boundary, stencil, side, side, PETSC_DECIDE,
                           PETSC_DECIDE, dof, width, NULL, NULL, &prob->dm));
    PetscCall(DMSetFromOptions(prob->dm));
    PetscCall(DMSetUp(prob->dm));
  }
  /* -da_grid_x, -da_refine and their like may have changed the size */
  PetscCall(DMDAGetInfo(prob->dm, NULL, &grid->nx, &grid->ny, NULL, NULL, NULL, NULL, NULL, NULL,
                        NULL, NULL, NULL, NULL));
  PetscCall(DMDAGetCorners(prob->dm, &grid->xs, &grid->ys, NULL, &grid->xm, &grid->ym, NULL));
  grid->hx = 1. / (grid->nx + 1);
  grid->hy = 1. / (grid->ny + 1);
  PetscCall(PetscMalloc((size_t)(grid->xm + 1) * bytes, &grid->work));
  PetscCall(DMCreateGlobalVector(prob->dm, &prob->x));
  PetscCall(VecGetSize(prob->x, &prob->N));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode GridDestroy(Problem prob)
{
  Grid grid = (Grid)prob->data;

  PetscFunctionBegin;
  PetscCall(PetscFree4(grid->left, grid->right, grid->bottom, grid->top));
  PetscCall(PetscFree(grid->work));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode GridGetLocal(Problem prob, Vec x, Vec *local, void *array)
{
  PetscFunctionBegin;
  PetscCall(DMGetLocalVector(prob->dm, local));
  PetscCall(DMGlobalToLocal(prob->dm, x, INSERT_VALUES, *local));
  PetscCall(DMDAVecGetArray(prob->dm, *local, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode GridRestoreLocal(Problem prob, Vec *local, void *array)
{
  PetscFunctionBegin;
  PetscCall(DMDAVecRestoreArray(prob->dm, *local, array));
  PetscCall(DMRestoreLocalVector(prob->dm, local));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode GridReduce(Problem prob, PetscReal local, PetscReal *f)
{
  PetscFunctionBegin;
  if (f) PetscCallMPI(MPI_Allreduce(&local, f, 1, MPIU_REAL, MPIU_SUM, prob->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscReal GridDistance(Grid grid, PetscInt i, PetscInt j)
{
  return PetscMin(PetscMin(i + 1, grid->nx - i) * grid->hx,
                  PetscMin(j + 1, grid->ny - j) * grid->hy);
}

/* Cell i of a row lies between the nodes i, i+1 of the node rows lo and hi. Its lower triangle has
   the right angle at (i, lo), its upper one at (i+1, hi). A triangle's flux through an edge is
   k (grad v) along it; the gradient of f at a node is the sum of the fluxes that come in less those
   that go out. Each rank walks the cells that touch its nodes, so that one exchange of ghosts is
   all. The rank of the node (i, lo), or of the first one inside, counts the energy of a cell. */

/* Rows of work, m cells long: [0,m) for the lower triangles, [m,2m) for the upper ones. */
typedef struct {
  PetscReal *t, *phi, *k, *dk, *qx, *qy;
} Work;

static Work WorkRows(Grid grid)
{
  PetscReal *w = (PetscReal *)grid->work;
  PetscInt   s = 2 * (grid->xm + 1);

  return (Work){w, w + s, w + 2 * s, w + 3 * s, w + 4 * s, w + 5 * s};
}

/* The horizontal edges of a row of triangles run from a[i] to a[i+1], the vertical from b[i] to
   c[i]. */
typedef struct {
  const PetscScalar *a, *b, *c;
} Edges;

static inline Edges TriangleEdges(int upper, const PetscScalar *lo, const PetscScalar *hi)
{
  return upper ? (Edges){hi, lo + 1, hi + 1} : (Edges){lo, lo, hi};
}

/* Four partial sums: they shorten the chain of additions, and lose less. */
static PetscReal Sum(PetscInt n, const PetscReal a[])
{
  PetscReal s[4] = {0, 0, 0, 0};
  PetscInt  i;

  for (i = 0; i + 4 <= n; i += 4) {
    for (PetscInt l = 0; l < 4; l++) s[l] += a[i + l];
  }
  for (; i < n; i++) s[0] += a[i];
  return (s[0] + s[1]) + (s[2] + s[3]);
}

/* t = |grad v|^2 */
static void Slopes(Grid grid, Edges v, PetscReal *restrict t)
{
  const PetscReal rx = 1 / (grid->hx * grid->hx), ry = 1 / (grid->hy * grid->hy);

  for (PetscInt i = 0; i <= grid->xm; i++) {
    const PetscReal ax = v.a[i + 1] - v.a[i], ay = v.c[i] - v.b[i];

    t[i] = rx * ax * ax + ry * ay * ay;
  }
}

/* q = area k grad v */
static void Flux(Grid grid, Edges v, const PetscReal k[], PetscReal *restrict qx,
                 PetscReal *restrict qy)
{
  const PetscReal cx = grid->hy / (2 * grid->hx), cy = grid->hx / (2 * grid->hy);

  for (PetscInt i = 0; i <= grid->xm; i++) {
    qx[i] = cx * k[i] * (v.a[i + 1] - v.a[i]);
    qy[i] = cy * k[i] * (v.c[i] - v.b[i]);
  }
}

/* q = area (k grad d + 2 k' (grad v . grad d) grad v), the derivative of the flux along d */
static void FluxTangent(Grid grid, Edges v, Edges d, const PetscReal k[], const PetscReal dk[],
                        PetscReal *restrict qx, PetscReal *restrict qy)
{
  const PetscReal cx = grid->hy / (2 * grid->hx), cy = grid->hx / (2 * grid->hy);
  const PetscReal rx = 1 / (grid->hx * grid->hx), ry = 1 / (grid->hy * grid->hy);

  for (PetscInt i = 0; i <= grid->xm; i++) {
    const PetscReal ax = v.a[i + 1] - v.a[i], ay = v.c[i] - v.b[i];
    const PetscReal bx = d.a[i + 1] - d.a[i], by = d.c[i] - d.b[i];
    const PetscReal s = 2 * dk[i] * (rx * ax * bx + ry * ay * by);

    qx[i] = cx * (k[i] * bx + s * ax);
    qy[i] = cy * (k[i] * by + s * ay);
  }
}

/* Adds a cell row's fluxes to the node row beneath, and begins the sum of the one above; either
   is NULL where another rank has it. */
static void Divergence(Grid grid, const Work *w, PetscScalar *restrict glo,
                       PetscScalar *restrict ghi)
{
  const PetscInt   n  = grid->xm;
  const PetscReal *lx = w->qx + 1, *ly = w->qy + 1, *ux = lx + n + 1, *uy = ly + n + 1;

  if (glo) {
    for (PetscInt i = 0; i < n; i++) glo[i] += lx[i - 1] - lx[i] - ly[i] - uy[i - 1];
  }
  if (ghi) {
    for (PetscInt i = 0; i < n; i++) ghi[i] = ux[i - 1] - ux[i] + ly[i] + uy[i - 1];
  }
}

/* hx hy w(v): adds its gradient to g, and returns its sum */
static PetscReal SourceRow(Grid grid, const PetscScalar v[], PetscScalar g[])
{
  const PetscInt  n    = grid->xm;
  const PetscReal area = grid->hx * grid->hy;
  PetscReal      *w = (PetscReal *)grid->work, *dw = w + n;

  if (!grid->energy->source) return 0;
  grid->energy->source(n, v, w, dw);
  if (g) {
    for (PetscInt i = 0; i < n; i++) g[i] += area * dw[i];
  }
  return area * Sum(n, w);
}

static PetscReal FluxRows(Grid grid, PetscScalar **x, PetscScalar **g)
{
  const PetscInt m = grid->xm + 1, xs = grid->xs, ys = grid->ys, ye = ys + grid->ym;
  const PetscInt skip = xs ? 1 : 0;
  const Work     w    = WorkRows(grid);
  PetscReal      f    = 0;

  for (PetscInt j = ys - 1; j < ye; j++) {
    const PetscScalar *lo = x[j] + xs - 1, *hi = x[j + 1] + xs - 1;
    PetscScalar       *glo = g && j >= ys ? g[j] + xs : NULL;

    for (int u = 0; u < 2; u++) Slopes(grid, TriangleEdges(u, lo, hi), w.t + u * m);
    grid->energy->density(2 * m, w.t, w.phi, w.k);
    if (j >= ys || !ys) {
      f +=
        grid->hx * grid->hy / 2 * (Sum(m - skip, w.phi + skip) + Sum(m - skip, w.phi + m + skip));
    }
    for (int u = 0; g && u < 2; u++) {
      Flux(grid, TriangleEdges(u, lo, hi), w.k + u * m, w.qx + u * m, w.qy + u * m);
    }
    if (g) Divergence(grid, &w, glo, j + 1 < ye ? g[j + 1] + xs : NULL);
    if (j >= ys) f += SourceRow(grid, x[j] + xs, glo);
  }
  return f;
}

static void FluxTangentRows(Grid grid, PetscScalar **x, PetscScalar **d, PetscScalar **h)
{
  const PetscInt m = grid->xm + 1, xs = grid->xs, ys = grid->ys, ye = ys + grid->ym;
  const Work     w = WorkRows(grid);

  for (PetscInt j = ys - 1; j < ye; j++) {
    const PetscScalar *lo = x[j] + xs - 1, *hi = x[j + 1] + xs - 1;
    const PetscScalar *dlo = d[j] + xs - 1, *dhi = d[j + 1] + xs - 1;

    for (int u = 0; u < 2; u++) Slopes(grid, TriangleEdges(u, lo, hi), w.t + u * m);
    grid->energy->tangent(2 * m, w.t, w.k, w.dk);
    for (int u = 0; u < 2; u++) {
      FluxTangent(grid, TriangleEdges(u, lo, hi), TriangleEdges(u, dlo, dhi), w.k + u * m,
                  w.dk + u * m, w.qx + u * m, w.qy + u * m);
    }
    Divergence(grid, &w, j >= ys ? h[j] + xs : NULL, j + 1 < ye ? h[j + 1] + xs : NULL);
  }
}

/* phi = t/2: g = A v with the five-point A, row j */
static void LaplaceRow(Grid grid, PetscScalar **x, PetscInt j, PetscScalar *restrict g)
{
  const PetscReal    cx = grid->hy / grid->hx, cy = grid->hx / grid->hy;
  const PetscScalar *v = x[j] + grid->xs, *s = x[j - 1] + grid->xs, *n = x[j + 1] + grid->xs;

  for (PetscInt i = 0; i < grid->xm; i++) {
    g[i] = cx * ((v[i] - v[i - 1]) + (v[i] - v[i + 1])) + cy * ((v[i] - s[i]) + (v[i] - n[i]));
  }
}

/* v'Av/2 as a sum of squares over the edges: those to the east and north of row j, and those that
   come in from the boundary */
static PetscReal LaplaceEnergy(Grid grid, PetscScalar **x, PetscInt j)
{
  const PetscReal    cx = grid->hy / (2 * grid->hx), cy = grid->hx / (2 * grid->hy);
  const PetscScalar *v = x[j] + grid->xs, *s = x[j - 1] + grid->xs, *n = x[j + 1] + grid->xs;
  PetscReal         *e = (PetscReal *)grid->work, f;

  for (PetscInt i = 0; i < grid->xm; i++) {
    const PetscReal ax = v[i + 1] - v[i], ay = n[i] - v[i];

    e[i] = cx * ax * ax + cy * ay * ay;
  }
  f = Sum(grid->xm, e);
  if (!grid->xs) f += cx * PetscSqr(v[0] - v[-1]);
  for (PetscInt i = 0; !j && i < grid->xm; i++) f += cy * PetscSqr(v[i] - s[i]);
  return f;
}

static PetscReal LaplaceRows(Grid grid, PetscScalar **x, PetscScalar **g)
{
  PetscReal f = 0;

  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    PetscScalar *gj = g ? g[j] + grid->xs : NULL;

    if (gj) LaplaceRow(grid, x, j, gj);
    f += LaplaceEnergy(grid, x, j);
    f += SourceRow(grid, x[j] + grid->xs, gj);
  }
  return f;
}

/* Adds hx hy w''(x) d to h; the array x needs no ghosts. */
static void LaplaceTangentRows(Grid grid, PetscScalar **x, PetscScalar **d, PetscScalar **h)
{
  const PetscReal area = grid->hx * grid->hy;
  const PetscInt  xs   = grid->xs;
  PetscReal      *d2w  = (PetscReal *)grid->work;

  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    LaplaceRow(grid, d, j, h[j] + xs);
    if (!grid->energy->curvature) continue;
    grid->energy->curvature(grid->xm, x[j] + xs, d2w);
    for (PetscInt i = 0; i < grid->xm; i++) h[j][xs + i] += area * d2w[i] * d[j][xs + i];
  }
}

/* Fills the ghosts outside the domain: boundary values for a point, zero for a direction. */
static void SetBoundary(Grid grid, PetscBool direction, PetscScalar **a)
{
  const PetscInt  xs = grid->xs, xe = xs + grid->xm, ys = grid->ys, ye = ys + grid->ym;
  const PetscBool zero = (PetscBool)(direction || !grid->left);

  for (PetscInt j = ys - 1; j <= ye; j++) {
    if (!xs) a[j][-1] = zero ? 0 : grid->left[j + 1];
    if (xe == grid->nx) a[j][xe] = zero ? 0 : grid->right[j + 1];
  }
  for (PetscInt i = xs - 1; i <= xe; i++) {
    if (!ys) a[-1][i] = zero ? 0 : grid->bottom[i + 1];
    if (ye == grid->ny) a[ye][i] = zero ? 0 : grid->top[i + 1];
  }
}

static PetscErrorCode ObjGrad_Energy(Problem prob, Vec X, PetscReal *f, Vec G)
{
  Grid          grid = (Grid)prob->data;
  Vec           local;
  PetscScalar **x, **g = NULL;
  PetscReal     sum;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, X, &local, &x));
  SetBoundary(grid, PETSC_FALSE, x);
  if (G) PetscCall(DMDAVecGetArrayWrite(prob->dm, G, &g));
  sum = grid->energy->density ? FluxRows(grid, x, g) : LaplaceRows(grid, x, g);
  if (!grid->xs && !grid->ys) sum += grid->f0;
  if (G) PetscCall(DMDAVecRestoreArrayWrite(prob->dm, G, &g));
  PetscCall(GridRestoreLocal(prob, &local, &x));
  PetscCall(GridReduce(prob, sum, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_Energy(Problem prob, Vec X, Vec D, Vec H)
{
  Grid          grid = (Grid)prob->data;
  Vec           localx, locald;
  PetscScalar **x, **d, **h;

  PetscFunctionBegin;
  PetscCall(GridGetLocal(prob, D, &locald, &d));
  SetBoundary(grid, PETSC_TRUE, d);
  PetscCall(DMDAVecGetArrayWrite(prob->dm, H, &h));
  if (grid->energy->density) {
    PetscCall(GridGetLocal(prob, X, &localx, &x));
    SetBoundary(grid, PETSC_FALSE, x);
    FluxTangentRows(grid, x, d, h);
    PetscCall(GridRestoreLocal(prob, &localx, &x));
  } else {
    PetscCall(DMDAVecGetArrayRead(prob->dm, X, &x));
    LaplaceTangentRows(grid, x, d, h);
    PetscCall(DMDAVecRestoreArrayRead(prob->dm, X, &x));
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, H, &h));
  PetscCall(GridRestoreLocal(prob, &locald, &d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Energy(Problem prob, Vec X)
{
  Grid          grid = (Grid)prob->data;
  PetscScalar **x;

  PetscFunctionBegin;
  PetscCall(DMDAVecGetArrayWrite(prob->dm, X, &x));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      x[j][i] = grid->energy->start(grid, i, j);
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, X, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TabulateBoundary(Grid grid)
{
  PetscReal (*const value)(PetscReal, PetscReal) = grid->energy->boundary;
  const PetscInt nx = grid->nx + 2, ny = grid->ny + 2;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(ny, &grid->left, ny, &grid->right, nx, &grid->bottom, nx, &grid->top));
  for (PetscInt j = 0; j < ny; j++) {
    grid->left[j]  = value(0, j * grid->hy);
    grid->right[j] = value(1, j * grid->hy);
  }
  for (PetscInt i = 0; i < nx; i++) {
    grid->bottom[i] = value(i * grid->hx, 0);
    grid->top[i]    = value(i * grid->hx, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode GridCreateEnergy(Problem prob, PetscInt n, const GridEnergy *energy)
{
  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 1, DM_BOUNDARY_GHOSTED,
                       energy->density ? DMDA_STENCIL_BOX : DMDA_STENCIL_STAR, 1,
                       12 * sizeof(PetscReal)));
  ((Grid)prob->data)->energy = energy;
  if (energy->boundary) PetscCall(TabulateBoundary((Grid)prob->data));
  prob->start   = Start_Energy;
  prob->objgrad = ObjGrad_Energy;
  prob->hessvec = HessVec_Energy;
  PetscFunctionReturn(PETSC_SUCCESS);
}
