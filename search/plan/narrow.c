/* search/plan/narrow.c - a plan around a configuration that did well. */
#include "search/plan/plan.h"

#include <string.h>

static const char *name_of(const json_t *step)
{
    const char *name = json_string_value(json_object_get(step, "name"));
    return name ? name : json_string_value(json_object_get(step, "step"));
}

/* The step that a flat name begins with, going down; *rest gets what is left of the name. */
static json_t *step_of(json_t *pipeline, const char *flat, const char **rest)
{
    json_t *step = pipeline, *found = pipeline;
    for (*rest = flat; found; step = found ? found : step) {
        const char *end = strstr(*rest, "__");
        size_t length = end ? (size_t)(end - *rest) : 0, i;
        json_t *child;
        found = NULL;
        json_array_foreach(json_object_get(step, "steps"), i, child)
        {
            const char *name = name_of(child);
            if (!found && length && name && strlen(name) == length &&
                strncmp(name, *rest, length) == 0)
                found = child;
        }
        *rest = found ? end + 2 : *rest;
    }
    return step;
}

static attune_status put(json_t *object, const char *key, json_t *value, attune_error *error)
{
    return json_object_set_new(object, key, value) == 0
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_MEMORY, "out of memory: a narrowed plan");
}

/* A dimension's place in the plan gets the narrowed distribution; its condition stays. */
static attune_status narrow_one(json_t *pipeline, const attune_dimension *dimension, double x,
                                double kept, attune_error *error)
{
    const char *name = NULL;
    attune_distribution *narrowed = NULL;
    json_t *step = step_of(pipeline, dimension->name, &name);
    if (strstr(name, "__") || attune_distribution_count(dimension->distribution) == 1)
        return ATTUNE_OK; /* what reading the plan put in */
    attune_status status =
        attune_distribution_narrow(&narrowed, dimension->distribution, x, kept, error);
    if (status)
        return status;
    json_t *json = attune_distribution_to_json(narrowed, error);
    attune_distribution_free(narrowed);
    json_t *space = json_object_get(step, "space");
    json_t *when = json_object_get(json_object_get(space, name), "when");
    if (!json)
        return ATTUNE_MEMORY;
    if (when)
        json_object_set(json, "when", when);
    if (!space) {
        status = put(step, "space", json_object(), error);
        space = json_object_get(step, "space");
    }
    if (status)
        json_decref(json);
    return status ? status : put(space, name, json, error);
}

attune_status attune_plan_narrow(json_t *plan, double kept, attune_error *error)
{
    attune_blueprint blueprint = {0};
    attune_sample sample = {0};
    attune_at nowhere = {0};
    json_t *pipeline = json_object_get(plan, "pipeline"), *fixed = json_object_get(plan, "fixed");
    if (!json_is_object(fixed))
        return attune_fail(error, ATTUNE_INVALID,
                           "this plan fixes no hyperparameters to search around: name a trial by "
                           "its number, or a dump");
    attune_status status = attune_blueprint_read(&blueprint, pipeline, &nowhere, error);
    if (!status)
        status = attune_sample_init(&sample, blueprint.space, error);
    if (!status)
        status = attune_sample_from_json(blueprint.space, fixed, &nowhere, &sample, error);
    for (int64_t i = 0; !status && i < blueprint.space->n; i++)
        if (sample.active[i])
            status =
                narrow_one(pipeline, &blueprint.space->dimensions[i], sample.x[i], kept, error);
    if (!status)
        json_object_del(plan, "fixed");
    attune_sample_clear(&sample);
    attune_blueprint_clear(&blueprint);
    return status;
}
