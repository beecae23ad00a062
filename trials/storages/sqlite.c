/* trials/storages/sqlite.c - studies and trials in one SQLite file: the default. */
#include "trials/storages/sqlite.h"

#include <stdlib.h>
#include <string.h>

static bool takes(const char *location)
{
    return location[0] && strcmp(location, ":memory:") != 0 && !strstr(location, "://");
}

static void close_store(void *self)
{
    attune_sqlite *store = self;
    for (int i = 0; i < ATTUNE_SQLS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

static attune_status open_store(const char *location, bool create, void **self, attune_error *error)
{
    attune_sqlite *store = attune_alloc(1, sizeof *store, error);
    if (!store)
        return ATTUNE_MEMORY;
    store->path = attune_copy_text(location, error);
    attune_error why = {0};
    attune_status status = store->path ? attune_sqlite_open(store, create, &why) : ATTUNE_MEMORY;
    if (status == ATTUNE_INVALID && !create && store->db && attune_sqlite_is_optuna(store))
        status = attune_sqlite_import(store, error);
    else if (status && error && why.status)
        *error = why;
    if (status)
        close_store(store);
    else
        *self = store;
    return status;
}

static const char *synchronous(const attune_sqlite *store)
{
    /* Without WAL a commit must reach the disk, or a crash can leave half of it. */
    return store->durable || store->network ? "PRAGMA synchronous = FULL"
                                            : "PRAGMA synchronous = NORMAL";
}

static attune_status set_durable(void *self, bool durable, attune_error *error)
{
    attune_sqlite *store = self;
    attune_status status = durable ? attune_sqlite_settle(store, error) : ATTUNE_OK;
    if (status)
        return status;
    store->durable = durable;
    return attune_sqlite_exec(store, synchronous(store), error);
}

/* A commit that waits for the disk takes all commits before it along: they stand earlier in the
 * same journal. Unlike a checkpoint it waits for no reader. */
static attune_status sync_store(void *self, attune_error *error)
{
    attune_sqlite *store = self;
    attune_status status = attune_sqlite_settle(store, error);
    if (status)
        return status;
    status = attune_sqlite_exec(
        store,
        "PRAGMA synchronous = FULL; UPDATE version_info SET library_version = library_version",
        error);
    attune_status after = attune_sqlite_exec(store, synchronous(store), error);
    return status ? status : after;
}

static const char *note(const void *self)
{
    const attune_sqlite *store = self;
    return store->note;
}

const attune_storage_type attune_storage_sqlite = {
    .abi = ATTUNE_STORAGE_ABI,
    .name = "sqlite",
    .doc = "One SQLite file, which Optuna and its dashboard can read too.",
    .takes = takes,
    .open = open_store,
    .close = close_store,
    .create_study = attune_sqlite_create_study,
    .find_study = attune_sqlite_find_study,
    .list_studies = attune_sqlite_list_studies,
    .claim_new = attune_sqlite_claim_new,
    .claim_waiting = attune_sqlite_claim_waiting,
    .record_fold = attune_sqlite_record_fold,
    .record_reports = attune_sqlite_record_reports,
    .finish = attune_sqlite_finish,
    .release = attune_sqlite_release,
    .reap = attune_sqlite_reap,
    .renew = attune_sqlite_renew,
    .read = attune_sqlite_read,
    .count = attune_sqlite_count,
    .query = attune_sqlite_query,
    .set_attribute = attune_sqlite_set_attribute,
    .get_attribute = attune_sqlite_get_attribute,
    .sync = sync_store,
    .set_durable = set_durable,
    .note = note,
};
