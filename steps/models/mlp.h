/* steps/models/mlp.h - what the files of the mlp step share.
 * Thread class: one per thread until fitted; then shared read-only. */
#ifndef ATTUNE_STEPS_MODELS_MLP_H
#define ATTUNE_STEPS_MODELS_MLP_H

#include "steps/context.h"
#include "steps/models/linear_model.h"
#include "steps/models/mlp_net.h"

typedef struct attune_mlp {
    int64_t hidden_size, n_hidden_layers;
    int activation; /* an attune_mlp_activation, or -1: by the task */
    int64_t epochs, batch_size;
    double learning_rate_init; /* NaN: by the task */
    double label_smoothing, dropout, weight_decay, beta_1, beta_2, epsilon;
    double validation_fraction;
    int64_t n_iter_no_change, n_ens;
    attune_texts inputs;
    attune_array center, factor; /* of each input */
    attune_array coefs;          /* f32, a network after another as attune_mlp_to_dense; empty: the
                            target is constant */
    attune_array target;         /* of numbers: mean, deviation, lowest, highest */
    attune_array classes;        /* that were there, by their code */
    int64_t n_classes, best_epoch;
} attune_mlp;

/* The shape of a fitted or to be fitted network; no layers when the target does not vary. */
attune_mlp_shape attune_mlp_shape_of(const attune_mlp *s);

/* Centre and factor of each input from the training rows: median, and one over the quartiles'
 * distance (over half the range where they are the same, 0 for a constant). A column of zeros and
 * ones stays as it is. O(n p). */
attune_status attune_mlp_learn_inputs(attune_mlp *s, const attune_linear_rows *rows,
                                      attune_error *error);
/* Scales a row and bends it into (-3, 3); to has wide(p) items. libm only. */
void attune_mlp_encode(const attune_mlp *s, const double *row, float *to);

/* Learns everything that is fitted. */
attune_status attune_mlp_fit(attune_mlp *s, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_error *error);

#endif
