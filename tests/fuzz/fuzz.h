/* SPDX-License-Identifier: BSD-2-Clause
   What libFuzzer calls with each input, and what replays saved inputs without it. */
#ifndef TRUSTNCG_FUZZ_H
#define TRUSTNCG_FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
