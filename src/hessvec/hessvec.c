/* SPDX-License-Identifier: BSD-2-Clause
   H v without a matrix, as a Mat of type shell: the user's directional derivative, or

     h = relstep (1 + ||x||) / ||v||;  Hv = (g(x + h v) - g(x)) / h

   at one gradient, as g(x) is known and CG announces ||v||. Where g(x + h v) is not finite, CG asks
   for -h, h/100 and -h/100 in turn; what served is kept until x changes. */
#include "hessvec/hessvec.h"
#include "rules/announce.h"
#include "rules/rules.h"
#include "sums/sums.h"

typedef struct {
  TrustNCGApplyFn    apply;    /* the user's directional derivative, or */
  TrustNCGGradientFn gradient; /* the gradient, to be differenced */
  void              *ctx;
  Vec                x, g, w;  /* borrowed: the point, its gradient, room for x + h v */
  Vec                like;     /* the layout */
  PetscReal          xnorm;    /* ||x||_2 */
  PetscReal          vnorm;    /* ||v||_2 of the next v where it was announced, else negative */
  PetscReal          relstep;  /* relative difference step */
  PetscReal          turn;     /* times this: 1, or what keeps x + h v in the domain of g */
  PetscInt           products; /* Hv so far */
  PetscInt           norms;    /* reductions made here because nobody announced ||v|| */
} HessVec;

static PetscErrorCode GetContext(Mat H, HessVec **hv)
{
  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, hv));
  PetscCheck((*hv)->x, PetscObjectComm((PetscObject)H), PETSC_ERR_ARG_WRONGSTATE,
             "The Hessian that a TAOTRUSTNCG gave its KSP serves in that Tao's solves alone: not "
             "before, nor when the Tao or its solve is no more");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVecMult_User(Mat H, Vec v, Vec Hv)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(GetContext(H, &hv));
  PetscCall((*hv->apply)(hv->ctx, hv->x, v, Hv));
  hv->products++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Hv = (g(x + h v) - g(x)) / h */
static PetscErrorCode HessVecMult_FD(Mat H, Vec v, Vec Hv)
{
  HessVec  *hv;
  PetscReal vnorm, h;

  PetscFunctionBegin;
  PetscCall(GetContext(H, &hv));
  vnorm     = hv->vnorm;
  hv->vnorm = -1.0; /* an announcement holds for one product */
  if (vnorm < 0.0) {
    PetscCall(TrustNCGNorm(v, &vnorm));
    hv->norms++;
  }
  if (vnorm == 0.0) {
    PetscCall(VecZeroEntries(Hv));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  h = hv->turn * TrustNCGDifferenceStep(hv->relstep, hv->xnorm, vnorm);
  PetscCall(VecWAXPY(hv->w, h, v, hv->x));
  PetscCall((*hv->gradient)(hv->ctx, hv->w, Hv));
  PetscCall(VecAXPBY(Hv, -1.0 / h, 1.0 / h, hv->g));
  hv->products++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVecDirectionNorm(Mat H, PetscReal vnorm)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  hv->vnorm = vnorm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g at x + h v was not finite: backwards, then shorter steps, which stay at this point. */
static PetscErrorCode HessVecAnotherStep(Mat H, PetscInt attempt, PetscBool *more)
{
  static const PetscReal turns[] = {-1.0, 1e-2, -1e-2};
  const PetscInt         n       = (PetscInt)(sizeof(turns) / sizeof(*turns));
  HessVec               *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  *more    = (PetscBool)(attempt < n);
  hv->turn = *more ? turns[attempt] : 1.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Vectors made from the Mat are like the solution: with its DM and its local-to-global map,
   which the user's callbacks may need. */
static PetscErrorCode HessVecCreateVecs(Mat H, Vec *right, Vec *left)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  if (right) PetscCall(VecDuplicate(hv->like, right));
  if (left) PetscCall(VecDuplicate(hv->like, left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVecDestroy(Mat H)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  PetscCall(PetscObjectComposeFunction((PetscObject)H, TRUSTNCG_DIRECTION_NORM, NULL));
  PetscCall(PetscObjectComposeFunction((PetscObject)H, TRUSTNCG_ANOTHER_STEP, NULL));
  PetscCall(VecDestroy(&hv->like));
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVecCreate(Vec x, HessVec **ctx, Mat *H)
{
  HessVec *hv;
  PetscInt n, N;

  PetscFunctionBegin;
  PetscCall(PetscNew(&hv));
  PetscCall(PetscObjectReference((PetscObject)x));
  hv->like  = x;
  hv->vnorm = -1.0;
  hv->turn  = 1.0;
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetSize(x, &N));
  PetscCall(MatCreateShell(PetscObjectComm((PetscObject)x), n, n, N, N, hv, H));
  PetscCall(MatShellSetOperation(*H, MATOP_DESTROY, (void (*)(void))HessVecDestroy));
  PetscCall(MatShellSetOperation(*H, MATOP_CREATE_VECS, (void (*)(void))HessVecCreateVecs));
  PetscCall(MatSetOption(*H, MAT_SYMMETRIC, PETSC_TRUE));
  *ctx = hv;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective; x fixes the layout. */
PetscErrorCode TrustNCGHessVecCreateUser(Vec x, TrustNCGApplyFn apply, void *ctx, Mat *H)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(HessVecCreate(x, &hv, H));
  hv->apply = apply;
  hv->ctx   = ctx;
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))HessVecMult_User));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective; relstep is dimensionless, about the square root of the relative error of g. */
PetscErrorCode TrustNCGHessVecCreateFD(Vec x, TrustNCGGradientFn gradient, void *ctx,
                                       PetscReal relstep, Mat *H)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(HessVecCreate(x, &hv, H));
  hv->gradient = gradient;
  hv->ctx      = ctx;
  hv->relstep  = relstep;
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))HessVecMult_FD));
  PetscCall(
    PetscObjectComposeFunction((PetscObject)*H, TRUSTNCG_DIRECTION_NORM, HessVecDirectionNorm));
  PetscCall(PetscObjectComposeFunction((PetscObject)*H, TRUSTNCG_ANOTHER_STEP, HessVecAnotherStep));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One that somebody else holds on to has lost its point, and what it was to call. */
PetscErrorCode TrustNCGHessVecDestroy(Mat *H)
{
  HessVec *hv;

  PetscFunctionBegin;
  if (!*H) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatShellGetContext(*H, &hv));
  hv->x = NULL;
  PetscCall(MatDestroy(H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moves the Mat to the point x, with g = g(x), xnorm = ||x||_2 and w as scratch; all borrowed
   until the next call. */
PetscErrorCode TrustNCGHessVecSetPoint(Mat H, Vec x, Vec g, PetscReal xnorm, Vec w)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  hv->x     = x;
  hv->g     = g;
  hv->w     = w;
  hv->xnorm = xnorm;
  hv->turn  = 1.0;
  PetscCall(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY)); /* a new operator: its object state grows */
  PetscCall(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGHessVecSetStep(Mat H, PetscReal relstep)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  hv->relstep = relstep;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGHessVecGetCounts(Mat H, PetscInt *products, PetscInt *norms)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  if (products) *products = hv->products;
  if (norms) *norms = hv->norms;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGHessVecSetCounts(Mat H, PetscInt products, PetscInt norms)
{
  HessVec *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &hv));
  hv->products = products;
  hv->norms    = norms;
  PetscFunctionReturn(PETSC_SUCCESS);
}
