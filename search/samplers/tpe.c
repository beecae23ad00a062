/* search/samplers/tpe.c - the tree-structured Parzen estimator, multivariate.
 *
 * Points are drawn from a density of the best trials; the one that is likeliest there beside the
 * density of all others is tried. Source: Watanabe 2023 (arXiv 2304.11127) for the split, the
 * weights and the even kernel. Cost does not grow with a long history: of the worse trials some
 * hundreds stand for all, evenly by rank. */
#include "search/pareto.h"
#include "search/samplers/low_discrepancy.h"
#include "search/samplers/gp_search.h"
#include "search/samplers/tpe_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_good = 64, most_bad = 192, most_pending = 1024, first_trials = 10 };

struct ranked {
    double value;
    int64_t row;
};

struct tpe_search {
    int64_t candidates; /* fields */
    /* The rest are caches. */
    attune_points points;
    attune_sobol sobol;
    attune_key seed;
    const attune_space *space;
    attune_tpe_density good, bad;
    struct ranked *ranked; /* known rows, best first */
    int64_t n_ranked, n_seen, capacity;
    uint64_t last;    /* hash of the history's row n_seen - 1, from points */
    double *features; /* capacity x d, by row of the history */
    int64_t n_features, features_capacity;
    double *room; /* 3 d */
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct tpe_search, candidates, 32, "points drawn and compared a trial", .low = 1,
                   .high = 10000),
    ATTUNE_FIELDS_END,
};

static void forget(struct tpe_search *s)
{
    attune_points_clear(&s->points);
    attune_sobol_clear(&s->sobol);
    attune_tpe_density_clear(&s->good);
    attune_tpe_density_clear(&s->bad);
    free(s->ranked);
    free(s->features);
    free(s->room);
    *s = (struct tpe_search){.candidates = s->candidates};
}

static attune_status begin(struct tpe_search *s, const attune_history *history, attune_error *error)
{
    const attune_space *space = history->space;
    if (s->space == space && attune_key_same(s->seed, history->seed) &&
        s->n_seen <= history->n_known)
        return attune_points_update(&s->points, history, error);
    forget(s);
    s->room = attune_alloc(3 * space->n, sizeof *s->room, error);
    attune_status status = s->room ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sobol_init(&s->sobol, space->n, history->seed, error);
    if (!status)
        status = attune_tpe_density_init(&s->good, space, most_good, error);
    if (!status)
        status = attune_tpe_density_init(&s->bad, space, most_bad + most_pending, error);
    s->space = status ? NULL : space;
    s->seed = history->seed;
    return status ? status : attune_points_update(&s->points, history, error);
}

/* ---- known rows by rank ---- */

static int compare(const struct ranked *x, const struct ranked *y)
{
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_rank(const void *x, const void *y)
{
    return compare(x, y);
}

static void insert(struct tpe_search *s, struct ranked item)
{
    int64_t low = 0, high = s->n_ranked;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (compare(&s->ranked[middle], &item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(s->ranked + low + 1, s->ranked + low, (size_t)(s->n_ranked - low) * sizeof *s->ranked);
    s->ranked[low] = item;
    s->n_ranked++;
}

static attune_status reserve_ranked(struct tpe_search *s, int64_t n, attune_error *error)
{
    if (n <= s->capacity)
        return ATTUNE_OK;
    struct ranked *grown = attune_realloc(s->ranked, 2 * n, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    s->ranked = grown;
    s->capacity = 2 * n;
    return ATTUNE_OK;
}

static attune_status rank(struct tpe_search *s, const attune_history *history, attune_error *error)
{
    if (reserve_ranked(s, history->n_known, error))
        return ATTUNE_MEMORY;
    bool many = history->n_known - s->n_seen > 64;
    for (; s->n_seen < history->n_known; s->n_seen++) {
        int64_t row = s->n_seen;
        double value = history->values[row * history->n_objectives];
        bool failed = history->outcome[row] == ATTUNE_FAILED || !isfinite(value);
        struct ranked item = {failed ? INFINITY : value, row};
        if (history->ignore[row])
            continue;
        if (many)
            s->ranked[s->n_ranked++] = item;
        else
            insert(s, item);
    }
    if (many)
        qsort(s->ranked, (size_t)s->n_ranked, sizeof *s->ranked, by_rank);
    return ATTUNE_OK;
}

/* Of several objectives, or under constraints, ranks change with every result: the best fronts are
 * found anew, the others follow as they came. */
static attune_status rank_several(struct tpe_search *s, const attune_history *history,
                                  attune_error *error)
{
    int64_t n = history->n_known, m = history->n_objectives, k = 0;
    int64_t *order = attune_alloc(n, sizeof *order, error);
    double *violations = attune_alloc(n, sizeof *violations, error);
    attune_status status = order && violations ? ATTUNE_OK : ATTUNE_MEMORY;
    s->n_ranked = s->n_seen = 0;
    if (!status)
        status = reserve_ranked(s, n, error);
    for (int64_t i = 0; i < n && !status; i++)
        violations[i] = attune_history_violation(history, i);
    if (!status)
        status = attune_pareto_order(history->values, violations, n, m, most_good, order, error);
    for (; k < n && !status; k++)
        if (!history->ignore[order[k]])
            s->ranked[s->n_ranked++] = (struct ranked){0, order[k]};
    s->n_seen = status ? 0 : n;
    free(order);
    free(violations);
    return status;
}

static attune_status describe(struct tpe_search *s, const attune_history *history,
                              attune_error *error)
{
    const attune_space *space = history->space;
    int64_t d = space->n;
    if (history->n > s->features_capacity) {
        int64_t capacity = 2 * history->n;
        double *grown = attune_realloc(s->features, capacity * d, sizeof *grown, error);
        if (!grown)
            return ATTUNE_MEMORY;
        s->features = grown;
        s->features_capacity = capacity;
    }
    for (; s->n_features < history->n; s->n_features++) {
        const double *unit = history->unit + s->n_features * d;
        for (int64_t i = 0; i < d; i++)
            s->room[i] = attune_distribution_quantile(space->dimensions[i].distribution, unit[i]);
        attune_gp_features(space, s->room, history->active + s->n_features * d, unit,
                           s->features + s->n_features * d);
    }
    return ATTUNE_OK;
}

/* ---- the two densities ---- */

static double width_of(int64_t n, double d)
{
    return fmax(0.03, 0.25 * pow((double)n, -1 / (d + 4)));
}

static double leave_of(int64_t n, double d)
{
    return fmax(0.02, 0.4 * pow((double)n, -2 / (d + 4)));
}

/* Widths change at these sizes only, so that the tables of normalisers are kept between. */
static int64_t rounded(int64_t n)
{
    int64_t size = 1;
    while (size + size / 8 + 1 <= n)
        size += size / 8 + 1;
    return size;
}

static void add(struct tpe_search *s, attune_tpe_density *density, const attune_history *history,
                int64_t row, double share)
{
    int64_t d = history->space->n;
    attune_tpe_density_add(density, s->features + row * d, history->active + row * d, share);
}

static void split(struct tpe_search *s, const attune_history *history)
{
    int64_t n = s->n_ranked, good = (int64_t)ceil(0.15 * (double)n), d = history->space->n;
    good = good < most_good ? good : most_good;
    int64_t bad = n - good < most_bad ? n - good : most_bad,
            pending = history->n - history->n_known;
    pending = pending < most_pending ? pending : most_pending;
    int64_t size = rounded(good), others = rounded(bad + 1);
    attune_tpe_density_reset(&s->good, width_of(size, (double)d), leave_of(size, (double)d));
    attune_tpe_density_reset(&s->bad, width_of(others, (double)d), leave_of(others, (double)d));
    for (int64_t k = 0; k < good; k++)
        add(s, &s->good, history, s->ranked[k].row, (double)(good - k) + 1);
    for (int64_t k = 0; k < bad; k++)
        add(s, &s->bad, history, s->ranked[good + k * (n - good) / bad].row, 1);
    for (int64_t k = history->n - pending; k < history->n; k++)
        add(s, &s->bad, history, k, 1); /* as if they were to fail */
    attune_tpe_density_finish(&s->good, ((double)good + 3) / 2);
    attune_tpe_density_finish(&s->bad, 1);
}

/* ---- candidates ---- */

static double draw_near(double at, double width, attune_stream *stream)
{
    for (int i = 0; i < 16; i++) {
        double u = at + width * attune_stream_normal(stream);
        if (0 < u && u < 1)
            return u;
    }
    return attune_stream_uniform(stream);
}

static void draw(struct tpe_search *s, const attune_history *history, int64_t n_good,
                 attune_stream *stream, double *unit)
{
    const attune_space *space = history->space;
    double place = attune_stream_uniform(stream) *
                   ((double)n_good * ((double)n_good + 3) / 2 + ((double)n_good + 3) / 2);
    int64_t k = 0;
    while (k < n_good && place > (double)(n_good - k) + 1)
        place -= (double)(n_good - k++) + 1;
    const int64_t row = k < n_good ? s->ranked[k].row : -1;
    for (int64_t i = 0; i < space->n; i++) {
        const attune_distribution *d = space->dimensions[i].distribution;
        bool here = row >= 0 && history->active[row * space->n + i];
        double at = here ? history->unit[row * space->n + i] : 0.5;
        if (!here)
            unit[i] = attune_stream_uniform(stream);
        else if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL)
            unit[i] = attune_stream_uniform(stream) < s->good.widths[i]
                          ? attune_stream_uniform(stream)
                          : at;
        else
            unit[i] = draw_near(at, s->good.widths[i], stream);
    }
}

static bool pick(struct tpe_search *s, const attune_history *history, attune_stream *stream,
                 double *unit)
{
    int64_t d = history->space->n, looked = 0;
    double best = -INFINITY, *candidate = s->room, *features = candidate + d;
    for (int64_t i = 0; i < 4 * s->candidates && looked < s->candidates; i++) {
        draw(s, history, s->good.n, stream, candidate);
        attune_points_settle(&s->points, candidate);
        if ((s->points.discrete && attune_points_tried(&s->points, candidate)) ||
            attune_space_broken(history->space, &s->points.sample))
            continue;
        attune_gp_features(history->space, s->points.sample.x, s->points.sample.active, candidate,
                           features);
        double score = attune_tpe_density_log(&s->good, features, s->points.sample.active) -
                       attune_tpe_density_log(&s->bad, features, s->points.sample.active);
        looked++;
        if (score > best) {
            best = score;
            memcpy(unit, candidate, (size_t)d * sizeof *unit);
        }
    }
    return looked > 0;
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct tpe_search *s = self;
    bool found = false;
    *answer = ATTUNE_ANSWER_POINT;
    attune_status status = begin(s, history, error);
    bool several = history->n_objectives > 1 || history->n_constraints > 0;
    if (!status)
        status = several ? rank_several(s, history, error) : rank(s, history, error);
    if (!status)
        status = describe(s, history, error);
    if (status)
        return status;
    if (s->n_ranked >= first_trials && history->n >= first_trials && history->attempt == 0) {
        split(s, history);
        found = pick(s, history, stream, unit);
    }
    if (!found)
        attune_sobol_point(&s->sobol, (uint32_t)history->n + ((uint32_t)history->attempt << 21),
                           unit);
    return ATTUNE_OK;
}

static void clear(void *self)
{
    forget(self);
}

const attune_sampler_type attune_sampler_tpe = {
    .name = "tpe",
    .doc = "Densities of good and of other trials (Parzen): cheap with any number of trials.",
    .size = sizeof(struct tpe_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS | ATTUNE_ABLE_PRIOR,
    .ask = ask,
    .clear = clear,
};
