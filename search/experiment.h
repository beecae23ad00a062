/* search/experiment.h - a plan on its data: typed columns, folds, metrics; and its objective.
 *
 * Everything that a search, a check, a refit or a reproduction needs once the plan is read.
 * Thread class: made by one thread; then shared read-only. */
#ifndef ATTUNE_SEARCH_EXPERIMENT_H
#define ATTUNE_SEARCH_EXPERIMENT_H

#include "search/goals.h"
#include "search/loop/objective.h"
#include "search/plan/plan.h"

typedef struct attune_experiment {
    const attune_plan *plan; /* borrowed */
    attune_schema *schema;
    attune_data *data;
    attune_rows *all;
    attune_folds folds;
    attune_key seed;        /* of the study: from the plan's seed */
    attune_key fingerprint; /* of the data */
    const attune_metric_type *metrics[ATTUNE_MOST_METRICS];
    attune_direction directions[ATTUNE_MOST_METRICS];
    int64_t n_metrics, n_objectives;
    attune_constraint constraints[2 * ATTUNE_MOST_METRICS];
    int64_t n_constraints;
    attune_truth *truths; /* one a fold, of its test rows */
    /* The plan's, or where it names none and there is one objective, fold_racing from 3 folds on;
     * NULL: none. */
    const attune_pruner *pruner;
    attune_pruner *own_pruner; /* NULL: it is the plan's */
    attune_texts notes;        /* what a person would want to know about how the data were read */
} attune_experiment;

/* Reads the data that the plan names and divides them. */
attune_status attune_experiment_open(attune_experiment *experiment, const attune_plan *plan,
                                     attune_error *error);
void attune_experiment_clear(attune_experiment *experiment);

/* What it wants; borrows the experiment. */
attune_goals attune_experiment_goals(const attune_experiment *experiment);

/* The plan's pipeline under its splitter; borrows the experiment. */
attune_objective attune_experiment_objective(const attune_experiment *experiment);

/* A pipeline of the plan with the hyperparameters of a sample set (NULL: those of the plan). */
attune_status attune_experiment_pipeline(const attune_experiment *experiment,
                                         const attune_sample *sample, attune_step **pipeline,
                                         attune_error *error);

/* Fits on the training rows of a fold and scores its test rows: n_metrics scores. pipeline is
 * fitted afterwards. */
attune_status attune_experiment_fold(const attune_experiment *experiment, attune_step *pipeline,
                                     int64_t fold, const attune_services *services, double *scores,
                                     attune_error *error);

/* Fits on all rows: what is dumped. */
attune_status attune_experiment_refit(const attune_experiment *experiment, attune_step *pipeline,
                                      const attune_services *services, attune_error *error);

/* The dummy's mean score over folds in each metric. */
attune_status attune_experiment_baseline(const attune_experiment *experiment, double *scores,
                                         attune_error *error);

/* What is compared on resume, one member a thing: plan, data, folds, seed, lookahead. New
 * reference; NULL with error set. */
json_t *attune_experiment_identity(const attune_experiment *experiment, int64_t lookahead,
                                   attune_error *error);

#endif
