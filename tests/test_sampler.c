/* tests/test_sampler.c - what samplers are told by a history, and what `auto` makes of its end. */
#include "tests/support.h"

#include "search/sampler.h"

#include <math.h>
#include <string.h>

enum { n_jobs = 80, late_job = 79 }; /* one that `auto` gives to the estimator before the end */

static bool ends(int64_t n, int64_t n_prior, int64_t budget)
{
    attune_history history = {.n = n, .n_prior = n_prior, .budget = budget};
    return attune_history_ends(&history);
}

static void the_end_is_a_quarter_of_the_plan(void **state)
{
    (void)state;
    assert_false(ends(74, 0, 100));
    assert_true(ends(75, 0, 100));
    assert_true(ends(99, 0, 100));
    assert_false(ends(100, 0, 100)); /* a study that goes on explores again */
    assert_false(ends(94, 20, 100)); /* rows of an older study are not of this plan */
    assert_true(ends(95, 20, 100));
    assert_false(ends(75, 0, 0));
    assert_false(ends(0, 0, 1));
}

static void answer(const char *name, const attune_space *space, int64_t budget, double *unit)
{
    double points[2 * n_jobs], values[n_jobs];
    uint8_t active[2 * n_jobs], outcome[n_jobs], ignore[n_jobs] = {0};
    attune_key key = attune_key_start("end");
    attune_stream places = attune_stream_new(key);
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    attune_answer said;
    for (int64_t i = 0; i < late_job; i++) {
        for (int64_t k = 0; k < 2; k++)
            points[2 * i + k] = attune_stream_uniform(&places);
        values[i] = (points[2 * i] - 0.3) * (points[2 * i] - 0.3) + points[2 * i + 1];
        outcome[i] = ATTUNE_COMPLETED;
    }
    memset(active, 1, sizeof active);
    attune_history history = {.space = space,
                              .n = late_job,
                              .n_known = late_job,
                              .unit = points,
                              .active = active,
                              .outcome = outcome,
                              .ignore = ignore,
                              .values = values,
                              .n_objectives = 1,
                              .budget = budget,
                              .seed = key};
    attune_stream stream = attune_stream_new(attune_key_integer(key, late_job));
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_sampler_new(&sampler, name, &error), &error);
    assert_ok(attune_sampler_ask(sampler, &history, &stream, unit, &sample, &said, &error), &error);
    assert_int_equal(said, ATTUNE_ANSWER_POINT);
    attune_sampler_free(sampler);
    attune_sample_clear(&sample);
}

static void the_end_is_the_processs_alone(void **state)
{
    (void)state;
    attune_space *space = space_of("{\"a\": {\"uniform\": [0, 1]}, \"b\": {\"uniform\": [0, 1]}}");
    double mine[2], gp[2], tpe[2];
    answer("auto", space, 0, mine);
    answer("tpe", space, 0, tpe);
    assert_memory_equal(mine, tpe, sizeof mine);
    answer("auto", space, 100, mine);
    answer("gp", space, 100, gp);
    assert_memory_equal(mine, gp, sizeof mine);
    answer("gp", space, 0, gp); /* an odd job is the same at any time */
    assert_memory_equal(mine, gp, sizeof mine);
    attune_space_free(space);
}

enum { many_jobs = 450 };

/* A narrow valley across the square, 0 at its lowest point. */
static double valley(const double *x)
{
    double along = x[0] + x[1] - 0.9, across = x[0] - x[1] - 0.1;
    return along * along + 1e4 * across * across;
}

/* The lowest point of many jobs of `auto`, each shown all before it. */
static double lowest(const attune_space *space)
{
    double points[2 * many_jobs], values[many_jobs], best = INFINITY;
    uint8_t active[2 * many_jobs], outcome[many_jobs], ignore[many_jobs] = {0};
    attune_key key = attune_key_start("valley");
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    attune_answer said;
    memset(active, 1, sizeof active);
    memset(outcome, ATTUNE_COMPLETED, sizeof outcome);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_sampler_new(&sampler, "auto", &error), &error);
    for (int64_t j = 0; j < many_jobs; j++) {
        attune_history history = {.space = space,
                                  .n = j,
                                  .n_known = j,
                                  .unit = points,
                                  .active = active,
                                  .outcome = outcome,
                                  .ignore = ignore,
                                  .values = values,
                                  .n_objectives = 1,
                                  .seed = key};
        attune_stream stream = attune_stream_new(attune_key_integer(key, j));
        assert_ok(
            attune_sampler_ask(sampler, &history, &stream, points + 2 * j, &sample, &said, &error),
            &error);
        values[j] = valley(points + 2 * j);
        best = fmin(best, values[j]);
    }
    attune_sampler_free(sampler);
    attune_sample_clear(&sample);
    return best;
}

/* The process and the estimator come to 0.016. */
static void a_long_search_of_numbers_ends_in_the_valley(void **state)
{
    (void)state;
    attune_space *space = space_of("{\"x\": {\"uniform\": [0, 1]}, \"y\": {\"uniform\": [0, 1]}}");
    assert_true(lowest(space) < 1e-5);
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_a_quarter_of_the_plan),
        cmocka_unit_test(the_end_is_the_processs_alone),
        cmocka_unit_test(a_long_search_of_numbers_ends_in_the_valley)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
