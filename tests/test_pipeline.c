/* tests/test_pipeline.c - pipeline, choose and optional; what goes through the door to shared work;
 * the seed's own pipeline. */
#include "tests/fitting.h"

static attune_step *add(attune_step *top, const char *type, const char *name)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_ok(attune_step_new(&step, attune_step_type_find(type), name, &error), &error);
    if (top)
        assert_ok(attune_step_add_take(top, step, &error), &error);
    return step;
}

static attune_data *birds(attune_task task)
{
    struct made made = {0};
    made_reals(&made, "mass", ATTUNE_INPUT, (double[]){3, NAN, 5, 6, 7, 2, 9, 4}, 8);
    made_codes(&made, "island", ATTUNE_INPUT, (int32_t[]){0, 1, 2, 0, -1, 1, 2, 0}, 8, 3);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, (double[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
    else
        made_codes(&made, "y", ATTUNE_TARGET, (int32_t[]){1, 1, 2, 2, 2, 0, 2, 1}, 8, 3);
    return made_data(&made, 8, task);
}

/* Keeps every value by its key, as a run does. */
struct door {
    attune_key keys[64];
    void *values[64];
    const attune_shared_kind *kinds[64];
    int n, hits;
};

static attune_status take_shared(void *user, attune_key key, const attune_shared_kind *kind,
                                 attune_shared_build build, void *build_user, void **value,
                                 attune_error *error)
{
    struct door *door = user;
    for (int i = 0; i < door->n; i++)
        if (attune_key_same(door->keys[i], key)) {
            door->hits++;
            *value = kind->ref(door->values[i]);
            return ATTUNE_OK;
        }
    attune_status status = build(build_user, value, error);
    if (status || door->n == 64)
        return status;
    assert_true(kind->bytes(*value) > 0);
    door->keys[door->n] = key;
    door->kinds[door->n] = kind;
    door->values[door->n++] = kind->ref(*value);
    return ATTUNE_OK;
}

static void close_door(struct door *door)
{
    for (int i = 0; i < door->n; i++)
        door->kinds[i]->free(door->values[i]);
}

static attune_status fit_in(attune_step *step, const attune_data *data, struct door *door,
                            attune_error *error)
{
    attune_services services = {.user = door, .shared = take_shared};
    attune_context context = attune_context_root(door ? &services : NULL, attune_key_start("test"));
    attune_rows *rows = rows_from(0, 6);
    attune_status status = attune_step_fit(step, data, rows, &context, error);
    attune_rows_free(rows);
    return status;
}

static attune_predictions predict(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions predictions = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_step_predict(step, data, rows, &context, &predictions, &error), &error);
    attune_rows_free(rows);
    return predictions;
}

static attune_step *encoder(void)
{
    attune_step *top = add(NULL, "pipeline", "top");
    add(top, "impute", "impute");
    add(top, "one_hot", "one_hot");
    add(top, "standard_scale", "standard_scale");
    return top;
}

static void the_shared_way_gives_the_same(void **state)
{
    (void)state;
    attune_error error = {0};
    struct door door = {0};
    attune_data *data = birds(ATTUNE_MULTICLASS);
    attune_step *alone = encoder(), *first = encoder(), *second = encoder();
    assert_ok(fit_in(alone, data, NULL, &error), &error);
    assert_ok(fit_in(first, data, &door, &error), &error);
    int built = door.n, hits = door.hits;
    assert_ok(fit_in(second, data, &door, &error), &error);
    assert_int_equal(door.n, built);
    assert_true(door.hits > hits);
    assert_ptr_equal(attune_step_find(first, "one_hot"), attune_step_find(second, "one_hot"));
    const char *const names[] = {"impute", "one_hot", "standard_scale"};
    for (int i = 0; i < 3; i++)
        assert_same_fitted(attune_step_find(alone, names[i]), attune_step_find(second, names[i]));
    attune_data *a = through(alone, data), *b = through(second, data);
    assert_true(attune_key_same(a->id, b->id));
    attune_data_free(a);
    attune_data_free(b);
    /* A longer pipeline takes what it has in common with a shorter one. */
    set(second, "standard_scale__with_mean", "false");
    hits = door.hits;
    assert_ok(fit_in(second, data, &door, &error), &error);
    assert_true(door.hits >= hits + 4); /* two fits, two transforms */
    assert_ptr_equal(attune_step_find(first, "one_hot"), attune_step_find(second, "one_hot"));
    attune_step_free(alone);
    attune_step_free(first);
    attune_step_free(second);
    close_door(&door);
    attune_data_free(data);
}

/* What is read back from a share must be the trial's own, also where it takes no part. */
static void a_share_does_not_carry_others_names_or_values(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_value value = {0};
    struct door door = {0};
    attune_data *data = birds(ATTUNE_MULTICLASS);
    attune_step *first = add(NULL, "pipeline", "top"), *second = add(NULL, "pipeline", "top");
    attune_step *scale = add(first, "choose", "scale");
    add(scale, "standard_scale", "std");
    add(scale, "min_max_scale", "range");
    scale = add(second, "choose", "scale");
    add(scale, "standard_scale", "usual");
    add(scale, "min_max_scale", "range");
    set(second, "scale__range__high", "2.385");
    assert_ok(fit_in(first, data, &door, &error), &error);
    assert_ok(fit_in(second, data, &door, &error), &error);
    assert_non_null(attune_step_find(second, "scale__usual"));
    assert_ok(attune_step_get(second, "scale__range__high", &value, &error), &error);
    assert_close(value.real, 2.385, 0);
    attune_data *a = through(first, data), *b = through(second, data);
    assert_true(attune_key_same(a->id, b->id)); /* but the work is the same */
    attune_data_free(a);
    attune_data_free(b);
    attune_value_clear(&value);
    attune_step_free(first);
    attune_step_free(second);
    close_door(&door);
    attune_data_free(data);
}

static void the_seed_pipeline_runs(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_MULTICLASS);
    attune_step *top = add(NULL, "pipeline", "seed_pipeline");
    add(top, "shuffle", "shuffle");
    add(top, "transform_target", "transform_target");
    add(top, "dummy", "model");
    assert_true(attune_step_is_model(top));
    assert_string_equal(attune_step_model_name(top), "model");
    assert_ok(fit_in(top, data, NULL, &error), &error);
    attune_predictions p = predict(top, data);
    static const double share[] = {1.0 / 6, 2.0 / 6, 3.0 / 6}; /* in the codes of the data */
    assert_int_equal(p.n, 8);
    assert_int_equal(p.n_classes, 3);
    for (int64_t i = 0; i < p.n * 3; i++)
        assert_close(p.values[i], share[i % 3], 1e-12);
    attune_predictions_clear(&p);
    attune_step_free(top);
    attune_data_free(data);
}

static void numbers_come_back_from_a_nested_target(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_REGRESSION);
    attune_step *top = add(NULL, "pipeline", "top");
    add(top, "transform_target", "standardize");
    attune_step *inner = add(top, "pipeline", "inner");
    attune_step *log = add(inner, "transform_target", "none");
    set(log, "function", "none");
    add(inner, "dummy", "model");
    assert_string_equal(attune_step_model_name(top), "model");
    assert_ok(fit_in(top, data, NULL, &error), &error);
    attune_predictions p = predict(top, data);
    assert_close(p.values[7], 3.5, 1e-12); /* the mean of rows 0 to 5 */
    attune_predictions_clear(&p);
    attune_step_free(top);
    attune_data_free(data);
}

static void choose_uses_one(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_REGRESSION);
    attune_step *choose = add(NULL, "choose", "scale");
    assert_int_equal(attune_step_check(choose, &error), ATTUNE_INVALID);
    attune_error_clear(&error);
    add(choose, "standard_scale", "std");
    add(choose, "min_max_scale", "range");
    set(choose, "choice", "range");
    assert_ok(fit_in(choose, data, NULL, &error), &error);
    assert_true(attune_step_find(choose, "range")->fitted);
    assert_false(attune_step_find(choose, "std")->fitted);
    attune_data *out = through(choose, data);
    assert_close(real_at(out, "mass", 6), 7.0 / 5, 1e-12); /* 2 to 7 became 0 to 1 */
    attune_data_free(out);
    set(choose, "choice", "no such");
    assert_int_equal(attune_step_check(choose, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "no step of that name");
    attune_error_clear(&error);
    set(choose, "choice", "std");
    add(choose, "dummy", "dummy");
    assert_int_equal(attune_step_check(choose, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "not both");
    attune_step_free(choose);
    attune_data_free(data);
}

static void a_choice_of_models_predicts(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_REGRESSION);
    attune_step *top = add(NULL, "pipeline", "top");
    add(top, "transform_target", "target");
    attune_step *choose = add(top, "choose", "model");
    add(choose, "dummy", "first");
    attune_step *second = add(choose, "pipeline", "second");
    add(second, "impute", "impute");
    add(second, "dummy", "dummy");
    set(top, "model__choice", "second");
    assert_string_equal(attune_step_model_name(top), "second");
    assert_ok(fit_in(top, data, NULL, &error), &error);
    assert_true(isfinite(attune_step_simplicity(top)));
    attune_predictions p = predict(top, data);
    assert_close(p.values[0], 3.5, 1e-12);
    attune_predictions_clear(&p);
    attune_step_free(top);
    attune_data_free(data);
}

static void optional_can_be_left_out(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_REGRESSION);
    attune_step *optional = add(NULL, "optional", "scale");
    assert_int_equal(attune_step_check(optional, &error), ATTUNE_INVALID);
    attune_error_clear(&error);
    add(optional, "standard_scale", "std");
    set(optional, "enabled", "false");
    assert_ok(fit_in(optional, data, NULL, &error), &error);
    attune_data *out = through(optional, data);
    assert_ptr_equal(out, data);
    attune_data_free(out);
    set(optional, "enabled", "true");
    assert_ok(fit_in(optional, data, NULL, &error), &error);
    out = through(optional, data);
    assert_ptr_not_equal(out, data);
    attune_data_free(out);
    attune_step_free(optional);
    attune_data_free(data);
}

static void faults_of_a_pipeline_are_said(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = birds(ATTUNE_MULTICLASS);
    attune_step *top = add(NULL, "pipeline", "top");
    assert_int_equal(fit_in(top, data, NULL, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "at least one step");
    attune_error_clear(&error);
    attune_step *model = add(top, "dummy", "dummy");
    add(top, "impute", "impute");
    assert_int_equal(fit_in(top, data, NULL, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "a model must be the last step");
    attune_error_clear(&error);
    (void)model;
    attune_step_free(top);

    /* A failure in the middle, without and with the caller's outputs preset. */
    top = add(NULL, "pipeline", "top");
    add(top, "impute", "impute");
    set(add(top, "transform_target", "target"), "function", "log1p");
    add(top, "dummy", "dummy");
    attune_rows *rows = rows_from(0, 6), *out_rows = (attune_rows *)(uintptr_t)8;
    attune_data *out = (attune_data *)(uintptr_t)8;
    assert_int_equal(attune_step_fit_transform(top, data, rows, &context, &out, &out_rows, &error),
                     ATTUNE_UNFIT);
    assert_null(out);
    assert_null(out_rows);
    assert_false(top->fitted || top->train);
    attune_rows_free(rows);
    attune_step_free(top);
    attune_data_free(data);
}

static void a_pipeline_is_fitted_again(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = birds(ATTUNE_MULTICLASS), *other = birds(ATTUNE_REGRESSION);
    attune_step *top = encoder(), *fresh = encoder();
    assert_ok(fit_in(top, other, NULL, &error), &error);
    assert_ok(fit_rows(top, other, 2, 8, &error), &error);
    assert_ok(fit_in(top, data, NULL, &error), &error);
    assert_ok(fit_in(fresh, data, NULL, &error), &error);
    assert_same_fitted(attune_step_find(top, "standard_scale"),
                       attune_step_find(fresh, "standard_scale"));
    attune_step_free(top);
    attune_step_free(fresh);
    attune_data_free(data);
    attune_data_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shared_way_gives_the_same),
        cmocka_unit_test(a_share_does_not_carry_others_names_or_values),
        cmocka_unit_test(the_seed_pipeline_runs),
        cmocka_unit_test(numbers_come_back_from_a_nested_target),
        cmocka_unit_test(choose_uses_one),
        cmocka_unit_test(a_choice_of_models_predicts),
        cmocka_unit_test(optional_can_be_left_out),
        cmocka_unit_test(faults_of_a_pipeline_are_said),
        cmocka_unit_test(a_pipeline_is_fitted_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
