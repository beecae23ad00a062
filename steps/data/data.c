/* steps/data/data.c - a data set: columns with roles, found by name, gathered as a matrix. */
#include "steps/data/data.h"

#include "spaces/base/share.h"

#include <stdlib.h>
#include <string.h>

/* Sorting indices by name needs the names; merge sort keeps it free of globals, and stable. */
static void sort_by_name(int64_t *index, int64_t *scratch, int64_t n, attune_column *const *columns)
{
    if (n < 2)
        return;
    int64_t half = n / 2;
    sort_by_name(index, scratch, half, columns);
    sort_by_name(index + half, scratch, n - half, columns);
    memcpy(scratch, index, (size_t)n * sizeof *index);
    for (int64_t i = 0, a = 0, b = half; i < n; i++) {
        bool left = b == n ||
                    (a < half && strcmp(columns[scratch[a]]->name, columns[scratch[b]]->name) <= 0);
        index[i] = left ? scratch[a++] : scratch[b++];
    }
}

static attune_status index_names(attune_data *data, attune_error *error)
{
    int64_t n = data->n_columns;
    int64_t *scratch = attune_alloc(n, sizeof *scratch, error);
    if (!scratch)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++)
        data->by_name[i] = i;
    sort_by_name(data->by_name, scratch, n, data->columns);
    free(scratch);
    for (int64_t i = 1; i < n; i++) {
        const char *name = data->columns[data->by_name[i]]->name;
        if (strcmp(name, data->columns[data->by_name[i - 1]]->name) == 0)
            return attune_fail(error, ATTUNE_INVALID, "two columns are called \"%s\"", name);
    }
    return ATTUNE_OK;
}

static attune_status check_columns(const attune_data *data, attune_error *error)
{
    int64_t n_targets = 0;
    for (int64_t i = 0; i < data->n_columns; i++) {
        const attune_column *column = data->columns[i];
        if (column->n_rows != data->n_rows)
            return attune_fail(error, ATTUNE_INVALID, "column \"%s\" has %lld rows, others %lld",
                               column->name, (long long)column->n_rows, (long long)data->n_rows);
        n_targets += data->roles[i] == ATTUNE_TARGET;
    }
    if (n_targets > 1)
        return attune_fail(error, ATTUNE_INVALID, "%lld targets; there can be one",
                           (long long)n_targets);
    return ATTUNE_OK;
}

static attune_key data_id(const attune_data *data)
{
    attune_key key = attune_key_start("data");
    key = attune_key_integer(key, data->n_rows);
    key = attune_key_integer(key, data->task);
    key = attune_key_integer(key, data->positive);
    for (int64_t i = 0; i < data->n_columns; i++) {
        key = attune_key_text(key, data->columns[i]->name);
        key = attune_key_integer(key, data->roles[i]);
        key = attune_key_join(key, data->columns[i]->id);
    }
    return key;
}

attune_data *attune_data_new(attune_column *const *columns, const attune_role *roles,
                             int64_t n_columns, int64_t n_rows, attune_task task, int32_t positive,
                             attune_error *error)
{
    attune_data *data = attune_alloc(1, sizeof *data, error);
    if (!data)
        return NULL;
    *data = (attune_data){.count = 1, .n_rows = n_rows, .task = task, .positive = positive};
    data->columns = attune_alloc(n_columns, sizeof *data->columns, error);
    data->roles = attune_alloc(n_columns, sizeof *data->roles, error);
    data->by_name = attune_alloc(n_columns, sizeof *data->by_name, error);
    if (!data->columns || !data->roles || !data->by_name)
        goto failed;
    for (int64_t i = 0; i < n_columns; i++) {
        data->columns[i] = attune_column_ref(columns[i]);
        data->roles[i] = roles[i];
        data->n_columns++;
    }
    if (check_columns(data, error) || index_names(data, error))
        goto failed;
    data->id = data_id(data);
    return data;
failed:
    attune_data_free(data);
    return NULL;
}

attune_data *attune_data_ref(attune_data *data)
{
    attune_share_take(&data->count);
    return data;
}

void attune_data_free(attune_data *data)
{
    if (!data || !attune_share_give(&data->count))
        return;
    for (int64_t i = 0; i < data->n_columns; i++)
        attune_column_free(data->columns[i]);
    free(data->columns);
    free(data->roles);
    free(data->by_name);
    free(data);
}

/* The code of the positive class among other levels; they need not be sorted. */
static int32_t positive_among(const attune_levels *levels, const char *name)
{
    for (int32_t i = 0; i < levels->n; i++)
        if (strcmp(levels->names[i], name) == 0)
            return i;
    return -1;
}

/* A target that is gone takes the task with it; one of other levels takes its positive class. */
static attune_task follow_target(const attune_data *data, attune_column *const *replace,
                                 const uint8_t *drop, int32_t *positive)
{
    int64_t at = 0;
    *positive = data->positive;
    while (at < data->n_columns && data->roles[at] != ATTUNE_TARGET)
        at++;
    if (at == data->n_columns)
        return data->task;
    const attune_levels *old = data->columns[at]->levels;
    const attune_levels *now = replace && replace[at] ? replace[at]->levels : old;
    if (drop && drop[at])
        *positive = -1;
    else if (now && old && now != old && *positive >= 0 && *positive < old->n)
        *positive = positive_among(now, old->names[*positive]);
    return drop && drop[at] ? ATTUNE_NO_TASK : data->task;
}

attune_data *attune_data_with(const attune_data *data, attune_column *const *replace,
                              const uint8_t *drop, attune_column *const *added, int64_t n_added,
                              attune_error *error)
{
    int64_t n = 0, most = data->n_columns + n_added;
    attune_column **columns = attune_alloc(most, sizeof *columns, error);
    attune_role *roles = attune_alloc(most, sizeof *roles, error);
    attune_data *result = NULL;
    if (columns && roles) {
        for (int64_t i = 0; i < data->n_columns; i++) {
            if (drop && drop[i])
                continue;
            columns[n] = replace && replace[i] ? replace[i] : data->columns[i];
            roles[n++] = data->roles[i];
        }
        for (int64_t i = 0; i < n_added; i++) {
            columns[n] = added[i];
            roles[n++] = ATTUNE_INPUT;
        }
        int32_t positive = -1;
        attune_task task = follow_target(data, replace, drop, &positive);
        result = attune_data_new(columns, roles, n, data->n_rows, task, positive, error);
    }
    free(columns);
    free(roles);
    return result;
}

int64_t attune_data_find(const attune_data *data, const char *name)
{
    int64_t low = 0, high = data->n_columns;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int order = strcmp(data->columns[data->by_name[middle]]->name, name);
        if (order == 0)
            return data->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const attune_column *attune_data_role(const attune_data *data, attune_role role)
{
    for (int64_t i = 0; i < data->n_columns; i++)
        if (data->roles[i] == role)
            return data->columns[i];
    return NULL;
}

const attune_column *attune_data_target(const attune_data *data)
{
    return attune_data_role(data, ATTUNE_TARGET);
}

int32_t attune_data_n_classes(const attune_data *data)
{
    const attune_column *target = attune_data_target(data);
    return target && target->kind == ATTUNE_NOMINAL_COLUMN ? target->levels->n : 0;
}

static const char *encoder_of(attune_kind kind)
{
    return kind == ATTUNE_NOMINAL_COLUMN    ? "put a one_hot step before"
           : kind == ATTUNE_DATETIME_COLUMN ? "put a date_parts step before"
                                            : "ignore it, or declare it nominal";
}

static attune_status input_columns(const attune_data *data, const attune_column **inputs,
                                   int64_t *n, attune_error *error)
{
    *n = 0;
    for (int64_t i = 0; i < data->n_columns; i++) {
        const attune_column *column = data->columns[i];
        if (data->roles[i] != ATTUNE_INPUT)
            continue;
        if (column->kind != ATTUNE_REAL_COLUMN)
            return attune_fail(
                error, ATTUNE_UNFIT, "column \"%s\" is %s, and this model takes numbers only: %s",
                column->name, attune_kind_word(column->kind), encoder_of(column->kind));
        inputs[(*n)++] = column;
    }
    return ATTUNE_OK;
}

/* Whether the columns lie side by side in one row-major block. */
static bool is_block(const attune_column *const *inputs, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (inputs[i]->buffer != inputs[0]->buffer || inputs[i]->stride != inputs[0]->stride ||
            inputs[i]->reals != inputs[0]->reals + i)
            return false;
    return n > 0 && inputs[0]->stride >= n && inputs[0]->buffer;
}

static attune_status gather(const attune_column *const *inputs, int64_t n, int64_t n_rows,
                            attune_matrix *matrix, attune_error *error)
{
    int64_t items = 0, bytes = 0;
    if (__builtin_mul_overflow(n, n_rows, &items) || __builtin_mul_overflow(items, 8, &bytes))
        return attune_fail(error, ATTUNE_MEMORY, "a matrix of impossible size");
    attune_buffer *buffer = attune_buffer_new(bytes, error);
    if (!buffer)
        return ATTUNE_MEMORY;
    double *values = attune_buffer_bytes(buffer);
    /* Blocks of rows keep what is written in the cache while columns are read in turn. */
    for (int64_t start = 0; start < n_rows; start += 256) {
        int64_t end = start + 256 < n_rows ? start + 256 : n_rows;
        for (int64_t c = 0; c < n; c++)
            for (int64_t r = start; r < end; r++)
                values[r * n + c] = inputs[c]->reals[r * inputs[c]->stride];
    }
    *matrix = (attune_matrix){values, n_rows, n, n, buffer};
    return ATTUNE_OK;
}

attune_status attune_data_matrix(const attune_data *data, attune_matrix *matrix,
                                 attune_error *error)
{
    int64_t n = 0;
    const attune_column **inputs = attune_alloc(data->n_columns, sizeof *inputs, error);
    if (!inputs)
        return ATTUNE_MEMORY;
    attune_status status = input_columns(data, inputs, &n, error);
    if (!status && is_block(inputs, n))
        *matrix = (attune_matrix){inputs[0]->reals, data->n_rows, n, inputs[0]->stride,
                                  attune_buffer_ref(inputs[0]->buffer)};
    else if (!status)
        status = gather(inputs, n, data->n_rows, matrix, error);
    free(inputs);
    return status;
}

void attune_matrix_clear(attune_matrix *matrix)
{
    attune_buffer_free(matrix->buffer);
    memset(matrix, 0, sizeof *matrix);
}
