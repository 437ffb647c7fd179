/* SPDX-License-Identifier: BSD-2-Clause
   Runs a fuzz target on the files of the command line, for compilers without libFuzzer. */
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 1 << 20 };

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    FILE    *stream = fopen(argv[i], "rb");
    uint8_t *data   = (uint8_t *)malloc(LARGEST), *exact;
    size_t   size;

    if (!stream || !data) return 2;
    size  = fread(data, 1, LARGEST, stream);
    exact = (uint8_t *)realloc(data, size ? size : 1); /* so that reading on is seen */
    if (!exact || fclose(stream)) return 2;
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
