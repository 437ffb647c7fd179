/* SPDX-License-Identifier: BSD-2-Clause
   Loops in two versions, chosen when the library is loaded, where compiler and loader know how;
   their results have the same bits, as neither contracts a b + c, but for sums whose order is left to
   the compiler. */
#ifndef TRUSTNCG_WIDE_H
#define TRUSTNCG_WIDE_H

#include <stdlib.h> /* which tells whether this is glibc */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#endif
