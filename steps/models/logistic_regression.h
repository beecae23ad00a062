/* steps/models/logistic_regression.h - the optimisation problem inside logistic regression.
 *
 * Minimises, over scores w[k] . x + (intercept of k),
 *
 *     sum_i weight[i] loss_i + l1 |w|_1 + l2/2 |w|^2          (weights sum to 1, no intercept in w)
 *
 * with one score and the logistic loss for two classes, or one score a class and the softmax loss.
 * The intercept is the coefficient of a column of ones, which is never penalised.
 * Two solvers reach the same optimum: attune_logistic_newton for l1 = 0, attune_logistic_sparse
 * for any; attune_logistic_rows puts a problem with l1 = 0 into the space of its rows first.
 *
 * Both are Newton methods whose last step's model decrease d estimates how far the objective F is
 * above its optimum: they stop once d <= tol^2 F, that step still taken. The default tol of 1e-4
 * thus means a relative error of the objective near 1e-8, and of predictions near 1e-4.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_LOGISTIC_REGRESSION_H
#define ATTUNE_STEPS_MODELS_LOGISTIC_REGRESSION_H

#include "steps/context.h"

typedef struct attune_logistic {
    int64_t n;        /* rows */
    int64_t p;        /* columns that are penalised; column p is ones when there is an intercept */
    int64_t width;    /* p, or p + 1 with an intercept */
    int64_t stride;   /* width, padded with columns of zeros */
    int64_t n_scores; /* 1 for two classes, else one a class */
    const double *x;  /* n x stride */
    const int32_t *y; /* classes from 0 */
    const double *weight;
    double l1, l2;
    double tol;
    int64_t max_iter;
    const attune_context *context; /* asked in every iteration whether to stop */
} attune_logistic;

typedef struct attune_logistic_result {
    double objective; /* at the coefficients that were found */
    int64_t n_iter;
    bool converged;
    bool separated; /* no penalty and no finite optimum: stopped where the loss is nearly 0 */
} attune_logistic_result;

/* Solvers: w is n_scores x stride, the start and the answer. STOPPED, TIMEOUT, MEMORY. */
typedef attune_status (*attune_logistic_solver)(const attune_logistic *problem, double *w,
                                                attune_logistic_result *result,
                                                attune_error *error);

/* Newton steps; their systems are solved by conjugate gradients that the Cholesky factor of each
 * score's block of the Hessian preconditions (for one score that is the exact solution). */
attune_status attune_logistic_newton(const attune_logistic *problem, double *w,
                                     attune_logistic_result *result, attune_error *error);

/* Proximal Newton steps over a working set of coefficients; the quadratic model is solved by
 * coordinate descent on its Gram matrix, sped up by Cholesky solutions on the support.
 * Sources: Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software 33(1); Lee, Sun
 * and Saunders (2014), SIAM Journal on Optimization 24(3). */
attune_status attune_logistic_sparse(const attune_logistic *problem, double *w,
                                     attune_logistic_result *result, attune_error *error);

/* The dual way for l1 = 0 and l2 > 0: optimal coefficients are sums of rows, w = x' alpha, so an
 * orthonormal basis of the rows (rank r <= min(n, p)) takes the place of the columns, and Newton's
 * steps are r wide, not p. The faster way when columns outnumber rows. Starts at 0.
 * Source: Hastie and Tibshirani (2004), Biostatistics 5(3). */
attune_status attune_logistic_rows(const attune_logistic *problem, double *w,
                                   attune_logistic_result *result, attune_error *error);

/* What the solvers share. Scores and probabilities are stored score by score, n each. */

/* eta = x w' */
void attune_logistic_scores(const attune_logistic *problem, const double *w, double *eta);

/* The weighted loss of scores; probability gets each class's (for one score: the second's). */
double attune_logistic_loss(const attune_logistic *problem, const double *eta, double *probability);

/* Gradient of the loss in w (n_scores x stride); residual is room for n_scores x n. */
void attune_logistic_gradient(const attune_logistic *problem, const double *probability,
                              double *residual, double *gradient);

/* weight times probability times what the Hessian of the loss has between scores k and l: n. */
void attune_logistic_curvature(const attune_logistic *problem, const double *probability, int64_t k,
                               int64_t l, double *curvature);

/* What the penalty adds to the objective at w. */
double attune_logistic_penalty(const attune_logistic *problem, const double *w);

/* From w along direction, halving from 1 until F falls by enough; `fall` is what the model says
 * that F falls by with the whole step (> 0). On return w, eta, probability and *objective are at
 * the new place; false: nowhere lower, nothing moved. move, trial: room for n_scores x n; w_trial:
 * as w. */
typedef struct attune_logistic_place {
    double *w, *eta, *probability;
    double loss, objective;
    double *w_trial, *move, *trial;
} attune_logistic_place;
bool attune_logistic_search(const attune_logistic *problem, attune_logistic_place *place,
                            const double *direction, double fall);

/* Sizes the place's arrays (w stays the caller's) and evaluates w; _clear frees them. */
attune_status attune_logistic_place_init(attune_logistic_place *place,
                                         const attune_logistic *problem, double *w,
                                         attune_error *error);
void attune_logistic_place_clear(attune_logistic_place *place);

#endif
