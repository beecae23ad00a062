/* steps/trees/tree_split.c - the best split of a node, from its histogram. */
#include "steps/numeric/clones.h"
#include "steps/trees/tree_parts.h"

#include <math.h>
#include <string.h>

enum { WIDE = ATTUNE_CELLS, MOST_CELLS = (ATTUNE_MOST_BINS + WIDE) / WIDE * WIDE };

/* Eight cells side by side, where a sum runs over them. */
typedef int64_t wholes __attribute__((vector_size(64), may_alias));

/* The best cut so far. Scores are never negative, so their bits are in the same order. */
struct best {
    int64_t score_bits;
    int32_t input; /* -1: none */
    int32_t code;
    bool missing_left;
};

static ATTUNE_INLINE int64_t bits_of(double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The score of one cut: T(g)^2 / (h + lambda) of both sides. */
static ATTUNE_INLINE double weigh(int64_t left, int64_t total, double alpha, double lambda,
                                  bool with_alpha)
{
    int64_t right = total - left;
    double gl = attune_cell_gradient(left), gr = attune_cell_gradient(right);
    double hl = attune_cell_hessian(left) + lambda, hr = attune_cell_hessian(right) + lambda;
    if (with_alpha) {
        gl = fabs(gl) - alpha;
        gr = fabs(gr) - alpha;
        gl = gl > 0 ? gl : 0;
        gr = gr > 0 ? gr : 0;
    }
    /* One division, not two. */
    return (gl * gl * hr + gr * gr * hl) / (hl * hr);
}

/* All bits where both sides have the hessian they must have, else none: without a branch. */
static ATTUNE_INLINE int64_t allowed(int64_t left, int64_t total, int64_t least)
{
    int64_t left_h = left & INT32_MAX, right_h = (total - left) & INT32_MAX;
    return ((least - 1 - left_h) & (least - 1 - right_h)) >> 63;
}

/* The scores of n cuts, and the largest one's bits. */
static ATTUNE_INLINE int64_t weigh_all(const int64_t *restrict sums, int32_t n, int64_t total,
                                       const attune_split_rules *rules, bool with_alpha,
                                       double *restrict scores)
{
    double alpha = rules->alpha, lambda = rules->lambda;
    int64_t most = 0;
    for (int32_t i = 0; i < n; i++)
        scores[i] = weigh(sums[i], total, alpha, lambda, with_alpha);
    for (int32_t i = 0; i < n; i++) {
        int64_t bits = bits_of(scores[i]) & allowed(sums[i], total, rules->least);
        memcpy(&scores[i], &bits, sizeof bits);
        most = bits > most ? bits : most;
    }
    return most;
}

/* What search works with, on the stack. */
struct sums {
    int64_t items[MOST_CELLS] __attribute__((aligned(64)));
    double scores[MOST_CELLS] __attribute__((aligned(64)));
    int32_t blocks[MOST_CELLS / WIDE]; /* the first code of each eight sums */
    int32_t n;
};

static ATTUNE_INLINE bool any_row(const int64_t *cells)
{
    return ((cells[0] | cells[1]) | (cells[2] | cells[3]) | (cells[4] | cells[5]) |
            (cells[6] | cells[7])) != 0;
}

/* Running sums, without eights of bins that have no row: their cuts are those before. The cell of
 * missing values comes last: a sum with it leaves nothing on the right, and is no cut. */
static ATTUNE_INLINE void sum_up(const int64_t *cells, int32_t n_bins, struct sums *sums)
{
    const wholes zero = {0};
    wholes before = {0};
    int32_t n = 0;
    for (int32_t k = 0; k < n_bins; k += WIDE) {
        if (!any_row(cells + k))
            continue;
        wholes v = *(const wholes *)(cells + k);
        v += __builtin_shufflevector(zero, v, 0, 8, 9, 10, 11, 12, 13, 14);
        v += __builtin_shufflevector(zero, v, 0, 0, 8, 9, 10, 11, 12, 13);
        v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 8, 9, 10, 11);
        v += before;
        before = __builtin_shufflevector(v, v, 7, 7, 7, 7, 7, 7, 7, 7);
        *(wholes *)(sums->items + n) = v;
        sums->blocks[n / WIDE] = k;
        n += WIDE;
    }
    sums->n = n;
}

/* Keeps the first of the best cuts, when they are better than the best so far. */
static ATTUNE_INLINE void keep(const struct sums *sums, int64_t most, int32_t input,
                               bool missing_left, struct best *best)
{
    int32_t i = 0;
    if (most <= best->score_bits)
        return;
    while (bits_of(sums->scores[i]) != most)
        i++;
    *best = (struct best){most, input, sums->blocks[i / WIDE] + i % WIDE, missing_left};
}

static ATTUNE_INLINE void search_column(const attune_bin_column *column, int32_t input,
                                        const int64_t *cells, int64_t total,
                                        const attune_split_rules *rules, bool with_alpha,
                                        struct sums *sums, struct best *best)
{
    int64_t missing = column->missing ? cells[column->n_bins] : 0;
    sum_up(cells, column->n_bins, sums);
    keep(sums, weigh_all(sums->items, sums->n, total, rules, with_alpha, sums->scores), input,
         false, best);
    if (!missing)
        return;
    for (int32_t i = 0; i < sums->n; i++) /* beyond the last bin: all is on the left */
        sums->items[i] = sums->blocks[i / WIDE] + i % WIDE < column->n_bins - 1
                             ? sums->items[i] + missing
                             : total;
    keep(sums, weigh_all(sums->items, sums->n, total, rules, with_alpha, sums->scores), input, true,
         best);
}

static ATTUNE_INLINE void search_numbers(const attune_bins *bins, const int64_t *cells,
                                         int64_t total, const int32_t *inputs, int32_t n_inputs,
                                         const attune_split_rules *rules, bool with_alpha,
                                         struct best *best)
{
    struct sums sums;
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (!column->nominal && column->n_bins + column->missing > 1)
            search_column(column, inputs[j], cells + bins->first[inputs[j]], total, rules,
                          with_alpha, &sums, best);
    }
}

ATTUNE_CLONES static void search_plain(const attune_bins *bins, const int64_t *cells, int64_t total,
                                       const int32_t *inputs, int32_t n_inputs,
                                       const attune_split_rules *rules, struct best *best)
{
    search_numbers(bins, cells, total, inputs, n_inputs, rules, false, best);
}

ATTUNE_CLONES static void search_alpha(const attune_bins *bins, const int64_t *cells, int64_t total,
                                       const int32_t *inputs, int32_t n_inputs,
                                       const attune_split_rules *rules, struct best *best)
{
    search_numbers(bins, cells, total, inputs, n_inputs, rules, true, best);
}

/* One cut of a column, drawn among those between its first and last bin with rows. */
static void try_random(const attune_bin_column *column, int32_t input, const int64_t *cells,
                       int64_t total, const attune_split_rules *rules, attune_stream *stream,
                       struct best *best)
{
    int32_t low = 0, high = column->n_bins - 1;
    int64_t left = 0, missing = column->missing ? cells[column->n_bins] : 0;
    double drawn = attune_stream_uniform(stream);
    while (low < high && !cells[low])
        low++;
    while (high > low && !cells[high])
        high--;
    if (low == high && !missing)
        return;
    int32_t cut = low + (int32_t)(drawn * (high - low));
    for (int32_t k = low; k <= cut; k++)
        left += cells[k];
    for (int side = 0; side < (missing && low < high ? 2 : 1); side++, left += missing) {
        int64_t bits = bits_of(weigh(left, total, rules->alpha, rules->lambda, true)) &
                       allowed(left, total, rules->least);
        if (bits > best->score_bits)
            *best = (struct best){bits, input, cut, side};
    }
}

static void search_random(const attune_bins *bins, const int64_t *cells, int64_t total,
                          const int32_t *inputs, int32_t n_inputs, const attune_split_rules *rules,
                          attune_stream *stream, struct best *best)
{
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (!column->nominal && column->n_bins + column->missing > 1)
            try_random(column, inputs[j], cells + bins->first[inputs[j]], total, rules, stream,
                       best);
    }
}

/* Rows without a value that come later go where more rows of the node went, when it had none. */
static void accept(const struct best *found, double parent, const attune_split_rules *rules,
                   const attune_bins *bins, const int64_t *cells, int64_t total,
                   attune_split *split)
{
    const attune_bin_column *column = &bins->columns[found->input];
    const int64_t *own = cells + bins->first[found->input];
    int64_t missing = column->missing ? own[column->n_bins] : 0;
    double score;
    memcpy(&score, &found->score_bits, sizeof score);
    split->gain = (score - parent) * rules->to_gain;
    split->input = found->input;
    int32_t next = found->code + 1;
    while (next < column->n_bins - 1 && !own[next] && !rules->extra_trees)
        next++;
    split->code = (uint8_t)((found->code + next) / 2); /* midway where bins are empty */
    split->missing_left = found->missing_left;
    for (int32_t k = 0; k <= found->code; k++)
        split->left += own[k];
    if (missing)
        split->left += found->missing_left ? missing : 0;
    else
        split->missing_left =
            2 * (int64_t)attune_cell_hessian(split->left) > attune_cell_hessian(total);
}

attune_split attune_split_search(const attune_bins *bins, const int64_t *cells, int64_t total,
                                 const int32_t *inputs, int32_t n_inputs,
                                 const attune_split_rules *rules, attune_stream *stream)
{
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda);
    double least = parent + fabs(parent) * ATTUNE_SPLIT_NOISE;
    struct best found = {bits_of(least), -1, 0, false};
    attune_split best = {0};
    if (rules->monotone) {
        attune_cut cut = {.score = least, .input = -1};
        attune_split_bounded(bins, cells, total, inputs, n_inputs, rules, stream, &cut);
        found = (struct best){bits_of(cut.score), cut.input, cut.code, cut.missing_left};
    } else if (rules->extra_trees)
        search_random(bins, cells, total, inputs, n_inputs, rules, stream, &found);
    else if (rules->alpha > 0)
        search_alpha(bins, cells, total, inputs, n_inputs, rules, &found);
    else
        search_plain(bins, cells, total, inputs, n_inputs, rules, &found);
    if (found.input >= 0)
        accept(&found, parent, rules, bins, cells, total, &best);
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (column->nominal && column->n_bins + column->missing > 1)
            attune_split_levels(column, inputs[j], cells + bins->first[inputs[j]], total, rules,
                                stream, &best);
    }
    return best;
}
