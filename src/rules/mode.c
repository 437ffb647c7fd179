/* SPDX-License-Identifier: BSD-2-Clause
   Which step comes next: one of the learned model alone, at one evaluation and no product, or one
   of the truncated CG. Learned steps win far from the solution and on easy problems, CG wins near
   it, on ill-conditioned and on indefinite problems. So: learned steps until f has looked
   quadratic for a while, the end is not in sight, and they bring the gradient down at no more than
   the rate of the last CG, where that was a long one and its model held; then CG for as long as its
   rate is no less than half of theirs. */
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

/* Mean decrease of log ||g|| a gradient-equivalent, 0 where there is none to speak of */
static PetscReal Rate(PetscReal gnorm, PetscReal gplusnorm, PetscReal cost)
{
  return cost > 0.0 && gplusnorm > 0.0 ? PetscLogReal(gnorm / gplusnorm) / cost : 0.0;
}

static void Enter(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent)
{
  mode->learned = PETSC_TRUE;
  mode->quad    = 0;
  mode->gnorm   = gnorm;
  mode->spent   = spent;
}

/* To CG, remembering the rate of the learned steps. */
void TrustNCGModeLeave(TrustNCGMode *mode, PetscReal gnorm, PetscReal spent)
{
  mode->learned = PETSC_FALSE;
  mode->known   = PETSC_TRUE;
  mode->rate    = Rate(mode->gnorm, gnorm, spent - mode->spent);
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

  const PetscBool faster =
    (PetscBool)(mode->cgrate > 0.0 && Rate(mode->gnorm, gnorm, spent - mode->spent) > mode->cgrate);

  mode->quad = quadratic ? mode->quad + 1 : PetscMax(0, mode->quad - 2);
  if (mode->quad < PATIENCE) return;
  if (insight || faster) Enter(mode, gnorm, spent); /* a new block: gains before may mislead */
  else TrustNCGModeLeave(mode, gnorm, spent);
}

/* After a step of CG from gnorm to gplusnorm in `its` iterations at `cost`; `inside` the trust
   region or not. */
void TrustNCGModeCG(TrustNCGMode *mode, PetscBool inside, PetscInt its, PetscReal rho,
                    PetscReal gnorm, PetscReal gplusnorm, PetscReal cost, PetscReal spent)
{
  const PetscReal rate = gplusnorm == 0.0 ? PETSC_INFINITY : PetscLogReal(gnorm / gplusnorm) / cost;
  const PetscBool holds = (PetscBool)(inside && rho > RHO_LOW && rho < RHO_HIGH);

  mode->cgrate = holds && its >= PATIENCE && rate > 0.0 ? rate : 0.0; /* a short one costs little */
  if (mode->known && holds && rate >= RATE_SHARE * mode->rate) return;
  Enter(mode, gplusnorm, spent);
}
