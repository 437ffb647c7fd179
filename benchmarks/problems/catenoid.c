/* SPDX-License-Identifier: BSD-2-Clause
   The surface of least area between two rings: linear finite elements on a mesh of triangles that
   has no order, a DMPlex.

   f(v) = int sqrt(1 + |grad v|^2) over the ring 1 <= r <= 3, v = HEIGHT on the inner rim and 0 on
   the outer one. The surface is a catenoid: v = c arccosh(3/c) - c arccosh(r/c), Euler (1744).

   The mesh is made on the first rank: vertices on circles, put out of place and joined by chance,
   in an order that keeps neighbours near each other (RCM), as mesh generators leave it. */
#include "problem.h"
#include <petscdmplex.h>
#include <math.h>

#define INNER  1.
#define OUTER  3.
#define WAIST  0.9 /* c: the catenoid is this far from the axis where it turns back */
#define JITTER 0.3 /* of the distance to the next vertex */

enum { CORNERS = 3 };

typedef struct {
  PetscInt  at[CORNERS];       /* place of a corner's unknown in a local vector, */
  PetscReal rim[CORNERS];      /* or, where there is none, -1, and the value */
  PetscReal slope[2][CORNERS]; /* of a corner's basis function */
  PetscReal area;
} Triangle;

typedef struct {
  Triangle *triangle; /* of this rank */
  PetscInt  n;
} Catenoid;

static PetscReal Height(PetscReal r)
{
  return WAIST * (acosh(OUTER / WAIST) - acosh(PetscMax(r, WAIST) / WAIST));
}

/* Vertex j of circle i of a mesh of `circles` and `around` */
static void Place(PetscInt i, PetscInt j, PetscInt circles, PetscInt around, PetscRandom random,
                  PetscReal at[2])
{
  const PetscReal dr = (OUTER - INNER) / (circles - 1), da = 2 * PETSC_PI / around;
  PetscReal       out = 0, along = 0, r, angle;

  (void)PetscRandomGetValueReal(random, &out); /* in [-1, 1) */
  (void)PetscRandomGetValueReal(random, &along);
  if (i == 0 || i == circles - 1) out = 0;
  r     = INNER + (i + JITTER * out) * dr;
  angle = (j + JITTER * along) * da;
  at[0] = r * PetscCosReal(angle);
  at[1] = r * PetscSinReal(angle);
}

/* Vertices and triangles: two of each quadrangle, parted by one of its diagonals */
static PetscErrorCode Join(PetscInt circles, PetscInt around, PetscReal vertex[], PetscInt cell[])
{
  PetscRandom random;
  PetscReal   value;

  PetscFunctionBegin;
  PetscCall(PetscRandomCreate(PETSC_COMM_SELF, &random));
  PetscCall(PetscRandomSetType(random, PETSCRAND48));
  PetscCall(PetscRandomSetInterval(random, -1, 1));
  PetscCall(PetscRandomSeed(random));
  for (PetscInt i = 0; i < circles; i++) {
    for (PetscInt j = 0; j < around; j++) {
      Place(i, j, circles, around, random, vertex + 2 * (i * around + j));
    }
  }
  for (PetscInt i = 0; i < circles - 1; i++) {
    for (PetscInt j = 0; j < around; j++) {
      const PetscInt a = i * around + j, b = i * around + (j + 1) % around;
      const PetscInt c = b + around, d = a + around;
      PetscInt      *t = cell + 6 * a;

      PetscCall(PetscRandomGetValueReal(random, &value));
      t[0] = a;
      t[1] = d;
      t[2] = value < 0 ? c : b;
      t[3] = value < 0 ? a : d;
      t[4] = c;
      t[5] = b;
    }
  }
  PetscCall(PetscRandomDestroy(&random));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On the first rank, all of it */
static PetscErrorCode CreateMesh(MPI_Comm comm, PetscInt circles, PetscInt around, DM *dm)
{
  const PetscInt vertices = circles * around, cells = 2 * (circles - 1) * around;
  PetscMPIInt    rank;
  PetscReal     *vertex;
  PetscInt      *cell;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscMalloc2(rank ? 0 : 2 * vertices, &vertex, rank ? 0 : CORNERS * cells, &cell));
  if (rank == 0) PetscCall(Join(circles, around, vertex, cell));
  PetscCall(DMPlexCreateFromCellListPetsc(comm, 2, rank ? 0 : cells, rank ? 0 : vertices, CORNERS,
                                          PETSC_TRUE, cell, 2, vertex, dm));
  PetscCall(PetscFree2(vertex, cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rims, which only the whole mesh knows, and a good order; then to all ranks */
static PetscErrorCode Distribute(DM *dm)
{
  DMLabel          rim;
  DM               other = NULL;
  IS               order;
  PetscPartitioner parts;

  PetscFunctionBegin;
  PetscCall(DMCreateLabel(*dm, "rim"));
  PetscCall(DMGetLabel(*dm, "rim", &rim));
  PetscCall(DMPlexMarkBoundaryFaces(*dm, 1, rim));
  PetscCall(DMPlexLabelComplete(*dm, rim));
  PetscCall(DMPlexGetOrdering(*dm, MATORDERINGRCM, NULL, &order));
  PetscCall(DMPlexPermute(*dm, order, &other));
  PetscCall(ISDestroy(&order));
  PetscCall(DMDestroy(dm));
  *dm = other;
  PetscCall(DMPlexGetPartitioner(*dm, &parts));
  PetscCall(PetscPartitionerSetType(parts, PETSCPARTITIONERSIMPLE)); /* the same in every run */
  PetscCall(DMPlexDistribute(*dm, 0, NULL, &other));
  if (other) {
    PetscCall(DMDestroy(dm));
    *dm = other;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An unknown at each vertex that is on no rim */
static PetscErrorCode SetUnknowns(DM dm)
{
  PetscSection section;
  DMLabel      rim;
  PetscInt     start, end, first, last, value;

  PetscFunctionBegin;
  PetscCall(DMGetLabel(dm, "rim", &rim));
  PetscCall(DMPlexGetChart(dm, &start, &end));
  PetscCall(DMPlexGetDepthStratum(dm, 0, &first, &last));
  PetscCall(PetscSectionCreate(PetscObjectComm((PetscObject)dm), &section));
  PetscCall(PetscSectionSetChart(section, start, end));
  for (PetscInt p = first; p < last; p++) {
    PetscCall(DMLabelGetValue(rim, p, &value));
    if (value != 1) PetscCall(PetscSectionSetDof(section, p, 1));
  }
  PetscCall(PetscSectionSetUp(section));
  PetscCall(DMSetLocalSection(dm, section));
  PetscCall(PetscSectionDestroy(&section));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetSlopes(PetscReal at[CORNERS][2], Triangle *t)
{
  PetscReal twice = 0; /* the area, with a sign */

  for (int k = 0; k < CORNERS; k++) {
    const PetscReal *p = at[k], *q = at[(k + 1) % CORNERS];

    twice += p[0] * q[1] - p[1] * q[0];
  }
  for (int k = 0; k < CORNERS; k++) {
    const PetscReal *p = at[(k + 1) % CORNERS], *q = at[(k + 2) % CORNERS];

    t->slope[0][k] = (p[1] - q[1]) / twice;
    t->slope[1][k] = (q[0] - p[0]) / twice;
  }
  t->area = PetscAbsReal(twice) / 2;
}

static PetscErrorCode SetTriangle(DM dm, PetscInt cell, PetscSection places,
                                  const PetscScalar coordinate[], Triangle *t)
{
  PetscSection section;
  PetscInt     first, last, points, dof, place, *point = NULL;
  PetscReal    at[CORNERS][2] = {{0}};
  int          k              = 0;

  PetscFunctionBegin;
  PetscCall(DMGetLocalSection(dm, &section));
  PetscCall(DMPlexGetDepthStratum(dm, 0, &first, &last));
  PetscCall(DMPlexGetTransitiveClosure(dm, cell, PETSC_TRUE, &points, &point));
  for (PetscInt p = 0; p < 2 * points; p += 2) { /* with the orientation of each */
    if (point[p] < first || point[p] >= last) continue;
    PetscCall(PetscSectionGetOffset(places, point[p], &place));
    at[k][0] = coordinate[place];
    at[k][1] = coordinate[place + 1];
    PetscCall(PetscSectionGetDof(section, point[p], &dof));
    PetscCall(PetscSectionGetOffset(section, point[p], &place));
    t->at[k]  = dof ? place : -1;
    t->rim[k] = hypot(at[k][0], at[k][1]) < (INNER + OUTER) / 2 ? Height(INNER) : 0;
    k++;
  }
  PetscCall(DMPlexRestoreTransitiveClosure(dm, cell, PETSC_TRUE, &points, &point));
  SetSlopes(at, t);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetTriangles(DM dm, Catenoid *c)
{
  const PetscScalar *coordinate;
  PetscSection       places;
  PetscInt           start, end;
  Vec                coordinates;

  PetscFunctionBegin;
  PetscCall(DMPlexGetHeightStratum(dm, 0, &start, &end));
  c->n = end - start;
  PetscCall(PetscMalloc1(c->n, &c->triangle));
  PetscCall(DMGetCoordinatesLocal(dm, &coordinates));
  PetscCall(DMGetCoordinateSection(dm, &places));
  PetscCall(VecGetArrayRead(coordinates, &coordinate));
  for (PetscInt cell = start; cell < end; cell++) {
    PetscCall(SetTriangle(dm, cell, places, coordinate, &c->triangle[cell - start]));
  }
  PetscCall(VecRestoreArrayRead(coordinates, &coordinate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient of a function on a triangle; on the rims it is `rim` times their height */
static inline void Slope(const Triangle *t, const PetscScalar u[], PetscReal rim, PetscReal p[2])
{
  p[0] = p[1] = 0;
  for (int k = 0; k < CORNERS; k++) {
    const PetscReal value = t->at[k] < 0 ? rim * t->rim[k] : u[t->at[k]];

    p[0] += value * t->slope[0][k];
    p[1] += value * t->slope[1][k];
  }
}

/* r += p . grad of each corner's basis function */
static inline void Spread(const Triangle *t, const PetscReal p[2], PetscScalar r[])
{
  for (int k = 0; k < CORNERS; k++) {
    if (t->at[k] >= 0) r[t->at[k]] += p[0] * t->slope[0][k] + p[1] * t->slope[1][k];
  }
}

/* Without d: returns the area at u and adds its gradient to r, unless NULL. With d: adds the Hessian
   at u times d to r. */
static PetscReal Triangles(const Catenoid *c, const PetscScalar u[], const PetscScalar d[],
                           PetscScalar r[])
{
  PetscReal sum = 0;

  for (PetscInt k = 0; k < c->n; k++) {
    const Triangle *t = &c->triangle[k];
    PetscReal       p[2], q[2], w, along;

    Slope(t, u, 1, p);
    w = PetscSqrtReal(1 + p[0] * p[0] + p[1] * p[1]);
    sum += t->area * w;
    if (!r) continue;
    if (d) {
      Slope(t, d, 0, q);
      along = (p[0] * q[0] + p[1] * q[1]) / (w * w);
      for (int i = 0; i < 2; i++) q[i] = t->area / w * (q[i] - along * p[i]);
      Spread(t, q, r);
    } else {
      for (int i = 0; i < 2; i++) p[i] *= t->area / w;
      Spread(t, p, r);
    }
  }
  return sum;
}

/* All ranks' triangles, at x, along v or NULL, into y or NULL, and their sum or NULL */
static PetscErrorCode Evaluate(Problem prob, Vec x, Vec v, Vec y, PetscReal *f)
{
  const PetscScalar *u, *d = NULL;
  PetscScalar       *r = NULL;
  Vec                local[3]; /* x, v, y */
  PetscReal          sum;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) PetscCall(DMGetLocalVector(prob->dm, &local[k]));
  PetscCall(DMGlobalToLocal(prob->dm, x, INSERT_VALUES, local[0]));
  if (v) PetscCall(DMGlobalToLocal(prob->dm, v, INSERT_VALUES, local[1]));
  PetscCall(VecGetArrayRead(local[0], &u));
  if (v) PetscCall(VecGetArrayRead(local[1], &d));
  PetscCall(VecZeroEntries(local[2]));
  if (y) PetscCall(VecGetArray(local[2], &r));
  sum = Triangles((Catenoid *)prob->data, u, d, r);
  if (y) PetscCall(VecRestoreArray(local[2], &r));
  if (v) PetscCall(VecRestoreArrayRead(local[1], &d));
  PetscCall(VecRestoreArrayRead(local[0], &u));
  if (y) {
    PetscCall(VecZeroEntries(y));
    PetscCall(DMLocalToGlobal(prob->dm, local[2], ADD_VALUES, y));
  }
  if (f) PetscCallMPI(MPI_Allreduce(&sum, f, 1, MPIU_REAL, MPIU_SUM, prob->comm));
  for (int k = 2; k >= 0; k--) PetscCall(DMRestoreLocalVector(prob->dm, &local[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_Catenoid(Problem prob, Vec x, PetscReal *f, Vec g)
{
  PetscFunctionBegin;
  PetscCall(Evaluate(prob, x, NULL, g, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_Catenoid(Problem prob, Vec x, Vec v, Vec Hv)
{
  PetscFunctionBegin;
  PetscCall(Evaluate(prob, x, v, Hv, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Catenoid(Problem prob, Vec x)
{
  PetscFunctionBegin;
  (void)prob;
  PetscCall(VecZeroEntries(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report_Catenoid(Problem prob, Vec x, PetscViewer viewer)
{
  const PetscScalar *u, *coordinate;
  PetscSection       section, places;
  PetscReal          most = 0;
  PetscInt           first, last, dof, place;
  Vec                local, coordinates;

  PetscFunctionBegin;
  PetscCall(DMGetLocalSection(prob->dm, &section));
  PetscCall(DMGetCoordinateSection(prob->dm, &places));
  PetscCall(DMGetCoordinatesLocal(prob->dm, &coordinates));
  PetscCall(DMPlexGetDepthStratum(prob->dm, 0, &first, &last));
  PetscCall(DMGetLocalVector(prob->dm, &local));
  PetscCall(DMGlobalToLocal(prob->dm, x, INSERT_VALUES, local));
  PetscCall(VecGetArrayRead(local, &u));
  PetscCall(VecGetArrayRead(coordinates, &coordinate));
  for (PetscInt p = first; p < last; p++) {
    const PetscScalar *at;

    PetscCall(PetscSectionGetDof(section, p, &dof));
    if (!dof) continue;
    PetscCall(PetscSectionGetOffset(places, p, &place));
    at = coordinate + place;
    PetscCall(PetscSectionGetOffset(section, p, &place));
    most = PetscMax(most, PetscAbsReal(u[place] - Height(hypot(at[0], at[1]))));
  }
  PetscCall(VecRestoreArrayRead(coordinates, &coordinate));
  PetscCall(VecRestoreArrayRead(local, &u));
  PetscCall(DMRestoreLocalVector(prob->dm, &local));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, prob->comm));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  at most %.2g from the catenoid, which is %.3g high\n",
                                   (double)most, (double)Height(INNER)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_Catenoid(Problem prob)
{
  Catenoid *c = (Catenoid *)prob->data;

  PetscFunctionBegin;
  PetscCall(PetscFree(c->triangle));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Catenoid(Problem prob, PetscInt n)
{
  const PetscReal wide    = PETSC_PI * (INNER + OUTER) / (OUTER - INNER); /* to its depth */
  const PetscInt  circles = PetscMax(1, (PetscInt)round(PetscSqrtReal(n / wide)));
  const PetscInt  around  = PetscMax(3, (PetscInt)round(circles * wide));
  Catenoid       *c;

  PetscFunctionBegin;
  PetscCheck(!prob->dm, prob->comm, PETSC_ERR_SUP,
             "The mesh of problem '%s' has no coarser ones: leave out grid sequencing", prob->name);
  PetscCall(CreateMesh(prob->comm, circles + 2, around, &prob->dm));
  PetscCall(Distribute(&prob->dm));
  PetscCall(SetUnknowns(prob->dm));
  PetscCall(PetscNew(&c));
  prob->data = c;
  PetscCall(SetTriangles(prob->dm, c));
  PetscCall(DMCreateGlobalVector(prob->dm, &prob->x));
  prob->N       = circles * around;
  prob->objgrad = ObjGrad_Catenoid;
  prob->hessvec = HessVec_Catenoid;
  prob->start   = Start_Catenoid;
  prob->report  = Report_Catenoid;
  prob->destroy = Destroy_Catenoid;
  PetscFunctionReturn(PETSC_SUCCESS);
}
