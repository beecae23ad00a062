/* tests/test_held.c - hyperparameters that are held while others are free. */
#include "tests/support.h"

#include "spaces/space.h"

#include <math.h>
#include <string.h>

/* The name of what is never active, "" when all may be. */
static void expect_never(const attune_space *space, const char *held, const char *name)
{
    double x[8];
    int64_t never = 0;
    attune_at nowhere = {0};
    attune_error error = {0};
    json_t *json = attune_json_parse(held);
    assert_ok(attune_space_hold(space, json, &nowhere, x, &error), &error);
    assert_ok(attune_space_check_held(space, x, &never, &error), &error);
    assert_string_equal(never < 0 ? "" : space->dimensions[never].name, name);
    json_decref(json);
}

static void test_what_may_be_active(void **state)
{
    (void)state;
    attune_space *space =
        space_of("{\"opt\": [\"adam\", \"sgd\", \"lion\"], \"lr\": {\"uniform\": [0, 1]},"
                 " \"momentum\": {\"uniform\": [0, 1], \"when\": \"opt = 'sgd' and lr > 0.5\"},"
                 " \"nesterov\": {\"boolean\": 0.5, \"when\": \"momentum > 0\"}}");
    assert_int_equal(space->n, 4);
    expect_never(space, "{}", "");
    expect_never(space, "{\"momentum\": 0.5}", "");
    expect_never(space, "{\"momentum\": 0.5, \"opt\": \"sgd\"}", "");
    expect_never(space, "{\"momentum\": 0.5, \"opt\": \"sgd\", \"lr\": 0.6}", "");
    expect_never(space, "{\"momentum\": 0.5, \"opt\": \"sgd\", \"lr\": 0.4}", "momentum");
    expect_never(space, "{\"momentum\": 0.5, \"opt\": \"adam\", \"lr\": 0.6}", "momentum");
    expect_never(space, "{\"nesterov\": true, \"opt\": \"sgd\"}", "");
    expect_never(space, "{\"nesterov\": true, \"opt\": \"adam\", \"lr\": 0.9}", "nesterov");
    attune_space_free(space);
}

static void test_a_branch(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_space *space = space_of("{\"model\": [\"svc\", \"lda\"]}");
    attune_space *c = space_of("{\"C\": {\"uniform\": [1, 2]}}");
    attune_distribution *copy = NULL;
    assert_ok(attune_distribution_copy(&copy, c->dimensions[0].distribution, &error), &error);
    assert_ok(attune_space_add(space, "svc__C", copy, (attune_branch){0, 0}, NULL, &error), &error);
    expect_never(space, "{\"C\": 1.5}", "");
    expect_never(space, "{\"C\": 1.5, \"model\": \"svc\"}", "");
    expect_never(space, "{\"C\": 1.5, \"model\": \"lda\"}", "svc__C");
    attune_space_free(c);
    attune_space_free(space);
}

static void expect_invalid(const attune_space *space, const char *held, const char *words)
{
    double x[8];
    attune_at nowhere = {0};
    attune_error error = {0};
    json_t *json = attune_json_parse(held);
    attune_space_hold(space, json, &nowhere, x, &error);
    assert_error(&error, ATTUNE_INVALID, words);
    json_decref(json);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    attune_space *space = space_of("{\"lr\": {\"uniform\": [0, 1]}, \"a__k\": [1, 2]}");
    expect_invalid(space, "[3]", "must be an object");
    expect_invalid(space, "{\"lt\": 1}", "lr");
    expect_invalid(space, "{\"lr\": 2}", "not one of the values");
    expect_invalid(space, "{\"k\": 3}", "not one of the values");
    expect_invalid(space, "{\"k\": 1, \"a__k\": 2}", "twice");
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_may_be_active),
        cmocka_unit_test(test_a_branch),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
