/* SPDX-License-Identifier: BSD-2-Clause
   The file of a checkpoint: its header and its checksum. */
#include "checkpoint/format.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAGIC   "trustncg"
#define VERSION 7
#define ORDER   UINT64_C(0x0102030405060708) /* of the bytes in a word */

/* The words of the header */
enum { AT_MAGIC, AT_ORDER, AT_VERSION, AT_FIELDS, AT_SUM = CHECKPOINT_HEADER - 1 };

/* Above what any file has, and far enough below 2^63 for sums and products here */
#define LARGEST_N       (INT64_C(1) << 48)
#define LARGEST_RANKS   (INT64_C(1) << 31)
#define LARGEST_VECTORS 1024

static const struct {
  const char *name;
  size_t      at;
  int64_t     least, most;
} fields[] = {
  {"bytes of an integer", offsetof(CheckpointHeader, intsize), 4, 8},
  {"bytes of a scalar", offsetof(CheckpointHeader, scalarsize), 8, 8},
  {"numbering", offsetof(CheckpointHeader, order), 0, 2},
  {"ranks", offsetof(CheckpointHeader, ranks), 1, LARGEST_RANKS},
  {"unknowns", offsetof(CheckpointHeader, n), 0, LARGEST_N},
  {"numbers", offsetof(CheckpointHeader, numbers), 0, CHECKPOINT_NUMBERS_MOST},
  {"vectors", offsetof(CheckpointHeader, vectors), 1, LARGEST_VECTORS},
  {"entries", offsetof(CheckpointHeader, entries), 0, LARGEST_N},
};

enum { FIELDS = sizeof(fields) / sizeof(*fields) };

static int64_t *Field(CheckpointHeader *header, size_t k)
{
  return (int64_t *)(void *)((char *)header + fields[k].at);
}

uint64_t CheckpointVectors(const CheckpointHeader *header)
{
  return CHECKPOINT_HEADER + (uint64_t)header->numbers;
}

uint64_t CheckpointEntries(const CheckpointHeader *header)
{
  return CheckpointVectors(header) + (uint64_t)header->vectors * (uint64_t)header->n;
}

uint64_t CheckpointWords(const CheckpointHeader *header)
{
  const uint64_t entries = (uint64_t)header->entries;

  return CheckpointEntries(header) + (entries ? (uint64_t)header->ranks + entries : 0);
}

void CheckpointFormat(const CheckpointHeader *header, uint64_t words[CHECKPOINT_HEADER])
{
  CheckpointHeader copy = *header;

  memset(words, 0, CHECKPOINT_HEADER * sizeof(*words));
  memcpy(&words[AT_MAGIC], MAGIC, sizeof(*words));
  words[AT_ORDER]   = ORDER;
  words[AT_VERSION] = VERSION;
  for (size_t k = 0; k < FIELDS; k++) words[AT_FIELDS + k] = (uint64_t)*Field(&copy, k);
  words[AT_SUM] = header->sum;
}

/* The value is 1: a failure. */
#define Fail(format, ...) (snprintf(message, size, format, ##__VA_ARGS__), 1)

static int ParseFields(const uint64_t words[], CheckpointHeader *header, char message[],
                       size_t size)
{
  for (size_t k = 0; k < FIELDS; k++) {
    int64_t value;

    memcpy(&value, &words[AT_FIELDS + k], sizeof(value));
    if (value < fields[k].least || value > fields[k].most) {
      return Fail("its header is damaged: %s: %lld", fields[k].name, (long long)value);
    }
    *Field(header, k) = value;
  }
  header->sum = words[AT_SUM];
  return 0;
}

int CheckpointParse(const void *bytes, size_t length, uint64_t filesize, CheckpointHeader *header,
                    char message[], size_t size)
{
  uint64_t words[CHECKPOINT_HEADER];

  memset(header, 0, sizeof(*header));
  if (length < sizeof(words) || filesize < sizeof(words)) {
    return Fail("it is too short to be a checkpoint of trustncg");
  }
  memcpy(words, bytes, sizeof(words));
  if (memcmp(&words[AT_MAGIC], MAGIC, sizeof(*words)) != 0) {
    return Fail("it is no checkpoint of trustncg");
  }
  if (words[AT_ORDER] != ORDER) {
    return Fail("it was written on a machine with another order of bytes, or is damaged");
  }
  if (words[AT_VERSION] != VERSION) {
    return Fail("it is of version %llu, this library reads version %d",
                (unsigned long long)words[AT_VERSION], VERSION);
  }
  if (ParseFields(words, header, message, size)) return 1;
  if (filesize % CHECKPOINT_WORD || CheckpointWords(header) != filesize / CHECKPOINT_WORD) {
    return Fail("it is damaged: of %llu bytes, by its header of %llu", (unsigned long long)filesize,
                (unsigned long long)(CHECKPOINT_WORD * CheckpointWords(header)));
  }
  return 0;
}

/* A permutation of the words in which each bit depends on all (splitmix64: G. L. Steele, D. Lea,
   C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014). */
static uint64_t Mix(uint64_t x)
{
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

uint64_t CheckpointSum(const void *words, size_t n, uint64_t first)
{
  uint64_t sum = 0;

  for (size_t i = 0; i < n; i++) {
    uint64_t word;

    memcpy(&word, (const char *)words + i * sizeof(word), sizeof(word));
    if (first + i != AT_SUM) sum += Mix(word ^ Mix(first + i));
  }
  return sum;
}

int CheckpointFinite(const void *words, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    double number;

    memcpy(&number, (const char *)words + i * sizeof(number), sizeof(number));
    if (!isfinite(number)) return 0;
  }
  return 1;
}
