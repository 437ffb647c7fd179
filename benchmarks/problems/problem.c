/* SPDX-License-Identifier: BSD-2-Clause
   The list of problems, and what all of them share. */
#include "problem.h"

#define PROBLEMS(P)                                                                                \
  P(Torsion, "torsion", 40000, "elastic-plastic torsion without bounds, MINPACK-2, DMDA")          \
  P(MinSurf, "minsurf", 40000, "minimal surface (Enneper boundary), MINPACK-2, DMDA")              \
  P(Composites, "composites", 40000, "optimal design with composite materials, MINPACK-2, DMDA")   \
  P(Combustion, "combustion", 40000, "steady-state combustion, MINPACK-2, DMDA")                   \
  P(BratuLS, "bratuls", 10000, "Bratu's equation, least squares of the residual, DMDA")            \
  P(GinzburgLandau, "gl2", 40000, "2-D Ginzburg-Landau superconductivity, MINPACK-2, DMDA")        \
  P(Catenoid, "catenoid", 10000, "least area between two rings, unstructured triangles, DMPlex")   \
  P(Rosenbrock, "rosenbrock", 10000, "extended Rosenbrock, More-Garbow-Hillstrom 21")              \
  P(ChainedRosenbrock, "chained", 1000, "chained Rosenbrock, Toint (1978)")                        \
  P(Tridia, "tridia", 30000, "TRIDIA, CUTE: a convex tridiagonal quadratic")                       \
  P(Broydn3d, "broydn3d", 10000, "BROYDN3D, CUTE: Broyden tridiagonal least squares")              \
  P(DixmaanL, "dixmaanl", 3000, "DIXMAANL, CUTE: Dixon-Maany family")                              \
  P(Genrose, "genrose", 500, "GENROSE, CUTE: generalised Rosenbrock")                              \
  P(Arwhead, "arwhead", 5000, "ARWHEAD, CUTE: an arrowhead quartic")                               \
  P(Broydn7d, "broydn7d", 5000, "BROYDN7D, CUTE: Broyden with a far band, powers 7/3")             \
  P(Chainwoo, "chainwoo", 4000, "CHAINWOO, CUTE: chained Wood functions")                          \
  P(Cosine, "cosine", 10000, "COSINE, CUTE: cosines of x_i^2 - x_{i+1}/2")                         \
  P(Curly10, "curly10", 1000, "CURLY10, CUTE: double wells of sums of 11 neighbours")              \
  P(DixmaanA, "dixmaana", 3000, "DIXMAANA, CUTE: Dixon-Maany family")                              \
  P(DixmaanF, "dixmaanf", 3000, "DIXMAANF, CUTE: Dixon-Maany family")                              \
  P(DixmaanJ, "dixmaanj", 3000, "DIXMAANJ, CUTE: Dixon-Maany family")                              \
  P(Fletchcr, "fletchcr", 1000, "FLETCHCR, CUTE: chained Rosenbrock from zero")                    \
  P(Genhumps, "genhumps", 5000, "GENHUMPS, CUTE: a quadratic with many humps")                     \
  P(Nondquar, "nondquar", 5000, "NONDQUAR, CUTE: arrowhead quartic, singular")                     \
  P(Powellsg, "powellsg", 5000, "POWELLSG, CUTE: extended Powell singular")                        \
  P(Woods, "woods", 4000, "WOODS, CUTE: extended Wood functions")                                  \
  P(Tquartic, "tquartic", 5000, "TQUARTIC, CUTE: an arrowhead quartic")                            \
  P(FMinSurf, "fminsurf", 5625, "FMINSURF, CUTE: minimal surface, free boundary, DMDA")            \
  P(MoreBV, "morebv", 1000, "MOREBV, CUTE: a boundary value problem, least squares")               \
  P(NCB20, "ncb20", 5010, "NCB20, CUTE: a nonconvex band of 20")                                   \
  P(Noncvxu2, "noncvxu2", 5000, "NONCVXU2, CUTE: nonconvex, many minimisers")                      \
  P(Penalty1, "penalty1", 1000, "PENALTY1, CUTE: dense, nearly singular")                          \
  P(Sinquad, "sinquad", 5000, "SINQUAD, CUTE: an arrow, singular at the solution")                 \
  P(Sparsqur, "sparsqur", 10000, "SPARSQUR, CUTE: a sparse convex quartic, singular")              \
  P(Spmsrtls, "spmsrtls", 4999, "SPMSRTLS, CUTE: tridiagonal matrix square root")                  \
  P(Vareigvl, "vareigvl", 5000, "VAREIGVL, CUTE: a variational eigenvalue")                        \
  P(EigenALS, "eigenals", 2550, "EIGENALS, CUTE: eigenvectors of a diagonal matrix, dense")        \
  P(EigenBLS, "eigenbls", 2550, "EIGENBLS, CUTE: eigenvectors of the matrix (-1, 2, -1), dense")   \
  P(Freuroth, "freuroth", 5000, "FREUROTH, CUTE: extended Freudenstein and Roth")                  \
  P(Liarwhd, "liarwhd", 5000, "LIARWHD, CUTE: an arrow of quartics")                               \
  P(Logistic, "logistic", 7850, "multinomial logistic regression, Fashion-MNIST or a LIBSVM file") \
  P(LennardJones, "lj", 3000,                                                                      \
    "Lennard-Jones cluster of n/3 atoms, all pairs, Hoare and Pal (1971)")                         \
  P(Robust, "robust", 2000,                                                                        \
    "robust regression, pseudo-Huber loss, 10 n sparse rows with outliers")                        \
  P(Network, "network", 12730, "neural network of one hidden layer, data as for logistic")         \
  P(TVDeblur, "tvdeblur", 65536, "total-variation deblurring of a photograph, DMDA")               \
  P(Elastic, "elastic", 22932, "a neo-Hookean bar bent far, trilinear hexahedra, 3-D DMDA")        \
  P(Inverse, "inverse", 4096, "log-transmissivity from heads in wells, by adjoints, 2-D DMDA")     \
  P(Saddle, "saddle", 1000, "x^4 - y^2 + y^4 from its saddle point, n/2 copies")                   \
  P(Monkey, "monkey", 1000, "a monkey saddle held by a quartic, from its centre, n/2 copies")

#define DECLARE(Create, name, n, what)                                                             \
  extern PetscErrorCode ProblemCreate_##Create(Problem, PetscInt);
PROBLEMS(DECLARE)

#define ROW(Create, name, n, what) {name, what, n, ProblemCreate_##Create},
const ProblemInfo ProblemInfos[] = {PROBLEMS(ROW){NULL, NULL, 0, NULL}};

/* On this DM, or on one of its own where that is NULL */
static PetscErrorCode Create(MPI_Comm comm, const char name[], PetscInt n, DM dm, Problem *prob)
{
  const ProblemInfo *info = ProblemInfos;
  PetscBool          same = PETSC_FALSE;

  PetscFunctionBegin;
  for (; info->name; info++) {
    PetscCall(PetscStrcmp(name, info->name, &same));
    if (same) break;
  }
  PetscCheck(same, comm, PETSC_ERR_ARG_UNKNOWN_TYPE,
             "There is no problem '%s': -problem list prints the names", name);
  PetscCall(PetscNew(prob));
  (*prob)->comm  = comm;
  (*prob)->name  = info->name;
  (*prob)->fstar = PETSC_INFINITY;
  (*prob)->dm    = dm;
  PetscCall(PetscObjectReference((PetscObject)dm));
  PetscCall(info->create(*prob, n > 0 ? n : info->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. n <= 0 takes the problem's default size. */
PetscErrorCode ProblemCreate(MPI_Comm comm, const char name[], PetscInt n, Problem *prob)
{
  PetscFunctionBegin;
  PetscCall(Create(comm, name, n, NULL, prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemOn(Problem prob, Vec x, Problem *on)
{
  PetscInt n;
  DM       dm;

  PetscFunctionBegin;
  PetscCall(VecGetDM(x, &dm));
  while (dm && prob->dm != dm && prob->coarser) prob = prob->coarser;
  if (dm && prob->dm != dm) {
    PetscCall(VecGetSize(x, &n));
    PetscCall(Create(prob->comm, prob->name, n, dm, &prob->coarser));
    prob = prob->coarser;
    PetscCheck(prob->dm == dm && prob->N == n, prob->comm, PETSC_ERR_SUP,
               "The problem '%s' knows no other grid than its own", prob->name);
  }
  *on = prob;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemAgreeOnError(MPI_Comm comm, char message[PROBLEM_MESSAGE], const char hint[])
{
  PetscMPIInt rank, size, mine, first;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  mine = message[0] ? rank : size;
  PetscCallMPI(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first < size) PetscCallMPI(MPI_Bcast(message, PROBLEM_MESSAGE, MPI_CHAR, first, comm));
  PetscCheck(first == size, comm, PETSC_ERR_FILE_READ, "%s%s", message, hint);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemStartsAtSaddle(PetscBool *saddle)
{
  PetscFunctionBegin;
  *saddle = PETSC_FALSE;
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-problem_saddle", saddle, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective */
PetscErrorCode ProblemDestroy(Problem *prob)
{
  PetscFunctionBegin;
  if (!*prob) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ProblemDestroy(&(*prob)->coarser));
  if ((*prob)->destroy) PetscCall((*prob)->destroy(*prob));
  PetscCall(VecDestroy(&(*prob)->x));
  PetscCall(DMDestroy(&(*prob)->dm));
  PetscCall(PetscFree(*prob));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode ProblemListView(PetscViewer viewer)
{
  PetscFunctionBegin;
  for (const ProblemInfo *info = ProblemInfos; info->name; info++) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "%-12s n = %-7" PetscInt_FMT " %s\n", info->name,
                                     info->n, info->what));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
