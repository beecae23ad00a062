/* spaces/base/array.c - a typed array of up to three dimensions. */
#include "spaces/base/array.h"

#include <stdlib.h>
#include <string.h>

size_t attune_array_item_size(attune_array_type type)
{
    static const size_t sizes[ATTUNE_ARRAY_TYPES] = {8, 4, 8, 4, 1};
    return sizes[type];
}

int64_t attune_array_count(const attune_array *array)
{
    int64_t count = array->data ? 1 : 0;
    for (int i = 0; i < array->n_dims; i++)
        count *= array->shape[i];
    return count;
}

attune_status attune_array_make(attune_array *array, attune_array_type type, int n_dims,
                                const int64_t shape[], attune_error *error)
{
    attune_array made = {.type = type, .n_dims = n_dims};
    int64_t count = 1;
    if (n_dims < 0 || n_dims > 3)
        return attune_fail(error, ATTUNE_INVALID, "an array of %d dimensions; 0 to 3 can be",
                           n_dims);
    for (int i = 0; i < n_dims; i++) {
        if (shape[i] < 0 || __builtin_mul_overflow(count, shape[i], &count))
            return attune_fail(error, ATTUNE_MEMORY, "an array of impossible size");
        made.shape[i] = shape[i];
    }
    made.data = attune_alloc(count, attune_array_item_size(type), error);
    if (!made.data)
        return ATTUNE_MEMORY;
    attune_array_clear(array);
    *array = made;
    return ATTUNE_OK;
}

attune_status attune_array_make_1d(attune_array *array, attune_array_type type, int64_t n,
                                   attune_error *error)
{
    return attune_array_make(array, type, 1, &n, error);
}

attune_status attune_array_make_2d(attune_array *array, attune_array_type type, int64_t rows,
                                   int64_t columns, attune_error *error)
{
    int64_t shape[] = {rows, columns};
    return attune_array_make(array, type, 2, shape, error);
}

attune_status attune_array_resize(attune_array *array, int64_t n, attune_error *error)
{
    size_t size = attune_array_item_size(array->type);
    int64_t had = attune_array_count(array), count = n;
    bool fits = n >= 0 && array->n_dims > 0;
    for (int i = 1; i < array->n_dims && fits; i++)
        fits = !__builtin_mul_overflow(count, array->shape[i], &count);
    if (!fits)
        return attune_fail(error, ATTUNE_MEMORY, "an array of impossible size");
    void *data = attune_realloc(array->data, count, size, error);
    if (!data)
        return ATTUNE_MEMORY;
    if (count > had)
        memset((char *)data + (size_t)had * size, 0, (size_t)(count - had) * size);
    array->data = data;
    array->shape[0] = n;
    return ATTUNE_OK;
}

attune_status attune_array_copy(attune_array *to, const attune_array *from, attune_error *error)
{
    attune_array copy = {0};
    if (from->data) {
        if (attune_array_make(&copy, from->type, from->n_dims, from->shape, error))
            return ATTUNE_MEMORY;
        memcpy(copy.data, from->data,
               (size_t)attune_array_count(from) * attune_array_item_size(from->type));
    }
    attune_array_clear(to);
    *to = copy;
    return ATTUNE_OK;
}

void attune_array_clear(attune_array *array)
{
    free(array->data);
    memset(array, 0, sizeof *array);
}
