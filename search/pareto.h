/* search/pareto.h - which of several results are better when they are measured in several ways.
 *
 * Rows of m values, smaller is better in each. Beside its values a row has a violation: 0 when it
 * keeps every constraint, else by how much it does not; infinity for one that has no values. A row
 * that keeps all is better than any that does not; of two that do not, the one that breaks less.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PARETO_H
#define ATTUNE_SEARCH_PARETO_H

#include "spaces/base/status.h"

/* Whether a is nowhere worse than b and somewhere better. */
bool attune_dominates(const double *a, const double *b, int64_t m);

/* The best `most` of n rows into order, best first: front after front, within a front those that
 * stand alone before those in a crowd (crowding distance), then what breaks a constraint. Ties go
 * to the lower row. The others follow, in any order that is the same each time: order has room for
 * n. violations NULL: all are 0. O(n log n + n f) for fronts of f rows. Source: Deb et al. 2002,
 * NSGA-II. */
attune_status attune_pareto_order(const double *values, const double *violations, int64_t n,
                                  int64_t m, int64_t most, int64_t *order, attune_error *error);

/* front[i]: 1 where row i keeps all and none dominates it, else 0. O(n log n + n f). */
attune_status attune_pareto_front(const double *values, const double *violations, int64_t n,
                                  int64_t m, uint8_t *front, attune_error *error);

#endif
