/* SPDX-License-Identifier: BSD-2-Clause
   The list of problems, and what all of them share. */
#include "problem.h"

#define PROBLEMS(P)                                                                                \
  P(Torsion, "torsion", 40000, "elastic-plastic torsion without bounds, MINPACK-2, DMDA")          \
  P(MinSurf, "minsurf", 40000, "minimal surface (Enneper boundary), MINPACK-2, DMDA")              \
  P(Composites, "composites", 40000, "optimal design with composite materials, MINPACK-2, DMDA")   \
  P(Combustion, "combustion", 40000, "steady-state combustion, MINPACK-2, DMDA")                   \
  P(GinzburgLandau, "gl2", 40000, "2-D Ginzburg-Landau superconductivity, MINPACK-2, DMDA")        \
  P(Rosenbrock, "rosenbrock", 10000, "extended Rosenbrock, More-Garbow-Hillstrom 21")              \
  P(ChainedRosenbrock, "chained", 1000, "chained Rosenbrock, Toint (1978)")                        \
  P(Tridia, "tridia", 30000, "TRIDIA, CUTE: a convex tridiagonal quadratic")                       \
  P(Broydn3d, "broydn3d", 10000, "BROYDN3D, CUTE: Broyden tridiagonal least squares")              \
  P(DixmaanL, "dixmaanl", 3000, "DIXMAANL, CUTE: Dixon-Maany family")                              \
  P(Genrose, "genrose", 500, "GENROSE, CUTE: generalised Rosenbrock")                              \
  P(Logistic, "logistic", 7850, "multinomial logistic regression, Fashion-MNIST or a LIBSVM file") \
  P(Elastic, "elastic", 22932, "a neo-Hookean bar bent far, trilinear hexahedra, 3-D DMDA")        \
  P(Inverse, "inverse", 4096, "log-transmissivity from heads in wells, by adjoints, 2-D DMDA")

#define DECLARE(Create, name, n, what)                                                             \
  extern PetscErrorCode ProblemCreate_##Create(Problem, PetscInt);
PROBLEMS(DECLARE)

#define ROW(Create, name, n, what) {name, what, n, ProblemCreate_##Create},
const ProblemInfo ProblemInfos[] = {PROBLEMS(ROW){NULL, NULL, 0, NULL}};

/* Collective. n <= 0 takes the problem's default size. */
PetscErrorCode ProblemCreate(MPI_Comm comm, const char name[], PetscInt n, Problem *prob)
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
  PetscCall(info->create(*prob, n > 0 ? n : info->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective */
PetscErrorCode ProblemDestroy(Problem *prob)
{
  PetscFunctionBegin;
  if (!*prob) PetscFunctionReturn(PETSC_SUCCESS);
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
