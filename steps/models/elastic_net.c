/* steps/models/elastic_net.c - a linear regression that leaves inputs out: the step. */
#include "steps/models/elastic_net.h"

#include "steps/models/least_squares.h"
#include "steps/models/linear_model.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>

struct elastic_net {
    double alpha, l1_ratio;
    bool fit_intercept;
    int64_t max_iter;
    double tol;
    attune_texts inputs;
    attune_array coef, intercept;
    int64_t n_iter;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct elastic_net, alpha, 1.0,
                "weight of the penalty against half the mean squared error", .low = 0,
                .above_low = true, .no_high = true),
    ATTUNE_REAL(struct elastic_net, l1_ratio, 0.5,
                "share of the sum of sizes in the penalty, which leaves inputs out; the rest is "
                "half the sum of squares",
                .low = 0, .high = 1),
    ATTUNE_BOOLEAN(struct elastic_net, fit_intercept, true,
                   "whether there is an intercept; it is free"),
    ATTUNE_INTEGER(struct elastic_net, max_iter, 10000, "most rounds over the inputs", .low = 1,
                   .no_high = true),
    ATTUNE_REAL(struct elastic_net, tol, 1e-9,
                "stop when the duality gap is at most this share of the objective", .low = 0,
                .above_low = true, .no_high = true),
    ATTUNE_FITTED_TEXTS(struct elastic_net, inputs, "columns, in the order of coef"),
    ATTUNE_FITTED_ARRAY(struct elastic_net, coef, "one row; one column an input"),
    ATTUNE_FITTED_ARRAY(struct elastic_net, intercept, "one number"),
    ATTUNE_FITTED_INTEGER(struct elastic_net, n_iter, "rounds over the inputs"),
    ATTUNE_FIELDS_END,
};

static attune_status solve(struct elastic_net *s, const attune_normal_equations *e,
                           const attune_data *data, const attune_rows *rows,
                           const attune_context *context, attune_error *error)
{
    attune_elastic_net problem = {.equations = e,
                                  .l1 = s->alpha * s->l1_ratio * e->total,
                                  .l2 = s->alpha * (1 - s->l1_ratio) * e->total,
                                  .tol = s->tol,
                                  .max_iter = s->max_iter,
                                  .context = context};
    attune_elastic_net_result result = {0};
    attune_status status =
        attune_elastic_net_start(e, data, rows, s->fit_intercept, s->alpha, s->l1_ratio, context,
                                 s->coef.f64, &problem.l1_before, error);
    if (!status)
        status = attune_elastic_net_solve(&problem, s->coef.f64, &result, error);
    if (status)
        return status;
    s->n_iter = result.n_iter;
    if (result.n_iter >= s->max_iter)
        attune_context_log(context, ATTUNE_LOG_WARNING,
                           "stopped after %lld rounds with a gap of %.1e of the objective: raise "
                           "max_iter or tol",
                           (long long)result.n_iter, result.gap / result.objective);
    s->intercept.f64[0] = e->y_mean - attune_dot(s->coef.f64, e->mean, e->p);
    if (!attune_all_finite(s->coef.f64, e->p) || !isfinite(s->intercept.f64[0]))
        return attune_fail(error, ATTUNE_UNFIT,
                           "the coefficients overflow: put a standard_scale step before");
    return ATTUNE_OK;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct elastic_net *s = self;
    attune_normal_equations *e = NULL;
    attune_status status =
        attune_normal_equations_get(context, data, rows, s->fit_intercept, &e, error);
    if (!status)
        status = attune_linear_inputs(data, &s->inputs, error);
    if (!status)
        status = attune_array_make_2d(&s->coef, ATTUNE_ARRAY_F64, 1, e->p, error);
    if (!status)
        status = attune_array_make_1d(&s->intercept, ATTUNE_ARRAY_F64, 1, error);
    if (!status)
        status = solve(s, e, data, rows, context, error);
    attune_normal_equations_free(e);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    const struct elastic_net *s = self;
    return attune_least_squares_predict(&s->inputs, &s->coef, &s->intercept, data, rows, out,
                                        error);
}

static const char *check_fitted(const void *self)
{
    const struct elastic_net *s = self;
    return attune_least_squares_check(&s->inputs, &s->coef, &s->intercept);
}

static void describe(const void *self, attune_text *text)
{
    const struct elastic_net *s = self;
    int64_t used = 0;
    for (int64_t j = 0; j < s->inputs.n; j++)
        used += s->coef.f64[j] != 0;
    attune_text_printf(text, "linear in %lld of %lld inputs, alpha %g, l1_ratio %g",
                       (long long)used, (long long)s->inputs.n, s->alpha, s->l1_ratio);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double most = attune_normal_equations_is_matrix(n, p) ? (double)p : fmax((double)n, 1024);
    double bytes = 8.0 * ((double)n * (double)(p + 8) + 2.0 * most * (double)(p + 8));
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    const struct elastic_net *s = self;
    return attune_linear_importance(&s->inputs, &s->coef, data, rows, names, values, error);
}

const attune_step_type attune_step_elastic_net = {
    .name = "elastic_net",
    .doc = "Linear regression with l1 and l2 penalties: it leaves inputs out.",
    .version = 1,
    .size = sizeof(struct elastic_net),
    .fields = fields,
    .tasks = ATTUNE_FOR_REGRESSION,
    .simplicity = 1,
    .space = "{\"alpha\": {\"log_uniform\": [0.0001, 10000]}, \"l1_ratio\": {\"uniform\": [0, 1]}}",
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
