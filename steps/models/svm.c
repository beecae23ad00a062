/* steps/models/svm.c - support vector machines: the step.
 *
 * Classes: C-classification, one machine a pair of classes, whose decisions become probabilities by
 * a sigmoid that is fitted on decisions out of five inner folds, and are then coupled. Numbers:
 * epsilon-regression. The optimisation is sequential minimal, with second order selection, as in
 * libsvm (Chang and Lin, 2011), whose figures it gives. */
#include "steps/models/svm.h"

#include "steps/models/classes.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef attune_svm self_t;

static const char *const kernels[] = {"linear", "poly", "rbf", "sigmoid", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

static const attune_field fields[] = {
    ATTUNE_ENUM(self_t, kernel, kernels, ATTUNE_SVM_RBF,
                "linear: x z; poly: (gamma x z + coef0)^degree; rbf: exp(-gamma |x - z|^2); "
                "sigmoid: tanh(gamma x z + coef0)"),
    ATTUNE_REAL(self_t, C, 1, "cost of a row on the wrong side; less is a smoother model", .low = 0,
                .above_low = true, .no_high = true),
    ATTUNE_VALUE(self_t, gamma,
                 "scale (or null): 1 / (inputs x variance of all inputs); auto: 1 / inputs; or a "
                 "number above 0",
                 .nullable = true),
    ATTUNE_INTEGER(self_t, degree, 3, "of poly", .low = 1, .high = 20),
    ATTUNE_REAL(self_t, coef0, 0, "of poly and sigmoid", .no_low = true, .no_high = true),
    ATTUNE_REAL(self_t, epsilon, 0.1, "numbers: errors up to this cost nothing", .low = 0,
                .no_high = true),
    ATTUNE_REAL(self_t, tol, 1e-3, "stop when no pair of rows gains more than this", .low = 0,
                .above_low = true, .high = 1),
    ATTUNE_ENUM(self_t, class_weight, class_weights, 0,
                "balanced: C is larger for rows of rare classes"),
    ATTUNE_BOOLEAN(self_t, standardize_target, true,
                   "numbers: C and epsilon are in units of the target's deviation; else of the "
                   "target itself, as elsewhere"),
    ATTUNE_INTEGER(self_t, max_iter, INT64_MIN,
                   "most steps of a machine; null: 100 a row, at least 100,000", .nullable = true,
                   .low = 1, .no_high = true),
    ATTUNE_FITTED_TEXTS(self_t, inputs, "columns, in the order of support_vectors"),
    ATTUNE_FITTED_ARRAY(self_t, support_vectors, "training rows that count, class after class"),
    ATTUNE_FITTED_ARRAY(self_t, dual_coef,
                        "of each support vector, against each other class (or one row)"),
    ATTUNE_FITTED_ARRAY(self_t, intercept, "of each pair of classes (or one)"),
    ATTUNE_FITTED_ARRAY(self_t, n_support, "support vectors of each class"),
    ATTUNE_FITTED_ARRAY(self_t, calibration, "slope and offset of each pair's sigmoid"),
    ATTUNE_FITTED_ARRAY(self_t, classes, "classes that were there, by their code"),
    ATTUNE_FITTED_ARRAY(self_t, settings, "gamma; of numbers also mean and deviation"),
    ATTUNE_FITTED_INTEGER(self_t, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FIELDS_END,
};

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    return attune_svm_fit(self, data, rows, context, error);
}

static const char *check(const void *self)
{
    const attune_value *gamma = &((const self_t *)self)->gamma;
    static const char complaint[] = "gamma must be scale, auto, null or a number above 0";
    switch (gamma->kind) {
    case ATTUNE_VALUE_NULL:
        return NULL;
    case ATTUNE_VALUE_INTEGER:
        return gamma->integer > 0 ? NULL : complaint;
    case ATTUNE_VALUE_REAL:
        return gamma->real > 0 && isfinite(gamma->real) ? NULL : complaint;
    case ATTUNE_VALUE_TEXT:
        return strcmp(gamma->text, "scale") == 0 || strcmp(gamma->text, "auto") == 0 ? NULL
                                                                                     : complaint;
    default:
        return complaint;
    }
}

attune_svm_kernel attune_svm_kernel_of(const attune_svm *s)
{
    return (attune_svm_kernel){(attune_svm_kind)s->kernel, s->settings.f64[0], s->coef0, s->degree};
}

int64_t attune_svm_n_pairs(int64_t n_classes)
{
    return n_classes > 1 ? n_classes * (n_classes - 1) / 2 : 0;
}

void attune_svm_decisions(const attune_svm *s, const double *values, double *decisions)
{
    int64_t n = attune_array_count(&s->classes), n_sv = s->support_vectors.shape[0];
    const double *coef = s->dual_coef.f64, *intercept = s->intercept.f64;
    if (!s->n_classes) {
        decisions[0] = intercept[0] + (s->dual_coef.shape[0] ? attune_dot(coef, values, n_sv) : 0);
        return;
    }
    for (int64_t a = 0, from = 0; a < n; from += s->n_support.i32[a++])
        for (int64_t b = a + 1, other = from + s->n_support.i32[a]; b < n;
             other += s->n_support.i32[b++]) {
            const double *own = coef + (b - 1) * n_sv + from, *their = coef + a * n_sv + other;
            *decisions++ = attune_dot(own, values + from, s->n_support.i32[a]) +
                           attune_dot(their, values + other, s->n_support.i32[b]) + *intercept++;
        }
}

struct predicting {
    const self_t *s;
    const attune_data *data;
    attune_svm_kernel kernel;
    attune_matrix matrix;
    double *row, *values, *decisions, *room, *p;
};

/* Probabilities of the classes that were there, to their places. */
static void spread(const struct predicting *p, double *out)
{
    const self_t *s = p->s;
    int64_t n = attune_array_count(&s->classes), n_pairs = attune_svm_n_pairs(n);
    for (int64_t k = 0; k < n_pairs; k++)
        p->decisions[k] = attune_svm_sigmoid_at(p->decisions[k], s->calibration.f64[2 * k],
                                                s->calibration.f64[2 * k + 1]);
    if (n == 1)
        p->p[0] = 1;
    else if (n == 2) {
        p->p[0] = p->decisions[0];
        p->p[1] = 1 - p->decisions[0];
    } else
        attune_svm_couple(p->decisions, n, p->room, p->p);
    for (int64_t k = 0; k < n; k++)
        out[s->classes.i32[k]] = p->p[k];
}

static attune_status predict_row(struct predicting *p, int64_t row, double *out,
                                 attune_error *error)
{
    const self_t *s = p->s;
    int64_t n_in = s->inputs.n, n_sv = s->support_vectors.shape[0];
    int64_t n_decisions = s->intercept.shape[0];
    if (n_in)
        memcpy(p->row, p->matrix.values + row * p->matrix.stride, (size_t)n_in * sizeof(double));
    if (!attune_all_finite(p->row, n_in))
        return attune_linear_blame(p->data, row, error);
    attune_svm_values(&p->kernel, s->support_vectors.f64, n_sv, n_in, n_in, p->row, p->values);
    attune_svm_decisions(s, p->values, p->decisions);
    if (!attune_all_finite(p->decisions, n_decisions))
        return attune_fail(error, ATTUNE_UNFIT, "inputs of row %lld are too large: scale them",
                           (long long)row + 1);
    if (s->n_classes)
        spread(p, out);
    else
        out[0] = s->settings.f64[1] + s->settings.f64[2] * p->decisions[0];
    return ATTUNE_OK;
}

static attune_status make_room(struct predicting *p, attune_error *error)
{
    int64_t n = attune_array_count(&p->s->classes);
    p->row = attune_alloc(p->s->inputs.n, sizeof *p->row, error);
    p->values = attune_alloc(p->s->support_vectors.shape[0], sizeof *p->values, error);
    p->decisions = attune_alloc(p->s->intercept.shape[0], sizeof *p->decisions, error);
    p->room = attune_alloc(n * (n + 1), sizeof *p->room, error);
    p->p = attune_alloc(n, sizeof *p->p, error);
    return p->row && p->values && p->decisions && p->room && p->p ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    enum { ASK = 1024 };
    const self_t *s = self;
    struct predicting p = {.s = s, .data = data, .kernel = attune_svm_kernel_of(s)};
    attune_status status = attune_linear_matrix(data, &s->inputs, &p.matrix, error);
    if (!status)
        status = s->n_classes ? attune_classes_make(out, rows->n, s->n_classes, error)
                              : attune_predictions_make(out, ATTUNE_REGRESSION, rows->n, 0, error);
    if (!status)
        status = make_room(&p, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        if (i % ASK == 0)
            status = attune_context_stop(context, error);
        if (!status)
            status = predict_row(&p, rows->index[i], out->values + i * out->width, error);
    }
    attune_matrix_clear(&p.matrix);
    free(p.row);
    free(p.values);
    free(p.decisions);
    free(p.room);
    free(p.p);
    return status;
}

static const char *check_classes(const self_t *s)
{
    int64_t n = attune_array_count(&s->classes), sum = 0;
    const char *complaint = attune_classes_check(&s->classes, s->n_classes);
    if (complaint)
        return complaint;
    if (s->n_support.type != ATTUNE_ARRAY_I32 || s->n_support.n_dims != 1 ||
        s->n_support.shape[0] != n)
        return "n_support must be a number a class";
    for (int64_t k = 0; k < n; k++) {
        if (s->n_support.i32[k] < 0)
            return "n_support must be 0 or more";
        sum += s->n_support.i32[k];
    }
    return s->n_classes && sum != s->support_vectors.shape[0]
               ? "n_support must sum to the support vectors"
               : NULL;
}

static bool is_real(const attune_array *array, int n_dims)
{
    return array->type == ATTUNE_ARRAY_F64 && array->n_dims == n_dims &&
           attune_all_finite(array->f64, attune_array_count(array));
}

static const char *check_fitted(const void *self)
{
    const self_t *s = self;
    if (!is_real(&s->support_vectors, 2) || s->support_vectors.shape[1] != s->inputs.n)
        return "support_vectors must be finite, a column an input";
    const char *complaint = check_classes(s);
    if (complaint)
        return complaint;
    int64_t n = attune_array_count(&s->classes), n_pairs = attune_svm_n_pairs(n);
    int64_t n_sv = s->support_vectors.shape[0], machines = s->n_classes ? n - 1 : 1;
    if (!is_real(&s->dual_coef, 2) || s->dual_coef.shape[1] != n_sv ||
        (s->dual_coef.shape[0] != machines && (s->n_classes || s->dual_coef.shape[0] != 0)))
        return "dual_coef must have a column a support vector";
    if (!is_real(&s->intercept, 1) || s->intercept.shape[0] != (s->n_classes ? n_pairs : 1))
        return "intercept must be a number a pair of classes";
    if (!is_real(&s->calibration, 2) || s->calibration.shape[0] != n_pairs ||
        s->calibration.shape[1] != 2)
        return "calibration must be two numbers a pair of classes";
    if (!is_real(&s->settings, 1) || s->settings.shape[0] != (s->n_classes ? 1 : 3))
        return "settings must be gamma, and mean and deviation of numbers";
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const self_t *s = self;
    attune_text_printf(text, "%s kernel, %lld support vectors, %lld inputs", kernels[s->kernel],
                       (long long)s->support_vectors.shape[0], (long long)s->inputs.n);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double rows = 8.0 * (double)n * (double)(p + 16) * 3;
    double bytes = rows + fmin(0x1p28, 4.0 * (double)n * (double)n);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_svm = {
    .name = "svm",
    .doc = "Support vector machines: classes with probabilities, and numbers; inputs should be "
           "scaled.",
    .version = 1,
    .size = sizeof(self_t),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 4,
    /* A linear kernel says what linear models say sooner, and a C above 100 takes tens of times
     * as long as one of 1. */
    .space = "{\"kernel\": {\"choice\": [\"rbf\", \"poly\"]},"
             " \"C\": {\"log_uniform\": [0.01, 100]},"
             " \"gamma\": {\"log_uniform\": [0.0001, 1]},"
             " \"degree\": {\"rand_int\": [2, 3], \"when\": \"kernel = 'poly'\"},"
             " \"coef0\": {\"uniform\": [0, 1], \"when\": \"kernel = 'poly'\"}}",
    .most_rows = 5000,
    .check = check,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
