/* steps/metrics/roc_auc.c - the chance that a row of the class ranks above a row of another.
 *
 * Equal probabilities count half. BINARY: of the positive class. MULTICLASS: one class versus the
 * rest, mean over classes (macro). NaN where all rows are of one class. A class without a row is
 * left out of the mean; scikit-learn refuses such rows. */
#include "steps/metrics/ranking.h"

#include <math.h>

static double area(const attune_ranking *ranking)
{
    if (!(ranking->positive > 0 && ranking->negative > 0))
        return NAN;
    double sum = 0, above = 0;
    for (int64_t i = 0; i < ranking->n; i++) {
        const attune_tie *tie = &ranking->ties[i];
        sum += tie->negative * (above + tie->positive / 2);
        above += tie->positive;
    }
    return sum / (ranking->positive * ranking->negative);
}

static double score(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error)
{
    return attune_ranking_score(truth, predictions, area, error);
}

const attune_metric_type attune_metric_roc_auc = {
    .name = "roc_auc",
    .doc = "Chance that a row of the class ranks above one of another; one versus rest.",
    .direction = ATTUNE_MAXIMIZE,
    .tasks = 1u << ATTUNE_BINARY | 1u << ATTUNE_MULTICLASS,
    .score = score,
};
