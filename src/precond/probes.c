/* SPDX-License-Identifier: BSD-2-Clause
   The entries of a sparse matrix from products with another one, one product a colour of its
   columns: with d the sum of the unit vectors of a colour, and at most one entry of that colour in
   every row, (H d)_i = P_ij for the one column j of that colour. Where H is symmetric, fewer colours
   may tell all, by substitution.

   Reference: A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of sparse Jacobian
   matrices, IMA J. Appl. Math. 13 (1974), 117-119. */
#include "precond/probes.h"
#include "precond/blocks.h"
#include "precond/substitute.h"
#include "precond/units.h"

/* The entries of a block that products give, sorted by the colour of their columns. */
typedef struct {
  PetscInt *start; /* of each colour */
  PetscInt *row;
  PetscInt *at; /* place in the block's array of values */
} Entries;

struct _n_TrustNCGProbes {
  PetscInt             n;     /* colours */
  PetscInt             local; /* columns of this rank */
  ISColoringValue     *color; /* of those */
  Entries              entries[BLOCKS];
  TrustNCGSubstitution sub;  /* the other entries, or NULL */
  Vec                  d, w; /* a probe and its product, while probing; left by one cut short */
};

/* Sorts the entries of a block by colour, all or those that are measured. */
static PetscErrorCode EntriesCreate(Mat A, const ISColoringValue color[], PetscInt n,
                                    const PetscBool *measured, Entries *e)
{
  const PetscInt *ia, *ja;
  PetscInt        m, *next;
  PetscBool       done;

  PetscFunctionBegin;
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
  PetscCall(PetscCalloc1(n + 1, &e->start));
  for (PetscInt k = 0; k < ia[m]; k++) {
    if (!measured || measured[k]) e->start[color[ja[k]] + 1]++;
  }
  for (PetscInt c = 0; c < n; c++) e->start[c + 1] += e->start[c];
  PetscCall(PetscMalloc2(e->start[n], &e->row, e->start[n], &e->at));
  PetscCall(PetscMalloc1(n, &next));
  PetscCall(PetscArraycpy(next, e->start, n));
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt k = ia[i]; k < ia[i + 1]; k++) {
      PetscInt place;

      if (measured && !measured[k]) continue;
      place         = next[color[ja[k]]]++;
      e->row[place] = i;
      e->at[place]  = k;
    }
  }
  PetscCall(PetscFree(next));
  PetscCall(MatRestoreRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EntriesDestroy(Entries *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(e->start));
  PetscCall(PetscFree2(e->row, e->at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does a row occur twice in a colour? last[i] is the last colour seen in row i. */
static PetscErrorCode ProbesCheck(TrustNCGProbes probes, Mat P, PetscBool *valid)
{
  PetscInt  m, *last;
  PetscBool mine = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(PetscMalloc1(m, &last));
  for (PetscInt i = 0; i < m; i++) last[i] = -1;
  for (PetscInt c = 0; c < probes->n; c++) {
    for (int b = 0; b < BLOCKS; b++) {
      const Entries *e = &probes->entries[b];

      for (PetscInt k = e->start ? e->start[c] : 0; e->start && k < e->start[c + 1]; k++) {
        if (last[e->row[k]] == c) mine = PETSC_FALSE;
        last[e->row[k]] = c;
      }
    }
  }
  PetscCall(PetscFree(last));
  PetscCallMPI(
    MPI_Allreduce(&mine, valid, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)P)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where each product is an entry, or by substitution */
static PetscErrorCode Sort(TrustNCGProbes p, Mat P, Mat block[], PetscBool symmetric,
                           ISColoringValue *color[], PetscBool *valid)
{
  PetscFunctionBegin;
  if (symmetric) {
    PetscCall(TrustNCGSubstitutionCreate(P, (const ISColoringValue *const *)color, p->n, &p->sub));
    *valid = (PetscBool)(p->sub != NULL);
    if (!*valid) PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int b = 0; b < BLOCKS && block[b] && color[b]; b++) {
    PetscCall(EntriesCreate(block[b], color[b], p->n,
                            p->sub ? TrustNCGSubstitutionMeasured(p->sub, b) : NULL,
                            &p->entries[b]));
  }
  if (!symmetric) PetscCall(ProbesCheck(p, P, valid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective; P is of type aij, the colouring a global one of its columns. */
PetscErrorCode TrustNCGProbesCreate(Mat P, ISColoring coloring, PetscBool symmetric,
                                    TrustNCGProbes *probes)
{
  TrustNCGProbes         p;
  const ISColoringValue *own;
  const PetscInt        *others = NULL;
  PetscInt               nothers;
  ISColoringValue       *color[BLOCKS] = {NULL, NULL};
  Mat                    block[BLOCKS];
  PetscBool              valid;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  PetscCall(ISColoringGetColors(coloring, &p->local, &p->n, &own));
  PetscCall(PetscMalloc1(PetscMax(1, p->local), &p->color));
  PetscCall(PetscArraycpy(p->color, own, p->local));
  color[0] = p->color;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  if (block[1]) {
    PetscCall(PetscMalloc1(PetscMax(1, nothers), &color[1])); /* not NULL */
    PetscCall(TrustNCGGetOtherColors(P, own, nothers, others, color[1]));
  }
  PetscCall(Sort(p, P, block, symmetric, color, &valid));
  PetscCall(PetscFree(color[1]));
  if (!valid) PetscCall(TrustNCGProbesDestroy(&p));
  *probes = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGProbesDestroy(TrustNCGProbes *probes)
{
  PetscFunctionBegin;
  if (!*probes) PetscFunctionReturn(PETSC_SUCCESS);
  for (int b = 0; b < BLOCKS; b++) PetscCall(EntriesDestroy(&(*probes)->entries[b]));
  PetscCall(TrustNCGSubstitutionDestroy(&(*probes)->sub));
  PetscCall(VecDestroy(&(*probes)->d));
  PetscCall(VecDestroy(&(*probes)->w));
  PetscCall(PetscFree((*probes)->color));
  PetscCall(PetscFree(*probes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGProbesGetSize(TrustNCGProbes probes, PetscInt *colors)
{
  PetscFunctionBegin;
  *colors = probes->n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGProbesSubstitute(TrustNCGProbes probes, PetscBool *substitute)
{
  PetscFunctionBegin;
  *substitute = (PetscBool)(probes->sub != NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d = the sum of the unit vectors of a colour, each in the unit of its field */
static PetscErrorCode ColorVector(TrustNCGProbes probes, PetscInt color, PetscInt fields,
                                  const PetscReal unit[], Vec d)
{
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(d, &a));
  for (PetscInt i = 0; i < probes->local; i++) {
    a[i] = probes->color[i] == color ? unit[i % fields] : 0.0;
  }
  PetscCall(VecRestoreArrayWrite(d, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries of a colour from the product w, in these units */
static PetscErrorCode EntriesFill(const Entries *e, PetscInt color, PetscInt fields,
                                  const PetscReal unit[], Vec w, Mat A)
{
  const PetscScalar *a;
  PetscScalar       *value;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(w, &a));
  PetscCall(MatSeqAIJGetArray(A, &value));
  for (PetscInt k = e->start[color]; k < e->start[color + 1]; k++) {
    value[e->at[k]] = a[e->row[k]] * unit[e->row[k] % fields];
  }
  PetscCall(MatSeqAIJRestoreArray(A, &value));
  PetscCall(VecRestoreArrayRead(w, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGProbesApply(TrustNCGProbes probes, Mat H, Vec x, PetscInt fields,
                                   const PetscReal unit[], Mat P, TrustNCGAskFn ask, void *ctx,
                                   PetscInt *products)
{
  const PetscInt *others;
  PetscInt        nothers, c;
  Mat             block[BLOCKS];
  PetscBool       stop = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &nothers));
  if (!probes->d) PetscCall(VecDuplicate(x, &probes->d));
  if (!probes->w) PetscCall(VecDuplicate(x, &probes->w));
  for (c = 0; c < probes->n; c++) {
    if (ask) PetscCall((*ask)(ctx, &stop));
    if (stop) break;
    PetscCall(ColorVector(probes, c, fields, unit, probes->d));
    PetscCall(MatMult(H, probes->d, probes->w));
    for (int b = 0; b < BLOCKS && block[b]; b++) {
      PetscCall(EntriesFill(&probes->entries[b], c, fields, unit, probes->w, block[b]));
    }
  }
  *products = c;
  PetscCall(VecDestroy(&probes->d));
  PetscCall(VecDestroy(&probes->w));
  if (probes->sub) PetscCall(TrustNCGSubstitutionRun(probes->sub, P));
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY)); /* its object state grows */
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscCall(TrustNCGUnitsRemove(P, x, fields, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}
