/* search/chosen.c - what a plan chooses by name, with settings. */
#include "search/chosen.h"

#include "spaces/base/text.h"

#include <stdlib.h>

attune_status attune_chosen_read(attune_chosen *chosen, json_t *json, const attune_at *place,
                                 attune_error *error)
{
    *chosen = (attune_chosen){.name = json_string_value(json), .place = *place};
    if (chosen->name)
        return ATTUNE_OK;
    void *only = json_object_size(json) == 1 ? json_object_iter(json) : NULL;
    if (!only)
        return attune_fail_at(error, place, "must be a name, or {\"name\": {its settings}}");
    chosen->name = json_object_iter_key(only);
    chosen->settings = json_object_iter_value(only);
    chosen->place = attune_at_key(place, chosen->name);
    return ATTUNE_OK;
}

void *attune_chosen_make(const attune_field *fields, size_t size, attune_error *error)
{
    void *self = attune_alloc(1, size, error);
    if (self && attune_fields_init(fields, self, error)) {
        attune_chosen_free(fields, self);
        return NULL;
    }
    return self;
}

void attune_chosen_free(const attune_field *fields, void *self)
{
    if (self)
        attune_fields_clear(fields, self, ATTUNE_ALL);
    free(self);
}

attune_status attune_chosen_set(const attune_chosen *chosen, const attune_field *fields,
                                const char *(*check)(const void *self), void *self,
                                attune_error *error)
{
    if (!chosen->settings)
        return ATTUNE_OK;
    attune_status status = attune_fields_from_json(fields, self, chosen->settings, &chosen->place,
                                                   chosen->name, error);
    const char *complaint = !status && check ? check(self) : NULL;
    return complaint ? attune_fail_at(error, &chosen->place, "%s", complaint) : status;
}

json_t *attune_chosen_to_json(const char *name, const attune_field *fields, const void *self,
                              attune_error *error)
{
    json_t *settings = attune_fields_to_json(fields, self, ATTUNE_HYPERPARAMS, error);
    json_t *json = settings ? json_pack("{s:o}", name, settings) : NULL;
    if (settings && !json)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the settings of %s", name);
    return json;
}

attune_status attune_chosen_unknown(const char *kind, const char *name, const char *const *names,
                                    int64_t n, attune_error *error)
{
    char hint[128];
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    if (*hint)
        return attune_fail(error, ATTUNE_INVALID, "unknown %s \"%s\"%s", kind, name, hint);
    return attune_fail(error, ATTUNE_INVALID, "unknown %s \"%s\"; `attune help %ss` lists them",
                       kind, name, kind);
}
