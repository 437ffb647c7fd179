/* SPDX-License-Identifier: BSD-2-Clause
   Reader of IDX files of bytes: a header of big-endian numbers, then the items, through zlib. */
#include "idx.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK           65536u
#define MOST_DIMENSIONS 3

typedef struct {
  const char *file;
  gzFile      stream;
  char       *message;
  size_t      size; /* of message */
} Reader;

/* The value is 1: a failure. */
#define Fail(r, format, ...)                                                                       \
  (snprintf((r)->message, (r)->size, "%.255s: " format, (r)->file, ##__VA_ARGS__), 1)

/* Why the last read gave less than was asked for */
static int FailRead(const Reader *r)
{
  int         code;
  const char *reason = gzerror(r->stream, &code);

  if (code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END) {
    return Fail(r, "the file is truncated");
  }
  return Fail(r, "cannot be read: %s", code == Z_ERRNO ? strerror(errno) : reason);
}

static int ReadHeader(Reader *r, int dimensions, IdxShape *shape)
{
  unsigned char head[4 + 4 * MOST_DIMENSIONS];
  const int     bytes                 = 4 + 4 * dimensions;
  uint64_t      size[MOST_DIMENSIONS] = {0};

  if (gzread(r->stream, head, (unsigned)bytes) != bytes) return FailRead(r);
  if (head[0] || head[1] || head[2] != 8 || head[3] != dimensions) {
    return Fail(r, "not an IDX file of bytes with %d dimensions (it begins with %02x%02x%02x%02x)",
                dimensions, head[0], head[1], head[2], head[3]);
  }
  for (int d = 0; d < dimensions; d++) {
    const unsigned char *b = head + 4 + 4 * d;

    size[d] = (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
  }
  shape->items = size[0];
  shape->width = 1;
  for (int d = 1; d < dimensions; d++) {
    if (!size[d] || size[d] >= INT_MAX / shape->width) {
      return Fail(r, "the header asks for items of %zu x %zu bytes", shape->width, (size_t)size[d]);
    }
    shape->width *= size[d];
  }
  return shape->items ? 0 : Fail(r, "the file holds no items");
}

static int Open(Reader *r, int dimensions, IdxShape *shape)
{
  int failed;

  errno     = 0;
  r->stream = gzopen(r->file, "rb");
  if (!r->stream) return Fail(r, "cannot be opened: %s", strerror(errno ? errno : ENOMEM));
  gzbuffer(r->stream, 2 * CHUNK);
  failed = ReadHeader(r, dimensions, shape);
  if (failed) gzclose(r->stream);
  return failed;
}

/* Appends to (*bytes)[*used] memory that doubles as it fills, up to `most`: a header that promises
   more than the file holds cannot make us allocate it. */
static int Append(const Reader *r, const unsigned char *from, size_t count, size_t most,
                  unsigned char **bytes, size_t *used, size_t *room)
{
  if (!*bytes || *used + count > *room) {
    const size_t   wanted = 2 * *room + 4 * CHUNK < most ? 2 * *room + 4 * CHUNK : most;
    unsigned char *larger = realloc(*bytes, wanted);

    if (!larger) return Fail(r, "no memory for %zu bytes", wanted);
    *bytes = larger;
    *room  = wanted;
  }
  memcpy(*bytes + *used, from, count);
  *used += count;
  return 0;
}

/* Reads `total` bytes and the end of the file; keeps those from `first` up to `last`. */
static int ReadBody(const Reader *r, size_t total, size_t first, size_t last, unsigned char **bytes)
{
  unsigned char chunk[CHUNK];
  size_t        used = 0, room = 0;

  for (size_t at = 0; at < total;) {
    const size_t wanted = total - at < CHUNK ? total - at : CHUNK;
    const int    got    = gzread(r->stream, chunk, (unsigned)wanted);
    size_t       from, to;

    if (got <= 0) return FailRead(r);
    from = first > at ? first - at : 0;
    to   = last > at + (size_t)got ? (size_t)got : last > at ? last - at : 0;
    if (from < to && Append(r, chunk + from, to - from, last - first, bytes, &used, &room)) {
      return 1;
    }
    at += (size_t)got;
  }
  switch (gzread(r->stream, chunk, 1)) {
  case 0:
    return 0;
  case 1:
    return Fail(r, "the file is longer than its header says");
  default:
    return FailRead(r);
  }
}

int IdxReadShape(const char *images, const char *labels, IdxShape *shape, char *message,
                 size_t size)
{
  Reader   image = {images, NULL, message, size}, label = {labels, NULL, message, size};
  IdxShape count;

  if (Open(&image, 3, shape)) return 1;
  gzclose(image.stream);
  if (Open(&label, 1, &count)) return 1;
  gzclose(label.stream);
  if (count.items == shape->items) return 0;
  return Fail(&label, "%zu labels for %zu images", count.items, shape->items);
}

int IdxReadItems(const char *file, int dimensions, size_t first, size_t last, unsigned char **bytes,
                 char *message, size_t size)
{
  Reader   r = {file, NULL, message, size};
  IdxShape shape;
  int      failed, closed;

  *bytes = NULL;
  if (Open(&r, dimensions, &shape)) return 1;
  if (last > shape.items || first > last) {
    failed = Fail(&r, "items %zu to %zu of %zu were asked for", first, last, shape.items);
  } else {
    failed =
      ReadBody(&r, shape.items * shape.width, first * shape.width, last * shape.width, bytes);
  }
  /* a gzip file cut within its checksum shows only here */
  closed = gzclose(r.stream);
  if (!failed && closed != Z_OK) failed = Fail(&r, "the file is truncated");
  if (failed) {
    free(*bytes);
    *bytes = NULL;
  }
  return failed;
}
