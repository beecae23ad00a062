/* search/samplers/gp_limits.c - how likely a point is to keep the constraints of a study. */
#include "search/samplers/gp_limits.h"

#include "search/samplers/gp_search.h"

#include <math.h>
#include <stdlib.h>

enum { most_fitted = 128 };

static void clear_models(attune_gp_limits *limits)
{
    for (int64_t k = 0; k < limits->n && limits->models; k++)
        attune_gp_clear(&limits->models[k]);
    free(limits->points);
    free(limits->values);
    free(limits->room);
    limits->points = limits->values = limits->room = NULL;
    limits->capacity = 0;
}

void attune_gp_limits_clear(attune_gp_limits *limits)
{
    clear_models(limits);
    free(limits->models);
    free(limits->parameters);
    free(limits->edges);
    *limits = (attune_gp_limits){0};
}

static attune_status begin(attune_gp_limits *limits, const attune_history *history,
                           attune_error *error)
{
    int64_t n = history->n_constraints, d = history->space->n;
    if (limits->n == n && limits->d == d)
        return ATTUNE_OK;
    attune_gp_limits_clear(limits);
    limits->models = attune_alloc(n, sizeof *limits->models, error);
    limits->parameters = attune_alloc(n * (d + 2), sizeof *limits->parameters, error);
    limits->edges = attune_alloc(n, sizeof *limits->edges, error);
    if (!limits->models || !limits->parameters || !limits->edges)
        return ATTUNE_MEMORY;
    limits->n = n;
    limits->d = d;
    return ATTUNE_OK;
}

static attune_status reserve(attune_gp_limits *limits, const uint8_t *nominal, int64_t rows,
                             attune_error *error)
{
    int64_t capacity = 64;
    if (rows <= limits->capacity)
        return ATTUNE_OK;
    while (capacity < rows)
        capacity *= 2;
    clear_models(limits);
    limits->points = attune_alloc(capacity * limits->d, sizeof *limits->points, error);
    limits->values = attune_alloc(capacity, sizeof *limits->values, error);
    limits->room = attune_alloc(most_fitted * (limits->d + 1), sizeof *limits->room, error);
    attune_status status =
        limits->points && limits->values && limits->room ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t k = 0; k < limits->n && !status; k++)
        status = attune_gp_init(&limits->models[k], limits->d, nominal, capacity, error);
    limits->capacity = status ? 0 : capacity;
    return status;
}

static void describe(const attune_history *history, int64_t row, double *features)
{
    const attune_space *space = history->space;
    const double *unit = history->unit + row * space->n;
    for (int64_t i = 0; i < space->n; i++) /* x first, then in its place the feature */
        features[i] = attune_distribution_quantile(space->dimensions[i].distribution, unit[i]);
    attune_gp_features(space, features, history->active + row * space->n, unit, features);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle of what is not 0 among |values|, sorted in place; 1 when all are. */
static double middle(double *sizes, int64_t n)
{
    int64_t first = 0;
    if (n == 0)
        return 1;
    qsort(sizes, (size_t)n, sizeof *sizes, ascending);
    while (first < n && sizes[first] == 0)
        first++;
    return first < n ? sizes[(first + n) / 2] : 1;
}

/* Values of a constraint to mean 0 and variance 1; returns where 0 went. What is not known (a
 * failure) counts as the worst that was seen. Infinity: all of them keep it; minus infinity: none
 * does, and all are the same. */
static double follow(double *values, int64_t n, double *sizes)
{
    double worst = 0, mean = 0, variance = 0, scale = 1;
    int64_t finite = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i])) {
            worst = fmax(worst, values[i]);
            sizes[finite++] = fabs(values[i]);
        }
    scale = middle(sizes, finite);
    for (int64_t i = 0; i < n; i++)
        values[i] = asinh((isfinite(values[i]) ? values[i] : worst) / scale);
    for (int64_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        variance += (values[i] - mean) * (values[i] - mean) / (double)n;
    if (!(variance > 1e-18))
        return mean <= 0 ? INFINITY : -INFINITY;
    for (int64_t i = 0; i < n; i++)
        values[i] = (values[i] - mean) / sqrt(variance);
    return -mean / sqrt(variance);
}

/* Parameters of each constraint from at most most_fitted of the rows below `size`, evenly taken. */
static attune_status fit(attune_gp_limits *limits, const attune_history *history,
                         const uint8_t *nominal, const int64_t *rows, int64_t n, int64_t size,
                         attune_error *error)
{
    int64_t d = limits->d, m = n < most_fitted ? n : most_fitted;
    double *values = limits->room + most_fitted * d, *sizes = limits->values;
    attune_status status = ATTUNE_OK;
    for (int64_t k = 0; k < m; k++)
        for (int64_t i = 0; i < d; i++)
            limits->room[k * d + i] = limits->points[k * n / m * d + i];
    for (int64_t c = 0; c < limits->n && !status; c++) {
        for (int64_t k = 0; k < m; k++)
            values[k] = history->constraints[rows[k * n / m] * limits->n + c];
        bool flat = isinf(follow(values, m, sizes));
        status = attune_gp_fit(flat ? 0 : m, d, limits->room, nominal, values, (double)d,
                               limits->parameters + c * (d + 2), error);
    }
    limits->n_fitted = status ? 0 : size;
    return status;
}

static void condition(attune_gp_limits *limits, const attune_history *history, const int64_t *rows,
                      int64_t n_known, int64_t n_rows, double *sizes)
{
    for (int64_t c = 0; c < limits->n; c++) {
        attune_gp *gp = &limits->models[c];
        for (int64_t k = 0; k < n_known; k++)
            limits->values[k] = history->constraints[rows[k] * limits->n + c];
        limits->edges[c] = follow(limits->values, n_known, sizes);
        if (isinf(limits->edges[c]))
            continue;
        attune_gp_reset(gp, limits->parameters + c * (limits->d + 2));
        for (int64_t k = 0; k < n_rows; k++)
            attune_gp_add(gp, limits->points + k * limits->d);
        attune_gp_know(gp, limits->values, n_known);
    }
}

attune_status attune_gp_limits_update(attune_gp_limits *limits, const attune_history *history,
                                      const uint8_t *nominal, const int64_t *rows, int64_t n_known,
                                      int64_t n_rows, int64_t size, attune_error *error)
{
    int64_t below = 0;
    attune_status status = begin(limits, history, error);
    if (!status)
        status = reserve(limits, nominal, n_rows, error);
    double *sizes = status ? NULL : attune_alloc(n_known, sizeof *sizes, error);
    if (!sizes)
        return status ? status : ATTUNE_MEMORY;
    for (int64_t k = 0; k < n_rows; k++)
        describe(history, rows[k], limits->points + k * limits->d);
    while (below < n_known && rows[below] < size)
        below++;
    if (size != limits->n_fitted)
        status = fit(limits, history, nominal, rows, below, size, error);
    if (!status)
        condition(limits, history, rows, n_known, n_rows, sizes);
    free(sizes);
    return status;
}

/* log of the share of a normal that is below z. */
static double log_share(double z)
{
    if (z > -25)
        return log(0.5 * erfc(-z * 0.7071067811865476));
    return -z * z / 2 - log(-z) - 0.9189385332046727;
}

void attune_gp_limits_add(const attune_gp_limits *limits, const double *points, int64_t m,
                          double *mean, double *deviation, double *scores)
{
    for (int64_t c = 0; c < limits->n; c++) {
        if (isinf(limits->edges[c])) /* nothing is known of where it would change */
            continue;
        attune_gp_predict(&limits->models[c], points, m, mean, deviation);
        for (int64_t i = 0; i < m; i++)
            scores[i] += log_share((limits->edges[c] - mean[i]) / deviation[i]);
    }
}
