/* steps/metrics/ranking.h - one class against the rest, in the order of its probability.
 *
 * What the metrics of ranks are made of: rows of one probability are one tie, and count as one.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_METRICS_RANKING_H
#define ATTUNE_STEPS_METRICS_RANKING_H

#include "steps/metric.h"

typedef struct attune_tie {
    double positive, negative; /* weight of the rows of the class, and of the others */
} attune_tie;

typedef struct attune_ranking {
    attune_tie *ties; /* from the largest probability down; owned */
    int64_t n;
    double positive, negative; /* of all rows */
} attune_ranking;

/* Within a tie, sums run in row order. MEMORY. O(n). */
attune_status attune_ranking_make(attune_ranking *ranking, const attune_truth *truth,
                                  const attune_predictions *predictions, int32_t code,
                                  attune_error *error);
void attune_ranking_clear(attune_ranking *ranking);

/* BINARY: the score of the positive class. MULTICLASS: the mean over every class against the rest,
 * without those whose score is NaN; NaN when all are. */
double attune_ranking_score(const attune_truth *truth, const attune_predictions *predictions,
                            double (*score)(const attune_ranking *ranking), attune_error *error);

#endif
