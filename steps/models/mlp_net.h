/* steps/models/mlp_net.h - a multilayer perceptron: its parameters, forward and backward.
 *
 * Inputs are scaled one by one by learnt factors, then go through layers z = W x / sqrt(inputs of
 * the layer) + bias, with an activation after all but the last. All parameters lie in one block:
 * the scales, then for each layer its weights (a row an input) and its biases; rows are filled up
 * with zeros as mlp_kernels.h asks.
 * Source: Holzmueller, Grinsztajn and Steinwart (2024), Better by Default.
 * Thread class: one per thread; parameters are only read by forward. */
#ifndef ATTUNE_STEPS_MODELS_MLP_NET_H
#define ATTUNE_STEPS_MODELS_MLP_NET_H

#include "spaces/base/status.h"
#include "steps/models/mlp_kernels.h"

enum { ATTUNE_MLP_LAYERS = 9 }; /* most, with the last */

typedef struct attune_mlp_shape {
    int64_t n_layers;
    int64_t width[ATTUNE_MLP_LAYERS + 1]; /* inputs, hidden ones, outputs */
    attune_mlp_activation activation;
} attune_mlp_shape;

/* Where things are among the parameters. */
int64_t attune_mlp_weights_at(const attune_mlp_shape *shape, int64_t layer);
int64_t attune_mlp_biases_at(const attune_mlp_shape *shape, int64_t layer);
int64_t attune_mlp_n_params(const attune_mlp_shape *shape);

/* How many numbers they are without the zeros, and to and from such a dense list. */
int64_t attune_mlp_n_dense(const attune_mlp_shape *shape);
void attune_mlp_to_dense(const attune_mlp_shape *shape, const float *params, float *dense);
void attune_mlp_from_dense(const attune_mlp_shape *shape, const float *dense, float *params);

/* Room for a batch. */
typedef struct attune_mlp_net {
    attune_mlp_shape shape;
    int64_t rows;                        /* most of a batch */
    float *value[ATTUNE_MLP_LAYERS + 1]; /* of the scaled inputs, and after each layer */
    float *slope[ATTUNE_MLP_LAYERS + 1]; /* of the activations */
    float *delta, *other, *room;
    float *memory; /* owned: all of them */
} attune_mlp_net;

/* Zeroed room for batches of at most `rows` rows. MEMORY. */
attune_status attune_mlp_net_make(attune_mlp_net *net, const attune_mlp_shape *shape, int64_t rows,
                                  attune_error *error);
void attune_mlp_net_clear(attune_mlp_net *net);

/* The outputs of n rows, a row of wide(outputs) each. inputs: n rows of wide(inputs), the filling
 * zero. drop: the share of hidden values taken out, drawn from key. O(n params). */
const float *attune_mlp_forward(attune_mlp_net *net, const float *params, const float *inputs,
                                int64_t n, double drop, uint64_t key);

/* The gradient of all parameters, of the loss whose derivative by the outputs is in net->delta (as
 * the outputs lie), after forward of the same rows. Changes delta. */
void attune_mlp_backward(attune_mlp_net *net, const float *params, const float *inputs, int64_t n,
                         float *gradient);

#endif
