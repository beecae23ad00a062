/* steps/dump/numeric_class.c - what decides the last bits of a result. */
#include "steps/dump/numeric_class.h"

#include <gnu/libc-version.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define ARCH "x86_64"
#elif defined(__aarch64__)
#define ARCH "aarch64"
#else
#define ARCH "other"
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* Our own loops give the same bits on every CPU of an architecture; the functions of libm do not:
 * glibc has variants with fused multiply-add. */
static void append_features(attune_text *text)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        attune_text_append(text, " avx2");
    if (__builtin_cpu_supports("fma"))
        attune_text_append(text, " fma");
#endif
    if (!text->length)
        attune_text_append(text, " baseline");
}

json_t *attune_numeric_class(attune_error *error)
{
    attune_text cpu = {0};
    append_features(&cpu);
    char *features = attune_text_take(&cpu, error);
    json_t *json = !features ? NULL
                             : json_pack("{s:s, s:s, s:s, s:s, s:s}", "arch", ARCH, "attune",
                                         ATTUNE_VERSION, "compiler", COMPILER, "cpu", features + 1,
                                         "libc", gnu_get_libc_version());
    if (features && !json)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: numeric class");
    free(features);
    return json;
}
