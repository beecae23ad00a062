/* trials/storages/sqlite_trials.c - every change of a trial, one transaction each. */
#include "trials/storages/sqlite.h"

#include "spaces/base/clock.h"
#include "trials/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A kept statement with the study and the number of a trial bound. */
static attune_status use(attune_sqlite *store, attune_sqlite_sql which, int64_t study,
                         int64_t number, sqlite3_stmt **statement, attune_error *error)
{
    attune_status status = attune_sqlite_use(store, which, statement, error);
    if (!status) {
        sqlite3_bind_int64(*statement, 1, study);
        if (sqlite3_bind_parameter_count(*statement) > 1)
            sqlite3_bind_int64(*statement, 2, number);
    }
    return status;
}

attune_status attune_sqlite_count(void *self, int64_t study, int64_t *n, attune_error *error)
{
    const attune_study_shape *shape = NULL;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = use(self, ATTUNE_SQL_COUNT, study, 0, &statement, error);
    if (status)
        return status;
    status = attune_sqlite_step(self, statement, &row, error);
    *n = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return status;
}

static attune_status insert_trial(attune_sqlite *store, int64_t study, const attune_trial *trial,
                                  const attune_owner *owner, attune_error *error)
{
    char now[ATTUNE_TIME_TEXT_SIZE];
    int64_t owner_id = 0;
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_take_owner(store, owner, &owner_id, error);
    if (!status)
        status = use(store, ATTUNE_SQL_CLAIM_NEW, study, trial->number, &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 3, owner_id);
    attune_sqlite_bind_text(statement, 4, trial->hyperparams);
    sqlite3_bind_int64(statement, 5, trial->watermark);
    attune_sqlite_bind_text(statement, 6, attune_clock_now(now));
    return attune_sqlite_run(store, statement, error);
}

attune_status attune_sqlite_claim_new(void *self, int64_t study, const attune_trial *trial,
                                      const attune_owner *owner, bool *claimed, attune_error *error)
{
    const attune_study_shape *shape = NULL;
    int64_t count = 0;
    bool mine = false;
    *claimed = false;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = attune_claim_check(shape, trial, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = attune_sqlite_count(self, study, &count, error);
    if (!status && trial->number > count)
        status = attune_number_gap(trial->number, count, error);
    if (!status && trial->number == count) {
        status = insert_trial(self, study, trial, owner, error);
        mine = true;
    }
    status = attune_sqlite_end(self, status, error);
    *claimed = mine && !status;
    return status;
}

/* Why a change of a RUNNING trial found none: NOT_FOUND or CONFLICT. */
static attune_status explain(attune_sqlite *store, int64_t study, int64_t number,
                             attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = use(store, ATTUNE_SQL_STATE, study, number, &statement, error);
    if (status)
        return status;
    status = attune_sqlite_step(store, statement, &row, error);
    int64_t state = row ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_reset(statement);
    if (status || row)
        return status ? status : attune_not_running(number, (attune_trial_state)state, error);
    return attune_no_trial(number, error);
}

/* Runs a change of one RUNNING trial. */
static attune_status change(attune_sqlite *store, sqlite3_stmt *statement, int64_t study,
                            int64_t number, attune_error *error)
{
    attune_status status = attune_sqlite_run(store, statement, error);
    if (!status && sqlite3_changes(store->db) == 0)
        status = explain(store, study, number, error);
    return status;
}

static attune_status take_waiting(attune_sqlite *store, int64_t study, int64_t number,
                                  const attune_owner *owner, bool *taken, attune_error *error)
{
    char now[ATTUNE_TIME_TEXT_SIZE];
    int64_t owner_id = 0;
    sqlite3_stmt *statement = NULL;
    attune_error why = {0};
    attune_status status = attune_sqlite_take_owner(store, owner, &owner_id, error);
    if (!status)
        status = use(store, ATTUNE_SQL_CLAIM_WAITING, study, number, &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 3, owner_id);
    attune_sqlite_bind_text(statement, 4, attune_clock_now(now));
    status = attune_sqlite_run(store, statement, error);
    *taken = !status && sqlite3_changes(store->db) == 1;
    if (status || *taken)
        return status;
    return explain(store, study, number, &why) == ATTUNE_NOT_FOUND ? attune_no_trial(number, error)
                                                                   : ATTUNE_OK;
}

attune_status attune_sqlite_claim_waiting(void *self, int64_t study, int64_t number,
                                          const attune_owner *owner, bool *claimed,
                                          attune_error *error)
{
    bool taken = false;
    *claimed = false;
    attune_status status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = take_waiting(self, study, number, owner, &taken, error);
    status = attune_sqlite_end(self, status, error);
    *claimed = taken && !status;
    return status;
}

/* Folds and reports of a RUNNING trial as they are stored, in a row to be reset. */
static attune_status parts_of(attune_sqlite *store, int64_t study, int64_t number,
                              sqlite3_stmt **row, attune_error *error)
{
    bool found = false;
    attune_status status = use(store, ATTUNE_SQL_PARTS, study, number, row, error);
    if (!status)
        status = attune_sqlite_step(store, *row, &found, error);
    if (!status && !found)
        status = attune_no_trial(number, error);
    if (!status && sqlite3_column_int64(*row, 0) != ATTUNE_TRIAL_RUNNING)
        status =
            attune_not_running(number, (attune_trial_state)sqlite3_column_int64(*row, 0), error);
    return status;
}

static attune_status merge_fold(attune_sqlite *store, const attune_study_shape *shape,
                                int64_t study, int64_t number, int64_t fold, const double *scores,
                                double **folds, attune_error *error)
{
    sqlite3_stmt *row = NULL;
    int64_t n = shape->n_metrics * shape->n_folds;
    attune_status status = parts_of(store, study, number, &row, error);
    double *merged = status ? NULL : attune_alloc(n, sizeof *merged, error);
    for (int64_t i = 0; merged && i < n; i++)
        merged[i] = NAN;
    const void *old = merged ? sqlite3_column_blob(row, 1) : NULL;
    if (old && sqlite3_column_bytes(row, 1) == n * (int64_t)sizeof *merged)
        memcpy(merged, old, (size_t)n * sizeof *merged);
    else if (old)
        status =
            attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0,
                           "trial %lld: its fold scores have the wrong length", (long long)number);
    sqlite3_reset(row);
    for (int64_t m = 0; merged && m < shape->n_metrics; m++)
        merged[m * shape->n_folds + fold] = scores[m];
    *folds = merged;
    return status ? status : merged ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status write_fold(attune_sqlite *store, const attune_study_shape *shape,
                                int64_t study, int64_t number, int64_t fold, const double *scores,
                                double cost, attune_error *error)
{
    double *folds = NULL;
    sqlite3_stmt *statement = NULL;
    attune_status status = merge_fold(store, shape, study, number, fold, scores, &folds, error);
    if (!status)
        status = use(store, ATTUNE_SQL_RECORD_FOLD, study, number, &statement, error);
    if (!status) {
        int64_t bytes = shape->n_metrics * shape->n_folds * (int64_t)sizeof *folds;
        sqlite3_bind_blob64(statement, 3, folds, (sqlite3_uint64)bytes, SQLITE_STATIC);
        sqlite3_bind_double(statement, 4, cost);
        status = change(store, statement, study, number, error);
        sqlite3_clear_bindings(statement);
    }
    free(folds);
    return status;
}

attune_status attune_sqlite_record_fold(void *self, int64_t study, int64_t number, int64_t fold,
                                        const double *scores, double cost, attune_error *error)
{
    const attune_study_shape *shape = NULL;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = attune_fold_check(shape, fold, cost, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = write_fold(self, shape, study, number, fold, scores, cost, error);
    return attune_sqlite_end(self, status, error);
}

static attune_status write_reports(attune_sqlite *store, int64_t study, int64_t number,
                                   const attune_report *more, int64_t n_more, attune_error *error)
{
    sqlite3_stmt *row = NULL, *statement = NULL;
    attune_report *reports = NULL;
    attune_text text = {0};
    int64_t n = 0;
    attune_status status = parts_of(store, study, number, &row, error);
    const char *old = status ? NULL : (const char *)sqlite3_column_text(row, 2);
    if (old && !attune_reports_read(old, &reports, &n))
        status = attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0,
                                "trial %lld: its reports are damaged", (long long)number);
    sqlite3_reset(row);
    for (int64_t i = 0; i < n_more && !status; i++)
        status = attune_reports_set(&reports, &n, more[i].step, more[i].value, error);
    if (!status)
        status = use(store, ATTUNE_SQL_RECORD_REPORT, study, number, &statement, error);
    if (!status) {
        attune_reports_write(&text, reports, n);
        attune_sqlite_bind_text(statement, 3, text.bytes);
        status = text.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a report")
                             : change(store, statement, study, number, error);
        sqlite3_clear_bindings(statement);
    }
    attune_text_clear(&text);
    free(reports);
    return status;
}

attune_status attune_sqlite_record_reports(void *self, int64_t study, int64_t number,
                                           const attune_report *reports, int64_t n,
                                           attune_error *error)
{
    attune_status status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = write_reports(self, study, number, reports, n, error);
    return attune_sqlite_end(self, status, error);
}

/* A real, or the text of what SQL has no real for. */
static void bind_number(sqlite3_stmt *statement, int index, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, index, value);
    else
        attune_sqlite_bind_text(statement, index,
                                isnan(value) ? "nan"
                                : value < 0  ? "-inf"
                                             : "inf");
}

/* The texts that a finished trial is bound with, alive until the statement has run. */
struct end_texts {
    attune_text more, reports;
};

static void bind_end(sqlite3_stmt *statement, const attune_trial *trial, struct end_texts *texts)
{
    double se = attune_trial_standard_error(trial, 0);
    sqlite3_bind_int(statement, 3, (int)trial->state);
    if (trial->n_values)
        bind_number(statement, 4, trial->values[0]);
    if (trial->n_values > 1) {
        attune_numbers_write(&texts->more, trial->values + 1, trial->n_values - 1);
        attune_sqlite_bind_text(statement, 5, texts->more.bytes);
    }
    if (!isnan(se))
        sqlite3_bind_double(statement, 6, se);
    if (trial->folds.values)
        sqlite3_bind_blob64(statement, 7, trial->folds.values,
                            (sqlite3_uint64)(trial->folds.n_metrics * trial->folds.n_folds) *
                                sizeof(double),
                            SQLITE_STATIC);
    if (trial->n_reports) {
        attune_reports_write(&texts->reports, trial->reports, trial->n_reports);
        attune_sqlite_bind_text(statement, 8, texts->reports.bytes);
    }
    sqlite3_bind_double(statement, 9, trial->cost);
    sqlite3_bind_int(statement, 10, (int)trial->blame);
    attune_sqlite_bind_text(statement, 11, trial->reason);
    attune_sqlite_bind_text(statement, 12, trial->attributes);
    attune_sqlite_bind_text(statement, 14, trial->hyperparams);
}

/* The folds recorded on the way, for a trial that ends without them: its error needs them. */
static attune_status stored_folds(attune_sqlite *store, const attune_study_shape *shape,
                                  int64_t study, int64_t number, double **folds,
                                  attune_error *error)
{
    sqlite3_stmt *row = NULL;
    int64_t bytes = shape->n_metrics * shape->n_folds * (int64_t)sizeof **folds;
    attune_status status = parts_of(store, study, number, &row, error);
    const void *blob = status ? NULL : sqlite3_column_blob(row, 1);
    if (blob && sqlite3_column_bytes(row, 1) == bytes) {
        *folds = attune_alloc(bytes, 1, error);
        if (*folds)
            memcpy(*folds, blob, (size_t)bytes);
        status = *folds ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    sqlite3_reset(row);
    return status;
}

static attune_status write_end(attune_sqlite *store, const attune_study_shape *shape, int64_t study,
                               const attune_trial *trial, attune_error *error)
{
    attune_trial end = *trial; /* borrows */
    double *folds = NULL;
    struct end_texts texts = {{0}, {0}};
    char now[ATTUNE_TIME_TEXT_SIZE];
    sqlite3_stmt *statement = NULL;
    attune_status status = ATTUNE_OK;
    if (!trial->folds.values && shape->n_folds > 0)
        status = stored_folds(store, shape, study, trial->number, &folds, error);
    if (folds)
        end.folds = (attune_fold_scores){folds, shape->n_metrics, shape->n_folds};
    if (!status)
        status = use(store, ATTUNE_SQL_FINISH, study, trial->number, &statement, error);
    if (!status) {
        bind_end(statement, &end, &texts);
        attune_sqlite_bind_text(statement, 13, attune_clock_now(now));
        status = texts.more.failed || texts.reports.failed
                     ? attune_fail(error, ATTUNE_MEMORY, "out of memory: the end of a trial")
                     : change(store, statement, study, trial->number, error);
        sqlite3_clear_bindings(statement);
    }
    attune_text_clear(&texts.more);
    attune_text_clear(&texts.reports);
    free(folds);
    return status;
}

attune_status attune_sqlite_finish(void *self, int64_t study, const attune_trial *trial,
                                   attune_error *error)
{
    const attune_study_shape *shape = NULL;
    attune_status status = attune_sqlite_shape(self, study, &shape, error);
    if (!status)
        status = attune_finish_check(shape, trial, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    return attune_sqlite_end(self, write_end(self, shape, study, trial, error), error);
}

attune_status attune_sqlite_release(void *self, int64_t study, int64_t number, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    status = use(self, ATTUNE_SQL_RELEASE, study, number, &statement, error);
    if (!status)
        status = change(self, statement, study, number, error);
    return attune_sqlite_end(self, status, error);
}
