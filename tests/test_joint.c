/* tests/test_joint.c - columns that share a code have the cells they would have alone. */
#include "steps/trees/tree_parts.h"
#include "tests/fitting.h"

enum { n = 3000, p = 11, SPREAD = 8 };

/* Two to ten levels, holes, a constant, one with hundreds of values, two that say nearly the same.
 */
static attune_data *some_data(void)
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

static void cells_are_those_of_each_column(void **state)
{
    (void)state;
    static int32_t packed[n], rows[n], inputs[p];
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = some_data();
    attune_rows *all = rows_from(0, n);
    attune_bins *bins = NULL;
    assert_ok(attune_bins_get(&bins, data, all, 255, &context, &error), &error);
    assert_in_range(bins->joint.n_groups, 3, 6);
    assert_true(has_listed(&bins->joint));
    for (int32_t i = 0; i < n; i++) {
        packed[i] = (int32_t)((uint32_t)(i % 2047 - 1000) << 16) + i % 77;
        rows[i] = i;
    }
    for (int32_t c = 0; c < p; c++)
        inputs[c] = c;
    int64_t *room = attune_alloc(attune_joint_cells(&bins->joint), sizeof *room, &error);
    int64_t *cells = attune_alloc(bins->first[p], sizeof *cells, &error);
    for (int64_t count = n; count > 0; count = count * 2 / 3) { /* to where few rows go plainly */
        attune_histogram_build(bins, rows, count, packed, inputs, p, room, cells);
        for (int32_t c = 0; c < p; c++)
            for (int32_t k = 0; k < bins->columns[c].n_bins + bins->columns[c].missing; k++)
                assert_true(cells[bins->first[c] + k] == expected(bins, rows, count, packed, c, k));
    }
    free(room);
    free(cells);
    attune_rows_free(all);
    attune_bins_free(bins);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_those_of_each_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
