/* search/api/prior.c - the library's studies that begin with the results of an older one. */
#include "search/api/parts.h"

#include <stdlib.h>
#include <string.h>

static attune_status parse(attune_document *document, const char *from, attune_error *error)
{
    if (from[strspn(from, " \t\r\n")] == '{')
        return attune_document_parse(document, "from", from, (int64_t)strlen(from), error);
    document->root = json_string(from);
    return document->root ? ATTUNE_OK : attune_fail(error, ATTUNE_INVALID, "from: not UTF-8");
}

attune_status attune_search_read_prior(attune_search *search, const char *from, attune_error *error)
{
    attune_document document = {0};
    const char *store = NULL, *study = NULL, *directions[ATTUNE_MOST_METRICS];
    for (int64_t k = 0; k < search->n_objectives; k++)
        directions[k] = search->directions[k] == ATTUNE_MINIMIZE ? "minimize" : "maximize";
    attune_status status = parse(&document, from, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_prior_source(document.root, &top, &store, &study, error);
    if (!status)
        status = attune_prior_read(&search->prior, search->space, directions, search->n_objectives,
                                   store, study, error);
    attune_document_clear(&document);
    return status;
}

attune_status attune_search_store_prior(attune_search *search, attune_error *error)
{
    if (!search->prior.text)
        return ATTUNE_OK;
    return search->storage->type->set_attribute(search->storage->self, search->study.id, -1,
                                                "prior", search->prior.text, error);
}

attune_status attune_search_load_prior(attune_search *search, attune_error *error)
{
    char *text = NULL, key[ATTUNE_KEY_TEXT_SIZE];
    json_t *identity = attune_json_parse(search->study.identity);
    const char *wanted =
        json_string_value(json_object_get(json_object_get(identity, "from"), "key"));
    attune_status status = ATTUNE_OK;
    if (wanted)
        status = search->storage->type->get_attribute(search->storage->self, search->study.id, -1,
                                                      "prior", &text, error);
    if (!status && text) {
        attune_prior_clear(&search->prior);
        status =
            attune_prior_load(&search->prior, search->space, search->n_objectives, text, error);
    }
    if (!status && wanted &&
        (!search->prior.text || strcmp(attune_key_name(search->prior.key, key), wanted) != 0))
        status = attune_fail(error, ATTUNE_CORRUPT,
                             "study \"%s\" begins with the results of an older one, and they are "
                             "not there",
                             search->study.name);
    if (!status && wanted && !text) /* its maker was killed before they were stored */
        status = attune_search_store_prior(search, error);
    json_decref(identity);
    free(text);
    return status;
}
