/* steps/models/linear_regression.c - ordinary least squares.
 *
 * Where columns depend on one another (one-hot columns do), the solution of least norm. */
#include "steps/models/least_squares.h"
#include "steps/models/linear_model.h"
#include "steps/step.h"

struct linear_regression {
    bool fit_intercept;
    attune_texts inputs;
    attune_array coef, intercept;
};

static const attune_field fields[] = {
    ATTUNE_BOOLEAN(struct linear_regression, fit_intercept, true, "whether there is an intercept"),
    ATTUNE_FITTED_TEXTS(struct linear_regression, inputs, "columns, in the order of coef"),
    ATTUNE_FITTED_ARRAY(struct linear_regression, coef, "one row; one column an input"),
    ATTUNE_FITTED_ARRAY(struct linear_regression, intercept, "one number"),
    ATTUNE_FIELDS_END,
};

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct linear_regression *s = self;
    return attune_least_squares_fit(data, rows, 0, s->fit_intercept, context, &s->inputs, &s->coef,
                                    &s->intercept, error);
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    const struct linear_regression *s = self;
    return attune_least_squares_predict(&s->inputs, &s->coef, &s->intercept, data, rows, out,
                                        error);
}

static const char *check_fitted(const void *self)
{
    const struct linear_regression *s = self;
    return attune_least_squares_check(&s->inputs, &s->coef, &s->intercept);
}

static void describe(const void *self, attune_text *text)
{
    const struct linear_regression *s = self;
    attune_text_printf(text, "linear in %lld inputs", (long long)s->inputs.n);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    return attune_least_squares_memory(n, p);
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    const struct linear_regression *s = self;
    return attune_linear_importance(&s->inputs, &s->coef, data, rows, names, values, error);
}

const attune_step_type attune_step_linear_regression = {
    .name = "linear_regression",
    .doc = "Ordinary least squares, without a penalty.",
    .version = 1,
    .size = sizeof(struct linear_regression),
    .fields = fields,
    .tasks = ATTUNE_FOR_REGRESSION,
    .simplicity = 1,
    .space = "{}",
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
