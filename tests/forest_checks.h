/* tests/forest_checks.h - what both kinds of forest keep to. */
#ifndef ATTUNE_TESTS_FOREST_CHECKS_H
#define ATTUNE_TESTS_FOREST_CHECKS_H

#include "steps/models/forest.h"
#include "tests/fitting.h"

enum { forest_rows = 600 };

static inline double forest_draw(int64_t i)
{
    attune_stream stream = attune_stream_at(attune_key_start("forest"), (uint64_t)i);
    return attune_stream_uniform(&stream);
}

/* a, its holes, and the parity of c decide; d is noise. */
static inline attune_data *forest_data(attune_task task)
{
    enum { n = forest_rows };
    struct made made = {0};
    double a[n], d[n], y[n];
    int32_t c[n], classes[n];
    for (int i = 0; i < n; i++) {
        a[i] = i % 6 == 0 ? NAN : forest_draw(i);
        c[i] = (int32_t)(6 * forest_draw(n + i));
        d[i] = forest_draw(2 * n + i);
        y[i] = (isnan(a[i]) ? 1.5 : a[i]) + c[i] % 2 + 0.1 * forest_draw(3 * n + i);
        classes[i] = y[i] < 1 ? 0 : y[i] < 1.6 || task == ATTUNE_BINARY ? 1 : y[i] < 2.4 ? 2 : 3;
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_codes(&made, "c", ATTUNE_INPUT, c, n, 8);
    made_reals(&made, "d", ATTUNE_INPUT, d, n);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    else
        made_codes(&made, "y", ATTUNE_TARGET, classes, n, task == ATTUNE_BINARY ? 2 : 5);
    return made_data(&made, n, task);
}

static inline attune_predictions forest_predict(const attune_step *step, const attune_data *data)
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

/* Of rows from `first` on: errors of classes, or the root mean squared one. */
static inline double forest_error(const attune_predictions *p, const attune_data *data,
                                  int64_t first)
{
    const attune_column *target = attune_data_target(data);
    double wrong = 0, squares = 0;
    for (int64_t i = first; i < p->n; i++)
        if (p->n_classes)
            wrong += attune_predictions_class(p, i) != target->codes[i];
        else
            squares += pow(p->values[i] - target->reals[i], 2);
    double n = (double)(p->n - first);
    return p->n_classes ? wrong / n : sqrt(squares / n);
}

/* Learnt from the first rows, good on the others; on its own rows, without a sample, exact. */
static inline void forest_learns(const char *type)
{
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++) {
        attune_error error = {0};
        attune_data *data = forest_data((attune_task)task);
        attune_step *step = step_of(type);
        set(step, "max_features", "1");
        assert_ok(fit_rows(step, data, 0, 400, &error), &error);
        attune_predictions p = forest_predict(step, data);
        assert_true(forest_error(&p, data, 400) < 0.12);
        attune_predictions_clear(&p);
        set(step, "bootstrap", "false");
        set(step, "n_estimators", "10");
        fit_all(step, data);
        p = forest_predict(step, data);
        assert_true(forest_error(&p, data, 0) < 0.01);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_data_free(data);
    }
}

/* More trees go on where fewer ended. */
static inline void forest_continues(const char *type)
{
    attune_data *data = forest_data(ATTUNE_MULTICLASS);
    attune_step *step[2];
    for (int k = 0; k < 2; k++) {
        step[k] = step_of(type);
        set(step[k], "n_estimators", k ? "9" : "4");
        fit_all(step[k], data);
    }
    const attune_forest *a = step[0]->self, *b = step[1]->self;
    assert_int_equal(attune_trees_count(&a->trees), 4);
    assert_int_equal(attune_trees_count(&b->trees), 9);
    assert_memory_equal(a->trees.node_value.f64, b->trees.node_value.f64,
                        (size_t)attune_array_count(&a->trees.node_value) * sizeof(double));
    assert_memory_equal(a->shares.f32, b->shares.f32,
                        (size_t)attune_array_count(&a->shares) * sizeof(float));
    attune_step_free(step[0]);
    attune_step_free(step[1]);
    attune_data_free(data);
}

/* No leaf has fewer rows than it must, and those of one class need no shares. */
static inline void forest_keeps_limits(const char *type)
{
    attune_data *data = forest_data(ATTUNE_MULTICLASS);
    attune_step *step = step_of(type);
    set(step, "n_estimators", "3");
    set(step, "bootstrap", "false");
    set(step, "max_depth", "2");
    fit_all(step, data);
    const attune_forest *s = step->self;
    for (int64_t t = 0; t < 3; t++)
        assert_in_range(s->trees.start.i64[t + 1] - s->trees.start.i64[t], 3, 7);
    set(step, "max_depth", "-1");
    set(step, "min_samples_leaf", "100");
    fit_all(step, data);
    assert_in_range(s->shares.shape[0], 3, 3 * 6);
    set(step, "max_leaf_nodes", "4");
    set(step, "min_samples_leaf", "1");
    fit_all(step, data);
    assert_int_equal(attune_array_count(&s->trees.node_input), 3 * 7);
    set(step, "max_leaf_nodes", "null");
    fit_all(step, data);
    assert_in_range(s->shares.shape[0], 0, attune_array_count(&s->trees.node_input) / 20);
    attune_step_free(step);
    attune_data_free(data);
}

static inline void forest_refuses_damage(const char *type)
{
    attune_data *data = forest_data(ATTUNE_MULTICLASS);
    attune_step *step = step_of(type);
    set(step, "n_estimators", "3");
    set(step, "min_samples_leaf", "60");
    fit_all(step, data);
    attune_forest *s = step->self;
    assert_null(attune_forest_check(s));
    int64_t leaf = 0;
    while (s->trees.node_input.i32[leaf] >= 0)
        leaf++;
    double kept = s->trees.node_value.f64[leaf];
    static const double bad[] = {-5, 1e9, 0.5, NAN};
    for (int k = 0; k < 4; k++) {
        s->trees.node_value.f64[leaf] = bad[k];
        assert_non_null(attune_forest_check(s));
    }
    s->trees.node_value.f64[leaf] = kept;
    s->shares.f32[0] += 3;
    assert_non_null(attune_forest_check(s));
    s->shares.f32[0] -= 3;
    s->classes.i32[0] = 3;
    assert_non_null(attune_forest_check(s));
    attune_step_free(step);
    attune_data_free(data);
}

#endif
