/* tests/made_data.h - small typed data sets made in memory, for tests. */
#ifndef ATTUNE_TESTS_MADE_DATA_H
#define ATTUNE_TESTS_MADE_DATA_H

#include "steps/data/data.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { made_most = 40 };

struct made {
    attune_column *columns[made_most];
    attune_role roles[made_most];
    int64_t n;
};

static inline void made_add(struct made *made, const char *name, attune_role role, attune_kind kind,
                            const void *values, int64_t n_rows, size_t size, attune_levels *levels)
{
    attune_error error = {0};
    attune_buffer *buffer = attune_buffer_new(n_rows * (int64_t)size, &error);
    assert_non_null(buffer);
    void *bytes = attune_buffer_bytes(buffer);
    if (n_rows)
        memcpy(bytes, values, (size_t)n_rows * size);
    attune_key id = attune_column_content(kind, n_rows, bytes, 1, levels);
    assert_true(made->n < made_most);
    made->roles[made->n] = role;
    made->columns[made->n] =
        attune_column_new(name, kind, id, n_rows, buffer, bytes, 1, levels, &error);
    assert_non_null(made->columns[made->n++]);
    attune_buffer_free(buffer);
}

static inline void made_reals(struct made *made, const char *name, attune_role role,
                              const double *values, int64_t n_rows)
{
    made_add(made, name, role, ATTUNE_REAL_COLUMN, values, n_rows, sizeof *values, NULL);
}

static inline void made_times(struct made *made, const char *name, attune_role role,
                              const int64_t *values, int64_t n_rows)
{
    made_add(made, name, role, ATTUNE_DATETIME_COLUMN, values, n_rows, sizeof *values, NULL);
}

/* Levels are "L0", "L1", ..., at most 10 (their order is the codes'). */
static inline void made_codes(struct made *made, const char *name, attune_role role,
                              const int32_t *values, int64_t n_rows, int32_t n_levels)
{
    attune_error error = {0};
    char texts[10][16];
    const char *names[10];
    assert_true(n_levels <= 10);
    for (int i = 0; i < n_levels; i++) {
        snprintf(texts[i], sizeof texts[i], "L%d", i);
        names[i] = texts[i];
    }
    attune_levels *levels = attune_levels_new(names, n_levels, &error);
    assert_non_null(levels);
    made_add(made, name, role, ATTUNE_NOMINAL_COLUMN, values, n_rows, sizeof *values, levels);
    attune_levels_free(levels);
}

/* Makes the data of the columns added, and forgets these. */
static inline attune_data *made_data(struct made *made, int64_t n_rows, attune_task task)
{
    attune_error error = {0};
    attune_data *data = attune_data_new(made->columns, made->roles, made->n, n_rows, task,
                                        task == ATTUNE_BINARY ? 1 : -1, &error);
    assert_string_equal(error.message, "");
    assert_non_null(data);
    for (int64_t i = 0; i < made->n; i++)
        attune_column_free(made->columns[i]);
    made->n = 0;
    return data;
}

/* Data of n rows with an input "x", a weight "w" and a target "y", each but y nullable: numbers, or
 * codes of three classes. */
static inline attune_data *odd_data(int64_t n, const double *x, const double *y,
                                    const int32_t *codes, const double *weight)
{
    struct made made = {0};
    if (x)
        made_reals(&made, "x", ATTUNE_INPUT, x, n);
    if (weight)
        made_reals(&made, "w", ATTUNE_WEIGHT, weight, n);
    if (y)
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    else
        made_codes(&made, "y", ATTUNE_TARGET, codes, n, 3);
    return made_data(&made, n, y ? ATTUNE_REGRESSION : ATTUNE_MULTICLASS);
}

#endif
