/* tests/test_elastic_net.c - the objective is scikit-learn's, the optimum is one, and so is ridge.
 */
#include "tests/simple_golden.h"

#include "steps/models/elastic_net.h"

static double value(const attune_data *data, int64_t row, int64_t column)
{
    return data->columns[column]->reals[row * data->columns[column]->stride];
}

/* The objective of coefficients, found from the data and nothing else. */
static double objective(const attune_data *data, int64_t n, const double *coef, double intercept,
                        double alpha, double l1_ratio)
{
    const attune_column *target = attune_data_target(data);
    const attune_column *weights = attune_data_role(data, ATTUNE_WEIGHT);
    int64_t p = attune_normal_equations_inputs(data);
    double loss = 0, total = 0, penalty = 0;
    for (int64_t i = 0; i < n; i++) {
        double rest = target->reals[i] - intercept, weight = weights ? weights->reals[i] : 1;
        for (int64_t j = 0; j < p; j++)
            rest -= coef[j] * value(data, i, j);
        loss += weight * rest * rest;
        total += weight;
    }
    for (int64_t j = 0; j < p; j++)
        penalty += l1_ratio * fabs(coef[j]) + (1 - l1_ratio) / 2 * coef[j] * coef[j];
    return loss / (2 * total) + alpha * penalty;
}

static void assert_case(const json_t *set_, const json_t *one)
{
    attune_data *data = golden_data(set_, false, truth_of(one, "weighted"));
    attune_step *step = step_of("elastic_net");
    set_case(step, one);
    fit_set(step, set_, data);
    const attune_array *coef = fitted_array(step, "coef");
    double found = objective(data, (int64_t)number_of(set_, "n_train"), coef->f64,
                             fitted_array(step, "intercept")->f64[0], number_of(one, "alpha"),
                             number_of(one, "l1_ratio"));
    double golden = number_of(one, "objective");
    if (!(found <= golden * (1 + 1e-9))) /* lower is better */
        fail_msg("%s, alpha %g: %.17g is above %.17g",
                 json_string_value(json_object_get(set_, "name")), number_of(one, "alpha"), found,
                 golden);
    assert_true(found >=
                golden * (1 - 1e-9) - number_of(one, "gap")); /* it may run out of rounds */
    attune_step_free(step);
    attune_data_free(data);
}

static void objectives_are_scikit_learns(void **state)
{
    (void)state;
    for_each_case("elastic_net", assert_case);
}

/* Coefficients too, where there is one solution. */
static void assert_coefficients(const json_t *set_, const json_t *one)
{
    attune_data *data = golden_data(set_, false, truth_of(one, "weighted"));
    int64_t p = attune_normal_equations_inputs(data);
    attune_step *step = step_of("elastic_net");
    set_case(step, one);
    set(step, "tol", "1e-14");
    fit_set(step, set_, data);
    const json_t *coef = json_object_get(one, "coef");
    for (int64_t j = 0; j < p && p < 10; j++)
        assert_close(fitted_array(step, "coef")->f64[j], item(coef, j), 1e-6);
    attune_step_free(step);
    attune_data_free(data);
}

static void coefficients_are_scikit_learns(void **state)
{
    (void)state;
    for_each_case("elastic_net", assert_coefficients);
}

static void without_l1_it_is_ridge(void **state)
{
    (void)state;
    attune_data *data = simple_data(1, false);
    attune_step *net = step_of("elastic_net"), *ridge = step_of("ridge");
    set(net, "l1_ratio", "0");
    set(net, "tol", "1e-14");
    set_number(net, "alpha", 0.3);
    set_number(ridge, "alpha", 0.3 * (double)data->n_rows);
    fit_all(net, data);
    fit_all(ridge, data);
    for (int64_t j = 0; j < attune_array_count(fitted_array(net, "coef")); j++)
        assert_close(fitted_array(net, "coef")->f64[j], fitted_array(ridge, "coef")->f64[j], 1e-9);
    attune_step_free(net);
    attune_step_free(ridge);
    attune_data_free(data);
}

static void a_large_penalty_leaves_the_mean(void **state)
{
    (void)state;
    attune_data *data = simple_data(0, false);
    attune_step *step = step_of("elastic_net");
    const attune_column *target = attune_data_target(data);
    double mean = 0;
    set(step, "alpha", "1e6");
    fit_all(step, data);
    for (int64_t i = 0; i < data->n_rows; i++)
        mean += target->reals[i] / (double)data->n_rows;
    assert_close(fitted_array(step, "intercept")->f64[0], mean, 1e-12);
    for (int64_t j = 0; j < attune_array_count(fitted_array(step, "coef")); j++)
        assert_true(fitted_array(step, "coef")->f64[j] == 0);
    attune_step_free(step);
    attune_data_free(data);
}

/* The same problem from the matrix, and from columns. */
static void columns_give_what_the_matrix_gives(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = simple_data(2, false);
    attune_rows *rows = rows_from(0, data->n_rows);
    attune_normal_equations *e = NULL;
    assert_ok(attune_normal_equations_get(&context, data, rows, false, &e, &error), &error);
    attune_normal_equations columns = *e;
    double found[2][64] = {{0}};
    columns.columns = attune_alloc(e->p * e->n, sizeof(double), &error);
    columns.y = attune_alloc(e->n, sizeof(double), &error);
    columns.matrix = NULL;
    for (int64_t i = 0; i < e->n; i++) {
        columns.y[i] = attune_data_target(data)->reals[i];
        for (int64_t j = 0; j < e->p; j++)
            columns.columns[j * e->n + i] = value(data, i, j);
    }
    for (int k = 0; k < 2; k++) {
        attune_elastic_net problem = {.equations = k ? &columns : e,
                                      .l1 = 0.8 * e->total,
                                      .l2 = 0.05 * e->total,
                                      .tol = 1e-12,
                                      .max_iter = 10000,
                                      .context = &context};
        attune_elastic_net_result result = {0};
        problem.l1_before = problem.l1; /* the wrong rule: what it leaves out must come in */
        assert_ok(attune_elastic_net_solve(&problem, found[k], &result, &error), &error);
        assert_true(result.n_iter < 500 && result.gap <= 1e-12 * result.objective);
    }
    for (int64_t j = 0; j < e->p; j++)
        assert_close(found[1][j], found[0][j], 1e-9);
    free(columns.columns);
    free(columns.y);
    attune_normal_equations_free(e);
    attune_rows_free(rows);
    attune_data_free(data);
}

static void shared_work_changes_no_bit(void **state)
{
    (void)state;
    static const char *const settings[] = {"alpha", "0.01", NULL,    "alpha", "0.001", "l1_ratio",
                                           "0.52",  NULL,   "alpha", "3",     NULL,    NULL};
    static const char *const ridge[] = {"alpha", "1",     NULL,   "alpha", "250",
                                        NULL,    "alpha", "0.01", NULL,    NULL};
    attune_data *data = simple_data(1, false);
    assert_true(assert_shares("elastic_net", settings, data, 50, 1 << 24) >= 4);
    assert_int_equal(assert_shares("elastic_net", settings, data, 50, 0), 0);
    assert_int_equal(assert_shares("ridge", ridge, data, 50, 1 << 24), 2);
    assert_int_equal(assert_shares("ridge", ridge, data, 50, 0), 0);
    attune_data_free(data);
}

static void missing_values_are_refused(void **state)
{
    (void)state;
    assert_refuses_missing("elastic_net", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objectives_are_scikit_learns),
        cmocka_unit_test(coefficients_are_scikit_learns),
        cmocka_unit_test(without_l1_it_is_ridge),
        cmocka_unit_test(a_large_penalty_leaves_the_mean),
        cmocka_unit_test(columns_give_what_the_matrix_gives),
        cmocka_unit_test(shared_work_changes_no_bit),
        cmocka_unit_test(missing_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
