/* steps/metrics/r2.c - share of the target's variance that is explained.
 *
 * 1 is perfect, 0 is what the mean of these rows would give, and worse is negative. NaN where all
 * true values (of rows with weight) are the same; scikit-learn says 0 or 1 there. */
#include "steps/metric.h"

#include <math.h>

static double truth_row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    (void)predictions;
    return truth->reals[i];
}

static bool is_constant(const attune_truth *truth)
{
    double first = NAN;
    for (int64_t i = 0; i < truth->n; i++) {
        if (!(attune_truth_weight(truth, i) > 0))
            continue;
        if (isnan(first))
            first = truth->reals[i];
        if (truth->reals[i] != first)
            return false;
    }
    return true;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    if (is_constant(truth))
        return NAN;
    double mean = attune_metric_mean(truth, predictions, truth_row);
    double residual = 0, spread = 0;
    for (int64_t i = 0; i < truth->n; i++) {
        double weight = attune_truth_weight(truth, i);
        double miss = truth->reals[i] - predictions->values[i], far = truth->reals[i] - mean;
        if (weight > 0) {
            residual += weight * miss * miss;
            spread += weight * far * far;
        }
    }
    return 1 - residual / spread;
}

const attune_metric_type attune_metric_r2 = {
    .name = "r2",
    .doc = "Share of the target's variance that is explained.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_REGRESSION,
    .score = score,
};
