/* steps/models/linear_model.c - gathering training rows, and sums over inputs. */
#include "steps/models/linear_model.h"

#include "steps/numeric/numeric.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_linear_blame(const attune_data *data, int64_t row, attune_error *error)
{
    for (int64_t c = 0; c < data->n_columns; c++) {
        const attune_column *column = data->columns[c];
        if (data->roles[c] != ATTUNE_INPUT || isfinite(column->reals[row * column->stride]))
            continue;
        if (isnan(column->reals[row * column->stride]))
            return attune_fail(error, ATTUNE_UNFIT,
                               "column \"%s\" has missing values: put an impute step before",
                               column->name);
        return attune_fail(error, ATTUNE_UNFIT,
                           "column \"%s\" has an infinite value: mend or drop it", column->name);
    }
    return ATTUNE_OK;
}

attune_status attune_linear_weigh(attune_linear_rows *g, const attune_data *data,
                                  const attune_rows *rows, attune_error *error)
{
    const attune_column *column = attune_data_role(data, ATTUNE_WEIGHT);
    g->weight = attune_alloc(rows->n, sizeof *g->weight, error);
    g->index = attune_alloc(rows->n, sizeof *g->index, error);
    if (!g->weight || !g->index)
        return ATTUNE_MEMORY;
    if (column && column->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_UNFIT, "weights in column \"%s\" must be numbers",
                           column->name);
    for (int64_t i = 0; i < rows->n; i++) {
        double weight = column ? column->reals[rows->index[i] * column->stride] : 1;
        if (!(weight >= 0) || !isfinite(weight))
            return attune_fail(error, ATTUNE_UNFIT,
                               "weights in column \"%s\" must be 0 or more, and finite",
                               column ? column->name : "");
        if (weight == 0)
            continue;
        g->index[g->n] = rows->index[i];
        g->weight[g->n++] = weight;
    }
    return g->n ? ATTUNE_OK
                : attune_fail(error, ATTUNE_UNFIT, "no training row weighs more than 0");
}

/* Takes the weighted mean of each column away. What varies by less than rounding is constant, and
 * becomes zero, so that no coefficient stands on noise. */
static attune_status centre_columns(attune_linear_rows *g, attune_error *error)
{
    double *spread = attune_alloc(g->p, sizeof *spread, error);
    if (!spread)
        return ATTUNE_MEMORY;
    attune_times_across(g->x, g->n, g->p, g->stride, g->weight, g->mean);
    double total = attune_sum(g->weight, g->n);
    for (int64_t j = 0; j < g->p; j++)
        g->mean[j] /= total;
    for (int64_t i = 0; i < g->n; i++)
        for (int64_t j = 0; j < g->p; j++) {
            double *x = &g->x[i * g->stride + j];
            *x -= g->mean[j];
            spread[j] = fabs(*x) > spread[j] ? fabs(*x) : spread[j];
        }
    for (int64_t j = 0; j < g->p; j++)
        if (spread[j] <= 1e-13 * fabs(g->mean[j]))
            for (int64_t i = 0; i < g->n; i++)
                g->x[i * g->stride + j] = 0;
    free(spread);
    return ATTUNE_OK;
}

static attune_status fill(attune_linear_rows *g, const attune_data *data,
                          const attune_matrix *matrix, bool ones, attune_error *error)
{
    g->p = matrix->n_columns;
    g->stride = attune_padded(g->p + ones);
    g->mean = attune_alloc(g->p, sizeof *g->mean, error);
    g->x = attune_alloc(g->n * g->stride, sizeof *g->x, error);
    if (!g->mean || !g->x)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < g->n; i++) {
        double *to = g->x + i * g->stride;
        if (g->p)
            memcpy(to, matrix->values + g->index[i] * matrix->stride, (size_t)g->p * sizeof *to);
        if (!attune_all_finite(to, g->p))
            return attune_linear_blame(data, g->index[i], error);
        if (ones)
            to[g->p] = 1;
    }
    return ATTUNE_OK;
}

attune_status attune_linear_gather(attune_linear_rows *gathered, const attune_data *data,
                                   const attune_rows *rows, bool centre, bool ones,
                                   attune_error *error)
{
    attune_matrix matrix = {0};
    *gathered = (attune_linear_rows){0};
    attune_status status = attune_data_matrix(data, &matrix, error);
    if (!status)
        status = attune_linear_weigh(gathered, data, rows, error);
    if (!status)
        status = fill(gathered, data, &matrix, ones, error);
    if (!status && centre)
        status = centre_columns(gathered, error);
    attune_matrix_clear(&matrix);
    return status;
}

void attune_linear_clear(attune_linear_rows *gathered)
{
    free(gathered->x);
    free(gathered->mean);
    free(gathered->weight);
    free(gathered->index);
    *gathered = (attune_linear_rows){0};
}

attune_status attune_linear_target(const attune_linear_rows *gathered, const attune_data *data,
                                   bool centre, double *y, double *mean, attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    int64_t n = gathered->n;
    if (!target || target->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_UNFIT, "a regression needs a target of numbers");
    for (int64_t i = 0; i < n; i++)
        y[i] = target->reals[gathered->index[i] * target->stride];
    if (!attune_all_finite(y, n))
        return attune_fail(error, ATTUNE_UNFIT, "the target \"%s\" has missing or infinite values",
                           target->name);
    *mean = centre ? attune_dot(gathered->weight, y, n) / attune_sum(gathered->weight, n) : 0;
    for (int64_t i = 0; i < n; i++)
        y[i] -= *mean;
    return ATTUNE_OK;
}

attune_status attune_linear_inputs(const attune_data *data, attune_texts *names,
                                   attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t c = 0; c < data->n_columns && !status; c++)
        if (data->roles[c] == ATTUNE_INPUT)
            status = attune_texts_add(names, data->columns[c]->name, error);
    return status;
}

static attune_status same_inputs(const attune_data *data, const attune_texts *names,
                                 attune_error *error)
{
    int64_t n = 0;
    for (int64_t c = 0; c < data->n_columns; c++) {
        if (data->roles[c] != ATTUNE_INPUT)
            continue;
        const char *expected = n < names->n ? names->items[n] : NULL;
        if (!expected || strcmp(expected, data->columns[c]->name) != 0)
            return attune_fail(error, ATTUNE_INVALID,
                               "input %lld is \"%s\", but the model was fitted with %s%s%s there",
                               (long long)n + 1, data->columns[c]->name, expected ? "\"" : "",
                               expected ? expected : "nothing", expected ? "\"" : "");
        n++;
    }
    return n == names->n
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_INVALID, "column \"%s\" is not there", names->items[n]);
}

attune_status attune_linear_matrix(const attune_data *data, const attune_texts *names,
                                   attune_matrix *matrix, attune_error *error)
{
    attune_status status = same_inputs(data, names, error);
    return status ? status : attune_data_matrix(data, matrix, error);
}

static attune_status sums_of_rows(const attune_data *data, const attune_rows *rows,
                                  const attune_matrix *matrix, const attune_array *coef,
                                  const attune_array *intercept, double *sums, attune_error *error)
{
    int64_t n_sums = intercept->shape[0], p = matrix->n_columns;
    for (int64_t i = 0; i < rows->n; i++) {
        const double *x = matrix->values ? matrix->values + rows->index[i] * matrix->stride : NULL;
        for (int64_t k = 0; k < n_sums; k++) {
            double sum = p ? attune_dot(coef->f64 + k * p, x, p) : 0;
            if (!isfinite(sum)) {
                attune_status status = attune_linear_blame(data, rows->index[i], error);
                return status ? status
                              : attune_fail(error, ATTUNE_UNFIT,
                                            "inputs of row %lld are too large: scale them",
                                            (long long)rows->index[i] + 1);
            }
            sums[i * n_sums + k] = sum + intercept->f64[k];
        }
    }
    return ATTUNE_OK;
}

attune_status attune_linear_sums(const attune_data *data, const attune_rows *rows,
                                 const attune_texts *names, const attune_array *coef,
                                 const attune_array *intercept, double *sums, attune_error *error)
{
    attune_matrix matrix = {0};
    attune_status status = attune_linear_matrix(data, names, &matrix, error);
    if (!status)
        status = sums_of_rows(data, rows, &matrix, coef, intercept, sums, error);
    attune_matrix_clear(&matrix);
    return status;
}

attune_status attune_linear_importance(const attune_texts *inputs, const attune_array *coef,
                                       const attune_data *data, const attune_rows *rows,
                                       attune_texts *names, attune_reals *values,
                                       attune_error *error)
{
    int64_t p = inputs->n, n_sums = coef->shape[0];
    attune_matrix matrix = {0};
    double *column = attune_alloc(rows->n, sizeof *column, error);
    values->items = attune_alloc(p, sizeof *values->items, error);
    values->n = p;
    attune_status status = column && values->items ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_texts_copy(names, inputs, error);
    if (!status)
        status = attune_linear_matrix(data, inputs, &matrix, error);
    for (int64_t j = 0; j < p && !status; j++) {
        double size = 0, mean = 0, deviation = 0;
        for (int64_t k = 0; k < n_sums; k++)
            size += fabs(coef->f64[k * p + j]) / (double)n_sums;
        for (int64_t i = 0; i < rows->n; i++)
            column[i] = matrix.values[rows->index[i] * matrix.stride + j];
        attune_mean_and_deviation(column, rows->n, &mean, &deviation);
        values->items[j] = isfinite(size * deviation) ? size * deviation : 0;
    }
    attune_matrix_clear(&matrix);
    free(column);
    return status;
}

const char *attune_linear_check(const attune_texts *names, const attune_array *coef,
                                const attune_array *intercept)
{
    if (coef->type != ATTUNE_ARRAY_F64 || intercept->type != ATTUNE_ARRAY_F64)
        return "coef and intercept must be reals";
    if (intercept->n_dims != 1 || intercept->shape[0] < 1)
        return "intercept must be a list of at least one number";
    if (coef->n_dims != 2 || coef->shape[0] != intercept->shape[0] || coef->shape[1] != names->n)
        return "coef must have a row for each intercept and a column for each input";
    return attune_all_finite(coef->f64, attune_array_count(coef)) ? NULL : "coef must be finite";
}
