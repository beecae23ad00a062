/* tests/fitting.h - steps made, set, fitted and compared in a line each. */
#ifndef ATTUNE_TESTS_FITTING_H
#define ATTUNE_TESTS_FITTING_H

#include "steps/step.h"
#include "tests/made_data.h"

#include <math.h>

static inline attune_context test_context(void)
{
    return attune_context_root(NULL, attune_key_start("test"));
}

static inline attune_step *step_of(const char *type)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_non_null(attune_step_type_find(type));
    assert_ok(attune_step_new(&step, attune_step_type_find(type), type, &error), &error);
    return step;
}

static inline attune_status set_words(attune_step *step, const char *path, const char *words,
                                      attune_error *error)
{
    attune_value value = {0};
    assert_ok(attune_value_from_words(&value, words, error), error);
    attune_status status = attune_step_set(step, path, &value, error);
    attune_value_clear(&value);
    return status;
}

static inline void set(attune_step *step, const char *path, const char *words)
{
    attune_error error = {0};
    assert_ok(set_words(step, path, words, &error), &error);
}

static inline attune_rows *rows_from(int64_t first, int64_t end)
{
    int64_t *index = attune_alloc(end - first, sizeof *index, NULL);
    for (int64_t i = first; i < end; i++)
        index[i - first] = i;
    return attune_rows_new_take(index, end - first, NULL);
}

/* Fits on rows first to end, without the end. */
static inline attune_status fit_rows(attune_step *step, const attune_data *data, int64_t first,
                                     int64_t end, attune_error *error)
{
    attune_context context = test_context();
    attune_rows *rows = rows_from(first, end);
    attune_status status = attune_step_fit(step, data, rows, &context, error);
    attune_rows_free(rows);
    return status;
}

static inline void fit_all(attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    assert_ok(fit_rows(step, data, 0, data->n_rows, &error), &error);
}

static inline attune_data *through(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *out = NULL;
    assert_ok(attune_step_transform(step, data, &context, &out, &error), &error);
    return out;
}

static inline const attune_column *column_of(const attune_data *data, const char *name)
{
    int64_t at = attune_data_find(data, name);
    if (at < 0)
        fail_msg("no column \"%s\"", name);
    return data->columns[at];
}

static inline double real_at(const attune_data *data, const char *name, int64_t row)
{
    const attune_column *column = column_of(data, name);
    assert_int_equal(column->kind, ATTUNE_REAL_COLUMN);
    return column->reals[row * column->stride];
}

/* The level's name, "?" when missing, "!" when unseen. */
static inline const char *level_at(const attune_data *data, const char *name, int64_t row)
{
    const attune_column *column = column_of(data, name);
    assert_int_equal(column->kind, ATTUNE_NOMINAL_COLUMN);
    int32_t code = column->codes[row * column->stride];
    return code == ATTUNE_CODE_MISSING  ? "?"
           : code == ATTUNE_CODE_UNSEEN ? "!"
                                        : column->levels->names[code];
}

/* One row of data as data of its own, with the same levels. */
static inline attune_data *row_alone(const attune_data *data, int64_t row)
{
    static const int64_t sizes[ATTUNE_KINDS] = {8, 4, 8, 8};
    attune_error error = {0};
    attune_column **columns = attune_alloc(data->n_columns, sizeof *columns, &error);
    for (int64_t i = 0; i < data->n_columns; i++) {
        const attune_column *column = data->columns[i];
        attune_buffer *buffer = attune_buffer_new(8, &error);
        void *bytes = attune_buffer_bytes(buffer);
        const char *from = (const char *)column->reals + row * column->stride * sizes[column->kind];
        memcpy(bytes, from, (size_t)sizes[column->kind]);
        attune_key id = attune_column_content(column->kind, 1, bytes, 1, column->levels);
        columns[i] = attune_column_new(column->name, column->kind, id, 1, buffer, bytes, 1,
                                       column->levels, &error);
        attune_buffer_free(buffer);
    }
    attune_data *alone = attune_data_new(columns, data->roles, data->n_columns, 1, data->task,
                                         data->positive, &error);
    assert_non_null(alone);
    for (int64_t i = 0; i < data->n_columns; i++)
        attune_column_free(columns[i]);
    free(columns);
    return alone;
}

/* Whether row a of one column holds the bits of row b of another. */
static inline bool same_cell(const attune_column *x, int64_t a, const attune_column *y, int64_t b)
{
    if (x->kind != y->kind)
        return false;
    a *= x->stride;
    b *= y->stride;
    if (x->kind == ATTUNE_REAL_COLUMN)
        return memcmp(&x->reals[a], &y->reals[b], sizeof(double)) == 0;
    if (x->kind == ATTUNE_NOMINAL_COLUMN)
        return x->codes[a] == y->codes[b];
    if (x->kind == ATTUNE_DATETIME_COLUMN)
        return x->times[a] == y->times[b];
    return strcmp(x->texts[a] ? x->texts[a] : "", y->texts[b] ? y->texts[b] : "") == 0;
}

/* Fails unless both have learnt the same, bit for bit. */
static inline void assert_same_fitted(const attune_step *a, const attune_step *b)
{
    attune_error error = {0};
    assert_ptr_equal(a->type, b->type);
    json_t *x = attune_fields_to_json(a->type->fields, a->self, ATTUNE_FITTED, &error);
    json_t *y = attune_fields_to_json(b->type->fields, b->self, ATTUNE_FITTED, &error);
    if (!json_equal(x, y))
        fail_msg("%s: fitted members differ", a->type->name);
    json_decref(x);
    json_decref(y);
    for (const attune_field *field = a->type->fields; field->kind; field++) {
        if (field->kind != ATTUNE_FIELD_ARRAY)
            continue;
        const attune_array *p = (const void *)((const char *)a->self + field->offset);
        const attune_array *q = (const void *)((const char *)b->self + field->offset);
        size_t bytes = (size_t)attune_array_count(p) * attune_array_item_size(p->type);
        if (p->type != q->type || attune_array_count(p) != attune_array_count(q) ||
            (bytes && memcmp(p->data, q->data, bytes) != 0))
            fail_msg("%s: %s differs", a->type->name, field->name);
    }
}

/* Fails unless eight threads learn the same at once. step, not yet fitted, stays the caller's. */
static inline void assert_threads_learn_the_same(const attune_step *step, const attune_data *data,
                                                 int64_t n_rows)
{
    enum { threads = 8 };
    attune_step *steps[threads] = {NULL};
    attune_status statuses[threads];
    attune_rows *rows = rows_from(0, n_rows);
    attune_error error = {0};
    for (int i = 0; i < threads; i++)
        assert_ok(attune_step_clone(step, &steps[i], &error), &error);
#pragma omp parallel for num_threads(threads) default(none) shared(steps, statuses, data, rows)
    for (int i = 0; i < threads; i++) {
        attune_context context = test_context();
        statuses[i] = attune_step_fit(steps[i], data, rows, &context, NULL);
    }
    for (int i = 0; i < threads; i++) {
        assert_int_equal(statuses[i], ATTUNE_OK);
        assert_same_fitted(steps[0], steps[i]);
    }
    for (int i = 0; i < threads; i++)
        attune_step_free(steps[i]);
    attune_rows_free(rows);
}

#endif
