/* SPDX-License-Identifier: BSD-2-Clause
   The file of a checkpoint: its header and its checksum. Plain C, so that a fuzzer can reach it.

   All of the file is words of eight bytes:
     header   CHECKPOINT_HEADER words
     numbers  the solver's own state, see record.h
     vectors  of n words each, whatever rank had them
     entries  where there are any: how many each rank has; then, rank after rank, those of the
              sparse Hessian, and those of the first one */
#ifndef TRUSTNCG_CHECKPOINT_FORMAT_H
#define TRUSTNCG_CHECKPOINT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { CHECKPOINT_WORD = 8, CHECKPOINT_HEADER = 16, CHECKPOINT_NUMBERS_MOST = 4096 };

typedef struct {
  int64_t  intsize, scalarsize; /* bytes of the program's integers and scalars */
  int64_t  order;               /* how the unknowns are numbered, for the caller to tell */
  int64_t  ranks;               /* that wrote it */
  int64_t  n;                   /* unknowns */
  int64_t  numbers, vectors, entries;
  uint64_t sum; /* CheckpointSum() of all words, with 0 in the place of this one */
} CheckpointHeader;

/* Words in the file; 0 where the header makes no sense. */
extern uint64_t CheckpointWords(const CheckpointHeader *header);
/* The first word of the vectors, and of the entries */
extern uint64_t CheckpointVectors(const CheckpointHeader *header);
extern uint64_t CheckpointEntries(const CheckpointHeader *header);

extern void CheckpointFormat(const CheckpointHeader *header, uint64_t words[CHECKPOINT_HEADER]);
/* Reads the header from the first `length` bytes of a file of `filesize` bytes. Returns 0, or 1
   with the reason in message[size]: what it allows is safe to allocate for and to read. */
extern int CheckpointParse(const void *bytes, size_t length, uint64_t filesize,
                           CheckpointHeader *header, char message[], size_t size);

/* The part of words[n] in the checksum, `first` being the number of words[0] in the file. The
   parts add up, in any order. */
extern uint64_t CheckpointSum(const void *words, size_t n, uint64_t first);
/* True where all of words[n] are finite numbers. */
extern int CheckpointFinite(const void *words, size_t n);

#endif
