/* SPDX-License-Identifier: BSD-2-Clause
   The learned model of the inverse Hessian beside the BFGS formula, what it refuses and what it
   costs. */
#include "pairs.h"

/* z = B_k v = (I - s y'/s'y) B_{k-1} (I - y s'/s'y) v + s s'v/s'y of pair k - 1, down to `first` */
static PetscErrorCode ByDefinition(Case *c, Vec H0, PetscInt first, PetscInt k, Vec v, Vec z)
{
  PetscScalar sy, sv, yz;
  Vec         q;

  PetscFunctionBegin;
  if (k == first) {
    PetscCall(VecPointwiseMult(z, H0, v));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VecDot(c->s[k - 1], c->y[k - 1], &sy));
  PetscCall(VecDot(c->s[k - 1], v, &sv));
  PetscCall(VecDuplicate(v, &q));
  PetscCall(VecWAXPY(q, -sv / sy, c->y[k - 1], v));
  PetscCall(ByDefinition(c, H0, first, k - 1, q, z));
  PetscCall(VecDot(c->y[k - 1], z, &yz));
  PetscCall(VecAXPY(z, (sv - yz) / sy, c->s[k - 1]));
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* gamma D^-1 after the first `count` pairs */
static PetscErrorCode LearnedDiagonal(Case *c, PetscInt count, PetscBool learn, Vec H0)
{
  TrustNCGPairs twin;

  PetscFunctionBegin;
  PetscCall(TrustNCGPairsCreate(c->v, MOST, &twin));
  PetscCall(TeachAll(c, twin, count, 1.0, learn));
  PetscCall(TrustNCGPairsForget(twin));
  PetscCall(VecSet(c->w, 1.0));
  PetscCall(TrustNCGPairsApply(twin, c->w, H0));
  PetscCall(TrustNCGPairsDestroy(&twin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(the_model_is_the_bfgs_matrix_of_the_newest_pairs)
{
  const PetscBool learn = (PetscBool)(_i / 2 / KINDS);
  PetscReal       error;
  PetscInt        stored;
  Case            c;
  Vec             H0, expected;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(VecDuplicate(c.v, &H0));
  ckm_ok(VecDuplicate(c.v, &expected));
  for (PetscInt k = 1; k <= PAIRS; k++) {
    ckm_ok(TrustNCGPairsReset(c.pairs, NULL));
    ckm_ok(TeachAll(&c, c.pairs, k, 1.0, learn));
    ckm_ok(TrustNCGPairsGetCounts(c.pairs, &stored, NULL, NULL, NULL));
    ckm_assert(stored == PetscMin(k, MOST));
    ckm_ok(LearnedDiagonal(&c, k, learn, H0));
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
    ckm_ok(ByDefinition(&c, H0, PetscMax(0, k - MOST), k, c.v, expected));
    ckm_ok(Difference(expected, 1.0, c.Bv, &error));
    ckm_assert_near(error, 0.0, 1e-10);
  }
  ckm_ok(VecDestroy(&H0));
  ckm_ok(VecDestroy(&expected));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(the_newest_pair_is_reproduced)
{
  PetscReal error;
  PetscBool taken;
  Case      c;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(Make(&c, PAIRS));
  for (PetscInt k = 0; k < PAIRS; k++) {
    ckm_ok(Teach(c.pairs, c.s[k], c.y[k], 1.0, (PetscBool)(_i / 2 / KINDS), &taken));
    ckm_ok(TrustNCGPairsApply(c.pairs, c.y[k], c.Bv));
    ckm_ok(Difference(c.s[k], 1.0, c.Bv, &error));
    ckm_assert_near(error, 0.0, 1e-9);
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(the_model_is_symmetric_and_positive)
{
  PetscScalar vBv, wBw, vBw, wBv;
  PetscBool   taken;
  Case        c;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(Make(&c, PAIRS));
  for (PetscInt k = 0; k < PAIRS; k++) {
    ckm_ok(Teach(c.pairs, c.s[k], c.y[k], 1.0, (PetscBool)(_i / 2 / KINDS), &taken));
    for (PetscInt trial = 0; trial < 10; trial++) {
      ckm_ok(Fill(c.v, 2000 + 2 * trial));
      ckm_ok(Fill(c.w, 2001 + 2 * trial));
      ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
      ckm_ok(TrustNCGPairsApply(c.pairs, c.w, c.Bw));
      ckm_ok(VecDot(c.v, c.Bv, &vBv));
      ckm_ok(VecDot(c.w, c.Bw, &wBw));
      ckm_ok(VecDot(c.v, c.Bw, &vBw));
      ckm_ok(VecDot(c.w, c.Bv, &wBv));
      ckm_assert(vBv > 0.0 && wBw > 0.0);
      ckm_assert_near(vBw, wBv, 1e-11 * PetscSqrtReal(vBv * wBw));
    }
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

enum { UPHILL, ACROSS, NO_STEP, NO_CHANGE, S_NAN, Y_NAN, Y_INF, TINY, HUGE_Y, BAD };

static PetscErrorCode SpoilPair(int how, Vec s, Vec y)
{
  PetscFunctionBegin;
  switch (how) {
  case UPHILL:
    PetscCall(VecScale(y, -1.0));
    break;
  case ACROSS:
    PetscCall(VecSet(s, 0.0));
    PetscCall(VecCopy(s, y));
    PetscCall(SetEntry(s, 1, 1.0));
    PetscCall(SetEntry(y, 0, 1.0));
    PetscCall(SetEntry(y, 1, 1e-11));
    break;
  case NO_STEP:
    PetscCall(VecSet(s, 0.0));
    break;
  case NO_CHANGE:
    PetscCall(VecSet(y, 0.0));
    break;
  case S_NAN:
    PetscCall(SetEntry(s, 1, NAN));
    break;
  case Y_NAN:
    PetscCall(SetEntry(y, 1, NAN));
    break;
  case Y_INF:
    PetscCall(SetEntry(y, 1, INFINITY));
    break;
  case TINY:
    PetscCall(VecScale(y, 1e-200));
    break; /* y'y is zero */
  default:
    PetscCall(VecScale(y, 1e200)); /* y'y is infinite */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(a_pair_without_curvature_leaves_the_model_as_it_was)
{
  const PetscInt before = _i / 2 / BAD ? MOST : 1;
  PetscBool      taken, equal;
  PetscInt       stored;
  TrustNCGPairs  twin;
  Case           c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, (PetscBool)(_i % 2), SMALL, SCALED, &c));
  ckm_ok(TrustNCGPairsCreate(c.v, MOST, &twin));
  ckm_ok(TeachAll(&c, c.pairs, before, 1.0, PETSC_TRUE));
  ckm_ok(TeachAll(&c, twin, before, 1.0, PETSC_TRUE));
  ckm_ok(Make(&c, before + 2));
  ckm_ok(SpoilPair(_i / 2 % BAD, c.s[before], c.y[before]));
  ckm_ok(Teach(c.pairs, c.s[before], c.y[before], 1.0, PETSC_TRUE, &taken));
  ckm_assert(!taken);
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, &stored, NULL, NULL, NULL));
  ckm_assert(stored == before);
  for (int k = 0; k < 2; k++) { /* and again after a good pair */
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
    ckm_ok(TrustNCGPairsApply(twin, c.v, c.Bw));
    ckm_ok(VecEqual(c.Bv, c.Bw, &equal));
    ckm_assert(equal);
    ckm_ok(Teach(c.pairs, c.s[before + 1], c.y[before + 1], 1.0, PETSC_TRUE, &taken));
    ckm_ok(Teach(twin, c.s[before + 1], c.y[before + 1], 1.0, PETSC_TRUE, &taken));
    ckm_assert(taken);
  }
  ckm_ok(TrustNCGPairsDestroy(&twin));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

static const PetscReal Scales[] = {1e-100, 1e-12, 1e-8, 1e-3, 1e3, 1e8, 1e12, 1e100};

enum { SCALES = sizeof(Scales) / sizeof(Scales[0]) };

START_TEST(the_model_of_a_multiple_of_f_is_a_fraction)
{
  PetscReal     error;
  TrustNCGPairs twin;
  Case          c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, PETSC_FALSE, SMALL, (Kind)(_i / SCALES), &c));
  ckm_ok(TrustNCGPairsCreate(c.v, MOST, &twin));
  for (PetscInt k = 1; k <= PAIRS; k++) {
    ckm_ok(TrustNCGPairsReset(c.pairs, NULL));
    ckm_ok(TrustNCGPairsReset(twin, NULL));
    ckm_ok(TeachAll(&c, c.pairs, k, 1.0, PETSC_TRUE));
    ckm_ok(TeachAll(&c, twin, k, Scales[_i % SCALES], PETSC_TRUE));
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
    ckm_ok(TrustNCGPairsApply(twin, c.v, c.Bw));
    ckm_ok(Difference(c.Bv, Scales[_i % SCALES], c.Bw, &error));
    ckm_assert_near(error, 0.0, 1e-11);
  }
  ckm_ok(TrustNCGPairsDestroy(&twin));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(a_model_of_nothing_is_the_identity)
{
  PetscBool   equal;
  const char *kind[2];
  PetscInt    stored;
  Case        c;

  ckm_ok(CaseOfWay(_i, &c));
  for (int k = 0; k < 2; k++) {
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
    ckm_ok(VecEqual(c.v, c.Bv, &equal));
    ckm_assert(equal);
    ckm_ok(TrustNCGPairsGetCounts(c.pairs, &stored, kind, NULL, NULL));
    ckm_assert(stored == 0 && strcmp(kind[0], "none") == 0);
    ckm_ok(TeachAll(&c, c.pairs, PAIRS, 1.0, PETSC_TRUE));
    ckm_ok(TrustNCGPairsReset(c.pairs, NULL));
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(what_was_before_a_reset_leaves_no_trace)
{
  TrustNCGPairs fresh;
  PetscBool     equal;
  Case          c;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(TeachAll(&c, c.pairs, PAIRS, 1e5, PETSC_TRUE));
  ckm_ok(TrustNCGPairsReset(c.pairs, NULL));
  ckm_ok(TrustNCGPairsCreate(c.v, MOST, &fresh));
  ckm_ok(TeachAll(&c, c.pairs, PAIRS, 1.0, PETSC_TRUE));
  ckm_ok(TeachAll(&c, fresh, PAIRS, 1.0, PETSC_TRUE));
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  ckm_ok(TrustNCGPairsApply(fresh, c.v, c.Bw));
  ckm_ok(VecEqual(c.Bv, c.Bw, &equal));
  ckm_assert(equal);
  ckm_ok(TrustNCGPairsDestroy(&fresh));
  ckm_ok(CaseDestroy(&c));
}
END_TEST

/* What the model says it took is what MPI has seen. */
static void AssertReductions(Case *c, long begin, PetscInt *said, PetscInt expected)
{
  const long seen = ReductionCount() - begin;
  PetscInt   now;

  ckm_ok(TrustNCGPairsGetCounts(c->pairs, NULL, NULL, NULL, &now));
  ckm_assert(now - *said == expected);
  if (!PetscDefined(USE_DEBUG) && PetscGlobalSize > 1) ckm_assert(seen == expected);
  *said = now;
}

START_TEST(reductions_are_those_it_says)
{
  const PetscBool learn = (PetscBool)(_i / 2 / KINDS);
  PetscInt        said  = 0;
  PetscBool       taken;
  Case            c;
  Vec             s, y;
  long            begin;

  ckm_ok(CaseOfWay(_i, &c));
  for (PetscInt k = 0; k < PAIRS; k++) {
    begin = ReductionCount();
    ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
    AssertReductions(&c, begin, &said, k ? 2 : 0);
    ckm_ok(TrustNCGPairsStage(c.pairs, &s, &y));
    ckm_ok(MakePair(&c, k, s, y));
    begin = ReductionCount();
    ckm_ok(TrustNCGPairsCommit(c.pairs, learn, &taken));
    AssertReductions(&c, begin, &said, learn ? 3 : 1);
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(vectors_are_those_it_says)
{
  PetscInt  vectors;
  PetscBool taken;
  Case      c;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(Make(&c, PAIRS));
  ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, NULL, &vectors, NULL));
  ckm_assert(vectors == 1);
  for (PetscInt k = 1; k <= PAIRS; k++) {
    ckm_ok(Teach(c.pairs, c.s[k - 1], c.y[k - 1], 1.0, (PetscBool)(_i / 2 / KINDS), &taken));
    ckm_ok(TrustNCGPairsGetCounts(c.pairs, NULL, NULL, &vectors, NULL));
    vectors -= 1 + 2 * PetscMin(k, MOST + 1);
    ckm_assert(_i / 2 / KINDS ? vectors == 2 || vectors == 3 : vectors == 0);
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

START_TEST(one_rank_and_many_learn_the_same)
{
  PetscReal    error;
  PetscInt     low, high;
  Case         c, alone;
  PetscScalar *a;

  ckm_ok(CaseOfWay(_i, &c));
  ckm_ok(CaseCreate(PETSC_COMM_SELF, PETSC_FALSE, SMALL, (Kind)(_i / 2 % KINDS), &alone));
  ckm_ok(TeachAll(&c, c.pairs, PAIRS, 1.0, PETSC_TRUE));
  ckm_ok(TeachAll(&alone, alone.pairs, PAIRS, 1.0, PETSC_TRUE));
  ckm_ok(TrustNCGPairsApply(c.pairs, c.v, c.Bv));
  ckm_ok(TrustNCGPairsApply(alone.pairs, alone.v, alone.Bv));
  ckm_ok(VecGetOwnershipRange(c.v, &low, &high));
  ckm_ok(VecGetArray(alone.Bv, &a));
  ckm_ok(VecPlaceArray(c.Bw, a + low));
  ckm_ok(Difference(c.Bv, 1.0, c.Bw, &error));
  ckm_ok(VecResetArray(c.Bw));
  ckm_ok(VecRestoreArray(alone.Bv, &a));
  ckm_assert_near(error, 0.0, 1e-11);
  ckm_ok(CaseDestroy(&c));
  ckm_ok(CaseDestroy(&alone));
}
END_TEST

START_TEST(one_unknown_is_learned_by_one_pair)
{
  PetscReal error;
  PetscBool taken;
  Case      c;

  ckm_ok(CaseCreate(PETSC_COMM_WORLD, PETSC_FALSE, 1, LAPLACIAN, &c));
  for (PetscInt k = 0; k < PAIRS; k++) {
    ckm_ok(MatMult(c.H, c.v, c.w));
    ckm_ok(Teach(c.pairs, c.v, c.w, 1.0, PETSC_TRUE, &taken));
    ckm_assert(taken);
    ckm_ok(TrustNCGPairsApply(c.pairs, c.w, c.Bv));
    ckm_ok(Difference(c.v, 1.0, c.Bv, &error));
    ckm_assert_near(error, 0.0, 1e-14);
  }
  ckm_ok(CaseDestroy(&c));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *model = ckm_tcase(suite, "model");

  tcase_add_loop_test(model, the_model_is_the_bfgs_matrix_of_the_newest_pairs, 0, WAYS);
  tcase_add_loop_test(model, the_newest_pair_is_reproduced, 0, WAYS);
  tcase_add_loop_test(model, the_model_is_symmetric_and_positive, 0, WAYS);
  tcase_add_loop_test(model, a_pair_without_curvature_leaves_the_model_as_it_was, 0, 4 * BAD);
  tcase_add_loop_test(model, the_model_of_a_multiple_of_f_is_a_fraction, 0, KINDS * SCALES);
  tcase_add_loop_test(model, a_model_of_nothing_is_the_identity, 0, WAYS / 2);
  tcase_add_loop_test(model, what_was_before_a_reset_leaves_no_trace, 0, WAYS / 2);
  tcase_add_loop_test(model, reductions_are_those_it_says, 0, WAYS);
  tcase_add_loop_test(model, vectors_are_those_it_says, 0, WAYS);
  tcase_add_loop_test(model, one_rank_and_many_learn_the_same, 0, WAYS / 2);
  tcase_add_test(model, one_unknown_is_learned_by_one_pair);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "pairs", AddTests);
}
