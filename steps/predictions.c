/* steps/predictions.c - what a model says of some rows. */
#include "steps/predictions.h"

#include <stdlib.h>
#include <string.h>

attune_status attune_predictions_make(attune_predictions *predictions, attune_task task, int64_t n,
                                      int32_t n_classes, attune_error *error)
{
    int64_t width = n_classes > 0 ? n_classes : 1;
    int64_t items = 0;
    if (__builtin_mul_overflow(n, width, &items))
        return attune_fail(error, ATTUNE_MEMORY, "predictions of impossible size");
    double *values = attune_alloc(items, sizeof *values, error);
    if (!values)
        return ATTUNE_MEMORY;
    attune_predictions_clear(predictions);
    *predictions = (attune_predictions){task, n, n_classes, width, values};
    return ATTUNE_OK;
}

void attune_predictions_clear(attune_predictions *predictions)
{
    free(predictions->values);
    memset(predictions, 0, sizeof *predictions);
}

int32_t attune_predictions_class(const attune_predictions *predictions, int64_t row)
{
    const double *p = predictions->values + row * predictions->width;
    int32_t best = 0;
    for (int32_t k = 1; k < predictions->n_classes; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}
