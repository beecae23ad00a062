/* tests/test_ridge.c - ridge and linear regression give what others give. */
#include "tests/linear_golden.h"

static void assert_case(const json_t *set_, const json_t *one, const char *type)
{
    attune_data *data = golden_data(set_, false, truth_of(one, "weighted"));
    attune_step *step = step_of(type);
    if (strcmp(type, "ridge") == 0)
        set_number(step, "alpha", number_of(one, "alpha"));
    set(step, "fit_intercept", truth_of(one, "fit_intercept") ? "true" : "false");
    fit_all(step, data);
    const attune_array *coef = fitted_array(step, "coef");
    const json_t *golden = json_object_get(one, "coef");
    assert_int_equal(attune_array_count(coef), json_array_size(golden));
    for (int64_t j = 0; j < attune_array_count(coef); j++)
        assert_close(coef->f64[j], item(golden, j), 1e-9);
    assert_close(fitted_array(step, "intercept")->f64[0], number_of(one, "intercept"), 1e-9);
    attune_step_free(step);
    attune_data_free(data);
}

/* Also with more columns than rows and with one-hot columns, where the least norm is wanted. */
static void coefficients_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    size_t i = 0, j = 0;
    json_t *set_ = NULL, *one = NULL;
    golden_read(&document);
    json_array_foreach(golden_sets(&document), i, set_)
    {
        json_array_foreach(json_object_get(set_, "regression"), j, one)
        {
            assert_case(set_, one, "ridge");
            if (number_of(one, "alpha") == 0)
                assert_case(set_, one, "linear_regression");
        }
    }
    attune_document_clear(&document);
}

enum { n = 6 };

static attune_data *line(double far, double noise)
{
    struct made made = {0};
    double x[n], twice[n], y[n], constant[n];
    for (int i = 0; i < n; i++) {
        x[i] = far + i * 0.5;
        twice[i] = 2 * x[i];
        constant[i] = 0.1;
        y[i] = 3 - 1.25 * (x[i] - far) + noise * (i % 2);
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, n);
    made_reals(&made, "twice", ATTUNE_INPUT, twice, n);
    made_reals(&made, "constant", ATTUNE_INPUT, constant, n);
    made_reals(&made, "y", ATTUNE_TARGET, y, n);
    return made_data(&made, n, ATTUNE_REGRESSION);
}

/* coef (1, 2) / 5 times the slope is the least norm for a column and its double. */
static void dependent_columns_share_the_least_norm(void **state)
{
    (void)state;
    attune_data *data = line(1e6, 0);
    attune_step *step = step_of("linear_regression");
    fit_all(step, data);
    const attune_array *coef = fitted_array(step, "coef");
    assert_close(coef->f64[0], -0.25, 1e-9);
    assert_close(coef->f64[1], -0.5, 1e-9);
    assert_true(coef->f64[2] == 0);
    attune_predictions p = predict_all(step, data);
    for (int i = 0; i < n; i++)
        assert_close(p.values[i], 3 - 1.25 * 0.5 * i, 1e-8);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void one_row_gives_its_value(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = line(2, 0.75);
    for (int k = 0; k < 2; k++) {
        attune_step *step = step_of(k ? "ridge" : "linear_regression");
        assert_ok(fit_rows(step, data, 1, 2, &error), &error);
        attune_predictions p = predict_all(step, data);
        for (int i = 0; i < n; i++)
            assert_close(p.values[i], 3 - 1.25 * 0.5 + 0.75, 1e-12);
        attune_predictions_clear(&p);
        attune_step_free(step);
    }
    attune_data_free(data);
}

static void bad_targets_are_named(void **state)
{
    (void)state;
    static const double x[n] = {1, 2.5, 3, 4, 5, 7}, y[n] = {1, 2, NAN, 4, 5, 6};
    static const int32_t codes[n] = {0, 1, 0, 1, 0, 1};
    attune_error error = {0};
    struct made made = {0};
    made_reals(&made, "x", ATTUNE_INPUT, x, n);
    made_reals(&made, "price", ATTUNE_TARGET, y, n);
    attune_data *data = made_data(&made, n, ATTUNE_REGRESSION);
    attune_step *step = step_of("ridge");
    fit_rows(step, data, 0, n, &error);
    assert_error(&error, ATTUNE_UNFIT, "target \"price\"");
    attune_data_free(data);
    attune_error_clear(&error);
    made_reals(&made, "x", ATTUNE_INPUT, x, n);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 2);
    data = made_data(&made, n, ATTUNE_BINARY);
    fit_rows(step, data, 0, n, &error);
    assert_error(&error, ATTUNE_UNFIT, "target of numbers");
    attune_data_free(data);
    attune_step_free(step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_are_scikit_learns),
        cmocka_unit_test(dependent_columns_share_the_least_norm),
        cmocka_unit_test(one_row_gives_its_value),
        cmocka_unit_test(bad_targets_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
