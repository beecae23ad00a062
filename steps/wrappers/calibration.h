/* steps/wrappers/calibration.h - curves that turn probabilities into ones that come true as often
 * as they say.
 *
 * Learnt from probabilities of rows that the model did not see. All are monotone, so that within a
 * curve the order of rows stays. libm only.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_WRAPPERS_CALIBRATION_H
#define ATTUNE_STEPS_WRAPPERS_CALIBRATION_H

#include "spaces/base/array.h"

/* What a probability below it counts as, where its logarithm is taken. */
#define ATTUNE_LEAST_PROBABILITY 1e-15

/* One divisor of the logarithms of all classes, for the least log-loss, between 0.01 and 100:
 * minimised by Newton steps inside a bracket. p: n x n_classes; weights are above 0. O(n classes)
 * a round. */
double attune_temperature_fit(const double *p, const int32_t *codes, const double *weight,
                              int64_t n, int64_t n_classes);
/* One row, in place. */
void attune_temperature_apply(double temperature, double *p, int64_t n_classes);

/* The logistic curve 1 / (1 + exp(slope * log-odds + offset)) of one class against the rest, with
 * Platt's targets, which stay away from 0 and 1. truth[i]: row i is of the class.
 * Source: Lin, Lin and Weng (2007), Machine Learning 68. */
typedef struct attune_sigmoid {
    double slope, offset;
} attune_sigmoid;
attune_sigmoid attune_sigmoid_fit(const double *p, const uint8_t *truth, const double *weight,
                                  int64_t n);
double attune_sigmoid_apply(const attune_sigmoid *sigmoid, double p);

/* The best rising steps, joined by lines between their ends (pool adjacent violators), of one
 * class against the rest. x and y have room for n; returns how many points are kept, ascending.
 * MEMORY. O(n log n). */
attune_status attune_isotonic_fit(const double *p, const uint8_t *truth, const double *weight,
                                  int64_t n, double *x, double *y, int64_t *n_points,
                                  attune_error *error);
/* Between points a line; beyond the ends their values. n_points is 1 or more. */
double attune_isotonic_apply(const double *x, const double *y, int64_t n_points, double p);

#endif
