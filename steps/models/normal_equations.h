/* steps/models/normal_equations.h - all that least squares with a penalty asks of its rows.
 *
 * Shared by every fit of the same rows, whatever their penalty, through the door to shared work:
 * matrix coef = pull holds for the coefficients without a penalty. Where the matrix would be the
 * larger thing, the rows themselves are kept, column by column.
 * Thread class: shared read-only once made; counted. */
#ifndef ATTUNE_STEPS_MODELS_NORMAL_EQUATIONS_H
#define ATTUNE_STEPS_MODELS_NORMAL_EQUATIONS_H

#include "steps/context.h"

typedef struct attune_normal_equations {
    int64_t count, bytes;
    int64_t n, p, stride; /* rows that weigh something; inputs; inputs, padded */
    double total;         /* weight of all rows */
    double y_mean;        /* 0 without an intercept */
    double y_square;      /* sum of weight (y - y_mean)^2 */
    double *mean;         /* p: of the inputs; zeros without an intercept */
    double *square;       /* p: sums of weight x^2 of the centred inputs */
    double *pull;         /* p: sums of weight x (y - y_mean) */
    double *matrix;       /* stride x stride: sums of weight x x'; NULL where columns are kept */
    double *columns;      /* p x n, each value times the root of its row's weight; or NULL */
    double *y;            /* n, the same; with columns only */
} attune_normal_equations;

/* Whether n rows of p inputs are kept as a matrix. */
bool attune_normal_equations_is_matrix(int64_t n, int64_t p);

/* UNFIT with the reason. O(n p^2 / 2), or O(n p) with columns, when they are not there yet. */
attune_status attune_normal_equations_get(const attune_context *context, const attune_data *data,
                                          const attune_rows *rows, bool fit_intercept,
                                          attune_normal_equations **equations, attune_error *error);
void attune_normal_equations_free(attune_normal_equations *equations); /* NULL-safe */

/* How many inputs data has. */
int64_t attune_normal_equations_inputs(const attune_data *data);

#endif
