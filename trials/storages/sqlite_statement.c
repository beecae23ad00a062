/* trials/storages/sqlite_statement.c - prepared statements, transactions, errors. */
#include "trials/storages/sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* States are the numbers of attune_trial_state: 0 RUNNING, 4 WAITING. */
static const char *const texts[ATTUNE_SQLS] = {
    [ATTUNE_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [ATTUNE_SQL_COMMIT] = "COMMIT",
    [ATTUNE_SQL_SHAPE] = "SELECT directions, metrics, n_folds, (SELECT count(*) FROM "
                         "attune_dimensions d WHERE d.study_id = s.study_id) "
                         "FROM attune_studies s WHERE study_id = ?1",
    [ATTUNE_SQL_COUNT] = "SELECT coalesce(max(number), -1) + 1 FROM attune_trials "
                         "WHERE study_id = ?1",
    [ATTUNE_SQL_CLAIM_NEW] = "INSERT INTO attune_trials (study_id, number, state, owner, "
                             "hyperparams, watermark, started) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6)",
    [ATTUNE_SQL_CLAIM_WAITING] = "UPDATE attune_trials SET state = 0, owner = ?3, started = ?4 "
                                 "WHERE study_id = ?1 AND number = ?2 AND state = 4",
    [ATTUNE_SQL_STATE] = "SELECT state FROM attune_trials WHERE study_id = ?1 AND number = ?2",
    [ATTUNE_SQL_PARTS] = "SELECT state, folds, reports FROM attune_trials "
                         "WHERE study_id = ?1 AND number = ?2",
    [ATTUNE_SQL_RECORD_FOLD] = "UPDATE attune_trials SET folds = ?3, cost = cost + ?4, crashes = 0 "
                               "WHERE study_id = ?1 AND number = ?2 AND state = 0",
    [ATTUNE_SQL_RECORD_REPORT] = "UPDATE attune_trials SET reports = ?3 "
                                 "WHERE study_id = ?1 AND number = ?2 AND state = 0",
    [ATTUNE_SQL_FINISH] =
        "UPDATE attune_trials SET state = ?3, value = ?4, more = ?5, se = ?6, "
        "folds = ?7, reports = coalesce(?8, reports), cost = ?9, blame = ?10, reason = ?11, "
        "attributes = ?12, finished = ?13, hyperparams = coalesce(?14, hyperparams) "
        "WHERE study_id = ?1 AND number = ?2 AND state = 0",
    [ATTUNE_SQL_RELEASE] = "UPDATE attune_trials SET state = 4 "
                           "WHERE study_id = ?1 AND number = ?2 AND state = 0",
    [ATTUNE_SQL_OWNER_FIND] = "SELECT owner_id FROM attune_owners "
                              "WHERE host = ?1 AND pid = ?2 AND start = ?3",
    [ATTUNE_SQL_OWNER_ADD] = "INSERT INTO attune_owners (host, pid, start, heartbeat) "
                             "VALUES (?1, ?2, ?3, CURRENT_TIMESTAMP)",
    [ATTUNE_SQL_OWNER_RENEW] = "UPDATE attune_owners SET heartbeat = CURRENT_TIMESTAMP "
                               "WHERE owner_id = ?1",
    [ATTUNE_SQL_OWNERS_RUNNING] =
        "SELECT DISTINCT t.owner, o.host, o.pid, o.start, "
        "86400.0 * (julianday('now') - julianday(o.heartbeat)) FROM attune_trials t "
        "LEFT JOIN attune_owners o ON o.owner_id = t.owner WHERE t.study_id = ?1 AND t.state = 0",
    [ATTUNE_SQL_REAP] = "UPDATE attune_trials SET state = 4, crashes = crashes + 1 "
                        "WHERE study_id = ?1 AND state = 0 AND owner IS ?2",
    [ATTUNE_SQL_READ] = "SELECT number, state, hyperparams, value, more, folds, reports, "
                        "watermark, cost, crashes, blame, reason, attributes, started, finished "
                        "FROM attune_trials WHERE study_id = ?1 AND number >= ?2 ORDER BY number",
    [ATTUNE_SQL_TRIAL_ID] = "SELECT trial_id FROM attune_trials "
                            "WHERE study_id = ?1 AND number = ?2",
    [ATTUNE_SQL_STUDY_ATTRIBUTE_SET] =
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json",
    [ATTUNE_SQL_STUDY_ATTRIBUTE_GET] = "SELECT value_json FROM study_user_attributes "
                                       "WHERE study_id = ?1 AND key = ?2",
    [ATTUNE_SQL_TRIAL_ATTRIBUTE_SET] =
        "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json",
    [ATTUNE_SQL_TRIAL_ATTRIBUTE_GET] = "SELECT value_json FROM trial_user_attributes "
                                       "WHERE trial_id = ?1 AND key = ?2",
    [ATTUNE_SQL_TRIAL_SYSTEM_SET] =
        "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json",
    [ATTUNE_SQL_TRIAL_SYSTEM_GET] = "SELECT value_json FROM trial_system_attributes "
                                    "WHERE trial_id = ?1 AND key = ?2",
};

static bool no_space(sqlite3 *db)
{
    int code = sqlite3_errcode(db);
    int why = sqlite3_system_errno(db);
    why = why ? why : errno; /* a commit that fails leaves it out */
    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR && (why == ENOSPC || why == EDQUOT || why == EFBIG));
}

attune_status attune_sqlite_fail(attune_sqlite *store, const char *doing, attune_error *error)
{
    const char *words = sqlite3_errmsg(store->db);
    if (no_space(store->db))
        return attune_fail_in(
            error, ATTUNE_IO, store->path, 0, 0,
            "%s: the disk is full, or the file met its limit; nothing of this step "
            "was written. Free some space and run the same command again",
            doing);
    switch (sqlite3_errcode(store->db)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return attune_fail_in(error, ATTUNE_IO, store->path, 0, 0,
                              "%s: another process has held the store for 30 seconds", doing);
    case SQLITE_NOMEM:
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: %s", doing);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0,
                              "%s: the file is damaged "
                              "(%s)",
                              doing, words);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return attune_fail_in(error, ATTUNE_IO, store->path, 0, 0,
                              "%s: %s; check the rights of the file and of its folder", doing,
                              words);
    default:
        return attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0,
                              "%s: the store is not as attune made it (%s)", doing, words);
    }
}

attune_status attune_sqlite_exec(attune_sqlite *store, const char *sql, attune_error *error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? ATTUNE_OK
               : attune_sqlite_fail(store, "writing the store", error);
}

attune_status attune_sqlite_prepare(attune_sqlite *store, const char *sql, sqlite3_stmt **statement,
                                    attune_error *error)
{
    return sqlite3_prepare_v2(store->db, sql, -1, statement, NULL) == SQLITE_OK
               ? ATTUNE_OK
               : attune_sqlite_fail(store, "reading the store", error);
}

attune_status attune_sqlite_use(attune_sqlite *store, attune_sqlite_sql which,
                                sqlite3_stmt **statement, attune_error *error)
{
    sqlite3_stmt **kept = &store->statements[which];
    if (!*kept && sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, kept,
                                     NULL) != SQLITE_OK)
        return attune_sqlite_fail(store, "reading the store", error);
    sqlite3_reset(*kept);
    sqlite3_clear_bindings(*kept);
    *statement = *kept;
    return ATTUNE_OK;
}

attune_status attune_sqlite_step(attune_sqlite *store, sqlite3_stmt *statement, bool *row,
                                 attune_error *error)
{
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return ATTUNE_OK;
    bool reads = sqlite3_column_count(statement) > 0; /* SQLite calls a COMMIT read-only */
    return attune_sqlite_fail(store, reads ? "reading the store" : "writing the store", error);
}

attune_status attune_sqlite_run(attune_sqlite *store, sqlite3_stmt *statement, attune_error *error)
{
    bool row = false;
    attune_status status = attune_sqlite_step(store, statement, &row, error);
    sqlite3_reset(statement);
    return status;
}

static attune_status run_kept(attune_sqlite *store, attune_sqlite_sql which, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_use(store, which, &statement, error);
    return status ? status : attune_sqlite_run(store, statement, error);
}

attune_status attune_sqlite_begin(attune_sqlite *store, attune_error *error)
{
    return run_kept(store, ATTUNE_SQL_BEGIN, error);
}

attune_status attune_sqlite_end(attune_sqlite *store, attune_status status, attune_error *error)
{
    if (!status)
        status = run_kept(store, ATTUNE_SQL_COMMIT, error);
    /* A full disk has rolled back by itself; anything else must not leave the lock behind. */
    if (status && !sqlite3_get_autocommit(store->db)) {
        for (int i = 0; i < ATTUNE_SQLS; i++)
            sqlite3_reset(store->statements[i]);
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

void attune_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

attune_status attune_sqlite_text(sqlite3_stmt *statement, int column, char **text,
                                 attune_error *error)
{
    *text = NULL;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return ATTUNE_OK;
    bool is_text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
    const char *words = is_text ? (const char *)sqlite3_column_text(statement, column) : NULL;
    if (is_text && !words)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: reading the store");
    if (!words || strlen(words) != (size_t)sqlite3_column_bytes(statement, column))
        return attune_fail(error, ATTUNE_CORRUPT, "the store has a %s that is no text",
                           sqlite3_column_name(statement, column));
    *text = attune_copy_text(words, error);
    return *text ? ATTUNE_OK : ATTUNE_MEMORY;
}
