/* tests/test_tree_split_few.c - what few rows say of the best split is what their histogram says.
 */
#include "steps/trees/tree_parts.h"
#include "tests/support.h"

#include <string.h>

enum { n = 60, p = 6, most_cells = p * (ATTUNE_MOST_BINS + 1 + ATTUNE_CELLS) };

struct problem {
    attune_bins bins;
    attune_bin_column columns[p];
    int32_t first[p + 1], packed[n], rows[ATTUNE_FEW], n_rows;
    uint8_t by_row[n * 8], by_column[n * p + 64];
    int64_t cells[most_cells] __attribute__((aligned(64)));
};

/* Half of the columns have missing values, one is of levels; few codes make ties. */
static void make(struct problem *problem, attune_stream *stream)
{
    attune_bins *bins = &problem->bins;
    *bins = (attune_bins){.n = n,
                          .p = p,
                          .stride = 8,
                          .columns = problem->columns,
                          .first = problem->first,
                          .by_row = problem->by_row,
                          .by_column = problem->by_column};
    for (int32_t c = 0; c < p; c++) {
        int32_t n_bins = 1 + (int32_t)attune_stream_below(stream, c % 3 ? 255 : 6);
        int32_t n_cells = n_bins + 1 + ATTUNE_CELLS - 1;
        problem->columns[c] =
            (attune_bin_column){.nominal = c == 4, .missing = c % 2, .n_bins = n_bins};
        problem->first[c + 1] = problem->first[c] + n_cells / ATTUNE_CELLS * ATTUNE_CELLS;
        for (int32_t i = 0; i < n; i++) {
            uint8_t code = (uint8_t)attune_stream_below(stream, (uint64_t)(n_bins + c % 2));
            problem->by_row[i * bins->stride + c] = problem->by_column[c * n + i] = code;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t g = (int32_t)attune_stream_below(stream, 9) - 4;
        problem->packed[i] = g * 65536 + 1 + (int32_t)attune_stream_below(stream, 3);
    }
    problem->n_rows = 2 + (int32_t)attune_stream_below(stream, ATTUNE_FEW - 1);
    for (int32_t i = 0; i < problem->n_rows; i++)
        problem->rows[i] = i * 7 + (int32_t)attune_stream_below(stream, 7);
}

static void assert_same(const attune_split *few, const attune_split *whole)
{
    assert_true(few->gain == whole->gain);
    assert_int_equal(few->input, whole->input);
    assert_int_equal(few->left, whole->left);
    assert_int_equal(few->code, whole->code);
    assert_int_equal(few->nominal, whole->nominal);
    assert_int_equal(few->missing_left, whole->missing_left);
    assert_memory_equal(few->set, whole->set, sizeof few->set);
}

static void few_rows_and_histograms_agree(void **state)
{
    (void)state;
    static const int32_t inputs[p] = {3, 0, 4, 5, 1, 2};
    static struct problem problem;
    attune_stream stream = attune_stream_new(attune_key_start("few"));
    int gains = 0;
    for (int k = 0; k < 2000; k++) {
        attune_split_rules rules = {
            .lambda = k % 2, .cat_lambda = k % 2, .to_gain = 0.5, .least = 1 + k % 3};
        make(&problem, &stream);
        int64_t total = attune_histogram_total(problem.rows, problem.n_rows, problem.packed);
        attune_node_rows rows = {&problem.bins, problem.rows, problem.n_rows, NULL};
        attune_histogram_build(&problem.bins, problem.rows, problem.n_rows, problem.packed, inputs,
                               p, NULL, problem.cells);
        attune_split whole =
            attune_split_search(&problem.bins, problem.cells, total, inputs, p, &rules, &stream);
        attune_split few =
            attune_split_few(&rows, problem.packed, total, inputs, p, &rules, &stream);
        assert_same(&few, &whole);
        gains += few.gain > 0;
    }
    assert_true(gains > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rows_and_histograms_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
