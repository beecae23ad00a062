/* steps/numeric.c - dense kernels with one order of operations on every machine. */
#include "steps/numeric.h"

#include <math.h>
#include <string.h>

/* Each clone does the same additions and multiplications in the same order (contraction is off),
 * so its bits are the same; only the width of a register differs. Clones are static, behind a plain
 * function, for clang 14 gives the symbol of a public one another name. A thread sanitizer cannot
 * run the resolver that picks one. */
#if defined(__SANITIZE_THREAD__)
#define CLONES
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CLONES
#endif
#endif
#ifndef CLONES
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif

enum { LANES = 16 };

typedef double lane_block __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t bit_block __attribute__((vector_size(64), aligned(8), may_alias));

int64_t attune_padded(int64_t n)
{
    return (n + ATTUNE_PAD - 1) / ATTUNE_PAD * ATTUNE_PAD;
}

static inline __attribute__((always_inline)) double lanes_total(double lane[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

static inline __attribute__((always_inline)) double dot(const double *a, const double *b, int64_t n)
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

CLONES static double dot_clones(const double *a, const double *b, int64_t n)
{
    return dot(a, b, n);
}

double attune_dot(const double *a, const double *b, int64_t n)
{
    return dot_clones(a, b, n);
}

CLONES static void axpy_clones(double factor, const double *x, double *y, int64_t n)
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
static inline __attribute__((always_inline)) void exp_block(lane_block *x)
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
static inline __attribute__((always_inline)) void log_block(lane_block *x)
{
    lane_block z = *x / (2.0 + *x), square = z * z, sum = (lane_block){0} + 1.0 / 35;
    for (int i = 33; i > 0; i -= 2)
        sum = sum * square + 1.0 / i;
    *x = 2.0 * z * sum;
}

typedef void (*block_function)(lane_block *x);

static inline __attribute__((always_inline)) void by_blocks(block_function function,
                                                            const double *x, int64_t n, double *out)
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

CLONES static void exp_clones(const double *x, int64_t n, double *out)
{
    by_blocks(exp_block, x, n, out);
}

void attune_exp_down(const double *x, int64_t n, double *out)
{
    exp_clones(x, n, out);
}

CLONES static void log_clones(const double *x, int64_t n, double *out)
{
    by_blocks(log_block, x, n, out);
}

void attune_log_up(const double *x, int64_t n, double *out)
{
    log_clones(x, n, out);
}

CLONES static void times_clones(const double *x, int64_t n, int64_t m, int64_t stride,
                                const double *v, double *out)
{
    for (int64_t r = 0; r < n; r++)
        out[r] = dot(x + r * stride, v, m);
}

void attune_times(const double *x, int64_t n, int64_t m, int64_t stride, const double *v,
                  double *out)
{
    times_clones(x, n, m, stride, v, out);
}

CLONES static void times_across_clones(const double *x, int64_t n, int64_t m, int64_t stride,
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

/* An 8 x 8 tile of the Gram matrix stays in registers over a block of rows. */
static inline __attribute__((always_inline)) void gram_tile(const double *z, int64_t z_stride,
                                                            const double *x, int64_t x_stride,
                                                            int64_t rows, double *gram,
                                                            int64_t gram_stride)
{
    lane_block a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
    for (int64_t r = 0; r < rows; r++) {
        lane_block row = *(const lane_block *)(x + r * x_stride);
        const double *left = z + r * z_stride;
        a += left[0] * row;
        b += left[1] * row;
        c += left[2] * row;
        d += left[3] * row;
        e += left[4] * row;
        f += left[5] * row;
        g += left[6] * row;
        h += left[7] * row;
    }
    *(lane_block *)gram += a;
    *(lane_block *)(gram + gram_stride) += b;
    *(lane_block *)(gram + 2 * gram_stride) += c;
    *(lane_block *)(gram + 3 * gram_stride) += d;
    *(lane_block *)(gram + 4 * gram_stride) += e;
    *(lane_block *)(gram + 5 * gram_stride) += f;
    *(lane_block *)(gram + 6 * gram_stride) += g;
    *(lane_block *)(gram + 7 * gram_stride) += h;
}

static inline __attribute__((always_inline)) void
weigh(const double *x, int64_t rows, int64_t m, int64_t stride, const double *weight, double *z)
{
    for (int64_t r = 0; r < rows; r++) {
        double w = weight ? weight[r] : 1;
        for (int64_t j = 0; j < m; j++)
            z[r * m + j] = w * x[r * stride + j];
    }
}

CLONES static void gram_clones(const double *x, int64_t n, int64_t m, int64_t stride,
                               const double *weight, double *room, double *gram,
                               int64_t gram_stride)
{
    for (int64_t i = 0; i < m; i++)
        memset(gram + i * gram_stride, 0, (size_t)m * sizeof *gram);
    for (int64_t r = 0; r < n; r += ATTUNE_GRAM_ROWS) {
        int64_t rows = n - r < ATTUNE_GRAM_ROWS ? n - r : ATTUNE_GRAM_ROWS;
        const double *block = x + r * stride;
        weigh(block, rows, m, stride, weight ? weight + r : NULL, room);
        for (int64_t i = 0; i < m; i += 8)
            for (int64_t j = i; j < m; j += 8)
                gram_tile(room + i, m, block + j, stride, rows, gram + i * gram_stride + j,
                          gram_stride);
    }
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < i; j++)
            gram[i * gram_stride + j] = gram[j * gram_stride + i];
}

void attune_gram(const double *x, int64_t n, int64_t m, int64_t stride, const double *weight,
                 double *room, double *gram, int64_t gram_stride)
{
    gram_clones(x, n, m, stride, weight, room, gram, gram_stride);
}

CLONES static int64_t cholesky_clones(double *a, int64_t m, int64_t stride, double *inverse)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < m; i++) {
        double *row = a + i * stride;
        for (int64_t j = 0; j < i; j++)
            row[j] = (row[j] - dot(row, a + j * stride, j)) * inverse[j];
        double pivot = row[i] - dot(row, row, i);
        bool keep = pivot > 1e-13 * row[i] && isnormal(pivot);
        row[i] = keep ? sqrt(pivot) : 0;
        inverse[i] = keep ? 1 / row[i] : 0;
        kept += keep;
    }
    return kept;
}

int64_t attune_cholesky(double *a, int64_t m, int64_t stride, double *inverse)
{
    return cholesky_clones(a, m, stride, inverse);
}

CLONES static void cholesky_solve_clones(const double *a, int64_t m, int64_t stride,
                                         const double *inverse, double *b)
{
    for (int64_t i = 0; i < m; i++)
        b[i] = (b[i] - dot(a + i * stride, b, i)) * inverse[i];
    for (int64_t i = m - 1; i >= 0; i--) {
        const double *row = a + i * stride;
        double x = b[i] *= inverse[i];
        for (int64_t j = 0; j < i; j++)
            b[j] -= x * row[j];
    }
}

void attune_cholesky_solve(const double *a, int64_t m, int64_t stride, const double *inverse,
                           double *b)
{
    cholesky_solve_clones(a, m, stride, inverse, b);
}

int64_t attune_row_basis(const double *x, int64_t n, int64_t m, int64_t stride, int64_t limit,
                         double *room, double *basis)
{
    double *share = room, *known = room + limit;
    int64_t rank = 0;
    for (int64_t i = 0; i < n && rank < limit && rank < m; i++) {
        double *rest = basis + rank * stride;
        memcpy(rest, x + i * stride, (size_t)m * sizeof *rest);
        double before = sqrt(attune_dot(rest, rest, m));
        for (int again = 0; again < 2; again++) {
            attune_times(basis, rank, m, stride, rest, share);
            attune_times_across(basis, rank, m, stride, share, known);
            attune_axpy(-1, known, rest, m);
        }
        double after = sqrt(attune_dot(rest, rest, m));
        if (!(after > 1e-10 * before))
            continue;
        for (int64_t j = 0; j < m; j++)
            rest[j] /= after;
        rank++;
    }
    return rank;
}
