/* steps/models/mlp_net.c - forward and backward through the layers. */
#include "steps/models/mlp_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t weights_size(const attune_mlp_shape *shape, int64_t layer)
{
    return attune_mlp_tall(shape->width[layer]) * attune_mlp_wide(shape->width[layer + 1]);
}

int64_t attune_mlp_weights_at(const attune_mlp_shape *shape, int64_t layer)
{
    int64_t at = attune_mlp_wide(shape->width[0]);
    for (int64_t l = 0; l < layer; l++)
        at += weights_size(shape, l) + attune_mlp_wide(shape->width[l + 1]);
    return at;
}

int64_t attune_mlp_biases_at(const attune_mlp_shape *shape, int64_t layer)
{
    return attune_mlp_weights_at(shape, layer) + weights_size(shape, layer);
}

int64_t attune_mlp_n_params(const attune_mlp_shape *shape)
{
    return attune_mlp_weights_at(shape, shape->n_layers);
}

int64_t attune_mlp_n_dense(const attune_mlp_shape *shape)
{
    int64_t n = shape->width[0];
    for (int64_t l = 0; l < shape->n_layers; l++)
        n += (shape->width[l] + 1) * shape->width[l + 1];
    return n;
}

/* Copies rows of `columns` items between two strides. */
static void copy_rows(const float *from, int64_t from_stride, float *to, int64_t to_stride,
                      int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * to_stride, from + i * from_stride, (size_t)columns * sizeof *to);
}

void attune_mlp_to_dense(const attune_mlp_shape *shape, const float *params, float *dense)
{
    copy_rows(params, 0, dense, 0, 1, shape->width[0]);
    dense += shape->width[0];
    for (int64_t l = 0; l < shape->n_layers; l++) {
        int64_t in = shape->width[l], out = shape->width[l + 1], wide = attune_mlp_wide(out);
        copy_rows(params + attune_mlp_weights_at(shape, l), wide, dense, out, in, out);
        copy_rows(params + attune_mlp_biases_at(shape, l), wide, dense + in * out, out, 1, out);
        dense += (in + 1) * out;
    }
}

void attune_mlp_from_dense(const attune_mlp_shape *shape, const float *dense, float *params)
{
    memset(params, 0, (size_t)attune_mlp_n_params(shape) * sizeof *params);
    copy_rows(dense, 0, params, 0, 1, shape->width[0]);
    dense += shape->width[0];
    for (int64_t l = 0; l < shape->n_layers; l++) {
        int64_t in = shape->width[l], out = shape->width[l + 1], wide = attune_mlp_wide(out);
        copy_rows(dense, out, params + attune_mlp_weights_at(shape, l), wide, in, out);
        copy_rows(dense + in * out, out, params + attune_mlp_biases_at(shape, l), wide, 1, out);
        dense += (in + 1) * out;
    }
}

/* The most that any product of forward or backward asks for. */
static int64_t product_room(const attune_mlp_shape *shape, int64_t tall)
{
    int64_t most = 0;
    for (int64_t l = 0; l < shape->n_layers; l++) {
        int64_t in = attune_mlp_wide(shape->width[l]), out = attune_mlp_wide(shape->width[l + 1]);
        const int64_t sizes[] = {(tall + out) * in, (in + out) * tall, (tall + in) * out};
        for (int k = 0; k < 3; k++)
            most = sizes[k] > most ? sizes[k] : most;
    }
    return most;
}

attune_status attune_mlp_net_make(attune_mlp_net *net, const attune_mlp_shape *shape, int64_t rows,
                                  attune_error *error)
{
    int64_t tall = attune_mlp_tall(rows), widest = 0, items = product_room(shape, tall);
    *net = (attune_mlp_net){.shape = *shape, .rows = rows};
    for (int64_t l = 0; l <= shape->n_layers; l++) {
        int64_t wide = attune_mlp_wide(shape->width[l]);
        items += 2 * tall * wide;
        widest = wide > widest ? wide : widest;
    }
    net->memory = attune_alloc(items + 2 * tall * widest, sizeof *net->memory, error);
    if (!net->memory)
        return ATTUNE_MEMORY;
    float *at = net->memory;
    for (int64_t l = 0; l <= shape->n_layers; l++) {
        int64_t size = tall * attune_mlp_wide(shape->width[l]);
        net->value[l] = at;
        net->slope[l] = at + size;
        at += 2 * size;
    }
    net->delta = at;
    net->other = at + tall * widest;
    net->room = at + 2 * tall * widest;
    return ATTUNE_OK;
}

void attune_mlp_net_clear(attune_mlp_net *net)
{
    free(net->memory);
    *net = (attune_mlp_net){0};
}

/* 1 / sqrt(inputs): the neural tangent parametrisation. */
static float layer_factor(const attune_mlp_shape *shape, int64_t layer)
{
    return shape->width[layer] ? (float)(1 / sqrt((double)shape->width[layer])) : 0;
}

const float *attune_mlp_forward(attune_mlp_net *net, const float *params, const float *inputs,
                                int64_t n, double drop, uint64_t key)
{
    const attune_mlp_shape *s = &net->shape;
    int64_t wide = attune_mlp_wide(s->width[0]);
    memcpy(net->value[0], inputs, (size_t)(n * wide) * sizeof *inputs);
    for (int64_t i = 0; i < n; i++)
        attune_mlp_multiply(net->value[0] + i * wide, params, wide, 1);
    for (int64_t l = 0; l < s->n_layers; l++) {
        int64_t out = attune_mlp_wide(s->width[l + 1]);
        attune_mlp_factor rows = {net->value[l], n, wide, 1};
        attune_mlp_factor weights = {params + attune_mlp_weights_at(s, l), s->width[l + 1], 1, out};
        float *value = net->value[l + 1], *slope = net->slope[l + 1];
        attune_mlp_product(&rows, &weights, s->width[l], net->room, value);
        attune_mlp_affine(value, n, out, layer_factor(s, l), params + attune_mlp_biases_at(s, l));
        wide = out;
        if (l + 1 == s->n_layers)
            break;
        attune_mlp_activate(s->activation, value, slope, n * out);
        if (drop > 0)
            attune_mlp_drop(value, slope, n * out, drop, key + (uint64_t)l);
    }
    return net->value[s->n_layers];
}

/* The gradient of the input scales: the sums of input times what came back. */
static void scale_gradient(attune_mlp_net *net, const float *inputs, int64_t n, float *gradient)
{
    int64_t wide = attune_mlp_wide(net->shape.width[0]);
    attune_mlp_multiply(net->delta, inputs, n * wide, 1);
    attune_mlp_column_sums(net->delta, n, wide, 1, gradient);
}

void attune_mlp_backward(attune_mlp_net *net, const float *params, const float *inputs, int64_t n,
                         float *gradient)
{
    const attune_mlp_shape *s = &net->shape;
    for (int64_t l = s->n_layers - 1; l >= 0; l--) {
        int64_t in = attune_mlp_wide(s->width[l]), out = attune_mlp_wide(s->width[l + 1]);
        float factor = layer_factor(s, l), *weights = gradient + attune_mlp_weights_at(s, l);
        attune_mlp_column_sums(net->delta, n, out, 1, gradient + attune_mlp_biases_at(s, l));
        for (int64_t i = 0; i < n * out; i += out) /* the factor belongs to both products */
            for (int64_t j = 0; j < out; j++)
                net->delta[i + j] *= factor;
        attune_mlp_factor values = {net->value[l], s->width[l], 1, in};
        attune_mlp_factor deltas = {net->delta, s->width[l + 1], 1, out};
        attune_mlp_product(&values, &deltas, n, net->room, weights);
        attune_mlp_factor rows = {net->delta, n, out, 1};
        attune_mlp_factor back = {params + attune_mlp_weights_at(s, l), s->width[l], out, 1};
        attune_mlp_product(&rows, &back, s->width[l + 1], net->room, net->other);
        float *swap = net->delta;
        net->delta = net->other;
        net->other = swap;
        if (l > 0)
            attune_mlp_multiply(net->delta, net->slope[l], n * in, 1);
    }
    scale_gradient(net, inputs, n, gradient);
}
