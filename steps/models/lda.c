/* steps/models/lda.c - linear discriminant analysis: normal classes with one covariance.
 *
 * The score of class k is coef[k] . x + intercept[k] with coef[k] the solution of S coef = mean[k],
 * S the covariance within classes, shrunken. Where S is singular, the solution of least norm. */
#include "steps/models/classes.h"
#include "steps/models/linear_model.h"
#include "steps/models/scatter.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lda {
    attune_value shrinkage;
    attune_reals priors;
    attune_texts inputs;
    attune_array coef, intercept;
};

static const attune_field fields[] = {
    ATTUNE_VALUE(struct lda, shrinkage,
                 "how far the covariance is moved towards equal variances and none between "
                 "columns, 0 to 1; auto: by Ledoit and Wolf; null: not at all"),
    ATTUNE_REALS(struct lda, priors,
                 "probability of each class, in their order; empty: as frequent as they are",
                 .low = 0, .no_high = true),
    ATTUNE_FITTED_TEXTS(struct lda, inputs, "columns, in the order of coef"),
    ATTUNE_FITTED_ARRAY(struct lda, coef, "one row a class, one column an input"),
    ATTUNE_FITTED_ARRAY(struct lda, intercept, "one a class"),
    ATTUNE_FIELDS_END,
};

static bool is_auto(const attune_value *shrinkage)
{
    return shrinkage->kind == ATTUNE_VALUE_TEXT && strcmp(shrinkage->text, "auto") == 0;
}

static const char *check(const void *self)
{
    const struct lda *s = self;
    double number = 0;
    bool known =
        s->shrinkage.kind == ATTUNE_VALUE_NULL || is_auto(&s->shrinkage) ||
        (s->shrinkage.kind != ATTUNE_VALUE_BOOLEAN && attune_value_number(&s->shrinkage, &number));
    return known && number >= 0 && number <= 1 ? NULL
                                               : "shrinkage must be null, auto or from 0 to 1";
}

/* What is solved: matrix coef = centre, for each class. */
struct system {
    const attune_scatter *scatter;
    int64_t p, stride;
    double *matrix, *factor, *inverse, *rest; /* one block, of which matrix is the start */
    double *basis, *small;                    /* another, when matrix is singular */
};

static attune_status system_init(struct system *y, const attune_scatter *scatter, double shrink,
                                 attune_error *error)
{
    int64_t p = scatter->p, stride = scatter->stride;
    double trace = 0;
    *y = (struct system){.scatter = scatter, .p = p, .stride = stride};
    y->matrix = attune_alloc((2 * stride + 2) * stride, sizeof *y->matrix, error);
    if (!y->matrix)
        return ATTUNE_MEMORY;
    y->factor = y->matrix + stride * stride;
    y->inverse = y->factor + stride * stride;
    y->rest = y->inverse + stride;
    for (int64_t j = 0; j < p; j++)
        trace += scatter->within[j * stride + j];
    for (int64_t i = 0; i < p * stride; i++)
        y->matrix[i] = (1 - shrink) * scatter->within[i];
    for (int64_t j = 0; j < p; j++)
        y->matrix[j * stride + j] += shrink * trace / (double)p;
    memcpy(y->factor, y->matrix, (size_t)(stride * stride) * sizeof *y->factor);
    return ATTUNE_OK;
}

static void system_clear(struct system *y)
{
    free(y->matrix);
    free(y->basis);
}

/* rest = centre - matrix coef; all that is asked of the system is to make it small. */
static void residual(const struct system *y, int64_t k, const double *coef)
{
    attune_times(y->matrix, y->p, y->p, y->stride, coef, y->rest);
    for (int64_t j = 0; j < y->p; j++)
        y->rest[j] = y->scatter->centre[k * y->stride + j] - y->rest[j];
}

static void solve_regular(const struct system *y, int64_t k, double *coef)
{
    for (int refine = 0; refine < 3; refine++) {
        residual(y, k, coef);
        attune_cholesky_solve(y->factor, y->p, y->stride, y->inverse, y->rest);
        attune_axpy(1, y->rest, coef, y->p);
    }
}

/* An orthonormal basis of what the columns of the factor span, and the matrix in it, factored. */
static attune_status reduce(struct system *y, int64_t *rank, int64_t *width, attune_error *error)
{
    int64_t p = y->p, stride = y->stride;
    y->basis = attune_alloc((3 * p + 3) * stride, sizeof *y->basis, error);
    if (!y->basis)
        return ATTUNE_MEMORY;
    double *across = y->basis + p * stride, *room = across + (p + 1) * stride;
    y->small = across;
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = i; j < p; j++)
            across[i * stride + j] = y->factor[j * stride + i];
    *rank = attune_row_basis(across, p, p, stride, p, room, y->basis);
    *width = attune_padded(*rank);
    for (int64_t i = 0; i < *rank; i++) {
        attune_times(y->matrix, p, p, stride, y->basis + i * stride, room);
        for (int64_t j = 0; j < *rank; j++)
            y->small[i * *width + j] = attune_dot(y->basis + j * stride, room, p);
    }
    attune_cholesky(y->small, *rank, *width, y->inverse);
    return ATTUNE_OK;
}

static void solve_singular(const struct system *y, int64_t k, int64_t rank, int64_t width,
                           double *coef)
{
    double *part = y->small + (y->p + 1) * y->stride, *found = part + y->stride;
    for (int refine = 0; refine < 3; refine++) {
        residual(y, k, coef);
        attune_times(y->basis, rank, y->p, y->stride, y->rest, part);
        attune_cholesky_solve(y->small, rank, width, y->inverse, part);
        attune_times_across(y->basis, rank, y->p, y->stride, part, found);
        attune_axpy(1, found, coef, y->p);
    }
}

static attune_status solve(struct lda *s, struct system *y, const attune_context *context,
                           attune_error *error)
{
    int64_t varying = 0, rank = 0, width = 0;
    for (int64_t j = 0; j < y->p; j++)
        varying += y->matrix[j * y->stride + j] > 0;
    bool unique = attune_cholesky(y->factor, y->p, y->stride, y->inverse) == varying;
    attune_status status = unique ? ATTUNE_OK : reduce(y, &rank, &width, error);
    for (int64_t k = 0; k < y->scatter->n_classes && !status; k++) {
        status = attune_context_stop(context, error);
        if (status || !(y->scatter->prior[k] > 0))
            continue;
        if (unique)
            solve_regular(y, k, s->coef.f64 + k * y->p);
        else
            solve_singular(y, k, rank, width, s->coef.f64 + k * y->p);
    }
    return status;
}

static attune_status finish(struct lda *s, const attune_scatter *scatter, attune_error *error)
{
    int64_t p = scatter->p;
    for (int64_t k = 0; k < scatter->n_classes; k++) {
        const double *coef = s->coef.f64 + k * p;
        s->intercept.f64[k] = log(scatter->prior[k]) -
                              0.5 * attune_dot(coef, scatter->centre + k * scatter->stride, p) -
                              attune_dot(coef, scatter->mean, p);
        if (!attune_all_finite(coef, p) || isnan(s->intercept.f64[k]))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the coefficients overflow: put a standard_scale step before");
    }
    return ATTUNE_OK;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct lda *s = self;
    attune_scatter *scatter = NULL;
    struct system system = {0};
    double shrink = 0;
    attune_value_number(&s->shrinkage, &shrink);
    attune_status status = attune_scatter_get(context, data, rows, &s->priors,
                                              is_auto(&s->shrinkage), &scatter, error);
    if (!status)
        status = attune_linear_inputs(data, &s->inputs, error);
    if (!status)
        status = system_init(&system, scatter, shrink, error);
    if (!status)
        status =
            attune_array_make_2d(&s->coef, ATTUNE_ARRAY_F64, scatter->n_classes, scatter->p, error);
    if (!status)
        status = attune_array_make_1d(&s->intercept, ATTUNE_ARRAY_F64, scatter->n_classes, error);
    if (!status)
        status = solve(s, &system, context, error);
    if (!status)
        status = finish(s, scatter, error);
    system_clear(&system);
    attune_scatter_free(scatter);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    const struct lda *s = self;
    int64_t n_classes = s->intercept.shape[0];
    attune_status status = attune_classes_make(out, rows->n, n_classes, error);
    if (!status)
        status =
            attune_linear_sums(data, rows, &s->inputs, &s->coef, &s->intercept, out->values, error);
    for (int64_t i = 0; i < rows->n && !status; i++)
        if (!attune_classes_softmax(out->values + i * n_classes, n_classes))
            status =
                attune_fail(error, ATTUNE_UNFIT, "inputs of row %lld are too large: scale them",
                            (long long)rows->index[i] + 1);
    return status;
}

static const char *check_fitted(const void *self)
{
    const struct lda *s = self;
    const char *complaint = attune_linear_check(&s->inputs, &s->coef, &s->intercept);
    if (complaint)
        return complaint;
    if (s->intercept.shape[0] > INT32_MAX)
        return "there are too many classes";
    double most = -INFINITY;
    for (int64_t k = 0; k < s->intercept.shape[0]; k++) {
        if (isnan(s->intercept.f64[k]))
            return "intercept must not be NaN";
        most = fmax(most, s->intercept.f64[k]);
    }
    return isfinite(most) ? NULL : "one intercept at least must be finite, and none infinity";
}

static void describe(const void *self, attune_text *text)
{
    const struct lda *s = self;
    attune_text_printf(text, "%lld classes, linear in %lld inputs",
                       (long long)s->intercept.shape[0], (long long)s->inputs.n);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double stride = (double)attune_padded(p);
    double bytes = 8.0 * (2.0 * (double)n * stride + 4.0 * stride * stride);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    const struct lda *s = self;
    return attune_linear_importance(&s->inputs, &s->coef, data, rows, names, values, error);
}

const attune_step_type attune_step_lda = {
    .name = "lda",
    .doc = "Linear discriminant analysis: normal classes that share one covariance, shrunken.",
    .version = 1,
    .size = sizeof(struct lda),
    .fields = fields,
    .tasks = ATTUNE_FOR_CLASSES,
    .simplicity = 1,
    .space = "{\"shrinkage\": {\"uniform\": [0, 1]}}",
    .check = check,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
