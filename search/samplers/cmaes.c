/* search/samplers/cmaes.c - evolution of a distribution: CMA-ES with margin, and with categories.
 *
 * Ordered hyperparameters follow a normal distribution (cmaes_model.h), each nominal one a vector
 * of probabilities (cmaes_categories.h). Known trials are taken in by generations, in the order of
 * their numbers, whoever suggested them: the distribution is a function of the history. Where in
 * its cell a discrete value was drawn is drawn again, by a key of the trial, as is what a trial
 * does not have. So that no value dies out, its neighbours keep a margin of probability. A
 * distribution that has shrunk to a point begins again elsewhere with twice the population.
 * Source: Hamano et al. 2025 (arXiv 2504.07884) and 2022 (arXiv 2205.13482) for the margins. */
#include "search/samplers/cmaes_categories.h"
#include "search/samplers/cmaes_model.h"
#include "search/samplers/cmaes_prior.h"
#include "search/samplers/points.h"
#include "spaces/gaussian.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A generation's trial, by rank. */
struct ranked {
    double violation, value;
    int64_t row;
};

struct cmaes_search {
    int64_t population; /* fields */
    double step;
    /* The rest are caches. */
    attune_points points;
    attune_key seed;
    const attune_space *space;
    const double *held;
    attune_cma cma;
    attune_cma_categories categories;
    int64_t *ordered, *nominal; /* the dimensions that are free, by kind */
    int64_t n_ordered, n_nominal, n_discrete;
    double chance; /* margin: how likely a sample leaves a value, a side or a category */
    struct ranked *block;
    double *samples; /* of a generation, best first */
    int64_t n_block, n_seen, n_restarts;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct cmaes_search, population, 0,
                   "trials of a generation; 0: by the number of hyperparameters", .low = 0,
                   .high = 100000),
    ATTUNE_REAL(struct cmaes_search, step, 0.2, "first standard deviation, as a share of a range",
                .low = 0.001, .high = 1),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct cmaes_search *s = self;
    return s->population == 0 || s->population >= 4 ? NULL : "need a population of at least 4";
}

static void forget(struct cmaes_search *s)
{
    attune_points_clear(&s->points);
    attune_cma_clear(&s->cma);
    attune_cma_categories_clear(&s->categories);
    free(s->ordered);
    free(s->nominal);
    free(s->block);
    free(s->samples);
    *s = (struct cmaes_search){.population = s->population, .step = s->step};
}

/* ---- the distribution at its beginning ---- */

static int64_t population_of(const struct cmaes_search *s)
{
    double n = (double)(s->n_ordered + s->n_nominal);
    int64_t size = s->population ? s->population : 4 + (int64_t)(3 * log(fmax(1, n)));
    for (int64_t k = 0; k < s->n_restarts && size < 1000; k++)
        size *= 2;
    return size;
}

static attune_status start_distribution(struct cmaes_search *s, attune_error *error)
{
    int64_t size = population_of(s);
    attune_cma_clear(&s->cma);
    attune_cma_categories_clear(&s->categories);
    free(s->block);
    free(s->samples);
    s->block = attune_alloc(size, sizeof *s->block, error);
    s->samples = attune_alloc(size * s->n_ordered, sizeof *s->samples, error);
    s->n_block = 0;
    if (!s->block || !s->samples)
        return ATTUNE_MEMORY;
    attune_status status = attune_cma_init(&s->cma, s->n_ordered, size, s->step, error);
    if (!status)
        status = attune_cma_categories_init(&s->categories, s->space, s->nominal, s->n_nominal,
                                            s->chance, error);
    attune_key key = attune_key_join(attune_key_start("cmaes start"), s->seed);
    attune_stream stream = attune_stream_new(attune_key_integer(key, s->n_restarts));
    for (int64_t i = 0; i < s->n_ordered && !status && s->n_restarts > 0; i++)
        s->cma.mean[i] = attune_stream_uniform(&stream);
    return status;
}

static void sort_dimensions(struct cmaes_search *s, const attune_history *history)
{
    for (int64_t i = 0; i < s->space->n; i++) {
        const attune_distribution *d = s->space->dimensions[i].distribution;
        bool is_held = history->held && !isnan(history->held[i]);
        if (is_held || attune_distribution_count(d) == 1)
            continue;
        if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL)
            s->nominal[s->n_nominal++] = i;
        else
            s->ordered[s->n_ordered++] = i;
        s->n_discrete += attune_distribution_is_discrete(d);
    }
    /* Of four samples about one has some discrete value changed by the margins alone. */
    s->chance = 1 - pow(0.73, 1 / fmax(1, (double)s->n_discrete));
}

/* Which category a trial has, by nominal dimension; -1: none. */
static void recall_categories(const struct cmaes_search *s, const attune_history *history,
                              int64_t row, int64_t *values)
{
    int64_t n = s->space->n;
    for (int64_t k = 0; k < s->n_nominal; k++) {
        int64_t i = s->nominal[k];
        const attune_distribution *d = s->space->dimensions[i].distribution;
        values[k] = history->active[row * n + i]
                        ? (int64_t)attune_distribution_quantile(d, history->unit[row * n + i])
                        : -1;
    }
}

/* An older study says where to begin, half of it for categories. */
static attune_status begin_at_prior(struct cmaes_search *s, const attune_history *history,
                                    attune_error *error)
{
    int64_t n = 0, *rows = attune_cma_prior_best(history, &n, error);
    if (!rows)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < s->n_ordered; k++) {
        double mean, deviation;
        if (attune_cma_prior_place(history, rows, n, s->ordered[k], &mean, &deviation))
            attune_cma_place(&s->cma, k, mean, deviation);
    }
    attune_cma_categories_begin(&s->categories);
    for (int64_t k = 0; k < n; k++) {
        recall_categories(s, history, rows[k], s->categories.values);
        attune_cma_categories_add(&s->categories, s->categories.values, 1 / (double)n);
    }
    attune_cma_categories_lean(&s->categories, 0.5);
    s->n_seen = history->n_prior;
    free(rows);
    return ATTUNE_OK;
}

static attune_status begin(struct cmaes_search *s, const attune_history *history,
                           attune_error *error)
{
    int64_t d = history->space->n;
    if (s->space == history->space && attune_key_same(s->seed, history->seed) &&
        s->held == history->held && s->n_seen <= history->n_known)
        return attune_points_update(&s->points, history, error);
    forget(s);
    s->ordered = attune_alloc(d, sizeof *s->ordered, error);
    s->nominal = attune_alloc(d, sizeof *s->nominal, error);
    if (!s->ordered || !s->nominal)
        return ATTUNE_MEMORY;
    s->space = history->space;
    s->seed = history->seed;
    s->held = history->held;
    sort_dimensions(s, history);
    attune_status status = start_distribution(s, error);
    if (!status && history->n_prior > 0)
        status = begin_at_prior(s, history, error);
    if (status)
        s->space = NULL;
    return status ? status : attune_points_update(&s->points, history, error);
}

/* ---- a generation ---- */

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->violation != y->violation)
        return x->violation < y->violation ? -1 : 1;
    if (x->violation < INFINITY && x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Where between two ends a coordinate was drawn, by a key of the trial. */
static double place_between(const struct cmaes_search *s, int64_t row, int64_t k, double low,
                            double high)
{
    attune_key key = attune_key_join(attune_key_start("cmaes place"), s->seed);
    attune_stream stream =
        attune_stream_new(attune_key_integer(attune_key_integer(key, row), s->ordered[k]));
    attune_gaussian g = {
        .mean = s->cma.mean[k], .sd = attune_cma_deviation(&s->cma, k), .low = low, .high = high};
    attune_error far = {0};
    double u = attune_stream_uniform(&stream);
    if (attune_gaussian_prepare(&g, &far)) /* the distribution is elsewhere by now */
        return isnan(low) ? high : isnan(high) ? low : (low + high) / 2;
    return attune_gaussian_quantile(&g, u);
}

/* The coordinates that a trial was drawn with. */
static void recall(const struct cmaes_search *s, const attune_history *history, int64_t row,
                   double *x)
{
    int64_t n = s->space->n;
    for (int64_t k = 0; k < s->n_ordered; k++) {
        int64_t i = s->ordered[k];
        const attune_distribution *d = s->space->dimensions[i].distribution;
        double low = NAN, high = NAN;
        x[k] = history->unit[row * n + i];
        if (!history->active[row * n + i]) {
            x[k] = place_between(s, row, k, NAN, NAN);
        } else if (attune_distribution_is_discrete(d)) {
            attune_distribution_cell(d, attune_distribution_quantile(d, x[k]), &low, &high);
            x[k] = place_between(s, row, k, low <= 0 ? NAN : low, high >= 1 ? NAN : high);
        }
    }
}

/* What is left of a value's neighbours is kept: the mean and the spread of one coordinate are moved
 * until each side has half of the chance. At the end of a range there is one side, and the mean
 * moves. */
static void keep_margin(struct cmaes_search *s, int64_t k)
{
    const attune_distribution *d = s->space->dimensions[s->ordered[k]].distribution;
    double low, high, *mean = &s->cma.mean[k];
    s->cma.widen[k] = 1;
    *mean = fmin(fmax(*mean, 0), 1);
    if (!attune_distribution_is_discrete(d))
        return;
    double sd = attune_cma_deviation(&s->cma, k), half = s->chance / 2;
    attune_distribution_cell(d, attune_distribution_quantile(d, *mean), &low, &high);
    double reach = gsl_cdf_ugaussian_Qinv(s->chance) * sd;
    if (low <= 0 || high >= 1) {
        if (low <= 0)
            *mean = fmax(*mean, high - reach);
        else
            *mean = fmin(*mean, low + reach);
        return;
    }
    double below = gsl_cdf_ugaussian_P((low - *mean) / sd),
           above = gsl_cdf_ugaussian_Q((high - *mean) / sd);
    if (below >= half && above >= half)
        return;
    double inside = fmax(1 - below - above, half);
    below = fmax(below, half);
    above = fmax(above, half);
    double sum = below + above + inside, share = (1 - sum) / (sum - 3 * half);
    double left = gsl_cdf_ugaussian_Qinv(below + share * (below - half)),
           right = gsl_cdf_ugaussian_Qinv(above + share * (above - half));
    *mean = (low * right + high * left) / (left + right);
    s->cma.widen[k] = (high - low) / (left + right) / sd;
}

static bool has_shrunk(const struct cmaes_search *s)
{
    double widest = 0;
    for (int64_t k = 0; k < s->n_ordered; k++)
        widest = fmax(widest, attune_cma_deviation(&s->cma, k));
    return s->n_ordered > 0 && !(widest > 1e-9 && widest < 1e9);
}

static attune_status learn(struct cmaes_search *s, const attune_history *history,
                           attune_error *error)
{
    int64_t n = s->cma.population;
    qsort(s->block, (size_t)n, sizeof *s->block, by_rank);
    const struct ranked *first = &s->block[0], *last = &s->block[n - 1];
    s->n_block = 0;
    if (first->violation == last->violation &&
        (first->violation == INFINITY || first->value == last->value))
        return ATTUNE_OK; /* all the same: nothing to learn */
    attune_cma_categories_begin(&s->categories);
    for (int64_t k = 0; k < n; k++) {
        int64_t row = s->block[k].row;
        recall(s, history, row, s->samples + k * s->n_ordered);
        recall_categories(s, history, row, s->categories.values);
        attune_cma_categories_add(&s->categories, s->categories.values, fmax(0, s->cma.weights[k]));
    }
    attune_cma_update(&s->cma, s->samples);
    attune_cma_categories_end(&s->categories);
    for (int64_t k = 0; k < s->n_ordered; k++)
        keep_margin(s, k);
    if (!has_shrunk(s))
        return ATTUNE_OK;
    s->n_restarts++;
    return start_distribution(s, error);
}

static attune_status update(struct cmaes_search *s, const attune_history *history,
                            attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (; s->n_seen < history->n_known && !status; s->n_seen++) {
        int64_t row = s->n_seen;
        if (history->ignore[row])
            continue;
        s->block[s->n_block++] =
            (struct ranked){attune_history_violation(history, row), history->values[row], row};
        if (s->n_block == s->cma.population)
            status = learn(s, history, error);
    }
    if (status)
        s->space = NULL; /* what is half done is not kept */
    return status;
}

/* ---- a sample ---- */

static double reflect(double u)
{
    u = fmod(fabs(u), 2);
    return u > 1 ? 2 - u : u;
}

static void draw(struct cmaes_search *s, attune_stream *stream, double *unit)
{
    double *x = s->samples; /* free between generations */
    for (int64_t i = 0; i < s->space->n; i++)
        unit[i] = 0.5;
    attune_cma_draw(&s->cma, stream, x);
    for (int64_t k = 0; k < s->n_ordered; k++) {
        const attune_distribution *d = s->space->dimensions[s->ordered[k]].distribution;
        unit[s->ordered[k]] =
            attune_distribution_is_discrete(d) ? fmin(fmax(x[k], 0), 1) : reflect(x[k]);
    }
    attune_cma_categories_draw(&s->categories, stream, s->categories.values);
    for (int64_t k = 0; k < s->n_nominal; k++)
        unit[s->nominal[k]] = attune_distribution_unit(
            s->space->dimensions[s->nominal[k]].distribution, (double)s->categories.values[k]);
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct cmaes_search *s = self;
    *answer = ATTUNE_ANSWER_POINT;
    attune_status status = begin(s, history, error);
    if (!status)
        status = update(s, history, error);
    if (status)
        return status;
    draw(s, stream, unit);
    for (int64_t i = 0; i < s->space->n && history->n == 0 && history->attempt == 0; i++)
        unit[i] = 0.5; /* the centre */
    return ATTUNE_OK;
}

static void clear(void *self)
{
    forget(self);
}

const attune_sampler_type attune_sampler_cmaes = {
    .name = "cmaes",
    .doc =
        "Evolution of a normal distribution (CMA-ES, with margin and categories): for hundreds of "
        "trials.",
    .size = sizeof(struct cmaes_search),
    .fields = fields,
    .able = ATTUNE_ABLE_CONSTRAINTS | ATTUNE_ABLE_PRIOR,
    .check = check,
    .ask = ask,
    .clear = clear,
};
