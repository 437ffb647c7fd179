/* SPDX-License-Identifier: BSD-2-Clause
   Numbers written to a list of words and read back by the same code. */
#include "checkpoint/record.h"
#include <string.h>

/* The next word, or NULL: then the record is bad. */
static uint64_t *Next(CheckpointRecord *record, const char *name)
{
  if (record->n == record->most && !record->bad) record->bad = name;
  return record->bad ? NULL : &record->words[record->n++];
}

void CheckpointInt(CheckpointRecord *record, int64_t *value, int64_t least, int64_t most,
                   const char *name)
{
  uint64_t *word = Next(record, name);
  int64_t   read;

  if (!word) return;
  if (!record->load) {
    memcpy(word, value, sizeof(*word));
    return;
  }
  memcpy(&read, word, sizeof(read));
  if (read >= least && read <= most) *value = read;
  else record->bad = name;
}

void CheckpointReal(CheckpointRecord *record, double *value, double least, double most,
                    const char *name)
{
  uint64_t *word = Next(record, name);
  double    read;

  if (!word) return;
  if (!record->load) {
    memcpy(word, value, sizeof(*word));
    return;
  }
  memcpy(&read, word, sizeof(read));
  if (read >= least && read <= most) *value = read; /* not so for a NaN */
  else record->bad = name;
}
