/* tests/test_array.c - typed arrays: shapes, copies, sizes that cannot be. */
#include "spaces/base/array.h"
#include "tests/support.h"

#include <string.h>

static void made_zeroed_and_row_major(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_array array = {0};
    assert_int_equal(attune_array_count(&array), 0); /* nothing was learnt */
    assert_ok(attune_array_make_2d(&array, ATTUNE_ARRAY_F64, 3, 5, &error), &error);
    assert_int_equal(attune_array_count(&array), 15);
    for (int i = 0; i < 15; i++)
        assert_true(array.f64[i] == 0);
    assert_int_equal(array.shape[0], 3);
    assert_ok(attune_array_make_1d(&array, ATTUNE_ARRAY_U8, 7, &error), &error);
    assert_int_equal(array.n_dims, 1);
    assert_int_equal(attune_array_count(&array), 7);
    attune_array_clear(&array);
    assert_null(array.data);
}

static void scalars_and_empty_ones_are_fitted(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_array array = {0}, copy = {0};
    assert_ok(attune_array_make(&array, ATTUNE_ARRAY_I64, 0, NULL, &error), &error);
    assert_int_equal(attune_array_count(&array), 1);
    array.i64[0] = 17;
    assert_ok(attune_array_copy(&copy, &array, &error), &error);
    assert_int_equal(copy.i64[0], 17);
    assert_ok(attune_array_make_2d(&array, ATTUNE_ARRAY_F32, 0, 9, &error), &error);
    assert_non_null(array.data);
    assert_int_equal(attune_array_count(&array), 0);
    assert_ok(attune_array_copy(&copy, &array, &error), &error);
    assert_non_null(copy.data);
    assert_int_equal(copy.shape[1], 9);
    attune_array_clear(&array);
    assert_ok(attune_array_copy(&copy, &array, &error), &error);
    assert_null(copy.data);
}

static void copies_are_apart(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_array array = {0}, copy = {0};
    int64_t shape[] = {2, 3, 4};
    for (int type = 0; type < ATTUNE_ARRAY_TYPES; type++) {
        assert_ok(attune_array_make(&array, (attune_array_type)type, 3, shape, &error), &error);
        size_t bytes = 24 * attune_array_item_size((attune_array_type)type);
        memset(array.data, 0x5a, bytes);
        assert_ok(attune_array_copy(&copy, &array, &error), &error);
        memset(array.data, 0, bytes);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(copy.u8[i], 0x5a);
        assert_int_equal(copy.type, type);
    }
    attune_array_clear(&array);
    attune_array_clear(&copy);
}

static void impossible_sizes_are_refused_and_nothing_is_lost(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_array array = {0};
    int64_t shape[] = {INT64_C(1) << 32, INT64_C(1) << 32, 2};
    assert_ok(attune_array_make_1d(&array, ATTUNE_ARRAY_I32, 2, &error), &error);
    array.i32[1] = 17;
    assert_int_equal(attune_array_make(&array, ATTUNE_ARRAY_F64, 3, shape, &error), ATTUNE_MEMORY);
    assert_int_equal(attune_array_make_1d(&array, ATTUNE_ARRAY_F64, -1, NULL), ATTUNE_MEMORY);
    assert_int_equal(attune_array_make_1d(&array, ATTUNE_ARRAY_F64, INT64_MAX, NULL),
                     ATTUNE_MEMORY);
    assert_int_equal(attune_array_make(&array, ATTUNE_ARRAY_F64, 4, shape, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_array_make(&array, ATTUNE_ARRAY_F64, -1, shape, NULL), ATTUNE_INVALID);
    assert_int_equal(array.i32[1], 17);
    attune_array_clear(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_zeroed_and_row_major),
        cmocka_unit_test(scalars_and_empty_ones_are_fitted),
        cmocka_unit_test(copies_are_apart),
        cmocka_unit_test(impossible_sizes_are_refused_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
