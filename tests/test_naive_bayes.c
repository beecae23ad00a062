/* tests/test_naive_bayes.c - naive Bayes gives what scikit-learn's two give, alone and together. */
#include "tests/simple_golden.h"

static void assert_case(const json_t *set_, const json_t *one)
{
    attune_data *data = golden_data(set_, true, truth_of(one, "weighted"));
    attune_step *step = step_of("naive_bayes");
    set_case(step, one);
    fit_set(step, set_, data);
    assert_predicts(step, data, json_object_get(one, "probabilities"), 0, 1e-10);
    attune_step_free(step);
    attune_data_free(data);
}

static void probabilities_are_scikit_learns(void **state)
{
    (void)state;
    for_each_case("naive_bayes", assert_case);
}

/* The set's nominal columns, of four levels each, with its real ones or alone. */
static attune_data *with_codes(const json_t *set_, bool reals)
{
    static const char *const names[] = {"a", "b", "c", "d"}, *const columns[] = {"u", "v"};
    attune_error error = {0};
    attune_data *data = golden_data(set_, true, false);
    attune_levels *levels = attune_levels_new(names, 4, &error);
    attune_column *added[2];
    uint8_t *drop = attune_alloc(data->n_columns, 1, &error);
    int32_t *codes = attune_alloc(data->n_rows, sizeof *codes, &error);
    const json_t *rows = json_object_get(set_, "codes");
    for (int c = 0; c < 2; c++) {
        for (int64_t i = 0; i < data->n_rows; i++)
            codes[i] = (int32_t)item(json_array_get(rows, (size_t)i), c);
        added[c] = golden_column(columns[c], ATTUNE_NOMINAL_COLUMN, codes, data->n_rows,
                                 sizeof *codes, levels);
    }
    for (int64_t c = 0; c < data->n_columns && !reals; c++)
        drop[c] = data->roles[c] == ATTUNE_INPUT;
    attune_data *made = attune_data_with(data, NULL, drop, added, 2, &error);
    assert_non_null(made);
    for (int c = 0; c < 2; c++)
        attune_column_free(added[c]);
    attune_levels_free(levels);
    attune_data_free(data);
    free(codes);
    free(drop);
    return made;
}

static void assert_counted(const json_t *set_, const json_t *one)
{
    for (int reals = 0; reals < 2; reals++) {
        attune_data *data = with_codes(set_, reals);
        attune_step *step = step_of("naive_bayes");
        set_case(step, one);
        set(step, "var_smoothing", "0.001");
        fit_set(step, set_, data);
        assert_predicts(step, data, json_object_get(one, reals ? "both" : "nominal"), 0, 1e-10);
        attune_step_free(step);
        attune_data_free(data);
    }
}

static void nominal_columns_are_counted(void **state)
{
    (void)state;
    for_each_case("counted", assert_counted);
}

enum { n = 6 };

static attune_data *coloured(const int32_t *colours)
{
    static const int32_t codes[n] = {0, 0, 1, 1, 0, 1};
    struct made made = {0};
    made_codes(&made, "colour", ATTUNE_INPUT, colours, n, 3);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 3);
    return made_data(&made, n, ATTUNE_MULTICLASS);
}

/* (1 + 1) / (3 + 3) against (0 + 1) / (3 + 3); the third class has no row. */
static void unseen_levels_say_nothing(void **state)
{
    (void)state;
    static const int32_t colours[n] = {0, 1, 2, 1, 1, ATTUNE_CODE_UNSEEN};
    attune_data *data = coloured(colours);
    attune_step *step = step_of("naive_bayes");
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    assert_close(p.values[5 * 3], 0.5, 1e-15);
    assert_close(p.values[0], (2. / 6) / (2. / 6 + 1. / 5), 1e-15); /* one of three was unseen */
    assert_true(p.values[2] == 0);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void missing_values_are_refused(void **state)
{
    (void)state;
    static const int32_t colours[n] = {0, 1, 2, 1, 1, ATTUNE_CODE_MISSING};
    attune_error error = {0};
    attune_data *data = coloured(colours);
    attune_step *step = step_of("naive_bayes");
    fit_rows(step, data, 0, n, &error);
    assert_error(&error, ATTUNE_UNFIT, "\"colour\" has missing values: put an impute step");
    attune_step_free(step);
    attune_data_free(data);
    assert_refuses_missing("naive_bayes", true);
}

static void constants_and_far_values_are_no_nan(void **state)
{
    (void)state;
    static const double same[n] = {3, 3, 3, 3, 3, 3}, far[n] = {1, 2, 3, 4, 5, 1e200};
    static const int32_t codes[n] = {0, 0, 1, 1, 0, 1};
    attune_error error = {0};
    attune_context context = test_context();
    struct made made = {0};
    made_reals(&made, "same", ATTUNE_INPUT, same, n);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 2);
    attune_data *data = made_data(&made, n, ATTUNE_BINARY);
    attune_step *step = step_of("naive_bayes");
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    assert_close(p.values[0], 0.5, 1e-15);
    attune_data_free(data);
    made_reals(&made, "far", ATTUNE_INPUT, far, n);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 2);
    data = made_data(&made, n, ATTUNE_BINARY);
    assert_ok(fit_rows(step, data, 0, n - 1, &error), &error);
    attune_rows *all = rows_from(0, n);
    attune_step_predict(step, data, all, &context, &p, &error);
    assert_error(&error, ATTUNE_UNFIT, "row 6 are too large");
    attune_rows_free(all);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void priors_are_one_a_class(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = simple_data(0, true);
    attune_step *step = step_of("naive_bayes");
    set(step, "priors", "[0.5, 0.5]");
    fit_rows(step, data, 0, 20, &error);
    assert_error(&error, ATTUNE_UNFIT, "priors: 2 are given, the target has 3 classes");
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_scikit_learns),
        cmocka_unit_test(nominal_columns_are_counted),
        cmocka_unit_test(unseen_levels_say_nothing),
        cmocka_unit_test(missing_values_are_refused),
        cmocka_unit_test(constants_and_far_values_are_no_nan),
        cmocka_unit_test(priors_are_one_a_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
