/* search/goals.h - what a study wants: its objectives, and what must be kept.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_GOALS_H
#define ATTUNE_SEARCH_GOALS_H

#include "search/loop/objective.h"
#include "trials/trial.h"

typedef struct attune_goals {
    const attune_direction *directions;
    int64_t n_objectives;
    const attune_constraint *constraints;
    int64_t n_constraints;
} attune_goals;

/* Whether a trial can be a result: it is complete, its objectives are numbers, and it keeps every
 * constraint. */
bool attune_goals_kept(const attune_goals *goals, const attune_trial *trial);

/* marks[i]: 1 where trial i can be the answer, else 0: of one objective all that are kept; of
 * several those that no other kept trial is at least as good as in every objective and better in
 * one (the Pareto front). */
attune_status attune_goals_mark(const attune_goals *goals, const attune_trial *trials, int64_t n,
                                uint8_t *marks, attune_error *error);

/* [{"metric": NAME, "max": BOUND}] of constraints, by the names of their metrics. New reference. */
json_t *attune_constraints_to_json(const attune_constraint *constraints, int64_t n,
                                   const char *const *names, attune_error *error);
/* And back: a new array to be freed. What names a metric that is not there is passed over. */
attune_status attune_constraints_from_json(const json_t *json, const attune_texts *names,
                                           attune_constraint **constraints, int64_t *n,
                                           attune_error *error);

#endif
