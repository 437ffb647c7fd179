/* SPDX-License-Identifier: BSD-2-Clause
   Reader of classification data in LIBSVM's text format; plain C, so that a fuzzer can reach it. */
#ifndef TRUSTNCG_LIBSVM_H
#define TRUSTNCG_LIBSVM_H

#include <stddef.h>

/* A line is `label index:value index:value ...  # comment`; blank lines are skipped, CR LF is read
   as LF. The label is a whole number; indices ascend strictly from 1 to 2^31 - 2; values are
   finite decimal numbers, read with a point in every locale. */
typedef struct {
  size_t  rows;    /* samples */
  int     columns; /* the largest index, 0 where no sample has an entry */
  size_t *start;   /* rows + 1: sample i has the entries start[i] ... start[i+1] - 1 */
  int    *label;   /* rows */
  int    *column;  /* of each entry, index - 1 */
  double *value;   /* of each entry */
} LibsvmTable;

/* Both return 0, or 1 with `file:line: reason` in message[size] and the table empty (`file: reason`
   where it cannot be read). They allocate about 12 bytes for each byte of text at most, whatever
   numbers stand in it. The first opens the file;
   the second reads text[length], which needs no closing zero, and names it `file` in messages. */
extern int LibsvmRead(const char *file, LibsvmTable *table, char *message, size_t size);
extern int LibsvmParse(const char *file, const char *text, size_t length, LibsvmTable *table,
                       char *message, size_t size);

extern void LibsvmFree(LibsvmTable *table);

#endif
