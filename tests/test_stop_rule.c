/* tests/test_stop_rule.c - a search that ends when nothing is left to win. */
#include "tests/support.h"

#include "search/loop/jobs.h"
#include "search/loop/loop.h"
#include "search/loop/stop_rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { n_folds = 5 };

static const attune_direction directions[] = {ATTUNE_MINIMIZE};

static const char space_text[] = "{\"x\": {\"uniform\": [0, 1]}, \"y\": {\"uniform\": [0, 1]}}";

static double bowl(double x, double y)
{
    return 0.3 + (x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6);
}

static double waves(double x, double y)
{
    return sin(5 * x) * cos(4 * y) + 0.5 * x;
}

/* What is left after n random trials, and what really is. */
static double left_after(double (*function)(double, double), int64_t n, double *real)
{
    attune_space *space = space_of(space_text);
    attune_objective objective = {
        .n_folds = 1, .n_metrics = 1, .n_objectives = 1, .directions = directions};
    attune_stream stream = attune_stream_new(attune_key_start("points"));
    attune_sample sample = {0};
    attune_jobs jobs;
    attune_error error = {0};
    double best = INFINITY, least = INFINITY, left = 0;
    attune_jobs_init(&jobs, space, &objective);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    sample.active[0] = sample.active[1] = 1;
    for (int64_t j = 0; j < n; j++) {
        attune_loop_job *job = NULL;
        sample.x[0] = attune_stream_uniform(&stream);
        sample.x[1] = attune_stream_uniform(&stream);
        assert_ok(attune_jobs_add(&jobs, &sample, &job, &error), &error);
        job->values[0] = function(sample.x[0], sample.x[1]);
        job->state = ATTUNE_TRIAL_COMPLETE;
        best = fmin(best, job->values[0]);
        attune_jobs_finish(&jobs, job);
    }
    for (int i = 0; i <= 100; i++)
        for (int k = 0; k <= 100; k++)
            least = fmin(least, function(i / 100.0, k / 100.0));
    attune_jobs_publish(&jobs, n);
    attune_history history = attune_jobs_history(&jobs, 0);
    history.seed = attune_key_start("seed");
    assert_ok(attune_stop_rule_left(&history, &left, &error), &error);
    *real = best - least;
    attune_sample_clear(&sample);
    attune_jobs_clear(&jobs);
    attune_space_free(space);
    return left;
}

static void test_a_bound_holds_and_shrinks(void **state)
{
    (void)state;
    double (*const functions[])(double, double) = {bowl, waves};
    for (int f = 0; f < 2; f++) {
        double real = 0, before = INFINITY;
        for (int64_t n = 20; n <= 180; n += 40) {
            double left = left_after(functions[f], n, &real);
            assert_true(isfinite(left) && left >= real - 1e-9);
            before = fmin(before, left);
        }
        assert_true(before < left_after(functions[f], 20, &real));
        assert_true(isinf(left_after(functions[f], ATTUNE_STOP_RULE_FIRST - 1, &real)));
    }
}

static void test_the_error_of_a_mean_over_folds(void **state)
{
    (void)state;
    /* sqrt((1/3 + 1/2) * variance), variance 0.01 */
    assert_close(attune_stop_rule_error((const double[]){0.1, 0.2, 0.3}, 3), 0.09128709291752769,
                 1e-14);
    assert_true(isnan(attune_stop_rule_error((const double[]){0.1}, 1)));
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    (void)services;
    (void)error;
    result->scores[0] =
        bowl(job->sample->x[0], job->sample->x[1]) + *(double *)user * (double)(fold - 2);
    return ATTUNE_OK;
}

static attune_loop_result search(attune_storage *storage, int threads, int64_t trials, double noise)
{
    attune_space *space = space_of(space_text);
    attune_error error = {0};
    attune_loop_result result;
    bool created = false;
    json_t *json = attune_space_to_json(space, &error);
    attune_study study = {.name = strdup("bowl"),
                          .identity = strdup("{}"),
                          .plan = strdup("{}"),
                          .space = attune_json_write(json, &error),
                          .directions = strdup("[\"minimize\"]"),
                          .metrics = strdup("[\"loss\"]"),
                          .n_folds = n_folds};
    attune_sampler *sampler = NULL;
    attune_objective objective = {.user = &noise,
                                  .n_folds = n_folds,
                                  .n_metrics = 1,
                                  .n_objectives = 1,
                                  .directions = directions,
                                  .evaluate = evaluate};
    json_decref(json);
    assert_ok(storage->type->create_study(storage->self, &study, &created, &error), &error);
    assert_ok(attune_sampler_new(&sampler, "auto", &error), &error);
    attune_loop_options options = {.storage = storage,
                                   .study = &study,
                                   .space = space,
                                   .sampler = sampler,
                                   .objective = &objective,
                                   .seed = attune_key_start("seed"),
                                   .trials = trials,
                                   .budget = 200,
                                   .lookahead = 4,
                                   .threads = threads,
                                   .stop_rule = true};
    assert_ok(attune_loop_run(&options, &result, &error), &error);
    attune_sampler_free(sampler);
    attune_space_free(space);
    attune_study_clear(&study);
    return result;
}

static attune_storage *memory(void)
{
    attune_storage *storage = NULL;
    attune_error error = {0};
    assert_ok(attune_storage_open(&storage, ":memory:", true, &error), &error);
    return storage;
}

/* Before the same job for any number of threads, and after an interruption. */
static void test_a_search_ends_there(void **state)
{
    (void)state;
    attune_storage *one = memory(), *three = memory(), *cut = memory();
    attune_loop_result a = search(one, 1, 200, 0.05), b = search(three, 3, 200, 0.05);
    assert_int_equal(a.ending, ATTUNE_ENDED_SETTLED);
    assert_true(a.progress.left < a.progress.left_error);
    assert_true(a.progress.n_complete >= ATTUNE_STOP_RULE_FIRST && a.progress.n_complete < 150);
    assert_int_equal(b.ending, ATTUNE_ENDED_SETTLED);
    assert_int_equal(b.progress.n_complete, a.progress.n_complete);
    search(cut, 2, 15, 0.05);
    attune_loop_result c = search(cut, 2, 200, 0.05), again = search(cut, 2, 200, 0.05);
    assert_int_equal(c.progress.n_complete, a.progress.n_complete);
    assert_int_equal(again.progress.n_complete, a.progress.n_complete);
    assert_int_equal(again.ending, ATTUNE_ENDED_SETTLED);
    attune_storage_close(one);
    attune_storage_close(three);
    attune_storage_close(cut);
}

/* Folds that agree to the last digit leave something to win. */
static void test_without_noise_it_goes_on(void **state)
{
    (void)state;
    attune_storage *storage = memory();
    attune_loop_result result = search(storage, 1, 40, 0);
    assert_int_equal(result.ending, ATTUNE_ENDED_TRIALS);
    assert_int_equal(result.progress.n_complete, 40);
    attune_storage_close(storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bound_holds_and_shrinks),
        cmocka_unit_test(test_the_error_of_a_mean_over_folds),
        cmocka_unit_test(test_a_search_ends_there),
        cmocka_unit_test(test_without_noise_it_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
