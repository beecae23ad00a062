/* steps/models/ridge.c - a linear regression whose large coefficients cost. */
#include "steps/models/least_squares.h"
#include "steps/step.h"

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

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct ridge *s = self;
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
};
