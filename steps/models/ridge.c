/* steps/models/ridge.c - a linear regression whose large coefficients cost.
 *
 * With more rows than inputs the work that does not depend on alpha, O(n p^2 + p^3), is shared by
 * all fits of the same rows; what is left for each alpha is O(p^2). */
#include "spaces/base/share.h"
#include "steps/models/least_squares.h"
#include "steps/models/linear_model.h"
#include "steps/models/normal_equations.h"
#include "steps/models/tridiagonal.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ridge {
    double alpha;
    bool fit_intercept;
    attune_texts inputs;
    attune_array coef, intercept;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct ridge, alpha, 1.0, "cost of the sum of squared coefficients", .low = 0,
                .no_high = true),
    ATTUNE_BOOLEAN(struct ridge, fit_intercept, true, "whether there is an intercept; it is free"),
    ATTUNE_FITTED_TEXTS(struct ridge, inputs, "columns, in the order of coef"),
    ATTUNE_FITTED_ARRAY(struct ridge, coef, "one row; one column an input"),
    ATTUNE_FITTED_ARRAY(struct ridge, intercept, "one number"),
    ATTUNE_FIELDS_END,
};

/* The matrix of the normal equations in three diagonals: every alpha of the same rows shares it. */
struct reduced {
    int64_t count;
    attune_normal_equations *equations;
    attune_tridiagonal form;
};

static void *reduced_ref(void *value)
{
    attune_share_take(&((struct reduced *)value)->count);
    return value;
}

static void reduced_free(void *value)
{
    struct reduced *r = value;
    if (!r || !attune_share_give(&r->count))
        return;
    attune_normal_equations_free(r->equations);
    free(r->form.reflections);
    free(r);
}

static int64_t reduced_bytes(const void *value)
{
    const struct reduced *r = value;
    return (int64_t)sizeof *r + (r->form.m + 2) * r->form.stride * (int64_t)sizeof(double) +
           r->equations->bytes; /* it is kept alive */
}

static const attune_shared_kind reduced_kind = {"ridge", reduced_ref, reduced_free, reduced_bytes};

struct request {
    const struct ridge *model;
    const attune_data *data;
    const attune_rows *rows;
    const attune_context *context;
};

static attune_status reduce(struct reduced *r, const struct request *request, attune_error *error)
{
    attune_status status =
        attune_normal_equations_get(request->context, request->data, request->rows,
                                    request->model->fit_intercept, &r->equations, error);
    if (!status)
        status = attune_context_stop(request->context, error);
    if (status)
        return status;
    int64_t p = r->equations->p, stride = r->equations->stride;
    double *room = attune_alloc(2 * p, sizeof *room, error);
    double *all = attune_alloc((p + 2) * stride, sizeof *all, error);
    if (room && all) {
        r->form = (attune_tridiagonal){.m = p, .stride = stride, .reflections = all};
        r->form.diagonal = all + p * stride;
        r->form.beside = r->form.diagonal + stride;
        memcpy(all, r->equations->matrix, (size_t)(p * stride) * sizeof *all);
        attune_tridiagonal_reduce(&r->form, room);
    } else {
        free(all);
        status = ATTUNE_MEMORY;
    }
    free(room);
    return status;
}

static attune_status build(void *user, void **value, attune_error *error)
{
    struct reduced *r = attune_alloc(1, sizeof *r, error);
    if (!r)
        return ATTUNE_MEMORY;
    r->count = 1;
    attune_status status = reduce(r, user, error);
    if (status)
        reduced_free(r);
    else
        *value = r;
    return status;
}

/* In rounds that each solve for what is left. What does not vary has a coefficient of exactly 0.
 * room: 3 stride items. */
static bool solve(const struct reduced *r, double alpha, double *coef, double *room)
{
    const attune_normal_equations *e = r->equations;
    double *rest = room, *inner = room + e->stride;
    for (int refine = 0; refine < 3; refine++) {
        attune_times(e->matrix, e->p, e->p, e->stride, coef, rest);
        for (int64_t j = 0; j < e->p; j++)
            rest[j] = e->pull[j] - rest[j] - alpha * coef[j];
        if (!attune_tridiagonal_solve(&r->form, alpha, rest, inner))
            return false;
        attune_axpy(1, rest, coef, e->p);
        for (int64_t j = 0; j < e->p; j++)
            coef[j] = e->square[j] > 0 ? coef[j] : 0;
    }
    return attune_all_finite(coef, e->p);
}

/* *solved is false where alpha is so small that squares have lost the digits. */
static attune_status fit_shared(struct ridge *s, const struct request *request, bool *solved,
                                attune_error *error)
{
    attune_key key = attune_key_join(attune_key_start("ridge"), request->data->id);
    key = attune_key_integer(attune_key_join(key, request->rows->id), s->fit_intercept);
    void *value = NULL;
    attune_status status = attune_shared_get(request->context, key, &reduced_kind, build,
                                             (void *)(uintptr_t)request, &value, error);
    if (status)
        return status;
    const struct reduced *r = value;
    const attune_normal_equations *e = r->equations;
    double *room = attune_alloc(3 * e->stride, sizeof *room, error);
    if (!room)
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_array_make_2d(&s->coef, ATTUNE_ARRAY_F64, 1, e->p, error);
    if (!status)
        status = attune_array_make_1d(&s->intercept, ATTUNE_ARRAY_F64, 1, error);
    if (!status)
        *solved = s->alpha > 1e-11 * r->form.norm && solve(r, s->alpha, s->coef.f64, room);
    if (!status && *solved) {
        s->intercept.f64[0] = e->y_mean - attune_dot(s->coef.f64, e->mean, e->p);
        *solved = isfinite(s->intercept.f64[0]);
    }
    free(room);
    reduced_free(value);
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct ridge *s = self;
    struct request request = {s, data, rows, context};
    int64_t p = attune_normal_equations_inputs(data);
    bool solved = false;
    attune_status status = ATTUNE_OK;
    if (s->alpha > 0 && p <= rows->n && attune_normal_equations_is_matrix(rows->n, p))
        status = fit_shared(s, &request, &solved, error);
    if (status)
        return status;
    if (solved)
        return attune_linear_inputs(data, &s->inputs, error);
    return attune_least_squares_fit(data, rows, s->alpha, s->fit_intercept, context, &s->inputs,
                                    &s->coef, &s->intercept, error);
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    const struct ridge *s = self;
    return attune_least_squares_predict(&s->inputs, &s->coef, &s->intercept, data, rows, out,
                                        error);
}

static const char *check_fitted(const void *self)
{
    const struct ridge *s = self;
    return attune_least_squares_check(&s->inputs, &s->coef, &s->intercept);
}

static void describe(const void *self, attune_text *text)
{
    const struct ridge *s = self;
    attune_text_printf(text, "linear in %lld inputs, alpha %g", (long long)s->inputs.n, s->alpha);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    return attune_least_squares_memory(n, p);
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    const struct ridge *s = self;
    return attune_linear_importance(&s->inputs, &s->coef, data, rows, names, values, error);
}

const attune_step_type attune_step_ridge = {
    .name = "ridge",
    .doc = "Linear regression with an l2 penalty.",
    .version = 1,
    .size = sizeof(struct ridge),
    .fields = fields,
    .tasks = ATTUNE_FOR_REGRESSION,
    .simplicity = 1,
    .space = "{\"alpha\": {\"log_uniform\": [0.0001, 10000]}}",
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
