/* SPDX-License-Identifier: BSD-2-Clause
   Reader of IDX files of bytes (MNIST, Fashion-MNIST), gzip'ed or not; plain C and zlib. */
#ifndef TRUSTNCG_IDX_H
#define TRUSTNCG_IDX_H

#include <stddef.h>

typedef struct {
  size_t items;
  size_t width; /* bytes an item: the product of all dimensions but the first */
} IdxShape;

/* All return 0, or 1 with `file: reason` in message[size]. */

/* Reads the headers of a file of images (3 dimensions) and of one of labels (1 dimension), which
   must be equally many. The shape is that of the images. */
extern int IdxReadShape(const char *images, const char *labels, IdxShape *shape, char *message,
                        size_t size);

/* Returns the items first ... last - 1 of a file with that many dimensions in *bytes, to be freed
   by free(). It reads the file to its end: one too short, too long or damaged is an error. */
extern int IdxReadItems(const char *file, int dimensions, size_t first, size_t last,
                        unsigned char **bytes, char *message, size_t size);

#endif
