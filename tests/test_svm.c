/* tests/test_svm.c - decisions are those of scikit-learn (libsvm), probabilities those of scipy. */
#include "steps/models/svm.h"
#include "steps/numeric/numeric.h"
#include "tests/simple_golden.h"

static void svm_read(attune_document *document)
{
    attune_error error = {0};
    assert_ok(attune_document_read(document, ATTUNE_TEST_GOLDEN "/svm.json", &error), &error);
}

enum { most_rows = 120, most_columns = 8 };

/* The golden rows; classes: those of the first n_classes alone are kept. */
static attune_data *golden_rows(const json_t *root, int n_classes, bool weighted, int64_t *n_train)
{
    struct made made = {0};
    const json_t *x = json_object_get(root, "x"), *codes = json_object_get(root, "codes");
    double columns[most_columns][most_rows], y[most_rows], weight[most_rows];
    int32_t kept[most_rows];
    int64_t n = 0, p = (int64_t)json_array_size(json_array_get(x, 0));
    int64_t train = (int64_t)number_of(root, "n_train");
    assert_true(json_array_size(x) <= most_rows && p <= most_columns);
    *n_train = 0;
    for (int64_t i = 0; i < (int64_t)json_array_size(x); i++) {
        int32_t code = (int32_t)item(codes, i);
        if (n_classes && code >= n_classes && i < train)
            continue;
        *n_train += i < train;
        for (int64_t j = 0; j < p; j++)
            columns[j][n] = item(json_array_get(x, (size_t)i), j);
        y[n] = item(json_object_get(root, "y"), i);
        weight[n] = item(json_object_get(root, "weight"), i);
        kept[n++] = code;
    }
    for (int64_t j = 0; j < p; j++) {
        char name[] = {'x', (char)('0' + j), 0};
        made_reals(&made, name, ATTUNE_INPUT, columns[j], n);
    }
    if (weighted)
        made_reals(&made, "w", ATTUNE_WEIGHT, weight, n);
    if (n_classes)
        made_codes(&made, "y", ATTUNE_TARGET, kept, n, 3);
    else
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    return made_data(&made, n, n_classes ? ATTUNE_MULTICLASS : ATTUNE_REGRESSION);
}

/* What the machines of a fitted step decide of a row. */
static void decide(const attune_svm *s, const attune_data *data, int64_t row, double *decisions)
{
    double v[most_columns], values[most_rows];
    int64_t p = s->inputs.n, n = s->support_vectors.shape[0];
    attune_svm_kernel kernel = attune_svm_kernel_of(s);
    for (int64_t j = 0; j < p; j++)
        v[j] = data->columns[j]->reals[row];
    attune_svm_values(&kernel, s->support_vectors.f64, n, p, p, v, values);
    attune_svm_decisions(s, values, decisions);
}

static void assert_decides(const json_t *root, const json_t *one, int n_classes, bool weighted,
                           const char *key)
{
    int64_t n_train = 0;
    attune_error error = {0};
    const json_t *wanted = json_object_get(one, key);
    attune_data *data = golden_rows(root, n_classes, weighted, &n_train);
    attune_step *step = step_of("svm");
    set_case(step, one);
    set(step, "tol", "1e-7");
    assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
    assert_true(json_array_size(wanted) > 20);
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        double decisions[3];
        const json_t *row = json_array_get(wanted, i);
        decide(step->self, data, n_train + (int64_t)i, decisions);
        for (int64_t k = 0; k < (n_classes == 3 ? 3 : 1); k++)
            assert_close(decisions[k], n_classes == 3 ? item(row, k) : json_number_value(row),
                         2e-5);
    }
    attune_step_free(step);
    attune_data_free(data);
}

static void decisions_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    size_t i = 0;
    json_t *one = NULL;
    svm_read(&document);
    const json_t *root = document.root;
    assert_int_equal(json_array_size(json_object_get(root, "cases")), 6);
    json_array_foreach(json_object_get(root, "cases"), i, one)
    {
        assert_decides(root, one, 3, false, "decisions");
        if (json_object_get(one, "weighted")) /* sigmoid, no true kernel, has several ends */
            assert_decides(root, one, 3, true, "weighted");
        assert_decides(root, one, 2, false, "two");
    }
    attune_document_clear(&document);
}

static void numbers_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    size_t i = 0;
    json_t *one = NULL;
    attune_error error = {0};
    svm_read(&document);
    json_array_foreach(json_object_get(document.root, "cases"), i, one)
    {
        int64_t n_train = 0;
        attune_data *data = golden_rows(document.root, 0, false, &n_train);
        attune_step *step = step_of("svm");
        set_case(step, one);
        set(step, "class_weight", "none");
        set(step, "tol", "1e-7");
        set(step, "epsilon", "0.5");
        set(step, "standardize_target", "false");
        assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
        attune_predictions p = predict_all(step, data);
        const json_t *wanted = json_object_get(one, "numbers");
        for (int64_t r = 0; r < (int64_t)json_array_size(wanted); r++)
            assert_close(p.values[n_train + r], item(wanted, r), 2e-5);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_data_free(data);
    }
    attune_document_clear(&document);
}

static void sigmoids_and_couplings_are_the_optimum(void **state)
{
    (void)state;
    attune_document document = {0};
    svm_read(&document);
    const json_t *platt = json_object_get(document.root, "platt");
    const json_t *couple = json_object_get(document.root, "couple");
    double f[40], weight[40], slope = 0, offset = 0, pairs[10], room[30], p[5];
    uint8_t positive[40];
    for (int i = 0; i < 40; i++) {
        f[i] = item(json_object_get(platt, "f"), i);
        positive[i] = json_is_true(json_array_get(json_object_get(platt, "positive"), (size_t)i));
        weight[i] = 1;
    }
    attune_svm_sigmoid(f, positive, weight, 40, &slope, &offset);
    assert_close(slope, item(json_object_get(platt, "sigmoid"), 0), 1e-5);
    assert_close(offset, item(json_object_get(platt, "sigmoid"), 1), 1e-5);
    for (int i = 0; i < 10; i++)
        pairs[i] = item(json_object_get(couple, "pairs"), i);
    attune_svm_couple(pairs, 5, room, p);
    for (int i = 0; i < 5; i++)
        assert_close(p[i], item(json_object_get(couple, "p"), i), 1e-6);
    attune_document_clear(&document);
}

/* Rows of the matrix that are thrown out and made again are the same: so is what is solved. */
static void a_small_store_changes_nothing(void **state)
{
    (void)state;
    enum { n = 50, p = 8, tall = 64 };
    double x[n * p], beta[2][tall], sums[tall], offset[2];
    double target[tall] = {0}, low[tall] = {0}, high[tall] = {0};
    int64_t steps = 0;
    attune_error error = {0};
    attune_context context = test_context();
    attune_svm_kernel kernel = {ATTUNE_SVM_RBF, 0.2, 0, 3};
    attune_stream stream = attune_stream_new(attune_key_start("svm"));
    for (int i = 0; i < n * p; i++)
        x[i] = attune_stream_normal(&stream);
    for (int i = 0; i < n; i++) {
        target[i] = x[i * p] * x[i * p + 1] > 0 ? 1 : -1;
        high[i] = target[i] > 0 ? 3 : 0;
        low[i] = target[i] > 0 ? 0 : -3;
    }
    for (int k = 0; k < 2; k++) {
        attune_svm_matrix matrix = {0};
        attune_svm_problem problem = {1, target, low, high, 1e-5, 100000};
        assert_ok(attune_svm_matrix_make(&matrix, &kernel, x, n, p, p, k ? 1 : 1 << 20, &error),
                  &error);
        assert_ok(attune_svm_solve(&problem, &matrix, &context, beta[k], sums, &offset[k], &steps,
                                   &error),
                  &error);
        assert_int_equal(attune_svm_tall(n), tall);
        assert_true(steps > n && matrix.n_kept <= (k ? 2 : n));
        attune_svm_matrix_clear(&matrix);
    }
    assert_memory_equal(beta[0], beta[1], sizeof beta[0]);
    assert_true(offset[0] == offset[1]);
}

static void eight_threads_learn_the_same(void **state)
{
    (void)state;
    int64_t n_train = 0;
    attune_document document = {0};
    svm_read(&document);
    attune_data *data = golden_rows(document.root, 3, true, &n_train);
    attune_step *step = step_of("svm");
    assert_threads_learn_the_same(step, data, n_train);
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&document);
}

static void probabilities_follow_the_classes(void **state)
{
    (void)state;
    attune_document document = {0};
    int64_t n_train = 0;
    svm_read(&document);
    attune_data *data = golden_rows(document.root, 3, false, &n_train);
    attune_step *step = step_of("svm");
    attune_error error = {0};
    assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
    attune_predictions p = predict_all(step, data);
    const attune_column *target = attune_data_target(data);
    double loss = 0;
    int right = 0;
    for (int64_t i = n_train; i < p.n; i++) {
        loss -= log(p.values[i * 3 + target->codes[i]]) / (double)(p.n - n_train);
        right += attune_predictions_class(&p, i) == target->codes[i];
    }
    assert_true(loss < 0.8 && right >= 20); /* of 30; by chance 1.1 and 10 */
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&document);
}

enum { odd_rows = 30 };

/* Fits and predicts; all that is said is finite. */
static void assert_sane(const char *kernel, const double *x, const double *y, const int32_t *codes,
                        const double *weight)
{
    struct made made = {0};
    if (x)
        made_reals(&made, "x", ATTUNE_INPUT, x, odd_rows);
    if (weight)
        made_reals(&made, "w", ATTUNE_WEIGHT, weight, odd_rows);
    if (y)
        made_reals(&made, "y", ATTUNE_TARGET, y, odd_rows);
    else
        made_codes(&made, "y", ATTUNE_TARGET, codes, odd_rows, 3);
    attune_data *data = made_data(&made, odd_rows, y ? ATTUNE_REGRESSION : ATTUNE_MULTICLASS);
    attune_step *step = step_of("svm");
    set(step, "kernel", kernel);
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    assert_true(attune_all_finite(p.values, p.n * p.width));
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

static void odd_data_give_finite_predictions(void **state)
{
    (void)state;
    static const char *const kernels[] = {"rbf", "linear", "poly", "sigmoid"};
    double x[odd_rows], y[odd_rows], same[odd_rows], weight[odd_rows];
    int32_t codes[odd_rows], lone[odd_rows], one[odd_rows];
    for (int i = 0; i < odd_rows; i++) {
        x[i] = i / 10.;
        y[i] = i % 7;
        same[i] = 2.385;
        weight[i] = i % 3 == 0 ? 0 : 1e-3 * i;
        codes[i] = i % 3;
        lone[i] = i == 4 ? 2 : i % 2;
        one[i] = 1;
    }
    for (int k = 0; k < 4; k++) {
        assert_sane(kernels[k], NULL, y, NULL, NULL);
        assert_sane(kernels[k], NULL, NULL, codes, NULL);
        assert_sane(kernels[k], same, y, NULL, weight);
        assert_sane(kernels[k], x, same, NULL, NULL);
        assert_sane(kernels[k], x, NULL, one, NULL);
        assert_sane(kernels[k], x, NULL, lone, weight);
        assert_sane(kernels[k], same, NULL, lone, NULL);
    }
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    double x[odd_rows], y[odd_rows];
    struct made made = {0};
    attune_error error = {0};
    for (int i = 0; i < odd_rows; i++)
        y[i] = x[i] = 1e200 * (i + 1);
    made_reals(&made, "x", ATTUNE_INPUT, x, odd_rows);
    made_reals(&made, "y", ATTUNE_TARGET, y, odd_rows);
    attune_data *data = made_data(&made, odd_rows, ATTUNE_REGRESSION);
    attune_step *step = step_of("svm");
    set(step, "kernel", "linear");
    fit_rows(step, data, 0, odd_rows, &error);
    assert_error(&error, ATTUNE_UNFIT, "standard_scale");
    attune_error_clear(&error);
    set_words(step, "gamma", "sideways", &error);
    if (!error.status)
        attune_step_check(step, &error);
    assert_error(&error, ATTUNE_INVALID, "gamma must be");
    attune_step_free(step);
    attune_data_free(data);
    assert_refuses_missing("svm", false);
    assert_refuses_missing("svm", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_are_scikit_learns),
        cmocka_unit_test(numbers_are_scikit_learns),
        cmocka_unit_test(sigmoids_and_couplings_are_the_optimum),
        cmocka_unit_test(a_small_store_changes_nothing),
        cmocka_unit_test(eight_threads_learn_the_same),
        cmocka_unit_test(probabilities_follow_the_classes),
        cmocka_unit_test(odd_data_give_finite_predictions),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
