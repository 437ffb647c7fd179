/* SPDX-License-Identifier: BSD-2-Clause
   The pattern of a Hessian whose entries lie on a few diagonals, found by products alone.

     d = a sum of unit vectors e_t far apart, at distances that do not repeat, the ends among them
     entry r of H d is not 0: some e_t has done it, so r - t is the offset of a diagonal; but of
       which t?
     the fewest offsets that explain all entries of a few such products: as in the greedy cover of
       a set, that which explains most of what is left, of several the smallest, and its mirror
     an offset that few of its unit vectors bear out is no diagonal: then there is no pattern

   A dense column or row, or couplings at random, end it: the first product already shows the first
   and the last. Offsets are those of the global numbering, on any number of ranks. */
#include "precond/hidden.h"
#include "rules/rules.h"

enum {
  PROBES    = 3,  /* products */
  SPIKES    = 32, /* at most in each, */
  APART     = 50, /* and unknowns a spike */
  FEWEST    = 8,
  HITS_MOST = 2 * HIDDEN_MOST * SPIKES /* entries of a product that are not 0, */
};

#define DENSE     0.6   /* of all at most */
#define FEW       0.125 /* products of all unknowns: so many make a P that is worth it */
#define ZERO      1e-13 /* of the largest entry: 0 but for rounding */
#define BORNE_OUT 0.1   /* of the entries of a diagonal that are looked at are not 0 */

typedef struct {
  PetscInt   nspikes, nhits;
  PetscInt   spike[SPIKES];
  PetscInt  *hit;       /* entries of the product that are not 0, */
  PetscBool *explained; /* and have an offset by now */
} Probe;

/* Spike k lies anywhere in its share of the unknowns; those of the first probe begin and end with
   them. */
static void ChooseSpikes(Probe *probe, PetscInt which, PetscInt N)
{
  const PetscInt n = PetscMin(N, PetscMin(SPIKES, PetscMax(FEWEST, N / APART)));

  probe->nspikes = n;
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal at = (PetscReal)k + TrustNCGUniform(which + 1, k);

    probe->spike[k] = PetscMin(N - 1, (PetscInt)(at * (PetscReal)N / (PetscReal)n));
  }
  if (which == 0) {
    probe->spike[0]     = 0;
    probe->spike[n - 1] = N - 1;
  }
}

/* Of different heights, so that where two of them meet nothing cancels */
static PetscErrorCode SetSpikes(const Probe *probe, Vec d)
{
  PetscInt     lo, hi;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(d));
  PetscCall(VecGetOwnershipRange(d, &lo, &hi));
  PetscCall(VecGetArray(d, &a));
  for (PetscInt k = 0; k < probe->nspikes; k++) {
    const PetscInt t = probe->spike[k];

    if (t >= lo && t < hi) a[t - lo] = 1.0 + TrustNCGUniform(PROBES + 1, t);
  }
  PetscCall(VecRestoreArray(d, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries of w that are not 0, of all ranks on all ranks; none where they are too many, or one
   is not finite. */
static PetscErrorCode GatherHits(Vec w, Probe *probe)
{
  MPI_Comm           comm = PetscObjectComm((PetscObject)w);
  PetscReal          norm;
  PetscInt           N, lo, m, mine[HITS_MOST];
  PetscMPIInt        n = 0, all, size, *counts, *starts;
  const PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecNorm(w, NORM_INFINITY, &norm));
  PetscCall(VecGetSize(w, &N));
  PetscCall(VecGetOwnershipRange(w, &lo, NULL));
  PetscCall(VecGetLocalSize(w, &m));
  PetscCall(VecGetArrayRead(w, &a));
  for (PetscInt i = 0; i < m && n < HITS_MOST; i++) {
    if (PetscAbsScalar(a[i]) > ZERO * norm) mine[n++] = lo + i;
  }
  PetscCall(VecRestoreArrayRead(w, &a));
  PetscCallMPI(MPI_Allreduce(&n, &all, 1, MPI_INT, MPI_SUM, comm));
  if (all >= HITS_MOST || (PetscReal)all > DENSE * (PetscReal)N || PetscIsInfOrNanReal(norm))
    all = 0;
  probe->nhits = all;
  if (!all) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1(all, &probe->hit));
  PetscCall(PetscCalloc1(all, &probe->explained));
  PetscCall(PetscMalloc2(size, &counts, size + 1, &starts));
  PetscCallMPI(MPI_Allgather(&n, 1, MPI_INT, counts, 1, MPI_INT, comm));
  starts[0] = 0;
  for (PetscMPIInt r = 0; r < size; r++) starts[r + 1] = starts[r] + counts[r];
  PetscCallMPI(MPI_Allgatherv(mine, n, MPIU_INT, probe->hit, counts, starts, MPIU_INT, comm));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is `at` among hit[n], ascending? */
static PetscInt Find(const PetscInt hit[], PetscInt n, PetscInt at)
{
  PetscInt lo = 0, hi = n;

  while (lo < hi) {
    const PetscInt mid = (lo + hi) / 2;

    if (hit[mid] < at) lo = mid + 1;
    else hi = mid;
  }
  return lo < n && hit[lo] == at ? lo : -1;
}

/* What an offset and its mirror explain of the entries left; `borne` of the `looked` ones that they
   say are not 0. `take`: these are explained now. */
static PetscInt Explain(Probe probe[], PetscInt n, PetscInt N, PetscInt offset, PetscBool take,
                        PetscInt *borne, PetscInt *looked)
{
  PetscInt gain = 0;

  *borne = *looked = 0;
  for (PetscInt q = 0; q < n; q++) {
    for (PetscInt k = 0; k < probe[q].nspikes; k++) {
      for (PetscInt side = 0; side < (offset ? 2 : 1); side++) {
        const PetscInt at = probe[q].spike[k] + (side ? -offset : offset);
        PetscInt       i;

        if (at < 0 || at >= N) continue;
        (*looked)++;
        i = Find(probe[q].hit, probe[q].nhits, at);
        if (i < 0) continue;
        (*borne)++;
        if (!probe[q].explained[i]) gain++;
        if (take) probe[q].explained[i] = PETSC_TRUE;
      }
    }
  }
  return gain;
}

/* The offset >= 0 that explains most, where entry i of probe q is one of what it explains */
static PetscInt BestFor(Probe probe[], PetscInt n, PetscInt N, PetscInt q, PetscInt i)
{
  PetscInt best = -1, most = 0, borne, looked;

  for (PetscInt k = 0; k < probe[q].nspikes; k++) {
    const PetscInt offset = PetscAbsInt(probe[q].hit[i] - probe[q].spike[k]);
    const PetscInt gain   = Explain(probe, n, N, offset, PETSC_FALSE, &borne, &looked);

    if ((PetscReal)borne < BORNE_OUT * (PetscReal)looked) continue;
    if (gain > most || (gain == most && offset < best)) {
      most = gain;
      best = offset;
    }
  }
  return best;
}

static int Add(TrustNCGOffsets *offsets, PetscInt offset)
{
  if (offsets->n + 2 > HIDDEN_MOST) return 0;
  offsets->offset[offsets->n++] = offset;
  if (offset) offsets->offset[offsets->n++] = -offset;
  return 1;
}

/* Offsets that explain all; none where there are no such. */
static PetscErrorCode Cover(Probe probe[], PetscInt n, PetscInt N, TrustNCGOffsets *offsets)
{
  PetscInt borne, looked;

  PetscFunctionBegin;
  offsets->n = 0;
  (void)Add(offsets, 0);
  (void)Explain(probe, n, N, 0, PETSC_TRUE, &borne, &looked);
  for (PetscInt q = 0; q < n; q++) {
    for (PetscInt i = 0; i < probe[q].nhits; i++) {
      PetscInt offset;

      if (probe[q].explained[i]) continue;
      offset = BestFor(probe, n, N, q, i);
      if (offset < 0 || !Add(offsets, offset)) {
        offsets->n = 0;
        PetscFunctionReturn(PETSC_SUCCESS);
      }
      (void)Explain(probe, n, N, offset, PETSC_TRUE, &borne, &looked);
    }
  }
  PetscCall(PetscSortInt(offsets->n, offsets->offset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fewest colours i mod p: no two columns of a row have one where the offsets differ mod p. */
static PetscInt Cycle(const TrustNCGOffsets *offsets)
{
  for (PetscInt p = offsets->n; p <= HIDDEN_MOST; p++) {
    PetscInt  n                 = 0;
    PetscBool used[HIDDEN_MOST] = {PETSC_FALSE};

    for (; n < offsets->n; n++) {
      const PetscInt at = (offsets->offset[n] % p + p) % p;

      if (used[at]) break;
      used[at] = PETSC_TRUE;
    }
    if (n == offsets->n) return p;
  }
  return PETSC_MAX_INT;
}

PetscErrorCode TrustNCGFindOffsets(Mat H, Vec x, TrustNCGAskFn ask, void *ctx,
                                   TrustNCGOffsets *offsets, PetscInt *products)
{
  Probe     probe[PROBES] = {{0}};
  PetscInt  N;
  PetscBool good = PETSC_TRUE, stop = PETSC_FALSE;
  Vec       d, w;

  PetscFunctionBegin;
  *products  = 0;
  offsets->n = 0;
  PetscCall(VecGetSize(x, &N));
  PetscCall(VecDuplicate(x, &d));
  PetscCall(VecDuplicate(x, &w));
  for (PetscInt q = 0; q < PROBES && good; q++) {
    if (ask) PetscCall((*ask)(ctx, &stop));
    if (stop) {
      offsets->n = 0;
      break;
    }
    ChooseSpikes(&probe[q], q, N);
    PetscCall(SetSpikes(&probe[q], d));
    PetscCall(MatMult(H, d, w));
    (*products)++;
    PetscCall(GatherHits(w, &probe[q]));
    good = (PetscBool)(probe[q].nhits > 0);
    if (good) PetscCall(Cover(probe, q + 1, N, offsets));
    good = (PetscBool)(good && offsets->n > 0);
    for (PetscInt b = 0; b <= q; b++) PetscCall(PetscArrayzero(probe[b].explained, probe[b].nhits));
  }
  if ((PetscReal)Cycle(offsets) > FEW * (PetscReal)N) offsets->n = 0;
  for (PetscInt q = 0; q < PROBES; q++) {
    PetscCall(PetscFree(probe[q].hit));
    PetscCall(PetscFree(probe[q].explained));
  }
  PetscCall(VecDestroy(&d));
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGOffsetsCreateMat(const TrustNCGOffsets *offsets, Vec x, Mat *P)
{
  PetscInt    m, N, lo, hi, n, row[HIDDEN_MOST];
  PetscScalar zeros[HIDDEN_MOST] = {0.0};

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x, &m));
  PetscCall(VecGetSize(x, &N));
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(MatCreateAIJ(PetscObjectComm((PetscObject)x), m, m, N, N, PetscMin(m, offsets->n), NULL,
                         PetscMin(N - m, offsets->n), NULL, P));
  for (PetscInt i = lo; i < hi; i++) {
    n = 0;
    for (PetscInt k = 0; k < offsets->n; k++) {
      const PetscInt j = i + offsets->offset[k];

      if (j >= 0 && j < N) row[n++] = j;
    }
    PetscCall(MatSetValues(*P, 1, &i, n, row, zeros, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(*P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}
