/* tests/test_data.c - columns, levels, rows, data sets, and the choosing of columns. */
#include "tests/fitting.h"

#include "steps/transforms/touch.h"

static attune_data *mixed(void)
{
    static const int64_t days[] = {0, ATTUNE_TIME_MISSING, 5};
    struct made made = {0};
    made_reals(&made, "age", ATTUNE_INPUT, (double[]){1.5, NAN, 3}, 3);
    made_codes(&made, "plan", ATTUNE_INPUT, (int32_t[]){1, -1, -2}, 3, 2);
    made_times(&made, "text", ATTUNE_INPUT, days, 3);
    made_reals(&made, "weight", ATTUNE_WEIGHT, (double[]){1, 1, 2}, 3);
    made_codes(&made, "y", ATTUNE_TARGET, (int32_t[]){0, 1, 1}, 3, 2);
    return made_data(&made, 3, ATTUNE_BINARY);
}

static void columns_are_found_by_name_and_role(void **state)
{
    (void)state;
    attune_data *data = mixed();
    for (int64_t i = 0; i < data->n_columns; i++)
        assert_int_equal(attune_data_find(data, data->columns[i]->name), i);
    assert_int_equal(attune_data_find(data, "ag"), -1);
    assert_int_equal(attune_data_find(data, "zzz"), -1);
    assert_string_equal(attune_data_target(data)->name, "y");
    assert_string_equal(attune_data_role(data, ATTUNE_WEIGHT)->name, "weight");
    assert_null(attune_data_role(data, ATTUNE_GROUP));
    assert_int_equal(attune_data_n_classes(data), 2);
    attune_data_free(data);
}

static void unseen_is_not_missing(void **state)
{
    (void)state;
    attune_data *data = mixed();
    static const bool missing[3] = {false, true, false};
    for (int c = 0; c < 3; c++)
        for (int r = 0; r < 3; r++)
            assert_int_equal(attune_column_missing(data->columns[c], r), missing[r]);
    attune_data_free(data);
}

static void faults_are_named(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = mixed();
    attune_column *twice[] = {data->columns[0], data->columns[0]};
    attune_role roles[] = {ATTUNE_INPUT, ATTUNE_INPUT};
    assert_null(attune_data_new(twice, roles, 2, 3, ATTUNE_NO_TASK, -1, &error));
    assert_error(&error, ATTUNE_INVALID, "two columns are called \"age\"");
    attune_error_clear(&error);
    assert_null(attune_data_new(twice, roles, 1, 4, ATTUNE_NO_TASK, -1, &error));
    assert_error(&error, ATTUNE_INVALID, "column \"age\" has 3 rows, others 4");
    attune_error_clear(&error);
    attune_column *both[] = {data->columns[0], data->columns[4]};
    attune_role targets[] = {ATTUNE_TARGET, ATTUNE_TARGET};
    assert_null(attune_data_new(both, targets, 2, 3, ATTUNE_REGRESSION, -1, &error));
    assert_error(&error, ATTUNE_INVALID, "2 targets");
    attune_data_free(data);
}

static void ids_are_of_content(void **state)
{
    (void)state;
    attune_data *a = mixed(), *b = mixed();
    assert_true(attune_key_same(a->id, b->id));
    for (int64_t i = 0; i < a->n_columns; i++)
        assert_true(attune_key_same(a->columns[i]->id, b->columns[i]->id));
    attune_role roles[] = {ATTUNE_INPUT, ATTUNE_INPUT, ATTUNE_INPUT, ATTUNE_IGNORE, ATTUNE_TARGET};
    attune_data *c = attune_data_new(a->columns, roles, 5, 3, a->task, a->positive, NULL);
    assert_false(attune_key_same(a->id, c->id));
    double strided[] = {1.5, -7, 2.5, -8};
    double dense[] = {1.5, 2.5};
    assert_true(attune_key_same(attune_column_content(ATTUNE_REAL_COLUMN, 2, dense, 1, NULL),
                                attune_column_content(ATTUNE_REAL_COLUMN, 2, strided, 2, NULL)));
    attune_data_free(a);
    attune_data_free(b);
    attune_data_free(c);
}

static void a_change_keeps_the_rest(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = mixed();
    uint8_t drop[5] = {0, 1, 0, 0, 0};
    attune_data *less = attune_data_with(data, NULL, drop, &data->columns[1], 1, &error);
    assert_int_equal(less->n_columns, 5);
    assert_ptr_equal(less->columns[4], data->columns[1]);
    assert_int_equal(less->roles[2], ATTUNE_WEIGHT);
    assert_int_equal(less->roles[3], ATTUNE_TARGET);
    assert_int_equal(less->positive, 1);
    attune_data_free(less);
    drop[4] = 1;
    attune_data *bare = attune_data_with(data, NULL, drop, NULL, 0, &error);
    assert_int_equal(bare->task, ATTUNE_NO_TASK);
    assert_int_equal(bare->positive, -1);
    attune_data_free(bare);
    attune_data_free(data);
}

static void a_matrix_is_a_view_or_a_copy(void **state)
{
    (void)state;
    attune_error error = {0};
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1.5, 2.5}, 2);
    made_reals(&made, "b", ATTUNE_INPUT, (double[]){3.5, 4.5}, 2);
    attune_data *data = made_data(&made, 2, ATTUNE_NO_TASK);
    attune_matrix matrix = {0};
    assert_ok(attune_data_matrix(data, &matrix, &error), &error);
    assert_int_equal(matrix.n_columns, 2);
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 2; c++)
            assert_close(matrix.values[r * matrix.stride + c], 1.5 + r + 2 * c, 0);
    attune_matrix_clear(&matrix);
    uint8_t drop[] = {0, 1};
    attune_data *one = attune_data_with(data, NULL, drop, NULL, 0, &error);
    assert_ok(attune_data_matrix(one, &matrix, &error), &error);
    assert_ptr_equal(matrix.values, data->columns[0]->reals);
    attune_matrix_clear(&matrix);
    attune_data_free(one);
    drop[0] = 1;
    attune_data *none = attune_data_with(data, NULL, drop, NULL, 0, &error);
    assert_ok(attune_data_matrix(none, &matrix, &error), &error);
    assert_int_equal(matrix.n_columns, 0);
    attune_matrix_clear(&matrix);
    attune_data_free(none);
    attune_data_free(data);
    data = mixed();
    assert_int_equal(attune_data_matrix(data, &matrix, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "\"plan\" is nominal");
    assert_error(&error, ATTUNE_UNFIT, "one_hot");
    attune_data_free(data);
}

static void levels_are_in_order(void **state)
{
    (void)state;
    const char *names[] = {"-1", "2", "10", "1e3", "a", "b"};
    attune_levels *levels = attune_levels_new(names, 6, NULL);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(attune_levels_find(levels, names[i]), i);
        for (int j = 0; j < 6; j++)
            assert_int_equal(attune_level_order(names[i], names[j]) < 0, i < j);
    }
    assert_int_equal(attune_levels_find(levels, "3"), ATTUNE_CODE_UNSEEN);
    attune_levels_free(levels);
}

static void rows_are_named_by_their_order(void **state)
{
    (void)state;
    attune_rows *all = attune_rows_all(5, NULL), *same = rows_from(0, 5), *less = rows_from(1, 5);
    assert_true(attune_key_same(all->id, same->id));
    assert_false(attune_key_same(all->id, less->id));
    attune_rows_free(all);
    attune_rows_free(same);
    attune_rows_free(less);
    attune_rows_free(NULL);
}

static int64_t selected(const attune_data *data, const char *wanted, unsigned kinds)
{
    attune_context context = test_context();
    attune_texts columns = {0};
    int64_t index[8];
    assert_int_equal(attune_texts_add(&columns, wanted, NULL), ATTUNE_OK);
    context.columns = *wanted ? &columns : NULL;
    int64_t n = attune_context_select(&context, data, kinds, index);
    attune_texts_clear(&columns);
    return n;
}

static void columns_are_chosen_by_name_pattern_and_kind(void **state)
{
    (void)state;
    attune_data *data = mixed();
    unsigned any = (1u << ATTUNE_KINDS) - 1;
    assert_int_equal(selected(data, "", any), 3);
    assert_int_equal(selected(data, "", 1u << ATTUNE_REAL_COLUMN), 1); /* no weight */
    assert_int_equal(selected(data, "nominal", any), 1);
    assert_int_equal(selected(data, "text", any), 1); /* a name before a kind */
    assert_int_equal(selected(data, "?????", any), 0);
    assert_int_equal(selected(data, "*a*", any), 2);
    attune_data_free(data);
}

static void new_names_make_way(void **state)
{
    (void)state;
    attune_data *data = mixed();
    attune_texts names = {0};
    const char *given[] = {"age", "b", "b", "age", "b_2", "c"};
    const char *wanted[] = {"age_2", "b", "b_2", "age_3", "b_2_2", "c"};
    for (int i = 0; i < 6; i++)
        assert_int_equal(attune_texts_add(&names, given[i], NULL), ATTUNE_OK);
    assert_int_equal(attune_names_make_unique(&names, data, NULL), ATTUNE_OK);
    for (int i = 0; i < 6; i++)
        assert_string_equal(names.items[i], wanted[i]);
    attune_texts_clear(&names);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name_and_role),
        cmocka_unit_test(unseen_is_not_missing),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(ids_are_of_content),
        cmocka_unit_test(a_change_keeps_the_rest),
        cmocka_unit_test(a_matrix_is_a_view_or_a_copy),
        cmocka_unit_test(levels_are_in_order),
        cmocka_unit_test(rows_are_named_by_their_order),
        cmocka_unit_test(columns_are_chosen_by_name_pattern_and_kind),
        cmocka_unit_test(new_names_make_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
