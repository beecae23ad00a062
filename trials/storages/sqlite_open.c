/* trials/storages/sqlite_open.c - connections: a file is checked before it is touched.
 *
 * The file is never opened but by SQLite: closing any other descriptor of it would drop the locks
 * that this process holds on it. */
#include "trials/storages/sqlite.h"

#include "spaces/base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { busy_milliseconds = 30000, smallest_database = 512 };

static attune_status check_folder(const char *path, attune_error *error)
{
    char *folder = attune_path_folder(path, error);
    if (!folder)
        return ATTUNE_MEMORY;
    attune_status status = ATTUNE_OK;
    if (folder[0] && !attune_folder_exists(folder))
        status = attune_fail_in(error, ATTUNE_NOT_FOUND, path, 0, 0,
                                "there is no folder %s for the store: make it first", folder);
    free(folder);
    return status;
}

/* What the file system says of the file, before SQLite sees it. *flags: how to open it. */
static attune_status check_file(const char *path, bool create, int *flags, attune_error *error)
{
    struct stat info;
    *flags = SQLITE_OPEN_READWRITE;
    if (stat(path, &info)) {
        attune_status status = check_folder(path, error);
        if (status)
            return status;
        if (errno != ENOENT && errno != ENOTDIR)
            return attune_fail_in(error, ATTUNE_IO, path, 0, 0, "the store cannot be opened: %s",
                                  strerror(errno));
        if (!create)
            return attune_fail_in(error, ATTUNE_NOT_FOUND, path, 0, 0,
                                  "there is no store: attune search makes one; --store names it");
        *flags |= SQLITE_OPEN_CREATE;
        return ATTUNE_OK;
    }
    if (S_ISDIR(info.st_mode))
        return attune_fail_in(error, ATTUNE_INVALID, path, 0, 0,
                              "this is a folder: --store needs a file");
    /* SQLite would take a file that is shorter than its header for an empty one. */
    if (!S_ISREG(info.st_mode) || (info.st_size > 0 && info.st_size < smallest_database))
        return attune_fail_in(error, ATTUNE_INVALID, path, 0, 0,
                              "this file is not an attune store: it is left as it is; give "
                              "another --store");
    return ATTUNE_OK;
}

/* Triggers of a file run nowhere, and a misspelt quoted column is an error, not a text. The schema
 * must stay trusted, or its views may not call json_extract (SQLite 3.40); no function that is
 * registered here does anything but compute. No checkpoint may touch the file before it is known
 * to be ours. */
static void configure(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 0);
    sqlite3_busy_timeout(db, busy_milliseconds);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
}

static attune_status read_mode(attune_sqlite *store, const char *pragma, char mode[16],
                               attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    mode[0] = '\0';
    attune_status status = attune_sqlite_prepare(store, pragma, &statement, error);
    if (!status)
        status = attune_sqlite_step(store, statement, &row, error);
    const char *text = row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    sqlite3_snprintf(16, mode, "%s", text ? text : "");
    sqlite3_finalize(statement);
    return status;
}

/* Changing the journal needs the file alone, and SQLite does not wait for that by itself. */
static attune_status set_journal(attune_sqlite *store, const char *pragma, const char *wanted,
                                 attune_error *error)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    char mode[16];
    attune_error why = {0};
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < busy_milliseconds / 10; i++) {
        attune_error_clear(&why);
        status = read_mode(store, pragma, mode, &why);
        int code = sqlite3_errcode(store->db);
        if (!status || (code != SQLITE_BUSY && code != SQLITE_LOCKED))
            break;
        nanosleep(&pause, NULL);
    }
    if (status)
        return attune_fail_in(error, status, why.source, 0, 0, "%s", why.message);
    if (strcmp(mode, wanted) != 0)
        store->note = "the store could not change its journal: another program uses it";
    return ATTUNE_OK;
}

static attune_status choose_journal(attune_sqlite *store, attune_error *error)
{
    char mode[16];
    attune_status status = read_mode(store, "PRAGMA journal_mode", mode, error);
    if (status)
        return status;
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return ATTUNE_OK;
    if (store->network) {
        store->note = "the store is on a network file system: a slower journal keeps it safe; a "
                      "local disk is faster";
        return strcmp(mode, "wal") != 0
                   ? ATTUNE_OK
                   : set_journal(store, "PRAGMA journal_mode = DELETE", "delete", error);
    }
    return strcmp(mode, "wal") == 0 ? ATTUNE_OK
                                    : set_journal(store, "PRAGMA journal_mode = WAL", "wal", error);
}

/* A new store does not wait for the disk at every turn. */
static attune_status make_new(attune_sqlite *store, attune_error *error)
{
    attune_status status = attune_sqlite_exec(store, "PRAGMA synchronous = OFF", error);
    if (!status)
        status = choose_journal(store, error);
    if (!status)
        status = attune_sqlite_make_schema(store, error);
    store->fresh = !status;
    return status;
}

/* A commit that waits brings the journal to the disk, but SQLite drops a journal that stands beside
 * no database. */
attune_status attune_sqlite_settle(attune_sqlite *store, attune_error *error)
{
    sqlite3_file *file = NULL;
    if (!store->fresh)
        return ATTUNE_OK;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    bool synced =
        file && file->pMethods && file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
    store->fresh = !synced;
    return synced ? ATTUNE_OK
                  : attune_fail_in(error, ATTUNE_IO, store->path, 0, 0,
                                   "the new store cannot be brought to the disk");
}

static attune_status open_checked(attune_sqlite *store, bool create, int flags, attune_error *error)
{
    bool empty = false;
    if (sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return store->db ? attune_sqlite_fail(store, "opening the store", error)
                         : attune_fail(error, ATTUNE_MEMORY, "out of memory: opening the store");
    configure(store->db);
    store->network = attune_path_is_shared(store->path);
    attune_status status = attune_sqlite_check_kind(store, create, &empty, error);
    if (status)
        return status;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (empty && !store->network)
        status = make_new(store, error);
    else
        status = choose_journal(store, error);
    if (!status && empty && store->network)
        status = attune_sqlite_make_schema(store, error);
    if (!status)
        status = attune_sqlite_exec(
            store, store->network ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
            error);
    return status;
}

attune_status attune_sqlite_open(attune_sqlite *store, bool create, attune_error *error)
{
    int flags = 0;
    attune_status status = check_file(store->path, create, &flags, error);
    return status ? status : open_checked(store, create, flags, error);
}
