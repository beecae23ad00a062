/* steps/metrics/mape.c - mean absolute error as a share of the true value: 0.1 is ten percent.
 *
 * A true value nearer to 0 than 2^-52 counts as 2^-52, as in scikit-learn: the score is then huge,
 * and another metric is the better choice. Defined on any rows. */
#include "steps/metric.h"

#include <float.h>
#include <math.h>

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    double residual = truth->reals[i] - predictions->values[i];
    return fabs(residual) / fmax(fabs(truth->reals[i]), DBL_EPSILON);
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return attune_metric_mean(truth, predictions, row);
}

const attune_metric_type attune_metric_mape = {
    .name = "mape",
    .doc = "Mean absolute error as a share of the true value.",
    .direction = ATTUNE_MINIMIZE,
    .tasks = 1u << ATTUNE_REGRESSION,
    .score = score,
};
