/* search/loop/stop_rule.c - whether anything is left to win. */
#include "search/loop/stop_rule.h"

#include "search/samplers/gp_model.h"
#include "search/samplers/gp_search.h"
#include "search/samplers/low_discrepancy.h"
#include "search/samplers/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

enum { most_rows = 200, n_spread = 2000, n_around = 500, n_leaders = 5, block = 64 };

/* What bounds are made of; rows of features. */
struct look {
    const attune_history *history;
    int64_t d, n; /* trials the model knows */
    double *features, *values, *parameters;
    int64_t *rows;
    uint8_t *nominal;
    double mean, scale; /* of values, taken out of them */
    attune_gp gp;
    attune_points points; /* settles candidates */
    double width;         /* of a bound, in deviations */
};

/* What a constraint rules out is nothing to be won. */
static double value_at(const attune_history *history, int64_t row)
{
    bool known = row >= history->n_prior && !history->ignore[row] &&
                 attune_history_violation(history, row) == 0;
    return known ? history->values[row * history->n_objectives] : NAN;
}

static attune_status look_init(struct look *look, const attune_history *history,
                               attune_error *error)
{
    int64_t d = history->space->n;
    *look = (struct look){.history = history, .d = d};
    look->features = attune_alloc(most_rows * d, sizeof(double), error);
    look->values = attune_alloc(most_rows, sizeof(double), error);
    look->parameters = attune_alloc(d + 2, sizeof(double), error);
    look->rows = attune_alloc(most_rows, sizeof *look->rows, error);
    look->nominal = attune_alloc(d, 1, error);
    if (!look->features || !look->values || !look->parameters || !look->rows || !look->nominal)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < d; i++)
        look->nominal[i] =
            history->space->dimensions[i].distribution->type->kind == ATTUNE_DISTRIBUTION_NOMINAL;
    return ATTUNE_OK;
}

static void look_clear(struct look *look)
{
    free(look->features);
    free(look->values);
    free(look->parameters);
    free(look->rows);
    free(look->nominal);
    attune_gp_clear(&look->gp);
    attune_points_clear(&look->points);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The newest trials and, of those before, the best: a bound is about where the best are. Returns
 * whether there are enough, and different ones. */
static bool choose_rows(struct look *look, double *sorted)
{
    const attune_history *h = look->history;
    int64_t n = 0;
    for (int64_t i = 0; i < h->n_known; i++)
        if (isfinite(value_at(h, i)))
            sorted[n++] = value_at(h, i);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    if (n < ATTUNE_STOP_RULE_FIRST || sorted[0] == sorted[n - 1])
        return false;
    double limit = sorted[(n < most_rows ? n : most_rows) - 1];
    for (int64_t i = h->n_known - 1; i >= 0 && look->n < most_rows; i--)
        if (value_at(h, i) <= limit)
            look->rows[look->n++] = i;
    /* What is far worse than the middle is only known to be bad. */
    double median = sorted[n / 2], most = median + 2 * (median - sorted[0]);
    for (int64_t k = 0; k < look->n; k++)
        look->values[k] = fmin(value_at(h, look->rows[k]), most);
    return true;
}

static bool standardise(struct look *look)
{
    double square = 0;
    for (int64_t k = 0; k < look->n; k++)
        look->mean += look->values[k] / (double)look->n;
    for (int64_t k = 0; k < look->n; k++)
        square += (look->values[k] - look->mean) * (look->values[k] - look->mean);
    look->scale = sqrt(square / (double)look->n);
    for (int64_t k = 0; k < look->n; k++)
        look->values[k] = (look->values[k] - look->mean) / look->scale;
    return look->scale > 0 && isfinite(look->scale);
}

static attune_status fit(struct look *look, attune_error *error)
{
    const attune_history *h = look->history;
    const attune_space *space = h->space;
    double n_active = 0;
    for (int64_t k = 0; k < look->n; k++) {
        const double *unit = h->unit + look->rows[k] * look->d;
        const uint8_t *active = h->active + look->rows[k] * look->d;
        double *features = look->features + k * look->d;
        for (int64_t i = 0; i < look->d; i++) {
            features[i] = attune_distribution_quantile(space->dimensions[i].distribution, unit[i]);
            n_active += active[i];
        }
        attune_gp_features(space, features, active, unit, features);
    }
    attune_status status =
        attune_gp_fit(look->n, look->d, look->features, look->nominal, look->values,
                      n_active / (double)look->n, look->parameters, error);
    if (!status)
        status = attune_gp_init(&look->gp, look->d, look->nominal, look->n, error);
    if (status)
        return status;
    attune_gp_reset(&look->gp, look->parameters);
    for (int64_t k = 0; k < look->n; k++)
        attune_gp_add(&look->gp, look->features + k * look->d);
    attune_gp_know(&look->gp, look->values, look->n);
    /* Srinivas et al.'s, with probability 0.9, and scaled as Makarova et al. do. */
    double t = (double)h->n_known, inside = (double)look->d * t * t * pi * pi / (6 * 0.1);
    look->width = sqrt(2 * log(inside) / 5);
    return ATTUNE_OK;
}

/* The least upper bound (sign 1) or lower bound (-1) of m points. */
static double least_bound(const struct look *look, const double *features, int64_t m, double sign)
{
    double least = INFINITY, mean[block], deviation[block];
    for (int64_t i = 0; i < m; i += block) {
        int64_t n = m - i < block ? m - i : block;
        attune_gp_predict(&look->gp, features + i * look->d, n, mean, deviation);
        for (int64_t k = 0; k < n; k++)
            least = fmin(least, mean[k] + sign * look->width * deviation[k]);
    }
    return least;
}

/* A candidate among the others, unless it breaks a relation; flushed a block at a time. */
struct batch {
    struct look *look;
    double *features, *unit;
    int64_t n;
    double least;
};

static void flush(struct batch *batch)
{
    batch->least = fmin(batch->least, least_bound(batch->look, batch->features, batch->n, -1));
    batch->n = 0;
}

static void consider(struct batch *batch)
{
    struct look *look = batch->look;
    attune_points_settle(&look->points, batch->unit);
    const attune_sample *sample = &look->points.sample;
    if (attune_space_broken(look->history->space, sample))
        return;
    attune_gp_features(look->history->space, sample->x, sample->active, batch->unit,
                       batch->features + batch->n * look->d);
    if (++batch->n == block)
        flush(batch);
}

static attune_status spread(struct batch *batch, attune_error *error)
{
    attune_sobol sobol;
    struct look *look = batch->look;
    attune_key key = attune_key_join(attune_key_start("stop rule"), look->history->seed);
    attune_stream stream = attune_stream_new(attune_key_integer(key, look->history->n_known));
    attune_status status = attune_sobol_init(&sobol, look->d, key, error);
    if (status)
        return status;
    for (int64_t i = 0; i < n_spread; i++) {
        attune_sobol_point(&sobol, (uint32_t)i, batch->unit);
        consider(batch);
    }
    attune_sobol_clear(&sobol);
    int64_t best[n_leaders], count = 0;
    for (int64_t k = 0; k < look->n; k++) {
        int64_t at = count < n_leaders ? count++ : n_leaders;
        for (; at > 0 && look->values[best[at - 1]] > look->values[k]; at--)
            if (at < n_leaders)
                best[at] = best[at - 1];
        if (at < n_leaders)
            best[at] = k;
    }
    for (int64_t i = 0; i < n_around; i++) {
        const double *from = look->history->unit + look->rows[best[i % count]] * look->d;
        for (int64_t k = 0; k < look->d; k++) {
            double step = (i % 2 ? 0.1 : 0.03) * attune_stream_normal(&stream);
            batch->unit[k] = fmin(fmax(from[k] + step, 0), 1);
        }
        consider(batch);
    }
    flush(batch);
    return ATTUNE_OK;
}

static attune_status lowest(struct look *look, double *least, attune_error *error)
{
    struct batch batch = {.look = look,
                          .features = attune_alloc((block + 1) * look->d, sizeof(double), error),
                          .least = INFINITY};
    attune_status status =
        batch.features ? attune_points_update(&look->points, look->history, error) : ATTUNE_MEMORY;
    if (!status) {
        batch.unit = batch.features + block * look->d;
        status = spread(&batch, error);
    }
    *least = fmin(batch.least, least_bound(look, look->features, look->n, -1));
    free(batch.features);
    return status;
}

attune_status attune_stop_rule_left(const attune_history *history, double *left,
                                    attune_error *error)
{
    struct look look;
    double least = 0, *sorted = attune_alloc(history->n_known, sizeof *sorted, error);
    attune_status status = look_init(&look, history, error);
    if (!sorted)
        status = ATTUNE_MEMORY;
    *left = INFINITY;
    if (!status && choose_rows(&look, sorted) && standardise(&look)) {
        status = fit(&look, error);
        if (!status)
            status = lowest(&look, &least, error);
        double most = status ? 0 : least_bound(&look, look.features, look.n, 1);
        *left = fmax(0, (most - least) * look.scale);
    }
    look_clear(&look);
    free(sorted);
    return status;
}

double attune_stop_rule_error(const double *losses, int64_t n_folds)
{
    double mean = 0, square = 0, k = (double)n_folds;
    if (n_folds < 2)
        return NAN;
    for (int64_t f = 0; f < n_folds; f++)
        mean += losses[f] / k;
    for (int64_t f = 0; f < n_folds; f++)
        square += (losses[f] - mean) * (losses[f] - mean);
    return sqrt((1 / k + 1 / (k - 1)) * square / (k - 1));
}
