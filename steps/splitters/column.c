/* steps/splitters/column.c - folds that a column of the data names.
 *
 * One fold for each distinct value, in the order of the values. Rows where it is missing are
 * fitted in every fold and tested in none. */
#include "spaces/base/number.h"
#include "steps/splitters/assign.h"
#include "steps/data/distinct.h"
#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct column {
    char *name;
};

static const attune_field fields[] = {
    ATTUNE_TEXT(struct column, name, "", "column whose values name the folds"),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    return *((const struct column *)self)->name ? NULL : "name the column that holds the folds";
}

static const char *column_of(const void *self)
{
    return ((const struct column *)self)->name;
}

static attune_status check_numbers(const attune_column *column, const attune_rows *rows,
                                   attune_error *error)
{
    for (int64_t i = 0; i < rows->n; i++) {
        double value = column->reals[rows->index[i] * column->stride];
        char text[ATTUNE_NUMBER_SIZE];
        if (value != trunc(value) && !isnan(value))
            return attune_fail(error, ATTUNE_INVALID,
                               "validation: column \"%s\" has %s in row %lld: need whole numbers, "
                               "or names of folds",
                               column->name, attune_real_text(value, text),
                               (long long)rows->index[i] + 1);
    }
    return ATTUNE_OK;
}

/* Whether the value in row a comes after the one in row b. */
static bool is_after(const attune_column *column, int64_t a, int64_t b)
{
    a *= column->stride;
    b *= column->stride;
    if (column->kind == ATTUNE_REAL_COLUMN)
        return column->reals[a] > column->reals[b];
    if (column->kind == ATTUNE_NOMINAL_COLUMN)
        return column->codes[a] > column->codes[b];
    if (column->kind == ATTUNE_DATETIME_COLUMN)
        return column->times[a] > column->times[b];
    return attune_level_order(column->texts[a], column->texts[b]) > 0;
}

/* Renumbers values by their order, from the order in which rows show them. There are few. */
static void rank_values(const attune_column *column, const attune_rows *rows, int64_t *values,
                        int64_t n_values)
{
    int64_t first[ATTUNE_MOST_FOLDS], rank[ATTUNE_MOST_FOLDS] = {0}, seen = 0;
    for (int64_t i = 0; i < rows->n && seen < n_values; i++)
        if (values[i] == seen)
            first[seen++] = rows->index[i];
    for (int64_t v = 0; v < seen; v++)
        for (int64_t other = 0; other < seen; other++)
            rank[v] += is_after(column, first[v], first[other]);
    for (int64_t i = 0; i < rows->n; i++)
        if (values[i] >= 0)
            values[i] = rank[values[i]];
}

static attune_status check_count(const attune_column *column, const attune_rows *rows,
                                 const int64_t *values, int64_t n_values, attune_error *error)
{
    bool missing = false;
    for (int64_t i = 0; i < rows->n && !missing; i++)
        missing = values[i] < 0;
    if (n_values == 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: column \"%s\" is missing in every row", column->name);
    if (n_values == 1 && !missing)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: column \"%s\" has one value only, which leaves no rows to "
                           "fit: need at least 2",
                           column->name);
    if (n_values > ATTUNE_MOST_FOLDS)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: column \"%s\" names %lld folds, at most %d are possible",
                           column->name, (long long)n_values, ATTUNE_MOST_FOLDS);
    return ATTUNE_OK;
}

static attune_status find_column(const char *name, const attune_data *data,
                                 const attune_column **column, attune_error *error)
{
    int64_t at = attune_data_find(data, name);
    if (at >= 0) {
        *column = data->columns[at];
        return ATTUNE_OK;
    }
    const char **names = attune_alloc(data->n_columns, sizeof *names, error);
    if (!names)
        return ATTUNE_MEMORY;
    for (int64_t c = 0; c < data->n_columns; c++)
        names[c] = data->columns[c]->name;
    char hint[256];
    attune_did_you_mean(name, names, data->n_columns, hint, sizeof hint);
    free(names);
    return attune_fail(error, ATTUNE_INVALID, "validation: the data have no column \"%s\"%s", name,
                       hint);
}

static attune_status split(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error)
{
    (void)seed;
    const attune_column *column = NULL;
    attune_status status = find_column(((const struct column *)self)->name, data, &column, error);
    if (!status && column->kind == ATTUNE_REAL_COLUMN)
        status = check_numbers(column, rows, error);
    if (status)
        return status;
    int64_t n_values = 0, *values = attune_alloc(rows->n, sizeof *values, error);
    if (!values)
        return ATTUNE_MEMORY;
    status = attune_distinct(column, rows, values, &n_values, error);
    if (!status)
        status = check_count(column, rows, values, n_values, error);
    if (!status) {
        rank_values(column, rows, values, n_values);
        status = attune_folds_make(rows, values, n_values, folds, error);
    }
    free(values);
    return status;
}

const attune_splitter_type attune_splitter_column = {
    .name = "column",
    .doc = "Folds that a column of the data names; rows without a name are never tested.",
    .size = sizeof(struct column),
    .fields = fields,
    .check = check,
    .column = column_of,
    .split = split,
};
