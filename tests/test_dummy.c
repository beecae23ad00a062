/* tests/test_dummy.c - the baseline says frequencies, or one number. */
#include "tests/linear_golden.h"

enum { n = 7 };

static const int32_t codes[n] = {2, 0, 2, 1, 2, 0, 0};
static const double numbers[n] = {4.5, 1.25, 9, 2, 3, 100, 7};
static const double weights[n] = {1, 2, 0.5, 0, 1, 0.5, 0};

static attune_data *classes_of(bool weighted)
{
    struct made made = {0};
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 4);
    if (weighted)
        made_reals(&made, "w", ATTUNE_WEIGHT, weights, n);
    return made_data(&made, n, ATTUNE_MULTICLASS);
}

static attune_data *numbers_of(bool weighted)
{
    struct made made = {0};
    made_reals(&made, "y", ATTUNE_TARGET, numbers, n);
    if (weighted)
        made_reals(&made, "w", ATTUNE_WEIGHT, weights, n);
    return made_data(&made, n, ATTUNE_REGRESSION);
}

/* Fits with a strategy ("null" for the default); data is freed. */
static void assert_says(attune_data *data, const char *strategy, const double *values)
{
    attune_step *step = step_of("dummy");
    set(step, "strategy", strategy);
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < p.width; k++)
            assert_close(p.values[i * p.width + k], values[k], 1e-15);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void classes_get_their_frequencies(void **state)
{
    (void)state;
    assert_says(classes_of(false), "null", (const double[]){3 / 7.0, 1 / 7.0, 3 / 7.0, 0});
    assert_says(classes_of(true), "prior", (const double[]){0.5, 0, 0.5, 0});
    assert_says(classes_of(false), "most_frequent", (const double[]){1, 0, 0, 0});
}

static void numbers_get_their_middle(void **state)
{
    (void)state;
    assert_says(numbers_of(false), "null", (const double[]){126.75 / 7});
    assert_says(numbers_of(true), "mean", (const double[]){64.5 / 5});
    assert_says(numbers_of(false), "median", (const double[]){4.5});
    assert_says(numbers_of(true), "median", (const double[]){3});
}

static void half_the_weight_lies_between(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = numbers_of(false);
    attune_step *step = step_of("dummy");
    set(step, "strategy", "median");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    assert_close(fitted_array(step, "values")->f64[0], 3.25, 1e-15);
    attune_step_free(step);
    attune_data_free(data);
}

static void a_strategy_of_the_other_kind_is_refused(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = classes_of(false);
    attune_step *step = step_of("dummy");
    set(step, "strategy", "mean");
    fit_rows(step, data, 0, n, &error);
    assert_error(&error, ATTUNE_UNFIT, "\"mean\" is for numbers");
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_get_their_frequencies),
        cmocka_unit_test(numbers_get_their_middle),
        cmocka_unit_test(half_the_weight_lies_between),
        cmocka_unit_test(a_strategy_of_the_other_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
