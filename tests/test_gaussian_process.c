/* tests/test_gaussian_process.c - likelihood, gradient and predictions are those of scikit-learn.
 */
#include "steps/models/gaussian_process.h"
#include "steps/numeric/numeric.h"
#include "tests/simple_golden.h"

enum { most_rows = 80, most_columns = 8 };

static void gp_read(attune_document *document)
{
    attune_error error = {0};
    assert_ok(attune_document_read(document, ATTUNE_TEST_GOLDEN "/gaussian_process.json", &error),
              &error);
}

static void copy_items(const json_t *array, double *to)
{
    for (int64_t i = 0; i < (int64_t)json_array_size(array); i++)
        to[i] = item(array, i);
}

static attune_data *golden_rows(const json_t *root, bool classes, bool weighted)
{
    struct made made = {0};
    const json_t *x = json_object_get(root, "x"), *codes = json_object_get(root, "codes");
    int64_t n = (int64_t)json_array_size(x), p = (int64_t)json_array_size(json_array_get(x, 0));
    double column[most_rows], other[most_rows];
    int32_t kept[most_rows];
    assert_true(n <= most_rows && p <= most_columns);
    for (int64_t j = 0; j < p; j++) {
        char name[] = {'x', (char)('0' + j), 0};
        for (int64_t i = 0; i < n; i++)
            column[i] = item(json_array_get(x, (size_t)i), j);
        made_reals(&made, name, ATTUNE_INPUT, column, n);
    }
    copy_items(json_object_get(root, "weight"), other);
    if (weighted)
        made_reals(&made, "w", ATTUNE_WEIGHT, other, n);
    copy_items(json_object_get(root, "y"), other);
    for (int64_t i = 0; i < n; i++)
        kept[i] = (int32_t)item(codes, i);
    if (classes)
        made_codes(&made, "y", ATTUNE_TARGET, kept, n, 3);
    else
        made_reals(&made, "y", ATTUNE_TARGET, other, n);
    return made_data(&made, n, classes ? ATTUNE_MULTICLASS : ATTUNE_REGRESSION);
}

static attune_gp_kernel kernel_of(const json_t *one)
{
    static const char *const names[] = {"rbf", "matern32", "matern52"};
    int k = 0;
    while (strcmp(names[k], json_string_value(json_object_get(one, "kernel"))) != 0)
        k++;
    return (attune_gp_kernel)k;
}

/* Minus the likelihood and its gradient at a golden place: variance, noise, length scales (theirs
 * has the noise last). */
static void assert_likelihood(const json_t *root, const json_t *one, double *x, double *y,
                              int64_t p)
{
    attune_error error = {0};
    attune_context context = test_context();
    const json_t *theta = json_object_get(one, "theta"), *slope = json_object_get(one, "gradient");
    int64_t n = (int64_t)number_of(root, "n_train"), n_logs = (int64_t)json_array_size(theta);
    double logs[most_columns], gradient[most_columns], value = 0, weight[most_rows];
    for (int64_t i = 0; i < n; i++)
        weight[i] = 1;
    attune_gp_model model = {.kernel = kernel_of(one),
                             .n = n,
                             .p = p,
                             .n_outputs = 1,
                             .n_scales = n_logs - 2,
                             .stride = most_columns,
                             .n_stride = attune_padded(n),
                             .x = x,
                             .y = y,
                             .weight = weight,
                             .context = &context};
    logs[0] = item(theta, 0);
    logs[1] = item(theta, n_logs - 1);
    for (int64_t s = 2; s < n_logs; s++)
        logs[s] = item(theta, s - 1);
    assert_ok(attune_gp_model_make(&model, &error), &error);
    assert_ok(attune_gp_likelihood(&model, logs, &value, gradient, &error), &error);
    assert_close(-value, number_of(one, "value"), 1e-8);
    assert_close(-gradient[0], item(slope, 0), 1e-7);
    assert_close(-gradient[1], item(slope, n_logs - 1), 1e-7);
    for (int64_t s = 2; s < n_logs; s++)
        assert_close(-gradient[s], item(slope, s - 1), 1e-7);
    attune_gp_model_clear(&model);
}

static void likelihoods_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    size_t i = 0;
    json_t *one = NULL;
    double rows[most_rows * most_columns] = {0}, y[most_rows] = {0}, mean = 0, square = 0;
    gp_read(&document);
    const json_t *root = document.root, *x = json_object_get(root, "x");
    int64_t n = (int64_t)number_of(root, "n_train");
    for (int64_t r = 0; r < n; r++) {
        copy_items(json_array_get(x, (size_t)r), rows + r * most_columns);
        y[r] = item(json_object_get(root, "y"), r);
        mean += y[r] / (double)n;
    }
    for (int64_t r = 0; r < n; r++)
        square += (y[r] - mean) * (y[r] - mean) / (double)n;
    for (int64_t r = 0; r < n; r++)
        y[r] = (y[r] - mean) / sqrt(square);
    assert_int_equal(json_array_size(json_object_get(root, "cases")), 6);
    json_array_foreach(json_object_get(root, "cases"), i, one)
        assert_likelihood(root, one, rows, y, (int64_t)json_array_size(json_array_get(x, 0)));
    attune_document_clear(&document);
}

static double log_likelihood_of(const attune_step *step)
{
    const attune_field *field = attune_field_find(step->type->fields, "settings");
    const attune_array *array =
        (const attune_array *)(const void *)((const char *)step->self + field->offset);
    return array->f64[2];
}

/* The search ends at least as high as theirs, and then says the same. */
static void the_search_finds_scikit_learns_best(void **state)
{
    (void)state;
    attune_document document = {0};
    attune_error error = {0};
    size_t i = 0;
    json_t *one = NULL;
    gp_read(&document);
    attune_data *data = golden_rows(document.root, false, false);
    int64_t n_train = (int64_t)number_of(document.root, "n_train");
    json_array_foreach(json_object_get(document.root, "cases"), i, one)
    {
        attune_step *step = step_of("gaussian_process");
        set(step, "kernel", json_string_value(json_object_get(one, "kernel")));
        set(step, "ard", truth_of(one, "ard") ? "true" : "false");
        set(step, "max_iter", "200");
        assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
        double more = log_likelihood_of(step) - number_of(one, "best");
        assert_true(more > -1e-4);
        attune_predictions p = predict_all(step, data);
        const json_t *wanted = json_object_get(one, "best_predictions");
        for (int64_t r = 0; r < (int64_t)json_array_size(wanted) && more < 1e-3; r++)
            assert_close(p.values[n_train + r], item(wanted, r), 5e-3);
        attune_predictions_clear(&p);
        attune_step_free(step);
    }
    attune_data_free(data);
    attune_document_clear(&document);
}

static void assert_says(const json_t *root, bool classes, bool weighted, const char *key)
{
    attune_error error = {0};
    attune_data *data = golden_rows(root, classes, weighted);
    int64_t n_train = (int64_t)number_of(root, "n_train");
    attune_step *step = step_of("gaussian_process");
    set(step, "max_iter", "0"); /* the start: variance 1, noise 0.1, the root of three */
    assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
    attune_predictions p = predict_all(step, data);
    const json_t *wanted = json_object_get(root, key);
    assert_true(json_array_size(wanted) > 20);
    for (int64_t r = 0; r < (int64_t)json_array_size(wanted); r++)
        for (int64_t k = 0; k < p.width; k++) {
            const json_t *row = json_array_get(wanted, (size_t)r);
            assert_close(p.values[(n_train + r) * p.width + k],
                         classes ? item(row, k) : json_number_value(row), 1e-6);
        }
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void predictions_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    gp_read(&document);
    assert_says(document.root, false, false, "plain");
    assert_says(document.root, false, true, "weighted");
    assert_says(document.root, true, false, "probabilities");
    attune_document_clear(&document);
}

static void eight_threads_learn_the_same(void **state)
{
    (void)state;
    attune_document document = {0};
    gp_read(&document);
    attune_data *data = golden_rows(document.root, true, true);
    attune_step *step = step_of("gaussian_process");
    assert_threads_learn_the_same(step, data, data->n_rows);
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&document);
}

enum { odd_rows = 30 };

/* Fits and predicts with each kernel; all that is said is finite. */
static void assert_sane(attune_data *data)
{
    static const char *const kernels[] = {"rbf", "matern32", "matern52"};
    for (int k = 0; k < 3; k++) {
        attune_step *step = step_of("gaussian_process");
        set(step, "kernel", kernels[k]);
        set(step, "ard", k == 1 ? "true" : "false");
        fit_all(step, data);
        attune_predictions p = predict_all(step, data);
        assert_true(attune_all_finite(p.values, p.n * p.width));
        attune_predictions_clear(&p);
        attune_step_free(step);
    }
    attune_data_free(data);
}

static void odd_data_give_finite_predictions(void **state)
{
    (void)state;
    double x[odd_rows], y[odd_rows], same[odd_rows], weight[odd_rows], huge[odd_rows];
    int32_t codes[odd_rows], lone[odd_rows], one[odd_rows];
    for (int i = 0; i < odd_rows; i++) {
        x[i] = i / 10.;
        y[i] = i % 7;
        same[i] = 2.385;
        weight[i] = i % 3 == 0 ? 0 : 1e-3 * i;
        huge[i] = i % 2 ? 1e200 * (i - 15) : 1e-300;
        codes[i] = i % 3;
        lone[i] = i == 4 ? 2 : i % 2;
        one[i] = 1;
    }
    assert_sane(odd_data(odd_rows, NULL, y, NULL, NULL));
    assert_sane(odd_data(odd_rows, NULL, NULL, codes, NULL));
    assert_sane(odd_data(odd_rows, same, y, NULL, weight));
    assert_sane(odd_data(odd_rows, x, same, NULL, NULL));
    assert_sane(odd_data(odd_rows, x, x, NULL, NULL)); /* no noise at all */
    assert_sane(odd_data(odd_rows, x, NULL, one, NULL));
    assert_sane(odd_data(odd_rows, x, NULL, lone, weight));
    assert_sane(odd_data(odd_rows, huge, NULL, codes, NULL));
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document document = {0};
    gp_read(&document);
    attune_data *data = golden_rows(document.root, false, false);
    attune_step *step = step_of("gaussian_process");
    set(step, "max_rows", "40");
    assert_ok(fit_rows(step, data, 0, 40, &error), &error);
    fit_rows(step, data, 0, 41, &error);
    assert_error(&error, ATTUNE_UNFIT, "at most 40 training rows, there are 41");
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&document);
    assert_refuses_missing("gaussian_process", false);
    assert_refuses_missing("gaussian_process", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihoods_are_scikit_learns),
        cmocka_unit_test(the_search_finds_scikit_learns_best),
        cmocka_unit_test(predictions_are_scikit_learns),
        cmocka_unit_test(eight_threads_learn_the_same),
        cmocka_unit_test(odd_data_give_finite_predictions),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
