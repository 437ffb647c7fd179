/* SPDX-License-Identifier: BSD-2-Clause
   The choice of a preconditioner: what auto stands for, and whether a choice can be had. */
#include "tao/trustncg_impl.h"
#include <petscdmda.h>
#include "precond/pattern.h"
#include "precond/sparse.h"
#include "subproblem/trustcg.h"

#define FIT          1e-3 /* largest ||Hg - Pg|| / ||Hg|| of a P whose pattern fits, */
#define FIT_NOISY    0.1  /* and where products are noisy */
#define ENTRIES_MOST 100  /* in a row of a sparse Hessian that nobody asked for */

/* The pattern of a structured grid has as many entries in a row as its stencil has unknowns; where
   they are too many auto leaves them alone. */
static PetscErrorCode IsLeanGrid(DM dm, PetscBool *lean)
{
  PetscInt        dim, dof, width, entries;
  DMDAStencilType stencil;

  PetscFunctionBegin;
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

/* Does PETSc know a pattern of the mesh? */
static PetscErrorCode IsMesh(DM dm, PetscBool *mesh)
{
  PetscFunctionBegin;
  *mesh = PETSC_FALSE;
  if (!dm) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscObjectTypeCompareAny((PetscObject)dm, mesh, DMDA, DMPLEX, DMSTAG, DMNETWORK,
                                      DMFOREST, DMP4EST, DMP8EST, ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Mat of the user's that nothing was asked of yet gets its entries. */
static PetscErrorCode FillPattern(Tao tao, Mat pattern)
{
  PetscBool empty = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(TrustNCGPatternIsEmpty(pattern, &empty));
  if (empty) PetscCall(TrustNCGComputeHessian(tao, tao->solution, pattern, pattern));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Mat with the pattern of the Hessian: that of the user; else, where the unknowns are on no mesh,
   the Hessian itself, where it is an assembled one, `filled` or as it is; or NULL. And how many
   entries a row may have: as many as it likes where it was asked for; a structured grid is known by
   its stencil. */
PetscErrorCode TrustNCGPrecondGetPattern(Tao tao, PetscBool filled, Mat *pattern, PetscInt *row)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscBool     mesh, grid = PETSC_FALSE, sparse = PETSC_FALSE;
  Mat           H, P;
  DM            dm;

  PetscFunctionBegin;
  PetscCall(TaoTrustNCGGetPattern(tao, pattern));
  PetscCall(VecGetDM(tao->solution, &dm));
  PetscCall(IsMesh(dm, &mesh));
  if (mesh) PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &grid));
  *row = *pattern || grid || tn->hidden.pattern || !tn->waiting ? PETSC_MAX_INT : ENTRIES_MOST;
  if (*pattern || mesh || tn->kind != TRUSTNCG_HV_MATRIX) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TaoGetHessian(tao, &H, &P, NULL, NULL));
  if (H == P) {
    PetscCall(PetscObjectBaseTypeCompareAny((PetscObject)P, &sparse, MATSEQAIJ, MATMPIAIJ,
                                            MATSEQBAIJ, MATMPIBAIJ, MATSEQSBAIJ, MATMPISBAIJ, ""));
  }
  if (sparse) *pattern = P;
  if (sparse && filled) PetscCall(FillPattern(tao, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A pattern that auto may use: a Mat, or that of a mesh. The rows of any but a structured grid are
   looked at when there is a matrix. */
static PetscErrorCode HasPattern(Tao tao, PetscBool *has)
{
  PetscBool grid = PETSC_FALSE;
  PetscInt  row;
  Mat       pattern;
  DM        dm;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondGetPattern(tao, PETSC_FALSE, &pattern, &row));
  PetscCall(VecGetDM(tao->solution, &dm));
  PetscCall(IsMesh(dm, has));
  if (*has && !pattern) PetscCall(PetscObjectTypeCompare((PetscObject)dm, DMDA, &grid));
  if (grid) PetscCall(IsLeanGrid(dm, has));
  if (pattern) *has = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is there no matrix to make the PC of the KSP from, though it needs one? A shell of the user's may
   know what Jacobi's method wants; nobody makes factors of one. */
static PetscErrorCode LacksMatrix(Tao tao, PetscBool *lacks)
{
  const Mat P    = tao->hessian_pre;
  PetscBool free = PETSC_TRUE, factors, point;
  PC        pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PetscObjectTypeCompareAny((PetscObject)pc, &factors, PCILU, PCICC, PCLU, PCCHOLESKY,
                                      PCASM, PCGASM, PCGAMG, PCHYPRE, PCML, ""));
  PetscCall(
    PetscObjectTypeCompareAny((PetscObject)pc, &point, PCJACOBI, PCBJACOBI, PCSOR, PCMG, ""));
  if (P) PetscCall(PetscObjectTypeCompareAny((PetscObject)P, &free, MATSHELL, MATMFFD, ""));
  *lacks = (PetscBool)((factors && free) || (point && !P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What auto stands for where the KSP has a PC, and why */
static PetscErrorCode ResolvePC(Tao tao, TaoTrustNCGPrecondType *type)
{
  TAO_TrustNCG *tn    = (TAO_TrustNCG *)tao->data;
  PetscBool     lacks = PETSC_FALSE, has = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(LacksMatrix(tao, &lacks));
  if (lacks && !tn->reproducible && !tao->gradient_norm) PetscCall(HasPattern(tao, &has));
  *type = has ? TAO_TRUSTNCG_PRECOND_SPARSE : TAO_TRUSTNCG_PRECOND_USER;
  tn->why =
    has ? "the KSP has a PC that needs a matrix, whose pattern is known" : "the KSP has a PC";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What auto stands for, and why. */
static PetscErrorCode Resolve(Tao tao, PetscBool haspc, TaoTrustNCGPrecondType *type)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  tn->waiting = tn->unfit = PETSC_FALSE;
  TrustNCGHiddenStart(tn, PETSC_FALSE);
  tn->why = "as asked";
  *type   = tn->precond;
  if (*type != TAO_TRUSTNCG_PRECOND_AUTO) PetscFunctionReturn(PETSC_SUCCESS);
  if (haspc) {
    PetscCall(ResolvePC(tao, type));
  } else if (tao->gradient_norm) {
    *type   = TAO_TRUSTNCG_PRECOND_USER;
    tn->why = "the gradient has a norm of its own";
  } else if (!tn->ours || tn->maxvectors < TRUSTNCG_VECTORS_PAIR) {
    *type   = TAO_TRUSTNCG_PRECOND_NONE;
    tn->why = tn->ours ? "no memory is left for pairs" : "the KSP is not of type " KSPTRUSTCG;
  } else {
    *type = TAO_TRUSTNCG_PRECOND_PAIRS;
    PetscCall(HasPattern(tao, &tn->waiting));
    if (tn->reproducible) tn->waiting = PETSC_FALSE;
    else if (!tn->waiting) TrustNCGHiddenStart(tn, PETSC_TRUE);
    tn->why = tn->reproducible ? "a sparse Hessian would depend on the number of ranks"
              : tn->waiting    ? "the solve was too easy for a sparse Hessian"
                               : TRUSTNCG_NO_PATTERN;
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
    !own || tn->maxvectors >= TRUSTNCG_VECTORS_DIAGONAL, comm, PETSC_ERR_ARG_INCOMP,
    "-%stao_trustncg_precond %s takes %d vectors at least: -%stao_trustncg_vectors %" PetscInt_FMT
    " is too few",
    TrustNCGPrefix(tao), name, TRUSTNCG_VECTORS_DIAGONAL, TrustNCGPrefix(tao), tn->maxvectors);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the KSP have a PC? */
PetscErrorCode TrustNCGHasPC(Tao tao, PetscBool *has)
{
  PetscBool none;
  PC        pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(tao->ksp, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCNONE, &none));
  *has = (PetscBool)!none;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGPrecondChoose(Tao tao)
{
  TAO_TrustNCG *tn  = (TAO_TrustNCG *)tao->data;
  PetscBool     has = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(TrustNCGHasPC(tao, &has));
  PetscCall(Resolve(tao, has, &tn->type));
  PetscCall(CheckChoice(tao, has));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For auto: tn->sparse, with no entries, or NULL and why. A Mat of the user's shows its pattern once
   it has entries. */
PetscErrorCode TrustNCGPrecondFindSparse(Tao tao)
{
  TAO_TrustNCG *tn    = (TAO_TrustNCG *)tao->data;
  PetscBool     empty = PETSC_FALSE;
  PetscInt      row;
  Mat           pattern, given;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondGetPattern(tao, PETSC_FALSE, &pattern, &row));
  PetscCall(TaoTrustNCGGetPattern(tao, &given));
  if (pattern && !given) PetscCall(TrustNCGPatternIsEmpty(pattern, &empty));
  if (empty) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGPrecondCreateSparse(tao));
  if (tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  tn->waiting = PETSC_FALSE;
  tn->why = "no pattern of the Hessian with a diagonal and few entries in a row is known, or no "
            "memory is left for it";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the pattern of P as it was last built that of the Hessian? */
PetscErrorCode TrustNCGPrecondFits(Tao tao, PetscBool *fits)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscReal     misfit;

  PetscFunctionBegin;
  PetscCall(TrustNCGSparseGetMisfit(tn->sparse, &misfit));
  *fits = (PetscBool)(misfit <= (tn->noise.error > 0.0 ? FIT_NOISY : FIT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Along which a sparse Hessian is compared with H: the gradient; if need be in another unit, in the
   place of the step to come. */
PetscErrorCode TrustNCGPrecondDirection(Tao tao, Vec *v)
{
  const PetscReal unit = TrustNCGUnit(((TAO_TrustNCG *)tao->data)->gnorm);

  PetscFunctionBegin;
  *v = unit == 1.0 ? tao->gradient : tao->stepdirection;
  if (unit != 1.0) PetscCall(VecAXPBY(*v, 1.0 / unit, 0.0, tao->gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P anew: is its pattern that of the Hessian? */
PetscErrorCode TrustNCGPrecondTry(Tao tao, Mat H, PetscBool *fits)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt      products;
  Vec           v;

  PetscFunctionBegin;
  PetscCall(TrustNCGPrecondDirection(tao, &v));
  PetscCall(TrustNCGSparseBuild(tn->sparse, H, v, &products));
  PetscCall(TrustNCGPrecondCount(tao, products));
  PetscCall(TrustNCGPrecondFits(tao, fits));
  PetscFunctionReturn(PETSC_SUCCESS);
}
