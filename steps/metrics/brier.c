/* steps/metrics/brier.c - mean squared error of the probabilities.
 *
 * BINARY: (1 or 0 - probability of the positive class) squared, from 0 to 1, as scikit-learn's
 * brier_score_loss. MULTICLASS: the squares summed over all classes, from 0 to 2 (Brier's own
 * definition; of two classes it would be twice the binary figure). Defined on any rows. */
#include "steps/metric.h"

static double square(double x)
{
    return x * x;
}

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    const double *p = predictions->values + i * predictions->width;
    int32_t code = truth->codes[i];
    if (truth->task == ATTUNE_BINARY)
        return square((code == truth->positive) - p[truth->positive]);
    double sum = 0;
    for (int64_t c = 0; c < predictions->width; c++)
        sum += square((c == code) - p[c]);
    return sum;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return attune_metric_mean(truth, predictions, row);
}

const attune_metric_type attune_metric_brier = {
    .name = "brier",
    .doc = "Mean squared error of the probabilities; summed over classes when more than two.",
    .direction = ATTUNE_MINIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
