/* search/work_counts.h - how often a trial found shared work done, by what it was.
 * Thread class: one thread; the counts of a trial are added up under the loop's lock. */
#ifndef ATTUNE_SEARCH_WORK_COUNTS_H
#define ATTUNE_SEARCH_WORK_COUNTS_H

#include "steps/context.h"

enum { ATTUNE_WORK_KINDS = 16 }; /* further kinds are counted as the last */

typedef struct attune_work_counts {
    struct {
        const char *name; /* of the kind: constant */
        int64_t hits, misses;
    } kinds[ATTUNE_WORK_KINDS];
    int n;
} attune_work_counts;

/* Asks `shared` (as attune_services has it) for a key, and counts whether it had to build. */
typedef attune_status (*attune_work_door)(void *user, attune_key key,
                                          const attune_shared_kind *kind, attune_shared_build build,
                                          void *build_user, void **value, attune_error *error);
attune_status attune_work_counted(attune_work_counts *counts, attune_work_door door, void *user,
                                  attune_key key, const attune_shared_kind *kind,
                                  attune_shared_build build, void *build_user, void **value,
                                  attune_error *error);

/* Adds up, kind by kind. */
void attune_work_counts_add(attune_work_counts *to, const attune_work_counts *from);

/* Puts {"shared_work": {"bins": {"hits": 3, "misses": 1}}} among attributes (a JSON object, owned;
 * NULL: none yet), kinds by their names. Nothing was asked for: they stay as they are. */
attune_status attune_work_counts_write(const attune_work_counts *counts, char **attributes,
                                       attune_error *error);

#endif
