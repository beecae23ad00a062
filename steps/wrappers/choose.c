/* steps/wrappers/choose.c - one of several steps; which one is a hyperparameter. */
#include "steps/step.h"

#include <string.h>

struct choose {
    char *choice; /* a child's name; NULL: the first */
    attune_children steps;
};

static const attune_field fields[] = {
    ATTUNE_TEXT(struct choose, choice, NULL, "name of the step that is used; null: the first",
                .nullable = true),
    ATTUNE_CHILDREN(struct choose, steps, "what is chosen from"),
    ATTUNE_FIELDS_END,
};

static attune_step *chosen(const struct choose *c)
{
    for (int64_t i = 0; i < c->steps.n; i++)
        if (!c->choice || strcmp(c->steps.items[i]->name, c->choice) == 0)
            return c->steps.items[i];
    return NULL;
}

static bool uses(const void *self, int64_t child)
{
    const struct choose *c = self;
    return c->steps.items[child] == chosen(c);
}

static bool is_model(const void *self)
{
    const attune_step *step = chosen(self);
    return step && attune_step_is_model(step);
}

static const char *check(const void *self)
{
    const struct choose *c = self;
    if (!chosen(c))
        return c->steps.n ? "choice: no step of that name" : "choose needs at least one step";
    for (int64_t i = 1; i < c->steps.n; i++)
        if (attune_step_is_model(c->steps.items[i]) != attune_step_is_model(c->steps.items[0]))
            return "choose is between models or between transforms, not both";
    return NULL;
}

static attune_status fit_transform(void *self, const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_data **out,
                                   attune_rows **out_rows, attune_error *error)
{
    struct choose *c = self;
    for (int64_t i = 0; i < c->steps.n; i++)
        if (uses(c, i) && !attune_step_is_model(c->steps.items[i]))
            return attune_step_fit_transform_shared(&c->steps.items[i], data, rows, context, out,
                                                    out_rows, error);
    return attune_step_fit(chosen(c), data, rows, context, error);
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    return attune_step_transform_shared(chosen(self), data, context, out, error);
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    return attune_step_predict(chosen(self), data, rows, context, out, error);
}

static attune_status predict_stages(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    const int64_t *budgets, int64_t n, attune_predictions *out,
                                    attune_error *error)
{
    return attune_step_predict_stages(chosen(self), data, rows, context, budgets, n, out, error);
}

static attune_status truncate(void *self, int64_t budget, attune_error *error)
{
    return attune_step_truncate(chosen(self), budget, error);
}

static attune_status fit_more(void *self, const attune_context *context, attune_error *error)
{
    return attune_step_fit_more(chosen(self), context, error);
}

static attune_status inverse_transform(const void *self, attune_predictions *predictions,
                                       attune_error *error)
{
    return attune_step_inverse_transform(chosen(self), predictions, error);
}

static void validate(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes)
{
    const struct choose *c = self;
    for (int64_t i = 0; i < c->steps.n; i++)
        attune_step_validate(c->steps.items[i], data, rows, context, notes);
}

const attune_step_type attune_step_choose = {
    .name = "choose",
    .doc = "One of several steps; the search decides which.",
    .version = 1,
    .size = sizeof(struct choose),
    .fields = fields,
    .check = check,
    .selector = "choice",
    .is_model = is_model,
    .uses = uses,
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
