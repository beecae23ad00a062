/* tests/test_metric.c - scores against other software's, where they are undefined, what is better.
 */
#include "tests/made_data.h"

#include "spaces/base/json.h"
#include "steps/metric.h"

#include <math.h>

static attune_task task_of(const char *word)
{
    for (int task = ATTUNE_NO_TASK; task <= ATTUNE_MULTICLASS; task++)
        if (strcmp(attune_task_word((attune_task)task), word) == 0)
            return (attune_task)task;
    fail_msg("no task %s", word);
    return ATTUNE_NO_TASK;
}

/* A truth and predictions of plain arrays; classes 0 for a regression. */
struct scored {
    attune_truth truth;
    attune_predictions predictions;
};

static void scored_make(struct scored *scored, attune_task task, int64_t n, int32_t n_classes)
{
    attune_error error = {0};
    memset(scored, 0, sizeof *scored);
    scored->truth.task = task;
    scored->truth.n = n;
    scored->truth.n_classes = n_classes;
    scored->truth.positive = task == ATTUNE_BINARY ? 1 : -1;
    if (task == ATTUNE_REGRESSION)
        scored->truth.reals = attune_alloc(n, sizeof(double), &error);
    else
        scored->truth.codes = attune_alloc(n, sizeof(int32_t), &error);
    assert_ok(attune_predictions_make(&scored->predictions, task, n, n_classes, &error), &error);
}

static void scored_clear(struct scored *scored)
{
    attune_truth_clear(&scored->truth);
    attune_predictions_clear(&scored->predictions);
}

static double score(const char *metric, const struct scored *scored)
{
    attune_error error = {0};
    double value = 0;
    assert_non_null(attune_metric_find(metric));
    assert_ok(attune_metric_score(attune_metric_find(metric), &scored->truth, &scored->predictions,
                                  &value, &error),
              &error);
    return value;
}

/* Two classes: truth and the probability of class 1. */
static struct scored binary(int n, const int *truth, const double *p)
{
    struct scored scored;
    scored_make(&scored, ATTUNE_BINARY, n, 2);
    for (int i = 0; i < n; i++) {
        scored.truth.codes[i] = truth[i];
        scored.predictions.values[2 * i] = 1 - p[i];
        scored.predictions.values[2 * i + 1] = p[i];
    }
    return scored;
}

static void load_case(struct scored *scored, json_t *json)
{
    json_t *truth = json_object_get(json, "truth"), *weights = json_object_get(json, "weights");
    json_t *values = json_object_get(json, "predictions");
    attune_task task = task_of(json_string_value(json_object_get(json, "task")));
    int64_t n = (int64_t)json_array_size(truth);
    scored_make(scored, task, n, (int32_t)json_integer_value(json_object_get(json, "classes")));
    scored->truth.positive = (int32_t)json_integer_value(json_object_get(json, "positive"));
    if (json_is_array(weights))
        scored->truth.weights = attune_alloc(n, sizeof(double), NULL);
    for (int64_t i = 0; i < n; i++) {
        json_t *item = json_array_get(truth, (size_t)i);
        if (task == ATTUNE_REGRESSION)
            scored->truth.reals[i] = json_number_value(item);
        else
            scored->truth.codes[i] = (int32_t)json_integer_value(item);
        if (scored->truth.weights)
            scored->truth.weights[i] = json_number_value(json_array_get(weights, (size_t)i));
    }
    assert_int_equal(json_array_size(values), n * scored->predictions.width);
    for (int64_t i = 0; i < n * scored->predictions.width; i++)
        scored->predictions.values[i] = json_number_value(json_array_get(values, (size_t)i));
}

static void golden_scores(void **state)
{
    (void)state;
    attune_document document;
    attune_error error = {0};
    assert_ok(attune_document_read(&document, ATTUNE_TEST_GOLDEN "/metrics.json", &error), &error);
    json_t *cases = json_object_get(document.root, "cases"), *json, *expected;
    size_t i;
    int n_scores = 0;
    const char *metric;
    json_array_foreach(cases, i, json)
    {
        struct scored scored;
        load_case(&scored, json);
        json_object_foreach(json_object_get(json, "scores"), metric, expected)
        {
            double value = score(metric, &scored), wanted = json_number_value(expected);
            if (!(fabs(value - wanted) <= 1e-12 * fmax(1, fabs(wanted))))
                fail_msg("%s of %s: %.17g, not %.17g", metric,
                         json_string_value(json_object_get(json, "name")), value, wanted);
            n_scores++;
        }
        scored_clear(&scored);
    }
    assert_int_equal(n_scores, 6 * 8 + 3 * 4);
    attune_document_clear(&document);
}

static void one_class_only(void **state)
{
    (void)state;
    struct scored s = binary(3, (int[]){1, 1, 1}, (double[]){0.9, 0.2, 0.6});
    assert_true(isnan(score("roc_auc", &s)));
    assert_true(isnan(score("mcc", &s)));
    assert_close(score("average_precision", &s), 1, 0);
    assert_close(score("balanced_accuracy", &s), 2.0 / 3, 1e-15);
    assert_close(score("accuracy", &s), 2.0 / 3, 1e-15);
    assert_close(score("log_loss", &s), -(log(0.9) + log(0.2) + log(0.6)) / 3, 1e-14);
    scored_clear(&s);
    s = binary(2, (int[]){0, 0}, (double[]){0.1, 0.2});
    assert_true(isnan(score("average_precision", &s)));
    assert_true(isnan(score("f1", &s)));
    assert_close(score("brier", &s), 0.025, 1e-15);
    s.predictions.values[1] = 0.9; /* said, but not there: precision is 0, and defined */
    s.predictions.values[0] = 0.1;
    assert_close(score("f1", &s), 0, 0);
    scored_clear(&s);
}

static void constant_predictions_are_guesses(void **state)
{
    (void)state;
    struct scored s = binary(4, (int[]){1, 0, 0, 1}, (double[]){0.3, 0.3, 0.3, 0.3});
    assert_close(score("mcc", &s), 0, 0);
    assert_close(score("roc_auc", &s), 0.5, 0);
    assert_close(score("average_precision", &s), 0.5, 0);
    assert_close(score("balanced_accuracy", &s), 0.5, 0);
    assert_close(score("f1", &s), 0, 0);
    scored_clear(&s);
}

static void an_absent_class_is_left_out(void **state)
{
    (void)state;
    struct scored s;
    scored_make(&s, ATTUNE_MULTICLASS, 3, 3); /* class 2 is not there */
    const double p[] = {0.7, 0.2, 0.1, 0.2, 0.7, 0.1, 0.5, 0.3, 0.2};
    memcpy(s.predictions.values, p, sizeof p);
    s.truth.codes[0] = 0;
    s.truth.codes[1] = s.truth.codes[2] = 1;
    assert_close(score("roc_auc", &s), 1, 0);
    assert_close(score("balanced_accuracy", &s), 0.75, 0);
    assert_close(score("f1", &s), 2.0 / 3, 1e-15);
    scored_clear(&s);
}

static void certainty_that_is_wrong_costs_36(void **state)
{
    (void)state;
    struct scored s = binary(1, (int[]){1}, (double[]){0});
    assert_close(score("log_loss", &s), 52 * log(2), 1e-14);
    scored_clear(&s);
}

static void r2_of_a_constant_is_undefined(void **state)
{
    (void)state;
    struct scored s;
    scored_make(&s, ATTUNE_REGRESSION, 3, 0);
    for (int i = 0; i < 3; i++) {
        s.truth.reals[i] = 0.1;
        s.predictions.values[i] = i;
    }
    assert_true(isnan(score("r2", &s)));
    s.truth.reals[2] = 0.2;
    assert_true(isfinite(score("r2", &s)));
    s.truth.weights = attune_alloc(3, sizeof(double), NULL);
    s.truth.weights[0] = s.truth.weights[1] = 1; /* the one that differs has no weight */
    assert_true(isnan(score("r2", &s)));
    scored_clear(&s);
}

static void an_infinite_error_without_weight_is_none(void **state)
{
    (void)state;
    struct scored s;
    scored_make(&s, ATTUNE_REGRESSION, 3, 0);
    for (int i = 0; i < 3; i++)
        s.truth.reals[i] = s.predictions.values[i] = i + 1;
    s.predictions.values[1] = INFINITY;
    assert_close(score("rmse", &s), INFINITY, 0);
    s.truth.weights = attune_alloc(3, sizeof(double), NULL);
    s.truth.weights[0] = s.truth.weights[2] = 1;
    assert_close(score("rmse", &s), 0, 0);
    assert_close(score("mae", &s), 0, 0);
    assert_close(score("mape", &s), 0, 0);
    assert_close(score("r2", &s), 1, 0);
    scored_clear(&s);
}

static void better_is_strict_and_never_nan(void **state)
{
    (void)state;
    assert_true(attune_better(ATTUNE_MINIMIZE, 1, 2));
    assert_false(attune_better(ATTUNE_MINIMIZE, 2, 1));
    assert_true(attune_better(ATTUNE_MAXIMIZE, 2, 1));
    assert_false(attune_better(ATTUNE_MAXIMIZE, 1, 2));
    for (int d = ATTUNE_MINIMIZE; d <= ATTUNE_MAXIMIZE; d++) {
        attune_direction direction = (attune_direction)d;
        assert_false(attune_better(direction, 1, 1));
        assert_false(attune_better(direction, NAN, 1));
        assert_false(attune_better(direction, NAN, INFINITY));
        assert_false(attune_better(direction, NAN, NAN));
        assert_true(attune_better(direction, 1, NAN));
        assert_true(attune_better(direction, direction ? -INFINITY : INFINITY, NAN));
    }
}

static void unknown_names_get_help(void **state)
{
    (void)state;
    attune_error error = {0};
    assert_null(attune_metric_find("logloss"));
    attune_metric_unknown("logloss", ATTUNE_BINARY, &error);
    assert_error(&error, ATTUNE_INVALID, "did you mean \"log_loss\"?");
    assert_non_null(strstr(error.message, "roc_auc"));
    assert_null(strstr(error.message, "rmse"));
    attune_error_clear(&error);
    attune_metric_unknown("xyzzy", ATTUNE_REGRESSION, &error);
    assert_error(&error, ATTUNE_INVALID,
                 "unknown metric \"xyzzy\"; the metrics of a regression target are rmse, mae");
    attune_error_clear(&error);
    attune_metric_unknown("rmse", ATTUNE_BINARY, &error);
    assert_error(&error, ATTUNE_INVALID, "\"rmse\" is not a metric of a binary target");
    attune_error_clear(&error);
    attune_metric_unknown("acuracy", ATTUNE_NO_TASK, &error);
    assert_error(&error, ATTUNE_INVALID, "did you mean \"accuracy\"?");
    assert_non_null(strstr(error.message, "rmse"));
    assert_string_equal(attune_metric_default(ATTUNE_REGRESSION)->name, "rmse");
    assert_string_equal(attune_metric_default(ATTUNE_MULTICLASS)->name, "log_loss");
    assert_null(attune_metric_default(ATTUNE_NO_TASK));
}

static attune_data *small_data(const int32_t *codes, const double *weights)
{
    struct made made = {0};
    made_codes(&made, "y", ATTUNE_TARGET, codes, 4, 2);
    made_reals(&made, "w", ATTUNE_WEIGHT, weights, 4);
    return made_data(&made, 4, ATTUNE_BINARY);
}

static void truth_is_gathered_in_the_order_of_rows(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_truth truth;
    int64_t *index = attune_alloc(3, sizeof *index, &error);
    index[0] = 3;
    index[1] = 0;
    index[2] = 3;
    attune_rows *rows = attune_rows_new_take(index, 3, &error);
    attune_data *data =
        small_data((int32_t[]){0, ATTUNE_CODE_MISSING, 0, 1}, (double[]){0.5, 1, -1, 2});
    assert_ok(attune_truth_gather(&truth, data, rows, &error), &error);
    assert_int_equal(truth.n, 3);
    assert_int_equal(truth.codes[0], 1);
    assert_int_equal(truth.codes[1], 0);
    assert_close(truth.weights[1], 0.5, 0);
    assert_close(truth.weights[2], 2, 0);
    assert_int_equal(truth.n_classes, 2);
    assert_int_equal(truth.positive, 1);
    attune_truth_clear(&truth);
    rows->index[1] = 1;
    assert_int_equal(attune_truth_gather(&truth, data, rows, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "\"y\" is missing in row 2");
    attune_error_clear(&error);
    rows->index[1] = 2;
    assert_int_equal(attune_truth_gather(&truth, data, rows, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "weight \"w\" in row 3");
    attune_data_free(data);
    attune_error_clear(&error);
    data = small_data((int32_t[]){0, ATTUNE_CODE_UNSEEN, 0, 1}, (double[]){1, 1, 1, 1});
    rows->index[1] = 1;
    assert_int_equal(attune_truth_gather(&truth, data, rows, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "has a class in row 2");
    attune_data_free(data);
    attune_rows_free(rows);
}

static void shapes_and_tasks_are_checked(void **state)
{
    (void)state;
    attune_error error = {0};
    struct scored s = binary(2, (int[]){0, 1}, (double[]){0.1, 0.2});
    double value = 0;
    attune_metric_score(attune_metric_find("rmse"), &s.truth, &s.predictions, &value, &error);
    assert_error(&error, ATTUNE_INVALID, "rmse is not for a target of kind binary");
    assert_true(isnan(value));
    attune_error_clear(&error);
    s.truth.n = 1;
    attune_metric_score(attune_metric_find("brier"), &s.truth, &s.predictions, &value, &error);
    assert_error(&error, ATTUNE_INTERNAL, "2 predictions of 2 classes");
    scored_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_scores),
        cmocka_unit_test(one_class_only),
        cmocka_unit_test(constant_predictions_are_guesses),
        cmocka_unit_test(an_absent_class_is_left_out),
        cmocka_unit_test(certainty_that_is_wrong_costs_36),
        cmocka_unit_test(r2_of_a_constant_is_undefined),
        cmocka_unit_test(an_infinite_error_without_weight_is_none),
        cmocka_unit_test(better_is_strict_and_never_nan),
        cmocka_unit_test(unknown_names_get_help),
        cmocka_unit_test(truth_is_gathered_in_the_order_of_rows),
        cmocka_unit_test(shapes_and_tasks_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
