/* spaces/sample_json.c - a sample as names and values, for people, and back. */
#include "spaces/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_status set_member(const attune_space *space, const attune_sample *sample, int64_t i,
                                json_t *object, attune_error *error)
{
    attune_value value = {0};
    attune_status status = attune_sample_value(space, sample, i, &value, error);
    /* json_object_set_new takes the reference, and fails when there is none. */
    if (!status &&
        json_object_set_new(object, space->dimensions[i].name, attune_value_to_json(&value)) != 0)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a sample as JSON");
    attune_value_clear(&value);
    return status;
}

json_t *attune_sample_to_json(const attune_space *space, const attune_sample *sample,
                              attune_error *error)
{
    json_t *object = json_object();
    attune_status status =
        object ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory: a sample as JSON");
    for (int64_t i = 0; i < space->n && !status; i++)
        if (sample->active[i])
            status = set_member(space, sample, i, object, error);
    if (status) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* What is given, before it is known what is active. */
struct given {
    double *x;          /* NaN: not given */
    const char **names; /* as they were written; NULL: not given */
};

static attune_status read_member(const attune_space *space, const char *name, json_t *json,
                                 const attune_at *at, struct given *given, attune_error *error)
{
    attune_error problem = {0};
    attune_value value = {0};
    int64_t i = attune_space_find(space, name, &problem);
    if (i < 0)
        return attune_fail_for(error, at, &problem);
    if (given->names[i])
        return attune_fail_at(error, at, "given twice: it is also \"%s\"", given->names[i]);
    attune_status status = attune_value_from_json(&value, json, error);
    if (status)
        return status;
    given->names[i] = name;
    if (!attune_distribution_x(space->dimensions[i].distribution, &value, &given->x[i])) {
        attune_text words = {0};
        attune_value_append(&words, &value);
        status = attune_fail_at(error, at, "%s is not one of the values of %s",
                                words.bytes ? words.bytes : "null", space->dimensions[i].name);
        attune_text_clear(&words);
    }
    attune_value_clear(&value);
    return status;
}

static attune_status decide(const attune_space *space, const struct given *given,
                            const attune_at *at, attune_sample *made, attune_error *error)
{
    for (int64_t i = 0; i < space->n; i++) {
        made->active[i] = attune_space_is_active(space, made, i);
        if (!made->active[i] && given->names[i]) {
            attune_at place = attune_at_key(at, given->names[i]);
            return attune_fail_at(error, &place, "not active with these values; leave it out");
        }
        if (given->names[i])
            made->x[i] = given->x[i];
        else if (!made->active[i])
            made->x[i] = NAN;
        else if (isnan(made->x[i]))
            made->x[i] = attune_distribution_quantile(space->dimensions[i].distribution, 0.5);
    }
    return ATTUNE_OK;
}

static attune_status read_members(const attune_space *space, json_t *json, const attune_at *at,
                                  struct given *given, attune_error *error)
{
    const char *key;
    json_t *value;
    attune_status status = ATTUNE_OK;
    if (!json_is_object(json))
        return attune_fail_at(error, at, "must be an object, {\"name\": value, ...}");
    json_object_foreach(json, key, value)
    {
        attune_at place = attune_at_key(at, key);
        if (!attune_json_is_comment(key))
            status = read_member(space, key, value, &place, given, error);
        if (status)
            return status;
    }
    return ATTUNE_OK;
}

attune_status attune_sample_from_json(const attune_space *space, json_t *json, const attune_at *at,
                                      attune_sample *sample, attune_error *error)
{
    attune_sample made = {0};
    struct given given = {attune_alloc(space->n, sizeof *given.x, error),
                          attune_alloc(space->n, sizeof *given.names, error)};
    attune_status status = attune_sample_init(&made, space, error);
    if (!status && (!given.x || !given.names))
        status = ATTUNE_MEMORY;
    if (!status)
        status = read_members(space, json, at, &given, error);
    if (!status && space->n)
        memcpy(made.x, sample->x, (size_t)space->n * sizeof *made.x);
    if (!status)
        status = decide(space, &given, at, &made, error);
    if (!status && space->n) {
        memcpy(sample->x, made.x, (size_t)space->n * sizeof *made.x);
        memcpy(sample->active, made.active, (size_t)space->n);
    }
    attune_sample_clear(&made);
    free(given.x);
    free(given.names);
    return status;
}
