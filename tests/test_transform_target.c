/* tests/test_transform_target.c - the target as the model sees it, and predictions turned back. */
#include "tests/fitting.h"

static attune_data *target_of(const double *values, int64_t n)
{
    struct made made = {0};
    made_reals(&made, "y", ATTUNE_TARGET, values, n);
    return made_data(&made, n, ATTUNE_REGRESSION);
}

/* What a perfect model would say of the changed target comes back as the target. */
static void assert_comes_back(const char *function, const double *values, int64_t n)
{
    attune_error error = {0};
    attune_data *data = target_of(values, n);
    attune_step *step = step_of("transform_target");
    attune_predictions predictions = {0};
    set(step, "function", function);
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_ok(attune_predictions_make(&predictions, ATTUNE_REGRESSION, n, 0, &error), &error);
    for (int64_t i = 0; i < n; i++)
        predictions.values[i] = real_at(out, "y", i);
    assert_ok(attune_step_inverse_transform(step, &predictions, &error), &error);
    for (int64_t i = 0; i < n; i++)
        assert_close(predictions.values[i], values[i], 1e-12);
    attune_predictions_clear(&predictions);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void numbers_come_back(void **state)
{
    (void)state;
    static const double y[] = {2.385, -0.75, 1200.25, 3, NAN};
    assert_comes_back("auto", y, 5);
    assert_comes_back("standardize", y, 5);
    assert_comes_back("log1p", y, 5);
    assert_comes_back("none", y, 5);
    assert_comes_back("auto", (double[]){7.5, 7.5}, 2);
}

static void numbers_are_standardized(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = target_of((double[]){1, 3, 1e9}, 3);
    attune_step *step = step_of("transform_target");
    assert_ok(fit_rows(step, data, 0, 2, &error), &error);
    attune_data *out = through(step, data);
    assert_close(real_at(out, "y", 0), -1, 1e-15);
    assert_close(real_at(out, "y", 1), 1, 1e-15);
    assert_int_equal(out->task, ATTUNE_REGRESSION);
    assert_ptr_equal(attune_data_target(out), column_of(out, "y"));
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static attune_data *classes(const int32_t *codes, int64_t n, int32_t n_classes, attune_task task)
{
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1, 2, 3, 4, 5, 6}, n);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, n_classes);
    return made_data(&made, n, task);
}

static void classes_are_ordered_by_frequency(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = classes((int32_t[]){2, 0, 2, 1, 3, -1}, 6, 4, ATTUNE_MULTICLASS);
    attune_step *step = step_of("transform_target");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error); /* 3 is not there */
    attune_data *out = through(step, data);
    static const int32_t codes[] = {0, 1, 0, 2, 3, -1};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(column_of(out, "y")->codes[i], codes[i]);
        assert_string_equal(level_at(out, "y", i), level_at(data, "y", i));
    }
    attune_predictions p = {0};
    assert_ok(attune_predictions_make(&p, ATTUNE_MULTICLASS, 1, 4, &error), &error);
    memcpy(p.values, (double[]){0.5, 0.25, 0.125, 0.0625}, 4 * sizeof(double));
    assert_ok(attune_step_inverse_transform(step, &p, &error), &error);
    assert_memory_equal(p.values, ((double[]){0.25, 0.125, 0.5, 0.0625}), 4 * sizeof(double));
    assert_ok(attune_predictions_make(&p, ATTUNE_BINARY, 1, 2, &error), &error);
    assert_int_equal(attune_step_inverse_transform(step, &p, &error), ATTUNE_INVALID);
    attune_predictions_clear(&p);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void the_positive_class_stays_the_same(void **state)
{
    (void)state;
    attune_data *data = classes((int32_t[]){1, 1, 0, 1}, 4, 2, ATTUNE_BINARY);
    attune_step *step = step_of("transform_target");
    assert_int_equal(data->positive, 1);
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_int_equal(out->positive, 0);
    assert_string_equal(column_of(out, "y")->levels->names[out->positive], "L1");
    assert_int_equal(out->task, ATTUNE_BINARY);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void what_does_not_go_together_is_said(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *numbers = target_of((double[]){2, -1}, 2);
    attune_data *names = classes((int32_t[]){1, 0}, 2, 2, ATTUNE_BINARY);
    attune_step *step = step_of("transform_target");
    set(step, "function", "log1p");
    assert_int_equal(fit_rows(step, numbers, 0, 2, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "log1p needs a target above -1; \"y\" has -1");
    attune_error_clear(&error);
    assert_int_equal(fit_rows(step, names, 0, 2, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "log1p does not go with a target of classes");
    attune_error_clear(&error);
    set(step, "function", "by_frequency");
    assert_int_equal(fit_rows(step, numbers, 0, 2, &error), ATTUNE_UNFIT);
    attune_error_clear(&error);

    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){2, 3}, 2);
    attune_data *none = made_data(&made, 2, ATTUNE_NO_TASK);
    set(step, "function", "auto");
    assert_int_equal(fit_rows(step, none, 0, 2, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "the data has no target");
    fit_all(step, numbers);
    attune_data *out = through(step, none); /* what is predicted has none */
    assert_ptr_equal(out, none);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(none);
    attune_data_free(numbers);
    attune_data_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(numbers_are_standardized),
        cmocka_unit_test(classes_are_ordered_by_frequency),
        cmocka_unit_test(the_positive_class_stays_the_same),
        cmocka_unit_test(what_does_not_go_together_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
