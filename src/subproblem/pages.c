/* SPDX-License-Identifier: BSD-2-Clause
   Large pages for the vectors of CG: out of cache its loops are at the memory's bound, and an entry
   of the page table for 2 MB instead of 4 KB leaves them more of it. Linux gives them to who asks;
   what the system refuses changes nothing. */
#define _DEFAULT_SOURCE /* madvise() */
#include "subproblem/sweep.h"
#if defined(__linux__)
#include <linux/mman.h> /* MADV_COLLAPSE */
#include <stdint.h>
#include <sys/mman.h>
#endif

#define LARGE 2097152 /* bytes of a large page where they are of the usual size */

/* The pages that lie in these bytes as a whole */
static void AskForLargePages(void *start, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
  const uintptr_t first = ((uintptr_t)start + LARGE - 1) / LARGE * LARGE;
  const uintptr_t last  = ((uintptr_t)start + bytes) / LARGE * LARGE;

  if (last <= first) return;
  if (madvise((void *)first, last - first, MADV_HUGEPAGE)) return;
#if defined(MADV_COLLAPSE)
  (void)madvise((void *)first, last - first, MADV_COLLAPSE); /* also those that are in use */
#endif
#else
  (void)start;
  (void)bytes;
#endif
}

PetscErrorCode SweepVecDuplicate(Vec like, Vec *v)
{
  PetscBool    host;
  PetscInt     n;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(like, v));
  PetscCall(SweepIsHost(*v, &host));
  if (!host) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetLocalSize(*v, &n));
  PetscCall(VecGetArray(*v, &a));
  AskForLargePages(a, (size_t)n * sizeof(PetscScalar));
  PetscCall(VecRestoreArray(*v, &a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
