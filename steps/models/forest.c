/* steps/models/forest.c - the mean of many trees: predicting, checking, describing. */
#include "steps/models/forest.h"

#include "steps/models/classes.h"

#include <math.h>

const char *const attune_forest_class_weights[] = {"none", "balanced", NULL};

/* Sums over n trees become what the row is said to be. */
static void finish_row(const attune_forest *s, double n, const double *sums, double *out)
{
    int64_t m = attune_array_count(&s->classes);
    const int32_t *classes = s->classes.i32;
    double total = 0;
    if (!s->n_classes) {
        out[0] = sums[0] / n;
    } else if (m <= 2) {
        double last = m < 2 ? 1 : sums[0] / n;
        out[classes[0]] = 1 - last;
        out[classes[m - 1]] = last;
    } else {
        for (int64_t k = 0; k < m; k++)
            total += sums[k];
        for (int64_t k = 0; k < m; k++)
            out[classes[k]] = sums[k] / total;
    }
}

struct stages {
    const attune_forest *s;
    const int64_t *counts;
    attune_predictions *out;
};

static void take(void *user, int64_t stage, int64_t first, int64_t n, const double *scores)
{
    const struct stages *stages = user;
    const attune_forest *s = stages->s;
    int64_t m = attune_array_count(&s->classes), each = m > 2 ? m : 1;
    int64_t width = stages->out[stage].width;
    double *out = stages->out[stage].values + first * width;
    for (int64_t i = 0; i < n; i++)
        finish_row(s, (double)stages->counts[stage], scores + i * each, out + i * width);
}

static attune_status check_budget(const attune_forest *s, int64_t budget, attune_error *error)
{
    int64_t n = attune_trees_count(&s->trees);
    return budget <= n
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_INVALID, "%lld trees are asked for; %lld were fitted",
                             (long long)budget, (long long)n);
}

attune_status attune_forest_predict_stages(const void *self, const attune_data *data,
                                           const attune_rows *rows, const attune_context *context,
                                           const int64_t *budgets, int64_t n,
                                           attune_predictions *out, attune_error *error)
{
    const attune_forest *s = self;
    int64_t m = attune_array_count(&s->classes);
    struct stages stages = {s, budgets, out};
    attune_task task = s->n_classes == 0   ? ATTUNE_REGRESSION
                       : s->n_classes == 2 ? ATTUNE_BINARY
                                           : ATTUNE_MULTICLASS;
    attune_trees_request request = {.n_outputs = m > 2 ? m : 1,
                                    .vectors = m > 2 ? s->shares.f32 : NULL,
                                    .counts = budgets,
                                    .n_stages = n,
                                    .take = take,
                                    .user = &stages};
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        status = check_budget(s, budgets[i], error);
        if (!status)
            status = attune_predictions_make(&out[i], task, rows->n, (int32_t)s->n_classes, error);
    }
    return status ? status : attune_trees_predict(&s->trees, &request, data, rows, context, error);
}

attune_status attune_forest_predict(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    attune_predictions *out, attune_error *error)
{
    const attune_forest *s = self;
    int64_t n = attune_trees_count(&s->trees);
    return attune_forest_predict_stages(self, data, rows, context, &n, 1, out, error);
}

/* How many mixed leaves the first trees have: so many rows of shares are theirs. */
static int64_t mixed_leaves_of(const attune_forest *s, int64_t n_trees)
{
    int64_t leaves = 0;
    for (int64_t i = 0; i < s->trees.start.i64[n_trees]; i++)
        leaves += s->trees.node_input.i32[i] < 0 && s->trees.node_value.f64[i] >= 0;
    return leaves;
}

attune_status attune_forest_truncate(void *self, int64_t budget, attune_error *error)
{
    attune_forest *s = self;
    int64_t m = attune_array_count(&s->classes);
    attune_status status = check_budget(s, budget, error);
    if (!status && m > 2)
        status = attune_array_resize(&s->shares, mixed_leaves_of(s, budget), error);
    if (!status && s->bootstrap)
        status = attune_array_resize(&s->oob_score, budget, error);
    if (!status)
        status = attune_trees_truncate(&s->trees, budget, error);
    if (!status)
        s->n_estimators = budget;
    return status;
}

/* Leaves are of one class, or lead to rows of shares that are there, and are not all zero. */
static const char *check_shares(const attune_forest *s)
{
    int64_t m = attune_array_count(&s->classes), n = attune_array_count(&s->trees.node_input);
    if (s->shares.type != ATTUNE_ARRAY_F32 || s->shares.n_dims != 2 ||
        (m > 2 ? s->shares.shape[1] != m : attune_array_count(&s->shares) != 0))
        return "shares must have a column a class where there are more than two, else nothing";
    for (int64_t i = 0; i < n && m > 2; i++) {
        double value = s->trees.node_value.f64[i];
        if (s->trees.node_input.i32[i] < 0 &&
            !(value >= (double)-m && value < (double)s->shares.shape[0] && value == floor(value)))
            return "a leaf's shares are not there";
    }
    for (int64_t i = 0; i < (m > 2 ? s->shares.shape[0] : 0); i++) {
        double sum = 0;
        for (int64_t k = 0; k < m; k++) {
            if (!(s->shares.f32[i * m + k] >= 0))
                return "shares must be 0 or more";
            sum += (double)s->shares.f32[i * m + k];
        }
        if (!(sum > 0.5 && sum < 2))
            return "shares of a leaf must add to 1";
    }
    return NULL;
}

const char *attune_forest_check(const void *self)
{
    const attune_forest *s = self;
    const char *complaint = attune_classes_check(&s->classes, s->n_classes);
    if (!complaint)
        complaint = attune_trees_check(&s->trees);
    if (!complaint)
        complaint = check_shares(s);
    if (complaint)
        return complaint;
    int64_t scored = attune_array_count(&s->oob_score);
    if (s->oob_score.type != ATTUNE_ARRAY_F64 || s->oob_score.n_dims != 1 ||
        (scored && scored != attune_trees_count(&s->trees)))
        return "oob_score must have a number a tree, or none";
    return attune_trees_count(&s->trees) > 0 ? NULL : "there must be a tree";
}

void attune_forest_describe(const void *self, attune_text *text)
{
    const attune_forest *s = self;
    int64_t n = attune_trees_count(&s->trees), nodes = attune_array_count(&s->trees.node_input);
    attune_text_printf(text, "%lld trees of %.1f leaves, %lld inputs", (long long)n,
                       ((double)nodes / (double)n + 1) / 2, (long long)s->trees.inputs.n);
    if (attune_array_count(&s->oob_score) && isfinite(s->oob_score.f64[n - 1]))
        attune_text_printf(text, ", out-of-bag %s %.4g", s->n_classes ? "log loss" : "RMSE",
                           s->oob_score.f64[n - 1]);
}

int64_t attune_forest_memory(const void *self, int64_t n, int64_t p)
{
    const attune_forest *s = self;
    double leaves = (double)n / (double)s->min_samples_leaf;
    double bytes = (double)n * (double)(5 * p + 64) + leaves * 2 * 200 +
                   leaves * 2 * 24 * (double)s->n_estimators + 128.0 * 2048 * (double)p;
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

attune_status attune_forest_importance(const void *self, const attune_data *data,
                                       const attune_rows *rows, attune_texts *names,
                                       attune_reals *values, attune_error *error)
{
    (void)data;
    (void)rows;
    return attune_trees_importance(&((const attune_forest *)self)->trees, names, values, error);
}
