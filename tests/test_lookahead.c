/* tests/test_lookahead.c - what job j may see. */
#include "tests/support.h"

#include "search/loop/lookahead.h"

static void a_fixed_window_is_as_wide_as_it_says(void **state)
{
    (void)state;
    assert_int_equal(attune_lookahead_most(3), 3);
    for (int64_t j = 0; j < 100; j++) {
        assert_int_equal(attune_lookahead_known(1, j), j);
        assert_int_equal(attune_lookahead_known(3, j), j < 3 ? 0 : j - 2);
    }
}

static void a_window_that_grows_never_hides_what_was_seen(void **state)
{
    (void)state;
    int64_t before = 0, widest = 0;
    for (int64_t j = 0; j < 5000; j++) {
        int64_t known = attune_lookahead_known(ATTUNE_LOOKAHEAD_GROWS, j);
        assert_true(known >= before && known <= before + 1);
        widest = j - known + 1 > widest ? j - known + 1 : widest;
        before = known;
    }
    assert_int_equal(attune_lookahead_known(ATTUNE_LOOKAHEAD_GROWS, 7), 0);
    assert_int_equal(attune_lookahead_known(ATTUNE_LOOKAHEAD_GROWS, 8), 1);
    assert_int_equal(attune_lookahead_known(ATTUNE_LOOKAHEAD_GROWS, 100), 85);
    assert_int_equal(attune_lookahead_known(ATTUNE_LOOKAHEAD_GROWS, 1000), 969);
    assert_int_equal(widest, attune_lookahead_most(ATTUNE_LOOKAHEAD_GROWS));
}

static void what_is_frozen_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const int64_t rules[] = {ATTUNE_LOOKAHEAD_GROWS, 1, 16, ATTUNE_LOOKAHEAD_MOST};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        json_t *json = attune_lookahead_to_json(rules[i]);
        assert_int_equal(attune_lookahead_from_json(json), rules[i]);
        json_decref(json);
    }
    json_t *wide = json_integer(ATTUNE_LOOKAHEAD_MOST + 1);
    assert_int_equal(attune_lookahead_from_json(wide), ATTUNE_LOOKAHEAD_GROWS);
    assert_int_equal(attune_lookahead_from_json(NULL), ATTUNE_LOOKAHEAD_GROWS);
    json_decref(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_window_is_as_wide_as_it_says),
        cmocka_unit_test(a_window_that_grows_never_hides_what_was_seen),
        cmocka_unit_test(what_is_frozen_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
