/* steps/wrappers/pipeline.c - steps one after the other: each is fitted on what the last gave. */
#include "steps/step.h"

struct pipeline {
    attune_children steps;
};

static const attune_field fields[] = {
    ATTUNE_CHILDREN(struct pipeline, steps, "what runs, in this order"),
    ATTUNE_FIELDS_END,
};

static bool is_model(const void *self)
{
    const struct pipeline *p = self;
    return p->steps.n > 0 && attune_step_is_model(p->steps.items[p->steps.n - 1]);
}

static const char *check(const void *self)
{
    const struct pipeline *p = self;
    for (int64_t i = 0; i + 1 < p->steps.n; i++)
        if (attune_step_is_model(p->steps.items[i]))
            return "a model must be the last step";
    return p->steps.n ? NULL : "a pipeline needs at least one step";
}

/* Fits all steps but a closing model; *out and *out_rows are what that is to be fitted on. */
static attune_status fit_transforms(struct pipeline *p, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    attune_data **out, attune_rows **out_rows, attune_error *error)
{
    attune_data *current = attune_data_ref((attune_data *)(uintptr_t)data);
    attune_rows *selected = attune_rows_ref((attune_rows *)(uintptr_t)rows);
    int64_t n = p->steps.n - is_model(p);
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        attune_data *next = NULL;
        attune_rows *next_rows = NULL;
        status = attune_step_fit_transform_shared(&p->steps.items[i], current, selected, context,
                                                  &next, &next_rows, error);
        if (status)
            break;
        attune_data_free(current);
        attune_rows_free(selected);
        current = next;
        selected = next_rows;
    }
    if (status) {
        attune_data_free(current);
        attune_rows_free(selected);
        return status;
    }
    *out = current;
    *out_rows = selected;
    return ATTUNE_OK;
}

static attune_status fit_transform(void *self, const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_data **out,
                                   attune_rows **out_rows, attune_error *error)
{
    struct pipeline *p = self;
    attune_status status = fit_transforms(p, data, rows, context, out, out_rows, error);
    if (!status && is_model(p))
        status = attune_step_fit(p->steps.items[p->steps.n - 1], *out, *out_rows, context, error);
    if (status) {
        attune_data_free(*out);
        attune_rows_free(*out_rows);
        *out = NULL;
        *out_rows = NULL;
    }
    return status;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct pipeline *p = self;
    attune_data *current = attune_data_ref((attune_data *)(uintptr_t)data);
    int64_t n = p->steps.n - is_model(p);
    for (int64_t i = 0; i < n; i++) {
        attune_data *next = NULL;
        attune_status status =
            attune_step_transform_shared(p->steps.items[i], current, context, &next, error);
        attune_data_free(current);
        if (status)
            return status;
        current = next;
    }
    *out = current;
    return ATTUNE_OK;
}

static attune_status inverse_transform(const void *self, attune_predictions *predictions,
                                       attune_error *error)
{
    const struct pipeline *p = self;
    attune_status status = ATTUNE_OK;
    for (int64_t i = p->steps.n - is_model(p) - 1; i >= 0 && !status; i--)
        status = attune_step_inverse_transform(p->steps.items[i], predictions, error);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const struct pipeline *p = self;
    attune_data *transformed = NULL;
    if (!is_model(p))
        return attune_fail(error, ATTUNE_INVALID, "the last step is no model: nothing predicts");
    attune_status status = transform(self, data, context, &transformed, error);
    if (!status)
        status = attune_step_predict(p->steps.items[p->steps.n - 1], transformed, rows, context,
                                     out, error);
    if (!status)
        status = inverse_transform(self, out, error);
    attune_data_free(transformed);
    return status;
}

static attune_status predict_stages(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    const int64_t *budgets, int64_t n, attune_predictions *out,
                                    attune_error *error)
{
    const struct pipeline *p = self;
    attune_data *transformed = NULL;
    attune_status status = transform(self, data, context, &transformed, error);
    if (!status)
        status = attune_step_predict_stages(p->steps.items[p->steps.n - 1], transformed, rows,
                                            context, budgets, n, out, error);
    for (int64_t i = 0; i < n && !status; i++)
        status = inverse_transform(self, &out[i], error);
    attune_data_free(transformed);
    return status;
}

static attune_status truncate(void *self, int64_t budget, attune_error *error)
{
    const struct pipeline *p = self;
    return attune_step_truncate(p->steps.items[p->steps.n - 1], budget, error);
}

static attune_status fit_more(void *self, const attune_context *context, attune_error *error)
{
    const struct pipeline *p = self;
    return attune_step_fit_more(p->steps.items[p->steps.n - 1], context, error);
}

static void validate(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes)
{
    const struct pipeline *p = self;
    attune_data *current = attune_data_ref((attune_data *)(uintptr_t)data);
    attune_rows *selected = attune_rows_ref((attune_rows *)(uintptr_t)rows);
    for (int64_t i = 0; i < p->steps.n; i++) {
        attune_step *fitted = attune_step_ref(p->steps.items[i]);
        attune_data *next = NULL;
        attune_rows *next_rows = NULL;
        attune_step_validate(fitted, current, selected, context, notes);
        bool went = i + 1 < p->steps.n &&
                    !attune_step_fit_transform_shared(&fitted, current, selected, context, &next,
                                                      &next_rows, NULL);
        attune_step_free(fitted);
        if (!went)
            break;
        attune_data_free(current);
        attune_rows_free(selected);
        current = next;
        selected = next_rows;
    }
    attune_data_free(current);
    attune_rows_free(selected);
}

const attune_step_type attune_step_pipeline = {
    .name = "pipeline",
    .doc = "Steps one after the other; the last one may be a model.",
    .version = 1,
    .size = sizeof(struct pipeline),
    .fields = fields,
    .check = check,
    .is_model = is_model,
    .train_output = ATTUNE_TRAIN_RESAMPLED,
    .fit_transform = fit_transform,
    .transform = transform,
    .inverse_transform = inverse_transform,
    .predict = predict,
    .predict_stages = predict_stages,
    .truncate = truncate,
    .fit_more = fit_more,
    .validate = validate,
};
