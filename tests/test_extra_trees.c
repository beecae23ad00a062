/* tests/test_extra_trees.c - what forests keep to, and what is this one's own. */
#include "tests/forest_checks.h"

#define CHECK(check)                                                                               \
    static void check(void **state)                                                                \
    {                                                                                              \
        (void)state;                                                                               \
        forest_##check("extra_trees");                                                             \
    }

CHECK(learns)
CHECK(continues)
CHECK(keeps_limits)
CHECK(refuses_damage)

/* All trees see all rows and all columns: their cuts alone make them differ. */
static void trees_differ_without_a_sample(void **state)
{
    (void)state;
    attune_data *data = forest_data(ATTUNE_BINARY);
    attune_step *step = step_of("extra_trees");
    set(step, "max_features", "1");
    set(step, "n_estimators", "20");
    fit_all(step, data);
    const attune_trees *trees = &((const attune_forest *)step->self)->trees;
    int differ = 0;
    for (int64_t t = 1; t < 20; t++)
        differ += trees->start.i64[t + 1] - trees->start.i64[t] != trees->start.i64[1];
    assert_true(differ > 10);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),
        cmocka_unit_test(continues),
        cmocka_unit_test(keeps_limits),
        cmocka_unit_test(refuses_damage),
        cmocka_unit_test(trees_differ_without_a_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
