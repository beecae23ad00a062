/* tests/test_status.c - errors keep the first cause and say where. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static void first_cause_is_kept(void **state)
{
    (void)state;
    attune_error error = {0};
    assert_int_equal(attune_fail(&error, ATTUNE_UNFIT, "one %s", "class"), ATTUNE_UNFIT);
    assert_int_equal(attune_fail(&error, ATTUNE_IO, "later"), ATTUNE_IO);
    assert_error(&error, ATTUNE_UNFIT, "one class");
    attune_error_prefix(&error, "fold %d", 3);
    assert_string_equal(error.message, "fold 3: one class");
    assert_int_equal(attune_fail(NULL, ATTUNE_IO, "nobody listens"), ATTUNE_IO);
}

static void place_is_shown_as_far_as_known(void **state)
{
    (void)state;
    attune_error error = {0};
    char text[200];
    attune_fail_in(&error, ATTUNE_INVALID, "plan.json", 4, 13, "no");
    attune_error_text(&error, text, sizeof text);
    assert_string_equal(text, "plan.json:4:13: no");
    error.column = 0;
    attune_error_text(&error, text, sizeof text);
    assert_string_equal(text, "plan.json:4: no");
    attune_error_clear(&error);
    assert_int_equal(error.status, ATTUNE_OK);
}

static void every_status_has_a_word_and_back(void **state)
{
    (void)state;
    for (int i = ATTUNE_OK; i <= ATTUNE_INTERNAL; i++) {
        attune_status status = ATTUNE_OK;
        assert_true(attune_status_from_word(attune_status_word((attune_status)i), &status));
        assert_int_equal(status, i);
    }
    attune_status status = ATTUNE_OK;
    assert_false(attune_status_from_word("no such word", &status));
    assert_int_equal(attune_status_exit_code(ATTUNE_INVALID), 2);
    assert_int_equal(attune_status_exit_code(ATTUNE_CORRUPT), 3);
}

static void allocation_checks_sizes(void **state)
{
    (void)state;
    attune_error error = {0};
    assert_null(attune_alloc(-1, 8, &error));
    assert_error(&error, ATTUNE_MEMORY, "out of memory");
    attune_error_clear(&error);
    assert_null(attune_realloc(NULL, INT64_MAX, 8, &error));
    assert_error(&error, ATTUNE_MEMORY, "out of memory");
    void *none = attune_alloc(0, 8, NULL);
    assert_non_null(none);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_cause_is_kept),
        cmocka_unit_test(place_is_shown_as_far_as_known),
        cmocka_unit_test(every_status_has_a_word_and_back),
        cmocka_unit_test(allocation_checks_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
