/* search/api/base.c - version, option structs that grow. */
#include "search/api/parts.h"

#include "spaces/base/status_layout.h"

#include <string.h>

/* Both enums go by their numbers. */
_Static_assert((int)ATTUNE_GOAL_MAXIMIZE == (int)ATTUNE_MAXIMIZE, "goals");
_Static_assert((int)ATTUNE_STATE_RUNNING == (int)ATTUNE_TRIAL_RUNNING &&
                   (int)ATTUNE_STATE_COMPLETE == (int)ATTUNE_TRIAL_COMPLETE &&
                   (int)ATTUNE_STATE_PRUNED == (int)ATTUNE_TRIAL_PRUNED &&
                   (int)ATTUNE_STATE_FAILED == (int)ATTUNE_TRIAL_FAIL &&
                   (int)ATTUNE_STATE_WAITING == (int)ATTUNE_TRIAL_WAITING,
               "states");

const char *attune_version(void)
{
    return ATTUNE_VERSION;
}

attune_status attune_options_take(void *to, size_t known, const void *from, const char *type,
                                  attune_error *error)
{
    size_t given = 0;
    memset(to, 0, known);
    if (from)
        memcpy(&given, from, sizeof given);
    if (given < sizeof given)
        return attune_fail(error, ATTUNE_INVALID, "%s: write .size = sizeof(%s) first", type, type);
    const unsigned char *bytes = from;
    for (size_t i = known; i < given; i++)
        if (bytes[i])
            return attune_fail(error, ATTUNE_INVALID,
                               "%s: an option is set that attune " ATTUNE_VERSION
                               " does not know; it was compiled for a newer one",
                               type);
    memcpy(to, from, given < known ? given : known);
    return ATTUNE_OK;
}
