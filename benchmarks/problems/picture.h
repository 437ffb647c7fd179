/* SPDX-License-Identifier: BSD-2-Clause
   Reader of photographs: a JPEG file as grey values; plain C and libjpeg. */
#ifndef TRUSTNCG_PICTURE_H
#define TRUSTNCG_PICTURE_H

#include <stddef.h>

/* Returns 0, and in *grey `height` rows of `width` bytes, the top first, to be freed by free();
   or 1, with `file: reason` in message[size]. */
extern int PictureRead(const char *file, int *width, int *height, unsigned char **grey,
                       char *message, size_t size);

#endif
