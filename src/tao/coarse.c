/* SPDX-License-Identifier: BSD-2-Clause
   A start from coarser grids: the same problem is solved on the next coarser grid of the DM of the
   solution, by a Tao of its own with the user's functions, which begins there with the next but
   one. What it finds is brought to this grid, and is the first step where f is lower there.

   Reference: W. L. Briggs, V. E. Henson, S. F. McCormick, A Multigrid Tutorial (2000), chapter 3
   (nested iteration). */
#include "tao/trustncg_impl.h"
#include "precond/levels.h"
#include "subproblem/trustcg.h"
#include <petsctime.h>

/* ||g|| / ||g(x0)|| on a coarser grid; 1e-3 to 1e-5 do about as well */
#define COARSE_RTOL 1e-4

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

/* What holds for this solve, as far as it does not belong to its grid */
static PetscErrorCode CopySettings(Tao tao, Tao coarse)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data, *to = (TAO_TrustNCG *)coarse->data;
  PetscReal     left, rtol;
  PetscInt      its;

  PetscFunctionBegin;
  PetscCall(TimeLeft(tao, &left));
  PetscCall(TaoTrustNCGSetMaxTime(coarse, left));
  PetscCall(TaoSetMaximumFunctionEvaluations(coarse, tao->max_funcs));
  PetscCall(TaoSetTolerances(coarse, tao->gatol, tao->grtol, PetscMax(tao->gttol, COARSE_RTOL)));
  to->eta     = tn->eta;
  to->relstep = tn->relstep;
  to->precond = tn->precond == TAO_TRUSTNCG_PRECOND_USER ? TAO_TRUSTNCG_PRECOND_AUTO : tn->precond;
  to->maxvectors   = tn->maxvectors;
  to->learnedsteps = tn->learnedsteps;
  to->hvfallback   = tn->hvfallback;
  to->reproducible = tn->reproducible;
  to->signals      = tn->signals;
  to->deadline     = tn->deadline;
  PetscCall(KSPGetTolerances(tao->ksp, &rtol, NULL, NULL, &its));
  PetscCall(KSPSetTolerances(coarse->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, its));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateCoarse(Tao tao, TrustNCGLevel *level, Tao *coarse)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     same;
  Vec           x;

  PetscFunctionBegin;
  PetscCall(TaoCreate(PetscObjectComm((PetscObject)tao), coarse));
  PetscCall(PetscObjectIncrementTabLevel((PetscObject)*coarse, (PetscObject)tao, 1));
  PetscCall(PetscObjectSetOptions((PetscObject)*coarse, ((PetscObject)tao)->options));
  PetscCall(TaoSetOptionsPrefix(*coarse, TrustNCGPrefix(tao)));
  if (!tn->sequence.level) PetscCall(TaoAppendOptionsPrefix(*coarse, "coarse_"));
  PetscCall(TaoSetType(*coarse, TAOTRUSTNCG));
  PetscCall(DMCreateGlobalVector(level->coarse, &x));
  PetscCall(TrustNCGLevelRestrict(level, tao->solution, x));
  PetscCall(TaoSetSolution(*coarse, x));
  PetscCall(VecDestroy(&x));
  PetscCall(CopyCallbacks(tao, *coarse));
  PetscCall(CopySettings(tao, *coarse));
  PetscCall(TaoSetFromOptions(*coarse));
  PetscCall(PetscObjectTypeCompare((PetscObject)*coarse, TAOTRUSTNCG, &same));
  PetscCheck(same, PetscObjectComm((PetscObject)tao), PETSC_ERR_SUP,
             "The coarser grids of trustncg are solved by it: leave -%stao_type away",
             TrustNCGPrefix(*coarse));
  ((TAO_TrustNCG *)(*coarse)->data)->sequence.most  = tn->sequence.most - 1;
  ((TAO_TrustNCG *)(*coarse)->data)->sequence.level = tn->sequence.level + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An error there has its words already: say on the finest grid where it was. */
static PetscErrorCode SolveCoarse(Tao tao, Tao coarse)
{
  const PetscErrorCode error = TaoSolve(coarse);

  PetscFunctionBegin;
  if (((TAO_TrustNCG *)tao->data)->sequence.level) PetscCall(error);
  PetscCheck(!error, PetscObjectComm((PetscObject)tao), error,
             "An error on a coarser grid: do the functions of the Tao take the grid from their "
             "vector, by VecGetDM()? -%stao_trustncg_grid_sequence 0 solves on this one alone",
             TrustNCGPrefix(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Its work counts here by its share of the unknowns. */
static PetscErrorCode CountCoarse(Tao tao, Tao coarse)
{
  TAO_TrustNCG      *tn = (TAO_TrustNCG *)tao->data;
  TaoTrustNCGLedger *l  = &tn->ledger, there;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetLedger(coarse, &there));
  l->coarse_grids       = there.coarse_grids + 1;
  l->coarse_evaluations = there.coarse_evaluations + there.nf + there.ng + there.nfg +
                          there.nhv_user + there.nhv_matrix + there.nhv_fd;
  l->coarse_equivalents = there.equivalents * ((TAO_TrustNCG *)coarse->data)->n / tn->n;
  tn->reductions += there.reductions;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f at what the coarser grid found, if the edges lie there: is it lower than `least`? */
static PetscErrorCode Try(Tao tao, TrustNCGLevel *level, Vec xc, TrustNCGEdge edge, PetscReal least,
                          PetscBool *lower)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGLevelInterpolate(level, xc, edge, tao->stepdirection));
  PetscCall(VecAYPX(tao->stepdirection, -1.0, tao->solution));
  PetscCall(TrustNCGEvaluateTrial(tao));
  *lower = (PetscBool)(!tn->outside && tn->fplus < least);
  if (*lower) PetscCall(TrustNCGEvaluateTrialGradient(tao));
  *lower = (PetscBool)(*lower && !PetscIsInfOrNanReal(tn->gplusnorm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where nothing tells where the edges lie, f does. */
static PetscErrorCode TryEdges(Tao tao, TrustNCGLevel *level, Vec xc, PetscBool *lower)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     on, inside;

  PetscFunctionBegin;
  PetscCall(Try(tao, level, xc, TRUSTNCG_EDGE_ON, tn->f, &on));
  PetscCall(Try(tao, level, xc, TRUSTNCG_EDGE_INSIDE, on ? tn->fplus : tn->f, &inside));
  if (on && !inside) PetscCall(Try(tao, level, xc, TRUSTNCG_EDGE_ON, tn->f, lower));
  else *lower = inside;
  tn->sequence.edge   = inside ? TRUSTNCG_EDGE_INSIDE : TRUSTNCG_EDGE_ON;
  tn->sequence.placed = *lower;
  PetscFunctionReturn(PETSC_SUCCESS);
}
/* A first step to what the coarser grid found, where f is lower there. */
static PetscErrorCode StepFrom(Tao tao, TrustNCGLevel *level, Tao coarse)
{
  TAO_TrustNCG       *tn    = (TAO_TrustNCG *)tao->data;
  const TAO_TrustNCG *there = (TAO_TrustNCG *)coarse->data;
  TrustNCGSequence   *s     = &tn->sequence;
  PetscBool           lower;

  PetscFunctionBegin;
  s->words = "at the start of a coarser grid f or its gradient is not finite";
  if (there->sequence.lost) PetscFunctionReturn(PETSC_SUCCESS);
  s->placed = there->sequence.placed;
  s->edge   = there->sequence.edge;
  s->sparse = (PetscBool)(there->type == TAO_TRUSTNCG_PRECOND_SPARSE);
  PetscCall(TrustNCGGetTrialGradientVec(tao));
  if (level->edge && !s->placed) PetscCall(TryEdges(tao, level, coarse->solution, &lower));
  else PetscCall(Try(tao, level, coarse->solution, s->edge, tn->f, &lower));
  tn->tries = 0;
  s->words  = lower ? "their solution is the start" : "f is not lower at their solution";
  if (!lower) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGMove(tao));
  TrustNCGResetLoop(tao);
  PetscCall(TrustNCGReport(tao, tn->dnorm2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGStepFromCoarse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  TrustNCGLevel level;
  PetscBool     stop;
  Tao           coarse;

  PetscFunctionBegin;
  if (!tn->sequence.most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGInterrupted(tao, &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGLevelCreate(tao->solution, &level, &tn->sequence.words));
  if (level.coarse) {
    PetscCall(CreateCoarse(tao, &level, &coarse));
    PetscCall(SolveCoarse(tao, coarse));
    PetscCall(CountCoarse(tao, coarse));
    tn->sequence.words = "interrupted";
    PetscCall(TrustNCGInterrupted(tao, &stop));
    if (!stop) PetscCall(StepFrom(tao, &level, coarse));
    PetscCall(TaoDestroy(&coarse));
  }
  PetscCall(TrustNCGLevelDestroy(&level));
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
  The functions that compute f, the gradient and H v are then called with vectors of the coarser
  grids, too. They must take the grid from the vector, by `VecGetDM()`, and f must mean the same on
  each, as a sum times the cell size does. The solution vector must come from
  `DMCreateGlobalVector()`.

  For a `DMDA` the coarser grid is that of `DMCoarsen()`, whatever the number of nodes; data of the
  user's follow by `DMCoarsenHookAdd()`. Values are carried over by cubic interpolation. Where the
  nodes lie at the ends of a direction that is not periodic is found from f: on the boundary, or one
  mesh width from it, as where the nodes with Dirichlet values are left out. A `DMDA` whose nodes
  have coordinates has them on the boundary, one of type `DMDA_Q0` half a mesh width from it. Of
  another DM the coarser one is that of `DMSetCoarseDM()`, or of `DMShellSetCoarsen()`, with the
  interpolation of `DMCreateInterpolation()`.

  On a coarser grid the gradient is reduced to 1e-4 of that at the start there, or to -tao_gttol if
  that is larger. It is solved by a
  `Tao` with the settings of this one, and with the options that begin with -<prefix>coarse_, such
  as -coarse_tao_monitor or -coarse_tao_gttol. The limit on evaluations holds on each
  grid, the one on iterations on the finest, the one on time for all together. Monitors, convergence test and update of the user's are
  called on the finest grid alone; a Mat of `TaoSetHessian()`, a pattern and a preconditioner of the
  user's are of this grid, so that a coarser one takes differences of the gradient and chooses a
  preconditioner by itself.

  f and the gradient are evaluated at the start that was set, to which tolerances refer; the step
  from there to the solution of the coarser grid is the first one, if f is lower there. `TaoView()`
  says what came of it. The ledger counts an evaluation on a coarser grid by its share of the
  unknowns. A solve that goes on from a checkpoint after its first step begins on no other grid.

  Errors with `PETSC_ERR_ARG_OUTOFRANGE` if negative. Briggs, Henson, McCormick, A Multigrid Tutorial
  (2000), chapter 3: nested iteration.

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
