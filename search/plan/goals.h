/* search/plan/goals.h - the part of a plan that says what must be kept.
 * Thread class: as the plan. */
#ifndef ATTUNE_SEARCH_PLAN_GOALS_H
#define ATTUNE_SEARCH_PLAN_GOALS_H

#include "search/plan/plan.h"

/* "constraints": {"accuracy": {"min": 0.9}, "brier": {"max": 0.1}}; INVALID at its place. */
attune_status attune_plan_read_limits(attune_plan *plan, json_t *root, const attune_at *top,
                                      attune_error *error);

/* INVALID when the sampler or the pruner, which are in search, is not made for what is wanted. */
attune_status attune_plan_check_goals(const attune_plan *plan, const attune_at *search,
                                      attune_error *error);

#endif
