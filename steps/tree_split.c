/* steps/tree_split.c - the best split of a node, from its histogram. */
#include "steps/clones.h"
#include "steps/tree_parts.h"

#include <string.h>

/* Vectors go to inlined functions only: how they would be passed does not matter. */
#pragma GCC diagnostic ignored "-Wpsabi"

/* Eight bins side by side. All arithmetic is item by item, so every clone finds the same. */
typedef double reals __attribute__((vector_size(64)));
typedef int64_t wholes __attribute__((vector_size(64), may_alias));
typedef int32_t halves __attribute__((vector_size(32)));

/* A gain below this share of the parent's score is rounding. */
#define NOISE 1e-9

enum { WIDE = 8, MOST_CELLS = ATTUNE_MOST_BINS + 1 + WIDE };

/* The best of each lane so far, and what it was: input * 1024 + missing_left * 512 + code. */
struct lanes {
    reals gain;
    wholes what;
};

/* g becomes T(g)^2 */
static ATTUNE_INLINE void square(reals *g, double alpha, bool with_alpha)
{
    reals t = *g;
    if (with_alpha) {
        t = (reals)((wholes)t & INT64_MAX) - alpha;
        t = (reals)((wholes)t & (t > 0));
    }
    *g = t * t;
}

/* Scores of eight cuts, given the sums to the left of each. */
static ATTUNE_INLINE void weigh(const wholes *sums, int64_t total, const attune_split_rules *rules,
                                int64_t what, bool with_alpha, struct lanes *best)
{
    static const wholes steps = {0, 1, 2, 3, 4, 5, 6, 7};
    wholes left = *sums, right = total - left;
    wholes left_h = left & 0x7fffffff, right_h = right & 0x7fffffff;
    reals gl = __builtin_convertvector(__builtin_convertvector(left >> 32, halves), reals);
    reals gr = __builtin_convertvector(__builtin_convertvector(right >> 32, halves), reals);
    reals hl = __builtin_convertvector(__builtin_convertvector(left_h, halves), reals);
    reals hr = __builtin_convertvector(__builtin_convertvector(right_h, halves), reals);
    square(&gl, rules->alpha, with_alpha);
    square(&gr, rules->alpha, with_alpha);
    hl += rules->lambda;
    hr += rules->lambda;
    /* One division, not two. */
    reals gain = (gl * hr + gr * hl) / (hl * hr);
    int64_t least = rules->least - 1;
    wholes better = (left_h > least) & (right_h > least) & (gain > best->gain);
    best->gain = (reals)(((wholes)gain & better) | ((wholes)best->gain & ~better));
    best->what = ((what + steps) & better) | (best->what & ~better);
}

/* Running sums of a column's bins; what follows the last is the last cut again. */
static ATTUNE_INLINE int32_t sum_up(const int64_t *cells, int32_t n, int64_t *sums)
{
    int64_t sum = 0;
    int32_t i = 0;
    for (; i < n; i++)
        sums[i] = sum += cells[i];
    for (; i % WIDE; i++)
        sums[i] = sum;
    return i;
}

static ATTUNE_INLINE void search_column(const attune_bin_column *column, int32_t input,
                                        const int64_t *cells, int64_t total,
                                        const attune_split_rules *rules, bool with_alpha,
                                        struct lanes *best)
{
    int64_t sums[MOST_CELLS] __attribute__((aligned(64)));
    int64_t missing = column->missing ? cells[column->n_bins] : 0;
    int32_t n = sum_up(cells, column->n_bins, sums);
    int64_t before = 0, what = (int64_t)input * 1024;
    for (int32_t k = 0; k < n; k += WIDE) {
        if (sums[k + WIDE - 1] != before) /* else no row is in any of these bins */
            weigh((const wholes *)(sums + k), total, rules, what + k, with_alpha, best);
        before = sums[k + WIDE - 1];
    }
    if (missing)
        for (int32_t k = 0; k + 1 < column->n_bins; k += WIDE) {
            wholes with = *(const wholes *)(sums + k) + missing;
            weigh(&with, total, rules, what + 512 + k, with_alpha, best);
        }
}

static ATTUNE_INLINE void search_numbers(const attune_bins *bins, const int64_t *cells,
                                         int64_t total, const int32_t *inputs, int32_t n_inputs,
                                         const attune_split_rules *rules, bool with_alpha,
                                         struct lanes *best)
{
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (!column->nominal && column->n_bins + column->missing > 1)
            search_column(column, inputs[j], cells + bins->first[inputs[j]], total, rules,
                          with_alpha, best);
    }
}

ATTUNE_CLONES static void search_plain(const attune_bins *bins, const int64_t *cells, int64_t total,
                                       const int32_t *inputs, int32_t n_inputs,
                                       const attune_split_rules *rules, struct lanes *best)
{
    search_numbers(bins, cells, total, inputs, n_inputs, rules, false, best);
}

ATTUNE_CLONES static void search_alpha(const attune_bins *bins, const int64_t *cells, int64_t total,
                                       const int32_t *inputs, int32_t n_inputs,
                                       const attune_split_rules *rules, struct lanes *best)
{
    search_numbers(bins, cells, total, inputs, n_inputs, rules, true, best);
}

/* One cut of a column, drawn among those between its first and last bin with rows. */
static void try_random(const attune_bin_column *column, int32_t input, const int64_t *cells,
                       int64_t total, const attune_split_rules *rules, attune_stream *stream,
                       struct lanes *best)
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
    struct lanes alone = *best;
    wholes one = {left, total, total, total, total, total, total, total};
    weigh(&one, total, rules, (int64_t)input * 1024 + cut, true, &alone);
    one[0] = left + missing;
    if (missing && low < high)
        weigh(&one, total, rules, (int64_t)input * 1024 + 512 + cut, true, &alone);
    *best = alone;
}

static void search_random(const attune_bins *bins, const int64_t *cells, int64_t total,
                          const int32_t *inputs, int32_t n_inputs, const attune_split_rules *rules,
                          attune_stream *stream, struct lanes *best)
{
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (!column->nominal && column->n_bins + column->missing > 1)
            try_random(column, inputs[j], cells + bins->first[inputs[j]], total, rules, stream,
                       best);
    }
}

/* The best of all lanes; the lowest input and code among equals. */
static attune_split best_lane(const struct lanes *lanes, const attune_split_rules *rules,
                              double parent)
{
    attune_split best = {0};
    int64_t what = INT64_MAX;
    double score = parent + parent * NOISE;
    for (int i = 0; i < WIDE; i++)
        if (lanes->gain[i] > score ||
            (lanes->gain[i] == score && what < INT64_MAX && lanes->what[i] < what)) {
            score = lanes->gain[i];
            what = lanes->what[i];
        }
    if (what == INT64_MAX)
        return best;
    best.gain = (score - parent) * rules->to_gain;
    best.input = (int32_t)(what / 1024);
    best.missing_left = what / 512 % 2;
    best.code = (uint8_t)(what % 512);
    return best;
}

/* Rows without a value that come later go where more rows of the node went, when it had none. */
static void place_missing(const attune_bins *bins, const int64_t *cells, int64_t total,
                          attune_split *split)
{
    const attune_bin_column *column = &bins->columns[split->input];
    const int64_t *own = cells + bins->first[split->input];
    int64_t left = 0;
    if (column->missing && own[column->n_bins])
        return;
    for (int32_t k = 0; k <= split->code; k++)
        left += own[k];
    split->missing_left = 2 * (int64_t)attune_cell_hessian(left) > attune_cell_hessian(total);
}

attune_split attune_split_search(const attune_bins *bins, const int64_t *cells, int64_t total,
                                 const int32_t *inputs, int32_t n_inputs,
                                 const attune_split_rules *rules, attune_stream *stream)
{
    double g = attune_cell_gradient(total), h = attune_cell_hessian(total);
    double parent = attune_split_score(rules, g, h, rules->lambda);
    struct lanes lanes = {0};
    lanes.gain += parent + parent * NOISE;
    if (rules->extra_trees)
        search_random(bins, cells, total, inputs, n_inputs, rules, stream, &lanes);
    else if (rules->alpha > 0)
        search_alpha(bins, cells, total, inputs, n_inputs, rules, &lanes);
    else
        search_plain(bins, cells, total, inputs, n_inputs, rules, &lanes);
    attune_split best = best_lane(&lanes, rules, parent);
    if (best.gain > 0)
        place_missing(bins, cells, total, &best);
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (column->nominal && column->n_bins + column->missing > 1)
            attune_split_levels(column, inputs[j], cells + bins->first[inputs[j]], total, rules,
                                &best);
    }
    return best;
}
