#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The saved inputs of the fuzz targets once; then, where clang has libFuzzer, a minute's search for
# new ones. `make fuzz` searches for longer.
set -eu
cd "$(dirname "$0")/.."
scripts/fuzz replay
if echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return 0 * n * !d; }' |
  clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then
  FUZZ_SECONDS=${FUZZ_SECONDS:-30} scripts/fuzz
else
  echo "skip fuzzing: clang with libFuzzer is not here"
fi
