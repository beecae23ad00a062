/* tests/golden_transforms.h - reads golden/transforms.json: what scikit-learn makes of some data.
 */
#ifndef ATTUNE_TESTS_GOLDEN_TRANSFORMS_H
#define ATTUNE_TESTS_GOLDEN_TRANSFORMS_H

#include "tests/fitting.h"

struct golden {
    attune_document document;
    int64_t train; /* the first rows are trained on */
};

static inline struct golden golden_open(void)
{
    attune_error error = {0};
    struct golden golden = {0};
    assert_ok(attune_document_read(&golden.document, ATTUNE_TEST_GOLDEN "/transforms.json", &error),
              &error);
    golden.train = json_integer_value(json_object_get(golden.document.root, "train"));
    return golden;
}

static inline double golden_number(const json_t *list, int64_t i)
{
    const json_t *item = json_array_get(list, (size_t)i);
    return json_is_null(item) ? NAN : json_number_value(item);
}

/* The real columns of a member as inputs c0, c1, ... */
static inline attune_data *golden_data(const struct golden *golden, const char *member)
{
    struct made made = {0};
    const json_t *columns = json_object_get(golden->document.root, member);
    int64_t n = (int64_t)json_array_size(json_array_get(columns, 0));
    double *values = attune_alloc(n, sizeof *values, NULL);
    for (int64_t c = 0; c < (int64_t)json_array_size(columns); c++) {
        char name[8];
        snprintf(name, sizeof name, "c%d", (int)c);
        for (int64_t r = 0; r < n; r++)
            values[r] = golden_number(json_array_get(columns, (size_t)c), r);
        made_reals(&made, name, ATTUNE_INPUT, values, n);
    }
    free(values);
    return made_data(&made, n, ATTUNE_NO_TASK);
}

/* Fits step on the training rows; all rows it gives are those of a member, column by column. */
static inline void assert_golden(attune_step *step, const attune_data *data,
                                 const struct golden *golden, const char *member)
{
    attune_error error = {0};
    const json_t *columns = json_object_get(golden->document.root, member);
    assert_ok(fit_rows(step, data, 0, golden->train, &error), &error);
    attune_data *out = through(step, data);
    assert_int_equal(out->n_columns, json_array_size(columns));
    for (int64_t c = 0; c < out->n_columns; c++)
        for (int64_t r = 0; r < out->n_rows; r++) {
            const attune_column *column = out->columns[c];
            assert_close(column->reals[r * column->stride],
                         golden_number(json_array_get(columns, (size_t)c), r), 1e-12);
        }
    attune_data_free(out);
}

#endif
