/* steps/models/elastic_net.h - least squares with an l1 and an l2 penalty: the solver and its path.
 *
 * Minimises 1/2 sum of weight (y - x coef)^2 + l1 |coef| + l2 / 2 |coef|^2, x and y centred, by
 * coordinate descent over the inputs that the strong rules leave (Tibshirani and others 2012), with
 * exact steps for the signs found. The duality gap says when it is done.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_ELASTIC_NET_H
#define ATTUNE_STEPS_MODELS_ELASTIC_NET_H

#include "steps/models/normal_equations.h"

typedef struct attune_elastic_net {
    const attune_normal_equations *equations;
    double l1, l2;
    double tol;       /* the gap is at most this share of the objective */
    int64_t max_iter; /* rounds over the inputs */
    double l1_before; /* of the problem that coef solves at the start; at least l1: rules */
    const attune_context *context;
} attune_elastic_net;

typedef struct attune_elastic_net_result {
    int64_t n_iter;
    double objective, gap;
} attune_elastic_net_result;

/* coef: where it starts, and the solution; p items. */
attune_status attune_elastic_net_solve(const attune_elastic_net *problem, double *coef,
                                       attune_elastic_net_result *result, attune_error *error);

/* Where to start from: the solution at the last point above alpha of a grid that depends on the
 * rows alone, each point solved from the one before, shared. l1_ratio is brought to a grid, too.
 * coef: p items; *l1_before is for the problem. */
attune_status attune_elastic_net_start(const attune_normal_equations *equations,
                                       const attune_data *data, const attune_rows *rows,
                                       bool fit_intercept, double alpha, double l1_ratio,
                                       const attune_context *context, double *coef,
                                       double *l1_before, attune_error *error);

#endif
