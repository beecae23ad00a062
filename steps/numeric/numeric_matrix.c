/* steps/numeric/numeric_matrix.c - dense kernels with one order of operations: products and
 * factors.
 *
 * A tile of the result stays in registers while rows pass by. Eight by eight needs the 32 registers
 * of AVX-512; elsewhere it is done in quarters. An entry's sum has one order, whatever the tile. */
#include "steps/numeric/clones.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <string.h>

typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

/* Sums over rows of left[0..3] times right[0..7]: four rows of a tile, each in two halves. */
typedef struct strip {
    four low[4], high[4];
} strip;

static ATTUNE_INLINE void strip_sums(const double *left, int64_t left_stride, const double *right,
                                     int64_t right_stride, int64_t rows, strip *sums)
{
    four a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
    for (int64_t r = 0; r < rows; r++) {
        four low = *(const four *)(right + r * right_stride);
        four high = *(const four *)(right + r * right_stride + 4);
        const double *factor = left + r * left_stride;
        a += factor[0] * low;
        b += factor[0] * high;
        c += factor[1] * low;
        d += factor[1] * high;
        e += factor[2] * low;
        f += factor[2] * high;
        g += factor[3] * low;
        h += factor[3] * high;
    }
    *sums = (strip){{a, c, e, g}, {b, d, f, h}};
}

static ATTUNE_INLINE void narrow_tile(const double *z, int64_t z_stride, const double *x,
                                      int64_t x_stride, int64_t rows, double *gram,
                                      int64_t gram_stride)
{
    for (int half = 0; half < 2; half++) {
        strip sums;
        strip_sums(z + 4 * half, z_stride, x, x_stride, rows, &sums);
        for (int i = 0; i < 4; i++, gram += gram_stride) {
            *(four *)gram += sums.low[i];
            *(four *)(gram + 4) += sums.high[i];
        }
    }
}

#if defined(__x86_64__)
typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));

static ATTUNE_INLINE void wide_tile(const double *z, int64_t z_stride, const double *x,
                                    int64_t x_stride, int64_t rows, double *gram,
                                    int64_t gram_stride)
{
    eight a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
    for (int64_t r = 0; r < rows; r++) {
        eight row = *(const eight *)(x + r * x_stride);
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
    *(eight *)gram += a;
    *(eight *)(gram + gram_stride) += b;
    *(eight *)(gram + 2 * gram_stride) += c;
    *(eight *)(gram + 3 * gram_stride) += d;
    *(eight *)(gram + 4 * gram_stride) += e;
    *(eight *)(gram + 5 * gram_stride) += f;
    *(eight *)(gram + 6 * gram_stride) += g;
    *(eight *)(gram + 7 * gram_stride) += h;
}

#endif

static ATTUNE_INLINE void weigh(const double *x, int64_t rows, int64_t m, int64_t stride,
                                const double *weight, double *z)
{
    for (int64_t r = 0; r < rows; r++) {
        double w = weight ? weight[r] : 1;
        for (int64_t j = 0; j < m; j++)
            z[r * m + j] = w * x[r * stride + j];
    }
}

typedef void (*tile_function)(const double *z, int64_t z_stride, const double *x, int64_t x_stride,
                              int64_t rows, double *gram, int64_t gram_stride);

static ATTUNE_INLINE void gram(tile_function tile, const double *x, int64_t n, int64_t m,
                               int64_t stride, const double *weight, double *room, double *to,
                               int64_t to_stride)
{
    for (int64_t i = 0; i < m; i++)
        memset(to + i * to_stride, 0, (size_t)m * sizeof *to);
    for (int64_t r = 0; r < n; r += ATTUNE_GRAM_ROWS) {
        int64_t rows = n - r < ATTUNE_GRAM_ROWS ? n - r : ATTUNE_GRAM_ROWS;
        const double *block = x + r * stride;
        weigh(block, rows, m, stride, weight ? weight + r : NULL, room);
        for (int64_t i = 0; i < m; i += 8)
            for (int64_t j = i; j < m; j += 8)
                tile(room + i, m, block + j, stride, rows, to + i * to_stride + j, to_stride);
    }
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < i; j++)
            to[i * to_stride + j] = to[j * to_stride + i];
}

ATTUNE_CLONES static void narrow_gram(const double *x, int64_t n, int64_t m, int64_t stride,
                                      const double *weight, double *room, double *to,
                                      int64_t to_stride)
{
    gram(narrow_tile, x, n, m, stride, weight, room, to, to_stride);
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static void wide_gram(const double *x, int64_t n, int64_t m,
                                                         int64_t stride, const double *weight,
                                                         double *room, double *to,
                                                         int64_t to_stride)
{
    gram(wide_tile, x, n, m, stride, weight, room, to, to_stride);
}
#endif

void attune_gram(const double *x, int64_t n, int64_t m, int64_t stride, const double *weight,
                 double *room, double *gram, int64_t gram_stride)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        wide_gram(x, n, m, stride, weight, room, gram, gram_stride);
        return;
    }
#endif
    narrow_gram(x, n, m, stride, weight, room, gram, gram_stride);
}

static ATTUNE_INLINE void subtract_tile(const double *left, const double *right, int64_t stride,
                                        double *to)
{
    for (int half = 0; half < 2; half++) {
        strip sums;
        strip_sums(left + 4 * half, stride, right, stride, 8, &sums);
        for (int i = 0; i < 4; i++, to += stride) {
            *(four *)to -= sums.low[i];
            *(four *)(to + 4) -= sums.high[i];
        }
    }
}

/* A tile at (i, j) of what is left of an m x m matrix, less what eight rows of its factor have
 * there; at the edges a smaller one. */
static ATTUNE_INLINE void subtract_panel(const double *panel, int64_t stride, int64_t i, int64_t j,
                                         int64_t m, double *a)
{
    int64_t high = m - i < 8 ? m - i : 8, wide = m - j < 8 ? m - j : 8;
    if (high == 8 && wide == 8) {
        subtract_tile(panel + i, panel + j, stride, a + i * stride + j);
        return;
    }
    for (int64_t r = i; r < i + high; r++) {
        double sum[8] = {0};
        for (int64_t p = 0; p < 8; p++)
            for (int64_t c = 0; c < wide; c++)
                sum[c] += panel[p * stride + r] * panel[p * stride + j + c];
        for (int64_t c = 0; c < wide; c++)
            a[r * stride + j + c] -= sum[c];
    }
}

/* One row of the upper factor, from the rows of its block before it. */
static ATTUNE_INLINE bool factor_row(double *a, int64_t m, int64_t stride, int64_t first, int64_t i,
                                     double *inverse)
{
    double *row = a + i * stride;
    for (int64_t p = first; p < i; p++) {
        const double *above = a + p * stride;
        double share = above[i];
        for (int64_t j = i; j < m; j++)
            row[j] -= share * above[j];
    }
    double pivot = row[i];
    bool keep = pivot > 1e-13 * inverse[i] && isnormal(pivot);
    row[i] = keep ? sqrt(pivot) : 0;
    inverse[i] = keep ? 1 / row[i] : 0;
    for (int64_t j = i + 1; j < m; j++)
        row[j] *= inverse[i];
    return keep;
}

/* By blocks of eight rows of the upper factor: what they take from the rest is a small product. */
ATTUNE_CLONES static int64_t cholesky_clones(double *a, int64_t m, int64_t stride, double *inverse)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < m; i++) {
        inverse[i] = a[i * stride + i];
        for (int64_t j = i + 1; j < m; j++)
            a[i * stride + j] = a[j * stride + i];
    }
    for (int64_t first = 0; first < m; first += 8) {
        int64_t rows = m - first < 8 ? m - first : 8;
        for (int64_t i = first; i < first + rows; i++)
            kept += factor_row(a, m, stride, first, i, inverse);
        for (int64_t i = first + 8; i < m; i += 8)
            for (int64_t j = i; j < m; j += 8)
                subtract_panel(a + first * stride, stride, i, j, m, a);
    }
    for (int64_t i = 1; i < m; i++)
        for (int64_t j = 0; j < i; j++)
            a[i * stride + j] = a[j * stride + i];
    return kept;
}

int64_t attune_cholesky(double *a, int64_t m, int64_t stride, double *inverse)
{
    return cholesky_clones(a, m, stride, inverse);
}

ATTUNE_CLONES static void cholesky_solve_clones(const double *a, int64_t m, int64_t stride,
                                                const double *inverse, double *b)
{
    for (int64_t i = 0; i < m; i++) {
        const double *row = a + i * stride;
        double x = b[i] *= inverse[i];
        for (int64_t j = i + 1; j < m; j++)
            b[j] -= x * row[j];
    }
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
