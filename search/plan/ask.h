/* search/plan/ask.h - a plan that has a space and no data: what `attune ask` reads, and, with a
 * command in its objective, `attune search`.
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
#include "search/plan/program.h"

typedef struct attune_ask_plan {
    attune_search_options options;          /* of the library; borrows what follows */
    attune_goal goals[ATTUNE_MOST_METRICS]; /* of the objectives */
    char *space, *sampler, *pruner, *study, *queue, *from; /* owned; NULL: not given */
    attune_space *read; /* owned: the space as it was checked; NULL: none was given */
    int64_t trials;     /* total of the study; 0: no end */
    double seconds;     /* time budget of one run; 0: none */
    double timeout;     /* of one trial; 0: none */
    attune_program_plan program;
    char *folder;   /* of the plan: its paths start there */
    char *text;     /* the plan as canonical JSON, as it is stored with the study */
    char *identity; /* what of the program belongs to the study; NULL: there is none */
} attune_ask_plan;

/* The plan at path (NULL: none), or the bare space of --space, under the options --study, --store,
 * --sampler, --pruner, --seed, --lookahead, --trials and --direction. With neither, options.space
 * is NULL: the study is one of the store. INVALID at its line and column. */
attune_status attune_ask_plan_read(attune_ask_plan *plan, const char *path,
                                   const attune_arguments *arguments, attune_error *error);
/* The same of a document that was read from path, overrides in place. */
attune_status attune_ask_plan_take(attune_ask_plan *plan, attune_document *document,
                                   const char *path, const attune_arguments *arguments,
                                   attune_error *error);

void attune_ask_plan_clear(attune_ask_plan *plan);

#endif
