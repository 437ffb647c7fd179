/* SPDX-License-Identifier: BSD-2-Clause
   Acyclic colours of a graph: neighbours have different ones, and the unknowns of any two colours
   form trees. Then products with the sums of the colours tell all entries of a symmetric matrix:
   the leaves of a tree first, each entry less those that are known. On a mesh of triangles they are
   half as many as colours that need no substitution.

     one unknown after the other: the first colour that closes no cycle of two colours
     the trees are sets of edges, joined as they grow

   On many ranks the entries between two of them come first, from products alone: in a row all
   columns that belong to higher ranks have colours of their own. These columns are coloured before
   the others, all ranks together, such that no two in one row have the same; the others by each
   rank on its own.

   The unknowns of a node, where P has blocks, take colours of their own: sums with those of other
   fields, in other units, would leave their rounding in the rest.

   Reference: A. H. Gebremedhin, A. Tarafdar, F. Manne, A. Pothen, New acyclic and star coloring
   algorithms with application to computing Hessians, SIAM J. Sci. Comput. 29 (2007), 1042-1072,
   section 5. */
#include "precond/acyclic.h"
#include "precond/blocks.h"
#include "precond/pattern.h"

#define NO_COLOR    IS_COLORING_MAX
#define LARGE       100  /* edges: a tree of so many does not grow, as errors add up along it */
#define COLORS_MOST 1000 /* beyond which none are sought, */
#define ROW_MOST    400  /* nor where a row has more entries: the work grows as their square */

/* An edge is known by the place of the first of its two entries, a tree by one of its edges. */
typedef struct {
  PetscInt         m, most;
  const PetscInt  *ia, *ja, *iother, *jother; /* neighbours here and, unless NULL, elsewhere */
  PetscInt         lower;                     /* of these the first so many on lower ranks */
  PetscInt        *mirror;                    /* of an entry here */
  ISColoringValue *color, *other;             /* here and elsewhere */
  PetscInt        *parent;                    /* of edges, to their tree */
  PetscInt        *size;                      /* edges of a tree */
  PetscInt        *seenby;                    /* of a tree: the last unknown that came upon it, */
  PetscInt        *by;                        /* and the neighbour from which it did */
  PetscInt        *banned; /* of a colour: the last unknown that may not have it, */
  PetscInt        *first;  /* and the last that has an edge to it, */
  PetscInt        *edge;   /* which is this */
} Graph;

static PetscInt Edge(const Graph *g, PetscInt k)
{
  return PetscMin(k, g->mirror[k]);
}

static PetscInt Find(Graph *g, PetscInt e)
{
  while (g->parent[e] != e) {
    g->parent[e] = g->parent[g->parent[e]];
    e            = g->parent[e];
  }
  return e;
}

static void Join(Graph *g, PetscInt e, PetscInt f)
{
  const PetscInt a = Find(g, e), b = Find(g, f);

  if (a == b) return;
  g->parent[PetscMax(a, b)] = PetscMin(a, b);
  g->size[PetscMin(a, b)] += g->size[PetscMax(a, b)];
}

/* v would close a cycle if it had this colour and had come upon the tree from another neighbour. */
static void Meet(Graph *g, PetscInt v, PetscInt w, PetscInt e, PetscInt color)
{
  const PetscInt tree = Find(g, e);

  if (g->size[tree] >= LARGE) g->banned[color] = v;
  else if (g->seenby[tree] != v) {
    g->seenby[tree] = v;
    g->by[tree]     = w;
  } else if (g->by[tree] != w) g->banned[color] = v;
}

/* v is in this row, which has columns of higher ranks, too: with colours, as the pattern is
   symmetric. */
static void BanOthers(Graph *g, PetscInt v, PetscInt row)
{
  for (PetscInt k = g->iother[row]; k < g->iother[row + 1]; k++) {
    const PetscInt w = g->jother[k];

    if (w >= g->lower && g->other[w] != NO_COLOR) g->banned[g->other[w]] = v;
  }
}

/* The colours that v may not have */
static void Ban(Graph *g, PetscInt v)
{
  if (g->iother) BanOthers(g, v, v);
  for (PetscInt k = g->ia[v]; k < g->ia[v + 1]; k++) {
    const PetscInt w = g->ja[k];

    if (g->iother) BanOthers(g, v, w);
    if (w != v && g->color[w] != NO_COLOR) g->banned[g->color[w]] = v;
  }
  for (PetscInt k = g->ia[v]; k < g->ia[v + 1]; k++) {
    const PetscInt w = g->ja[k];

    if (w == v || g->color[w] == NO_COLOR) continue;
    for (PetscInt l = g->ia[w]; l < g->ia[w + 1]; l++) {
      const PetscInt x = g->ja[l];

      if (x == v || x == w || g->color[x] == NO_COLOR || g->banned[g->color[x]] == v) continue;
      Meet(g, v, w, Edge(g, l), g->color[x]);
    }
  }
}

/* The edges of v, which has a colour by now, become parts of trees. */
static void Grow(Graph *g, PetscInt v)
{
  for (PetscInt k = g->ia[v]; k < g->ia[v + 1]; k++) {
    const PetscInt w = g->ja[k], c = g->color[w];

    if (w == v || c == NO_COLOR) continue;
    if (g->first[c] != v) {
      g->first[c] = v;
      g->edge[c]  = k;
    } else Join(g, Edge(g, k), Edge(g, g->edge[c]));
    for (PetscInt l = g->ia[w]; l < g->ia[w + 1]; l++) {
      const PetscInt x = g->ja[l];

      if (x != w && g->color[x] == g->color[v]) Join(g, Edge(g, k), Edge(g, l));
    }
  }
}

/* The unknowns that have no colour yet; done is false where one would need too many. */
static void ColorRest(Graph *g, PetscBool *done)
{
  for (PetscInt v = 0; v < g->m && *done; v++) {
    PetscInt c = 0;

    if (g->color[v] != NO_COLOR) continue;
    Ban(g, v);
    while (c < g->most && g->banned[c] == v) c++;
    *done = (PetscBool)(c < g->most);
    if (!*done) continue;
    g->color[v] = (ISColoringValue)c;
    Grow(g, v);
  }
}

/* done is false where an entry has no mirror. */
static PetscErrorCode FindMirrors(Graph *g, PetscBool *done)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->m; i++) {
    for (PetscInt k = g->ia[i]; k < g->ia[i + 1]; k++) {
      const PetscInt first = g->ia[g->ja[k]];
      PetscInt       at;

      PetscCall(PetscFindInt(i, g->ia[g->ja[k] + 1] - first, g->ja + first, &at));
      g->mirror[k] = first + at;
      if (at < 0) *done = PETSC_FALSE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Colours of the columns that are in rows of lower ranks: in no row do two have the same. */
static PetscErrorCode ColorHigher(Mat P, Graph *g, PetscBool *done)
{
  const ISColoringValue *color;
  MPI_Comm               comm = PetscObjectComm((PetscObject)P);
  PetscInt               lo, n = 0, colors, *column;
  IS                     rows, columns;
  Mat                    higher, share;
  MatColoring            mc;
  ISColoring             coloring;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(P, &lo, NULL));
  PetscCall(PetscMalloc1(g->m, &column));
  for (PetscInt v = 0; v < g->m; v++) {
    for (PetscInt k = g->iother[v]; k < g->iother[v + 1]; k++) {
      if (g->jother[k] >= g->lower) continue;
      column[n++] = lo + v;
      break;
    }
  }
  PetscCall(ISCreateStride(comm, g->m, lo, 1, &rows));
  PetscCall(ISCreateGeneral(comm, n, column, PETSC_USE_POINTER, &columns));
  PetscCall(MatCreateSubMatrix(P, rows, columns, MAT_INITIAL_MATRIX, &higher));
  PetscCall(MatTransposeMatMult(higher, higher, MAT_INITIAL_MATRIX, PETSC_DEFAULT, &share));
  PetscCall(MatColoringCreate(share, &mc));
  PetscCall(MatColoringSetDistance(mc, 1));
  PetscCall(MatColoringSetType(mc, MATCOLORINGJP)); /* not greedy: see pattern.c */
  PetscCall(MatColoringApply(mc, &coloring));
  PetscCall(ISColoringGetColors(coloring, NULL, &colors, &color));
  *done = (PetscBool)(*done && colors <= g->most);
  for (PetscInt k = 0; *done && k < n; k++) g->color[column[k] - lo] = color[k];
  for (PetscInt k = 0; *done && k < n; k++) Grow(g, column[k] - lo);
  PetscCall(ISColoringDestroy(&coloring));
  PetscCall(MatColoringDestroy(&mc));
  PetscCall(MatDestroy(&share));
  PetscCall(MatDestroy(&higher));
  PetscCall(ISDestroy(&columns));
  PetscCall(ISDestroy(&rows));
  PetscCall(PetscFree(column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* And what this rank sees of them */
static PetscErrorCode ColorElsewhere(Mat P, Graph *g, PetscBool *done)
{
  const PetscInt *others;
  PetscInt        n, lo;
  Mat             block[BLOCKS];

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &n));
  PetscCall(MatGetOwnershipRange(P, &lo, NULL));
  while (g->lower < n && others[g->lower] < lo) g->lower++; /* they ascend */
  PetscCall(ColorHigher(P, g, done));
  PetscCall(PetscMalloc1(n, &g->other));
  PetscCall(TrustNCGGetOtherColors(P, g->color, n, others, g->other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The arrays of a block, to be had and to be given back */
static PetscErrorCode BlockArrays(Mat block, PetscBool get, PetscInt *m, const PetscInt **ia,
                                  const PetscInt **ja)
{
  PetscBool done;

  PetscFunctionBegin;
  if (!block) PetscFunctionReturn(PETSC_SUCCESS);
  if (get) PetscCall(MatGetRowIJ(block, 0, PETSC_FALSE, PETSC_FALSE, m, ia, ja, &done));
  else PetscCall(MatRestoreRowIJ(block, 0, PETSC_FALSE, PETSC_FALSE, m, ia, ja, &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GraphCreate(Mat P, PetscInt most, Graph *g)
{
  const PetscInt *others;
  PetscInt        n;
  Mat             block[BLOCKS];

  PetscFunctionBegin;
  g->most = most;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &n));
  PetscCall(MatGetLocalSize(P, &g->m, NULL));
  PetscCall(BlockArrays(block[1], PETSC_TRUE, &g->m, &g->iother, &g->jother));
  PetscCall(BlockArrays(block[0], PETSC_TRUE, &g->m, &g->ia, &g->ja));
  n = g->ia[g->m];
  PetscCall(PetscMalloc1(g->m, &g->color));
  PetscCall(PetscMalloc5(n, &g->mirror, n, &g->parent, n, &g->size, n, &g->seenby, n, &g->by));
  PetscCall(PetscMalloc3(most, &g->banned, most, &g->first, most, &g->edge));
  for (PetscInt v = 0; v < g->m; v++) g->color[v] = NO_COLOR;
  for (PetscInt e = 0; e < n; e++) {
    g->parent[e] = e;
    g->size[e]   = 1;
    g->seenby[e] = -1;
  }
  for (PetscInt c = 0; c < most; c++) g->banned[c] = g->first[c] = -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GraphDestroy(Mat P, Graph *g)
{
  const PetscInt *others;
  PetscInt        n;
  Mat             block[BLOCKS];

  PetscFunctionBegin;
  PetscCall(TrustNCGGetBlocks(P, block, &others, &n));
  PetscCall(BlockArrays(block[1], PETSC_FALSE, &g->m, &g->iother, &g->jother));
  PetscCall(BlockArrays(block[0], PETSC_FALSE, &g->m, &g->ia, &g->ja));
  PetscCall(PetscFree(g->color));
  PetscCall(PetscFree(g->other));
  PetscCall(PetscFree5(g->mirror, g->parent, g->size, g->seenby, g->by));
  PetscCall(PetscFree3(g->banned, g->first, g->edge));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The couplings of the nodes, of `fields` unknowns each; NULL where not all unknowns of nodes that
   are coupled are. */
static PetscErrorCode CreateNodes(Mat P, PetscInt fields, Mat *nodes)
{
  PetscInt lo, m;
  MatInfo  all, some;
  IS       one;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(P, &lo, NULL));
  PetscCall(MatGetLocalSize(P, &m, NULL));
  PetscCall(ISCreateStride(PetscObjectComm((PetscObject)P), m / fields, lo, fields, &one));
  PetscCall(MatCreateSubMatrix(P, one, one, MAT_INITIAL_MATRIX, nodes));
  PetscCall(ISDestroy(&one));
  PetscCall(MatGetInfo(P, MAT_GLOBAL_SUM, &all));
  PetscCall(MatGetInfo(*nodes, MAT_GLOBAL_SUM, &some));
  if (all.nz_used != some.nz_used * (PetscReal)(fields * fields)) PetscCall(MatDestroy(nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those of the nodes, once for each of their fields */
static PetscErrorCode CreateColoring(const Graph *g, PetscInt fields, MPI_Comm comm,
                                     ISColoring *coloring)
{
  PetscInt         colors = 0;
  ISColoringValue *color;

  PetscFunctionBegin;
  for (PetscInt v = 0; v < g->m; v++) colors = PetscMax(colors, 1 + (PetscInt)g->color[v]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &colors, 1, MPIU_INT, MPI_MAX, comm));
  PetscCall(PetscMalloc1(g->m * fields, &color));
  for (PetscInt i = 0; i < g->m * fields; i++) {
    color[i] = (ISColoringValue)(g->color[i / fields] * fields + i % fields);
  }
  PetscCall(
    ISColoringCreate(comm, colors * fields, g->m * fields, color, PETSC_OWN_POINTER, coloring));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGAcyclicColor(Mat P, PetscInt most, ISColoring *coloring)
{
  Graph     g    = {0};
  MPI_Comm  comm = PetscObjectComm((PetscObject)P);
  PetscBool done = PETSC_TRUE;
  PetscInt  fields, row;
  Mat       nodes = P;

  PetscFunctionBegin;
  *coloring = NULL;
  PetscCall(MatGetBlockSize(P, &fields));
  PetscCall(TrustNCGPatternLongestRow(P, &row));
  most = PetscMin(PetscMin(most, IS_COLORING_MAX) / fields, COLORS_MOST);
  if (most < 2 || row > ROW_MOST) PetscFunctionReturn(PETSC_SUCCESS);
  if (fields > 1) PetscCall(CreateNodes(P, fields, &nodes));
  if (!nodes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(GraphCreate(nodes, most, &g));
  PetscCall(FindMirrors(&g, &done));
  if (g.iother) PetscCall(ColorElsewhere(nodes, &g, &done));
  ColorRest(&g, &done);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &done, 1, MPIU_BOOL, MPI_LAND, comm));
  if (done) PetscCall(CreateColoring(&g, fields, comm, coloring));
  PetscCall(GraphDestroy(nodes, &g));
  if (nodes != P) PetscCall(MatDestroy(&nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}
