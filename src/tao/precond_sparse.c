/* SPDX-License-Identifier: BSD-2-Clause
   The sparse preconditioner in the trust-region loop: made once, built when stale. */
#include "tao/trustncg_impl.h"
#include "precond/sparse.h"
#include "rules/rules.h"

typedef struct _n_TrustNCGPrecondSparse {
  TrustNCGSparse sparse;
  PetscReal best, lost, drift; PetscBool indef;
} Precond;

PetscErrorCode TrustNCGSetUpSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscFunctionBegin;
  PetscCall(TrustNCGDestroySparse(tao));
  if (!tn->wantsparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&tn->sparse));
  PetscCall(TrustNCGSparseCreate(tao->solution, NULL, &tn->sparse->sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Regularise(Mat P)
{
  PetscReal sd=0,tk=0,sg=0; const PetscInt *ia,*ja; PetscInt n; PetscBool done; PetscScalar *a, *add, *D, *deg, *off;
  PetscOptionsGetReal(NULL,NULL,"-sd",&sd,NULL);PetscOptionsGetReal(NULL,NULL,"-tk",&tk,NULL);PetscOptionsGetReal(NULL,NULL,"-sg",&sg,NULL);
  if (sd==0&&tk==0&&sg==0) return 0;
  MatGetRowIJ(P,0,PETSC_FALSE,PETSC_FALSE,&n,&ia,&ja,&done);
  MatSeqAIJGetArray(P,&a);
  PetscCalloc4(n,&add,n,&D,n,&deg,ia[n],&off);
  for (PetscInt i=0;i<n;i++) for (PetscInt k=ia[i];k<ia[i+1];k++) {if (ja[k]==i) D[i]=fabs(a[k]); deg[i]++;}
  for (PetscInt i=0;i<n;i++) { PetscReal sum=0,pos=0; PetscInt kd=-1;
    for (PetscInt k=ia[i];k<ia[i+1];k++) { sum+=a[k]; if (ja[k]==i) kd=k; else {
       PetscReal w=sg*PetscSqrtReal(D[i]*D[ja[k]]/(deg[i]*deg[ja[k]]));
       off[k]-=w; add[i]+=w;
       if (a[k]>0) {pos+=a[k]; off[k]-=tk*a[k];} } }
    add[i]+=tk*(pos+(sum<0?-sum:0))+sd*D[i]; off[kd]+=add[i]; }
  for (PetscInt k=0;k<ia[n];k++) a[k]+=off[k];
  PetscFree4(add,D,deg,off);
  MatSeqAIJRestoreArray(P,&a);
  MatAssemblyBegin(P,0);MatAssemblyEnd(P,0);
  return 0;
}

PetscErrorCode TrustNCGUpdateSparse(Tao tao, Mat H, Mat *P)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  PetscInt nc,nb;

  PetscFunctionBegin;
  if (!tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseGetMat(tn->sparse->sparse, P));
  PetscCall(TrustNCGSparseGetCounts(tn->sparse->sparse, &nc, &nb));
  static int every=0; 
  PetscOptionsGetInt(NULL,NULL,"-every",&every,NULL);
  {PC pc; KSPGetPC(tao->ksp,&pc); PCSetUseAmat(pc,PETSC_FALSE);}
  PetscReal ski=1; PetscOptionsGetReal(NULL,NULL,"-ski",&ski,NULL);
  if (nb==0 || (every && tao->niter%every==0) || (!every && TrustNCGStale(tn->sparse->drift,tn->sparse->lost,ski*nc))) { tn->sparse->best=tn->sparse->lost=tn->sparse->drift=0;
  PetscCall(TrustNCGSparseBuild(tn->sparse->sparse, H));
  Regularise(*P);
  PetscPrintf(PETSC_COMM_WORLD, "build at %d with %d colours\n", (int)tao->niter, (int)nc);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGNoteSparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;
  Mat P; Vec y,ps; PetscReal yn,rn, r; KSPConvergedReason reason;

  PetscFunctionBegin;
  if (!tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseGetMat(tn->sparse->sparse, &P));
  VecDuplicate(tn->w,&y); VecDuplicate(tn->w,&ps);
  VecWAXPY(y,-1,tao->gradient,tn->gplus);
  MatMult(P,tao->stepdirection,ps);
  VecNorm(y,NORM_2,&yn);
  VecAXPY(ps,1,y);
  VecNorm(ps,NORM_2,&rn);
  KSPGetResidualNorm(tao->ksp,&r);
  KSPGetConvergedReason(tao->ksp,&reason);
  PetscPrintf(PETSC_COMM_WORLD,"  it %d  |g| %.2e->%.2e cg %d rel %.1e rate %.2f reason %d tries %d rho %.3g  |y-Ps|/|y| %.2e  mismatch %.2e  trust %.2e dnorm %.2e\n",(int)tao->niter,tn->gnorm,tn->gplusnorm,(int)tao->ksp_its, r/tn->gnorm, -log(r/tn->gnorm)/tao->ksp_its,(int)reason,(int)tn->tries,tn->rho,rn/yn,PetscAbsReal(tn->gplusnorm-r)/tn->gnorm,tao->trust,tn->dnorm);
  {Precond *p=tn->sparse; PetscReal rate=0, l, drop=tn->boundary?0.0:r/tn->gnorm;
   p->drift=rn/yn; 
   rate=TrustNCGRate(tao->ksp_its,drop);
   p->best=PetscMax(p->best,rate);
   l = TrustNCGLost(tao->ksp_its+(rate>0?0:tn->tries),drop,p->best);
   p->lost+= l; PetscPrintf(PETSC_COMM_WORLD,"     lost %g of which %g\n",p->lost,l);}
  VecDestroy(&y);VecDestroy(&ps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGViewSparse(Tao tao, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode TrustNCGDestroySparse(Tao tao)
{
  TAO_TrustNCG *tn = (TAO_TrustNCG *)tao->data;

  PetscFunctionBegin;
  if (!tn->sparse) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TrustNCGSparseDestroy(&tn->sparse->sparse));
  PetscCall(PetscFree(tn->sparse));
  PetscFunctionReturn(PETSC_SUCCESS);
}
