/* steps/trees/tree_split_levels.c - the best split of a node on the levels of one nominal input.
 *
 * Levels are sorted by gradient over hessian, and cut in that order: among all subsets the best is
 * one of these. With many levels the ends of that order are mostly noise: a level is drawn to the
 * middle by cat_smooth, and those of fewer rows than that stand together, as one. Rows without a
 * level are one more level; where the node has none, later ones go to the side of more rows. */
#include "steps/trees/tree_parts.h"

#include <string.h>

enum {
    FEW = 4,   /* levels that need not be held back: they have few subsets */
    RUN = 8,   /* levels that are sorted by insertion */
    RARE = -1, /* instead of a code: all levels of too few rows */
    ROOM = ATTUNE_MOST_BINS + 2,
    PLACES = 9 /* bits */
};

/* Levels of a node, in the order of their codes, and of their ratios. */
struct levels {
    int64_t cells[ROOM];
    int32_t codes[ROOM];
    uint64_t keys[2][ROOM];
    const uint64_t *sorted; /* one of keys */
    int32_t n;
};

/* A ratio as a number whose order is the same, and a place for its last bits: what differs by less
 * than those is the same. */
static uint64_t key_of(double ratio, int32_t place)
{
    uint64_t bits;
    ratio += 0.0; /* one zero */
    memcpy(&bits, &ratio, sizeof bits);
    bits ^= bits >> 63 ? UINT64_MAX : UINT64_C(1) << 63;
    return bits >> PLACES << PLACES | (uint64_t)place;
}

static void insert_keys(uint64_t *keys, int32_t n)
{
    for (int32_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        int32_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static void merge_keys(const uint64_t *a, int32_t n_a, const uint64_t *b, int32_t n_b,
                       uint64_t *out)
{
    const uint64_t *end_a = a + n_a, *end_b = b + n_b;
    while (a < end_a && b < end_b) { /* no branch on what differs */
        uint64_t takes_b = *b < *a;
        *out++ = *a ^ ((*a ^ *b) & -takes_b);
        b += takes_b;
        a += 1 - takes_b;
    }
    memcpy(out, a, (size_t)(end_a - a) * sizeof *a);
    memcpy(out + (end_a - a), b, (size_t)(end_b - b) * sizeof *b);
}

/* Returns where the sorted ones are: in keys or in room. */
static const uint64_t *sort_keys(uint64_t *keys, int32_t n, uint64_t *room)
{
    for (int32_t from = 0; from < n; from += RUN)
        insert_keys(keys + from, n - from < RUN ? n - from : RUN);
    for (int32_t width = RUN; width < n; width *= 2) {
        for (int32_t from = 0; from < n; from += 2 * width) {
            int32_t middle = from + width < n ? from + width : n;
            int32_t end = middle + width < n ? middle + width : n;
            merge_keys(keys + from, middle - from, keys + middle, end - middle, room + from);
        }
        uint64_t *sorted = room;
        room = keys;
        keys = sorted;
    }
    return keys;
}

/* The levels that have rows, by their ratios; those of a hessian below least are one. */
static void gather_levels(const attune_bin_column *column, const int64_t *cells, double mean,
                          double smooth, int32_t least, struct levels *levels)
{
    int32_t n = 0, n_cells = column->n_bins + column->missing;
    int64_t rare = 0;
    for (int32_t k = 0; k < n_cells; k++) { /* no branch: half of the levels are rare */
        bool is_rare = attune_cell_hessian(cells[k]) < least;
        rare += cells[k] & -(int64_t)is_rare;
        levels->cells[n] = cells[k];
        levels->codes[n] = k;
        n += !is_rare & (cells[k] != 0);
    }
    if (rare) {
        levels->cells[n] = rare;
        levels->codes[n++] = RARE;
    }
    for (int32_t i = 0; i < n; i++) {
        double g = attune_cell_gradient(levels->cells[i]),
               h = attune_cell_hessian(levels->cells[i]);
        levels->keys[0][i] = key_of((g + mean * smooth) / (h + smooth), i);
    }
    levels->n = n;
    levels->sorted = sort_keys(levels->keys[0], n, levels->keys[1]);
}

static int32_t level_at(const struct levels *levels, int32_t i)
{
    return (int32_t)(levels->sorted[i] & ((1 << PLACES) - 1));
}

/* Where levels may be cut: after this one. */
static bool is_place(const struct levels *levels, int32_t i)
{
    return levels->sorted[i] >> PLACES != levels->sorted[i + 1] >> PLACES;
}

/* A place, or -1 where there is none. */
static int32_t draw_place(const struct levels *levels, attune_stream *stream)
{
    int32_t places = 0, i = -1;
    for (int32_t k = 0; k + 1 < levels->n; k++)
        places += is_place(levels, k);
    int64_t drawn = places ? (int64_t)attune_stream_below(stream, (uint64_t)places) : -1;
    while (drawn >= 0)
        drawn -= is_place(levels, ++i);
    return i;
}

static void send_left(const attune_bin_column *column, int32_t code, attune_split *split)
{
    if (code == column->n_bins)
        split->missing_left = true;
    else
        split->set[code / 8] |= (uint8_t)(1 << code % 8);
}

/* What a cut says of a node: the first n_left levels go left. */
static void take_cut(const attune_bin_column *column, const int64_t *cells, int32_t least,
                     const struct levels *levels, int32_t n_left, attune_split *split)
{
    bool rare_left = false;
    memset(split->set, 0, sizeof split->set);
    for (int32_t i = 0; i < n_left; i++) {
        int32_t code = levels->codes[level_at(levels, i)];
        if (code == RARE)
            rare_left = true;
        else
            send_left(column, code, split);
    }
    for (int32_t k = 0; k < column->n_bins + column->missing && rare_left; k++)
        if (cells[k] && attune_cell_hessian(cells[k]) < least)
            send_left(column, k, split);
}

void attune_split_levels(const attune_bin_column *column, int32_t input, const int64_t *cells,
                         int64_t total, const attune_split_rules *rules, attune_stream *stream,
                         attune_split *better)
{
    struct levels levels;
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda), gain = better->gain;
    bool few = column->n_bins <= FEW, met = column->missing && cells[column->n_bins];
    double smooth = few ? 0 : rules->cat_smooth, lambda = few ? rules->lambda : rules->cat_lambda;
    int32_t rare = few ? 0 : rules->rare, cut = 0;
    int64_t left = 0, left_of_cut = 0;
    gather_levels(column, cells, h > 0 ? g / h : 0, smooth, rare, &levels);
    int32_t only = rules->extra_trees ? draw_place(&levels, stream) : -1;
    for (int32_t i = 0; i + 1 < levels.n; i++) {
        left += levels.cells[level_at(&levels, i)];
        int64_t right = total - left;
        double hl = attune_cell_hessian(left), hr = attune_cell_hessian(right);
        if (hl < rules->least || hr < rules->least || (only >= 0 && i != only) ||
            !is_place(&levels, i))
            continue;
        double score = attune_split_score(rules, attune_cell_gradient(left), hl, lambda) +
                       attune_split_score(rules, attune_cell_gradient(right), hr, lambda);
        if ((score - parent) * rules->to_gain > gain) {
            gain = (score - parent) * rules->to_gain;
            cut = i + 1;
            left_of_cut = left;
        }
    }
    if (!cut)
        return;
    better->gain = gain;
    better->input = input;
    better->nominal = true;
    better->code = 0;
    better->left = left_of_cut;
    better->missing_left =
        !met && 2 * (int64_t)attune_cell_hessian(left_of_cut) > attune_cell_hessian(total);
    take_cut(column, cells, rare, &levels, cut, better);
}
