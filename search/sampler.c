/* search/sampler.c - samplers by name, and asking until a point keeps every relation. */
#include "search/sampler.h"

#include "search/chosen.h"
#include "search/samplers/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ATTUNE_SAMPLER(name) extern const attune_sampler_type attune_sampler_##name;
#include "search/samplers.def"
#undef ATTUNE_SAMPLER

const attune_sampler_type *const attune_sampler_types[] = {
#define ATTUNE_SAMPLER(name) &attune_sampler_##name,
#include "search/samplers.def"
#undef ATTUNE_SAMPLER
    NULL};

enum { most_tries = 1000 };

static const attune_sampler_type *find_type(const char *name, attune_error *error)
{
    const char *names[sizeof attune_sampler_types / sizeof *attune_sampler_types] = {NULL};
    int64_t n = 0;
    for (; attune_sampler_types[n]; n++) {
        names[n] = attune_sampler_types[n]->name;
        if (strcmp(names[n], name) == 0)
            return attune_sampler_types[n];
    }
    attune_chosen_unknown("sampler", name, names, n, error);
    return NULL;
}

attune_status attune_sampler_new(attune_sampler **sampler, const char *name, attune_error *error)
{
    const attune_sampler_type *type = find_type(name, error);
    attune_sampler *made = type ? attune_alloc(1, sizeof *made, error) : NULL;
    if (!made)
        return type ? ATTUNE_MEMORY : ATTUNE_INVALID;
    made->type = type;
    made->self = attune_chosen_make(type->fields, type->size, error);
    if (!made->self) {
        attune_sampler_free(made);
        return ATTUNE_MEMORY;
    }
    *sampler = made;
    return ATTUNE_OK;
}

void attune_sampler_free(attune_sampler *sampler)
{
    if (!sampler)
        return;
    if (sampler->self && sampler->type->clear)
        sampler->type->clear(sampler->self);
    attune_chosen_free(sampler->type->fields, sampler->self);
    if (sampler->points)
        attune_points_clear(sampler->points);
    free(sampler->points);
    free(sampler->held);
    free(sampler);
}

double attune_history_violation(const attune_history *history, int64_t row)
{
    const double *values = history->values + row * history->n_objectives;
    double sum = 0;
    if (row >= history->n_known || history->outcome[row] == ATTUNE_FAILED)
        return INFINITY;
    for (int64_t k = 0; k < history->n_objectives; k++)
        if (!isfinite(values[k]))
            return INFINITY;
    for (int64_t k = 0; k < history->n_constraints; k++) {
        double value = history->constraints[row * history->n_constraints + k];
        sum += value <= 0 ? 0 : value;
    }
    return isnan(sum) ? INFINITY : sum;
}

bool attune_history_ends(const attune_history *history)
{
    int64_t job = history->n - history->n_prior;
    return job < history->budget && job >= history->budget - history->budget / 4;
}

attune_status attune_sampler_suits(const attune_sampler_type *type, int64_t n_objectives,
                                   int64_t n_constraints, attune_error *error)
{
    uint32_t wanted = (n_objectives > 1 ? ATTUNE_ABLE_OBJECTIVES : 0) |
                      (n_constraints > 0 ? ATTUNE_ABLE_CONSTRAINTS : 0);
    uint32_t lacks = wanted & ~type->able;
    attune_text names = {0};
    if (!lacks)
        return ATTUNE_OK;
    for (int64_t i = 0; attune_sampler_types[i]; i++)
        if (!(wanted & ~attune_sampler_types[i]->able))
            attune_text_printf(&names, "%s%s", names.length ? ", " : "",
                               attune_sampler_types[i]->name);
    attune_status status = attune_fail(
        error, ATTUNE_INVALID, "sampler %s is not made for %s; these are: %s", type->name,
        lacks & ATTUNE_ABLE_OBJECTIVES ? "several objectives" : "constraints",
        names.bytes ? names.bytes : "none");
    attune_text_clear(&names);
    return status;
}

attune_status attune_sampler_from_json(attune_sampler **sampler, json_t *json, const attune_at *at,
                                       attune_error *error)
{
    attune_chosen chosen = {0};
    attune_error problem = {0};
    attune_sampler *made = NULL;
    attune_status status = attune_chosen_read(&chosen, json, at, error);
    if (status)
        return status;
    if (attune_sampler_new(&made, chosen.name, &problem))
        return attune_fail_for(error, &chosen.place, &problem);
    status = attune_chosen_set(&chosen, made->type->fields, made->type->check, made->self, error);
    if (status)
        attune_sampler_free(made);
    else
        *sampler = made;
    return status;
}

static attune_status too_narrow(const attune_relation *broken, attune_error *error)
{
    return attune_fail(error, ATTUNE_UNFIT,
                       "%d points in a row broke a relation of the space: %s%s%s%s", most_tries,
                       attune_expression_text(broken->expression), broken->reason ? " (" : "",
                       broken->reason ? broken->reason : "", broken->reason ? ")" : "");
}

/* What is not drawn, by dimension: read once, a space and a plan do not change during a search. */
static attune_status hold(attune_sampler *sampler, const attune_space *space, attune_error *error)
{
    if (sampler->held_of == sampler->fixed && sampler->held_in == space)
        return ATTUNE_OK;
    free(sampler->held);
    sampler->held_in = NULL;
    sampler->holds = sampler->fixed != NULL;
    sampler->held = attune_alloc(space->n, sizeof *sampler->held, error);
    if (!sampler->held)
        return ATTUNE_MEMORY;
    attune_at nowhere = {0};
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < space->n; i++)
        sampler->held[i] = NAN;
    if (sampler->fixed)
        status = attune_space_hold(space, sampler->fixed, &nowhere, sampler->held, error);
    for (int64_t i = 0; i < space->n && !status; i++) {
        if (isnan(sampler->held[i]))
            sampler->held[i] = attune_space_held(space, i);
        sampler->holds = sampler->holds || space->dimensions[i].staged;
    }
    if (status)
        return status;
    sampler->held_of = sampler->fixed;
    sampler->held_in = space;
    return ATTUNE_OK;
}

/* Every dimension's x from its coordinate, or as it is held. */
static void decode(const attune_history *history, const double *unit, attune_sample *sample)
{
    const attune_space *space = history->space;
    if (!history->held) {
        attune_space_decode(space, unit, sample);
        return;
    }
    for (int64_t i = 0; i < space->n; i++) {
        sample->active[i] = attune_space_is_active(space, sample, i);
        if (!sample->active[i])
            sample->x[i] = NAN;
        else if (isnan(history->held[i]))
            sample->x[i] = attune_distribution_quantile(space->dimensions[i].distribution, unit[i]);
        else
            sample->x[i] = history->held[i];
    }
}

/* The sampler keeps coming back to what was tried: the next new point from there on. */
static attune_status take_any_left(attune_sampler *sampler, const attune_history *history,
                                   double *unit, attune_sample *sample, attune_answer *answer,
                                   attune_error *error)
{
    bool found = false;
    attune_status status = attune_points_left(sampler->points, unit, &found, error);
    if (!status && found)
        decode(history, unit, sample);
    *answer = found ? ATTUNE_ANSWER_POINT : ATTUNE_ANSWER_EXHAUSTED;
    return status;
}

static attune_status begin(attune_sampler *sampler, const attune_history *history,
                           attune_error *error)
{
    if (!sampler->points)
        sampler->points = attune_alloc(1, sizeof *sampler->points, error);
    return sampler->points ? attune_points_update(sampler->points, history, error) : ATTUNE_MEMORY;
}

/* Of types that only look where nobody has been, an older study is none of their business. */
static attune_history without_prior(attune_history history)
{
    int64_t skip = history.n_prior;
    history.n -= skip;
    history.n_known -= skip;
    history.unit += skip * history.space->n;
    history.active += skip * history.space->n;
    history.outcome += skip;
    history.ignore += skip;
    history.values += skip * history.n_objectives;
    if (history.constraints)
        history.constraints += skip * history.n_constraints;
    history.n_prior = 0;
    return history;
}

attune_status attune_sampler_ask(attune_sampler *sampler, const attune_history *history,
                                 attune_stream *stream, double *unit, attune_sample *sample,
                                 attune_answer *answer, attune_error *error)
{
    enum { most_repeats = 50 };
    const attune_relation *broken = NULL;
    int repeats = 0;
    attune_status status = hold(sampler, history->space, error);
    bool learns = history->n_prior == 0 || (sampler->type->able & ATTUNE_ABLE_PRIOR);
    attune_history now = learns ? *history : without_prior(*history);
    now.held = sampler->holds ? sampler->held : NULL;
    if (!status)
        status = begin(sampler, &now, error);
    for (now.attempt = 0; now.attempt < most_tries && !status; now.attempt++) {
        status = sampler->type->ask(sampler->self, &now, stream, unit, answer, error);
        if (status || *answer != ATTUNE_ANSWER_POINT)
            return status;
        decode(&now, unit, sample);
        const attune_relation *breaks = attune_space_broken(history->space, sample);
        broken = breaks ? breaks : broken;
        if (breaks)
            continue;
        if (!sampler->points->discrete)
            return ATTUNE_OK;
        attune_points_settle(sampler->points, unit);
        if (!attune_points_tried(sampler->points, unit))
            return ATTUNE_OK;
        if (++repeats == most_repeats)
            return take_any_left(sampler, &now, unit, sample, answer, error);
    }
    if (!status && sampler->points->discrete)
        return take_any_left(sampler, &now, unit, sample, answer, error);
    return status ? status : too_narrow(broken, error);
}
