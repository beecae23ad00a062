/* steps/metrics/log_loss.c - mean of minus the logarithm of the true class's probability.
 *
 * Probabilities are clipped to [2^-52, 1 - 2^-52] and scaled to sum to 1 again, so that one wrong
 * certainty costs 36 and not infinity; this is what scikit-learn 1.2 does. Defined also where the
 * rows are of one class. */
#include "steps/metric.h"

#include "spaces/base/number.h"

#include <float.h>
#include <math.h>

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    const double *p = predictions->values + i * predictions->width;
    double sum = 0;
    for (int64_t c = 0; c < predictions->width; c++)
        sum += attune_clamp(p[c], DBL_EPSILON, 1 - DBL_EPSILON);
    return -log(attune_clamp(p[truth->codes[i]], DBL_EPSILON, 1 - DBL_EPSILON) / sum);
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return attune_metric_mean(truth, predictions, row);
}

const attune_metric_type attune_metric_log_loss = {
    .name = "log_loss",
    .doc = "Mean of minus the logarithm of the probability given to the true class.",
    .direction = ATTUNE_MINIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
