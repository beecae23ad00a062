/* steps/numeric/wide.h - loops written for registers of 64 bytes, where a compiler would not find
 * them.
 *
 * A function marked ATTUNE_WIDE has a plain twin with the same bits, which runs where
 * attune_is_wide() says no, and where ATTUNE_PLAIN is defined. */
#ifndef ATTUNE_STEPS_NUMERIC_WIDE_H
#define ATTUNE_STEPS_NUMERIC_WIDE_H

#if defined(__x86_64__) && !defined(ATTUNE_PLAIN)
#include <immintrin.h>
#include <stdbool.h>

#define ATTUNE_WIDE __attribute__((target("avx512f,avx512bw,avx512vl")))

static inline bool attune_is_wide(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

#endif
