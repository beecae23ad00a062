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
    PLACES = 511
};

struct level {
    double ratio;
    int64_t cell;
    int32_t code;
};

/* A level's ratio as a number whose order is the same, its place in the last bits: levels that
 * differ by less than those are in the order they came in. */
static uint64_t sort_key(const struct level *level, int32_t place)
{
    uint64_t bits;
    double ratio = level->ratio + 0.0; /* one zero */
    memcpy(&bits, &ratio, sizeof bits);
    bits ^= bits >> 63 ? UINT64_MAX : UINT64_C(1) << 63;
    return (bits & ~(uint64_t)PLACES) | (uint64_t)place;
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

/* Ascending by ratio. */
static void sort_levels(struct level *levels, int32_t n, struct level *sorted)
{
    uint64_t room[2][ROOM];
    for (int32_t i = 0; i < n; i++)
        room[0][i] = sort_key(&levels[i], i);
    const uint64_t *keys = sort_keys(room[0], n, room[1]);
    for (int32_t i = 0; i < n; i++)
        sorted[i] = levels[keys[i] & PLACES];
}

/* The levels that have rows; those of a hessian below least are one. */
static int32_t gather_levels(const attune_bin_column *column, const int64_t *cells, double mean,
                             double smooth, int32_t least, struct level *levels)
{
    int32_t n = 0, n_cells = column->n_bins + column->missing;
    int64_t rare = 0;
    for (int32_t k = 0; k < n_cells; k++) { /* no branch: half of the levels are rare */
        bool is_rare = attune_cell_hessian(cells[k]) < least;
        rare += cells[k] & -(int64_t)is_rare;
        levels[n].cell = cells[k];
        levels[n].code = k;
        n += !is_rare & (cells[k] != 0);
    }
    if (rare)
        levels[n++] = (struct level){.cell = rare, .code = RARE};
    for (int32_t i = 0; i < n; i++) {
        double g = attune_cell_gradient(levels[i].cell), h = attune_cell_hessian(levels[i].cell);
        levels[i].ratio = (g + mean * smooth) / (h + smooth);
    }
    return n;
}

/* Where levels may be cut, once sorted: after this one. */
static bool is_place(const struct level *levels, int32_t i)
{
    return levels[i].ratio < levels[i + 1].ratio;
}

/* A place, or -1 where there is none. */
static int32_t draw_place(const struct level *levels, int32_t n, attune_stream *stream)
{
    int32_t places = 0, i = -1;
    for (int32_t k = 0; k + 1 < n; k++)
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
                     const struct level *levels, int32_t n_left, attune_split *split)
{
    memset(split->set, 0, sizeof split->set);
    for (int32_t i = 0; i < n_left; i++)
        if (levels[i].code != RARE)
            send_left(column, levels[i].code, split);
        else
            for (int32_t k = 0; k < column->n_bins + column->missing; k++)
                if (cells[k] && attune_cell_hessian(cells[k]) < least)
                    send_left(column, k, split);
}

void attune_split_levels(const attune_bin_column *column, int32_t input, const int64_t *cells,
                         int64_t total, const attune_split_rules *rules, attune_stream *stream,
                         attune_split *better)
{
    struct level found[ROOM], levels[ROOM];
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda), gain = better->gain;
    bool few = column->n_bins <= FEW;
    double smooth = few ? 0 : rules->cat_smooth, lambda = few ? rules->lambda : rules->cat_lambda;
    int32_t rare = few ? 0 : rules->rare, cut = 0;
    int32_t n = gather_levels(column, cells, h > 0 ? g / h : 0, smooth, rare, found);
    int64_t left = 0, left_of_cut = 0;
    sort_levels(found, n, levels);
    int32_t only = rules->extra_trees ? draw_place(levels, n, stream) : -1;
    for (int32_t i = 0; i + 1 < n; i++) {
        left += levels[i].cell;
        int64_t right = total - left;
        double hl = attune_cell_hessian(left), hr = attune_cell_hessian(right);
        if (hl < rules->least || hr < rules->least || (only >= 0 && i != only) ||
            !is_place(levels, i))
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
    bool met = column->missing && cells[column->n_bins];
    better->gain = gain;
    better->input = input;
    better->nominal = true;
    better->code = 0;
    better->left = left_of_cut;
    better->missing_left =
        !met && 2 * (int64_t)attune_cell_hessian(left_of_cut) > attune_cell_hessian(total);
    take_cut(column, cells, rare, levels, cut, better);
}
