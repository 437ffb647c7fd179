/* SPDX-License-Identifier: BSD-2-Clause
   Runs a fuzz target on the files of the command line, for compilers without libFuzzer. */
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    static uint8_t data[LARGEST];
    FILE          *stream = fopen(argv[i], "rb");
    const size_t   size   = stream ? fread(data, 1, LARGEST, stream) : 0;
    uint8_t       *exact;

    if (!stream || fclose(stream)) return 2;
    exact = (uint8_t *)malloc(size ? size : 1); /* so that reading on is seen */
    if (!exact) return 2;
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
