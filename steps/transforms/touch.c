/* steps/transforms/touch.c - the columns a transform touches, and the ones it makes. */
#include "steps/transforms/touch.h"

#include "steps/numeric/numeric.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_touched_select(attune_touched *touched, const attune_data *data,
                                    unsigned kinds, const attune_context *context,
                                    attune_texts *names, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    touched->data = data;
    touched->index = attune_alloc(data->n_columns, sizeof *touched->index, error);
    if (!touched->index)
        return ATTUNE_MEMORY;
    touched->n = attune_context_select(context, data, kinds, touched->index);
    for (int64_t i = 0; i < touched->n && !status; i++)
        status = attune_texts_add(names, attune_touched_column(touched, i)->name, error);
    return status;
}

static attune_status check_found(const attune_data *data, int64_t index, attune_kind kind,
                                 const char *name, const attune_context *context,
                                 attune_error *error)
{
    if (index < 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s: column \"%s\" is missing; it was there in the training data",
                           context->name, name);
    if (data->roles[index] != ATTUNE_INPUT)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s: column \"%s\" is no input here; it was one in the training data",
                           context->name, name);
    if (data->columns[index]->kind != kind)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s: column \"%s\" is %s; it was %s in the training data", context->name,
                           name, attune_kind_word(data->columns[index]->kind),
                           attune_kind_word(kind));
    return ATTUNE_OK;
}

attune_status attune_touched_find(attune_touched *touched, const attune_data *data,
                                  attune_kind kind, const attune_texts *names,
                                  const attune_context *context, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    touched->data = data;
    touched->n = names->n;
    touched->index = attune_alloc(names->n, sizeof *touched->index, error);
    if (!touched->index)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < names->n && !status; i++) {
        touched->index[i] = attune_data_find(data, names->items[i]);
        status = check_found(data, touched->index[i], kind, names->items[i], context, error);
    }
    return status;
}

const attune_column *attune_touched_column(const attune_touched *touched, int64_t i)
{
    return touched->data->columns[touched->index[i]];
}

void attune_touched_clear(attune_touched *touched)
{
    free(touched->index);
    memset(touched, 0, sizeof *touched);
}

attune_status attune_block_make(attune_block *block, int64_t n_rows, int64_t n, attune_error *error)
{
    int64_t stride = attune_padded(n), bytes = 0;
    if (__builtin_mul_overflow(n_rows, stride, &bytes) || __builtin_mul_overflow(bytes, 8, &bytes))
        return attune_fail(error, ATTUNE_MEMORY, "%lld columns of %lld rows are too many",
                           (long long)n, (long long)n_rows);
    attune_buffer *buffer = attune_buffer_new(bytes, error);
    if (!buffer)
        return ATTUNE_MEMORY;
    *block = (attune_block){buffer, attune_buffer_bytes(buffer), n_rows, n, stride};
    return ATTUNE_OK;
}

attune_column *attune_block_column(const attune_block *block, int64_t k, const char *name,
                                   attune_key id, attune_error *error)
{
    return attune_column_new(name, ATTUNE_REAL_COLUMN, id, block->n_rows, block->buffer,
                             block->values + k, block->stride, NULL, error);
}

void attune_block_clear(attune_block *block)
{
    attune_buffer_free(block->buffer);
    memset(block, 0, sizeof *block);
}

attune_status attune_change_begin(attune_change *change, const attune_data *data,
                                  int64_t most_added, attune_error *error)
{
    *change = (attune_change){.data = data};
    change->replace = attune_alloc(data->n_columns, sizeof *change->replace, error);
    change->drop = attune_alloc(data->n_columns, sizeof *change->drop, error);
    change->added = attune_alloc(most_added, sizeof *change->added, error);
    return change->replace && change->drop && change->added ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_change_replace_take(attune_change *change, int64_t index,
                                         attune_column *column)
{
    change->replace[index] = column;
    return column ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_change_add_take(attune_change *change, attune_column *column)
{
    if (!column)
        return ATTUNE_MEMORY;
    change->added[change->n_added++] = column;
    return ATTUNE_OK;
}

attune_status attune_change_finish(const attune_change *change, attune_data **out,
                                   attune_error *error)
{
    attune_error problem = {0};
    attune_data *made = attune_data_with(change->data, change->replace, change->drop, change->added,
                                         change->n_added, &problem);
    if (!made)
        return attune_fail(error, problem.status, "%s", problem.message);
    *out = made;
    return ATTUNE_OK;
}

void attune_change_clear(attune_change *change)
{
    for (int64_t i = 0; change->replace && i < change->data->n_columns; i++)
        attune_column_free(change->replace[i]);
    for (int64_t i = 0; i < change->n_added; i++)
        attune_column_free(change->added[i]);
    free(change->replace);
    free(change->drop);
    free(change->added);
    memset(change, 0, sizeof *change);
}

int64_t attune_finite_values(const attune_column *column, const attune_rows *rows, double *values)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        double x = column->reals[rows->index[i] * column->stride];
        values[n] = x;
        n += isfinite(x) != 0;
    }
    return n;
}

void attune_mean_and_deviation(const double *values, int64_t n, double *mean, double *deviation)
{
    double count = (double)n, far = 0, squares = 0, rest = 0;
    *mean = *deviation = 0;
    if (n == 0)
        return;
    double middle = attune_sum(values, n) / count;
    bool overflowed = !isfinite(middle);
    if (overflowed)
        middle = 0;
    for (int64_t i = 0; overflowed && i < n; i++)
        middle += values[i] / count;
    for (int64_t i = 0; i < n; i++) {
        rest += (values[i] - middle) / count;
        far = fmax(far, fabs(values[i] - middle));
    }
    middle += rest; /* what rounding had taken away */
    *mean = middle;
    if (far == 0 || !isfinite(far))
        far = 1;
    for (int64_t i = 0; i < n; i++) {
        double d = (values[i] - middle) / far;
        squares += d * d;
    }
    double spread = far * sqrt(squares / count);
    *deviation = spread <= fabs(middle) * (count * DBL_EPSILON) ? 0 : fmin(spread, DBL_MAX);
}

/* A set of names that are taken: open addressing, half full at most. */
struct taken {
    const char **names;
    uint64_t mask;
};

/* Where name is, or the free place for it. */
static const char **place_of(const struct taken *taken, const char *name)
{
    uint64_t at = attune_key_text(attune_key_start("name"), name).low & taken->mask;
    while (taken->names[at] && strcmp(taken->names[at], name) != 0)
        at = (at + 1) & taken->mask;
    return &taken->names[at];
}

static attune_status make_unique(char **name, const struct taken *taken, const attune_data *data,
                                 attune_error *error)
{
    attune_text other = {0};
    const char *candidate = *name;
    for (int64_t k = 2; *place_of(taken, candidate) || attune_data_find(data, candidate) >= 0;
         k++) {
        attune_text_clear(&other);
        attune_text_printf(&other, "%s_%lld", *name, (long long)k);
        if (other.failed) {
            attune_text_clear(&other);
            return attune_fail(error, ATTUNE_MEMORY, "out of memory: a name");
        }
        candidate = other.bytes;
    }
    if (candidate != *name) {
        free(*name);
        *name = other.bytes;
    }
    *place_of(taken, *name) = *name;
    return ATTUNE_OK;
}

attune_status attune_names_make_unique(attune_texts *names, const attune_data *data,
                                       attune_error *error)
{
    int64_t size = 16;
    attune_status status = ATTUNE_OK;
    while (size < 2 * names->n + 1)
        size *= 2;
    struct taken taken = {attune_alloc(size, sizeof *taken.names, error), (uint64_t)size - 1};
    if (!taken.names)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < names->n && !status; i++)
        status = make_unique(&names->items[i], &taken, data, error);
    free((void *)taken.names);
    return status;
}

attune_status attune_learn_reals(attune_texts *names, attune_array *const *arrays, int64_t n_arrays,
                                 attune_learn learn, void *self, const attune_data *data,
                                 const attune_rows *rows, const attune_context *context,
                                 attune_error *error)
{
    attune_touched touched = {0};
    double *values = attune_alloc(rows->n, sizeof *values, error);
    attune_status status = values ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status =
            attune_touched_select(&touched, data, 1u << ATTUNE_REAL_COLUMN, context, names, error);
    for (int64_t k = 0; k < n_arrays && !status; k++)
        status = attune_array_make_1d(arrays[k], ATTUNE_ARRAY_F64, touched.n, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        int64_t n = attune_finite_values(attune_touched_column(&touched, i), rows, values);
        learn(self, i, values, n);
        status = attune_context_stop(context, error);
    }
    attune_touched_clear(&touched);
    free(values);
    return status;
}

static attune_status map_block(const attune_touched *touched, const attune_block *block,
                               attune_map map, const void *self, const attune_context *context,
                               attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t start = 0; start < block->n_rows && !status; start += ATTUNE_BLOCK_ROWS) {
        int64_t left = block->n_rows - start,
                n = left < ATTUNE_BLOCK_ROWS ? left : ATTUNE_BLOCK_ROWS;
        for (int64_t c = 0; c < block->n; c++) {
            const attune_column *column = attune_touched_column(touched, c);
            map(self, c, n, column->reals + start * column->stride, column->stride,
                block->values + start * block->stride + c, block->stride);
        }
        status = attune_context_stop(context, error);
    }
    return status;
}

attune_status attune_map_reals(const attune_texts *names, attune_map map, const void *self,
                               const attune_data *data, const attune_context *context,
                               attune_data **out, attune_error *error)
{
    attune_touched touched = {0};
    attune_block block = {0};
    attune_change change = {0};
    attune_status status =
        attune_touched_find(&touched, data, ATTUNE_REAL_COLUMN, names, context, error);
    if (!status)
        status = attune_block_make(&block, data->n_rows, touched.n, error);
    if (!status)
        status = map_block(&touched, &block, map, self, context, error);
    if (!status)
        status = attune_change_begin(&change, data, 0, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        attune_key id = attune_context_derive(context, attune_touched_column(&touched, i)->id, 0);
        status = attune_change_replace_take(
            &change, touched.index[i], attune_block_column(&block, i, names->items[i], id, error));
    }
    if (!status)
        status = attune_change_finish(&change, out, error);
    attune_change_clear(&change);
    attune_block_clear(&block);
    attune_touched_clear(&touched);
    return status;
}
