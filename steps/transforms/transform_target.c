/* steps/transforms/transform_target.c - the target as the model shall see it; predictions are
 * turned back.
 *
 * Numbers are standardized or put on a log axis; classes are numbered by how often they come, the
 * most frequent first. The positive class stays the same class under its new number. */
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum function { AUTO, NONE, STANDARDIZE, LOG1P, BY_FREQUENCY, N_FUNCTIONS };

static const char *const functions[] = {"auto",  "none",         "standardize",
                                        "log1p", "by_frequency", NULL};

struct transform_target {
    int function;
    int64_t used;         /* an enum function, not AUTO */
    attune_array numbers; /* STANDARDIZE: mean, deviation */
    attune_array order;   /* BY_FREQUENCY: the old code of each new one */
};

static const attune_field fields[] = {
    ATTUNE_ENUM(struct transform_target, function, functions, AUTO,
                "auto: standardize numbers, order classes by_frequency; log1p is for numbers above "
                "-1"),
    ATTUNE_FITTED_INTEGER(struct transform_target, used,
                          "1 none, 2 standardize, 3 log1p, 4 by_frequency"),
    ATTUNE_FITTED_ARRAY(struct transform_target, numbers, "mean and deviation, when standardized"),
    ATTUNE_FITTED_ARRAY(struct transform_target, order,
                        "the class that each new code stands for, when by_frequency"),
    ATTUNE_FIELDS_END,
};

static attune_status learn_numbers(struct transform_target *t, const attune_column *target,
                                   const attune_rows *rows, attune_error *error)
{
    double *values = attune_alloc(rows->n, sizeof *values, error);
    if (!values)
        return ATTUNE_MEMORY;
    attune_status status = ATTUNE_OK;
    int64_t n = attune_finite_values(target, rows, values);
    if (n == 0)
        status = attune_fail(error, ATTUNE_UNFIT, "target \"%s\" has no value in the training rows",
                             target->name);
    for (int64_t i = 0; i < n && t->used == LOG1P && !status; i++)
        if (values[i] <= -1)
            status = attune_fail(error, ATTUNE_UNFIT,
                                 "log1p needs a target above -1; \"%s\" has %g: use standardize",
                                 target->name, values[i]);
    if (!status && t->used == STANDARDIZE)
        status = attune_array_make_1d(&t->numbers, ATTUNE_ARRAY_F64, 2, error);
    if (!status && t->used == STANDARDIZE) {
        double mean = 0, deviation = 0;
        attune_mean_and_deviation(values, n, &mean, &deviation);
        t->numbers.f64[0] = mean;
        t->numbers.f64[1] = deviation > 0 ? deviation : 1;
    }
    free(values);
    return status;
}

static attune_status learn_classes(struct transform_target *t, const attune_column *target,
                                   const attune_rows *rows, attune_error *error)
{
    int32_t n = target->levels->n;
    int64_t *counts = attune_alloc(n, sizeof *counts, error);
    attune_status status = counts ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_array_make_1d(&t->order, ATTUNE_ARRAY_I32, n, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t code = target->codes[rows->index[i] * target->stride];
        if (code >= 0 && code < n)
            counts[code]++;
    }
    /* Insertion keeps the lower code first among equals; classes are few. */
    for (int32_t code = 0; code < n && !status; code++) {
        int32_t at = code;
        for (; at > 0 && counts[t->order.i32[at - 1]] < counts[code]; at--)
            t->order.i32[at] = t->order.i32[at - 1];
        t->order.i32[at] = code;
    }
    free(counts);
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct transform_target *t = self;
    const attune_column *target = attune_data_target(data);
    if (!target)
        return attune_fail(error, ATTUNE_UNFIT, "%s: the data has no target", context->name);
    bool numbers = target->kind == ATTUNE_REAL_COLUMN, classes = target->levels != NULL;
    t->used = t->function != AUTO ? t->function : numbers ? STANDARDIZE : BY_FREQUENCY;
    if (((t->used == STANDARDIZE || t->used == LOG1P) && !numbers) ||
        (t->used == BY_FREQUENCY && !classes))
        return attune_fail(error, ATTUNE_UNFIT, "%s: %s does not go with a target of %s",
                           context->name, functions[t->used], numbers ? "numbers" : "classes");
    if (t->used == NONE)
        return ATTUNE_OK;
    return numbers ? learn_numbers(t, target, rows, error) : learn_classes(t, target, rows, error);
}

static attune_column *changed_numbers(const struct transform_target *t, const attune_column *target,
                                      attune_key id, attune_error *error)
{
    attune_buffer *buffer = attune_buffer_new(target->n_rows * 8, error);
    if (!buffer)
        return NULL;
    double *values = attune_buffer_bytes(buffer);
    for (int64_t r = 0; r < target->n_rows; r++) {
        double y = target->reals[r * target->stride];
        values[r] = t->used == LOG1P ? log1p(y) : (y - t->numbers.f64[0]) / t->numbers.f64[1];
    }
    attune_column *made = attune_column_new(target->name, ATTUNE_REAL_COLUMN, id, target->n_rows,
                                            buffer, values, 1, NULL, error);
    attune_buffer_free(buffer);
    return made;
}

/* The same levels in the learnt order. */
static attune_levels *ordered_levels(const struct transform_target *t, const attune_levels *levels,
                                     int32_t *new_codes, attune_error *error)
{
    const char **names = attune_alloc(levels->n, sizeof *names, error);
    if (!names)
        return NULL;
    for (int32_t i = 0; i < levels->n; i++) {
        names[i] = levels->names[t->order.i32[i]];
        new_codes[t->order.i32[i]] = i;
    }
    attune_levels *made = attune_levels_new(names, levels->n, error);
    free((void *)names);
    return made;
}

static attune_column *changed_classes(const struct transform_target *t, const attune_column *target,
                                      attune_key id, attune_error *error)
{
    attune_column *made = NULL;
    int32_t n = target->levels->n;
    int32_t *new_codes = attune_alloc(n, sizeof *new_codes, error);
    attune_levels *levels = new_codes ? ordered_levels(t, target->levels, new_codes, error) : NULL;
    attune_buffer *buffer = levels ? attune_buffer_new(target->n_rows * 4, error) : NULL;
    if (buffer) {
        int32_t *codes = attune_buffer_bytes(buffer);
        for (int64_t r = 0; r < target->n_rows; r++) {
            int32_t code = target->codes[r * target->stride];
            codes[r] = code >= 0 && code < n ? new_codes[code] : code;
        }
        made = attune_column_new(target->name, ATTUNE_NOMINAL_COLUMN, id, target->n_rows, buffer,
                                 codes, 1, levels, error);
    }
    attune_buffer_free(buffer);
    attune_levels_free(levels);
    free(new_codes);
    return made;
}

/* Data without a target, or with one of another kind, is what is predicted: left as it is. */
static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct transform_target *t = self;
    const attune_column *target = attune_data_target(data);
    bool numbers = target && target->kind == ATTUNE_REAL_COLUMN &&
                   (t->used == STANDARDIZE || t->used == LOG1P);
    bool classes = target && target->levels && t->used == BY_FREQUENCY &&
                   target->levels->n == attune_array_count(&t->order);
    if (!numbers && !classes) {
        *out = attune_data_ref((attune_data *)(uintptr_t)data);
        return ATTUNE_OK;
    }
    attune_change change = {0};
    attune_key id = attune_context_derive(context, target->id, 0);
    attune_status status = attune_change_begin(&change, data, 0, error);
    if (!status)
        status = attune_change_replace_take(&change, attune_data_find(data, target->name),
                                            numbers ? changed_numbers(t, target, id, error)
                                                    : changed_classes(t, target, id, error));
    if (!status)
        status = attune_change_finish(&change, out, error);
    attune_change_clear(&change);
    return status;
}

static attune_status back_to_classes(const struct transform_target *t, attune_predictions *p,
                                     attune_error *error)
{
    int64_t n = attune_array_count(&t->order);
    if (p->n_classes != n)
        return attune_fail(error, ATTUNE_INVALID,
                           "transform_target: predictions of %d classes; %lld were fitted",
                           (int)p->n_classes, (long long)n);
    double *row = attune_alloc(n, sizeof *row, error);
    if (!row)
        return ATTUNE_MEMORY;
    for (int64_t r = 0; r < p->n; r++) {
        double *values = p->values + r * p->width;
        memcpy(row, values, (size_t)n * sizeof *row);
        for (int64_t i = 0; i < n; i++)
            values[t->order.i32[i]] = row[i];
    }
    free(row);
    return ATTUNE_OK;
}

static attune_status inverse_transform(const void *self, attune_predictions *predictions,
                                       attune_error *error)
{
    const struct transform_target *t = self;
    if (t->used == NONE)
        return ATTUNE_OK;
    if (t->used == BY_FREQUENCY)
        return back_to_classes(t, predictions, error);
    if (predictions->n_classes != 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "transform_target: predictions of classes; numbers were fitted");
    for (int64_t i = 0; i < predictions->n * predictions->width; i++) {
        double y = predictions->values[i];
        predictions->values[i] =
            t->used == LOG1P ? expm1(y) : y * t->numbers.f64[1] + t->numbers.f64[0];
    }
    return ATTUNE_OK;
}

/* Each old code once. */
static bool is_order(const attune_array *order)
{
    int64_t n = attune_array_count(order), distinct = 0;
    uint8_t *seen = attune_alloc(n, 1, NULL);
    if (order->type != ATTUNE_ARRAY_I32 || order->n_dims != 1)
        n = 0;
    for (int64_t i = 0; seen && i < n; i++) {
        int32_t code = order->i32[i];
        if (code >= 0 && code < n && !seen[code])
            distinct += seen[code] = 1;
    }
    free(seen);
    return n > 0 && distinct == n;
}

static const char *check_fitted(const void *self)
{
    const struct transform_target *t = self;
    if (t->used <= AUTO || t->used >= N_FUNCTIONS)
        return "used must be a number from 1 to 4";
    if (t->used == STANDARDIZE &&
        (t->numbers.type != ATTUNE_ARRAY_F64 || attune_array_count(&t->numbers) != 2))
        return "numbers must be a mean and a deviation";
    return t->used == BY_FREQUENCY && !is_order(&t->order) ? "order must have every class once"
                                                           : NULL;
}

static void describe(const void *self, attune_text *text)
{
    const struct transform_target *t = self;
    attune_text_printf(text, "target: %s", functions[t->used]);
}

/* Inputs stay as they are. */
static int64_t widen(const void *self, attune_kind kind, int64_t levels)
{
    (void)self;
    (void)kind;
    (void)levels;
    return 0;
}

const attune_step_type attune_step_transform_target = {
    .name = "transform_target",
    .doc = "Changes the target before the model sees it, and predictions back.",
    .version = 1,
    .size = sizeof(struct transform_target),
    .fields = fields,
    .fit = fit,
    .widen = widen,
    .transform = transform,
    .inverse_transform = inverse_transform,
    .check_fitted = check_fitted,
    .describe = describe,
};
