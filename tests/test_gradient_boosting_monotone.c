/* tests/test_gradient_boosting_monotone.c - predictions rise and fall as monotone constraints say,
 * for any row; constraints that cannot be met are refused. */
#include "steps/models/gradient_boosting.h"
#include "tests/fitting.h"

enum { n = 400, sweep = 60 };

static double draw(int64_t i)
{
    attune_stream stream = attune_stream_at(attune_key_start("monotone"), (uint64_t)i);
    return attune_stream_uniform(&stream);
}

/* The target rises with a and falls with b only on the whole, and not alike at each level of c. */
static double target_of(double a, double b, int32_t c, int64_t i)
{
    double up = isnan(a) ? 1 : 2 * a + sin(9 * a), down = 2 * b + cos(12 * b) * (c == 1);
    return 4 + up - down + c + 0.5 * draw(8 * n + i);
}

/* The first rows are learnt from; those after are one of them with a or b going up. */
static attune_data *some_data(attune_task task, const char *swept, int32_t positive)
{
    static double a[n + sweep], b[n + sweep], y[n + sweep];
    static int32_t c[n + sweep], classes[n + sweep];
    attune_error error = {0};
    struct made made = {0};
    for (int i = 0; i < n + sweep; i++) {
        int from = i < n ? i : 7;
        a[i] = from % 5 == 1 ? NAN : draw(from);
        b[i] = draw(n + from);
        c[i] = (int32_t)(3 * draw(2 * n + from));
        if (i >= n)
            *(swept[0] == 'a' ? &a[i] : &b[i]) = (double)(i - n) / (sweep - 5) - 0.04;
        y[i] = target_of(a[i], b[i], c[i], i);
        classes[i] = task == ATTUNE_BINARY ? y[i] > 5 : (y[i] > 4) + (y[i] > 6);
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n + sweep);
    made_codes(&made, "c", ATTUNE_INPUT, c, n + sweep, 3);
    made_reals(&made, "b", ATTUNE_INPUT, b, n + sweep);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, y, n + sweep);
    else
        made_codes(&made, "y", ATTUNE_TARGET, classes, n + sweep, task == ATTUNE_BINARY ? 2 : 3);
    attune_data *data = attune_data_new(made.columns, made.roles, made.n, n + sweep, task,
                                        task == ATTUNE_BINARY ? positive : -1, &error);
    assert_non_null(data);
    for (int64_t i = 0; i < made.n; i++)
        attune_column_free(made.columns[i]);
    return data;
}

/* By how much predictions (of the positive class) go the wrong way while a or b goes up. */
static double wrong_way(const attune_step *step, const attune_data *data, int sign)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(n, n + sweep);
    double most = 0;
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    const double *says = p.values + (data->positive > 0 ? data->positive : 0);
    for (int64_t i = 0; i + 1 < sweep; i++)
        most = fmax(most, sign * (says[i * p.width] - says[(i + 1) * p.width]));
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    return most;
}

struct kind {
    attune_task task;
    int32_t positive;
    const char *settings[3][2];
};

static const struct kind kinds[] = {
    {ATTUNE_REGRESSION, -1, {{"num_leaves", "40"}}},
    {ATTUNE_REGRESSION, -1, {{"objective", "huber"}, {"reg_alpha", "0.5"}, {"max_depth", "4"}}},
    {ATTUNE_REGRESSION, -1, {{"objective", "poisson"}, {"subsample", "0.6"}}},
    {ATTUNE_REGRESSION, -1, {{"extra_trees", "true"}, {"colsample_bynode", "0.6"}}},
    {ATTUNE_BINARY, 1, {{"min_child_samples", "3"}, {"max_bin", "20"}}},
    {ATTUNE_BINARY, 0, {{"learning_rate", "0.5"}}},
};

static double worst(const struct kind *kind, const char *swept, int sign, const char *constraints)
{
    attune_error error = {0};
    attune_data *data = some_data(kind->task, swept, kind->positive);
    attune_step *step = step_of("gradient_boosting");
    for (int k = 0; k < 3 && kind->settings[k][0]; k++)
        set(step, kind->settings[k][0], kind->settings[k][1]);
    if (constraints)
        set(step, "monotone_constraints", constraints);
    assert_ok(fit_rows(step, data, 0, n, &error), &error);
    double wrong = wrong_way(step, data, sign);
    attune_step_free(step);
    attune_data_free(data);
    return wrong;
}

static void predictions_go_one_way(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int sign = kinds[k].positive == 0 ? -1 : 1; /* of the class, as the data go */
        const char *by_name = sign > 0 ? "{\"a\": 1, \"b\": -1}" : "{\"a\": -1, \"b\": 1}";
        const char *by_place = sign > 0 ? "[1, 0, -1]" : "[-1, 0, 1]";
        assert_true(worst(&kinds[k], "a", sign, NULL) > 1e-4);
        assert_true(worst(&kinds[k], "b", -sign, NULL) > 1e-4);
        assert_true(worst(&kinds[k], "a", sign, by_name) == 0);
        assert_true(worst(&kinds[k], "b", -sign, by_place) == 0);
    }
}

/* The constrained model is still one: it says more than a constant. */
static void something_is_learnt(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_data *data = some_data(ATTUNE_REGRESSION, "a", -1);
    attune_step *step = step_of("gradient_boosting");
    attune_rows *rows = rows_from(0, n);
    double errors = 0, mean = 0, spread = 0;
    set(step, "monotone_constraints", "{\"b\": -1, \"a\": 1}");
    assert_ok(fit_rows(step, data, 0, n, &error), &error);
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    const double *y = attune_data_target(data)->reals;
    for (int i = 0; i < n; i++)
        mean += y[i] / n;
    for (int i = 0; i < n; i++) {
        errors += pow(p.values[i] - y[i], 2);
        spread += pow(y[i] - mean, 2);
    }
    assert_true(errors < 0.25 * spread);
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void assert_refused(attune_task task, const char *objective, const char *constraints,
                           const char *words)
{
    attune_error error = {0};
    attune_data *data = some_data(task, "a", 1);
    attune_step *step = step_of("gradient_boosting");
    set(step, "objective", objective);
    attune_status status = set_words(step, "monotone_constraints", constraints, &error);
    if (!status)
        status = fit_rows(step, data, 0, n, &error);
    assert_int_equal(status, ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, words);
    attune_step_free(step);
    attune_data_free(data);
}

static void what_cannot_be_met_is_refused(void **state)
{
    (void)state;
    assert_refused(ATTUNE_REGRESSION, "squared", "{\"c\": 1}", "column \"c\" is nominal");
    assert_refused(ATTUNE_REGRESSION, "squared", "{\"z\": 1}", "no input \"z\"");
    assert_refused(ATTUNE_REGRESSION, "squared", "{\"y\": 1}", "no input \"y\"");
    assert_refused(ATTUNE_REGRESSION, "squared", "[1, 0]", "a list of 2, and there are 3 inputs");
    assert_refused(ATTUNE_REGRESSION, "squared", "{\"a\": 2}", "of -1, 0 and 1");
    assert_refused(ATTUNE_REGRESSION, "squared", "up", "of -1, 0 and 1");
    assert_refused(ATTUNE_REGRESSION, "absolute", "{\"a\": 1}", "say quantiles");
    assert_refused(ATTUNE_MULTICLASS, "squared", "{\"a\": 1}", "two classes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_go_one_way),
        cmocka_unit_test(something_is_learnt),
        cmocka_unit_test(what_cannot_be_met_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
