/* SPDX-License-Identifier: BSD-2-Clause
   The path of a CG solve, and the steps for other radii read off it. */
#include "subproblem/path.h"

/* Where a solve ended */
void TrustCGPathEnd(TrustCGPath *path, TrustCGKnot end)
{
  path->end  = end;
  path->most = end.norm;
}

/* The point at `radius` on the line from low to high, and the share tau of the way from one to the
   other: between them, or beyond high where high is itself on a longer chord. By the triangle inequality ||(1 - tau) d_low + tau d_high|| is at
   most the radius: the step ends at the boundary or just short of it. */
static TrustCGKnot TrustCGPathChord(TrustCGKnot low, TrustCGKnot high, PetscReal radius,
                                    PetscReal *tau)
{
  const PetscReal t     = (radius - low.norm) / (high.norm - low.norm);
  const PetscReal slope = high.work - low.work; /* -d/dtau of the model at low */
  TrustCGKnot     knot;

  *tau       = t;
  knot.norm  = radius;
  knot.work  = low.work + t * slope;
  knot.model = low.model - t * slope + t * t * (high.model - low.model + slope);
  return knot;
}

/* The step of the path for another radius, of at most path->most. On entry d is the step at the end
   of the path, on return the new one, which is the new end; b stands for M^-1 b. */
PetscErrorCode TrustCGPathStep(TrustCGPath *path, PetscReal radius, Vec b, Vec d)
{
  const TrustCGKnot zero = {0.0, 0.0, 0.0};
  PetscReal         tau;

  PetscFunctionBegin;
  if (path->first.norm == 0.0) { /* one straight line */
    path->end = TrustCGPathChord(zero, path->end, radius, &tau);
    PetscCall(VecScale(d, tau));
  } else if (radius > path->first.norm) {
    path->end = TrustCGPathChord(path->first, path->end, radius, &tau);
    PetscCall(VecAXPBY(d, (1.0 - tau) * path->alpha0, tau, b));
  } else {
    path->end = TrustCGPathChord(zero, path->first, radius, &tau);
    PetscCall(VecAXPBY(d, tau * path->alpha0, 0.0, b));
    path->most  = path->first.norm;
    path->first = zero;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
