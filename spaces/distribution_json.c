/* spaces/distribution_json.c - distributions from a plan, and back. */
#include "spaces/distribution.h"

#include <string.h>

static attune_status unknown(const char *name, const attune_at *at, attune_error *error)
{
    enum { most = 64 };
    const char *names[most];
    int64_t n = 0;
    for (; attune_distribution_types[n] && n < most; n++)
        names[n] = attune_distribution_types[n]->name;
    char hint[128];
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    return attune_fail_at(error, at, "unknown distribution%s",
                          *hint ? hint : "; `attune help distribution` lists them");
}

/* The only member of an object that is not a comment. */
static attune_status only_member(json_t *json, const attune_at *at, const char **name,
                                 json_t **arguments, attune_error *error)
{
    const char *key, *first = NULL;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        if (attune_json_is_comment(key))
            continue;
        attune_at place = attune_at_key(at, key);
        if (first)
            return attune_fail_at(error, &place, "one distribution is given already, \"%s\"",
                                  first);
        first = key;
        *arguments = value;
    }
    *name = first;
    if (!first)
        return attune_fail_at(error, at, "need a distribution, such as {\"uniform\": [0, 1]}");
    return ATTUNE_OK;
}

/* Whether a list of arguments is the first of them: the values of a choice, a fixed list. */
static bool list_is_first(const attune_field *fields)
{
    return fields[0].kind == ATTUNE_FIELD_VALUES ||
           (fields[0].kind == ATTUNE_FIELD_VALUE && !fields[1].kind);
}

static attune_status set_arguments(attune_distribution *made, json_t *json, const attune_at *at,
                                   attune_error *error)
{
    const attune_field *fields = made->type->fields;
    if (!json_is_array(json) || !list_is_first(fields))
        return attune_fields_from_json(fields, made->self, json, at, made->type->name, error);
    attune_value list = {0};
    attune_status status = attune_value_from_json(&list, json, error);
    if (!status)
        status = attune_field_set(&fields[0], made->self, &list, error);
    attune_value_clear(&list);
    return status;
}

/* at: where the arguments stand; what is wrong with them together is said there. */
static attune_status make(attune_distribution **distribution, const attune_distribution_type *type,
                          json_t *arguments, const attune_at *at, attune_error *error)
{
    attune_distribution *made = NULL;
    attune_error problem = {0};
    attune_status status = attune_distribution_begin(&made, type, error);
    if (status)
        return status;
    status = set_arguments(made, arguments, at, error);
    if (!status && (status = attune_distribution_finish(made, &problem)) == ATTUNE_INVALID) {
        size_t name = strlen(type->name); /* the place says it already */
        bool named = at->key && strcmp(at->key, type->name) == 0;
        attune_fail_at(error, at, "%s", problem.message + (named ? name + 2 : 0));
    } else if (status) {
        attune_fail(error, status, "%s", problem.message);
    }
    if (status)
        attune_distribution_free(made);
    else
        *distribution = made;
    return status;
}

attune_status attune_distribution_from_json(attune_distribution **distribution, json_t *json,
                                            const attune_at *at, attune_error *error)
{
    json_t *arguments = json;
    const char *name = json_is_array(json) ? "choice" : "fixed";
    if (!json_is_object(json))
        return make(distribution, attune_distribution_type_find(name), arguments, at, error);
    attune_status status = only_member(json, at, &name, &arguments, error);
    if (status)
        return status;
    attune_at place = attune_at_key(at, name);
    const attune_distribution_type *type = attune_distribution_type_find(name);
    if (!type)
        return unknown(name, &place, error);
    return make(distribution, type, arguments, &place, error);
}

/* How deep distributions of distributions go in a text of canonical JSON. */
static bool nests_too_deep(const json_t *json, int left)
{
    const char *key;
    const json_t *value;
    size_t i;
    if (left == 0)
        return json_is_object(json) || json_is_array(json);
    json_array_foreach(json, i, value) if (nests_too_deep(value, left - 1)) return true;
    json_object_foreach((json_t *)(uintptr_t)json, key,
                        value) if (nests_too_deep(value, left - 1)) return true;
    return false;
}

attune_status attune_distribution_from_value(attune_distribution **distribution,
                                             attune_value *value, attune_error *error)
{
    enum { deepest = 24 }; /* eight distributions: each is an object, its arguments, a list */
    attune_distribution *made = NULL;
    attune_at nowhere = {0};
    json_t *json = attune_value_to_json(value), *canonical = NULL;
    attune_status status = ATTUNE_OK;
    if (!json)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a distribution");
    else if (!json_is_object(json))
        status = attune_fail(error, ATTUNE_INVALID,
                             "need a distribution, such as "
                             "{\"uniform\": [0, 1]}");
    else if (nests_too_deep(json, deepest))
        status = attune_fail(error, ATTUNE_INVALID, "distributions nest more than 8 deep");
    else
        status = attune_distribution_from_json(&made, json, &nowhere, error);
    if (!status && !(canonical = attune_distribution_to_json(made, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_value_from_json(value, canonical, error);
    json_decref(json);
    json_decref(canonical);
    if (status)
        attune_distribution_free(made);
    else
        *distribution = made;
    return status;
}

json_t *attune_distribution_to_json(const attune_distribution *distribution, attune_error *error)
{
    json_t *arguments = attune_fields_to_json(distribution->type->fields, distribution->self,
                                              ATTUNE_HYPERPARAMS, error);
    if (!arguments)
        return NULL;
    json_t *json = json_object();
    /* json_object_set_new takes the reference even when it fails. */
    if (json_object_set_new(json, distribution->type->name, arguments) != 0) {
        json_decref(json);
        json = NULL;
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a distribution as JSON");
    }
    return json;
}
