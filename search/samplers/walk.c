/* search/samplers/walk.c - a walk over the cells of a space, the last dimension fastest. */
#include "search/samplers/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_walk_init(attune_walk *walk, const attune_space *space, attune_error *error)
{
    walk->stage = 0;
    walk->raw = attune_alloc(space->n, sizeof *walk->raw, error);
    walk->unit = attune_alloc(space->n, sizeof *walk->unit, error);
    if (walk->raw && walk->unit)
        return ATTUNE_OK;
    attune_walk_clear(walk);
    return ATTUNE_MEMORY;
}

void attune_walk_clear(attune_walk *walk)
{
    free(walk->raw);
    free(walk->unit);
    memset(walk, 0, sizeof *walk);
}

static double n_parts(int stage)
{
    return ldexp(1, stage + 1) - 1;
}

/* Whether every value of a dimension is visited one by one. */
static bool is_listed(const attune_distribution *d, int stage)
{
    if (!attune_distribution_is_discrete(d))
        return false;
    double count = (double)attune_distribution_count(d);
    return d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL || stage >= ATTUNE_WALK_ALL ||
           (count > 0 && count <= n_parts(stage));
}

bool attune_walk_is_whole(const attune_points *points, int stage)
{
    const attune_space *space = points->space;
    for (int64_t i = 0; i < space->n; i++) {
        bool is_held = points->held && !isnan(points->held[i]);
        if (!is_held && !is_listed(space->dimensions[i].distribution, stage))
            return false;
    }
    return true;
}

static double first_of(const attune_distribution *d, int stage)
{
    double low, high;
    if (!is_listed(d, stage))
        return 0.5 / n_parts(stage);
    attune_distribution_support(d, &low, &high);
    return attune_distribution_unit(d, low);
}

/* The next cell of one dimension. */
static bool step(const attune_distribution *d, int stage, double x, double *raw)
{
    double low, high, first, last;
    if (!is_listed(d, stage)) {
        double parts = n_parts(stage), next = floor(*raw * parts) + 1;
        *raw = (next + 0.5) / parts;
        return next < parts;
    }
    attune_distribution_support(d, &first, &last);
    attune_distribution_cell(d, x, &low, &high);
    if (x >= last || high >= 1)
        return false;
    *raw = attune_distribution_unit(d, attune_distribution_quantile(d, high));
    return true;
}

static void settle(attune_walk *walk, attune_points *points)
{
    memcpy(walk->unit, walk->raw, (size_t)points->space->n * sizeof *walk->unit);
    attune_points_settle(points, walk->unit);
}

void attune_walk_begin(attune_walk *walk, attune_points *points, int stage)
{
    walk->stage = stage;
    for (int64_t i = 0; i < points->space->n; i++)
        walk->raw[i] = first_of(points->space->dimensions[i].distribution, stage);
    settle(walk, points);
}

void attune_walk_stand(attune_walk *walk, attune_points *points, const double *unit)
{
    walk->stage = ATTUNE_WALK_ALL;
    memcpy(walk->raw, unit, (size_t)points->space->n * sizeof *unit);
    settle(walk, points);
}

bool attune_walk_next(attune_walk *walk, attune_points *points)
{
    const attune_space *space = points->space;
    settle(walk, points); /* the sample may be another point's by now */
    for (int64_t i = space->n - 1; i >= 0; i--) {
        bool is_held = points->held && !isnan(points->held[i]);
        if (is_held || !points->sample.active[i] ||
            !step(space->dimensions[i].distribution, walk->stage, points->sample.x[i],
                  &walk->raw[i]))
            continue;
        for (int64_t k = i + 1; k < space->n; k++)
            walk->raw[k] = first_of(space->dimensions[k].distribution, walk->stage);
        settle(walk, points);
        return true;
    }
    return false;
}
