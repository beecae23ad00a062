/* search/samplers/scalar.c - several objectives as one, weighed by draws of each job. */
#include "search/samplers/scalar.h"

#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>

enum { most_objectives = 64 };

/* Even over the simplex. */
static void draw_weights(const attune_history *history, double *weights)
{
    int64_t m = history->n_objectives;
    double sum = 0;
    attune_key key = attune_key_join(attune_key_start("objective weights"), history->seed);
    attune_stream stream = attune_stream_new(attune_key_integer(key, history->n));
    for (int64_t k = 0; k < m; k++)
        sum += weights[k] = -log(attune_stream_uniform(&stream));
    for (int64_t k = 0; k < m; k++)
        weights[k] /= sum;
}

static void widen(const double *values, int64_t m, double *low, double *high)
{
    for (int64_t k = 0; k < m; k++) {
        low[k] = fmin(low[k], values[k]);
        high[k] = fmax(high[k], values[k]);
    }
}

/* What the front spans; where that is one value, what all rows span. */
static attune_status find_ranges(const attune_history *history, double *low, double *high,
                                 attune_error *error)
{
    int64_t m = history->n_objectives, n = history->n_known;
    double least[most_objectives], most[most_objectives];
    uint8_t *front = attune_alloc(n, 1, error);
    double *violations = attune_alloc(n, sizeof *violations, error);
    attune_status status = front && violations ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t k = 0; k < m; k++) {
        low[k] = least[k] = INFINITY;
        high[k] = most[k] = -INFINITY;
    }
    for (int64_t i = 0; i < n && !status; i++) {
        violations[i] = attune_history_violation(history, i);
        if (violations[i] < INFINITY)
            widen(history->values + i * m, m, least, most);
    }
    if (!status)
        status = attune_pareto_front(history->values, violations, n, m, front, error);
    for (int64_t i = 0; i < n && !status; i++)
        if (front[i])
            widen(history->values + i * m, m, low, high);
    for (int64_t k = 0; k < m; k++)
        if (!(low[k] < high[k])) {
            low[k] = least[k];
            high[k] = most[k];
        }
    free(front);
    free(violations);
    return status;
}

static double weigh(const double *values, int64_t m, const double *weights, const double *low,
                    const double *high)
{
    double worst = -INFINITY, sum = 0;
    for (int64_t k = 0; k < m; k++) {
        double range = high[k] - low[k];
        double place = range > 0 && range < INFINITY ? (values[k] - low[k]) / range : 0;
        worst = fmax(worst, weights[k] * place);
        sum += weights[k] * place;
    }
    return worst + 0.05 * sum;
}

attune_status attune_scalar_history(attune_scalar *scalar, const attune_history *history,
                                    attune_history *one, attune_error *error)
{
    int64_t m = history->n_objectives;
    double weights[most_objectives], low[most_objectives], high[most_objectives];
    if (m > most_objectives)
        return attune_fail(error, ATTUNE_INVALID, "at most %d objectives", most_objectives);
    if (history->n > scalar->capacity) {
        double *grown = attune_realloc(scalar->values, 2 * history->n, sizeof *grown, error);
        if (!grown)
            return ATTUNE_MEMORY;
        scalar->values = grown;
        scalar->capacity = 2 * history->n;
    }
    attune_status status = find_ranges(history, low, high, error);
    draw_weights(history, weights);
    for (int64_t i = 0; i < history->n && !status; i++) {
        const double *values = history->values + i * m;
        bool there = i < history->n_known && history->outcome[i] != ATTUNE_FAILED;
        for (int64_t k = 0; k < m; k++)
            there = there && isfinite(values[k]);
        scalar->values[i] = there ? weigh(values, m, weights, low, high) : NAN;
    }
    *one = *history;
    one->values = scalar->values;
    one->n_objectives = 1;
    return status;
}

void attune_scalar_clear(attune_scalar *scalar)
{
    free(scalar->values);
    *scalar = (attune_scalar){0};
}
