/* steps/trees/tree_split_levels.c - the best split of a node on the levels of one nominal input.
 *
 * Levels are sorted by gradient over hessian, and cut in that order: among all subsets the best is
 * one of these. With many levels the ends of that order are mostly noise: a level is drawn to the
 * middle by cat_smooth, and those of fewer rows than that stand together, as one. Rows without a
 * level are one more level; where the node has none, later ones go to the side of more rows. */
#include "steps/trees/tree_parts.h"

#include <string.h>

enum { FEW = 4 }; /* levels that need not be held back: they have few subsets */

struct level {
    double ratio;
    int64_t cell;
    int32_t code;
};

/* Insertion: few levels have rows in a node, and the order of equal ones is that of their codes. */
static void sort_levels(struct level *levels, int32_t n)
{
    for (int32_t i = 1; i < n; i++) {
        struct level level = levels[i];
        int32_t at = i;
        for (; at > 0 && levels[at - 1].ratio > level.ratio; at--)
            levels[at] = levels[at - 1];
        levels[at] = level;
    }
}

static int32_t gather_levels(const attune_bin_column *column, const int64_t *cells, double mean,
                             double smooth, int32_t least, struct level *levels)
{
    int32_t n = 0, n_cells = column->n_bins + column->missing;
    int64_t rare = 0;
    for (int32_t k = 0; k < n_cells; k++)
        rare += attune_cell_hessian(cells[k]) < least ? cells[k] : 0;
    for (int32_t k = 0; k < n_cells; k++) {
        int64_t cell = attune_cell_hessian(cells[k]) < least ? rare : cells[k];
        double g = attune_cell_gradient(cell), h = attune_cell_hessian(cell);
        if (cells[k])
            levels[n++] = (struct level){(g + mean * smooth) / (h + smooth), cells[k], k};
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

static void take_cut(const attune_bin_column *column, int32_t input, const struct level *levels,
                     int32_t n_left, int32_t n, int64_t left, int64_t total, attune_split *split)
{
    split->input = input;
    split->nominal = true;
    split->code = 0;
    split->left = left;
    split->missing_left = 2 * (int64_t)attune_cell_hessian(left) > attune_cell_hessian(total);
    memset(split->set, 0, sizeof split->set);
    for (int32_t i = 0; i < n; i++) {
        bool goes_left = i < n_left;
        if (levels[i].code == column->n_bins)
            split->missing_left = goes_left;
        else if (goes_left)
            split->set[levels[i].code / 8] |= (uint8_t)(1 << levels[i].code % 8);
    }
}

void attune_split_levels(const attune_bin_column *column, int32_t input, const int64_t *cells,
                         int64_t total, const attune_split_rules *rules, attune_stream *stream,
                         attune_split *better)
{
    struct level levels[ATTUNE_MOST_BINS + 1];
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda);
    bool few = column->n_bins <= FEW;
    double smooth = few ? 0 : rules->cat_smooth, lambda = few ? rules->lambda : rules->cat_lambda;
    int32_t n = gather_levels(column, cells, h > 0 ? g / h : 0, smooth, few ? 0 : rules->rare,
                              levels),
            cut = 0;
    int64_t left = 0, left_of_cut = 0;
    double gain = better->gain;
    sort_levels(levels, n);
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
    better->gain = gain;
    take_cut(column, input, levels, cut, n, left_of_cut, total, better);
}
