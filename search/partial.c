/* search/partial.c - what a pipeline says on average when one column is set to a value. */
#include "search/importance.h"
#include "steps/numeric/sort.h"
#include "steps/data/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The values to be set, as the column holds them. */
struct points {
    const attune_column *column;
    double *reals;  /* REAL, and DATETIME in microseconds */
    int32_t *codes; /* NOMINAL */
    int64_t n;
};

static attune_status list_levels(struct points *p, const attune_rows *rows, attune_error *error)
{
    const attune_column *column = p->column;
    int32_t n_levels = column->levels->n;
    uint8_t *seen = attune_alloc(n_levels, 1, error);
    p->codes = attune_alloc(n_levels, sizeof *p->codes, error);
    attune_status status = seen && p->codes ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t code = column->codes[rows->index[i] * column->stride];
        if (code >= 0 && code < n_levels)
            seen[code] = 1;
    }
    for (int32_t code = 0; code < n_levels && !status; code++)
        if (seen[code])
            p->codes[p->n++] = code;
    free(seen);
    return status;
}

/* A real, or a date as one; NaN when missing. */
static double number_at(const attune_column *column, int64_t row)
{
    if (column->kind == ATTUNE_REAL_COLUMN)
        return column->reals[row * column->stride];
    int64_t time = column->times[row * column->stride];
    return time == ATTUNE_TIME_MISSING ? NAN : (double)time;
}

/* Linear between the order statistics. */
static double quantile(const attune_sort_item *items, const attune_column *column, int64_t n,
                       double q)
{
    double at = q * (double)(n - 1);
    int64_t low = (int64_t)at;
    double x = number_at(column, items[low].row);
    return low + 1 < n ? x + (at - (double)low) * (number_at(column, items[low + 1].row) - x) : x;
}

/* From the sorted values: each once, or evenly between two percentiles when they are too many. */
static void choose_numbers(struct points *p, const attune_sort_item *items, int64_t n, int64_t most)
{
    bool few = true;
    for (int64_t i = 0; i < n && few; i++) {
        double x = number_at(p->column, items[i].row);
        if (i > 0 && x == p->reals[p->n - 1])
            continue;
        few = p->n < most;
        if (few)
            p->reals[p->n++] = x;
    }
    if (few)
        return;
    double low = quantile(items, p->column, n, 0.05), high = quantile(items, p->column, n, 0.95);
    p->n = high > low ? most : 1;
    for (int64_t i = 0; i < p->n; i++)
        p->reals[i] = most > 1 ? low + (double)i / (double)(most - 1) * (high - low) : low;
    for (int64_t i = 0; i < p->n && p->column->kind == ATTUNE_DATETIME_COLUMN; i++)
        p->reals[i] = round(p->reals[i]);
}

static attune_status list_numbers(struct points *p, const attune_rows *rows, int64_t most,
                                  attune_error *error)
{
    int64_t n = 0;
    attune_sort_item *items = attune_alloc(rows->n, sizeof *items, error);
    p->reals = attune_alloc(most, sizeof *p->reals, error);
    attune_status status = items && p->reals ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < rows->n && !status; i++) {
        double x = number_at(p->column, rows->index[i]);
        if (isfinite(x))
            items[n++] = (attune_sort_item){attune_sort_key_real(x), rows->index[i]};
    }
    if (!status)
        status = attune_sort_items(items, n, error);
    if (!status)
        choose_numbers(p, items, n, most);
    free(items);
    return status;
}

/* The column with one value in every row. */
static attune_column *set_to(const struct points *p, int64_t i, attune_error *error)
{
    const attune_column *column = p->column;
    int64_t n = column->n_rows;
    attune_buffer *buffer =
        attune_buffer_new(n * (column->kind == ATTUNE_NOMINAL_COLUMN ? 4 : 8), error);
    if (!buffer)
        return NULL;
    void *bytes = attune_buffer_bytes(buffer);
    for (int64_t r = 0; r < n; r++)
        if (column->kind == ATTUNE_NOMINAL_COLUMN)
            ((int32_t *)bytes)[r] = p->codes[i];
        else if (column->kind == ATTUNE_DATETIME_COLUMN)
            ((int64_t *)bytes)[r] = (int64_t)p->reals[i];
        else
            ((double *)bytes)[r] = p->reals[i];
    attune_key id = attune_key_integer(attune_key_join(attune_key_start("set"), column->id), i);
    attune_column *made = attune_column_new(column->name, column->kind, id, n, buffer, bytes, 1,
                                            column->levels, error);
    attune_buffer_free(buffer);
    return made;
}

static attune_status name_point(const struct points *p, int64_t i, attune_value *value,
                                attune_error *error)
{
    char text[64];
    if (p->column->kind == ATTUNE_NOMINAL_COLUMN)
        return attune_value_set_text(value, p->column->levels->names[p->codes[i]], error);
    if (p->column->kind == ATTUNE_DATETIME_COLUMN)
        return attune_value_set_text(
            value, attune_datetime_text((int64_t)p->reals[i], text, sizeof text), error);
    *value = attune_value_real(p->reals[i]);
    return ATTUNE_OK;
}

/* What is said on average; rows without a usable weight count as those of weight 0 do. */
static void average(const attune_data *data, const attune_rows *rows,
                    const attune_predictions *said, double *mean)
{
    const attune_column *column = attune_data_role(data, ATTUNE_WEIGHT);
    double total = 0;
    for (int64_t i = 0; i < said->n; i++) {
        double weight = 1;
        if (column && column->kind == ATTUNE_REAL_COLUMN)
            weight = column->reals[rows->index[i] * column->stride];
        if (!(weight > 0) || !isfinite(weight))
            continue;
        total += weight;
        for (int64_t k = 0; k < said->width; k++)
            mean[k] += weight / total * (said->values[i * said->width + k] - mean[k]);
    }
}

static attune_status say_at(attune_partial *partial, const struct points *p, int64_t i,
                            const attune_step *pipeline, const attune_data *data, int64_t index,
                            const attune_rows *rows, attune_error *error)
{
    attune_context context = attune_context_root(NULL, attune_key_start("predict"));
    attune_column **replace = attune_alloc(data->n_columns, sizeof *replace, error);
    attune_predictions said = {0};
    attune_data *other = NULL;
    if (!replace)
        return ATTUNE_MEMORY;
    context.phase = ATTUNE_PHASE_EVALUATE;
    replace[index] = set_to(p, i, error);
    if (replace[index])
        other = attune_data_with(data, replace, NULL, NULL, 0, error);
    attune_status status =
        other ? attune_step_predict(pipeline, other, rows, &context, &said, error) : ATTUNE_MEMORY;
    if (!status && i == 0)
        status = attune_predictions_make(&partial->mean, said.task, p->n, said.n_classes, error);
    if (!status)
        average(data, rows, &said, partial->mean.values + i * said.width);
    if (!status)
        status = name_point(p, i, &partial->at[partial->n++], error);
    attune_predictions_clear(&said);
    attune_data_free(other);
    attune_column_free(replace[index]);
    free(replace);
    return status;
}

static attune_status find_input(const attune_data *data, const char *name, int64_t *index,
                                attune_error *error)
{
    *index = attune_data_find(data, name);
    if (*index < 0)
        return attune_fail(error, ATTUNE_INVALID, "there is no column \"%s\"", name);
    if (data->roles[*index] != ATTUNE_INPUT)
        return attune_fail(error, ATTUNE_INVALID, "column \"%s\" is no input: it is the %s", name,
                           attune_role_word(data->roles[*index]));
    if (data->columns[*index]->kind == ATTUNE_TEXT_COLUMN)
        return attune_fail(error, ATTUNE_INVALID,
                           "column \"%s\" is text: there are no values to set it to", name);
    return ATTUNE_OK;
}

attune_status attune_partial_make(attune_partial *partial, const attune_step *pipeline,
                                  const attune_data *data, const attune_rows *rows,
                                  const char *column, int64_t points, attune_error *error)
{
    struct points p = {0};
    int64_t index = -1;
    memset(partial, 0, sizeof *partial);
    attune_status status = find_input(data, column, &index, error);
    if (status)
        return status;
    p.column = data->columns[index];
    status = p.column->kind == ATTUNE_NOMINAL_COLUMN ? list_levels(&p, rows, error)
                                                     : list_numbers(&p, rows, points, error);
    if (!status && p.n == 0)
        status =
            attune_fail(error, ATTUNE_UNFIT, "column \"%s\" has no value in these rows", column);
    if (!status && !(partial->at = attune_alloc(p.n, sizeof *partial->at, error)))
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < p.n && !status; i++)
        status = say_at(partial, &p, i, pipeline, data, index, rows, error);
    free(p.reals);
    free(p.codes);
    if (status)
        attune_partial_clear(partial);
    return status;
}

void attune_partial_clear(attune_partial *partial)
{
    for (int64_t i = 0; i < partial->n; i++)
        attune_value_clear(&partial->at[i]);
    free(partial->at);
    attune_predictions_clear(&partial->mean);
    memset(partial, 0, sizeof *partial);
}
