/* search/plan/ask.h - a plan that has a space and no data: what `attune ask` reads.
 *
 *     {"space": {"lr": {"log_uniform": [1e-5, 0.1]}}, "objective": {"direction": "minimize"},
 *      "search": {"sampler": "auto", "seed": 1}}
 *
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_PLAN_ASK_H
#define ATTUNE_SEARCH_PLAN_ASK_H

#include "search/attune.h"

#include "search/command.h"
#include "search/plan/plan.h"

typedef struct attune_ask_plan {
    attune_search_options options;          /* of the library; borrows what follows */
    attune_goal goals[ATTUNE_MOST_METRICS]; /* of the objectives */
    char *space, *sampler, *pruner, *study, *queue, *from; /* owned; NULL: not given */
    attune_space *read; /* owned: the space as it was checked; NULL: none was given */
    int64_t trials;     /* total of the study; 0: no end */
} attune_ask_plan;

/* The plan at path (NULL: none), or the bare space of --space, under the options --study, --store,
 * --sampler, --pruner, --seed, --lookahead, --trials and --direction. With neither, options.space
 * is NULL: the study is one of the store. INVALID at its line and column. */
attune_status attune_ask_plan_read(attune_ask_plan *plan, const char *path,
                                   const attune_arguments *arguments, attune_error *error);
void attune_ask_plan_clear(attune_ask_plan *plan);

#endif
