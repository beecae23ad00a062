/* steps/models/gradient_boosting_loss.c - gradients and hessians of the losses. */
#include "steps/numeric/clones.h"
#include "steps/models/gradient_boosting.h"

#include <math.h>
#include <string.h>

/* How much a Poisson step is held back: the hessian is exp(score + 0.7). */
#define POISSON_STEP 0.7

/* x, or other where that is set: by their bits, for what asks of a real becomes a branch. */
static ATTUNE_INLINE double choose(bool set, double other, double x)
{
    uint64_t bits, others, mask = -(uint64_t)set;
    memcpy(&bits, &x, sizeof bits);
    memcpy(&others, &other, sizeof others);
    bits = (bits & ~mask) | (others & mask);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp to 1e-9 of it, without a branch, so that loops of it are made wide; the same bits at every
 * width. x is clamped to where exp is a normal number. */
static ATTUNE_INLINE double exp_near(double x)
{
    const double shift = 0x1.8p52;
    x = choose(x < -700, -700, x);
    x = choose(x > 700, 700, x);
    double shifted = x * 1.4426950408889634 + shift;
    double whole = shifted - shift;
    double r = (x - whole * 0.693147180369123816490) - whole * 1.90821492927058770002e-10;
    double sum = 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 0.5;
    sum = sum * r + 1;
    sum = sum * r + 1;
    uint64_t bits, power;
    memcpy(&bits, &sum, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 52;
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

/* exp of x <= 0 to 1e-7 of it, likewise; below -86 that of -86. */
static ATTUNE_INLINE float exp_float(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -86 ? -86 : x;
    float shifted = x * 1.44269504f + shift;
    float whole = shifted - shift;
    float r = (x - whole * 0.693145752f) - whole * 1.42860677e-6f;
    float sum = 1.0f / 720;
    sum = sum * r + 1.0f / 120;
    sum = sum * r + 1.0f / 24;
    sum = sum * r + 1.0f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1;
    sum = sum * r + 1;
    uint32_t bits, power;
    memcpy(&bits, &sum, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 23;
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

bool attune_boosting_flat(const attune_boosting *b)
{
    return !b->weights && (b->loss == ATTUNE_LOSS_SQUARED || b->loss == ATTUNE_LOSS_ABSOLUTE ||
                           b->loss == ATTUNE_LOSS_HUBER || b->loss == ATTUNE_LOSS_QUANTILE);
}

enum { ROWS = 128 }; /* that are prepared together: their scores stay in the nearest cache */

ATTUNE_CLONES static void softmax_rows(const double *restrict scores, int64_t n, int32_t m,
                                       int64_t from, int64_t count, double *restrict most,
                                       float *restrict sum, float *restrict probability)
{
    for (int64_t i = 0; i < count; i++) {
        most[i] = scores[from + i];
        sum[i] = 0;
    }
    for (int32_t k = 1; k < m; k++)
        for (int64_t i = 0; i < count; i++) {
            double s = scores[k * n + from + i];
            most[i] = s > most[i] ? s : most[i];
        }
    for (int32_t k = 0; k < m; k++)
        for (int64_t i = 0; i < count; i++) {
            float e = exp_float((float)(scores[k * n + from + i] - most[i]));
            sum[i] += e;
            probability[k * n + from + i] = e;
        }
    for (int64_t i = 0; i < count; i++)
        sum[i] = 1 / sum[i];
    for (int32_t k = 0; k < m; k++)
        for (int64_t i = 0; i < count; i++)
            probability[k * n + from + i] *= sum[i];
}

void attune_boosting_prepare(const attune_boosting *b, const double *scores, float *probability)
{
    double most[ROWS];
    float sum[ROWS];
    if (b->loss != ATTUNE_LOSS_SOFTMAX)
        return;
    for (int64_t from = 0; from < b->n; from += ROWS) {
        int64_t count = b->n - from < ROWS ? b->n - from : ROWS;
        softmax_rows(scores, b->n, b->n_outputs, from, count, most, sum, probability);
    }
}

ATTUNE_CLONES static void softmax_gradients(const float *restrict p, const int32_t *restrict labels,
                                            int64_t n, int32_t k, float factor, float *restrict g,
                                            float *restrict h)
{
    for (int64_t i = 0; i < n; i++) {
        float own = labels[i] == k ? 1.0f : 0.0f;
        g[i] = p[i] - own;
        h[i] = factor * p[i] * (1 - p[i]);
    }
}

ATTUNE_CLONES static void logistic_gradients(const double *restrict s, const double *restrict y,
                                             int64_t n, float *restrict g, float *restrict h)
{
    for (int64_t i = 0; i < n; i++) {
        double p = 1 / (1 + exp_near(-s[i]));
        g[i] = (float)(p - y[i]);
        h[i] = (float)(p * (1 - p));
    }
}

ATTUNE_CLONES static void squared_gradients(const double *restrict s, const double *restrict y,
                                            int64_t n, double limit, float *restrict g)
{
    for (int64_t i = 0; i < n; i++) {
        double d = s[i] - y[i];
        d = d > limit ? limit : d;
        g[i] = (float)(d < -limit ? -limit : d);
    }
}

/* The pull of a row above its value is `above`, of one below it below. */
static void sided_gradients(const attune_boosting *b, const double *s, float above, float below,
                            float *g)
{
    for (int64_t i = 0; i < b->n; i++)
        g[i] = s[i] > b->y[i] ? above : s[i] < b->y[i] ? -below : 0;
}

ATTUNE_CLONES static void poisson_gradients(const double *restrict s, const double *restrict y,
                                            int64_t n, double step, float *restrict g,
                                            float *restrict h)
{
    for (int64_t i = 0; i < n; i++) {
        double mean = exp_near(s[i]);
        g[i] = (float)(mean - y[i]);
        h[i] = (float)(mean * step);
    }
}

void attune_boosting_gradients(const attune_boosting *b, const double *scores,
                               const float *probability, int32_t k, float *gradient, float *hessian)
{
    const double *s = scores + k * b->n;
    switch (b->loss) {
    case ATTUNE_LOSS_SQUARED:
        squared_gradients(s, b->y, b->n, INFINITY, gradient);
        break;
    case ATTUNE_LOSS_HUBER:
        squared_gradients(s, b->y, b->n, b->alpha, gradient);
        break;
    case ATTUNE_LOSS_ABSOLUTE:
        sided_gradients(b, s, 1, 1, gradient);
        break;
    case ATTUNE_LOSS_QUANTILE:
        sided_gradients(b, s, (float)(1 - b->alpha), (float)b->alpha, gradient);
        break;
    case ATTUNE_LOSS_POISSON:
        poisson_gradients(s, b->y, b->n, exp(POISSON_STEP), gradient, hessian);
        break;
    case ATTUNE_LOSS_LOGISTIC:
        logistic_gradients(s, b->y, b->n, gradient, hessian);
        break;
    case ATTUNE_LOSS_SOFTMAX:
        softmax_gradients(probability + k * b->n, b->labels, b->n, k,
                          (float)b->n_outputs / (float)(b->n_outputs - 1), gradient, hessian);
        break;
    }
    if (!b->weights)
        return;
    bool curved = b->loss >= ATTUNE_LOSS_LOGISTIC || b->loss == ATTUNE_LOSS_POISSON;
    for (int64_t i = 0; i < b->n; i++) {
        gradient[i] *= (float)b->weights[i];
        hessian[i] = (float)b->weights[i] * (curved ? hessian[i] : 1);
    }
}

/* The largest absolute value: as whole numbers, whose order is the same. */
ATTUNE_CLONES static float largest(const float *values, int64_t n)
{
    int32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    float value;
    memcpy(&value, &most, sizeof value);
    return value;
}

/* A hash of a row's number (the finaliser of MurmurHash3), 16 of its bits for each rounding. */
static ATTUNE_INLINE uint32_t draw(uint32_t row, uint32_t low, uint32_t high)
{
    uint32_t x = (row + low) * 0x9E3779B1u;
    x = (x ^ x >> 16) * 0x85EBCA6Bu + high;
    x = (x ^ x >> 13) * 0xC2B2AE35u;
    return x ^ x >> 16;
}

/* Rounds down after adding a part of 1: up with the probability that is wanted. What is no number
 * of levels, where gradients overflow, is 0. */
static ATTUNE_INLINE int32_t round_at(float value, uint32_t bits)
{
    value = fabsf(value) < 4096.0f ? value : 0;
    return (int32_t)(value + 4096.0f + (float)(int32_t)bits * 0x1p-16f) - 4096;
}

ATTUNE_CLONES static void quantise_both(const float *restrict g, const float *restrict h, int64_t n,
                                        float to_g, float to_h, uint32_t low, uint32_t high,
                                        int32_t *restrict packed)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = draw((uint32_t)i, low, high);
        packed[i] = (int32_t)((uint32_t)round_at(g[i] * to_g, bits & 0xffff) << 16) +
                    round_at(h[i] * to_h, bits >> 16);
    }
}

ATTUNE_CLONES static void quantise_flat(const float *restrict g, int64_t n, float to_g,
                                        uint32_t low, uint32_t high, int32_t *restrict packed)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = draw((uint32_t)i, low, high);
        packed[i] = (int32_t)((uint32_t)round_at(g[i] * to_g, bits & 0xffff) << 16) + 1;
    }
}

void attune_boosting_quantise(const attune_boosting *b, const float *gradient, const float *hessian,
                              int32_t levels, uint64_t key, int32_t *packed,
                              attune_tree_target *target)
{
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    bool flat = attune_boosting_flat(b);
    float most_g = largest(gradient, b->n), most_h = flat ? 1 : largest(hessian, b->n);
    float to_g = most_g > 0 ? (float)levels / most_g : 0;
    float to_h = most_h > 0 ? (float)levels / most_h : 0;
    to_g = isfinite(to_g) ? to_g : 0;
    to_h = isfinite(to_h) ? to_h : 0;
    target->packed = packed;
    target->may_be_zero = !flat;
    target->gradient_scale = to_g > 0 ? 1 / (double)to_g : 1;
    target->hessian_scale = flat ? 1 : to_h > 0 ? 1 / (double)to_h : 1;
    if (flat)
        quantise_flat(gradient, b->n, to_g, low, high, packed);
    else
        quantise_both(gradient, hessian, b->n, to_g, to_h, low, high, packed);
}
