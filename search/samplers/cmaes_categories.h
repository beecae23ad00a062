/* search/samplers/cmaes_categories.h - probabilities of categories that learn from the better half.
 *
 * A vector of probabilities for each nominal dimension, moved along the natural gradient by a step
 * that adapts to how steady its direction is (Akimoto et al. 2019, arXiv 1905.08537), with a margin
 * for every category.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_CMAES_CATEGORIES_H
#define ATTUNE_SEARCH_SAMPLERS_CMAES_CATEGORIES_H

#include "spaces/base/stream.h"
#include "spaces/space.h"

typedef struct attune_cma_categories {
    int64_t n;               /* nominal dimensions */
    int64_t *first;          /* n + 1: where each begins in the arrays below */
    double *chances;         /* probabilities, dimension after dimension */
    double *gradient, *path; /* as many */
    int64_t *values;         /* n: room for the caller */
    double margin;           /* of leaving the likeliest category */
    double step, gain;       /* of the next move; how much of the path is made of noise */
} attune_cma_categories;

/* From the distributions of these dimensions of the space. */
attune_status attune_cma_categories_init(attune_cma_categories *categories,
                                         const attune_space *space, const int64_t *dimensions,
                                         int64_t n, double margin, attune_error *error);
void attune_cma_categories_clear(attune_cma_categories *categories);

/* One category for each dimension. */
void attune_cma_categories_draw(const attune_cma_categories *categories, attune_stream *stream,
                                int64_t *values);

/* A generation: samples with their weights, in sum 1; a value of -1 says nothing. */
void attune_cma_categories_begin(attune_cma_categories *categories);
void attune_cma_categories_add(attune_cma_categories *categories, const int64_t *values,
                               double weight);
void attune_cma_categories_end(attune_cma_categories *categories);
/* Or instead of the end: moves this share of the way to the samples' own frequencies. */
void attune_cma_categories_lean(attune_cma_categories *categories, double share);

#endif
