/* steps/models/gaussian_process.c - a Gaussian process for small data: the step.
 *
 * Variance, noise and length scales are where the marginal likelihood of the training rows is
 * largest, found by quasi-Newton steps from a fixed start. Classes are one regression each on their
 * labels, with the same covariance; what they say is made probabilities by softmax, sharpened by
 * one factor that makes the predictions that leave each row out likeliest. */
#include "steps/models/gaussian_process.h"

#include "steps/numeric/minimise.h"
#include "steps/models/classes.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct attune_gp {
    int kernel;
    bool ard;
    double length_scale, noise;
    int64_t max_iter, max_rows;
    attune_texts inputs;
    attune_array center, scales; /* of each input */
    attune_array x;              /* training rows, centred and divided by the length scales */
    attune_array dual_coef;      /* an output a row */
    attune_array settings;       /* variance, noise, log likelihood, sharpness */
    attune_array target;         /* of each output: mean, deviation */
    attune_array classes;
    int64_t n_classes;
} self_t;

static const char *const kernels[] = {"rbf", "matern32", "matern52", NULL};

static const attune_field fields[] = {
    ATTUNE_ENUM(self_t, kernel, kernels, ATTUNE_GP_MATERN52,
                "how alike rows at a distance are; rbf is the smoothest, matern32 the roughest"),
    ATTUNE_BOOLEAN(self_t, ard, false, "a length scale for each input; else one for all"),
    ATTUNE_REAL(self_t, length_scale, 1,
                "where the search for length scales begins, times the root of the inputs' number",
                .low = 0, .above_low = true, .high = 1000),
    ATTUNE_REAL(self_t, noise, 0.1,
                "where the search for the noise begins, in units of the target's variance",
                .low = 1e-6, .high = 10),
    ATTUNE_INTEGER(self_t, max_iter, 50, "most steps of that search; 0: the start is taken",
                   .low = 0, .no_high = true),
    ATTUNE_INTEGER(self_t, max_rows, 2000, "most training rows: time grows with their cube",
                   .low = 1, .high = 20000),
    ATTUNE_FITTED_TEXTS(self_t, inputs, "columns, in the order of center"),
    ATTUNE_FITTED_ARRAY(self_t, center, "what is taken off each input"),
    ATTUNE_FITTED_ARRAY(self_t, scales, "length scale of each input"),
    ATTUNE_FITTED_ARRAY(self_t, x, "training rows, centred and divided by the length scales"),
    ATTUNE_FITTED_ARRAY(self_t, dual_coef, "an output a row, a training row a column"),
    ATTUNE_FITTED_ARRAY(self_t, settings,
                        "variance, noise, log marginal likelihood, sharpness of probabilities"),
    ATTUNE_FITTED_ARRAY(self_t, target, "of each output: mean, deviation"),
    ATTUNE_FITTED_ARRAY(self_t, classes, "classes that were there, by their code"),
    ATTUNE_FITTED_INTEGER(self_t, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FIELDS_END,
};

struct fit {
    self_t *s;
    const attune_data *data;
    attune_linear_rows rows;
    attune_gp_model model;
    double *y;       /* n_outputs x n_stride */
    int32_t *labels; /* outputs from 0 */
    double *logs, *low, *high;
};

/* One column of targets, standardised; false: it does not vary. */
static bool standardise(double *y, int64_t n, double *mean, double *deviation)
{
    attune_mean_and_deviation(y, n, mean, deviation);
    if (!(*deviation > 0))
        *mean = y[0];
    for (int64_t i = 0; i < n; i++)
        y[i] = *deviation > 0 ? (y[i] - *mean) / *deviation : 0;
    return *deviation > 0;
}

/* Codes to outputs, and which classes were there. */
static attune_status take_classes(struct fit *f, attune_error *error)
{
    self_t *s = f->s;
    int32_t n = 0, *number = attune_alloc(s->n_classes, sizeof *number, error);
    f->labels = attune_alloc(f->rows.n, sizeof *f->labels, error);
    attune_status status = number && f->labels ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_classes_take(f->data, f->rows.index, f->rows.n, "gaussian_process",
                                     f->labels, error);
    for (int64_t i = 0; i < f->rows.n && !status; i++)
        number[f->labels[i]] = 1;
    for (int64_t k = 0; k < s->n_classes && !status; k++)
        number[k] = number[k] ? n++ : -1;
    if (!status)
        status = attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, n, error);
    for (int32_t k = 0; k < s->n_classes && !status; k++)
        if (number[k] >= 0)
            s->classes.i32[number[k]] = k;
    for (int64_t i = 0; i < f->rows.n && !status; i++)
        f->labels[i] = number[f->labels[i]];
    free(number);
    return status;
}

/* Targets of all outputs. *varies: there is something to learn. */
static attune_status take_targets(struct fit *f, bool *varies, attune_error *error)
{
    self_t *s = f->s;
    int64_t n = f->rows.n, stride = attune_padded(n);
    s->n_classes = attune_data_n_classes(f->data);
    attune_status status = s->n_classes
                               ? take_classes(f, error)
                               : attune_array_make_1d(&s->classes, ATTUNE_ARRAY_I32, 0, error);
    int64_t n_outputs = s->n_classes ? attune_array_count(&s->classes) : 1;
    double none = 0;
    if (!status)
        status = attune_array_make_2d(&s->target, ATTUNE_ARRAY_F64, n_outputs, 2, error);
    f->y = status ? NULL : attune_alloc(n_outputs * stride, sizeof *f->y, error);
    if (!f->y)
        return status ? status : ATTUNE_MEMORY;
    if (!s->n_classes)
        status = attune_linear_target(&f->rows, f->data, false, f->y, &none, error);
    for (int64_t k = 0; k < n_outputs && !status; k++) {
        double *y = f->y + k * stride, *own = s->target.f64 + 2 * k;
        for (int64_t i = 0; i < n && s->n_classes; i++)
            y[i] = f->labels[i] == k;
        *varies |= standardise(y, n, &own[0], &own[1]);
        if (!isfinite(own[0]) || !isfinite(own[1]))
            status =
                attune_fail(error, ATTUNE_UNFIT, "the target's values are too large: scale it");
    }
    return status;
}

/* Where the search begins, and how far it may go. */
static attune_status begin(struct fit *f, attune_error *error)
{
    attune_gp_model *m = &f->model;
    const self_t *s = f->s;
    m->n_scales = s->ard && m->p > 0 ? m->p : 1;
    int64_t n = 2 + m->n_scales;
    f->logs = attune_alloc(3 * n, sizeof *f->logs, error);
    if (!f->logs)
        return ATTUNE_MEMORY;
    f->low = f->logs + n;
    f->high = f->low + n;
    for (int64_t k = 0; k < n; k++) {
        f->low[k] = log(k == 1 ? 1e-6 : 1e-3);
        f->high[k] = log(k == 1 ? 10 : 1e3);
        f->logs[k] = k == 0 ? 0 : log(k == 1 ? s->noise : s->length_scale * sqrt((double)m->p));
        f->logs[k] = fmin(fmax(f->logs[k], f->low[k]), f->high[k]);
    }
    return attune_gp_model_make(m, error);
}

static attune_status learn(struct fit *f, const attune_context *context, attune_error *error)
{
    self_t *s = f->s;
    attune_gp_model *m = &f->model;
    double value = 0;
    *m = (attune_gp_model){.kernel = (attune_gp_kernel)s->kernel,
                           .n = f->rows.n,
                           .p = f->rows.p,
                           .n_outputs = s->target.shape[0],
                           .stride = f->rows.stride,
                           .n_stride = attune_padded(f->rows.n),
                           .x = f->rows.x,
                           .y = f->y,
                           .weight = f->rows.weight,
                           .context = context};
    attune_status status = begin(f, error);
    if (status)
        return status;
    attune_minimise_options options = {2 + m->n_scales, f->low, f->high, s->max_iter, 1e-2};
    if (s->max_iter > 0)
        status = attune_minimise(&options, attune_gp_likelihood, m, f->logs, &value, error);
    if (status == ATTUNE_INVALID)
        return ATTUNE_UNFIT;
    if (!status) /* alpha and the inverse there */
        status = attune_gp_likelihood(m, f->logs, &value, NULL, error);
    if (!status && !isfinite(value))
        status = attune_fail(error, ATTUNE_UNFIT,
                             "the covariance of the training rows has no inverse: more noise, or "
                             "scaled inputs, mend it");
    if (!status)
        s->settings.f64[2] = -value;
    return status;
}

/* The slope of the log loss of predictions that leave each row out, by the sharpness. */
static double sharpness_slope(const struct fit *f, const double *z, double b)
{
    int64_t n = f->model.n_outputs;
    double slope = 4 * log(b) / b; /* a normal prior on the logarithm, for few rows */
    for (int64_t i = 0; i < f->rows.n; i++, z += n) {
        double most = z[0], sum = 0, mean = 0;
        for (int64_t k = 1; k < n; k++)
            most = fmax(most, z[k]);
        for (int64_t k = 0; k < n; k++) {
            double e = exp(b * (z[k] - most));
            sum += e;
            mean += e * z[k];
        }
        slope += f->rows.weight[i] * (mean / sum - z[f->labels[i]]);
    }
    return slope;
}

/* A prediction that leaves row i out is y - alpha / inverse[i, i]. Source: Rasmussen and Williams,
 * 5.12. */
static attune_status sharpen(struct fit *f, attune_error *error)
{
    const attune_gp_model *m = &f->model;
    double low = log(0.01), high = log(100);
    double *z = attune_alloc(m->n * m->n_outputs, sizeof *z, error);
    if (!z)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t k = 0; k < m->n_outputs; k++) {
            const double *t = f->s->target.f64 + 2 * k;
            int64_t at = k * m->n_stride + i;
            double out = m->y[at] - m->alpha[at] / m->inverse[i * m->n_stride + i];
            z[i * m->n_outputs + k] = t[0] + t[1] * out;
        }
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (sharpness_slope(f, z, exp(middle)) > 0)
            high = middle;
        else
            low = middle;
    }
    f->s->settings.f64[3] = exp((low + high) / 2);
    free(z);
    return ATTUNE_OK;
}

static attune_status keep(struct fit *f, attune_error *error)
{
    self_t *s = f->s;
    const attune_gp_model *m = &f->model;
    attune_status status = attune_array_make_2d(&s->x, ATTUNE_ARRAY_F64, m->n, m->p, error);
    if (!status)
        status = attune_array_make_2d(&s->dual_coef, ATTUNE_ARRAY_F64, m->n_outputs, m->n, error);
    if (status)
        return status;
    s->settings.f64[0] = exp(f->logs[0]);
    s->settings.f64[1] = exp(f->logs[1]);
    for (int64_t d = 0; d < m->p; d++)
        s->scales.f64[d] = exp(f->logs[2 + (m->n_scales > 1 ? d : 0)]);
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t d = 0; d < m->p; d++)
            s->x.f64[i * m->p + d] = m->x[i * m->stride + d] / s->scales.f64[d];
    for (int64_t k = 0; k < m->n_outputs; k++)
        memcpy(s->dual_coef.f64 + k * m->n, m->alpha + k * m->n_stride,
               (size_t)m->n * sizeof(double));
    return ATTUNE_OK;
}

static attune_status keep_nothing(self_t *s, attune_error *error)
{
    attune_status status = attune_array_make_2d(&s->x, ATTUNE_ARRAY_F64, 0, s->inputs.n, error);
    return status ? status
                  : attune_array_make_2d(&s->dual_coef, ATTUNE_ARRAY_F64, s->target.shape[0], 0,
                                         error);
}

static attune_status gather(struct fit *f, const attune_rows *rows, attune_error *error)
{
    self_t *s = f->s;
    attune_status status = attune_linear_gather(&f->rows, f->data, rows, true, false, error);
    double total = 0;
    if (!status && f->rows.n > s->max_rows)
        status = attune_fail(error, ATTUNE_UNFIT,
                             "gaussian_process takes at most %lld training rows, there are %lld: "
                             "time grows with their cube; raise max_rows, or take another model",
                             (long long)s->max_rows, (long long)f->rows.n);
    if (!status)
        status = attune_linear_inputs(f->data, &s->inputs, error);
    if (!status)
        status = attune_array_make_1d(&s->center, ATTUNE_ARRAY_F64, f->rows.p, error);
    if (!status)
        status = attune_array_make_1d(&s->scales, ATTUNE_ARRAY_F64, f->rows.p, error);
    if (!status)
        status = attune_array_make_1d(&s->settings, ATTUNE_ARRAY_F64, 4, error);
    for (int64_t d = 0; d < f->rows.p && !status; d++) {
        s->center.f64[d] = f->rows.mean[d];
        s->scales.f64[d] = 1;
        if (!isfinite(f->rows.mean[d]))
            status = attune_fail(error, ATTUNE_UNFIT, "input \"%s\" is too large: scale it",
                                 s->inputs.items[d]);
    }
    for (int64_t i = 0; i < f->rows.n && !status; i++)
        total += f->rows.weight[i];
    for (int64_t i = 0; i < f->rows.n && !status; i++)
        f->rows.weight[i] *= (double)f->rows.n / total;
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct fit f = {.s = self, .data = data};
    bool varies = false;
    attune_status status = gather(&f, rows, error);
    if (!status)
        status = take_targets(&f, &varies, error);
    if (!status && varies)
        status = learn(&f, context, error);
    if (!status && varies && f.s->n_classes)
        status = sharpen(&f, error);
    if (!status)
        status = varies ? keep(&f, error) : keep_nothing(self, error);
    attune_gp_model_clear(&f.model);
    attune_linear_clear(&f.rows);
    free(f.y);
    free(f.labels);
    free(f.logs);
    return status;
}

struct predicting {
    const self_t *s;
    const attune_data *data;
    attune_matrix matrix;
    double *row, *r2, *room, *values, *p;
};

static attune_status predict_row(struct predicting *p, int64_t row, double *out,
                                 attune_error *error)
{
    const self_t *s = p->s;
    int64_t n_in = s->inputs.n, n = s->x.shape[0], n_outputs = s->target.shape[0];
    const double *x = n_in ? p->matrix.values + row * p->matrix.stride : NULL;
    if (n_in && !attune_all_finite(x, n_in))
        return attune_linear_blame(p->data, row, error);
    for (int64_t d = 0; d < n_in; d++)
        p->row[d] = (x[d] - s->center.f64[d]) / s->scales.f64[d];
    attune_squared_distances(s->x.f64, n, n_in, n_in, p->row, p->r2);
    attune_gp_values((attune_gp_kernel)s->kernel, p->r2, n, p->room, p->values, NULL);
    for (int64_t k = 0; k < n_outputs; k++) {
        double sum = n ? attune_dot(s->dual_coef.f64 + k * n, p->values, n) : 0;
        p->p[k] = s->target.f64[2 * k] + s->target.f64[2 * k + 1] * s->settings.f64[0] * sum;
        p->p[k] *= s->n_classes ? s->settings.f64[3] : 1;
    }
    if (!s->n_classes)
        out[0] = p->p[0];
    else if (attune_classes_softmax(p->p, n_outputs))
        for (int64_t k = 0; k < n_outputs; k++)
            out[s->classes.i32[k]] = p->p[k];
    return isfinite(p->p[0])
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_UNFIT, "inputs of row %lld are too large: scale them",
                             (long long)row + 1);
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    enum { ASK = 1024 };
    const self_t *s = self;
    int64_t n = s->x.shape[0];
    struct predicting p = {.s = s, .data = data};
    attune_status status = attune_linear_matrix(data, &s->inputs, &p.matrix, error);
    if (!status)
        status = s->n_classes ? attune_classes_make(out, rows->n, s->n_classes, error)
                              : attune_predictions_make(out, ATTUNE_REGRESSION, rows->n, 0, error);
    double *memory =
        status ? NULL
               : attune_alloc(s->inputs.n + 3 * n + s->target.shape[0], sizeof *memory, error);
    if (!status && !memory)
        status = ATTUNE_MEMORY;
    if (!status) {
        p.row = memory;
        p.r2 = p.row + s->inputs.n;
        p.room = p.r2 + n;
        p.values = p.room + n;
        p.p = p.values + n;
    }
    for (int64_t i = 0; i < rows->n && !status; i++) {
        if (i % ASK == 0)
            status = attune_context_stop(context, error);
        if (!status)
            status = predict_row(&p, rows->index[i], out->values + i * out->width, error);
    }
    attune_matrix_clear(&p.matrix);
    free(memory);
    return status;
}

static bool is_real(const attune_array *array, int n_dims, int64_t rows)
{
    return array->type == ATTUNE_ARRAY_F64 && array->n_dims == n_dims && array->shape[0] == rows &&
           attune_all_finite(array->f64, attune_array_count(array));
}

static const char *check_fitted(const void *self)
{
    const self_t *s = self;
    int64_t n_there = attune_array_count(&s->classes), n_outputs = s->n_classes ? n_there : 1;
    const char *complaint = attune_classes_check(&s->classes, s->n_classes);
    if (complaint)
        return complaint;
    if (!is_real(&s->center, 1, s->inputs.n) || !is_real(&s->scales, 1, s->inputs.n))
        return "center and scales must be a finite real an input";
    if (s->x.n_dims != 2 || !is_real(&s->x, 2, s->x.shape[0]) || s->x.shape[1] != s->inputs.n)
        return "x must be finite, a column an input";
    if (!is_real(&s->dual_coef, 2, n_outputs) || s->dual_coef.shape[1] != s->x.shape[0])
        return "dual_coef must be finite, a column a training row";
    if (!is_real(&s->target, 2, n_outputs) || s->target.shape[1] != 2)
        return "target must be two numbers an output";
    if (!is_real(&s->settings, 1, 4))
        return "settings must be four finite numbers";
    for (int64_t d = 0; d < s->inputs.n; d++)
        if (!(s->scales.f64[d] > 0))
            return "scales must be above 0";
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const self_t *s = self;
    attune_text_printf(text, "%s over %lld rows of %lld inputs, noise %.3g", kernels[s->kernel],
                       (long long)s->x.shape[0], (long long)s->inputs.n, s->settings.f64[1]);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    const self_t *s = self;
    double rows = (double)n, scales = s->ard ? (double)p : 1; /* 71: the minimum's moves, bounds */
    double bytes = 8 * (4 * rows * rows + rows * (double)(3 * p + 64) + 71 * scales);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_gaussian_process = {
    .name = "gaussian_process",
    .doc = "A Gaussian process for small data: numbers, and classes by way of their labels; inputs "
           "should be scaled.",
    .version = 1,
    .size = sizeof(self_t),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 4.5,
    .space = "{\"kernel\": {\"choice\": [\"rbf\", \"matern32\", \"matern52\"]},"
             " \"ard\": {\"boolean\": 0.5}}",
    .most_rows = 1000,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
