/* tests/test_gradient_boosting.c - boosted trees: losses beside others', and what must hold
 * exactly. */
#include "steps/metric.h"
#include "steps/models/gradient_boosting.h"
#include "steps/data/schema.h"
#include "tests/fitting.h"

enum { n = 400 };

static double draw(int64_t i)
{
    attune_stream stream = attune_stream_at(attune_key_start("boosting"), (uint64_t)i);
    return attune_stream_uniform(&stream);
}

static const attune_array *array_of(const attune_step *step, const char *name)
{
    const attune_field *field = attune_field_find(step->type->fields, name);
    assert_non_null(field);
    return (const void *)((const char *)step->self + field->offset);
}

static attune_predictions predict(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions made = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_step_predict(step, data, rows, &context, &made, &error), &error);
    attune_rows_free(rows);
    for (int64_t i = 0; i < made.n * made.width; i++)
        assert_true(isfinite(made.values[i]));
    return made;
}

/* a drives y, b has holes that matter, c is levels that matter, d is noise. */
static attune_data *some_data(attune_task task, bool weights)
{
    struct made made = {0};
    double a[n], b[n], d[n], y[n], w[n];
    int32_t c[n], classes[n];
    for (int i = 0; i < n; i++) {
        a[i] = draw(i);
        b[i] = i % 4 == 0 ? NAN : draw(n + i);
        c[i] = (int32_t)(8 * draw(2 * n + i));
        d[i] = draw(3 * n + i);
        y[i] = 3 * a[i] + (isnan(b[i]) ? 2 : b[i]) + (c[i] % 2 ? 1.5 : 0) + 0.1 * draw(4 * n + i);
        classes[i] = y[i] > 3.5 ? task == ATTUNE_MULTICLASS && y[i] > 5 ? 2 : 1 : 0;
        w[i] = i % 3 ? 1 + i % 5 : 0;
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_reals(&made, "b", ATTUNE_INPUT, b, n);
    made_codes(&made, "c", ATTUNE_INPUT, c, n, 8);
    made_reals(&made, "d", ATTUNE_INPUT, d, n);
    if (weights)
        made_reals(&made, "w", ATTUNE_WEIGHT, w, n);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    else
        made_codes(&made, "y", ATTUNE_TARGET, classes, n, task == ATTUNE_BINARY ? 2 : 3);
    return made_data(&made, n, task);
}

/* Every fifth row is tested, the others are fitted. */
static double score_file(const char *file, const char *target)
{
    char path[512];
    attune_error error = {0};
    attune_context context = test_context();
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_schema_request request = {.target = target};
    snprintf(path, sizeof path, "%s/%s", ATTUNE_TEST_DATA, file);
    assert_ok(attune_table_read(&table, path, NULL, &error), &error);
    assert_ok(attune_schema_infer(&schema, table, &request, NULL, &error), &error);
    assert_ok(attune_schema_data(schema, table, true, &data, NULL, &error), &error);
    int64_t *index[2], count[2] = {0};
    attune_rows *rows[2];
    for (int k = 0; k < 2; k++)
        index[k] = attune_alloc(data->n_rows, sizeof(int64_t), &error);
    for (int64_t i = 0; i < data->n_rows; i++)
        index[i % 5 == 0][count[i % 5 == 0]++] = i;
    for (int k = 0; k < 2; k++)
        rows[k] = attune_rows_new_take(index[k], count[k], &error);
    attune_step *step = step_of("gradient_boosting");
    attune_predictions p = {0};
    attune_truth truth = {0};
    double score = NAN;
    assert_ok(attune_step_fit(step, data, rows[0], &context, &error), &error);
    assert_ok(attune_step_predict(step, data, rows[1], &context, &p, &error), &error);
    assert_ok(attune_truth_gather(&truth, data, rows[1], &error), &error);
    assert_ok(attune_metric_score(attune_metric_default(data->task), &truth, &p, &score, &error),
              &error);
    attune_truth_clear(&truth);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_rows_free(rows[0]);
    attune_rows_free(rows[1]);
    attune_data_free(data);
    attune_schema_free(schema);
    attune_table_free(table);
    return score;
}

static void losses_are_those_of_others(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document document = {0};
    assert_ok(attune_document_read(&document, ATTUNE_TEST_GOLDEN "/gradient_boosting.json", &error),
              &error);
    json_t *cases = json_object_get(document.root, "cases"), *one = NULL;
    size_t i = 0;
    assert_int_equal(json_array_size(cases), 3);
    json_array_foreach(cases, i, one)
    {
        const char *file = json_string_value(json_object_get(one, "file"));
        double score = score_file(file, json_string_value(json_object_get(one, "target")));
        double first = json_number_value(json_object_get(one, "scikit-learn"));
        double second = json_number_value(json_object_get(one, "xgboost"));
        double constant = json_number_value(json_object_get(one, "constant"));
        /* Between the two, or a twentieth of what there is to learn from the worse. */
        if (!(score < fmax(first, second) + 0.05 * (constant - fmin(first, second))))
            fail_msg("%s: %g, others %g and %g", file, score, first, second);
    }
    attune_document_clear(&document);
}

/* One tree that may have a leaf a row, at full rate, says each row's own value. */
static void one_deep_tree_knows_its_rows(void **state)
{
    (void)state;
    enum { few = 100 };
    double x[few], y[few];
    struct made made = {0};
    for (int i = 0; i < few; i++) {
        x[i] = i;
        y[i] = floor(1e6 * draw(i)) / 8;
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, few);
    made_reals(&made, "y", ATTUNE_TARGET, y, few);
    attune_data *data = made_data(&made, few, ATTUNE_REGRESSION);
    attune_step *step = step_of("gradient_boosting");
    set(step, "n_estimators", "1");
    set(step, "learning_rate", "1");
    set(step, "num_leaves", "128");
    set(step, "min_child_samples", "1");
    set(step, "reg_lambda", "0");
    set(step, "max_bin", "255");
    fit_all(step, data);
    attune_predictions p = predict(step, data);
    for (int i = 0; i < few; i++)
        assert_close(p.values[i], y[i], 1e-6 * 125000);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

/* More rounds go on where fewer ended: the first trees are the same. */
static void a_longer_fit_continues_a_shorter_one(void **state)
{
    (void)state;
    attune_data *data = some_data(ATTUNE_MULTICLASS, false);
    attune_step *shorter = step_of("gradient_boosting"), *longer = step_of("gradient_boosting");
    for (int k = 0; k < 2; k++) {
        attune_step *step = k ? longer : shorter;
        set(step, "n_estimators", k ? "12" : "5");
        set(step, "subsample", "0.6");
        set(step, "colsample_bytree", "0.7");
        set(step, "colsample_bynode", "0.6");
        fit_all(step, data);
    }
    const attune_array *a = array_of(shorter, "start"), *b = array_of(longer, "start");
    assert_int_equal(attune_array_count(a), 16);
    assert_int_equal(attune_array_count(b), 37);
    assert_memory_equal(a->i64, b->i64, 16 * sizeof(int64_t));
    a = array_of(shorter, "node_value");
    b = array_of(longer, "node_value");
    assert_memory_equal(a->f64, b->f64, (size_t)attune_array_count(a) * sizeof(double));
    attune_step_free(shorter);
    attune_step_free(longer);
    attune_data_free(data);
}

static double error_of(const attune_predictions *p, const attune_data *data)
{
    const attune_column *target = attune_data_target(data);
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++)
        sum += pow(p->values[i] - target->reals[i], 2);
    return sqrt(sum / (double)p->n);
}

/* Holes and levels are learnt from as they are. */
static void missing_values_and_levels_are_used(void **state)
{
    (void)state;
    attune_data *data = some_data(ATTUNE_REGRESSION, false);
    attune_step *step = step_of("gradient_boosting");
    fit_all(step, data);
    attune_predictions p = predict(step, data);
    assert_true(error_of(&p, data) < 0.15);
    const double *importance = array_of(step, "importance")->f64;
    for (int k = 0; k < 3; k++)
        assert_true(importance[k] > 20 * importance[3]);
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

/* A row that weighs nothing is as good as not there. */
static void rows_without_weight_do_not_count(void **state)
{
    (void)state;
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++) {
        attune_error error = {0};
        attune_context context = test_context();
        attune_data *data = some_data((attune_task)task, true);
        attune_step *all = step_of("gradient_boosting");
        set(all, "n_estimators", "5");
        fit_all(all, data);
        struct made made = {0};
        const attune_column *target = attune_data_target(data);
        double y[n];
        int32_t classes[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 3 ? target->kind == ATTUNE_REAL_COLUMN ? target->reals[i] : 0 : -1e5;
            classes[i] = i % 3 ? target->kind == ATTUNE_REAL_COLUMN ? 0 : target->codes[i] : 0;
        }
        for (int64_t c = 0; c + 1 < data->n_columns; c++) {
            made.roles[made.n] = data->roles[c];
            made.columns[made.n++] = attune_column_ref(data->columns[c]);
        }
        if (task == ATTUNE_REGRESSION)
            made_reals(&made, "y", ATTUNE_TARGET, y, n);
        else
            made_codes(&made, "y", ATTUNE_TARGET, classes, n, task == ATTUNE_BINARY ? 2 : 3);
        attune_data *spoilt = made_data(&made, n, (attune_task)task);
        attune_step *other = step_of("gradient_boosting");
        set(other, "n_estimators", "5");
        attune_rows *rows = rows_from(0, n);
        assert_ok(attune_step_fit(other, spoilt, rows, &context, &error), &error);
        attune_predictions p = predict(all, data), q = predict(other, data);
        for (int64_t i = 0; i < p.n * p.width; i++)
            assert_close(p.values[i], q.values[i], 0.3);
        assert_true(task != ATTUNE_REGRESSION || error_of(&q, data) < 1.5);
        attune_predictions_clear(&p);
        attune_predictions_clear(&q);
        attune_rows_free(rows);
        attune_step_free(all);
        attune_step_free(other);
        attune_data_free(data);
        attune_data_free(spoilt);
    }
}

static double share_below(const attune_predictions *p, const attune_data *data)
{
    double below = 0;
    for (int64_t i = 0; i < p->n; i++)
        below += attune_data_target(data)->reals[i] <= p->values[i];
    return below / (double)p->n;
}

static void every_loss_of_numbers_is_learnt(void **state)
{
    (void)state;
    static const char *const losses[] = {"squared", "absolute", "huber", "poisson"};
    attune_data *data = some_data(ATTUNE_REGRESSION, false);
    for (int k = 0; k < 4; k++) {
        attune_step *step = step_of("gradient_boosting");
        set(step, "objective", losses[k]);
        fit_all(step, data);
        attune_predictions p = predict(step, data);
        assert_true(error_of(&p, data) < 0.25);
        attune_predictions_clear(&p);
        attune_step_free(step);
    }
    static const char *const quantiles[] = {"0.1", "0.5", "0.9"};
    static const double shares[] = {0.1, 0.5, 0.9};
    for (int k = 0; k < 3; k++) {
        attune_step *step = step_of("gradient_boosting");
        set(step, "objective", "quantile");
        set(step, "alpha", quantiles[k]);
        fit_all(step, data);
        attune_predictions p = predict(step, data);
        assert_close(share_below(&p, data), shares[k], 0.08);
        attune_predictions_clear(&p);
        attune_step_free(step);
    }
    attune_data_free(data);
}

static void rounds_stop_early(void **state)
{
    (void)state;
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++) {
        attune_data *data = some_data((attune_task)task, false);
        attune_step *step = step_of("gradient_boosting");
        set(step, "n_estimators", "2000");
        set(step, "early_stopping_rounds", "10");
        set(step, "validation_fraction", "0.25");
        fit_all(step, data);
        int64_t trees = attune_array_count(array_of(step, "start")) - 1;
        assert_in_range(trees, 20, task == ATTUNE_MULTICLASS ? 3000 : 1500);
        attune_predictions p = predict(step, data);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_data_free(data);
    }
}

/* One of each bad shape: a fit whose predictions are numbers, or a reason. */
static void bad_shapes_are_fitted_or_refused(void **state)
{
    (void)state;
    static const double inf[] = {INFINITY, -INFINITY, 1, NAN, 1e308, -1e308};
    static const double constant[] = {1, 1, 1, 1, 1, 1}, none[] = {NAN, NAN, NAN, NAN, NAN, NAN};
    static const double y[] = {1, 2, 3, 4, 5, 6}, wild[] = {1e29, -1e29, 3, 4, 5, 6};
    static const int32_t levels[] = {0, ATTUNE_CODE_UNSEEN, 1, ATTUNE_CODE_MISSING, 2, 2};
    static const int32_t lonely[] = {0, 0, 0, 0, 0, 2}, single[] = {1, 1, 1, 1, 1, 1};
    for (int target = 0; target < 5; target++)
        for (int rows = 1; rows <= 6; rows += 5) {
            struct made made = {0};
            attune_error error = {0};
            made_reals(&made, "inf", ATTUNE_INPUT, inf, 6);
            made_reals(&made, "constant", ATTUNE_INPUT, constant, 6);
            made_reals(&made, "none", ATTUNE_INPUT, none, 6);
            made_codes(&made, "levels", ATTUNE_INPUT, levels, 6, 5);
            if (target < 3)
                made_reals(&made, "y", ATTUNE_TARGET,
                           target == 0   ? y
                           : target == 1 ? wild
                                         : constant,
                           6);
            else
                made_codes(&made, "y", ATTUNE_TARGET, target == 3 ? lonely : single, 6, 3);
            attune_data *data =
                made_data(&made, 6, target < 3 ? ATTUNE_REGRESSION : ATTUNE_MULTICLASS);
            attune_step *step = step_of("gradient_boosting");
            set(step, "min_child_samples", "1");
            assert_ok(fit_rows(step, data, 0, rows, &error), &error);
            attune_predictions p = predict(step, data);
            attune_predictions_clear(&p);
            attune_step_free(step);
            attune_data_free(data);
        }
}

static void bad_targets_and_weights_are_named(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3}, holes[] = {1, NAN, 3}, below[] = {1, -2, 3};
    static const double zeros[] = {0, 0, 0};
    static const struct {
        const double *y, *w;
        const char *objective, *words;
    } cases[] = {{holes, NULL, "squared", "\"y\" has missing"},
                 {below, NULL, "poisson", "negative"},
                 {zeros, NULL, "poisson", "0 everywhere"},
                 {x, below, "squared", "\"w\" must be 0 or more"},
                 {x, zeros, "squared", "no training row weighs"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct made made = {0};
        attune_error error = {0};
        made_reals(&made, "x", ATTUNE_INPUT, x, 3);
        if (cases[k].w)
            made_reals(&made, "w", ATTUNE_WEIGHT, cases[k].w, 3);
        made_reals(&made, "y", ATTUNE_TARGET, cases[k].y, 3);
        attune_data *data = made_data(&made, 3, ATTUNE_REGRESSION);
        attune_step *step = step_of("gradient_boosting");
        set(step, "objective", cases[k].objective);
        fit_rows(step, data, 0, 3, &error);
        assert_error(&error, ATTUNE_UNFIT, cases[k].words);
        attune_step_free(step);
        attune_data_free(data);
    }
}

/* A model from a file that would lead a walk astray is refused. */
static void damaged_trees_are_refused(void **state)
{
    (void)state;
    attune_data *data = some_data(ATTUNE_BINARY, false);
    attune_step *step = step_of("gradient_boosting");
    fit_all(step, data);
    const char *(*check)(const void *) = step->type->check_fitted;
    attune_gradient_boosting *s = step->self;
    assert_null(check(s));
    int32_t *left = &s->trees.node_left.i32[0], kept = *left;
    for (int k = 0; k < 3; k++) {
        *left = k == 0 ? 0 : k == 1 ? -1 : INT32_MAX;
        assert_non_null(check(s));
    }
    *left = kept;
    int32_t *input = &s->trees.node_input.i32[0];
    kept = *input;
    *input = 4;
    assert_non_null(check(s));
    *input = kept;
    s->trees.start.i64[1]--;
    assert_non_null(check(s));
    s->trees.start.i64[1]++;
    s->trees.n_levels.i32[2] = 1 << 20; /* its sets would reach beyond the end */
    assert_non_null(check(s));
    s->trees.n_levels.i32[2] = 8;
    s->classes.i32[1] = 7;
    assert_non_null(check(s));
    s->classes.i32[1] = 1;
    assert_null(check(s));
    attune_step_free(step);
    attune_data_free(data);
}

static void quantiles_are_by_weight(void **state)
{
    (void)state;
    double even[] = {4, 1, 1, 1, 3, 1, 2, 1}, heavy[] = {4, 1, 1, 5, 3, 1, 2, 1};
    assert_true(attune_weighted_quantile(even, 4, 0.5) == 2.5);
    assert_true(attune_weighted_quantile(even, 4, 0.75) == 3.5);
    assert_true(attune_weighted_quantile(even, 4, 0.7) == 3);
    assert_true(attune_weighted_quantile(heavy, 4, 0.5) == 1);
    double many[2 * n];
    for (int k = 1; k < 10; k++) {
        for (int i = 0; i < n; i++) {
            many[2 * i] = floor(50 * draw(i));
            many[2 * i + 1] = 1 + i % 3;
        }
        double q = 0.1 * k, found = attune_weighted_quantile(many, n, q), below = 0, to = 0,
               all = 0;
        for (int i = 0; i < n; i++) {
            below += many[2 * i] < found ? many[2 * i + 1] : 0;
            to += many[2 * i] <= found ? many[2 * i + 1] : 0;
            all += many[2 * i + 1];
        }
        assert_true(below <= q * all && to >= q * all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_others),
        cmocka_unit_test(one_deep_tree_knows_its_rows),
        cmocka_unit_test(a_longer_fit_continues_a_shorter_one),
        cmocka_unit_test(missing_values_and_levels_are_used),
        cmocka_unit_test(rows_without_weight_do_not_count),
        cmocka_unit_test(every_loss_of_numbers_is_learnt),
        cmocka_unit_test(rounds_stop_early),
        cmocka_unit_test(bad_shapes_are_fitted_or_refused),
        cmocka_unit_test(bad_targets_and_weights_are_named),
        cmocka_unit_test(damaged_trees_are_refused),
        cmocka_unit_test(quantiles_are_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
