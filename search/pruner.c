/* search/pruner.c - pruners by name. */
#include "search/pruner.h"

#include <stdlib.h>
#include <string.h>

#define ATTUNE_PRUNER(name) extern const attune_pruner_type attune_pruner_##name;
#include "search/pruners.def"
#undef ATTUNE_PRUNER

const attune_pruner_type *const attune_pruner_types[] = {
#define ATTUNE_PRUNER(name) &attune_pruner_##name,
#include "search/pruners.def"
#undef ATTUNE_PRUNER
    NULL};

static const char none[] = "none";

static const attune_pruner_type *find_type(const char *name, attune_error *error)
{
    const char *names[sizeof attune_pruner_types / sizeof *attune_pruner_types];
    int64_t n = 0;
    for (; attune_pruner_types[n]; n++) {
        names[n] = attune_pruner_types[n]->name;
        if (strcmp(names[n], name) == 0)
            return attune_pruner_types[n];
    }
    names[n] = none;
    char hint[128];
    attune_did_you_mean(name, names, n + 1, hint, sizeof hint);
    attune_fail(error, ATTUNE_INVALID, "unknown pruner \"%s\"%s", name,
                *hint ? hint : "; `attune help pruners` lists them");
    return NULL;
}

attune_status attune_pruner_new(attune_pruner **pruner, const char *name, attune_error *error)
{
    *pruner = NULL;
    if (strcmp(name, none) == 0)
        return ATTUNE_OK;
    const attune_pruner_type *type = find_type(name, error);
    attune_pruner *made = type ? attune_alloc(1, sizeof *made, error) : NULL;
    if (!made)
        return type ? ATTUNE_MEMORY : ATTUNE_INVALID;
    made->type = type;
    made->self = attune_alloc(1, type->size, error);
    if (!made->self || attune_fields_init(type->fields, made->self, error)) {
        attune_pruner_free(made);
        return ATTUNE_MEMORY;
    }
    *pruner = made;
    return ATTUNE_OK;
}

void attune_pruner_free(attune_pruner *pruner)
{
    if (!pruner)
        return;
    if (pruner->self)
        attune_fields_clear(pruner->type->fields, pruner->self, ATTUNE_ALL);
    free(pruner->self);
    free(pruner);
}

static attune_status new_at(attune_pruner **pruner, const char *name, const attune_at *at,
                            attune_error *error)
{
    attune_error problem = {0};
    attune_status status = attune_pruner_new(pruner, name, &problem);
    if (status == ATTUNE_INVALID)
        return attune_fail_at(error, at, "%s", problem.message);
    return status ? attune_fail(error, status, "%s", problem.message) : ATTUNE_OK;
}

attune_status attune_pruner_from_json(attune_pruner **pruner, json_t *json, const attune_at *at,
                                      attune_error *error)
{
    *pruner = NULL;
    if (json_is_string(json))
        return new_at(pruner, json_string_value(json), at, error);
    void *only =
        json_is_object(json) && json_object_size(json) == 1 ? json_object_iter(json) : NULL;
    if (!only)
        return attune_fail_at(error, at, "must be a name, or {\"name\": {its settings}}");
    const char *name = json_object_iter_key(only);
    attune_pruner *made = NULL;
    attune_at place = attune_at_key(at, name);
    attune_status status = new_at(&made, name, &place, error);
    if (status || !made)
        return status;
    status = attune_fields_from_json(made->type->fields, made->self, json_object_iter_value(only),
                                     &place, name, error);
    const char *complaint = !status && made->type->check ? made->type->check(made->self) : NULL;
    if (complaint)
        status = attune_fail_at(error, &place, "%s", complaint);
    if (status)
        attune_pruner_free(made);
    else
        *pruner = made;
    return status;
}

json_t *attune_pruner_to_json(const attune_pruner *pruner, attune_error *error)
{
    json_t *settings = NULL;
    if (!pruner)
        return json_string(none);
    settings = attune_fields_to_json(pruner->type->fields, pruner->self, ATTUNE_HYPERPARAMS, error);
    json_t *json = settings ? json_pack("{s:o}", pruner->type->name, settings) : NULL;
    if (settings && !json)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a pruner's settings");
    return json;
}
