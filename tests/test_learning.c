/* SPDX-License-Identifier: BSD-2-Clause
   What the learned model learns: its diagonal, and the pairs that are gathered from a solve. */
#include "pairs.h"
#include "precond/gather.h"

/* Random steps of the Hessian, no pairs kept */
static PetscErrorCode TeachMany(Case *c, PetscInt count, PetscInt smoothness)
{
  PetscBool taken;
  Vec       s, y;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < count; k++) {
    PetscCall(TrustNCGPairsStage(c->pairs, &s, &y));
    PetscCall(Fill(s, k));
    for (PetscInt i = 0; i < smoothness; i++) { /* damped Jacobi sweeps */
      PetscCall(MatMult(c->H, s, y));
      PetscCall(VecAXPY(s, -0.25, y));
    }
    PetscCall(MatMult(c->H, s, y));
    PetscCall(TrustNCGPairsCommit(c->pairs, PETSC_TRUE, &taken));
    PetscCheck(taken, PETSC_COMM_SELF, PETSC_ERR_PLIB, "pair %d is not taken", (int)k);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_diagonal_hessian_is_learned)
{
  const char *kind[2];
  PetscReal   error;
  Case        c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, (PetscBool)_i, 50, DIAGONAL, &c));
  ckm_ok(TeachMany(&c, 400, 0));
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, kind, NULL, NULL));
  ckm_assert(strcmp(kind[TRUSTNCG_FOR_STEPS], "mean") == 0);
  ckm_ok(TrustNCGPairsForget(c.pairs));
  ckm_ok(MatMult(c.H, c.v, c.w));
  ckm_ok(TrustNCGPairsApply(c.pairs, c.w, c.Bv));
  ckm_ok(Difference(c.v, 1.0, c.Bv, &error));
  ckm_assert_near(error, 0.0, 1e-6);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(a_laplacian_is_given_no_mean)
{
  static const PetscInt smoothness[] = {0, 1, 10, 100};
  const char           *kind[2];
  Case                  c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, PETSC_FALSE, 200, LAPLACIAN, &c));
  for (PetscInt k = 10; k <= 100; k += 10) {
    ckm_ok(TrustNCGPairsReset(c.pairs, NULL));
    ckm_ok(TeachMany(&c, k, smoothness[_i]));
    ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, kind, NULL, NULL));
    ckm_assert(!strstr(kind[TRUSTNCG_FOR_STEPS], "mean"));
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* f does not depend on the first unknown, or is linear in it; for longer than 0.9^k is a number */
START_TEST(an_unknown_without_curvature_does_no_harm)
{
  const PetscInt often = 8000;
  PetscScalar    vBv;
  PetscBool      taken;
  Case           c;
  Vec            s, y;

  ckm_ok(CaseCreate(PETSC_COMM_SELF, PETSC_FALSE, SMALL, DIAGONAL, &c));
  for (PetscInt k = 0; k < often; k++) {
    PetscCallAbort(PETSC_COMM_SELF, TrustNCGPairsStage(c.pairs, &s, &y));
    PetscCallAbort(PETSC_COMM_SELF, MakePair(&c, k, s, y));
    if (_i) PetscCallAbort(PETSC_COMM_SELF, SetEntry(s, 0, 0.0));
    PetscCallAbort(PETSC_COMM_SELF, SetEntry(y, 0, 0.0));
    PetscCallAbort(PETSC_COMM_SELF, TrustNCGPairsCommit(c.pairs, PETSC_TRUE, &taken));
  }
  ckm_assert(taken);
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  ckm_ok(VecDot(c.v, c.Bv, &vBv));
  ckm_assert(vBv > 0.0 && vBv < PETSC_INFINITY);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(pairs_forgotten_leave_the_diagonal)
{
  const char *kind[2], *same[2];
  PetscReal   error;
  PetscInt    stored;
  Case        c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, (PetscBool)_i, SMALL, DIAGONAL, &c));
  ckm_ok(TeachMany(&c, 100, 0));
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, kind, NULL, NULL));
  ckm_ok(TrustNCGPairsForget(c.pairs));
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, &stored, same, NULL, NULL));
  ckm_assert(stored == 0 && same[0] == kind[0] && strcmp(kind[0], "mean") == 0);
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  ckm_ok(Difference(c.Bv, 1.0, c.v, &error)); /* not the identity */
  ckm_assert(error > 0.1);
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(a_pair_handed_over_is_one_that_was_staged)
{
  TrustNCGPairs twin;
  PetscBool     taken, equal;
  PetscInt      before, after;
  Case          c;
  Vec           s, y;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(TrustNCGPairsCreate(c.v, MOST, &twin));
  ckm_ok(TeachAll(&c, twin, PAIRS, 1.0, PETSC_TRUE));
  ckm_ok(VecDuplicate(c.v, &s));
  ckm_ok(VecDuplicate(c.v, &y));
  for (PetscInt k = 0; k < PAIRS; k++) {
    const Vec mine = s;

    ckm_ok(VecCopy(c.s[k], s));
    ckm_ok(VecCopy(c.y[k], y));
    ckm_ok(TrustNCGPairsExchange(c.pairs, &s, &y));
    ckm_assert(s && y && s != mine);
    ckm_ok(TrustNCGPairsCommit(c.pairs, PETSC_TRUE, &taken));
    ckm_assert(taken);
  }
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  ckm_ok(TrustNCGPairsApply(twin, c.v, c.Bw));
  ckm_ok(VecEqual(c.Bv, c.Bw, &equal));
  ckm_assert(equal);
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, NULL, &before, NULL));
  ckm_ok(TrustNCGPairsGetCounts(twin, NULL, NULL, &after, NULL));
  ckm_assert(before == after);
  ckm_ok(VecDestroy(&s));
  ckm_ok(VecDestroy(&y));
  ckm_ok(TrustNCGPairsDestroy(&twin));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* A solve of `length` iterations is shown to a gatherer, which gives what it kept to `pairs`. */
static PetscErrorCode GatherSolve(Case *c, TrustNCGGather gather, PetscInt length, PetscInt least,
                                  TrustNCGPairs pairs)
{
  PetscFunctionBegin;
  PetscCall(TrustNCGGatherStart(gather));
  for (PetscInt it = 0; it < length; it++) {
    PetscCall(MakePair(c, it, c->w, c->Bw));
    PetscCall(TrustNCGGatherSee(gather, it, c->w, c->Bw));
  }
  PetscCall(TrustNCGGatherGive(gather, least, pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { ROOM = 10, LONGEST = 100 };

/* Every 2^j-th, with the least j that makes them fit; one gatherer for solves of all lengths */
START_TEST(gathered_are_all_iterations_that_a_power_of_two_divides)
{
  const PetscInt most = _i + 1;
  PetscInt       vectors, kept = 0;
  PetscBool      taken, equal;
  TrustNCGPairs  pairs, expected;
  TrustNCGGather gather;
  Case           c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, PETSC_FALSE, SMALL, LAPLACIAN, &c));
  ckm_ok(TrustNCGPairsCreate(c.v, ROOM, &pairs));
  ckm_ok(TrustNCGPairsCreate(c.v, ROOM, &expected));
  ckm_ok(TrustNCGGatherCreate(c.v, most, &gather));
  for (PetscInt length = 1; length <= LONGEST; length++) {
    PetscInt stride = 1, stored;

    while ((length + stride - 1) / stride > most) stride *= 2;
    ckm_ok(GatherSolve(&c, gather, length, 1, pairs));
    ckm_ok(TrustNCGPairsForget(expected));
    for (PetscInt it = 0; it < length; it += stride) {
      ckm_ok(MakePair(&c, it, c.w, c.Bw));
      ckm_ok(Teach(expected, c.w, c.Bw, 1.0, PETSC_FALSE, &taken));
    }
    ckm_ok(TrustNCGPairsGetCounts(pairs, &stored, NULL, NULL, NULL));
    ckm_assert(stored == (length + stride - 1) / stride);
    ckm_ok(TrustNCGPairsApply(pairs, c.v, c.Bv));
    ckm_ok(TrustNCGPairsApply(expected, c.v, c.Bw));
    ckm_ok(VecEqual(c.Bv, c.Bw, &equal));
    ckm_assert(equal);
    kept = PetscMax(kept, stored);
    ckm_ok(TrustNCGGatherGetVectors(gather, &vectors));
    ckm_assert(vectors == 2 * kept);
  }
  ckm_ok(TrustNCGGatherDestroy(&gather));
  ckm_ok(TrustNCGPairsDestroy(&pairs));
  ckm_ok(TrustNCGPairsDestroy(&expected));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(fewer_than_the_least_replace_nothing)
{
  const PetscInt least = 3;
  PetscBool      equal;
  PetscInt       stored;
  TrustNCGGather gather;
  Case           c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, PETSC_FALSE, SMALL, SCALED, &c));
  ckm_ok(TeachAll(&c, c.pairs, 2, 1.0, PETSC_TRUE));
  ckm_ok(TrustNCGGatherCreate(c.v, MOST, &gather));
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  for (PetscInt length = 0; length <= least; length++) {
    ckm_ok(GatherSolve(&c, gather, length, least, c.pairs));
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bw));
    ckm_ok(VecEqual(c.Bv, c.Bw, &equal));
    ckm_assert(equal == (length < least));
    ckm_ok(TrustNCGPairsGetCounts(c.pairs, &stored, NULL, NULL, NULL));
    ckm_assert(stored == (length < least ? 2 : least));
  }
  ckm_ok(TrustNCGGatherDestroy(&gather));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *diagonal = ckm_tcase(suite, "diagonal"), *gather = ckm_tcase(suite, "gather");

  tcase_add_loop_test(diagonal, a_diagonal_hessian_is_learned, 0, 2);
  tcase_add_loop_test(diagonal, a_laplacian_is_given_no_mean, 0, 4);
  tcase_add_loop_test(diagonal, an_unknown_without_curvature_does_no_harm, 0, 2);
  tcase_add_loop_test(diagonal, pairs_forgotten_leave_the_diagonal, 0, 2);
  tcase_add_loop_test(gather, a_pair_handed_over_is_one_that_was_staged, 0, WAYS / 2);
  tcase_add_loop_test(gather, gathered_are_all_iterations_that_a_power_of_two_divides, 0, ROOM);
  tcase_add_test(gather, fewer_than_the_least_replace_nothing);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "learning", AddTests);
}
