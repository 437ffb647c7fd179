/* SPDX-License-Identifier: BSD-2-Clause
   Which step comes next: one of the learned model alone, at one evaluation and no product, or one
   of the truncated CG. Learned steps win far from the solution and on easy problems, CG wins near
   it, on ill-conditioned and on indefinite problems. So: learned steps until f has looked
   quadratic for a while and the end is not in sight; then CG for as long as it brings the gradient
   down at no less than half of their rate. */
#include "rules/rules.h"

#define QUADRATIC  0.1 /* f along a step agrees with the trapezoidal rule to this: quadratic */
#define PATIENCE   24  /* such steps before CG is tried */
#define IN_SIGHT   2.0 /* digits still to go for each that the block has brought */
#define RATE_SHARE 0.5
#define RHO_LOW    0.5 /* the model holds along CG's step */
#define RHO_HIGH   1.5

void TrustNCGModeStart(TrustNCGMode *mode)
{
  *mode = (TrustNCGMode){0};
}

static void Enter(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent)
{
  mode->learned = PETSC_TRUE;
  mode->quad    = 0;
  mode->gnorm   = gnorm;
  mode->spent   = spent;
}

/* To CG, remembering the mean decrease of log ||g|| a gradient-equivalent of the learned steps. */
void TrustNCGModeLeave(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent)
{
  const PetscReal cost = spent - mode->spent;

  mode->learned = PETSC_FALSE;
  mode->known   = PETSC_TRUE;
  mode->rate    = cost > 0.0 && gnorm > 0.0 ? PetscLogReal(mode->gnorm / gnorm) / cost : 0.0;
}

/* After a learned step s: df = f+ - f, trapezoid = (g + g+)'s/2; the solve ends at ||g|| = target,
   0 where that is not known. */
void TrustNCGModeLearned(TrustNCGMode *mode, PetscReal df, PetscReal trapezoid, PetscReal gnorm,
                         PetscReal target, PetscReal spent)
{
  const PetscBool quadratic =
    (PetscBool)(PetscAbsReal(df - trapezoid) < QUADRATIC * PetscAbsReal(df));
  /* at the rate of this block the rest costs at most so many times as much as it has */
  const PetscBool insight =
    (PetscBool)(target > 0.0 &&
                PetscLogReal(gnorm / target) <= IN_SIGHT * PetscLogReal(mode->gnorm / gnorm));

  mode->quad = quadratic ? mode->quad + 1 : PetscMax(0, mode->quad - 2);
  if (mode->quad < PATIENCE) return;
  if (insight) Enter(mode, gnorm, spent); /* a new block, as what was gained before may mislead */
  else TrustNCGModeLeave(mode, gnorm, spent);
}

/* After a step of CG from gnorm to gplusnorm at `cost`; `inside` the trust region or not. */
void TrustNCGModeCG(TrustNCGMode *mode, PetscBool inside, PetscReal rho, PetscReal gnorm,
                    PetscReal gplusnorm, PetscReal cost, PetscReal spent)
{
  const PetscReal rate = gplusnorm == 0.0 ? PETSC_INFINITY : PetscLogReal(gnorm / gplusnorm) / cost;

  if (mode->known && inside && rho > RHO_LOW && rho < RHO_HIGH && rate >= RATE_SHARE * mode->rate) {
    return;
  }
  Enter(mode, gplusnorm, spent);
}
