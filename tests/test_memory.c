/* tests/test_memory.c - what a fit will need, told before it begins. */
#include "steps/memory.h"
#include "tests/fitting.h"

enum { n_rows = 100, n_levels = 10 };

static attune_data *mixed(void)
{
    struct made made = {0};
    double x[n_rows];
    int32_t codes[n_rows];
    for (int i = 0; i < n_rows; i++) {
        x[i] = i;
        codes[i] = i % n_levels;
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, n_rows);
    made_codes(&made, "plan", ATTUNE_INPUT, codes, n_rows, n_levels);
    made_codes(&made, "town", ATTUNE_INPUT, codes, n_rows, n_levels);
    made_reals(&made, "y", ATTUNE_TARGET, x, n_rows);
    return made_data(&made, n_rows, ATTUNE_REGRESSION);
}

static attune_step *pipeline_of(const char *const *steps)
{
    attune_error error = {0};
    attune_step *pipeline = step_of("pipeline");
    for (; *steps; steps++)
        assert_ok(attune_step_add_take(pipeline, step_of(*steps), &error), &error);
    return pipeline;
}

static attune_memory_need need_of(const attune_step *step, const attune_data *data, int64_t n)
{
    attune_error error = {0};
    attune_memory_need need;
    assert_ok(attune_step_need(step, data, n, &need, &error), &error);
    return need;
}

static void widths_grow_along_the_pipeline(void **state)
{
    static const char *const steps[] = {"one_hot", "standard_scale", "ridge", NULL};
    attune_data *data = mixed();
    attune_step *pipeline = pipeline_of(steps);
    (void)state;
    /* 10 levels and one for missing values, twice, beside x. */
    const attune_step *ridge = attune_step_find(pipeline, "ridge");
    attune_memory_need need = need_of(pipeline, data, 80);
    assert_ptr_equal(need.step, ridge);
    assert_int_equal(need.columns, 23);
    assert_int_equal(need.bytes,
                     8 * n_rows * 23 + ridge->type->estimate_memory(ridge->self, 80, 23));

    set(pipeline, "one_hot__max_levels", "3"); /* 3 and "other" and missing */
    assert_int_equal(need_of(pipeline, data, 80).columns, 11);
    set(pipeline, "one_hot__max_levels", "null");
    assert_int_equal(need_of(pipeline, data, 4).columns, 11); /* 4 rows have 4 levels at most */
    attune_step_free(pipeline);
    attune_data_free(data);
}

static void only_what_is_touched_grows(void **state)
{
    static const char *const steps[] = {"one_hot", "knn", NULL};
    attune_error error = {0};
    attune_data *data = mixed();
    attune_step *pipeline = pipeline_of(steps);
    (void)state;
    attune_step *one_hot = attune_step_find(pipeline, "one_hot");
    assert_ok(attune_texts_add(&one_hot->columns, "town", &error), &error);
    assert_int_equal(need_of(pipeline, data, n_rows).columns, 1 + 1 + 11);
    attune_step_free(pipeline);
    attune_data_free(data);
}

static void the_active_branch_counts(void **state)
{
    attune_error error = {0};
    attune_data *data = mixed();
    attune_step *choose = step_of("choose");
    (void)state;
    assert_ok(attune_step_add_take(choose, step_of("dummy"), &error), &error);
    assert_ok(attune_step_add_take(choose, step_of("gradient_boosting"), &error), &error);
    int64_t small = need_of(choose, data, n_rows).bytes;
    set(choose, "choice", "gradient_boosting");
    assert_true(need_of(choose, data, n_rows).bytes > 10 * small);
    attune_step_free(choose);
    attune_data_free(data);
}

/* More rows or columns are never less; nothing overflows. */
static void check_growth(const attune_step *step)
{
    static const int64_t sizes[] = {1, 10, 1000, 100000, 10000000, INT64_C(1000000000000)};
    enum { n_sizes = sizeof sizes / sizeof *sizes };
    for (int i = 0; i + 1 < n_sizes; i++)
        for (int j = 0; j + 1 < n_sizes; j++) {
            int64_t bytes = step->type->estimate_memory(step->self, sizes[i], sizes[j]);
            assert_true(bytes > 0);
            if (step->type->estimate_memory(step->self, sizes[i + 1], sizes[j]) < bytes ||
                step->type->estimate_memory(step->self, sizes[i], sizes[j + 1]) < bytes)
                fail_msg("%s: more rows or columns need less", step->type->name);
        }
}

static void every_model_says(void **state)
{
    (void)state;
    for (int64_t t = 0; attune_step_types[t]; t++) {
        const attune_step_type *type = attune_step_types[t];
        if (!type->tasks)
            continue;
        if (!type->estimate_memory)
            fail_msg("%s says nothing of its memory", type->name);
        attune_step *step = step_of(type->name);
        check_growth(step);
        attune_step_free(step);
    }
}

static void bytes_are_readable(void **state)
{
    static const struct {
        int64_t bytes;
        const char *words;
    } cases[] = {{0, "0.0 KiB"},
                 {1536, "1.5 KiB"},
                 {1024 * 1024 * 20, "20 MiB"},
                 {INT64_C(8) << 30, "8.0 GiB"},
                 {INT64_MAX, "8.0 EiB"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_text text = {0};
        attune_bytes_print(&text, cases[i].bytes);
        assert_string_equal(text.bytes, cases[i].words);
        attune_text_clear(&text);
    }
    attune_data *data = mixed();
    assert_int_equal(attune_data_bytes(data), n_rows * (8 + 4 + 4 + 8));
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_grow_along_the_pipeline),
        cmocka_unit_test(only_what_is_touched_grows),
        cmocka_unit_test(the_active_branch_counts),
        cmocka_unit_test(every_model_says),
        cmocka_unit_test(bytes_are_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
