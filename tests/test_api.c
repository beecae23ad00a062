/* tests/test_api.c - the library's searches: the same for any threads, gone on with, never misused
 * in silence. */
#include "tests/support.h"

#include "search/attune.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char space[] = "{\"x\": {\"uniform\": [-4, 6]}, \"n\": {\"rand_int\": [1, 9]},"
                            " \"kind\": [\"flat\", \"bent\"], \"shift\": {\"boolean\": 0.5},"
                            " \"bend\": {\"uniform\": [0.5, 2.5], \"when\": \"kind = 'bent'\"}}";

/* What goes wrong, and when, is told by its members. */
struct problem {
    int64_t n_calls;
    attune_status answer; /* of trials below fail_below */
    int64_t fail_below;
    attune_search *cancel_after_5;
    const char *wrong_name;
    bool report, no_value;
};

static attune_status loss(attune_candidate *candidate, double *values, void *user)
{
    struct problem *problem = user;
    int64_t n = __atomic_add_fetch(&problem->n_calls, 1, __ATOMIC_RELAXED);
    double x = attune_candidate_real(candidate, "x");
    double bend =
        attune_candidate_active(candidate, "bend") ? attune_candidate_real(candidate, "bend") : 1.0;
    const char *kind = attune_candidate_text(candidate, "kind");
    double shift = attune_candidate_boolean(candidate, "shift") ? 0.25 : 0;
    if (problem->wrong_name)
        attune_candidate_real(candidate, problem->wrong_name);
    if (problem->cancel_after_5 && n == 5)
        attune_search_cancel(problem->cancel_after_5, false);
    for (int64_t step = 0; problem->report && step < 3; step++)
        if (!attune_candidate_report(candidate, step, x + (double)step))
            return ATTUNE_OK;
    if (attune_candidate_number(candidate) < problem->fail_below)
        return attune_candidate_fail(candidate, problem->answer, "too low a number");
    if (!problem->no_value)
        values[0] = pow(fabs(x - 1), bend) + shift +
                    (double)attune_candidate_integer(candidate, "n") + (kind[0] == 'b');
    return ATTUNE_OK;
}

static attune_search *open_in(const char *store, int64_t seed)
{
    attune_search_options options = {
        .size = sizeof options, .space = space, .store = store, .seed = seed, .lookahead = 6};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static attune_status run(attune_search *search, struct problem *problem, int64_t trials,
                         int64_t threads, attune_error *error)
{
    attune_run_options options = {.size = sizeof options, .trials = trials, .threads = threads};
    return attune_search_run(search, loss, problem, &options, error);
}

/* All that must not depend on threads, as one text. */
static bool append_trial(attune_candidate *candidate, void *user)
{
    const char *reason = attune_candidate_reason(candidate);
    attune_text_printf(user, "%lld %d %.17g %s %s\n", (long long)attune_candidate_number(candidate),
                       (int)attune_candidate_state(candidate), attune_candidate_value(candidate, 0),
                       attune_candidate_json(candidate), reason ? reason : "");
    return true;
}

static char *trials_of(attune_search *search)
{
    attune_text text = {0};
    attune_error error = {0};
    assert_ok(attune_search_visit(search, append_trial, &text, &error), &error);
    return attune_text_take(&text, NULL);
}

static char *trials_by(int64_t threads)
{
    attune_error error = {0};
    struct problem problem = {.answer = ATTUNE_UNFIT, .fail_below = 4, .report = true};
    attune_search *search = open_in(NULL, 7);
    assert_ok(run(search, &problem, 80, threads, &error), &error);
    assert_int_equal(problem.n_calls, 80);
    char *text = trials_of(search);
    attune_search_close(search);
    return text;
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    char *one = trials_by(1), *two = trials_by(2), *eight = trials_by(8);
    assert_string_equal(one, two);
    assert_string_equal(one, eight);
    assert_non_null(strstr(one, "unfit: too low a number"));
    free(one);
    free(two);
    free(eight);
}

static void test_another_seed_is_another_search(void **state)
{
    (void)state;
    attune_error error = {0};
    struct problem problem = {0};
    attune_search *a = open_in(NULL, 1), *b = open_in(NULL, 2);
    assert_ok(run(a, &problem, 5, 1, &error), &error);
    assert_ok(run(b, &problem, 5, 1, &error), &error);
    char *of_a = trials_of(a), *of_b = trials_of(b);
    assert_string_not_equal(of_a, of_b);
    free(of_a);
    free(of_b);
    attune_search_close(a);
    attune_search_close(b);
}

static void test_goes_on_after_a_cancel(void **state)
{
    attune_error error = {0};
    struct problem problem = {0};
    char *path = attune_path_join(*state, "a.db", NULL),
         *whole_path = attune_path_join(*state, "b.db", NULL);
    attune_search *search = open_in(path, 3), *whole = open_in(whole_path, 3);
    problem.cancel_after_5 = search;
    assert_int_equal(run(search, &problem, 40, 2, &error), ATTUNE_STOPPED);
    assert_error(&error, ATTUNE_STOPPED, "cancelled");
    assert_true(problem.n_calls < 20);
    attune_search_close(search);
    problem = (struct problem){0};
    search = open_in(path, 3);
    assert_ok(run(search, &problem, 40, 2, &error), &error);
    assert_true(problem.n_calls < 40);
    assert_ok(run(whole, &problem, 40, 1, &error), &error);
    char *a = trials_of(search), *b = trials_of(whole);
    assert_string_equal(a, b);
    free(a);
    free(b);
    free(path);
    free(whole_path);
    attune_search_close(search);
    attune_search_close(whole);
}

static void test_what_is_frozen(void **state)
{
    attune_error error = {0};
    char *path = attune_path_join(*state, "frozen.db", NULL);
    attune_search *search = open_in(path, 3), *other = NULL;
    attune_goal up = ATTUNE_GOAL_MAXIMIZE;
    attune_search_options same = {.size = sizeof same, .space = space, .store = path, .seed = 3};
    attune_search_options seed = same, goal = same, tuned = same, ahead = same;
    seed.seed = 4;
    goal.goals = &up;
    tuned.space = "{\"x\": {\"uniform\": [-4, 7]}}";
    ahead.lookahead = 7;
    assert_ok(attune_search_open(&other, &same, &error), &error); /* its lookahead is adopted */
    attune_search_close(other);
    assert_int_equal(attune_search_open(&other, &seed, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "seed: 3 there, 4 here");
    assert_null(other);
    assert_int_equal(attune_search_open(&other, &goal, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "directions.0");
    assert_int_equal(attune_search_open(&other, &tuned, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "space");
    assert_int_equal(attune_search_open(&other, &ahead, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "lookahead: 6 there, 7 here");
    free(path);
    attune_search_close(search);
}

static void test_best_and_read(void **state)
{
    (void)state;
    attune_error error = {0};
    struct problem problem = {.answer = ATTUNE_UNFIT, .fail_below = 2};
    attune_search *search = open_in(NULL, 5);
    attune_candidate *trial = NULL;
    int64_t best = -1, n = 0;
    assert_int_equal(attune_search_best(search, 0, &best, &error), ATTUNE_NOT_FOUND);
    assert_ok(run(search, &problem, 30, 2, &error), &error);
    assert_ok(attune_search_count(search, &n, &error), &error);
    assert_int_equal(n, 30);
    assert_ok(attune_search_best(search, 0, &best, &error), &error);
    assert_ok(attune_search_read(search, best, &trial, &error), &error);
    double lowest = attune_candidate_value(trial, 0);
    assert_int_equal(attune_candidate_state(trial), ATTUNE_STATE_COMPLETE);
    assert_null(attune_candidate_reason(trial));
    assert_true(isnan(attune_candidate_value(trial, 1)));
    assert_false(attune_candidate_report(trial, 0, 1));
    assert_int_equal(attune_candidate_check(trial, &error), ATTUNE_INVALID);
    attune_candidate_free(trial);
    for (int64_t i = 0; i < n; i++) {
        assert_ok(attune_search_read(search, i, &trial, &error), &error);
        assert_int_equal(attune_candidate_number(trial), i);
        assert_false(attune_candidate_value(trial, 0) < lowest);
        assert_int_equal(attune_candidate_state(trial),
                         i < 2 ? ATTUNE_STATE_FAILED : ATTUNE_STATE_COMPLETE);
        attune_candidate_free(trial);
    }
    assert_int_equal(attune_search_read(search, 30, &trial, &error), ATTUNE_NOT_FOUND);
    assert_int_equal(attune_search_read(search, -1, &trial, &error), ATTUNE_NOT_FOUND);
    assert_int_equal(attune_search_best(search, 1, &best, &error), ATTUNE_INVALID);
    attune_search_close(search);
}

static attune_status two_values(attune_candidate *candidate, double *values, void *user)
{
    (void)user;
    values[0] = attune_candidate_real(candidate, "x");
    values[1] = -values[0];
    return ATTUNE_OK;
}

static void test_two_objectives(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_goal goals[] = {ATTUNE_GOAL_MINIMIZE, ATTUNE_GOAL_MAXIMIZE};
    attune_search_options options = {
        .size = sizeof options, .space = space, .goals = goals, .n_objectives = 2};
    attune_run_options ten = {.size = sizeof ten, .trials = 10};
    attune_search *search = NULL;
    int64_t low = -1, high = -2;
    assert_ok(attune_search_open(&search, &options, &error), &error);
    assert_ok(attune_search_run(search, two_values, NULL, &ten, &error), &error);
    assert_ok(attune_search_best(search, 0, &low, &error), &error);
    assert_ok(attune_search_best(search, 1, &high, &error), &error);
    assert_int_equal(low, high);
    attune_search_close(search);
}

static void expect_run(struct problem problem, attune_status status, const char *words)
{
    attune_error error = {0};
    attune_search *search = open_in(NULL, 5);
    assert_int_equal(run(search, &problem, 100, 2, &error), status);
    assert_error(&error, status, words);
    attune_search_close(search);
}

static void test_a_faulty_objective_is_told(void **state)
{
    (void)state;
    expect_run((struct problem){.wrong_name = "lr"}, ATTUNE_NOT_FOUND, "\"lr\"");
    expect_run((struct problem){.wrong_name = "kind"}, ATTUNE_INVALID, "not a number");
    expect_run((struct problem){.answer = ATTUNE_UNFIT, .fail_below = 100}, ATTUNE_UNFIT,
               "the first reason: unfit: too low");
    expect_run((struct problem){.no_value = true}, ATTUNE_UNFIT, "not a finite number");
    expect_run((struct problem){.answer = (attune_status)99, .fail_below = 100}, ATTUNE_UNFIT,
               "returned 99");
    expect_run((struct problem){.answer = ATTUNE_STOPPED, .fail_below = 100}, ATTUNE_STOPPED,
               "cancelled");
}

static void refuse_open(attune_search_options options, const char *words)
{
    attune_error error = {0};
    attune_search *search = NULL;
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, words);
    assert_null(search);
}

static void test_wrong_options(void **state)
{
    (void)state;
    attune_search_options good = {.size = sizeof good, .space = space}, o;
    attune_goal none = (attune_goal)7;
    refuse_open((attune_search_options){0}, ".size = sizeof");
    refuse_open((attune_search_options){.size = sizeof o}, "space");
    o = good, o.space = "{\"x\": {\"unifrom\": [0, 1]}}";
    refuse_open(o, "did you mean \"uniform\"?");
    o = good, o.space = "{\"x\": {\"uniform\": [2, 1]}}";
    refuse_open(o, "need low < high");
    o = good, o.space = "[]";
    refuse_open(o, "object");
    o = good, o.space = "{}";
    refuse_open(o, "nothing to tune");
    o = good, o.space = "{";
    refuse_open(o, "");
    o = good, o.sampler = "randm";
    refuse_open(o, "did you mean \"random\"?");
    o = good, o.lookahead = 5000;
    refuse_open(o, "lookahead");
    o = good, o.n_objectives = -1;
    refuse_open(o, "n_objectives");
    o = good, o.goals = &none;
    refuse_open(o, "goal 0");
    o = good, o.budget = -2;
    refuse_open(o, "budget");
}

/* A struct of an older caller ends early; one of a newer caller may be longer, of zeros. */
static void test_options_that_grow(void **state)
{
    (void)state;
    struct {
        attune_search_options options;
        int64_t more;
    } newer = {.options = {.size = sizeof newer, .space = space}};
    attune_search_options older = {.size = offsetof(attune_search_options, store),
                                   .space = space,
                                   .store = "/no/such/folder/store.db"};
    attune_error error = {0};
    attune_search *search = NULL;
    assert_ok(attune_search_open(&search, &older, &error), &error);
    attune_search_close(search);
    assert_ok(attune_search_open(&search, &newer.options, &error), &error);
    attune_search_close(search);
    newer.more = 1;
    assert_int_equal(attune_search_open(&search, &newer.options, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "newer");
}

static void test_null_is_refused(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_run_options bad = {.size = sizeof bad, .threads = -1};
    attune_search *search = NULL;
    int64_t n = 0;
    double value = 0;
    assert_int_equal(attune_search_open(NULL, NULL, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_search_open(&search, NULL, NULL), ATTUNE_INVALID);
    assert_null(search);
    search = open_in(NULL, 1);
    assert_int_equal(attune_search_run(NULL, loss, NULL, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_run(search, NULL, NULL, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_run(search, loss, NULL, &bad, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "threads");
    bad = (attune_run_options){.size = sizeof bad, .seconds = NAN};
    assert_int_equal(attune_search_run(search, loss, NULL, &bad, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_count(NULL, &n, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_count(search, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_read(search, 0, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_visit(search, NULL, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_ask(search, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_tell(NULL, 0, &value, 1, &error), ATTUNE_INVALID);
    assert_int_equal(attune_candidate_check(NULL, &error), ATTUNE_INVALID);
    assert_true(isnan(attune_candidate_real(NULL, "x")));
    assert_null(attune_candidate_text(NULL, "x"));
    assert_int_equal(attune_search_n_hyperparams(search), 5);
    assert_string_equal(attune_search_hyperparam(search, 0), "kind");
    assert_null(attune_search_hyperparam(search, 5));
    attune_search_cancel(NULL, true);
    attune_candidate_free(NULL);
    attune_search_close(NULL);
    attune_search_close(search);
    attune_search_close(NULL);
}

static void note_progress(const attune_run_progress *progress, void *user)
{
    struct problem *problem = user;
    problem->fail_below = progress->n_complete;
}

static void test_progress_ends_with_all(void **state)
{
    (void)state;
    attune_error error = {0};
    struct problem problem = {0};
    attune_search *search = open_in(NULL, 1);
    attune_run_options options = {.size = sizeof options, .trials = 12, .progress = note_progress};
    assert_ok(attune_search_run(search, loss, &problem, &options, &error), &error);
    assert_int_equal(problem.fail_below, 12);
    attune_search_close(search);
}

static void test_version_and_init(void **state)
{
    (void)state;
    attune_error error = {0};
    assert_string_equal(attune_version(), ATTUNE_VERSION);
    assert_ok(attune_init(0, &error), &error);
    assert_int_equal(attune_init(1u << 20, &error), ATTUNE_INVALID);
}

static int set_up(void **state)
{
    *state = scratch_folder();
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_another_seed_is_another_search),
        cmocka_unit_test(test_goes_on_after_a_cancel),
        cmocka_unit_test(test_what_is_frozen),
        cmocka_unit_test(test_best_and_read),
        cmocka_unit_test(test_two_objectives),
        cmocka_unit_test(test_a_faulty_objective_is_told),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_options_that_grow),
        cmocka_unit_test(test_null_is_refused),
        cmocka_unit_test(test_progress_ends_with_all),
        cmocka_unit_test(test_version_and_init),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
