/* steps/splitter_json.c - a plan's "validation", read and written. */
#include "steps/splitter.h"

#include <stdio.h>
#include <string.h>

enum { most_keys = 64, most_repeats = 1000 };

/* The field that argument i of an array sets; NULL: there are not so many. */
static const attune_field *field_at(const attune_field *fields, int64_t i)
{
    for (; fields->kind; fields++)
        if (!fields->fitted && i-- == 0)
            return fields;
    return NULL;
}

/* A whole number where a text is wanted: {"test": 28} is {"test": "28"}. New reference. */
static json_t *as_text(const attune_field *field, json_t *value)
{
    char text[32];
    if (!field || field->kind != ATTUNE_FIELD_TEXT || !json_is_integer(value))
        return json_incref(value);
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    return json_string(text);
}

/* The arguments with whole numbers as texts, and without "repeats". New reference or NULL. */
static json_t *normal_arguments(const attune_splitter_type *type, json_t *arguments, bool direct)
{
    const char *key;
    json_t *value, *normal;
    size_t i;
    bool failed = false;
    if (json_is_object(arguments)) {
        normal = json_object();
        json_object_foreach(arguments, key, value)
        {
            if (direct && strcmp(key, "repeats") == 0)
                continue;
            const attune_field *field = attune_field_find(type->fields, key);
            failed |= json_object_set_new(normal, key, as_text(field, value)) != 0;
        }
        return attune_json_whole(normal, !failed);
    }
    if (!json_is_array(arguments))
        return as_text(field_at(type->fields, 0), arguments);
    normal = json_array();
    json_array_foreach(arguments, i, value) failed |=
        json_array_append_new(normal, as_text(field_at(type->fields, (int64_t)i), value));
    return attune_json_whole(normal, !failed);
}

/* Makes a splitter of a type: from its own object, or directly from the keys of "validation". */
static attune_status make(attune_splitter **splitter, const attune_splitter_type *type,
                          json_t *arguments, const attune_at *at, bool direct, attune_error *error)
{
    attune_status status = attune_splitter_new(splitter, type, error);
    if (status)
        return status;
    json_t *normal = normal_arguments(type, arguments, direct);
    if (!normal)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: reading a plan");
    if (!status)
        status =
            attune_fields_from_json(type->fields, (*splitter)->self, normal, at, type->name, error);
    json_decref(normal);
    const char *complaint = !status && type->check ? type->check((*splitter)->self) : NULL;
    if (complaint)
        status = attune_fail_at(error, at, "%s", complaint);
    return status;
}

static attune_status read_repeats(attune_splitter *splitter, json_t *json, const attune_at *at,
                                  attune_error *error)
{
    attune_at place = attune_at_key(at, "repeats");
    attune_status status = attune_json_integer(json, at, "repeats", &splitter->repeats, error);
    bool (*shuffles)(const void *) = splitter->type->shuffles;
    if (status)
        return status;
    if (splitter->repeats < 1 || splitter->repeats > most_repeats)
        return attune_fail_at(error, &place, "need a whole number from 1 to %d", most_repeats);
    if (splitter->repeats > 1 && !(shuffles && shuffles(splitter->self)))
        return attune_fail_at(error, &place,
                              "%s without a shuffle gives the same folds each time; take 1",
                              splitter->type->name);
    return ATTUNE_OK;
}

/* Refuses a key that is neither a splitter's name, nor a field of k_fold, nor "repeats". */
static attune_status check_keys(json_t *json, const attune_at *at, const attune_field *fields,
                                attune_error *error)
{
    const char *names[most_keys] = {"repeats"};
    int64_t n = 1;
    for (; fields->kind && n < most_keys; fields++)
        names[n++] = fields->name;
    for (int i = 0; attune_splitter_types[i] && n < most_keys; i++)
        names[n++] = attune_splitter_types[i]->name;
    return attune_json_check_keys(json, at, names, n, error);
}

/* Which splitter is named, k_fold when none is; a second thing beside it is INVALID. */
static attune_status find_type(json_t *json, const attune_at *at, const attune_splitter_type **type,
                               attune_error *error)
{
    const char *key;
    json_t *value;
    *type = NULL;
    json_object_foreach(json, key, value)
    {
        const attune_splitter_type *named = attune_splitter_type_find(key);
        attune_at place = attune_at_key(at, key);
        if (named && *type)
            return attune_fail_at(error, &place, "one splitter is enough, there is %s already",
                                  (*type)->name);
        *type = named ? named : *type;
    }
    json_object_foreach(json, key, value)
    {
        attune_at place = attune_at_key(at, key);
        if (*type && strcmp(key, (*type)->name) != 0 && strcmp(key, "repeats") != 0 &&
            !attune_json_is_comment(key))
            return attune_fail_at(error, &place, "belongs to k_fold, but the splitter is %s",
                                  (*type)->name);
    }
    return ATTUNE_OK;
}

attune_status attune_splitter_from_json(attune_splitter **splitter, json_t *json,
                                        const attune_at *at, attune_error *error)
{
    const attune_splitter_type *k_fold = attune_splitter_type_find("k_fold"), *type = NULL;
    *splitter = NULL;
    if (!json || json_is_null(json))
        return attune_splitter_new(splitter, k_fold, error);
    attune_status status = check_keys(json, at, k_fold->fields, error);
    if (!status)
        status = find_type(json, at, &type, error);
    if (!status && type) {
        attune_at place = attune_at_key(at, type->name);
        status = make(splitter, type, json_object_get(json, type->name), &place, false, error);
    } else if (!status) {
        status = make(splitter, k_fold, json, at, true, error);
    }
    if (!status)
        status = read_repeats(*splitter, json, at, error);
    if (status) {
        attune_splitter_free(*splitter);
        *splitter = NULL;
    }
    return status;
}

json_t *attune_splitter_to_json(const attune_splitter *splitter, attune_error *error)
{
    json_t *fields =
        attune_fields_to_json(splitter->type->fields, splitter->self, ATTUNE_HYPERPARAMS, error);
    if (!fields)
        return NULL;
    json_t *json = json_object();
    if (json_object_set_new(json, splitter->type->name, fields) != 0 ||
        json_object_set_new(json, "repeats", json_integer(splitter->repeats)) != 0) {
        json_decref(json);
        json = NULL;
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a splitter as JSON");
    }
    return json;
}
