/* steps/models/mlp_train.h - going through the rows, epoch by epoch.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_MODELS_MLP_TRAIN_H
#define ATTUNE_STEPS_MODELS_MLP_TRAIN_H

#include "steps/models/mlp.h"

/* Rows as the network takes them. */
typedef struct attune_mlp_side {
    int64_t n;
    float *x;        /* n x wide(inputs) */
    int32_t *labels; /* of classes: outputs from 0; else NULL */
    double *y;       /* of numbers: standardised; else NULL */
    double *weight;
} attune_mlp_side;

/* Learns one network of s from the rows of `fitted`: its coefs, and the epoch that was kept, chosen
 * by the rows of held_out, if there are any (n above 0). UNFIT: no epoch gave finite numbers.
 * O(epochs n params). */
attune_status attune_mlp_train(const attune_mlp *s, const attune_mlp_side *fitted,
                               const attune_mlp_side *held_out, const attune_context *context,
                               float *coefs, int64_t *epoch, attune_error *error);

#endif
