/* steps/models/forest.h - what random_forest and extra_trees share: all but how a node is cut.
 *
 * Each tree is grown on a sample of the rows, to the end; a forest says the mean of its trees.
 * The criterion is the variance of numbers, and Gini's for classes (for two they are the same).
 * Sources: Breiman (2001), Machine Learning 45; Geurts, Ernst and Wehenkel (2006), Machine Learning
 * 63.
 * Thread class: one per thread until fitted; then shared read-only. */
#ifndef ATTUNE_STEPS_MODELS_FOREST_H
#define ATTUNE_STEPS_MODELS_FOREST_H

#include "steps/models/gradient_boosting_rows.h"
#include "steps/step.h"

typedef struct attune_forest {
    int64_t n_estimators;
    double max_features; /* NaN: by the task */
    int64_t max_depth, min_samples_split, min_samples_leaf, max_leaf_nodes;
    bool bootstrap;
    double max_samples;
    int64_t max_bin;
    int class_weight;
    attune_trees trees;
    attune_array shares; /* f32, mixed leaves x classes there: more than two classes */
    attune_array classes, oob_score;
    int64_t n_classes;
} attune_forest;

extern const char *const attune_forest_class_weights[];

/* clang-format off */
#define ATTUNE_FOREST_FIELDS(bootstrap_default)                                                    \
    ATTUNE_INTEGER(attune_forest, n_estimators, 100, "trees", .low = 1, .high = 100000,            \
                   .budget = true),                                                                \
    ATTUNE_REAL(attune_forest, max_features, NAN,                                                  \
                "share of the columns that a node may split on; null: for classes the square root "\
                "of their number, for numbers all", .nullable = true, .low = 0, .above_low = true, \
                .high = 1),                                                                        \
    ATTUNE_INTEGER(attune_forest, max_depth, -1, "most splits from root to leaf; -1: no limit",    \
                   .low = -1, .high = 1000),                                                       \
    ATTUNE_INTEGER(attune_forest, min_samples_split, 2, "fewest rows of a node that is split",     \
                   .low = 2, .no_high = true),                                                     \
    ATTUNE_INTEGER(attune_forest, min_samples_leaf, 1, "fewest rows of a leaf", .low = 1,          \
                   .no_high = true),                                                               \
    ATTUNE_INTEGER(attune_forest, max_leaf_nodes, INT64_MIN, "most leaves, best first; null: any", \
                   .nullable = true, .low = 2, .high = 1 << 30),                                   \
    ATTUNE_BOOLEAN(attune_forest, bootstrap, bootstrap_default,                                    \
                   "each tree sees rows drawn with replacement; else all"),                        \
    ATTUNE_REAL(attune_forest, max_samples, 1, "how many are drawn, as a share of the rows",       \
                .low = 0, .above_low = true, .high = 1),                                           \
    ATTUNE_INTEGER(attune_forest, max_bin, ATTUNE_MOST_BINS, "most bins of a number", .low = 2,    \
                   .high = ATTUNE_MOST_BINS),                                                      \
    ATTUNE_ENUM(attune_forest, class_weight, attune_forest_class_weights, 0,                       \
                "balanced: each class weighs the same in all"),                                    \
    ATTUNE_TREES_FIELDS(attune_forest, trees),                                                     \
    ATTUNE_FITTED_ARRAY(attune_forest, shares,                                                     \
                        "more than two classes: a row a mixed leaf, the share of each there"),     \
    ATTUNE_FITTED_ARRAY(attune_forest, classes, "classes that were there, by their code"),         \
    ATTUNE_FITTED_ARRAY(attune_forest, oob_score,                                                  \
                        "log loss or RMSE of the rows that trees did not see, after each tree"),   \
    ATTUNE_FITTED_INTEGER(attune_forest, n_classes, "classes of the target, 0 for numbers")
/* clang-format on */

/* cuts: one random cut of each input, not the best. */
attune_status attune_forest_fit(attune_forest *s, bool cuts, const attune_data *data,
                                const attune_rows *rows, const attune_context *context,
                                attune_error *error);
attune_status attune_forest_predict(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    attune_predictions *out, attune_error *error);
attune_status attune_forest_predict_stages(const void *self, const attune_data *data,
                                           const attune_rows *rows, const attune_context *context,
                                           const int64_t *budgets, int64_t n,
                                           attune_predictions *out, attune_error *error);
attune_status attune_forest_truncate(void *self, int64_t budget, attune_error *error);
const char *attune_forest_check(const void *self);
void attune_forest_describe(const void *self, attune_text *text);
attune_status attune_forest_importance(const void *self, const attune_data *data,
                                       const attune_rows *rows, attune_texts *names,
                                       attune_reals *values, attune_error *error);
int64_t attune_forest_memory(const void *self, int64_t n, int64_t p);

/* What the types of both steps have in common. */
#define ATTUNE_FOREST_TYPE                                                                         \
    .version = 1, .size = sizeof(attune_forest), .tasks = ATTUNE_FOR_ANY, .simplicity = 4,         \
    .space = "{\"n_estimators\": 200,"                                                             \
             " \"max_features\": {\"uniform\": [0.1, 1]},"                                         \
             " \"min_samples_leaf\": {\"log_int\": [1, 30]}}",                                     \
    .takes = 1u << ATTUNE_REAL_COLUMN | 1u << ATTUNE_NOMINAL_COLUMN, .takes_missing = true,        \
    .scale_free = true, .predict = attune_forest_predict,                                          \
    .predict_stages = attune_forest_predict_stages, .truncate = attune_forest_truncate,            \
    .check_fitted = attune_forest_check, .describe = attune_forest_describe,                       \
    .importance = attune_forest_importance, .estimate_memory = attune_forest_memory

#endif
