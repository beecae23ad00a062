/* steps/models/dummy.c - the baseline: says the same of every row, whatever its inputs. */
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>

enum strategy { PRIOR, MOST_FREQUENT, MEAN, MEDIAN };

struct dummy {
    int strategy; /* -1: prior for classes, mean for numbers */
    attune_array values;
    int64_t n_classes;
};

static const char *const strategies[] = {"prior", "most_frequent", "mean", "median", NULL};

static const attune_field fields[] = {
    ATTUNE_ENUM(struct dummy, strategy, strategies, -1,
                "prior (frequencies) or most_frequent for classes, mean or median for numbers; "
                "null: prior or mean",
                .nullable = true),
    ATTUNE_FITTED_ARRAY(struct dummy, values, "one probability a class, or one number"),
    ATTUNE_FITTED_INTEGER(struct dummy, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FIELDS_END,
};

struct weighted {
    double value, weight;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct weighted *)a)->value, y = ((const struct weighted *)b)->value;
    return (x > y) - (x < y);
}

static attune_status weigh(const attune_data *data, const attune_rows *rows, struct weighted *items,
                           attune_error *error)
{
    const attune_column *column = attune_data_role(data, ATTUNE_WEIGHT);
    double total = 0;
    if (column && column->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_UNFIT, "weights in column \"%s\" must be numbers",
                           column->name);
    for (int64_t i = 0; i < rows->n; i++) {
        double weight = column ? column->reals[rows->index[i] * column->stride] : 1;
        if (!(weight >= 0) || !isfinite(weight))
            return attune_fail(error, ATTUNE_UNFIT,
                               "weights in column \"%s\" must be 0 or more, and finite",
                               column ? column->name : "");
        items[i].weight = weight;
        total += weight;
    }
    return total > 0 && isfinite(total)
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_UNFIT, "no training row weighs more than 0");
}

static attune_status fit_classes(struct dummy *s, const attune_column *target,
                                 const attune_rows *rows, const struct weighted *items,
                                 attune_error *error)
{
    int64_t most = 0;
    attune_status status = attune_array_make_1d(&s->values, ATTUNE_ARRAY_F64, s->n_classes, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t code = target->codes[rows->index[i] * target->stride];
        if (code < 0 || code >= s->n_classes)
            status = attune_fail(error, ATTUNE_UNFIT, "the target of row %lld is missing",
                                 (long long)rows->index[i] + 1);
        else
            s->values.f64[code] += items[i].weight;
    }
    if (status)
        return status;
    double total = attune_sum(s->values.f64, s->n_classes);
    for (int64_t k = 1; k < s->n_classes; k++)
        most = s->values.f64[k] > s->values.f64[most] ? k : most;
    for (int64_t k = 0; k < s->n_classes; k++)
        s->values.f64[k] = s->strategy == MOST_FREQUENT ? k == most : s->values.f64[k] / total;
    return ATTUNE_OK;
}

static double mean_of(const struct weighted *items, int64_t n)
{
    double sum = 0, weight = 0, first = items[0].value; /* from the first: keeps digits */
    for (int64_t i = 0; i < n; i++) {
        sum += items[i].weight * (items[i].value - first);
        weight += items[i].weight;
    }
    double mean = first + sum / weight;
    if (isfinite(mean))
        return mean;
    mean = 0; /* beyond what a double holds: in parts that are not */
    for (int64_t i = 0; i < n; i++)
        mean += items[i].weight / weight * items[i].value;
    return mean;
}

/* Where half of the weight is below; between two values when exactly half is. Sorts items. */
static double median_of(struct weighted *items, int64_t n)
{
    double total = 0, below = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < n; i++)
        if (items[i].weight > 0) {
            total += items[i].weight;
            items[used++] = items[i];
        }
    qsort(items, (size_t)used, sizeof *items, by_value);
    for (int64_t i = 0; i + 1 < used; i++) {
        below += items[i].weight;
        if (2 * below == total)
            return items[i].value / 2 + items[i + 1].value / 2;
        if (2 * below > total)
            return items[i].value;
    }
    return items[used - 1].value;
}

static attune_status fit_numbers(struct dummy *s, const attune_column *target,
                                 const attune_rows *rows, struct weighted *items,
                                 attune_error *error)
{
    for (int64_t i = 0; i < rows->n; i++) {
        items[i].value = target->reals[rows->index[i] * target->stride];
        if (!isfinite(items[i].value))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the target \"%s\" has missing or infinite values", target->name);
    }
    attune_status status = attune_array_make_1d(&s->values, ATTUNE_ARRAY_F64, 1, error);
    if (!status)
        s->values.f64[0] =
            s->strategy == MEDIAN ? median_of(items, rows->n) : mean_of(items, rows->n);
    return status;
}

static attune_status check_strategy(const struct dummy *s, bool classes, attune_error *error)
{
    bool for_classes = s->strategy == PRIOR || s->strategy == MOST_FREQUENT;
    if (s->strategy < 0 || for_classes == classes)
        return ATTUNE_OK;
    return attune_fail(error, ATTUNE_UNFIT, "strategy \"%s\" is for %s: take %s",
                       strategies[s->strategy], classes ? "numbers" : "classes",
                       classes ? "prior or most_frequent" : "mean or median");
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    (void)context;
    struct dummy *s = self;
    const attune_column *target = attune_data_target(data);
    if (!target || (target->kind != ATTUNE_REAL_COLUMN && target->kind != ATTUNE_NOMINAL_COLUMN))
        return attune_fail(error, ATTUNE_UNFIT, "dummy needs a target of classes or numbers");
    if (rows->n < 1)
        return attune_fail(error, ATTUNE_UNFIT, "no rows to fit");
    struct weighted *items = attune_alloc(rows->n, sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    s->n_classes = attune_data_n_classes(data);
    attune_status status = check_strategy(s, s->n_classes > 0, error);
    if (!status)
        status = weigh(data, rows, items, error);
    if (!status)
        status = s->n_classes > 0 ? fit_classes(s, target, rows, items, error)
                                  : fit_numbers(s, target, rows, items, error);
    free(items);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    (void)data;
    const struct dummy *s = self;
    attune_task task = s->n_classes == 0   ? ATTUNE_REGRESSION
                       : s->n_classes == 2 ? ATTUNE_BINARY
                                           : ATTUNE_MULTICLASS;
    attune_status status =
        attune_predictions_make(out, task, rows->n, (int32_t)s->n_classes, error);
    for (int64_t i = 0; i < rows->n && !status; i++)
        for (int64_t k = 0; k < out->width; k++)
            out->values[i * out->width + k] = s->values.f64[k];
    return status;
}

static const char *check_fitted(const void *self)
{
    const struct dummy *s = self;
    int64_t n = s->n_classes > 0 ? s->n_classes : 1;
    if (s->n_classes < 0 || s->n_classes > INT32_MAX)
        return "n_classes must be 0 or more";
    if (s->values.type != ATTUNE_ARRAY_F64 || s->values.n_dims != 1 || s->values.shape[0] != n)
        return "values must be one real a class, or one";
    return attune_all_finite(s->values.f64, n) ? NULL : "values must be finite";
}

static void describe(const void *self, attune_text *text)
{
    const struct dummy *s = self;
    if (s->n_classes > 0)
        attune_text_printf(text, "the same %lld probabilities for every row",
                           (long long)s->n_classes);
    else
        attune_text_printf(text, "%g for every row", s->values.f64[0]);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double bytes = 16.0 * (double)n + 8.0 * (double)p;
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_dummy = {
    .name = "dummy",
    .doc = "The baseline: class frequencies, or the mean, for every row.",
    .version = 1,
    .size = sizeof(struct dummy),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 0,
    .space = "{}",
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
