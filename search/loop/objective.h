/* search/loop/objective.h - what a search makes better: one call a fold, the same loop for all.
 *
 * A pipeline under a splitter, a C callback, an external command: each fills this in.
 * Thread class: evaluate is called by many threads at once; the rest by one. */
#ifndef ATTUNE_SEARCH_LOOP_OBJECTIVE_H
#define ATTUNE_SEARCH_LOOP_OBJECTIVE_H

#include "spaces/space.h"
#include "steps/context.h"
#include "steps/metric.h"

/* The ordered unit of work. Borrowed while evaluate runs. */
typedef struct attune_job {
    int64_t number; /* of the trial */
    const attune_space *space;
    const attune_sample *sample;
} attune_job;

/* What a fold came to. Room is the caller's. */
typedef struct attune_fold_result {
    double *scores; /* n_metrics */
    /* Instead of scores, in a space with a staged dimension: what each stage gave, n_stages x
     * n_metrics, ascending. evaluate reports the objective of each as it comes. A fold may end
     * before the last stage, which then does not count for its job. */
    int64_t n_stages; /* 0 when called */
    int64_t stages[ATTUNE_MOST_STAGES];
    double *stage_scores;
    double cpu; /* seconds of processor time beside the thread's own; 0 when called */
} attune_fold_result;

/* A score that has to stay at or below a bound (sign 1), or at or above it (sign -1). */
typedef struct attune_constraint {
    int64_t metric;
    double sign, bound;
} attune_constraint;

/* Kept when 0 or less. */
static inline double attune_constraint_value(const attune_constraint *constraint,
                                             const double *scores)
{
    return constraint->sign * (scores[constraint->metric] - constraint->bound);
}

static inline bool attune_constraint_kept(const attune_constraint *constraint, const double *scores)
{
    return attune_constraint_value(constraint, scores) <= 0;
}

typedef struct attune_objective {
    void *user;
    int64_t n_folds;                    /* 1 or more */
    int64_t n_metrics;                  /* the objectives, then what is only recorded */
    int64_t n_objectives;               /* 1 or more */
    const attune_direction *directions; /* of n_metrics */
    const attune_constraint *constraints;
    int64_t n_constraints;

    /* One fold. UNFIT and INVALID blame the configuration, anything else the
     * environment; STOPPED (from services->stop) means it is to be done again. */
    attune_status (*evaluate)(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error);

    /* Nullable. What to keep beside the values, once all folds are done: a JSON object, owned by
     * the caller; the same for the same job, whatever the thread. */
    attune_status (*attributes)(void *user, const attune_job *job, char **json,
                                attune_error *error);
} attune_objective;

#endif
