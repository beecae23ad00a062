/* steps/models/least_squares.h - ridge and ordinary least squares, solved exactly.
 *
 * Minimises sum_i weight[i] (y[i] - intercept - coef . x[i])^2 + alpha |coef|^2. By the Cholesky
 * factor of the smaller of p x p and n x n, with a step of refinement. With alpha 0 and columns
 * that depend on one another the solution of least norm is taken.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_LEAST_SQUARES_H
#define ATTUNE_STEPS_MODELS_LEAST_SQUARES_H

#include "spaces/base/array.h"
#include "steps/context.h"
#include "steps/predictions.h"

/* Fits to the selected rows: inputs gets names, coef 1 x p, intercept 1 item. UNFIT with the
 * reason. O(n p min(n, p)). */
attune_status attune_least_squares_fit(const attune_data *data, const attune_rows *rows,
                                       double alpha, bool fit_intercept,
                                       const attune_context *context, attune_texts *inputs,
                                       attune_array *coef, attune_array *intercept,
                                       attune_error *error);

/* What the fitted members say of the selected rows. */
attune_status attune_least_squares_predict(const attune_texts *inputs, const attune_array *coef,
                                           const attune_array *intercept, const attune_data *data,
                                           const attune_rows *rows, attune_predictions *out,
                                           attune_error *error);

/* What a fit of n rows and p inputs needs at most, in bytes. */
int64_t attune_least_squares_memory(int64_t n, int64_t p);

/* NULL, or what is wrong with fitted members that a file gave. */
const char *attune_least_squares_check(const attune_texts *inputs, const attune_array *coef,
                                       const attune_array *intercept);

#endif
