/* trials/query.h - plain SQL over the trials of a study, reading only.
 *
 *     attune_query query = {.where = "value < 0.3 and penalty = 'l1'", .sort = "value", .top = 10};
 *     attune_query_rows rows = {.names = print_names, .row = print_row, .user = file};
 *     attune_query_run(storage, &query, &rows, error);
 *
 * Columns: number, state, value, the other metrics by name, se, cost, started, finished, crashes,
 * reason, hyperparams (as stored), and every hyperparameter by its flat name. A name may be
 * shortened to what stands behind a "__" as long as that is unique: C for logistic_regression__C.
 * Thread class: as the storage. */
#ifndef ATTUNE_TRIALS_QUERY_H
#define ATTUNE_TRIALS_QUERY_H

#include "spaces/value.h"
#include "trials/storage.h"

struct attune_query {
    const char *study; /* its name; NULL: the newest */
    const char *where; /* an SQL expression; NULL: all trials */
    const char *sort;  /* a column; NULL: number. Missing values come last, ties by number */
    bool descending;
    int64_t top;          /* at most so many rows; 0: all */
    attune_texts columns; /* none: number, state, value, other metrics, hyperparameters */
};

/* names is called once, before any row; row once a row, values borrowed: NULL, INTEGER, REAL or
 * TEXT. Both get n columns; a status other than OK ends the query and is returned. */
struct attune_query_rows {
    attune_status (*names)(void *user, const char *const *names, int64_t n, attune_error *error);
    attune_status (*row)(void *user, const attune_value *values, int64_t n, attune_error *error);
    void *user;
};

/* INVALID: an unknown column (all are listed), or an expression that SQL refuses. UNSUPPORTED: the
 * storage has no SQL. Nothing that `where` holds can change a store. */
attune_status attune_query_run(const attune_storage *storage, const attune_query *query,
                               const attune_query_rows *rows, attune_error *error);

#endif
