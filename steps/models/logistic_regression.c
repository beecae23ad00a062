/* steps/models/logistic_regression.c - classes by linear scores: the step. */
#include "steps/models/logistic_regression.h"

#include "steps/models/linear_model.h"
#include "steps/models/linear_rows.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum penalty { L1, L2, ELASTIC_NET, NONE };
enum class_weight { EQUAL, BALANCED };

struct logistic_regression {
    double C;
    int penalty;
    double l1_ratio;
    bool fit_intercept, dual;
    int64_t max_iter;
    double tol;
    int class_weight;
    attune_texts inputs;
    attune_array coef, intercept;
    int64_t n_classes, n_iter;
};

static const char *const penalties[] = {"l1", "l2", "elastic_net", "none", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

static const attune_field fields[] = {
    ATTUNE_REAL(struct logistic_regression, C, 1.0,
                "weight of the loss against the penalty: smaller is more regular", .low = 0,
                .above_low = true, .no_high = true),
    ATTUNE_ENUM(struct logistic_regression, penalty, penalties, L2,
                "what large coefficients cost; the intercept is free"),
    ATTUNE_REAL(struct logistic_regression, l1_ratio, 0.5, "share of l1 in elastic_net", .low = 0,
                .high = 1),
    ATTUNE_BOOLEAN(struct logistic_regression, fit_intercept, true,
                   "whether there is an intercept"),
    ATTUNE_BOOLEAN(struct logistic_regression, dual, false,
                   "solve in the space of rows where that is the smaller one (more columns than "
                   "rows); the optimum is the same"),
    ATTUNE_INTEGER(struct logistic_regression, max_iter, 100, "most Newton steps", .low = 1,
                   .no_high = true),
    ATTUNE_REAL(struct logistic_regression, tol, 1e-4,
                "stop when a step promises to lower the objective by less than tol squared of it",
                .low = 0, .above_low = true, .no_high = true),
    ATTUNE_ENUM(struct logistic_regression, class_weight, class_weights, EQUAL,
                "balanced: each class weighs the same in all"),
    ATTUNE_FITTED_TEXTS(struct logistic_regression, inputs, "columns, in the order of coef"),
    ATTUNE_FITTED_ARRAY(struct logistic_regression, coef,
                        "one row (two classes: of the second) or one a class; one column an input"),
    ATTUNE_FITTED_ARRAY(struct logistic_regression, intercept, "one a row of coef"),
    ATTUNE_FITTED_INTEGER(struct logistic_regression, n_classes, "classes of the target"),
    ATTUNE_FITTED_INTEGER(struct logistic_regression, n_iter, "Newton steps taken"),
    ATTUNE_FIELDS_END,
};

static const attune_impossible impossible[] = {
    {"dual and penalty = 'l1'", "the space of rows holds the solution of the l2 penalty only"},
    {"dual and penalty = 'elastic_net'",
     "the space of rows holds the solution of the l2 penalty only"},
    {"dual and penalty = 'none'", "without a penalty rows do not determine the solution"},
    {NULL, NULL}};

/* What fit works on: rows, and their classes numbered without those that are absent. */
struct training {
    const attune_linear_rows *rows; /* shared */
    double *weight;                 /* of the rows, class weights in, made to sum to 1 */
    int32_t n_classes, n_present;
    int32_t *present; /* classes, by their new number */
    int32_t *number;  /* new numbers, by class; -1: absent */
    int64_t *n_rows;  /* by class */
    int32_t *y;       /* new numbers, one a row */
    double *w;        /* the solver's */
};

static void training_clear(struct training *t)
{
    attune_linear_unshare(t->rows);
    free(t->weight);
    free(t->present);
    free(t->number);
    free(t->n_rows);
    free(t->y);
    free(t->w);
}

static attune_status number_classes(struct training *t, const attune_data *data,
                                    attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    t->n_classes = attune_data_n_classes(data);
    if (!target || t->n_classes < 1)
        return attune_fail(error, ATTUNE_UNFIT, "logistic_regression needs a target of classes");
    t->present = attune_alloc(t->n_classes, sizeof *t->present, error);
    t->number = attune_alloc(t->n_classes, sizeof *t->number, error);
    t->n_rows = attune_alloc(t->n_classes, sizeof *t->n_rows, error);
    t->y = attune_alloc(t->rows->n, sizeof *t->y, error);
    t->weight = attune_alloc(t->rows->n, sizeof *t->weight, error);
    if (!t->present || !t->number || !t->n_rows || !t->y || !t->weight)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < t->rows->n; i++) {
        int32_t code = target->codes[t->rows->index[i] * target->stride];
        if (code < 0 || code >= t->n_classes)
            return attune_fail(error, ATTUNE_UNFIT, "the target of row %lld is missing",
                               (long long)t->rows->index[i] + 1);
        t->n_rows[code]++;
        t->y[i] = code;
    }
    for (int32_t k = 0; k < t->n_classes; k++) {
        t->number[k] = t->n_rows[k] ? t->n_present : -1;
        if (t->n_rows[k])
            t->present[t->n_present++] = k;
    }
    for (int64_t i = 0; i < t->rows->n; i++)
        t->y[i] = t->number[t->y[i]];
    return ATTUNE_OK;
}

/* Weights that sum to 1; returns what the sum was, class weights in. */
static double scale_weights(const struct logistic_regression *s, struct training *t)
{
    memcpy(t->weight, t->rows->weight, (size_t)t->rows->n * sizeof *t->weight);
    if (s->class_weight == BALANCED)
        for (int64_t i = 0; i < t->rows->n; i++) {
            double n_own = (double)t->n_rows[t->present[t->y[i]]];
            t->weight[i] *= (double)t->rows->n / (t->n_present * n_own);
        }
    double total = attune_sum(t->weight, t->rows->n);
    for (int64_t i = 0; i < t->rows->n; i++)
        t->weight[i] /= total;
    return total;
}

static attune_logistic_solver choose_solver(const struct logistic_regression *s,
                                            const attune_logistic *problem)
{
    enum { MANY = 1024 }; /* columns for which Newton's systems are too large to be factored */
    if (problem->l1 > 0)
        return attune_logistic_sparse;
    bool fewer_rows = problem->n < problem->p && problem->l2 > 0;
    return fewer_rows && (s->dual || problem->p > MANY) ? attune_logistic_rows
                                                        : attune_logistic_newton;
}

static attune_logistic pose(const struct logistic_regression *s, struct training *t,
                            const attune_context *context)
{
    double total = scale_weights(s, t);
    double strength = s->penalty == NONE ? 0 : 1 / (s->C * total);
    double share = s->penalty == L1 ? 1 : s->penalty == ELASTIC_NET ? s->l1_ratio : 0;
    return (attune_logistic){
        .n = t->rows->n,
        .p = t->rows->p,
        .width = t->rows->p + s->fit_intercept,
        .stride = t->rows->stride,
        .n_scores = t->n_classes == 2 ? 1 : t->n_present,
        .x = t->rows->x,
        .y = t->y,
        .weight = t->weight,
        .l1 = strength * share,
        .l2 = strength * (1 - share),
        .tol = s->tol,
        .max_iter = s->max_iter,
        .context = context,
    };
}

static void warn(const attune_logistic_result *result, const attune_context *context)
{
    if (result->separated)
        attune_context_log(context, ATTUNE_LOG_WARNING,
                           "the classes can be separated exactly: without a penalty the "
                           "coefficients have no limit, stopped after %lld steps",
                           (long long)result->n_iter);
    else if (!result->converged)
        attune_context_log(context, ATTUNE_LOG_WARNING,
                           "not converged after %lld steps: raise max_iter or tol",
                           (long long)result->n_iter);
}

/* The scores of a class that is absent are minus infinity: probability 0. */
static attune_status make_room(struct logistic_regression *s, const struct training *t,
                               attune_error *error)
{
    int64_t n_scores = t->n_classes == 2 ? 1 : t->n_classes;
    s->n_classes = t->n_classes;
    s->n_iter = 0;
    attune_status status =
        attune_array_make_2d(&s->coef, ATTUNE_ARRAY_F64, n_scores, t->rows->p, error);
    if (!status)
        status = attune_array_make_1d(&s->intercept, ATTUNE_ARRAY_F64, n_scores, error);
    for (int64_t k = 0; k < n_scores && !status; k++)
        s->intercept.f64[k] = t->n_rows[k] ? 0 : -INFINITY;
    if (!status && n_scores == 1 && t->n_present == 1)
        s->intercept.f64[0] = t->n_rows[0] ? -INFINITY : INFINITY;
    return status;
}

/* The softmax does not change when all scores do: intercepts are given a mean of 0. */
static void keep(struct logistic_regression *s, const struct training *t,
                 const attune_logistic *problem)
{
    double sum = 0;
    for (int64_t k = 0; k < problem->n_scores; k++) {
        int64_t to = problem->n_scores == 1 ? 0 : t->present[k];
        const double *w = t->w + k * problem->stride;
        for (int64_t j = 0; j < problem->p; j++)
            s->coef.f64[to * problem->p + j] = w[j];
        double moved = s->fit_intercept ? w[problem->p] : 0;
        moved -= attune_dot(w, t->rows->mean, problem->p);
        s->intercept.f64[to] = moved;
        sum += moved;
    }
    for (int64_t k = 0; problem->n_scores > 1 && s->fit_intercept && k < problem->n_scores; k++)
        s->intercept.f64[t->present[k]] -= sum / (double)problem->n_scores;
}

static attune_status solve(struct logistic_regression *s, struct training *t,
                           const attune_context *context, attune_error *error)
{
    attune_logistic problem = pose(s, t, context);
    attune_logistic_result result = {0};
    t->w = attune_alloc(problem.n_scores * problem.stride, sizeof *t->w, error);
    if (!t->w)
        return ATTUNE_MEMORY;
    attune_status status = choose_solver(s, &problem)(&problem, t->w, &result, error);
    if (status)
        return status;
    if (!attune_all_finite(t->w, problem.n_scores * problem.stride))
        return attune_fail(error, ATTUNE_UNFIT,
                           "the coefficients overflow: put a standard_scale step before");
    warn(&result, context);
    keep(s, t, &problem);
    s->n_iter = result.n_iter;
    return ATTUNE_OK;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct logistic_regression *s = self;
    struct training t = {0};
    attune_status status =
        attune_linear_share(&t.rows, context, data, rows, s->fit_intercept, error);
    if (!status)
        status = number_classes(&t, data, error);
    if (!status)
        status = attune_linear_inputs(data, &s->inputs, error);
    if (!status)
        status = make_room(s, &t, error);
    if (!status && t.n_present > 1)
        status = solve(s, &t, context, error);
    training_clear(&t);
    return status;
}

/* Each of the two by its own formula, so that a small one keeps its digits. */
static void sigmoid(double score, double *probability)
{
    double small = exp(-fabs(score));
    probability[score >= 0] = 1 / (1 + small);
    probability[score < 0] = small / (1 + small);
}

static void softmax(double *scores, int64_t n)
{
    double most = scores[0], sum = 0;
    for (int64_t k = 1; k < n; k++)
        most = scores[k] > most ? scores[k] : most;
    for (int64_t k = 0; k < n; k++)
        sum += scores[k] = exp(scores[k] - most);
    for (int64_t k = 0; k < n; k++)
        scores[k] /= sum;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    (void)context;
    const struct logistic_regression *s = self;
    int32_t n_classes = (int32_t)s->n_classes;
    int64_t n_scores = s->intercept.shape[0];
    attune_status status = attune_predictions_make(
        out, n_classes == 2 ? ATTUNE_BINARY : ATTUNE_MULTICLASS, rows->n, n_classes, error);
    if (!status)
        status =
            attune_linear_sums(data, rows, &s->inputs, &s->coef, &s->intercept, out->values, error);
    if (status)
        return status;
    for (int64_t i = rows->n - 1; i >= 0; i--) /* backwards: one score becomes two numbers */
        if (n_classes == 2)
            sigmoid(out->values[i], out->values + 2 * i);
        else
            softmax(out->values + i * n_scores, n_scores);
    return ATTUNE_OK;
}

static const char *check_fitted(const void *self)
{
    const struct logistic_regression *s = self;
    const char *complaint = attune_linear_check(&s->inputs, &s->coef, &s->intercept);
    if (complaint)
        return complaint;
    if (s->n_classes < 1 || s->n_classes > INT32_MAX)
        return "n_classes must be at least 1";
    if (s->intercept.shape[0] != (s->n_classes == 2 ? 1 : s->n_classes))
        return "there must be one score for two classes, else one a class";
    double most = -INFINITY;
    for (int64_t k = 0; k < s->intercept.shape[0]; k++)
        if (isnan(s->intercept.f64[k]))
            return "intercept must not be NaN";
        else
            most = fmax(most, s->intercept.f64[k]);
    return s->n_classes == 2 || isfinite(most) ? NULL : "one intercept at least must be finite";
}

static void describe(const void *self, attune_text *text)
{
    const struct logistic_regression *s = self;
    int64_t used = 0, n = attune_array_count(&s->coef);
    for (int64_t i = 0; i < n; i++)
        used += s->coef.f64[i] != 0;
    attune_text_printf(text, "%lld classes, %lld inputs, %lld of %lld coefficients not zero, %s",
                       (long long)s->n_classes, (long long)s->inputs.n, (long long)used,
                       (long long)n, penalties[s->penalty]);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    (void)self;
    double bytes = 8.0 * (3.0 * (double)n * (double)(p + 8) + 3.0 * (double)p * (double)p);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    const struct logistic_regression *s = self;
    return attune_linear_importance(&s->inputs, &s->coef, data, rows, names, values, error);
}

const attune_step_type attune_step_logistic_regression = {
    .name = "logistic_regression",
    .doc = "Classes by linear scores: logistic for two, softmax for more, with l1 or l2 penalty.",
    .version = 1,
    .size = sizeof(struct logistic_regression),
    .fields = fields,
    .tasks = ATTUNE_FOR_CLASSES,
    .simplicity = 1,
    .space = "{\"C\": {\"log_uniform\": [0.0001, 10000]}}",
    .impossible = impossible,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
