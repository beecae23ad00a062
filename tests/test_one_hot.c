/* tests/test_one_hot.c - levels to columns of 0 and 1. */
#include "tests/golden_transforms.h"

static attune_data *coded(const struct golden *golden)
{
    struct made made = {0};
    int32_t codes[100];
    const json_t *list = json_object_get(golden->document.root, "codes");
    int64_t n = (int64_t)json_array_size(list);
    assert_true(n <= 100);
    for (int64_t i = 0; i < n; i++)
        codes[i] = (int32_t)golden_number(list, i);
    made_codes(&made, "code", ATTUNE_INPUT, codes, n, 6);
    return made_data(&made, n, ATTUNE_NO_TASK);
}

static void encodes_as_scikit_learn_does(void **state)
{
    (void)state;
    struct golden golden = golden_open();
    attune_data *data = coded(&golden);
    attune_step *step = step_of("one_hot");
    assert_golden(step, data, &golden, "one_hot");
    set(step, "drop", "first");
    assert_golden(step, data, &golden, "one_hot_first");
    set(step, "drop", "none");
    set(step, "max_levels", "3");
    assert_golden(step, data, &golden, "one_hot_most");
    attune_step_free(step);
    attune_data_free(data);
    attune_document_clear(&golden.document);
}

static attune_data *islands(void)
{
    struct made made = {0};
    made_reals(&made, "island=L0", ATTUNE_INPUT, (double[]){5, 6, 7, 8, 9}, 5); /* in the way */
    made_codes(&made, "island", ATTUNE_INPUT, (int32_t[]){0, 1, -1, 1, 2}, 5, 3);
    made_codes(&made, "sex", ATTUNE_INPUT, (int32_t[]){1, 0, 1, 1, -1}, 5, 2);
    made_codes(&made, "y", ATTUNE_TARGET, (int32_t[]){1, 0, 1, 1, 0}, 5, 2);
    return made_data(&made, 5, ATTUNE_BINARY);
}

static void names_missing_and_unseen(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = islands(), *out = NULL;
    attune_step *step = step_of("one_hot");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    out = through(step, data);
    assert_int_equal(attune_data_find(out, "island"), -1);
    assert_close(real_at(out, "island=L0", 3), 8, 0);
    assert_close(real_at(out, "island=L0_2", 0), 1, 0);
    assert_close(real_at(out, "island=L1", 3), 1, 0);
    assert_close(real_at(out, "island=missing", 2), 1, 0);
    assert_int_equal(attune_data_find(out, "island=L2"), -1); /* never seen in training */
    for (int64_t c = 0; c < out->n_columns; c++)
        if (strncmp(out->columns[c]->name, "island=", 7) == 0 && c != 0)
            assert_close(out->columns[c]->reals[4 * out->columns[c]->stride], 0, 0);
    assert_close(real_at(out, "sex=L0", 4) + real_at(out, "sex=L1", 4), 0, 0); /* missing, new */
    assert_ptr_equal(attune_data_target(out), attune_data_target(data));
    attune_data_free(out);

    set(step, "unseen", "error");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    out = NULL;
    assert_int_equal(attune_step_transform(step, data, &context, &out, &error), ATTUNE_INVALID);
    assert_null(out);
    assert_error(&error, ATTUNE_INVALID, "column \"island\", row 5: the level \"L2\"");
    attune_step_free(step);
    attune_data_free(data);
}

static void two_columns_can_be_one(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = islands();
    attune_step *step = step_of("one_hot");
    set(step, "drop", "if_binary");
    assert_ok(fit_rows(step, data, 0, 4, &error), &error);
    attune_data *out = through(step, data);
    assert_int_equal(attune_data_find(out, "sex=L0"), -1);
    assert_close(real_at(out, "sex=L1", 0), 1, 0);
    assert_close(real_at(out, "sex=L1", 1), 0, 0);
    assert_close(real_at(out, "island=L0_2", 0), 1, 0); /* three of them: all stay */
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void rare_levels_share_a_column(void **state)
{
    (void)state;
    struct made made = {0};
    made_codes(&made, "c", ATTUNE_INPUT, (int32_t[]){0, 1, 1, 2, 2, 3}, 6, 4);
    attune_data *data = made_data(&made, 6, ATTUNE_NO_TASK);
    attune_step *step = step_of("one_hot");
    set(step, "min_frequency", "2");
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_int_equal(out->n_columns, 3);
    assert_close(real_at(out, "c=other", 0) + real_at(out, "c=other", 5), 2, 0);
    assert_close(real_at(out, "c=L2", 4), 1, 0);
    attune_data_free(out);
    set(step, "min_frequency", "1");
    set(step, "max_levels", "1"); /* a tie: the lower code */
    fit_all(step, data);
    out = through(step, data);
    assert_int_equal(out->n_columns, 2);
    assert_close(real_at(out, "c=L1", 1), 1, 0);
    attune_data_free(out);
    set(step, "max_levels", "null");
    fit_all(step, data);
    out = through(step, data);
    assert_int_equal(out->n_columns, 4);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void cut_levels_are_told_before(void **state)
{
    (void)state;
    attune_data *data = islands();
    attune_context context = test_context();
    attune_rows *rows = rows_from(0, 5);
    attune_texts notes = {0};
    attune_step *step = step_of("one_hot");
    set(step, "max_levels", "2");
    assert_int_equal(attune_texts_add(&step->columns, "isle", NULL), ATTUNE_OK);
    assert_int_equal(attune_texts_add(&step->columns, "is*", NULL), ATTUNE_OK);
    attune_step_validate(step, data, rows, &context, &notes);
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.items[0], "one_hot: no column is called \"isle\"");
    assert_string_equal(notes.items[1], "island: 3 levels, 2 of them once; one_hot keeps 2");
    attune_texts_clear(&notes);
    attune_step_free(step);
    attune_rows_free(rows);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_as_scikit_learn_does),
        cmocka_unit_test(names_missing_and_unseen),
        cmocka_unit_test(two_columns_can_be_one),
        cmocka_unit_test(rare_levels_share_a_column),
        cmocka_unit_test(cut_levels_are_told_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
