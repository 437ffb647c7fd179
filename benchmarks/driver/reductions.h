/* SPDX-License-Identifier: BSD-2-Clause
   Counts the global reductions of a program, those inside PETSc too, and can make them slow. */
#ifndef TRUSTNCG_REDUCTIONS_H
#define TRUSTNCG_REDUCTIONS_H

/* Calls of MPI_Allreduce and MPI_Iallreduce on this rank so far, whoever made them */
extern long ReductionCount(void);

/* From now on no reduction ends sooner than this many seconds after it began: emulates the
   latency of a large machine. One that MPI_Iallreduce begins ends in MPI_Wait. */
extern void ReductionSetLatency(double seconds);

#endif
