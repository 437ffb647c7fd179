/* SPDX-License-Identifier: BSD-2-Clause
   Numbers written to a list of words and read back by the same code: a function that names the
   fields of a state, one after the other, does both. Plain C, so that a fuzzer can reach it. */
#ifndef TRUSTNCG_CHECKPOINT_RECORD_H
#define TRUSTNCG_CHECKPOINT_RECORD_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t   *words;
  size_t      n, most; /* words passed so far; that there are, or that there is room for */
  int         load;    /* fields are read from the words, else written to them */
  const char *bad;     /* the first field that the words do not give within its bounds, or NULL */
} CheckpointRecord;

/* *value, at least `least` and at most `most`; a field that is bad is left as it is. */
extern void CheckpointInt(CheckpointRecord *record, int64_t *value, int64_t least, int64_t most,
                          const char *name);
extern void CheckpointReal(CheckpointRecord *record, double *value, double least, double most,
                           const char *name);

#endif
