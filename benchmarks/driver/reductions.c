/* SPDX-License-Identifier: BSD-2-Clause
   Counts the global reductions of a program, and the time of slow ones, by the profiling interface
   of MPI. */
#include "driver/reductions.h"
#include <mpi.h>
#include <time.h>

/* What libpetsc calls must be visible to it, though the program hides its symbols. */
#define VISIBLE __attribute__((visibility("default")))

/* The names in parentheses, for PETSc has macros of the same names that count for its log. */
extern VISIBLE int(MPI_Allreduce)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);
extern VISIBLE int(MPI_Iallreduce)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm,
                                   MPI_Request *);
extern VISIBLE int(MPI_Wait)(MPI_Request *, MPI_Status *);

enum { UNDERWAY = 16 };

static long        reductions = 0;
static double      latency    = 0.0;
static double      waited     = 0.0;
static MPI_Request requests[UNDERWAY]; /* those under way, and when they may end */
static double      ends[UNDERWAY];
static int         underway = 0;

long ReductionCount(void)
{
  return reductions;
}

void ReductionSetLatency(double seconds)
{
  latency = seconds;
}

double ReductionTime(void)
{
  struct timespec time;

  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec + waited;
}

static void WaitUntil(double end)
{
  const double now = ReductionTime();

  if (now < end) waited += end - now;
}

int(MPI_Allreduce)(const void *in, void *out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
  const double end = latency > 0.0 ? ReductionTime() + latency : 0.0;
  const int    rc  = PMPI_Allreduce(in, out, n, type, op, comm);

  reductions++;
  if (end > 0.0) WaitUntil(end);
  return rc;
}

int(MPI_Iallreduce)(const void *in, void *out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                    MPI_Request *request)
{
  const double end = latency > 0.0 ? ReductionTime() + latency : 0.0;
  const int    rc  = PMPI_Iallreduce(in, out, n, type, op, comm, request);

  reductions++;
  if (end > 0.0 && underway < UNDERWAY) {
    requests[underway] = *request;
    ends[underway++]   = end;
  }
  return rc;
}

int(MPI_Wait)(MPI_Request *request, MPI_Status *status)
{
  const MPI_Request ended = *request;
  const int         rc    = PMPI_Wait(request, status);

  for (int k = 0; k < underway; k++) {
    if (requests[k] != ended) continue;
    WaitUntil(ends[k]);
    requests[k] = requests[--underway];
    ends[k]     = ends[underway];
    break;
  }
  return rc;
}
