/* SPDX-License-Identifier: BSD-2-Clause
   Meshes without order: the colours of their Hessians, and that a solve uses what PETSc knows of
   them, or what an assembled Hessian shows. */
#include "files.h"
#include "solve.h"
#include "precond/acyclic.h"
#include "precond/pattern.h"
#include <petscdmplex.h>
#include <petscdmstag.h>

/* Neighbours of a node of a mesh: triangles between the nodes of a square, tetrahedra between those
   of a cube */
typedef struct {
  PetscInt side, dim, fields;
} Mesh;

static PetscInt Nodes(const Mesh *mesh)
{
  return mesh->dim == 2 ? mesh->side * mesh->side : mesh->side * mesh->side * mesh->side;
}

/* Symmetric, and positive definite as a whole */
static PetscErrorCode Couple(Mat A, const Mesh *mesh, PetscInt a, PetscInt b)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(A, &lo, &hi));
  for (PetscInt c = 0; c < mesh->fields; c++) {
    for (PetscInt d = 0; d < mesh->fields; d++) {
      const PetscInt  i = a * mesh->fields + c, j = b * mesh->fields + d;
      const PetscReal value = i == j ? 20.0 * mesh->fields : -1.0 / (1.0 + (i + j) % 5);

      if (i >= lo && i < hi) PetscCall(MatSetValue(A, i, j, value, INSERT_VALUES));
      if (j >= lo && j < hi) PetscCall(MatSetValue(A, j, i, value, INSERT_VALUES));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateMatrix(const Mesh *mesh, Mat *A)
{
  const PetscInt side = mesh->side, deep = mesh->dim == 2 ? 1 : side;

  PetscFunctionBegin;
  PetscCall(MatCreate(PETSC_COMM_WORLD, A));
  PetscCall(MatSetSizes(*A, PETSC_DECIDE, PETSC_DECIDE, Nodes(mesh) * mesh->fields,
                        Nodes(mesh) * mesh->fields));
  PetscCall(MatSetBlockSize(*A, mesh->fields));
  PetscCall(MatSetType(*A, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(*A, 15 * mesh->fields, NULL));
  PetscCall(MatMPIAIJSetPreallocation(*A, 15 * mesh->fields, NULL, 15 * mesh->fields, NULL));
  for (PetscInt k = 0; k < Nodes(mesh); k++) {
    const PetscInt x = k % side, y = k / side % side, z = k / side / side;

    for (PetscInt corner = 0; corner < 8; corner++) { /* of the box at this node */
      const PetscInt i = corner & 1, j = corner >> 1 & 1, l = corner >> 2;

      if (x + i >= side || y + j >= side || z + l >= deep) continue;
      PetscCall(Couple(*A, mesh, k, k + i + side * (j + side * l)));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far a matrix from products with these colours, made with the help of its symmetry, is from A;
   infinite where they do not tell all of it. */
static PetscErrorCode ProbedError(Mat A, ISColoring coloring, PetscInt fields, PetscReal *error)
{
  const PetscReal unit[3] = {1.0, 1.0, 1.0};
  PetscInt        products;
  Vec             x;
  Mat             P;
  TrustNCGProbes  probes;

  PetscFunctionBegin;
  *error = PETSC_INFINITY;
  PetscCall(MatCreateVecs(A, &x, NULL));
  PetscCall(MatDuplicate(A, MAT_DO_NOT_COPY_VALUES, &P));
  PetscCall(TrustNCGProbesCreate(P, coloring, PETSC_TRUE, &probes));
  if (probes) {
    PetscCall(TrustNCGProbesApply(probes, A, x, fields, unit, P, NULL, NULL, &products));
    PetscCall(MatAXPY(P, -1.0, A, SAME_NONZERO_PATTERN));
    PetscCall(MatNorm(P, NORM_FROBENIUS, error));
    PetscCall(TrustNCGProbesDestroy(&probes));
  }
  PetscCall(MatDestroy(&P));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With the most colours that they may take on one rank, and on many */
static const struct {
  Mesh     mesh;
  PetscInt one, many;
} Meshes[] = {{{20, 2, 1}, 4, 9},  {{13, 2, 2}, 8, 18}, {{8, 3, 1}, 9, 22},
              {{6, 3, 3}, 24, 66}, {{2, 2, 1}, 3, 4},   {{3, 2, 3}, 12, 21}};

START_TEST(acyclic_colours_tell_a_symmetric_matrix)
{
  const PetscInt fields = Meshes[_i].mesh.fields;
  PetscMPIInt    ranks;
  PetscReal      error;
  PetscInt       colors;
  Mat            A;
  ISColoring     coloring;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(CreateMatrix(&Meshes[_i].mesh, &A));
  ckm_ok(TrustNCGAcyclicColor(A, 100, &coloring));
  ckm_assert(coloring != NULL);
  ckm_ok(ISColoringGetColors(coloring, NULL, &colors, NULL));
  ckm_assert(colors <= (ranks > 1 ? Meshes[_i].many : Meshes[_i].one));
  ckm_ok(ProbedError(A, coloring, fields, &error));
  ckm_assert_near(error, 0.0, 1e-10);
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(MatDestroy(&A));
}
END_TEST

START_TEST(no_more_colours_are_made_than_may_be)
{
  Mat        A;
  ISColoring coloring;

  ckm_ok(CreateMatrix(&Meshes[_i].mesh, &A));
  ckm_ok(TrustNCGAcyclicColor(A, Meshes[_i].mesh.fields * 2, &coloring));
  ckm_assert(!coloring);
  ckm_ok(MatDestroy(&A));
}
END_TEST

/* Each unknown is coupled with itself, so many before it and so many after it. */
static PetscErrorCode CreateBand(PetscInt n, PetscInt before, PetscInt after, Mat *A)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 3, NULL, 2, NULL, A));
  PetscCall(MatGetOwnershipRange(*A, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    for (PetscInt j = PetscMax(0, i - before); j <= PetscMin(n - 1, i + after); j++) {
      PetscCall(MatSetValue(*A, i, j, 1.0, INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Entries on one side of the diagonal have no mirror. */
START_TEST(a_pattern_that_is_not_symmetric_has_no_such_colours)
{
  Mat        A;
  ISColoring coloring;

  ckm_ok(CreateBand(20, _i, 1 - _i, &A));
  ckm_ok(TrustNCGAcyclicColor(A, 20, &coloring));
  ckm_assert(!coloring);
  ckm_ok(MatDestroy(&A));
}
END_TEST

/* Errors add up along a tree: so a chain as long as this is not one, as two colours would make it. */
START_TEST(a_long_chain_takes_a_third_colour)
{
  PetscMPIInt ranks;
  Mat         A;
  ISColoring  coloring;

  ckm_ok(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  ckm_ok(CreateBand(_i ? 1000 : 40, 1, 1, &A));
  ckm_ok(TrustNCGAcyclicColor(A, 2, &coloring));
  ckm_assert(ranks > 1 || (coloring != NULL) == (_i == 0));
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(TrustNCGAcyclicColor(A, 4, &coloring));
  ckm_assert(coloring != NULL);
  ckm_ok(ISColoringDestroy(&coloring));
  ckm_ok(MatDestroy(&A));
}
END_TEST

START_TEST(auto_knows_the_pattern_of_an_unstructured_mesh)
{
  Run       run;
  PetscBool says;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "catenoid", 900, _i ? HV_USER : HV_FD, PETSC_FALSE, &run));
  ckm_ok(TaoSolve(run.tao));
  RunHasConverged(&run, 60);
  ckm_ok(RunSays(&run, "sparse (auto: a pattern of the Hessian is known)", &says));
  ckm_assert(says);
  ckm_ok(RunSays(&run, "from the graph and its symmetry", &says));
  ckm_assert(says);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* Two unknowns at a node, and on a staggered grid one in a cell */
static PetscErrorCode CreateDM(PetscBool staggered, DM *dm)
{
  PetscSection section;
  PetscInt     first, last, start, end;

  PetscFunctionBegin;
  if (staggered) {
    PetscCall(DMStagCreate2d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, 8, 9,
                             PETSC_DECIDE, PETSC_DECIDE, 2, 0, 1, DMSTAG_STENCIL_BOX, 1, NULL, NULL,
                             dm));
    PetscCall(DMSetUp(*dm));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(DMPlexCreateBoxMesh(PETSC_COMM_WORLD, 2, PETSC_FALSE, (PetscInt[]){8, 9}, NULL, NULL,
                                NULL, PETSC_TRUE, dm));
  PetscCall(DMPlexGetDepthStratum(*dm, 0, &first, &last));
  PetscCall(DMPlexGetChart(*dm, &start, &end));
  PetscCall(PetscSectionCreate(PETSC_COMM_WORLD, &section));
  PetscCall(PetscSectionSetChart(section, start, end));
  for (PetscInt p = first; p < last; p++) PetscCall(PetscSectionSetDof(section, p, 2));
  PetscCall(PetscSectionSetUp(section));
  PetscCall(DMSetLocalSection(*dm, section));
  PetscCall(PetscSectionDestroy(&section));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A matrix of the DM with entries: positive definite */
static PetscErrorCode CreateFull(DM dm, Mat *A)
{
  PetscInt lo, hi;
  Mat      empty;

  PetscFunctionBegin;
  PetscCall(DMCreateMatrix(dm, &empty));
  PetscCall(MatDuplicate(empty, MAT_DO_NOT_COPY_VALUES, A));
  PetscCall(MatGetOwnershipRange(empty, &lo, &hi));
  for (PetscInt i = lo; i < hi; i++) {
    const PetscInt *column;
    PetscInt        n;

    PetscCall(MatGetRow(empty, i, &n, &column, NULL));
    for (PetscInt k = 0; k < n; k++) {
      PetscCall(MatSetValue(*A, i, column[k], column[k] == i ? 2.0 * n : -1.0, INSERT_VALUES));
    }
    PetscCall(MatRestoreRow(empty, i, &n, &column, NULL));
  }
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatDestroy(&empty));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f = x'Ax/2 + sum x^4/4 - sum x; ctx is A */
static PetscErrorCode Quartic(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  PetscScalar xAx, sum, quartic;
  Vec         w;

  PetscFunctionBegin;
  (void)tao;
  PetscCall(VecDuplicate(x, &w));
  PetscCall(MatMult((Mat)ctx, x, g));
  PetscCall(VecDot(x, g, &xAx));
  PetscCall(VecSum(x, &sum));
  PetscCall(VecPointwiseMult(w, x, x));
  PetscCall(VecDot(w, w, &quartic));
  PetscCall(VecPointwiseMult(w, w, x));
  PetscCall(VecAXPY(g, 1.0, w));
  PetscCall(VecShift(g, -1.0));
  *f = PetscRealPart(xAx / 2.0 + quartic / 4.0 - sum);
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A + 3 diag(x^2), in a Mat that has no entries before the first call */
static PetscErrorCode QuarticHessian(Tao tao, Vec x, Mat H, Mat P, void *ctx)
{
  PetscInt           lo, hi;
  PetscBool          half;
  const PetscScalar *at;

  PetscFunctionBegin;
  (void)tao;
  (void)H;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)P, &half, MATSEQSBAIJ, MATMPISBAIJ, ""));
  PetscCall(MatGetOwnershipRange((Mat)ctx, &lo, &hi));
  PetscCall(VecGetArrayRead(x, &at));
  for (PetscInt i = lo; i < hi; i++) {
    const PetscInt    *column;
    const PetscScalar *value;
    PetscInt           n;

    PetscCall(MatGetRow((Mat)ctx, i, &n, &column, &value));
    for (PetscInt k = 0; k < n; k++) {
      const PetscScalar more = column[k] == i ? 3.0 * at[i - lo] * at[i - lo] : 0.0;

      if (half && column[k] < i) continue;
      PetscCall(MatSetValue(P, i, column[k], value[k] + more, INSERT_VALUES));
    }
    PetscCall(MatRestoreRow((Mat)ctx, i, &n, &column, &value));
  }
  PetscCall(VecRestoreArrayRead(x, &at));
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateTao(Vec x, Mat A, Tao *tao)
{
  PetscFunctionBegin;
  PetscCall(TaoCreate(PETSC_COMM_WORLD, tao));
  PetscCall(TaoSetType(*tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(*tao, x));
  PetscCall(TaoSetObjectiveAndGradient(*tao, NULL, Quartic, A));
  PetscCall(TaoSetTolerances(*tao, 0.0, 0.0, 1e-8));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Converges(Tao tao)
{
  TaoConvergedReason reason;

  ckm_ok(TaoSolve(tao));
  ckm_ok(TaoGetConvergedReason(tao, &reason));
  ckm_assert(reason > 0);
}

/* Is it the sparse Hessian that preconditions? */
static PetscErrorCode IsSparse(Tao tao, PetscBool *is)
{
  Run run = {.tao = tao};

  PetscFunctionBegin;
  PetscCall(RunSays(&run, "sparse (auto: a pattern of the Hessian is known)", is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

START_TEST(auto_knows_the_patterns_of_other_dms)
{
  DM        dm;
  Mat       A;
  Vec       x;
  Tao       tao;
  PetscBool is;

  ckm_ok(CreateDM((PetscBool)_i, &dm));
  ckm_ok(CreateFull(dm, &A));
  ckm_ok(DMCreateGlobalVector(dm, &x));
  ckm_ok(CreateTao(x, A, &tao));
  Converges(tao);
  ckm_ok(IsSparse(tao, &is));
  ckm_assert(is);
  ckm_ok(TaoDestroy(&tao));
  ckm_ok(VecDestroy(&x));
  ckm_ok(MatDestroy(&A));
  ckm_ok(DMDestroy(&dm));
}
END_TEST

/* As a program without matrices may want its DM: what it makes stays as it was. */
START_TEST(a_dm_may_make_matrices_of_any_type)
{
  Run       run;
  MatType   type;
  PetscBool is, same;

  ckm_ok(RunCreate(PETSC_COMM_WORLD, "minsurf", 400, HV_USER, PETSC_FALSE, &run));
  ckm_ok(DMSetMatType(run.prob->dm, MATSHELL));
  ckm_ok(TaoSolve(run.tao));
  RunHasConverged(&run, 60);
  ckm_ok(IsSparse(run.tao, &is));
  ckm_assert(is);
  ckm_ok(DMGetMatType(run.prob->dm, &type));
  ckm_ok(PetscStrcmp(type, MATSHELL, &same));
  ckm_assert(same);
  ckm_ok(RunDestroy(&run));
}
END_TEST

/* A program with an assembled Hessian and no DM */
typedef struct {
  Mat A, H;
  Vec x;
  Tao tao;
} Assembled;

static PetscErrorCode AssembledCreate(const Mesh *mesh, MatType type, Assembled *all)
{
  PetscInt m, M;

  PetscFunctionBegin;
  PetscCall(CreateMatrix(mesh, &all->A));
  PetscCall(MatCreateVecs(all->A, &all->x, NULL));
  PetscCall(MatGetLocalSize(all->A, &m, NULL));
  PetscCall(MatGetSize(all->A, &M, NULL));
  PetscCall(MatCreate(PETSC_COMM_WORLD, &all->H));
  PetscCall(MatSetSizes(all->H, m, m, M, M));
  PetscCall(MatSetType(all->H, type));
  PetscCall(MatSetUp(all->H));
  PetscCall(MatSetOption(all->H, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  PetscCall(CreateTao(all->x, all->A, &all->tao));
  PetscCall(TaoSetHessian(all->tao, all->H, all->H, QuarticHessian, all->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AssembledDestroy(Assembled *all)
{
  PetscFunctionBegin;
  PetscCall(TaoDestroy(&all->tao));
  PetscCall(VecDestroy(&all->x));
  PetscCall(MatDestroy(&all->H));
  PetscCall(MatDestroy(&all->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const MatType Types[] = {MATAIJ, MATBAIJ, MATSBAIJ};

START_TEST(auto_sees_the_pattern_of_an_assembled_hessian)
{
  const Mesh        mesh = {12, 2, 1};
  Assembled         all;
  TaoTrustNCGLedger ledger;
  PetscBool         is;

  ckm_ok(AssembledCreate(&mesh, Types[_i], &all));
  Converges(all.tao);
  ckm_ok(IsSparse(all.tao, &is));
  ckm_assert(is);
  ckm_ok(TaoTrustNCGGetLedger(all.tao, &ledger));
  ckm_assert(ledger.nhv_matrix > 0 && ledger.nhv_fd == 0);
  ckm_ok(AssembledDestroy(&all));
}
END_TEST

/* It is asked for before there is an entry. */
START_TEST(an_assembled_hessian_serves_where_sparse_is_asked_for)
{
  const Mesh mesh = {6, 3, 1};
  Assembled  all;

  ckm_ok(AssembledCreate(&mesh, MATAIJ, &all));
  ckm_ok(TaoTrustNCGSetPrecondType(all.tao, TAO_TRUSTNCG_PRECOND_SPARSE));
  Converges(all.tao);
  ckm_ok(AssembledDestroy(&all));
}
END_TEST

/* More entries in a row than auto takes without being asked */
START_TEST(auto_leaves_a_pattern_with_too_many_entries)
{
  const Mesh mesh = {3, 3, 15};
  Run        run;
  Assembled  all;
  PetscBool  says;

  ckm_ok(AssembledCreate(&mesh, MATAIJ, &all));
  Converges(all.tao);
  run.tao = all.tao;
  ckm_ok(RunSays(&run,
                 "pairs (auto: no pattern of the Hessian with a diagonal and few entries in a row",
                 &says));
  ckm_assert(says);
  ckm_ok(AssembledDestroy(&all));
}
END_TEST

/* Preconditioners divide by the diagonal. */
START_TEST(a_pattern_without_a_diagonal_is_none)
{
  Mat A, P;
  Vec x;

  ckm_ok(CreateBand(20, 1, -1, &A));
  ckm_ok(MatCreateVecs(A, &x, NULL));
  ckm_ok(TrustNCGPatternCreate(x, A, &P));
  ckm_assert(!P);
  ckm_ok(VecDestroy(&x));
  ckm_ok(MatDestroy(&A));
}
END_TEST

START_TEST(a_pattern_without_a_diagonal_is_an_error_of_who_gave_it)
{
  const Mesh mesh = {4, 2, 1};
  Mat        band;
  Assembled  all;

  ckm_ok(AssembledCreate(&mesh, MATAIJ, &all));
  ckm_ok(CreateBand(16, 1, -1, &band));
  ckm_ok(TaoTrustNCGSetPattern(all.tao, band));
  ckm_fails(TaoSolve(all.tao), PETSC_ERR_ARG_WRONGSTATE, "lacks entries of the diagonal");
  ckm_ok(AssembledDestroy(&all));
  ckm_ok(MatDestroy(&band));
}
END_TEST

/* Stopped after some iterations and started again, where the Hessian shows no pattern yet */
START_TEST(a_restart_finds_the_pattern_of_an_assembled_hessian)
{
  const Mesh mesh = {10, 2, 2};
  char       folder[PETSC_MAX_PATH_LEN], file[PETSC_MAX_PATH_LEN];
  Assembled  all[3] = {{0}};
  PetscBool  same;

  FolderCreate(folder);
  ckm_ok(PetscSNPrintf(file, sizeof(file), "%s/checkpoint", folder));

  for (int k = 0; k < 3; k++) {
    ckm_ok(AssembledCreate(&mesh, MATAIJ, &all[k]));
    if (k == 1) ckm_ok(TaoTrustNCGSetCheckpoint(all[k].tao, file, 0, 0.0));
    if (k == 1) ckm_ok(TaoSetMaximumIterations(all[k].tao, 2));
    if (k == 2) ckm_ok(TaoTrustNCGSetRestart(all[k].tao, file));
    ckm_ok(TaoSolve(all[k].tao));
  }
  ckm_ok(VecEqual(all[0].x, all[2].x, &same));
  ckm_assert(same);
  for (int k = 0; k < 3; k++) ckm_ok(AssembledDestroy(&all[k]));
  if (PetscGlobalRank == 0) {
    (void)unlink(file);
    (void)rmdir(folder);
  }
}
END_TEST

static void Add(Suite *suite)
{
  TCase *tcase = ckm_tcase(suite, "colours");

  PetscCallAbort(PETSC_COMM_WORLD, TrustNCGInitializePackage());
  tcase_add_loop_test(tcase, acyclic_colours_tell_a_symmetric_matrix, 0, 6);
  tcase_add_loop_test(tcase, no_more_colours_are_made_than_may_be, 0, 4);
  tcase_add_loop_test(tcase, a_pattern_that_is_not_symmetric_has_no_such_colours, 0, 2);
  tcase_add_loop_test(tcase, a_long_chain_takes_a_third_colour, 0, 2);
  tcase = ckm_tcase(suite, "meshes");
  tcase_add_loop_test(tcase, auto_knows_the_pattern_of_an_unstructured_mesh, 0, 2);
  tcase_add_loop_test(tcase, auto_knows_the_patterns_of_other_dms, 0, 2);
  tcase_add_test(tcase, a_dm_may_make_matrices_of_any_type);
  tcase = ckm_tcase(suite, "assembled");
  tcase_add_loop_test(tcase, auto_sees_the_pattern_of_an_assembled_hessian, 0, 3);
  tcase_add_test(tcase, an_assembled_hessian_serves_where_sparse_is_asked_for);
  tcase_add_test(tcase, auto_leaves_a_pattern_with_too_many_entries);
  tcase_add_test(tcase, a_pattern_without_a_diagonal_is_none);
  tcase_add_test(tcase, a_pattern_without_a_diagonal_is_an_error_of_who_gave_it);
  tcase_add_test(tcase, a_restart_finds_the_pattern_of_an_assembled_hessian);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "mesh", Add);
}
