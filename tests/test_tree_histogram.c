/* tests/test_tree_histogram.c - cells are sums over the rows of a bin, however they are made:
 * column by column, by codes that columns share, by what rows have beside usual codes. */
#include "steps/trees/tree_parts.h"
#include "tests/fitting.h"

enum { n = 3000, p = 11, SPREAD = 8, WIDE = 40 };

/* Two to ten levels, holes, a constant, one with hundreds of values, two that say nearly the same.
 */
static attune_data *full_data(void)
{
    struct made made = {0};
    static double x[n];
    static int32_t codes[n];
    attune_stream stream = attune_stream_new(attune_key_start("joint"));
    for (int c = 0; c < p; c++) {
        char name[] = {'x', (char)('a' + c), 0};
        uint64_t levels = c == 0 ? 1 : c == SPREAD ? 800 : (uint64_t)c + 1;
        for (int i = 0; i < n; i++) {
            codes[i] = (int32_t)attune_stream_below(&stream, levels);
            codes[i] = c > SPREAD ? i % 100 / (c - SPREAD) + (i % 3 == c - SPREAD) : codes[i];
            x[i] = c == 3 && i % 9 == 0 ? (double)NAN : (double)codes[i];
            codes[i] = c == 6 && i % 4 == 0 ? -1 : codes[i];
        }
        if (c == 2 || c == 6)
            made_codes(&made, name, ATTUNE_INPUT, codes, n, c + 1);
        else
            made_reals(&made, name, ATTUNE_INPUT, x, n);
    }
    return made_data(&made, n, ATTUNE_NO_TASK);
}

/* Two full columns, and many of which a tenth of the rows say something; some have holes, and of
 * one it is the holes that are usual. */
static attune_data *empty_data(void)
{
    struct made made = {0};
    static double x[n];
    attune_stream stream = attune_stream_new(attune_key_start("sparse"));
    for (int c = 0; c < WIDE; c++) {
        char name[] = {'x', (char)('a' + c / 20), (char)('a' + c % 20), 0};
        for (int i = 0; i < n; i++) {
            bool says = c % 20 == 3 || attune_stream_below(&stream, 10) == 0;
            x[i] = says ? (double)attune_stream_below(&stream, 30) : c == 5 ? (double)NAN : 0;
            x[i] = c % 7 == 2 && i % 50 == 0 ? (double)NAN : x[i];
        }
        made_reals(&made, name, ATTUNE_INPUT, x, n);
    }
    return made_data(&made, n, ATTUNE_NO_TASK);
}

static int64_t expected(const attune_bins *bins, const int32_t *rows, int64_t count,
                        const int32_t *packed, int32_t column, int32_t code)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++)
        if (bins->by_column[column * bins->n + rows[i]] == code)
            sum += attune_cell_of(packed[rows[i]]);
    return sum;
}

static bool has_listed(const attune_joint *joint)
{
    bool found = false;
    for (int32_t c = 0; c < p; c++)
        found = found || joint->members[c].inner;
    return found;
}

/* Of ever fewer rows: of few, another way is shorter. */
static void check_cells(const attune_bins *bins, const int32_t *inputs, int32_t n_inputs)
{
    static int32_t packed[n], rows[n];
    attune_error error = {0};
    for (int32_t i = 0; i < n; i++) {
        packed[i] = (int32_t)((uint32_t)(i % 2047 - 1000) << 16) + i % 77;
        rows[i] = i;
    }
    int64_t *room = attune_alloc(attune_joint_cells(&bins->joint), sizeof *room, &error);
    int64_t *cells = attune_alloc(bins->first[bins->p] + ATTUNE_CELLS, sizeof *cells, &error);
    for (int64_t count = n; count > 0; count = count * 2 / 3) {
        attune_histogram_build(bins, rows, count, packed, inputs, n_inputs, room, cells);
        for (int32_t j = 0; j < n_inputs; j++) {
            int32_t c = inputs[j];
            for (int32_t k = 0; k < bins->columns[c].n_bins + bins->columns[c].missing; k++)
                assert_true(cells[bins->first[c] + k] == expected(bins, rows, count, packed, c, k));
        }
    }
    free(room);
    free(cells);
}

/* Of all inputs, of most, and of so few that they are added one by one. */
static void check_data(attune_data *data, bool sparse)
{
    int32_t inputs[WIDE], every = (int32_t)data->n_columns;
    attune_error error = {0};
    attune_context context = test_context();
    attune_rows *all = rows_from(0, n);
    attune_bins *bins = NULL;
    assert_ok(attune_bins_get(&bins, data, all, 255, &context, &error), &error);
    if (sparse)
        assert_in_range(bins->sparse.n_columns, WIDE - 3, WIDE - 2);
    else
        assert_true(bins->joint.n_groups >= 3 && bins->joint.n_groups <= 6 &&
                    has_listed(&bins->joint));
    for (int32_t step = 1; step <= every; step++) {
        int32_t n_inputs = 0;
        for (int32_t c = 0; c < every; c += step)
            inputs[n_inputs++] = c;
        check_cells(bins, inputs, n_inputs);
        step += step > 3 ? 3 * step : 0;
    }
    attune_rows_free(all);
    attune_bins_free(bins);
    attune_data_free(data);
}

static void cells_are_sums_over_rows(void **state)
{
    (void)state;
    check_data(full_data(), false);
    check_data(empty_data(), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_sums_over_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
