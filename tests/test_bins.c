/* tests/test_bins.c - edges lie between values, codes agree with them, and folds share them. */
#include "search/shared_work.h"
#include "steps/trees/bins.h"
#include "tests/fitting.h"

enum { n = 2000 };

static attune_bins *bins_of(const attune_data *data, int64_t max_bin)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_bins *bins = NULL;
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_bins_get(&bins, data, rows, max_bin, &context, &error), &error);
    attune_rows_free(rows);
    return bins;
}

static double draw(int64_t i)
{
    attune_stream stream = attune_stream_at(attune_key_start("bins"), (uint64_t)i);
    return attune_stream_uniform(&stream);
}

static attune_data *reals(const double *x, int64_t count)
{
    struct made made = {0};
    made_reals(&made, "x", ATTUNE_INPUT, x, count);
    return made_data(&made, count, ATTUNE_NO_TASK);
}

static void few_values_have_a_bin_each(void **state)
{
    (void)state;
    static const double x[] = {3, 1, 1, NAN, 7, 3, -INFINITY, INFINITY};
    attune_data *data = reals(x, 8);
    attune_bins *bins = bins_of(data, 255);
    const attune_bin_column *column = &bins->columns[0];
    static const double edges[] = {0, 2, 5, 7, INFINITY};
    static const uint8_t codes[] = {2, 1, 1, 5, 3, 2, 0, 4};
    assert_int_equal(column->n_bins, 5);
    assert_true(column->missing && !column->nominal);
    assert_true(column->edges[0] < 1 && column->edges[0] > -INFINITY);
    for (int k = 1; k < 5; k++)
        assert_true(column->edges[k] == edges[k]);
    assert_memory_equal(bins->by_column, codes, sizeof codes);
    for (int i = 0; i < 8; i++)
        assert_int_equal(bins->by_row[i * bins->stride], codes[i]);
    assert_int_equal(bins->first[1], 8);
    attune_bins_free(bins);
    attune_data_free(data);
}

static void codes_agree_with_edges(void **state)
{
    (void)state;
    double x[n];
    for (int i = 0; i < n; i++)
        x[i] = i % 3 == 0 ? 0 : round(1e4 * draw(i) * draw(n + i)) / 100;
    attune_data *data = reals(x, n);
    for (int64_t max_bin = 2; max_bin <= 255; max_bin += 23) {
        attune_bins *bins = bins_of(data, max_bin);
        const attune_bin_column *column = &bins->columns[0];
        int64_t counts[256] = {0};
        assert_in_range(column->n_bins, 2, (uintmax_t)max_bin);
        for (int i = 0; i < n; i++) {
            uint8_t code = bins->by_column[i];
            counts[code]++;
            assert_true(x[i] <= column->edges[code]);
            assert_true(code == 0 || x[i] > column->edges[code - 1]);
        }
        for (int k = 0; k < column->n_bins; k++) /* no bin but that of 0 has a third of the rows */
            assert_in_range(counts[k], 1, k == 0 ? n : 3 * n / max_bin + 20);
        attune_bins_free(bins);
    }
    attune_data_free(data);
}

static void neighbouring_doubles_are_told_apart(void **state)
{
    (void)state;
    double x[] = {1, nextafter(1, 2), -1.7e308, 1.7e308};
    attune_data *data = reals(x, 4);
    attune_bins *bins = bins_of(data, 255);
    static const uint8_t codes[] = {1, 2, 0, 3};
    assert_memory_equal(bins->by_column, codes, sizeof codes);
    attune_bins_free(bins);
    attune_data_free(data);
}

static void levels_have_a_bin_each(void **state)
{
    (void)state;
    static const int32_t codes[] = {4, 0, ATTUNE_CODE_UNSEEN, 4, ATTUNE_CODE_MISSING, 7};
    static const uint8_t expected[] = {1, 0, 3, 1, 3, 2};
    struct made made = {0};
    made_codes(&made, "x", ATTUNE_INPUT, codes, 6, 9);
    attune_data *data = made_data(&made, 6, ATTUNE_NO_TASK);
    attune_bins *bins = bins_of(data, 2);
    assert_int_equal(bins->columns[0].n_bins, 3);
    assert_int_equal(bins->columns[0].n_levels, 9);
    assert_int_equal(bins->columns[0].levels[1], 4);
    assert_memory_equal(bins->by_column, expected, sizeof expected);
    attune_bins_free(bins);
    attune_data_free(data);
}

static void an_empty_column_has_no_cut(void **state)
{
    (void)state;
    static const double x[] = {NAN, NAN, NAN};
    attune_data *data = reals(x, 3);
    attune_bins *bins = bins_of(data, 255);
    assert_int_equal(bins->columns[0].n_bins, 1);
    assert_int_equal(bins->by_column[2], 1);
    attune_bins_free(bins);
    attune_data_free(data);
}

static void other_kinds_are_refused(void **state)
{
    (void)state;
    static const int64_t times[] = {1, 2};
    attune_error error = {0};
    attune_context context = test_context();
    struct made made = {0};
    made_times(&made, "signup", ATTUNE_INPUT, times, 2);
    attune_data *data = made_data(&made, 2, ATTUNE_NO_TASK);
    attune_rows *rows = rows_from(0, 2);
    attune_bins *bins = NULL;
    attune_bins_get(&bins, data, rows, 255, &context, &error);
    assert_error(&error, ATTUNE_UNFIT, "\"signup\" is datetime");
    assert_error(&error, ATTUNE_UNFIT, "date_parts");
    assert_null(bins);
    attune_rows_free(rows);
    attune_data_free(data);
}

static attune_status through_work(void *user, attune_key key, const attune_shared_kind *kind,
                                  attune_shared_build build, void *build_user, void **value,
                                  attune_error *error)
{
    return attune_shared_work_get(user, key, kind, build, build_user, value, error);
}

static void one_fold_is_binned_once(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4};
    attune_error error = {0};
    attune_shared_work *work = NULL;
    assert_ok(attune_shared_work_new(&work, 1 << 20, &error), &error);
    attune_services services = {.user = work, .shared = through_work};
    attune_context context = attune_context_root(&services, attune_key_start("test"));
    attune_data *data = reals(x, 4);
    attune_rows *rows = rows_from(0, 3), *others = rows_from(1, 4);
    attune_bins *a = NULL, *b = NULL, *c = NULL, *d = NULL;
    assert_ok(attune_bins_get(&a, data, rows, 255, &context, &error), &error);
    assert_ok(attune_bins_get(&b, data, rows, 255, &context, &error), &error);
    assert_ok(attune_bins_get(&c, data, others, 255, &context, &error), &error);
    assert_ok(attune_bins_get(&d, data, rows, 2, &context, &error), &error);
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_ptr_not_equal(a, d);
    attune_bins_free(a);
    attune_bins_free(b);
    attune_bins_free(c);
    attune_bins_free(d);
    attune_rows_free(rows);
    attune_rows_free(others);
    attune_data_free(data);
    attune_shared_work_free(work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_have_a_bin_each),
        cmocka_unit_test(codes_agree_with_edges),
        cmocka_unit_test(neighbouring_doubles_are_told_apart),
        cmocka_unit_test(levels_have_a_bin_each),
        cmocka_unit_test(an_empty_column_has_no_cut),
        cmocka_unit_test(other_kinds_are_refused),
        cmocka_unit_test(one_fold_is_binned_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
