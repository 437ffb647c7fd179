/* SPDX-License-Identifier: BSD-2-Clause
   A start from coarser grids: the same problem is solved on the next coarser grid of the DM of the
   solution, by a Tao of its own with the user's functions, which begins with the next coarser grid
   in turn. What it finds is brought to this grid; the first step leads there if f is lower.

   Reference: W. L. Briggs, V. E. Henson, S. F. McCormick, A Multigrid Tutorial (2000), chapter 3
   (nested iteration). */
#include "tao/trustncg_impl.h"
#include "precond/levels.h"
#include "subproblem/trustcg.h"
#include <petsctime.h>

/* ||g|| / ||g(x0)|| on a coarser grid; 1e-3 to 1e-5 do about as well */
#define COARSE_RTOL 1e-4
#define COARSE_ITS  200 /* iterations there, where a tenth of them is the rule */

/* f, gradient and Hv, as the user has set them. A Mat of TaoSetHessian() is of this grid. */
static PetscErrorCode CopyCallbacks(Tao tao, Tao coarse)
{
  PetscErrorCode (*f)(Tao, Vec, PetscReal *, void *);
  PetscErrorCode (*g)(Tao, Vec, Vec, void *);
  PetscErrorCode (*fg)(Tao, Vec, PetscReal *, Vec, void *);
  TaoTrustNCGHessianVectorFn hv;
  void                      *ctx;

  PetscFunctionBegin;
  PetscCall(TaoGetObjective(tao, &f, &ctx));
  if (f) PetscCall(TaoSetObjective(coarse, f, ctx));
  PetscCall(TaoGetGradient(tao, NULL, &g, &ctx));
  if (g) PetscCall(TaoSetGradient(coarse, NULL, g, ctx));
  PetscCall(TaoGetObjectiveAndGradient(tao, NULL, &fg, &ctx));
  if (fg) PetscCall(TaoSetObjectiveAndGradient(coarse, NULL, fg, ctx));
  PetscCall(TaoTrustNCGGetHessianVector(tao, &hv, &ctx));
  if (hv) PetscCall(TaoTrustNCGSetHessianVector(coarse, hv, ctx));
  PetscCall(TaoGetApplicationContext(tao, &ctx));
  PetscCall(TaoSetApplicationContext(coarse, ctx));
  PetscCall(PetscObjectCopyFortranFunctionPointers((PetscObject)tao, (PetscObject)coarse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds that are left, the same on all ranks */
static PetscErrorCode TimeLeft(Tao tao, PetscReal *left)
{
  TAO_TrustNCG  *tn = (TAO_TrustNCG *)tao->data;
  PetscLogDouble now;

  PetscFunctionBegin;
  *left = PETSC_INFINITY;
  if (tn->maxtime >= PETSC_INFINITY) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscTime(&now));
  *left = PetscMax(1e-6, tn->maxtime - (now - tn->began));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, left, 1, MPIU_REAL, MPI_MIN, PetscObjectComm((PetscObject)tao)));
  tn->reductions++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What holds for this solve, as far as it does not belong to its grid. A length in x is the root of
   a sum over the nodes. */
static PetscErrorCode CopySettings(Tao tao, Tao coarse)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data, *to = (TAO_TrustNCG *)coarse->data;
  PetscReal     left, rtol;
  PetscInt      its, n;
  Mat           pattern;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetPattern(tao, &pattern));
  PetscCall(TimeLeft(tao, &left));
  PetscCall(TaoTrustNCGSetMaxTime(coarse, left));
  PetscCall(TaoSetMaximumIterations(coarse, COARSE_ITS));
  PetscCall(TaoSetMaximumFunctionEvaluations(coarse, tao->max_funcs));
  PetscCall(TaoSetTolerances(coarse, tao->gatol, tao->grtol, PetscMax(tao->gttol, COARSE_RTOL)));
  PetscCall(VecGetSize(coarse->solution, &n));
  if (tao->trust0 < PETSC_INFINITY) {
    PetscCall(
      TaoSetInitialTrustRegionRadius(coarse, tao->trust0 * PetscSqrtReal((PetscReal)n / tn->n)));
  }
  to->eta     = tn->eta;
  to->relstep = tn->relstep;
  to->precond = tn->precond;
  if (tn->precond == TAO_TRUSTNCG_PRECOND_USER || pattern) to->precond = TAO_TRUSTNCG_PRECOND_AUTO;
  to->maxvectors     = tn->maxvectors;
  to->learnedsteps   = tn->learnedsteps;
  to->hvfallback     = tn->hvfallback;
  to->signals        = tn->signals;
  to->deadline       = tn->deadline;
  to->sequence.most  = tn->sequence.most - 1;
  to->sequence.level = tn->sequence.level + 1;
  PetscCall(KSPGetTolerances(tao->ksp, &rtol, NULL, NULL, &its));
  PetscCall(KSPSetTolerances(coarse->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, its));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateCoarse(Tao tao)
{
  TrustNCGSequence *s = &((TAO_TrustNCG *)tao->data)->sequence;
  PetscBool         same;
  Vec               x;

  PetscFunctionBegin;
  PetscCall(TaoCreate(PetscObjectComm((PetscObject)tao), &s->tao));
  PetscCall(PetscObjectIncrementTabLevel((PetscObject)s->tao, (PetscObject)tao, 1));
  PetscCall(PetscObjectSetOptions((PetscObject)s->tao, ((PetscObject)tao)->options));
  PetscCall(TaoSetOptionsPrefix(s->tao, TrustNCGPrefix(tao)));
  if (!s->level) PetscCall(TaoAppendOptionsPrefix(s->tao, "coarse_"));
  PetscCall(TaoSetType(s->tao, TAOTRUSTNCG));
  PetscCall(DMCreateGlobalVector(s->grid.coarse, &x));
  PetscCall(TaoSetSolution(s->tao, x));
  PetscCall(VecDestroy(&x));
  PetscCall(TrustNCGLevelRestrict(&s->grid, tao->solution, s->tao->solution));
  PetscCall(CopyCallbacks(tao, s->tao));
  PetscCall(CopySettings(tao, s->tao));
  PetscCall(TaoSetFromOptions(s->tao));
  PetscCall(PetscObjectTypeCompare((PetscObject)s->tao, TAOTRUSTNCG, &same));
  PetscCheck(same, PetscObjectComm((PetscObject)tao), PETSC_ERR_SUP,
             "The coarser grids of trustncg are solved by it: leave -%stao_type away",
             TrustNCGPrefix(s->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An error there has its words already: say on the finest grid where it was. */
static PetscErrorCode SolveCoarse(Tao tao)
{
  const TrustNCGSequence *s     = &((TAO_TrustNCG *)tao->data)->sequence;
  const PetscErrorCode    error = TaoSolve(s->tao);

  PetscFunctionBegin;
  if (s->level) PetscCall(error);
  PetscCheck(!error, PetscObjectComm((PetscObject)tao), error,
             "An error on a coarser grid: do the functions of the Tao take the grid from their "
             "vector, by VecGetDM()? -%stao_trustncg_grid_sequence 0 solves on this one alone",
             TrustNCGPrefix(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Its work counts here by its share of the unknowns. */
static PetscErrorCode CountCoarse(Tao tao)
{
  TAO_TrustNCG       *tn   = (TAO_TrustNCG *)tao->data;
  const TAO_TrustNCG *from = (TAO_TrustNCG *)tn->sequence.tao->data;
  TaoTrustNCGLedger  *l    = &tn->ledger, there;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetLedger(tn->sequence.tao, &there));
  l->coarse_grids       = there.coarse_grids + 1;
  l->coarse_evaluations = there.coarse_evaluations + there.nf + there.ng + there.nfg +
                          there.nhv_user + there.nhv_matrix + there.nhv_fd;
  l->coarse_equivalents = there.equivalents * from->n / tn->n;
  tn->reductions += there.reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f at what the coarser grid found, with these ends: is it lower than `least`? */
static PetscErrorCode Try(Tao tao, PetscInt edges, PetscReal least, PetscBool *lower)
{
  TAO_TrustNCG     *tn = (TAO_TrustNCG *)tao->data;
  TrustNCGSequence *s  = &tn->sequence;

  PetscFunctionBegin;
  PetscCall(TrustNCGLevelInterpolate(&s->grid, s->tao->solution, edges, tao->stepdirection));
  PetscCall(VecAYPX(tao->stepdirection, -1.0, tao->solution));
  PetscCall(TrustNCGEvaluateTrial(tao));
  s->edges = edges;
  *lower   = (PetscBool)(!tn->outside && !PetscIsInfOrNanReal(tn->fplus) && tn->fplus < least);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where nothing tells what the ends are, f does. */
static PetscErrorCode TryEdges(Tao tao, PetscBool *lower)
{
  TAO_TrustNCG     *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGSequence *s     = &tn->sequence;
  PetscReal         least = tn->f;
  PetscInt          best  = -1;

  PetscFunctionBegin;
  for (PetscInt edges = 0; edges <= s->grid.edges; edges++) {
    if (edges & ~s->grid.edges) continue;
    PetscCall(Try(tao, edges, least, lower));
    if (!*lower) continue;
    best  = edges;
    least = tn->fplus;
  }
  *lower = (PetscBool)(best >= 0);
  if (*lower && s->edges != best) PetscCall(Try(tao, best, tn->f, lower));
  s->placed = *lower;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of an f without a lower bound, as coarser grids may have one, the last point says nothing. */
static PetscBool IsLost(Tao coarse)
{
  const TAO_TrustNCG *there = (TAO_TrustNCG *)coarse->data;

  return (PetscBool)(there->sequence.lost || there->outcome == TAO_TRUSTNCG_UNBOUNDED ||
                     (coarse->reason <= 0 && there->flight.steps > 0));
}

static PetscErrorCode TryAll(Tao tao, PetscBool *lower)
{
  TAO_TrustNCG       *tn    = (TAO_TrustNCG *)tao->data;
  TrustNCGSequence   *s     = &tn->sequence;
  const TAO_TrustNCG *there = (TAO_TrustNCG *)s->tao->data;

  PetscFunctionBegin;
  s->placed = there->sequence.placed;
  PetscCall(TrustNCGGetTrialGradientVec(tao));
  if (s->grid.edges && !s->placed) PetscCall(TryEdges(tao, lower));
  else PetscCall(Try(tao, there->sequence.edges, tn->f, lower));
  if (*lower) PetscCall(TrustNCGEvaluateTrialGradient(tao));
  *lower    = (PetscBool)(*lower && !PetscIsInfOrNanReal(tn->gplusnorm));
  tn->tries = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A first step to what the coarser grid found, where f is lower there. */
static PetscErrorCode StepFrom(Tao tao, PetscBool *done)
{
  TAO_TrustNCG       *tn     = (TAO_TrustNCG *)tao->data;
  TrustNCGSequence   *s      = &tn->sequence;
  const TAO_TrustNCG *there  = (TAO_TrustNCG *)s->tao->data;
  const PetscBool     useful = (PetscBool)!IsLost(s->tao);

  PetscFunctionBegin;
  if (useful) PetscCall(TryAll(tao, done));
  PetscCall(PetscSNPrintf(s->words, sizeof(s->words), "the last one ended: %s, %s",
                          TaoTrustNCGOutcomes[there->outcome],
                          *done    ? "its solution is the start"
                          : useful ? "f is not lower at its solution"
                                   : "which is no start"));
  s->sparse = (PetscBool)(useful && there->type == TAO_TRUSTNCG_PRECOND_SPARSE);
  if (*done) {
    PetscCall(TrustNCGMove(tao));
    TrustNCGResetLoop(tao);
  }
  PetscCall(VecDestroy(&tn->spare)); /* from now on a vector of the KSP serves */
  tn->gplus = NULL;
  if (*done) PetscCall(TrustNCGReport(tao, tn->dnorm2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coarser grid is left; also after an error. */
static PetscErrorCode Leave(TrustNCGSequence *s)
{
  PetscFunctionBegin;
  PetscCall(TaoDestroy(&s->tao));
  PetscCall(TrustNCGLevelDestroy(&s->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGResetSequence(Tao tao)
{
  TrustNCGSequence *s = &((TAO_TrustNCG *)tao->data)->sequence;

  PetscFunctionBegin;
  PetscCall(Leave(s));
  s->placed = s->sparse = PETSC_FALSE;
  s->edges              = 0;
  s->words[0]           = '\0';
  s->due                = (PetscBool)(s->most > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStepFromCoarse(Tao tao, PetscBool *done)
{
  TrustNCGSequence *s = &((TAO_TrustNCG *)tao->data)->sequence;
  const char       *why;
  PetscBool         stop;

  PetscFunctionBegin;
  s->due = PETSC_FALSE;
  PetscCall(TrustNCGInterrupted(tao, &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGLevelCreate(tao->solution, &s->grid, &why));
  if (s->grid.coarse) {
    PetscCall(CreateCoarse(tao));
    PetscCall(SolveCoarse(tao));
    PetscCall(CountCoarse(tao));
    PetscCall(PetscStrncpy(s->words, "interrupted", sizeof(s->words)));
    PetscCall(TrustNCGInterrupted(tao, &stop));
    if (!stop) PetscCall(StepFrom(tao, done));
  } else PetscCall(PetscStrncpy(s->words, why, sizeof(s->words)));
  PetscCall(PetscInfo(tao, "a start from coarser grids: %s\n", s->words));
  PetscCall(Leave(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGSetGridSequence - Lets a solve begin on coarser grids, of the DM of the solution
  vector: each gives the next finer one its start.

  Logically Collective; `grids` must be equal on all ranks

  Input Parameters:
+ tao   - the `Tao`, of type `TAOTRUSTNCG` (otherwise ignored)
- grids - most coarser grids, of which there are as many as the DM and the ranks allow; default 0

  Options Database Key:
. -tao_trustncg_grid_sequence <0> - most coarser grids

  Level: beginner

  Notes:
  As in nested iteration elsewhere; unlike `SNESSetGridSequence()`, which refines, the grid that is
  given is the finest.

  The functions that compute f, the gradient and H v are called with vectors of the coarser grids,
  too. They must take the grid, and all of its sizes, from the vector by `VecGetDM()`: others write
  beyond its arrays. f must mean the same on each grid, as a sum times the cell size does. The
  solution vector must come from `DMCreateGlobalVector()`.

  The coarser DM is that of `DMGetCoarseDM()`. Where there is none, one is made: of a `DMSHELL` by
  its own function; of a `DMDA` with the nodes, less 1 in a direction that is not periodic, divided
  by its refinement factors, if there are 5 in each direction that gets coarser and enough for the
  ranks and the stencil. `DMSetCoarseDM()` sets it, so that the next solve has the same grids, and
  also with data of the user's on them: what belongs to a grid is best composed with its DM, by the
  functions, where they meet a DM that lacks it.

  Between `DMDA`s values are carried over by cubic interpolation, elsewhere by that of
  `DMCreateInterpolation()`. f tells where the first and the last nodes of a `DMDA` lie, in all
  directions alike: on the boundary or, as where nodes with Dirichlet values are left out, one mesh
  width from it; and whether values along periodic directions repeat, or do so but for a jump. Nodes
  that have coordinates are on the boundary, those of a `DMDA` of type `DMDA_Q0` half a mesh width
  from it.

  On a coarser grid the gradient is reduced to 1e-4 of that at the start there, or to -tao_gttol if
  that is larger, in at most 200 iterations. What was set for this Tao holds there, too: -tao_gatol,
  -tao_grtol, acceptance ratio, difference step, type of preconditioner, vectors, learned steps,
  fallback, signals, deadline, largest forcing term, CG iterations, evaluations (on each grid); the
  first radius by the root of the share of unknowns; the limit on time for all grids together, at
  which the solution is where this grid was. Options that begin with -<prefix>coarse_, such as
  -coarse_tao_monitor, -coarse_tao_gttol or -coarse_tao_max_it, change it. The functions are called
  with the `Tao` of the coarser grid, which has the application context of this one. Monitors,
  convergence test and update of the user's are called on the finest grid alone. A Mat of
  `TaoSetHessian()` or of `TaoSetGradientNorm()`, a pattern and a preconditioner of the user's are
  of this grid: a coarser one takes differences of the gradient and a preconditioner of its own.

  f and the gradient are evaluated at the start that was set, to which tolerances refer. The step
  from there to the solution of the coarser grid is the first one, if f is lower there, and bounded
  below on the coarser grid; where f has several minima it may lead to another one. `TaoView()` says
  what came of it. The ledger counts an evaluation on a coarser grid by its share of the unknowns. A
  solve that goes on from a checkpoint after its first step begins on no other grid.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` if negative. Briggs, Henson, McCormick, A Multigrid
  Tutorial (2000), chapter 3: nested iteration.

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGGetGridSequence()`, `TaoTrustNCGGetLedger()`, `DMCoarsen()`,
          `SNESSetGridSequence()`
@*/
PetscErrorCode TaoTrustNCGSetGridSequence(Tao tao, PetscInt grids)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoGetTrustNCG(tao, &tn));
  PetscValidLogicalCollectiveInt(tao, grids, 2);
  PetscCheck(grids >= 0, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_OUTOFRANGE,
             "The number of coarser grids -tao_trustncg_grid_sequence must not be negative: "
             "%" PetscInt_FMT,
             grids);
  if (tn) tn->sequence.most = grids;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*@
  TaoTrustNCGGetGridSequence - Gets on how many coarser grids a solve may begin.

  Not Collective

  Input Parameter:
. tao - the `Tao`, of type `TAOTRUSTNCG` (otherwise an error)

  Output Parameter:
. grids - most coarser grids

  Level: intermediate

.seealso: `TAOTRUSTNCG`, `TaoTrustNCGSetGridSequence()`
@*/
PetscErrorCode TaoTrustNCGGetGridSequence(Tao tao, PetscInt *grids)
{
  TAO_TrustNCG *tn = NULL;

  PetscFunctionBegin;
  PetscCall(TaoNeedTrustNCG(tao, &tn));
  PetscValidIntPointer(grids, 2);
  *grids = tn->sequence.most;
  PetscFunctionReturn(PETSC_SUCCESS);
}
