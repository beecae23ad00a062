/* tests/test_shuffle.c - training rows in another order, and nothing else. */
#include "tests/fitting.h"

static attune_data *numbers(void)
{
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10);
    return made_data(&made, 10, ATTUNE_NO_TASK);
}

static attune_rows *shuffled(attune_step *step, const attune_data *data, int64_t first)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_rows *rows = rows_from(first, 10), *out_rows = NULL;
    attune_data *out = NULL;
    assert_ok(attune_step_fit_transform(step, data, rows, &context, &out, &out_rows, &error),
              &error);
    assert_ptr_equal(out, data);
    assert_int_equal(out_rows->n, rows->n);
    attune_data_free(out);
    attune_rows_free(rows);
    return out_rows;
}

static void rows_are_the_same_in_another_order(void **state)
{
    (void)state;
    attune_data *data = numbers();
    attune_step *step = step_of("shuffle");
    attune_rows *rows = shuffled(step, data, 2);
    int64_t sum = 0, moved = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        sum += rows->index[i];
        moved += rows->index[i] != i + 2;
    }
    assert_int_equal(sum, 44);
    assert_true(moved > 2);
    attune_data *out = through(step, data);
    assert_ptr_equal(out, data);
    attune_data_free(out);
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void the_order_follows_from_the_key(void **state)
{
    (void)state;
    attune_data *data = numbers();
    attune_step *step = step_of("shuffle"), *other = step_of("shuffle");
    attune_rows *a = shuffled(step, data, 0), *b = shuffled(other, data, 0);
    assert_true(attune_key_same(a->id, b->id));
    set(other, "turn", "3");
    attune_rows *c = shuffled(other, data, 0);
    assert_false(attune_key_same(a->id, c->id));
    attune_rows_free(a);
    attune_rows_free(b);
    attune_rows_free(c);
    attune_step_free(step);
    attune_step_free(other);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_same_in_another_order),
        cmocka_unit_test(the_order_follows_from_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
