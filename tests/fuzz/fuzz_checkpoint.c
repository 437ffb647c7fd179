/* SPDX-License-Identifier: BSD-2-Clause
   The reader of checkpoints on any bytes: what it accepts is as large as it says, and no number
   leaves its bounds. */
#include "checkpoint/format.h"
#include "checkpoint/record.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

/* The numbers as a solver reads them, of every kind, until one is bad. */
static void ReadNumbers(uint64_t *words, size_t n)
{
  CheckpointRecord record = {.words = words, .most = n, .load = 1};

  while (!record.bad) {
    int64_t count = 3;
    double  real  = 0.5;

    CheckpointInt(&record, &count, 0, 10, "count");
    CheckpointReal(&record, &real, 0.0, 1.0, "real");
    if (count < 0 || count > 10 || !(real >= 0.0 && real <= 1.0)) abort();
  }
  if (record.n > n) abort();
}

static void ReadAll(const uint8_t *data, size_t size, const CheckpointHeader *header)
{
  const uint64_t all   = CheckpointWords(header);
  uint64_t      *words = (uint64_t *)malloc(size ? size : 1);

  if (all != size / CHECKPOINT_WORD || CheckpointVectors(header) > CheckpointEntries(header) ||
      CheckpointEntries(header) > all) {
    abort();
  }
  memcpy(words, data, size);
  (void)CheckpointSum(words, (size_t)all, 0);
  (void)CheckpointFinite(words + CheckpointVectors(header),
                         (size_t)(all - CheckpointVectors(header)));
  ReadNumbers(words + CHECKPOINT_HEADER, (size_t)header->numbers);
  free(words);
}

/* What was accepted is accepted again after it was written. */
static void WriteAgain(const CheckpointHeader *header, size_t size)
{
  uint64_t         words[CHECKPOINT_HEADER];
  char             message[256];
  CheckpointHeader again;

  CheckpointFormat(header, words);
  if (CheckpointParse(words, sizeof(words), size, &again, message, sizeof(message))) abort();
  if (memcmp(header, &again, sizeof(again)) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char             message[256] = "";
  CheckpointHeader header;

  if (CheckpointParse(data, size, size, &header, message, sizeof(message))) {
    if (!message[0] || !memchr(message, 0, sizeof(message))) abort();
    return 0;
  }
  ReadAll(data, size, &header);
  WriteAgain(&header, size);
  return 0;
}
