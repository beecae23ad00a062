/* tests/test_standard_scale.c - mean 0 and deviation 1, also of difficult columns. */
#include "tests/golden_transforms.h"

static void scales_as_scikit_learn_does(void **state)
{
    (void)state;
    struct golden golden = golden_open();
    attune_data *data = golden_data(&golden, "holes");
    attune_step *step = step_of("standard_scale");
    assert_golden(step, data, &golden, "standard");
    set(step, "with_mean", "false");
    assert_golden(step, data, &golden, "standard_no_mean");
    set(step, "with_mean", "true");
    set(step, "with_std", "false");
    assert_golden(step, data, &golden, "standard_no_std");
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&golden.document);
}

static void huge_tiny_and_empty_columns(void **state)
{
    (void)state;
    struct made made = {0};
    made_reals(&made, "huge", ATTUNE_INPUT, (double[]){1.5e308, 1.5e308, 0.5e308, 0.5e308}, 4);
    made_reals(&made, "tiny", ATTUNE_INPUT, (double[]){3e-300, 3e-300, 1e-300, 1e-300}, 4);
    made_reals(&made, "none", ATTUNE_INPUT, (double[]){NAN, NAN, NAN, NAN}, 4);
    made_reals(&made, "far", ATTUNE_INPUT, (double[]){INFINITY, 3, 1, NAN}, 4);
    made_reals(&made, "tenth", ATTUNE_INPUT, (double[]){0.1, 0.1, 0.1, 0.1}, 4);
    attune_data *data = made_data(&made, 4, ATTUNE_NO_TASK);
    attune_step *step = step_of("standard_scale");
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_close(real_at(out, "huge", 0), 1, 1e-12);
    assert_close(real_at(out, "huge", 3), -1, 1e-12);
    assert_close(real_at(out, "tiny", 1), 1, 1e-12);
    assert_true(isnan(real_at(out, "none", 0)));
    assert_true(isinf(real_at(out, "far", 0)) && isnan(real_at(out, "far", 3)));
    assert_close(real_at(out, "far", 1), 1, 1e-12);
    assert_close(real_at(out, "tenth", 2), 0, 1e-15);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void a_model_gets_its_matrix_without_a_copy(void **state)
{
    (void)state;
    attune_error error = {0};
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1.5, 2.5, 9}, 3);
    made_reals(&made, "y", ATTUNE_TARGET, (double[]){1, 2, 3}, 3);
    made_reals(&made, "b", ATTUNE_INPUT, (double[]){-1.5, 2.5, 4}, 3);
    attune_data *data = made_data(&made, 3, ATTUNE_REGRESSION);
    attune_step *step = step_of("standard_scale");
    fit_all(step, data);
    attune_data *out = through(step, data);
    attune_matrix matrix = {0};
    assert_ok(attune_data_matrix(out, &matrix, &error), &error);
    assert_int_equal(matrix.n_columns, 2);
    assert_ptr_equal(matrix.values, column_of(out, "a")->reals);
    assert_int_equal(matrix.stride % 8, 0);
    assert_close(matrix.values[matrix.stride + 1], real_at(out, "b", 1), 0);
    assert_close(matrix.values[matrix.stride + 2], 0, 0); /* padding */
    attune_matrix_clear(&matrix);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_as_scikit_learn_does),
        cmocka_unit_test(huge_tiny_and_empty_columns),
        cmocka_unit_test(a_model_gets_its_matrix_without_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
