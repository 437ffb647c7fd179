/* SPDX-License-Identifier: BSD-2-Clause
   Sums of terms on any distribution of unknowns and terms over the ranks. */
#include "terms.h"
#include <petscvec.h>

/* Consecutive terms of a rank, either inner: all they touch is the rank's own, and they work on
   the vectors themselves; or border: they work on gathered copies. */
typedef struct {
  PetscBool border;
  TermRange range;
} Run;

typedef struct {
  const TermsForm *form;
  PetscInt         nruns;
  Run             *runs;
  PetscInt        *idx;
  VecScatter       gather;     /* what the border terms touch; NULL where no rank has any */
  Vec              xl, vl, gl; /* in the order of gather */
  Shared           shared;
} Terms;

void TermsNeighbours(PetscInt N, PetscInt e, PetscInt i[])
{
  i[0] = e;
  i[1] = e + 1;
}

void TermsQuads(PetscInt N, PetscInt e, PetscInt i[])
{
  for (PetscInt j = 0; j < 4; j++) i[j] = 4 * e + j;
}

static PetscErrorCode GatherBegin(Terms *t, Vec x, Vec xl)
{
  PetscFunctionBegin;
  if (t->gather) PetscCall(VecScatterBegin(t->gather, x, xl, INSERT_VALUES, SCATTER_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GatherEnd(Terms *t, Vec x, Vec xl)
{
  PetscFunctionBegin;
  if (t->gather) PetscCall(VecScatterEnd(t->gather, x, xl, INSERT_VALUES, SCATTER_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g := g + the sum over the ranks of their gl */
static PetscErrorCode AddBorder(Terms *t, Vec g)
{
  PetscFunctionBegin;
  PetscCall(VecScatterBegin(t->gather, t->gl, g, ADD_VALUES, SCATTER_REVERSE));
  PetscCall(VecScatterEnd(t->gather, t->gl, g, ADD_VALUES, SCATTER_REVERSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the rank's terms of one sort to f and, if not NULL, to g */
static PetscErrorCode AddValues(Terms *t, PetscBool border, Vec x, PetscReal *f, Vec g)
{
  const PetscScalar *xa;
  PetscScalar       *ga = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &xa));
  if (g) PetscCall(VecGetArray(g, &ga));
  for (const Run *run = t->runs; run < t->runs + t->nruns; run++) {
    if (run->border == border) *f += t->form->value(&run->range, xa, ga);
  }
  if (g) PetscCall(VecRestoreArray(g, &ga));
  PetscCall(VecRestoreArrayRead(x, &xa));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddProducts(Terms *t, PetscBool border, Vec x, Vec v, Vec Hv)
{
  const PetscScalar *xa, *va;
  PetscScalar       *Ha;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &xa));
  PetscCall(VecGetArrayRead(v, &va));
  PetscCall(VecGetArray(Hv, &Ha));
  for (const Run *run = t->runs; run < t->runs + t->nruns; run++) {
    if (run->border == border) t->form->hessvec(&run->range, xa, va, Ha);
  }
  PetscCall(VecRestoreArray(Hv, &Ha));
  PetscCall(VecRestoreArrayRead(v, &va));
  PetscCall(VecRestoreArrayRead(x, &xa));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The inner terms are computed while the values for the border ones travel. */
static PetscErrorCode TermsObjGrad(Problem prob, Vec x, PetscReal *f, Vec g)
{
  Terms    *t    = (Terms *)prob->data;
  PetscReal mine = 0.0;

  PetscFunctionBegin;
  PetscCall(GatherBegin(t, x, t->xl));
  PetscCall(SharedBegin(&t->shared, x, NULL));
  if (g) PetscCall(VecSet(g, 0.0));
  PetscCall(AddValues(t, PETSC_FALSE, x, &mine, g));
  PetscCall(GatherEnd(t, x, t->xl));
  if (t->gather) {
    if (g) PetscCall(VecSet(t->gl, 0.0));
    PetscCall(AddValues(t, PETSC_TRUE, t->xl, &mine, g ? t->gl : NULL));
    if (g) PetscCall(AddBorder(t, g));
  }
  if (g) PetscCall(SharedEnd(&t->shared, g));
  if (f) {
    PetscCallMPI(MPI_Allreduce(&mine, f, 1, MPIU_REAL, MPIU_SUM, prob->comm));
    *f += t->form->constant;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TermsHessVec(Problem prob, Vec x, Vec v, Vec Hv)
{
  Terms *t = (Terms *)prob->data;

  PetscFunctionBegin;
  PetscCall(GatherBegin(t, x, t->xl));
  PetscCall(GatherEnd(t, x, t->xl));
  PetscCall(GatherBegin(t, v, t->vl));
  PetscCall(SharedBegin(&t->shared, x, v));
  PetscCall(VecSet(Hv, 0.0));
  PetscCall(AddProducts(t, PETSC_FALSE, x, v, Hv));
  PetscCall(GatherEnd(t, v, t->vl));
  if (t->gather) {
    PetscCall(VecSet(t->gl, 0.0));
    PetscCall(AddProducts(t, PETSC_TRUE, t->xl, t->vl, t->gl));
    PetscCall(AddBorder(t, Hv));
  }
  PetscCall(SharedEnd(&t->shared, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TermsStart(Problem prob, Vec x)
{
  Terms       *t = (Terms *)prob->data;
  PetscScalar *xa;
  PetscInt     lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(VecGetArrayWrite(x, &xa));
  for (PetscInt i = lo; i < hi; i++) xa[i - lo] = t->form->start(prob->N, i);
  PetscCall(VecRestoreArrayWrite(x, &xa));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TermsDestroy(Problem prob)
{
  Terms *t = (Terms *)prob->data;

  PetscFunctionBegin;
  PetscCall(VecScatterDestroy(&t->gather));
  PetscCall(VecDestroy(&t->xl));
  PetscCall(VecDestroy(&t->vl));
  PetscCall(VecDestroy(&t->gl));
  PetscCall(PetscFree(t->runs));
  PetscCall(PetscFree(t->idx));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A contiguous range of the terms for each rank, and the global numbers of what they touch */
static PetscErrorCode ShareOut(Problem prob, Terms *t, PetscInt nterms, PetscInt *first,
                               PetscInt *count)
{
  const PetscInt width = t->form->width;
  PetscInt       end   = 0;

  PetscFunctionBegin;
  *count = PETSC_DECIDE;
  PetscCall(PetscSplitOwnership(prob->comm, count, &nterms));
  PetscCallMPI(MPI_Scan(count, &end, 1, MPIU_INT, MPI_SUM, prob->comm));
  *first = end - *count;
  PetscCall(PetscMalloc1(width * *count, &t->idx));
  for (PetscInt k = 0; k < *count; k++) {
    t->form->unknowns(prob->N, *first + k, t->idx + width * k);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool IsBorder(PetscInt width, const PetscInt idx[], PetscInt lo, PetscInt hi)
{
  for (PetscInt j = 0; j < width; j++) {
    if (idx[j] < lo || idx[j] >= hi) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The longest runs of terms of one sort */
static PetscErrorCode FindRuns(Problem prob, Terms *t, PetscInt first, PetscInt count)
{
  const PetscInt width = t->form->width;
  PetscInt       lo, hi;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(prob->x, &lo, &hi));
  PetscCall(PetscMalloc1(count, &t->runs));
  for (PetscInt k = 0; k < count; k++) {
    const PetscInt *idx    = t->idx + width * k;
    const PetscBool border = IsBorder(width, idx, lo, hi);

    if (!t->nruns || t->runs[t->nruns - 1].border != border) {
      t->runs[t->nruns++] =
        (Run){border, {first + k, 0, prob->N, idx, t->form->weight, &t->shared}};
    }
    t->runs[t->nruns - 1].range.count++;
  }
  PetscCall(PetscRealloc(sizeof(Run) * (size_t)t->nruns, &t->runs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateGather(Problem prob, Terms *t, PetscInt n, const PetscInt touched[])
{
  PetscBool some = (PetscBool)(n > 0);
  IS        is;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &some, 1, MPIU_BOOL, MPI_LOR, prob->comm));
  if (!some) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, n, touched, PETSC_COPY_VALUES, &is));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, n, &t->xl));
  PetscCall(VecDuplicate(t->xl, &t->vl));
  PetscCall(VecDuplicate(t->xl, &t->gl));
  PetscCall(VecScatterCreate(prob->x, is, t->xl, NULL, &t->gather));
  PetscCall(ISDestroy(&is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From global numbers in idx to entries of the arrays that the run works on */
static PetscErrorCode Localise(Problem prob, Terms *t, PetscInt count)
{
  const PetscInt width = t->form->width;
  PetscInt      *touched, *idx = t->idx, n = 0, lo;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(prob->x, &lo, NULL));
  PetscCall(PetscMalloc1(width * count, &touched));
  for (const Run *run = t->runs; run < t->runs + t->nruns; run++) {
    if (!run->border) continue;
    PetscCall(PetscArraycpy(touched + n, run->range.idx, width * run->range.count));
    n += width * run->range.count;
  }
  PetscCall(PetscSortRemoveDupsInt(&n, touched));
  PetscCall(CreateGather(prob, t, n, touched));
  for (const Run *run = t->runs; run < t->runs + t->nruns; run++) {
    for (PetscInt j = 0; j < width * run->range.count; j++, idx++) {
      if (run->border) PetscCall(PetscFindInt(*idx, n, touched, idx));
      else *idx -= lo;
    }
  }
  PetscCall(PetscFree(touched));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective */
PetscErrorCode TermsCreate(Problem prob, PetscInt N, PetscInt nterms, const TermsForm *form)
{
  Terms   *t;
  PetscInt first, count;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  t->form   = form;
  t->shared = form->shared;
  for (PetscInt j = 0; j < t->shared.n; j++) {
    if (t->shared.i[j] < 0) t->shared.i[j] += N;
  }
  prob->data    = t;
  prob->N       = N;
  prob->start   = TermsStart;
  prob->objgrad = TermsObjGrad;
  prob->hessvec = TermsHessVec;
  prob->destroy = TermsDestroy;
  PetscCall(VecCreateMPI(prob->comm, PETSC_DECIDE, N, &prob->x));
  PetscCall(ShareOut(prob, t, nterms, &first, &count));
  PetscCall(FindRuns(prob, t, first, count));
  PetscCall(Localise(prob, t, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}
