/* search/samplers/low_discrepancy.h - points that fill the unit cube evenly, any one by its index.
 *
 * Scrambled, so that every study has its own and each coordinate is uniform on (0, 1); a
 * coordinate depends on the seed, its dimension and the index alone.
 * Thread class: a table of directions is shared read-only once made. */
#ifndef ATTUNE_SEARCH_SAMPLERS_LOW_DISCREPANCY_H
#define ATTUNE_SEARCH_SAMPLERS_LOW_DISCREPANCY_H

#include "spaces/base/key.h"

enum { ATTUNE_SOBOL_BITS = 32, ATTUNE_SOBOL_DIMENSIONS = 1024 };

typedef struct attune_sobol {
    uint32_t (*directions)[ATTUNE_SOBOL_BITS]; /* of n_dimensions */
    uint64_t *seeds;                           /* of n_dimensions */
    int64_t n_dimensions;
} attune_sobol;

/* Any number of dimensions; those above ATTUNE_SOBOL_DIMENSIONS are independent draws. */
attune_status attune_sobol_init(attune_sobol *sobol, int64_t n_dimensions, attune_key seed,
                                attune_error *error);
void attune_sobol_clear(attune_sobol *sobol);
/* Coordinates (n_dimensions) of point index in [0, 2^32). */
void attune_sobol_point(const attune_sobol *sobol, uint32_t index, double *unit);

/* Coordinate `dimension` of point index of a scrambled Halton sequence, in base `prime`. */
double attune_halton(attune_key seed, int64_t dimension, uint32_t prime, uint64_t index);

#endif
