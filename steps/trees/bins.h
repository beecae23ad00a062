/* steps/trees/bins.h - the inputs of some rows as small codes: what trees are grown on.
 *
 * A real column is cut at edges between its values, at most max_bin bins of about as many rows
 * each; where it has no more distinct values than that, each has its own. A nominal column keeps
 * its levels (the most frequent ones when they are too many). Whatever has no bin - a missing
 * value, a rare level - is in the column's last cell.
 *
 * Made once for a fold and shared by every tree, trial and thread through the door to shared work.
 * Its key is made of the ids of the inputs, of the rows, and max_bin.
 * Thread class: shared read-only; counted. */
#ifndef ATTUNE_STEPS_TREES_BINS_H
#define ATTUNE_STEPS_TREES_BINS_H

#include "steps/context.h"
#include "steps/trees/joint.h"
#include "steps/trees/sparse.h"

enum {
    ATTUNE_MOST_BINS = 255, /* of values; one more code is for missing ones */
    ATTUNE_CELLS = 8        /* cells of a column are padded with empty ones to a multiple of this */
};

typedef struct attune_bin_column {
    bool nominal;
    bool missing;     /* some row has no bin: its code is n_bins */
    int32_t n_bins;   /* codes of values are 0 .. n_bins - 1 */
    int32_t n_levels; /* NOMINAL: of the column */
    double *edges;    /* REAL, n_bins: code c is edges[c - 1] < x <= edges[c]; the last is inf */
    int32_t *levels;  /* NOMINAL, n_bins: the level of each code, ascending */
} attune_bin_column;

typedef struct attune_bins {
    int64_t count; /* atomic */
    int64_t n;     /* rows: row i is rows->index[i] of the data */
    int32_t p;     /* inputs, in the order of the data */
    int64_t stride;
    attune_bin_column *columns;
    int32_t *first;       /* p + 1: the first cell of each column; first[p]: cells in all */
    uint8_t *by_row;      /* row i, column c: by_row[i * stride + c] */
    uint8_t *by_column;   /* by_column[c * n + i]; a few bytes more may be read */
    attune_sparse sparse; /* what rows have beside usual codes, where that is little; else */
    attune_joint joint;   /* all columns by groups, where that makes rows shorter */
    int64_t bytes;
} attune_bins;

/* How many bins are worth their time for n rows, where nobody says. */
int64_t attune_bins_default(int64_t n);

/* A share. UNFIT: a DATETIME or TEXT input, no inputs, more than 2^31 - 1 rows. 2 <= max_bin <=
 * ATTUNE_MOST_BINS. O(rows * inputs). */
attune_status attune_bins_get(attune_bins **bins, const attune_data *data, const attune_rows *rows,
                              int64_t max_bin, const attune_context *context, attune_error *error);
attune_bins *attune_bins_ref(attune_bins *bins);
void attune_bins_free(attune_bins *bins);

#endif
