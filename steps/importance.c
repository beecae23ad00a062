/* steps/importance.c - what the model inside a pipeline says of its own inputs. */
#include "steps/step.h"

#include <stdlib.h>

static attune_status ask(const attune_step *step, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_texts *names, attune_reals *values,
                         attune_error *error);

/* Data pass through the transforms on the way to the model. */
static attune_status ask_children(const attune_step *step, const attune_data *data,
                                  const attune_rows *rows, const attune_context *context,
                                  attune_texts *names, attune_reals *values, attune_error *error)
{
    const attune_children *children = attune_step_children(step);
    attune_data *current = attune_data_ref((attune_data *)(uintptr_t)data);
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < children->n && !status; i++) {
        const attune_step *child = children->items[i];
        attune_data *next = NULL;
        if (step->type->uses && !step->type->uses(step->self, i))
            continue;
        if (attune_step_is_model(child)) {
            status = ask(child, current, rows, context, names, values, error);
            break;
        }
        status = attune_step_transform(child, current, context, &next, error);
        if (status)
            break;
        attune_data_free(current);
        current = next;
    }
    attune_data_free(current);
    return status;
}

static attune_status ask(const attune_step *step, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_texts *names, attune_reals *values,
                         attune_error *error)
{
    if (attune_step_children(step))
        return ask_children(step, data, rows, context, names, values, error);
    if (!step->type->importance)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s does not say what its inputs are worth; shuffling columns "
                           "(permutation) works for every model",
                           step->type->name);
    return step->type->importance(step->self, data, rows, names, values, error);
}

attune_status attune_step_importance(const attune_step *step, const attune_data *data,
                                     const attune_rows *rows, const attune_context *context,
                                     attune_texts *names, attune_reals *values, attune_error *error)
{
    if (!step->fitted)
        return attune_fail(error, ATTUNE_INVALID, "%s: fit comes before importance", step->name);
    attune_status status = ask(step, data, rows, context, names, values, error);
    if (status) {
        attune_texts_clear(names);
        free(values->items);
        *values = (attune_reals){NULL, 0};
    }
    return status;
}
