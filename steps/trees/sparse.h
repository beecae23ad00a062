/* steps/trees/sparse.h - columns that mostly have one code: of each row only what differs is kept.
 *
 * A row adds to the cells of its other codes; the cell of a column's usual code is what is left of
 * the node's total.
 * Thread class: shared read-only, as the bins that own it. */
#ifndef ATTUNE_STEPS_TREES_SPARSE_H
#define ATTUNE_STEPS_TREES_SPARSE_H

#include "spaces/base/status.h"

#include <stdint.h>

struct attune_bins;

enum { ATTUNE_SPARSE_STEP = 4 /* entries that are added at a time */ };

typedef struct attune_sparse {
    int32_t n_columns; /* mostly of one code; 0: none, for rows would not be much shorter */
    int32_t n_dense;   /* the other columns */
    int32_t *columns;  /* n_columns, then n_dense; each ascending */
    uint8_t *usual;    /* n_columns: the code that most rows have */
    int64_t *begin;    /* rows + 1: the first entry of each */
    int32_t *cells;    /* of each entry; a row is filled up to whole steps with cells that nobody
                          reads,    which stand behind those of all columns */
} attune_sparse;

/* Finds the columns of what is binned. O(rows * columns). */
attune_status attune_sparse_make(attune_sparse *sparse, const struct attune_bins *bins,
                                 attune_error *error);
void attune_sparse_clear(attune_sparse *sparse);
int64_t attune_sparse_bytes(const attune_sparse *sparse, int64_t n);
/* How many additions a row takes, with those to the other columns; INT64_MAX: it has no entries. */
int64_t attune_sparse_work(const attune_sparse *sparse, int64_t n);
/* Adds the entries of rows to cells, which are 0. */
void attune_sparse_add(const attune_sparse *sparse, const int32_t *rows, int64_t n,
                       const int32_t *packed, int64_t *cells);
/* Sets the cells of usual codes. total: of the rows that were added. O(cells). */
void attune_sparse_finish(const attune_sparse *sparse, const int32_t *first, int64_t total,
                          int64_t *cells);

#endif
