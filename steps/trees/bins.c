/* steps/trees/bins.c - edges, codes, and the share of a binned matrix. */
#include "steps/trees/bins.h"

#include "spaces/base/share.h"
#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EDGE_ROWS = 1 << 18, /* edges are learnt from at most so many rows, evenly apart */
    SLACK = 64           /* bytes that may be read beyond the last column */
};

int64_t attune_bins_default(int64_t n)
{
    return n < 10000 ? 64 : n < 100000 ? 128 : ATTUNE_MOST_BINS;
}

attune_bins *attune_bins_ref(attune_bins *bins)
{
    attune_share_take(&bins->count);
    return bins;
}

void attune_bins_free(attune_bins *bins)
{
    if (!bins || !attune_share_give(&bins->count))
        return;
    for (int32_t c = 0; bins->columns && c < bins->p; c++) {
        free(bins->columns[c].edges);
        free(bins->columns[c].levels);
    }
    free(bins->columns);
    free(bins->first);
    free(bins->by_row);
    free(bins->by_column);
    attune_sparse_clear(&bins->sparse);
    attune_joint_clear(&bins->joint, bins->p);
    free(bins);
}

/* A cut with a <= cut < b, in the middle where there is one. */
static double cut_between(double a, double b)
{
    double middle = a / 2 + b / 2;
    if (isfinite(middle) && a <= middle && middle < b)
        return middle;
    return isfinite(a) ? a : isfinite(b) ? nextafter(b, -INFINITY) : 0;
}

/* Distinct values in ascending order, and how many rows have each. */
struct distinct {
    double *values;
    int64_t *counts;
    int64_t n;
};

/* Bins of about as many rows each: a bin is closed once it holds its share of what is left. */
static void cut_evenly(const struct distinct *d, int64_t total, int64_t max_bin,
                       attune_bin_column *column)
{
    int64_t in_bin = 0, left = total, bins_left = max_bin;
    for (int64_t i = 0; i + 1 < d->n; i++) {
        in_bin += d->counts[i];
        bool few = d->n - i <= bins_left;
        bool heavy_next = d->counts[i + 1] * bins_left > left;
        if (!few && in_bin * bins_left < left && !(heavy_next && 2 * in_bin * bins_left >= left))
            continue;
        if (column->n_bins == max_bin - 1)
            break;
        column->edges[column->n_bins++] = cut_between(d->values[i], d->values[i + 1]);
        left -= in_bin;
        bins_left--;
        in_bin = 0;
    }
    column->edges[column->n_bins++] = INFINITY;
}

static int64_t collect(const attune_column *column, const attune_rows *rows, int64_t step,
                       attune_sort_item *items)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i += step) {
        double x = column->reals[rows->index[i] * column->stride];
        if (!isnan(x))
            items[n++] = (attune_sort_item){attune_sort_key_real(x), i};
    }
    return n;
}

static double value_at(const attune_column *column, const attune_rows *rows, int64_t i)
{
    return column->reals[rows->index[i] * column->stride];
}

static int64_t find_distinct(const attune_column *column, const attune_rows *rows,
                             const attune_sort_item *items, int64_t n, struct distinct *d)
{
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || items[i].key != items[i - 1].key) {
            d->values[d->n] = value_at(column, rows, items[i].row);
            d->counts[d->n++] = 0;
        }
        d->counts[d->n - 1]++;
    }
    return n;
}

/* The first code whose edge is not below x. */
static uint8_t code_of(const attune_bin_column *column, double x)
{
    int32_t low = 0, n = column->n_bins;
    while (n > 1) {
        int32_t half = n / 2;
        low += column->edges[low + half - 1] < x ? half : 0;
        n -= half;
    }
    return (uint8_t)low;
}

static void encode_reals(attune_bin_column *out, const attune_column *column,
                         const attune_rows *rows, uint8_t *codes)
{
    for (int64_t i = 0; i < rows->n; i++) {
        double x = value_at(column, rows, i);
        out->missing = out->missing || isnan(x);
        codes[i] = isnan(x) ? (uint8_t)out->n_bins : code_of(out, x);
    }
}

/* Room that every column uses in turn. */
struct room {
    attune_sort_item *items;
    struct distinct distinct;
};

static attune_status bin_reals(attune_bin_column *out, const attune_column *column,
                               const attune_rows *rows, int64_t max_bin, struct room *room,
                               uint8_t *codes, attune_error *error)
{
    int64_t step = (rows->n + EDGE_ROWS - 1) / EDGE_ROWS;
    int64_t n = collect(column, rows, step, room->items);
    attune_status status = attune_sort_items(room->items, n, error);
    out->edges = status ? NULL : attune_alloc(max_bin, sizeof *out->edges, error);
    if (!out->edges)
        return status ? status : ATTUNE_MEMORY;
    room->distinct.n = 0;
    find_distinct(column, rows, room->items, n, &room->distinct);
    cut_evenly(&room->distinct, n, max_bin, out);
    encode_reals(out, column, rows, codes);
    return ATTUNE_OK;
}

static int by_count(const void *a, const void *b)
{
    const attune_sort_item *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_level(const void *a, const void *b)
{
    const attune_sort_item *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

/* Levels that occur, the most frequent ones; code[level] is the bin, or -1. */
static attune_status choose_levels(attune_bin_column *out, attune_sort_item *counts, int32_t *code,
                                   attune_error *error)
{
    int32_t n = 0;
    qsort(counts, (size_t)out->n_levels, sizeof *counts, by_count);
    while (n < out->n_levels && n < ATTUNE_MOST_BINS - 1 && counts[n].key > 0)
        n++;
    qsort(counts, (size_t)n, sizeof *counts, by_level);
    out->levels = attune_alloc(n, sizeof *out->levels, error);
    if (!out->levels)
        return ATTUNE_MEMORY;
    for (int32_t i = 0; i < out->n_levels; i++)
        code[i] = -1;
    for (int32_t i = 0; i < n; i++) {
        out->levels[i] = (int32_t)counts[i].row;
        code[counts[i].row] = i;
    }
    out->n_bins = n;
    return ATTUNE_OK;
}

static attune_status bin_levels(attune_bin_column *out, const attune_column *column,
                                const attune_rows *rows, uint8_t *codes, attune_error *error)
{
    int32_t n = column->levels->n;
    out->nominal = true;
    out->n_levels = n;
    attune_sort_item *counts = attune_alloc(n, sizeof *counts, error);
    int32_t *code = attune_alloc(n, sizeof *code, error);
    attune_status status = counts && code ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int32_t i = 0; i < n && !status; i++)
        counts[i] = (attune_sort_item){0, i};
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t level = column->codes[rows->index[i] * column->stride];
        if (level >= 0 && level < n)
            counts[level].key++;
    }
    if (!status)
        status = choose_levels(out, counts, code, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int32_t level = column->codes[rows->index[i] * column->stride];
        int32_t bin = level >= 0 && level < n ? code[level] : -1;
        out->missing = out->missing || bin < 0;
        codes[i] = (uint8_t)(bin < 0 ? out->n_bins : bin);
    }
    free(counts);
    free(code);
    return status;
}

/* In blocks of rows, so that what is written stays in the cache. */
static void transpose(attune_bins *bins)
{
    for (int64_t start = 0; start < bins->n; start += 256) {
        int64_t end = start + 256 < bins->n ? start + 256 : bins->n;
        for (int32_t c = 0; c < bins->p; c++)
            for (int64_t i = start; i < end; i++)
                bins->by_row[i * bins->stride + c] = bins->by_column[c * bins->n + i];
    }
}

static attune_status count_inputs(const attune_data *data, int32_t *p, attune_error *error)
{
    int64_t n = 0;
    for (int64_t c = 0; c < data->n_columns; c++) {
        attune_kind kind = data->columns[c]->kind;
        if (data->roles[c] != ATTUNE_INPUT)
            continue;
        if (kind != ATTUNE_REAL_COLUMN && kind != ATTUNE_NOMINAL_COLUMN)
            return attune_fail(error, ATTUNE_UNFIT,
                               "column \"%s\" is %s, and trees take numbers and levels: %s",
                               data->columns[c]->name, attune_kind_word(kind),
                               kind == ATTUNE_DATETIME_COLUMN ? "put a date_parts step before"
                                                              : "ignore it, or declare it nominal");
        n++;
    }
    *p = (int32_t)n;
    return n <= INT32_MAX / 512 ? ATTUNE_OK
                                : attune_fail(error, ATTUNE_UNFIT,
                                              "%lld columns are too many for trees", (long long)n);
}

struct request {
    const attune_data *data;
    const attune_rows *rows;
    int64_t max_bin;
    const attune_context *context;
};

static attune_status bin_columns(attune_bins *bins, const struct request *request,
                                 struct room *room, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int32_t at = 0;
    for (int64_t c = 0; c < request->data->n_columns && !status; c++) {
        const attune_column *column = request->data->columns[c];
        attune_bin_column *out = &bins->columns[at];
        uint8_t *codes = bins->by_column + at * bins->n;
        if (request->data->roles[c] != ATTUNE_INPUT)
            continue;
        status = column->kind == ATTUNE_NOMINAL_COLUMN
                     ? bin_levels(out, column, request->rows, codes, error)
                     : bin_reals(out, column, request->rows, request->max_bin, room, codes, error);
        int32_t cells = out->n_bins + out->missing;
        bins->first[at + 1] =
            bins->first[at] + (cells + ATTUNE_CELLS - 1) / ATTUNE_CELLS * ATTUNE_CELLS;
        bins->bytes += out->n_bins * (out->nominal ? 4 : 8);
        at++;
        if (!status)
            status = attune_context_stop(request->context, error);
    }
    return status;
}

static attune_status make_room(attune_bins *bins, int64_t n, int32_t p, attune_error *error)
{
    int64_t items = 0;
    bins->n = n;
    bins->stride = (p + 7) / 8 * 8;
    if (n > INT32_MAX)
        return attune_fail(error, ATTUNE_UNFIT, "%lld rows are too many for trees", (long long)n);
    if (__builtin_mul_overflow(n, bins->stride, &items))
        return attune_fail(error, ATTUNE_MEMORY, "bins of impossible size");
    bins->columns = attune_alloc(p, sizeof *bins->columns, error);
    bins->first = attune_alloc(p + 1, sizeof *bins->first, error);
    bins->by_row = attune_alloc(items, 1, error);
    bins->by_column = attune_alloc(n * p + SLACK, 1, error);
    bins->p = p;
    bins->bytes = 2 * items + (int64_t)sizeof *bins + p * (int64_t)sizeof *bins->columns;
    return bins->columns && bins->first && bins->by_row && bins->by_column ? ATTUNE_OK
                                                                           : ATTUNE_MEMORY;
}

static attune_status build(void *user, void **value, attune_error *error)
{
    const struct request *request = user;
    int64_t n = request->rows->n, room_rows = n < EDGE_ROWS ? n : EDGE_ROWS;
    int32_t p = 0;
    struct room room = {0};
    attune_bins *bins = attune_alloc(1, sizeof *bins, error);
    if (!bins)
        return ATTUNE_MEMORY;
    bins->count = 1;
    attune_status status = count_inputs(request->data, &p, error);
    if (!status)
        status = make_room(bins, n, p, error);
    room.items = attune_alloc(room_rows, sizeof *room.items, error);
    room.distinct.values = attune_alloc(room_rows, sizeof(double), error);
    room.distinct.counts = attune_alloc(room_rows, sizeof(int64_t), error);
    if (!status && (!room.items || !room.distinct.values || !room.distinct.counts))
        status = ATTUNE_MEMORY;
    if (!status)
        status = bin_columns(bins, request, &room, error);
    if (!status) {
        transpose(bins);
        status = attune_sparse_make(&bins->sparse, bins, error);
        if (!status && !bins->sparse.n_columns)
            status = attune_joint_make(&bins->joint, bins, error);
        bins->bytes += attune_sparse_bytes(&bins->sparse, n) + attune_joint_bytes(&bins->joint, n);
    }
    free(room.items);
    free(room.distinct.values);
    free(room.distinct.counts);
    if (status)
        attune_bins_free(bins);
    else
        *value = bins;
    return status;
}

static void *bins_ref(void *value)
{
    return attune_bins_ref(value);
}

static void bins_free(void *value)
{
    attune_bins_free(value);
}

static int64_t bins_bytes(const void *value)
{
    return ((const attune_bins *)value)->bytes;
}

static const attune_shared_kind bins_kind = {"bins", bins_ref, bins_free, bins_bytes};

attune_status attune_bins_get(attune_bins **bins, const attune_data *data, const attune_rows *rows,
                              int64_t max_bin, const attune_context *context, attune_error *error)
{
    struct request request = {data, rows, max_bin, context};
    attune_key key = attune_key_integer(attune_key_start("bins"), max_bin);
    for (int64_t c = 0; c < data->n_columns; c++)
        if (data->roles[c] == ATTUNE_INPUT)
            key = attune_key_join(key, data->columns[c]->id);
    key = attune_key_join(key, rows->id);
    void *value = NULL;
    attune_status status =
        attune_shared_get(context, key, &bins_kind, build, &request, &value, error);
    *bins = value;
    return status;
}
