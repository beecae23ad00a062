/* steps/trees/bins_joint.c - columns of few bins, several to a code: a row of them is added to one
 * cell, and the cells of each column are sums over the others'. */
#include "steps/trees/bins.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CODES = 256, MOST_MEMBERS = 8 /* of two codes each */ };

static int32_t codes_of(const attune_bin_column *column)
{
    int32_t n = column->n_bins + column->missing;
    return n > 0 ? n : 1;
}

struct entry {
    int32_t input, n_codes;
};

static int by_codes(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->n_codes != y->n_codes ? (x->n_codes > y->n_codes) - (x->n_codes < y->n_codes)
                                    : (x->input > y->input) - (x->input < y->input);
}

static int32_t padded(int32_t n)
{
    return (n + ATTUNE_CELLS - 1) / ATTUNE_CELLS * ATTUNE_CELLS;
}

/* Columns of few codes first, as many to a group as have at most 256 codes together. */
static void make_groups(attune_bins *bins, const struct entry *entries)
{
    int32_t product = 0;
    attune_bin_group *group = NULL;
    for (int32_t i = 0; i < bins->p; i++) {
        int32_t n = entries[i].n_codes;
        if (!group || product * n > MOST_CODES || group->n == MOST_MEMBERS) {
            bins->joint_cells += padded(product);
            bins->group_first[bins->n_groups] = bins->joint_cells;
            group = &bins->groups[bins->n_groups++];
            group->members = bins->members + i;
            product = 1;
        }
        bins->members[i] = entries[i].input;
        group->n++;
        product *= n;
    }
    bins->joint_cells += padded(product);
}

/* Rows start to end of one group. The first member counts in ones. */
static void encode_group(attune_bins *bins, int32_t g, int64_t start, int64_t end)
{
    const attune_bin_group *group = &bins->groups[g];
    int32_t step = 1;
    for (int32_t m = 0; m < group->n; m++) {
        const uint8_t *codes = bins->by_column + group->members[m] * bins->n;
        for (int64_t i = start; i < end; i++)
            bins->by_group[i * bins->group_stride + g] += (uint8_t)(step * codes[i]);
        step *= codes_of(&bins->columns[group->members[m]]);
    }
}

/* In blocks of rows, so that what is written stays in the cache. */
static void encode(attune_bins *bins)
{
    for (int64_t start = 0; start < bins->n; start += 256) {
        int64_t end = start + 256 < bins->n ? start + 256 : bins->n;
        for (int32_t g = 0; g < bins->n_groups; g++)
            encode_group(bins, g, start, end);
    }
}

attune_status attune_bins_join(attune_bins *bins, attune_error *error)
{
    struct entry *entries = attune_alloc(bins->p, sizeof *entries, error);
    bins->groups = attune_alloc(bins->p, sizeof *bins->groups, error);
    bins->members = attune_alloc(bins->p, sizeof *bins->members, error);
    bins->group_first = attune_alloc(bins->p, sizeof *bins->group_first, error);
    if (!entries || !bins->groups || !bins->members || !bins->group_first) {
        free(entries);
        return ATTUNE_MEMORY;
    }
    for (int32_t c = 0; c < bins->p; c++)
        entries[c] = (struct entry){c, codes_of(&bins->columns[c])};
    qsort(entries, (size_t)bins->p, sizeof *entries, by_codes);
    make_groups(bins, entries);
    free(entries);
    if (4 * bins->n_groups > 3 * bins->p) { /* not worth a matrix of its own */
        bins->n_groups = 0;
        return ATTUNE_OK;
    }
    bins->group_stride = (bins->n_groups + 7) / 8 * 8;
    bins->by_group = attune_alloc(bins->n * bins->group_stride, 1, error);
    if (!bins->by_group)
        return ATTUNE_MEMORY;
    bins->bytes += bins->n * bins->group_stride;
    encode(bins);
    return ATTUNE_OK;
}

/* Adds cells to those of the first member; rest gets their sums for each code of the others. */
static void part(const int64_t *cells, int32_t n, int32_t n_rest, int64_t *own, int64_t *rest)
{
    for (int32_t r = 0; r < n_rest; r++, cells += n) {
        int64_t sum = 0;
        for (int32_t k = 0; k < n; k++) {
            own[k] += cells[k];
            sum += cells[k];
        }
        rest[r] = sum;
    }
}

void attune_bins_part(const attune_bins *bins, int64_t *joint, int64_t *cells)
{
    for (int32_t g = 0; g < bins->n_groups; g++) {
        const attune_bin_group *group = &bins->groups[g];
        int64_t *from = joint + bins->group_first[g];
        int32_t n_rest = 1;
        for (int32_t m = 1; m < group->n; m++)
            n_rest *= codes_of(&bins->columns[group->members[m]]);
        for (int32_t m = 0; m < group->n; m++) {
            int32_t input = group->members[m], n = codes_of(&bins->columns[input]);
            int64_t *own = cells + bins->first[input];
            if (m + 1 == group->n) {
                memcpy(own, from, (size_t)n * sizeof *own);
                break;
            }
            memset(own, 0, (size_t)n * sizeof *own);
            part(from, n, n_rest, own, from);
            n_rest /= codes_of(&bins->columns[group->members[m + 1]]);
        }
    }
}
