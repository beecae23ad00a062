/* steps/models/mlp_kernels.c - products, activations and steps of a multilayer perceptron. */
#include "steps/models/mlp_kernels.h"

#include "steps/numeric/clones.h"

#include <math.h>
#include <string.h>

enum { ROWS = ATTUNE_MLP_ROWS, COLUMNS = ATTUNE_MLP_COLUMNS };

typedef float block __attribute__((vector_size(64), aligned(4), may_alias));
typedef float half __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(64), aligned(4), may_alias));

int64_t attune_mlp_wide(int64_t columns)
{
    return (columns + COLUMNS - 1) / COLUMNS * COLUMNS;
}

int64_t attune_mlp_tall(int64_t rows)
{
    return (rows + ROWS - 1) / ROWS * ROWS;
}

/* Items 0 to n of f, k from start to end, side by side. */
static ATTUNE_INLINE void pack_some(const attune_mlp_factor *f, const float *from, int64_t n,
                                    int64_t start, int64_t end, int64_t lanes, float *to)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = start; k < end; k++)
            to[k * lanes + i] = from[i * f->stride + k * f->k_stride];
}

/* Lays items out as the tile reads them: panels of `lanes`, in a panel k after k. */
static ATTUNE_INLINE void pack(const attune_mlp_factor *f, int64_t depth, int64_t lanes, float *to)
{
    enum { SOME = 16 }; /* what is written stays near while the lanes are gone through */
    for (int64_t first = 0; first < f->n; first += lanes, to += lanes * depth) {
        int64_t n = f->n - first < lanes ? f->n - first : lanes;
        const float *from = f->values + first * f->stride;
        if (n < lanes)
            memset(to, 0, (size_t)(lanes * depth) * sizeof *to);
        for (int64_t k = 0; k < depth && f->stride == 1; k++)
            memcpy(to + k * lanes, from + k * f->k_stride, (size_t)n * sizeof *to);
        for (int64_t k = 0; k < depth && f->stride != 1; k += SOME)
            pack_some(f, from, n, k, k + SOME < depth ? k + SOME : depth, lanes, to);
    }
}

ATTUNE_CLONES static void pack_rows(const attune_mlp_factor *f, int64_t depth, float *to)
{
    pack(f, depth, ROWS, to);
}

ATTUNE_CLONES static void pack_columns(const attune_mlp_factor *f, int64_t depth, float *to)
{
    pack(f, depth, COLUMNS, to);
}

/* Eight rows of sixteen columns stay in registers while k goes by. */
static ATTUNE_INLINE void tile(const float *a, const float *b, int64_t depth, float *out,
                               int64_t stride)
{
    block sum[ROWS] = {{0}};
    for (int64_t k = 0; k < depth; k++) {
        block row = *(const block *)(b + k * COLUMNS);
        const float *left = a + k * ROWS;
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++)
            sum[i] += left[i] * row;
    }
    for (int i = 0; i < ROWS; i++)
        *(block *)(out + i * stride) = sum[i];
}

/* The same sums where a register holds eight: four rows at a time. */
static ATTUNE_INLINE void narrow_tile(const float *a, const float *b, int64_t depth, float *out,
                                      int64_t stride)
{
    half low[4] = {{0}}, high[4] = {{0}};
    for (int64_t k = 0; k < depth; k++) {
        half first = *(const half *)(b + k * COLUMNS),
             second = *(const half *)(b + k * COLUMNS + 8);
        const float *left = a + k * ROWS;
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            low[i] += left[i] * first;
            high[i] += left[i] * second;
        }
    }
    for (int i = 0; i < 4; i++) {
        *(half *)(out + i * stride) = low[i];
        *(half *)(out + i * stride + 8) = high[i];
    }
}

ATTUNE_CLONES static void tiles(const float *left, const float *right, int64_t tall, int64_t wide,
                                int64_t depth, float *out)
{
    for (int64_t j = 0; j < wide; j += COLUMNS)
        for (int64_t i = 0; i < tall; i += ROWS)
            tile(left + i * depth, right + j * depth, depth, out + i * wide + j, wide);
}

ATTUNE_CLONES static void narrow_tiles(const float *left, const float *right, int64_t tall,
                                       int64_t wide, int64_t depth, float *out)
{
    for (int64_t j = 0; j < wide; j += COLUMNS)
        for (int64_t i = 0; i < tall; i += 4) {
            const float *rows = left + i / ROWS * ROWS * depth + i % ROWS;
            narrow_tile(rows, right + j * depth, depth, out + i * wide + j, wide);
        }
}

void attune_mlp_product(const attune_mlp_factor *a, const attune_mlp_factor *b, int64_t depth,
                        float *room, float *out)
{
    int64_t tall = attune_mlp_tall(a->n), wide = attune_mlp_wide(b->n);
    float *left = room, *right = room + tall * depth;
    pack_rows(a, depth, left);
    pack_columns(b, depth, right);
    if (!__builtin_cpu_supports("avx2") || __builtin_cpu_supports("avx512f"))
        tiles(left, right, tall, wide, depth, out);
    else
        narrow_tiles(left, right, tall, wide, depth, out);
}
ATTUNE_CLONES static void affine(float *z, int64_t n, int64_t columns, float factor,
                                 const float *bias)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < columns; j += COLUMNS) {
            block *at = (block *)(z + i * columns + j);
            *at = *at * factor + *(const block *)(bias + j);
        }
}

void attune_mlp_affine(float *z, int64_t n, int64_t columns, float factor, const float *bias)
{
    affine(z, n, columns, factor, bias);
}

/* Blocks go by pointer: a copy for narrow registers could not pass them. */
static ATTUNE_INLINE void choose(const mask *which, const block *yes, const block *no, block *out)
{
    *out = (block)((*which & (mask)*yes) | (~*which & (mask)*no));
}

static ATTUNE_INLINE void limit(float low, float high, block *x)
{
    block least = (block){0} + low, most = (block){0} + high;
    mask under = (mask)(*x < least), over = (mask)(*x > most);
    choose(&under, &least, x, x);
    choose(&over, &most, x, x);
}

/* exp(x) for -87 <= x <= 88: 2^k exp(r), |r| <= log(2) / 2, by Taylor to r^7. Adding 1.5 * 2^23
 * rounds to the integer k and leaves it in the last bits, from where it goes to the exponent. */
static ATTUNE_INLINE void exponential(block *x)
{
    static const float taylor[] = {1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 0.5f, 1, 1};
    block shifted = *x * 0x1.715476p0f + 0x1.8p23f, k = shifted - 0x1.8p23f;
    block r = (*x - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;
    block sum = (block){0} + 1.f / 5040;
    for (int i = 0; i < 7; i++)
        sum = sum * r + taylor[i];
    *x = (block)((mask)sum + ((mask)shifted << 23));
}

/* Source: Klambauer et al. (2017). */
static ATTUNE_INLINE void selu(block *z, block *slope)
{
    const float scale = 1.05070099f, low = 1.75809934f; /* low: scale times alpha */
    mask above = (mask)(*z > (block){0});
    block e = *z, right = scale * *z, one = (block){0} + scale;
    limit(-87, 0, &e);
    exponential(&e);
    e *= low;
    block left = e - low;
    choose(&above, &one, &e, slope);
    choose(&above, &right, &left, z);
}

/* z tanh(log(1 + exp(z))) = z m / (m + 2), m = e (e + 2). Source: Misra (2020). */
static ATTUNE_INLINE void mish(block *z, block *slope)
{
    block e = *z;
    limit(-40, 20, &e);
    exponential(&e);
    block m = e * (e + 2), inverse = 1 / (m + 2), ratio = m * inverse;
    *slope = ratio + *z * (4 * (1 + e) * e * inverse * inverse);
    *z *= ratio;
}

static ATTUNE_INLINE void relu(block *z, block *slope)
{
    const block none = {0}, one = none + 1;
    mask above = (mask)(*z > none);
    choose(&above, &one, &none, slope);
    choose(&above, z, &none, z);
}

typedef void (*unit)(block *z, block *slope);

static ATTUNE_INLINE void each(unit activation, float *z, float *slope, int64_t n)
{
    for (int64_t i = 0; i < n; i += COLUMNS) {
        block value = *(const block *)(z + i), derivative;
        activation(&value, &derivative);
        *(block *)(z + i) = value;
        *(block *)(slope + i) = derivative;
    }
}

ATTUNE_CLONES static void activate(attune_mlp_activation activation, float *z, float *slope,
                                   int64_t n)
{
    if (activation == ATTUNE_MLP_SELU)
        each(selu, z, slope, n);
    else if (activation == ATTUNE_MLP_MISH)
        each(mish, z, slope, n);
    else
        each(relu, z, slope, n);
}

void attune_mlp_activate(attune_mlp_activation activation, float *z, float *slope, int64_t n)
{
    activate(activation, z, slope, n);
}

/* A draw for each item, from its number and a key: two rounds of a multiplicative mix. */
ATTUNE_CLONES static void drop(float *z, float *slope, int64_t n, double share, uint64_t key)
{
    const uint32_t limit = (uint32_t)(share * 0x1p32), add = (uint32_t)key;
    const uint32_t other = (uint32_t)(key >> 32);
    const float scale = (float)(1 / (1 - share));
    for (int64_t i = 0; i < n; i++) {
        uint32_t x = (uint32_t)i + add;
        x = (x ^ x >> 16) * 0x7feb352du ^ other;
        x = (x ^ x >> 15) * 0x846ca68bu;
        x = (x ^ x >> 16) * 0x7feb352du;
        x ^= x >> 15;
        float keep = x < limit ? 0 : scale;
        z[i] *= keep;
        slope[i] *= keep;
    }
}

void attune_mlp_drop(float *z, float *slope, int64_t n, double share, uint64_t key)
{
    drop(z, slope, n, share, key);
}

ATTUNE_CLONES static void multiply(float *restrict to, const float *restrict by, int64_t n,
                                   float factor)
{
    for (int64_t i = 0; i < n; i++)
        to[i] *= factor * by[i];
}

void attune_mlp_multiply(float *to, const float *by, int64_t n, float factor)
{
    multiply(to, by, n, factor);
}

ATTUNE_CLONES static void column_sums(const float *from, int64_t n, int64_t columns, float factor,
                                      float *to)
{
    for (int64_t j = 0; j < columns; j += COLUMNS) {
        block sum = {0};
        for (int64_t i = 0; i < n; i++)
            sum += *(const block *)(from + i * columns + j);
        *(block *)(to + j) = sum * factor;
    }
}

void attune_mlp_column_sums(const float *from, int64_t n, int64_t columns, float factor, float *to)
{
    column_sums(from, n, columns, factor, to);
}

ATTUNE_CLONES static void adam_step(const attune_mlp_adam *adam, float *restrict params,
                                    const float *restrict gradient, float *restrict mean,
                                    float *restrict variance, int64_t n)
{
    const attune_mlp_adam a = *adam;
    for (int64_t i = 0; i < n; i++) {
        float g = gradient[i];
        mean[i] = a.beta_1 * mean[i] + (1 - a.beta_1) * g;
        variance[i] = a.beta_2 * variance[i] + (1 - a.beta_2) * (g * g);
        float step = a.rate * mean[i] / (sqrtf(variance[i] * a.correction) + a.epsilon);
        params[i] = params[i] * (1 - a.decay) - step;
    }
}

void attune_mlp_adam_step(const attune_mlp_adam *adam, float *params, const float *gradient,
                          float *mean, float *variance, int64_t n)
{
    adam_step(adam, params, gradient, mean, variance, n);
}
