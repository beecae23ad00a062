/* steps/numeric/minimise.h - the minimum of a smooth function within bounds.
 *
 * A quasi-Newton method that remembers its last 32 moves (L-BFGS), on the variables that no bound
 * holds, and a backtracking search along the path that is projected onto the bounds. The same start
 * gives the same end. Source: Bertsekas (1982), Projected Newton methods.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_NUMERIC_MINIMISE_H
#define ATTUNE_STEPS_NUMERIC_MINIMISE_H

#include "spaces/base/status.h"

/* Value and gradient at x; an infinite value says that x cannot be. */
typedef attune_status (*attune_minimise_function)(void *user, const double *x, double *value,
                                                  double *gradient, attune_error *error);

typedef struct attune_minimise_options {
    int64_t n; /* variables */
    const double *low, *high;
    int64_t max_iter; /* steps */
    double tolerance; /* of the projected gradient's largest item */
} attune_minimise_options;

/* x: the start, which must be within bounds and have a finite value; then the best found. *value:
 * there. INVALID: no finite value at the start. Hands up what the function fails with. O(64 n)
 * a step, and the function. */
attune_status attune_minimise(const attune_minimise_options *options,
                              attune_minimise_function function, void *user, double *x,
                              double *value, attune_error *error);

#endif
