/* steps/metrics/f1.c - harmonic mean of precision and recall.
 *
 * BINARY: of the positive class; NaN where no row is positive and none is said to be (where
 * scikit-learn says 0). MULTICLASS: mean over the classes that are there or are said to be
 * (macro). Recall without a hit is 0, not undefined. */
#include "steps/metrics/confusion.h"

#include <math.h>

static double one_class(const attune_confusion *confusion, int32_t c)
{
    return 2 * confusion->hits[c] / (confusion->truth[c] + confusion->predicted[c]);
}

static double macro(const attune_confusion *confusion)
{
    double sum = 0;
    int32_t n = 0;
    for (int32_t c = 0; c < confusion->n_classes; c++)
        if (confusion->truth[c] + confusion->predicted[c] > 0) {
            sum += one_class(confusion, c);
            n++;
        }
    return sum / n;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    attune_confusion confusion;
    if (attune_confusion_make(&confusion, truth, predictions, error))
        return NAN;
    double result =
        truth->task == ATTUNE_BINARY ? one_class(&confusion, truth->positive) : macro(&confusion);
    attune_confusion_clear(&confusion);
    return result;
}

const attune_metric_type attune_metric_f1 = {
    .name = "f1",
    .doc = "Harmonic mean of precision and recall: of the positive class, or mean over classes.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
