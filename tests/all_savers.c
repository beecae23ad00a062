/* tests/all_savers.c - every saver of the registry: a fitted step goes there and back through it,
 * to the same bytes, and a file that is gone is missed. */
#include "tests/support.h"
#include "tests/toys.h"

static attune_step *fitted_step(const attune_step_type *type)
{
    attune_error error = {0};
    attune_step *step = NULL;
    attune_data *data = attune_data_new(NULL, NULL, 0, 3, ATTUNE_NO_TASK, -1, &error);
    attune_rows *rows = attune_rows_all(3, &error);
    attune_context context = attune_context_root(NULL, attune_key_start("test"));
    assert_non_null(data);
    assert_ok(attune_step_new(&step, type, "step", &error), &error);
    assert_ok(attune_step_fit(step, data, rows, &context, &error), &error);
    attune_rows_free(rows);
    attune_data_free(data);
    return step;
}

static void there_and_back(const attune_step_type *type)
{
    const attune_step_type *const types[] = {type, NULL};
    const attune_plugins plugins = {.steps = types};
    attune_error error = {0};
    attune_bundle bundle = {0}, second = {0};
    attune_step *step = fitted_step(type), *again = NULL;
    assert_ok(attune_step_save(step, true, &bundle, "s", &plugins, &error), &error);
    assert_ok(attune_step_load(&bundle, "s", &plugins, &again, &error), &error);
    assert_ok(attune_step_save(again, true, &second, "s", &plugins, &error), &error);
    assert_true(attune_bundle_same(&bundle, &second));
    for (int64_t gone = 0; gone < bundle.n; gone++) {
        attune_bundle less = {0};
        attune_step *none = NULL;
        for (int64_t i = 0; i < bundle.n; i++)
            if (i != gone)
                less.files = (attune_realloc(less.files, less.n + 1, sizeof *less.files, NULL)),
                less.files[less.n++] = bundle.files[i]; /* borrowed */
        assert_int_equal(attune_step_load(&less, "s", &plugins, &none, NULL), ATTUNE_CORRUPT);
        assert_null(none);
        free(less.files);
    }
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&second);
    attune_step_free(step);
    attune_step_free(again);
}

static void every_saver_keeps_a_step(void **state)
{
    (void)state;
    for (int64_t i = 0; attune_saver_types[i]; i++) {
        const attune_saver_type *saver = attune_saver_types[i];
        const char *const names[] = {"default", i ? saver->name : NULL, NULL};
        attune_step_type type = toy_model;
        type.savers = names;
        assert_true(strlen(saver->doc) > 10 && saver->save && saver->load);
        assert_ptr_equal(attune_saver_find(saver->name, NULL), saver);
        there_and_back(&type);
    }
    assert_string_equal(attune_saver_types[0]->name, "default");
    attune_error error = {0};
    attune_saver_unknown("defalt", &error);
    assert_error(&error, ATTUNE_UNSUPPORTED, "did you mean \"default\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_saver_keeps_a_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
