/* search/samplers/gp_limits.h - how likely a point is to keep the constraints of a study.
 *
 * A Gaussian process for each constraint, over the rows that the process of the objective has. What
 * is followed is asinh of the constraint's value over its middle size: values far from the edge
 * would flatten what is near it.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_GP_LIMITS_H
#define ATTUNE_SEARCH_SAMPLERS_GP_LIMITS_H

#include "search/samplers/gp_model.h"

typedef struct attune_gp_limits {
    int64_t n, d, capacity;
    attune_gp *models;  /* n */
    double *parameters; /* n x (d + 2) */
    double *edges;      /* n: where 0 is among what is followed; infinity: all keep it */
    int64_t n_fitted;   /* size of the history that parameters are of */
    double *points, *values, *room;
} attune_gp_limits;

/* Takes in a history: rows are those of the objective's process, the known ones first; parameters
 * are fitted anew when size (a size of the history) is another. Zeroed at first. */
attune_status attune_gp_limits_update(attune_gp_limits *limits, const attune_history *history,
                                      const uint8_t *nominal, const int64_t *rows, int64_t n_known,
                                      int64_t n_rows, int64_t size, attune_error *error);
void attune_gp_limits_clear(attune_gp_limits *limits);

/* Adds the logarithm of the probability that all are kept at m points (m x d) to scores. */
void attune_gp_limits_add(const attune_gp_limits *limits, const double *points, int64_t m,
                          double *mean, double *deviation, double *scores);

#endif
