/* SPDX-License-Identifier: BSD-2-Clause
   Counts the global reductions of a program, those inside PETSc too. */
#ifndef TRUSTNCG_REDUCTIONS_H
#define TRUSTNCG_REDUCTIONS_H

/* Calls of MPI_Allreduce and MPI_Iallreduce on this rank so far, whoever made them */
extern long ReductionCount(void);

#endif
