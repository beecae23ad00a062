/* steps/models/svm_solve.h - the quadratic programme of support vectors, two variables at a time.
 *
 * Minimises 1/2 beta' K beta - target' beta, where low <= beta <= high and the sum of beta is 0.
 * That is C-classification (target is 1 or -1, bounds 0 and C on that side), and, with two
 * variables a row, epsilon-regression (target y - epsilon, bounds 0 and C; y + epsilon, -C and 0).
 * Source: Fan, Chen and Lin (2005), Working set selection using second order information.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_SVM_SOLVE_H
#define ATTUNE_STEPS_MODELS_SVM_SOLVE_H

#include "steps/context.h"
#include "steps/models/svm_kernel.h"

typedef struct attune_svm_problem {
    int64_t copies; /* variables a row of the matrix: one for each row, then another for each */
    const double *target, *low, *high; /* copies x attune_svm_tall(rows); low <= 0 <= high, both 0
                                          in the filling and for rows that are left out */
    double tolerance;                  /* of the gradients of the worst pair */
    int64_t max_iter;                  /* steps; above: what there is is taken */
} attune_svm_problem;

/* beta: one a variable. sums: one a row of the matrix, its kernel sum over beta; the decision is
 * that and *offset; both filled up like target. *steps: how many were taken. Asks whether to stop.
 * O(rows) a step. */
attune_status attune_svm_solve(const attune_svm_problem *problem, attune_svm_matrix *matrix,
                               const attune_context *context, double *beta, double *sums,
                               double *offset, int64_t *steps, attune_error *error);

#endif
