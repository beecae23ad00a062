/* tests/test_importance.c - permutation, partial dependence and what models say, beside
 * scikit-learn's. */
#include "search/importance.h"
#include "tests/fitting.h"

enum { most = 256 };

struct golden {
    attune_document document;
    attune_data *data;
    attune_rows *rows;
    attune_step *model;
};

static double at(const json_t *list, size_t i)
{
    return json_number_value(json_array_get(list, i));
}

static const json_t *list_of(const struct golden *g, const char *name)
{
    const json_t *list = json_object_get(g->document.root, name);
    assert_true(json_array_size(list) > 2);
    return list;
}

static void open_golden(struct golden *g)
{
    attune_error error = {0};
    struct made made = {0};
    double column[most];
    assert_ok(attune_document_read(&g->document, ATTUNE_TEST_GOLDEN "/importance.json", &error),
              &error);
    const json_t *x = list_of(g, "x"), *y = list_of(g, "y");
    size_t n = json_array_size(y);
    assert_true(n <= most);
    for (size_t j = 0; j < 3; j++) {
        char name[] = {'x', (char)('0' + j), 0};
        for (size_t i = 0; i < n; i++)
            column[i] = at(json_array_get(x, i), j);
        made_reals(&made, name, ATTUNE_INPUT, column, (int64_t)n);
    }
    for (size_t i = 0; i < n; i++)
        column[i] = at(y, i);
    made_reals(&made, "y", ATTUNE_TARGET, column, (int64_t)n);
    g->data = made_data(&made, (int64_t)n, ATTUNE_REGRESSION);
    g->rows = rows_from(0, (int64_t)n);
    g->model = step_of("linear_regression");
    fit_all(g->model, g->data);
}

static void close_golden(struct golden *g)
{
    attune_step_free(g->model);
    attune_rows_free(g->rows);
    attune_data_free(g->data);
    attune_document_clear(&g->document);
}

static attune_importance_request request_of(const struct golden *g, int64_t repeats, int threads)
{
    return (attune_importance_request){.pipeline = g->model,
                                       .data = g->data,
                                       .rows = g->rows,
                                       .metric = attune_metric_find("rmse"),
                                       .repeats = repeats,
                                       .key = attune_key_start("test"),
                                       .threads = threads};
}

/* The draws differ, so the means agree within their noise. */
static void permutation_is_that_of_others(void **state)
{
    attune_error error = {0};
    struct golden g;
    attune_importance found;
    (void)state;
    open_golden(&g);
    attune_importance_request request = request_of(&g, 400, 1);
    assert_ok(attune_importance_permute(&found, &request, &error), &error);
    assert_int_equal(found.names.n, 3);
    assert_close(found.score, json_number_value(json_object_get(g.document.root, "rmse")), 1e-9);
    for (int i = 0; i < 3; i++) {
        double wanted = at(list_of(&g, "permutation"), (size_t)i);
        assert_true(found.deviation[i] > 0);
        assert_true(fabs(found.mean[i] - wanted) <
                    6 * found.deviation[i] / sqrt(400) + 1e-3 * wanted);
    }
    attune_importance_clear(&found);
    close_golden(&g);
}

static void threads_change_no_bit(void **state)
{
    attune_error error = {0};
    struct golden g;
    attune_importance one, more;
    (void)state;
    open_golden(&g);
    attune_importance_request request = request_of(&g, 7, 1);
    assert_ok(attune_importance_permute(&one, &request, &error), &error);
    for (int threads = 2; threads <= 8; threads *= 2) {
        request.threads = threads;
        assert_ok(attune_importance_permute(&more, &request, &error), &error);
        assert_memory_equal(one.mean, more.mean, 3 * sizeof(double));
        assert_memory_equal(one.deviation, more.deviation, 3 * sizeof(double));
        attune_importance_clear(&more);
    }
    attune_importance_clear(&one);
    close_golden(&g);
}

static void an_unused_column_is_worth_nothing(void **state)
{
    attune_error error = {0};
    struct golden g;
    attune_importance found;
    (void)state;
    open_golden(&g);
    attune_step_free(g.model);
    g.model = step_of("dummy");
    fit_all(g.model, g.data);
    attune_importance_request request = request_of(&g, 3, 2);
    assert_ok(attune_importance_permute(&found, &request, &error), &error);
    for (int i = 0; i < 3; i++)
        assert_true(found.mean[i] == 0 && found.deviation[i] == 0);
    attune_importance_clear(&found);
    request.metric = attune_metric_find("accuracy");
    assert_int_equal(attune_importance_permute(&found, &request, &error), ATTUNE_INVALID);
    close_golden(&g);
}

static void partial_is_that_of_others(void **state)
{
    attune_error error = {0};
    struct golden g;
    attune_partial partial;
    (void)state;
    open_golden(&g);
    assert_ok(attune_partial_make(&partial, g.model, g.data, g.rows, "x1", 20, &error), &error);
    const json_t *values = list_of(&g, "partial_at"), *means = list_of(&g, "partial");
    assert_int_equal(partial.n, json_array_size(values));
    for (int64_t i = 0; i < partial.n; i++) {
        assert_close(partial.at[i].real, at(values, (size_t)i), 0);
        assert_close(partial.mean.values[i], at(means, (size_t)i), 1e-9);
    }
    attune_partial_clear(&partial);

    /* Many values: between the percentiles, evenly, and along a line for a linear model. */
    assert_ok(attune_partial_make(&partial, g.model, g.data, g.rows, "x0", 5, &error), &error);
    assert_int_equal(partial.n, 5);
    for (int i = 0; i < 3; i++)
        assert_close(partial.mean.values[i] - 2 * partial.mean.values[i + 1],
                     -partial.mean.values[i + 2], 1e-9);
    assert_true(partial.at[4].real > 1 && partial.at[4].real < 2.2);
    attune_partial_clear(&partial);
    close_golden(&g);
}

static void what_has_no_values_is_said(void **state)
{
    static const struct {
        const char *column, *words;
    } bad[] = {{"x9", "no column"}, {"y", "is no input: it is the target"}};
    struct golden g;
    (void)state;
    open_golden(&g);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_error error = {0};
        attune_partial partial;
        assert_int_equal(
            attune_partial_make(&partial, g.model, g.data, g.rows, bad[i].column, 5, &error),
            ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, bad[i].words);
    }
    close_golden(&g);
}

static void linear_models_say_coef_times_deviation(void **state)
{
    attune_error error = {0};
    attune_context context = test_context();
    struct golden g;
    attune_texts names = {0};
    attune_reals values = {0};
    (void)state;
    open_golden(&g);
    assert_ok(attune_step_importance(g.model, g.data, g.rows, &context, &names, &values, &error),
              &error);
    assert_int_equal(values.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_close(values.items[i], at(list_of(&g, "coef_times_deviation"), i), 1e-9);
    attune_texts_clear(&names);
    free(values.items);
    close_golden(&g);
}

/* A pipeline hands its data on to the model; all that say something say finite numbers, and the
 * column that decides counts most. */
static void every_model_that_says_is_asked(void **state)
{
    int n_said = 0;
    (void)state;
    for (int64_t t = 0; attune_step_types[t]; t++) {
        const attune_step_type *type = attune_step_types[t];
        attune_error error = {0};
        attune_context context = test_context();
        attune_texts names = {0};
        attune_reals values = {0};
        struct golden g;
        if (!type->importance || !(type->tasks >> ATTUNE_REGRESSION & 1))
            continue;
        open_golden(&g);
        attune_step *pipeline = step_of("pipeline");
        assert_ok(attune_step_add_take(pipeline, step_of("standard_scale"), &error), &error);
        assert_ok(attune_step_add_take(pipeline, step_of(type->name), &error), &error);
        fit_all(pipeline, g.data);
        assert_ok(
            attune_step_importance(pipeline, g.data, g.rows, &context, &names, &values, &error),
            &error);
        assert_int_equal(values.n, 3);
        assert_int_equal(names.n, 3);
        for (int i = 0; i < 3; i++)
            assert_true(isfinite(values.items[i]) && values.items[i] >= 0);
        assert_true(values.items[0] > values.items[1] && values.items[1] > values.items[2]);
        n_said++;
        attune_texts_clear(&names);
        free(values.items);
        attune_step_free(pipeline);
        close_golden(&g);
    }
    assert_true(n_said >= 6);
}

static void who_does_not_say_is_named(void **state)
{
    attune_error error = {0};
    attune_context context = test_context();
    struct golden g;
    attune_texts names = {0};
    attune_reals values = {0};
    (void)state;
    open_golden(&g);
    attune_step *knn = step_of("knn");
    fit_all(knn, g.data);
    assert_int_equal(attune_step_importance(knn, g.data, g.rows, &context, &names, &values, &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "knn does not say");
    attune_step_free(knn);
    close_golden(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permutation_is_that_of_others),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(an_unused_column_is_worth_nothing),
        cmocka_unit_test(partial_is_that_of_others),
        cmocka_unit_test(what_has_no_values_is_said),
        cmocka_unit_test(linear_models_say_coef_times_deviation),
        cmocka_unit_test(every_model_that_says_is_asked),
        cmocka_unit_test(who_does_not_say_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
