/* search/samplers/gp.c - a Gaussian process and the expected improvement under it.
 *
 * The first trials are scrambled Sobol points. From then on every answer is a function of the rows
 * below the watermark and of where the pending ones are: parameters are fitted at fixed sizes of
 * the history, from a fixed start, on the rows below that size. What is looked for is a result
 * that is better, with whatever the process takes for noise: of a repeatable measurement the best
 * one seen is what counts, lucky or not. */
#include "search/samplers/gp_model.h"
#include "search/samplers/gp_search.h"
#include "search/samplers/low_discrepancy.h"
#include "search/samplers/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_points = 225, most_fitted = 128, n_leaders = 4, most_work = 200000 };

struct gp_search {
    int64_t start; /* field */
    /* The rest are caches. */
    attune_points points;
    attune_sobol sobol;
    attune_key seed;
    const attune_space *space;
    uint8_t *nominal;
    double *parameters;
    int64_t n_fitted; /* the size of the history they were fitted at; 0: not yet */
    int64_t chosen[most_points], n_chosen; /* the rows below that size that stand for them */
    attune_gp gp;
    int64_t *rows; /* of the history, that are in the factor */
    double *values, *room;
    bool varied;          /* the factor is of other parameters than those fitted */
    attune_scalar scalar; /* what the history is made of when there are several objectives */
    attune_gp_limits limits;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct gp_search, start, 0,
                   "trials before the model is asked; 0: by the number of hyperparameters"),
    ATTUNE_FIELDS_END,
};

static void forget(struct gp_search *s)
{
    attune_points_clear(&s->points);
    attune_sobol_clear(&s->sobol);
    attune_gp_clear(&s->gp);
    attune_gp_limits_clear(&s->limits);
    free(s->nominal);
    free(s->parameters);
    free(s->rows);
    free(s->values);
    free(s->room);
    *s = (struct gp_search){.start = s->start, .scalar = s->scalar};
}

static attune_status begin(struct gp_search *s, const attune_history *history, attune_error *error)
{
    const attune_space *space = history->space;
    int64_t d = space->n;
    bool same = s->space == space && attune_key_same(s->seed, history->seed);
    if (!same) {
        forget(s);
        s->nominal = attune_alloc(d, 1, error);
        s->parameters = attune_alloc(d + 2, sizeof *s->parameters, error);
        if (!s->nominal || !s->parameters || attune_sobol_init(&s->sobol, d, history->seed, error))
            return ATTUNE_MEMORY;
        for (int64_t i = 0; i < d; i++)
            s->nominal[i] =
                space->dimensions[i].distribution->type->kind == ATTUNE_DISTRIBUTION_NOMINAL;
        s->space = space;
        s->seed = history->seed;
    }
    return attune_points_update(&s->points, history, error);
}

static int64_t n_free(const attune_history *history)
{
    int64_t n = 0;
    for (int64_t i = 0; i < history->space->n; i++)
        n += attune_distribution_count(history->space->dimensions[i].distribution) != 1 &&
             !(history->held && !isnan(history->held[i]));
    return n;
}

static int64_t n_start(const struct gp_search *s, const attune_history *history)
{
    int64_t by_size = 2 * n_free(history), by_budget = history->budget / 5;
    if (s->start > 0)
        return s->start;
    if (history->budget > 0 && by_size > by_budget)
        by_size = by_budget;
    return 1 + (by_size > 4 ? by_size : 4);
}

static void draw_start(struct gp_search *s, const attune_history *history, double *unit)
{
    if (history->n == 0 && history->attempt == 0) {
        for (int64_t i = 0; i < history->space->n; i++)
            unit[i] = 0.5;
        return;
    }
    attune_sobol_point(&s->sobol, (uint32_t)history->n + ((uint32_t)history->attempt << 21), unit);
}

static bool has_value(const attune_history *history, int64_t row)
{
    return row < history->n_known && history->outcome[row] != ATTUNE_FAILED &&
           isfinite(history->values[row * history->n_objectives]);
}

static int64_t n_usable(const attune_history *history)
{
    int64_t n = 0;
    for (int64_t i = 0; i < history->n_known; i++)
        n += has_value(history, i);
    return n;
}

/* The sizes of a history at which parameters are fitted: each up to 16, then a tenth more. */
static int64_t fit_size(int64_t n)
{
    int64_t size = 1;
    for (;;) {
        int64_t next = size + (size < 16 ? 1 : size < 250 ? size / 10 : 25);
        if (next > n)
            return size;
        size = next;
    }
}

static double value_of(const attune_history *history, int64_t row)
{
    return has_value(history, row) ? history->values[row * history->n_objectives] : NAN;
}

static void features_of(const attune_history *history, int64_t row, double *features)
{
    const attune_space *space = history->space;
    const double *unit = history->unit + row * space->n;
    for (int64_t i = 0; i < space->n; i++) /* x first, then in its place the feature */
        features[i] = attune_distribution_quantile(space->dimensions[i].distribution, unit[i]);
    attune_gp_features(space, features, history->active + row * space->n, unit, features);
}

/* ---- which rows the model is made of ---- */

struct ranked {
    double value;
    int64_t row;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Of the known rows below `upto`, at most `most`: the better half of them, and the rest evenly
 * over the others by rank. Ascending row numbers into rows; returns how many. */
static int64_t choose(const attune_history *history, int64_t upto, int64_t most, int64_t *rows,
                      struct ranked *ranked)
{
    int64_t n = 0, kept = 0;
    for (int64_t i = 0; i < upto; i++)
        if (!history->ignore[i]) {
            double value = value_of(history, i);
            ranked[n++] = (struct ranked){isnan(value) ? INFINITY : value, i};
        }
    if (n > most) {
        qsort(ranked, (size_t)n, sizeof *ranked, by_value);
        int64_t half = most / 2, rest = most - half;
        for (int64_t k = 0; k < rest; k++)
            ranked[half + k] = ranked[half + k * (n - half) / rest];
        n = most;
    }
    for (int64_t k = 0; k < n; k++)
        rows[kept++] = ranked[k].row;
    for (int64_t i = 1; i < kept; i++) { /* few, and nearly in order */
        int64_t row = rows[i], at = i;
        for (; at > 0 && rows[at - 1] > row; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    return kept;
}

static attune_status fit(struct gp_search *s, const attune_history *history, int64_t size,
                         attune_error *error)
{
    int64_t d = history->space->n, rows[most_fitted], n_active = 0;
    struct ranked *ranked = attune_alloc(size, sizeof *ranked, error);
    double *points = attune_alloc(most_fitted * (d + 2), sizeof *points, error);
    attune_status status = ranked && points ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status) {
        double *values = points + most_fitted * d, *room = values + most_fitted;
        int64_t n = choose(history, size, most_fitted, rows, ranked);
        for (int64_t k = 0; k < n; k++) {
            features_of(history, rows[k], points + k * d);
            values[k] = value_of(history, rows[k]);
            for (int64_t i = 0; i < d; i++)
                n_active += history->active[rows[k] * d + i];
        }
        if (!attune_gp_warp(values, n, room)) /* all the same: the prior is all there is */
            n = 0;
        status = attune_gp_fit(n, d, points, s->nominal, values,
                               n ? (double)n_active / (double)n : (double)d, s->parameters, error);
        s->n_chosen = choose(history, size, most_points, s->chosen, ranked);
        s->n_fitted = status ? 0 : size;
    }
    free(ranked);
    free(points);
    return status;
}

/* The rows of the factor: those chosen when it was fitted, then every later one, the pending ones
 * last. rows has room for them. */
static int64_t gather(const struct gp_search *s, const attune_history *history, int64_t *n_known,
                      int64_t *rows)
{
    int64_t n = s->n_chosen;
    memcpy(rows, s->chosen, (size_t)n * sizeof *rows);
    for (int64_t i = s->n_fitted; i < history->n_known; i++)
        if (!history->ignore[i])
            rows[n++] = i;
    *n_known = n;
    for (int64_t i = history->n_known; i < history->n; i++)
        rows[n++] = i;
    return n;
}

static attune_status reserve(struct gp_search *s, int64_t d, int64_t n, attune_error *error)
{
    if (n <= s->gp.capacity)
        return ATTUNE_OK;
    int64_t capacity = 64;
    while (capacity < n)
        capacity *= 2;
    attune_gp_clear(&s->gp);
    free(s->rows);
    free(s->values);
    free(s->room);
    s->rows = attune_alloc(capacity, sizeof *s->rows, error);
    s->values = attune_alloc(capacity, sizeof *s->values, error);
    s->room = attune_alloc(capacity + d + 2, sizeof *s->room, error);
    if (!s->rows || !s->values || !s->room)
        return ATTUNE_MEMORY;
    attune_status status = attune_gp_init(&s->gp, d, s->nominal, capacity, error);
    if (!status)
        attune_gp_reset(&s->gp, s->parameters);
    return status;
}

/* Every other job sees the points through lengths that are drawn around the fitted ones: few points
 * leave them vague, and a search that trusts one guess comes back to the same hill. Towards the end
 * there is no time for another hill. */
static bool varies(const attune_history *history)
{
    return history->n % 2 == 0 && !attune_history_ends(history);
}

static void vary(const struct gp_search *s, int64_t d, attune_stream *stream, double *parameters)
{
    static const double spread = 0.4;
    memcpy(parameters, s->parameters, (size_t)(d + 2) * sizeof *parameters);
    for (int64_t i = 0; i < d; i++)
        parameters[i] += spread * attune_stream_normal(stream);
}

/* The factor of these rows: what is there is kept as far as it is of the same rows. */
static attune_status condition(struct gp_search *s, const attune_history *history, bool refitted,
                               attune_stream *stream, attune_error *error)
{
    int64_t n_known = 0, n = 0, d = history->space->n;
    int64_t *rows = attune_alloc(most_points + history->n - s->n_fitted, sizeof *rows, error);
    attune_status status = rows ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status) {
        n = gather(s, history, &n_known, rows);
        status = reserve(s, d, n, error);
    }
    bool same = !status && !refitted && !s->varied && s->gp.n <= n &&
                memcmp(s->rows, rows, (size_t)s->gp.n * sizeof *rows) == 0;
    if (!status && !same)
        attune_gp_reset(&s->gp, s->parameters);
    if (!status && varies(history)) {
        vary(s, d, stream, s->room);
        attune_gp_reset(&s->gp, s->room);
    }
    s->varied = varies(history);
    for (int64_t k = status ? n : s->gp.n; k < n; k++) {
        features_of(history, rows[k], s->room);
        attune_gp_add(&s->gp, s->room);
        s->rows[k] = rows[k];
    }
    for (int64_t k = 0; k < n_known && !status; k++)
        s->values[k] = value_of(history, rows[k]);
    if (!status && !attune_gp_warp(s->values, n_known, s->room))
        memset(s->values, 0, (size_t)n_known * sizeof *s->values);
    if (!status)
        attune_gp_know(&s->gp, s->values, n_known);
    if (!status && history->n_constraints)
        status = attune_gp_limits_update(&s->limits, history, s->nominal, rows, n_known, n,
                                         s->n_fitted, error);
    free(rows);
    return status;
}

/* ---- where to look ---- */

/* By how much the k-th row of the factor breaks constraints. */
static double breaks(const struct gp_search *s, const attune_history *history, int64_t k)
{
    return history->n_constraints ? attune_history_violation(history, s->rows[k]) : 0;
}

static bool is_before(const struct gp_search *s, const attune_history *history, int64_t a,
                      int64_t b)
{
    double x = breaks(s, history, a), y = breaks(s, history, b);
    return x != y ? x < y : s->values[a] < s->values[b];
}

/* What counts as an improvement: on the best value that the process believes in, that of a pending
 * point too, so that what is already being tried is not looked for again. */
static double to_improve(const struct gp_search *s, const attune_history *history, int64_t best)
{
    int64_t n = history->n_constraints ? s->gp.n_known : s->gp.n;
    double least = INFINITY;
    if (breaks(s, history, best) > 0)
        return INFINITY;
    for (int64_t k = 0; k < n; k++)
        if (breaks(s, history, k) == 0)
            least = fmin(least, s->gp.believed[k]);
    return least;
}

/* How much luck counts. Where no cell is tried twice, luck alone would make the search go through
 * all that is left around the best one: the jobs that vary lengths look for what is better by
 * itself. */
static double luck(const struct gp_search *s, const attune_history *history)
{
    return s->points.discrete && varies(history) ? 0 : s->gp.noise;
}

static attune_status improve(struct gp_search *s, const attune_history *history,
                             attune_stream *stream, double *unit, bool *found, attune_error *error)
{
    int64_t d = history->space->n, best[n_leaders] = {0}, count = 0;
    double *leaders = attune_alloc(n_leaders * d, sizeof *leaders, error);
    if (!leaders)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < s->gp.n_known; k++) {
        int64_t at = count < n_leaders ? count++ : n_leaders;
        for (; at > 0 && is_before(s, history, k, best[at - 1]); at--)
            if (at < n_leaders)
                best[at] = best[at - 1];
        if (at < n_leaders)
            best[at] = k;
    }
    for (int64_t k = 0; k < count; k++)
        memcpy(leaders + k * d, history->unit + s->rows[best[k]] * d, (size_t)d * sizeof *leaders);
    attune_gp_search search = {.gp = &s->gp,
                               .points = &s->points,
                               .best = to_improve(s, history, best[0]),
                               .nugget = luck(s, history),
                               .limits = history->n_constraints ? &s->limits : NULL,
                               .leaders = leaders,
                               .n_leaders = count,
                               .n_evaluations = (int64_t)fmin(2400, most_work / (double)s->gp.n),
                               .stream = stream};
    attune_status status = attune_gp_search_run(&search, unit, found, error);
    free(leaders);
    return status;
}

static attune_status ask_one(struct gp_search *s, const attune_history *history,
                             attune_stream *stream, double *unit, attune_answer *answer,
                             attune_error *error)
{
    bool found = false;
    attune_status status = begin(s, history, error);
    *answer = ATTUNE_ANSWER_POINT;
    if (status)
        return status;
    bool starts = history->n < n_start(s, history) || n_usable(history) < 4;
    if (!starts && history->attempt == 0) {
        int64_t size = fit_size(history->n_known);
        bool refits = size != s->n_fitted;
        if (refits)
            status = fit(s, history, size, error);
        if (!status)
            status = condition(s, history, refits, stream, error);
        if (!status)
            status = improve(s, history, stream, unit, &found, error);
    }
    if (!status && !found)
        draw_start(s, history, unit);
    return status;
}

/* Several objectives are one to each job, and parameters are fitted to that. */
static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct gp_search *s = self;
    attune_history one;
    if (history->n_objectives == 1)
        return ask_one(s, history, stream, unit, answer, error);
    attune_status status = attune_scalar_history(&s->scalar, history, &one, error);
    s->n_fitted = s->limits.n_fitted = 0;
    return status ? status : ask_one(s, &one, stream, unit, answer, error);
}

static void clear(void *self)
{
    forget(self);
    attune_scalar_clear(&((struct gp_search *)self)->scalar);
}

const attune_sampler_type attune_sampler_gp = {
    .name = "gp",
    .doc = "A Gaussian process and its expected improvement: fewest trials, costs milliseconds.",
    .size = sizeof(struct gp_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS | ATTUNE_ABLE_PRIOR,
    .ask = ask,
    .clear = clear,
};
