/* search/samplers/gp_model.h - a Gaussian process over points of a space.
 *
 * Matern-5/2 with a length a dimension: ordered dimensions by the distance of their coordinates,
 * nominal ones by whether they differ. An inactive dimension stands at one fixed place (0.5, or a
 * category of its own), so that two points that both lack it are at no distance there.
 * Parameters are logarithms: of each length, the signal's variance, the noise's variance.
 *
 *     gp_model.c  the factor of the covariance, grown a point at a time, and predictions
 *     gp_fit.c    the most likely parameters under their prior
 *     gp_warp.c   results to values that a Gaussian process can follow
 *     gp_search.c the point with the highest expected improvement
 *
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_GP_MODEL_H
#define ATTUNE_SEARCH_SAMPLERS_GP_MODEL_H

#include "search/sampler.h"

typedef struct attune_gp {
    int64_t d, n, capacity;
    const uint8_t *nominal; /* d, borrowed */
    double *x;              /* d x capacity: a dimension after the other */
    double *factor;         /* capacity x capacity, lower rows of the Cholesky factor */
    double *weights;        /* d: 1 / length^2 */
    double signal, noise;
    double *alpha; /* of the first n_known points */
    int64_t n_known;
    double *believed; /* n: the mean at its own points, without their noise */
    double *room;     /* scratch */
} attune_gp;

attune_status attune_gp_init(attune_gp *gp, int64_t d, const uint8_t *nominal, int64_t capacity,
                             attune_error *error);
void attune_gp_clear(attune_gp *gp);
/* Sets d + 2 parameters and forgets all points. */
void attune_gp_reset(attune_gp *gp, const double *parameters);
/* Adds a point (d coordinates). O(n^2). n < capacity. */
void attune_gp_add(attune_gp *gp, const double *point);
/* Conditions on the values of the first n points; the others only narrow the variance, as if their
 * value were what is predicted for them. O(n^2). */
void attune_gp_know(attune_gp *gp, const double *values, int64_t n);
/* Mean and standard deviation (without noise) at m points, m x d. O(m n (n + d)). */
void attune_gp_predict(const attune_gp *gp, const double *points, int64_t m, double *mean,
                       double *deviation);

/* covariance of r^2 for unit signal; *slope: its derivative by r^2. */
double attune_gp_matern(double squared, double *slope);

/* Most likely parameters of n points (n x d, values of mean 0 and variance about 1) under the
 * prior, from a fixed start. n_active: how many dimensions a point has on average. */
attune_status attune_gp_fit(int64_t n, int64_t d, const double *points, const uint8_t *nominal,
                            const double *values, double n_active, double *parameters,
                            attune_error *error);

/* Results (smaller is better; not finite: failed) to values of mean 0 and variance 1, in place.
 * False: all are the same. */
bool attune_gp_warp(double *values, int64_t n, double *room);

#endif
