/* steps/models/gaussian_process.h - what the files of the gaussian_process step share.
 *
 * The covariance of two rows is variance k(r), r^2 the sum of ((x - z) / length_scale)^2, and noise
 * / weight more for a row with itself.
 * Source: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning.
 * Thread class: one per thread until fitted; then shared read-only. */
#ifndef ATTUNE_STEPS_MODELS_GAUSSIAN_PROCESS_H
#define ATTUNE_STEPS_MODELS_GAUSSIAN_PROCESS_H

#include "steps/context.h"
#include "steps/models/linear_model.h"

typedef enum attune_gp_kernel {
    ATTUNE_GP_RBF,
    ATTUNE_GP_MATERN32,
    ATTUNE_GP_MATERN52
} attune_gp_kernel;

/* r2: squared distances, n of them; values: k(r); slopes (nullable): the factor of (x_d - z_d)^2 /
 * length_scale_d^2 in the derivative of k by log(length_scale_d). room: n items. libm only. */
void attune_gp_values(attune_gp_kernel kernel, const double *r2, int64_t n, double *room,
                      double *values, double *slopes);

/* The marginal likelihood of n_outputs targets over the same rows, and what predicting needs. */
typedef struct attune_gp_model {
    attune_gp_kernel kernel;
    int64_t n, p, n_outputs, n_scales; /* n_scales: 1, or p */
    int64_t stride, n_stride;          /* of x; of the matrices: n padded */
    const double *x;                   /* n x p, centred; borrowed */
    const double *y;                   /* n_outputs x n_stride, the filling zero; borrowed */
    const double *weight;              /* borrowed */
    const attune_context *context;
    double *alpha;   /* n_outputs x n_stride: the inverse covariance times y */
    double *inverse; /* the inverse covariance, after attune_gp_likelihood */
    double *scaled, *factor, *lower, *slopes, *rows; /* room */
    double *memory;                                  /* owned */
} attune_gp_model;

/* Room for the fields above it, which are set. MEMORY. */
attune_status attune_gp_model_make(attune_gp_model *model, attune_error *error);
void attune_gp_model_clear(attune_gp_model *model);

/* Minus the log marginal likelihood and its gradient (nullable) at the logarithms of variance,
 * noise and the length scales; infinite where the covariance has no inverse. Asks whether to stop.
 * O(n^3). user is an attune_gp_model. */
attune_status attune_gp_likelihood(void *user, const double *logs, double *value, double *gradient,
                                   attune_error *error);

#endif
