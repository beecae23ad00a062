/* spaces/base/share.h - counted shares of immutable things.
 *
 * A thing that is shared holds an int64_t count, 1 when made. Taking a share adds one, giving it
 * back takes one away, and whoever gives back the last frees.
 * Thread class: atomic. */
#ifndef ATTUNE_SPACES_BASE_SHARE_H
#define ATTUNE_SPACES_BASE_SHARE_H

#include "spaces/base/status.h"

static inline void attune_share_take(int64_t *count)
{
    __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
}

/* Whether this was the last share: the caller then frees. */
static inline bool attune_share_give(int64_t *count)
{
    return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == 0;
}

static inline bool attune_share_is_only(const int64_t *count)
{
    return __atomic_load_n(count, __ATOMIC_ACQUIRE) == 1;
}

#endif
