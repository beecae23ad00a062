/* search/api/stored.c - a study that is in its store already, taken as it is frozen.
 *
 * Whoever tells a result from another process has the store's name and nothing else. */
#include "search/api/parts.h"

#include "search/identity.h"

#include <stdlib.h>
#include <string.h>

static attune_status take_space(attune_search *search, json_t *identity, attune_error *error)
{
    attune_at nowhere = {0};
    json_t *space = json_object_get(identity, "space");
    if (!space)
        return attune_fail(error, ATTUNE_CONFLICT,
                           "study \"%s\" in %s searches a pipeline over data: attune search goes "
                           "on with it; there is nothing to ask or tell",
                           search->study.name, search->storage->location);
    return attune_space_from_json(&search->space, space, &nowhere, error);
}

static attune_status take_goals(attune_search *search, json_t *identity, attune_error *error)
{
    json_t *directions = json_object_get(identity, "directions");
    size_t n = json_array_size(directions);
    if (n < 1 || n > ATTUNE_MOST_METRICS)
        return attune_fail(error, ATTUNE_CORRUPT, "study \"%s\" in %s: its directions are damaged",
                           search->study.name, search->storage->location);
    search->n_objectives = (int64_t)n;
    size_t limits = json_array_size(json_object_get(identity, "constraints"));
    if (n + limits > ATTUNE_MOST_METRICS)
        return attune_fail(error, ATTUNE_CORRUPT, "study \"%s\" in %s: its constraints are damaged",
                           search->study.name, search->storage->location);
    if (attune_search_set_constraints(search, (int64_t)limits, error))
        return ATTUNE_MEMORY;
    search->directions = attune_alloc(search->n_metrics, sizeof *search->directions, error);
    for (size_t i = 0; search->directions && i < n; i++) {
        const char *word = json_string_value(json_array_get(directions, i));
        search->directions[i] =
            word && strcmp(word, "maximize") == 0 ? ATTUNE_MAXIMIZE : ATTUNE_MINIMIZE;
    }
    return search->directions ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status take_choices(attune_search *search, json_t *identity, attune_error *error)
{
    attune_at nowhere = {0};
    json_t *pruner = json_object_get(identity, "pruner");
    attune_status status = attune_sampler_from_json(
        &search->sampler, json_object_get(identity, "sampler"), &nowhere, error);
    if (!status && pruner)
        status = attune_pruner_from_json(&search->pruner, pruner, &nowhere, error);
    search->queue = json_incref(json_object_get(identity, "queue"));
    return status;
}

attune_status attune_search_open_stored(attune_search *search, const char *location,
                                        const char *name, attune_error *error)
{
    attune_status status = attune_storage_open(&search->storage, location, false, error);
    if (!status)
        status =
            search->storage->type->find_study(search->storage->self, name, &search->study, error);
    json_t *identity = status ? NULL : attune_json_parse(search->study.identity);
    if (!status)
        status = take_space(search, identity, error);
    if (!status)
        status = take_goals(search, identity, error);
    if (!status)
        status = take_choices(search, identity, error);
    if (!status) {
        search->lookahead = attune_identity_lookahead(&search->study);
        search->seed = attune_key_integer(attune_key_start("study"),
                                          json_integer_value(json_object_get(identity, "seed")));
        status = attune_search_load_prior(search, error);
    }
    if (!status)
        status = attune_search_settle_budget(search, false, error);
    json_decref(identity);
    return status ? status : attune_storage_reopen(search->storage, &search->reader, error);
}
