/* steps/metrics/average_precision.c - mean precision over the ranks where the class is found.
 *
 * The sum over thresholds of (gain in recall) x (precision there), without interpolation. BINARY:
 * of the positive class, NaN where no row is positive. MULTICLASS: one class versus the rest, mean
 * over the classes that have rows (macro). scikit-learn gives a class without rows 0. */
#include "steps/metrics/ranking.h"

#include <math.h>

static double precision(const attune_ranking *ranking)
{
    if (!(ranking->positive > 0))
        return NAN;
    double sum = 0, found = 0, seen = 0;
    for (int64_t i = 0; i < ranking->n; i++) {
        const attune_tie *tie = &ranking->ties[i];
        found += tie->positive;
        seen += tie->positive + tie->negative;
        if (tie->positive > 0)
            sum += tie->positive * (found / seen);
    }
    return sum / ranking->positive;
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    return attune_ranking_score(truth, predictions, precision, error);
}

const attune_metric_type attune_metric_average_precision = {
    .name = "average_precision",
    .doc = "Precision averaged over recall, for rare classes; one versus rest.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
