/* steps/metrics/confusion.c - how many rows of each class were meant, said, and both. */
#include "steps/metrics/confusion.h"

#include <stdlib.h>
#include <string.h>

attune_status attune_confusion_make(attune_confusion *confusion, const attune_truth *truth,
                                    const attune_predictions *predictions, attune_error *error)
{
    int32_t k = truth->n_classes;
    double *sums = attune_alloc(3 * (int64_t)k, sizeof *sums, error);
    memset(confusion, 0, sizeof *confusion);
    if (!sums)
        return ATTUNE_MEMORY;
    *confusion = (attune_confusion){k, 0, sums, sums + k, sums + 2 * (ptrdiff_t)k};
    for (int64_t i = 0; i < truth->n; i++) {
        double weight = attune_truth_weight(truth, i);
        int32_t meant = truth->codes[i], said = attune_predictions_class(predictions, i);
        confusion->total += weight;
        confusion->truth[meant] += weight;
        confusion->predicted[said] += weight;
        if (meant == said)
            confusion->hits[meant] += weight;
    }
    return ATTUNE_OK;
}

void attune_confusion_clear(attune_confusion *confusion)
{
    free(confusion->truth);
    memset(confusion, 0, sizeof *confusion);
}

int32_t attune_confusion_present(const attune_confusion *confusion)
{
    int32_t n = 0;
    for (int32_t c = 0; c < confusion->n_classes; c++)
        n += confusion->truth[c] > 0;
    return n;
}
