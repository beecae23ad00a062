/* steps/models/scatter.h - where classes lie and how they spread: what lda learns from.
 *
 * Shared by every fit of the same rows, whatever their shrinkage: through the door to shared work.
 * Thread class: shared read-only once made; counted. */
#ifndef ATTUNE_STEPS_MODELS_SCATTER_H
#define ATTUNE_STEPS_MODELS_SCATTER_H

#include "spaces/base/field.h"
#include "steps/context.h"

typedef struct attune_scatter {
    int64_t count, bytes;
    int64_t n_classes, p, stride; /* stride: p, padded */
    double *mean;                 /* p: of all rows */
    double *prior;                /* n_classes; 0: absent */
    double *centre;               /* n_classes x stride: means of classes, less mean */
    double *within;               /* stride x stride: sum over classes of prior times covariance */
} attune_scatter;

/* priors: given ones, may be empty. ledoit_wolf: each class's covariance is shrunken by itself, in
 * units of its standard deviations, by the amount of Ledoit and Wolf (2004). UNFIT with the reason.
 * O(n p^2 / 2) when it is not there yet. */
attune_status attune_scatter_get(const attune_context *context, const attune_data *data,
                                 const attune_rows *rows, const attune_reals *priors,
                                 bool ledoit_wolf, attune_scatter **scatter, attune_error *error);
void attune_scatter_free(attune_scatter *scatter); /* NULL-safe; gives a share back */

#endif
