/* search/samplers/scalar.h - several objectives as one, for models that know one.
 *
 * ParEGO (Knowles 2006): each job weighs the objectives by draws of its own, keyed by the study and
 * the job, and is given the point that is best so weighed; many jobs cover the front. Objectives
 * are scaled to the range of the best front so far before they are weighed (augmented Chebyshev).
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_SCALAR_H
#define ATTUNE_SEARCH_SAMPLERS_SCALAR_H

#include "search/sampler.h"

/* Room that is kept between calls; zeroed at first. */
typedef struct attune_scalar {
    double *values;
    int64_t capacity;
} attune_scalar;

/* The history with one objective: that of history->n. Borrows scalar until the next call; rows that
 * failed or are not known have NaN. */
attune_status attune_scalar_history(attune_scalar *scalar, const attune_history *history,
                                    attune_history *one, attune_error *error);
void attune_scalar_clear(attune_scalar *scalar);

#endif
