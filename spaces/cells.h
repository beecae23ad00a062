/* spaces/cells.h - the unit interval cut into cells, one for each of n values.
 *
 * What the discrete distributions are made of: cell i is [edges[i], edges[i + 1]), none is empty,
 * and finding the cell of u is exact, so that a value and the middle of its cell agree to the bit.
 * Thread class: shared read-only once made. */
#ifndef ATTUNE_SPACES_CELLS_H
#define ATTUNE_SPACES_CELLS_H

#include "spaces/base/status.h"

typedef struct attune_cells {
    double *edges; /* n + 1, strictly increasing from 0 to 1; owned */
    int64_t n;
} attune_cells;

/* Cells in proportion to weights (NULL: equal ones), each above 0. INVALID when one of them is so
 * small that its cell would be empty. What cells held is freed. O(n). */
attune_status attune_cells_make(attune_cells *cells, const double *weights, int64_t n,
                                attune_error *error);
void attune_cells_clear(attune_cells *cells);

/* The cell that u in [0, 1] falls in; the last one for u = 1. O(log n). */
int64_t attune_cells_find(const attune_cells *cells, double u);

/* The index as a random variable: P(I <= x), P(I = x), mean and variance. */
double attune_cells_cdf(const attune_cells *cells, double x);
double attune_cells_pdf(const attune_cells *cells, double x);
double attune_cells_mean(const attune_cells *cells);
double attune_cells_variance(const attune_cells *cells);

#endif
