/* steps/wrappers/calibrate.c - a classifier whose probabilities come true as often as they say.
 *
 * The rows it is given are split once more, by the same rules as a search splits (groups stay
 * together, time stays in order); the model is fitted on each part's training rows, and a curve is
 * learnt from what it says of the rest. Then the model is fitted on all rows. Rows that no part
 * tests (the earliest, where there is a time) are not in the curve. */
#include "steps/models/classes.h"
#include "steps/models/linear_model.h"
#include "steps/splitter.h"
#include "steps/step.h"
#include "steps/wrappers/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum method { TEMPERATURE, ISOTONIC, SIGMOID };

struct calibrate {
    int method;
    int64_t folds;
    attune_children steps;
    int64_t n_classes, learnt; /* learnt: an enum method */
    attune_array temperature, curves, start, x, y;
};

static const char *const methods[] = {"temperature", "isotonic", "sigmoid", NULL};

static const attune_field fields[] = {
    ATTUNE_ENUM(struct calibrate, method, methods, TEMPERATURE,
                "temperature: one divisor of the logarithms of all classes; isotonic: rising steps "
                "of each class, for a thousand rows and more; sigmoid: a logistic curve of each "
                "class"),
    ATTUNE_INTEGER(struct calibrate, folds, 5, "parts that the training rows are split into",
                   .low = 2, .high = ATTUNE_MOST_FOLDS),
    ATTUNE_CHILDREN(struct calibrate, steps, "the one model inside"),
    ATTUNE_FITTED_INTEGER(struct calibrate, n_classes, "classes of the target"),
    ATTUNE_FITTED_INTEGER(struct calibrate, learnt, "0 temperature, 1 isotonic, 2 sigmoid"),
    ATTUNE_FITTED_ARRAY(struct calibrate, temperature, "one number, or none"),
    ATTUNE_FITTED_ARRAY(struct calibrate, curves, "sigmoid: slope and offset of each curve"),
    ATTUNE_FITTED_ARRAY(struct calibrate, start,
                        "isotonic: the first point of each curve, and the "
                        "end of the last"),
    ATTUNE_FITTED_ARRAY(struct calibrate, x, "isotonic: probabilities of the model, rising"),
    ATTUNE_FITTED_ARRAY(struct calibrate, y, "isotonic: what they are worth"),
    ATTUNE_FIELDS_END,
};

/* Two classes have one curve, of the second; more have one each. */
static int64_t n_curves(int64_t n_classes)
{
    return n_classes == 2 ? 1 : n_classes;
}

static bool is_model(const void *self)
{
    (void)self;
    return true;
}

static const char *check(const void *self)
{
    const struct calibrate *c = self;
    if (c->steps.n != 1)
        return "calibrate takes exactly one model (make it a pipeline to have steps before it)";
    return attune_step_is_model(c->steps.items[0]) ? NULL : "calibrate needs a model inside";
}

/* What the model says of rows that it did not see, packed: n rows so far. */
struct unseen {
    double *p, *weight;
    int32_t *codes;
    int64_t n, n_classes;
};

static void release(struct unseen *u)
{
    free(u->p);
    free(u->weight);
    free(u->codes);
}

static attune_status split(const struct calibrate *c, const attune_data *data,
                           const attune_rows *rows, const attune_context *context,
                           attune_folds *folds, attune_error *error)
{
    const char *name = attune_data_role(data, ATTUNE_TIME) ? "walk_forward" : "k_fold";
    attune_splitter *splitter = NULL;
    attune_status status = attune_splitter_new(&splitter, attune_splitter_type_find(name), error);
    attune_value value = {.kind = ATTUNE_VALUE_INTEGER, .integer = c->folds};
    if (!status)
        status = attune_field_set(attune_field_find(splitter->type->fields, "folds"),
                                  splitter->self, &value, error);
    if (!status)
        status = attune_splitter_split(splitter, data, rows,
                                       attune_key_text(context->stream, "folds"), folds, error);
    if (status == ATTUNE_INVALID && error) /* too few rows or groups: no fault of the plan */
        status = error->status = ATTUNE_UNFIT;
    attune_splitter_free(splitter);
    if (status)
        attune_error_prefix(error, "the split for calibration");
    return status;
}

static attune_status make_room(struct unseen *u, const attune_folds *folds, int64_t n_classes,
                               attune_error *error)
{
    int64_t n = 0;
    for (int64_t f = 0; f < folds->n; f++)
        n += folds->items[f].test->n;
    u->n_classes = n_classes;
    u->p = attune_alloc(n, (size_t)n_classes * sizeof *u->p, error);
    u->weight = attune_alloc(n, sizeof *u->weight, error);
    u->codes = attune_alloc(n, sizeof *u->codes, error);
    return u->p && u->weight && u->codes ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* The rows of a test that weigh something. */
static attune_status keep(struct unseen *u, const attune_data *data, const attune_rows *test,
                          const attune_predictions *said, attune_error *error)
{
    const attune_column *weights = attune_data_role(data, ATTUNE_WEIGHT);
    attune_status status =
        attune_classes_take(data, test->index, test->n, "calibrate", u->codes + u->n, error);
    if (!status && said->width != u->n_classes)
        return attune_fail(error, ATTUNE_INTERNAL, "calibrate: other classes than the target's");
    for (int64_t i = 0, first = u->n; i < test->n && !status; i++) {
        double weight = weights ? weights->reals[test->index[i] * weights->stride] : 1;
        if (!(weight > 0))
            continue;
        memcpy(u->p + u->n * u->n_classes, said->values + i * said->width,
               (size_t)u->n_classes * sizeof *u->p);
        u->codes[u->n] = u->codes[first + i];
        u->weight[u->n++] = weight;
    }
    return status;
}

static attune_status ask_fold(const struct calibrate *c, const attune_data *data,
                              const attune_fold *fold, const attune_context *context,
                              struct unseen *u, attune_error *error)
{
    attune_step *model = NULL;
    attune_predictions said = {0};
    attune_status status = attune_context_stop(context, error);
    if (!status)
        status = attune_step_clone(c->steps.items[0], &model, error);
    if (!status)
        status = attune_step_fit(model, data, fold->train, context, error);
    if (!status)
        status = attune_step_predict(model, data, fold->test, context, &said, error);
    if (!status)
        status = keep(u, data, fold->test, &said, error);
    attune_predictions_clear(&said);
    attune_step_free(model);
    return status;
}

static attune_status ask_folds(const struct calibrate *c, const attune_data *data,
                               const attune_rows *rows, const attune_context *context,
                               struct unseen *u, attune_error *error)
{
    attune_folds folds = {0};
    attune_status status = split(c, data, rows, context, &folds, error);
    if (!status)
        status = make_room(u, &folds, attune_data_n_classes(data), error);
    for (int64_t f = 0; f < folds.n && !status; f++) {
        status = ask_fold(c, data, &folds.items[f], context, u, error);
        if (status == ATTUNE_UNFIT)
            attune_error_prefix(error, "part %lld of %lld for calibration", (long long)f + 1,
                                (long long)folds.n);
    }
    attune_folds_clear(&folds);
    if (!status && u->n == 0)
        status = attune_fail(error, ATTUNE_UNFIT,
                             "calibrate: none of the rows held out weighs more than 0");
    return status;
}

/* One class against the rest: column is its probabilities, truth whether a row is of it. */
static void take_class(const struct unseen *u, int64_t k, double *column, uint8_t *truth)
{
    for (int64_t i = 0; i < u->n; i++) {
        column[i] = u->p[i * u->n_classes + k];
        truth[i] = u->codes[i] == k;
    }
}

static attune_status room_for_points(struct calibrate *c, int64_t n, attune_error *error)
{
    attune_status status = attune_array_make_1d(&c->x, ATTUNE_ARRAY_F64, n, error);
    return status ? status : attune_array_make_1d(&c->y, ATTUNE_ARRAY_F64, n, error);
}

static attune_status trim(attune_array *array, int64_t n, attune_error *error)
{
    attune_array less = {0};
    attune_status status = attune_array_make_1d(&less, ATTUNE_ARRAY_F64, n, error);
    if (status)
        return status;
    memcpy(less.f64, array->f64, (size_t)n * sizeof *less.f64);
    attune_array_clear(array);
    *array = less;
    return ATTUNE_OK;
}

static attune_status learn_curves(struct calibrate *c, const struct unseen *u, attune_error *error)
{
    int64_t curves = n_curves(u->n_classes), n_points = 0, more = 0;
    double *column = attune_alloc(u->n, sizeof *column, error);
    uint8_t *truth = attune_alloc(u->n, 1, error);
    attune_status status = column && truth ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && c->method == SIGMOID)
        status = attune_array_make_2d(&c->curves, ATTUNE_ARRAY_F64, curves, 2, error);
    if (!status && c->method == ISOTONIC)
        status = attune_array_make_1d(&c->start, ATTUNE_ARRAY_I64, curves + 1, error);
    if (!status && c->method == ISOTONIC)
        status = room_for_points(c, u->n * curves, error);
    for (int64_t k = 0; k < curves && !status; k++) {
        take_class(u, curves == 1 ? 1 : k, column, truth);
        if (c->method == SIGMOID) {
            attune_sigmoid s = attune_sigmoid_fit(column, truth, u->weight, u->n);
            memcpy(c->curves.f64 + 2 * k, (double[]){s.slope, s.offset}, 2 * sizeof(double));
            continue;
        }
        status = attune_isotonic_fit(column, truth, u->weight, u->n, c->x.f64 + n_points,
                                     c->y.f64 + n_points, &more, error);
        n_points += more;
        c->start.i64[k + 1] = n_points;
    }
    if (!status && c->method == ISOTONIC)
        status = trim(&c->x, n_points, error);
    if (!status && c->method == ISOTONIC)
        status = trim(&c->y, n_points, error);
    free(column);
    free(truth);
    return status;
}

static attune_status learn(struct calibrate *c, const struct unseen *u, attune_error *error)
{
    c->n_classes = u->n_classes;
    c->learnt = c->method;
    if (c->method != TEMPERATURE)
        return learn_curves(c, u, error);
    attune_status status = attune_array_make_1d(&c->temperature, ATTUNE_ARRAY_F64, 1, error);
    if (!status)
        c->temperature.f64[0] =
            attune_temperature_fit(u->p, u->codes, u->weight, u->n, u->n_classes);
    return status;
}

/* Bad weights and missing classes are told before anything is fitted; what weighs nothing cannot
 * be in the parts, which might else be empty of weight. */
static attune_status check_rows(const attune_data *data, const attune_rows *rows,
                                attune_rows **weighing, attune_error *error)
{
    attune_linear_rows weighed = {0};
    int32_t *codes = attune_alloc(rows->n, sizeof *codes, error);
    attune_status status = codes ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && attune_data_n_classes(data) < 2)
        status = attune_fail(error, ATTUNE_UNFIT,
                             "calibrate is for classes: the target must have two or more");
    if (!status)
        status = attune_linear_weigh(&weighed, data, rows, error);
    if (!status)
        status = attune_classes_take(data, weighed.index, weighed.n, "calibrate", codes, error);
    if (!status) {
        *weighing = attune_rows_new_take(weighed.index, weighed.n, error);
        status = *weighing ? ATTUNE_OK : ATTUNE_MEMORY;
        weighed.index = NULL;
    }
    attune_linear_clear(&weighed);
    free(codes);
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct calibrate *c = self;
    struct unseen unseen = {0};
    attune_rows *weighing = NULL;
    attune_status status = check_rows(data, rows, &weighing, error);
    if (!status)
        status = ask_folds(c, data, weighing, context, &unseen, error);
    if (!status)
        status = learn(c, &unseen, error);
    release(&unseen);
    attune_rows_free(weighing);
    return status ? status : attune_step_fit(c->steps.items[0], data, rows, context, error);
}

/* Curves of single classes do not sum to 1: they are scaled. Where all say 0, nothing is known. */
static void apply_curves(const struct calibrate *c, double *p)
{
    int64_t curves = n_curves(c->n_classes);
    double sum = 0;
    double *q = p + (curves == 1);
    for (int64_t k = 0; k < curves; k++) {
        attune_sigmoid s = {0, 0};
        double was = q[k];
        if (c->learnt == SIGMOID)
            s = (attune_sigmoid){c->curves.f64[2 * k], c->curves.f64[2 * k + 1]};
        int64_t first = c->learnt == ISOTONIC ? c->start.i64[k] : 0;
        q[k] = c->learnt == SIGMOID ? attune_sigmoid_apply(&s, was)
                                    : attune_isotonic_apply(c->x.f64 + first, c->y.f64 + first,
                                                            c->start.i64[k + 1] - first, was);
        sum += q[k];
    }
    if (curves == 1)
        p[0] = 1 - p[1];
    else
        for (int64_t k = 0; k < curves; k++)
            p[k] = sum > 0 ? p[k] / sum : 1 / (double)curves;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const struct calibrate *c = self;
    attune_status status = attune_step_predict(c->steps.items[0], data, rows, context, out, error);
    if (!status && out->width != c->n_classes)
        status = attune_fail(error, ATTUNE_CORRUPT, "calibrate: the model has other classes");
    for (int64_t i = 0; i < out->n && !status; i++) {
        double *p = out->values + i * out->width;
        if (c->learnt == TEMPERATURE)
            attune_temperature_apply(c->temperature.f64[0], p, c->n_classes);
        else
            apply_curves(c, p);
    }
    return status;
}

static bool is_list(const attune_array *array, attune_array_type type, int64_t n)
{
    return array->type == type && array->n_dims == 1 && array->shape[0] == n;
}

static const char *check_points(const struct calibrate *c, int64_t curves)
{
    if (!is_list(&c->start, ATTUNE_ARRAY_I64, curves + 1) || c->start.i64[0] != 0)
        return "start must have a number a curve, and one more";
    for (int64_t k = 0; k < curves; k++)
        if (c->start.i64[k + 1] <= c->start.i64[k])
            return "each curve must have points";
    int64_t n = c->start.i64[curves];
    if (!is_list(&c->x, ATTUNE_ARRAY_F64, n) || !is_list(&c->y, ATTUNE_ARRAY_F64, n))
        return "x and y must have a number a point";
    for (int64_t k = 0; k < curves; k++)
        for (int64_t i = c->start.i64[k]; i < c->start.i64[k + 1]; i++) {
            bool first = i == c->start.i64[k];
            if (!(c->y.f64[i] >= 0 && c->y.f64[i] <= 1) || !isfinite(c->x.f64[i]) ||
                (!first && !(c->x.f64[i] > c->x.f64[i - 1])))
                return "x must rise, and y be between 0 and 1";
        }
    return NULL;
}

static const char *check_fitted(const void *self)
{
    const struct calibrate *c = self;
    if (c->n_classes < 2 || c->n_classes > INT32_MAX || c->learnt < 0 || c->learnt > SIGMOID)
        return "n_classes must be 2 or more, and learnt 0, 1 or 2";
    int64_t curves = n_curves(c->n_classes);
    if (c->learnt == TEMPERATURE)
        return is_list(&c->temperature, ATTUNE_ARRAY_F64, 1) && c->temperature.f64[0] > 0 &&
                       isfinite(c->temperature.f64[0])
                   ? NULL
                   : "temperature must be one number above 0";
    if (c->learnt == ISOTONIC)
        return check_points(c, curves);
    if (c->curves.type != ATTUNE_ARRAY_F64 || c->curves.n_dims != 2 ||
        c->curves.shape[0] != curves || c->curves.shape[1] != 2)
        return "curves must have a slope and an offset for each";
    for (int64_t i = 0; i < 2 * curves; i++)
        if (!isfinite(c->curves.f64[i]))
            return "curves must be finite";
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const struct calibrate *c = self;
    attune_text_printf(text, "by %s", methods[c->learnt]);
    if (c->learnt == TEMPERATURE)
        attune_text_printf(text, " %.3g", c->temperature.f64[0]);
    if (c->learnt == ISOTONIC)
        attune_text_printf(text, ", %lld points", (long long)c->x.shape[0]);
}

static void validate(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes)
{
    const struct calibrate *c = self;
    for (int64_t i = 0; i < c->steps.n; i++)
        attune_step_validate(c->steps.items[i], data, rows, context, notes);
}

const attune_step_type attune_step_calibrate = {
    .name = "calibrate",
    .doc = "A classifier whose probabilities come true as often as they say.",
    .version = 1,
    .size = sizeof(struct calibrate),
    .fields = fields,
    .space = "{\"method\": {\"choice\": [\"temperature\", \"isotonic\", \"sigmoid\"]}}",
    .check = check,
    .is_model = is_model,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .validate = validate,
};
