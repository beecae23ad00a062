/* search/samplers/gp_model.c - the factor of the covariance, and predictions from it. */
#include "search/samplers/gp_model.h"

#include "steps/numeric/clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { lanes = 8, most_lanes = 32 }; /* points predicted side by side */

attune_status attune_gp_init(attune_gp *gp, int64_t d, const uint8_t *nominal, int64_t capacity,
                             attune_error *error)
{
    memset(gp, 0, sizeof *gp);
    gp->d = d;
    gp->capacity = capacity;
    gp->nominal = nominal;
    gp->x = attune_alloc(d * capacity, sizeof *gp->x, error);
    gp->factor = attune_alloc(capacity * capacity, sizeof *gp->factor, error);
    gp->weights = attune_alloc(d, sizeof *gp->weights, error);
    gp->alpha = attune_alloc(capacity, sizeof *gp->alpha, error);
    gp->believed = attune_alloc(capacity, sizeof *gp->believed, error);
    gp->room = attune_alloc(capacity * (most_lanes + 1), sizeof *gp->room, error);
    if (gp->x && gp->factor && gp->weights && gp->alpha && gp->believed && gp->room)
        return ATTUNE_OK;
    attune_gp_clear(gp);
    return ATTUNE_MEMORY;
}

void attune_gp_clear(attune_gp *gp)
{
    free(gp->x);
    free(gp->factor);
    free(gp->weights);
    free(gp->alpha);
    free(gp->believed);
    free(gp->room);
    memset(gp, 0, sizeof *gp);
}

void attune_gp_reset(attune_gp *gp, const double *parameters)
{
    for (int64_t i = 0; i < gp->d; i++)
        gp->weights[i] = exp(-2 * parameters[i]);
    gp->signal = exp(parameters[gp->d]);
    gp->noise = exp(parameters[gp->d + 1]);
    gp->n = gp->n_known = 0;
}

double attune_gp_matern(double squared, double *slope)
{
    double root = sqrt(5 * squared), decay = exp(-root);
    *slope = -5.0 / 6 * (1 + root) * decay;
    return (1 + root + 5.0 / 3 * squared) * decay;
}

/* exp(-x), x >= 0, within 2 ulp, of operations that a vector register has: 2^k times a polynomial.
 * Adding 1.5 2^52 leaves k in the lowest bits. */
static ATTUNE_INLINE double decay(double x)
{
    static const double shift = 0x1.8p52, log2_e = 0x1.71547652b82fep0;
    static const double high = 0x1.62e42fefa38p-1, low = 0x1.ef35793c7673p-45;
    double most = x < 700 ? x : 700, shifted = shift - most * log2_e, k = shifted - shift;
    double r = (-most - k * high) - k * low, scale;
    uint64_t bits;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 1.0 / 2;
    p = p * r + 1;
    p = p * r + 1;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* Covariances of a point with all n. */
ATTUNE_CLONES static void covariances(const attune_gp *gp, const double *point, double *restrict to)
{
    int64_t n = gp->n;
    double signal = gp->signal;
    for (int64_t j = 0; j < n; j++)
        to[j] = 0;
    for (int64_t i = 0; i < gp->d; i++) {
        const double *restrict x = gp->x + i * gp->capacity;
        double weight = gp->weights[i], at = point[i];
        if (gp->nominal[i])
            for (int64_t j = 0; j < n; j++)
                to[j] += x[j] != at ? weight : 0;
        else
            for (int64_t j = 0; j < n; j++)
                to[j] += weight * (x[j] - at) * (x[j] - at);
    }
    for (int64_t j = 0; j < n; j++) {
        double root = sqrt(5 * to[j]);
        to[j] = signal * (1 + root + 5.0 / 3 * to[j]) * decay(root);
    }
}

/* The row of the factor that belongs to n covariances, in place. Partial sums keep their order
 * whatever the width of a register. */
ATTUNE_CLONES static void extend(const double *factor, int64_t n, int64_t stride, double *row)
{
    for (int64_t j = 0; j < n; j++) {
        const double *other = factor + j * stride;
        double sums[lanes] = {0}, sum = row[j];
        int64_t k = 0;
        for (; k + lanes <= j; k += lanes)
            for (int c = 0; c < lanes; c++)
                sums[c] += row[k + c] * other[k + c];
        for (; k < j; k++)
            sum -= row[k] * other[k];
        for (int c = 0; c < lanes; c++)
            sum -= sums[c];
        row[j] = sum / other[j];
    }
}

void attune_gp_add(attune_gp *gp, const double *point)
{
    static const double least = 1e-10; /* a point on top of another */
    int64_t n = gp->n, stride = gp->capacity;
    double *row = gp->factor + n * stride, rest = gp->signal + gp->noise;
    covariances(gp, point, row);
    extend(gp->factor, n, stride, row);
    for (int64_t j = 0; j < n; j++)
        rest -= row[j] * row[j];
    row[n] = sqrt(fmax(rest, least));
    for (int64_t i = 0; i < gp->d; i++)
        gp->x[i * stride + n] = point[i];
    gp->n++;
}

void attune_gp_know(attune_gp *gp, const double *values, int64_t n)
{
    int64_t stride = gp->capacity;
    double *a = gp->alpha;
    for (int64_t i = 0; i < gp->n; i++) {
        const double *row = gp->factor + i * stride;
        double sum = 0;
        for (int64_t j = 0; j < (i < n ? i : n); j++)
            sum += row[j] * a[j];
        if (i < n)
            a[i] = (values[i] - sum) / row[i];
        gp->believed[i] = sum; /* of the points without a value */
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        const double *row = gp->factor + i * stride;
        a[i] /= row[i];
        for (int64_t j = 0; j < i; j++)
            a[j] -= row[j] * a[i];
    }
    for (int64_t i = 0; i < n; i++)
        gp->believed[i] = values[i] - gp->noise * a[i];
    gp->n_known = n;
}

/* Forward substitution for points side by side, the squares summed: the same few multiplications
 * for each, in one order whatever the width of a register. */
static ATTUNE_INLINE void substitute(const double *factor, int64_t n, int64_t stride, int width,
                                     double *restrict v, double *restrict squares)
{
    for (int64_t i = 0; i < n; i++) {
        const double *row = factor + i * stride;
        double sums[most_lanes];
        for (int c = 0; c < width; c++)
            sums[c] = v[i * width + c];
        for (int64_t j = 0; j < i; j++)
            for (int c = 0; c < width; c++)
                sums[c] -= row[j] * v[j * width + c];
        for (int c = 0; c < width; c++) {
            sums[c] /= row[i];
            squares[c] += sums[c] * sums[c];
            v[i * width + c] = sums[c];
        }
    }
}

ATTUNE_CLONES static void substitute_few(const double *factor, int64_t n, int64_t stride, double *v,
                                         double *squares)
{
    substitute(factor, n, stride, lanes, v, squares);
}

/* Four times as many take hardly longer: their sums do not wait for one another. */
ATTUNE_CLONES static void substitute_many(const double *factor, int64_t n, int64_t stride,
                                          double *v, double *squares)
{
    substitute(factor, n, stride, most_lanes, v, squares);
}

static void predict_block(const attune_gp *gp, const double *points, int64_t m, double *mean,
                          double *deviation)
{
    int64_t n = gp->n, stride = gp->capacity, width = m > lanes ? most_lanes : lanes;
    double *v = gp->room + stride, squares[most_lanes] = {0};
    for (int64_t c = 0; c < width; c++) {
        if (c < m) {
            covariances(gp, points + c * gp->d, gp->room);
            double sum = 0;
            for (int64_t j = 0; j < gp->n_known; j++)
                sum += gp->room[j] * gp->alpha[j];
            mean[c] = sum;
        }
        for (int64_t j = 0; j < n; j++)
            v[j * width + c] = gp->room[j];
    }
    if (width == lanes)
        substitute_few(gp->factor, n, stride, v, squares);
    else
        substitute_many(gp->factor, n, stride, v, squares);
    for (int64_t c = 0; c < m; c++)
        deviation[c] = sqrt(fmax(gp->signal - squares[c], 1e-12 * gp->signal));
}

void attune_gp_predict(const attune_gp *gp, const double *points, int64_t m, double *mean,
                       double *deviation)
{
    for (int64_t i = 0; i < m; i += most_lanes)
        predict_block(gp, points + i * gp->d, m - i < most_lanes ? m - i : most_lanes, mean + i,
                      deviation + i);
}
