/* search/samplers/grid.c - every cell once, coarse grids first.
 *
 * Stage by stage each dimension is cut finer; what an earlier stage visited is passed over. A space
 * of countable values comes to its end, any other one is refined for ever. */
#include "search/samplers/walk.h"

#include <string.h>

struct grid_search {
    attune_points points; /* cache, like the rest: where the next new cell may be */
    attune_walk walk;
    const attune_space *space;
    int64_t n; /* rows of the history at the last call */
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

enum { most_steps = 10000000 };

static attune_status begin(struct grid_search *g, const attune_history *history,
                           attune_error *error)
{
    const double *held = g->points.held;
    attune_status status = attune_points_update(&g->points, history, error);
    if (status || (g->space == history->space && g->n <= history->n && held == history->held))
        return status;
    attune_walk_clear(&g->walk);
    status = attune_walk_init(&g->walk, history->space, error);
    g->space = status ? NULL : history->space;
    if (!status)
        attune_walk_begin(&g->walk, &g->points, 0);
    return status;
}

/* False: no stage is left. */
static bool go_on(struct grid_search *g)
{
    if (attune_walk_next(&g->walk, &g->points))
        return true;
    if (attune_walk_is_whole(&g->points, g->walk.stage) || g->walk.stage == ATTUNE_WALK_STAGES)
        return false;
    attune_walk_begin(&g->walk, &g->points, g->walk.stage + 1);
    return true;
}

static bool is_new(struct grid_search *g)
{
    attune_points_settle(&g->points, g->walk.unit);
    return !attune_points_tried(&g->points, g->walk.unit) &&
           !attune_space_broken(g->points.space, &g->points.sample);
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct grid_search *g = self;
    int64_t steps = 0;
    (void)stream;
    attune_status status = begin(g, history, error);
    if (status)
        return status;
    g->n = history->n;
    *answer = ATTUNE_ANSWER_POINT;
    while (!is_new(g)) {
        if (!go_on(g)) {
            *answer = ATTUNE_ANSWER_EXHAUSTED;
            return ATTUNE_OK;
        }
        if (++steps == most_steps)
            return attune_fail(error, ATTUNE_UNFIT,
                               "%d cells in a row of the grid break a relation of the space",
                               most_steps);
    }
    memcpy(unit, g->walk.unit, (size_t)history->space->n * sizeof *unit);
    return ATTUNE_OK;
}

static void clear(void *self)
{
    struct grid_search *g = self;
    attune_points_clear(&g->points);
    attune_walk_clear(&g->walk);
}

const attune_sampler_type attune_sampler_grid = {
    .name = "grid",
    .doc = "Every cell of a grid once, coarse grids first; ends when there is no new cell.",
    .size = sizeof(struct grid_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS,
    .ask = ask,
    .clear = clear,
};
