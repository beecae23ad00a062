/* spaces/gaussian.h - a normal distribution cut off at both ends: what normal and log_normal share.
 *
 * Truncated, not clamped: what lies outside is left out and the rest scaled up, so that no value
 * at an end is more likely than its neighbours. Far tails keep their precision, because each side
 * is measured from its own end.
 * Thread class: shared read-only once prepared. */
#ifndef ATTUNE_SPACES_GAUSSIAN_H
#define ATTUNE_SPACES_GAUSSIAN_H

#include "spaces/base/status.h"

typedef struct attune_gaussian {
    double mean, sd;           /* before the cut */
    double low, high;          /* NaN before prepare: 10 sd beyond the mean and the other end */
    double a, b;               /* the ends in standard units */
    double below, above, mass; /* shares left out on each side, and what remains */
} attune_gaussian;

/* INVALID when no more than 1e-290 of the normal lies between the ends. */
attune_status attune_gaussian_prepare(attune_gaussian *g, attune_error *error);

/* Of the cut normal, as the functions of a distribution type are documented. */
double attune_gaussian_quantile(const attune_gaussian *g, double u);
double attune_gaussian_cdf(const attune_gaussian *g, double x);
double attune_gaussian_pdf(const attune_gaussian *g, double x);
double attune_gaussian_mean(const attune_gaussian *g);
double attune_gaussian_variance(const attune_gaussian *g);

/* The mean of exp(power * X). */
double attune_gaussian_exp_moment(const attune_gaussian *g, double power);

#endif
