/* steps/data/data.h - typed columns with roles; immutable, shared, named by content.
 *
 * A column never changes once made. A data set is a list of columns with roles; a transform that
 * touches two columns shares the rest. Both are counted: _ref takes a share, _free gives it back.
 * A fold is a selection of rows (steps/data/rows.h), never a copy.
 *
 * Missing is NaN (REAL), ATTUNE_CODE_MISSING (NOMINAL), ATTUNE_TIME_MISSING (DATETIME) or a NULL
 * text (TEXT). A level that fit did not know is ATTUNE_CODE_UNSEEN, which is not missing.
 * Thread class: shared read-only; counts are atomic. */
#ifndef ATTUNE_STEPS_DATA_DATA_H
#define ATTUNE_STEPS_DATA_DATA_H

#include "spaces/base/key.h"
#include "spaces/base/text.h"

typedef enum attune_kind {
    ATTUNE_REAL_COLUMN,
    ATTUNE_NOMINAL_COLUMN,
    ATTUNE_DATETIME_COLUMN, /* microseconds since 1970-01-01, no zone */
    ATTUNE_TEXT_COLUMN,
    ATTUNE_KINDS
} attune_kind;

typedef enum attune_role {
    ATTUNE_INPUT,
    ATTUNE_TARGET,
    ATTUNE_ID,
    ATTUNE_GROUP,
    ATTUNE_TIME,
    ATTUNE_WEIGHT,
    ATTUNE_IGNORE,
    ATTUNE_ROLES
} attune_role;

typedef enum attune_task {
    ATTUNE_NO_TASK, /* no target */
    ATTUNE_REGRESSION,
    ATTUNE_BINARY,
    ATTUNE_MULTICLASS
} attune_task;

#define ATTUNE_CODE_MISSING (-1)
#define ATTUNE_CODE_UNSEEN (-2)
#define ATTUNE_TIME_MISSING INT64_MIN

const char *attune_kind_word(attune_kind kind); /* real, nominal, datetime, text */
bool attune_kind_from_word(const char *word, attune_kind *kind);
const char *attune_role_word(attune_role role); /* input, target, id, ... */
const char *attune_task_word(attune_task task); /* none, regression, binary, multiclass */

/* Counted memory that several columns may look into: a transform writes one row-major block and
 * gives out its columns with a stride. */
typedef struct attune_buffer attune_buffer;
attune_buffer *attune_buffer_new(int64_t bytes, attune_error *error); /* zeroed, 64-byte aligned */
void *attune_buffer_bytes(attune_buffer *buffer);
int64_t attune_buffer_size(const attune_buffer *buffer);
attune_buffer *attune_buffer_ref(attune_buffer *buffer);
void attune_buffer_free(attune_buffer *buffer);

/* The levels of a nominal column, shared by columns. Sorted: numbers by value, then texts by
 * bytes, so that their order does not depend on the order of rows. (Only a target that
 * transform_target has put in order of frequency is not; attune_levels_find is not for that.) */
typedef struct attune_levels {
    int64_t count; /* atomic */
    int32_t n;
    char **names; /* owned */
} attune_levels;

attune_levels *attune_levels_new(const char *const *names, int32_t n, attune_error *error);
attune_levels *attune_levels_ref(attune_levels *levels);
void attune_levels_free(attune_levels *levels);
int32_t attune_levels_find(const attune_levels *levels, const char *name); /* or CODE_UNSEEN */
int attune_level_order(const char *a, const char *b); /* the order above; for qsort-like use */

typedef struct attune_column {
    int64_t count; /* atomic */
    attune_key id; /* of the content; a derived column's is derived */
    char *name;    /* owned */
    attune_kind kind;
    int64_t n_rows;
    attune_buffer *buffer; /* what the pointer below looks into */
    int64_t stride;        /* in items; 1 when dense */
    union {
        const double *reals;
        const int32_t *codes;
        const int64_t *times;
        const char *const *texts; /* the pointers and the bytes are in buffer */
    };
    attune_levels *levels; /* NOMINAL only */
} attune_column;

/* Takes a share of buffer and levels; values points into buffer. */
attune_column *attune_column_new(const char *name, attune_kind kind, attune_key id, int64_t n_rows,
                                 attune_buffer *buffer, const void *values, int64_t stride,
                                 attune_levels *levels, attune_error *error);
attune_column *attune_column_ref(attune_column *column);
void attune_column_free(attune_column *column);

/* The id of a column read from outside: kind, levels and values, not the name. O(n_rows). */
attune_key attune_column_content(attune_kind kind, int64_t n_rows, const void *values,
                                 int64_t stride, const attune_levels *levels);

/* Whether the value in a row is missing; a level that was not seen is not. */
bool attune_column_missing(const attune_column *column, int64_t row);

typedef struct attune_data {
    int64_t count; /* atomic */
    attune_key id; /* of all columns, names and roles */
    int64_t n_rows;
    int64_t n_columns;
    attune_column **columns; /* shares */
    attune_role *roles;      /* one a column */
    attune_task task;
    int32_t positive; /* the positive class's code when BINARY, else -1 */
    int64_t *by_name; /* column indices sorted by name, for attune_data_find */
} attune_data;

/* Takes a share of each column (all of n_rows). INVALID: two of one name, other lengths, more than
 * one target. */
attune_data *attune_data_new(attune_column *const *columns, const attune_role *roles,
                             int64_t n_columns, int64_t n_rows, attune_task task, int32_t positive,
                             attune_error *error);
attune_data *attune_data_ref(attune_data *data);
void attune_data_free(attune_data *data);

/* The same with other columns at some places: what a transform returns. replace[i] NULL keeps
 * column i; drop (nullable) removes; added columns come at the end as inputs. The positive class
 * stays the same level where the target gets others; without a target there is no task. */
attune_data *attune_data_with(const attune_data *data, attune_column *const *replace,
                              const uint8_t *drop, attune_column *const *added, int64_t n_added,
                              attune_error *error);

int64_t attune_data_find(const attune_data *data, const char *name); /* -1: none; O(log n) */
const attune_column *attune_data_role(const attune_data *data,
                                      attune_role role); /* first or NULL */
const attune_column *attune_data_target(const attune_data *data);
int32_t attune_data_n_classes(const attune_data *data); /* 0 when not a class target */

/* All input columns as one row-major matrix of n_rows x n: a view when they already are one block,
 * else a copy. NOMINAL, DATETIME and TEXT inputs are UNFIT (the message names the step that
 * would encode them). */
typedef struct attune_matrix {
    const double *values; /* row r, column c: values[r * stride + c] */
    int64_t n_rows, n_columns, stride;
    attune_buffer *buffer; /* a share */
} attune_matrix;
attune_status attune_data_matrix(const attune_data *data, attune_matrix *matrix,
                                 attune_error *error);
void attune_matrix_clear(attune_matrix *matrix);

#endif
