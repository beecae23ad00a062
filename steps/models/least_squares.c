/* steps/models/least_squares.c - ridge and ordinary least squares, solved exactly. */
#include "steps/models/least_squares.h"

#include "steps/models/linear_model.h"
#include "steps/models/normal_equations.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct least_squares {
    attune_linear_rows rows;
    double alpha;
    double *y;       /* n, centred when the inputs are */
    double y_mean;   /* what was taken away */
    double *coef;    /* stride items */
    double *matrix;  /* the system's, then its factor */
    double *inverse; /* of the factor's diagonal */
    double *room, *rest, *pull;
    double *basis, *x; /* of the rows; and the rows in it */
};

static void clear(struct least_squares *s)
{
    double *all[] = {s->y,    s->coef, s->matrix, s->inverse, s->room,
                     s->rest, s->pull, s->basis,  s->x};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    attune_linear_clear(&s->rows);
}

static attune_status take_target(struct least_squares *s, const attune_data *data, bool centre,
                                 attune_error *error)
{
    int64_t n = s->rows.n;
    s->y = attune_alloc(n, sizeof *s->y, error);
    s->coef = attune_alloc(s->rows.stride, sizeof *s->coef, error);
    s->pull = attune_alloc(s->rows.stride, sizeof *s->pull, error);
    s->rest = attune_alloc(n, sizeof *s->rest, error);
    if (!s->y || !s->coef || !s->pull || !s->rest)
        return ATTUNE_MEMORY;
    return attune_linear_target(&s->rows, data, centre, s->y, &s->y_mean, error);
}

/* Half the descent of the objective at coef: x' W (y - x coef) - alpha coef. */
static void descent(struct least_squares *s, const double *x, int64_t p, int64_t stride,
                    const double *coef)
{
    attune_times(x, s->rows.n, p, stride, coef, s->rest);
    for (int64_t i = 0; i < s->rows.n; i++)
        s->rest[i] = s->rows.weight[i] * (s->y[i] - s->rest[i]);
    attune_times_across(x, s->rows.n, p, stride, s->rest, s->pull);
    attune_axpy(-s->alpha, coef, s->pull, p);
}

/* The solution by columns. *unique: whether no column that varies depends on others. */
static attune_status solve_columns(struct least_squares *s, const double *x, int64_t p,
                                   int64_t stride, double *coef, bool *unique, attune_error *error)
{
    s->matrix = attune_alloc(stride * stride, sizeof *s->matrix, error);
    s->inverse = attune_alloc(stride, sizeof *s->inverse, error);
    s->room = attune_alloc(ATTUNE_GRAM_ROWS * stride, sizeof *s->room, error);
    if (!s->matrix || !s->inverse || !s->room)
        return ATTUNE_MEMORY;
    int64_t varying = 0;
    attune_gram(x, s->rows.n, stride, stride, s->rows.weight, s->room, s->matrix, stride);
    for (int64_t j = 0; j < p; j++) {
        s->matrix[j * stride + j] += s->alpha;
        varying += s->matrix[j * stride + j] > 0;
    }
    *unique = attune_cholesky(s->matrix, stride, stride, s->inverse) == varying;
    memset(coef, 0, (size_t)stride * sizeof *coef);
    for (int refine = 0; refine < 3; refine++) {
        descent(s, x, p, stride, coef);
        attune_cholesky_solve(s->matrix, p, stride, s->inverse, s->pull);
        attune_axpy(1, s->pull, coef, p);
    }
    return ATTUNE_OK;
}

/* The same by rows, of which there are fewer: coef = x' W^1/2 (W^1/2 x x' W^1/2 + alpha)^-1 W^1/2
 * y, found as a correction, so that a second round refines the first. */
static attune_status solve_rows(struct least_squares *s, attune_error *error)
{
    int64_t n = s->rows.n, p = s->rows.p, stride = s->rows.stride;
    s->matrix = attune_alloc(n * n, sizeof *s->matrix, error);
    s->inverse = attune_alloc(n, sizeof *s->inverse, error);
    s->room = attune_alloc(n, sizeof *s->room, error);
    if (!s->matrix || !s->inverse || !s->room)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++)
            s->matrix[i * n + j] = sqrt(s->rows.weight[i] * s->rows.weight[j]) *
                                   attune_dot(s->rows.x + i * stride, s->rows.x + j * stride, p);
        s->matrix[i * n + i] += s->alpha;
    }
    attune_cholesky(s->matrix, n, n, s->inverse);
    double *dual = s->room; /* coef = x' W^1/2 dual */
    for (int refine = 0; refine < 3; refine++) {
        attune_times(s->rows.x, n, p, stride, s->coef, s->rest);
        for (int64_t i = 0; i < n; i++)
            s->rest[i] = sqrt(s->rows.weight[i]) * (s->y[i] - s->rest[i]) - s->alpha * dual[i];
        attune_cholesky_solve(s->matrix, n, n, s->inverse, s->rest);
        attune_axpy(1, s->rest, dual, n);
        for (int64_t i = 0; i < n; i++)
            s->rest[i] = sqrt(s->rows.weight[i]) * dual[i];
        attune_times_across(s->rows.x, n, p, stride, s->rest, s->coef);
    }
    return ATTUNE_OK;
}

/* The solution of least norm lies in the span of the rows; in a basis of it there is only one. */
static attune_status solve_span(struct least_squares *s, attune_error *error)
{
    int64_t n = s->rows.n, p = s->rows.p, stride = s->rows.stride, limit = n < p ? n : p;
    double **used[] = {&s->matrix, &s->inverse, &s->room};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        free(*used[i]);
        *used[i] = NULL;
    }
    s->basis = attune_alloc(limit * stride, sizeof *s->basis, error);
    s->room = attune_alloc(limit + p, sizeof *s->room, error);
    if (!s->basis || !s->room)
        return ATTUNE_MEMORY;
    int64_t rank = attune_row_basis(s->rows.x, n, p, stride, limit, s->room, s->basis);
    int64_t width = attune_padded(rank);
    free(s->room);
    s->room = NULL;
    s->x = attune_alloc((n + 1) * width, sizeof *s->x, error);
    if (!s->x)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++)
        attune_times(s->basis, rank, p, stride, s->rows.x + i * stride, s->x + i * width);
    double *found = s->x + n * width;
    bool unique = true;
    attune_status status = solve_columns(s, s->x, rank, width, found, &unique, error);
    if (!status)
        attune_times_across(s->basis, rank, p, stride, found, s->coef);
    return status;
}

static attune_status solve(struct least_squares *s, attune_error *error)
{
    bool fewer_rows = s->rows.n < s->rows.p, unique = !fewer_rows;
    if (fewer_rows && s->alpha > 0)
        return solve_rows(s, error);
    attune_status status = ATTUNE_OK;
    if (!fewer_rows)
        status = solve_columns(s, s->rows.x, s->rows.p, s->rows.stride, s->coef, &unique, error);
    return status || unique ? status : solve_span(s, error);
}

static attune_status keep(const struct least_squares *s, attune_array *coef,
                          attune_array *intercept, attune_error *error)
{
    int64_t p = s->rows.p;
    if (!attune_all_finite(s->coef, p))
        return attune_fail(error, ATTUNE_UNFIT,
                           "the coefficients overflow: put a standard_scale step before");
    attune_status status = attune_array_make_2d(coef, ATTUNE_ARRAY_F64, 1, p, error);
    if (!status)
        status = attune_array_make_1d(intercept, ATTUNE_ARRAY_F64, 1, error);
    if (status)
        return status;
    for (int64_t j = 0; j < p; j++)
        coef->f64[j] = s->coef[j];
    intercept->f64[0] = s->y_mean - attune_dot(s->coef, s->rows.mean, p);
    return ATTUNE_OK;
}

attune_status attune_least_squares_fit(const attune_data *data, const attune_rows *rows,
                                       double alpha, bool fit_intercept,
                                       const attune_context *context, attune_texts *inputs,
                                       attune_array *coef, attune_array *intercept,
                                       attune_error *error)
{
    struct least_squares s = {.alpha = alpha};
    attune_status status = attune_linear_gather(&s.rows, data, rows, fit_intercept, false, error);
    if (!status)
        status = take_target(&s, data, fit_intercept, error);
    if (!status)
        status = attune_context_stop(context, error);
    if (!status)
        status = solve(&s, error);
    if (!status)
        status = attune_linear_inputs(data, inputs, error);
    if (!status)
        status = keep(&s, coef, intercept, error);
    clear(&s);
    return status;
}

attune_status attune_least_squares_predict(const attune_texts *inputs, const attune_array *coef,
                                           const attune_array *intercept, const attune_data *data,
                                           const attune_rows *rows, attune_predictions *out,
                                           attune_error *error)
{
    attune_status status = attune_predictions_make(out, ATTUNE_REGRESSION, rows->n, 0, error);
    if (!status)
        status = attune_linear_sums(data, rows, inputs, coef, intercept, out->values, error);
    return status;
}

const char *attune_least_squares_check(const attune_texts *inputs, const attune_array *coef,
                                       const attune_array *intercept)
{
    const char *complaint = attune_linear_check(inputs, coef, intercept);
    if (complaint)
        return complaint;
    if (intercept->shape[0] != 1 || !isfinite(intercept->f64[0]))
        return "there must be one finite intercept";
    return NULL;
}

int64_t attune_least_squares_memory(int64_t n, int64_t p)
{
    double most = attune_normal_equations_is_matrix(n, p) ? (double)p : fmax((double)n, 1024);
    double bytes = 8.0 * (2.0 * (double)n * (double)(p + 8) + 3.0 * most * (most + 8));
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}
