/* tests/test_sampler.c - what samplers are told by a history, and what `auto` makes of its end. */
#include "tests/support.h"

#include "search/sampler.h"

#include <math.h>
#include <string.h>

enum { late_job = 79, many_jobs = 450 }; /* late: `auto` gives it to the estimator but at the end */

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

/* What came of jobs in the unit square: all completed. */
struct past {
    double points[2 * many_jobs], values[many_jobs];
    uint8_t active[2 * many_jobs], outcome[many_jobs], ignore[many_jobs];
};

static void past_begin(struct past *past)
{
    memset(past, 0, sizeof *past);
    memset(past->active, 1, sizeof past->active);
    memset(past->outcome, ATTUNE_COMPLETED, sizeof past->outcome);
}

/* The first n of these, as a sampler is shown them. */
static attune_history history_of(const struct past *past, const attune_space *space, int64_t n,
                                 attune_key seed)
{
    return (attune_history){.space = space,
                            .n = n,
                            .n_known = n,
                            .unit = past->points,
                            .active = past->active,
                            .outcome = past->outcome,
                            .ignore = past->ignore,
                            .values = past->values,
                            .n_objectives = 1,
                            .seed = seed};
}

static void answer(const char *name, const attune_space *space, int64_t budget, double *unit)
{
    struct past past;
    attune_key key = attune_key_start("end");
    attune_stream places = attune_stream_new(key);
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    attune_answer said;
    past_begin(&past);
    for (int64_t i = 0; i < late_job; i++) {
        double *at = past.points + 2 * i;
        for (int64_t k = 0; k < 2; k++)
            at[k] = attune_stream_uniform(&places);
        past.values[i] = (at[0] - 0.3) * (at[0] - 0.3) + at[1];
    }
    attune_history history = history_of(&past, space, late_job, key);
    history.budget = budget;
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

/* A narrow valley across the square, 0 at its lowest point. */
static double valley(const double *x)
{
    double along = x[0] + x[1] - 0.9, across = x[0] - x[1] - 0.1;
    return along * along + 1e4 * across * across;
}

/* The lowest point of many jobs of `auto`, each shown all before it. */
static double lowest(const attune_space *space)
{
    struct past past;
    double best = INFINITY;
    attune_key key = attune_key_start("valley");
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    attune_answer said;
    past_begin(&past);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_sampler_new(&sampler, "auto", &error), &error);
    for (int64_t j = 0; j < many_jobs; j++) {
        double *at = past.points + 2 * j;
        attune_history history = history_of(&past, space, j, key);
        attune_stream stream = attune_stream_new(attune_key_integer(key, j));
        assert_ok(attune_sampler_ask(sampler, &history, &stream, at, &sample, &said, &error),
                  &error);
        past.values[j] = valley(at);
        best = fmin(best, past.values[j]);
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
