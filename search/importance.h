/* search/importance.h - which columns a fitted pipeline goes by, and how.
 *
 * Asked from outside, of any pipeline: how much worse it predicts when a column is shuffled
 * (Breiman 2001, Fisher and others 2019), and what it says on average when a column is set to a
 * value (Friedman 2001). On rows that it was not fitted on, these are about what it knows of new
 * ones.
 * Thread class: permutation starts threads of its own; all is pure. */
#ifndef ATTUNE_SEARCH_IMPORTANCE_H
#define ATTUNE_SEARCH_IMPORTANCE_H

#include "spaces/value.h"
#include "steps/metric.h"
#include "steps/step.h"

typedef struct attune_importance {
    attune_texts names; /* inputs of the data, in their order */
    double *mean;       /* how much worse the score is, over repeats; owned */
    double *deviation;  /* over repeats; owned */
    double score;       /* with nothing shuffled */
} attune_importance;

typedef struct attune_importance_request {
    const attune_step *pipeline; /* fitted */
    const attune_data *data;     /* with its target */
    const attune_rows *rows;
    const attune_metric_type *metric;
    int64_t repeats; /* 1 or more */
    attune_key key;  /* decides every draw, with the column's name and the repeat */
    int threads;     /* 1 or more: changes no bit */
} attune_importance_request;

/* INVALID: the metric is not for the task; UNFIT: the score is not defined on these rows. O(inputs
 * repeats) predictions. */
attune_status attune_importance_permute(attune_importance *importance,
                                        const attune_importance_request *request,
                                        attune_error *error);
void attune_importance_clear(attune_importance *importance);

typedef struct attune_partial {
    attune_value *at; /* n values of the column: numbers, levels or dates */
    int64_t n;
    attune_predictions mean; /* n rows: what is said on average, rows by their weights */
} attune_partial;

/* Values: all that the rows have when those are `points` at most, else as many between the 5th and
 * the 95th percentile; every level of a nominal column that comes. INVALID: no such input, or a
 * text. O(points) predictions. */
attune_status attune_partial_make(attune_partial *partial, const attune_step *pipeline,
                                  const attune_data *data, const attune_rows *rows,
                                  const char *column, int64_t points, attune_error *error);
void attune_partial_clear(attune_partial *partial);

#endif
