/* search/loop/lookahead.h - the lookahead rule: which jobs must have ended before job j is decided.
 *
 * A study has a fixed window of 1 to 4096 jobs, or one that grows: few results are worth waiting
 * for, and once there are many, workers that never wait are worth more. Either way what job j sees
 * is a function of the study and j alone.
 * Thread class: any. */
#ifndef ATTUNE_SEARCH_LOOP_LOOKAHEAD_H
#define ATTUNE_SEARCH_LOOP_LOOKAHEAD_H

#include "spaces/base/json.h"

enum { ATTUNE_LOOKAHEAD_GROWS = 0, ATTUNE_LOOKAHEAD_MOST = 4096 };

/* Jobs below this have ended when job j is decided, and their outcomes are what it is decided by;
 * those from here to j are pending. Never lower for a later job. */
int64_t attune_lookahead_known(int64_t lookahead, int64_t j);

/* Most jobs in flight at once. */
int64_t attune_lookahead_most(int64_t lookahead);

/* As it is frozen in a study: a number, or "grows". Read: what it is, GROWS when it is neither. */
json_t *attune_lookahead_to_json(int64_t lookahead);
int64_t attune_lookahead_from_json(const json_t *json);

#endif
