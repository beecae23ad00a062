/* tests/test_tree_split_classes.c - the best split by Gini's criterion is the best of all, whether
 * rows are sorted or tabulated. */
#include "steps/trees/tree_parts.h"
#include "tests/support.h"

#include <string.h>

enum { n = 400, p = 3, n_classes = 5 };

struct problem {
    attune_bins bins;
    attune_bin_column columns[p];
    uint8_t by_column[n * p + 64];
    int32_t packed[n], labels[n], rows[n], n_rows;
};

/* One column without missing values, two with them. */
static void make(struct problem *problem, int32_t n_bins, int32_t n_rows, attune_stream *stream)
{
    problem->bins =
        (attune_bins){.n = n, .p = p, .columns = problem->columns, .by_column = problem->by_column};
    problem->n_rows = n_rows;
    for (int32_t c = 0; c < p; c++) {
        bool missing = c > 0;
        problem->columns[c] = (attune_bin_column){.missing = missing, .n_bins = n_bins};
        for (int32_t i = 0; i < n; i++)
            problem->by_column[c * n + i] =
                (uint8_t)attune_stream_below(stream, (uint64_t)(n_bins + missing));
    }
    for (int32_t i = 0; i < n; i++) {
        problem->rows[i] = i;
        problem->labels[i] = (int32_t)attune_stream_below(stream, n_classes);
        problem->packed[i] = 1 + (int32_t)attune_stream_below(stream, 3);
    }
}

/* Gini's score of a cut: of each side the squares of its class weights over its weight. */
static double score_of(const struct problem *problem, int32_t input, int32_t cut, bool missing_left,
                       int64_t least)
{
    const attune_bin_column *column = &problem->columns[input];
    int64_t weights[2] = {0}, squares[2] = {0}, classes[2][n_classes] = {{0}};
    for (int32_t i = 0; i < problem->n_rows; i++) {
        int32_t code = problem->by_column[input * n + i];
        bool absent = column->missing && code == column->n_bins;
        classes[absent ? !missing_left : code > cut][problem->labels[i]] += problem->packed[i];
    }
    for (int side = 0; side < 2; side++)
        for (int c = 0; c < n_classes; c++) {
            weights[side] += classes[side][c];
            squares[side] += classes[side][c] * classes[side][c];
        }
    if (weights[0] < least || weights[1] < least)
        return 0;
    return (double)squares[0] / (double)weights[0] + (double)squares[1] / (double)weights[1];
}

static double best_score(const struct problem *problem, int64_t least)
{
    double best = 0;
    for (int32_t c = 0; c < p; c++)
        for (int32_t cut = 0; cut < problem->columns[c].n_bins; cut++)
            for (int side = 0; side < 2; side++)
                best = fmax(best, score_of(problem, c, cut, side, least));
    return best;
}

static void assert_best(const struct problem *problem, const attune_tree_classes *classes)
{
    static const int32_t inputs[p] = {2, 0, 1};
    attune_tree_target target = {.packed = problem->packed, .classes = classes};
    attune_node_rows rows = {&problem->bins, problem->rows, problem->n_rows, NULL};
    attune_split_rules rules = {.least = 3};
    attune_split split = attune_split_classes(&rows, &target, inputs, p, &rules, NULL);
    double best = best_score(problem, rules.least);
    assert_true(split.gain > 0 || problem->n_rows < 12);
    if (split.gain > 0)
        assert_true(best ==
                    score_of(problem, split.input, split.code, split.missing_left, rules.least));
}

static void splits_are_the_best_of_all(void **state)
{
    (void)state;
    static struct problem problem;
    static uint8_t codes[n], ranks[n];
    static attune_tree_pair own[n], sorted[n];
    static int32_t lanes[ATTUNE_LANES * n_classes], table[ATTUNE_CLASS_CELLS];
    int64_t sums[2 * n_classes];
    int32_t numbers[n_classes] = {0}, present[n_classes];
    attune_tree_classes classes = {.labels = problem.labels,
                                   .n = n_classes,
                                   .codes = codes,
                                   .ranks = ranks,
                                   .own = own,
                                   .sorted = sorted,
                                   .sums = sums,
                                   .lanes = lanes,
                                   .table = table,
                                   .numbers = numbers,
                                   .present = present};
    attune_stream stream = attune_stream_new(attune_key_start("classes"));
    for (int k = 0; k < 60; k++)
        for (int32_t n_rows = 6; n_rows <= n; n_rows *= 2) {
            make(&problem, 2 + (int32_t)attune_stream_below(&stream, k % 2 ? 30 : 254), n_rows,
                 &stream);
            assert_best(&problem, &classes);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_the_best_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
