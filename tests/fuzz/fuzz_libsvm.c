/* SPDX-License-Identifier: BSD-2-Clause
   The reader of LIBSVM files on any bytes: what it accepts is a table in good order. */
#include "fuzz.h"
#include "libsvm.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void CheckTable(const LibsvmTable *table)
{
  if (table->rows == 0 || table->start[0] != 0 || table->columns < 0) abort();
  for (size_t row = 0; row < table->rows; row++) {
    if (table->start[row] > table->start[row + 1]) abort();
    for (size_t k = table->start[row]; k < table->start[row + 1]; k++) {
      if (table->column[k] < 0 || table->column[k] >= table->columns) abort();
      if (k > table->start[row] && table->column[k] <= table->column[k - 1]) abort();
      if (!isfinite(table->value[k])) abort();
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char        message[256] = "";
  LibsvmTable table;

  if (LibsvmParse("fuzz", (const char *)data, size, &table, message, sizeof(message))) {
    if (!memchr(message, 0, sizeof(message)) || strncmp(message, "fuzz:", 5) != 0) abort();
    if (table.rows || table.start || table.value) abort();
  } else CheckTable(&table);
  LibsvmFree(&table);
  return 0;
}
