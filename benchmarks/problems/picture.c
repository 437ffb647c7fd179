/* SPDX-License-Identifier: BSD-2-Clause
   Reader of photographs: a JPEG file as grey values; plain C and libjpeg. */
#include "picture.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

/* libjpeg reports an error by a function that may not return. */
typedef struct {
  struct jpeg_error_mgr manager; /* first: libjpeg hands out its address */
  jmp_buf               back;
  char                  words[JMSG_LENGTH_MAX];
} Trouble;

static void Note(j_common_ptr info)
{
  info->err->format_message(info, ((Trouble *)info->err)->words);
}

static void Leave(j_common_ptr info)
{
  Note(info);
  longjmp(((Trouble *)info->err)->back, 1);
}

/* 0, or 1 with the reason in trouble->words */
static int Decode(FILE *stream, Trouble *trouble, int *width, int *height, unsigned char **grey)
{
  struct jpeg_decompress_struct info;

  info.err                        = jpeg_std_error(&trouble->manager);
  trouble->manager.error_exit     = Leave;
  trouble->manager.output_message = Note; /* a warning: part of the picture is missing */
  if (setjmp(trouble->back)) {
    jpeg_destroy_decompress(&info);
    return 1;
  }
  jpeg_create_decompress(&info);
  jpeg_stdio_src(&info, stream);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_GRAYSCALE;
  jpeg_start_decompress(&info);
  *width  = (int)info.output_width;
  *height = (int)info.output_height;
  if (*width <= INT_MAX / *height) *grey = malloc((size_t)*width * (size_t)*height);
  if (!*grey) strcpy(trouble->words, "too large");
  while (*grey && info.output_scanline < info.output_height) {
    JSAMPROW row = *grey + (size_t)info.output_scanline * (size_t)*width;

    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_destroy_decompress(&info);
  return trouble->words[0] != '\0';
}

int PictureRead(const char *file, int *width, int *height, unsigned char **grey, char *message,
                size_t size)
{
  Trouble trouble = {.words = ""};
  FILE   *stream  = fopen(file, "rb");
  int     failed;

  *grey = NULL;
  if (!stream) {
    snprintf(message, size, "%.255s: cannot be opened: %s", file, strerror(errno));
    return 1;
  }
  failed = Decode(stream, &trouble, width, height, grey);
  fclose(stream);
  if (failed) {
    snprintf(message, size, "%.255s: not a sound JPEG file: %.199s", file, trouble.words);
    free(*grey);
    *grey = NULL;
  }
  return failed;
}
