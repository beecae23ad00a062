/* tests/linear_golden.h - the sets of tests/golden/linear_models.json as data. */
#ifndef ATTUNE_TESTS_LINEAR_GOLDEN_H
#define ATTUNE_TESTS_LINEAR_GOLDEN_H

#include "spaces/base/number.h"
#include "tests/fitting.h"

static inline void golden_read(attune_document *document)
{
    attune_error error = {0};
    assert_ok(attune_document_read(document, ATTUNE_TEST_GOLDEN "/linear_models.json", &error),
              &error);
}

static inline json_t *golden_sets(const attune_document *document)
{
    json_t *sets = json_object_get(document->root, "sets");
    assert_true(json_array_size(sets) > 2);
    return sets;
}

static inline double number_of(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("no number \"%s\"", key);
    return json_number_value(value);
}

static inline bool truth_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static inline double item(const json_t *array, int64_t i)
{
    return json_number_value(json_array_get(array, (size_t)i));
}

/* The weights that linear_models.py gave row i. */
static inline double golden_weight(int64_t i)
{
    return 0.25 + (double)(i * 7 % 11) / 4;
}

/* A share of a column to be, made of n values. */
static inline attune_column *golden_column(const char *name, attune_kind kind, const void *values,
                                           int64_t n, size_t size, attune_levels *levels)
{
    attune_buffer *buffer = attune_buffer_new(n * (int64_t)size, NULL);
    assert_non_null(buffer);
    void *bytes = attune_buffer_bytes(buffer);
    memcpy(bytes, values, (size_t)n * size);
    attune_column *column =
        attune_column_new(name, kind, attune_column_content(kind, n, bytes, 1, levels), n, buffer,
                          bytes, 1, levels, NULL);
    attune_buffer_free(buffer);
    return column;
}

static inline attune_column *golden_target(const json_t *set, bool classes, int64_t n,
                                           int32_t *n_classes)
{
    static const char *const names[] = {"a", "b", "c"};
    double *reals = attune_alloc(n, sizeof *reals, NULL);
    int32_t *codes = attune_alloc(n, sizeof *codes, NULL);
    const json_t *y = json_object_get(set, "y"), *target = json_object_get(set, "target");
    *n_classes = 0;
    for (int64_t i = 0; i < n; i++) {
        reals[i] = item(target, i);
        codes[i] = (int32_t)item(y, i);
        *n_classes = codes[i] >= *n_classes ? codes[i] + 1 : *n_classes;
    }
    attune_levels *levels = attune_levels_new(names, *n_classes, NULL);
    attune_column *column =
        classes ? golden_column("y", ATTUNE_NOMINAL_COLUMN, codes, n, sizeof *codes, levels)
                : golden_column("y", ATTUNE_REAL_COLUMN, reals, n, sizeof *reals, NULL);
    attune_levels_free(levels);
    free(reals);
    free(codes);
    return column;
}

/* Inputs x0, x1, ..., the target y, and with weighted the weights. */
static inline attune_data *golden_data(const json_t *set, bool classes, bool weighted)
{
    enum { MOST = 64 };
    attune_column *columns[MOST + 2] = {NULL};
    attune_role roles[MOST + 2] = {ATTUNE_INPUT};
    json_t *x = json_object_get(set, "x");
    int64_t n = (int64_t)json_array_size(x), p = (int64_t)json_array_size(json_array_get(x, 0));
    double *values = attune_alloc(n, sizeof *values, NULL);
    int32_t n_classes = 0;
    assert_true(n > 0 && p <= MOST);
    for (int64_t j = 0; j < p; j++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", (int)j);
        for (int64_t i = 0; i < n; i++)
            values[i] = item(json_array_get(x, (size_t)i), j);
        columns[j] = golden_column(name, ATTUNE_REAL_COLUMN, values, n, sizeof *values, NULL);
    }
    columns[p] = golden_target(set, classes, n, &n_classes);
    roles[p] = ATTUNE_TARGET;
    for (int64_t i = 0; i < n; i++)
        values[i] = golden_weight(i);
    columns[p + 1] = golden_column("w", ATTUNE_REAL_COLUMN, values, n, sizeof *values, NULL);
    roles[p + 1] = ATTUNE_WEIGHT;
    attune_task task = !classes         ? ATTUNE_REGRESSION
                       : n_classes == 2 ? ATTUNE_BINARY
                                        : ATTUNE_MULTICLASS;
    attune_data *data = attune_data_new(columns, roles, p + 1 + weighted, n, task,
                                        task == ATTUNE_BINARY ? 1 : -1, NULL);
    assert_non_null(data);
    for (int64_t j = 0; j < p + 2; j++)
        attune_column_free(columns[j]);
    free(values);
    return data;
}

static inline void set_number(attune_step *step, const char *name, double number)
{
    char words[ATTUNE_NUMBER_SIZE];
    attune_real_text(number, words);
    set(step, name, words);
}

/* A fitted array of a step, by the field's name. */
static inline const attune_array *fitted_array(const attune_step *step, const char *name)
{
    const attune_field *field = attune_field_find(step->type->fields, name);
    assert_non_null(field);
    return (const void *)((const char *)step->self + field->offset);
}

static inline attune_predictions predict_all(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    attune_rows_free(rows);
    return p;
}

#endif
