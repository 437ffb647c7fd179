/* SPDX-License-Identifier: BSD-2-Clause
   Robust linear regression with the pseudo-Huber loss, on sparse synthetic data with outliers.

     f(w) = 1/M sum_i rho(r_i) + lambda/2 ||w||^2,   r = A w - b,   M = 10 n rows of A
     rho(r) = delta^2 (q - 1),   rho' = r/q,   rho'' = 1/q^3,   q = sqrt(1 + (r/delta)^2)

   The loss is that of Hartley and Zisserman, Multiple View Geometry (2004), A6.8: quadratic near
   zero, linear far away, convex. The small ridge makes the minimum unique. Each row of A has normal
   entries in a few random columns. Column c is scaled by 10^(-Spread u_c), u_c uniform in (0,1),
   which makes the problem ill-conditioned. b = A w_true + normal noise, a thousand times as large
   in one row of ten. */
#include "problem.h"
#include "noise.h"
#include "replica.h"
#include <petscmat.h>

enum { ROWS = 10, ENTRIES = 20, COLUMN = 1, ENTRY, SCALE, TRUTH, ERROR, OUTLIER };

static const PetscReal Spread = 1.5, Delta = 0.1, Sigma = 0.01, Lambda = 1e-6;

typedef struct {
  Mat    A;
  Vec    b, truth;
  Vec    r, Av;     /* A w - b or rho'(A w - b); A v */
  Vec    curvature; /* rho''(A w - b) at a remembered point */
  Memory memory;
} Robust;

/* r := A w - b, and the curvature there; returns this rank's sum of rho and turns r into rho'. */
static PetscErrorCode Residuals(Problem prob, Vec w, PetscReal *loss)
{
  Robust      *d = prob->data;
  PetscScalar *r, *c;
  PetscInt     m;

  PetscFunctionBegin;
  PetscCall(MatMult(d->A, w, d->r));
  PetscCall(VecAXPY(d->r, -1.0, d->b));
  PetscCall(VecGetLocalSize(d->r, &m));
  PetscCall(VecGetArray(d->r, &r));
  PetscCall(VecGetArrayWrite(d->curvature, &c));
  *loss = 0.0;
  for (PetscInt i = 0; i < m; i++) {
    const PetscReal q = PetscSqrtReal(1.0 + PetscSqr(r[i] / Delta));

    *loss += r[i] * r[i] / (q + 1.0); /* delta^2 (q - 1) without cancellation */
    r[i] /= q;
    c[i] = 1.0 / (q * q * q);
  }
  PetscCall(VecRestoreArrayWrite(d->curvature, &c));
  PetscCall(VecRestoreArray(d->r, &r));
  PetscCall(MemorySet(&d->memory, w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = A't / M + lambda v */
static PetscErrorCode Backward(Problem prob, Vec t, Vec v, Vec y)
{
  Robust *d = prob->data;

  PetscFunctionBegin;
  PetscCall(MatMultTranspose(d->A, t, y));
  PetscCall(VecAXPBY(y, Lambda, 1.0 / (ROWS * (PetscReal)prob->N), v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_Robust(Problem prob, Vec w, PetscReal *f, Vec g)
{
  Robust     *d = prob->data;
  PetscReal   loss, sum;
  PetscScalar ww;

  PetscFunctionBegin;
  PetscCall(Residuals(prob, w, &loss));
  if (g) PetscCall(Backward(prob, d->r, w, g));
  if (f) {
    PetscCallMPI(MPI_Allreduce(&loss, &sum, 1, MPIU_REAL, MPIU_SUM, prob->comm));
    PetscCall(VecDot(w, w, &ww));
    *f = sum / (ROWS * (PetscReal)prob->N) + 0.5 * Lambda * ww;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H v = 1/M A' rho''(r) A v + lambda v */
static PetscErrorCode HessVec_Robust(Problem prob, Vec w, Vec v, Vec Hv)
{
  Robust   *d = prob->data;
  PetscReal loss;
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(MemoryHas(&d->memory, w, &same));
  if (!same) PetscCall(Residuals(prob, w, &loss));
  PetscCall(MatMult(d->A, v, d->Av));
  PetscCall(VecPointwiseMult(d->Av, d->Av, d->curvature));
  PetscCall(Backward(prob, d->Av, v, Hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_Robust(Problem prob, Vec w)
{
  PetscFunctionBegin;
  PetscCall(VecSet(w, 0.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report_Robust(Problem prob, Vec w, PetscViewer viewer)
{
  Robust   *d = prob->data;
  Vec       error;
  PetscReal e, t;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(prob->x, &error));
  PetscCall(VecWAXPY(error, -1.0, d->truth, w));
  PetscCall(VecNorm(error, NORM_2, &e));
  PetscCall(VecNorm(d->truth, NORM_2, &t));
  PetscCall(VecDestroy(&error));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "%" PetscInt_FMT " rows; relative error of the weights %.3g\n", ROWS * prob->N, e / t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_Robust(Problem prob)
{
  Robust *d = prob->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&d->A));
  PetscCall(VecDestroy(&d->b));
  PetscCall(VecDestroy(&d->truth));
  PetscCall(VecDestroy(&d->r));
  PetscCall(VecDestroy(&d->Av));
  PetscCall(VecDestroy(&d->curvature));
  PetscCall(PetscFree(prob->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateMatrix(Problem prob, Mat *A)
{
  const PetscInt N = prob->N, entries = PetscMin(ENTRIES, N);
  PetscInt       n = PETSC_DECIDE, first, last;

  PetscFunctionBegin;
  PetscCall(PetscSplitOwnership(prob->comm, &n, &prob->N));
  PetscCall(MatCreateAIJ(prob->comm, PETSC_DECIDE, n, ROWS * N, N, PetscMin(entries, n), NULL,
                         PetscMin(entries, N - n), NULL, A));
  PetscCall(MatGetOwnershipRange(*A, &first, &last));
  for (PetscInt row = first; row < last; row++) {
    for (PetscInt k = 0; k < entries; k++) {
      const PetscInt64 i      = (PetscInt64)row * ENTRIES + k;
      const PetscInt   column = (PetscInt)(NoiseUniform(COLUMN, i) * N);
      const PetscReal  scale  = PetscPowReal(10.0, -Spread * NoiseUniform(SCALE, column));

      PetscCall(MatSetValue(*A, row, column, scale * NoiseNormal(ENTRY, i), ADD_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateRightSide(Robust *d)
{
  PetscScalar *b, *w;
  PetscInt     first, last;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(d->truth, &first, &last));
  PetscCall(VecGetArrayWrite(d->truth, &w));
  for (PetscInt i = first; i < last; i++) w[i - first] = NoiseNormal(TRUTH, i);
  PetscCall(VecRestoreArrayWrite(d->truth, &w));
  PetscCall(MatMult(d->A, d->truth, d->b));
  PetscCall(VecGetOwnershipRange(d->b, &first, &last));
  PetscCall(VecGetArray(d->b, &b));
  for (PetscInt i = first; i < last; i++) {
    const PetscReal size = NoiseUniform(OUTLIER, i) < 0.1 ? 1000.0 * Sigma : Sigma;

    b[i - first] += size * NoiseNormal(ERROR, i);
  }
  PetscCall(VecRestoreArray(d->b, &b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemCreate_Robust(Problem prob, PetscInt n)
{
  Robust *d;

  PetscFunctionBegin;
  PetscCheck(n <= PETSC_MAX_INT / ROWS, prob->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "-n %" PetscInt_FMT ": %d rows an unknown are more than a PetscInt counts", n, ROWS);
  PetscCall(PetscNew(&d));
  prob->data    = d;
  prob->N       = n;
  prob->start   = Start_Robust;
  prob->objgrad = ObjGrad_Robust;
  prob->hessvec = HessVec_Robust;
  prob->report  = Report_Robust;
  prob->destroy = Destroy_Robust;
  PetscCall(CreateMatrix(prob, &d->A));
  PetscCall(MatCreateVecs(d->A, &prob->x, &d->b));
  PetscCall(VecDuplicate(prob->x, &d->truth));
  PetscCall(VecDuplicate(d->b, &d->r));
  PetscCall(VecDuplicate(d->b, &d->Av));
  PetscCall(VecDuplicate(d->b, &d->curvature));
  PetscCall(CreateRightSide(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}
