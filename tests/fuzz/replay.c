/* SPDX-License-Identifier: BSD-2-Clause
   Runs a fuzz target on the files of the command line, for compilers without libFuzzer. */
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

static int Replay(const char file[])
{
  static uint8_t data[LARGEST];
  FILE          *stream = fopen(file, "rb");
  uint8_t       *exact;
  size_t         size;

  if (!stream) return 0;
  size = fread(data, 1, LARGEST, stream);
  (void)fclose(stream);
  exact = (uint8_t *)malloc(size ? size : 1); /* no longer, so that reading on is seen */
  if (!exact) return 0;
  memcpy(exact, data, size);
  (void)LLVMFuzzerTestOneInput(exact, size);
  free(exact);
  return 1;
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    if (!Replay(argv[i])) return 2;
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
