/* steps/models/gradient_boosting_rows.h - the rows of a boosting fit: bins, targets, weights, and
 * which are held out.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_GRADIENT_BOOSTING_ROWS_H
#define ATTUNE_STEPS_MODELS_GRADIENT_BOOSTING_ROWS_H

#include "steps/models/gradient_boosting.h"

typedef struct attune_boosting_rows {
    attune_bins *bins; /* a share */
    int32_t *held_out; /* for early stopping, ascending; they have weights, but are not in b.used */
    int64_t n_held_out;
    bool varies; /* the target has more than one value */
} attune_boosting_rows;

/* Fills rows and b, and the classes, loss and room for start of s. UNFIT with the reason: a target
 * that is missing, infinite or (poisson) negative, a bad weight, nothing that weighs. */
attune_status attune_boosting_gather(attune_boosting_rows *rows, attune_boosting *b,
                                     attune_gradient_boosting *s, const attune_data *data,
                                     const attune_rows *selection, const attune_context *context,
                                     attune_error *error);
void attune_boosting_release(attune_boosting_rows *rows, attune_boosting *b);

#endif
