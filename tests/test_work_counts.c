/* tests/test_work_counts.c - how often shared work was found done, in a trial's attributes. */
#include "search/work_counts.h"
#include "tests/support.h"

#include "spaces/base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static attune_status build(void *user, void **value, attune_error *error)
{
    (void)error;
    *value = user;
    return ATTUNE_OK;
}

/* A door that has the value already when user says so. */
static attune_status door(void *user, attune_key key, const attune_shared_kind *kind,
                          attune_shared_build build_one, void *build_user, void **value,
                          attune_error *error)
{
    (void)key;
    (void)kind;
    if (!*(bool *)user)
        return build_one(build_user, value, error);
    *value = user;
    return ATTUNE_OK;
}

static void ask(attune_work_counts *counts, const char *name, bool there)
{
    attune_error error = {0};
    const attune_shared_kind kind = {name, NULL, NULL, NULL};
    int thing = 0;
    void *value = NULL;
    assert_ok(attune_work_counted(counts, door, &there, attune_key_start("k"), &kind, build, &thing,
                                  &value, &error),
              &error);
    assert_ptr_equal(value, there ? (void *)&there : (void *)&thing);
}

static void kinds_are_counted_apart(void **state)
{
    attune_error error = {0};
    attune_work_counts counts = {.n = 0}, sum = {.n = 0};
    char *text = strdup("{\"model\":\"knn\"}");
    (void)state;
    ask(&counts, "bins", false);
    ask(&counts, "bins", true);
    ask(&counts, "bins", true);
    ask(&counts, "prefix", false);
    attune_work_counts_add(&sum, &counts);
    attune_work_counts_add(&sum, &counts);
    assert_ok(attune_work_counts_write(&sum, &text, &error), &error);
    assert_string_equal(text,
                        "{\"model\":\"knn\",\"shared_work\":{\"bins\":{\"hits\":4,\"misses\":2},"
                        "\"prefix\":{\"hits\":0,\"misses\":2}}}");
    free(text);
}

static void without_any_nothing_is_told(void **state)
{
    attune_error error = {0};
    attune_work_counts counts = {.n = 0};
    char *text = NULL;
    (void)state;
    assert_ok(attune_work_counts_write(&counts, &text, &error), &error);
    assert_null(text);
    ask(&counts, "bins", true);
    assert_ok(attune_work_counts_write(&counts, &text, &error), &error);
    assert_string_equal(text, "{\"shared_work\":{\"bins\":{\"hits\":1,\"misses\":0}}}");
    free(text);
}

static void more_kinds_than_there_is_room_are_kept_together(void **state)
{
    attune_work_counts counts = {.n = 0};
    int64_t total = 0;
    static char names[40][8];
    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        ask(&counts, names[i], true);
    }
    assert_int_equal(counts.n, ATTUNE_WORK_KINDS);
    for (int i = 0; i < counts.n; i++)
        total += counts.kinds[i].hits;
    assert_int_equal(total, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_counted_apart),
        cmocka_unit_test(without_any_nothing_is_told),
        cmocka_unit_test(more_kinds_than_there_is_room_are_kept_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
