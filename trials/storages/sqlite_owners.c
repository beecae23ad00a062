/* trials/storages/sqlite_owners.c - who holds running trials, and who of them is dead. */
#include "trials/storages/sqlite.h"

#include <stdlib.h>
#include <string.h>

static void bind_owner(sqlite3_stmt *statement, const attune_owner *owner)
{
    attune_sqlite_bind_text(statement, 1, owner->host);
    sqlite3_bind_int64(statement, 2, owner->pid);
    sqlite3_bind_int64(statement, 3, owner->start);
}

static bool same_owner(const attune_owner *a, const attune_owner *b)
{
    return a->pid == b->pid && a->start == b->start && strcmp(a->host, b->host) == 0;
}

/* The row of an owner, 0 when there is none. */
static attune_status find_owner(attune_sqlite *store, const attune_owner *owner, int64_t *id,
                                attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    if (store->owner_id && same_owner(owner, &store->owner)) {
        *id = store->owner_id;
        return ATTUNE_OK;
    }
    attune_status status = attune_sqlite_use(store, ATTUNE_SQL_OWNER_FIND, &statement, error);
    if (status)
        return status;
    bind_owner(statement, owner);
    status = attune_sqlite_step(store, statement, &row, error);
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return status;
}

/* It is remembered only when it was there before: a row made in this transaction may be rolled back
 * with it. */
attune_status attune_sqlite_take_owner(attune_sqlite *store, const attune_owner *owner, int64_t *id,
                                       attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_status status = find_owner(store, owner, id, error);
    if (!status && *id) {
        store->owner = *owner;
        store->owner_id = *id;
    }
    if (status || *id)
        return status;
    status = attune_sqlite_use(store, ATTUNE_SQL_OWNER_ADD, &statement, error);
    if (status)
        return status;
    bind_owner(statement, owner);
    status = attune_sqlite_run(store, statement, error);
    *id = sqlite3_last_insert_rowid(store->db);
    return status;
}

/* A row of owners with running trials: owner, host, pid, start, seconds since its heartbeat. */
static bool row_is_dead(sqlite3_stmt *row, double lease)
{
    attune_owner owner = {.pid = sqlite3_column_int64(row, 2),
                          .start = sqlite3_column_int64(row, 3)};
    if (sqlite3_column_type(row, 1) != SQLITE_TEXT)
        return true; /* nobody: its row is gone or damaged */
    const char *host = (const char *)sqlite3_column_text(row, 1);
    if (!host)
        return false; /* memory is out: who cannot be looked at is left alone */
    if (strlen(host) >= sizeof owner.host)
        return true;
    memcpy(owner.host, host, strlen(host) + 1);
    attune_owner here = {0};
    bool local = !attune_owner_self(&here, NULL) && strcmp(here.host, owner.host) == 0;
    bool silent =
        sqlite3_column_type(row, 4) == SQLITE_NULL || sqlite3_column_double(row, 4) > lease;
    return local ? !attune_owner_alive(&owner) : silent;
}

/* The owners that are dead; the caller frees. An owner without a row has id 0. */
static attune_status dead_owners(attune_sqlite *store, int64_t study, double lease, int64_t **dead,
                                 int64_t *n, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = true;
    attune_status status = attune_sqlite_use(store, ATTUNE_SQL_OWNERS_RUNNING, &statement, error);
    if (!status)
        sqlite3_bind_int64(statement, 1, study);
    while (!status) {
        status = attune_sqlite_step(store, statement, &row, error);
        if (status || !row)
            break;
        if (!row_is_dead(statement, lease))
            continue;
        int64_t *grown = attune_realloc(*dead, *n + 1, sizeof *grown, error);
        if (!grown) {
            status = ATTUNE_MEMORY;
            break;
        }
        *dead = grown;
        grown[(*n)++] = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return status;
}

static attune_status reap_owner(attune_sqlite *store, int64_t study, int64_t owner, int64_t *n,
                                attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_use(store, ATTUNE_SQL_REAP, &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, study);
    if (owner)
        sqlite3_bind_int64(statement, 2, owner);
    else
        sqlite3_bind_null(statement, 2);
    status = attune_sqlite_run(store, statement, error);
    if (!status)
        *n += sqlite3_changes(store->db);
    return status;
}

attune_status attune_sqlite_reap(void *self, int64_t study, double lease, int64_t *n,
                                 attune_error *error)
{
    int64_t *dead = NULL;
    int64_t n_dead = 0, reaped = 0;
    const attune_study_shape *shape = NULL;
    *n = 0;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = dead_owners(self, study, lease, &dead, &n_dead, error);
    for (int64_t i = 0; i < n_dead && !status; i++)
        status = reap_owner(self, study, dead[i], &reaped, error);
    free(dead);
    status = attune_sqlite_end(self, status, error);
    *n = status ? 0 : reaped;
    return status;
}

attune_status attune_sqlite_renew(void *self, int64_t study, const attune_owner *owner,
                                  attune_error *error)
{
    int64_t id = 0;
    sqlite3_stmt *statement = NULL;
    const attune_study_shape *shape = NULL;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = attune_sqlite_take_owner(self, owner, &id, error);
    if (!status)
        status = attune_sqlite_use(self, ATTUNE_SQL_OWNER_RENEW, &statement, error);
    if (!status) {
        sqlite3_bind_int64(statement, 1, id);
        status = attune_sqlite_run(self, statement, error);
    }
    return attune_sqlite_end(self, status, error);
}
