/* search/keep_memory.h - how programs, not the library, set up the C library's memory. */
#ifndef ATTUNE_SEARCH_KEEP_MEMORY_H
#define ATTUNE_SEARCH_KEEP_MEMORY_H

#include <malloc.h>

/* What one fit frees the next one asks for: memory is kept, not given back to the system and
 * fetched again page by page. */
static inline void attune_keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
}

#endif
