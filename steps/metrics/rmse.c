/* steps/metrics/rmse.c - root of the mean squared error. Defined on any rows. */
#include "steps/metric.h"

#include <math.h>

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    double residual = truth->reals[i] - predictions->values[i];
    return residual * residual;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return sqrt(attune_metric_mean(truth, predictions, row));
}

const attune_metric_type attune_metric_rmse = {
    .name = "rmse",
    .doc = "Root of the mean squared error, in the units of the target.",
    .direction = ATTUNE_MINIMIZE,
    .tasks = 1u << ATTUNE_REGRESSION,
    .score = score,
};
