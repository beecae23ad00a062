/* steps/trees/tree_split_direct.c - one random cut of each input, from the rows of a node: without
 * a histogram, which would have more cells than most nodes have rows. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_cuts.h"

#include <string.h>

/* The node at hand. */
struct node {
    const attune_node_rows *rows;
    const int32_t *packed;
    int64_t total;
    const attune_split_rules *rules;
};

static ATTUNE_INLINE double score_side(double g, double h, double alpha, double lambda)
{
    double t = fabs(g) - alpha;
    t = t > 0 ? t : 0;
    return t * t / (h + lambda);
}

/* 0 where a side has less than it must. */
ATTUNE_CLONES static void score_sums(int32_t all_g, int32_t all_h, const attune_split_rules *rules,
                                     attune_cuts *restrict cuts)
{
    double alpha = rules->alpha, lambda = rules->lambda;
    int32_t least = rules->least;
    for (int32_t k = 0; k < cuts->n; k++) {
        int32_t g = cuts->gradients[k], h = cuts->hessians[k];
        double both =
            score_side(g, h, alpha, lambda) + score_side(all_g - g, all_h - h, alpha, lambda);
        bool allowed = (h >= least) & (all_h - h >= least);
        cuts->scores[k] = allowed ? both : 0;
    }
}

static void try_cuts(const struct node *node, attune_cuts *cuts, double *least, attune_split *best)
{
    int32_t g = attune_cell_gradient(node->total), h = attune_cell_hessian(node->total);
    attune_cuts_sum(node->rows, node->packed, cuts);
    score_sums(g, h, node->rules, cuts);
    attune_cuts_take(cuts, h, least, best);
}

void attune_split_levels_direct(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                                int32_t input, const attune_split_rules *rules,
                                attune_stream *stream, attune_split *better)
{
    const attune_bin_column *column = &rows->bins->columns[input];
    const uint8_t *codes = rows->bins->by_column + input * rows->bins->n;
    int64_t cells[ATTUNE_MOST_BINS + 1];
    if (!column->nominal || column->n_bins + column->missing < 2 ||
        (rows->bounds && rows->bounds->low[input] == rows->bounds->high[input]))
        return;
    memset(cells, 0, (size_t)(column->n_bins + column->missing) * sizeof *cells);
    for (int64_t i = 0; i < rows->n; i++)
        cells[codes[rows->rows[i]]] += attune_cell_of(packed[rows->rows[i]]);
    attune_split_levels(column, input, cells, total, rules, stream, better);
}

attune_split attune_split_direct(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                                 const int32_t *inputs, int32_t n_inputs,
                                 const attune_split_rules *rules, attune_stream *stream)
{
    struct node node = {rows, packed, total, rules};
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda);
    double none = parent + parent * ATTUNE_SPLIT_NOISE, most = none;
    attune_split best = {0};
    attune_cuts cuts; /* as many as it says are set */
    for (int32_t from = 0; from < n_inputs; from += ATTUNE_CUTS) {
        int32_t count = n_inputs - from < ATTUNE_CUTS ? n_inputs - from : ATTUNE_CUTS;
        attune_cuts_draw(rows, inputs + from, count, stream, &cuts);
        try_cuts(&node, &cuts, &most, &best);
        if (attune_cuts_turn(rows->bins, &cuts))
            try_cuts(&node, &cuts, &most, &best);
    }
    if (most > none)
        best.gain = (most - parent) * rules->to_gain;
    for (int32_t j = 0; j < n_inputs; j++)
        attune_split_levels_direct(rows, packed, total, inputs[j], rules, stream, &best);
    return best;
}
