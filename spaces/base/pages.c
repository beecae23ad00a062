/* spaces/base/pages.c - large memory made ready at once. */
#define _GNU_SOURCE /* madvise */
#include "spaces/base/pages.h"

#include <errno.h>
#include <sys/mman.h>

void attune_pages_touch(void *block, int64_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    enum { page = 4096, worth_a_call = 1 << 18 };
    if (!block || bytes < worth_a_call)
        return;
    int saved = errno; /* a hint that fails leaves no trace */
    uintptr_t first = ((uintptr_t)block + page - 1) & ~(uintptr_t)(page - 1);
    uintptr_t end = ((uintptr_t)block + (uintptr_t)bytes) & ~(uintptr_t)(page - 1);
    madvise((void *)first, end - first, MADV_POPULATE_WRITE);
    errno = saved;
#else
    (void)block;
    (void)bytes;
#endif
}
