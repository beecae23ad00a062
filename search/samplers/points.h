/* search/samplers/points.h - which points of a space were tried, and which are left.
 *
 * A coordinate that a sampler makes up is settled first: decoded with what is held fixed, and
 * encoded again, so that a discrete value sits in the middle of its cell and an inactive one at
 * 0.5, as in a history. Settled points are the same point when they are the same bits.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_POINTS_H
#define ATTUNE_SEARCH_SAMPLERS_POINTS_H

#include "search/sampler.h"

struct attune_points {
    const attune_space *space; /* NULL: nothing is held yet */
    const double *held;        /* see attune_history */
    attune_sample sample;      /* what the point settled last decodes to */
    bool discrete;             /* every free dimension has countable values */
    int64_t n_rows;            /* rows of the history taken in */
    uint64_t last;             /* hash of the last of them */
    uint64_t *slots;           /* open addressing; 0 is empty */
    int64_t n_slots, n_used;
};

/* Takes in the rows that were added since the last call; starts afresh when the history is another
 * one. points may be zeroed. O(rows added). */
attune_status attune_points_update(attune_points *points, const attune_history *history,
                                   attune_error *error);
void attune_points_clear(attune_points *points);

/* unit to canonical coordinates, in place; points->sample is its sample. */
void attune_points_settle(attune_points *points, double *unit);
/* Whether the point that was settled last is a row of the history. */
bool attune_points_tried(const attune_points *points, const double *unit);

/* Finds a point that was not tried and breaks no relation, from unit on and round. False: there is
 * none (or more than a million broken ones stand in the way). Discrete spaces only. */
attune_status attune_points_left(attune_points *points, double *unit, bool *found,
                                 attune_error *error);

#endif
