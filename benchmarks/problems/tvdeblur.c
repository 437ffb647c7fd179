/* SPDX-License-Identifier: BSD-2-Clause
   Total-variation deblurring of a photograph: Rudin, Osher, Fatemi (1992), smoothed as in Vogel and
   Oman (1996).

     f(u) = alpha sum_pixels (sqrt(a^2 + b^2 + eps^2) - eps) + 1/2 ||K u - b||^2

   a, b: the differences of u to the pixels in the east and the south, 0 across the picture's edge.
   K: a Gaussian blur, first along rows, then along columns; outside the picture is black, so K is
   symmetric. b = K u_true + normal noise, u_true the photograph's grey values in [0,1]; it is also
   the start. With q = sqrt(a^2 + b^2 + eps^2) the total variation has the flux (a,b) alpha/q, whose
   derivative along a direction with the differences (c,e) is
     alpha/q ((c,e) - (a c + b e)/q^2 (a,b)). */
#include "grid.h"
#include "noise.h"
#include "picture.h"

#include <stdlib.h>

#define PHOTOGRAPH "/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg"
#define REACH      4 /* pixels, of the blur */

static const PetscReal Alpha = 3e-4, Eps = 1e-2, Sigma = 1.5 /* pixels, of the blur */,
                       Noise = 5e-3;

typedef struct {
  Grid       grid;
  Vec        truth, data; /* u_true and b */
  Vec        residual;    /* K u - b, or K v */
  PetscReal  kernel[2 * REACH + 1];
  PetscReal *along;   /* the rows of this rank and REACH more on both sides, blurred along rows */
  PetscReal *px, *py; /* fluxes to the east and south, from the pixel (xs - 1, ys - 1) on */
} Deblur;

/* u with its ghosts, which are black outside of the picture */
static PetscErrorCode GetPadded(Problem prob, Vec U, Vec *local, PetscScalar ***u)
{
  PetscFunctionBegin;
  PetscCall(DMGetLocalVector(prob->dm, local));
  PetscCall(VecSet(*local, 0.0));
  PetscCall(DMGlobalToLocal(prob->dm, U, INSERT_VALUES, *local));
  PetscCall(DMDAVecGetArray(prob->dm, *local, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Out = K u */
static PetscErrorCode Blur(Problem prob, PetscScalar **u, Vec Out)
{
  Deblur        *d  = prob->data;
  const PetscInt xm = d->grid->xm, xs = d->grid->xs, ys = d->grid->ys, ym = d->grid->ym;
  PetscScalar  **out;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < ym + 2 * REACH; j++) {
    const PetscScalar *from = u[ys - REACH + j] + xs - REACH;

    for (PetscInt i = 0; i < xm; i++) {
      PetscReal sum = 0.0;

      for (int k = 0; k <= 2 * REACH; k++) sum += d->kernel[k] * from[i + k];
      d->along[j * xm + i] = sum;
    }
  }
  PetscCall(DMDAVecGetArrayWrite(prob->dm, Out, &out));
  for (PetscInt j = 0; j < ym; j++) {
    for (PetscInt i = 0; i < xm; i++) {
      PetscReal sum = 0.0;

      for (int k = 0; k <= 2 * REACH; k++) sum += d->kernel[k] * d->along[(j + k) * xm + i];
      out[ys + j][xs + i] = sum;
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, Out, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscReal East(Grid grid, PetscScalar **u, PetscInt i, PetscInt j)
{
  return i >= 0 && i + 1 < grid->nx ? u[j][i + 1] - u[j][i] : 0.0;
}

static inline PetscReal South(Grid grid, PetscScalar **u, PetscInt i, PetscInt j)
{
  return j >= 0 && j + 1 < grid->ny ? u[j + 1][i] - u[j][i] : 0.0;
}

/* The fluxes of the total variation at u or, where v is given, their derivatives along v; returns
   this rank's part of the total variation. */
static PetscReal Fluxes(Deblur *d, PetscScalar **u, PetscScalar **v)
{
  const Grid grid = d->grid;
  PetscReal  sum = 0.0, *px = d->px, *py = d->py;

  for (PetscInt j = grid->ys - 1; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs - 1; i < grid->xs + grid->xm; i++, px++, py++) {
      const PetscReal a = East(grid, u, i, j), b = South(grid, u, i, j), t = a * a + b * b;
      const PetscReal q = PetscSqrtReal(t + Eps * Eps), w = Alpha / q;

      if (i >= grid->xs && j >= grid->ys) sum += Alpha * t / (q + Eps);
      if (v) {
        const PetscReal c = East(grid, v, i, j), e = South(grid, v, i, j);
        const PetscReal s = (a * c + b * e) / (q * q);

        *px = w * (c - s * a);
        *py = w * (e - s * b);
      } else {
        *px = w * a;
        *py = w * b;
      }
    }
  }
  return sum;
}

/* G += what flows in less what flows out */
static PetscErrorCode AddDivergence(Problem prob, Vec G)
{
  Deblur        *d     = prob->data;
  const PetscInt width = d->grid->xm + 1;
  PetscScalar  **g;

  PetscFunctionBegin;
  PetscCall(DMDAVecGetArray(prob->dm, G, &g));
  for (PetscInt j = 1; j <= d->grid->ym; j++) {
    PetscScalar *row = g[d->grid->ys + j - 1] + d->grid->xs - 1;

    for (PetscInt i = 1; i < width; i++) {
      const PetscInt k = j * width + i;

      row[i] += d->px[k - 1] - d->px[k] + d->py[k - width] - d->py[k];
    }
  }
  PetscCall(DMDAVecRestoreArray(prob->dm, G, &g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Out = K r + the divergence of the fluxes */
static PetscErrorCode Backward(Problem prob, Vec r, Vec Out)
{
  Vec           local;
  PetscScalar **a;

  PetscFunctionBegin;
  PetscCall(GetPadded(prob, r, &local, &a));
  PetscCall(Blur(prob, a, Out));
  PetscCall(GridRestoreLocal(prob, &local, &a));
  PetscCall(AddDivergence(prob, Out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ObjGrad_TVDeblur(Problem prob, Vec U, PetscReal *f, Vec G)
{
  Deblur       *d = prob->data;
  Vec           local;
  PetscScalar **u, rr;
  PetscReal     tv;

  PetscFunctionBegin;
  PetscCall(GetPadded(prob, U, &local, &u));
  tv = Fluxes(d, u, NULL);
  PetscCall(Blur(prob, u, d->residual));
  PetscCall(GridRestoreLocal(prob, &local, &u));
  PetscCall(VecAXPY(d->residual, -1.0, d->data));
  if (G) PetscCall(Backward(prob, d->residual, G));
  if (f) {
    PetscCall(VecDot(d->residual, d->residual, &rr));
    PetscCall(GridReduce(prob, tv, f));
    *f += 0.5 * rr;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessVec_TVDeblur(Problem prob, Vec U, Vec V, Vec H)
{
  Deblur       *d = prob->data;
  Vec           localu, localv;
  PetscScalar **u, **v;

  PetscFunctionBegin;
  PetscCall(GetPadded(prob, U, &localu, &u));
  PetscCall(GetPadded(prob, V, &localv, &v));
  (void)Fluxes(d, u, v);
  PetscCall(Blur(prob, v, d->residual));
  PetscCall(GridRestoreLocal(prob, &localv, &v));
  PetscCall(GridRestoreLocal(prob, &localu, &u));
  PetscCall(Backward(prob, d->residual, H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Start_TVDeblur(Problem prob, Vec U)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(((Deblur *)prob->data)->data, U));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The peak signal-to-noise ratio of u, in decibels */
static PetscErrorCode Quality(Problem prob, Vec u, PetscReal *psnr)
{
  Deblur   *d = prob->data;
  PetscReal e;

  PetscFunctionBegin;
  PetscCall(VecWAXPY(d->residual, -1.0, d->truth, u));
  PetscCall(VecNorm(d->residual, NORM_2, &e));
  *psnr = -10.0 * PetscLog10Real(e * e / (PetscReal)prob->N);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report_TVDeblur(Problem prob, Vec u, PetscViewer viewer)
{
  Deblur   *d = prob->data;
  PetscReal before, after;

  PetscFunctionBegin;
  PetscCall(Quality(prob, d->data, &before));
  PetscCall(Quality(prob, u, &after));
  PetscCall(
    PetscViewerASCIIPrintf(viewer,
                           "%" PetscInt_FMT " x %" PetscInt_FMT
                           " pixels; signal to noise %.2f dB blurred, %.2f dB at the solution\n",
                           d->grid->nx, d->grid->ny, (double)before, (double)after));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy_TVDeblur(Problem prob)
{
  Deblur *d = prob->data;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&d->truth));
  PetscCall(VecDestroy(&d->data));
  PetscCall(VecDestroy(&d->residual));
  PetscCall(PetscFree3(d->along, d->px, d->py));
  prob->data = d->grid;
  PetscCall(PetscFree(d));
  PetscCall(GridDestroy(prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. Rank 0 reads for all; grey is to be freed by PetscFree(). */
static PetscErrorCode ReadPicture(MPI_Comm comm, int size[2], unsigned char **grey)
{
  const char     hint[] = " (the photograph of Grace Hopper is in Debian's package "
                          "python-matplotlib-data; -problem_image FILE names another JPEG file)";
  char           file[PETSC_MAX_PATH_LEN] = PHOTOGRAPH, message[PROBLEM_MESSAGE] = "";
  unsigned char *read = NULL;
  PetscMPIInt    rank;

  PetscFunctionBegin;
  PetscOptionsBegin(comm, NULL, "Deblurring", NULL);
  PetscCall(PetscOptionsString("-problem_image", "a photograph, JPEG", NULL, file, file,
                               sizeof(file), NULL));
  PetscOptionsEnd();
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) PictureRead(file, &size[0], &size[1], &read, message, PROBLEM_MESSAGE);
  PetscCall(ProblemAgreeOnError(comm, message, hint));
  PetscCallMPI(MPI_Bcast(size, 2, MPI_INT, 0, comm));
  PetscCall(PetscMalloc1((size_t)size[0] * size[1], grey));
  if (rank == 0) PetscCall(PetscArraycpy(*grey, read, (size_t)size[0] * size[1]));
  free(read);
  PetscCallMPI(MPI_Bcast(*grey, size[0] * size[1], MPI_UNSIGNED_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u_true: the largest square in the middle; a pixel is the mean of those that it covers. */
static PetscErrorCode Reduce(Problem prob, const int size[2], const unsigned char *grey, Vec U)
{
  const Grid     grid = ((Deblur *)prob->data)->grid;
  const PetscInt side = PetscMin(size[0], size[1]);
  const PetscInt left = (size[0] - side) / 2, top = (size[1] - side) / 2;
  PetscScalar  **u;

  PetscFunctionBegin;
  PetscCheck(grid->nx <= side && grid->ny <= side, prob->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " x %" PetscInt_FMT " pixels: the photograph has only %" PetscInt_FMT
             " x %" PetscInt_FMT "; make -n smaller or give another by -problem_image FILE",
             grid->nx, grid->ny, side, side);
  PetscCall(DMDAVecGetArrayWrite(prob->dm, U, &u));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    const PetscInt y0 = j * side / grid->ny, y1 = (j + 1) * side / grid->ny;

    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      const PetscInt x0 = i * side / grid->nx, x1 = (i + 1) * side / grid->nx;
      PetscReal      sum = 0.0;

      for (PetscInt y = top + y0; y < top + y1; y++) {
        for (PetscInt x = left + x0; x < left + x1; x++) sum += grey[(size_t)y * size[0] + x];
      }
      u[j][i] = sum / (255.0 * (y1 - y0) * (x1 - x0));
    }
  }
  PetscCall(DMDAVecRestoreArrayWrite(prob->dm, U, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The blurred and noisy picture */
static PetscErrorCode Spoil(Problem prob, Vec Truth, Vec B)
{
  const Grid    grid = ((Deblur *)prob->data)->grid;
  Vec           local;
  PetscScalar **a;

  PetscFunctionBegin;
  PetscCall(GetPadded(prob, Truth, &local, &a));
  PetscCall(Blur(prob, a, B));
  PetscCall(GridRestoreLocal(prob, &local, &a));
  PetscCall(DMDAVecGetArray(prob->dm, B, &a));
  for (PetscInt j = grid->ys; j < grid->ys + grid->ym; j++) {
    for (PetscInt i = grid->xs; i < grid->xs + grid->xm; i++) {
      a[j][i] += Noise * NoiseNormal(1, (PetscInt64)j * grid->nx + i);
    }
  }
  PetscCall(DMDAVecRestoreArray(prob->dm, B, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetKernel(PetscReal kernel[])
{
  PetscReal sum = 0.0;

  for (int k = 0; k <= 2 * REACH; k++) {
    kernel[k] = PetscExpReal(-0.5 * PetscSqr((k - REACH) / Sigma));
    sum += kernel[k];
  }
  for (int k = 0; k <= 2 * REACH; k++) kernel[k] /= sum;
}

PetscErrorCode ProblemCreate_TVDeblur(Problem prob, PetscInt n)
{
  Deblur        *d;
  Grid           grid;
  int            size[2] = {0, 0};
  unsigned char *grey;

  PetscFunctionBegin;
  PetscCall(GridCreate(prob, n, 1, DM_BOUNDARY_GHOSTED, DMDA_STENCIL_BOX, REACH, 0));
  PetscCall(PetscNew(&d));
  d->grid = grid = prob->data;
  prob->data     = d;
  prob->start    = Start_TVDeblur;
  prob->objgrad  = ObjGrad_TVDeblur;
  prob->hessvec  = HessVec_TVDeblur;
  prob->report   = Report_TVDeblur;
  prob->destroy  = Destroy_TVDeblur;
  SetKernel(d->kernel);
  PetscCall(PetscMalloc3(grid->xm * (grid->ym + 2 * REACH), &d->along,
                         (grid->xm + 1) * (grid->ym + 1), &d->px, (grid->xm + 1) * (grid->ym + 1),
                         &d->py));
  PetscCall(VecDuplicate(prob->x, &d->truth));
  PetscCall(VecDuplicate(prob->x, &d->data));
  PetscCall(VecDuplicate(prob->x, &d->residual));
  PetscCall(ReadPicture(prob->comm, size, &grey));
  PetscCall(Reduce(prob, size, grey, d->truth));
  PetscCall(PetscFree(grey));
  PetscCall(Spoil(prob, d->truth, d->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}
