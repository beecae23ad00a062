/* tests/test_loop_stages.c - a fit that shows what every value of a staged dimension gives. */
#include "tests/loop_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { n_folds = 4, n_trials = 40, most_stages = 8 };

struct problem {
    const char *pruner; /* NULL: none */
    int64_t stop_after; /* calls; 0: never */
    int64_t n_calls;
    attune_stop stop;
    int nanoseconds;
};

/* The best stage moves with x, and a little with the fold. */
static double score(double x, int64_t fold, int64_t stage)
{
    double off = log2((double)stage) - 1 - x / 2 + 0.2 * (double)(fold % 3);
    return -off * off - 0.1 * x + sin(37 * x + 5 * (double)fold + (double)stage) * 0.05;
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    struct problem *p = user;
    double x = job->sample->x[1];
    int64_t n = __atomic_add_fetch(&p->n_calls, 1, __ATOMIC_RELAXED);
    if (p->nanoseconds)
        nanosleep(&(struct timespec){0, (long)(p->nanoseconds * (1 + job->number * 5 % 7))}, NULL);
    if (p->stop_after && n >= p->stop_after)
        attune_stop_raise(&p->stop, 2);
    attune_status status = services->stop(services->user, error);
    if (status)
        return status;
    result->n_stages = attune_space_stages(job->space, 0, most_stages, result->stages);
    for (int64_t k = 0; k < result->n_stages; k++) {
        result->stage_scores[2 * k] = score(x, fold, result->stages[k]);
        result->stage_scores[2 * k + 1] = (double)(100 * result->stages[k] + fold);
        status =
            services->report(services->user, result->stages[k], result->stage_scores[2 * k], error);
        if (status)
            return status;
    }
    return ATTUNE_OK;
}

static const char space_text[] =
    "{\"trees\": {\"log_int\": [2, 128]}, \"x\": {\"uniform\": [0, 10]}}";

static void open_bench(struct loop_bench *b, struct problem *problem)
{
    attune_error error = {0};
    attune_pruner *pruner = NULL;
    if (problem->pruner)
        assert_ok(attune_pruner_new(&pruner, problem->pruner, &error), &error);
    loop_bench_open(b, &(struct loop_problem){.space = space_text,
                                              .sampler = "tpe",
                                              .pruner = pruner,
                                              .n_folds = n_folds,
                                              .maximise = true,
                                              .evaluate = evaluate,
                                              .user = problem});
    assert_true(attune_space_may_stage(b->space, 0));
    assert_false(attune_space_may_stage(b->space, 1));
    b->space->dimensions[0].staged = true;
    b->options.trials = n_trials;
    b->options.stop = &problem->stop;
}

static void run(struct loop_bench *b, attune_ending ending)
{
    assert_int_equal(loop_bench_run(b).ending, ending);
}

static char *run_with(int threads, const char *pruner, int nanoseconds)
{
    struct loop_bench b;
    struct problem problem = {.pruner = pruner, .nanoseconds = nanoseconds};
    open_bench(&b, &problem);
    b.options.threads = threads;
    run(&b, ATTUNE_ENDED_TRIALS);
    char *text = loop_bench_text(&b);
    loop_bench_close(&b);
    return text;
}

static double mean_score(double x, int64_t stage)
{
    double sum = 0;
    for (int64_t f = 0; f < n_folds; f++)
        sum += score(x, f, stage);
    return sum / n_folds;
}

static void the_best_stage_over_all_folds_becomes_the_value(void **state)
{
    (void)state;
    struct loop_bench b;
    struct problem problem = {0};
    int64_t n = 0, stages[most_stages], n_different = 0;
    open_bench(&b, &problem);
    int64_t n_stages = attune_space_stages(b.space, 0, most_stages, stages);
    run(&b, ATTUNE_ENDED_TRIALS);
    attune_trial *trials = loop_bench_trials(&b, &n);
    for (int64_t i = 0; i < n; i++) {
        json_t *drawn = attune_json_parse(trials[i].hyperparams);
        int64_t trees = json_integer_value(json_array_get(drawn, 0));
        double x = json_number_value(json_array_get(drawn, 1)), best = -INFINITY;
        json_decref(drawn);
        for (int64_t k = 0; k < n_stages; k++)
            best = fmax(best, mean_score(x, stages[k]));
        assert_close(trials[i].values[0], best, 1e-12);
        assert_close(mean_score(x, trees), best, 1e-12);
        assert_close(trials[i].values[1], 100 * (double)trees + 1.5, 1e-9);
        assert_close(trials[i].folds.values[1], score(x, 1, trees), 1e-12);
        assert_int_equal(trials[i].n_reports, n_stages * n_folds);
        n_different += i > 0 && trees != 128;
    }
    assert_true(n_different > 10);
    assert_int_equal(problem.n_calls, n_trials * n_folds);
    attune_trials_free(trials, n);
    loop_bench_close(&b);
}

static void any_number_of_threads_gives_the_same_trials(void **state)
{
    (void)state;
    static const char *const pruners[] = {NULL, "fold_racing", "median"};
    static const int threads[] = {2, 8, 64};
    for (size_t p = 0; p < sizeof pruners / sizeof *pruners; p++) {
        char *expected = run_with(1, pruners[p], 0);
        assert_true(!pruners[p] || strstr(expected, "PRUNED"));
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            char *text = run_with(threads[i], pruners[p], 20000);
            assert_string_equal(text, expected);
            free(text);
        }
        free(expected);
    }
}

static void a_run_that_was_cut_short_goes_on_to_the_same_end(void **state)
{
    (void)state;
    static const char *const pruners[] = {NULL, "fold_racing", "median"};
    for (size_t p = 0; p < sizeof pruners / sizeof *pruners; p++) {
        char *expected = run_with(1, pruners[p], 0);
        for (int64_t after = 1; after < 60; after += 7) {
            struct loop_bench b;
            struct problem problem = {
                .pruner = pruners[p], .stop_after = after, .nanoseconds = 3000};
            open_bench(&b, &problem);
            b.options.threads = 4;
            run(&b, ATTUNE_ENDED_STOPPED);
            problem.stop_after = 0;
            problem.stop.level = 0;
            run(&b, ATTUNE_ENDED_TRIALS);
            char *text = loop_bench_text(&b);
            assert_string_equal(text, expected);
            free(text);
            loop_bench_close(&b);
        }
        free(expected);
    }
}

static void a_stored_space_says_what_is_staged(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_at nowhere = {0};
    attune_space *space = space_of(space_text), *again = NULL;
    space->dimensions[0].staged = true;
    json_t *json = attune_space_to_json(space, &error);
    assert_ok(attune_space_from_json(&again, json, &nowhere, &error), &error);
    assert_true(again->dimensions[0].staged);
    assert_false(again->dimensions[1].staged);
    json_object_set_new(json_array_get(json, 1), "staged", json_true());
    attune_space_free(again);
    assert_int_equal(attune_space_from_json(&again, json, &nowhere, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "x cannot be staged");
    json_decref(json);
    attune_space_free(space);
}

static void what_others_depend_on_is_drawn(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_space *space = space_of(space_text);
    assert_ok(attune_space_require(space, "trees > 4 or x < 3", "", NULL, NULL, NULL, &error),
              &error);
    assert_false(attune_space_may_stage(space, 0));
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_stage_over_all_folds_becomes_the_value),
        cmocka_unit_test(any_number_of_threads_gives_the_same_trials),
        cmocka_unit_test(a_run_that_was_cut_short_goes_on_to_the_same_end),
        cmocka_unit_test(a_stored_space_says_what_is_staged),
        cmocka_unit_test(what_others_depend_on_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
