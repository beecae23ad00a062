/* tests/test_calibrate.c - curves beside scipy's and scikit-learn's, and the wrapper's inner split.
 */
#include "steps/saver.h"
#include "steps/wrappers/calibration.h"
#include "tests/fitting.h"

enum { most = 64 };

/* A case of tests/golden/calibration.json. */
struct golden {
    int64_t n, n_classes;
    double p[4 * most], column[most], weight[most];
    int32_t codes[most];
    uint8_t truth[most];
};

static void golden_case(struct golden *g, const json_t *json)
{
    g->n = (int64_t)json_array_size(json_object_get(json, "p"));
    assert_in_range(g->n, 10, most);
    for (int64_t i = 0; i < g->n; i++) {
        const json_t *row = json_array_get(json_object_get(json, "p"), (size_t)i);
        g->n_classes = (int64_t)json_array_size(row);
        for (int64_t k = 0; k < g->n_classes; k++)
            g->p[i * g->n_classes + k] = json_number_value(json_array_get(row, (size_t)k));
        g->column[i] = g->p[i * g->n_classes + 1];
        g->weight[i] =
            json_number_value(json_array_get(json_object_get(json, "weight"), (size_t)i));
        g->codes[i] =
            (int32_t)json_integer_value(json_array_get(json_object_get(json, "codes"), (size_t)i));
        g->truth[i] = g->codes[i] == 1;
    }
}

static double loss_of(const struct golden *g, double temperature)
{
    double sum = 0, weight = 0, p[4];
    for (int64_t i = 0; i < g->n; i++) {
        memcpy(p, g->p + i * g->n_classes, (size_t)g->n_classes * sizeof *p);
        attune_temperature_apply(temperature, p, g->n_classes);
        sum -= g->weight[i] * log(p[g->codes[i]]);
        weight += g->weight[i];
    }
    return sum / weight;
}

static void check_isotonic(const struct golden *g, const json_t *grid, const json_t *expected)
{
    attune_error error = {0};
    double x[most], y[most];
    int64_t n_points = 0;
    assert_ok(attune_isotonic_fit(g->column, g->truth, g->weight, g->n, x, y, &n_points, &error),
              &error);
    assert_in_range(n_points, 1, g->n);
    for (size_t i = 0; i < json_array_size(grid); i++)
        assert_close(
            attune_isotonic_apply(x, y, n_points, json_number_value(json_array_get(grid, i))),
            json_number_value(json_array_get(expected, i)), 1e-12);
}

static void curves_are_those_of_others(void **state)
{
    attune_error error = {0};
    attune_document document = {0};
    struct golden g;
    size_t i;
    json_t *json;
    (void)state;
    assert_ok(attune_document_read(&document, ATTUNE_TEST_GOLDEN "/calibration.json", &error),
              &error);
    json_t *cases = json_object_get(document.root, "cases");
    assert_true(json_array_size(cases) >= 4);
    json_array_foreach(cases, i, json)
    {
        golden_case(&g, json);
        double wanted = json_number_value(json_object_get(json, "temperature"));
        double loss = json_number_value(json_object_get(json, "loss"));
        double t = attune_temperature_fit(g.p, g.codes, g.weight, g.n, g.n_classes);
        assert_close(t, wanted, 1e-6);
        assert_close(loss_of(&g, t), loss, 1e-9);
        assert_true(loss_of(&g, t) <= loss_of(&g, t * 1.01));
        assert_true(loss_of(&g, t) <= loss_of(&g, t / 1.01));
        attune_sigmoid s = attune_sigmoid_fit(g.column, g.truth, g.weight, g.n);
        assert_close(s.slope, json_number_value(json_object_get(json, "slope")), 1e-4);
        assert_close(s.offset, json_number_value(json_object_get(json, "offset")), 1e-4);
        check_isotonic(&g, json_object_get(document.root, "grid"),
                       json_object_get(json, "isotonic"));
    }
    attune_document_clear(&document);
}

/* Certain and wrong, certain and right, all alike, one row: numbers all the same. */
static void extremes_stay_numbers(void **state)
{
    static const double p[] = {0, 1, 1, 0, 1, 0, 0, 1};
    static const int32_t right[] = {1, 0, 0, 1}, wrong[] = {0, 1, 1, 0}, one[] = {1, 1, 1, 1};
    static const int32_t *const all[] = {right, wrong, one};
    static const double column[] = {1, 0, 0, 1}, weight[] = {1e300, 1e-300, 1, 1e300};
    (void)state;
    for (int c = 0; c < 3; c++)
        for (int64_t n = 1; n <= 4; n++) {
            attune_error error = {0};
            uint8_t truth[4];
            double x[4], y[4], q[2] = {0, 1};
            int64_t n_points = 0;
            for (int i = 0; i < 4; i++)
                truth[i] = all[c][i] == 1;
            double t = attune_temperature_fit(p, all[c], weight, n, 2);
            assert_true(t >= 0.0099 && t <= 101);
            attune_temperature_apply(t, q, 2);
            assert_close(q[0] + q[1], 1, 1e-15);
            attune_sigmoid s = attune_sigmoid_fit(column, truth, weight, n);
            for (double at = 0; at <= 1; at += 0.25)
                assert_true(attune_sigmoid_apply(&s, at) >= 0 && attune_sigmoid_apply(&s, at) <= 1);
            assert_ok(attune_isotonic_fit(column, truth, weight, n, x, y, &n_points, &error),
                      &error);
            for (double at = 0; at <= 1; at += 0.25)
                assert_true(attune_isotonic_apply(x, y, n_points, at) >= 0 &&
                            attune_isotonic_apply(x, y, n_points, at) <= 1);
        }
}

enum { n_rows = 120 };

static double noise(int64_t i)
{
    attune_key key = attune_key_integer(attune_key_start("noise"), i);
    return (double)(key.low >> 11) * 0x1p-53;
}

enum extra { PLAIN, GROUPED, TIMED };

/* Rows come in pairs of one place and one class; beside that the class is a coin. */
static attune_data *pairs(enum extra extra)
{
    struct made made = {0};
    double x[n_rows];
    int32_t y[n_rows], pair[n_rows];
    int64_t when[n_rows];
    for (int i = 0; i < n_rows; i++) {
        x[i] = noise(i / 2);
        y[i] = noise(1000 + i / 2) > 0.5;
        pair[i] = i / 2 % 10;
        when[i] = i / 2;
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, n_rows);
    if (extra == GROUPED)
        made_codes(&made, "pair", ATTUNE_GROUP, pair, n_rows, 10);
    if (extra == TIMED)
        made_times(&made, "when", ATTUNE_TIME, when, n_rows);
    made_codes(&made, "y", ATTUNE_TARGET, y, n_rows, 2);
    return made_data(&made, n_rows, ATTUNE_BINARY);
}

static attune_step *calibrated(const char *model, const char *method)
{
    attune_error error = {0};
    attune_step *step = step_of("calibrate");
    assert_ok(attune_step_add_take(step, step_of(model), &error), &error);
    set(step, "method", method);
    return step;
}

static attune_predictions predicted(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    attune_rows_free(rows);
    return p;
}

/* The nearest neighbour of a row is its twin. Where pairs are split, it is right and sure; where
 * groups or time keep them together, it is a coin, and the calibration knows. */
static void groups_and_time_hold_inside(void **state)
{
    double sure[3];
    (void)state;
    for (int extra = PLAIN; extra <= TIMED; extra++) {
        attune_data *data = pairs((enum extra)extra);
        attune_step *step = calibrated("knn", "temperature");
        set(step, "knn__n_neighbors", "1");
        fit_all(step, data);
        attune_predictions p = predicted(step, data);
        sure[extra] = fmax(p.values[0], p.values[1]);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_data_free(data);
    }
    assert_true(sure[PLAIN] > 0.8);
    assert_true(sure[GROUPED] < 0.7 && sure[TIMED] < 0.7);
}

static void every_method_sums_to_one_and_is_saved(void **state)
{
    static const char *const words[] = {"temperature", "isotonic", "sigmoid"};
    (void)state;
    for (int m = 0; m < 3; m++) {
        attune_error error = {0};
        attune_bundle bundle = {0}, second = {0};
        attune_step *again = NULL;
        attune_data *data = pairs(GROUPED);
        attune_step *step = calibrated("gradient_boosting", words[m]);
        set(step, "folds", "3");
        fit_all(step, data);
        assert_ok(attune_step_save(step, true, &bundle, "s", NULL, &error), &error);
        assert_ok(attune_step_load(&bundle, "s", NULL, &again, &error), &error);
        assert_ok(attune_step_save(again, true, &second, "s", NULL, &error), &error);
        assert_true(attune_bundle_same(&bundle, &second));
        attune_predictions p = predicted(step, data), q = predicted(again, data);
        assert_memory_equal(p.values, q.values, (size_t)(p.n * p.width) * sizeof(double));
        for (int64_t i = 0; i < p.n; i++)
            assert_close(p.values[2 * i] + p.values[2 * i + 1], 1, 1e-12);
        attune_text line = {0};
        step->type->describe(again->self, &line);
        assert_non_null(strstr(line.bytes, words[m]));
        attune_text_clear(&line);
        attune_predictions_clear(&p);
        attune_predictions_clear(&q);
        attune_bundle_clear(&bundle);
        attune_bundle_clear(&second);
        attune_step_free(step);
        attune_step_free(again);
        attune_data_free(data);
    }
}

static void what_is_loaded_is_checked(void **state)
{
    attune_data *data = pairs(PLAIN);
    attune_step *step = calibrated("logistic_regression", "isotonic");
    (void)state;
    fit_all(step, data);
    const char *(*check)(const void *) = step->type->check_fitted;
    assert_null(check(step->self));
    for (const attune_field *field = step->type->fields; field->kind; field++) {
        if (field->kind != ATTUNE_FIELD_ARRAY)
            continue;
        attune_array *array = (void *)((char *)step->self + field->offset);
        int64_t n = attune_array_count(array);
        if (n == 0)
            continue;
        array->shape[0]--;
        assert_non_null(check(step->self));
        array->shape[0]++;
        if (array->type == ATTUNE_ARRAY_F64) {
            double kept = array->f64[n - 1];
            array->f64[n - 1] = NAN;
            assert_non_null(check(step->self));
            array->f64[n - 1] = kept;
        } else {
            array->i64[n - 1] += 1000;
            assert_non_null(check(step->self));
            array->i64[n - 1] -= 1000;
        }
    }
    assert_null(check(step->self));
    attune_step_free(step);
    attune_data_free(data);
}

/* The curve belongs to the whole model. */
static void there_are_no_stages(void **state)
{
    attune_error error = {0};
    attune_step *step = calibrated("gradient_boosting", "temperature");
    attune_step *pipeline = step_of("pipeline");
    (void)state;
    assert_non_null(attune_step_staged(attune_step_children(step)->items[0]));
    assert_ok(attune_step_add_take(pipeline, step, &error), &error);
    assert_null(attune_step_staged(pipeline));
    attune_step_free(pipeline);
}

static void what_cannot_be_calibrated_is_said(void **state)
{
    attune_error error = {0};
    struct made made = {0};
    double x[] = {1, 2, 3, 4};
    (void)state;
    made_reals(&made, "x", ATTUNE_INPUT, x, 4);
    made_reals(&made, "y", ATTUNE_TARGET, x, 4);
    attune_data *data = made_data(&made, 4, ATTUNE_REGRESSION);
    attune_step *step = calibrated("knn", "temperature");
    assert_int_equal(fit_rows(step, data, 0, 4, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "for classes");
    attune_data_free(data);
    attune_step_free(step);

    step = calibrated("impute", "temperature");
    attune_error_clear(&error);
    assert_int_equal(attune_step_check(step, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "needs a model");
    attune_step_free(step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_those_of_others),
        cmocka_unit_test(extremes_stay_numbers),
        cmocka_unit_test(groups_and_time_hold_inside),
        cmocka_unit_test(every_method_sums_to_one_and_is_saved),
        cmocka_unit_test(what_is_loaded_is_checked),
        cmocka_unit_test(there_are_no_stages),
        cmocka_unit_test(what_cannot_be_calibrated_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
