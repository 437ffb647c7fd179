/* SPDX-License-Identifier: BSD-2-Clause
   A contract between a Mat and whoever multiplies with it: a Mat that composes a function of
   this name, PetscErrorCode fn(Mat, PetscReal vnorm), is told ||v||_2 just before MatMult(Mat, v)
   by a caller who knows it, or within a small factor, and is spared a reduction. */
#ifndef TRUSTNCG_ANNOUNCE_H
#define TRUSTNCG_ANNOUNCE_H

#define TRUSTNCG_DIRECTION_NORM "TrustNCGDirectionNorm_C"

/* And a Mat that composes PetscErrorCode fn(Mat, PetscInt attempt, PetscBool *more) under this name
   may do better where a product was not finite: it is told so, attempt = 0, 1, ..., and says
   whether the same product is worth another try. */
#define TRUSTNCG_ANOTHER_STEP "TrustNCGAnotherStep_C"

#endif
