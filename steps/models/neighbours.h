/* steps/models/neighbours.h - the nearest training rows of a row, found by looking at all of them.
 *
 * Training rows stand in tiles of sixteen side by side: item (row, column) is at
 * tiles[(row / 16 * p + column) * 16 + row % 16]. Each distance is summed column by column,
 * whatever rows are asked for at the same time, so that a row alone gives the same bits. libm only.
 * Thread class: pure; a table is shared read-only once made, and counted. */
#ifndef ATTUNE_STEPS_MODELS_NEIGHBOURS_H
#define ATTUNE_STEPS_MODELS_NEIGHBOURS_H

#include "steps/context.h"

enum { ATTUNE_TILE_ROWS = 16 };

typedef enum attune_distance {
    ATTUNE_EUCLIDEAN,
    ATTUNE_MANHATTAN,
    ATTUNE_CHEBYSHEV,
    ATTUNE_COSINE, /* 1 - cosine; training rows have length 1, or are 0 */
    ATTUNE_DISTANCES
} attune_distance;

typedef struct attune_training_rows {
    const double *tiles; /* borrowed; the last tile is filled up with zeros */
    int64_t n, p;        /* n <= INT32_MAX */
    attune_distance distance;
} attune_training_rows;

typedef struct attune_neighbours {
    int64_t count, n, k;
    int32_t *row;     /* n x k, nearest first; of two as near the lower number */
    double *distance; /* n x k */
} attune_neighbours;

/* The k nearest (at most training->n) of the selected rows of a finite matrix. A share; asks
 * context whether to stop. O(rows n p). */
attune_status attune_neighbours_new(attune_neighbours **neighbours,
                                    const attune_training_rows *training,
                                    const attune_matrix *matrix, const int64_t *index, int64_t n,
                                    int64_t k, const attune_context *context, attune_error *error);

/* For the door to shared work. */
extern const attune_shared_kind attune_neighbours_kind;
void attune_neighbours_free(attune_neighbours *neighbours); /* NULL-safe; gives a share back */

/* Makes a row one of length 1, in place; zeros stay. */
void attune_neighbours_unit(double *x, int64_t p);

#endif
