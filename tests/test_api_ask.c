/* tests/test_api_ask.c - asking and telling by number: whoever asks gets the same. */
#include "tests/support.h"

#include "search/attune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { lookahead = 4 };

static attune_search *open_in(const char *store)
{
    attune_search_options options = {.size = sizeof options,
                                     .space = "{\"x\": {\"uniform\": [0, 1]}, \"k\": [1, 2, 3]}",
                                     .store = store,
                                     .seed = 11,
                                     .lookahead = lookahead};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static attune_status value_of(attune_candidate *candidate, double *values, void *user)
{
    (void)user;
    values[0] = attune_candidate_real(candidate, "x") * attune_candidate_real(candidate, "k");
    return ATTUNE_OK;
}

static attune_candidate *ask(attune_search *search)
{
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    assert_ok(attune_search_ask(search, &candidate, &error), &error);
    return candidate;
}

static void tell(attune_search *search, attune_candidate *candidate)
{
    attune_error error = {0};
    double value = NAN;
    value_of(candidate, &value, NULL);
    assert_ok(attune_search_tell(search, attune_candidate_number(candidate), &value, 1, &error),
              &error);
    attune_candidate_free(candidate);
}

static bool append_trial(attune_candidate *candidate, void *user)
{
    attune_text_printf(user, "%lld %d %.17g %s\n", (long long)attune_candidate_number(candidate),
                       (int)attune_candidate_state(candidate), attune_candidate_value(candidate, 0),
                       attune_candidate_json(candidate));
    return true;
}

static char *trials_of(attune_search *search)
{
    attune_text text = {0};
    attune_error error = {0};
    assert_ok(attune_search_visit(search, append_trial, &text, &error), &error);
    return attune_text_take(&text, NULL);
}

/* The trials of a run, by the loop itself. */
static char *trials_of_a_run(int64_t trials)
{
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_run_options options = {.size = sizeof options, .trials = trials, .threads = 2};
    assert_ok(attune_search_run(search, value_of, NULL, &options, &error), &error);
    char *text = trials_of(search);
    attune_search_close(search);
    return text;
}

static void test_asking_is_running_by_hand(void **state)
{
    (void)state;
    attune_search *search = open_in(NULL);
    for (int i = 0; i < 20; i++)
        tell(search, ask(search));
    char *asked = trials_of(search), *run = trials_of_a_run(20);
    assert_string_equal(asked, run);
    free(asked);
    free(run);
    attune_search_close(search);
}

/* Two handles on one file take turns, and are told out of order. */
static void test_two_askers_of_one_store(void **state)
{
    char *path = attune_path_join(*state, "two.db", NULL);
    attune_search *a = open_in(path), *b = open_in(path);
    for (int i = 0; i < 10; i++) {
        attune_candidate *first = ask(a), *second = ask(b);
        assert_int_equal(attune_candidate_number(first), 2 * i);
        assert_int_equal(attune_candidate_number(second), 2 * i + 1);
        tell(a, second);
        tell(b, first);
    }
    attune_search *fresh = open_in(path);
    char *asked = trials_of(fresh), *run = trials_of_a_run(20);
    assert_string_equal(asked, run);
    free(asked);
    free(run);
    free(path);
    attune_search_close(a);
    attune_search_close(b);
    attune_search_close(fresh);
}

/* Each trial is asked for by one process and told by another; every asker has died by then. */
static void test_a_process_asks_another_tells(void **state)
{
    char *path = attune_path_join(*state, "fork.db", NULL);
    attune_error error = {0};
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        if (child == 0) {
            attune_search *search = open_in(path);
            attune_candidate *candidate = NULL;
            attune_status status = attune_search_ask(search, &candidate, NULL);
            free(path);
            _exit(status ? 100 : (int)attune_candidate_number(candidate));
        }
        int end = 0;
        assert_int_equal(waitpid(child, &end, 0), child);
        assert_true(WIFEXITED(end));
        assert_int_equal(WEXITSTATUS(end), i);
        attune_search *teller = open_in(path);
        attune_candidate *trial = NULL;
        assert_ok(attune_search_read(teller, i, &trial, &error), &error);
        assert_int_equal(attune_candidate_state(trial), ATTUNE_STATE_RUNNING);
        tell(teller, trial);
        attune_search_close(teller);
    }
    attune_search *search = open_in(path);
    char *asked = trials_of(search), *run = trials_of_a_run(6);
    assert_string_equal(asked, run);
    free(asked);
    free(run);
    free(path);
    attune_search_close(search);
}

static void test_waits_when_the_window_is_full(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *given[lookahead], *more = NULL;
    for (int i = 0; i < lookahead; i++)
        given[i] = ask(search);
    assert_int_equal(attune_search_ask(search, &more, &error), ATTUNE_WAIT);
    assert_error(&error, ATTUNE_WAIT, "4 trials are in flight");
    tell(search, given[1]); /* not the lowest: the window still begins at 0 */
    assert_int_equal(attune_search_ask(search, &more, &error), ATTUNE_WAIT);
    tell(search, given[0]);
    more = ask(search);
    assert_int_equal(attune_candidate_number(more), lookahead);
    attune_candidate_free(more);
    attune_candidate_free(given[2]);
    attune_candidate_free(given[3]);
    attune_search_close(search);
}

static void test_given_back_runs_first(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *a = ask(search), *b = ask(search);
    assert_ok(attune_search_give_back(search, 0, &error), &error);
    assert_int_equal(attune_search_give_back(search, 0, &error), ATTUNE_CONFLICT);
    attune_candidate *again = ask(search);
    assert_int_equal(attune_candidate_number(again), 0);
    assert_string_equal(attune_candidate_json(again), attune_candidate_json(a));
    assert_ok(attune_search_give_back(search, 0, &error), &error);
    tell(search, a); /* a result is a result, given back or not */
    attune_candidate_free(again);
    attune_candidate_free(b);
    attune_search_close(search);
}

static void test_what_cannot_be_told(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *a = ask(search), *b = ask(search);
    double values[2] = {1, 2}, nan = NAN;
    assert_int_equal(attune_search_tell(search, 0, values, 2, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "need 1 value, got 2");
    assert_int_equal(attune_search_tell(search, 0, &nan, 1, &error), ATTUNE_INVALID);
    assert_int_equal(attune_search_tell(search, 9, values, 1, &error), ATTUNE_NOT_FOUND);
    assert_int_equal(attune_search_tell(search, -1, values, 1, &error), ATTUNE_NOT_FOUND);
    assert_int_equal(attune_search_tell_failure(search, 0, ATTUNE_OK, NULL, &error),
                     ATTUNE_INVALID);
    assert_ok(attune_search_tell_failure(search, 0, ATTUNE_UNFIT, "no crust", &error), &error);
    assert_int_equal(attune_search_tell(search, 0, values, 1, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "finished already");
    attune_candidate_free(a);
    assert_ok(attune_search_read(search, 0, &a, &error), &error);
    assert_string_equal(attune_candidate_reason(a), "unfit: no crust");
    assert_int_equal(attune_candidate_state(a), ATTUNE_STATE_FAILED);
    attune_candidate_free(a);
    tell(search, b);
    attune_search_close(search);
}

static void test_only_failures_end_it(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *candidate = NULL;
    attune_status status = ATTUNE_OK;
    int64_t n = 0;
    while (n < 40 && !(status = attune_search_ask(search, &candidate, &error))) {
        assert_ok(attune_search_tell_failure(search, attune_candidate_number(candidate),
                                             ATTUNE_UNFIT, NULL, &error),
                  &error);
        attune_candidate_free(candidate);
        n++;
    }
    assert_int_equal(status, ATTUNE_UNFIT);
    assert_int_equal(n, 8 + lookahead - 1); /* eight are known when so many more are in flight */
    attune_search_close(search);
}

static void test_reports_are_kept(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *candidate = ask(search);
    assert_true(attune_candidate_report(candidate, 0, 0.5));
    assert_true(attune_candidate_report(candidate, 1, 0.25));
    assert_ok(attune_candidate_check(candidate, &error), &error);
    tell(search, candidate);
    attune_search_close(search);
}

/* A run takes what its own handle gave out, and does not wait for itself. */
static void test_run_after_asking(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_run_options options = {.size = sizeof options, .trials = 12, .threads = 2};
    attune_candidate *candidate = ask(search), *other = ask(search);
    tell(search, other);
    assert_ok(attune_search_run(search, value_of, NULL, &options, &error), &error);
    tell(search, ask(search));
    char *mixed = trials_of(search), *run = trials_of_a_run(13);
    assert_string_equal(mixed, run);
    free(mixed);
    free(run);
    attune_candidate_free(candidate);
    attune_search_close(search);
}

static attune_status try_to_ask(attune_candidate *candidate, double *values, void *user)
{
    attune_candidate *more = NULL;
    (void)candidate;
    values[0] = (double)attune_search_ask(user, &more, NULL);
    return ATTUNE_OK;
}

static void test_no_asking_while_it_runs(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_search *search = open_in(NULL);
    attune_candidate *trial = NULL;
    attune_run_options options = {.size = sizeof options, .trials = 2, .threads = 2};
    assert_ok(attune_search_run(search, try_to_ask, search, &options, &error), &error);
    assert_ok(attune_search_read(search, 1, &trial, &error), &error);
    assert_int_equal((int)attune_candidate_value(trial, 0), ATTUNE_CONFLICT);
    attune_candidate_free(trial);
    attune_search_close(search);
}

/* What a process that died had, once somebody says that it will not be told. */
static void test_recover(void **state)
{
    char *path = attune_path_join(*state, "dead.db", NULL);
    attune_error error = {0};
    int end = 0;
    int64_t n = -1;
    pid_t child = fork();
    if (child == 0) {
        attune_search *search = open_in(path);
        attune_candidate *candidate = NULL;
        _exit(attune_search_ask(search, &candidate, NULL) ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &end, 0), child);
    assert_int_equal(end, 0);
    attune_search *search = open_in(path);
    attune_candidate *candidate = ask(search);
    assert_int_equal(attune_candidate_number(candidate), 1);
    attune_candidate_free(candidate);
    assert_ok(attune_search_recover(search, &n, &error), &error);
    assert_int_equal(n, 1);
    candidate = ask(search);
    assert_int_equal(attune_candidate_number(candidate), 0);
    attune_candidate_free(candidate);
    free(path);
    attune_search_close(search);
}

static attune_status value_until_five(attune_candidate *candidate, double *values, void *user)
{
    if (attune_candidate_number(candidate) == 5)
        _exit(0);
    return value_of(candidate, values, user);
}

/* What a process was running as it ended is run by the next one that opens the study, to the same
 * end as if nothing had been. */
static void test_a_run_takes_up_what_the_dead_ran(void **state)
{
    char *path = attune_path_join(*state, "run.db", NULL);
    attune_run_options options = {.size = sizeof options, .trials = 12, .threads = 2};
    attune_error error = {0};
    int end = 0;
    pid_t child = fork();
    if (child == 0) {
        options.threads = 1; /* after a fork OpenMP has no other */
        attune_search_run(open_in(path), value_until_five, NULL, &options, NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &end, 0), child);
    assert_int_equal(end, 0);
    attune_search *search = open_in(path);
    attune_candidate *left = NULL;
    assert_ok(attune_search_read(search, 5, &left, &error), &error);
    assert_int_equal(attune_candidate_state(left), ATTUNE_STATE_RUNNING);
    attune_candidate_free(left);
    assert_ok(attune_search_run(search, value_of, NULL, &options, &error), &error);
    char *trials = trials_of(search), *whole = trials_of_a_run(12);
    assert_string_equal(trials, whole);
    free(trials);
    free(whole);
    free(path);
    attune_search_close(search);
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
        /* Those that fork come first, while this process has one thread. */
        cmocka_unit_test(test_a_process_asks_another_tells),
        cmocka_unit_test(test_recover),
        cmocka_unit_test(test_a_run_takes_up_what_the_dead_ran),
        cmocka_unit_test(test_asking_is_running_by_hand),
        cmocka_unit_test(test_two_askers_of_one_store),
        cmocka_unit_test(test_waits_when_the_window_is_full),
        cmocka_unit_test(test_given_back_runs_first),
        cmocka_unit_test(test_what_cannot_be_told),
        cmocka_unit_test(test_only_failures_end_it),
        cmocka_unit_test(test_reports_are_kept),
        cmocka_unit_test(test_run_after_asking),
        cmocka_unit_test(test_no_asking_while_it_runs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
