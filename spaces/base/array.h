/* spaces/base/array.h - a typed array of up to three dimensions: what a fitted step learns.
 * Thread class: one per thread; a fitted one is shared read-only. */
#ifndef ATTUNE_SPACES_BASE_ARRAY_H
#define ATTUNE_SPACES_BASE_ARRAY_H

#include "spaces/base/status.h"

typedef enum attune_array_type {
    ATTUNE_ARRAY_F64,
    ATTUNE_ARRAY_F32,
    ATTUNE_ARRAY_I64,
    ATTUNE_ARRAY_I32,
    ATTUNE_ARRAY_U8,
    ATTUNE_ARRAY_TYPES
} attune_array_type;

typedef struct attune_array {
    attune_array_type type;
    int n_dims;       /* 0: a scalar */
    int64_t shape[3]; /* of n_dims; row-major */
    union {
        void *data; /* owned; NULL: not fitted */
        double *f64;
        float *f32;
        int64_t *i64;
        int32_t *i32;
        uint8_t *u8;
    };
} attune_array;

size_t attune_array_item_size(attune_array_type type);
int64_t attune_array_count(const attune_array *array); /* of items; 0 when not fitted */

/* Zeroed items; what array held is freed. A dimension may be 0. MEMORY when the product is too
 * large, INVALID when there are more than three dimensions. */
attune_status attune_array_make(attune_array *array, attune_array_type type, int n_dims,
                                const int64_t shape[], attune_error *error);
attune_status attune_array_make_1d(attune_array *array, attune_array_type type, int64_t n,
                                   attune_error *error);
attune_status attune_array_make_2d(attune_array *array, attune_array_type type, int64_t rows,
                                   int64_t columns, attune_error *error);
/* Another first dimension; what is kept stays, what is new is 0. Not of a scalar. */
attune_status attune_array_resize(attune_array *array, int64_t n, attune_error *error);
attune_status attune_array_copy(attune_array *to, const attune_array *from, attune_error *error);
void attune_array_clear(attune_array *array);

#endif
