/* search/samplers/gp_search.c - the point with the highest expected improvement.
 *
 * Candidates spread over the whole space and around the best points known; then, from the best few
 * of them, climbing by one coordinate at a time, a nominal one to every other value of it. */
#include "search/samplers/gp_search.h"

#include "search/samplers/low_discrepancy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { n_climbs = 5, most_swaps = 12, block = 64 };

/* A batch of candidates and the best few seen. */
struct climber {
    const attune_gp_search *search;
    const attune_space *space;
    int64_t d, n;                              /* of the batch */
    double *raw, *features, *mean, *deviation; /* block rows */
    double *tops;                              /* n_climbs raw points, best first */
    double scores[n_climbs];
    int64_t n_tops, used;
    double *unit; /* scratch */
    double *best; /* settled, of the best score */
    double best_score;
    bool keep_tops;
    double *peak; /* raw: best of the batches since it was reset */
    double peak_score;
};

double attune_log_improvement(double best, double mean, double deviation)
{
    double z = (best - mean) / deviation;
    double density = exp(-z * z / 2) * 0.3989422804014327;
    if (z > -25)
        return log(density + z * 0.5 * erfc(-z * 0.7071067811865476)) + log(deviation);
    /* density / z^2 (1 - 3 / z^2 + 15 / z^4 ...), whose logarithm has no underflow. */
    double q = 1 / (z * z), series = -3 * q + 15 * q * q - 105 * q * q * q + 945 * q * q * q * q;
    return -z * z / 2 - 0.9189385332046727 - 2 * log(-z) + log1p(series) + log(deviation);
}

void attune_gp_features(const attune_space *space, const double *x, const uint8_t *active,
                        const double *unit, double *features)
{
    for (int64_t i = 0; i < space->n; i++) {
        const attune_distribution *d = space->dimensions[i].distribution;
        double value = x[i]; /* features may stand where x stood */
        features[i] = unit[i];
        if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL)
            features[i] = active[i] ? value : -1;
        else if (d->type->kind == ATTUNE_DISTRIBUTION_ORDINAL && active[i])
            features[i] = (value + 0.5) / (double)attune_distribution_count(d);
    }
}

static void keep_top(struct climber *c, const double *raw, double score)
{
    int64_t at = c->n_tops;
    while (at > 0 && c->scores[at - 1] < score)
        at--;
    if (at == n_climbs)
        return;
    int64_t moved = (c->n_tops < n_climbs ? c->n_tops : n_climbs - 1) - at;
    memmove(c->tops + (at + 1) * c->d, c->tops + at * c->d,
            (size_t)(moved * c->d) * sizeof *c->tops);
    memmove(c->scores + at + 1, c->scores + at, (size_t)moved * sizeof *c->scores);
    memcpy(c->tops + at * c->d, raw, (size_t)c->d * sizeof *raw);
    c->scores[at] = score;
    c->n_tops += c->n_tops < n_climbs;
}

static void judge(struct climber *c, int64_t i, double score)
{
    const double *raw = c->raw + i * c->d;
    if (c->keep_tops)
        keep_top(c, raw, score);
    if (score > c->peak_score) {
        c->peak_score = score;
        memcpy(c->peak, raw, (size_t)c->d * sizeof *raw);
    }
    if (score > c->best_score) {
        c->best_score = score;
        memcpy(c->best, raw, (size_t)c->d * sizeof *raw);
    }
}

static void flush(struct climber *c)
{
    double scores[block] = {0};
    bool improves = c->search->best < INFINITY;
    if (improves)
        attune_gp_predict(c->search->gp, c->features, c->n, c->mean, c->deviation);
    for (int64_t i = 0; i < c->n && improves; i++)
        scores[i] =
            attune_log_improvement(c->search->best, c->mean[i],
                                   sqrt(c->deviation[i] * c->deviation[i] + c->search->nugget));
    if (c->search->limits)
        attune_gp_limits_add(c->search->limits, c->features, c->n, c->mean, c->deviation, scores);
    for (int64_t i = 0; i < c->n; i++)
        judge(c, i, scores[i]);
    c->used += c->n;
    c->n = 0;
}

/* Adds a candidate unless it was tried or breaks a relation. */
static void consider(struct climber *c, const double *raw)
{
    attune_points *points = c->search->points;
    memcpy(c->unit, raw, (size_t)c->d * sizeof *raw);
    attune_points_settle(points, c->unit);
    if ((points->discrete && attune_points_tried(points, c->unit)) ||
        attune_space_broken(c->space, &points->sample))
        return;
    attune_gp_features(c->space, points->sample.x, points->sample.active, c->unit,
                       c->features + c->n * c->d);
    memcpy(c->raw + c->n * c->d, raw, (size_t)c->d * sizeof *raw);
    if (++c->n == block)
        flush(c);
}

static attune_status spread(struct climber *c, int64_t count, attune_error *error)
{
    attune_sobol sobol;
    attune_key key = attune_key_integer(c->search->stream->key, 1);
    attune_status status = attune_sobol_init(&sobol, c->d, key, error);
    double *raw = attune_alloc(c->d, sizeof *raw, error);
    if (!raw)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < count && !status; i++) {
        attune_sobol_point(&sobol, (uint32_t)i, raw);
        consider(c, raw);
    }
    free(raw);
    if (!status || raw)
        attune_sobol_clear(&sobol);
    return status;
}

static double reflect(double u)
{
    u = fabs(u);
    return u > 1 ? fmax(0, 2 - u) : u;
}

/* Around the leaders: a few coordinates drawn again, or moved by a little or more. */
static void perturb(struct climber *c, int64_t count, double *raw)
{
    attune_stream *stream = c->search->stream;
    for (int64_t k = 0; k < count && c->search->n_leaders > 0; k++) {
        int64_t leader = (int64_t)attune_stream_below(stream, (uint64_t)c->search->n_leaders);
        double share = k % 2 ? 1.5 / (double)c->d : 0.4, width = k % 3 ? 0.15 : 0.04;
        memcpy(raw, c->search->leaders + leader * c->d, (size_t)c->d * sizeof *raw);
        for (int64_t i = 0; i < c->d; i++) {
            const attune_distribution *d = c->space->dimensions[i].distribution;
            if (attune_stream_uniform(stream) > share)
                continue;
            raw[i] = d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL
                         ? attune_stream_uniform(stream)
                         : reflect(raw[i] + width * attune_stream_normal(stream));
        }
        consider(c, raw);
    }
}

/* A nominal dimension to each other value, or to some drawn ones when there are many. */
static void swap_values(struct climber *c, int64_t i, double *raw)
{
    const attune_distribution *d = c->space->dimensions[i].distribution;
    int64_t count = attune_distribution_count(d);
    double here = raw[i];
    for (int64_t k = 0; k < count && k < most_swaps; k++) {
        int64_t value = count <= most_swaps
                            ? k
                            : (int64_t)attune_stream_below(c->search->stream, (uint64_t)count);
        raw[i] = attune_distribution_unit(d, (double)value);
        if (raw[i] != here)
            consider(c, raw);
    }
    raw[i] = here;
}

/* A discrete ordered dimension to the cells beside it and further, a continuous one by a step. */
static void move(struct climber *c, int64_t i, double size, double *raw)
{
    const attune_distribution *d = c->space->dimensions[i].distribution;
    double here = raw[i], low = here - size, high = here + size;
    if (attune_distribution_is_discrete(d))
        attune_distribution_cell(d, attune_distribution_quantile(d, here), &low, &high);
    for (int side = -1; side <= 1; side += 2) {
        double to = side < 0 ? low : high;
        if (attune_distribution_is_discrete(d)) {
            if (side < 0 ? low <= 0 : high >= 1)
                continue;
            double beside = attune_distribution_quantile(d, side < 0 ? nextafter(low, 0) : high);
            to = attune_distribution_unit(d, beside);
            if (fabs(to - here) < size) /* fine cells: as far as a step goes */
                to = reflect(here + side * size);
        }
        raw[i] = reflect(to);
        consider(c, raw);
    }
    raw[i] = here;
}

static void climb(struct climber *c, int64_t top, int64_t most, double *raw)
{
    double size = 0.1, score = c->scores[top];
    int64_t end = c->used + most;
    memcpy(raw, c->tops + top * c->d, (size_t)c->d * sizeof *raw);
    while (c->used < end && size > 0.002) {
        c->peak_score = -INFINITY;
        for (int64_t i = 0; i < c->d; i++) {
            const attune_distribution *d = c->space->dimensions[i].distribution;
            memcpy(c->unit, raw, (size_t)c->d * sizeof *raw);
            attune_points_settle(c->search->points, c->unit);
            if (!c->search->points->sample.active[i])
                continue;
            if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL)
                swap_values(c, i, raw);
            else
                move(c, i, size, raw);
        }
        flush(c);
        if (c->peak_score > score) {
            score = c->peak_score;
            memcpy(raw, c->peak, (size_t)c->d * sizeof *raw);
        } else if (c->search->points->discrete && size < 0.05) {
            break;
        } else {
            size /= 3;
        }
    }
}

static attune_status climber_init(struct climber *c, const attune_gp_search *search,
                                  attune_error *error)
{
    int64_t d = search->points->space->n;
    *c = (struct climber){.search = search,
                          .space = search->points->space,
                          .d = d,
                          .best_score = -INFINITY,
                          .peak_score = -INFINITY,
                          .keep_tops = true};
    c->raw = attune_alloc((2 * block + n_climbs + 3) * d + 2 * block, sizeof *c->raw, error);
    if (!c->raw)
        return ATTUNE_MEMORY;
    c->features = c->raw + block * d;
    c->tops = c->features + block * d;
    c->unit = c->tops + n_climbs * d;
    c->best = c->unit + d;
    c->peak = c->best + d;
    c->mean = c->peak + d;
    c->deviation = c->mean + block;
    return ATTUNE_OK;
}

attune_status attune_gp_search_run(const attune_gp_search *search, double *unit, bool *found,
                                   attune_error *error)
{
    struct climber c;
    attune_status status = climber_init(&c, search, error);
    int64_t count = search->n_evaluations;
    if (!status)
        status = spread(&c, count / 4, error);
    if (!status) {
        perturb(&c, count / 4, unit);
        for (int64_t k = 0; k < search->n_leaders; k++)
            if (!search->points->discrete)
                consider(&c, search->leaders + k * c.d);
        flush(&c);
        c.keep_tops = false;
        for (int64_t k = 0; k < c.n_tops; k++)
            climb(&c, k, count / 2 / n_climbs, unit);
        *found = c.best_score > -INFINITY;
        if (*found)
            memcpy(unit, c.best, (size_t)c.d * sizeof *unit);
    }
    free(c.raw);
    return status;
}
