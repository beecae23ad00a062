/* tests/test_trees_scan.c - rows in a file, which are asked all cuts at once or walk together, are
 * told what rows alone are told. */
#include "steps/models/gradient_boosting.h"
#include "steps/trees/trees_scan.h"
#include "tests/fitting.h"

enum { n = 700 };

static double draw(attune_stream *stream, bool holes)
{
    return holes && attune_stream_below(stream, 6) == 0 ? NAN : attune_stream_normal(stream);
}

/* Holes that go left and right, levels, values on thresholds, infinite ones. Of the ten levels of d
 * two are nobody's; rows from `half` on may all be given another one. */
enum { half = n / 2, AS_DRAWN = -2 };
static attune_data *data_with(attune_task task, int32_t other)
{
    static double a[n], b[n], c[n], y[n];
    static int32_t d[n], e[n], classes[n];
    struct made made = {0};
    attune_stream stream = attune_stream_new(attune_key_start("scan"));
    for (int i = 0; i < n; i++) {
        a[i] = draw(&stream, true);
        b[i] = floor(3 * draw(&stream, false));
        c[i] = i % 50 == 0 ? (i % 100 ? INFINITY : -INFINITY) : draw(&stream, true);
        d[i] = (int32_t)attune_stream_below(&stream, 9) - 1;
        e[i] = (int32_t)attune_stream_below(&stream, 3);
        y[i] = (isnan(a[i]) ? 2 : a[i]) + b[i] * (isnan(c[i]) ? -1 : c[i] > 0) + d[i] % 3 +
               0.3 * attune_stream_normal(&stream);
        classes[i] = y[i] > 1.5 ? 2 : y[i] > 0;
    }
    for (int i = half; i < n && other != AS_DRAWN; i++)
        d[i] = other;
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_reals(&made, "b", ATTUNE_INPUT, b, n);
    made_reals(&made, "c", ATTUNE_INPUT, c, n);
    made_codes(&made, "d", ATTUNE_INPUT, d, n, 10);
    made_codes(&made, "e", ATTUNE_INPUT, e, n, 3);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    else
        made_codes(&made, "y", ATTUNE_TARGET, classes, n, 3);
    return made_data(&made, n, task);
}

static attune_data *some_data(attune_task task)
{
    return data_with(task, AS_DRAWN);
}

static attune_predictions predict(const attune_step *step, const attune_data *data, int64_t first,
                                  int64_t end)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(first, end);
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    attune_rows_free(rows);
    return p;
}

static void assert_rows_alone_are_the_same(const attune_step *step, const attune_data *data)
{
    attune_predictions all = predict(step, data, 0, n);
    for (int64_t i = 0; i < n; i += 7) {
        attune_predictions some = predict(step, data, i, i + 7);
        assert_memory_equal(some.values, all.values + i * all.width,
                            (size_t)(7 * all.width) * sizeof(double));
        attune_predictions_clear(&some);
    }
    attune_predictions_clear(&all);
}

static bool has_scan(const attune_step *step)
{
    attune_error error = {0};
    attune_scan *scan = NULL;
    const attune_gradient_boosting *s = step->self;
    assert_ok(attune_scan_make(&scan, &s->trees, &error), &error);
    bool has = scan != NULL;
    attune_scan_free(scan);
    return has;
}

static void rows_in_a_file_are_told_the_same(void **state)
{
    (void)state;
    static const char *const leaves[] = {"2", "31", "33", "64", "65"};
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task += 2)
        for (int k = 0; k < 5; k++) {
            attune_data *data = some_data((attune_task)task);
            attune_step *step = step_of("gradient_boosting");
            set(step, "num_leaves", leaves[k]);
            set(step, "min_child_samples", "2");
            set(step, "n_estimators", "12");
            fit_all(step, data);
            assert_int_equal(has_scan(step), k < 4);
            assert_rows_alone_are_the_same(step, data);
            attune_step_free(step);
            attune_data_free(data);
        }
}

static void rows_in_a_file_are_told_the_same_by_forests(void **state)
{
    (void)state;
    static const char *const forests[] = {"random_forest", "extra_trees"};
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task += 2)
        for (int k = 0; k < 4; k++) {
            attune_data *data = some_data((attune_task)task);
            attune_step *step = step_of(forests[k / 2]);
            set(step, "n_estimators", "12");
            set(step, "min_samples_leaf", k % 2 ? "1" : "4");
            fit_all(step, data);
            assert_rows_alone_are_the_same(step, data);
            attune_step_free(step);
            attune_data_free(data);
        }
}

/* A level that no row had when trees were grown says as little as none. */
static void levels_of_no_row_are_like_missing_ones(void **state)
{
    (void)state;
    static const char *const models[] = {"gradient_boosting", "random_forest", "extra_trees"};
    static const int32_t levels[] = {-1, 9, 3};
    for (int k = 0; k < 3; k++) {
        attune_error error = {0};
        attune_predictions p[3];
        attune_step *step = step_of(models[k]);
        set(step, "n_estimators", "12");
        for (int other = 0; other < 3; other++) {
            attune_data *data = data_with(ATTUNE_REGRESSION, levels[other]);
            if (other == 0)
                assert_ok(fit_rows(step, data, 0, half, &error), &error);
            p[other] = predict(step, data, half, n);
            attune_data_free(data);
        }
        size_t bytes = (size_t)p[0].n * sizeof(double);
        assert_memory_equal(p[1].values, p[0].values, bytes);
        assert_true(memcmp(p[2].values, p[0].values, bytes) != 0);
        for (int other = 0; other < 3; other++)
            attune_predictions_clear(&p[other]);
        attune_step_free(step);
    }
}

/* Branches that meet, and nodes that nothing leads to, pass the checks of a file: they are walked.
 */
static void damaged_trees_are_not_scanned(void **state)
{
    (void)state;
    attune_data *data = some_data(ATTUNE_REGRESSION);
    attune_step *step = step_of("gradient_boosting");
    set(step, "n_estimators", "3");
    fit_all(step, data);
    attune_gradient_boosting *s = step->self;
    int32_t *input = s->trees.node_input.i32, *left = s->trees.node_left.i32, at = 1;
    while (input[at] < 0)
        at++;
    left[at] = left[at] + 2;
    assert_null(step->type->check_fitted(s));
    assert_false(has_scan(step));
    assert_rows_alone_are_the_same(step, data);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_a_file_are_told_the_same),
        cmocka_unit_test(rows_in_a_file_are_told_the_same_by_forests),
        cmocka_unit_test(levels_of_no_row_are_like_missing_ones),
        cmocka_unit_test(damaged_trees_are_not_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
