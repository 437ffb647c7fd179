/* SPDX-License-Identifier: BSD-2-Clause
   What the memory of this machine gives: the bound of loops over long vectors. */
#ifndef TRUSTNCG_STREAM_H
#define TRUSTNCG_STREAM_H

#include "compat.h"

typedef struct _n_Stream *Stream;

/* Three arrays a rank of `share` times n values each */
extern PetscErrorCode StreamCreate(PetscInt n, PetscInt share, Stream *stream);
extern PetscErrorCode StreamDestroy(Stream *stream);

/* Seconds, for n values, of a = b + s c (STREAM's triad, which also reads the a that it
   overwrites), and of a += s b; the longest of all ranks. */
extern PetscErrorCode StreamTriad(Stream stream, double *seconds);
extern PetscErrorCode StreamUpdate(Stream stream, double *seconds);

#endif
