/* steps/predictions.h - what a model says of some rows.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_PREDICTIONS_H
#define ATTUNE_STEPS_PREDICTIONS_H

#include "steps/data/data.h"

typedef struct attune_predictions {
    attune_task task;
    int64_t n;         /* rows, in the order of the selection */
    int32_t n_classes; /* 0 for a regression */
    int64_t width;     /* values a row: n_classes, or 1 */
    double *values;    /* n x width, row-major, owned: probabilities that sum to 1, or numbers */
} attune_predictions;

/* Zeroed values; what it held is freed. */
attune_status attune_predictions_make(attune_predictions *predictions, attune_task task, int64_t n,
                                      int32_t n_classes, attune_error *error);
void attune_predictions_clear(attune_predictions *predictions);

/* The class of the largest probability; ties go to the lower code. */
int32_t attune_predictions_class(const attune_predictions *predictions, int64_t row);

#endif
