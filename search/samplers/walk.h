/* search/samplers/walk.h - a walk over the cells of a space.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_WALK_H
#define ATTUNE_SEARCH_SAMPLERS_WALK_H

#include "search/samplers/points.h"

/* A walk over the cells of a space, the last dimension fastest. Stage s cuts a dimension into at
 * most 2^(s+1) - 1 cells of equal probability (nominal ones always into all of theirs); the last
 * stage has every value of a discrete dimension. */
enum { ATTUNE_WALK_STAGES = 30, ATTUNE_WALK_ALL = ATTUNE_WALK_STAGES };

typedef struct attune_walk {
    double *raw;  /* before it is settled */
    double *unit; /* the point it stands at, settled */
    int stage;
} attune_walk;

/* Room for the points of a space; MEMORY. Begin puts it before the first cell of a stage. */
attune_status attune_walk_init(attune_walk *walk, const attune_space *space, attune_error *error);
void attune_walk_clear(attune_walk *walk);
void attune_walk_begin(attune_walk *walk, attune_points *points, int stage);
/* Stands at a settled point; the stage is the last one. */
void attune_walk_stand(attune_walk *walk, attune_points *points, const double *unit);
/* False: that was the last cell of the stage. O(space->n). */
bool attune_walk_next(attune_walk *walk, attune_points *points);
/* Whether a stage has every value of a discrete space. */
bool attune_walk_is_whole(const attune_points *points, int stage);

#endif
