/* tests/test_knn.c - the nearest rows are those of scikit-learn, with and without a shared table.
 */
#include "tests/simple_golden.h"

static void assert_case(const json_t *set_, const json_t *one)
{
    int64_t first = (int64_t)number_of(one, "first");
    for (int classes = 0; classes < 2; classes++) {
        attune_data *data = golden_data(set_, classes, false);
        attune_step *step = step_of("knn");
        set_case(step, one);
        fit_set(step, set_, data);
        assert_predicts(step, data, json_object_get(one, classes ? "probabilities" : "numbers"),
                        first, 1e-9);
        attune_step_free(step);
        attune_data_free(data);
    }
}

static void predictions_are_scikit_learns(void **state)
{
    (void)state;
    for_each_case("knn", assert_case);
}

static void shared_work_changes_no_bit(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "n_neighbors", "1",         NULL,     "n_neighbors", "7",   "weights", "distance",  NULL,
        "n_neighbors", "50",        NULL,     "n_neighbors", "7",   "metric",  "cosine",    NULL,
        "weights",     "distance",  "metric", "cosine",      NULL,  "metric",  "manhattan", NULL,
        "metric",      "chebyshev", NULL,     "n_neighbors", "900", NULL,      NULL};
    for (int classes = 0; classes < 2; classes++) {
        attune_data *data = simple_data(1, classes);
        assert_int_equal(assert_shares("knn", settings, data, 50, 1 << 24), 4);
        assert_int_equal(assert_shares("knn", settings, data, 50, 0), 0);
        attune_data_free(data);
    }
}

enum { n = 40 };

/* A line with each place taken twice; the second row of a pair has the larger number. */
static attune_data *pairs(void)
{
    struct made made = {0};
    double x[n], y[n], weight[n];
    for (int i = 0; i < n; i++) {
        x[i] = i / 2;
        y[i] = i;
        weight[i] = i == 6 ? 0 : i == 7 ? 3 : 1;
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, n);
    made_reals(&made, "w", ATTUNE_WEIGHT, weight, n);
    made_reals(&made, "y", ATTUNE_TARGET, y, n);
    return made_data(&made, n, ATTUNE_REGRESSION);
}

static void of_two_as_near_the_first_is_taken(void **state)
{
    (void)state;
    attune_data *data = pairs();
    attune_step *step = step_of("knn");
    set(step, "n_neighbors", "1");
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    for (int i = 0; i < n; i++) /* row 6 weighs nothing: 7 stands for it */
        assert_true(p.values[i] == (i / 2 == 3 ? 7 : i / 2 * 2));
    attune_predictions_clear(&p);
    set(step, "n_neighbors", "3");
    fit_all(step, data);
    p = predict_all(step, data);
    assert_close(p.values[7], (3 * 7. + 4 + 5) / 5, 1e-14); /* 4 and 5 before 8 and 9 */
    assert_close(p.values[10], (10. + 11 + 8) / 3, 1e-14);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

/* However many are asked for at once, and wherever they stand among them. */
static void a_row_alone_has_the_same_bits(void **state)
{
    (void)state;
    static const char *const metrics[] = {"euclidean", "manhattan", "chebyshev", "cosine"};
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = simple_data(2, false);
    for (int m = 0; m < 4; m++) {
        attune_step *step = step_of("knn");
        set(step, "metric", metrics[m]);
        set(step, "weights", "distance");
        assert_ok(fit_rows(step, data, 0, 23, &error), &error);
        attune_predictions all = predict_all(step, data), few = {0};
        for (int64_t first = 0; first < data->n_rows; first++)
            for (int64_t end = first + 1; end <= data->n_rows && end < first + 7; end++) {
                attune_rows *rows = rows_from(first, end);
                assert_ok(attune_step_predict(step, data, rows, &context, &few, &error), &error);
                assert_memory_equal(few.values, all.values + first,
                                    (size_t)(end - first) * sizeof(double));
                attune_rows_free(rows);
            }
        attune_predictions_clear(&all);
        attune_predictions_clear(&few);
        attune_step_free(step);
    }
    attune_data_free(data);
}

static void far_and_near_values_are_no_nan(void **state)
{
    (void)state;
    static const double x[] = {1e300, -1e300, 1e-310, 0, 5, 2.385}, y[] = {1, 2, 3, 4, 5, 6};
    static const char *const metrics[] = {"euclidean", "manhattan", "chebyshev", "cosine"};
    for (int m = 0; m < 4; m++) {
        struct made made = {0};
        made_reals(&made, "x", ATTUNE_INPUT, x, 6);
        made_reals(&made, "z", ATTUNE_INPUT, x, 6);
        made_reals(&made, "y", ATTUNE_TARGET, y, 6);
        attune_data *data = made_data(&made, 6, ATTUNE_REGRESSION);
        attune_step *step = step_of("knn");
        set(step, "metric", metrics[m]);
        set(step, "weights", "distance");
        fit_all(step, data);
        attune_predictions p = predict_all(step, data);
        for (int i = 0; i < 6; i++)
            assert_true(p.values[i] >= 1 && p.values[i] <= 6);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_data_free(data);
    }
}

static void missing_values_are_refused(void **state)
{
    (void)state;
    assert_refuses_missing("knn", false);
    assert_refuses_missing("knn", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_are_scikit_learns),
        cmocka_unit_test(shared_work_changes_no_bit),
        cmocka_unit_test(of_two_as_near_the_first_is_taken),
        cmocka_unit_test(a_row_alone_has_the_same_bits),
        cmocka_unit_test(far_and_near_values_are_no_nan),
        cmocka_unit_test(missing_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
