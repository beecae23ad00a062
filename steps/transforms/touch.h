/* steps/transforms/touch.h - what transforms have in common: the columns they touch, and the ones
 * they make.
 *
 * In fit a transform selects its columns and keeps their names; in transform it finds them again
 * by those names, wherever they are by then. New real columns of one step lie side by side in one
 * row-major block, so that a model that follows gets its matrix without a copy.
 *
 *     attune_touched touched = {0};
 *     attune_block block = {0};
 *     attune_change change = {0};
 *     ...attune_touched_find, attune_block_make, attune_change_begin...
 *     status = attune_change_replace_take(&change, touched.index[i],
 *                                         attune_block_column(&block, i, name, id, error));
 *     ...attune_change_finish, and the three _clear.
 *
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_TRANSFORMS_TOUCH_H
#define ATTUNE_STEPS_TRANSFORMS_TOUCH_H

#include "spaces/base/array.h"
#include "steps/context.h"

typedef struct attune_touched {
    const attune_data *data; /* borrowed */
    int64_t *index;          /* of columns in data; owned */
    int64_t n;
} attune_touched;

/* Fit: the inputs of the kinds in a mask (1 << kind) that the step is asked to touch; their names
 * are appended to names. */
attune_status attune_touched_select(attune_touched *touched, const attune_data *data,
                                    unsigned kinds, const attune_context *context,
                                    attune_texts *names, attune_error *error);

/* Transform: the same columns by name. INVALID, with the name: not there, no input, another kind.
 * O(n log columns). */
attune_status attune_touched_find(attune_touched *touched, const attune_data *data,
                                  attune_kind kind, const attune_texts *names,
                                  const attune_context *context, attune_error *error);

/* Touched column i, borrowed from the data. */
const attune_column *attune_touched_column(const attune_touched *touched, int64_t i);
void attune_touched_clear(attune_touched *touched);

/* n columns of n_rows side by side, zeroed; row r, column k: values[r * stride + k]. The stride is
 * padded as steps/numeric/numeric.h asks. */
typedef struct attune_block {
    attune_buffer *buffer; /* a share */
    double *values;
    int64_t n_rows, n, stride;
} attune_block;

/* Makes a block; its column k as a column of its own (a share); gives the block's share back. */
attune_status attune_block_make(attune_block *block, int64_t n_rows, int64_t n,
                                attune_error *error);
attune_column *attune_block_column(const attune_block *block, int64_t k, const char *name,
                                   attune_key id, attune_error *error);
void attune_block_clear(attune_block *block);

/* How many rows of a block are written before the next source column is read. */
enum { ATTUNE_BLOCK_ROWS = 256 };

/* What becomes of the columns of data. Columns are taken, NULL (no memory) too: that is MEMORY. */
typedef struct attune_change {
    const attune_data *data; /* borrowed */
    attune_column **replace, **added;
    uint8_t *drop;
    int64_t n_added;
} attune_change;

/* Begin, then any number of replacements and additions, then finish: *out gets a share. */
attune_status attune_change_begin(attune_change *change, const attune_data *data,
                                  int64_t most_added, attune_error *error);
attune_status attune_change_replace_take(attune_change *change, int64_t index,
                                         attune_column *column);
attune_status attune_change_add_take(attune_change *change, attune_column *column);
attune_status attune_change_finish(const attune_change *change, attune_data **out,
                                   attune_error *error);
void attune_change_clear(attune_change *change);

/* The finite values of a real column in the selected rows, in their order; values has room for
 * rows->n. Returns how many. */
int64_t attune_finite_values(const attune_column *column, const attune_rows *rows, double *values);

/* Mean and population standard deviation of n finite values: in two passes, without overflow. Both
 * are 0 when n is 0. A deviation that is within rounding of the mean is 0. */
void attune_mean_and_deviation(const double *values, int64_t n, double *mean, double *deviation);

/* The whole fit of a step that learns from real columns one by one: names get those it touches,
 * each of n_arrays an item a column, which learn sets for column i from its n finite values. */
typedef void (*attune_learn)(void *self, int64_t i, const double *values, int64_t n);
attune_status attune_learn_reals(attune_texts *names, attune_array *const *arrays, int64_t n_arrays,
                                 attune_learn learn, void *self, const attune_data *data,
                                 const attune_rows *rows, const attune_context *context,
                                 attune_error *error);

/* The whole transform of a step that maps real columns one by one: map writes n values of touched
 * column i; it must do each alone. Strides count items. */
typedef void (*attune_map)(const void *self, int64_t i, int64_t n, const double *from,
                           int64_t from_stride, double *to, int64_t to_stride);
attune_status attune_map_reals(const attune_texts *names, attune_map map, const void *self,
                               const attune_data *data, const attune_context *context,
                               attune_data **out, attune_error *error);

/* Makes new names differ from one another and from those of data, by _2, _3, ... O(n log n). */
attune_status attune_names_make_unique(attune_texts *names, const attune_data *data,
                                       attune_error *error);

#endif
