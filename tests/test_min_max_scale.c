/* tests/test_min_max_scale.c - every column to the same range. */
#include "tests/golden_transforms.h"

static void scales_as_scikit_learn_does(void **state)
{
    (void)state;
    struct golden golden = golden_open();
    attune_data *data = golden_data(&golden, "holes");
    attune_step *step = step_of("min_max_scale");
    assert_golden(step, data, &golden, "min_max");
    set(step, "low", "-2");
    set(step, "high", "3");
    set(step, "clip", "true");
    assert_golden(step, data, &golden, "min_max_clip");
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&golden.document);
}

static void the_widest_range_does_not_overflow(void **state)
{
    (void)state;
    struct made made = {0};
    made_reals(&made, "wide", ATTUNE_INPUT, (double[]){-1.7e308, 0, 1.7e308}, 3);
    attune_data *data = made_data(&made, 3, ATTUNE_NO_TASK);
    attune_step *step = step_of("min_max_scale");
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_close(real_at(out, "wide", 0), 0, 0);
    assert_close(real_at(out, "wide", 1), 0.5, 0);
    assert_close(real_at(out, "wide", 2), 1, 0);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void a_range_has_its_ends_in_order(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_step *step = step_of("min_max_scale");
    set(step, "low", "2.385");
    assert_int_equal(attune_step_check(step, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "min_max_scale: need low < high");
    attune_step_free(step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_as_scikit_learn_does),
        cmocka_unit_test(the_widest_range_does_not_overflow),
        cmocka_unit_test(a_range_has_its_ends_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
