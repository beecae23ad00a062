/* steps/models/linear_model.h - what models that are linear in their inputs share.
 *
 * Training rows are gathered once into one matrix that is laid out for steps/numeric/numeric.h:
 * centred (which moves an unpenalised intercept and nothing else, and keeps digits when values are
 * far from zero), padded, and free of rows that weigh nothing. Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_LINEAR_MODEL_H
#define ATTUNE_STEPS_MODELS_LINEAR_MODEL_H

#include "spaces/base/field.h"
#include "steps/context.h"

typedef struct attune_linear_rows {
    int64_t n, p;   /* rows that weigh something; inputs */
    int64_t stride; /* of x: p, one more with a column of ones, padded with zeros */
    double *x;      /* n x stride, owned */
    double *mean;   /* p: what was taken away; zeros when not centred */
    double *weight; /* n, above 0; 1 each when the data have no weights */
    int64_t *index; /* n: rows of the data */
} attune_linear_rows;

/* centre: with an intercept. ones: put a column of ones after the inputs. UNFIT: a value that is
 * missing or infinite (names the column and the step that mends it), a bad weight, nothing that
 * weighs. O(n p). */
attune_status attune_linear_gather(attune_linear_rows *gathered, const attune_data *data,
                                   const attune_rows *rows, bool centre, bool ones,
                                   attune_error *error);
/* Only index and weight. */
attune_status attune_linear_weigh(attune_linear_rows *gathered, const attune_data *data,
                                  const attune_rows *rows, attune_error *error);
void attune_linear_clear(attune_linear_rows *gathered);

/* The target of the gathered rows, n numbers, less their weighted mean with centre. UNFIT: not
 * numbers, or some are missing. */
attune_status attune_linear_target(const attune_linear_rows *gathered, const attune_data *data,
                                   bool centre, double *y, double *mean, attune_error *error);

/* The names of the inputs, in the order of the matrix. */
attune_status attune_linear_inputs(const attune_data *data, attune_texts *names,
                                   attune_error *error);

/* The inputs as they were in the fit, for predict. INVALID when they are not, by name. */
attune_status attune_linear_matrix(const attune_data *data, const attune_texts *names,
                                   attune_matrix *matrix, attune_error *error);

/* UNFIT, naming the first input of a row that is missing or infinite and the step that mends it; OK
 * when all are finite. Inputs are real. */
attune_status attune_linear_blame(const attune_data *data, int64_t row, attune_error *error);

/* sums[k] = coef[k] . x + intercept[k] for the selected rows, n x n_sums: what predict starts from.
 * INVALID when the inputs are not those of the fit; UNFIT when a value is missing or infinite.
 * libc only, row by row. */
attune_status attune_linear_sums(const attune_data *data, const attune_rows *rows,
                                 const attune_texts *names, const attune_array *coef,
                                 const attune_array *intercept, double *sums, attune_error *error);

/* attune_step_type.importance of models with coef: their mean size over its rows, times the
 * deviation of the input in the selected rows (0 where some are missing or infinite). */
attune_status attune_linear_importance(const attune_texts *inputs, const attune_array *coef,
                                       const attune_data *data, const attune_rows *rows,
                                       attune_texts *names, attune_reals *values,
                                       attune_error *error);

/* NULL, or what is wrong with fitted members that a file gave. */
const char *attune_linear_check(const attune_texts *names, const attune_array *coef,
                                const attune_array *intercept);

#endif
