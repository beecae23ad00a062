/* steps/metrics/mcc.c - Matthews correlation coefficient of true and said classes.
 *
 * From -1 to 1; 0 is what guessing gives, and also what saying one class for all rows gives. NaN
 * where all rows are of one class (scikit-learn says 0). Source of the form for many classes:
 * Gorodkin 2004. */
#include "steps/metrics/confusion.h"

#include <math.h>

static double correlation(const attune_confusion *confusion)
{
    double hits = 0, both = 0, truth = 0, predicted = 0;
    double all = confusion->total;
    if (attune_confusion_present(confusion) < 2)
        return NAN;
    for (int32_t c = 0; c < confusion->n_classes; c++) {
        hits += confusion->hits[c];
        both += confusion->truth[c] * confusion->predicted[c];
        truth += confusion->truth[c] * confusion->truth[c];
        predicted += confusion->predicted[c] * confusion->predicted[c];
    }
    double spread = (all * all - truth) * (all * all - predicted);
    return spread > 0 ? (hits * all - both) / sqrt(spread) : 0;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    attune_confusion confusion;
    if (attune_confusion_make(&confusion, truth, predictions, error))
        return NAN;
    double result = correlation(&confusion);
    attune_confusion_clear(&confusion);
    return result;
}

const attune_metric_type attune_metric_mcc = {
    .name = "mcc",
    .doc = "Matthews correlation of true and predicted classes: 1 is perfect, 0 is guessing.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
