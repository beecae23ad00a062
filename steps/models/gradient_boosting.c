/* steps/models/gradient_boosting.c - trees that each mend what those before leave: the step. */
#include "steps/models/gradient_boosting.h"

#include "steps/models/classes.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>

static const char *const objectives[] = {"squared", "absolute", "huber",
                                         "poisson", "quantile", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

typedef attune_gradient_boosting self_t;

static const attune_field fields[] = {
    ATTUNE_ENUM(self_t, objective, objectives, ATTUNE_LOSS_SQUARED,
                "loss of a regression; classes have the logistic one or softmax"),
    ATTUNE_REAL(self_t, alpha, 0.9,
                "quantile: which one; huber: the residual above which it grows linearly", .low = 0,
                .above_low = true, .no_high = true),
    ATTUNE_INTEGER(self_t, n_estimators, 100, "rounds; each adds a tree, or one a class", .low = 1,
                   .high = 1000000, .budget = true),
    ATTUNE_REAL(self_t, learning_rate, 0.1, "share of its value that a leaf adds", .low = 0,
                .above_low = true, .high = 10),
    ATTUNE_INTEGER(self_t, num_leaves, 31, "most leaves of a tree", .low = 2, .high = 131072),
    ATTUNE_INTEGER(self_t, max_depth, -1, "most splits from root to leaf; -1: no limit", .low = -1,
                   .high = 1000),
    ATTUNE_INTEGER(self_t, min_child_samples, 20,
                   "fewest rows of a leaf, counted by their share of the node's hessian", .low = 0,
                   .no_high = true),
    ATTUNE_REAL(self_t, min_child_weight, 1e-3, "least hessian of a leaf", .low = 0,
                .no_high = true),
    ATTUNE_REAL(self_t, subsample, 1, "share of the rows that a round sees", .low = 0,
                .above_low = true, .high = 1),
    ATTUNE_REAL(self_t, colsample_bytree, 1, "share of the columns that a tree may use", .low = 0,
                .above_low = true, .high = 1),
    ATTUNE_REAL(self_t, colsample_bynode, 1, "share of the tree's columns that a node may use",
                .low = 0, .above_low = true, .high = 1),
    ATTUNE_REAL(self_t, reg_alpha, 0, "cost of a leaf's absolute value", .low = 0, .no_high = true),
    ATTUNE_REAL(self_t, reg_lambda, 1, "cost of a leaf's squared value", .low = 0, .no_high = true),
    ATTUNE_REAL(self_t, min_split_gain, 0, "least gain of a split", .low = 0, .no_high = true),
    ATTUNE_INTEGER(self_t, max_bin, INT64_MIN,
                   "most bins of a number; null: 64 below 10,000 rows, 128 below 100,000, else 255",
                   .nullable = true, .low = 2, .high = ATTUNE_MOST_BINS),
    ATTUNE_INTEGER(
        self_t, num_grad_quant_bins, INT64_MIN,
        "whole numbers, on each side of 0, that gradients are rounded to at random where "
        "splits are sought; null: 127 for classes of 10,000 rows or more without weights, else "
        "2047",
        .nullable = true, .low = 4, .high = ATTUNE_LEVELS),
    ATTUNE_VALUE(
        self_t, monotone_constraints,
        "{\"column\": 1} where predictions (the positive class's probability) may only rise "
        "with a column of numbers, -1 where they may only fall; or a list of -1, 0 and 1, "
        "one for each input of the step"),
    ATTUNE_BOOLEAN(self_t, extra_trees, false, "try one random cut of a column, not all"),
    ATTUNE_REAL(self_t, cat_smooth, 20,
                "hessian that draws a level to the mean; levels of fewer rows are split as one; "
                "not where a column has 4 levels or fewer",
                .low = 0, .no_high = true),
    ATTUNE_REAL(self_t, cat_l2, 10, "added to reg_lambda in splits on more than 4 levels", .low = 0,
                .no_high = true),
    ATTUNE_ENUM(self_t, class_weight, class_weights, 0,
                "balanced: each class weighs the same in all"),
    ATTUNE_INTEGER(self_t, early_stopping_rounds, 0,
                   "stop after so many rounds without gain on rows held out; 0: never", .low = 0,
                   .no_high = true),
    ATTUNE_REAL(self_t, validation_fraction, 0.1, "share of the rows held out for early stopping",
                .low = 0, .above_low = true, .high = 0.9),
    ATTUNE_TREES_FIELDS(self_t, trees),
    {.name = "base",
     .offset = offsetof(self_t, start),
     .kind = ATTUNE_FIELD_ARRAY,
     .fitted = true,
     .doc = "score of every row before the first tree, one an output"},
    ATTUNE_FITTED_ARRAY(self_t, held_out_loss,
                        "early stopping: mean loss before the first round, and after each"),
    ATTUNE_FITTED_ARRAY(self_t, classes, "classes that were there, by their code"),
    ATTUNE_FITTED_INTEGER(self_t, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FITTED_INTEGER(self_t, loss, "0 to 4: of numbers, as objective; 5 logistic; 6 softmax"),
    ATTUNE_FIELDS_END,
};

static const attune_impossible impossible[] = {
    {"objective = 'quantile' and alpha >= 1", "a quantile is between 0 and 1"}, {NULL, NULL}};

static const char *check(const void *self)
{
    return attune_boosting_monotone_check(self);
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    return attune_boosting_fit(self, data, rows, context, error);
}

/* Scores of a row become probabilities of all classes; absent ones have none. */
static void spread(const self_t *s, const double *scores, double *out)
{
    int64_t n = attune_array_count(&s->classes);
    const int32_t *classes = s->classes.i32;
    double most = scores[0], sum = 0;
    if (n == 1) {
        out[classes[0]] = 1;
        return;
    }
    if (n == 2) { /* each by its own formula, so that a small one keeps its digits */
        double small = exp(-fabs(scores[0]));
        out[classes[scores[0] >= 0]] = 1 / (1 + small);
        out[classes[scores[0] < 0]] = small / (1 + small);
        return;
    }
    for (int64_t k = 1; k < n; k++)
        most = scores[k] > most ? scores[k] : most;
    for (int64_t k = 0; k < n; k++)
        sum += out[classes[k]] = exp(scores[k] - most);
    for (int64_t k = 0; k < n; k++)
        out[classes[k]] /= sum;
}

/* Rounds that a fit of this budget keeps: with rows held out, up to where they did best. */
static int64_t rounds_of(const self_t *s, int64_t budget)
{
    int64_t ran = attune_array_count(&s->held_out_loss) - 1, best = 0;
    for (int64_t round = 1; round <= ran && round <= budget; round++)
        if (s->held_out_loss.f64[round] < s->held_out_loss.f64[best])
            best = round;
    return ran >= 0 ? best : budget;
}

static int64_t trees_of(const self_t *s, int64_t budget)
{
    int64_t n = attune_trees_count(&s->trees), m = attune_array_count(&s->start);
    int64_t rounds = rounds_of(s, budget);
    return rounds < n / m ? rounds * m : n;
}

static attune_status check_budget(const self_t *s, int64_t budget, attune_error *error)
{
    return budget <= s->n_estimators
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_INVALID, "%lld rounds are asked for; %lld were fitted",
                             (long long)budget, (long long)s->n_estimators);
}

struct stages {
    const self_t *s;
    attune_predictions *out;
};

/* What scores say: classes, or numbers. */
static void take(void *user, int64_t stage, int64_t first, int64_t n, const double *scores)
{
    const struct stages *stages = user;
    const self_t *s = stages->s;
    int64_t m = attune_array_count(&s->start), width = stages->out[stage].width;
    double *out = stages->out[stage].values + first * width;
    for (int64_t i = 0; i < n; i++)
        if (s->n_classes)
            spread(s, scores + i * m, out + i * width);
        else
            out[i] = s->loss == ATTUNE_LOSS_POISSON ? exp(fmin(scores[i], 700)) : scores[i];
}

static attune_status predict_stages(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    const int64_t *budgets, int64_t n, attune_predictions *out,
                                    attune_error *error)
{
    const self_t *s = self;
    struct stages stages = {s, out};
    attune_task task = s->n_classes == 0   ? ATTUNE_REGRESSION
                       : s->n_classes == 2 ? ATTUNE_BINARY
                                           : ATTUNE_MULTICLASS;
    int64_t *counts = attune_alloc(n, sizeof *counts, error);
    attune_status status = counts ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++) {
        status = check_budget(s, budgets[i], error);
        counts[i] = trees_of(s, budgets[i]);
        if (!status)
            status = attune_predictions_make(&out[i], task, rows->n, (int32_t)s->n_classes, error);
    }
    attune_trees_request request = {.n_outputs = attune_array_count(&s->start),
                                    .start = s->start.f64,
                                    .counts = counts,
                                    .n_stages = n,
                                    .take = take,
                                    .user = &stages};
    if (!status)
        status = attune_trees_predict(&s->trees, &request, data, rows, context, error);
    free(counts);
    return status;
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const self_t *s = self;
    return predict_stages(self, data, rows, context, &s->n_estimators, 1, out, error);
}

static attune_status truncate(void *self, int64_t budget, attune_error *error)
{
    self_t *s = self;
    int64_t ran = attune_array_count(&s->held_out_loss) - 1;
    attune_status status = check_budget(s, budget, error);
    if (!status)
        status = attune_trees_truncate(&s->trees, trees_of(s, budget), error);
    if (!status && ran > budget)
        status = attune_array_resize(&s->held_out_loss, budget + 1, error);
    if (!status)
        s->n_estimators = budget;
    return status;
}

static attune_status fit_more(void *self, const attune_context *context, attune_error *error)
{
    return attune_boosting_fit_more(self, context, error);
}

static void teardown(void *self)
{
    self_t *s = self;
    attune_boosting_fit_free(s->paused);
    s->paused = NULL;
}

static const char *check_fitted(const void *self)
{
    const self_t *s = self;
    int64_t n = attune_array_count(&s->classes), m = n > 2 ? n : 1;
    const char *complaint = attune_classes_check(&s->classes, s->n_classes);
    if (!complaint)
        complaint = attune_trees_check(&s->trees);
    if (complaint)
        return complaint;
    if (s->start.type != ATTUNE_ARRAY_F64 || s->start.n_dims != 1 || s->start.shape[0] != m)
        return "base must have one number an output";
    for (int64_t k = 0; k < m; k++)
        if (!isfinite(s->start.f64[k]))
            return "base must be finite";
    if (s->held_out_loss.type != ATTUNE_ARRAY_F64 || s->held_out_loss.n_dims != 1)
        return "held_out_loss must be a list of numbers";
    return attune_trees_count(&s->trees) % m == 0 ? NULL : "there must be a tree for each output";
}

static void describe(const void *self, attune_text *text)
{
    const self_t *s = self;
    int64_t n = attune_trees_count(&s->trees), nodes = attune_array_count(&s->trees.node_input);
    attune_text_printf(text, "%lld trees of %.1f leaves, %lld inputs", (long long)n,
                       n ? ((double)nodes / (double)n + 1) / 2 : 0, (long long)s->trees.inputs.n);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    const self_t *s = self;
    double histograms = 8.0 * 256 * (double)p * (double)(s->num_leaves + 1);
    double bytes = (double)n * (double)(5 * p + 64) + fmin(histograms, 3e8 + 8192.0 * (double)p);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

static attune_status importance(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error)
{
    (void)data;
    (void)rows;
    return attune_trees_importance(&((const self_t *)self)->trees, names, values, error);
}

const attune_step_type attune_step_gradient_boosting = {
    .name = "gradient_boosting",
    .doc = "Trees on binned columns, each of which mends what those before leave; takes numbers "
           "and levels as they are, missing ones too.",
    .version = 1,
    .size = sizeof(self_t),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 5,
    .space = "{\"n_estimators\": {\"log_int\": [30, 500]},"
             " \"learning_rate\": {\"log_uniform\": [0.02, 0.3]},"
             " \"num_leaves\": {\"log_int\": [4, 128]},"
             " \"min_child_samples\": {\"log_int\": [2, 100]},"
             " \"subsample\": {\"uniform\": [0.5, 1]},"
             " \"colsample_bytree\": {\"uniform\": [0.4, 1]},"
             " \"reg_lambda\": {\"log_uniform\": [0.01, 100]}}",
    .impossible = impossible,
    .takes = 1u << ATTUNE_REAL_COLUMN | 1u << ATTUNE_NOMINAL_COLUMN,
    .takes_missing = true,
    .scale_free = true,
    .check = check,
    .teardown = teardown,
    .fit = fit,
    .predict = predict,
    .predict_stages = predict_stages,
    .truncate = truncate,
    .fit_more = fit_more,
    .check_fitted = check_fitted,
    .describe = describe,
    .importance = importance,
    .estimate_memory = estimate_memory,
};
