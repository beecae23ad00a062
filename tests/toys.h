/* tests/toys.h - two small steps for the tests of saving: a model with every kind of member, and
 * a box that holds steps. They stand in for plug-ins: no registry names them. */
#ifndef ATTUNE_TESTS_TOYS_H
#define ATTUNE_TESTS_TOYS_H

#include "steps/saver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const toy_moods[] = {"calm", "wild", NULL};

struct toy {
    double rate;
    int64_t size;
    bool bold;
    int mood;
    char *note;
    attune_reals layers;
    attune_values mixed;
    attune_texts words;
    attune_array coef;   /* columns x 2: a slope, and what stands in for a missing value */
    attune_array absent; /* fit never makes it */
    attune_array codes;  /* int32, columns: how often each name has been seen before; all 0 */
    attune_texts inputs; /* names of the real columns, in the order of coef */
    int64_t n_classes;
    double intercept;
    attune_reals tenths;
    int64_t *heavy; /* made by setup, in no field */
};

static const attune_field toy_fields[] = {
    ATTUNE_REAL(struct toy, rate, 0.1, "a real"),
    ATTUNE_INTEGER(struct toy, size, 3, "an integer", .nullable = true),
    ATTUNE_BOOLEAN(struct toy, bold, false, "a boolean"),
    ATTUNE_ENUM(struct toy, mood, toy_moods, 0, "an enum"),
    ATTUNE_TEXT(struct toy, note, NULL, "a text", .nullable = true),
    ATTUNE_REALS(struct toy, layers, "reals"),
    ATTUNE_VALUES(struct toy, mixed, "values"),
    ATTUNE_TEXTS(struct toy, words, "texts"),
    ATTUNE_FITTED_ARRAY(struct toy, coef, "slopes and means"),
    ATTUNE_FITTED_ARRAY(struct toy, absent, "not made"),
    ATTUNE_FITTED_ARRAY(struct toy, codes, "int32"),
    ATTUNE_FITTED_TEXTS(struct toy, inputs, "columns"),
    ATTUNE_FITTED_INTEGER(struct toy, n_classes, "classes, 0 for a number"),
    ATTUNE_REAL(struct toy, intercept, 0, "learnt", .fitted = true),
    ATTUNE_REALS(struct toy, tenths, "learnt", .fitted = true),
    ATTUNE_FIELDS_END,
};

static attune_status toy_setup(void *self, const attune_context *context, attune_error *error)
{
    struct toy *toy = self;
    (void)context;
    toy->heavy = attune_alloc(1, sizeof *toy->heavy, error);
    return toy->heavy ? ATTUNE_OK : ATTUNE_MEMORY;
}

static void toy_teardown(void *self)
{
    free(((struct toy *)self)->heavy);
}

static double toy_value(const attune_column *column, int64_t row, double mean)
{
    double x = column->reals[row * column->stride];
    return isnan(x) ? mean : x;
}

static void toy_learn(struct toy *toy, const attune_column *column, const attune_rows *rows,
                      int64_t k)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        double x = column->reals[rows->index[i] * column->stride];
        sum += isnan(x) ? 0 : x;
        n += !isnan(x);
    }
    toy->coef.f64[2 * k] = toy->rate / (double)(k + 3);
    toy->coef.f64[2 * k + 1] = n ? sum / (double)n : 0;
}

static attune_status toy_fit(void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_error *error)
{
    struct toy *toy = self;
    (void)context;
    attune_status status =
        attune_array_make_2d(&toy->coef, ATTUNE_ARRAY_F64, data->n_columns, 2, error);
    if (!status)
        status = attune_array_make_1d(&toy->codes, ATTUNE_ARRAY_I32, data->n_columns, error);
    int64_t k = 0;
    for (int64_t i = 0; i < data->n_columns && !status; i++) {
        if (data->roles[i] != ATTUNE_INPUT || data->columns[i]->kind != ATTUNE_REAL_COLUMN)
            continue;
        toy_learn(toy, data->columns[i], rows, k++);
        status = attune_texts_add(&toy->inputs, data->columns[i]->name, error);
    }
    toy->n_classes = attune_data_n_classes(data);
    toy->intercept = 0.1 + 0.2;
    toy->tenths = (attune_reals){attune_alloc(2, sizeof(double), error), 2};
    if (!toy->tenths.items)
        return ATTUNE_MEMORY;
    toy->tenths.items[0] = 1.0 / 3;
    toy->tenths.items[1] = -0.0;
    return status;
}

static attune_status toy_predict(const void *self, const attune_data *data, const attune_rows *rows,
                                 const attune_context *context, attune_predictions *out,
                                 attune_error *error)
{
    const struct toy *toy = self;
    (void)context;
    attune_status status =
        attune_predictions_make(out, data->task, rows->n, (int32_t)toy->n_classes, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        double sum = toy->intercept;
        for (int64_t k = 0; k < toy->inputs.n && !status; k++) {
            int64_t at = attune_data_find(data, toy->inputs.items[k]);
            if (at < 0 || data->columns[at]->kind != ATTUNE_REAL_COLUMN)
                status = attune_fail(error, ATTUNE_INVALID, "no column %s", toy->inputs.items[k]);
            else
                sum += toy->coef.f64[2 * k] *
                       toy_value(data->columns[at], rows->index[i], toy->coef.f64[2 * k + 1]);
        }
        for (int64_t c = 0; c < out->width && !status; c++)
            out->values[i * out->width + c] =
                toy->n_classes ? (c ? 1 - tanh(sum / 1e3) : tanh(sum / 1e3)) : sum;
    }
    return status;
}

static const char *toy_check_fitted(const void *self)
{
    const struct toy *toy = self;
    if (toy->coef.type != ATTUNE_ARRAY_F64 || toy->coef.n_dims != 2 || toy->coef.shape[1] != 2 ||
        toy->coef.shape[0] < toy->inputs.n)
        return "coef needs two columns and a row for each input";
    return toy->n_classes < 0 || toy->n_classes > 100 ? "a strange number of classes" : NULL;
}

static const attune_step_type toy_model = {
    .name = "toy_model",
    .doc = "A model with every kind of member.",
    .version = 2,
    .size = sizeof(struct toy),
    .fields = toy_fields,
    .tasks = ATTUNE_FOR_ANY,
    .setup = toy_setup,
    .teardown = toy_teardown,
    .fit = toy_fit,
    .predict = toy_predict,
    .check_fitted = toy_check_fitted,
};

struct toy_box {
    attune_children steps;
    char *favourite; /* a child's name */
};

static const attune_field toy_box_fields[] = {
    ATTUNE_CHILDREN(struct toy_box, steps, "all of them are fitted; the last one predicts"),
    ATTUNE_TEXT(struct toy_box, favourite, NULL, "a child's name", .nullable = true),
    ATTUNE_FIELDS_END,
};

static attune_status toy_box_fit(void *self, const attune_data *data, const attune_rows *rows,
                                 const attune_context *context, attune_error *error)
{
    struct toy_box *box = self;
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < box->steps.n && !status; i++)
        status = attune_step_fit(box->steps.items[i], data, rows, context, error);
    return status;
}

static attune_status toy_box_predict(const void *self, const attune_data *data,
                                     const attune_rows *rows, const attune_context *context,
                                     attune_predictions *out, attune_error *error)
{
    const struct toy_box *box = self;
    if (box->steps.n == 0)
        return attune_fail(error, ATTUNE_INVALID, "an empty box");
    return attune_step_predict(box->steps.items[box->steps.n - 1], data, rows, context, out, error);
}

static bool toy_box_is_model(const void *self)
{
    const struct toy_box *box = self;
    return box->steps.n && attune_step_is_model(box->steps.items[box->steps.n - 1]);
}

/* Loading must have the children in place before it asks. */
static const char *toy_box_check(const void *self)
{
    const struct toy_box *box = self;
    for (int64_t i = 0; i < box->steps.n && box->favourite; i++)
        if (strcmp(box->steps.items[i]->name, box->favourite) == 0)
            return NULL;
    return box->favourite ? "its favourite is not in the box" : NULL;
}

static const attune_step_type toy_box = {
    .name = "toy_box",
    .doc = "Holds steps.",
    .version = 1,
    .size = sizeof(struct toy_box),
    .fields = toy_box_fields,
    .check = toy_box_check,
    .fit = toy_box_fit,
    .predict = toy_box_predict,
    .is_model = toy_box_is_model,
};

static const attune_step_type *const toy_types[] = {&toy_model, &toy_box, NULL};
static const attune_plugins toys = {.steps = toy_types};

#endif
