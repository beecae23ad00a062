/* steps/trees/tree_split_bounded.c - the best cut of a node under monotone constraints: a child
 * says what the node's bounds allow, and a cut whose children would be in the wrong order is none.
 */
#include "steps/trees/tree_parts.h"

struct sums {
    int64_t total;
    double lambda;
    const attune_split_rules *rules;
};

static void try_cut(const struct sums *sums, int64_t left, const attune_cut *cut, attune_cut *best)
{
    const attune_split_rules *rules = sums->rules;
    int64_t right = sums->total - left;
    int32_t gl = attune_cell_gradient(left), gr = attune_cell_gradient(right);
    int32_t hl = attune_cell_hessian(left), hr = attune_cell_hessian(right);
    if (hl < rules->least || hr < rules->least)
        return;
    double rise = attune_split_output(rules, gr, hr, sums->lambda) -
                  attune_split_output(rules, gl, hl, sums->lambda);
    if (rise * rules->monotone[cut->input] < 0)
        return;
    double score = attune_split_score(rules, gl, hl, sums->lambda) +
                   attune_split_score(rules, gr, hr, sums->lambda);
    if (score > best->score) {
        *best = *cut;
        best->score = score;
    }
}

/* Any cut between bins that have rows, or one of them (extra_trees). */
static void search_column(const struct sums *sums, const attune_bin_column *column, int32_t input,
                          const int64_t *cells, attune_stream *stream, attune_cut *best)
{
    int32_t low = 0, high = column->n_bins - 1, only = -1;
    int64_t missing = column->missing ? cells[column->n_bins] : 0;
    while (low < high && !cells[low])
        low++;
    while (high > low && !cells[high])
        high--;
    if (sums->rules->extra_trees)
        only = low + (int32_t)(attune_stream_uniform(stream) * (high - low));
    for (int side = 0; side < (missing ? 2 : 1); side++) {
        int64_t left = side ? missing : 0;
        for (int32_t k = low; k <= high; k++) {
            attune_cut cut = {.input = input, .code = k, .missing_left = side};
            left += cells[k];
            if (only < 0 ? cells[k] != 0 : k == only)
                try_cut(sums, left, &cut, best);
        }
    }
}

void attune_split_bounded(const attune_bins *bins, const int64_t *cells, int64_t total,
                          const int32_t *inputs, int32_t n_inputs, const attune_split_rules *rules,
                          attune_stream *stream, attune_cut *best)
{
    struct sums sums = {total, rules->lambda, rules};
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &bins->columns[inputs[j]];
        if (!column->nominal && column->n_bins + column->missing > 1)
            search_column(&sums, column, inputs[j], cells + bins->first[inputs[j]], stream, best);
    }
}
