/* steps/metrics/accuracy.c - share of rows whose class is right. Defined on any rows. */
#include "steps/metric.h"

static double row(const attune_truth *truth, const attune_predictions *predictions, int64_t i)
{
    return attune_predictions_class(predictions, i) == truth->codes[i];
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    (void)error;
    return attune_metric_mean(truth, predictions, row);
}

const attune_metric_type attune_metric_accuracy = {
    .name = "accuracy",
    .doc = "Share of rows whose class is right.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
