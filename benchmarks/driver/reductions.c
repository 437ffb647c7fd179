/* SPDX-License-Identifier: BSD-2-Clause
   Counts the global reductions of a program, by the profiling interface of MPI. */
#include "driver/reductions.h"
#include <mpi.h>

/* What libpetsc calls must be visible to it, though the program hides its symbols. */
#define VISIBLE __attribute__((visibility("default")))

/* The names in parentheses, for PETSc has macros of the same names that count for its log. */
extern VISIBLE int(MPI_Allreduce)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);
extern VISIBLE int(MPI_Iallreduce)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm,
                                   MPI_Request *);

static long reductions = 0;

long ReductionCount(void)
{
  return reductions;
}

int(MPI_Allreduce)(const void *in, void *out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
  reductions++;
  return PMPI_Allreduce(in, out, n, type, op, comm);
}

int(MPI_Iallreduce)(const void *in, void *out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                    MPI_Request *request)
{
  reductions++;
  return PMPI_Iallreduce(in, out, n, type, op, comm, request);
}
