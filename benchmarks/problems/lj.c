/* SPDX-License-Identifier: BSD-2-Clause
   A cluster of N = n/3 atoms under the Lennard-Jones potential, in reduced units:

     f(x) = sum_{i<j} phi(|x_i - x_j|^2),   phi(t) = 4 (t^-6 - t^-3),

   all pairs; each rank has its atoms against all. f is unchanged by moving and turning the cluster:
   the Hessian is singular at a solution, and f has very many local minima. Known global minima:
   Hoare and Pal (1971), Cambridge Cluster Database.
   The start is the piece of a face-centred cubic lattice nearest to an atom, each coordinate moved
   at random. */
#include "problem.h"
#include "noise.h"
#include "replica.h"

typedef struct {
  PetscInt     first, last; /* this rank's atoms are first ... last - 1 */
  Replica      replica;
  PetscScalar *x, *v; /* all atoms, and all of a direction */
} Cluster;

static const PetscReal Spacing = 1.09; /* of neighbours in the bulk */
static const PetscReal Move    = 0.1;  /* in a coordinate, at most */

/* phi and its derivatives at t, from s = 1/t */
static inline PetscReal Phi(PetscReal s)
{
  const PetscReal s3 = s * s * s;

  return 4.0 * s3 * (s3 - 1.0);
}

static inline PetscReal DPhi(PetscReal s)
{
  return 12.0 * PetscSqr(s * s) * (1.0 - 2.0 * s * s * s);
}

static inline PetscReal D2Phi(PetscReal s)
{
  return 24.0 * PetscSqr(s * s) * s * (7.0 * s * s * s - 2.0);
}

/* Atom i against the atoms first ... last - 1: adds to g, returns the energy */
static PetscReal Pairs(const PetscScalar *restrict x, PetscInt i, PetscInt first, PetscInt last,
                       PetscReal g[3])
{
  const PetscReal a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2];
  PetscReal       f = 0.0, ga = 0.0, gb = 0.0, gc = 0.0;

  for (PetscInt j = first; j < last; j++) {
    const PetscReal da = a - x[3 * j], db = b - x[3 * j + 1], dc = c - x[3 * j + 2];
    const PetscReal s = 1.0 / (da * da + db * db + dc * dc), d = 2.0 * DPhi(s);

    f += Phi(s);
    ga += d * da;
    gb += d * db;
    gc += d * dc;
  }
  g[0] += ga;
  g[1] += gb;
  g[2] += gc;
  return f;
}

/* Adds the derivative of these gradients along v: with d = x_i - x_j and e = v_i - v_j,
   2 phi' e + 4 phi'' (d'e) d */
static void PairTangents(const PetscScalar *restrict x, const PetscScalar *restrict v, PetscInt i,
                         PetscInt first, PetscInt last, PetscReal h[3])
{
  PetscReal ha = 0.0, hb = 0.0, hc = 0.0;

  for (PetscInt j = first; j < last; j++) {
    const PetscReal da = x[3 * i] - x[3 * j], ea = v[3 * i] - v[3 * j];
    const PetscReal db = x[3 * i + 1] - x[3 * j + 1], eb = v[3 * i + 1] - v[3 * j + 1];
    const PetscReal dc = x[3 * i + 2] - x[3 * j + 2], ec = v[3 * i + 2] - v[3 * j + 2];
    const PetscReal s = 1.0 / (da * da + db * db + dc * dc), p = 2.0 * DPhi(s);
    const PetscReal q = 4.0 * D2Phi(s) * (da * ea + db * eb + dc * ec);

    ha += p * ea + q * da;
    hb += p * eb + q * db;
    hc += p * ec + q * dc;
  }
  h[0] += ha;
  h[1] += hb;
  h[2] += hc;
}

static PetscErrorCode ObjGrad_LJ(Problem prob, Vec X, PetscReal *f, Vec G)
{
  Cluster       *c   = prob->data;
  const PetscInt N   = prob->N / 3;
  PetscScalar   *g   = NULL;
  PetscReal      sum = 0.0;

  PetscFunctionBegin;
  PetscCall(ReplicaGather(&c->replica, X, c->x));
  if (G) PetscCall(VecGetArrayWrite(G, &g));
  for (PetscInt i = c->first; i < c->last; i++) {
    PetscReal own[3] = {0.0, 0.0, 0.0};

    sum += Pairs(c->x, i, 0, i, own);
    sum += Pairs(c->x, i, i + 1, N, own);
    for (PetscInt k = 0; g && k < 3; k++) g[3 * (i - c->first) + k] = own[k];
  }
  if (G) PetscCall(VecRestoreArrayWrite(G, &g));
  sum *= 0.5; /* each pair was counted at both ends */
  if (f) PetscCallMPI(MPI_Allreduce(&sum, f, 1, MPIU_REAL, MPIU_SUM, prob->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_LJ(Problem prob, Vec X, Vec V, Vec H)
{
  Cluster       *c = prob->data;
  const PetscInt N = prob->N / 3;
  PetscScalar   *h;

  PetscFunctionBegin;
  PetscCall(ReplicaGather(&c->replica, X, c->x));
  PetscCall(ReplicaGather(&c->replica, V, c->v));
  PetscCall(VecGetArrayWrite(H, &h));
  for (PetscInt i = c->first; i < c->last; i++) {
    PetscReal own[3] = {0.0, 0.0, 0.0};

    PairTangents(c->x, c->v, i, 0, i, own);
    PairTangents(c->x, c->v, i, i + 1, N, own);
    for (PetscInt k = 0; k < 3; k++) h[3 * (i - c->first) + k] = own[k];
  }
  PetscCall(VecRestoreArrayWrite(H, &h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The N points of the lattice nearest to one of them, by their distance. In units of half the edge
   of the cube they are the integer (i,j,l) of even sum: those of even i^2 + j^2 + l^2. */
static void Lattice(PetscInt N, PetscScalar x[])
{
  const PetscReal unit  = Spacing / PetscSqrtReal(2.0);
  PetscInt        found = 0;

  for (PetscInt r2 = 0;; r2 += 2) {
    const PetscInt r = (PetscInt)PetscSqrtReal((PetscReal)r2);

    for (PetscInt i = -r; i <= r; i++) {
      for (PetscInt j = -r; j <= r; j++) {
        const PetscInt rest = r2 - i * i - j * j;
        const PetscInt k    = rest < 0 ? 0 : (PetscInt)(PetscSqrtReal((PetscReal)rest) + 0.5);

        if (k * k != rest) continue;
        for (PetscInt l = -k; l <= k; l += PetscMax(2 * k, 1)) {
          if (found == N) return;
          x[3 * found]     = unit * i;
          x[3 * found + 1] = unit * j;
          x[3 * found + 2] = unit * l;
          found++;
        }
      }
    }
  }
}

static PetscErrorCode Start_LJ(Problem prob, Vec X)
{
  Cluster     *c = prob->data;
  PetscScalar *x;

  PetscFunctionBegin;
  Lattice(prob->N / 3, c->x);
  PetscCall(VecGetArrayWrite(X, &x));
  for (PetscInt i = 3 * c->first; i < 3 * c->last; i++) {
    x[i - 3 * c->first] = c->x[i] + Move * (2.0 * NoiseUniform(1, i) - 1.0);
  }
  PetscCall(VecRestoreArrayWrite(X, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_LJ(Problem prob)
{
  Cluster *c = prob->data;

  PetscFunctionBegin;
  PetscCall(ReplicaDestroy(&c->replica));
  PetscCall(PetscFree2(c->x, c->v));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Global minima of N atoms, of which no solution may be below */
static PetscReal KnownMinimum(PetscInt N)
{
  switch (N) {
  case 2:
    return -1.0;
  case 3:
    return -3.0;
  case 4:
    return -6.0;
  case 13:
    return -44.326801;
  default:
    return PETSC_INFINITY;
  }
}

PetscErrorCode ProblemCreate_LennardJones(Problem prob, PetscInt n)
{
  Cluster *c;
  PetscInt atoms = PetscMax(2, n / 3), own = PETSC_DECIDE;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  prob->data      = c;
  prob->N         = 3 * atoms;
  prob->fstar     = KnownMinimum(atoms);
  prob->fstar_tol = 1e-8;
  prob->start     = Start_LJ;
  prob->objgrad   = ObjGrad_LJ;
  prob->hessvec   = HessVec_LJ;
  prob->destroy   = Destroy_LJ;
  PetscCall(PetscSplitOwnership(prob->comm, &own, &atoms));
  PetscCall(VecCreate(prob->comm, &prob->x));
  PetscCall(VecSetSizes(prob->x, 3 * own, prob->N));
  PetscCall(VecSetFromOptions(prob->x));
  PetscCall(VecGetOwnershipRange(prob->x, &c->first, &c->last));
  c->first /= 3;
  c->last /= 3;
  PetscCall(ReplicaCreate(prob->x, &c->replica));
  PetscCall(PetscMalloc2(prob->N, &c->x, prob->N, &c->v));
  PetscFunctionReturn(PETSC_SUCCESS);
}
