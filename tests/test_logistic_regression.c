/* tests/test_logistic_regression.c - the optimum that others find, and the hard cases. */
#include "steps/models/logistic_regression.h"
#include "tests/linear_golden.h"

static attune_step *step_of_case(const json_t *one)
{
    attune_step *step = step_of("logistic_regression");
    set_number(step, "C", number_of(one, "C"));
    set_number(step, "l1_ratio", number_of(one, "l1_ratio"));
    set(step, "penalty", json_string_value(json_object_get(one, "penalty")));
    set(step, "class_weight", json_string_value(json_object_get(one, "class_weight")));
    set(step, "fit_intercept", truth_of(one, "fit_intercept") ? "true" : "false");
    return step;
}

/* weight of each row in the loss: its own times its class's. */
static double row_weight(const json_t *set, const json_t *one, int64_t i, int32_t n_classes)
{
    double weight = truth_of(one, "weighted") ? golden_weight(i) : 1;
    if (strcmp(json_string_value(json_object_get(one, "class_weight")), "balanced") != 0)
        return weight;
    const json_t *y = json_object_get(set, "y");
    int64_t n = (int64_t)json_array_size(y), own = 0;
    for (int64_t k = 0; k < n; k++)
        own += item(y, k) == item(y, i);
    return weight * (double)n / (double)(n_classes * own);
}

static double penalty_of(const attune_step *step, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "penalty"));
    const attune_array *coef = fitted_array(step, "coef");
    double share = strcmp(name, "l1") == 0   ? 1
                   : strcmp(name, "l2") == 0 ? 0
                                             : number_of(one, "l1_ratio");
    double penalty = 0;
    for (int64_t i = 0; i < attune_array_count(coef); i++)
        penalty += share * fabs(coef->f64[i]) + (1 - share) / 2 * coef->f64[i] * coef->f64[i];
    return strcmp(name, "none") == 0 ? 0 : penalty;
}

/* Worked out from predictions and coefficients alone, not by the solver's own sums. */
static double objective_of(const attune_step *step, const attune_data *data, const json_t *set,
                           const json_t *one)
{
    attune_predictions p = predict_all(step, data);
    double loss = 0;
    for (int64_t i = 0; i < p.n; i++) {
        int64_t code = (int64_t)item(json_object_get(set, "y"), i);
        loss -= row_weight(set, one, i, p.n_classes) * log(p.values[i * p.width + code]);
    }
    attune_predictions_clear(&p);
    return number_of(one, "C") * loss + penalty_of(step, one);
}

static void assert_case(const json_t *set_, const json_t *one, bool dual)
{
    attune_data *data = golden_data(set_, true, truth_of(one, "weighted"));
    attune_step *step = step_of_case(one);
    if (dual)
        set(step, "dual", "true");
    fit_all(step, data);
    double found = objective_of(step, data, set_, one), golden = number_of(one, "objective");
    if (!(fabs(found - golden) <= 1e-6 * golden))
        fail_msg("%s, C %g, %s: objective %.12g, golden %.12g",
                 json_string_value(json_object_get(set_, "name")), number_of(one, "C"),
                 json_string_value(json_object_get(one, "penalty")), found, golden);
    attune_predictions p = predict_all(step, data);
    const json_t *rows = json_object_get(one, "probabilities");
    for (int64_t i = 0; i < 3; i++)
        for (int64_t k = 0; k < p.width; k++)
            assert_close(p.values[i * p.width + k], item(json_array_get(rows, (size_t)i), k), 2e-3);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void the_optimum_is_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    size_t i = 0, j = 0;
    json_t *set_ = NULL, *one = NULL;
    golden_read(&document);
    json_array_foreach(golden_sets(&document), i, set_)
    {
        json_array_foreach(json_object_get(set_, "logistic"), j, one)
        {
            assert_case(set_, one, false);
            if (strcmp(json_string_value(json_object_get(one, "penalty")), "l2") == 0)
                assert_case(set_, one, true);
        }
    }
    attune_document_clear(&document);
}

enum { n = 12, p = 3 };

static const double points[p][n] = {
    {0.3, -1.2, 2.1, 0.8, -0.4, 1.7, -2.2, 0.1, 0.9, -0.6, 1.1, -1.5},
    {1.4, 0.2, -0.7, 0.5, 2.3, -1.1, 0.6, -0.3, 1.2, 0.4, -1.9, 0.7},
    {2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5},
};
static const int32_t mixed_classes[n] = {0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1};

static attune_data *points_of(const int32_t codes[n], int32_t n_classes, const double *weights)
{
    static const char *const names[p] = {"x", "z", "constant"};
    struct made made = {0};
    for (int j = 0; j < p; j++)
        made_reals(&made, names[j], ATTUNE_INPUT, points[j], n);
    if (weights)
        made_reals(&made, "w", ATTUNE_WEIGHT, weights, n);
    made_codes(&made, "y", ATTUNE_TARGET, codes, n, n_classes);
    return made_data(&made, n, n_classes == 2 ? ATTUNE_BINARY : ATTUNE_MULTICLASS);
}

static void assert_sane(const attune_step *step, const attune_data *data)
{
    attune_predictions q = predict_all(step, data);
    for (int64_t i = 0; i < q.n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < q.width; k++) {
            assert_true(q.values[i * q.width + k] >= 0 && q.values[i * q.width + k] <= 1);
            sum += q.values[i * q.width + k];
        }
        assert_close(sum, 1, 1e-14);
    }
    attune_predictions_clear(&q);
}

static void every_penalty_does_with_constant_and_few_rows(void **state)
{
    (void)state;
    static const char *const penalties[] = {"l1", "l2", "elastic_net", "none"};
    static const int32_t three[n] = {0, 1, 2, 1, 0, 2, 0, 1, 2, 0, 0, 1};
    for (int classes = 2; classes <= 3; classes++)
        for (int k = 0; k < 4; k++)
            for (int64_t rows = 1; rows <= n; rows++) {
                attune_error error = {0};
                attune_data *data = points_of(classes == 2 ? mixed_classes : three, classes, NULL);
                attune_step *step = step_of("logistic_regression");
                set(step, "penalty", penalties[k]);
                set(step, "C", "100");
                assert_ok(fit_rows(step, data, 0, rows, &error), &error);
                assert_sane(step, data);
                attune_step_free(step);
                attune_data_free(data);
            }
}

static void absent_classes_have_no_chance(void **state)
{
    (void)state;
    static const int32_t two_of_four[n] = {3, 1, 3, 1, 3, 3, 1, 1, 3, 1, 3, 1};
    static const int32_t ones[n] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    attune_data *data = points_of(two_of_four, 4, NULL);
    attune_step *step = step_of("logistic_regression");
    fit_all(step, data);
    attune_predictions q = predict_all(step, data);
    for (int64_t i = 0; i < n; i++) {
        assert_true(q.values[4 * i] == 0 && q.values[4 * i + 2] == 0);
        assert_close(q.values[4 * i + 1] + q.values[4 * i + 3], 1, 1e-15);
    }
    attune_predictions_clear(&q);
    attune_data_free(data);
    for (int classes = 2; classes <= 4; classes++) {
        data = points_of(ones, classes, NULL);
        fit_all(step, data);
        q = predict_all(step, data);
        for (int64_t i = 0; i < n; i++)
            assert_true(q.values[classes * i + 1] == 1 && q.values[classes * i] == 0);
        attune_predictions_clear(&q);
        attune_data_free(data);
    }
    attune_step_free(step);
}

/* What is logged, kept for a look. */
struct heard {
    char text[200];
};

static void hear(void *user, attune_log_level level, const char *text)
{
    struct heard *heard = user;
    (void)level;
    snprintf(heard->text, sizeof heard->text, "%s", text);
}

static void heard_fit(attune_step *step, const attune_data *data, struct heard *heard)
{
    attune_error error = {0};
    attune_services services = {.user = heard, .log = hear};
    attune_context context = attune_context_root(&services, attune_key_start("test"));
    attune_rows *rows = rows_from(0, data->n_rows);
    heard->text[0] = 0;
    assert_ok(attune_step_fit(step, data, rows, &context, &error), &error);
    attune_rows_free(rows);
}

static void no_optimum_is_said(void **state)
{
    (void)state;
    static const int32_t split[n] = {1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0}; /* x > 0 */
    struct heard heard;
    attune_data *data = points_of(split, 2, NULL);
    attune_step *step = step_of("logistic_regression");
    set(step, "penalty", "none");
    heard_fit(step, data, &heard);
    assert_non_null(strstr(heard.text, "separated exactly"));
    assert_sane(step, data);
    set(step, "penalty", "l2");
    heard_fit(step, data, &heard);
    assert_string_equal(heard.text, "");
    set(step, "max_iter", "1");
    set(step, "C", "1000");
    heard_fit(step, data, &heard);
    assert_non_null(strstr(heard.text, "not converged after 1 steps"));
    attune_step_free(step);
    attune_data_free(data);
}

static void weight_is_a_count_of_rows(void **state)
{
    (void)state;
    static const double weights[n] = {1, 2, 0, 1, 1, 3, 1, 1, 0, 1, 2, 1};
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *weighted = points_of(mixed_classes, 2, weights);
    attune_data *plain = points_of(mixed_classes, 2, NULL);
    attune_step *a = step_of("logistic_regression"), *b = step_of("logistic_regression");
    int64_t *index = attune_alloc(2 * n, sizeof *index, &error), count = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < (int)weights[i]; k++)
            index[count++] = i;
    attune_rows *rows = attune_rows_new_take(index, count, &error);
    fit_all(a, weighted);
    assert_ok(attune_step_fit(b, plain, rows, &context, &error), &error);
    for (int64_t j = 0; j < p; j++)
        assert_close(fitted_array(a, "coef")->f64[j], fitted_array(b, "coef")->f64[j], 1e-9);
    assert_true(fitted_array(a, "coef")->f64[2] == 0); /* the constant */
    attune_rows_free(rows);
    attune_step_free(a);
    attune_step_free(b);
    attune_data_free(weighted);
    attune_data_free(plain);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    double weights[n] = {0};
    attune_error error = {0};
    attune_data *data = points_of(mixed_classes, 2, weights);
    attune_step *step = step_of("logistic_regression");
    fit_rows(step, data, 0, n, &error);
    assert_error(&error, ATTUNE_UNFIT, "no training row weighs");
    attune_data_free(data);
    for (int k = 0; k < 2; k++) {
        double holes[n] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, k ? INFINITY : NAN};
        struct made made = {0};
        made_reals(&made, "age", ATTUNE_INPUT, holes, n);
        made_codes(&made, "y", ATTUNE_TARGET, mixed_classes, n, 2);
        data = made_data(&made, n, ATTUNE_BINARY);
        attune_error_clear(&error);
        fit_rows(step, data, 0, n, &error);
        assert_error(&error, ATTUNE_UNFIT,
                     k ? "\"age\" has an infinite value" : "\"age\" has missing values");
        attune_error_clear(&error);
        assert_ok(fit_rows(step, data, 0, n - 1, &error), &error);
        attune_context context = test_context();
        attune_predictions q = {0};
        attune_rows *rows = rows_from(n - 2, n);
        attune_step_predict(step, data, rows, &context, &q, &error);
        assert_error(&error, ATTUNE_UNFIT, "\"age\" has");
        attune_predictions_clear(&q);
        attune_rows_free(rows);
        attune_data_free(data);
    }
    attune_error_clear(&error);
    set_words(step, "C", "0", &error);
    assert_error(&error, ATTUNE_INVALID, "C");
    attune_error_clear(&error);
    set(step, "dual", "true");
    set(step, "penalty", "l1");
    attune_step_check(step, &error);
    assert_error(&error, ATTUNE_INVALID, "dual");
    attune_step_free(step);
}

static void no_inputs_leave_the_frequencies(void **state)
{
    (void)state;
    struct made made = {0};
    made_codes(&made, "y", ATTUNE_TARGET, mixed_classes, n, 2);
    attune_data *data = made_data(&made, n, ATTUNE_BINARY);
    attune_step *step = step_of("logistic_regression");
    attune_error error = {0};
    assert_ok(fit_rows(step, data, 0, 9, &error), &error); /* 5 of 9 */
    attune_predictions q = predict_all(step, data);
    assert_close(q.values[1], 5.0 / 9, 1e-6);
    attune_predictions_clear(&q);
    attune_step_free(step);
    attune_data_free(data);
}

/* Made numbers, spread over -1 to 1. */
static double made_number(int64_t i)
{
    return 2 * fmod((double)(i * 7919 % 10007) * 0.6180339887, 1) - 1;
}

/* Solvers against each other on one problem in raw form, also above the size where the
 * preconditioner is a diagonal. */
static void solvers_agree(void **state)
{
    (void)state;
    static const int64_t widths[] = {40, 1100};
    for (int which = 0; which < 2; which++) {
        enum { ROWS = 60 };
        int64_t inputs = widths[which], stride = (inputs + 8) / 8 * 8;
        double *x = attune_alloc(ROWS * stride, sizeof *x, NULL), weight[ROWS];
        int32_t y[ROWS];
        for (int64_t i = 0; i < ROWS; i++) {
            for (int64_t j = 0; j < inputs; j++)
                x[i * stride + j] = made_number(i * inputs + j);
            x[i * stride + inputs] = 1;
            y[i] = (int32_t)(i * i % 3);
            weight[i] = 1.0 / ROWS;
        }
        attune_context context = test_context();
        attune_logistic problem = {ROWS,   inputs, inputs + 1, stride, 3,   x,       y,
                                   weight, 0,      0.02,       1e-6,   200, &context};
        attune_logistic_result a = {0}, b = {0}, c = {0};
        attune_error error = {0};
        for (int solver = 0; solver < 3; solver++) {
            double *w = attune_alloc(3 * stride, sizeof *w, NULL);
            attune_logistic_solver solve = solver == 0   ? attune_logistic_newton
                                           : solver == 1 ? attune_logistic_rows
                                                         : attune_logistic_sparse;
            if (solver < 2 || which == 0)
                assert_ok(solve(&problem, w,
                                solver == 0   ? &a
                                : solver == 1 ? &b
                                              : &c,
                                &error),
                          &error);
            free(w);
        }
        assert_true(a.converged && b.converged && (which || c.converged));
        assert_close(b.objective / a.objective, 1, 1e-10);
        assert_close(which ? 1 : c.objective / a.objective, 1, 1e-10);
        free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_optimum_is_scikit_learns),
        cmocka_unit_test(every_penalty_does_with_constant_and_few_rows),
        cmocka_unit_test(absent_classes_have_no_chance),
        cmocka_unit_test(no_optimum_is_said),
        cmocka_unit_test(weight_is_a_count_of_rows),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(no_inputs_leave_the_frequencies),
        cmocka_unit_test(solvers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
