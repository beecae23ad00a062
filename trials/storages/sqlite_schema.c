/* trials/storages/sqlite_schema.c - the tables, and the version of the store.
 *
 * One row a trial is the truth. What a trial does not have is NULL and costs one byte. Attributes
 * are real tables in the shape that Optuna gives them, so that its dashboard can write notes. */
#include "trials/storages/sqlite.h"

#include <stdio.h>
#include <string.h>

/* "ATTU" in the header of the file tells our store from any other SQLite file. */
enum { application_id = 0x41545455, store_version = 1 };

static const char tables[] =
    "CREATE TABLE attune_studies ("
    " study_id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " identity TEXT NOT NULL," /* what a resume compares */
    " plan TEXT NOT NULL,"
    " space TEXT NOT NULL,"
    " directions TEXT NOT NULL," /* [\"minimize\"] */
    " metrics TEXT NOT NULL,"    /* [\"log_loss\", \"accuracy\"]: objectives first */
    " n_folds INTEGER NOT NULL,"
    " flat_view TEXT,"
    " started TEXT NOT NULL);"
    "CREATE TABLE attune_dimensions ("
    " study_id INTEGER NOT NULL,"
    " position INTEGER NOT NULL," /* in the space, and in a trial's hyperparams */
    " name TEXT NOT NULL,"
    " distribution_json TEXT NOT NULL," /* as Optuna spells it */
    " PRIMARY KEY (study_id, position)) WITHOUT ROWID;"
    "CREATE TABLE attune_owners ("
    " owner_id INTEGER PRIMARY KEY,"
    " host TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " start INTEGER NOT NULL," /* ticks since boot */
    " heartbeat TEXT NOT NULL,"
    " UNIQUE (host, pid, start));"
    "CREATE TABLE attune_trials ("
    " trial_id INTEGER PRIMARY KEY,"
    " study_id INTEGER NOT NULL,"
    " number INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* 0 RUNNING 1 COMPLETE 2 PRUNED 3 FAIL 4 WAITING */
    " owner INTEGER,"
    " watermark INTEGER NOT NULL,"
    " crashes INTEGER NOT NULL DEFAULT 0,"
    " blame INTEGER NOT NULL DEFAULT 0," /* 1 configuration 2 environment */
    " hyperparams TEXT NOT NULL,"        /* [0.5, 3, null] in space order */
    " value,"                            /* of the first objective; 'nan', 'inf', '-inf' as text */
    " more TEXT,"                        /* the values of the other metrics: [0.9, \"nan\"] */
    " se REAL,"      /* standard error of value over folds, which SQL cannot read */
    " folds BLOB,"   /* little-endian doubles, metric by metric */
    " reports TEXT," /* [[step, value], ...] */
    " cost REAL NOT NULL DEFAULT 0,"
    " reason TEXT,"
    " attributes TEXT,"
    " started TEXT,"
    " finished TEXT);"
    "CREATE UNIQUE INDEX attune_trials_number ON attune_trials (study_id, number);"
    "CREATE TABLE study_user_attributes ("
    " study_user_attribute_id INTEGER PRIMARY KEY,"
    " study_id INTEGER REFERENCES attune_studies (study_id),"
    " key VARCHAR(512), value_json TEXT, UNIQUE (study_id, key));"
    "CREATE TABLE study_system_attributes ("
    " study_system_attribute_id INTEGER PRIMARY KEY,"
    " study_id INTEGER REFERENCES attune_studies (study_id),"
    " key VARCHAR(512), value_json TEXT, UNIQUE (study_id, key));"
    "CREATE TABLE trial_user_attributes ("
    " trial_user_attribute_id INTEGER PRIMARY KEY,"
    " trial_id INTEGER REFERENCES attune_trials (trial_id),"
    " key VARCHAR(512), value_json TEXT, UNIQUE (trial_id, key));"
    "CREATE TABLE trial_system_attributes ("
    " trial_system_attribute_id INTEGER PRIMARY KEY,"
    " trial_id INTEGER REFERENCES attune_trials (trial_id),"
    " key VARCHAR(512), value_json TEXT, UNIQUE (trial_id, key));"
    "CREATE TABLE version_info ("
    " version_info_id INTEGER NOT NULL PRIMARY KEY CHECK (version_info_id = 1),"
    " schema_version INTEGER, library_version VARCHAR(256));"
    "INSERT INTO version_info VALUES (1, 12, 'attune " ATTUNE_VERSION "');"
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
    "INSERT INTO alembic_version VALUES ('v3.2.0.a');";

static attune_status read_integer(attune_sqlite *store, const char *sql, int64_t *value,
                                  attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = attune_sqlite_prepare(store, sql, &statement, error);
    if (!status)
        status = attune_sqlite_step(store, statement, &row, error);
    *value = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

/* In one statement: somebody may be making the schema meanwhile. */
static attune_status read_marks(attune_sqlite *store, int64_t *id, int64_t *version,
                                int64_t *objects, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status =
        attune_sqlite_prepare(store,
                              "SELECT application_id, user_version, (SELECT count(*) FROM "
                              "sqlite_master) FROM pragma_application_id, pragma_user_version",
                              &statement, error);
    if (!status)
        status = attune_sqlite_step(store, statement, &row, error);
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    *version = row ? sqlite3_column_int64(statement, 1) : 0;
    *objects = row ? sqlite3_column_int64(statement, 2) : 0;
    sqlite3_finalize(statement);
    return status;
}

static attune_status other_kind(attune_sqlite *store, attune_error *error)
{
    int64_t optuna = 0;
    attune_status status = read_integer(
        store, "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'", &optuna, error);
    if (status)
        return status;
    return attune_fail_in(error, ATTUNE_INVALID, store->path, 0, 0,
                          optuna ? "this is a store of Optuna, not of attune: it is left as it "
                                   "is; give another --store"
                                 : "this SQLite file is not an attune store: it is left as it is; "
                                   "give another --store");
}

attune_status attune_sqlite_check_kind(attune_sqlite *store, bool create, bool *empty,
                                       attune_error *error)
{
    int64_t id = 0, version = 0, objects = 0;
    attune_error why = {0};
    attune_status status = read_marks(store, &id, &version, &objects, &why);
    if (status && sqlite3_errcode(store->db) == SQLITE_NOTADB)
        return attune_fail_in(error, ATTUNE_INVALID, store->path, 0, 0,
                              "this file is not an attune store: it is left as it is; give "
                              "another --store");
    if (status)
        return attune_fail_in(error, status, why.source, 0, 0, "%s", why.message);
    *empty = id == 0 && objects == 0;
    if (*empty && !create)
        return attune_fail_in(error, ATTUNE_INVALID, store->path, 0, 0,
                              "this file is empty: it is not an attune store yet");
    if (*empty)
        return ATTUNE_OK;
    if (id != application_id)
        return other_kind(store, error);
    if (version != store_version)
        return attune_fail_in(error, ATTUNE_INVALID, store->path, 0, 0,
                              "the store has version %lld, this program knows version %d: use the "
                              "attune that made it, or a newer one",
                              (long long)version, store_version);
    return ATTUNE_OK;
}

/* Several processes may find the file empty at once: who comes second finds the schema made. */
attune_status attune_sqlite_make_schema(attune_sqlite *store, attune_error *error)
{
    char marks[100];
    bool empty = false;
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             application_id, store_version);
    attune_status status = attune_sqlite_begin(store, error);
    if (status)
        return status;
    status = attune_sqlite_check_kind(store, true, &empty, error);
    if (!status && empty)
        status = attune_sqlite_exec(store, tables, error);
    if (!status && empty)
        status = attune_sqlite_make_views(store, error);
    if (!status && empty)
        status = attune_sqlite_exec(store, marks, error);
    return attune_sqlite_end(store, status, error);
}
