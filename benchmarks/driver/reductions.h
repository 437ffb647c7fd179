/* SPDX-License-Identifier: BSD-2-Clause
   Counts the global reductions of a program, those inside PETSc too, and what they would
   cost where they are slow. */
#ifndef TRUSTNCG_REDUCTIONS_H
#define TRUSTNCG_REDUCTIONS_H

/* Calls of MPI_Allreduce and MPI_Iallreduce on this rank so far, whoever made them */
extern long ReductionCount(void);

/* Processor seconds of this rank, and with them the seconds that it would have waited so far if
   reductions had the latency below: on an idle machine the time on the wall, as MPI waits awake;
   on a shared one without the time that others had. */
extern double ReductionTime(void);

/* From now on no reduction ends sooner than this many seconds after it began, in the time above:
   emulates a large machine. One that MPI_Iallreduce begins ends in MPI_Wait. */
extern void ReductionSetLatency(double seconds);

#endif
