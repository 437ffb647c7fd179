/* SPDX-License-Identifier: BSD-2-Clause
   How a solve without convergence ends: unbounded, inconsistent, lost in rounding, at a limit. */
#include "solve.h"
#include "rules/rules.h"
#include <time.h>

/* f = sum of phi(x_i), phi = */
typedef enum {
  CONCAVE,   /* -x^2 */
  LINEAR,    /* -x */
  CUBIC,     /* -x^3/3 */
  EXPLODING, /* -e^x */
  DECAYING,  /* e^-x */
  SEPARABLE, /* log(1 + e^-x), a likelihood of separable data */
  BARRIER,   /* x - log(x)/100, NaN below 0 */
  FAR_AWAY,  /* (x - 1e6)^2/2 - 1e12/2 */
  CONVEX,    /* c (x - 1)^2/2 + (x - 1)^4/4, c = 1, 2, 3, 4, 5, 1, ... */
  WALL,      /* the same, but for c = 1: a slow valley up to a wall, with a plateau behind it */
  STIFF      /* as CONVEX, with c = 1, 10, 100, 1000, 10000, 1, ... */
} Shape;

typedef enum { RIGHT, NEGATIVE, ZERO, SKEW } HvFault;

typedef struct {
  Shape     shape;
  PetscReal gfactor; /* the gradient is multiplied by this */
  PetscReal gshift;  /* and is that of the function moved by this */
  HvFault   hv;
  PetscReal jump;  /* f is higher by this, everywhere but at the start */
  PetscReal sleep; /* seconds that each product takes */
  PetscInt  calls, products;
  PetscReal f0, f;
  Vec       x;
  Tao       tao;
} Case;

static PetscReal Phi(Shape shape, PetscReal c, PetscReal x, PetscReal *d, PetscReal *dd)
{
  const PetscReal e = PetscExpReal(shape == EXPLODING ? x : -x), t = x - 1.0;
  const PetscReal wall = 0.5 * (1.0 + PetscTanhReal(50.0 * (t - 2.0)));

  switch (shape == WALL && c > 1.0 ? CONVEX : shape) {
  case CONCAVE:
    *d = -2.0 * x, *dd = -2.0;
    return -x * x;
  case LINEAR:
    *d = -1.0, *dd = 0.0;
    return -x;
  case CUBIC:
    *d = -x * x, *dd = -2.0 * x;
    return -x * x * x / 3.0;
  case EXPLODING:
    *d = *dd = -e;
    return -e;
  case DECAYING:
    *d = -e, *dd = e;
    return e;
  case SEPARABLE:
    *d = -e / (1.0 + e), *dd = e / ((1.0 + e) * (1.0 + e));
    return PetscLogReal(1.0 + e);
  case BARRIER:
    *d = 1.0 - 0.01 / x, *dd = 0.01 / (x * x);
    return x - 0.01 * PetscLogReal(x);
  case FAR_AWAY:
    *d = x - 1e6, *dd = 1.0;
    return x * (0.5 * x - 1e6);
  case WALL:
    *d  = 1e-6 * (t - 1e3) + 100.0 * wall * (1.0 - wall);
    *dd = 1e-6 + 1e4 * wall * (1.0 - wall) * (1.0 - 2.0 * wall);
    return 5e-7 * t * (t - 2e3) + wall;
  default:
    if (shape == STIFF) c = PetscPowReal(10.0, c - 1.0);
    *d = c * t + t * t * t, *dd = c + 3.0 * t * t;
    return t * t * (0.5 * c + 0.25 * t * t);
  }
}

static PetscReal Stiffness(PetscInt i)
{
  return 1.0 + (PetscReal)(i % 5);
}

static PetscErrorCode ObjectiveGradient(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  Case              *c   = (Case *)ctx;
  PetscReal          sum = 0.0, dd, d;
  const PetscScalar *a;
  PetscScalar       *b;
  PetscInt           lo, hi;

  PetscFunctionBegin;
  c->calls++;
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArray(g, &b));
  for (PetscInt i = 0; i < hi - lo; i++) {
    sum += Phi(c->shape, Stiffness(lo + i), a[i], &d, &dd);
    (void)Phi(c->shape, Stiffness(lo + i), a[i] + c->gshift * (PetscReal)((lo + i) % 2), &b[i],
              &dd);
    b[i] *= c->gfactor;
  }
  PetscCall(VecRestoreArray(g, &b));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(MPI_Allreduce(&sum, f, 1, MPIU_REAL, MPIU_SUM, PetscObjectComm((PetscObject)x)));
  if (c->calls > 1) *f += c->jump;
  c->f = *f;
  if (c->calls == 1) c->f0 = *f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HessianVector(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  Case              *c = (Case *)ctx;
  PetscReal          d, dd;
  const PetscScalar *a, *p;
  PetscScalar       *b;
  PetscInt           lo, hi;

  const struct timespec wait = {.tv_nsec = (long)(1e9 * c->sleep)};

  PetscFunctionBegin;
  c->products++;
  if (c->sleep > 0.0) nanosleep(&wait, NULL);
  PetscCall(VecGetOwnershipRange(x, &lo, &hi));
  PetscCall(VecGetArrayRead(x, &a));
  PetscCall(VecGetArrayRead(v, &p));
  PetscCall(VecGetArray(Hv, &b));
  for (PetscInt i = 0; i < hi - lo; i++) {
    (void)Phi(c->shape, Stiffness(lo + i), a[i], &d, &dd);
    b[i] = dd * p[i];
    if (c->hv == NEGATIVE) b[i] = -b[i];
    if (c->hv == ZERO) b[i] = 0.0;
    if (c->hv == SKEW && i + 1 < hi - lo) b[i] += 3.0 * p[i + 1];
  }
  PetscCall(VecRestoreArray(Hv, &b));
  PetscCall(VecRestoreArrayRead(v, &p));
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x_i = start + a little that differs; TAO's own tolerances, as they are by default */
static PetscErrorCode CaseCreate(Shape shape, PetscReal start, PetscBool fd, Case *c)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(c, sizeof(*c)));
  c->shape   = shape;
  c->gfactor = 1.0;
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, PETSC_DECIDE, 30, &c->x));
  PetscCall(VecGetOwnershipRange(c->x, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    PetscCall(VecSetValue(c->x, i, start + 0.1 * PetscSinReal((PetscReal)i), INSERT_VALUES));
  }
  PetscCall(VecAssemblyBegin(c->x));
  PetscCall(VecAssemblyEnd(c->x));
  PetscCall(TaoCreate(PETSC_COMM_WORLD, &c->tao));
  PetscCall(TaoSetType(c->tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(c->tao, c->x));
  PetscCall(TaoSetObjectiveAndGradient(c->tao, NULL, ObjectiveGradient, c));
  if (!fd) PetscCall(TaoTrustNCGSetHessianVector(c->tao, HessianVector, c));
  PetscCall(TaoSetFromOptions(c->tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseDestroy(Case *c)
{
  PetscFunctionBegin;
  PetscCall(TaoDestroy(&c->tao));
  PetscCall(VecDestroy(&c->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Solves, and sees that the solution is no worse than the start. */
static TaoTrustNCGOutcome CaseSolve(Case *c)
{
  TaoTrustNCGOutcome outcome;
  const char        *why;
  PetscReal          f;

  ckm_ok(TaoSolve(c->tao));
  ckm_ok(TaoTrustNCGGetOutcome(c->tao, &outcome, &why));
  ckm_ok(TaoGetSolutionStatus(c->tao, NULL, &f, NULL, NULL, NULL, NULL));
  ckm_assert(f <= c->f0);
  ckm_assert(strlen(why) > 10);
  return outcome;
}

static TaoConvergedReason CaseReason(const Case *c)
{
  TaoConvergedReason reason;

  ckm_ok(TaoGetConvergedReason(c->tao, &reason));
  return reason;
}

/* Are these words in those of the outcome? */
static PetscBool CaseSays(const Case *c, const char words[])
{
  TaoTrustNCGOutcome outcome;
  const char        *why;

  ckm_ok(TaoTrustNCGGetOutcome(c->tao, &outcome, &why));
  return (PetscBool)(strstr(why, words) != NULL);
}

/* fault 13: an f without a lower bound ends UNBOUNDED, which is no convergence */
START_TEST(a_function_without_a_lower_bound_is_called_so)
{
  Case c;

  ckm_ok(CaseCreate((Shape)(_i / 4), 0.5, (PetscBool)(_i % 2), &c));
  if (_i / 2 % 2) ckm_ok(TaoSetInitialTrustRegionRadius(c.tao, 1e-3));
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_UNBOUNDED);
  ckm_assert(CaseReason(&c) < 0);
  ckm_assert(c.calls + c.products < 200);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 13: an infimum that is not attained, a barrier and a far minimum are no such f */
START_TEST(a_function_with_a_lower_bound_converges)
{
  Case c;

  ckm_ok(CaseCreate((Shape)(DECAYING + _i / 4), 0.5, (PetscBool)(_i % 2), &c));
  if (_i / 2 % 2) ckm_ok(TaoSetInitialTrustRegionRadius(c.tao, 1e-6));
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(CaseReason(&c) > 0);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* Trials on the plateau, in front of which f is lower, change f by the same, as noise would. */
START_TEST(a_wall_is_no_noise)
{
  PetscReal f;
  Case      c;

  if (_i % 2) ckm_ok(PetscOptionsInsertString(NULL, "-tao_trustncg_learned_steps 0"));
  if (_i / 2) ckm_ok(PetscOptionsInsertString(NULL, "-tao_trustncg_precond none"));
  ckm_ok(CaseCreate(WALL, 2.0, PETSC_FALSE, &c));
  ckm_ok(PetscOptionsClear(NULL));
  ckm_ok(TaoSetTolerances(c.tao, 0.0, 0.0, 1e-6));
  (void)CaseSolve(&c);
  ckm_ok(TaoGetSolutionStatus(c.tao, NULL, &f, NULL, NULL, NULL, NULL));
  ckm_assert(f < 0.0);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 14: a gradient of the wrong sign ends INCONSISTENT, at the start */
START_TEST(a_gradient_of_the_wrong_sign_is_called_inconsistent)
{
  Case c;

  ckm_ok(CaseCreate(CONVEX, 3.0, (PetscBool)_i, &c));
  c.gfactor = -1.0;
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_INCONSISTENT);
  ckm_assert(CaseReason(&c) < 0);
  ckm_assert(CaseSays(&c, "f changes by -1 times what its gradient says"));
  ckm_assert(c.calls < 70);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 14: so does the gradient of another function, after f fell as far as it can */
START_TEST(the_gradient_of_another_function_is_called_inconsistent)
{
  Case c;

  ckm_ok(CaseCreate(CONVEX, 3.0, (PetscBool)_i, &c));
  c.gshift = 0.5;
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_INCONSISTENT);
  ckm_assert(c.calls < 350);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 16: with an Hv of the wrong sign, 0 or nonsymmetric the solve converges, or says so */
START_TEST(a_wrong_product_converges_or_is_named)
{
  const PetscBool    pairs = (PetscBool)(_i % 2);
  TaoTrustNCGOutcome outcome;
  Case               c;

  ckm_ok(CaseCreate(STIFF, 3.0, PETSC_FALSE, &c));
  c.hv = (HvFault)(NEGATIVE + _i / 2);
  ckm_ok(TaoTrustNCGSetLearnedSteps(c.tao, PETSC_FALSE));
  if (!pairs) ckm_ok(TaoTrustNCGSetPrecondType(c.tao, TAO_TRUSTNCG_PRECOND_NONE));
  outcome = CaseSolve(&c);
  /* to CG an asymmetry looks like noise */
  ckm_assert(outcome == TAO_TRUSTNCG_FIRST_ORDER || outcome == TAO_TRUSTNCG_INCONSISTENT ||
             (c.hv == SKEW && outcome == TAO_TRUSTNCG_NOISE_FLOOR));
  ckm_assert(CaseSays(&c, "Hv is not the derivative of the gradient"));
  ckm_assert(c.calls + c.products < 30000);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 16: where asked for, differences take the place of a wrong Hv: then the solve converges */
START_TEST(a_wrong_product_is_replaced_where_asked_for)
{
  TaoTrustNCGLedger ledger;
  Case              c;

  ckm_ok(CaseCreate(STIFF, 3.0, PETSC_FALSE, &c));
  c.hv = (HvFault)(NEGATIVE + _i);
  ckm_ok(TaoTrustNCGSetPrecondType(c.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoTrustNCGSetHessianVectorFallback(c.tao, PETSC_TRUE));
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_ok(TaoTrustNCGGetLedger(c.tao, &ledger));
  ckm_assert(ledger.nhv_fd > 0 && ledger.nhv_user == c.products);
  ckm_assert(CaseSays(&c, "Hv is not the derivative of the gradient"));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* Without a preconditioner, and with four CG iterations a step at most */
static void TakeManySteps(Case *c)
{
  KSP ksp;

  ckm_ok(TaoTrustNCGSetPrecondType(c->tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoGetKSP(c->tao, &ksp));
  ckm_ok(KSPSetTolerances(ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 4));
}

/* fault 15: a gradient 5 % too large is named on the way, at no evaluation */
START_TEST(a_gradient_five_percent_wrong_is_named)
{
  Case wrong, right;

  ckm_ok(CaseCreate(STIFF, 3.0, (PetscBool)_i, &wrong));
  ckm_ok(CaseCreate(STIFF, 3.0, (PetscBool)_i, &right));
  wrong.gfactor = 1.05;
  TakeManySteps(&wrong);
  TakeManySteps(&right);
  ckm_assert(CaseSolve(&wrong) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(CaseSays(&wrong, _i ? "f does not fit its gradient" : "the gradient is wrong"));
  ckm_assert(CaseSolve(&right) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(!CaseSays(&right, "fit") && !CaseSays(&right, "wrong"));
  ckm_ok(CaseDestroy(&wrong));
  ckm_ok(CaseDestroy(&right));
}
END_TEST

/* fault 18: where every trial is rejected the reason is NO_STEP, or the noise that did it */
START_TEST(a_start_without_a_better_point_has_no_step)
{
  TaoTrustNCGOutcome outcome;
  Case               c;

  ckm_ok(CaseCreate(CONVEX, 3.0, (PetscBool)_i, &c));
  c.jump  = 1e6;
  outcome = CaseSolve(&c);
  ckm_assert(outcome == TAO_TRUSTNCG_NO_STEP || outcome == TAO_TRUSTNCG_NOISE_FLOOR);
  ckm_assert(CaseReason(&c) == TAO_DIVERGED_TR_REDUCTION);
  ckm_assert(c.calls < 130);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* Problems, and what is done to their f */
static const char *const Names[] = {"rosenbrock", "genrose", "minsurf"};
static const struct {
  PetscReal scale, shift;
} Changes[] = {{1.0, 0.0}, {1.0, 1e8}, {1e-8, 0.0}, {1e-8, 1e-3}};
enum { NAMES = 3, CHANGES = 4 };

/* fault 17: a tolerance below rounding, f + 1e8, f 1e-8: STAGNATION, and no step uphill */
START_TEST(an_unreachable_tolerance_stagnates)
{
  const PetscReal    scale = Changes[_i % CHANGES].scale, shift = Changes[_i % CHANGES].shift;
  Run                run;
  TaoTrustNCGOutcome outcome;
  PetscReal          lowest = PETSC_INFINITY;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, Names[_i / CHANGES % NAMES], 100, HV_USER, PETSC_FALSE, &run));
  run.fault.scale = scale;
  run.fault.shift = shift;
  if (_i >= NAMES * CHANGES) {
    ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  }
  ckm_ok(TaoSetTolerances(run.tao, 0.0, 0.0, 1e-30));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoTrustNCGGetOutcome(run.tao, &outcome, NULL));
  /* or the rounding of the gradient was measured, as if it were noise */
  ckm_assert(outcome == TAO_TRUSTNCG_STAGNATION || outcome == TAO_TRUSTNCG_NOISE_FLOOR ||
             run.gnorm[run.its - 1] == 0.0);
  ckm_assert(run.f[run.its - 1] <= run.f[0]);
  for (PetscInt k = 0; k < run.its; k++) {
    const PetscReal roundoff = TrustNCGRoundoff(run.f[k], run.f[k], 100.0);

    lowest = PetscMin(lowest, run.f[k]);
    ckm_assert(run.f[k] <= lowest + 10.0 * roundoff);
  }
  ckm_ok(RunDestroy(&run));
}
END_TEST

static TaoTrustNCGOutcome RunSolve(const char name[], PetscReal scale, PetscReal shift, Run *run)
{
  TaoTrustNCGOutcome outcome;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, name, 100, HV_USER, PETSC_FALSE, run));
  run->fault.scale = scale;
  run->fault.shift = shift;
  ckm_ok(TaoSolve(run->tao));
  ckm_ok(TaoTrustNCGGetOutcome(run->tao, &outcome, NULL));
  return outcome;
}

/* fault 17: f -> a f + c changes no iterate, but for rounding, and no end. Beside c = 1e8 f nine
   digits of f are left for the points along a step. */
START_TEST(scaling_and_shifting_f_change_nothing_but_rounding)
{
  static const PetscReal scales[] = {1e-12, 1e-6, 1e6, 1e12}, shifts[] = {-1e8, -1.0, 1.0, 1e8};
  const char            *name  = Names[_i % NAMES];
  const PetscReal        scale = scales[_i / NAMES % 4];
  Run                    plain, changed;

  ckm_assert(RunSolve(name, 1.0, 0.0, &plain) == TAO_TRUSTNCG_FIRST_ORDER);
  const PetscReal shift = shifts[_i / NAMES / 4] * scale * plain.f[0];
  const PetscReal near  = PetscAbsReal(shifts[_i / NAMES / 4]) > 1.0 ? 1e-5 : 1e-6;
  ckm_assert(RunSolve(name, scale, shift, &changed) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(changed.gnorm[changed.its - 1] <= 1e-6 * changed.gnorm[0]);
  for (PetscInt k = 0; k < PetscMin(5, plain.its); k++) {
    ckm_assert_near(changed.gnorm[k] / scale, plain.gnorm[k], near * plain.gnorm[0]);
  }
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&changed));
}
END_TEST

/* fault 17: where p'Hp, which grows like the third power of f, is beyond what numbers can hold */
START_TEST(a_huge_or_tiny_f_changes_no_iterate)
{
  static const char *const forms[]  = {"2", "1", "overlapped"};
  static const PetscReal   scales[] = {1e-140, 1e-110, 1e110, 1e140};
  const PetscReal          scale    = scales[_i % 4];
  const char              *name     = Names[_i / 4 % NAMES];
  Run                      plain, changed;

  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_ksp_trustcg_reductions", forms[_i / 4 / NAMES]));
  ckm_ok(PetscOptionsSetValue(NULL, "-tao_trustncg_precond", "pairs"));
  ckm_assert(RunSolve(name, 1.0, 0.0, &plain) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(RunSolve(name, scale, 0.0, &changed) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_ksp_trustcg_reductions"));
  ckm_ok(PetscOptionsClearValue(NULL, "-tao_trustncg_precond"));
  for (PetscInt k = 0; k < PetscMin(5, plain.its); k++) {
    ckm_assert_near(changed.gnorm[k] / scale, plain.gnorm[k], 1e-6 * plain.gnorm[0]);
  }
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&changed));
}
END_TEST

/* Where the first steps meet negative curvature nothing is learned from them, and nothing tells how
   long a learned step should be. */
START_TEST(a_start_of_negative_curvature_knows_no_scale)
{
  static const int   powers[] = {40, -40, 332};
  static const char *names[]  = {"curly10", "cosine", "genhumps"};
  Run                plain, changed;

  (void)RunSolve(names[_i / 3], 1.0, 0.0, &plain);
  (void)RunSolve(names[_i / 3], ldexp(1.0, powers[_i % 3]), 0.0, &changed);
  for (PetscInt k = 0; k < PetscMin(10, plain.its); k++) {
    ckm_assert(changed.gnorm[k] == ldexp(plain.gnorm[k], powers[_i % 3]));
  }
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&changed));
}
END_TEST

/* Nor with a sparse Hessian: scaled by a power of two not even a bit, but for what PETSc takes for
   small pivots, and for its multigrid on three ranks or more. */
START_TEST(a_huge_or_tiny_f_has_a_sparse_hessian_too)
{
  static const int   powers[] = {332, 450, -332, -450};
  static const char *names[]  = {"torsion", "minsurf", "combustion"};
  const int          power    = powers[_i % 4];
  Run                plain, changed;

  ckm_assert(RunSolve(names[_i / 4], 1.0, 0.0, &plain) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(RunSolve(names[_i / 4], ldexp(1.0, power), 0.0, &changed) == TAO_TRUSTNCG_FIRST_ORDER);
  ckm_assert(RunLedger(&changed).nhv_precond > 0);
  ckm_assert(RunLedger(&changed).equivalents <= 1.5 * RunLedger(&plain).equivalents);
  for (PetscInt k = 0; power > 0 && PetscGlobalSize < 3 && k < plain.its; k++) {
    ckm_assert(changed.gnorm[k] == ldexp(plain.gnorm[k], power));
  }
  ckm_ok(RunDestroy(&plain));
  ckm_ok(RunDestroy(&changed));
}
END_TEST

/* Its square would be Inf, or 0 as at a minimum: that is said, and no answer is given. */
START_TEST(a_gradient_whose_square_is_no_number_is_refused)
{
  static const PetscReal scales[] = {1e-290, 1e-200, 1e-155, 1e155, 1e200, 1e290};
  Run                    run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, _i / 6 ? "torsion" : "rosenbrock", 100, HV_USER, PETSC_FALSE,
                   &run));
  run.fault.scale = scales[_i % 6];
  ckm_fails(TaoSolve(run.tao), PETSC_ERR_FP, "Multiply f by a number");
  if (run.fault.scale < 1.0) { /* which is as good as 0 where the user says so */
    ckm_ok(TaoSetTolerances(run.tao, 1e-8, 0.0, 0.0));
    ckm_ok(TaoSolve(run.tao));
    ckm_assert(RunReason(&run) == TAO_CONVERGED_GATOL);
  }
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 19: a limit on time stops CG within a product */
START_TEST(time_is_up_within_a_product)
{
  Case c;

  ckm_ok(CaseCreate(STIFF, 3.0, PETSC_FALSE, &c));
  ckm_ok(TaoTrustNCGSetPrecondType(c.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoTrustNCGSetMaxTime(c.tao, 0.1));
  c.sleep = 0.03;
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_TIME);
  ckm_assert(CaseReason(&c) < 0);
  ckm_assert(c.products <= 4);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 19: a limit on evaluations stops CG by differences within a product */
START_TEST(evaluations_are_spent_within_a_product)
{
  Case c;

  ckm_ok(CaseCreate(STIFF, 3.0, PETSC_TRUE, &c));
  ckm_ok(TaoTrustNCGSetPrecondType(c.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoSetMaximumFunctionEvaluations(c.tao, 3 + _i));
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_LIMIT);
  ckm_assert(CaseReason(&c) == TAO_DIVERGED_MAXFCN);
  ckm_assert(c.calls <= 5 + _i); /* a look at f may come before the product */
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 19: TAO ends at the first evaluation beyond the limit; so it is where a step back is undone,
   which is the fifth evaluation of this solve */
START_TEST(evaluations_end_at_their_limit)
{
  const PetscInt limit = 1 + _i / 2;
  Run            run;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "eigenals", 20, HV_USER, (PetscBool)(_i % 2), &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_NONE));
  ckm_ok(TaoTrustNCGSetLearnedSteps(run.tao, PETSC_FALSE));
  ckm_ok(TaoSetMaximumFunctionEvaluations(run.tao, limit));
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) == TAO_DIVERGED_MAXFCN);
  ckm_assert(run.nf + run.nfg == limit + 1);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* fault 19: a limit on iterations holds to the step */
START_TEST(iterations_end_at_their_limit)
{
  TaoTrustNCGLedger ledger;
  Case              c;

  ckm_ok(CaseCreate(STIFF, 3.0, (PetscBool)_i, &c));
  ckm_ok(TaoSetMaximumIterations(c.tao, 2));
  ckm_assert(CaseSolve(&c) == TAO_TRUSTNCG_LIMIT);
  ckm_assert(CaseReason(&c) == TAO_DIVERGED_MAXITS);
  ckm_ok(TaoTrustNCGGetLedger(c.tao, &ledger));
  ckm_assert(ledger.steps == 2);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "unbounded");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_function_without_a_lower_bound_is_called_so, 0, 16);
  tcase_add_loop_test(tc, a_function_with_a_lower_bound_converges, 0, 16);
  tcase_add_loop_test(tc, a_wall_is_no_noise, 0, 4);
  tc = ckm_tcase(suite, "inconsistent");
  tcase_add_loop_test(tc, a_gradient_of_the_wrong_sign_is_called_inconsistent, 0, 2);
  tcase_add_loop_test(tc, the_gradient_of_another_function_is_called_inconsistent, 0, 2);
  tcase_add_loop_test(tc, a_wrong_product_converges_or_is_named, 0, 6);
  tcase_add_loop_test(tc, a_wrong_product_is_replaced_where_asked_for, 0, 3);
  tcase_add_loop_test(tc, a_gradient_five_percent_wrong_is_named, 0, 2);
  tc = ckm_tcase(suite, "limits");
  tcase_add_loop_test(tc, a_start_without_a_better_point_has_no_step, 0, 2);
  tcase_add_loop_test(tc, an_unreachable_tolerance_stagnates, 0, 2 * NAMES * CHANGES);
  tcase_add_loop_test(tc, scaling_and_shifting_f_change_nothing_but_rounding, 0, NAMES * 16);
  tcase_add_loop_test(tc, a_huge_or_tiny_f_changes_no_iterate, 0, 3 * NAMES * 4);
  tcase_add_loop_test(tc, a_start_of_negative_curvature_knows_no_scale, 0, 9);
  tcase_add_loop_test(tc, a_huge_or_tiny_f_has_a_sparse_hessian_too, 0, 12);
  tcase_add_loop_test(tc, a_gradient_whose_square_is_no_number_is_refused, 0, 12);
  tcase_add_test(tc, time_is_up_within_a_product);
  tcase_add_loop_test(tc, evaluations_are_spent_within_a_product, 0, 12);
  tcase_add_loop_test(tc, evaluations_end_at_their_limit, 0, 12);
  tcase_add_loop_test(tc, iterations_end_at_their_limit, 0, 2);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "ends", AddTests);
}
