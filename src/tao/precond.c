/* SPDX-License-Identifier: BSD-2-Clause
   Which preconditioner CG has: the choice, and what feeds and renews it.

     user      the PC of the KSP, as the user set it
     sparse    a PETSc PC (multigrid) on the Hessian assembled from coloured products
     pairs     limited-memory BFGS over a learned diagonal
     diagonal  the learned diagonal alone
     auto      user where the KSP has a PC; else pairs, and where a pattern is at hand soon sparse,
               if a product with it agrees with one with the Hessian */
#include "tao/trustncg_impl.h"
#include <petscdmda.h>
#include "hessvec/hessvec.h"
#include "precond/gather.h"
#include "precond/pairs.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"

#define ENTRIES_MOST  100  /* in a row of a sparse Hessian that nobody asked for */
#define HOPE          10.0 /* the products of a sparse Hessian for each unit of work done before */
#define GATHER_LEAST  3    /* fewer pairs of CG do not replace what was learned before */
#define PAIRS         10   /* in the model, */
#define GATHERED      8    /* and gathered during CG, where the user does not bound the memory */
#define VECTORS_LEAST 7    /* of a learned diagonal */
#define FIT           1e-3 /* largest ||Hg - Pg|| / ||Hg|| of a P whose pattern fits, */
#define FIT_NOISY     0.1  /* and where products are noisy */

static PetscErrorCode ObserveCG(void *ctx, PetscInt it, Vec p, Vec Hp)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGGatherSee((TrustNCGGather)ctx, it, p, Hp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ApplyPairs(PC pc, Vec v, Vec z)
{
  TrustNCGPairs pairs;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &pairs));
  PetscCall(TrustNCGPairsApply(pairs, v, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for pairs in the model and gathered, within the bound on vectors: beside them the model
   takes five (three of the diagonal, one of its own, z of CG) and a pair that is staged. */
static void ShareOut(PetscInt vectors, PetscInt *pairs, PetscInt *gathered)
{
  const PetscInt most = PAIRS + GATHERED;
  const PetscInt room = vectors < VECTORS_LEAST ? 0 : (vectors - VECTORS_LEAST) / 2;
  const PetscInt all  = PetscMin(most, room);

  *gathered = GATHERED * all / most;
  *pairs    = all - *gathered;
}

static PetscErrorCode SetUpPairs(Tao tao, PetscBool diagonal)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      pairs, gathered;
  PC            pc;

  PetscFunctionBegin;
  ShareOut(tn->maxvectors, &pairs, &gathered);
  if (diagonal) pairs = gathered = 0;
  PetscCall(TrustNCGPairsCreate(tao->solution, pairs, &tn->pairs));
  PetscCall(TrustNCGGatherCreate(tao->solution, gathered, &tn->gather));
  if (gathered) PetscCall(TrustCGSetObserver(tao->ksp, ObserveCG, tn->gather));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, tn->pairs));
  PetscCall(PCShellSetApply(pc, ApplyPairs));
  PetscCall(PCShellSetName(pc, diagonal ? "learned diagonal" : "pairs over a learned diagonal"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A PC that the user has set since stays. */
static PetscErrorCode ResetPairs(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     ours;
  void         *ctx;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)tao->ksp, KSPTRUSTCG, &ours));
  if (ours) {
    PetscCall(TrustCGSetObserver(tao->ksp, NULL, NULL));
    PetscCall(TrustCGSetLook(tao->ksp, NULL, NULL)); /* left by an error */
  }
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PCShellGetContext(pc, &ctx)); /* NULL where it is no shell */
  if (ctx && ctx == tn->pairs) PetscCall(PCSetType(pc, PCNONE));
  PetscCall(TrustNCGPairsDestroy(&tn->pairs));
  PetscCall(TrustNCGGatherDestroy(&tn->gather));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The PC of the KSP is what it was before trustncg chose one. */
PetscErrorCode TrustNCGPrecondReset(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  PetscCall(ResetPairs(tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coloured pattern, no product yet; tn->sparse is NULL where no pattern is known, or the
   vectors are too many. */
static PetscErrorCode CreateSparse(Tao tao)
{
  TAO_TrustNCG *tn      = (TAO_TrustNCG *)tao->data;
  PetscInt      vectors = 0;
  Mat           pattern;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetPattern(tao, &pattern));
  PetscCall(TrustNCGSparseCreate(tao->solution, pattern, &tn->sparse));
  if (tn->sparse) PetscCall(TrustNCGSparseGetVectors(tn->sparse, &vectors));
  if (vectors > tn->maxvectors) PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* It takes the place of whatever PC there is. */
static PetscErrorCode UseSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(ResetPairs(tao));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(TrustNCGSparseSetPC(tn->sparse, pc));
  tn->type = TAO_TRUSTNCG_PRECOND_SPARSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pattern of a structured grid has as many entries in a row as its stencil has unknowns; where
   they are too many auto leaves them alone. */
static PetscErrorCode IsLeanGrid(DM dm, PetscBool *lean)
{
  PetscInt        dim, dof, width, entries;
  DMDAStencilType stencil;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, lean));
  if (!*lean) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMDAGetInfo(dm, &dim, NULL, NULL, NULL, NULL, NULL, NULL, &dof, &width, NULL, NULL,
                        NULL, &stencil));
  entries = dof;
  if (stencil == DMDA_STENCIL_STAR) entries *= 1 + 2 * dim * width;
  else {
    for (PetscInt k = 0; k < dim; k++) entries *= 1 + 2 * width;
  }
  *lean = (PetscBool)(entries <= ENTRIES_MOST);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A pattern that auto may use: one that the user gave, or that of a structured grid. */
static PetscErrorCode HasPattern(Tao tao, PetscBool *has)
{
  Mat pattern;
  DM  dm;

  PetscFunctionBegin;
  *has = PETSC_FALSE;
  PetscCall(TaoTrustNCGGetPattern(tao, &pattern));
  PetscCall(VecGetDM(tao->solution, &dm));
  if (pattern) *has = PETSC_TRUE;
  else if (dm) PetscCall(IsLeanGrid(dm, has));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What auto stands for, and why. */
static PetscErrorCode Resolve(Tao tao, PetscBool haspc, TaoTrustNCGPrecondType *type)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      pairs, gathered;

  PetscFunctionBegin;
  ShareOut(tn->maxvectors, &pairs, &gathered);
  tn->waiting = tn->misfit = PETSC_FALSE;
  tn->why                  = "as asked";
  *type                    = tn->precond;
  if (*type != TAO_TRUSTNCG_PRECOND_AUTO) PetscFunctionReturn(PETSC_SUCCESS);
  if (haspc) {
    *type   = TAO_TRUSTNCG_PRECOND_USER;
    tn->why = "the KSP has a PC";
  } else if (!tn->ours || pairs < 1) {
    *type   = TAO_TRUSTNCG_PRECOND_NONE;
    tn->why = tn->ours ? "no memory is left for pairs" : "the KSP is not of type " KSPTRUSTCG;
  } else {
    *type = TAO_TRUSTNCG_PRECOND_PAIRS;
    PetscCall(HasPattern(tao, &tn->waiting));
    tn->why = tn->waiting ? "the solve was too easy for a sparse Hessian"
                          : "no pattern of the Hessian is known";
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckChoice(Tao tao, PetscBool haspc)
{
  TAO_TrustNCG *tn   = (TAO_TrustNCG *)tao->data;
  const char   *name = TaoTrustNCGPrecondTypes[tn->type];
  MPI_Comm      comm = PetscObjectComm((PetscObject)tao);
  PetscBool     own;

  PetscFunctionBegin;
  own = (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_PAIRS ||
                    tn->type == TAO_TRUSTNCG_PRECOND_DIAGONAL);
  PetscCheck(!haspc || tn->type == TAO_TRUSTNCG_PRECOND_USER ||
               tn->type == TAO_TRUSTNCG_PRECOND_SPARSE,
             comm, PETSC_ERR_ARG_INCOMP,
             "-%stao_trustncg_precond %s leaves no room for the PC that the KSP has: leave out "
             "one of them",
             TrustNCGPrefix(tao), name);
  PetscCheck(!own || tn->ours, comm, PETSC_ERR_ARG_INCOMP,
             "-%stao_trustncg_precond %s needs -%stao_trustncg_ksp_type %s", TrustNCGPrefix(tao),
             name, TrustNCGPrefix(tao), KSPTRUSTCG);
  PetscCheck(
    !own || tn->maxvectors >= VECTORS_LEAST, comm, PETSC_ERR_ARG_INCOMP,
    "-%stao_trustncg_precond %s takes %d vectors at least: -%stao_trustncg_vectors %" PetscInt_FMT
    " is too few",
    TrustNCGPrefix(tao), name, VECTORS_LEAST, TrustNCGPrefix(tao), tn->maxvectors);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondSetUp(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     none;
  PC            pc;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondReset(tao));
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCNONE, &none));
  PetscCall(Resolve(tao, (PetscBool)!none, &tn->type));
  PetscCall(CheckChoice(tao, (PetscBool)!none));
  tn->nhv_precond = 0;
  switch (tn->type) {
  case TAO_TRUSTNCG_PRECOND_PAIRS:
  case TAO_TRUSTNCG_PRECOND_DIAGONAL:
    PetscCall(SetUpPairs(tao, (PetscBool)(tn->type == TAO_TRUSTNCG_PRECOND_DIAGONAL)));
    break;
  case TAO_TRUSTNCG_PRECOND_SPARSE:
    PetscCall(CreateSparse(tao));
    PetscCheck(tn->sparse, PetscObjectComm((PetscObject)tao), PETSC_ERR_ARG_WRONGSTATE,
               "A sparse preconditioner needs a pattern of the Hessian, and room for it: make the "
               "solution vector with DMCreateGlobalVector() or call TaoTrustNCGSetPattern(); see "
               "-%stao_trustncg_vectors",
               TrustNCGPrefix(tao));
    PetscCall(UseSparse(tao));
    break;
  default:
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountProducts(Tao tao, PetscInt products)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->nhv_precond += products;
  if (tn->kind == TRUSTNCG_HV_MATRIX) tn->ledger.nhv_matrix += products; /* others count */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrySparse(Tao tao, Mat H, PetscReal *misfit)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseTry(tn->sparse, H, tao->gradient, misfit, &products));
  PetscCall(CountProducts(tao, products));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From pairs to sparse for good, if the Hessian has that pattern. */
static PetscErrorCode Switch(Tao tao, Mat H)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     misfit;

  PetscFunctionBegin;
  tn->waiting = PETSC_FALSE;
  PetscCall(TrySparse(tao, H, &misfit));
  tn->misfit = (PetscBool) !(misfit <= (tn->noise.error > 0.0 ? FIT_NOISY : FIT));
  if (!tn->misfit) {
    tn->why = "a pattern of the Hessian is known";
    PetscCall(UseSparse(tao));
    tao->trust = tao->trust0; /* what was learned of the radius was in another norm */
  } else {
    tn->why = "the Hessian does not have the pattern that is known";
    PetscCall(TrustNCGSparseDestroy(&tn->sparse));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A known pattern promises so much that auto builds a sparse Hessian as soon as the solve has cost
   a tenth of that: where it has few colours, at the start. */
PetscErrorCode TrustNCGPrecondDue(Tao tao, PetscBool *due)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      colors;

  PetscFunctionBegin;
  *due = PETSC_FALSE;
  if (!tn->waiting) PetscFunctionReturn(PETSC_SUCCESS);
  if (!tn->sparse) PetscCall(CreateSparse(tao));
  if (!tn->sparse) {
    tn->waiting = PETSC_FALSE;
    tn->why     = "its DM knows no pattern, or no memory is left for a sparse Hessian";
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGSparseGetCounts(tn->sparse, &colors, NULL));
  *due = (PetscBool)(HOPE * TrustNCGWork(tn) >= (PetscReal)colors);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before a solve with H at the iterate: P, from which the PC is made, brought up to date. */
PetscErrorCode TrustNCGPrecondUpdate(Tao tao, Mat H, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;
  PetscBool     due;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondDue(tao, &due));
  if (due) PetscCall(Switch(tao, H));
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(TrustNCGSparseUpdate(tn->sparse, H, tao->gradient, &products));
    PetscCall(CountProducts(tao, products));
    PetscCall(TrustNCGSparseGetMat(tn->sparse, P));
  }
  if (tn->pairs) {
    PetscCall(TrustNCGGatherStart(tn->gather));
    PetscCall(TrustNCGPairsUse(tn->pairs, TRUSTNCG_FOR_CG));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The products with H so far were noise, and the next ones are better. */
PetscErrorCode TrustNCGPrecondRenew(Tao tao, Mat H)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     misfit;
  Mat           P;

  PetscFunctionBegin;
  if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) PetscCall(TrySparse(tao, H, &misfit));
  if (tn->misfit && tn->noise.error > 0.0) tn->waiting = PETSC_TRUE; /* the pattern may be right */
  PetscCall(TrustNCGPrecondUpdate(tao, H, &P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step was accepted, before x and g move: s = -d, y = g+ - g. */
PetscErrorCode TrustNCGPrecondLearn(Tao tao, PetscBool bycg)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     rnorm, stretch;
  PetscBool     taken;
  Vec           s, y;

  PetscFunctionBegin;
  if (tn->pairs) {
    if (bycg) PetscCall(TrustNCGGatherGive(tn->gather, GATHER_LEAST, tn->pairs));
    PetscCall(TrustNCGPairsStage(tn->pairs, &s, &y));
    PetscCall(VecAXPBY(s, -1.0, 0.0, tao->stepdirection));
    PetscCall(VecWAXPY(y, -1.0, tao->gradient, tn->gplus));
    PetscCall(TrustNCGPairsCommit(tn->pairs, PETSC_TRUE, &taken));
    /* the norm of the trust region is a new one: the radius stays what it is in steps like s,
       for which now s'Ms = s'y; where rounding leaves no difference of the slopes, as it is */
    stretch = PetscSqrtReal(PetscMax(0.0, tn->slopeplus - tn->slope)) / tn->dnorm;
    if (taken && tao->trust < PETSC_INFINITY && PetscIsNormalReal(stretch * tao->trust)) {
      tao->trust *= stretch;
    }
  } else if (tn->type == TAO_TRUSTNCG_PRECOND_SPARSE) {
    PetscCall(KSPGetResidualNorm(tao->ksp, &rnorm));
    PetscCall(TrustNCGSparseNote(tn->sparse, tao->gradient, tn->gplus, tao->stepdirection,
                                 tao->ksp_its, tn->boundary ? 0.0 : rnorm / tn->gnorm,
                                 tao->ksp_its + tn->tries));
    tn->reductions += 2;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Forget what was learned, if anything was. */
PetscErrorCode TrustNCGPrecondForget(Tao tao, PetscBool *forgot)
{
  TAO_TrustNCG *tn     = (TAO_TrustNCG *)tao->data;
  PetscInt      stored = 0;

  PetscFunctionBegin;
  if (tn->pairs) PetscCall(TrustNCGPairsGetCounts(tn->pairs, &stored, NULL, NULL, NULL));
  *forgot = (PetscBool)(stored > 0);
  if (*forgot) PetscCall(TrustNCGPairsReset(tn->pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondGetCounts(Tao tao, PetscInt *vectors, PetscInt *reductions)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      gathered, sparse;

  PetscFunctionBegin;
  *vectors = *reductions = 0;
  if (tn->pairs) {
    PetscCall(TrustNCGPairsGetCounts(tn->pairs, NULL, NULL, vectors, reductions));
    PetscCall(TrustNCGGatherGetVectors(tn->gather, &gathered));
    *vectors += gathered;
  }
  if (tn->sparse) {
    PetscCall(TrustNCGSparseGetVectors(tn->sparse, &sparse));
    *vectors += sparse;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
