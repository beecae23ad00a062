/* steps/metrics/balanced_accuracy.c - mean over classes of the share that is found.
 *
 * Classes without a row (or without weight) are left out, as in scikit-learn; so it is defined on
 * any rows. */
#include "steps/metrics/confusion.h"

#include <math.h>

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    attune_confusion confusion;
    if (attune_confusion_make(&confusion, truth, predictions, error))
        return NAN;
    double sum = 0;
    for (int32_t c = 0; c < confusion.n_classes; c++)
        if (confusion.truth[c] > 0)
            sum += confusion.hits[c] / confusion.truth[c];
    double mean = sum / attune_confusion_present(&confusion);
    attune_confusion_clear(&confusion);
    return mean;
}

const attune_metric_type attune_metric_balanced_accuracy = {
    .name = "balanced_accuracy",
    .doc = "Mean over classes of the share of their rows that is found.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
