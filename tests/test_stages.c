/* tests/test_stages.c - every prefix of a growing fit: what it would predict, what it would be. */
#include "steps/models/gradient_boosting.h"
#include "steps/saver.h"
#include "tests/fitting.h"

enum { n = 120, stages = 5 };

static const int64_t budgets[stages] = {1, 4, 4, 9, 12};

static attune_data *some_data(attune_task task)
{
    struct made made = {0};
    attune_stream stream = attune_stream_new(attune_key_start("stages"));
    double a[n], b[n], y[n];
    int32_t c[n], classes[n];
    for (int i = 0; i < n; i++) {
        a[i] = i % 7 ? attune_stream_uniform(&stream) : NAN;
        b[i] = attune_stream_normal(&stream);
        c[i] = (int32_t)attune_stream_below(&stream, 5);
        y[i] = 1 + (isnan(a[i]) ? 2 : a[i]) + c[i] % 2 + attune_stream_uniform(&stream);
        classes[i] = y[i] > 2.5 ? task == ATTUNE_MULTICLASS && y[i] > 3.2 ? 2 : 1 : 0;
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_reals(&made, "b", ATTUNE_INPUT, b, n);
    made_codes(&made, "c", ATTUNE_INPUT, c, n, 5);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    else
        made_codes(&made, "y", ATTUNE_TARGET, classes, n, task == ATTUNE_BINARY ? 2 : 3);
    return made_data(&made, n, task);
}

/* A model with settings that make a later round depend on all that can differ. */
struct form {
    const char *type;
    const char *name, *words; /* nullable */
    bool wrapped;             /* in a choose, at the end of a pipeline */
};

static attune_step *make(const struct form *form)
{
    attune_error error = {0};
    attune_step *model = step_of(form->type);
    if (form->name)
        set(model, form->name, form->words);
    if (!form->wrapped)
        return model;
    attune_step *pipeline = step_of("pipeline"), *choose = step_of("choose");
    assert_ok(attune_step_add_take(choose, model, &error), &error);
    assert_ok(attune_step_add_take(pipeline, step_of("impute"), &error), &error);
    assert_ok(attune_step_add_take(pipeline, step_of("transform_target"), &error), &error);
    assert_ok(attune_step_add_take(pipeline, choose, &error), &error);
    return pipeline;
}

/* The name of the hyperparameter that is the budget, by a path from the step. */
static const char *budget_of(const attune_step *step)
{
    const attune_step *model = attune_step_staged(step);
    assert_non_null(model);
    for (const attune_field *field = model->type->fields; field->kind; field++)
        if (field->budget)
            return field->name;
    fail_msg("%s has stages and no budget", model->type->name);
    return NULL;
}

static attune_step *fit_budget(const struct form *form, const attune_data *data, int64_t budget)
{
    attune_step *step = make(form);
    char path[80], words[24];
    snprintf(path, sizeof path, "%s%s%s%s", form->wrapped ? "choose__" : "",
             form->wrapped ? form->type : "", form->wrapped ? "__" : "", budget_of(step));
    snprintf(words, sizeof words, "%lld", (long long)budget);
    set(step, path, words);
    fit_all(step, data);
    return step;
}

static void assert_same_predictions(const attune_predictions *p, const attune_predictions *q)
{
    assert_int_equal(p->n, q->n);
    assert_int_equal(p->width, q->width);
    assert_memory_equal(p->values, q->values, (size_t)(p->n * p->width) * sizeof(double));
}

static void stages_predict_as_shorter_fits(const struct form *form, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions all[stages] = {{0}};
    attune_rows *rows = rows_from(0, n);
    attune_step *longest = fit_budget(form, data, budgets[stages - 1]);
    assert_ok(
        attune_step_predict_stages(longest, data, rows, &context, budgets, stages, all, &error),
        &error);
    for (int k = 0; k < stages; k++) {
        attune_predictions p = {0};
        attune_step *shorter = fit_budget(form, data, budgets[k]);
        assert_ok(attune_step_predict(shorter, data, rows, &context, &p, &error), &error);
        assert_same_predictions(&p, &all[k]);
        attune_predictions_clear(&p);
        attune_predictions_clear(&all[k]);
        attune_step_free(shorter);
    }
    attune_rows_free(rows);
    attune_step_free(longest);
}

static void a_truncated_fit_is_a_shorter_one(const struct form *form, const attune_data *data)
{
    attune_error error = {0};
    attune_bundle shorter_bytes = {0}, longer_bytes = {0};
    attune_step *shorter = fit_budget(form, data, 4), *longer = fit_budget(form, data, 12);
    assert_ok(attune_step_truncate(longer, 4, &error), &error);
    assert_ok(attune_step_save(shorter, true, &shorter_bytes, "s", NULL, &error), &error);
    assert_ok(attune_step_save(longer, true, &longer_bytes, "s", NULL, &error), &error);
    assert_true(attune_bundle_same(&shorter_bytes, &longer_bytes));
    assert_int_equal(attune_step_truncate(longer, 5, &error), ATTUNE_INVALID);
    assert_int_equal(attune_step_truncate(longer, 0, &error), ATTUNE_INVALID);
    attune_bundle_clear(&shorter_bytes);
    attune_bundle_clear(&longer_bytes);
    attune_step_free(shorter);
    attune_step_free(longer);
}

/* Where nothing pauses, the whole is fitted at once. */
static void a_paused_fit_goes_on_to_the_same_end(const struct form *form, const attune_data *data)
{
    attune_error error = {0};
    attune_bundle in_one_go = {0}, in_parts = {0};
    attune_context context = test_context();
    attune_predictions early = {0}, expected = {0};
    attune_rows *rows = rows_from(0, n);
    attune_step *whole = fit_budget(form, data, 12), *parts = fit_budget(form, data, 12);
    context.reach = 4;
    assert_ok(attune_step_fit(parts, data, rows, &context, &error), &error);
    assert_ok(
        attune_step_predict_stages(parts, data, rows, &context, budgets + 1, 1, &early, &error),
        &error);
    assert_ok(
        attune_step_predict_stages(whole, data, rows, &context, budgets + 1, 1, &expected, &error),
        &error);
    assert_same_predictions(&early, &expected);
    for (int64_t reach = 5; reach <= 9; reach += 4) {
        context.reach = reach;
        assert_ok(attune_step_fit_more(parts, &context, &error), &error);
    }
    context.reach = 0;
    assert_ok(attune_step_fit_more(parts, &context, &error), &error);
    assert_ok(attune_step_fit_more(parts, &context, &error), &error);
    assert_ok(attune_step_save(whole, true, &in_one_go, "s", NULL, &error), &error);
    assert_ok(attune_step_save(parts, true, &in_parts, "s", NULL, &error), &error);
    assert_true(attune_bundle_same(&in_one_go, &in_parts));
    attune_bundle_clear(&in_one_go);
    attune_bundle_clear(&in_parts);
    attune_predictions_clear(&early);
    attune_predictions_clear(&expected);
    attune_rows_free(rows);
    attune_step_free(whole);
    attune_step_free(parts);
}

typedef void (*check_of)(const struct form *form, const attune_data *data);

static void for_each_form(check_of check)
{
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++) {
        attune_data *data = some_data((attune_task)task);
        for (int64_t i = 0; attune_step_types[i]; i++) {
            const attune_step_type *type = attune_step_types[i];
            assert_int_equal(!type->predict_stages, !type->truncate);
            if (!type->predict_stages || !(type->tasks >> task & 1))
                continue;
            check(&(struct form){.type = type->name}, data);
            check(&(struct form){.type = type->name, .wrapped = true}, data);
        }
        check(&(struct form){"gradient_boosting", "subsample", "0.6", false}, data);
        check(&(struct form){"gradient_boosting", "early_stopping_rounds", "3", false}, data);
        check(&(struct form){"gradient_boosting", "early_stopping_rounds", "50", true}, data);
        check(&(struct form){"extra_trees", "bootstrap", "true", false}, data);
        attune_data_free(data);
    }
}

static void each_stage_predicts_as_a_shorter_fit(void **state)
{
    (void)state;
    for_each_form(stages_predict_as_shorter_fits);
}

static void each_truncated_fit_is_a_shorter_one(void **state)
{
    (void)state;
    for_each_form(a_truncated_fit_is_a_shorter_one);
}

static void each_paused_fit_goes_on_to_the_same_end(void **state)
{
    (void)state;
    for_each_form(a_paused_fit_goes_on_to_the_same_end);
}

static void stages_that_cannot_be_are_refused(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = some_data(ATTUNE_REGRESSION);
    attune_predictions out[2] = {{0}};
    attune_rows *rows = rows_from(0, n);
    struct form form = {.type = "random_forest"};
    attune_step *step = fit_budget(&form, data, 3);
    static const int64_t falling[] = {2, 1}, zero[] = {0, 1}, many[] = {2, 4};
    attune_step_predict_stages(step, data, rows, &context, falling, 2, out, &error);
    assert_error(&error, ATTUNE_INVALID, "ascend");
    error = (attune_error){0};
    attune_step_predict_stages(step, data, rows, &context, zero, 2, out, &error);
    assert_error(&error, ATTUNE_INVALID, "ascend");
    error = (attune_error){0};
    attune_step_predict_stages(step, data, rows, &context, many, 2, out, &error);
    assert_error(&error, ATTUNE_INVALID, "4 trees are asked for; 3 were fitted");
    attune_step *shared = attune_step_ref(step);
    error = (attune_error){0};
    attune_step_truncate(step, 1, &error);
    assert_error(&error, ATTUNE_CONFLICT, "shared");
    attune_step_free(shared);
    attune_step *plain = step_of("dummy");
    fit_all(plain, data);
    assert_null(attune_step_staged(plain));
    error = (attune_error){0};
    attune_step_predict_stages(plain, data, rows, &context, many, 2, out, &error);
    assert_error(&error, ATTUNE_INVALID, "cannot predict in stages");
    error = (attune_error){0};
    attune_step_truncate(plain, 1, &error);
    assert_error(&error, ATTUNE_INVALID, "cannot be truncated");
    attune_predictions_clear(&out[0]);
    attune_predictions_clear(&out[1]);
    attune_rows_free(rows);
    attune_step_free(plain);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stage_predicts_as_a_shorter_fit),
        cmocka_unit_test(each_truncated_fit_is_a_shorter_one),
        cmocka_unit_test(each_paused_fit_goes_on_to_the_same_end),
        cmocka_unit_test(stages_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
