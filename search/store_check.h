/* search/store_check.h - whether a store is whole: its file, its studies, every trial.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_STORE_CHECK_H
#define ATTUNE_SEARCH_STORE_CHECK_H

#include "spaces/base/text.h"

typedef struct attune_store_found {
    int64_t n_studies, n_trials;
    attune_texts faults; /* one line each, at most 20; empty: sound */
} attune_store_found;

/* Reads everything. An error is what kept it from reading on (no such file, not a store); faults
 * of what was read are in found, which the caller clears. */
attune_status attune_store_check(const char *location, attune_store_found *found,
                                 attune_error *error);
void attune_store_found_clear(attune_store_found *found);

#endif
