/* tests/test_impute.c - what is missing is filled with what the training rows say. */
#include "tests/golden_transforms.h"

static void fills_as_scikit_learn_does(void **state)
{
    (void)state;
    struct golden golden = golden_open();
    attune_data *data = golden_data(&golden, "holes");
    attune_step *step = step_of("impute");
    set(step, "fill_value", "-7.25");
    const char *const strategies[] = {"mean", "median", "most_frequent", "constant"};
    for (int i = 0; i < 4; i++) {
        set(step, "strategy", strategies[i]);
        assert_golden(step, data, &golden, strategies[i]);
    }
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&golden.document);
}

static attune_data *people(void)
{
    struct made made = {0};
    made_reals(&made, "age", ATTUNE_INPUT, (double[]){31.5, NAN, 2.25, 40, NAN}, 5);
    made_reals(&made, "far", ATTUNE_INPUT, (double[]){INFINITY, 2.5, 3.5, NAN, -INFINITY}, 5);
    made_reals(&made, "none", ATTUNE_INPUT, (double[]){NAN, NAN, NAN, NAN, 7.5}, 5);
    made_reals(&made, "late", ATTUNE_INPUT, (double[]){1.5, 1.5, 1.5, 1.5, NAN}, 5);
    made_codes(&made, "plan", ATTUNE_INPUT, (int32_t[]){0, -1, 1, 1, -2}, 5, 2);
    made_codes(&made, "full", ATTUNE_INPUT, (int32_t[]){2, 1, 1, 2, -1}, 5, 3);
    made_codes(&made, "void", ATTUNE_INPUT, (int32_t[]){-1, -1, -1, -1, 0}, 5, 1);
    made_reals(&made, "y", ATTUNE_TARGET, (double[]){1, 2, NAN, 4, 5}, 5);
    return made_data(&made, 5, ATTUNE_REGRESSION);
}

static void odd_columns_are_filled_too(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = people();
    attune_step *step = step_of("impute");
    set(step, "fill_value", "-2.5");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    attune_data *out = through(step, data);
    assert_close(real_at(out, "age", 1), (31.5 + 2.25 + 40) / 3, 1e-15);
    assert_true(isinf(real_at(out, "far", 0)) && isinf(real_at(out, "far", 4)));
    assert_close(real_at(out, "far", 3), 3, 0); /* of what is finite */
    assert_close(real_at(out, "none", 0), -2.5, 0);
    assert_close(real_at(out, "none", 4), 7.5, 0);
    assert_close(real_at(out, "late", 4), 1.5, 0);
    assert_true(isnan(real_at(out, "y", 2)));
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void nominal_columns_get_a_level(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = people();
    attune_step *step = step_of("impute");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    attune_data *out = through(step, data);
    assert_string_equal(level_at(out, "plan", 0), "L0");
    assert_string_equal(level_at(out, "plan", 1), "missing");
    assert_string_equal(level_at(out, "plan", 2), "L1");
    assert_string_equal(level_at(out, "plan", 4), "!");
    assert_string_equal(level_at(out, "full", 4), "L1"); /* none was missing in training */
    assert_string_equal(level_at(out, "full", 0), "L2");
    assert_string_equal(level_at(out, "void", 3), "missing");
    assert_string_equal(level_at(out, "void", 4), "L0");
    attune_data_free(out);

    set(step, "nominal", "most_frequent");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    out = through(step, data);
    assert_string_equal(level_at(out, "plan", 1), "L1");
    assert_string_equal(level_at(out, "void", 3), "missing"); /* there is nothing else */
    attune_data_free(out);

    set(step, "nominal", "constant");
    set(step, "fill_level", "K"); /* sorts before the others, so their codes move */
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    out = through(step, data);
    assert_string_equal(level_at(out, "plan", 1), "K");
    assert_string_equal(level_at(out, "plan", 0), "L0");
    assert_string_equal(level_at(out, "plan", 2), "L1");
    assert_int_equal(attune_levels_find(column_of(out, "plan")->levels, "K"), 0);
    attune_data_free(out);

    set(step, "fill_level", "L0");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    out = through(step, data);
    assert_string_equal(level_at(out, "plan", 1), "L0");
    assert_int_equal(column_of(out, "plan")->levels->n, 2);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void indicators_say_where(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = people();
    attune_step *step = step_of("impute");
    set(step, "indicator", "true");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    attune_data *out = through(step, data);
    assert_int_equal(attune_data_find(out, "late_missing"), -1); /* it had none in training */
    assert_close(real_at(out, "age_missing", 0), 0, 0);
    assert_close(real_at(out, "age_missing", 4), 1, 0);
    assert_close(real_at(out, "none_missing", 4), 0, 0);
    assert_int_equal(out->n_columns, data->n_columns + 3);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void columns_that_need_nothing_are_shared(void **state)
{
    (void)state;
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1.5, 2.5}, 2);
    made_reals(&made, "b", ATTUNE_INPUT, (double[]){NAN, 2.5}, 2);
    made_reals(&made, "c", ATTUNE_INPUT, (double[]){NAN, 2.5}, 2);
    attune_data *data = made_data(&made, 2, ATTUNE_NO_TASK);
    attune_step *step = step_of("impute");
    attune_error error = {0};
    assert_ok(attune_texts_add(&step->columns, "b", &error), &error);
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_ptr_equal(out->columns[0], data->columns[0]);
    assert_ptr_not_equal(out->columns[1], data->columns[1]);
    assert_false(attune_key_same(out->columns[1]->id, data->columns[1]->id));
    assert_ptr_equal(out->columns[2], data->columns[2]); /* not selected */
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_as_scikit_learn_does),
        cmocka_unit_test(odd_columns_are_filled_too),
        cmocka_unit_test(nominal_columns_get_a_level),
        cmocka_unit_test(indicators_say_where),
        cmocka_unit_test(columns_that_need_nothing_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
