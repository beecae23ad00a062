/* tests/test_step.c - making, naming, setting, cloning and keying steps; fit before transform. */
#include "tests/fitting.h"

static attune_data *holes(void)
{
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1.5, NAN, 4}, 3);
    return made_data(&made, 3, ATTUNE_NO_TASK);
}

static attune_step *named(const char *type, const char *name)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_ok(attune_step_new(&step, attune_step_type_find(type), name, &error), &error);
    return step;
}

/* top: pre (impute, inner: one_hot), choose of two scalers. */
static attune_step *tree(void)
{
    attune_error error = {0};
    attune_step *top = named("pipeline", "top"), *pre = named("pipeline", "pre");
    attune_step *scale = named("choose", "scale");
    assert_ok(attune_step_add_take(pre, named("impute", "impute"), &error), &error);
    assert_ok(attune_step_add_take(pre, named("one_hot", "in-ner"), &error), &error);
    assert_ok(attune_step_add_take(scale, named("standard_scale", "std"), &error), &error);
    assert_ok(attune_step_add_take(scale, named("min_max_scale", "range"), &error), &error);
    assert_ok(attune_step_add_take(top, pre, &error), &error);
    assert_ok(attune_step_add_take(top, scale, &error), &error);
    return top;
}

static void types_are_found(void **state)
{
    (void)state;
    attune_error error = {0};
    assert_ptr_equal(attune_step_type_find("impute")->fields,
                     attune_step_types[4]->fields); /* after the four containers */
    assert_null(attune_step_type_find("imput"));
    assert_int_equal(attune_step_type_unknown("imput", &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "unknown step \"imput\", did you mean \"impute\"");
}

static void names_can_be_told_apart_in_paths(void **state)
{
    (void)state;
    const char *const bad[] = {"", "a__b", "a/b", "_a", "a_"};
    for (int i = 0; i < 5; i++) {
        attune_error error = {0};
        attune_step *step = NULL;
        assert_int_equal(attune_step_new(&step, attune_step_types[0], bad[i], &error),
                         ATTUNE_INVALID);
        assert_null(step);
        assert_error(&error, ATTUNE_INVALID, "cannot be called");
    }
    attune_error error = {0};
    attune_step *top = tree();
    assert_int_equal(attune_step_add_take(top, named("impute", "pre"), &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "two steps of \"top\" are called \"pre\"");
    attune_error_clear(&error);
    assert_int_equal(attune_step_add_take(top->self ? attune_step_find(top, "pre/impute") : top,
                                          named("impute", "x"), &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "impute takes no steps");
    attune_step_free(top);
}

static void steps_are_found_by_path(void **state)
{
    (void)state;
    attune_step *top = tree();
    assert_ptr_equal(attune_step_find(top, ""), top);
    assert_string_equal(attune_step_find(top, "pre__in-ner")->type->name, "one_hot");
    assert_ptr_equal(attune_step_find(top, "pre/in-ner"), attune_step_find(top, "pre__in-ner"));
    assert_null(attune_step_find(top, "pre__in"));
    assert_null(attune_step_find(top, "pre__impute__strategy"));
    attune_step_free(top);
}

static void hyperparameters_go_by_path(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_value value = {0};
    attune_step *top = tree();
    set(top, "pre__impute__strategy", "median");
    set(top, "scale__range__high", "2.385");
    assert_ok(attune_step_get(top, "pre__impute__strategy", &value, &error), &error);
    assert_string_equal(value.text, "median");
    assert_ok(attune_step_get(top, "scale__range__high", &value, &error), &error);
    assert_close(value.real, 2.385, 0);
    attune_value_clear(&value);
    static const struct {
        const char *path, *words, *message;
    } bad[] = {
        {"pre__impute__strateg", "mean", "did you mean \"strategy\""},
        {"pre__impute__fills", "mean", "has no \"fills\""},
        {"pre__steps", "1", "has no \"steps\""},
        {"pre__no__C", "1", "\"pre\" has no step \"no\""},
        {"pre__impute__strategy", "mode", "need one of mean, median"},
        {"pre__in-ner__max_levels", "0", "max_levels"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_error_clear(&error);
        assert_int_equal(set_words(top, bad[i].path, bad[i].words, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, bad[i].message);
    }
    attune_step_free(top);
}

static void setting_invalidates(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = holes(), *out = NULL;
    attune_step *step = step_of("impute");
    assert_int_equal(attune_step_transform(step, data, &context, &out, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "impute: fit comes before transform");
    attune_error_clear(&error);
    fit_all(step, data);
    assert_true(step->fitted && step->initialised && step->invalidated && !step->train);
    set(step, "strategy", "median");
    assert_false(step->fitted);
    assert_int_equal(attune_step_transform(step, data, &context, &out, &error), ATTUNE_INVALID);
    attune_error_clear(&error);
    assert_int_equal(fit_rows(step, data, 0, 0, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "no rows to fit");
    attune_error_clear(&error);
    attune_predictions predictions = {0};
    attune_rows *rows = rows_from(0, 1);
    assert_int_equal(attune_step_predict(step, data, rows, &context, &predictions, &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "impute cannot predict");
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void a_share_cannot_be_set_or_fitted(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = holes();
    attune_step *step = step_of("impute"), *share = attune_step_ref(step);
    assert_int_equal(set_words(step, "strategy", "median", &error), ATTUNE_CONFLICT);
    attune_error_clear(&error);
    assert_int_equal(fit_rows(step, data, 0, 3, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "is shared: clone it");
    attune_step_free(share);
    fit_all(step, data);
    attune_step_free(step);
    attune_data_free(data);
}

static void a_shared_child_is_set_in_a_copy(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = holes();
    attune_step *top = named("pipeline", "top");
    assert_ok(attune_step_add_take(top, named("impute", "impute"), &error), &error);
    fit_all(top, data);
    attune_step *child = attune_step_ref(attune_step_find(top, "impute"));
    assert_int_equal(set_words(top, "impute__strategy", "no such", &error), ATTUNE_INVALID);
    assert_true(top->fitted); /* a refused value changes nothing */
    assert_ptr_equal(attune_step_find(top, "impute"), child);
    set(top, "impute__strategy", "median");
    assert_false(top->fitted);
    assert_ptr_not_equal(attune_step_find(top, "impute"), child);
    assert_true(child->fitted);
    attune_step_free(child);
    attune_step_free(top);
    attune_data_free(data);
}

static void a_clone_has_what_was_set_and_nothing_fitted(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_value value = {0};
    attune_step *top = tree(), *clone = NULL;
    set(top, "scale__range__low", "-2.5");
    assert_ok(attune_texts_add(&attune_step_find(top, "pre")->columns, "a*", &error), &error);
    assert_ok(attune_step_clone(top, &clone, &error), &error);
    assert_true(attune_key_same(attune_step_key(top), attune_step_key(clone)));
    assert_ok(attune_step_get(clone, "scale__range__low", &value, &error), &error);
    assert_close(value.real, -2.5, 0);
    assert_string_equal(attune_step_find(clone, "pre")->columns.items[0], "a*");
    assert_false(clone->fitted || clone->initialised);
    attune_value_clear(&value);
    attune_step_free(top);
    attune_step_free(clone);
}

static void keys_see_what_decides_a_fit(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_step *a = tree(), *b = tree();
    attune_key first = attune_step_key(a);
    set(b, "scale__range__high", "3"); /* takes no part */
    assert_true(attune_key_same(first, attune_step_key(b)));
    set(b, "scale__choice", "range");
    assert_false(attune_key_same(first, attune_step_key(b)));
    set(b, "scale__choice", "null");
    assert_true(attune_key_same(first, attune_step_key(b)));
    assert_ok(attune_texts_add(&attune_step_find(b, "pre__impute")->columns, "a", &error), &error);
    assert_false(attune_key_same(first, attune_step_key(b)));
    attune_step_free(a);
    attune_step_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found),
        cmocka_unit_test(names_can_be_told_apart_in_paths),
        cmocka_unit_test(steps_are_found_by_path),
        cmocka_unit_test(hyperparameters_go_by_path),
        cmocka_unit_test(setting_invalidates),
        cmocka_unit_test(a_share_cannot_be_set_or_fitted),
        cmocka_unit_test(a_shared_child_is_set_in_a_copy),
        cmocka_unit_test(a_clone_has_what_was_set_and_nothing_fitted),
        cmocka_unit_test(keys_see_what_decides_a_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
