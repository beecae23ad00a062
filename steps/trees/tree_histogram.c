/* steps/trees/tree_histogram.c - sums of gradients and hessians over the rows of each bin. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_parts.h"

#include <string.h>

enum { AHEAD = 24 }; /* rows whose codes are fetched before they are needed */

/* Codes of rows, and where the cells of each begin. */
struct matrix {
    const uint8_t *codes;
    int64_t stride;
    const int32_t *first;
    int32_t p;
};

/* Two rows at a time: what says where a column's cells begin is read once for both. Where width is
 * known to the compiler each column has instructions of its own, so that the processor learns for
 * each which sums must be back before they are added to again: in a loop over few columns of few
 * bins it waits four times as long. */
static ATTUNE_INLINE void add_columns(const struct matrix *m, int32_t width, const int32_t *rows,
                                      int64_t n, const int32_t *packed, int64_t *cells)
{
    const int32_t *first = m->first;
    const uint8_t *codes = m->codes;
    int64_t i = 0, stride = m->stride;
    for (; i + 2 <= n; i += 2) {
        const uint8_t *a = codes + rows[i] * stride;
        const uint8_t *b = codes + rows[i + 1] * stride;
        int64_t of_a = attune_cell_of(packed[rows[i]]);
        int64_t of_b = attune_cell_of(packed[rows[i + 1]]);
        if (i + AHEAD + 2 <= n) {
            __builtin_prefetch(codes + rows[i + AHEAD] * stride);
            __builtin_prefetch(codes + rows[i + AHEAD + 1] * stride);
        }
#pragma GCC unroll 16
        for (int32_t j = 0; j < width; j++) {
            int64_t *at = cells + first[j];
            at[a[j]] += of_a;
            at[b[j]] += of_b;
        }
    }
    if (i == n)
        return;
    const uint8_t *a = codes + rows[i] * stride;
    int64_t of_a = attune_cell_of(packed[rows[i]]);
    for (int32_t j = 0; j < width; j++)
        cells[first[j] + a[j]] += of_a;
}

#define WIDTHS(OF)                                                                                 \
    OF(0)                                                                                          \
    OF(1) OF(2) OF(3) OF(4) OF(5) OF(6) OF(7) OF(8) OF(9) OF(10) OF(11) OF(12) OF(13) OF(14)       \
        OF(15) OF(16)

#define ADD(width)                                                                                 \
    static void add_##width(const struct matrix *m, const int32_t *rows, int64_t n,                \
                            const int32_t *packed, int64_t *cells)                                 \
    {                                                                                              \
        add_columns(m, width, rows, n, packed, cells);                                             \
    }
WIDTHS(ADD)

static void add_all(const struct matrix *m, const int32_t *rows, int64_t n, const int32_t *packed,
                    int64_t *cells)
{
#define NAME(width) add_##width,
    static void (*const add[])(const struct matrix *, const int32_t *, int64_t, const int32_t *,
                               int64_t *) = {WIDTHS(NAME)};
    if (m->p < (int32_t)(sizeof add / sizeof *add))
        add[m->p](m, rows, n, packed, cells);
    else
        add_columns(m, m->p, rows, n, packed, cells);
}

/* Some inputs of many: column by column. */
static void add_some(const attune_bins *bins, const int32_t *rows, int64_t n, const int32_t *packed,
                     const int32_t *inputs, int32_t n_inputs, int64_t *cells)
{
    for (int32_t j = 0; j < n_inputs; j++) {
        const uint8_t *codes = bins->by_column + inputs[j] * bins->n;
        int64_t *at = cells + bins->first[inputs[j]];
        for (int64_t i = 0; i < n; i++)
            at[codes[rows[i]]] += attune_cell_of(packed[rows[i]]);
    }
}

void attune_histogram_build(const attune_bins *bins, const int32_t *rows, int64_t n,
                            const int32_t *packed, const int32_t *inputs, int32_t n_inputs,
                            int64_t *room, int64_t *cells)
{
    int32_t saved = bins->p - bins->n_groups;
    if (bins->n_groups && n_inputs >= bins->n_groups && n * saved > bins->joint_cells) {
        struct matrix m = {bins->by_group, bins->group_stride, bins->group_first, bins->n_groups};
        memset(room, 0, (size_t)bins->joint_cells * sizeof *room);
        add_all(&m, rows, n, packed, room);
        attune_bins_part(bins, room, cells);
        return;
    }
    if (2 * n_inputs > bins->p) {
        struct matrix m = {bins->by_row, bins->stride, bins->first, bins->p};
        memset(cells, 0, (size_t)bins->first[bins->p] * sizeof *cells);
        add_all(&m, rows, n, packed, cells);
        return;
    }
    for (int32_t j = 0; j < n_inputs; j++) {
        int32_t from = bins->first[inputs[j]], end = bins->first[inputs[j] + 1];
        memset(cells + from, 0, (size_t)(end - from) * sizeof *cells);
    }
    add_some(bins, rows, n, packed, inputs, n_inputs, cells);
}

/* Unsigned: cells of inputs that this tree does not see hold what an earlier one left there, and
 * their differences, which nobody reads, may wrap. */
ATTUNE_CLONES static void subtract(int64_t *restrict larger, const int64_t *restrict smaller,
                                   int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        larger[i] = (int64_t)((uint64_t)larger[i] - (uint64_t)smaller[i]);
}

void attune_histogram_subtract(int64_t *larger, const int64_t *smaller, int64_t n)
{
    subtract(larger, smaller, n);
}

ATTUNE_CLONES static int64_t total_of(const int32_t *rows, int64_t n, const int32_t *packed)
{
    int64_t gradient = 0, hessian = 0;
    for (int64_t i = 0; i < n; i++) {
        gradient += packed[rows[i]] >> 16;
        hessian += packed[rows[i]] & 0xffff;
    }
    return gradient * (INT64_C(1) << 32) + hessian;
}

int64_t attune_histogram_total(const int32_t *rows, int64_t n, const int32_t *packed)
{
    return total_of(rows, n, packed);
}
