/* spaces/base/status_layout.h - what a status and an error are in memory, held at compile time.
 *
 * Include it after the header that defines them: status.c does after spaces/base/status.h, the
 * library's calls do after the public header, so that neither can move away from the other, or from
 * what programs were compiled with. New statuses go to the end of status.def. */
#ifndef ATTUNE_SPACES_BASE_STATUS_LAYOUT_H
#define ATTUNE_SPACES_BASE_STATUS_LAYOUT_H

#include <stddef.h>

enum attune_status_place {
#define ATTUNE_STATUS(name, word, exit_code) ATTUNE_PLACE_##name,
#include "spaces/base/status.def"
#undef ATTUNE_STATUS
    ATTUNE_PLACES
};

#define ATTUNE_STATUS(name, word, exit_code)                                                       \
    _Static_assert((int)ATTUNE_##name == (int)ATTUNE_PLACE_##name, #name " has another number");
#include "spaces/base/status.def"
#undef ATTUNE_STATUS

_Static_assert(ATTUNE_PLACES == 16 && ATTUNE_INTERNAL == 15, "a new status: write it in attune.h");
_Static_assert(offsetof(attune_error, status) == 0 && offsetof(attune_error, line) == 4 &&
                   offsetof(attune_error, column) == 8 && offsetof(attune_error, source) == 12 &&
                   offsetof(attune_error, message) == 268 && sizeof(attune_error) == 1292,
               "attune_error has another layout");

#endif
