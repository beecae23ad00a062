/* trials/storage.c - the registry of storages; opening one; studies as values. */
#include "trials/storage.h"

#include "trials/query.h"

#include <stdlib.h>
#include <string.h>

#define ATTUNE_STORAGE(name) extern const attune_storage_type attune_storage_##name;
#include "trials/storages.def"
#undef ATTUNE_STORAGE

const attune_storage_type *const attune_storage_types[] = {
#define ATTUNE_STORAGE(name) &attune_storage_##name,
#include "trials/storages.def"
#undef ATTUNE_STORAGE
    NULL,
};

static const attune_storage_type *type_for(const char *location)
{
    for (int i = 0; attune_storage_types[i]; i++)
        if (attune_storage_types[i]->takes(location))
            return attune_storage_types[i];
    return NULL;
}

static attune_status make(attune_storage **storage, const attune_storage_type *type,
                          const char *location, attune_error *error)
{
    attune_storage *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->type = type;
    made->location = attune_copy_text(location, error);
    if (!made->location) {
        free(made);
        return ATTUNE_MEMORY;
    }
    *storage = made;
    return ATTUNE_OK;
}

attune_status attune_storage_open(attune_storage **storage, const char *location, bool create,
                                  attune_error *error)
{
    *storage = NULL;
    const attune_storage_type *type = type_for(location);
    if (!type)
        return attune_fail(error, ATTUNE_INVALID,
                           "no storage takes \"%s\": give the path of a file", location);
    attune_storage *made = NULL;
    attune_status status = make(&made, type, location, error);
    if (!status)
        status = type->open(location, create, &made->self, error);
    if (status)
        attune_storage_close(made);
    else
        *storage = made;
    return status;
}

attune_status attune_storage_reopen(const attune_storage *storage, attune_storage **other,
                                    attune_error *error)
{
    if (!storage->type->share)
        return attune_storage_open(other, storage->location, false, error);
    attune_storage *made = NULL;
    attune_status status = make(&made, storage->type, storage->location, error);
    if (!status)
        status = storage->type->share(storage->self, &made->self, error);
    if (status)
        attune_storage_close(made);
    else
        *other = made;
    return status;
}

void attune_storage_close(attune_storage *storage)
{
    if (!storage)
        return;
    if (storage->self)
        storage->type->close(storage->self);
    free(storage->location);
    free(storage);
}

const char *attune_storage_note(const attune_storage *storage)
{
    return storage->type->note ? storage->type->note(storage->self) : NULL;
}

attune_status attune_query_run(const attune_storage *storage, const attune_query *query,
                               const attune_query_rows *rows, attune_error *error)
{
    if (!storage->type->query)
        return attune_fail(error, ATTUNE_UNSUPPORTED,
                           "the %s storage has no SQL: keep the trials in a file to query them",
                           storage->type->name);
    return storage->type->query(storage->self, query, rows, error);
}

void attune_study_clear(attune_study *study)
{
    free(study->name);
    free(study->identity);
    free(study->plan);
    free(study->space);
    free(study->directions);
    free(study->metrics);
    free(study->started);
    memset(study, 0, sizeof *study);
}

attune_status attune_study_copy(attune_study *to, const attune_study *from, attune_error *error)
{
    char *const texts[] = {from->name,       from->identity, from->plan,   from->space,
                           from->directions, from->metrics,  from->started};
    enum { n = sizeof texts / sizeof *texts };
    char *copies[n] = {0};
    bool done = true;
    for (int i = 0; i < n && done; i++) {
        copies[i] = attune_copy_text(texts[i], error);
        done = copies[i] || !texts[i];
    }
    attune_study copy = {from->id,  copies[0], copies[1],     copies[2], copies[3],
                         copies[4], copies[5], from->n_folds, copies[6]};
    attune_study_clear(done ? to : &copy);
    if (!done)
        return ATTUNE_MEMORY;
    *to = copy;
    return ATTUNE_OK;
}

void attune_trials_free(attune_trial *trials, int64_t n)
{
    for (int64_t i = 0; trials && i < n; i++)
        attune_trial_clear(&trials[i]);
    free(trials);
}
