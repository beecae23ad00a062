/* tests/test_tree_cuts.c - what random cuts send left is what counting row by row gives, whether
 * rows of codes are read at once or column by column. */
#include "steps/trees/tree_cuts.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

enum { n = 300, most_columns = 70, n_classes = 5 };

struct problem {
    attune_bins bins;
    attune_bin_column columns[most_columns];
    uint8_t by_row[n * (most_columns + 8)], by_column[n * most_columns + 64];
    int32_t rows[n], packed[n], n_rows, inputs[most_columns];
    attune_tree_pair own[n]; /* of each of rows */
};

/* Every third column has missing values, every fifth is of levels, every seventh is constant. */
static void make(struct problem *problem, int32_t p, attune_stream *stream)
{
    attune_bins *bins = &problem->bins;
    *bins = (attune_bins){.n = n,
                          .p = p,
                          .stride = (p + 7) / 8 * 8,
                          .columns = problem->columns,
                          .by_row = problem->by_row,
                          .by_column = problem->by_column};
    problem->n_rows = 0;
    for (int32_t c = 0; c < p; c++) {
        int32_t n_bins = c % 7 == 6 ? 1 : 2 + (int32_t)attune_stream_below(stream, 254);
        bool missing = c % 3 == 0;
        problem->inputs[c] = c;
        problem->columns[c] =
            (attune_bin_column){.nominal = c % 5 == 4, .missing = missing, .n_bins = n_bins};
        for (int32_t i = 0; i < n; i++) {
            uint64_t code = attune_stream_below(stream, (uint64_t)(n_bins + missing));
            problem->by_row[i * bins->stride + c] = (uint8_t)code;
            problem->by_column[c * n + i] = (uint8_t)code;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t g = (int32_t)attune_stream_below(stream, 4095) - 2047;
        problem->packed[i] = g * 65536 + (int32_t)attune_stream_below(stream, 2048);
        problem->own[problem->n_rows] =
            (attune_tree_pair){(int32_t)attune_stream_below(stream, n_classes), i % 4};
        problem->rows[problem->n_rows] = i;
        problem->n_rows += attune_stream_below(stream, 3) > 0;
    }
}

static bool goes_left(const struct problem *problem, const attune_cuts *cuts, int32_t at,
                      int32_t row, bool missing_left)
{
    int32_t input = cuts->inputs[at];
    uint8_t code = problem->by_row[row * problem->bins.stride + input];
    bool absent = problem->columns[input].missing && code == problem->columns[input].n_bins;
    return absent ? missing_left : code <= cuts->codes[at];
}

/* Sums of gradients and hessians, row by row; then of classes. */
static void assert_sums(const struct problem *problem, const attune_node_rows *rows,
                        attune_cuts *cuts, bool missing_left)
{
    int32_t room[n_classes * ATTUNE_LANES];
    int64_t all[n_classes] = {0};
    for (int64_t i = 0; i < rows->n; i++)
        all[problem->own[i].label] += problem->own[i].weight;
    attune_cuts_sum(rows, problem->packed, cuts);
    for (int32_t k = 0; k < cuts->n; k++) {
        int32_t g = 0, h = 0;
        for (int64_t i = 0; i < rows->n; i++)
            if (goes_left(problem, cuts, k, rows->rows[i], missing_left)) {
                g += problem->packed[rows->rows[i]] >> 16;
                h += problem->packed[rows->rows[i]] & 0xffff;
            }
        assert_int_equal(cuts->gradients[k], g);
        assert_int_equal(cuts->hessians[k], h);
    }
    attune_cuts_count(rows, problem->own, all, n_classes, room, cuts);
    for (int32_t k = 0; k < cuts->n; k++) {
        int64_t left[n_classes] = {0}, weight = 0, squares = 0, products = 0;
        for (int64_t i = 0; i < rows->n; i++)
            if (goes_left(problem, cuts, k, rows->rows[i], missing_left))
                left[problem->own[i].label] += problem->own[i].weight;
        for (int c = 0; c < n_classes; c++) {
            weight += left[c];
            squares += left[c] * left[c];
            products += left[c] * all[c];
        }
        assert_int_equal(cuts->hessians[k], weight);
        assert_int_equal(cuts->squares[k], squares);
        assert_int_equal(cuts->products[k], products);
    }
}

/* Every input of numbers that varies has a cut, and each cut leaves values on both sides. */
static void assert_cuts(const struct problem *problem, const attune_node_rows *rows,
                        const int32_t *inputs, int32_t n_inputs, const attune_cuts *cuts)
{
    int32_t found = 0;
    for (int32_t j = 0; j < n_inputs; j++) {
        const attune_bin_column *column = &problem->columns[inputs[j]];
        const uint8_t *codes = problem->by_column + inputs[j] * n;
        int32_t low = 256, high = -1, missing = 0;
        for (int64_t i = 0; i < rows->n; i++) {
            int32_t code = codes[rows->rows[i]];
            bool absent = column->missing && code == column->n_bins;
            missing += absent;
            low = !absent && code < low ? code : low;
            high = !absent && code > high ? code : high;
        }
        if (column->nominal || high < 0 || (low == high && !missing))
            continue;
        assert_int_equal(cuts->inputs[found], inputs[j]);
        assert_int_equal(cuts->missing[found], missing > 0);
        assert_true(cuts->codes[found] >= low && cuts->codes[found] <= high - (low < high));
        found++;
    }
    assert_int_equal(cuts->n, found);
}

/* Both ways of reading codes; they draw alike. */
static void assert_right(const struct problem *problem, int64_t count, const attune_stream *stream)
{
    int32_t p = problem->bins.p, from = p > ATTUNE_CUTS ? p - ATTUNE_CUTS : 0;
    attune_stream drawn[2] = {*stream, *stream};
    uint8_t low[2 * ATTUNE_SHORT_ROW], high[2 * ATTUNE_SHORT_ROW];
    attune_bounds bounds = {low, high};
    attune_cuts cuts;
    for (int way = 0; way < 2; way++) {
        attune_node_rows rows = {&problem->bins, problem->rows, count, way ? &bounds : NULL};
        attune_bounds_find(&problem->bins, rows.rows, rows.n, &bounds);
        attune_cuts_draw(&rows, problem->inputs + from, p - from, &drawn[way], &cuts);
        assert_cuts(problem, &rows, problem->inputs + from, p - from, &cuts);
        assert_sums(problem, &rows, &cuts, false);
        if (attune_cuts_turn(&problem->bins, &cuts))
            assert_sums(problem, &rows, &cuts, true);
    }
    assert_true(drawn[0].counter == drawn[1].counter);
}

static void sums_are_those_of_the_rows(void **state)
{
    (void)state;
    static const int32_t widths[] = {1, 5, 16, 17, 40, 64, most_columns};
    attune_stream stream = attune_stream_new(attune_key_start("cuts"));
    struct problem *problem = malloc(sizeof *problem);
    for (int k = 0; k < 7; k++)
        for (int64_t count = 2; count < 200; count = 3 * count - 1) {
            make(problem, widths[k], &stream);
            assert_right(problem, count, &stream);
        }
    free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
