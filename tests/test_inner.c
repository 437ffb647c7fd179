/* SPDX-License-Identifier: BSD-2-Clause
   The inner solve within TAOTRUSTNCG: the vectors it lives on, and a radius that is too small. */
#include "solve.h"

/* Every vector made like the solution, and like those, is counted. */
static Vec      pattern; /* which is not */
static PetscInt made;

static PetscErrorCode CountedDuplicate(Vec x, Vec *y)
{
  PetscFunctionBegin;
  made++;
  PetscCall(VecDuplicate(pattern, y));
  PetscCall(VecSetOperation(*y, VECOP_DUPLICATE, (void (*)(void))CountedDuplicate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without a preconditioner, and CG in every iteration */
static PetscErrorCode CreatePlain(const char name[], PetscInt n, HvWay way, int apart, Run *run)
{
  PetscFunctionBegin;
  PetscCall(RunCreate(PETSC_COMM_WORLD, name, n, way, (PetscBool)apart, run));
  PetscCall(TaoTrustNCGSetPrecondType(run->tao, TAO_TRUSTNCG_PRECOND_NONE));
  PetscCall(TaoTrustNCGSetLearnedSteps(run->tao, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *const Names[] = {"minsurf", "genrose", "eigenals"};

/* The solution, the gradient, the step, the trial point, and CG's three: looks at f and rejected
   steps included */
START_TEST(a_solve_takes_seven_vectors)
{
  const HvWay way = _i % 2 ? HV_USER : HV_FD;
  Run         run;

  ckm_ok(CreatePlain(Names[_i / 4], 300, way, _i / 2 % 2, &run));
  ckm_ok(VecDuplicate(run.x, &pattern));
  ckm_ok(VecSetOperation(run.x, VECOP_DUPLICATE, (void (*)(void))CountedDuplicate));
  made = 1;
  ckm_ok(TaoSolve(run.tao));
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(RunLedger(&run).looks > 0);
  ckm_ok(VecDestroy(&pattern));
  ckm_assert(made == 7);
  ckm_assert(RunLedger(&run).vectors == 7);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* The model of a quadratic f is exact: one CG solve goes all the way, and each look on the way
   makes the region 2.5 times as large. */
START_TEST(a_radius_that_is_too_small_does_not_start_cg_again)
{
  Run               run;
  TaoTrustNCGLedger wide, narrow;

  ckm_ok(CreatePlain("tridia", 500, HV_USER, 0, &run));
  ckm_ok(TaoSolve(run.tao));
  wide = RunLedger(&run);
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSetInitialTrustRegionRadius(run.tao, 1e-3));
  ckm_ok(TaoSolve(run.tao));
  narrow = RunLedger(&run);
  ckm_assert(RunReason(&run) > 0);
  ckm_assert(narrow.steps == wide.steps);
  ckm_assert(PetscAbsInt(narrow.cg - wide.cg) <= 1); /* a look changes the rounding */
  ckm_assert(narrow.looks > wide.looks && narrow.looks <= wide.looks + 15);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "inner");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, a_solve_takes_seven_vectors, 0, 12);
  tcase_add_test(tcase, a_radius_that_is_too_small_does_not_start_cg_again);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "inner", AddTests);
}
