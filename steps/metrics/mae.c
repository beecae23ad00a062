/* steps/metrics/mae.c - mean absolute error. Defined on any rows. */
#include "steps/metric.h"

#include <math.h>

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    return fabs(truth->reals[i] - predictions->values[i]);
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return attune_metric_mean(truth, predictions, row);
}

const attune_metric_type attune_metric_mae = {
    .name = "mae",
    .doc = "Mean absolute error, in the units of the target.",
    .direction = ATTUNE_MINIMIZE,
    .tasks = 1u << ATTUNE_REGRESSION,
    .score = score,
};
