/* tests/test_shared_work.c - built once whoever asks, counted, evicted, never a changed result. */
#include "tests/support.h"

#include "search/shared_work.h"
#include "spaces/base/share.h"

#include <omp.h>
#include <stdlib.h>

struct thing {
    int64_t count, number;
};

static int64_t alive; /* things that somebody holds */

static void *thing_ref(void *value)
{
    attune_share_take(&((struct thing *)value)->count);
    return value;
}

static void thing_free(void *value)
{
    if (attune_share_give(&((struct thing *)value)->count)) {
        __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
        free(value);
    }
}

static int64_t thing_bytes(const void *value)
{
    (void)value;
    return 100;
}

static const attune_shared_kind kind = {"thing", thing_ref, thing_free, thing_bytes};

struct order {
    int64_t number, n_built;
    attune_shared_work *work; /* asked for a part while building; nullable */
    attune_status fails;
};

static attune_status build(void *user, void **value, attune_error *error)
{
    struct order *order = user;
    __atomic_add_fetch(&order->n_built, 1, __ATOMIC_RELAXED);
    if (order->fails)
        return attune_fail(error, order->fails, "cannot be built");
    if (order->work) {
        struct order part = {.number = order->number / 2};
        void *built = NULL;
        attune_key key = attune_key_integer(attune_key_start("part"), part.number);
        attune_status status =
            attune_shared_work_get(order->work, key, &kind, build, &part, &built, error);
        if (status)
            return status;
        thing_free(built);
    }
    struct thing *thing = malloc(sizeof *thing);
    *thing = (struct thing){1, order->number};
    __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
    *value = thing;
    return ATTUNE_OK;
}

static attune_key key_of(int64_t number)
{
    return attune_key_integer(attune_key_start("thing"), number);
}

static void the_same_key_is_built_once_by_many_threads(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_shared_work *work = NULL;
    assert_ok(attune_shared_work_new(&work, 1 << 20, &error), &error);
    struct order order = {.number = 7, .work = work};
    int n_wrong = 0;
#pragma omp parallel for num_threads(8) default(none) shared(work, order, kind)                    \
    reduction(+ : n_wrong)
    for (int i = 0; i < 400; i++) {
        void *value = NULL;
        attune_status status =
            attune_shared_work_get(work, key_of(7), &kind, build, &order, &value, NULL);
        n_wrong += status != ATTUNE_OK || ((struct thing *)value)->number != 7;
        if (!status)
            thing_free(value);
    }
    assert_int_equal(n_wrong, 0);
    assert_int_equal(order.n_built, 1);
    attune_shared_counts counts = attune_shared_work_counts(work);
    assert_int_equal(counts.hits, 399);
    assert_int_equal(counts.misses, 2); /* and its part */
    attune_shared_work_free(work);
    assert_int_equal(alive, 0);
}

static void the_least_recently_used_go_first(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_shared_work *work = NULL;
    void *kept = NULL;
    assert_ok(attune_shared_work_new(&work, 300, &error), &error); /* three things */
    for (int64_t i = 0; i < 4; i++) {
        struct order order = {.number = i};
        void *value = NULL;
        assert_ok(attune_shared_work_get(work, key_of(i), &kind, build, &order, &value, &error),
                  &error);
        thing_free(value);
        order.number = 0; /* asked for again each time, so it stays */
        assert_ok(attune_shared_work_get(work, key_of(0), &kind, build, &order, &value, &error),
                  &error);
        assert_int_equal(((struct thing *)value)->number, 0);
        thing_free(value);
    }
    struct order again = {.number = 1};
    assert_ok(attune_shared_work_get(work, key_of(1), &kind, build, &again, &kept, &error), &error);
    assert_int_equal(again.n_built, 1); /* thrown away, built again, the same */
    assert_int_equal(((struct thing *)kept)->number, 1);
    assert_true(attune_shared_work_counts(work).bytes <= 300);
    attune_shared_work_free(work);
    assert_int_equal(alive, 1); /* what is still held outlives the store */
    thing_free(kept);
}

static void a_failure_is_told_and_not_kept(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_shared_work *work = NULL;
    void *value = NULL;
    assert_ok(attune_shared_work_new(&work, 300, &error), &error);
    struct order order = {.number = 3, .fails = ATTUNE_UNFIT};
    assert_int_equal(attune_shared_work_get(work, key_of(3), &kind, build, &order, &value, &error),
                     ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "cannot be built");
    attune_error_clear(&error);
    order.fails = ATTUNE_OK;
    assert_ok(attune_shared_work_get(work, key_of(3), &kind, build, &order, &value, &error),
              &error);
    thing_free(value);
    attune_shared_work_free(work);
}

static void many_keys_are_found_again(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_shared_work *work = NULL;
    assert_ok(attune_shared_work_new(&work, 1 << 30, &error), &error);
    int64_t n_built = 0;
    for (int64_t i = 0; i < 20000; i++) {
        struct order order = {.number = i % 10000};
        void *value = NULL;
        assert_ok(
            attune_shared_work_get(work, key_of(i % 10000), &kind, build, &order, &value, &error),
            &error);
        assert_int_equal(((struct thing *)value)->number, i % 10000);
        n_built += order.n_built;
        thing_free(value);
    }
    assert_int_equal(n_built, 10000);
    attune_shared_work_free(work);
    assert_int_equal(alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_is_built_once_by_many_threads),
        cmocka_unit_test(the_least_recently_used_go_first),
        cmocka_unit_test(a_failure_is_told_and_not_kept),
        cmocka_unit_test(many_keys_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
