/* steps/trees/tree_split_direct.c - one random cut of each input, from the few rows of a node: a
 * histogram would have more cells than there are rows. What is found and drawn is what a histogram
 * gives. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_parts.h"

#include <string.h>

/* The node at hand. */
struct node {
    const attune_bins *bins;
    const int32_t *rows;
    int64_t n, total;
    int64_t cells[ATTUNE_DIRECT]; /* of each row */
    const attune_split_rules *rules;
};

/* One input's cut, and what stands on its left. */
struct cut {
    double score;
    int64_t left, missing;
    int32_t input; /* -1: none */
    int32_t code;
    bool missing_left;
};

static ATTUNE_INLINE void try_cut(const struct node *node, struct cut *cut, struct cut *best)
{
    const attune_split_rules *rules = node->rules;
    int64_t right = node->total - cut->left;
    int32_t hl = attune_cell_hessian(cut->left), hr = attune_cell_hessian(right);
    if (hl < rules->least || hr < rules->least)
        return;
    cut->score = attune_split_score(rules, attune_cell_gradient(cut->left), hl, rules->lambda) +
                 attune_split_score(rules, attune_cell_gradient(right), hr, rules->lambda);
    if (cut->score > best->score)
        *best = *cut;
}

/* Between the least and the largest code there. */
static ATTUNE_INLINE void try_input(const struct node *node, int32_t input, attune_stream *stream,
                                    struct cut *best)
{
    const uint8_t *codes = node->bins->by_column + input * node->bins->n;
    const attune_bin_column *column = &node->bins->columns[input];
    uint8_t own[ATTUNE_DIRECT], absent = (uint8_t)column->n_bins, low = UINT8_MAX, high = 0;
    struct cut cut = {.input = input};
    double drawn = attune_stream_uniform(stream);
    for (int64_t i = 0; i < node->n; i++)
        own[i] = codes[node->rows[i]];
    for (int64_t i = 0; i < node->n; i++) {
        uint8_t value = column->missing && own[i] == absent ? 0 : own[i];
        low = own[i] < low ? own[i] : low;
        high = value > high ? value : high;
    }
    for (int64_t i = 0; i < node->n && column->missing; i++)
        cut.missing += own[i] == absent ? node->cells[i] : 0;
    if (low > high || (low == high && !cut.missing))
        return;
    cut.code = low + (int32_t)(drawn * (high - low));
    for (int64_t i = 0; i < node->n; i++)
        cut.left += node->cells[i] & -(int64_t)(own[i] <= cut.code);
    try_cut(node, &cut, best);
    if (!cut.missing || low == high)
        return;
    cut.left += cut.missing;
    cut.missing_left = true;
    try_cut(node, &cut, best);
}

static void try_levels(const struct node *node, int32_t input, attune_stream *stream,
                       attune_split *best)
{
    const attune_bin_column *column = &node->bins->columns[input];
    const uint8_t *codes = node->bins->by_column + input * node->bins->n;
    int64_t cells[ATTUNE_MOST_BINS + 1];
    memset(cells, 0, (size_t)(column->n_bins + column->missing) * sizeof *cells);
    for (int64_t i = 0; i < node->n; i++)
        cells[codes[node->rows[i]]] += node->cells[i];
    attune_split_levels(column, input, cells, node->total, node->rules, stream, best);
}

static bool has_cuts(const attune_bin_column *column)
{
    return column->n_bins + column->missing > 1;
}

ATTUNE_CLONES static void try_numbers(const struct node *node, const int32_t *inputs,
                                      int32_t n_inputs, attune_stream *stream, struct cut *best)
{
    const attune_bin_column *columns = node->bins->columns;
    for (int32_t j = 0; j < n_inputs; j++)
        if (!columns[inputs[j]].nominal && has_cuts(&columns[inputs[j]]))
            try_input(node, inputs[j], stream, best);
}

attune_split attune_split_direct(const attune_bins *bins, const int32_t *rows, int64_t n,
                                 const int32_t *packed, int64_t total, const int32_t *inputs,
                                 int32_t n_inputs, const attune_split_rules *rules,
                                 attune_stream *stream)
{
    struct node node; /* its cells are many: those of its rows are set */
    node.bins = bins;
    node.rows = rows;
    node.n = n;
    node.total = total;
    node.rules = rules;
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda);
    struct cut found = {.score = parent + parent * ATTUNE_SPLIT_NOISE, .input = -1};
    attune_split best = {0};
    for (int64_t i = 0; i < n; i++)
        node.cells[i] = attune_cell_of(packed[rows[i]]);
    try_numbers(&node, inputs, n_inputs, stream, &found);
    if (found.input >= 0) {
        best = (attune_split){.left = found.left,
                              .gain = (found.score - parent) * rules->to_gain,
                              .input = found.input,
                              .code = (uint8_t)found.code,
                              .missing_left = found.missing_left};
        if (!found.missing)
            best.missing_left = 2 * (int64_t)attune_cell_hessian(best.left) > (int64_t)h;
    }
    for (int32_t j = 0; j < n_inputs; j++)
        if (bins->columns[inputs[j]].nominal && has_cuts(&bins->columns[inputs[j]]))
            try_levels(&node, inputs[j], stream, &best);
    return best;
}
