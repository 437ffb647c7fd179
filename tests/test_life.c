/* SPDX-License-Identifier: BSD-2-Clause
   TAOTRUSTNCG from solve to solve: what errors, changed settings and kept objects leave behind. */
#include "solve.h"
#include <petscdmda.h>

static const TaoTrustNCGPrecondType own[] = {TAO_TRUSTNCG_PRECOND_PAIRS,
                                             TAO_TRUSTNCG_PRECOND_SPARSE};

/* The PC that a first solve chose is replaced by the user. */
START_TEST(a_pc_set_between_solves_is_honoured)
{
  Run       run;
  KSP       ksp;
  PC        pc;
  PetscBool same;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "torsion", 100, HV_USER, PETSC_FALSE, &run));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, own[_i]));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(TaoGetKSP(run.tao, &ksp));
  ckm_ok(KSPGetPC(ksp, &pc));
  ckm_ok(PCSetType(pc, PCMAT));
  ckm_ok(TaoTrustNCGSetPrecondType(run.tao, TAO_TRUSTNCG_PRECOND_USER));
  ckm_ok((*run.prob->start)(run.prob, run.x));
  ckm_ok(TaoSolve(run.tao));
  ckm_ok(PetscObjectTypeCompare((PetscObject)pc, PCMAT, &same));
  ckm_assert(same);
  ckm_ok(RunDestroy(&run));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tc = ckm_tcase(suite, "solve to solve");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tc, a_pc_set_between_solves_is_honoured, 0, 2);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "life", AddTests);
}
