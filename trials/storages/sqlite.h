/* trials/storages/sqlite.h - what the files of the sqlite storage share; nobody else includes it.
 *
 *     sqlite.c            the type: open, close, sync, notes
 *     sqlite_open.c       connections: checks of a file before it is touched, journal, settings
 *     sqlite_schema.c     the tables, and the version of the store
 *     sqlite_views.c      Optuna's tables as views over ours
 *     sqlite_flat.c       a row a trial, a column a hyperparameter
 *     sqlite_statement.c  prepared statements, transactions, errors
 *     sqlite_studies.c    studies and attributes
 *     sqlite_trials.c     every change of a trial
 *     sqlite_owners.c     who holds running trials, and who of them is dead
 *     sqlite_read.c       trials read back, nothing trusted
 *     sqlite_query.c      the user's SQL
 *     sqlite_optuna.c     a store that Optuna wrote, read as if it were ours
 * Thread class: one attune_sqlite a thread. */
#ifndef ATTUNE_TRIALS_STORAGES_SQLITE_H
#define ATTUNE_TRIALS_STORAGES_SQLITE_H

#include "trials/checks.h"
#include "trials/query.h"

#include <sqlite3.h>

/* The statements that are kept prepared; their text is in sqlite_statement.c. */
typedef enum attune_sqlite_sql {
    ATTUNE_SQL_BEGIN,
    ATTUNE_SQL_COMMIT,
    ATTUNE_SQL_SHAPE,
    ATTUNE_SQL_COUNT,
    ATTUNE_SQL_CLAIM_NEW,
    ATTUNE_SQL_CLAIM_WAITING,
    ATTUNE_SQL_STATE,
    ATTUNE_SQL_PARTS,
    ATTUNE_SQL_RECORD_FOLD,
    ATTUNE_SQL_RECORD_REPORT,
    ATTUNE_SQL_FINISH,
    ATTUNE_SQL_RELEASE,
    ATTUNE_SQL_OWNER_FIND,
    ATTUNE_SQL_OWNER_ADD,
    ATTUNE_SQL_OWNER_RENEW,
    ATTUNE_SQL_OWNERS_RUNNING,
    ATTUNE_SQL_REAP,
    ATTUNE_SQL_READ,
    ATTUNE_SQL_TRIAL_ID,
    ATTUNE_SQL_STUDY_ATTRIBUTE_SET,
    ATTUNE_SQL_STUDY_ATTRIBUTE_GET,
    ATTUNE_SQL_TRIAL_ATTRIBUTE_SET,
    ATTUNE_SQL_TRIAL_ATTRIBUTE_GET,
    ATTUNE_SQL_TRIAL_SYSTEM_SET,
    ATTUNE_SQL_TRIAL_SYSTEM_GET,
    ATTUNE_SQLS
} attune_sqlite_sql;

typedef struct attune_sqlite {
    sqlite3 *db;
    char *path;
    bool network;     /* rollback journal: WAL needs shared memory */
    bool read_only;   /* a copy of what Optuna wrote */
    bool durable;     /* every commit waits for the disk */
    bool fresh;       /* made by this handle, and the file not brought to the disk yet */
    const char *note; /* for the user; NULL: none */
    sqlite3_stmt *statements[ATTUNE_SQLS];
    attune_owner owner; /* the last one seen here, and its row; 0: none */
    int64_t owner_id;
    attune_study_shape shape; /* of the last study used here; 0: none */
    int64_t shape_of;
} attune_sqlite;

/* SQL for the number at a path of a JSON array, NULL where there is null or nothing. A path alone
 * gives a number that SQLite up to 3.40 reads with the process's decimal mark: two give text as it
 * is stored, "[0.5,0.5]", and CAST reads the number at its start the same everywhere. */
#define ATTUNE_SQL_REAL(array, path)                                                               \
    "CAST(substr(nullif(json_extract(" array ", " path ", " path "), '[null,null]'), 2) AS REAL)"

/* Status and message of a failure of SQLite: doing says what was tried. */
attune_status attune_sqlite_fail(attune_sqlite *store, const char *doing, attune_error *error);

/* Runs statements without parameters or rows. */
attune_status attune_sqlite_exec(attune_sqlite *store, const char *sql, attune_error *error);

/* A statement that is not kept; the caller finalizes. */
attune_status attune_sqlite_prepare(attune_sqlite *store, const char *sql, sqlite3_stmt **statement,
                                    attune_error *error);

/* A kept statement, reset and ready to bind. */
attune_status attune_sqlite_use(attune_sqlite *store, attune_sqlite_sql which,
                                sqlite3_stmt **statement, attune_error *error);

/* Steps a statement that gives no rows, to its end; it is reset. */
attune_status attune_sqlite_run(attune_sqlite *store, sqlite3_stmt *statement, attune_error *error);

/* Steps to the next row; *row false at the end. Reset it when done. */
attune_status attune_sqlite_step(attune_sqlite *store, sqlite3_stmt *statement, bool *row,
                                 attune_error *error);

/* A write transaction, begun IMMEDIATE; end commits when status is OK, else rolls back. */
attune_status attune_sqlite_begin(attune_sqlite *store, attune_error *error);
attune_status attune_sqlite_end(attune_sqlite *store, attune_status status, attune_error *error);

void attune_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text); /* borrowed */

/* A copy of a column's text; NULL when it is NULL. CORRUPT when it is no text or holds a zero. */
attune_status attune_sqlite_text(sqlite3_stmt *statement, int column, char **text,
                                 attune_error *error);

/* sqlite_open.c, sqlite_schema.c */
attune_status attune_sqlite_open(attune_sqlite *store, bool create, attune_error *error);
attune_status attune_sqlite_check_kind(attune_sqlite *store, bool create, bool *empty,
                                       attune_error *error);
/* Before the first commit that waits for the disk: brings a fresh store's file there. */
attune_status attune_sqlite_settle(attune_sqlite *store, attune_error *error);
attune_status attune_sqlite_make_schema(attune_sqlite *store, attune_error *error);
attune_status attune_sqlite_make_views(attune_sqlite *store, attune_error *error);

/* sqlite_optuna.c: whether an open file has Optuna's tables, and the store as a copy in memory of
 * what is in such a file. */
bool attune_sqlite_is_optuna(attune_sqlite *store);
attune_status attune_sqlite_import(attune_sqlite *store, attune_error *error);

/* sqlite_flat.c: the view of one study, whose name goes to *view (the caller frees). Inside a
 * transaction. */
attune_status attune_sqlite_make_flat(attune_sqlite *store, const attune_study *study,
                                      const attune_space *space, char **view, attune_error *error);

/* The shape of a study of the store; NOT_FOUND, CORRUPT. Kept for the last study asked for. */
attune_status attune_sqlite_shape(attune_sqlite *store, int64_t study,
                                  const attune_study_shape **shape, attune_error *error);

/* sqlite_owners.c: the row of an owner, made when it is not there. Inside a transaction. */
attune_status attune_sqlite_take_owner(attune_sqlite *store, const attune_owner *owner, int64_t *id,
                                       attune_error *error);

/* The operations of the type; see trials/storage.h. */
attune_status attune_sqlite_create_study(void *self, attune_study *study, bool *created,
                                         attune_error *error);
attune_status attune_sqlite_find_study(void *self, const char *name, attune_study *study,
                                       attune_error *error);
attune_status attune_sqlite_list_studies(void *self, attune_study **studies, int64_t *n,
                                         attune_error *error);
attune_status attune_sqlite_set_attribute(void *self, int64_t study, int64_t number,
                                          const char *key, const char *json, attune_error *error);
attune_status attune_sqlite_get_attribute(void *self, int64_t study, int64_t number,
                                          const char *key, char **json, attune_error *error);
attune_status attune_sqlite_claim_new(void *self, int64_t study, const attune_trial *trial,
                                      const attune_owner *owner, bool *claimed,
                                      attune_error *error);
attune_status attune_sqlite_claim_waiting(void *self, int64_t study, int64_t number,
                                          const attune_owner *owner, bool *claimed,
                                          attune_error *error);
attune_status attune_sqlite_record_fold(void *self, int64_t study, int64_t number, int64_t fold,
                                        const double *scores, double cost, attune_error *error);
attune_status attune_sqlite_record_reports(void *self, int64_t study, int64_t number,
                                           const attune_report *reports, int64_t n,
                                           attune_error *error);
attune_status attune_sqlite_finish(void *self, int64_t study, const attune_trial *trial,
                                   attune_error *error);
attune_status attune_sqlite_release(void *self, int64_t study, int64_t number, attune_error *error);
attune_status attune_sqlite_reap(void *self, int64_t study, double lease, int64_t *n,
                                 attune_error *error);
attune_status attune_sqlite_renew(void *self, int64_t study, const attune_owner *owner,
                                  attune_error *error);
attune_status attune_sqlite_read(void *self, int64_t study, int64_t from, attune_trial **trials,
                                 int64_t *n, attune_error *error);
attune_status attune_sqlite_count(void *self, int64_t study, int64_t *n, attune_error *error);
attune_status attune_sqlite_query(void *self, const attune_query *query,
                                  const attune_query_rows *rows, attune_error *error);

#endif
