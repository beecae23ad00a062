/* tests/test_loop.c - the same trials for any number of threads, after any interruption. */
#include "tests/loop_bench.h"

#include "search/loop/lookahead.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { n_folds = 3 };

/* A made objective over x and a choice; what goes wrong, and when, is told by its members. */
struct problem {
    int64_t n_calls;
    int64_t calls[1000][n_folds];
    double fail_below; /* x under it: UNFIT */
    bool all_fail;
    int64_t stop_after; /* calls; 0: never */
    attune_stop *stop;
    int nanoseconds;
};

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    struct problem *problem = user;
    double x = job->sample->x[0];
    int64_t n = __atomic_add_fetch(&problem->n_calls, 1, __ATOMIC_RELAXED);
    if (job->number < 1000)
        __atomic_add_fetch(&problem->calls[job->number][fold], 1, __ATOMIC_RELAXED);
    if (problem->nanoseconds) /* jobs of different lengths end out of order */
        nanosleep(&(struct timespec){0, (long)(problem->nanoseconds * (1 + job->number % 7))},
                  NULL);
    if (problem->stop_after && n >= problem->stop_after)
        attune_stop_raise(problem->stop, 2);
    attune_status status = services->stop(services->user, error);
    if (status)
        return status;
    if (problem->all_fail || (x < problem->fail_below && fold > 0))
        return attune_fail(error, ATTUNE_UNFIT, "x is %g in fold %d", x, (int)fold);
    result->scores[0] = (x - 3) * (x - 3) + 0.01 * (double)fold + job->sample->x[1];
    result->scores[1] = -result->scores[0];
    return ATTUNE_OK;
}

static void open_bench(struct loop_bench *b, struct problem *problem)
{
    loop_bench_open(
        b, &(struct loop_problem){
               .space = "{\"x\": {\"uniform\": [0, 10]}, \"kind\": {\"choice\": [0, 1, 2]}}",
               .sampler = "random",
               .n_folds = n_folds,
               .evaluate = evaluate,
               .user = problem});
    b->options.lookahead = ATTUNE_LOOKAHEAD_GROWS;
    b->options.threads = 2;
}

static char *run_with(int threads, struct problem *problem, attune_ending ending)
{
    struct loop_bench b;
    open_bench(&b, problem);
    b.options.threads = threads;
    assert_int_equal(loop_bench_run(&b).ending, ending);
    char *text = loop_bench_text(&b);
    loop_bench_close(&b);
    return text;
}

static void any_number_of_threads_gives_the_same_trials(void **state)
{
    (void)state;
    static const int threads[] = {2, 4, 8, 64};
    struct problem one = {.fail_below = 2};
    char *expected = run_with(1, &one, ATTUNE_ENDED_TRIALS);
    assert_non_null(strstr(expected, "FAIL"));
    assert_non_null(strstr(expected, "59 "));
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct problem problem = {.fail_below = 2, .nanoseconds = 20000};
        char *text = run_with(threads[i], &problem, ATTUNE_ENDED_TRIALS);
        assert_string_equal(text, expected);
        free(text);
    }
    free(expected);
}

static void a_run_that_was_cut_short_goes_on_to_the_same_end(void **state)
{
    (void)state;
    struct problem whole = {0};
    char *expected = run_with(1, &whole, ATTUNE_ENDED_TRIALS);
    for (int64_t after = 1; after < 180; after += 13) {
        attune_stop stop = {0};
        struct problem problem = {.stop_after = after, .stop = &stop, .nanoseconds = 5000};
        struct loop_bench b;
        open_bench(&b, &problem);
        b.options.stop = &stop;
        b.options.threads = 4;
        assert_int_equal(loop_bench_run(&b).ending, ATTUNE_ENDED_STOPPED);
        problem.stop_after = 0;
        stop.level = 0;
        assert_int_equal(loop_bench_run(&b).ending, ATTUNE_ENDED_TRIALS);
        char *text = loop_bench_text(&b);
        /* What a trial was decided by is the same, however it came to be run. */
        assert_string_equal(text, expected);
        free(text);
        loop_bench_close(&b);
    }
    free(expected);
}

static void no_finished_fold_is_run_twice(void **state)
{
    (void)state;
    attune_stop stop = {0};
    struct problem problem = {.stop_after = 50, .stop = &stop};
    struct loop_bench b;
    open_bench(&b, &problem);
    b.options.stop = &stop;
    b.options.threads = 1;
    loop_bench_run(&b);
    problem.stop_after = 0;
    stop.level = 0;
    loop_bench_run(&b);
    int64_t twice = 0;
    for (int64_t j = 0; j < 60; j++)
        for (int64_t f = 0; f < n_folds; f++)
            twice += problem.calls[j][f] > 1;
    assert_int_equal(twice, 1); /* the one that was cut short */
    loop_bench_close(&b);
}

static attune_status (*record_fold)(void *, int64_t, int64_t, int64_t, const double *, double,
                                    attune_error *);
static int64_t n_recorded;

static attune_status count_fold(void *self, int64_t study, int64_t number, int64_t fold,
                                const double *scores, double cost, attune_error *error)
{
    __atomic_add_fetch(&n_recorded, 1, __ATOMIC_RELAXED);
    return record_fold(self, study, number, fold, scores, cost, error);
}

/* How many folds are stored by themselves in a run of 20 trials; the trials go to *text. */
static int64_t folds_stored(int nanoseconds, char **text)
{
    struct problem problem = {.nanoseconds = nanoseconds};
    struct loop_bench b;
    open_bench(&b, &problem);
    attune_storage_type counting = *b.storage->type;
    record_fold = counting.record_fold;
    counting.record_fold = count_fold;
    b.storage->type = &counting;
    b.options.trials = 20;
    b.options.threads = 1;
    n_recorded = 0;
    loop_bench_run(&b);
    *text = loop_bench_text(&b);
    loop_bench_close(&b);
    return n_recorded;
}

/* The last fold of a trial is stored with its end; the others each by itself if they cost much. */
static void cheap_folds_are_stored_together(void **state)
{
    (void)state;
    char *cheap = NULL, *dear = NULL;
    assert_in_range(folds_stored(0, &cheap), 0, 20 * (n_folds - 1) - 1);
    assert_int_equal(folds_stored(2500000, &dear), 20 * (n_folds - 1));
    assert_string_equal(cheap, dear);
    free(cheap);
    free(dear);
}

static void a_finished_study_has_nothing_to_do(void **state)
{
    (void)state;
    struct problem problem = {0};
    struct loop_bench b;
    open_bench(&b, &problem);
    loop_bench_run(&b);
    int64_t calls = problem.n_calls;
    assert_int_equal(calls, 60 * n_folds);
    attune_loop_result result = loop_bench_run(&b);
    assert_int_equal(problem.n_calls, calls);
    assert_int_equal(result.ending, ATTUNE_ENDED_TRIALS);
    assert_int_equal(result.progress.n_complete, 60);
    assert_true(result.progress.best >= 0);
    b.options.trials = 70; /* a larger total goes on where it ended */
    loop_bench_run(&b);
    assert_int_equal(problem.n_calls, 70 * n_folds);
    loop_bench_close(&b);
}

static void a_search_that_only_fails_is_stopped(void **state)
{
    (void)state;
    struct problem one = {.all_fail = true}, eight = {.all_fail = true, .nanoseconds = 20000};
    char *expected = run_with(1, &one, ATTUNE_ENDED_FAILING);
    char *text = run_with(8, &eight, ATTUNE_ENDED_FAILING);
    assert_string_equal(text, expected);
    assert_true(one.n_calls < 60);
    assert_non_null(strstr(text, "unfit: fold 1: x is"));
    free(text);
    free(expected);
}

static void time_ends_a_search(void **state)
{
    (void)state;
    struct problem problem = {.nanoseconds = 3000000};
    struct loop_bench b;
    open_bench(&b, &problem);
    b.options.trials = 0;
    b.options.seconds = 0.3;
    attune_loop_result result = loop_bench_run(&b);
    assert_int_equal(result.ending, ATTUNE_ENDED_TIME);
    assert_true(result.progress.n_complete > 0);
    loop_bench_close(&b);
}

/* A fold that is cut short does not begin again in the same run. */
static void a_fold_longer_than_the_time_is_cut_short(void **state)
{
    (void)state;
    struct problem problem = {.nanoseconds = 60000000};
    struct loop_bench b;
    open_bench(&b, &problem);
    b.options.threads = 1;
    b.options.seconds = 0.1;
    assert_int_equal(loop_bench_run(&b).ending, ATTUNE_ENDED_TIME);
    assert_true(problem.n_calls < 5);
    b.options.seconds = 0;
    problem.nanoseconds = 0;
    assert_int_equal(loop_bench_run(&b).ending, ATTUNE_ENDED_TRIALS);
    loop_bench_close(&b);
}

static void no_more_than_the_lookahead_is_in_flight(void **state)
{
    (void)state;
    struct problem problem = {.nanoseconds = 100000};
    struct loop_bench b;
    int64_t n = 0;
    open_bench(&b, &problem);
    b.options.threads = 16;
    b.options.lookahead = 3;
    loop_bench_run(&b);
    attune_trial *trials = loop_bench_trials(&b, &n);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(trials[i].watermark, i < 3 ? 0 : i - 2);
    attune_trials_free(trials, n);
    loop_bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_trials),
        cmocka_unit_test(a_run_that_was_cut_short_goes_on_to_the_same_end),
        cmocka_unit_test(no_finished_fold_is_run_twice),
        cmocka_unit_test(cheap_folds_are_stored_together),
        cmocka_unit_test(a_finished_study_has_nothing_to_do),
        cmocka_unit_test(a_search_that_only_fails_is_stopped),
        cmocka_unit_test(time_ends_a_search),
        cmocka_unit_test(a_fold_longer_than_the_time_is_cut_short),
        cmocka_unit_test(no_more_than_the_lookahead_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
