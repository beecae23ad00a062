/* search/samplers/cmaes_prior.h - where evolution begins when an older study's results are known.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_CMAES_PRIOR_H
#define ATTUNE_SEARCH_SAMPLERS_CMAES_PRIOR_H

#include "search/sampler.h"

/* The best tenth of the older results: rows of the history, the best first, to be freed. *n: how
 * many, 0 when there are none. NULL: MEMORY. */
int64_t *attune_cma_prior_best(const attune_history *history, int64_t *n, attune_error *error);

/* Mean and standard deviation of a coordinate over these rows, somewhat wider for what the older
 * study may have missed. False: no row has the dimension. */
bool attune_cma_prior_place(const attune_history *history, const int64_t *rows, int64_t n,
                            int64_t dimension, double *mean, double *deviation);

#endif
