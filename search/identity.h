/* search/identity.h - what is frozen in a study, compared when it is opened again.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_IDENTITY_H
#define ATTUNE_SEARCH_IDENTITY_H

#include "trials/storage.h"

/* The lookahead that a stored study is frozen with (lookahead.h). */
int64_t attune_identity_lookahead(const attune_study *stored);

/* OK when the stored study's identity is this one (which is taken, also on failure), else CONFLICT:
 * the message names the first difference, both values, and ends with the advice. */
attune_status attune_identity_compare_take(const attune_study *stored, const char *location,
                                           json_t *identity_take, const char *advice,
                                           attune_error *error);

#endif
