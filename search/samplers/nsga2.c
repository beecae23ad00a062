/* search/samplers/nsga2.c - evolution of a population that covers the best trade-offs.
 *
 * The population is the best of the known trials, by constrained fronts and crowding, taken in one
 * trial after the other, so that it is a function of the history whoever asks. A new point has two
 * parents, each the better of two members; ordered coordinates are crossed (simulated binary) and
 * mutated (polynomial), nominal ones taken from either and drawn anew. Source: Deb et al. 2002; one
 * trial at a time as Durillo et al. 2009, which needs fewer of them. */
#include "search/pareto.h"
#include "search/samplers/low_discrepancy.h"
#include "search/samplers/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double crossing_index = 15, mutation_index = 20;

struct nsga2_search {
    int64_t population; /* fields */
    double crossover, mutation;
    /* The rest are caches. */
    attune_points points;
    attune_sobol sobol;
    attune_key seed;
    const attune_space *space;
    int64_t *members; /* rows of the history, best first; room for one more than most */
    int64_t n_members, n_seen, most;
    double *values, *violations; /* of the members and one more */
    int64_t *order, *rows;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct nsga2_search, population, 0,
                   "trials that may be parents; 0: by the budget, 10 to 50", .low = 0,
                   .high = 10000),
    ATTUNE_REAL(struct nsga2_search, crossover, 0.9, "how often a point has two parents", .low = 0,
                .high = 1),
    ATTUNE_REAL(struct nsga2_search, mutation, 0,
                "how often a coordinate is mutated; 0: one of them on average", .low = 0,
                .high = 1),
    ATTUNE_FIELDS_END,
};

static void forget(struct nsga2_search *s)
{
    attune_points_clear(&s->points);
    attune_sobol_clear(&s->sobol);
    free(s->members);
    free(s->values);
    free(s->violations);
    free(s->order);
    free(s->rows);
    *s = (struct nsga2_search){
        .population = s->population, .crossover = s->crossover, .mutation = s->mutation};
}

static int64_t size_of(const struct nsga2_search *s, const attune_history *history)
{
    int64_t size = history->budget > 0 ? history->budget / 5 : 50;
    if (s->population > 0)
        return s->population;
    return size < 10 ? 10 : size > 50 ? 50 : size;
}

static attune_status begin(struct nsga2_search *s, const attune_history *history,
                           attune_error *error)
{
    int64_t most = size_of(s, history), m = history->n_objectives;
    if (s->space == history->space && attune_key_same(s->seed, history->seed) && s->most == most &&
        s->n_seen <= history->n_known)
        return attune_points_update(&s->points, history, error);
    forget(s);
    s->members = attune_alloc(most + 1, sizeof *s->members, error);
    s->values = attune_alloc((most + 1) * m, sizeof *s->values, error);
    s->violations = attune_alloc(most + 1, sizeof *s->violations, error);
    s->order = attune_alloc(most + 1, sizeof *s->order, error);
    s->rows = attune_alloc(most + 1, sizeof *s->rows, error);
    bool all = s->members && s->values && s->violations && s->order && s->rows;
    attune_status status = all ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sobol_init(&s->sobol, history->space->n, history->seed, error);
    s->space = status ? NULL : history->space;
    s->seed = history->seed;
    s->most = most;
    return status ? status : attune_points_update(&s->points, history, error);
}

/* The members and this row, without the worst of them when they are too many. */
static attune_status admit(struct nsga2_search *s, const attune_history *history, int64_t row,
                           attune_error *error)
{
    int64_t m = history->n_objectives, n = s->n_members + 1;
    memcpy(s->rows, s->members, (size_t)s->n_members * sizeof *s->rows);
    s->rows[s->n_members] = row;
    for (int64_t i = 0; i < n; i++) {
        memcpy(s->values + i * m, history->values + s->rows[i] * m, (size_t)m * sizeof *s->values);
        s->violations[i] = attune_history_violation(history, s->rows[i]);
    }
    int64_t kept = n < s->most ? n : s->most;
    attune_status status =
        attune_pareto_order(s->values, s->violations, n, m, kept, s->order, error);
    for (int64_t i = 0; i < kept && !status; i++)
        s->members[i] = s->rows[s->order[i]];
    s->n_members = status ? 0 : kept;
    return status;
}

static attune_status update(struct nsga2_search *s, const attune_history *history,
                            attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (; s->n_seen < history->n_known && !status; s->n_seen++)
        if (!history->ignore[s->n_seen] && attune_history_violation(history, s->n_seen) < INFINITY)
            status = admit(s, history, s->n_seen, error);
    if (status)
        s->space = NULL; /* what is half done is not kept */
    return status;
}

/* ---- a child of two members ---- */

static double reflect(double u)
{
    u = fabs(u);
    return u > 1 ? fmax(0, 2 - u) : u;
}

static int64_t choose_parent(const struct nsga2_search *s, attune_stream *stream)
{
    int64_t a = (int64_t)attune_stream_below(stream, (uint64_t)s->n_members);
    int64_t b = (int64_t)attune_stream_below(stream, (uint64_t)s->n_members);
    return s->members[a < b ? a : b]; /* they stand in order */
}

/* Simulated binary crossover: as far from the parents as they are from one another. */
static double cross(double a, double b, attune_stream *stream)
{
    double u = attune_stream_uniform(stream), power = 1 / (crossing_index + 1);
    double spread = u < 0.5 ? pow(2 * u, power) : pow(1 / (2 * (1 - u)), power);
    double side = attune_stream_uniform(stream) < 0.5 ? 1 : -1;
    return reflect(0.5 * ((a + b) + side * spread * (b - a)));
}

/* One coordinate of a child; where only one parent has the dimension, it is that one's. */
static double inherit(const attune_history *history, int64_t i, const int64_t *parents,
                      bool crossing, attune_stream *stream)
{
    const attune_distribution *d = history->space->dimensions[i].distribution;
    int64_t n = history->space->n;
    bool first = history->active[parents[0] * n + i], second = history->active[parents[1] * n + i];
    double a = history->unit[parents[0] * n + i], b = history->unit[parents[1] * n + i];
    double other = attune_stream_uniform(stream);
    if (!first && !second)
        return attune_stream_uniform(stream);
    if (!first || !second)
        return first ? a : b;
    if (!crossing)
        return a;
    if (d->type->kind != ATTUNE_DISTRIBUTION_NOMINAL && attune_stream_uniform(stream) < 0.5)
        return cross(a, b, stream);
    return other < 0.5 ? a : b;
}

/* To another value: a step away where values are ordered, anywhere where they are not. */
static double mutate(const attune_distribution *d, double u, attune_stream *stream)
{
    double draw = attune_stream_uniform(stream), power = 1 / (mutation_index + 1), low, high;
    double step = draw < 0.5 ? pow(2 * draw, power) - 1 : 1 - pow(2 * (1 - draw), power);
    double to = reflect(u + step);
    if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL)
        return attune_stream_uniform(stream);
    if (!attune_distribution_is_discrete(d))
        return to;
    attune_distribution_cell(d, attune_distribution_quantile(d, u), &low, &high);
    if (to < low || to >= high)
        return to;
    bool down = high >= 1 || (low > 0 && draw < 0.5);
    return down ? nextafter(low, 0) : high;
}

static void breed(struct nsga2_search *s, const attune_history *history, attune_stream *stream,
                  double *unit)
{
    const attune_space *space = history->space;
    int64_t parents[2] = {choose_parent(s, stream), choose_parent(s, stream)}, n_active = 0;
    bool crossing = attune_stream_uniform(stream) < s->crossover;
    for (int64_t i = 0; i < space->n; i++)
        unit[i] = inherit(history, i, parents, crossing, stream);
    attune_points_settle(&s->points, unit);
    for (int64_t i = 0; i < space->n; i++)
        n_active += s->points.sample.active[i] && !(history->held && !isnan(history->held[i]));
    double rate = s->mutation > 0 ? s->mutation : 1 / fmax(1, (double)n_active);
    uint64_t sure = attune_stream_below(stream, (uint64_t)space->n);
    bool again = !crossing || history->attempt > 0; /* it must not be its parent's double */
    for (int64_t i = 0; i < space->n; i++)
        if (attune_stream_uniform(stream) < rate || (again && (uint64_t)i == sure))
            unit[i] = mutate(space->dimensions[i].distribution, unit[i], stream);
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct nsga2_search *s = self;
    *answer = ATTUNE_ANSWER_POINT;
    attune_status status = begin(s, history, error);
    if (!status)
        status = update(s, history, error);
    if (status)
        return status;
    if (history->n >= s->most && s->n_members >= 2)
        breed(s, history, stream, unit);
    else
        attune_sobol_point(&s->sobol, (uint32_t)history->n + ((uint32_t)history->attempt << 21),
                           unit);
    return ATTUNE_OK;
}

static void clear(void *self)
{
    forget(self);
}

const attune_sampler_type attune_sampler_nsga2 = {
    .name = "nsga2",
    .doc = "Evolution of the best trade-offs between several objectives; costs microseconds.",
    .size = sizeof(struct nsga2_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS | ATTUNE_ABLE_PRIOR,
    .ask = ask,
    .clear = clear,
};
