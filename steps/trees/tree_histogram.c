/* steps/trees/tree_histogram.c - sums of gradients and hessians over the rows of each bin. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_parts.h"

#include <string.h>

enum {
    AHEAD = 24,     /* rows whose codes are fetched before they are needed */
    MOST_WIDTH = 16 /* columns that have instructions of their own */
};

/* Codes of rows, and the columns that are added: where the cells of each begin. */
struct matrix {
    const uint8_t *codes;
    int64_t stride; /* bytes */
    const int32_t *first;
    const int32_t *columns; /* null: all */
    int32_t n_columns;
    bool joint; /* codes are of two bytes */
};

static ATTUNE_INLINE uint16_t code_at(const uint8_t *row, int32_t column, bool joint)
{
    uint16_t code = row[column];
    if (joint)
        memcpy(&code, row + 2 * column, sizeof code);
    return code;
}

/* Two rows at a time: what says where a column's cells begin is read once for both. Where width is
 * known to the compiler each column has instructions of its own, so that the processor learns for
 * each which sums must be back before they are added to again: in a loop over few columns of few
 * bins it waits four times as long. */
static ATTUNE_INLINE void add_columns(const struct matrix *m, const int32_t *columns, int32_t width,
                                      bool joint, const int32_t *rows, int64_t n,
                                      const int32_t *packed, int64_t *cells)
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
            int32_t c = columns ? columns[j] : j;
            int64_t *at = cells + first[c];
            at[code_at(a, c, joint)] += of_a;
            at[code_at(b, c, joint)] += of_b;
        }
    }
    if (i == n)
        return;
    const uint8_t *a = codes + rows[i] * stride;
    int64_t of_a = attune_cell_of(packed[rows[i]]);
    for (int32_t j = 0; j < width; j++) {
        int32_t c = columns ? columns[j] : j;
        cells[first[c] + code_at(a, c, joint)] += of_a;
    }
}

#define WIDTHS(OF)                                                                                 \
    OF(0)                                                                                          \
    OF(1)                                                                                          \
    OF(2) OF(3) OF(4) OF(5) OF(6) OF(7) OF(8) OF(9) OF(10) OF(11) OF(12) OF(13) OF(14) OF(15) OF(16)

#define ADD(width)                                                                                 \
    static void add_##width(const struct matrix *m, const int32_t *rows, int64_t n,                \
                            const int32_t *packed, int64_t *cells)                                 \
    {                                                                                              \
        add_columns(m, m->columns, width, false, rows, n, packed, cells);                          \
    }                                                                                              \
    static void add_joint_##width(const struct matrix *m, const int32_t *rows, int64_t n,          \
                                  const int32_t *packed, int64_t *cells)                           \
    {                                                                                              \
        add_columns(m, NULL, width, true, rows, n, packed, cells);                                 \
    }
WIDTHS(ADD)

static void add_all(const struct matrix *m, const int32_t *rows, int64_t n, const int32_t *packed,
                    int64_t *cells)
{
#define NAME(width) add_##width,
#define JOINT_NAME(width) add_joint_##width,
    static void (*const add[][MOST_WIDTH + 1])(const struct matrix *, const int32_t *, int64_t,
                                               const int32_t *,
                                               int64_t *) = {{WIDTHS(NAME)}, {WIDTHS(JOINT_NAME)}};
    if (m->n_columns <= MOST_WIDTH)
        add[m->joint][m->n_columns](m, rows, n, packed, cells);
    else if (m->joint)
        add_columns(m, NULL, m->n_columns, true, rows, n, packed, cells);
    else if (m->columns)
        add_columns(m, m->columns, m->n_columns, false, rows, n, packed, cells);
    else
        add_columns(m, NULL, m->n_columns, false, rows, n, packed, cells);
}

/* Few inputs of many, whose codes are far apart in rows: column by column. */
static void add_few(const attune_bins *bins, const int32_t *rows, int64_t n, const int32_t *packed,
                    const int32_t *inputs, int32_t n_inputs, int64_t *cells)
{
    for (int32_t j = 0; j < n_inputs; j++) {
        const uint8_t *codes = bins->by_column + inputs[j] * bins->n;
        int64_t *at = cells + bins->first[inputs[j]];
        for (int64_t i = 0; i < n; i++)
            at[codes[rows[i]]] += attune_cell_of(packed[rows[i]]);
    }
}

static void build_joint(const attune_bins *bins, const int32_t *rows, int64_t n,
                        const int32_t *packed, int64_t *room, int64_t *cells)
{
    const attune_joint *joint = &bins->joint;
    struct matrix m = {.codes = (const uint8_t *)joint->codes,
                       .stride = 2 * joint->stride,
                       .first = joint->first,
                       .n_columns = joint->n_groups,
                       .joint = true};
    memset(room, 0, (size_t)joint->first[joint->n_groups] * sizeof *room);
    add_all(&m, rows, n, packed, room);
    attune_joint_part(joint, bins->first, room, cells);
}

static void build_sparse(const attune_bins *bins, const int32_t *rows, int64_t n,
                         const int32_t *packed, int64_t *cells)
{
    const attune_sparse *sparse = &bins->sparse;
    struct matrix m = {.codes = bins->by_row,
                       .stride = bins->stride,
                       .first = bins->first,
                       .columns = sparse->columns + sparse->n_columns,
                       .n_columns = sparse->n_dense};
    memset(cells, 0, (size_t)bins->first[bins->p] * sizeof *cells);
    attune_sparse_add(sparse, rows, n, packed, cells);
    attune_sparse_finish(sparse, bins->first, attune_histogram_total(rows, n, packed), cells);
    if (sparse->n_dense)
        add_all(&m, rows, n, packed, cells);
}

void attune_histogram_build(const attune_bins *bins, const int32_t *rows, int64_t n,
                            const int32_t *packed, const int32_t *inputs, int32_t n_inputs,
                            int64_t *room, int64_t *cells)
{
    const attune_joint *joint = &bins->joint;
    if (n_inputs > attune_sparse_work(&bins->sparse, bins->n)) {
        build_sparse(bins, rows, n, packed, cells);
        return;
    }
    if (joint->n_groups && n * (n_inputs - joint->n_groups) > joint->work) {
        build_joint(bins, rows, n, packed, room, cells);
        return;
    }
    for (int32_t j = 0; j < n_inputs; j++) {
        int32_t from = bins->first[inputs[j]], end = bins->first[inputs[j] + 1];
        memset(cells + from, 0, (size_t)(end - from) * sizeof *cells);
    }
    struct matrix m = {bins->by_row, bins->stride, bins->first, n_inputs < bins->p ? inputs : NULL,
                       n_inputs,     false};
    if (n_inputs > bins->p / 8)
        add_all(&m, rows, n, packed, cells);
    else
        add_few(bins, rows, n, packed, inputs, n_inputs, cells);
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

/* rows may be null: the first n. */
static ATTUNE_INLINE int64_t add_up(const int32_t *rows, int64_t n, const int32_t *packed)
{
    int64_t gradient = 0, hessian = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t pair = packed[rows ? rows[i] : i];
        gradient += pair >> 16;
        hessian += pair & 0xffff;
    }
    return gradient * (INT64_C(1) << 32) + hessian;
}

ATTUNE_CLONES static int64_t total_of(const int32_t *rows, int64_t n, const int32_t *packed)
{
    if (n && rows[n - 1] - rows[0] == n - 1) /* they ascend: neighbours */
        return add_up(NULL, n, packed + rows[0]);
    return add_up(rows, n, packed);
}

int64_t attune_histogram_total(const int32_t *rows, int64_t n, const int32_t *packed)
{
    return total_of(rows, n, packed);
}
