/* search/interval.c - how sure a score is: the percentile bootstrap.
 *
 * A draw is a weight a row: how often it came. Metrics count rows by their weights, so nothing is
 * copied or put in another order. */
#include "search/interval.h"

#include "steps/splitters/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_draws = 1000, least_draws = 200 };

static const double work = 2e7; /* rows times draws */

static int n_draws(int64_t n)
{
    double draws = work / (double)(n > 0 ? n : 1);
    return draws > most_draws ? most_draws : draws < least_draws ? least_draws : (int)draws;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Weights of one draw: the row's own, times how often its group was drawn. */
static void draw(const attune_groups *groups, const attune_truth *truth, attune_stream *stream,
                 double *weights)
{
    memset(weights, 0, (size_t)truth->n * sizeof *weights);
    for (int64_t g = 0; g < groups->n; g++) {
        int64_t chosen = (int64_t)attune_stream_below(stream, (uint64_t)groups->n);
        for (int64_t m = groups->start[chosen]; m < groups->start[chosen + 1]; m++)
            weights[groups->members[m]] += attune_truth_weight(truth, groups->members[m]);
    }
}

/* Linear between the order statistics. */
static double quantile(const double *sorted, int n, double q)
{
    double at = q * (n - 1);
    int low = (int)at;
    double rest = at - low;
    return low + 1 < n ? sorted[low] + rest * (sorted[low + 1] - sorted[low]) : sorted[n - 1];
}

attune_status attune_interval_make(attune_interval *interval, const attune_metric_type *metric,
                                   const attune_truth *truth, const attune_predictions *predictions,
                                   const attune_data *data, const attune_rows *rows, attune_key key,
                                   attune_error *error)
{
    attune_groups groups = {0};
    attune_truth drawn = *truth;
    int draws = n_draws(truth->n), n = 0;
    double *scores = attune_alloc(draws, sizeof *scores, error);
    double *weights = attune_alloc(truth->n, sizeof *weights, error);
    *interval = (attune_interval){NAN, NAN};
    drawn.weights = weights;
    attune_status status =
        scores && weights ? attune_groups_make(&groups, data, rows, error) : ATTUNE_MEMORY;
    for (int i = 0; i < draws && !status && groups.n > 1; i++) {
        attune_stream stream = attune_stream_new(attune_key_integer(key, i));
        double score = NAN;
        draw(&groups, truth, &stream, weights);
        status = attune_metric_score(metric, &drawn, predictions, &score, error);
        if (!status && !isnan(score)) /* a draw with one class has no roc_auc */
            scores[n++] = score;
    }
    if (!status && n >= draws / 2 && n > 1) {
        qsort(scores, (size_t)n, sizeof *scores, by_value);
        interval->low = quantile(scores, n, 0.025);
        interval->high = quantile(scores, n, 0.975);
    }
    attune_groups_clear(&groups);
    free(scores);
    free(weights);
    return status;
}
