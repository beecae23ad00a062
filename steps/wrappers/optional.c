/* steps/wrappers/optional.c - a transform that the search may leave out. */
#include "steps/step.h"

struct optional {
    bool enabled;
    attune_children steps;
};

static const attune_field fields[] = {
    ATTUNE_BOOLEAN(struct optional, enabled, true, "whether the step inside is used"),
    ATTUNE_CHILDREN(struct optional, steps, "the one step inside"),
    ATTUNE_FIELDS_END,
};

static bool uses(const void *self, int64_t child)
{
    (void)child;
    return ((const struct optional *)self)->enabled;
}

static bool is_model(const void *self)
{
    (void)self;
    return false;
}

static const char *check(const void *self)
{
    const struct optional *o = self;
    if (o->steps.n != 1)
        return "optional takes exactly one step (make it a pipeline to have several)";
    return attune_step_is_model(o->steps.items[0]) ? "a model cannot be left out" : NULL;
}

static attune_status fit_transform(void *self, const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_data **out,
                                   attune_rows **out_rows, attune_error *error)
{
    struct optional *o = self;
    if (o->enabled)
        return attune_step_fit_transform_shared(&o->steps.items[0], data, rows, context, out,
                                                out_rows, error);
    *out = attune_data_ref((attune_data *)(uintptr_t)data);
    *out_rows = attune_rows_ref((attune_rows *)(uintptr_t)rows);
    return ATTUNE_OK;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct optional *o = self;
    if (o->enabled)
        return attune_step_transform_shared(o->steps.items[0], data, context, out, error);
    *out = attune_data_ref((attune_data *)(uintptr_t)data);
    return ATTUNE_OK;
}

static attune_status inverse_transform(const void *self, attune_predictions *predictions,
                                       attune_error *error)
{
    const struct optional *o = self;
    return o->enabled ? attune_step_inverse_transform(o->steps.items[0], predictions, error)
                      : ATTUNE_OK;
}

static void validate(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes)
{
    const struct optional *o = self;
    attune_step_validate(o->steps.items[0], data, rows, context, notes);
}

const attune_step_type attune_step_optional = {
    .name = "optional",
    .doc = "A transform that the search may leave out.",
    .version = 1,
    .size = sizeof(struct optional),
    .fields = fields,
    .check = check,
    .selector = "enabled",
    .is_model = is_model,
    .uses = uses,
    .train_output = ATTUNE_TRAIN_RESAMPLED,
    .fit_transform = fit_transform,
    .transform = transform,
    .inverse_transform = inverse_transform,
    .validate = validate,
};
