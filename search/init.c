/* search/init.c - the one place where the library sets what belongs to the whole process. */
#include "search/attune.h"

#include "spaces/base/status.h"

#include <signal.h>

attune_status attune_init(uint64_t flags, attune_error *error)
{
    attune_error_clear(error);
    if (flags & ~(uint64_t)ATTUNE_INIT_SIGPIPE)
        return attune_fail(error, ATTUNE_INVALID, "attune_init: unknown flags 0x%llx",
                           (unsigned long long)flags);
    if (flags & ATTUNE_INIT_SIGPIPE)
        signal(SIGPIPE, SIG_IGN);
    return ATTUNE_OK;
}
