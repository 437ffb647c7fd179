/* SPDX-License-Identifier: BSD-2-Clause
   How a solve ends where it cannot converge: unbounded, inconsistent, lost in rounding, at a limit. */
#include "solve.h"
#include "rules/rules.h"

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
  STIFF      /* the same with c = 1, 10, 100, 1000, 10000, 1, ... */
} Shape;

typedef enum { RIGHT, NEGATIVE, ZERO, SKEW } HvFault;

typedef struct {
  Shape     shape;
  PetscReal gfactor; /* the gradient is multiplied by this */
  PetscReal gshift;  /* and is that of the function moved by this */
  HvFault   hv;
  PetscInt  calls, products;
  PetscReal f0, f;
  Vec       x;
  Tao       tao;
} Case;

static PetscReal Phi(Shape shape, PetscReal c, PetscReal x, PetscReal *d, PetscReal *dd)
{
  const PetscReal e = PetscExpReal(shape == EXPLODING ? x : -x), t = x - 1.0;

  switch (shape) {
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

  PetscFunctionBegin;
  c->products++;
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
  ckm_assert(c.calls + c.products < 150);
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
  ckm_assert(c.calls < 300);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* fault 16: with an Hv of the wrong sign, 0 or nonsymmetric the solve converges, or says so */
START_TEST(a_wrong_product_converges_or_is_named)
{
  const PetscBool    learned = (PetscBool)(_i % 2);
  TaoTrustNCGOutcome outcome;
  Case               c;

  ckm_ok(CaseCreate(STIFF, 3.0, PETSC_FALSE, &c));
  c.hv = (HvFault)(NEGATIVE + _i / 2);
  if (!learned) ckm_ok(TaoTrustNCGSetPrecondType(c.tao, TAO_TRUSTNCG_PRECOND_NONE));
  outcome = CaseSolve(&c);
  ckm_assert(outcome == TAO_TRUSTNCG_FIRST_ORDER || outcome == TAO_TRUSTNCG_INCONSISTENT);
  ckm_assert(CaseSays(&c, "Hv is not the derivative of the gradient"));
  ckm_assert(c.calls + c.products < 30000);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "unbounded");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_function_without_a_lower_bound_is_called_so, 0, 16);
  tcase_add_loop_test(tc, a_function_with_a_lower_bound_converges, 0, 16);
  tc = ckm_tcase(suite, "inconsistent");
  tcase_add_loop_test(tc, a_gradient_of_the_wrong_sign_is_called_inconsistent, 0, 2);
  tcase_add_loop_test(tc, the_gradient_of_another_function_is_called_inconsistent, 0, 2);
  tcase_add_loop_test(tc, a_wrong_product_converges_or_is_named, 0, 6);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "ends", AddTests);
}
