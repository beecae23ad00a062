/* search/queue.c - configurations that a person wants tried, whole or in part. */
#include "search/queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_queue_check(const attune_space *space, json_t *entry, const attune_at *at,
                                 attune_error *error)
{
    int64_t never = -1;
    double *x = attune_alloc(space->n, sizeof *x, error);
    attune_status status = x ? attune_space_hold(space, entry, at, x, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_space_check_held(space, x, &never, error);
    if (!status && never >= 0)
        status = attune_fail_at(error, at, "%s is never active with the other values here",
                                space->dimensions[never].name);
    free(x);
    return status;
}

/* New reference: every dimension at the middle of what it may be. */
static json_t *middle_of(const attune_space *space, attune_error *error)
{
    attune_sample sample = {0};
    attune_at nowhere = {0};
    json_t *nothing = json_object(), *middle = NULL;
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        status = attune_sample_from_json(space, nothing, &nowhere, &sample, error);
    if (!status)
        middle = attune_sample_to_json(space, &sample, error);
    attune_sample_clear(&sample);
    json_decref(nothing);
    return middle;
}

static bool is_default(const json_t *entry)
{
    return json_is_string(entry) && strcmp(json_string_value(entry), "default") == 0;
}

attune_status attune_queue_read(const attune_space *space, json_t *list, const attune_at *at,
                                json_t *the_default, json_t **queue, attune_error *error)
{
    json_t *read = json_array();
    attune_status status = ATTUNE_OK;
    if (!json_is_array(list))
        status = attune_fail_at(error, at, "must be a list of configurations, [{\"lr\": 0.1}]");
    for (size_t i = 0; i < json_array_size(list) && !status; i++) {
        attune_at place = attune_at_item(at, (int64_t)i);
        json_t *entry = json_array_get(list, i);
        if (is_default(entry)) {
            json_t *made = the_default ? json_incref(the_default) : middle_of(space, error);
            status = made && json_array_append_new(read, made) == 0 ? ATTUNE_OK : ATTUNE_MEMORY;
        } else {
            status = attune_queue_check(space, entry, &place, error);
            json_array_append(read, entry);
        }
    }
    if (status)
        json_decref(read);
    else
        *queue = read;
    return status;
}

/* What is held by the sampler's own fixed values, and then by the entry, by full names. */
static attune_status merge(const attune_space *space, json_t *fixed, json_t *values, json_t *merged,
                           attune_error *error)
{
    attune_at nowhere = {0};
    json_t *sources[] = {fixed, values};
    double *x = attune_alloc(space->n, sizeof *x, error);
    attune_status status = x ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int s = 0; s < 2 && !status; s++) {
        if (sources[s])
            status = attune_space_hold(space, sources[s], &nowhere, x, error);
        for (int64_t i = 0; i < space->n && sources[s] && !status; i++) {
            attune_value value = {0};
            if (isnan(x[i]))
                continue;
            status =
                attune_distribution_value(space->dimensions[i].distribution, x[i], &value, error);
            if (!status && json_object_set_new(merged, space->dimensions[i].name,
                                               attune_value_to_json(&value)) != 0)
                status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a queued configuration");
            attune_value_clear(&value);
        }
    }
    free(x);
    return status;
}

/* The sampler has nothing new with these values: what is open takes its middle. */
static attune_status take_middle(const attune_space *space, json_t *held, attune_sample *sample,
                                 attune_error *error)
{
    attune_at nowhere = {0};
    double *x = attune_alloc(space->n, sizeof *x, error);
    attune_status status = x ? attune_space_hold(space, held, &nowhere, x, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < space->n && !status; i++) {
        double middle = attune_space_held(space, i);
        if (isnan(middle))
            middle = attune_distribution_quantile(space->dimensions[i].distribution, 0.5);
        sample->active[i] = attune_space_is_active(space, sample, i);
        sample->x[i] = !sample->active[i] ? NAN : isnan(x[i]) ? middle : x[i];
    }
    free(x);
    return status;
}

attune_status attune_queue_ask(const attune_sampler *sampler, json_t *values,
                               const attune_history *history, attune_stream *stream, double *unit,
                               attune_sample *sample, attune_error *error)
{
    const attune_sampler_type *type = sampler->type;
    attune_sampler *own = NULL; /* caches of the other are of other held values */
    attune_answer answer = ATTUNE_ANSWER_EXHAUSTED;
    json_t *held = json_object();
    attune_status status = merge(history->space, sampler->fixed, values, held, error);
    if (!status)
        status = attune_sampler_new(&own, type->name, error);
    if (!status)
        status = attune_fields_copy(type->fields, own->self, sampler->self, ATTUNE_ALL, error);
    if (!status) {
        own->fixed = held;
        status = attune_sampler_ask(own, history, stream, unit, sample, &answer, error);
    }
    if (!status && answer != ATTUNE_ANSWER_POINT)
        status = take_middle(history->space, held, sample, error);
    attune_sampler_free(own);
    json_decref(held);
    return status;
}
