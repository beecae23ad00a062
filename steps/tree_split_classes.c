/* steps/tree_split_classes.c - the best split of a node by Gini's criterion, for many classes.
 *
 * A table of classes for each bin would be mostly empty, so rows are sorted by their code, by
 * counting, and walked once: a row that goes from right to left changes the sum of squared class
 * weights on both sides by one product each. All sums are whole numbers. */
#include "steps/tree_parts.h"

#include <string.h>

/* The node at hand. */
struct node {
    const attune_tree_classes *classes;
    const int32_t *rows;
    const attune_tree_pair *own; /* label and weight of each */
    int64_t n, weight, squares;  /* of all rows */
    int64_t *left, *right, *all;
    int64_t least;
    double parent;
};

/* The rows of a node in the order of their ranks on one input. */
struct order {
    uint8_t rank[ATTUNE_MOST_BINS + 1]; /* of a code */
    int64_t end[ATTUNE_MOST_BINS + 1];  /* of a rank: where its rows end */
    int32_t n_ranks;                    /* without missing ones, whose rank is the last */
    int64_t n_values;                   /* rows that are not missing */
};

/* By counting. */
static void sort_rows(const struct node *node, const uint8_t *codes, struct order *order)
{
    const attune_tree_classes *c = node->classes;
    int64_t at[ATTUNE_MOST_BINS + 1], sum = 0;
    memset(at, 0, (size_t)(order->n_ranks + 1) * sizeof *at);
    for (int64_t i = 0; i < node->n; i++)
        at[order->rank[codes[node->rows[i]]]]++;
    for (int32_t k = 0; k <= order->n_ranks; k++) {
        int64_t count = at[k];
        at[k] = sum;
        sum += count;
        order->end[k] = sum;
    }
    order->n_values = order->n_ranks ? order->end[order->n_ranks - 1] : 0;
    for (int64_t i = 0; i < node->n; i++) {
        uint8_t rank = order->rank[codes[node->rows[i]]];
        int64_t to = at[rank]++;
        c->codes[to] = rank;
        c->sorted[to] = node->own[i];
    }
}

struct cut {
    double score;
    int32_t rank;
    bool missing_left;
};

/* Sums of the two sides while rows go over. */
struct sides {
    int64_t left_weight, left_squares, right_squares;
};

static inline void move(const struct node *node, int64_t i, struct sides *s)
{
    int64_t k = node->classes->sorted[i].label, w = node->classes->sorted[i].weight;
    s->left_squares += w * (2 * node->left[k] + w);
    s->right_squares -= w * (2 * node->right[k] - w);
    s->left_weight += w;
    node->left[k] += w;
    node->right[k] -= w;
}

/* Walks from the lowest rank up; only: the one cut that is tried, or -1 for all. */
static void walk(const struct node *node, const struct order *order, bool missing_left,
                 int32_t only, struct cut *best)
{
    const uint8_t *ranks = node->classes->codes;
    struct sides s = {0, 0, node->squares};
    size_t bytes = (size_t)node->classes->n * sizeof *node->left;
    memset(node->left, 0, bytes);
    memcpy(node->right, node->all, bytes);
    for (int64_t i = order->n_values; i < node->n && missing_left; i++)
        move(node, i, &s);
    int64_t end = missing_left ? order->n_values - 1 : order->n_values;
    for (int64_t i = 0; i < end; i++) {
        move(node, i, &s);
        bool last = i + 1 == node->n;
        if (last || ranks[i] == ranks[i + 1] || s.left_weight < node->least ||
            node->weight - s.left_weight < node->least)
            continue;
        if (only >= 0 && (ranks[i] > only || (ranks[i + 1] <= only && i + 1 < order->n_values)))
            continue;
        double score = (double)s.left_squares / (double)s.left_weight +
                       (double)s.right_squares / (double)(node->weight - s.left_weight);
        if (score > best->score)
            *best = (struct cut){score, ranks[i], missing_left};
    }
}

/* Levels in the order of their rows' mean place along a random direction of the classes: for more
 * than two classes there is no one order that holds the best subset. */
static void rank_levels(const struct node *node, const uint8_t *codes, int32_t n_bins,
                        struct order *order)
{
    double sums[ATTUNE_MOST_BINS + 1] = {0}, weights[ATTUNE_MOST_BINS + 1] = {0};
    int32_t sorted[ATTUNE_MOST_BINS + 1], n = 0;
    for (int64_t i = 0; i < node->n; i++) {
        uint8_t code = codes[node->rows[i]];
        sums[code] += node->own[i].weight * node->classes->places[node->own[i].label];
        weights[code] += node->own[i].weight;
    }
    for (int32_t k = 0; k < n_bins; k++) {
        double mean = weights[k] > 0 ? sums[k] / weights[k] : 0;
        int32_t at = n++;
        sums[k] = mean;
        for (; at > 0 && sums[sorted[at - 1]] > mean; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = k;
    }
    for (int32_t i = 0; i < n; i++)
        order->rank[sorted[i]] = (uint8_t)i;
}

/* A cut between the first and the last rank that have rows, or -1. */
static int32_t draw_cut(const struct order *order, attune_stream *stream)
{
    int32_t low = 0, high = order->n_ranks - 1;
    double drawn = attune_stream_uniform(stream);
    while (low < high && order->end[low] == 0)
        low++;
    while (high > low && order->end[high - 1] == order->n_values)
        high--;
    return low + (int32_t)(drawn * (high - low));
}

static void accept(const struct node *node, const attune_bin_column *column, int32_t input,
                   const struct order *order, const struct cut *cut, attune_split *split)
{
    int64_t left = 0, rows_left = 0;
    *split = (attune_split){.gain = cut->score - node->parent, .input = input};
    split->nominal = column->nominal;
    split->code = column->nominal ? 0 : (uint8_t)cut->rank;
    for (int32_t k = 0; k < column->n_bins && column->nominal; k++)
        if (order->rank[k] <= cut->rank)
            split->set[k / 8] |= (uint8_t)(1 << k % 8);
    for (int64_t i = 0; i < node->n; i++) {
        bool missing = i >= order->n_values;
        bool goes_left = missing ? cut->missing_left : node->classes->codes[i] <= cut->rank;
        left += goes_left ? node->classes->sorted[i].weight : 0;
        rows_left += goes_left;
    }
    split->left = left; /* of the gradient nothing is known, nor asked */
    split->missing_left = order->n_values < node->n ? cut->missing_left : 2 * rows_left > node->n;
}

static void search_input(const struct node *node, const attune_bins *bins, int32_t input,
                         bool random, attune_stream *stream, attune_split *best)
{
    const attune_bin_column *column = &bins->columns[input];
    const uint8_t *codes = bins->by_column + input * bins->n;
    struct order order = {.n_ranks = column->n_bins};
    struct cut cut = {node->parent * (1 + 1e-9) + best->gain, -1, false};
    for (int32_t k = 0; k <= column->n_bins; k++)
        order.rank[k] = (uint8_t)k;
    if (column->nominal)
        rank_levels(node, codes, column->n_bins, &order);
    sort_rows(node, codes, &order);
    int32_t only = random ? draw_cut(&order, stream) : -1;
    walk(node, &order, false, only, &cut);
    if (order.n_values < node->n)
        walk(node, &order, true, only, &cut);
    if (cut.rank >= 0)
        accept(node, column, input, &order, &cut, best);
}

attune_split attune_split_classes(const attune_bins *bins, const attune_tree_target *target,
                                  const int32_t *rows, int64_t n, const int32_t *inputs,
                                  int32_t n_inputs, const attune_split_rules *rules,
                                  attune_stream *stream)
{
    const attune_tree_classes *c = target->classes;
    struct node node = {.classes = c,
                        .rows = rows,
                        .own = c->own,
                        .n = n,
                        .left = c->sums,
                        .right = c->sums + c->n,
                        .all = c->sums + 2 * c->n,
                        .least = rules->least};
    attune_split best = {0};
    memset(node.all, 0, (size_t)c->n * sizeof *node.all);
    for (int64_t i = 0; i < n; i++) {
        c->own[i] = (attune_tree_pair){c->labels[rows[i]], target->packed[rows[i]] & 0xffff};
        node.all[c->own[i].label] += c->own[i].weight;
        node.weight += c->own[i].weight;
    }
    for (int32_t k = 0; k < c->n; k++)
        node.squares += node.all[k] * node.all[k];
    node.parent = (double)node.squares / (double)node.weight;
    if (node.squares == node.weight * node.weight) /* one class */
        return best;
    for (int32_t j = 0; j < n_inputs; j++)
        if (bins->columns[inputs[j]].nominal) { /* the same direction for all of a node's inputs */
            for (int32_t k = 0; k < c->n; k++)
                c->places[k] = attune_stream_normal(stream);
            break;
        }
    for (int32_t j = 0; j < n_inputs; j++)
        if (bins->columns[inputs[j]].n_bins + bins->columns[inputs[j]].missing > 1)
            search_input(&node, bins, inputs[j], rules->extra_trees, stream, &best);
    return best;
}
