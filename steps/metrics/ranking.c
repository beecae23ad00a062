/* steps/metrics/ranking.c - one class against the rest, in the order of its probability. */
#include "steps/metrics/ranking.h"

#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_row(attune_ranking *ranking, const attune_truth *truth, int32_t code, int64_t row)
{
    attune_tie *tie = &ranking->ties[ranking->n - 1];
    double weight = attune_truth_weight(truth, row);
    *(truth->codes[row] == code ? &tie->positive : &tie->negative) += weight;
    *(truth->codes[row] == code ? &ranking->positive : &ranking->negative) += weight;
}

attune_status attune_ranking_make(attune_ranking *ranking, const attune_truth *truth,
                                  const attune_predictions *predictions, int32_t code,
                                  attune_error *error)
{
    int64_t n = truth->n;
    memset(ranking, 0, sizeof *ranking);
    attune_sort_item *items = attune_alloc(n, sizeof *items, error);
    ranking->ties = attune_alloc(n, sizeof *ranking->ties, error);
    attune_status status = items && ranking->ties ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++) {
        double value = predictions->values[i * predictions->width + code];
        items[i] = (attune_sort_item){~attune_sort_key_real(value), i};
    }
    if (!status)
        status = attune_sort_items(items, n, error);
    for (int64_t i = 0; i < n && !status; i++) {
        if (i == 0 || items[i].key != items[i - 1].key)
            ranking->n++;
        add_row(ranking, truth, code, items[i].row);
    }
    free(items);
    return status;
}

void attune_ranking_clear(attune_ranking *ranking)
{
    free(ranking->ties);
    memset(ranking, 0, sizeof *ranking);
}

static double score_class(const attune_truth *truth, const attune_predictions *predictions,
                          int32_t code, double (*score)(const attune_ranking *ranking),
                          attune_error *error)
{
    attune_ranking ranking;
    double result = NAN;
    if (!attune_ranking_make(&ranking, truth, predictions, code, error))
        result = score(&ranking);
    attune_ranking_clear(&ranking);
    return result;
}

double attune_ranking_score(const attune_truth *truth, const attune_predictions *predictions,
                            double (*score)(const attune_ranking *ranking), attune_error *error)
{
    if (truth->task == ATTUNE_BINARY)
        return score_class(truth, predictions, truth->positive, score, error);
    double sum = 0;
    int32_t n = 0;
    for (int32_t code = 0; code < truth->n_classes; code++) {
        double one = score_class(truth, predictions, code, score, error);
        if (isnan(one))
            continue;
        sum += one;
        n++;
    }
    return n ? sum / n : NAN;
}
