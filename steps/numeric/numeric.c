/* steps/numeric/numeric.c - dense kernels with one order of operations on every machine: vectors.
 *
 * Each clone does the same additions and multiplications in the same order (contraction is off), so
 * its bits are the same; only the width of a register differs. */
#include "steps/numeric/clones.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <string.h>

enum { LANES = 16 };

typedef double lane_block __attribute__((vector_size(64), aligned(8), may_alias));
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t bit_block __attribute__((vector_size(64), aligned(8), may_alias));

int64_t attune_padded(int64_t n)
{
    return (n + ATTUNE_PAD - 1) / ATTUNE_PAD * ATTUNE_PAD;
}

static ATTUNE_INLINE double lanes_total(double lane[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

static ATTUNE_INLINE double dot(const double *a, const double *b, int64_t n)
{
    double lane[LANES];
    lane_block low = {0}, high = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        low += *(const lane_block *)(a + i) * *(const lane_block *)(b + i);
        high += *(const lane_block *)(a + i + 8) * *(const lane_block *)(b + i + 8);
    }
    memcpy(lane, &low, sizeof low);
    memcpy(lane + 8, &high, sizeof high);
    for (int k = 0; i < n; i++, k++)
        lane[k] += a[i] * b[i];
    return lanes_total(lane);
}

ATTUNE_CLONES static double dot_clones(const double *a, const double *b, int64_t n)
{
    return dot(a, b, n);
}

double attune_dot(const double *a, const double *b, int64_t n)
{
    return dot_clones(a, b, n);
}

ATTUNE_CLONES static void axpy_clones(double factor, const double *x, double *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

void attune_axpy(double factor, const double *x, double *y, int64_t n)
{
    axpy_clones(factor, x, y, n);
}

double attune_sum(const double *x, int64_t n)
{
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k];
    for (int k = 0; i < n; i++, k++)
        lane[k] += x[i];
    return lanes_total(lane);
}

bool attune_all_finite(const double *x, int64_t n)
{
    bool finite = true;
    for (int64_t i = 0; i < n; i++)
        finite &= isfinite(x[i]) != 0;
    return finite;
}

/* exp(x) = 2^k exp(r), |r| <= log(2) / 2, by Taylor to r^13. Adding 1.5 * 2^52 rounds to the
 * integer k and leaves it in the last bits, from where it is added to the exponent. */
static ATTUNE_INLINE void exp_block(lane_block *x)
{
    static const double taylor[] = {1.0 / 479001600,
                                    1.0 / 39916800,
                                    1.0 / 3628800,
                                    1.0 / 362880,
                                    1.0 / 40320,
                                    1.0 / 5040,
                                    1.0 / 720,
                                    1.0 / 120,
                                    1.0 / 24,
                                    1.0 / 6,
                                    0.5,
                                    1.0,
                                    1.0};
    const double magic = 0x1.8p52;
    const lane_block least = (lane_block){0} - 708.0;
    bit_block under = (bit_block)(*x < least);
    lane_block low = (lane_block)((under & (bit_block)least) | (~under & (bit_block)*x));
    lane_block shifted = low * 0x1.71547652b82fep0 + magic, k = shifted - magic;
    lane_block r = (low - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
    lane_block sum = (lane_block){0} + 1.0 / 6227020800.0;
    for (int i = 0; i < 13; i++)
        sum = sum * r + taylor[i];
    bit_block bits = (bit_block)sum + ((bit_block)shifted << 52);
    *x = (lane_block)bits;
}

/* log(1 + x) = 2 atanh(z), z = x / (2 + x) <= 1/3, by its series to z^35. */
static ATTUNE_INLINE void log_block(lane_block *x)
{
    lane_block z = *x / (2.0 + *x), square = z * z, sum = (lane_block){0} + 1.0 / 35;
    for (int i = 33; i > 0; i -= 2)
        sum = sum * square + 1.0 / i;
    *x = 2.0 * z * sum;
}

typedef void (*block_function)(lane_block *x);

static ATTUNE_INLINE void by_blocks(block_function function, const double *x, int64_t n,
                                    double *out)
{
    lane_block block;
    int64_t i = 0;
    for (; i + ATTUNE_PAD <= n; i += ATTUNE_PAD) {
        block = *(const lane_block *)(x + i);
        function(&block);
        *(lane_block *)(out + i) = block;
    }
    if (i == n)
        return;
    block = (lane_block){0};
    memcpy(&block, x + i, (size_t)(n - i) * sizeof *x);
    function(&block);
    memcpy(out + i, &block, (size_t)(n - i) * sizeof *x);
}

ATTUNE_CLONES static void exp_clones(const double *x, int64_t n, double *out)
{
    by_blocks(exp_block, x, n, out);
}

void attune_exp_down(const double *x, int64_t n, double *out)
{
    exp_clones(x, n, out);
}

ATTUNE_CLONES static void log_clones(const double *x, int64_t n, double *out)
{
    by_blocks(log_block, x, n, out);
}

void attune_log_up(const double *x, int64_t n, double *out)
{
    log_clones(x, n, out);
}

/* What dot makes of a row whose length is a multiple of eight, but for its last three additions. */
static ATTUNE_INLINE void four_sums(const double *a, const double *b, int64_t n, four *sums)
{
    four low[2] = {{0}, {0}}, high[2] = {{0}, {0}};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        low[0] += *(const four *)(a + i) * *(const four *)(b + i);
        low[1] += *(const four *)(a + i + 4) * *(const four *)(b + i + 4);
        high[0] += *(const four *)(a + i + 8) * *(const four *)(b + i + 8);
        high[1] += *(const four *)(a + i + 12) * *(const four *)(b + i + 12);
    }
    if (i < n) {
        low[0] += *(const four *)(a + i) * *(const four *)(b + i);
        low[1] += *(const four *)(a + i + 4) * *(const four *)(b + i + 4);
    }
    *sums = (low[0] + high[0]) + (low[1] + high[1]);
}

/* Four rows at once: their last additions, turned on their side, are done together. */
static ATTUNE_INLINE void four_dots(const double *x, int64_t m, int64_t stride, const double *v,
                                    double *out)
{
    four a, b, c, d;
    four_sums(x, v, m, &a);
    four_sums(x + stride, v, m, &b);
    four_sums(x + 2 * stride, v, m, &c);
    four_sums(x + 3 * stride, v, m, &d);
    four even = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    four odd = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    four even_below = __builtin_shufflevector(c, d, 0, 4, 2, 6);
    four odd_below = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    *(four *)out = (__builtin_shufflevector(even, even_below, 0, 1, 4, 5) +
                    __builtin_shufflevector(even, even_below, 2, 3, 6, 7)) +
                   (__builtin_shufflevector(odd, odd_below, 0, 1, 4, 5) +
                    __builtin_shufflevector(odd, odd_below, 2, 3, 6, 7));
}

ATTUNE_CLONES static void times_clones(const double *x, int64_t n, int64_t m, int64_t stride,
                                       const double *v, double *out)
{
    int64_t r = 0;
    for (; m % ATTUNE_PAD == 0 && r + 4 <= n; r += 4)
        four_dots(x + r * stride, m, stride, v, out + r);
    for (; r < n; r++)
        out[r] = dot(x + r * stride, v, m);
}

void attune_times(const double *x, int64_t n, int64_t m, int64_t stride, const double *v,
                  double *out)
{
    times_clones(x, n, m, stride, v, out);
}

ATTUNE_CLONES static void distances_clones(const double *x, int64_t n, int64_t m, int64_t stride,
                                           const double *v, double *out)
{
    for (int64_t r = 0; r < n; r++) {
        const double *a = x + r * stride;
        double lane[LANES];
        lane_block low = {0}, high = {0};
        int64_t i = 0;
        for (; i + LANES <= m; i += LANES) {
            lane_block near = *(const lane_block *)(a + i) - *(const lane_block *)(v + i);
            lane_block far = *(const lane_block *)(a + i + 8) - *(const lane_block *)(v + i + 8);
            low += near * near;
            high += far * far;
        }
        memcpy(lane, &low, sizeof low);
        memcpy(lane + 8, &high, sizeof high);
        for (int k = 0; i < m; i++, k++)
            lane[k] += (a[i] - v[i]) * (a[i] - v[i]);
        out[r] = lanes_total(lane);
    }
}

void attune_squared_distances(const double *x, int64_t n, int64_t m, int64_t stride,
                              const double *v, double *out)
{
    distances_clones(x, n, m, stride, v, out);
}

ATTUNE_CLONES static void times_across_clones(const double *x, int64_t n, int64_t m, int64_t stride,
                                              const double *v, double *out)
{
    for (int64_t c = 0; c < m; c++)
        out[c] = 0;
    int64_t r = 0;
    for (; r + 4 <= n; r += 4) {
        const double *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
        double va = v[r], vb = v[r + 1], vc = v[r + 2], vd = v[r + 3];
        for (int64_t j = 0; j < m; j++)
            out[j] += (va * a[j] + vb * b[j]) + (vc * c[j] + vd * d[j]);
    }
    for (; r < n; r++)
        for (int64_t j = 0; j < m; j++)
            out[j] += v[r] * x[r * stride + j];
}

void attune_times_across(const double *x, int64_t n, int64_t m, int64_t stride, const double *v,
                         double *out)
{
    times_across_clones(x, n, m, stride, v, out);
}
