/* SPDX-License-Identifier: BSD-2-Clause
   The entries of a symmetric matrix from fewer products than its rows have entries.

     a product with a colour gives the sum of the entries of each row in the columns of that colour
     one whose sum has no other unknown entry is that sum less the known ones; its mirror is, too
     again, until all are known; what a rank learns, those of its neighbours hear at the next round

   Which entry comes when depends on pattern and colours alone, and is found once: a list of
   subtractions and copies. An error in a sum goes on to all entries that follow from it, with
   alternating signs: they add up, but do not grow on their own.

   Reference: M. J. D. Powell, Ph. L. Toint, On the estimation of sparse Hessian matrices, SIAM J.
   Numer. Anal. 16 (1979), 1060-1074. */
#include "precond/substitute.h"
#include "precond/blocks.h"
#include <petscsf.h>

/* a[to] -= a[from], or a[to] = a[-1 - from] where that is negative */
typedef struct {
  PetscInt to, from;
} Step;

#define ROUNDS_MOST 32 /* beyond, ranks would wait for each other for longer than products take */

#define HEAR -1 /* instead of `to`: what the other ranks know by now */

struct _n_TrustNCGSubstitution {
  PetscInt   start[BLOCKS + 1]; /* of the entries of each block; then of the mirrors elsewhere, */
  PetscInt   others;            /* which are so many */
  PetscBool *measured;
  PetscSF    sf; /* from entries to their mirrors on other ranks */
  Step      *step;
  PetscInt   steps;
};

/* While the list is made */
typedef struct {
  TrustNCGSubstitution   sub;
  PetscInt               m, colors;
  Mat                    block[BLOCKS];
  const PetscInt        *ia[BLOCKS], *ja[BLOCKS];
  const ISColoringValue *color[BLOCKS]; /* of the columns */
  PetscInt              *row;           /* of each entry, */
  PetscInt              *mirror;        /* of it: an entry of this rank, or -1 */
  PetscBool             *known;         /* entries, and mirrors elsewhere */
  PetscInt              *unknown;       /* in each sum: row times colours, and colour */
  PetscInt              *queue, n;      /* sums with one unknown entry were these */
  PetscInt               left;          /* entries that are not known */
} Plan;

/* There is room: an entry is copied once or less, and subtracted from one other or none, as it is in
   one sum. */
static void Add(Plan *plan, PetscInt to, PetscInt from)
{
  plan->sub->step[plan->sub->steps++] = (Step){to, from};
}

/* The sum that an entry is in */
static PetscInt Sum(const Plan *plan, PetscInt k)
{
  const int      b = k >= plan->sub->start[1];
  const PetscInt j = plan->ja[b][k - plan->sub->start[b]];

  return plan->row[k] * plan->colors + plan->color[b][j];
}

/* An entry is known by now: its sum may have but one unknown left. */
static void Know(Plan *plan, PetscInt k)
{
  const PetscInt sum = Sum(plan, k);

  plan->known[k] = PETSC_TRUE;
  plan->left--;
  if (--plan->unknown[sum] == 1) plan->queue[plan->n++] = sum;
}

/* The next entry of a row after this one, or its first after -1; -1 where there is none */
static PetscInt Next(const Plan *plan, PetscInt row, PetscInt k)
{
  int b = k >= plan->sub->start[1];

  if (k < 0) k = plan->ia[0][row];
  else k++;
  if (b == 0 && k >= plan->ia[0][row + 1]) {
    if (!plan->ia[1]) return -1;
    b = 1;
    k = plan->sub->start[1] + plan->ia[1][row];
  }
  return b == 0 || k < plan->sub->start[1] + plan->ia[1][row + 1] ? k : -1;
}

/* The unknown entry of a sum, and its mirror, if it is here */
static void Solve(Plan *plan, PetscInt sum)
{
  const PetscInt row   = sum / plan->colors;
  PetscInt       entry = -1, mirror;

  for (PetscInt k = Next(plan, row, -1); k >= 0; k = Next(plan, row, k)) {
    if (!plan->known[k] && Sum(plan, k) == sum) entry = k;
  }
  for (PetscInt k = Next(plan, row, -1); k >= 0; k = Next(plan, row, k)) {
    if (k != entry && Sum(plan, k) == sum) Add(plan, entry, k);
  }
  plan->sub->measured[entry] = PETSC_TRUE;
  Know(plan, entry);
  mirror = plan->mirror[entry];
  if (mirror < 0 || plan->known[mirror]) return;
  Add(plan, mirror, -1 - entry);
  Know(plan, mirror);
}

/* values[] of the mirrors on other ranks follow those of the entries of this one. */
static PetscErrorCode Listen(TrustNCGSubstitution sub, MPI_Datatype type, const void *values,
                             void *mirrors)
{
  PetscFunctionBegin;
  PetscCall(PetscSFBcastBegin(sub->sf, type, values, mirrors, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(sub->sf, type, values, mirrors, MPI_REPLACE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hear(Plan *plan)
{
  const PetscInt base = plan->sub->start[BLOCKS];

  PetscFunctionBegin;
  Add(plan, HEAR, 0);
  PetscCall(Listen(plan->sub, MPIU_BOOL, plan->known, plan->known + base));
  for (PetscInt k = 0; k < plan->sub->others; k++) {
    const PetscInt entry = plan->sub->start[1] + k;

    if (plan->known[entry] || !plan->known[base + k]) continue;
    Add(plan, entry, -1 - (base + k));
    Know(plan, entry);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Round after round, until all is known or nothing more can be, or it takes too long. */
static PetscErrorCode FindSteps(Plan *plan, MPI_Comm comm, PetscBool *all)
{
  PetscInt  before, done = 0, rounds = 0;
  PetscBool state[2] = {PETSC_TRUE, PETSC_FALSE}; /* is something left, and was something found? */

  PetscFunctionBegin;
  do {
    before = plan->left;
    if (state[1]) PetscCall(Hear(plan)); /* not in the first round */
    for (; done < plan->n; done++) {
      if (plan->unknown[plan->queue[done]] == 1) Solve(plan, plan->queue[done]);
    }
    state[0] = (PetscBool)(plan->left > 0);
    state[1] = (PetscBool)(plan->left < before);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, state, 2, MPIU_BOOL, MPI_LOR, comm));
  } while (state[0] && state[1] && ++rounds < ROUNDS_MOST);
  *all = (PetscBool)!state[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows, sums and colours of the entries of P */
static PetscErrorCode PlanStart(Plan *plan, Mat P, TrustNCGSubstitution sub)
{
  const PetscInt *others;
  PetscInt        nothers, all;
  PetscBool       done;

  PetscFunctionBegin;
  plan->sub = sub;
  PetscCall(MatGetLocalSize(P, &plan->m, NULL));
  PetscCall(TrustNCGGetBlocks(P, plan->block, &others, &nothers));
  for (int b = 0; b < BLOCKS; b++) {
    sub->start[b + 1] = sub->start[b];
    if (!plan->block[b]) continue;
    PetscCall(MatGetRowIJ(plan->block[b], 0, PETSC_FALSE, PETSC_FALSE, &plan->m, &plan->ia[b],
                          &plan->ja[b], &done));
    sub->start[b + 1] += plan->ia[b][plan->m];
  }
  all         = sub->start[BLOCKS];
  sub->others = all - sub->start[1];
  plan->left  = all;
  PetscCall(PetscCalloc1(all, &sub->measured));
  PetscCall(PetscMalloc2(all, &plan->row, all, &plan->mirror));
  PetscCall(PetscCalloc3(all + sub->others, &plan->known, plan->m * plan->colors, &plan->unknown,
                         plan->m * plan->colors, &plan->queue));
  for (PetscInt i = 0; i < plan->m; i++) {
    for (PetscInt k = Next(plan, i, -1); k >= 0; k = Next(plan, i, k)) {
      plan->row[k] = i;
      plan->unknown[Sum(plan, k)]++;
    }
  }
  for (PetscInt k = 0; k < plan->m * plan->colors; k++) {
    if (plan->unknown[k] == 1) plan->queue[plan->n++] = k;
  }
  PetscCall(PetscMalloc1(2 * all + ROUNDS_MOST, &sub->step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlanEnd(Plan *plan)
{
  PetscBool done;

  PetscFunctionBegin;
  for (int b = 0; b < BLOCKS && plan->block[b]; b++) {
    PetscCall(MatRestoreRowIJ(plan->block[b], 0, PETSC_FALSE, PETSC_FALSE, &plan->m, &plan->ia[b],
                              &plan->ja[b], &done));
  }
  PetscCall(PetscRealloc(sizeof(Step) * (size_t)PetscMax(1, plan->sub->steps), &plan->sub->step));
  PetscCall(PetscFree2(plan->row, plan->mirror));
  PetscCall(PetscFree3(plan->known, plan->unknown, plan->queue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the pattern of A, which has the layout of P, that of P? */
static PetscErrorCode IsAlike(const Plan *plan, Mat P, Mat A, PetscBool *alike)
{
  const PetscInt *others, *theirs, *ia, *ja;
  PetscInt        n, m;
  PetscBool       done, same;
  Mat             block[BLOCKS];

  PetscFunctionBegin;
  *alike = PETSC_TRUE;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &n));
  PetscCall(TrustNCGGetBlocks(A, block, &theirs, &m));
  for (int b = 0; b < BLOCKS && block[b]; b++) {
    PetscCall(MatGetRowIJ(block[b], 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
    PetscCall(PetscArraycmp(ia, plan->ia[b], plan->m + 1, &same));
    if (same) PetscCall(PetscArraycmp(ja, plan->ja[b], ia[m], &same));
    if (!same) *alike = PETSC_FALSE;
    PetscCall(MatRestoreRowIJ(block[b], 0, PETSC_FALSE, PETSC_FALSE, &m, &ia, &ja, &done));
  }
  if (block[1]) {
    PetscCall(MatGetSize(block[1], NULL, &m));
    same = (PetscBool)(m == n);
    if (same) PetscCall(PetscArraycmp(others, theirs, n, &same));
    if (!same) *alike = PETSC_FALSE;
  }
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, alike, 1, MPIU_BOOL, MPI_LAND, PetscObjectComm((PetscObject)P)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where an entry of this rank has its mirror: the others' owners, and their numbers there */
static PetscErrorCode ConnectMirrors(Plan *plan, Mat P, const PetscScalar mirror[])
{
  TrustNCGSubstitution sub = plan->sub;
  const PetscInt      *others;
  PetscInt             n;
  PetscMPIInt          rank;
  PetscSFNode         *node;
  PetscLayout          layout;
  Mat                  block[BLOCKS];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < sub->start[1]; k++) plan->mirror[k] = (PetscInt)mirror[k];
  PetscCall(TrustNCGGetBlocks(P, block, &others, &n));
  PetscCall(MatGetLayouts(P, NULL, &layout));
  PetscCall(PetscMalloc1(sub->others, &node));
  for (PetscInt k = 0; k < sub->others; k++) {
    PetscCall(PetscLayoutFindOwner(layout, others[plan->ja[1][k]], &rank));
    node[k] = (PetscSFNode){.rank = rank, .index = (PetscInt)mirror[sub->start[1] + k]};
    plan->mirror[sub->start[1] + k] = -1;
  }
  PetscCall(PetscSFCreate(PetscObjectComm((PetscObject)P), &sub->sf));
  PetscCall(PetscSFSetGraph(sub->sf, sub->start[BLOCKS], sub->others, NULL, PETSC_OWN_POINTER, node,
                            PETSC_OWN_POINTER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P as a matrix of the numbers of its entries: its transpose has those of their mirrors. `alike`:
   their patterns are. */
static PetscErrorCode FindMirrors(Plan *plan, Mat P, PetscBool *alike)
{
  const PetscInt all = plan->sub->start[BLOCKS];
  PetscScalar   *number;
  Mat            T;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(all, &number));
  for (PetscInt k = 0; k < all; k++) number[k] = (PetscScalar)k;
  PetscCall(TrustNCGCopyEntries(P, PETSC_TRUE, number));
  PetscCall(MatTranspose(P, MAT_INITIAL_MATRIX, &T));
  PetscCall(IsAlike(plan, P, T, alike));
  if (*alike) {
    PetscCall(TrustNCGCopyEntries(T, PETSC_FALSE, number));
    PetscCall(ConnectMirrors(plan, P, number));
  }
  PetscCall(MatDestroy(&T));
  PetscCall(PetscFree(number));
  PetscCall(MatZeroEntries(P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Can sums and steps be numbered? */
static PetscErrorCode IsCountable(Mat P, PetscInt colors, PetscBool *countable)
{
  PetscInt m;
  MatInfo  info;

  PetscFunctionBegin;
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(MatGetInfo(P, MAT_LOCAL, &info));
  *countable = (PetscBool)((PetscReal)m * (PetscReal)colors < PETSC_MAX_INT &&
                           3.0 * info.nz_used < PETSC_MAX_INT);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, countable, 1, MPIU_BOOL, MPI_LAND,
                             PetscObjectComm((PetscObject)P)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSubstitutionCreate(Mat P, const ISColoringValue *const color[],
                                          PetscInt colors, TrustNCGSubstitution *sub)
{
  Plan      plan = {.colors = colors};
  PetscBool all;

  PetscFunctionBegin;
  *sub = NULL;
  PetscCall(IsCountable(P, colors, &all));
  if (!all) PetscFunctionReturn(PETSC_SUCCESS);
  for (int b = 0; b < BLOCKS; b++) plan.color[b] = color[b];
  PetscCall(PetscNew(sub));
  PetscCall(PlanStart(&plan, P, *sub));
  PetscCall(FindMirrors(&plan, P, &all));
  if (all) PetscCall(FindSteps(&plan, PetscObjectComm((PetscObject)P), &all));
  PetscCall(PlanEnd(&plan));
  if (!all) PetscCall(TrustNCGSubstitutionDestroy(sub));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGSubstitutionDestroy(TrustNCGSubstitution *sub)
{
  PetscFunctionBegin;
  if (!*sub) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*sub)->measured));
  PetscCall(PetscFree((*sub)->step));
  PetscCall(PetscSFDestroy(&(*sub)->sf));
  PetscCall(PetscFree(*sub));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const PetscBool *TrustNCGSubstitutionMeasured(TrustNCGSubstitution sub, int block)
{
  return sub->measured + sub->start[block];
}

PetscErrorCode TrustNCGSubstitutionRun(TrustNCGSubstitution sub, Mat P)
{
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(sub->start[BLOCKS] + sub->others, &a));
  PetscCall(TrustNCGCopyEntries(P, PETSC_FALSE, a));
  for (PetscInt k = 0; k < sub->steps; k++) {
    const Step step = sub->step[k];

    if (step.to == HEAR) PetscCall(Listen(sub, MPIU_SCALAR, a, a + sub->start[BLOCKS]));
    else if (step.from >= 0) a[step.to] -= a[step.from];
    else a[step.to] = a[-1 - step.from];
  }
  PetscCall(TrustNCGCopyEntries(P, PETSC_TRUE, a));
  PetscCall(PetscFree(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
