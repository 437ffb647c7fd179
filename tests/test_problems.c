/* SPDX-License-Identifier: BSD-2-Clause
   Every problem of the list: its derivatives are those of its function, on any number of ranks. */
#include "files.h"
#include "problem.h"
#include <petscvec.h>
#include <jpeglib.h>

enum { SIZE = 144, FIRST_RUNG = 13, LAST_RUNG = 28, FIT = 5 };

/* The files that problems read, made by rank 0 */
static struct {
  const char *option;
  char        name[PETSC_MAX_PATH_LEN];
} files[] = {{"-problem_data", ""}, {"-problem_image", ""}};

enum { DATA, IMAGE, FILES };

/* A grey picture, JPEG */
static PetscErrorCode WriteImage(void)
{
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr       manager; /* the default one ends the program at an error */
  FILE                       *file = NULL;

  PetscFunctionBegin;
  PetscCall(FileOpen(files[IMAGE].name, &file));
  info.err = jpeg_std_error(&manager);
  jpeg_create_compress(&info);
  jpeg_stdio_dest(&info, file);
  info.image_width      = 30;
  info.image_height     = 24;
  info.input_components = 1;
  info.in_color_space   = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPLE  row[30];
    JSAMPROW rows = row;

    for (unsigned i = 0; i < 30; i++) row[i] = (JSAMPLE)((5 * i + 3 * info.next_scanline) % 256);
    jpeg_write_scanlines(&info, &rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  PetscCheck(!fclose(file), PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "%s is not written",
             files[IMAGE].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetUp(void)
{
  ckm_ok(PetscGlobalRank ? 0 : FileWriteData(files[DATA].name));
  ckm_ok(PetscGlobalRank ? 0 : WriteImage());
  for (int k = 0; k < FILES; k++) {
    ckm_ok(MPI_Bcast(files[k].name, PETSC_MAX_PATH_LEN, MPI_CHAR, 0, PETSC_COMM_WORLD));
    ckm_ok(PetscOptionsSetValue(NULL, files[k].option, files[k].name));
  }
  ckm_ok(PetscOptionsSetValue(NULL, "-problem_state_rtol", "1e-15"));
}

static void TearDown(void)
{
  for (int k = 0; k < FILES; k++) {
    ckm_ok(PetscOptionsClearValue(NULL, files[k].option));
    ckm_ok(PetscGlobalRank ? 0 : unlink(files[k].name));
  }
  ckm_ok(PetscOptionsClearValue(NULL, "-problem_state_rtol"));
}

/* A problem, a point x, two directions, and room for gradients and products. */
typedef struct {
  Problem prob;
  Vec     x, u, v, g, Hu, Hv, y, gy;
} Point;

enum { VECS = 8 };

/* x: 0 the start, 1 the start with every unknown moved at random. Moved a little even for 0: at
   the start of broydn7d itself the third derivative is infinite. */
static PetscErrorCode PointCreate(const char name[], PetscInt n, int moved, Point *p)
{
  Vec        *vecs[VECS] = {&p->x, &p->u, &p->v, &p->g, &p->Hu, &p->Hv, &p->y, &p->gy};
  PetscRandom random;

  PetscFunctionBegin;
  PetscCall(ProblemCreate(PETSC_COMM_WORLD, name, n, &p->prob));
  for (int k = 0; k < VECS; k++) PetscCall(VecDuplicate(p->prob->x, vecs[k]));
  PetscCall(PetscRandomCreate(PETSC_COMM_WORLD, &random));
  PetscCall(PetscRandomSetInterval(random, -1.0, 1.0));
  PetscCall(VecSetRandom(p->u, random));
  PetscCall(VecSetRandom(p->v, random));
  PetscCall(VecSetRandom(p->y, random));
  PetscCall(PetscRandomDestroy(&random));
  PetscCall(p->prob->start(p->prob, p->x));
  PetscCall(VecAXPY(p->x, moved ? 0.2 : 0.01, p->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PointDestroy(Point *p)
{
  Vec *vecs[VECS] = {&p->x, &p->u, &p->v, &p->g, &p->Hu, &p->Hv, &p->y, &p->gy};

  PetscFunctionBegin;
  for (int k = 0; k < VECS; k++) PetscCall(VecDestroy(vecs[k]));
  PetscCall(ProblemDestroy(&p->prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef PetscErrorCode (*Remainder)(Point *, PetscReal h, PetscReal *rem, PetscReal *size);

/* |f(x + h v) - f(x) - h g'v|, and the sum of the sizes of what is subtracted */
static PetscErrorCode RemainderF(Point *p, PetscReal h, PetscReal *rem, PetscReal *size)
{
  PetscReal   f, fy;
  PetscScalar gv;

  PetscFunctionBegin;
  PetscCall(p->prob->objgrad(p->prob, p->x, &f, p->g));
  PetscCall(VecWAXPY(p->y, h, p->v, p->x));
  PetscCall(p->prob->objgrad(p->prob, p->y, &fy, NULL));
  PetscCall(VecDot(p->g, p->v, &gv));
  *rem  = PetscAbsReal(fy - f - h * gv);
  *size = PetscAbsReal(fy) + PetscAbsReal(f) + h * PetscAbsReal(gv);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ||g(x + h v) - g(x) - h H v||, and the sum of the sizes, with what rounding x does through H */
static PetscErrorCode RemainderG(Point *p, PetscReal h, PetscReal *rem, PetscReal *size)
{
  PetscReal g, gy, Hv, x;

  PetscFunctionBegin;
  PetscCall(p->prob->objgrad(p->prob, p->x, NULL, p->g));
  PetscCall(p->prob->hessvec(p->prob, p->x, p->v, p->Hv));
  PetscCall(VecWAXPY(p->y, h, p->v, p->x));
  PetscCall(p->prob->objgrad(p->prob, p->y, NULL, p->gy));
  PetscCall(VecNorm(p->g, NORM_2, &g));
  PetscCall(VecNorm(p->gy, NORM_2, &gy));
  PetscCall(VecNorm(p->Hv, NORM_2, &Hv));
  PetscCall(VecNorm(p->x, NORM_INFINITY, &x));
  PetscCall(VecAXPY(p->gy, -1.0, p->g));
  PetscCall(VecAXPY(p->gy, -h, p->Hv));
  PetscCall(VecNorm(p->gy, NORM_2, rem));
  *size = g + gy + (1.0 + x) * Hv;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The slope of log remainder over log h, fitted to the lowest rungs of the ladder that stand well
   above rounding, where an error in the derivative shows best, by a slope of 1; 2 where none does,
   for then the expansion is exact. It is higher where the next derivative vanishes. No rung is
   high, so that hardly a step crosses a jump of the second derivatives, which composites has. */
static PetscErrorCode Slope(Point *p, Remainder remainder, PetscReal *slope)
{
  PetscReal rem = 0.0, size = 0.0, n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;

  PetscFunctionBegin;
  for (int k = LAST_RUNG; k >= FIRST_RUNG && n < FIT; k--) {
    const PetscReal h = PetscPowReal(0.5, (PetscReal)k), X = PetscLogReal(h);
    PetscReal       Y;

    PetscCall(remainder(p, h, &rem, &size));
    if (rem <= 1e2 * PETSC_MACHINE_EPSILON * size) continue;
    Y = PetscLogReal(rem);
    n += 1.0;
    sx += X;
    sy += Y;
    sxx += X * X;
    sxy += X * Y;
  }
  *slope = n > 1.5 ? (n * sxy - sx * sy) / (n * sxx - sx * sx) : 2.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Test 2 k is problem k at its start, test 2 k + 1 at a point nearby. */
START_TEST(gradient_is_that_of_f)
{
  Point     p;
  PetscReal slope = 0.0;

  ckm_ok(PointCreate(ProblemInfos[_i / 2].name, SIZE, _i % 2, &p));
  ckm_ok(Slope(&p, RemainderF, &slope));
  ckm_assert(slope > 1.8);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(hessian_is_that_of_g)
{
  Point     p;
  PetscReal slope = 0.0;

  ckm_ok(PointCreate(ProblemInfos[_i / 2].name, SIZE, _i % 2, &p));
  ckm_ok(Slope(&p, RemainderG, &slope));
  ckm_assert(slope > 1.8);
  ckm_ok(PointDestroy(&p));
}
END_TEST

START_TEST(hessian_is_symmetric)
{
  Point       p;
  PetscScalar uHv, vHu;
  PetscReal   u, Hv;

  ckm_ok(PointCreate(ProblemInfos[_i / 2].name, SIZE, _i % 2, &p));
  ckm_ok(p.prob->hessvec(p.prob, p.x, p.u, p.Hu));
  ckm_ok(p.prob->hessvec(p.prob, p.x, p.v, p.Hv));
  ckm_ok(VecDot(p.u, p.Hv, &uHv));
  ckm_ok(VecDot(p.v, p.Hu, &vHu));
  ckm_ok(VecNorm(p.u, NORM_2, &u));
  ckm_ok(VecNorm(p.Hv, NORM_2, &Hv));
  ckm_assert_near(uHv, vHu, 1e-12 * u * Hv);
  ckm_ok(PointDestroy(&p));
}
END_TEST

/* f, ||g|| and ||H x|| at the start (k = 0) and at 1.1 start + 0.1 (k = 1) */
static PetscErrorCode Figures(MPI_Comm comm, const char name[], PetscInt n, PetscReal fig[2][3])
{
  Problem prob;
  Vec     x, g;

  PetscFunctionBegin;
  PetscCall(ProblemCreate(comm, name, n, &prob));
  PetscCall(VecDuplicate(prob->x, &x));
  PetscCall(VecDuplicate(prob->x, &g));
  PetscCall(prob->start(prob, x));
  for (int k = 0; k < 2; k++) {
    PetscCall(prob->objgrad(prob, x, &fig[k][0], g));
    PetscCall(VecNorm(g, NORM_2, &fig[k][1]));
    PetscCall(prob->hessvec(prob, x, x, g));
    PetscCall(VecNorm(g, NORM_2, &fig[k][2]));
    PetscCall(VecScale(x, 1.1));
    PetscCall(VecShift(x, 0.1));
  }
  PetscCall(VecDestroy(&g));
  PetscCall(VecDestroy(&x));
  PetscCall(ProblemDestroy(&prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AssertRanksAgree(const char name[], PetscInt n)
{
  PetscReal all[2][3], one[2][3];

  ckm_ok(Figures(PETSC_COMM_WORLD, name, n, all));
  ckm_ok(Figures(PETSC_COMM_SELF, name, n, one));
  for (int k = 0; k < 2; k++) {
    for (int j = 0; j < 3; j++) {
      ckm_assert_near(all[k][j], one[k][j], 1e-11 * (1e-3 + PetscAbsReal(one[k][j])));
    }
  }
}

START_TEST(ranks_agree_with_one)
{
  AssertRanksAgree(ProblemInfos[_i].name, SIZE);
}
END_TEST

/* f at the start for SIZE unknowns, summed by hand or apart from this program */
static const struct {
  const char *name;
  PetscReal   f;
} Known[] = {{"rosenbrock", 24.2 * (SIZE / 2)},
             {"chained", 36106.4},
             {"tridia", SIZE / 2 * (SIZE + 1) - 1},
             {"broydn3d", SIZE + 11},
             {"dixmaanl", 7148.2716975308595},
             {"genrose", 565.1793133987761},
             {"arwhead", 3 * (SIZE - 1)},
             {"broydn7d", 505.85726236972346},
             {"chainwoo", 530750.1},
             {"cosine", 125.4943063503233},
             {"curly10", -0.009018674417017352},
             {"dixmaana", 1369.0},
             {"dixmaanf", 1964.0416666666667},
             {"dixmaanj", 1866.4630594135801},
             {"fletchcr", SIZE - 1},
             {"genhumps", 3664329.246287286},
             {"nondquar", SIZE + 6},
             {"powellsg", 215 * (SIZE / 4)},
             {"woods", 19192 * (SIZE / 4)},
             {"tquartic", 0.81},
             {"fminsurf", 29.99838212083376},
             {"morebv", 4.196878976742883e-07},
             {"ncb20", 2 * (SIZE - 10) + 2.002},
             {"noncvxu2", 7812884.577388752},
             {"penalty1", 1011472215549.9124},
             {"sinquad", 0.6561},
             {"sparsqur", 2936.25},
             {"spmsrtls", 124.73862980487732},
             {"vareigvl", 1615.989969315887},
             {"eigenals", 385.0},
             {"eigenbls", 21.0},
             {"freuroth", 143996.5},
             {"liarwhd", 585.0 * SIZE}};

enum { KNOWN = sizeof(Known) / sizeof(Known[0]) };

/* Their smallest sizes, where most ranks own nothing, or no data */
START_TEST(empty_ranks_agree_with_one)
{
  const char *const more[] = {"lj", "robust", "network"};

  AssertRanksAgree(_i < KNOWN ? Known[_i].name : more[_i - KNOWN], 1);
}
END_TEST

START_TEST(start_has_the_known_value)
{
  PetscReal fig[2][3];

  ckm_ok(Figures(PETSC_COMM_WORLD, Known[_i].name, SIZE, fig));
  ckm_assert_near(fig[0][0], Known[_i].f, 1e-13 * PetscAbsReal(Known[_i].f));
}
END_TEST

START_TEST(f_and_g_alone_or_together)
{
  Point     p;
  PetscReal f, fboth;
  PetscBool same;

  ckm_ok(PointCreate(ProblemInfos[_i].name, SIZE, 1, &p));
  ckm_ok(p.prob->objgrad(p.prob, p.x, &f, NULL));
  ckm_ok(p.prob->objgrad(p.prob, p.x, NULL, p.g));
  ckm_ok(p.prob->objgrad(p.prob, p.x, &fboth, p.gy));
  ckm_assert_near(f, fboth, 0.0);
  ckm_ok(VecEqual(p.g, p.gy, &same));
  ckm_assert(same);
  ckm_ok(PointDestroy(&p));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *tcase    = ckm_tcase(suite, "problems");
  int    problems = 0;

  while (ProblemInfos[problems].name) problems++;
  tcase_add_unchecked_fixture(tcase, SetUp, TearDown);
  tcase_add_loop_test(tcase, gradient_is_that_of_f, 0, 2 * problems);
  tcase_add_loop_test(tcase, hessian_is_that_of_g, 0, 2 * problems);
  tcase_add_loop_test(tcase, hessian_is_symmetric, 0, 2 * problems);
  tcase_add_loop_test(tcase, ranks_agree_with_one, 0, problems);
  tcase_add_loop_test(tcase, empty_ranks_agree_with_one, 0, KNOWN + 3);
  tcase_add_loop_test(tcase, start_has_the_known_value, 0, KNOWN);
  tcase_add_loop_test(tcase, f_and_g_alone_or_together, 0, problems);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "problems", AddTests);
}
