/* tests/test_lda.c - linear discriminant analysis gives what scikit-learn's lsqr solver gives. */
#include "tests/simple_golden.h"

static void assert_case(const json_t *set_, const json_t *one)
{
    attune_data *data = golden_data(set_, true, false);
    attune_step *step = step_of("lda");
    set_case(step, one);
    fit_set(step, set_, data);
    assert_predicts(step, data, json_object_get(one, "probabilities"), 0, 1e-9);
    attune_step_free(step);
    attune_data_free(data);
}

static void probabilities_are_scikit_learns(void **state)
{
    (void)state;
    for_each_case("lda", assert_case);
}

enum { n = 9 };

/* Three columns that sum to 1 and one that never varies, or two of the three. */
static attune_data *one_hot(bool dependent)
{
    static const double a[n] = {1, 0, 0, 1, 0, 0, 1, 0, 0}, b[n] = {0, 1, 0, 0, 1, 1, 0, 0, 1};
    static const double z[n] = {0.3, 2, 1.5, 0.7, 2.385, 3, -1, 0, 1};
    static const int32_t codes[n] = {0, 1, 2, 0, 1, 2, 1, 0, 2};
    double c[n], same[n];
    struct made made = {0};
    for (int i = 0; i < n; i++) {
        c[i] = 1 - a[i] - b[i];
        same[i] = 0.1;
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_reals(&made, "b", ATTUNE_INPUT, b, n);
    made_reals(&made, "z", ATTUNE_INPUT, z, n);
    if (dependent) {
        made_reals(&made, "c", ATTUNE_INPUT, c, n);
        made_reals(&made, "same", ATTUNE_INPUT, same, n);
    }
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, 3);
    return made_data(&made, n, ATTUNE_MULTICLASS);
}

static void dependent_columns_change_nothing(void **state)
{
    (void)state;
    attune_data *data[] = {one_hot(false), one_hot(true)};
    attune_step *step[] = {step_of("lda"), step_of("lda")};
    attune_predictions p[2];
    for (int k = 0; k < 2; k++) {
        fit_all(step[k], data[k]);
        p[k] = predict_all(step[k], data[k]);
    }
    for (int i = 0; i < 3 * n; i++)
        assert_close(p[1].values[i], p[0].values[i], 1e-12);
    for (int k = 0; k < 3; k++) /* the least norm leaves it out */
        assert_true(fitted_array(step[1], "coef")->f64[k * 5 + 4] == 0);
    for (int k = 0; k < 2; k++) {
        attune_predictions_clear(&p[k]);
        attune_step_free(step[k]);
        attune_data_free(data[k]);
    }
}

/* Within a class the first column does not vary: the classes are known by it, but the likelihood
 * has no use for it. */
static void a_column_constant_within_classes_says_nothing(void **state)
{
    (void)state;
    enum { rows = 60 };
    static const double level[] = {0.1, 0.7, 1e5 / 3};
    double constant[rows], x[rows];
    int32_t codes[rows];
    for (int i = 0; i < rows; i++) {
        codes[i] = i * 7 % 11 % 3;
        constant[i] = level[codes[i]];
        x[i] = codes[i] + 2.385 * sin(i);
    }
    attune_predictions p[2];
    for (int with = 0; with < 2; with++) {
        struct made made = {0};
        if (with)
            made_reals(&made, "constant", ATTUNE_INPUT, constant, rows);
        made_reals(&made, "x", ATTUNE_INPUT, x, rows);
        made_codes(&made, "y", ATTUNE_TARGET, codes, rows, 3);
        attune_data *data = made_data(&made, rows, ATTUNE_MULTICLASS);
        attune_step *step = step_of("lda");
        fit_all(step, data);
        p[with] = predict_all(step, data);
        attune_step_free(step);
        attune_data_free(data);
    }
    for (int i = 0; i < 3 * rows; i++)
        assert_close(p[1].values[i], p[0].values[i], 1e-12);
    attune_predictions_clear(&p[0]);
    attune_predictions_clear(&p[1]);
}

/* Rows 0, 2, 3 and 5: the second class is not there. */
static void an_absent_class_has_no_probability(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = one_hot(false);
    attune_step *step = step_of("lda");
    int64_t *index = attune_alloc(4, sizeof *index, &error);
    static const int64_t chosen[] = {0, 2, 3, 5};
    memcpy(index, chosen, sizeof chosen);
    attune_rows *rows = attune_rows_new_take(index, 4, &error);
    set(step, "shrinkage", "auto");
    assert_ok(attune_step_fit(step, data, rows, &context, &error), &error);
    attune_predictions p = predict_all(step, data);
    for (int i = 0; i < n; i++) {
        assert_true(p.values[i * 3 + 1] == 0);
        assert_close(p.values[i * 3] + p.values[i * 3 + 2], 1, 1e-15);
    }
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void shrinkage_is_null_auto_or_a_share(void **state)
{
    (void)state;
    static const char *const wrong[] = {"-0.1", "1.5", "much", "true"};
    attune_data *data = one_hot(false);
    for (int i = 0; i < 4; i++) {
        attune_error error = {0};
        attune_step *step = step_of("lda");
        if (set_words(step, "shrinkage", wrong[i], &error) == ATTUNE_OK)
            fit_rows(step, data, 0, n, &error);
        assert_error(&error, ATTUNE_INVALID, "shrinkage must be null, auto or from 0 to 1");
        attune_step_free(step);
    }
    attune_data_free(data);
}

static void shared_work_changes_no_bit(void **state)
{
    (void)state;
    static const char *const settings[] = {"shrinkage", "0.1",       NULL,   "shrinkage", "0.7",
                                           NULL,        "shrinkage", "auto", NULL,        NULL};
    attune_data *data = simple_data(1, true);
    assert_int_equal(assert_shares("lda", settings, data, 50, 1 << 24), 1);
    assert_int_equal(assert_shares("lda", settings, data, 50, 0), 0);
    attune_data_free(data);
}

static void missing_values_are_refused(void **state)
{
    (void)state;
    assert_refuses_missing("lda", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_scikit_learns),
        cmocka_unit_test(dependent_columns_change_nothing),
        cmocka_unit_test(a_column_constant_within_classes_says_nothing),
        cmocka_unit_test(an_absent_class_has_no_probability),
        cmocka_unit_test(shrinkage_is_null_auto_or_a_share),
        cmocka_unit_test(shared_work_changes_no_bit),
        cmocka_unit_test(missing_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
