/* steps/models/gradient_boosting.h - what the files of gradient boosting share: losses, and the
 * rows that are fitted.
 *
 * A model is n_outputs scores a row: one for numbers and for two classes, one a class for more.
 * Scores are kept output by output: scores[k * n + i].
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_GRADIENT_BOOSTING_H
#define ATTUNE_STEPS_MODELS_GRADIENT_BOOSTING_H

#include "steps/trees/trees.h"

typedef struct attune_gradient_boosting {
    int objective; /* an attune_loss of numbers */
    double alpha;
    int64_t n_estimators;
    double learning_rate;
    int64_t num_leaves, max_depth, min_child_samples;
    double min_child_weight, subsample, colsample_bytree, colsample_bynode;
    double reg_alpha, reg_lambda, min_split_gain;
    int64_t max_bin, num_grad_quant_bins;
    attune_value monotone_constraints; /* by name or by place: -1, 0, 1 */
    bool extra_trees;
    double cat_smooth, cat_l2;
    int class_weight;
    int64_t early_stopping_rounds;
    double validation_fraction;
    attune_trees trees;
    attune_array start, held_out_loss, classes;
    int64_t n_classes, loss;
    struct attune_boosting_fit *paused; /* a fit that may go on; NULL: none */
} attune_gradient_boosting;

/* Learns everything that is fitted. */
attune_status attune_boosting_fit(attune_gradient_boosting *s, const attune_data *data,
                                  const attune_rows *rows, const attune_context *context,
                                  attune_error *error);

/* Goes on to context->reach. */
attune_status attune_boosting_fit_more(attune_gradient_boosting *s, const attune_context *context,
                                       attune_error *error);
/* NULL, or what is wrong with the monotone constraints by themselves. */
const char *attune_boosting_monotone_check(const attune_gradient_boosting *s);
/* One sign an input of data (owned), or NULL where there are no constraints. INVALID: they name a
 * column that is no input of numbers, or the target has more than two classes. */
attune_status attune_boosting_monotone(const attune_gradient_boosting *s, const attune_data *data,
                                       const attune_context *context, int8_t **signs,
                                       attune_error *error);

/* Gives up what a fit kept for going on; NULL-safe. */
void attune_boosting_fit_free(struct attune_boosting_fit *fit);

typedef enum attune_loss {
    ATTUNE_LOSS_SQUARED,
    ATTUNE_LOSS_ABSOLUTE,
    ATTUNE_LOSS_HUBER,
    ATTUNE_LOSS_POISSON,
    ATTUNE_LOSS_QUANTILE,
    ATTUNE_LOSS_LOGISTIC,
    ATTUNE_LOSS_SOFTMAX
} attune_loss;

/* What is to be learnt of n rows. */
typedef struct attune_boosting {
    attune_loss loss;
    double alpha; /* quantile: which; Huber: where squares end */
    int64_t n;
    int32_t n_outputs;
    double *y;       /* numbers, or 0 and 1 */
    int32_t *labels; /* SOFTMAX: outputs from 0 */
    double *weights; /* NULL: 1 each */
    int32_t *used;   /* rows that weigh something, ascending */
    int64_t n_used;
} attune_boosting;

/* The score that all rows start from, n_outputs of them: the best constant. */
attune_status attune_boosting_start(const attune_boosting *b, double *start, attune_error *error);

/* Once an iteration: what gradients need of all scores (SOFTMAX: probabilities, n_outputs x n). */
void attune_boosting_prepare(const attune_boosting *b, const double *scores, float *probability);
/* Of output k, for all rows. hessian is untouched where attune_boosting_flat. */
void attune_boosting_gradients(const attune_boosting *b, const double *scores,
                               const float *probability, int32_t k, float *gradient,
                               float *hessian);
/* Whether every row's hessian is 1. */
bool attune_boosting_flat(const attune_boosting *b);

/* Gradient and hessian as whole numbers, rounded at random, so that sums are right on average.
 * levels: the largest; key: of the draws. Sets the scales of target. */
void attune_boosting_quantise(const attune_boosting *b, const float *gradient, const float *hessian,
                              int32_t levels, uint64_t key, int32_t *packed,
                              attune_tree_target *target);

/* The value of a leaf with these rows, before the learning rate. room: 2 n items, for losses
 * without curvature. */
typedef struct attune_boosting_leaf {
    const float *gradient, *hessian;
    const double *scores; /* of the output */
    double reg_alpha, reg_lambda;
    double *room;
} attune_boosting_leaf;
double attune_boosting_value(const attune_boosting *b, const attune_boosting_leaf *leaf,
                             const int32_t *rows, int64_t n);

/* The mean loss of some rows. */
double attune_boosting_mean(const attune_boosting *b, const double *scores, const int32_t *rows,
                            int64_t n);

/* The value below which a share q of the weight is; between two where it is met exactly. Puts the
 * items (value, weight) in another order. O(n) on average. */
double attune_weighted_quantile(double *items, int64_t n, double q);

#endif
