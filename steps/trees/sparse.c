/* steps/trees/sparse.c - which columns mostly have one code, and the entries of rows that have
 * another. */
#include "steps/trees/sparse.h"

#include "steps/trees/tree_parts.h"

#include <stdlib.h>
#include <string.h>

/* Additions that a row of entries takes beside its own: how many they are is hard to foresee. */
enum { ROW_WORK = 8 };

static const uint8_t *codes_of(const attune_bins *bins, int32_t column)
{
    return bins->by_column + column * bins->n;
}

/* The most frequent code, and how many rows have another. */
static uint8_t usual_code(const attune_bins *bins, int32_t column, int64_t *others)
{
    const uint8_t *codes = codes_of(bins, column);
    int64_t counts[ATTUNE_MOST_BINS + 1] = {0};
    int32_t most = 0;
    for (int64_t i = 0; i < bins->n; i++)
        counts[codes[i]]++;
    for (int32_t k = 1; k <= ATTUNE_MOST_BINS; k++)
        most = counts[k] > counts[most] ? k : most;
    *others = bins->n - counts[most];
    return (uint8_t)most;
}

/* Columns of which at most a quarter of the rows has another code, then the rest. Returns how many
 * entries there will be. */
static int64_t choose_columns(attune_sparse *sparse, const attune_bins *bins)
{
    int64_t entries = 0;
    for (int32_t c = 0; c < bins->p; c++) {
        int64_t others = 0;
        uint8_t usual = usual_code(bins, c, &others);
        if (4 * others > bins->n)
            continue;
        entries += others;
        sparse->usual[sparse->n_columns] = usual;
        sparse->columns[sparse->n_columns++] = c;
    }
    for (int32_t c = 0, j = 0; c < bins->p; c++)
        if (j < sparse->n_columns && sparse->columns[j] == c)
            j++;
        else
            sparse->columns[sparse->n_columns + sparse->n_dense++] = c;
    return entries;
}

/* Where the entries of each row begin, once those of a row are counted in begin[row + 1]. */
static void sum_up(int64_t *begin, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t steps = (begin[i + 1] + ATTUNE_SPARSE_STEP - 1) / ATTUNE_SPARSE_STEP;
        begin[i + 1] = begin[i] + steps * ATTUNE_SPARSE_STEP;
    }
}

static attune_status fill(attune_sparse *sparse, const attune_bins *bins, attune_error *error)
{
    int64_t n = bins->n, *begin = sparse->begin, *at = attune_alloc(n, sizeof *at, error);
    for (int32_t j = 0; j < sparse->n_columns && at; j++) {
        const uint8_t *codes = codes_of(bins, sparse->columns[j]);
        for (int64_t i = 0; i < n; i++)
            begin[i + 1] += codes[i] != sparse->usual[j];
    }
    sum_up(begin, at ? n : 0);
    sparse->cells = at ? attune_alloc(begin[n], sizeof *sparse->cells, error) : NULL;
    if (!sparse->cells) {
        free(at);
        return ATTUNE_MEMORY;
    }
    memcpy(at, begin, (size_t)n * sizeof *at);
    for (int32_t j = 0; j < sparse->n_columns; j++) {
        const uint8_t *codes = codes_of(bins, sparse->columns[j]);
        for (int64_t i = 0; i < n; i++)
            if (codes[i] != sparse->usual[j])
                sparse->cells[at[i]++] = bins->first[sparse->columns[j]] + codes[i];
    }
    for (int64_t i = 0; i < n; i++)
        while (at[i] < begin[i + 1]) {
            sparse->cells[at[i]] = bins->first[bins->p] + (int32_t)(at[i] % ATTUNE_SPARSE_STEP);
            at[i]++;
        }
    free(at);
    return ATTUNE_OK;
}

attune_status attune_sparse_make(attune_sparse *sparse, const attune_bins *bins,
                                 attune_error *error)
{
    sparse->columns = attune_alloc(bins->p, sizeof *sparse->columns, error);
    sparse->usual = attune_alloc(bins->p, sizeof *sparse->usual, error);
    if (!sparse->columns || !sparse->usual)
        return ATTUNE_MEMORY;
    int64_t entries = choose_columns(sparse, bins);
    if (2 * (entries + bins->n * (sparse->n_dense + ROW_WORK)) >= bins->n * bins->p) {
        attune_sparse_clear(sparse);
        return ATTUNE_OK;
    }
    sparse->begin = attune_alloc(bins->n + 1, sizeof *sparse->begin, error);
    return sparse->begin ? fill(sparse, bins, error) : ATTUNE_MEMORY;
}

void attune_sparse_clear(attune_sparse *sparse)
{
    free(sparse->columns);
    free(sparse->usual);
    free(sparse->begin);
    free(sparse->cells);
    *sparse = (attune_sparse){0};
}

int64_t attune_sparse_bytes(const attune_sparse *sparse, int64_t n)
{
    return sparse->n_columns ? 8 * n + 4 * sparse->begin[n] : 0;
}

int64_t attune_sparse_work(const attune_sparse *sparse, int64_t n)
{
    return sparse->n_columns ? sparse->begin[n] / n + ROW_WORK + sparse->n_dense : INT64_MAX;
}

void attune_sparse_add(const attune_sparse *sparse, const int32_t *rows, int64_t n,
                       const int32_t *packed, int64_t *cells)
{
    const int64_t *begin = sparse->begin;
    for (int64_t i = 0; i < n; i++) {
        const int32_t *at = sparse->cells + begin[rows[i]],
                      *end = sparse->cells + begin[rows[i] + 1];
        int64_t cell = attune_cell_of(packed[rows[i]]);
        for (; at < end; at += ATTUNE_SPARSE_STEP) {
            cells[at[0]] += cell;
            cells[at[1]] += cell;
            cells[at[2]] += cell;
            cells[at[3]] += cell;
        }
    }
}

void attune_sparse_finish(const attune_sparse *sparse, const int32_t *first, int64_t total,
                          int64_t *cells)
{
    for (int32_t j = 0; j < sparse->n_columns; j++) {
        int32_t column = sparse->columns[j];
        int64_t *own = cells + first[column], rest = total;
        for (int32_t k = 0; k < first[column + 1] - first[column]; k++)
            rest -= own[k];
        own[sparse->usual[j]] = rest;
    }
}
