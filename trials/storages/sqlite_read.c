/* trials/storages/sqlite_read.c - trials read back, nothing trusted.
 *
 * A store may be damaged, or made by somebody: what does not fit is CORRUPT, with the trial and the
 * column named. */
#include "trials/storages/sqlite.h"

#include "trials/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of ATTUNE_SQL_READ. */
enum {
    NUMBER,
    STATE,
    HYPERPARAMS,
    VALUE,
    MORE,
    FOLDS,
    REPORTS,
    WATERMARK,
    COST,
    CRASHES,
    BLAME,
    REASON,
    ATTRIBUTES,
    STARTED,
    FINISHED
};

static attune_status damaged(sqlite3_stmt *row, int column, attune_error *error)
{
    return attune_fail(error, ATTUNE_CORRUPT,
                       "trial %lld is damaged: its %s is not what it should "
                       "be",
                       (long long)sqlite3_column_int64(row, NUMBER),
                       sqlite3_column_name(row, column));
}

static bool is_integer(sqlite3_stmt *row, int column, int64_t high)
{
    int64_t value = sqlite3_column_int64(row, column);
    return sqlite3_column_type(row, column) == SQLITE_INTEGER && value >= 0 && value <= high;
}

static bool is_cost(sqlite3_stmt *row)
{
    int type = sqlite3_column_type(row, COST);
    double cost = sqlite3_column_double(row, COST);
    return (type == SQLITE_FLOAT || type == SQLITE_INTEGER) && cost >= 0 && isfinite(cost);
}

static attune_status read_integers(sqlite3_stmt *row, int64_t number, attune_trial *trial,
                                   attune_error *error)
{
    if (!is_integer(row, NUMBER, INT64_MAX) || sqlite3_column_int64(row, NUMBER) != number)
        return attune_fail(error, ATTUNE_CORRUPT,
                           "the store is damaged: trial %lld should be here, and is not",
                           (long long)number);
    if (!is_integer(row, STATE, ATTUNE_TRIAL_STATES - 1))
        return damaged(row, STATE, error);
    if (!is_integer(row, WATERMARK, INT64_MAX))
        return damaged(row, WATERMARK, error);
    if (!is_integer(row, CRASHES, INT64_MAX))
        return damaged(row, CRASHES, error);
    if (!is_integer(row, BLAME, ATTUNE_BLAME_ENVIRONMENT))
        return damaged(row, BLAME, error);
    if (!is_cost(row))
        return damaged(row, COST, error);
    trial->number = number;
    trial->state = (attune_trial_state)sqlite3_column_int64(row, STATE);
    trial->watermark = sqlite3_column_int64(row, WATERMARK);
    trial->crashes = sqlite3_column_int64(row, CRASHES);
    trial->blame = (attune_blame)sqlite3_column_int64(row, BLAME);
    trial->cost = sqlite3_column_double(row, COST);
    return ATTUNE_OK;
}

static attune_status read_texts(sqlite3_stmt *row, const attune_study_shape *shape,
                                attune_trial *trial, attune_error *error)
{
    char **const texts[] = {&trial->hyperparams, &trial->reason, &trial->attributes,
                            &trial->started, &trial->finished};
    static const int columns[] = {HYPERPARAMS, REASON, ATTRIBUTES, STARTED, FINISHED};
    for (int i = 0; i < 5; i++) {
        attune_status status = attune_sqlite_text(row, columns[i], texts[i], NULL);
        if (status == ATTUNE_MEMORY)
            return attune_fail(error, status, "out of memory: reading trials");
        if (status)
            return damaged(row, columns[i], error);
    }
    if (!trial->hyperparams || attune_hyperparams_count(trial->hyperparams) != shape->n_dimensions)
        return damaged(row, HYPERPARAMS, error);
    json_t *attributes = trial->attributes ? attune_json_parse(trial->attributes) : NULL;
    bool good = !trial->attributes || json_is_object(attributes);
    json_decref(attributes);
    return good ? ATTUNE_OK : damaged(row, ATTRIBUTES, error);
}

/* The first value: a real, a text for what SQL has no real for, or none. */
static bool read_value(sqlite3_stmt *row, bool *there, double *value)
{
    const char *text = NULL;
    *there = true;
    switch (sqlite3_column_type(row, VALUE)) {
    case SQLITE_NULL:
        *there = false;
        return true;
    case SQLITE_FLOAT:
    case SQLITE_INTEGER:
        *value = sqlite3_column_double(row, VALUE);
        return true;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(row, VALUE);
        return text && attune_real_read(text, (int64_t)strlen(text), value) && !isfinite(*value);
    default:
        return false;
    }
}

static attune_status read_values(sqlite3_stmt *row, const attune_study_shape *shape,
                                 attune_trial *trial, attune_error *error)
{
    double first = 0, *more = NULL;
    int64_t n_more = 0;
    bool there = false;
    if (!read_value(row, &there, &first))
        return damaged(row, VALUE, error);
    bool has_more = sqlite3_column_type(row, MORE) != SQLITE_NULL;
    const char *text = has_more ? (const char *)sqlite3_column_text(row, MORE) : NULL;
    if (has_more && (!there || !text || !attune_numbers_read(text, &more, &n_more)))
        return damaged(row, MORE, error);
    if (there + n_more > shape->n_metrics ||
        (trial->state == ATTUNE_TRIAL_COMPLETE && there + n_more < shape->n_objectives)) {
        free(more);
        return damaged(row, n_more ? MORE : VALUE, error);
    }
    if (there) {
        trial->values = attune_alloc(1 + n_more, sizeof *trial->values, error);
        trial->n_values = trial->values ? 1 + n_more : 0;
    }
    if (trial->values)
        trial->values[0] = first;
    if (trial->values && n_more)
        memcpy(trial->values + 1, more, (size_t)n_more * sizeof *more);
    free(more);
    return there && !trial->values ? ATTUNE_MEMORY : ATTUNE_OK;
}

static attune_status read_folds(sqlite3_stmt *row, const attune_study_shape *shape,
                                attune_trial *trial, attune_error *error)
{
    int64_t bytes = shape->n_metrics * shape->n_folds * (int64_t)sizeof(double);
    if (sqlite3_column_type(row, FOLDS) == SQLITE_NULL)
        return ATTUNE_OK;
    if (sqlite3_column_type(row, FOLDS) != SQLITE_BLOB || sqlite3_column_bytes(row, FOLDS) != bytes)
        return damaged(row, FOLDS, error);
    double *values = attune_alloc(bytes, 1, error);
    if (!values)
        return ATTUNE_MEMORY;
    if (bytes)
        memcpy(values, sqlite3_column_blob(row, FOLDS), (size_t)bytes);
    trial->folds = (attune_fold_scores){values, shape->n_metrics, shape->n_folds};
    return ATTUNE_OK;
}

static attune_status read_reports(sqlite3_stmt *row, attune_trial *trial, attune_error *error)
{
    if (sqlite3_column_type(row, REPORTS) == SQLITE_NULL)
        return ATTUNE_OK;
    const char *text = (const char *)sqlite3_column_text(row, REPORTS);
    if (text && attune_reports_read(text, &trial->reports, &trial->n_reports))
        return ATTUNE_OK;
    return damaged(row, REPORTS, error);
}

static attune_status read_trial(sqlite3_stmt *row, const attune_study_shape *shape, int64_t number,
                                attune_trial *trial, attune_error *error)
{
    attune_status status = read_integers(row, number, trial, error);
    if (!status)
        status = read_texts(row, shape, trial, error);
    if (!status)
        status = read_values(row, shape, trial, error);
    if (!status)
        status = read_folds(row, shape, trial, error);
    return status ? status : read_reports(row, trial, error);
}

struct list {
    attune_trial *items;
    int64_t n, capacity;
};

static attune_status make_room(struct list *list, attune_error *error)
{
    if (list->n < list->capacity)
        return ATTUNE_OK;
    int64_t capacity = list->capacity ? 2 * list->capacity : 64;
    attune_trial *grown = attune_realloc(list->items, capacity, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    list->items = grown;
    list->capacity = capacity;
    return ATTUNE_OK;
}

static attune_status read_rows(attune_sqlite *store, sqlite3_stmt *row,
                               const attune_study_shape *shape, int64_t from, struct list *list,
                               attune_error *error)
{
    for (;;) {
        bool more = false;
        attune_status status = attune_sqlite_step(store, row, &more, error);
        if (status || !more)
            return status;
        status = make_room(list, error);
        if (status)
            return status;
        attune_trial *trial = &list->items[list->n];
        memset(trial, 0, sizeof *trial);
        status = read_trial(row, shape, from + list->n, trial, error);
        list->n++;
        if (status)
            return status;
    }
}

attune_status attune_sqlite_read(void *self, int64_t study, int64_t from, attune_trial **trials,
                                 int64_t *n, attune_error *error)
{
    attune_sqlite *store = self;
    const attune_study_shape *shape = NULL;
    sqlite3_stmt *row = NULL;
    struct list list = {0};
    *trials = NULL;
    *n = 0;
    from = from < 0 ? 0 : from;
    attune_status status = attune_sqlite_shape(store, study, &shape, error);
    if (!status)
        status = attune_sqlite_use(store, ATTUNE_SQL_READ, &row, error);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, study);
    sqlite3_bind_int64(row, 2, from);
    status = read_rows(store, row, shape, from, &list, error);
    sqlite3_reset(row);
    if (status) {
        attune_trials_free(list.items, list.n);
        return status;
    }
    *trials = list.items;
    *n = list.n;
    return ATTUNE_OK;
}
