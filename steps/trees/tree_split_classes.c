/* steps/trees/tree_split_classes.c - the best split of a node by Gini's criterion, for many
 * classes.
 *
 * A table of classes for each bin is mostly empty where rows are few: then they are sorted by their
 * code, by counting, and walked once, for a row that goes from right to left changes the sums of
 * squared class weights by a product or two. One random cut needs no order. All sums are whole
 * numbers. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_cuts.h"

#include <string.h>

enum { CELLS_A_ROW = 4 /* of a table that is worth its time */ };

/* The node at hand. */
struct node {
    const attune_tree_classes *classes;
    const int32_t *rows;
    const attune_tree_pair *own; /* class and weight of each */
    int64_t n, weight, squares;  /* of all rows */
    int64_t *left, *all;         /* of each class that is there */
    int32_t n_classes;
    int64_t least;
    double parent;
};

/* The rows of a node, their ranks on one input in classes->codes. */
struct order {
    uint8_t rank[ATTUNE_MOST_BINS + 1]; /* of a code */
    int32_t n_ranks;                    /* without missing ones, whose rank is the last */
    int64_t n_values;                   /* rows that are not missing */
};

/* By counting. */
static void sort_rows(const struct node *node, const uint8_t *codes, struct order *order)
{
    const attune_tree_classes *c = node->classes;
    int64_t at[ATTUNE_MOST_BINS + 1], sum = 0;
    memset(at, 0, (size_t)(order->n_ranks + 1) * sizeof *at);
    for (int64_t i = 0; i < node->n; i++) {
        c->ranks[i] = order->rank[codes[node->rows[i]]];
        at[c->ranks[i]]++;
    }
    order->n_values = node->n - at[order->n_ranks];
    for (int32_t k = 0; k <= order->n_ranks; k++) {
        int64_t count = at[k];
        at[k] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < node->n; i++) {
        int64_t to = at[c->ranks[i]]++;
        c->codes[to] = c->ranks[i];
        c->sorted[to] = node->own[i];
    }
}

struct cut {
    double score;
    int64_t left; /* weight */
    int32_t rank;
    bool missing_left;
};

/* What is on the left: weight, sum of squared class weights, and of their products with all. */
struct side {
    int64_t weight, squares, products;
};

static inline void move(const struct node *node, attune_tree_pair pair, struct side *s)
{
    int64_t *left = &node->left[pair.label], w = pair.weight;
    s->squares += w * (2 * *left + w);
    s->products += w * node->all[pair.label];
    s->weight += w;
    *left += w;
}

static void weigh(const struct node *node, const struct side *s, int32_t rank, bool missing_left,
                  struct cut *best)
{
    int64_t right = node->weight - s->weight;
    if (s->weight < node->least || right < node->least)
        return;
    int64_t right_squares = node->squares - 2 * s->products + s->squares;
    double score = (double)s->squares / (double)s->weight + (double)right_squares / (double)right;
    if (score > best->score)
        *best = (struct cut){score, s->weight, rank, missing_left};
}

/* Walks sorted rows from the lowest rank up; cuts are midway where ranks are empty. */
static void walk(const struct node *node, const struct order *order, bool missing_left,
                 struct cut *best)
{
    const uint8_t *ranks = node->classes->codes;
    const attune_tree_pair *pairs = node->classes->sorted;
    struct side s = {0};
    memset(node->left, 0, (size_t)node->n_classes * sizeof *node->left);
    for (int64_t i = order->n_values; i < node->n && missing_left; i++)
        move(node, pairs[i], &s);
    for (int64_t i = 0; i < order->n_values; i++) {
        move(node, pairs[i], &s);
        if (i + 1 < node->n && ranks[i] != ranks[i + 1])
            weigh(node, &s, (ranks[i] + ranks[i + 1]) / 2, missing_left, best);
    }
}

/* The weight of each class at each rank, then up to it; below are three rows more: those of missing
 * rows, zeros, and all. */
struct table {
    int32_t *cells;
    int32_t stride;
};

static int32_t *row_of(const struct table *table, int32_t rank)
{
    return table->cells + (int64_t)rank * table->stride;
}

/* False where that takes longer than sorting rows. */
static bool tabulate(const struct node *node, const uint8_t *codes, struct order *order,
                     struct table *table)
{
    int32_t n = order->n_ranks, n_values = 0, stride = (node->n_classes + 7) / 8 * 8;
    int64_t n_cells = (int64_t)(n + 3) * stride;
    *table = (struct table){node->classes->table, stride};
    if (n_cells > ATTUNE_CLASS_CELLS || n_cells > CELLS_A_ROW * node->n)
        return false;
    memset(table->cells, 0, (size_t)n_cells * sizeof *table->cells);
    for (int64_t i = 0; i < node->n; i++) {
        int32_t rank = order->rank[codes[node->rows[i]]];
        table->cells[rank * stride + node->own[i].label] += node->own[i].weight;
        n_values += rank < n;
    }
    for (int32_t k = stride; k < n * stride; k++)
        table->cells[k] += table->cells[k - stride];
    for (int32_t k = 0; k < node->n_classes; k++)
        row_of(table, n + 2)[k] = (int32_t)node->all[k];
    order->n_values = n_values;
    return true;
}

/* What is on the left where two rows of a table are. */
ATTUNE_CLONES static void add_rows(const int32_t *a, const int32_t *b, const int32_t *all,
                                   int32_t n, struct side *side)
{
    struct side s = {0};
    for (int32_t k = 0; k < n; k++) {
        int32_t left = a[k] + b[k];
        s.weight += left;
        s.squares += (int64_t)left * left;
        s.products += (int64_t)left * all[k];
    }
    *side = s;
}

/* As walk does. A rank without rows has the weight of the one before. */
static void walk_table(const struct node *node, const struct order *order,
                       const struct table *table, bool missing_left, struct cut *best)
{
    int32_t n = order->n_ranks, last = -1;
    const int32_t *all = row_of(table, n + 2), *more = row_of(table, missing_left ? n : n + 1);
    struct side s, next;
    add_rows(row_of(table, n + 1), more, all, table->stride, &s);
    for (int32_t k = 0; k < n; k++) {
        add_rows(row_of(table, k), more, all, table->stride, &next);
        if (next.weight == s.weight)
            continue;
        if (last >= 0)
            weigh(node, &s, (last + k) / 2, missing_left, best);
        last = k;
        s = next;
    }
    if (last >= 0 && order->n_values < node->n)
        weigh(node, &s, (last + n) / 2, missing_left, best);
}

/* The best cut of all. */
static void try_all(const struct node *node, const uint8_t *codes, struct order *order,
                    struct cut *best)
{
    struct table table;
    bool whole = tabulate(node, codes, order, &table);
    if (!whole)
        sort_rows(node, codes, order);
    for (int side = 0; side < (order->n_values < node->n ? 2 : 1); side++)
        if (whole)
            walk_table(node, order, &table, side, best);
        else
            walk(node, order, side, best);
}

/* The rows of some ranks go left. */
static struct side move_all(const struct node *node, int32_t low, int32_t high)
{
    struct side s = {0};
    const uint8_t *ranks = node->classes->codes;
    for (int64_t i = 0; i < node->n; i++) /* no branch: half of the rows go */
        node->left[node->own[i].label] +=
            node->own[i].weight & -(int64_t)((uint8_t)(ranks[i] - low) <= high - low);
    for (int32_t k = 0; k < node->n_classes; k++) {
        s.weight += node->left[k];
        s.squares += node->left[k] * node->left[k];
        s.products += node->left[k] * node->all[k];
    }
    return s;
}

/* The ranks of all rows, and the first and last that have any. */
static void read_ranks(const struct node *node, const uint8_t *codes, struct order *order,
                       int32_t *low, int32_t *high)
{
    uint8_t *ranks = node->classes->codes;
    int32_t n = order->n_ranks, least = n, most = 0, n_values = 0;
    for (int64_t i = 0; i < node->n; i++) {
        int32_t rank = order->rank[codes[node->rows[i]]], value = rank < n ? rank : 0;
        ranks[i] = (uint8_t)rank;
        least = rank < least ? rank : least;
        most = value > most ? value : most;
        n_values += rank < n;
    }
    *low = least;
    *high = most;
    order->n_values = n_values;
}

/* One cut of levels, between the first and the last rank that have rows. */
static void try_random(const struct node *node, const uint8_t *codes, attune_stream *stream,
                       struct order *order, struct cut *cut)
{
    int32_t low = 0, high = 0, n = order->n_ranks;
    double drawn = attune_stream_uniform(stream);
    read_ranks(node, codes, order, &low, &high);
    if (low >= high && (low > high || order->n_values == node->n))
        return;
    int32_t rank = low + (int32_t)(drawn * (high - low));
    memset(node->left, 0, (size_t)node->n_classes * sizeof *node->left);
    struct side s = move_all(node, 0, rank);
    weigh(node, &s, rank, false, cut);
    if (order->n_values == node->n)
        return;
    s = move_all(node, n, n);
    weigh(node, &s, rank, true, cut);
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
        sums[code] +=
            node->own[i].weight * node->classes->places[node->classes->present[node->own[i].label]];
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

static void accept(const struct node *node, const attune_bin_column *column, int32_t input,
                   const struct order *order, const struct cut *cut, attune_split *split)
{
    *split = (attune_split){.gain = cut->score - node->parent, .input = input};
    split->nominal = column->nominal;
    split->code = column->nominal ? 0 : (uint8_t)cut->rank;
    for (int32_t k = 0; k < column->n_bins && column->nominal; k++)
        if (order->rank[k] <= cut->rank)
            split->set[k / 8] |= (uint8_t)(1 << k % 8);
    split->left = cut->left; /* of the gradient nothing is known, nor asked */
    split->missing_left =
        order->n_values < node->n ? cut->missing_left : 2 * cut->left > node->weight;
}

static void search_input(const struct node *node, const attune_bins *bins, int32_t input,
                         bool random, attune_stream *stream, attune_split *best)
{
    const attune_bin_column *column = &bins->columns[input];
    const uint8_t *codes = bins->by_column + input * bins->n;
    struct order order; /* its ranks are set where they are asked for */
    order.n_ranks = column->n_bins;
    struct cut cut = {node->parent * (1 + 1e-9) + best->gain, 0, -1, false};
    for (int32_t k = 0; k <= column->n_bins; k++)
        order.rank[k] = (uint8_t)k;
    if (column->nominal)
        rank_levels(node, codes, column->n_bins, &order);
    if (random)
        try_random(node, codes, stream, &order, &cut);
    else
        try_all(node, codes, &order, &cut);
    if (cut.rank >= 0)
        accept(node, column, input, &order, &cut, best);
}

/* The same score as weigh's; 0 where a side has less than it must. */
ATTUNE_CLONES static void score_classes(const struct node *node, attune_cuts *restrict cuts)
{
    int64_t weight = node->weight, least = node->least, squares = node->squares;
    for (int32_t k = 0; k < cuts->n; k++) {
        int64_t left = cuts->hessians[k], right = weight - left;
        int64_t right_squares = squares - 2 * cuts->products[k] + cuts->squares[k];
        double both =
            (double)cuts->squares[k] / (double)left + (double)right_squares / (double)right;
        bool allowed = (left >= least) & (right >= least);
        cuts->scores[k] = allowed ? both : 0;
    }
}

static void try_cuts(const struct node *node, const attune_node_rows *rows, attune_cuts *cuts,
                     double *least, attune_split *best)
{
    const attune_tree_classes *c = node->classes;
    attune_cuts_count(rows, c->own, node->all, node->n_classes, c->lanes, cuts);
    score_classes(node, cuts);
    attune_cuts_take(cuts, (int32_t)node->weight, least, best);
}

/* One random cut of each input of numbers. */
static void search_numbers(const struct node *node, const attune_node_rows *rows,
                           const int32_t *inputs, int32_t n_inputs, attune_stream *stream,
                           attune_split *best)
{
    double none = node->parent * (1 + ATTUNE_SPLIT_NOISE), most = none;
    attune_cuts cuts; /* as many as it says are set */
    for (int32_t from = 0; from < n_inputs; from += ATTUNE_CUTS) {
        int32_t count = n_inputs - from < ATTUNE_CUTS ? n_inputs - from : ATTUNE_CUTS;
        attune_cuts_draw(rows, inputs + from, count, stream, &cuts);
        try_cuts(node, rows, &cuts, &most, best);
        if (attune_cuts_turn(rows->bins, &cuts))
            try_cuts(node, rows, &cuts, &most, best);
    }
    if (most > none)
        best->gain = most - node->parent;
}

/* Classes of the node are numbered in the order they come in, for most nodes have few. */
static void number_classes(struct node *node, const int32_t *packed)
{
    const attune_tree_classes *c = node->classes;
    for (int64_t i = 0; i < node->n; i++) {
        int32_t label = c->labels[node->rows[i]], weight = packed[node->rows[i]] & 0xffff;
        if (!c->numbers[label]) {
            node->all[node->n_classes] = 0;
            c->present[node->n_classes++] = label;
            c->numbers[label] = node->n_classes;
        }
        int32_t number = c->numbers[label] - 1;
        c->own[i] = (attune_tree_pair){number, weight};
        node->all[number] += weight;
        node->weight += weight;
    }
    for (int32_t k = 0; k < node->n_classes; k++) {
        c->numbers[c->present[k]] = 0;
        node->squares += node->all[k] * node->all[k];
    }
}

/* The same direction for all nominal inputs of a node. */
static void draw_places(const attune_tree_classes *c, const attune_bins *bins,
                        const int32_t *inputs, int32_t n_inputs, attune_stream *stream)
{
    int32_t j = 0;
    while (j < n_inputs && !bins->columns[inputs[j]].nominal)
        j++;
    for (int32_t k = 0; k < c->n && j < n_inputs; k++)
        c->places[k] = attune_stream_normal(stream);
}

attune_split attune_split_classes(const attune_node_rows *rows, const attune_tree_target *target,
                                  const int32_t *inputs, int32_t n_inputs,
                                  const attune_split_rules *rules, attune_stream *stream)
{
    const attune_tree_classes *c = target->classes;
    const attune_bins *bins = rows->bins;
    struct node node = {.classes = c,
                        .rows = rows->rows,
                        .own = c->own,
                        .n = rows->n,
                        .left = c->sums,
                        .all = c->sums + c->n,
                        .least = rules->least};
    attune_split best = {0};
    number_classes(&node, target->packed);
    if (node.n_classes == 1)
        return best;
    node.parent = (double)node.squares / (double)node.weight;
    if (rules->extra_trees)
        search_numbers(&node, rows, inputs, n_inputs, stream, &best);
    draw_places(c, bins, inputs, n_inputs, stream);
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (column->n_bins + column->missing > 1 && (column->nominal || !rules->extra_trees))
            search_input(&node, bins, inputs[j], rules->extra_trees, stream, &best);
    }
    return best;
}
