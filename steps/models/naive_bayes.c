/* steps/models/naive_bayes.c - classes by Bayes' rule, as if columns did not know of one another.
 *
 * A real column is normal within each class, its variance raised by var_smoothing times the largest
 * variance of any column. A nominal column has a frequency for each level of each class, with alpha
 * added to each count (Laplace). A level that the fit did not know says nothing. */
#include "steps/models/classes.h"
#include "steps/models/linear_model.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>

struct naive_bayes {
    double var_smoothing, alpha;
    attune_reals priors;
    attune_texts reals, nominals;
    attune_array prior, mean, variance, starts, log_probability;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct naive_bayes, var_smoothing, 1e-9,
                "share of the largest variance of a real column that is added to all", .low = 0,
                .no_high = true),
    ATTUNE_REAL(struct naive_bayes, alpha, 1.0, "added to the count of each level of each class",
                .low = 0, .above_low = true, .no_high = true),
    ATTUNE_REALS(struct naive_bayes, priors,
                 "probability of each class, in their order; empty: as frequent as they are",
                 .low = 0, .no_high = true),
    ATTUNE_FITTED_TEXTS(struct naive_bayes, reals, "real columns"),
    ATTUNE_FITTED_TEXTS(struct naive_bayes, nominals, "nominal columns"),
    ATTUNE_FITTED_ARRAY(struct naive_bayes, prior, "one probability a class"),
    ATTUNE_FITTED_ARRAY(struct naive_bayes, mean, "one row a class, one column a real column"),
    ATTUNE_FITTED_ARRAY(struct naive_bayes, variance, "the same, smoothed"),
    ATTUNE_FITTED_ARRAY(struct naive_bayes, starts, "where each nominal column's levels begin"),
    ATTUNE_FITTED_ARRAY(struct naive_bayes, log_probability,
                        "one row a class, one column a level of each nominal column"),
    ATTUNE_FIELDS_END,
};

static attune_status missing(const char *name, attune_error *error)
{
    return attune_fail(error, ATTUNE_UNFIT,
                       "column \"%s\" has missing values: put an impute step before", name);
}

static attune_status infinite(const char *name, attune_error *error)
{
    return attune_fail(error, ATTUNE_UNFIT, "column \"%s\" has an infinite value: mend or drop it",
                       name);
}

/* What fit works on. */
struct training {
    attune_linear_rows rows; /* index and weight */
    attune_touched reals, nominals;
    int32_t *codes;       /* classes, one a row */
    double *class_weight; /* one a class */
    int64_t n_classes;
};

static void training_clear(struct training *t)
{
    attune_linear_clear(&t->rows);
    attune_touched_clear(&t->reals);
    attune_touched_clear(&t->nominals);
    free(t->codes);
    free(t->class_weight);
}

static attune_status refuse_others(const attune_data *data, attune_error *error)
{
    for (int64_t c = 0; c < data->n_columns; c++) {
        attune_kind kind = data->columns[c]->kind;
        if (data->roles[c] == ATTUNE_INPUT && kind != ATTUNE_REAL_COLUMN &&
            kind != ATTUNE_NOMINAL_COLUMN)
            return attune_fail(error, ATTUNE_UNFIT,
                               "column \"%s\" is %s, and naive_bayes takes real and nominal ones: "
                               "%s",
                               data->columns[c]->name, attune_kind_word(kind),
                               kind == ATTUNE_DATETIME_COLUMN ? "put a date_parts step before"
                                                              : "ignore it, or declare it nominal");
    }
    return ATTUNE_OK;
}

static attune_status take_rows(struct training *t, const attune_data *data, const attune_rows *rows,
                               attune_error *error)
{
    attune_status status = attune_linear_weigh(&t->rows, data, rows, error);
    if (status)
        return status;
    t->n_classes = attune_data_n_classes(data);
    t->codes = attune_alloc(t->rows.n, sizeof *t->codes, error);
    t->class_weight = attune_alloc(t->n_classes, sizeof *t->class_weight, error);
    if (!t->codes || !t->class_weight)
        return ATTUNE_MEMORY;
    status = attune_classes_take(data, t->rows.index, t->rows.n, "naive_bayes", t->codes, error);
    for (int64_t i = 0; i < t->rows.n && !status; i++)
        t->class_weight[t->codes[i]] += t->rows.weight[i];
    return status;
}

/* Mean and summed squares around it of column j in each class, in two passes. */
static void moments(const struct training *t, const attune_column *column, int64_t p, double *mean,
                    double *variance)
{
    const double *x = column->reals;
    for (int64_t i = 0; i < t->rows.n; i++)
        mean[t->codes[i] * p] += t->rows.weight[i] * x[t->rows.index[i] * column->stride];
    for (int64_t k = 0; k < t->n_classes; k++)
        mean[k * p] /= t->class_weight[k] > 0 ? t->class_weight[k] : 1;
    for (int64_t i = 0; i < t->rows.n; i++) {
        double rest = x[t->rows.index[i] * column->stride] - mean[t->codes[i] * p];
        variance[t->codes[i] * p] += t->rows.weight[i] * (rest * rest);
    }
    for (int64_t k = 0; k < t->n_classes; k++)
        variance[k * p] /= t->class_weight[k] > 0 ? t->class_weight[k] : 1;
}

static double variance_of_all(const struct training *t, const attune_column *column)
{
    double total = 0, mean = 0, sum = 0;
    for (int64_t i = 0; i < t->rows.n; i++) {
        mean += t->rows.weight[i] * column->reals[t->rows.index[i] * column->stride];
        total += t->rows.weight[i];
    }
    mean /= total;
    for (int64_t i = 0; i < t->rows.n; i++) {
        double rest = column->reals[t->rows.index[i] * column->stride] - mean;
        sum += t->rows.weight[i] * (rest * rest);
    }
    return sum / total;
}

/* A variance of 0 that nothing was added to is of a constant in a world of constants: any other
 * does. */
static attune_status smooth(struct naive_bayes *s, double added, attune_error *error)
{
    for (int64_t i = 0; i < attune_array_count(&s->variance); i++) {
        double *variance = &s->variance.f64[i];
        *variance += added;
        if (*variance == 0)
            *variance = 1;
        if (!isfinite(*variance) || !isfinite(s->mean.f64[i]))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the variances overflow: put a standard_scale step before");
    }
    return ATTUNE_OK;
}

static attune_status fit_reals(struct naive_bayes *s, const struct training *t,
                               const attune_context *context, attune_error *error)
{
    int64_t p = t->reals.n;
    double most = 0;
    attune_status status = attune_array_make_2d(&s->mean, ATTUNE_ARRAY_F64, t->n_classes, p, error);
    if (!status)
        status = attune_array_make_2d(&s->variance, ATTUNE_ARRAY_F64, t->n_classes, p, error);
    for (int64_t j = 0; j < p && !status; j++) {
        const attune_column *column = attune_touched_column(&t->reals, j);
        status = attune_context_stop(context, error);
        for (int64_t i = 0; i < t->rows.n && !status; i++) {
            double x = column->reals[t->rows.index[i] * column->stride];
            if (!isfinite(x))
                status = isnan(x) ? missing(column->name, error) : infinite(column->name, error);
        }
        if (status)
            break;
        moments(t, column, p, s->mean.f64 + j, s->variance.f64 + j);
        most = fmax(most, variance_of_all(t, column));
    }
    return status ? status : smooth(s, s->var_smoothing * most, error);
}

/* Counts, then logarithms of shares, of the levels of one nominal column. */
static attune_status fit_levels(struct naive_bayes *s, const struct training *t, int64_t j,
                                attune_error *error)
{
    const attune_column *column = attune_touched_column(&t->nominals, j);
    int64_t width = s->starts.i64[t->nominals.n], n = column->levels->n;
    double *share = s->log_probability.f64 + s->starts.i64[j];
    for (int64_t i = 0; i < t->rows.n; i++) {
        int32_t code = column->codes[t->rows.index[i] * column->stride];
        if (code == ATTUNE_CODE_MISSING)
            return missing(column->name, error);
        if (code >= 0 && code < n)
            share[t->codes[i] * width + code] += t->rows.weight[i];
    }
    for (int64_t k = 0; k < t->n_classes; k++) {
        double total = attune_sum(share + k * width, n) + s->alpha * (double)n;
        for (int64_t l = 0; l < n; l++)
            share[k * width + l] = log(share[k * width + l] + s->alpha) - log(total);
    }
    return ATTUNE_OK;
}

static attune_status fit_nominals(struct naive_bayes *s, const struct training *t,
                                  const attune_context *context, attune_error *error)
{
    int64_t m = t->nominals.n;
    attune_status status = attune_array_make_1d(&s->starts, ATTUNE_ARRAY_I64, m + 1, error);
    for (int64_t j = 0; j < m && !status; j++)
        s->starts.i64[j + 1] = s->starts.i64[j] + attune_touched_column(&t->nominals, j)->levels->n;
    if (!status)
        status = attune_array_make_2d(&s->log_probability, ATTUNE_ARRAY_F64, t->n_classes,
                                      s->starts.i64[m], error);
    for (int64_t j = 0; j < m && !status; j++) {
        status = attune_context_stop(context, error);
        if (!status)
            status = fit_levels(s, t, j, error);
    }
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct naive_bayes *s = self;
    struct training t = {0};
    attune_status status = refuse_others(data, error);
    if (!status)
        status = take_rows(&t, data, rows, error);
    if (!status)
        status = attune_touched_select(&t.reals, data, 1u << ATTUNE_REAL_COLUMN, context, &s->reals,
                                       error);
    if (!status)
        status = attune_touched_select(&t.nominals, data, 1u << ATTUNE_NOMINAL_COLUMN, context,
                                       &s->nominals, error);
    if (!status)
        status = attune_array_make_1d(&s->prior, ATTUNE_ARRAY_F64, t.n_classes, error);
    if (!status)
        status =
            attune_classes_priors(&s->priors, t.class_weight, t.n_classes, s->prior.f64, error);
    if (!status)
        status = fit_reals(s, &t, context, error);
    if (!status)
        status = fit_nominals(s, &t, context, error);
    training_clear(&t);
    return status;
}

/* What predict works on. */
struct asked {
    const struct naive_bayes *model;
    attune_touched reals, nominals;
    double *base; /* one a class: what does not depend on the row */
    double *x;    /* one row */
};

static attune_status asked_init(struct asked *asked, const struct naive_bayes *s,
                                const attune_data *data, const attune_context *context,
                                attune_error *error)
{
    int64_t n_classes = s->prior.shape[0], p = s->reals.n;
    asked->model = s;
    attune_status status =
        attune_touched_find(&asked->reals, data, ATTUNE_REAL_COLUMN, &s->reals, context, error);
    if (!status)
        status = attune_touched_find(&asked->nominals, data, ATTUNE_NOMINAL_COLUMN, &s->nominals,
                                     context, error);
    if (status)
        return status;
    asked->base = attune_alloc(n_classes, sizeof *asked->base, error);
    asked->x = attune_alloc(p, sizeof *asked->x, error);
    if (!asked->base || !asked->x)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < n_classes; k++) {
        double sum = 0;
        for (int64_t j = 0; j < p; j++)
            sum += log(6.283185307179586 * s->variance.f64[k * p + j]);
        asked->base[k] = log(s->prior.f64[k]) - 0.5 * sum;
    }
    return ATTUNE_OK;
}

static void asked_clear(struct asked *asked)
{
    attune_touched_clear(&asked->reals);
    attune_touched_clear(&asked->nominals);
    free(asked->base);
    free(asked->x);
}

static attune_status add_reals(const struct asked *asked, int64_t row, double *scores,
                               attune_error *error)
{
    const struct naive_bayes *s = asked->model;
    int64_t p = s->reals.n;
    for (int64_t j = 0; j < p; j++) {
        const attune_column *column = attune_touched_column(&asked->reals, j);
        double x = asked->x[j] = column->reals[row * column->stride];
        if (!isfinite(x))
            return isnan(x) ? missing(column->name, error) : infinite(column->name, error);
    }
    for (int64_t k = 0; k < s->prior.shape[0]; k++) {
        const double *mean = s->mean.f64 + k * p, *variance = s->variance.f64 + k * p;
        double sum = 0;
        for (int64_t j = 0; j < p; j++)
            sum += (asked->x[j] - mean[j]) * (asked->x[j] - mean[j]) / variance[j];
        scores[k] = asked->base[k] - 0.5 * sum;
    }
    return ATTUNE_OK;
}

static attune_status add_nominals(const struct asked *asked, int64_t row, double *scores,
                                  attune_error *error)
{
    const struct naive_bayes *s = asked->model;
    int64_t width = s->log_probability.shape[1];
    for (int64_t j = 0; j < s->nominals.n; j++) {
        const attune_column *column = attune_touched_column(&asked->nominals, j);
        int32_t code = column->codes[row * column->stride];
        if (code == ATTUNE_CODE_MISSING)
            return missing(column->name, error);
        if (code < 0 || code >= s->starts.i64[j + 1] - s->starts.i64[j])
            continue;
        for (int64_t k = 0; k < s->prior.shape[0]; k++)
            scores[k] += s->log_probability.f64[k * width + s->starts.i64[j] + code];
    }
    return ATTUNE_OK;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const struct naive_bayes *s = self;
    int64_t n_classes = s->prior.shape[0];
    struct asked asked = {0};
    attune_status status = asked_init(&asked, s, data, context, error);
    if (!status)
        status = attune_classes_make(out, rows->n, n_classes, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        double *scores = out->values + i * n_classes;
        status = add_reals(&asked, rows->index[i], scores, error);
        if (!status)
            status = add_nominals(&asked, rows->index[i], scores, error);
        if (!status && !attune_classes_softmax(scores, n_classes))
            status =
                attune_fail(error, ATTUNE_UNFIT, "inputs of row %lld are too large: scale them",
                            (long long)rows->index[i] + 1);
    }
    asked_clear(&asked);
    return status;
}

static bool is_table(const attune_array *array, int64_t rows, int64_t columns)
{
    return array->type == ATTUNE_ARRAY_F64 && array->n_dims == 2 && array->shape[0] == rows &&
           array->shape[1] == columns && attune_all_finite(array->f64, attune_array_count(array));
}

static const char *check_fitted(const void *self)
{
    const struct naive_bayes *s = self;
    int64_t m = s->nominals.n, n = s->prior.n_dims == 1 ? s->prior.shape[0] : 0;
    if (s->prior.type != ATTUNE_ARRAY_F64 || n < 1 || n > INT32_MAX ||
        !attune_all_finite(s->prior.f64, n) || !(attune_sum(s->prior.f64, n) > 0))
        return "prior must be one real a class, with a sum above 0";
    for (int64_t k = 0; k < n; k++)
        if (s->prior.f64[k] < 0)
            return "prior must be 0 or more";
    if (!is_table(&s->mean, n, s->reals.n) || !is_table(&s->variance, n, s->reals.n))
        return "mean and variance must have a row a class and a column a real column";
    for (int64_t i = 0; i < attune_array_count(&s->variance); i++)
        if (!(s->variance.f64[i] > 0))
            return "variance must be above 0";
    if (s->starts.type != ATTUNE_ARRAY_I64 || s->starts.n_dims != 1 ||
        s->starts.shape[0] != m + 1 || s->starts.i64[0] != 0)
        return "starts must have one number a nominal column and one more, from 0";
    for (int64_t j = 0; j < m; j++)
        if (s->starts.i64[j + 1] < s->starts.i64[j])
            return "starts must not fall";
    return is_table(&s->log_probability, n, s->starts.i64[m])
               ? NULL
               : "log_probability must have a row a class and a column a level";
}

static void describe(const void *self, attune_text *text)
{
    const struct naive_bayes *s = self;
    attune_text_printf(text, "%lld classes, %lld normal and %lld nominal columns",
                       (long long)s->prior.shape[0], (long long)s->reals.n,
                       (long long)s->nominals.n);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double bytes = 96.0 * (double)n + 512.0 * (double)p;
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_naive_bayes = {
    .name = "naive_bayes",
    .doc = "Classes by Bayes' rule: normal real columns, counted levels of nominal ones.",
    .version = 1,
    .size = sizeof(struct naive_bayes),
    .fields = fields,
    .tasks = ATTUNE_FOR_CLASSES,
    .simplicity = 1,
    .takes = 1u << ATTUNE_REAL_COLUMN | 1u << ATTUNE_NOMINAL_COLUMN,
    .space = "{\"var_smoothing\": {\"log_uniform\": [1e-10, 0.1]}}",
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
