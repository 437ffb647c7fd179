/* SPDX-License-Identifier: BSD-2-Clause
   Reader of classification data in LIBSVM's text format: strict, line after line. */
#include "libsvm.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NUMBER 127
#define LARGEST_INDEX  (INT_MAX - 1)

typedef struct {
  const char *at, *end; /* what is left of the text */
  const char *file;
  size_t      line; /* from 1 */
  char       *message;
  size_t      size; /* of message */
} Cursor;

/* The value is 1: a failure. */
#define Fail(c, format, ...)                                                                       \
  (snprintf((c)->message, (c)->size, "%.255s:%zu: " format, (c)->file, (c)->line, ##__VA_ARGS__), 1)

static void SkipBlanks(Cursor *c)
{
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\t')) c->at++;
}

/* True before a line feed, a carriage return with its line feed, a comment, the end of the text */
static int AtLineEnd(const Cursor *c)
{
  if (c->at == c->end || *c->at == '\n' || *c->at == '#') return 1;
  return *c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n');
}

static void NextLine(Cursor *c)
{
  const char *feed = memchr(c->at, '\n', (size_t)(c->end - c->at));

  c->at = feed ? feed + 1 : c->end;
  c->line++;
}

/* Takes the characters up to the next separator; those that cannot be printed become '?'. */
static int ReadWord(Cursor *c, const char *what, char word[LONGEST_NUMBER + 1])
{
  size_t length = 0;

  for (; c->at < c->end && !strchr(" \t\r\n:#", *c->at); c->at++) {
    if (length == LONGEST_NUMBER) {
      return Fail(c, "%s of more than %d characters", what, LONGEST_NUMBER);
    }
    word[length++] = (char)(*c->at >= ' ' && *c->at <= '~' ? *c->at : '?');
  }
  word[length] = 0;
  return length ? 0 : Fail(c, "%s is missing", what);
}

/* The caller has set the C locale. */
static int ReadNumber(Cursor *c, const char *what, double *number)
{
  char  word[LONGEST_NUMBER + 1];
  char *rest;

  if (ReadWord(c, what, word)) return 1;
  *number = strtod(word, &rest);
  /* strtod also knows hexadecimal numbers, nan and inf */
  if (*rest || word[strspn(word, "0123456789+-.eE")] || !isfinite(*number)) {
    return Fail(c, "%s '%.40s' is not a finite decimal number", what, word);
  }
  return 0;
}

static int ReadLabel(Cursor *c, int *label)
{
  double number;

  if (ReadNumber(c, "label", &number)) return 1;
  if (number != rint(number) || fabs(number) > INT_MAX) {
    return Fail(c, "label %g is not a whole number below 2^31", number);
  }
  if (c->at < c->end && *c->at == ':') return Fail(c, "the line begins without a label");
  *label = (int)number;
  return 0;
}

static int ReadIndex(Cursor *c, int *index)
{
  char word[LONGEST_NUMBER + 1];

  if (ReadWord(c, "index", word)) return 1;
  *index = 0;
  for (const char *digit = word; *digit; digit++) {
    const int d = *digit - '0';

    if (d < 0 || d > 9) return Fail(c, "index '%.40s' is not a whole number from 1", word);
    if (*index > (LARGEST_INDEX - d) / 10) {
      return Fail(c, "index %.40s is above %d", word, LARGEST_INDEX);
    }
    *index = 10 * *index + d;
  }
  if (*index == 0) return Fail(c, "index 0: indices begin with 1");
  if (c->at == c->end || *c->at != ':') return Fail(c, "index %d is not followed by ':'", *index);
  c->at++;
  return 0;
}

/* Appends the entry before the cursor to the row whose last index was *last. */
static int ReadEntry(Cursor *c, LibsvmTable *table, size_t *entries, int *last)
{
  int    index;
  double value;

  if (ReadIndex(c, &index)) return 1;
  if (index <= *last) return Fail(c, "index %d after %d: indices must ascend", index, *last);
  if (ReadNumber(c, "value", &value)) return 1;
  table->column[*entries] = index - 1;
  table->value[*entries]  = value;
  (*entries)++;
  *last = index;
  return 0;
}

static int ReadRow(Cursor *c, LibsvmTable *table, size_t *entries)
{
  int last = 0;

  if (ReadLabel(c, &table->label[table->rows])) return 1;
  for (;;) {
    const char *word_end = c->at;

    SkipBlanks(c);
    if (AtLineEnd(c)) break;
    if (c->at == word_end) {
      return Fail(c, "unexpected %s", *c->at == ':' ? "':'" : "carriage return");
    }
    if (ReadEntry(c, table, entries, &last)) return 1;
  }
  if (table->columns < last) table->columns = last;
  table->start[++table->rows] = *entries;
  return 0;
}

static int ReadRows(Cursor *c, LibsvmTable *table)
{
  size_t entries = 0;

  table->start[0] = 0;
  for (; c->at < c->end; NextLine(c)) {
    SkipBlanks(c);
    if (!AtLineEnd(c) && ReadRow(c, table, &entries)) return 1;
  }
  return table->rows ? 0 : Fail(c, "the file holds no samples");
}

static size_t Count(const char *text, size_t length, char character)
{
  size_t count = 0;

  for (size_t i = 0; i < length; i++) count += text[i] == character;
  return count;
}

/* Every row ends with a line feed, save perhaps the last, and every entry has its colon. */
static int Allocate(Cursor *c, LibsvmTable *table)
{
  const size_t length  = (size_t)(c->end - c->at);
  const size_t rows    = Count(c->at, length, '\n') + 1;
  const size_t entries = Count(c->at, length, ':') + 1;

  table->start  = malloc((rows + 1) * sizeof(*table->start));
  table->label  = malloc(rows * sizeof(*table->label));
  table->column = malloc(entries * sizeof(*table->column));
  table->value  = malloc(entries * sizeof(*table->value));
  if (table->start && table->label && table->column && table->value) return 0;
  return Fail(c, "no memory for %zu samples with %zu entries", rows, entries);
}

static int RefuseZeroBytes(Cursor *c)
{
  const size_t length = (size_t)(c->end - c->at);
  const char  *zero   = length ? memchr(c->at, 0, length) : NULL;

  if (!zero) return 0;
  c->line += Count(c->at, (size_t)(zero - c->at), '\n');
  return Fail(c, "a zero byte: this is not a text file");
}

int LibsvmParse(const char *file, const char *text, size_t length, LibsvmTable *table,
                char *message, size_t size)
{
  Cursor   c       = {text, text + length, file, 1, message, size};
  locale_t numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t callers;
  int      failed;

  memset(table, 0, sizeof(*table));
  if (!numbers) return Fail(&c, "no memory for the C locale");
  callers = uselocale(numbers);
  failed  = RefuseZeroBytes(&c) || Allocate(&c, table) || ReadRows(&c, table);
  uselocale(callers);
  freelocale(numbers);
  if (failed) LibsvmFree(table);
  return failed;
}

/* Reads all of an open file, a pipe as well, into memory that doubles as it fills. */
static int ReadAll(FILE *stream, char **text, size_t *length)
{
  size_t room = 0;

  *text   = NULL;
  *length = 0;
  do {
    char *larger;

    room   = room ? 2 * room : 65536;
    larger = realloc(*text, room);
    if (!larger) return 1;
    *text = larger;
    *length += fread(*text + *length, 1, room - *length, stream);
  } while (*length == room);
  return ferror(stream);
}

int LibsvmRead(const char *file, LibsvmTable *table, char *message, size_t size)
{
  FILE  *stream = fopen(file, "rb");
  char  *text   = NULL;
  size_t length = 0;
  int    failed = 1;

  memset(table, 0, sizeof(*table));
  if (stream && !ReadAll(stream, &text, &length)) {
    failed = LibsvmParse(file, text, length, table, message, size);
  } else {
    snprintf(message, size, "%.255s: cannot be read: %s", file, strerror(errno));
  }
  if (stream) fclose(stream);
  free(text);
  return failed;
}

void LibsvmFree(LibsvmTable *table)
{
  free(table->start);
  free(table->label);
  free(table->column);
  free(table->value);
  memset(table, 0, sizeof(*table));
}
