/* search/pruner.c - pruners by name. */
#include "search/pruner.h"

#include "search/chosen.h"

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
    attune_chosen_unknown("pruner", name, names, n + 1, error);
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
    made->self = attune_chosen_make(type->fields, type->size, error);
    if (!made->self) {
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
    attune_chosen_free(pruner->type->fields, pruner->self);
    free(pruner);
}

attune_status attune_pruner_from_json(attune_pruner **pruner, json_t *json, const attune_at *at,
                                      attune_error *error)
{
    attune_chosen chosen = {0};
    attune_error problem = {0};
    *pruner = NULL;
    attune_status status = attune_chosen_read(&chosen, json, at, error);
    if (status)
        return status;
    if (attune_pruner_new(pruner, chosen.name, &problem))
        return attune_fail_for(error, &chosen.place, &problem);
    const attune_pruner_type *type = *pruner ? (*pruner)->type : NULL;
    if (type)
        status = attune_chosen_set(&chosen, type->fields, type->check, (*pruner)->self, error);
    if (status) {
        attune_pruner_free(*pruner);
        *pruner = NULL;
    }
    return status;
}

json_t *attune_pruner_to_json(const attune_pruner *pruner, attune_error *error)
{
    if (!pruner)
        return json_string(none);
    return attune_chosen_to_json(pruner->type->name, pruner->type->fields, pruner->self, error);
}
