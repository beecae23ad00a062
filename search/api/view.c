/* search/api/view.c - a caller's column, in any layout, as one of ours.
 *
 * What stands in the caller's memory is read once, row by row; nothing of it is kept. */
#include "search/api/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct viewing {
    const attune_schema_column *input;
    const attune_column_view *view;
    int64_t n_rows;
    attune_buffer *buffer;
    attune_error *error;
};

static attune_status fail_row(const struct viewing *v, int64_t row, const char *why)
{
    return attune_fail(v->error, ATTUNE_INVALID, "column \"%s\", row %lld: %s", v->input->name,
                       (long long)row, why);
}

static int64_t item_size(attune_layout layout)
{
    switch (layout) {
    case ATTUNE_LAYOUT_F64:
    case ATTUNE_LAYOUT_I64:
        return 8;
    case ATTUNE_LAYOUT_F32:
    case ATTUNE_LAYOUT_I32:
        return 4;
    default:
        return 0;
    }
}

static bool is_text(const attune_column_view *view)
{
    return view->layout == ATTUNE_LAYOUT_UTF8 || view->layout == ATTUNE_LAYOUT_LARGE_UTF8;
}

static bool is_missing(const struct viewing *v, int64_t row)
{
    const uint8_t *bits = v->view->validity;
    return bits && !(bits[row / 8] >> (row % 8) & 1);
}

/* An item of a fixed size into `to`: the address may be anything. */
static void item(const struct viewing *v, int64_t row, void *to)
{
    int64_t size = item_size(v->view->layout);
    int64_t stride = v->view->stride ? v->view->stride : size;
    memcpy(to, (const char *)v->view->values + row * stride, (size_t)size);
}

static double number(const struct viewing *v, int64_t row)
{
    double f64;
    float f32;
    int64_t i64;
    int32_t i32;
    switch (v->view->layout) {
    case ATTUNE_LAYOUT_F64:
        item(v, row, &f64);
        return f64;
    case ATTUNE_LAYOUT_F32:
        item(v, row, &f32);
        return f32;
    case ATTUNE_LAYOUT_I64:
        item(v, row, &i64);
        return (double)i64;
    default:
        item(v, row, &i32);
        return i32;
    }
}

static int64_t offset(const struct viewing *v, int64_t i)
{
    int32_t small;
    int64_t large;
    if (v->view->layout == ATTUNE_LAYOUT_LARGE_UTF8) {
        memcpy(&large, (const char *)v->view->offsets + i * 8, 8);
        return large;
    }
    memcpy(&small, (const char *)v->view->offsets + i * 4, 4);
    return small;
}

/* The bytes of a row: offsets must rise. */
static attune_status text_of(const struct viewing *v, int64_t row, const char **text,
                             int64_t *length)
{
    int64_t from = offset(v, row), to = offset(v, row + 1);
    if (from < 0 || to < from)
        return fail_row(v, row, "its offsets fall");
    if (to > from && !v->view->values)
        return fail_row(v, row, "there are no values");
    *text = to > from ? (const char *)v->view->values + from : "";
    *length = to - from;
    if (memchr(*text, 0, (size_t)*length))
        return fail_row(v, row, "a text with a zero byte in it");
    return ATTUNE_OK;
}

static attune_status fill_reals(struct viewing *v)
{
    double *values = attune_buffer_bytes(v->buffer);
    for (int64_t row = 0; row < v->n_rows; row++) {
        values[row] = is_missing(v, row) ? NAN : number(v, row);
        if (isinf(values[row]))
            return fail_row(v, row, "the number is not finite; NaN is missing");
    }
    return ATTUNE_OK;
}

static attune_status fill_times(struct viewing *v)
{
    int64_t *values = attune_buffer_bytes(v->buffer);
    for (int64_t row = 0; row < v->n_rows; row++) {
        values[row] = ATTUNE_TIME_MISSING;
        if (!is_missing(v, row))
            item(v, row, &values[row]);
    }
    return ATTUNE_OK;
}

static attune_status fill_codes(struct viewing *v)
{
    int32_t *values = attune_buffer_bytes(v->buffer);
    for (int64_t row = 0; row < v->n_rows; row++) {
        values[row] = ATTUNE_CODE_MISSING;
        if (!is_missing(v, row))
            item(v, row, &values[row]);
        if (values[row] < ATTUNE_CODE_UNSEEN || values[row] >= v->input->levels->n)
            return fail_row(v, row, "the code is not one of a level");
    }
    return ATTUNE_OK;
}

static attune_status fill_levels(struct viewing *v)
{
    int32_t *values = attune_buffer_bytes(v->buffer);
    attune_text name = {0};
    attune_status status = ATTUNE_OK;
    for (int64_t row = 0; row < v->n_rows && !status; row++) {
        const char *text = NULL;
        int64_t length = 0;
        values[row] = ATTUNE_CODE_MISSING;
        if (is_missing(v, row))
            continue;
        status = text_of(v, row, &text, &length);
        name.length = 0;
        attune_text_append_bytes(&name, text, status ? 0 : length);
        if (name.failed)
            status = attune_fail(v->error, ATTUNE_MEMORY, "out of memory: a level");
        if (!status)
            values[row] = attune_levels_find(v->input->levels, name.bytes);
    }
    attune_text_clear(&name);
    return status;
}

/* Pointers first, then the bytes that they point to, as a text column has them. */
static attune_status fill_texts(struct viewing *v)
{
    char **values = attune_buffer_bytes(v->buffer);
    char *to = (char *)(values + v->n_rows);
    attune_status status = ATTUNE_OK;
    for (int64_t row = 0; row < v->n_rows && !status; row++) {
        const char *text = NULL;
        int64_t length = 0;
        values[row] = NULL;
        if (is_missing(v, row))
            continue;
        status = text_of(v, row, &text, &length);
        if (status)
            break;
        memcpy(to, text, (size_t)length);
        to[length] = '\0';
        values[row] = to;
        to += length + 1;
    }
    return status;
}

/* Bytes of all texts that are there, with their ends. */
static attune_status measure_texts(struct viewing *v, int64_t *bytes)
{
    attune_status status = ATTUNE_OK;
    const char *text = NULL;
    int64_t length = 0;
    for (int64_t row = 0; row < v->n_rows && !status; row++) {
        if (is_missing(v, row))
            continue;
        status = text_of(v, row, &text, &length);
        if (!status && __builtin_add_overflow(*bytes, length + 1, bytes))
            status = fail_row(v, row, "the texts are too long");
    }
    return status;
}

struct way {
    attune_status (*fill)(struct viewing *v);
    int64_t size;       /* of an item of ours */
    const char *wanted; /* of a kind, for messages */
};

/* How a layout becomes a kind; fill NULL: it does not. */
static struct way way_of(attune_kind kind, const attune_column_view *view)
{
    bool text = is_text(view), sized = item_size(view->layout) > 0;
    if (kind == ATTUNE_REAL_COLUMN)
        return (struct way){sized ? fill_reals : NULL, 8, "numbers"};
    if (kind == ATTUNE_DATETIME_COLUMN)
        return (struct way){view->layout == ATTUNE_LAYOUT_I64 ? fill_times : NULL, 8,
                            "datetimes: I64 microseconds since 1970-01-01"};
    if (kind == ATTUNE_TEXT_COLUMN)
        return (struct way){text ? fill_texts : NULL, sizeof(char *), "texts"};
    return (struct way){text                                ? fill_levels
                        : view->layout == ATTUNE_LAYOUT_I32 ? fill_codes
                                                            : NULL,
                        4, "levels: texts, or their I32 codes"};
}

static attune_status check_view(const struct viewing *v, const struct way *way)
{
    const attune_column_view *view = v->view;
    const char *name = v->input->name;
    if (!way->fill)
        return attune_fail(v->error, ATTUNE_INVALID, "column \"%s\": the model needs %s", name,
                           way->wanted);
    if (is_text(view) ? !view->offsets : !view->values)
        return attune_fail(v->error, ATTUNE_INVALID, "column \"%s\": there are no %s", name,
                           is_text(view) ? "offsets" : "values");
    return ATTUNE_OK;
}

attune_status attune_view_column(attune_column **column, const attune_schema_column *input,
                                 const attune_column_view *view, int64_t n_rows,
                                 attune_error *error)
{
    struct viewing v = {.input = input, .view = view, .n_rows = n_rows, .error = error};
    struct way way = way_of(input->kind, view);
    int64_t bytes = 0;
    attune_status status = check_view(&v, &way);
    if (!status && input->kind == ATTUNE_TEXT_COLUMN)
        status = measure_texts(&v, &bytes);
    if (status)
        return status;
    v.buffer = attune_buffer_new(n_rows * way.size + bytes, error);
    status = v.buffer ? way.fill(&v) : ATTUNE_MEMORY;
    if (!status) {
        const void *values = attune_buffer_bytes(v.buffer);
        attune_key id = attune_column_content(input->kind, n_rows, values, 1, input->levels);
        *column = attune_column_new(input->name, input->kind, id, n_rows, v.buffer, values, 1,
                                    input->levels, error);
        status = *column ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    attune_buffer_free(v.buffer);
    return status;
}
