/* tests/test_random_forest.c - what forests keep to, and what is this one's own. */
#include "tests/forest_checks.h"

#define CHECK(check)                                                                               \
    static void check(void **state)                                                                \
    {                                                                                              \
        (void)state;                                                                               \
        forest_##check("random_forest");                                                           \
    }

CHECK(learns)
CHECK(continues)
CHECK(keeps_limits)
CHECK(refuses_damage)

/* What rows that trees did not see are told is as good as what new rows are told. */
static void rows_out_of_the_bag_are_scored(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = forest_data(ATTUNE_REGRESSION);
    attune_step *step = step_of("random_forest");
    assert_ok(fit_rows(step, data, 0, 400, &error), &error);
    const attune_forest *s = step->self;
    attune_predictions p = forest_predict(step, data);
    assert_int_equal(attune_array_count(&s->oob_score), 100);
    assert_close(s->oob_score.f64[99], forest_error(&p, data, 400), 0.03);
    attune_predictions_clear(&p);
    set(step, "bootstrap", "false");
    fit_all(step, data);
    assert_int_equal(attune_array_count(&s->oob_score), 0);
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
        cmocka_unit_test(rows_out_of_the_bag_are_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
