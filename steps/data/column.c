/* steps/data/column.c - buffers, levels and columns: the counted parts of a data set. */
#include "spaces/base/number.h"
#include "spaces/base/pages.h"
#include "spaces/base/share.h"
#include "steps/data/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct attune_buffer {
    int64_t count, size;
    void *bytes; /* 64-byte aligned */
};

static const char *const kind_words[] = {"real", "nominal", "datetime", "text"};

const char *attune_kind_word(attune_kind kind)
{
    return kind_words[kind];
}

bool attune_kind_from_word(const char *word, attune_kind *kind)
{
    for (int i = 0; i < ATTUNE_KINDS; i++)
        if (strcmp(kind_words[i], word) == 0) {
            *kind = (attune_kind)i;
            return true;
        }
    return false;
}

const char *attune_role_word(attune_role role)
{
    static const char *const words[] = {"input", "target", "id",    "group",
                                        "time",  "weight", "ignore"};
    return words[role];
}

const char *attune_task_word(attune_task task)
{
    static const char *const words[] = {"none", "regression", "binary", "multiclass"};
    return words[task];
}

attune_buffer *attune_buffer_new(int64_t bytes, attune_error *error)
{
    attune_buffer *buffer = attune_alloc(1, sizeof *buffer, error);
    if (!buffer)
        return NULL;
    size_t size = bytes > 0 ? ((size_t)bytes + 63) & ~(size_t)63 : 64;
    buffer->bytes = bytes < 0 ? NULL : aligned_alloc(64, size);
    if (!buffer->bytes) {
        free(buffer);
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a buffer of %lld bytes",
                    (long long)bytes);
        return NULL;
    }
    attune_pages_touch(buffer->bytes, (int64_t)size);
    memset(buffer->bytes, 0, size);
    buffer->count = 1;
    buffer->size = bytes;
    return buffer;
}

void *attune_buffer_bytes(attune_buffer *buffer)
{
    return buffer->bytes;
}

int64_t attune_buffer_size(const attune_buffer *buffer)
{
    return buffer->size;
}

attune_buffer *attune_buffer_ref(attune_buffer *buffer)
{
    if (buffer)
        attune_share_take(&buffer->count);
    return buffer;
}

void attune_buffer_free(attune_buffer *buffer)
{
    if (!buffer || !attune_share_give(&buffer->count))
        return;
    free(buffer->bytes);
    free(buffer);
}

attune_levels *attune_levels_new(const char *const *names, int32_t n, attune_error *error)
{
    attune_levels *levels = attune_alloc(1, sizeof *levels, error);
    if (!levels)
        return NULL;
    levels->count = 1;
    levels->names = attune_alloc(n, sizeof *levels->names, error);
    for (; levels->names && levels->n < n; levels->n++)
        if (!(levels->names[levels->n] = attune_copy_text(names[levels->n], error)))
            break;
    if (levels->names && levels->n == n)
        return levels;
    attune_levels_free(levels);
    return NULL;
}

attune_levels *attune_levels_ref(attune_levels *levels)
{
    if (levels)
        attune_share_take(&levels->count);
    return levels;
}

void attune_levels_free(attune_levels *levels)
{
    if (!levels || !attune_share_give(&levels->count))
        return;
    for (int32_t i = 0; i < levels->n; i++)
        free(levels->names[i]);
    free(levels->names);
    free(levels);
}

int attune_level_order(const char *a, const char *b)
{
    double x = 0, y = 0;
    bool a_number = attune_real_read(a, (int64_t)strlen(a), &x) && !isnan(x);
    bool b_number = attune_real_read(b, (int64_t)strlen(b), &y) && !isnan(y);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number && x != y)
        return x < y ? -1 : 1;
    return strcmp(a, b);
}

int32_t attune_levels_find(const attune_levels *levels, const char *name)
{
    int32_t low = 0, high = levels->n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = attune_level_order(levels->names[middle], name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ATTUNE_CODE_UNSEEN;
}

attune_column *attune_column_new(const char *name, attune_kind kind, attune_key id, int64_t n_rows,
                                 attune_buffer *buffer, const void *values, int64_t stride,
                                 attune_levels *levels, attune_error *error)
{
    attune_column *column = attune_alloc(1, sizeof *column, error);
    if (!column)
        return NULL;
    column->name = attune_copy_text(name, error);
    if (!column->name) {
        free(column);
        return NULL;
    }
    column->count = 1;
    column->id = id;
    column->kind = kind;
    column->n_rows = n_rows;
    column->buffer = attune_buffer_ref(buffer);
    column->stride = stride;
    column->reals = values; /* every member of the union is such a pointer */
    column->levels = attune_levels_ref(levels);
    return column;
}

attune_column *attune_column_ref(attune_column *column)
{
    attune_share_take(&column->count);
    return column;
}

void attune_column_free(attune_column *column)
{
    if (!column || !attune_share_give(&column->count))
        return;
    free(column->name);
    attune_buffer_free(column->buffer);
    attune_levels_free(column->levels);
    free(column);
}

static attune_key texts_content(attune_key key, const char *const *texts, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        key = attune_key_text(key, texts[i]);
    return key;
}

enum { KEY_BLOCK = 1024 };

attune_key attune_column_content(attune_kind kind, int64_t n_rows, const void *values,
                                 int64_t stride, const attune_levels *levels)
{
    static const int64_t sizes[ATTUNE_KINDS] = {8, 4, 8, 8};
    attune_key key = attune_key_start("column");
    key = attune_key_integer(key, kind);
    key = attune_key_integer(key, n_rows);
    if (levels)
        key = texts_content(key, (const char *const *)levels->names, levels->n);
    if (kind == ATTUNE_TEXT_COLUMN)
        return texts_content(key, values, n_rows);
    /* Block by block, so that a strided column has the key of the same values side by side. */
    char dense[8 * KEY_BLOCK];
    for (int64_t start = 0; start < n_rows; start += KEY_BLOCK) {
        int64_t n = n_rows - start < KEY_BLOCK ? n_rows - start : KEY_BLOCK;
        const char *from = (const char *)values + start * stride * sizes[kind];
        for (int64_t i = 0; i < n && stride != 1; i++)
            memcpy(dense + i * sizes[kind], from + i * stride * sizes[kind], (size_t)sizes[kind]);
        key = attune_key_bytes(key, stride == 1 ? from : dense, n * sizes[kind]);
    }
    return key;
}

bool attune_column_missing(const attune_column *column, int64_t row)
{
    int64_t at = row * column->stride;
    switch (column->kind) {
    case ATTUNE_REAL_COLUMN:
        return isnan(column->reals[at]);
    case ATTUNE_NOMINAL_COLUMN:
        return column->codes[at] == ATTUNE_CODE_MISSING;
    case ATTUNE_DATETIME_COLUMN:
        return column->times[at] == ATTUNE_TIME_MISSING;
    case ATTUNE_TEXT_COLUMN:
    case ATTUNE_KINDS:
        break;
    }
    return !column->texts[at];
}
