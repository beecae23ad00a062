/* steps/models/mlp_kernels.h - what a multilayer perceptron does to blocks of floats.
 *
 * Every item is summed in one order, item after item, whatever the width of a register and however
 * many rows come along: the bits are the same on every machine, and for a row alone.
 * Matrices are row-major. Nothing allocates. libc and libm only.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_MODELS_MLP_KERNELS_H
#define ATTUNE_STEPS_MODELS_MLP_KERNELS_H

#include <stdint.h>

/* Rows come in blocks of ATTUNE_MLP_ROWS, columns of ATTUNE_MLP_COLUMNS, filled up with zeros. */
enum { ATTUNE_MLP_ROWS = 8, ATTUNE_MLP_COLUMNS = 16 };
int64_t attune_mlp_wide(int64_t columns);
int64_t attune_mlp_tall(int64_t rows);

/* A factor of a product, item (i, k): values[i * stride + k * k_stride]; one stride is 1. */
typedef struct attune_mlp_factor {
    const float *values;
    int64_t n, stride, k_stride;
} attune_mlp_factor;

/* out[i, j] = sum over k < depth of a(i, k) b(j, k), k ascending. out has tall(a.n) rows of
 * wide(b.n) items, all of which are written. room: (tall(a.n) + wide(b.n)) * depth items.
 * O(a.n b.n depth). */
void attune_mlp_product(const attune_mlp_factor *a, const attune_mlp_factor *b, int64_t depth,
                        float *room, float *out);

typedef enum attune_mlp_activation {
    ATTUNE_MLP_SELU,
    ATTUNE_MLP_MISH,
    ATTUNE_MLP_RELU
} attune_mlp_activation;

/* z = factor z + bias for n rows of `columns` (a multiple of 16) items. */
void attune_mlp_affine(float *z, int64_t n, int64_t columns, float factor, const float *bias);
/* z becomes the activation of z, slope its derivative. n is a multiple of 16. */
void attune_mlp_activate(attune_mlp_activation activation, float *z, float *slope, int64_t n);
/* Takes items out with probability `share` and scales the others up, z and slope alike. */
void attune_mlp_drop(float *z, float *slope, int64_t n, double share, uint64_t key);

/* to *= factor * by, item by item; to[j] = factor * sum over n rows i of from[i, j], i ascending.
 */
void attune_mlp_multiply(float *to, const float *by, int64_t n, float factor);
void attune_mlp_column_sums(const float *from, int64_t n, int64_t columns, float factor, float *to);

/* One step of Adam on n parameters. rate: with the correction of the mean; correction: of the
 * variance; decay: share of a parameter that is taken off. Source: Kingma and Ba (2015); decay as
 * Loshchilov and Hutter (2019). */
typedef struct attune_mlp_adam {
    float beta_1, beta_2, epsilon, rate, correction, decay;
} attune_mlp_adam;
void attune_mlp_adam_step(const attune_mlp_adam *adam, float *params, const float *gradient,
                          float *mean, float *variance, int64_t n);

#endif
