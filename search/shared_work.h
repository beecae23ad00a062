/* search/shared_work.h - the store behind the door to shared work: built once, counted, evicted.
 *
 * Values are pure functions of their keys, so what is kept, and when it is thrown away, changes
 * time and memory only. A thread that asks for a key another thread is building waits for it.
 * Thread class: locked inside. */
#ifndef ATTUNE_SEARCH_SHARED_WORK_H
#define ATTUNE_SEARCH_SHARED_WORK_H

#include "steps/context.h"

typedef struct attune_shared_work attune_shared_work;

typedef struct attune_shared_counts {
    int64_t hits, misses, evicted, bytes, peak;
} attune_shared_counts;

/* At most `budget` bytes are kept (values in use elsewhere may live longer). */
attune_status attune_shared_work_new(attune_shared_work **work, int64_t budget,
                                     attune_error *error);
void attune_shared_work_free(attune_shared_work *work);

/* As attune_services.shared wants it, with the work as `user`. O(1) beside building. */
attune_status attune_shared_work_get(attune_shared_work *work, attune_key key,
                                     const attune_shared_kind *kind, attune_shared_build build,
                                     void *build_user, void **value, attune_error *error);

/* So far; a copy taken under the lock. */
attune_shared_counts attune_shared_work_counts(attune_shared_work *work);

#endif
