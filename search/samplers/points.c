/* search/samplers/points.c - which points of a space were tried: a set of hashes of rows. */
#include "search/samplers/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(int64_t n, const double *unit, const uint8_t *active)
{
    attune_key key = attune_key_start("point");
    key = attune_key_bytes(key, unit, n * (int64_t)sizeof *unit);
    key = attune_key_bytes(key, active, n);
    return key.low ? key.low : 1;
}

static int64_t slot_of(const attune_points *points, uint64_t hash)
{
    int64_t mask = points->n_slots - 1, slot = (int64_t)(hash & (uint64_t)mask);
    while (points->slots[slot] && points->slots[slot] != hash)
        slot = (slot + 1) & mask;
    return slot;
}

static attune_status grow(attune_points *points, attune_error *error)
{
    int64_t before = points->n_slots;
    uint64_t *slots = points->slots;
    if (2 * points->n_used < before)
        return ATTUNE_OK;
    uint64_t *grown = attune_alloc(before ? 2 * before : 256, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    points->slots = grown;
    points->n_slots = before ? 2 * before : 256;
    for (int64_t i = 0; i < before; i++)
        if (slots[i])
            grown[slot_of(points, slots[i])] = slots[i];
    free(slots);
    return ATTUNE_OK;
}

static attune_status add(attune_points *points, uint64_t hash, attune_error *error)
{
    attune_status status = grow(points, error);
    if (status)
        return status;
    int64_t slot = slot_of(points, hash);
    points->n_used += points->slots[slot] == 0;
    points->slots[slot] = hash;
    return ATTUNE_OK;
}

static bool is_free(const attune_points *points, int64_t i)
{
    return !points->held || isnan(points->held[i]);
}

static attune_status begin(attune_points *points, const attune_history *history,
                           attune_error *error)
{
    attune_points_clear(points);
    attune_status status = attune_sample_init(&points->sample, history->space, error);
    if (status)
        return status;
    points->space = history->space;
    points->held = history->held;
    points->discrete = true;
    for (int64_t i = 0; i < history->space->n; i++)
        if (is_free(points, i) &&
            !attune_distribution_is_discrete(history->space->dimensions[i].distribution))
            points->discrete = false;
    return ATTUNE_OK;
}

static uint64_t hash_of_row(const attune_history *history, int64_t row)
{
    int64_t n = history->space->n;
    return hash_of(n, history->unit + row * n, history->active + row * n);
}

attune_status attune_points_update(attune_points *points, const attune_history *history,
                                   attune_error *error)
{
    attune_status status = ATTUNE_OK;
    bool same = points->space == history->space && points->n_rows <= history->n &&
                points->held == history->held &&
                (!points->n_rows || hash_of_row(history, points->n_rows - 1) == points->last);
    if (!same)
        status = begin(points, history, error);
    for (; points->n_rows < history->n && !status; points->n_rows++) {
        points->last = points->discrete || points->n_rows == history->n - 1
                           ? hash_of_row(history, points->n_rows)
                           : 0;
        status = points->discrete && points->n_rows >= history->n_prior
                     ? add(points, points->last, error)
                     : ATTUNE_OK;
    }
    return status;
}

void attune_points_clear(attune_points *points)
{
    attune_sample_clear(&points->sample);
    free(points->slots);
    memset(points, 0, sizeof *points);
}

void attune_points_settle(attune_points *points, double *unit)
{
    const attune_space *space = points->space;
    attune_sample *sample = &points->sample;
    for (int64_t i = 0; i < space->n; i++) {
        const attune_distribution *d = space->dimensions[i].distribution;
        sample->active[i] = attune_space_is_active(space, sample, i);
        if (!sample->active[i])
            sample->x[i] = NAN;
        else
            sample->x[i] =
                is_free(points, i) ? attune_distribution_quantile(d, unit[i]) : points->held[i];
        unit[i] = sample->active[i] ? attune_distribution_unit(d, sample->x[i]) : 0.5;
    }
}

bool attune_points_tried(const attune_points *points, const double *unit)
{
    if (!points->n_used)
        return false;
    uint64_t hash = hash_of(points->space->n, unit, points->sample.active);
    return points->slots[slot_of(points, hash)] != 0;
}

attune_status attune_points_left(attune_points *points, double *unit, bool *found,
                                 attune_error *error)
{
    enum { most_broken = 1000000 };
    attune_walk walk = {0};
    int64_t broken = 0;
    *found = false;
    attune_status status = attune_walk_init(&walk, points->space, error);
    if (status)
        return status;
    attune_walk_stand(&walk, points, unit);
    for (int round = 0; round < 2 && !*found; round++) {
        bool more = true;
        for (; more && !*found && broken < most_broken;
             more = *found || attune_walk_next(&walk, points)) {
            bool tried = attune_points_tried(points, walk.unit);
            bool bad = !tried && attune_space_broken(points->space, &points->sample);
            broken += bad;
            *found = !tried && !bad;
        }
        if (!*found)
            attune_walk_begin(&walk, points, ATTUNE_WALK_ALL);
    }
    if (*found)
        memcpy(unit, walk.unit, (size_t)points->space->n * sizeof *unit);
    attune_walk_clear(&walk);
    return ATTUNE_OK;
}
