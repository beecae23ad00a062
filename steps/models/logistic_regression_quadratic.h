/* steps/models/logistic_regression_quadratic.h - a penalised quadratic model and its minimum.
 *
 * Minimises over u
 *
 *     gradient . (u - start) + (u - start)' hessian (u - start) / 2
 *                            + sum_j l1[j] |u[j]| + l2[j] u[j]^2 / 2
 *
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_LOGISTIC_REGRESSION_QUADRATIC_H
#define ATTUNE_STEPS_MODELS_LOGISTIC_REGRESSION_QUADRATIC_H

#include "steps/models/logistic_regression.h"

typedef struct attune_quadratic {
    int64_t n, stride, room; /* coefficients; of hessian; coefficients there is memory for */
    double *hessian;         /* n x stride, symmetric, positive semidefinite */
    double *gradient, *start, *l1, *l2;
    double *u;     /* the answer */
    double *slope; /* gradient + hessian (u - start) */
    double *factor, *inverse, *target;
    int64_t *support;
} attune_quadratic;

/* Room for n coefficients; what was in is lost. A zeroed object is empty. */
attune_status attune_quadratic_resize(attune_quadratic *model, int64_t n, attune_error *error);
void attune_quadratic_clear(attune_quadratic *model);

/* Finds u, until no single coefficient promises a fall above `enough`; returns by how much the
 * model falls from start to u (0 or more). Far from there, where the model is rough anyway, it is
 * left sooner: when it falls by more than `plenty`, or a round adds less than a fiftieth to a fall
 * above 1e5 times enough. O(n^2) a sweep and O(support^3 / 3) a solution. */
double attune_quadratic_solve(attune_quadratic *model, double enough, double plenty);

#endif
