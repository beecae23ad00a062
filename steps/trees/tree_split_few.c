/* steps/trees/tree_split_few.c - the best cut of each input, from the few rows of a node: a
 * histogram would be mostly empty. Each row has a lane, for the cut after its code. What is found
 * is what a histogram gives, to the bit. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_parts.h"

#include <string.h>

typedef int32_t lanes __attribute__((vector_size(ATTUNE_FEW * sizeof(int32_t))));
typedef int64_t wholes __attribute__((vector_size(ATTUNE_FEW * sizeof(int64_t))));
typedef double reals __attribute__((vector_size(ATTUNE_FEW * sizeof(double))));

/* The node at hand. */
struct node {
    const attune_node_rows *rows;
    const attune_split_rules *rules;
    int32_t gradients[ATTUNE_FEW], hessians[ATTUNE_FEW]; /* of each row */
    int32_t gradient, hessian;
};

/* The best cut so far. Scores are never negative, so their bits are in the same order. */
struct best {
    int64_t score_bits;
    int32_t gradient, hessian; /* on the left */
    int32_t input, code;       /* input: -1, none */
    bool missing_left;
};

/* The cuts of one input, after each row: its code, and what is on the left. */
struct cuts {
    lanes codes, gradients, hessians;
};

/* The codes of one input: row i has at[i * step]. */
struct codes {
    const uint8_t *at;
    int64_t step;
};

static ATTUNE_INLINE struct codes codes_of(const attune_bins *bins, int32_t input)
{
    return bins->stride <= ATTUNE_SHORT_ROW ? (struct codes){bins->by_row + input, bins->stride}
                                            : (struct codes){bins->by_column + input * bins->n, 1};
}

/* The bits of the scores of all cuts, 0 where one is not allowed. */
static ATTUNE_INLINE void weigh(const struct node *node, const struct cuts *cuts, wholes *bits)
{
    int32_t least = node->rules->least;
    lanes g = cuts->gradients, other_g = node->gradient - g;
    lanes h = cuts->hessians, other_h = node->hessian - h;
    lanes allowed = (h >= least) & (other_h >= least);
    reals gl = __builtin_convertvector(g, reals), gr = __builtin_convertvector(other_g, reals);
    reals hl = __builtin_convertvector(h, reals) + node->rules->lambda;
    reals hr = __builtin_convertvector(other_h, reals) + node->rules->lambda;
    reals scores = (gl * gl * hr + gr * gr * hl) / (hl * hr);
    *bits = (wholes)scores & __builtin_convertvector(allowed, wholes);
}

/* Keeps the best cut, of these the one of the lowest code, when it is better than the best so far.
 */
static ATTUNE_INLINE void keep(const struct node *node, int32_t input, const struct cuts *cuts,
                               bool missing_left, struct best *best)
{
    wholes bits;
    int64_t most = 0;
    int32_t at = -1;
    weigh(node, cuts, &bits);
    for (int32_t i = 0; i < ATTUNE_FEW; i++)
        most = bits[i] > most ? bits[i] : most;
    if (most <= best->score_bits)
        return;
    for (int32_t i = 0; i < ATTUNE_FEW; i++)
        if (bits[i] == most && (at < 0 || cuts->codes[i] < cuts->codes[at]))
            at = i;
    *best = (struct best){most,  cuts->gradients[at], cuts->hessians[at],
                          input, cuts->codes[at],     missing_left};
}

/* Lanes beyond the last row have all rows on the left: there is no cut. */
static ATTUNE_INLINE void try_input(const struct node *node, int32_t input, struct best *best)
{
    const lanes number = {0, 1, 2, 3, 4, 5, 6, 7};
    const attune_bin_column *column = &node->rows->bins->columns[input];
    int32_t n = (int32_t)node->rows->n, own[ATTUNE_FEW], missing_g = 0, missing_h = 0;
    int32_t absent = column->missing ? column->n_bins : -1;
    struct codes codes = codes_of(node->rows->bins, input);
    struct cuts cuts = {.codes = (number >= n) & INT32_MAX};
    for (int32_t j = 0; j < n; j++) {
        own[j] = codes.at[node->rows->rows[j] * codes.step];
        cuts.codes |= (number == j) & own[j];
        missing_g += own[j] == absent ? node->gradients[j] : 0;
        missing_h += own[j] == absent ? node->hessians[j] : 0;
    }
    for (int32_t j = 0; j < n; j++) {
        lanes goes = cuts.codes >= own[j];
        cuts.gradients += goes & node->gradients[j];
        cuts.hessians += goes & node->hessians[j];
    }
    keep(node, input, &cuts, false, best);
    if (!missing_h)
        return;
    lanes value = cuts.codes != absent; /* after a missing row there is no cut */
    cuts.gradients += value & missing_g;
    cuts.hessians += value & missing_h;
    keep(node, input, &cuts, true, best);
}

/* Whatever tells two rows apart does so alike. */
ATTUNE_CLONES static void try_numbers(const struct node *node, const int32_t *inputs,
                                      int32_t n_inputs, struct best *best)
{
    const attune_bin_column *columns = node->rows->bins->columns;
    bool two = node->rows->n == 2;
    for (int32_t j = 0; j < n_inputs && !(two && best->input >= 0); j++)
        if (!columns[inputs[j]].nominal &&
            columns[inputs[j]].n_bins + columns[inputs[j]].missing > 1)
            try_input(node, inputs[j], best);
}

/* Midway where bins are empty. Rows without a value that come later go where more rows of the node
 * went, when it had none. */
static attune_split split_of(const struct node *node, const struct best *best, double parent)
{
    const attune_bin_column *column = &node->rows->bins->columns[best->input];
    struct codes own = codes_of(node->rows->bins, best->input);
    int32_t next = column->n_bins - 1;
    bool missing = false;
    double score;
    memcpy(&score, &best->score_bits, sizeof score);
    for (int64_t i = 0; i < node->rows->n; i++) {
        int32_t code = own.at[node->rows->rows[i] * own.step];
        next = code > best->code && code < next ? code : next;
        missing |= column->missing && code == column->n_bins;
    }
    if (next < best->code)
        next = best->code;
    bool more_left = best->hessian > node->hessian - best->hessian;
    return (attune_split){.left = (int64_t)best->gradient * (INT64_C(1) << 32) + best->hessian,
                          .gain = (score - parent) * node->rules->to_gain,
                          .input = best->input,
                          .code = (uint8_t)((best->code + next) / 2),
                          .missing_left = missing ? best->missing_left : more_left};
}

attune_split attune_split_few(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                              const int32_t *inputs, int32_t n_inputs,
                              const attune_split_rules *rules, attune_stream *stream)
{
    struct node node = {.rows = rows,
                        .rules = rules,
                        .gradient = attune_cell_gradient(total),
                        .hessian = attune_cell_hessian(total)};
    double parent = attune_split_score(rules, node.gradient, node.hessian, rules->lambda);
    double least = parent + fabs(parent) * ATTUNE_SPLIT_NOISE;
    struct best found = {.input = -1};
    memcpy(&found.score_bits, &least, sizeof least);
    attune_split best = {0};
    for (int64_t i = 0; i < rows->n; i++) {
        node.gradients[i] = packed[rows->rows[i]] >> 16;
        node.hessians[i] = packed[rows->rows[i]] & 0xffff;
    }
    try_numbers(&node, inputs, n_inputs, &found);
    if (found.input >= 0)
        best = split_of(&node, &found, parent);
    for (int32_t j = 0; j < n_inputs; j++)
        attune_split_levels_direct(rows, packed, total, inputs[j], rules, stream, &best);
    return best;
}
